package entra

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// tokenRequest is a request to the token endpoint, its client known.
type tokenRequest struct {
	version     int
	shared      string // as tenant says it; "": our own endpoint
	form        url.Values
	origin      string
	ip          string
	correlation string
	client      *application
	sp          *servicePrincipal
	acr         string // how the client proved itself; 0: it did not
}

// Grant types.
const (
	grantCode   = "authorization_code"
	grantFresh  = "refresh_token"
	grantClient = "client_credentials"
	grantOBO    = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	grantDevice = "urn:ietf:params:oauth:grant-type:device_code"
	grantROPC   = "password"
)

// token is the endpoint where every grant ends.
func (s *Server) token(version int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Headers", "content-type, client-request-id, return-client-request-id, x-client-sku, x-client-ver")
			w.Header().Set("Vary", "Origin")
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		q := &tokenRequest{version: version, origin: r.Header.Get("Origin"), acr: "0"}
		q.ip, _, _ = net.SplitHostPort(r.RemoteAddr)
		answer, e := s.answerToken(w, r, q)
		seen := SignIn{CorrelationID: q.correlation, Endpoint: "token", Grant: q.form.Get("grant_type"), App: q.form.Get("client_id")}
		if answer.user != nil {
			seen.User = answer.user.UserPrincipalName
		}
		s.note(seen, e)
		if e != nil {
			s.writeError(w, e, q.correlation)
			return
		}
		w.Header().Set("Pragma", "no-cache")
		writeJSON(w, http.StatusOK, answer.body)
	}
}

// issued is what a grant came to.
type issued struct {
	body map[string]any
	user *user
}

