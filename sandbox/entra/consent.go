package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// need is what a client lacks at one resource, and a person may give it.
type need struct {
	client *servicePrincipal // nil: the flow's own, made when consent is given
	r      *resource
	scopes []permissionScope
}

// pending works out what a flow's person has to be asked about. all: also what
// was granted before, as prompt=consent wants.
func (t *tables) pending(f *flow, oid string, all bool) ([]need, *oauthError) {
	list := slices.Clone(f.q.asked.list)
	if oidc := f.q.asked.oidc(); len(oidc) > 0 {
		list = append(list, asked{Names: oidc})
	}
	wants, e := t.resolve(f.client, list)
	if e != nil {
		return nil, e
	}
	sp := f.sp
	if sp == nil {
		sp = &servicePrincipal{AppID: f.client.AppID}
	}
	var needs []need
	for _, w := range wants {
		if w.Default {
			if e := t.installed(f.client); e != nil {
				return nil, e
			}
		}
		names, e := t.expand(f.client, sp, oid, w, f.q.version)
		if e != nil {
			return nil, e
		}
		if !all {
			names = without(names, t.granted(sp, oid, w.r))
		}
		needs = addNeed(needs, f.sp, w.r, names)
		if w.Default && w.r.app != nil && slices.Contains(w.r.app.API.KnownClientApplications, f.client.AppID) {
			if needs, e = t.behind(needs, w.r, oid); e != nil {
				return nil, e
			}
		}
	}
	return needs, nil
}

func addNeed(needs []need, client *servicePrincipal, r *resource, names []string) []need {
	var scopes []permissionScope
	for _, n := range names {
		if s := r.scope(n); s != nil {
			scopes = append(scopes, *s)
		}
	}
	if len(scopes) == 0 {
		return needs
	}
	return append(needs, need{client, r, scopes})
}

// behind adds what an API needs itself, when it knows the client: one page
// then asks for both.
func (t *tables) behind(needs []need, api *resource, oid string) ([]need, *oauthError) {
	for _, access := range api.app.RequiredResourceAccess {
		r := t.resource(access.ResourceAppID)
		if r == nil {
			return nil, aad(650052, access.ResourceAppID)
		}
		names, e := t.static(api.app, r)
		if e != nil {
			return nil, e
		}
		sp := t.spByAppID(api.app.AppID)
		needs = addNeed(needs, sp, r, without(names, t.granted(sp, oid, r)))
	}
	return needs, nil
}

// installed checks that all services a registration lists are in the tenant.
func (t *tables) installed(client *application) *oauthError {
	for _, access := range client.RequiredResourceAccess {
		if t.resource(access.ResourceAppID) == nil {
			return aad(650052, access.ResourceAppID)
		}
	}
	return nil
}

// consentIsThere asks for consent if there is any to give. It says whether the
// flow may go on.
func (s *Server) consentIsThere(w http.ResponseWriter, r *http.Request, f *flow, g grantee) bool {
	silent := f.q.prompt == "none"
	if e := s.consentRefusal(g, silent); e != nil {
		e.page = !silent && e.code != 500011 && e.code != 650052
		s.refuse(w, r, f, e)
		return false
	}
	if f.q.adminAsks && !g.user.Admin {
		s.refuse(w, r, f, aad(90094, f.client.DisplayName, "everybody").asPage())
		return false
	}
	needs, e := s.needs(f, g.user, f.q.prompt == "consent" && !f.agreed)
	if e != nil {
		s.refuse(w, r, f, e)
		return false
	}
	if len(needs) == 0 {
		return true
	}
	if silent {
		s.refuse(w, r, f, aad(65001, f.client.AppID, f.client.DisplayName, needWords(needs)))
		return false
	}
	if s.adminOnly(f, g.user, needs) && !g.user.Admin {
		s.refuse(w, r, f, aad(90094, f.client.DisplayName, needWords(needs)).asPage())
		return false
	}
	s.mem.flows.put(f.id, f, s.now())
	s.consentPage(w, r, f, g.user, needs)
	return false
}

// consentRefusal plays the consent faults: 65001 only where nobody can be
// asked, as otherwise the page is what it leads to.
func (s *Server) consentRefusal(g grantee, silent bool) *oauthError {
	if f, on := s.faults.peek(func(f Fault) bool {
		sw, _ := switchNamed(f.Name)
		return sw.where == atConsent && f.fits(g.client.AppID, g.user)
	}); !on || f.Name == "consent-missing" && !silent {
		return nil
	}
	return s.consentFault(g, asked{Resource: "the API"})
}

