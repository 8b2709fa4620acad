package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authRequest is a request to sign somebody in for a client.
type authRequest struct {
	version     int
	shared      string
	clientID    string
	redirect    string // as the client gave it
	sendTo      string // where the answer goes: redirect, with a path
	platform    string // web, spa, public: where redirect is registered
	code        bool   // what is asked for
	idToken     bool
	token       bool
	mode        string // query, fragment, form_post
	state       string
	nonce       string
	asked       scopeRequest
	claims      claimsRequest
	challenge   string
	method      string
	prompt      string
	loginHint   string
	domainHint  string
	clientInfo  bool
	adminAsks   bool // prompt=admin_consent: an administrator consents for all
	correlation string
}

// authorize begins a sign-in. What is wrong with the client or its redirect URI
// is shown to the person; everything else goes back to the client.
func (s *Server) authorize(version int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		values, e := once(r.URL.Query())
		if r.Method == http.MethodPost {
			values, e = form(w, r)
		}
		f := &flow{kind: forClient, q: authRequest{version: version, correlation: correlation(w, r, values)}}
		if e == nil {
			e = s.readClient(f, r.PathValue("tenant"), values)
		}
		if e != nil {
			s.refuse(w, r, f, e.asPage())
			return
		}
		if e := s.readRequest(f, values); e != nil {
			s.refuse(w, r, f, e)
			return
		}
		s.begin(w, r, f)
	}
}

// readClient reads what must be right before anything may be sent back.
func (s *Server) readClient(f *flow, tenantName string, v url.Values) *oauthError {
	q := &f.q
	var e *oauthError
	if q.shared, e = tenant(tenantName); e != nil {
		return e
	}
	if q.clientID = v.Get("client_id"); q.clientID == "" {
		return aad(900144, "client_id")
	}
	q.state, q.mode = v.Get("state"), "query" // for a refusal before the mode is read
	if e := s.flowClient(f); e != nil {
		return e
	}
	q.redirect = v.Get("redirect_uri")
	return f.findRedirect()
}

// flowClient finds the client of a flow.
func (s *Server) flowClient(f *flow) *oauthError {
	f.client = look(s.dir, func(t *tables) *application { return t.client(f.q.clientID) })
	f.sp = look(s.dir, func(t *tables) *servicePrincipal { return t.spByAppID(f.q.clientID) })
	if f.client == nil {
		return aad(700016, f.q.clientID, tenantName(f.q.shared))
	}
	return s.mayWork(f.client, f.sp, f.q.shared)
}

func (f *flow) findRedirect() *oauthError {
	q := &f.q
	registered := f.client.redirects()
	if len(registered) == 0 {
		return aad(500113)
	}
	if q.redirect == "" {
		if len(registered) > 1 || q.version == 2 {
			return aad(900971)
		}
		q.redirect = registered[0]
	}
	platform, ok := f.client.platformOf(q.redirect)
	if !ok {
		return aad(50011, q.redirect, f.client.AppID)
	}
	q.platform, q.sendTo = platform, withPath(q.redirect)
	return nil
}

// readRequest reads the rest. The mode comes first, so that refusals travel
// the way the client wants them to.
func (s *Server) readRequest(f *flow, v url.Values) *oauthError {
	q := &f.q
	if e := f.readAnswer(v); e != nil {
		return e
	}
	if q.version == 2 && v.Has("resource") {
		return aad(901002)
	}
	var e *oauthError
	if q.version == 2 {
		if v.Get("scope") == "" {
			return aad(900144, "scope")
		}
		if q.asked, e = parseScope(v.Get("scope")); e != nil {
			return e
		}
	} else {
		q.asked = scopeRequest{openid: true, profile: true}
		if res := v.Get("resource"); res != "" {
			q.asked.list = []asked{{Resource: res, Default: true}}
		}
	}
	if q.claims, e = parseClaims(v.Get("claims")); e != nil {
		return e
	}
	q.nonce, q.loginHint, q.domainHint = v.Get("nonce"), v.Get("login_hint"), v.Get("domain_hint")
	q.clientInfo = v.Get("client_info") == "1"
	if q.idToken && q.nonce == "" {
		return aad(900144, "nonce")
	}
	if q.idToken && q.version == 2 && !q.asked.openid {
		return aad(70011, v.Get("scope"))
	}
	if e := f.readPrompt(v.Get("prompt")); e != nil {
		return e
	}
	return f.readChallenge(v)
}

func (f *flow) readAnswer(v url.Values) *oauthError {
	q := &f.q
	words := strings.Fields(v.Get("response_type"))
	if len(words) == 0 {
		return aad(900144, "response_type")
	}
	for _, word := range words {
		switch word {
		case "code":
			q.code = true
		case "id_token":
			q.idToken = true
		case "token":
			q.token = true
		default:
			return aad(70005, word)
		}
	}
	switch mode := v.Get("response_mode"); {
	case mode == "" && (q.idToken || q.token):
		q.mode = "fragment"
	case mode == "":
		q.mode = "query"
	case mode == "query" && (q.idToken || q.token), !slices.Contains([]string{"query", "fragment", "form_post"}, mode):
		return aad(9002313)
	default:
		q.mode = mode
	}
	implicit := f.client.Web.ImplicitGrantSettings
	if q.idToken && !implicit.EnableIDTokenIssuance {
		return aad(700054)
	}
	if q.token && !implicit.EnableAccessTokenIssuance {
		return aad(700051)
	}
	return nil
}

