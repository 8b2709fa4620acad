package entra

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// grantee is for whom tokens are made: a person through a client, or a client
// for itself.
type grantee struct {
	client  *application
	sp      *servicePrincipal
	user    *user  // nil: the client itself
	acr     string // how the client proved itself: 0 not, 1 secret, 2 certificate or federated
	signIn  signIn
	claims  claimsRequest
	ip      string
	version int // of the endpoint, which decides about id tokens
}

// signIn is how and when a person proved who they are.
type signIn struct {
	SID  string    `json:"sid"`
	At   time.Time `json:"at"`
	MFA  bool      `json:"mfa"`
	ACRs []string  `json:"acrs,omitempty"` // authentication contexts that were met
}

// claimsRequest is the claims parameter, as far as Entra heeds it.
type claimsRequest struct {
	CC   []string // client capabilities: cp1 means it understands claims challenges
	ACRs []string // authentication contexts that the token must have
	MFA  bool     // a policy must be met
}

func (c claimsRequest) cae() bool { return slices.Contains(c.CC, "cp1") }

// parseClaims reads the claims parameter: JSON, at most maxClaimsBytes.
func parseClaims(text string) (claimsRequest, *oauthError) {
	var c claimsRequest
	if text == "" {
		return c, nil
	}
	type entry struct {
		Essential bool     `json:"essential"`
		Value     string   `json:"value"`
		Values    []string `json:"values"`
	}
	var all struct {
		AccessToken map[string]*entry `json:"access_token"`
	}
	if len(text) > maxClaimsBytes || json.Unmarshal([]byte(text), &all) != nil {
		return c, aad(9002313)
	}
	for name, e := range all.AccessToken {
		if e == nil {
			continue
		}
		values := e.Values
		if e.Value != "" {
			values = append(values, e.Value)
		}
		switch name {
		case "xms_cc":
			c.CC = values
		case "acrs":
			c.ACRs = values
		case "capolids":
			c.MFA = true
		}
	}
	return c, nil
}

// tokenVersion is the resource's choice, never the endpoint's.
func (s *Server) tokenVersion(g grantee, r *resource) int {
	if f, on := s.faults.take("token-version", r.sp.AppID, g.user); on {
		return int(f.number(1))
	}
	if r.app != nil && r.app.API.RequestedAccessTokenVersion != nil && *r.app.API.RequestedAccessTokenVersion == 2 {
		return 2
	}
	return 1
}

// accessToken makes a token for a resource, and says how long it lives.
func (s *Server) accessToken(g grantee, w want, granted []string) (string, time.Duration, error) {
	now, r := s.now(), w.r
	version := s.tokenVersion(g, r)
	optional := accessClaims(r.app)
	c := map[string]any{"iss": s.issuer(version, g.user.home()), "iat": now.Unix(), "nbf": now.Unix(), "tid": g.user.home(),
		"uti": newToken(16), "rh": "1." + newToken(12), "ver": map[int]string{1: "1.0", 2: "2.0"}[version]}
	c["aud"] = r.sp.AppID
	if version == 1 && !optional.has("aud", "use_guid") && w.Resource != "" {
		c["aud"] = w.Resource
	} else if version == 1 && w.Resource == "" {
		c["aud"] = graphAppID
	}
	if version == 1 {
		c["appid"], c["appidacr"] = g.client.AppID, g.acr
		c["idp"], c["aio"] = s.issuer(1, g.user.home()), newToken(24)
	} else {
		c["azp"], c["azpacr"], c["aio"] = g.client.AppID, g.acr, newToken(24)
	}
	life := s.lifetime(g, r)
	c["exp"] = now.Add(life).Unix()
	if g.claims.cae() && optional.has("xms_cc") || r.sp.AppID == graphAppID && g.claims.cae() {
		c["xms_cc"] = g.claims.CC
	}
	if g.user == nil {
		s.appClaims(c, g, r, optional)
	} else {
		s.userClaims(c, g, r, version, granted, optional)
	}
	s.accessFaults(c, g, r)
	text, err := s.signToken(c, version, r.sp.AppID, g.user)
	return text, life, err
}

func (s *Server) lifetime(g grantee, r *resource) time.Duration {
	if f, on := s.faults.take("token-lifetime", r.sp.AppID, g.user); on {
		return time.Duration(f.number(1)) * time.Second
	}
	if g.claims.cae() {
		return accessLifeLong
	}
	return accessLife
}

func (s *Server) appClaims(c map[string]any, g grantee, r *resource, optional optionals) {
	c["oid"], c["sub"] = g.sp.ID, g.sp.ID
	roles := look(s.dir, func(t *tables) []string { v, _ := t.rolesOf(g.sp.ID, r); return v })
	if len(roles) > 0 {
		c["roles"] = roles
	}
	if optional.has("idtyp") || r.sp.AppID == graphAppID {
		c["idtyp"] = "app"
	}
}