func (s *Server) needs(f *flow, u *user, all bool) ([]need, *oauthError) {
	var needs []need
	e := look(s.dir, func(t *tables) (e *oauthError) { needs, e = t.pending(f, u.ID, all); return e })
	return needs, e
}

func needWords(needs []need) string {
	var words []string
	for _, n := range needs {
		var names []string
		for _, s := range n.scopes {
			names = append(names, s.Value)
		}
		words = append(words, quoted(names, n.r))
	}
	return strings.Join(words, ", ")
}

// mailScopes are what Microsoft's managed consent policy keeps for
// administrators since the end of 2025, even where the scope's type is User.
var mailScopes = []string{"Mail.", "MailboxSettings.", "Calendars.", "Contacts.", "EWS.", "IMAP.", "SMTP.", "POP."}

func (s *Server) adminOnly(f *flow, u *user, needs []need) bool {
	if _, on := s.faults.take("user-consent-off", f.client.AppID, u); on {
		return true
	}
	for _, n := range needs {
		for _, scope := range n.scopes {
			byPolicy := n.r.app == nil && slices.ContainsFunc(mailScopes, func(p string) bool { return strings.HasPrefix(scope.Value, p) })
			if scope.needsAdmin() || byPolicy {
				return true
			}
		}
	}
	return false
}

func (s *Server) consentPage(w http.ResponseWriter, r *http.Request, f *flow, u *user, needs []need) {
	s.pages.show(w, r, http.StatusOK, "consent", view{"Flow": f.id, "App": f.client.DisplayName, "AppID": f.client.AppID, "Name": u.UserPrincipalName,
		"Admin": u.Admin, "Everybody": f.q.adminAsks, "Asks": asksOf(needs), "Return": f.q.sendTo})
}

type ask struct{ Words, Scope, Resource string }

func asksOf(needs []need) []ask {
	var list []ask
	for _, n := range needs {
		for _, s := range n.scopes {
			words := s.AdminConsentDisplayName
			if words == "" {
				words = s.Value
			}
			list = append(list, ask{words, s.Value, n.r.sp.DisplayName})
		}
	}
	return list
}

// accept records consent. false: the flow has ended.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, f *flow, everybody bool) bool {
	u := look(s.dir, func(t *tables) *user { return t.person(f.user) })
	if u == nil {
		return true
	}
	if f.kind == forAdmin {
		s.acceptAdmin(w, r, f, u)
		return false
	}
	needs, e := s.needs(f, u, f.q.prompt == "consent")
	if e != nil {
		s.refuse(w, r, f, e)
		return false
	}
	if s.adminOnly(f, u, needs) && !u.Admin {
		s.refuse(w, r, f, aad(90094, f.client.DisplayName, needWords(needs)).asPage())
		return false
	}
	oid := u.ID
	if (everybody || f.q.adminAsks) && u.Admin {
		oid = ""
	}
	err := s.dir.change(func(t *tables) error {
		own := t.addSP(f.client)
		f.sp = own
		if f.q.adminAsks {
			if e = t.consentForAll(own, f.client, s.now()); e != nil {
				return e
			}
		}
		for _, n := range needs {
			client := own
			if n.client != nil {
				client = n.client
			}
			var names []string
			for _, s := range n.scopes {
				names = append(names, s.Value)
			}
			t.grant(client.ID, n.r.sp.ID, oid, names)
		}
		return nil
	})
	if err != nil && e == nil {
		e = s.broken(err)
	}
	if e != nil {
		s.refuse(w, r, f, e)
		return false
	}
	f.agreed = true
	return true
}

// consentForAll is an administrator's consent to everything that a
// registration lists: scopes for everybody and roles for the client itself.
func (t *tables) consentForAll(sp *servicePrincipal, client *application, now time.Time) *oauthError {
	if e := t.installed(client); e != nil {
		return e
	}
	for _, access := range client.RequiredResourceAccess {
		r := t.resource(access.ResourceAppID)
		scopes, e := t.static(client, r)
		if e != nil {
			return e
		}
		if len(scopes) > 0 {
			t.grant(sp.ID, r.sp.ID, "", scopes)
		}
		for _, p := range access.ResourceAccess {
			i := slices.IndexFunc(r.sp.AppRoles, func(role appRole) bool { return strings.EqualFold(role.ID, p.ID) })
			switch {
			case p.Type != "Role":
			case i < 0:
				return aad(65005, client.AppID, p.ID, r.sp.DisplayName)
			default:
				t.assign(sp.ID, "ServicePrincipal", sp.DisplayName, r.sp, r.sp.AppRoles[i].ID, now)
			}
		}
	}
	return nil
}

