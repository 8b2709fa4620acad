package entra

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// graphError is a refusal as Graph words it.
type graphError struct {
	status    int
	code      string
	message   string
	challenge string // WWW-Authenticate
	location  string
}

func (e *graphError) Error() string { return e.code + ": " + e.message }

func refuseGraph(status int, code, format string, about ...any) *graphError {
	return &graphError{status: status, code: code, message: fmt.Sprintf(format, about...)}
}

func badRequest(format string, about ...any) *graphError {
	return refuseGraph(http.StatusBadRequest, "Request_BadRequest", format, about...)
}

func missing(id string) *graphError {
	return refuseGraph(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

func (e *graphError) write(s *Server, w http.ResponseWriter) {
	if e.challenge != "" {
		w.Header().Set("WWW-Authenticate", e.challenge)
	}
	if e.location != "" {
		w.Header().Set("Location", e.location)
	}
	id := newGUID()
	w.Header().Set("request-id", id)
	client := w.Header().Get("client-request-id")
	if client == "" {
		client = id
	}
	writeJSON(w, e.status, map[string]any{"error": map[string]any{"code": e.code, "message": e.message,
		"innerError": map[string]string{"date": s.now().Format("2006-01-02T15:04:05"), "request-id": id, "client-request-id": client}}})
}

// graphCaller is whose token a request carries.
type graphCaller struct {
	client string // appId
	user   *user  // nil: the client itself
	scopes []string
	roles  []string
}

// Caller is who calls the sandbox's Graph, for the parts of it that live in
// other packages.
type Caller struct {
	Client string   // appId
	User   string   // object id; "": the client itself
	Login  string   // user principal name
	Scopes []string // of a person's token
	Roles  []string // of a client's own
}

// Authenticate reads the caller of a Graph request. A refusal is written as
// Graph would, and ok is false.
func (s *Server) Authenticate(w http.ResponseWriter, r *http.Request) (c Caller, ok bool) {
	g, e := s.caller(r)
	if e != nil {
		e.write(s, w)
		return c, false
	}
	return g.known(), true
}

// caller checks a token for Graph: ours, in its time, and of somebody who is
// still here.
func (s *Server) caller(r *http.Request) (graphCaller, *graphError) {
	var c graphCaller
	invalid := func(why string) *graphError {
		e := refuseGraph(http.StatusUnauthorized, "InvalidAuthenticationToken", "%s", why)
		e.challenge = fmt.Sprintf(`Bearer realm="", authorization_uri="%s/common/oauth2/authorize", client_id="%s"`, s.base, graphAppID)
		return e
	}
	text := bearer(r)
	if text == "" {
		return c, invalid("Access token is empty.")
	}
	t, err := parseJWS(text)
	if err != nil {
		return c, invalid("IDX14100: JWT is not well formed.")
	}
	key := s.keys.byID(t.header.Kid)
	if key == nil || t.header.Alg != "RS256" || t.verify(publicOf(key)) != nil {
		return c, invalid("Signature verification failed: no published key made it.")
	}
	if s.now().Unix() > t.seconds("exp") {
		return c, invalid("Lifetime validation failed, the token is expired.")
	}
	if aud := t.text("aud"); aud != graphAppID && strings.TrimSuffix(aud, "/") != "https://graph.microsoft.com" && strings.TrimSuffix(aud, "/") != s.base {
		return c, invalid("Access token validation failure. Invalid audience.")
	}
	if e := s.challenged(t); e != nil {
		return c, e
	}
	if e := s.holder(&c, t); e != nil {
		return c, invalid(e.message)
	}
	return c, nil
}

// holder reads who a token is for. A person who is gone or disabled is refused.
func (s *Server) holder(c *graphCaller, t *jws) *graphError {
	c.client = t.text("appid") + t.text("azp")
	c.scopes = strings.Fields(t.text("scp"))
	if list, ok := t.claims["roles"].([]any); ok {
		for _, role := range list {
			if name, ok := role.(string); ok {
				c.roles = append(c.roles, name)
			}
		}
	}
	if t.text("scp") == "" {
		return nil
	}
	c.user = look(s.dir, func(d *tables) *user { return d.user(t.text("oid")) })
	if c.user == nil || !c.user.AccountEnabled {
		return refuseGraph(http.StatusUnauthorized, "InvalidAuthenticationToken", "The account of the token is gone or disabled.")
	}
	return nil
}

// Why a token for Exchange is not taken.
var (
	ErrTokenMalformed = errors.New("the token is not well formed")
	ErrTokenSignature = errors.New("no published key signed the token")
	ErrTokenExpired   = errors.New("the token has expired")
	ErrTokenAudience  = errors.New("the token is for another resource")
	ErrTokenUser      = errors.New("the token's person is gone or disabled")
)

// ExchangeCaller reads a token for Exchange's own resource, as EWS, IMAP and
// SMTP take it. A refusal is one of the errors above.
func (s *Server) ExchangeCaller(token string) (Caller, error) {
	t, err := parseJWS(token)
	if err != nil {
		return Caller{}, ErrTokenMalformed
	}
	key := s.keys.byID(t.header.Kid)
	if key == nil || t.header.Alg != "RS256" || t.verify(publicOf(key)) != nil {
		return Caller{}, ErrTokenSignature
	}
	if s.now().Unix() > t.seconds("exp") {
		return Caller{}, ErrTokenExpired
	}
	switch strings.TrimSuffix(t.text("aud"), "/") {
	case exchangeAppID, "https://outlook.office365.com", "https://outlook.office.com":
	default:
		return Caller{}, ErrTokenAudience
	}
	var c graphCaller
	if e := s.holder(&c, t); e != nil {
		return Caller{}, ErrTokenUser
	}
	return c.known(), nil
}

func (c graphCaller) known() Caller {
	k := Caller{Client: c.client, Scopes: c.scopes, Roles: c.roles}
	if c.user != nil {
		k.User, k.Login = c.user.ID, c.user.UserPrincipalName
	}
	return k
}

// challenged plays continuous access evaluation: a token issued before the
// fault was switched on has to be renewed, with the claims that say so.
func (s *Server) challenged(t *jws) *graphError {
	f, on := s.faults.peek(func(f Fault) bool {
		return f.Name == "graph-claims-challenge" && f.fits(t.text("appid")+t.text("azp"), nil)
	})
	if !on {
		return nil
	}
	since := f.Since
	if t.seconds("iat") > since.Unix() {
		return nil
	}
	claims := fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, since.Unix())
	e := refuseGraph(http.StatusUnauthorized, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp")
	e.challenge = fmt.Sprintf(`Bearer realm="", authorization_uri="%s/common/oauth2/authorize", client_id="%s", error="insufficient_claims", claims="%s"`,
		s.base, graphAppID, base64.StdEncoding.EncodeToString([]byte(claims)))
	return e
}

// graphCall is one request to Graph.
type graphCall struct {
	s      *Server
	r      *http.Request
	caller graphCaller
	body   map[string]any
	cast   string // of lists: the one @odata.type that counts
}

func (c *graphCall) id(name string) string { return c.r.PathValue(name) }

// may tells whether the caller holds one of the permissions. A person needs
// the scope and, to change the directory, to be an administrator.
func (c *graphCall) may(write bool, permissions []string) bool {
	if c.caller.user == nil {
		return slices.ContainsFunc(permissions, func(p string) bool { return slices.Contains(c.caller.roles, p) })
	}
	if write && !c.caller.user.Admin {
		return false
	}
	return slices.ContainsFunc(append(permissions, "Directory.AccessAsUser.All"), func(p string) bool { return slices.Contains(c.caller.scopes, p) })
}

// What each part of the directory asks for.
var (
	readUsers   = []string{"User.Read.All", "User.ReadWrite.All", "User.ReadBasic.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeUsers  = []string{"User.ReadWrite.All", "Directory.ReadWrite.All"}
	readGroups  = []string{"GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeGroups = []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}
	readApps    = []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeApps   = []string{"Application.ReadWrite.All", "Directory.ReadWrite.All"}
	readGrants  = []string{"DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeGrants = []string{"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}
	writeRoles  = []string{"AppRoleAssignment.ReadWrite.All"}
	onlyMe      = []string{"User.Read", "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
)

// answer is what a handler gives: a status and a body, which may be nil.
type answer struct {
	status int
	body   any
}

type graphHandler func(*graphCall) (answer, *graphError)

func (s *Server) graphRoute(permissions []string, h graphHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &graphCall{s: s, r: r}
		out, e := func() (answer, *graphError) {
			var e *graphError
			if c.caller, e = s.caller(r); e != nil {
				return answer{}, e
			}
			if s.faults.isOn("graph-forbidden", c.caller.client, c.caller.user) || !c.may(r.Method != http.MethodGet && r.Pattern != memberPattern, permissions) {
				return answer{}, refuseGraph(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
			}
			if e := c.read(w); e != nil {
				return answer{}, e
			}
			return h(c)
		}()
		if e != nil {
			e.write(s, w)
			return
		}
		w.Header().Set("request-id", newGUID())
		if out.body == nil {
			w.WriteHeader(out.status)
			return
		}
		writeJSON(w, out.status, out.body)
	}
}

// read takes a JSON object as body, where there is one.
func (c *graphCall) read(w http.ResponseWriter) *graphError {
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodDelete {
		return nil
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, c.r.Body, maxBodyBytes))
	if err != nil {
		return refuseGraph(http.StatusRequestEntityTooLarge, "Request_BadRequest", "The request is larger than %d bytes.", maxBodyBytes)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		c.body = map[string]any{}
		return nil
	}
	if err := json.Unmarshal(text, &c.body); err != nil || c.body == nil {
		return refuseGraph(http.StatusBadRequest, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	for name := range c.body {
		if strings.HasPrefix(name, "@odata.type") || strings.HasPrefix(name, "@odata.context") {
			delete(c.body, name)
		}
	}
	return nil
}

const memberPattern = "POST /v1.0/users/{id}/getMemberObjects"

// plainKey is Graph's other way to name people and groups: users('…').
var plainKey = regexp.MustCompile(`^/v1\.0/(?i:(users|groups))\('([^'/]{1,200})'\)`)

// byKey is Graph's other way to name an application: applications(appId='…').
var byKey = regexp.MustCompile(`^/v1\.0/(applications|servicePrincipals)\(appId='([0-9A-Za-z-]{1,64})'\)`)

func (s *Server) graph() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern string, permissions []string, h graphHandler) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /v1.0"+path, s.graphRoute(permissions, h))
	}
	s.graphApplications(on)
	s.graphPrincipals(on)
	s.graphUsers(on)
	s.graphGroups(on)
	s.graphKin(on)
	on("GET /organization", onlyMe, organization)
	on("GET /domains", readApps, domains)
	mux.HandleFunc("/v1.0/", func(w http.ResponseWriter, r *http.Request) {
		if s.also != nil {
			s.also.ServeHTTP(w, r)
			return
		}
		_, first, _ := strings.Cut(r.URL.Path, "/v1.0/")
		refuseGraph(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", first).write(s, w)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id := r.Header.Get("client-request-id"); isGUID(id) {
			w.Header().Set("client-request-id", id)
		}
		if strings.Contains(r.URL.Path, "//") { // a mux would redirect
			refuseGraph(http.StatusBadRequest, "BadRequest", "Empty Path Segment encountered in request URL. Please provide a valid request.").write(s, w)
			return
		}
		if strings.Contains(r.URL.RawQuery, ";") { // OData has it inside $expand; url.ParseQuery would drop the option
			u := *r.URL
			u.RawQuery = strings.ReplaceAll(u.RawQuery, ";", "%3B")
			r = r.Clone(r.Context())
			r.URL = &u
		}
		if m := plainKey.FindStringSubmatch(r.URL.Path); m != nil {
			u := *r.URL
			u.Path, u.RawPath = "/v1.0/"+strings.ToLower(m[1])+"/"+m[2]+r.URL.Path[len(m[0]):], ""
			r = r.Clone(r.Context())
			r.URL = &u
		}
		if m := byKey.FindStringSubmatch(r.URL.Path); m != nil {
			id := look(s.dir, func(t *tables) string {
				if a := t.appByAppID(m[2]); a != nil && m[1] == "applications" {
					return a.ID
				}
				if p := t.spByAppID(m[2]); p != nil && m[1] == "servicePrincipals" {
					return p.ID
				}
				return m[2]
			})
			u := *r.URL
			u.Path, u.RawPath = "/v1.0/"+m[1]+"/"+id+r.URL.Path[len(m[0]):], ""
			r = r.Clone(r.Context())
			r.URL = &u
		}
		mux.ServeHTTP(w, r)
	})
}

func organization(c *graphCall) (answer, *graphError) {
	return c.list("organization", []map[string]any{{"id": TenantID, "displayName": "Contoso", "tenantType": "AAD",
		"verifiedDomains": []map[string]any{{"name": "contoso.test", "isDefault": true, "isInitial": true, "type": "Managed", "capabilities": "Email"}}}})
}

func domains(c *graphCall) (answer, *graphError) {
	return c.list("domains", []map[string]any{{"id": "contoso.test", "isDefault": true, "isVerified": true, "authenticationType": "Managed"}})
}

// toMap is how an object looks in JSON.
func toMap(v any) map[string]any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		panic(err)
	}
	return m
}

// merge lays a change over an object: objects inside are merged, everything
// else is replaced. A property that the object does not have is refused.
func merge(object, change map[string]any) *graphError {
	for name, v := range change {
		old, known := object[name]
		if !known {
			return badRequest("Invalid property '%s'.", name)
		}
		inner, isObject := v.(map[string]any)
		if was, ok := old.(map[string]any); ok && isObject {
			if e := merge(was, inner); e != nil {
				return e
			}
			continue
		}
		object[name] = v
	}
	return nil
}

// decode fills a struct from a merged object, strictly.
func decode[T any](object map[string]any, into *T) *graphError {
	text, err := json.Marshal(object)
	if err != nil {
		return badRequest("%s", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return badRequest("A value without a type name was found, or a property has the wrong type: %s.", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func at(t time.Time) *time.Time { return &t }
