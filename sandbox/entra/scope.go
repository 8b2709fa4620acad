package entra

import (
	"slices"
	"strings"
)

// scopeRequest is a scope parameter taken apart.
type scopeRequest struct {
	openid, profile, email, offline bool
	list                            []asked // one for each resource, in the order asked
}

// asked is what a request wants of one resource.
type asked struct {
	Resource string // as written; "": Graph
	Names    []string
	Default  bool // .default: what the registration lists
}

// parseScope reads a v2.0 scope parameter. The last slash of each scope parts
// the resource from the scope's name, so that "https://api//.default" is for
// "https://api/", with its slash.
func parseScope(text string) (scopeRequest, *oauthError) {
	var req scopeRequest
	words := strings.Fields(text)
	if len(words) > maxScopes {
		return req, aad(70011, "more than 100 scopes")
	}
	for _, word := range words {
		if !scopeText(word) {
			return req, aad(70011, word)
		}
		switch strings.ToLower(word) {
		case "openid":
			req.openid = true
			continue
		case "profile":
			req.profile = true
			continue
		case "email":
			req.email = true
			continue
		case "offline_access":
			req.offline = true
			continue
		}
		resource, name := "", word
		if i := strings.LastIndexByte(word, '/'); i >= 0 {
			resource, name = word[:i], word[i+1:]
			if resource == "" || name == "" || strings.HasSuffix(resource, ":/") {
				return req, aad(70011, word)
			}
		}
		req.add(resource, name)
	}
	for _, a := range req.list {
		if a.Default && len(a.Names) > 0 {
			return req, aad(70011, text)
		}
	}
	return req, nil
}

// scopeText tells whether RFC 6749 §3.3 allows the characters.
func scopeText(word string) bool {
	for _, c := range []byte(word) {
		if c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (q *scopeRequest) add(resource, name string) {
	i := slices.IndexFunc(q.list, func(a asked) bool { return a.Resource == resource })
	if i < 0 {
		q.list = append(q.list, asked{Resource: resource})
		i = len(q.list) - 1
	}
	if strings.EqualFold(name, ".default") {
		q.list[i].Default = true
		return
	}
	q.list[i].Names = append(q.list[i].Names, name)
}

// oidc returns the scopes of OpenID Connect that were asked for. In Entra they
// are Graph's, and need consent like others.
func (q scopeRequest) oidc() []string {
	var out []string
	for _, s := range []struct {
		on   bool
		name string
	}{{q.openid, "openid"}, {q.profile, "profile"}, {q.email, "email"}, {q.offline, "offline_access"}} {
		if s.on {
			out = append(out, s.name)
		}
	}
	return out
}

// want is what is asked of a resource that was found.
type want struct {
	asked
	r     *resource
	names []string // as the resource spells them; without .default
}

// resolve finds the resources and scopes that a client asks for.
func (t *tables) resolve(client *application, list []asked) ([]want, *oauthError) {
	var out []want
	for _, a := range list {
		name := a.Resource
		if name == "" {
			name = graphAppID
		}
		r := t.resource(name)
		if r == nil {
			return nil, aad(500011, name, TenantID)
		}
		if !r.sp.AccountEnabled {
			return nil, aad(50001, name)
		}
		w := want{asked: a, r: r}
		for _, n := range a.Names {
			s := r.scope(n)
			if s == nil || !s.IsEnabled {
				return nil, aad(650053, client.DisplayName, n, r.sp.DisplayName)
			}
			w.names = append(w.names, s.Value)
		}
		out = append(out, w)
	}
	return out, nil
}

// static returns the delegated scopes that a registration lists for a resource.
func (t *tables) static(client *application, r *resource) ([]string, *oauthError) {
	var out []string
	for _, access := range client.RequiredResourceAccess {
		if !strings.EqualFold(access.ResourceAppID, r.sp.AppID) {
			continue
		}
		for _, p := range access.ResourceAccess {
			if p.Type != "Scope" {
				continue
			}
			i := slices.IndexFunc(r.sp.OAuth2PermissionScopes, func(s permissionScope) bool { return strings.EqualFold(s.ID, p.ID) })
			if i < 0 {
				return nil, aad(65005, client.AppID, p.ID, r.sp.DisplayName)
			}
			out = append(out, r.sp.OAuth2PermissionScopes[i].Value)
		}
	}
	return out, nil
}

// expand turns .default into scopes: what was consented to before, or, if
// nothing was, what the registration lists. v1.0 requests have no other form.
func (t *tables) expand(client *application, sp *servicePrincipal, oid string, w want, version int) ([]string, *oauthError) {
	if !w.Default {
		return w.names, nil
	}
	listed, e := t.static(client, w.r)
	if e != nil {
		return nil, e
	}
	granted := t.granted(sp, oid, w.r)
	if len(listed) > 0 || len(granted) > 0 || strings.EqualFold(w.r.sp.AppID, client.AppID) {
		if len(granted) > 0 && version == 2 {
			return granted, nil
		}
		return listed, nil
	}
	if version == 1 {
		return nil, aad(650057, client.AppID, w.Resource, t.listedResources(client))
	}
	return nil, aad(650056, client.AppID, w.r.sp.DisplayName)
}

func (t *tables) listedResources(client *application) string {
	var out []string
	for _, a := range client.RequiredResourceAccess {
		out = append(out, a.ResourceAppID)
	}
	return strings.Join(out, ", ")
}

// answered is the scope member of a token answer: each granted scope the way
// its resource was asked for.
func (w want) answered(granted []string, openid scopeRequest) string {
	prefix := w.Resource
	if prefix != "" {
		prefix += "/"
	}
	var out []string
	for _, g := range granted {
		if oidcScope(g) {
			out = append(out, g)
			continue
		}
		out = append(out, prefix+g)
	}
	if w.Default {
		out = append(out, prefix+".default")
	}
	for _, o := range openid.oidc() {
		if o != "offline_access" && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return strings.Join(out, " ")
}

func oidcScope(name string) bool {
	return slices.Contains([]string{"openid", "profile", "email", "offline_access"}, name)
}
