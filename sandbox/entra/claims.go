package entra

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
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
	c := map[string]any{"iss": s.issuer(version, TenantID), "iat": now.Unix(), "nbf": now.Unix(), "tid": TenantID,
		"uti": newToken(16), "rh": "1." + newToken(12), "ver": map[int]string{1: "1.0", 2: "2.0"}[version]}
	c["aud"] = r.sp.AppID
	if version == 1 && !optional.has("aud", "use_guid") && w.Resource != "" {
		c["aud"] = w.Resource
	} else if version == 1 && w.Resource == "" {
		c["aud"] = graphAppID
	}
	if version == 1 {
		c["appid"], c["appidacr"] = g.client.AppID, g.acr
		c["idp"], c["aio"] = s.issuer(1, TenantID), newToken(24)
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

// groupClaims puts the person's groups into a token, or, when they are too
// many, a pointer to where they can be asked for.
func (s *Server) groupClaims(c map[string]any, u *user, a *application, optional optionals, most int) {
	kind := deref(a.GroupMembershipClaims)
	if kind == "" || kind == "None" || kind == "DirectoryRole" {
		return
	}
	groups := look(s.dir, func(t *tables) []*group {
		var list []*group
		for _, id := range t.groupsOf(u.ID, true) {
			if g := t.group(id); g.SecurityEnabled || kind == "All" {
				list = append(list, g)
			}
		}
		return list
	})
	if _, on := s.faults.take("groups-overage", a.AppID, u); on || len(groups) > most {
		if most == overageImplicit {
			c["hasgroups"] = true
			return
		}
		c["_claim_names"] = map[string]string{"groups": "src1"}
		c["_claim_sources"] = map[string]any{"src1": map[string]string{
			"endpoint": "https://graph.windows.net/" + TenantID + "/users/" + u.ID + "/getMemberObjects"}}
		return
	}
	if len(groups) == 0 {
		return
	}
	var names []string
	for _, g := range groups {
		switch {
		case optional.has("groups", "cloud_displayname"):
			names = append(names, g.DisplayName)
		case g.OnPremisesSamAccountName != nil && optional.has("groups", "sam_account_name"):
			_, bare, _ := strings.Cut(*g.OnPremisesSamAccountName, "\\")
			names = append(names, bare)
		case g.OnPremisesSamAccountName != nil && optional.has("groups", "netbios_domain_and_sam_account_name"):
			names = append(names, *g.OnPremisesSamAccountName)
		default:
			names = append(names, g.ID)
		}
	}
	if optional.has("groups", "emit_as_roles") {
		c["roles"] = names
		return
	}
	c["groups"] = names
}

// optionals are the claims that a registration asks for beyond the usual.
type optionals []optionalClaim

func accessClaims(a *application) optionals {
	if a == nil || a.OptionalClaims == nil {
		return nil
	}
	return a.OptionalClaims.AccessToken
}

func (o optionals) has(name string, property ...string) bool {
	return slices.ContainsFunc(o, func(c optionalClaim) bool {
		return c.Name == name && (len(property) == 0 || slices.Contains(c.AdditionalProperties, property[0]))
	})
}

func (s *Server) optionalClaims(c map[string]any, g grantee, optional optionals) {
	u := g.user
	worth := map[string]any{"acct": 0, "auth_time": g.signIn.At.Unix(), "email": deref(u.Mail), "family_name": deref(u.Surname),
		"given_name": deref(u.GivenName), "ipaddr": g.ip, "login_hint": loginHint(u), "preferred_username": u.UserPrincipalName, "sid": g.signIn.SID,
		"tenant_ctry": "DE", "tenant_region_scope": "EU", "upn": u.UserPrincipalName, "verified_primary_email": []string{deref(u.Mail)},
		"xms_edov": true, "onprem_sam_account_name": samName(u), "ctry": "DE"}
	if u.UserType == "Guest" {
		worth["acct"] = 1
	}
	for _, o := range optional {
		if v, ok := worth[o.Name]; ok && v != "" {
			c[o.Name] = v
		}
	}
}

// loginHint is opaque to clients; it names the person to this server.
func loginHint(u *user) string { return "O." + b64([]byte(u.ID)) }

func samName(u *user) string {
	_, bare, _ := strings.Cut(deref(u.OnPremisesSamAccountName), "\\")
	return bare
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// idToken tells a client who signed in. code and access, when not empty, are
// bound to it by their hashes (OpenID Connect Core §3.3.2.11).
func (s *Server) idToken(g grantee, q scopeRequest, nonce, code, access string) (string, error) {
	now, u := s.now(), g.user
	c := map[string]any{"iss": s.issuer(g.version, TenantID), "aud": g.client.AppID, "iat": now.Unix(), "nbf": now.Unix(),
		"exp": now.Add(idLife).Unix(), "sub": pairwise(u.ID, g.client.AppID), "tid": TenantID, "uti": newToken(16), "rh": "1." + newToken(12),
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

// signToken signs with the tenant's key. Version 1.0 carries x5t as well.
func (s *Server) signToken(c map[string]any, version int, app string, u *user) (string, error) {
	key := s.keys.current()
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

// Mint signs any claims with the tenant's key, for tests of those who check
// tokens: header members given replace the usual ones.
func (s *Server) Mint(header, claims map[string]any) (string, error) {
	key := s.keys.current()
	h := map[string]any{"typ": "JWT", "alg": "RS256", "kid": key.kid}
	maps.Copy(h, header)
	return sign(key.private, h, claims)
}

// Claims returns what a proper access token for a person and an API would say,
// to be changed and minted. login "": for the client itself.
func (s *Server) Claims(api, client, login string) (map[string]any, error) {
	g, w, granted, e := s.sample(api, client, login)
	if e != nil {
		return nil, e
	}
	text, _, err := s.accessToken(g, w, granted)
	if err != nil {
		return nil, err
	}
	t, err := parseJWS(text)
	if err != nil {
		return nil, err
	}
	return t.claims, nil
}

func (s *Server) sample(api, client, login string) (grantee, want, []string, error) {
	var g grantee
	var w want
	var granted []string
	var e error
	look(s.dir, func(t *tables) bool {
		g = grantee{client: t.client(client), sp: t.spByAppID(client), acr: "1", version: 2, signIn: signIn{SID: newGUID(), At: s.now()}}
		w = want{asked: asked{Resource: api, Default: true}, r: t.resource(api)}
		if g.client == nil || g.sp == nil || w.r == nil {
			e = aad(500011, api+" for "+client, TenantID)
			return false
		}
		if login != "" {
			if g.user = t.user(login); g.user == nil {
				e = aad(50034, login, sandbox.Domain)
				return false
			}
			granted = t.granted(g.sp, g.user.ID, w.r)
		}
		return true
	})
	return g, w, granted, e
}
