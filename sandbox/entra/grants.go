package entra

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// code is an authorisation code that waits to be redeemed, once.
type code struct {
	client    string // appId
	user      string // id
	redirect  string // as the client gave it
	platform  string // web, spa, public: where the redirect URI is registered
	asked     scopeRequest
	version   int
	challenge string
	method    string
	nonce     string
	signIn    signIn
	claims    claimsRequest
	at        time.Time
	redeemed  bool
}

const codePrefix = "1.AX"

func (s *Server) byCode(r *http.Request, q *tokenRequest) (issued, *oauthError) {
	text := q.form.Get("code")
	if text == "" {
		return issued{}, aad(900144, "code")
	}
	if !strings.HasPrefix(text, codePrefix) {
		return issued{}, aad(9002313)
	}
	if e := s.faults.strike(atRedeem, q.client.AppID, nil, nil); e != nil {
		return issued{}, e
	}
	var c code
	used := false
	if !s.mem.codes.with(text, func(kept *code) { c = *kept }) {
		return issued{}, aad(70000)
	}
	// Everything is checked before the code is spent, so that a wrong verifier
	// can be put right; but only one request spends it.
	if e := s.redeemable(q, c); e != nil {
		return issued{}, e
	}
	s.mem.codes.with(text, func(kept *code) { used, kept.redeemed = kept.redeemed, true })
	if used {
		return issued{}, aad(54005)
	}
	u := look(s.dir, func(t *tables) *user { return t.person(c.user) })
	if u == nil {
		return issued{}, aad(50034, c.user, sandbox.Domain)
	}
	claims, e := parseClaims(q.form.Get("claims"))
	if e != nil {
		return issued{}, e
	}
	if len(claims.CC) == 0 {
		claims.CC = c.claims.CC
	}
	req, e := q.wanted(c.asked)
	if e != nil {
		return issued{}, e
	}
	// The person was asked about these; the token request may leave them out.
	req.openid, req.profile, req.email, req.offline = c.asked.openid, c.asked.profile, c.asked.email, c.asked.offline
	var refresh *refreshToken
	if req.offline || q.version == 1 {
		refresh = &refreshToken{Client: q.client.AppID, User: u.ID, Issued: s.now(), SPA: c.platform == "spa", Public: c.platform != "web",
			SignIn: c.signIn, Asked: keepAsked(c.asked)}
	}
	return s.hand(q, q.grantee(u, c.signIn, claims), req, c.nonce, refresh)
}

// redeemable checks that the request is the one the code was made for.
func (s *Server) redeemable(q *tokenRequest, c code) *oauthError {
	if !strings.EqualFold(c.client, q.client.AppID) || c.version != q.version {
		return aad(70000)
	}
	if c.redeemed {
		return aad(54005)
	}
	if s.now().Sub(c.at) > codeLife {
		return aad(70008)
	}
	if got := q.form.Get("redirect_uri"); got != c.redirect {
		if got == "" {
			return aad(900144, "redirect_uri")
		}
		return aad(500112, got, c.redirect)
	}
	if e := s.fromWhere(q, c.platform); e != nil {
		return e
	}
	if c.version == 1 {
		if res := q.form.Get("resource"); res != "" && len(c.asked.list) > 0 && res != c.asked.list[0].Resource {
			return aad(70000)
		}
	}
	return pkce(c, q.form.Get("code_verifier"))
}

// fromWhere checks the client's proof and origin against the platform of its
// redirect URI.
func (s *Server) fromWhere(q *tokenRequest, platform string) *oauthError {
	if platform == "spa" && q.origin == "" {
		return aad(9002327)
	}
	if platform != "spa" && q.origin != "" {
		return aad(9002326, q.origin)
	}
	return s.authenticate(q, platform == "web")
}

// pkce is RFC 7636 §4.6.
func pkce(c code, verifier string) *oauthError {
	switch {
	case c.challenge == "" && verifier == "":
		return nil
	case c.challenge == "":
		return aad(50147)
	case verifier == "":
		return aad(50148)
	}
	got := verifier
	if c.method == "S256" {
		sum := sha256.Sum256([]byte(verifier))
		got = b64(sum[:])
	}
	if subtle.ConstantTimeCompare([]byte(got), []byte(c.challenge)) != 1 {
		return aad(501481)
	}
	return nil
}

// refreshToken is carried by the client, sealed: this server remembers none.
// Redeeming one gives a new one; the old one goes on working until it expires,
// as with Entra.
type refreshToken struct {
	Client string    `json:"c"`
	User   string    `json:"u"`
	Issued time.Time `json:"t"`
	SPA    bool      `json:"s,omitempty"`
	Public bool      `json:"p,omitempty"`
	SignIn signIn    `json:"i"`
	Asked  keptAsked `json:"a"`
}

type keptAsked struct {
	OIDC []string `json:"o,omitempty"`
	List []asked  `json:"l,omitempty"`
}

func keepAsked(q scopeRequest) keptAsked { return keptAsked{q.oidc(), q.list} }

func (k keptAsked) request() scopeRequest {
	q, _ := parseScope(strings.Join(k.OIDC, " "))
	q.list = k.List
	return q
}

const refreshPrefix = "1.AR"

func (s *Server) refreshText(t refreshToken) string {
	return refreshPrefix + s.sealer.seal("refresh", t)
}