// adminConsent is where an administrator is sent to consent for everybody,
// before anybody signs in.
func (s *Server) adminConsent(version int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, e := once(r.URL.Query())
		f := &flow{kind: forAdmin, scope: v.Get("scope"), q: authRequest{version: version, prompt: "select_account", correlation: correlation(w, r, v)}}
		if e == nil {
			e = s.readClient(f, r.PathValue("tenant"), v)
		}
		if e != nil {
			s.refuse(w, r, f, e.asPage())
			return
		}
		if version == 2 && f.scope == "" {
			s.refuse(w, r, f, aad(900144, "scope"))
			return
		}
		if f.q.asked, e = parseScope(f.scope); e != nil {
			s.refuse(w, r, f, e)
			return
		}
		s.begin(w, r, f)
	}
}

// advanceAdmin shows the administrator what they are asked for. .default means
// everything that the registration lists.
func (s *Server) advanceAdmin(w http.ResponseWriter, r *http.Request, f *flow, u *user) {
	if !u.Admin {
		s.refuse(w, r, f, aad(90094, f.client.DisplayName, "everybody").asPage())
		return
	}
	var asks []ask
	e := look(s.dir, func(t *tables) *oauthError {
		if !f.listed() {
			needs, e := t.pending(f, "", true)
			asks = asksOf(needs)
			return e
		}
		if e := t.installed(f.client); e != nil {
			return e
		}
		for _, access := range f.client.RequiredResourceAccess {
			asks = append(asks, t.asksFor(access)...)
		}
		return nil
	})
	if e != nil {
		s.refuse(w, r, f, e)
		return
	}
	s.mem.flows.put(f.id, f, s.now())
	s.pages.show(w, r, http.StatusOK, "consent", view{"Flow": f.id, "App": f.client.DisplayName, "AppID": f.client.AppID, "Name": u.UserPrincipalName,
		"Admin": true, "Everybody": true, "Asks": asks, "Return": f.q.sendTo})
}

// listed tells whether an admin consent is to what the registration lists.
func (f *flow) listed() bool {
	return f.scope == "" || slices.ContainsFunc(f.q.asked.list, func(a asked) bool { return a.Default })
}

func (t *tables) asksFor(access requiredAccess) []ask {
	r := t.resource(access.ResourceAppID)
	var list []ask
	for _, p := range access.ResourceAccess {
		for _, s := range r.sp.OAuth2PermissionScopes {
			if p.Type == "Scope" && strings.EqualFold(s.ID, p.ID) {
				list = append(list, ask{s.AdminConsentDisplayName, s.Value, r.sp.DisplayName})
			}
		}
		for _, role := range r.sp.AppRoles {
			if p.Type == "Role" && strings.EqualFold(role.ID, p.ID) {
				list = append(list, ask{role.DisplayName + " (as itself, without a person)", role.Value, r.sp.DisplayName})
			}
		}
	}
	return list
}

func (s *Server) acceptAdmin(w http.ResponseWriter, r *http.Request, f *flow, u *user) {
	if !u.Admin {
		s.refuse(w, r, f, aad(90094, f.client.DisplayName, "everybody").asPage())
		return
	}
	var e *oauthError
	err := s.dir.change(func(t *tables) error {
		own := t.addSP(f.client)
		if f.listed() {
			e = t.consentForAll(own, f.client, s.now())
			return nil
		}
		needs, bad := t.pending(f, "", true)
		e = bad
		for _, n := range needs {
			var names []string
			for _, sc := range n.scopes {
				names = append(names, sc.Value)
			}
			t.grant(own.ID, n.r.sp.ID, "", names)
		}
		return nil
	})
	if err != nil {
		e = s.broken(err)
	}
	if e != nil {
		s.refuse(w, r, f, e)
		return
	}
	s.mem.flows.drop(f.id)
	out := url.Values{"admin_consent": {"True"}, "tenant": {TenantID}}
	if f.scope != "" {
		out.Set("scope", f.scope)
	}
	s.sendBack(w, r, f, out)
}