func (s *Server) userClaims(c map[string]any, g grantee, r *resource, version int, granted []string, optional optionals) {
	u := g.user
	c["oid"], c["sub"], c["name"] = u.ID, pairwise(u.ID, r.sp.AppID), u.DisplayName
	c["scp"] = strings.Join(granted, " ")
	if version == 1 {
		c["acr"], c["amr"], c["ipaddr"] = "1", g.signIn.amr(), g.ip
		c["unique_name"], c["upn"] = u.UserPrincipalName, u.UserPrincipalName
		c["given_name"], c["family_name"] = deref(u.GivenName), deref(u.Surname)
	} else {
		c["preferred_username"] = u.UserPrincipalName
	}
	if optional.has("idtyp", "include_user_token") {
		c["idtyp"] = "user"
	}
	if len(g.signIn.ACRs) > 0 {
		c["acrs"] = g.signIn.ACRs
	}
	c["sid"] = g.signIn.SID
	c["wids"] = u.wids()
	if r.app != nil {
		s.groupClaims(c, u, r.app, optional, overageJWT)
	}
	if roles := look(s.dir, func(t *tables) []string { v, _ := t.rolesOf(u.ID, r); return v }); len(roles) > 0 {
		c["roles"] = append(roles, asStrings(c["roles"])...)
	}
	s.optionalClaims(c, g, optional)
}

func asStrings(v any) []string { list, _ := v.([]string); return list }

func (u *user) wids() []string {
	if u.Admin {
		return []string{globalAdminRole, ordinaryUser}
	}
	return []string{ordinaryUser}
}

func (i signIn) amr() []string {
	if i.MFA {
		return []string{"pwd", "mfa"}
	}
	return []string{"pwd"}
}

// idToken tells a client who signed in. code and access, when not empty, are
// bound to it by their hashes (OpenID Connect Core §3.3.2.11).
func (s *Server) idToken(g grantee, q scopeRequest, nonce, code, access string) (string, error) {
	now, u := s.now(), g.user
	c := map[string]any{"iss": s.issuer(g.version, u.home()), "aud": g.client.AppID, "iat": now.Unix(), "nbf": now.Unix(),
		"exp": now.Add(idLife).Unix(), "sub": pairwise(u.ID, g.client.AppID), "tid": u.home(), "uti": newToken(16), "rh": "1." + newToken(12),
		"ver": map[int]string{1: "1.0", 2: "2.0"}[g.version]}
	if g.version == 1 {
		c["oid"], c["upn"], c["unique_name"], c["name"], c["amr"], c["ipaddr"] = u.ID, u.UserPrincipalName, u.UserPrincipalName, u.DisplayName, g.signIn.amr(), g.ip
		c["given_name"], c["family_name"] = deref(u.GivenName), deref(u.Surname)
	} else if q.profile {
		c["oid"], c["preferred_username"], c["name"] = u.ID, u.UserPrincipalName, u.DisplayName
	}
	if q.email && u.Mail != nil {
		c["email"] = *u.Mail
	}
	for name, v := range map[string]string{"nonce": nonce, "c_hash": halfHash(code), "at_hash": halfHash(access)} {
		if v != "" {
			c[name] = v
		}
	}
	if g.client.Web.LogoutURL != nil {
		c["sid"] = g.signIn.SID
	}
	var optional optionals
	if g.client.OptionalClaims != nil {
		optional = g.client.OptionalClaims.IDToken
	}
	most := overageJWT
	if access != "" {
		most = overageImplicit
	}
	s.groupClaims(c, u, g.client, optional, most)
	self := look(s.dir, func(t *tables) []string {
		roles, _ := t.rolesOf(u.ID, &resource{sp: t.view(g.sp), app: g.client})
		return roles
	})
	if len(self) > 0 {
		c["roles"] = self
	}
	s.optionalClaims(c, g, optional)
	if f, on := s.faults.take("id-token-claims", g.client.AppID, u); on {
		overlay(c, f.Value)
	}
	return s.signToken(c, g.version, g.client.AppID, u)
}

func halfHash(text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return b64(sum[:16])
}

// overlay lays a JSON object over claims; null takes one out.
func overlay(c map[string]any, text string) {
	var over map[string]any
	json.Unmarshal([]byte(text), &over) // checked when it was switched on
	for name, v := range over {
		if v == nil {
			delete(c, name)
			continue
		}
		c[name] = v
	}
}

func (s *Server) accessFaults(c map[string]any, g grantee, r *resource) {
	app := r.sp.AppID
	if _, on := s.faults.take("role-missing", app, g.user); on {
		delete(c, "roles")
	}
	if _, on := s.faults.take("scope-missing", app, g.user); on {
		delete(c, "scp")
	}
	if f, on := s.faults.take("token-audience", app, g.user); on {
		c["aud"] = f.Value
	}
	if f, on := s.faults.take("token-claims", app, g.user); on {
		overlay(c, f.Value)
	}
}

// signToken signs with the tenant's key, or the application's own. Version 1.0 carries x5t as well.
func (s *Server) signToken(c map[string]any, version int, app string, u *user) (string, error) {
	key := s.signing(app)
	if _, on := s.faults.take("token-key", app, u); on {
		stranger, err := newKey(s.now())
		if err != nil {
			return "", err
		}
		key = stranger
	}
	header := map[string]any{"typ": "JWT", "alg": "RS256", "kid": key.kid}
	if version == 1 {
		header["x5t"] = key.kid
	}
	if f, on := s.faults.take("token-kid", app, u); on {
		header["kid"] = f.Value
	}
	text, err := sign(key.private, header, c)
	if _, on := s.faults.take("token-signature", app, u); on && err == nil {
		end := []byte(text)
		end[len(end)-20] = map[bool]byte{true: 'B', false: 'A'}[end[len(end)-20] == 'A']
		text = string(end)
	}
	return text, err
}