func (s *Server) byRefresh(r *http.Request, q *tokenRequest) (issued, *oauthError) {
	text := q.form.Get("refresh_token")
	if text == "" {
		return issued{}, aad(900144, "refresh_token")
	}
	sealed, ok := strings.CutPrefix(text, refreshPrefix)
	var t refreshToken
	if !ok || !s.sealer.open("refresh", sealed, &t) {
		return issued{}, aad(9002313)
	}
	if !strings.EqualFold(t.Client, q.client.AppID) {
		return issued{}, aad(70000)
	}
	if e := s.authenticate(q, !t.Public); e != nil {
		return issued{}, e
	}
	u := look(s.dir, func(d *tables) *user { return d.person(t.User) })
	if u == nil {
		return issued{}, aad(50034, t.User, sandbox.Domain)
	}
	if e := s.stillGood(q, t, u); e != nil {
		return issued{user: u}, e
	}
	claims, e := parseClaims(q.form.Get("claims"))
	if e != nil {
		return issued{}, e
	}
	asked := t.Asked.request()
	req, e := q.wanted(asked)
	if e != nil {
		return issued{}, e
	}
	next := t
	if next.Issued = s.now(); t.SPA {
		next.Issued = t.Issued
	}
	req.openid, req.profile, req.email = req.openid || asked.openid, req.profile || asked.profile, req.email || asked.email
	return s.hand(q, q.grantee(u, t.SignIn, claims), req, "", &next)
}

// stillGood is what ends a refresh token.
func (s *Server) stillGood(q *tokenRequest, t refreshToken, u *user) *oauthError {
	since, valid := t.SignIn.At.Format(time.RFC3339), u.SignInSessionsValidFromDateTime.Format(time.RFC3339)
	about := map[int][]any{700082: {t.Issued.Format(time.RFC3339)}, 700084: {t.Issued.Format(time.RFC3339)}, 50173: {since, valid}}
	if e := s.faults.strike(atRefresh, q.client.AppID, u, about); e != nil {
		return e
	}
	age := s.now().Sub(t.Issued)
	switch {
	case t.SPA && age > refreshLifeSPA:
		return aad(700084, t.Issued.Format(time.RFC3339))
	case age > refreshLife:
		return aad(700082, t.Issued.Format(time.RFC3339))
	case t.SignIn.At.Before(u.SignInSessionsValidFromDateTime):
		return aad(50173, since, valid)
	}
	return nil
}

// byClient hands a client a token for itself.
func (s *Server) byClient(r *http.Request, q *tokenRequest) (issued, *oauthError) {
	if q.origin != "" {
		return issued{}, aad(9002326, q.origin)
	}
	if !q.form.Has("client_secret") && !q.form.Has("client_assertion") && !s.faults.isOn("secret-missing", q.client.AppID, nil) {
		return issued{}, aad(7000216, grantClient)
	}
	if e := s.authenticate(q, true); e != nil {
		return issued{}, e
	}
	req, e := q.wanted(scopeRequest{})
	if e != nil {
		return issued{}, e
	}
	if q.version == 2 && q.form.Get("scope") == "" {
		return issued{}, aad(900144, "scope")
	}
	if len(req.list) != 1 || !req.list[0].Default {
		return issued{}, aad(1002012, q.form.Get("scope"))
	}
	claims, e := parseClaims(q.form.Get("claims"))
	if e != nil {
		return issued{}, e
	}
	g := q.grantee(nil, signIn{}, claims)
	w, e := s.forItself(g, req.list[0])
	if e != nil {
		return issued{}, e
	}
	access, life, err := s.accessToken(g, w, nil)
	if err != nil {
		return issued{}, s.broken(err)
	}
	return issued{body: s.tokenBody(q.version, access, life, w, g)}, nil
}

func (s *Server) forItself(g grantee, a asked) (want, *oauthError) {
	if e := s.consentFault(g, a); e != nil {
		return want{}, e
	}
	var w want
	e := look(s.dir, func(t *tables) *oauthError {
		wants, e := t.resolve(g.client, []asked{a})
		if e != nil {
			return e
		}
		w = wants[0]
		if _, assigned := t.rolesOf(g.sp.ID, w.r); w.r.sp.AppRoleAssignmentRequired && !assigned {
			return aad(501051, g.client.AppID, w.r.sp.AppID)
		}
		return nil
	})
	return w, e
}

// byPassword is the grant that nobody should use and old samples do. It cannot
// do a second factor.
func (s *Server) byPassword(r *http.Request, q *tokenRequest) (issued, *oauthError) {
	for _, name := range []string{"username", "password"} {
		if q.form.Get(name) == "" {
			return issued{}, aad(900144, name)
		}
	}
	if e := s.authenticate(q, !q.client.fallbackPublic()); e != nil {
		return issued{}, e
	}
	u, e := s.login(q.form.Get("username"), q.form.Get("password"), q.client)
	if e == nil && !u.mayEnter(q.shared) {
		e = aad(50020, u.UserPrincipalName, tenantName(q.shared), q.client.DisplayName)
	}
	if e != nil {
		return issued{user: u}, e
	}
	req, e := q.wanted(scopeRequest{})
	if e != nil {
		return issued{}, e
	}
	in := signIn{SID: newGUID(), At: s.now()}
	var refresh *refreshToken
	if req.offline || q.version == 1 {
		refresh = &refreshToken{Client: q.client.AppID, User: u.ID, Issued: in.At, Public: q.acr == "0", SignIn: in, Asked: keepAsked(req)}
	}
	claims, e := parseClaims(q.form.Get("claims"))
	if e != nil {
		return issued{}, e
	}
	return s.hand(q, q.grantee(u, in, claims), req, "", refresh)
}