func (s *Server) answerToken(w http.ResponseWriter, r *http.Request, q *tokenRequest) (issued, *oauthError) {
	values, e := url.Values{}, (*oauthError)(nil)
	if r.Method != http.MethodPost {
		q.correlation = correlation(w, r, values)
		return issued{}, aad(900561, r.Method)
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		q.correlation = correlation(w, r, values)
		return issued{}, aad(900144, "grant_type")
	}
	values, e = form(w, r)
	q.form, q.correlation = values, correlation(w, r, values)
	if e != nil {
		return issued{}, e
	}
	if q.shared, e = tenant(r.PathValue("tenant")); e != nil {
		return issued{}, e
	}
	if id, secret, ok := r.BasicAuth(); ok { // RFC 6749 §2.3.1: percent-encoded inside Basic
		q.form.Set("client_id", unescape(id))
		q.form.Set("client_secret", unescape(secret))
	}
	return s.grant(r, q)
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func (s *Server) grant(r *http.Request, q *tokenRequest) (issued, *oauthError) {
	grants := map[string]func(*http.Request, *tokenRequest) (issued, *oauthError){
		grantCode: s.byCode, grantFresh: s.byRefresh, grantClient: s.byClient, grantOBO: s.onBehalfOf, grantDevice: s.byDevice, "device_code": s.byDevice, grantROPC: s.byPassword,
	}
	kind := q.form.Get("grant_type")
	if kind == "" {
		return issued{}, aad(900144, "grant_type")
	}
	byKind, ok := grants[kind]
	if !ok {
		return issued{}, aad(70003, kind)
	}
	if q.version == 2 && q.form.Has("resource") {
		return issued{}, aad(901002)
	}
	if e := s.knownClient(q, kind); e != nil {
		return issued{}, e
	}
	return byKind(r, q)
}

// knownClient finds the client of a request and whether it may work here.
func (s *Server) knownClient(q *tokenRequest, kind string) *oauthError {
	id := q.form.Get("client_id")
	if id == "" {
		return aad(900144, "client_id")
	}
	q.client = look(s.dir, func(t *tables) *application { return t.client(id) })
	q.sp = look(s.dir, func(t *tables) *servicePrincipal { return t.spByAppID(id) })
	if q.client == nil {
		return aad(700016, id, tenantName(q.shared))
	}
	if e := s.mayWork(q.client, q.sp, q.shared); e != nil {
		return e
	}
	if q.sp == nil {
		return aad(7000229, id, TenantID)
	}
	if kind == grantClient && q.shared == PartnerTenantID {
		return aad(7000229, id, q.shared)
	}
	if kind == grantClient && q.shared != "" {
		return aad(50059)
	}
	return nil
}

// mayWork is what holds for a client at every endpoint.
func (s *Server) mayWork(client *application, sp *servicePrincipal, shared string) *oauthError {
	about := map[int][]any{700016: {client.AppID, "Contoso"}, 7000112: {client.AppID, client.DisplayName}, 7000229: {client.AppID, TenantID}}
	if e := s.faults.strike(atRequest, client.AppID, nil, about); e != nil {
		return e
	}
	if shared == PartnerTenantID && client.SignInAudience == "AzureADMyOrg" {
		return aad(700016, client.AppID, tenantName(shared))
	}
	if shared != "" && client.SignInAudience == "AzureADMyOrg" {
		return aad(50194, client.AppID)
	}
	if sp != nil && !sp.AccountEnabled {
		return aad(7000112, client.AppID, client.DisplayName)
	}
	return nil
}

// wanted reads which one resource a token request is for. otherwise is what
// the person was asked about, when the request does not say.
func (q *tokenRequest) wanted(otherwise scopeRequest) (scopeRequest, *oauthError) {
	if q.version == 1 {
		if res := q.form.Get("resource"); res != "" {
			return scopeRequest{openid: true, profile: true, offline: true, list: []asked{{Resource: res, Default: true}}}, nil
		}
		if len(otherwise.list) == 0 {
			return otherwise, aad(900144, "resource")
		}
		return otherwise, nil
	}
	if !q.form.Has("scope") {
		if len(otherwise.list) > 1 {
			otherwise.list = otherwise.list[:1]
		}
		return otherwise, nil
	}
	w, e := parseScope(q.form.Get("scope"))
	if e == nil && len(w.list) > 1 {
		e = aad(28000, q.form.Get("scope"))
	}
	if e == nil && len(w.list) == 0 && len(otherwise.list) > 0 {
		w.list = otherwise.list[:1]
	}
	return w, e
}

// grantee is the person's side of a token request.
func (q *tokenRequest) grantee(u *user, in signIn, c claimsRequest) grantee {
	return grantee{client: q.client, sp: q.sp, user: u, acr: q.acr, signIn: in, claims: c, ip: q.ip, version: q.version}
}

// hand makes the tokens for a person: what every grant but client credentials
// comes to. refresh is what the refresh token carries on; nil: there is none.
func (s *Server) hand(q *tokenRequest, g grantee, req scopeRequest, nonce string, refresh *refreshToken) (issued, *oauthError) {
	if e := s.mayIssue(g); e != nil {
		return issued{user: g.user}, e
	}
	if len(req.list) == 0 { // OpenID scopes only: the token is Graph's
		req.list = []asked{{Names: req.oidc()}}
	}
	w, granted, e := s.consented(g, req.list[0], q.version)
	if e != nil {
		return issued{user: g.user}, e
	}
	access, life, err := s.accessToken(g, w, granted)
	if err != nil {
		return issued{}, s.broken(err)
	}
	body := s.tokenBody(q.version, access, life, w, g)
	body["scope"] = w.answered(granted, req)
	if q.version == 1 {
		body["scope"] = strings.Join(granted, " ")
	}
	if f, on := s.faults.take("scope-reduced", q.client.AppID, g.user); on {
		body["scope"] = f.text("openid")
	}
	if req.openid || q.version == 1 {
		id, err := s.idToken(g, req, nonce, "", "")
		if err != nil {
			return issued{}, s.broken(err)
		}
		body["id_token"] = id
	}
	if refresh != nil {
		body["refresh_token"] = s.refreshText(*refresh)
	}
	if q.form.Get("client_info") == "1" {
		body["client_info"] = clientInfo(g.user)
	}
	return issued{body, g.user}, nil
}

func clientInfo(u *user) string {
	return b64([]byte(`{"uid":"` + u.ID + `","utid":"` + u.home() + `"}`))
}

func (s *Server) broken(err error) *oauthError {
	s.log.Error("sandbox entra", "err", err)
	return aad(90033)
}

// tokenBody is the part of the answer that all grants share. In v1.0 numbers
// are text.
func (s *Server) tokenBody(version int, access string, life time.Duration, w want, g grantee) map[string]any {
	seconds, now := int64(life/time.Second), s.now()
	body := map[string]any{"token_type": "Bearer", "access_token": access, "expires_in": seconds, "ext_expires_in": seconds}
	if version == 1 {
		body["expires_in"], body["ext_expires_in"] = strconv.FormatInt(seconds, 10), strconv.FormatInt(seconds, 10)
		body["expires_on"], body["not_before"] = strconv.FormatInt(now.Add(life).Unix(), 10), strconv.FormatInt(now.Unix(), 10)
		body["resource"] = w.Resource
	}
	if f, on := s.faults.take("token-type", g.client.AppID, g.user); on {
		body["token_type"] = f.text("mac")
	}
	if _, on := s.faults.take("expires-in-missing", g.client.AppID, g.user); on {
		delete(body, "expires_in")
	}
	return body
}

// consented finds the resource and what the client may do there for a person;
// without consent there is no token.
func (s *Server) consented(g grantee, a asked, version int) (want, []string, *oauthError) {
	if e := s.consentFault(g, a); e != nil {
		return want{}, nil, e
	}
	var w want
	var granted []string
	e := look(s.dir, func(t *tables) *oauthError {
		wants, e := t.resolve(g.client, []asked{a})
		if e != nil {
			return e
		}
		w = wants[0]
		names, e := t.expand(g.client, g.sp, g.user.ID, w, version)
		if e != nil {
			return e
		}
		granted = t.granted(g.sp, g.user.ID, w.r)
		if lack := without(names, granted); len(lack) > 0 || len(granted) == 0 {
			return aad(65001, g.client.AppID, g.client.DisplayName, quoted(lack, w.r))
		}
		return nil
	})
	return w, granted, e
}

func (s *Server) consentFault(g grantee, a asked) *oauthError {
	name := a.Resource
	if name == "" {
		name = "Microsoft Graph"
	}
	return s.faults.strike(atConsent, g.client.AppID, g.user, map[int][]any{
		65001: {g.client.AppID, g.client.DisplayName, name}, 500011: {name, TenantID}, 50001: {name}, 650052: {name},
		650056: {g.client.AppID, name}, 90094: {g.client.DisplayName, strings.Join(a.Names, " ")}})
}

func without(names, have []string) []string {
	var out []string
	for _, n := range names {
		found := false
		for _, h := range have {
			found = found || strings.EqualFold(n, h)
		}
		if !found {
			out = append(out, n)
		}
	}
	return out
}

func quoted(scopes []string, r *resource) string {
	return "'" + strings.Join(scopes, " ") + "' of '" + r.sp.DisplayName + "'"
}