func (f *flow) readPrompt(prompt string) *oauthError {
	switch prompt {
	case "", "login", "none", "consent", "select_account":
	case "admin_consent":
		f.q.adminAsks, prompt = true, "consent"
	default:
		return aad(90014, "prompt")
	}
	f.q.prompt = prompt
	return nil
}

// readChallenge is RFC 7636 §4.3; a challenge without a method is plain.
func (f *flow) readChallenge(v url.Values) *oauthError {
	q := &f.q
	q.challenge, q.method = v.Get("code_challenge"), v.Get("code_challenge_method")
	if q.challenge == "" {
		if q.platform == "spa" && q.code {
			return aad(9002325)
		}
		return nil
	}
	if q.method == "" {
		q.method = "plain"
	}
	if q.method != "plain" && q.method != "S256" {
		return aad(9002313)
	}
	if len(q.challenge) < 43 || len(q.challenge) > 128 {
		return aad(501491)
	}
	return nil
}

// succeed gives the client what it asked for.
func (s *Server) succeed(w http.ResponseWriter, r *http.Request, f *flow) {
	q, now := f.q, s.now()
	g := s.grantee(f)
	out := url.Values{}
	text := ""
	if q.code {
		text = codePrefix + newToken(96)
		s.mem.codes.put(text, &code{client: f.client.AppID, user: f.user, redirect: q.redirect, platform: q.platform, asked: q.asked, version: q.version,
			challenge: q.challenge, method: q.method, nonce: q.nonce, signIn: f.signIn, claims: q.claims, at: now}, now)
		out.Set("code", text)
	}
	access := ""
	if q.token {
		req := q.asked
		if len(req.list) == 0 {
			req.list = []asked{{Names: req.oidc()}}
		}
		target, granted, e := s.consented(g, req.list[0], q.version)
		if e != nil {
			s.refuse(w, r, f, e)
			return
		}
		token, life, err := s.accessToken(g, target, granted)
		if err != nil {
			s.refuse(w, r, f, s.broken(err))
			return
		}
		access = token
		body := s.tokenBody(1, token, life, target, g)
		out.Set("access_token", token)
		out.Set("token_type", "Bearer")
		out.Set("expires_in", body["expires_in"].(string))
		out.Set("scope", target.answered(granted, req))
	}
	if q.idToken {
		id, err := s.idToken(g, q.asked, q.nonce, text, access)
		if err != nil {
			s.refuse(w, r, f, s.broken(err))
			return
		}
		out.Set("id_token", id)
	}
	if q.clientInfo {
		out.Set("client_info", clientInfo(g.user))
	}
	out.Set("session_state", f.signIn.SID)
	s.note(SignIn{CorrelationID: q.correlation, Endpoint: "authorize", App: f.client.AppID, User: g.user.UserPrincipalName}, nil)
	s.remember(r, f)
	s.sendBack(w, r, f, out)
}

// refuse says no: to the person, when the client must not hear of it or could
// do nothing about it, and to the client otherwise.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, f *flow, e *oauthError) {
	in := SignIn{CorrelationID: f.q.correlation, Endpoint: "authorize", App: f.q.clientID}
	if u := look(s.dir, func(t *tables) *user { return t.person(f.user) }); u != nil {
		in.User = u.UserPrincipalName
	}
	s.note(in, e)
	if f.kind == forDevice && f.client != nil && e.code == 65004 {
		s.finishDevice(w, r, f, e)
		return
	}
	out := s.errorValues(f, e)
	if e.page || f.q.sendTo == "" {
		v := s.errorView(e, f.q.correlation)
		if f.q.sendTo != "" && f.q.mode == "query" {
			if f.q.state != "" {
				out.Set("state", f.q.state)
			}
			v["Back"] = join(f.q.sendTo, "?", out)
			v["BackTo"] = f.client.DisplayName
		}
		s.pages.show(w, r, e.status, "error", v)
		return
	}
	s.sendBack(w, r, f, out)
}

func (s *Server) errorValues(f *flow, e *oauthError) url.Values {
	out := url.Values{}
	kind := e.kind
	switch {
	case kind == grantErr: // a word of the token endpoint only
		kind = interactErr
	case kind == clientErr:
		kind = requestErr
	}
	out.Set("error", kind)
	out.Set("error_description", describe(e, newGUID(), f.q.correlation, s.now().Format("2006-01-02 15:04:05Z")))
	out.Set("error_uri", s.errorURI(e))
	if e.subcode != "" {
		out.Set("error_subcode", e.subcode)
	}
	return out
}

// sendBack answers the client through the browser.
func (s *Server) sendBack(w http.ResponseWriter, r *http.Request, f *flow, out url.Values) {
	if f.q.state != "" {
		out.Set("state", f.q.state)
		if _, on := s.faults.take("state-lost", f.q.clientID, nil); on {
			out.Set("state", newToken(16))
		}
	}
	switch f.q.mode {
	case "form_post":
		s.pages.post(w, r, f.q.sendTo, out)
	case "fragment":
		http.Redirect(w, r, f.q.sendTo+"#"+out.Encode(), http.StatusSeeOther)
	default:
		http.Redirect(w, r, join(f.q.sendTo, "?", out), http.StatusSeeOther)
	}
}

func join(address, sep string, out url.Values) string {
	if strings.Contains(address, "?") {
		sep = "&"
	}
	return address + sep + out.Encode()
}
