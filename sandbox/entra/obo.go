package entra

import (
	"net/http"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// onBehalfOf exchanges the token that an API was called with for one that the
// API may use elsewhere, as the same person.
func (s *Server) onBehalfOf(r *http.Request, q *tokenRequest) (issued, *oauthError) {
	if use := q.form.Get("requested_token_use"); use != "on_behalf_of" {
		if use == "" {
			return issued{}, aad(900144, "requested_token_use")
		}
		return issued{}, aad(70003, use)
	}
	if q.form.Get("assertion") == "" {
		return issued{}, aad(900144, "assertion")
	}
	if e := s.authenticate(q, true); e != nil {
		return issued{}, e
	}
	t, e := s.incoming(q)
	if e != nil {
		return issued{}, e
	}
	u := look(s.dir, func(d *tables) *user { return d.person(t.text("oid")) })
	if u == nil {
		return issued{}, aad(50034, t.text("oid"), sandbox.Domain)
	}
	req, e := q.wanted(scopeRequest{})
	if e != nil {
		return issued{}, e
	}
	claims, e := parseClaims(q.form.Get("claims"))
	if e != nil {
		return issued{}, e
	}
	in := signIn{SID: t.text("sid"), At: time.Unix(t.seconds("iat"), 0).UTC(), MFA: t.has("amr", "mfa")}
	if acrs, ok := t.claims["acrs"].([]any); ok {
		for _, a := range acrs {
			if text, ok := a.(string); ok {
				in.ACRs = append(in.ACRs, text)
			}
		}
	}
	var refresh *refreshToken
	if req.offline || q.version == 1 {
		refresh = &refreshToken{Client: q.client.AppID, User: u.ID, Issued: s.now(), SignIn: in, Asked: keepAsked(req)}
	}
	return s.hand(q, q.grantee(u, in, claims), req, "", refresh)
}

// incoming checks the assertion: an access token of ours, for a person, for
// the application that presents it.
func (s *Server) incoming(q *tokenRequest) (*jws, *oauthError) {
	about := map[int][]any{500131: {"another API", q.client.AppID}, 500133: {s.now().Format(time.RFC3339), "earlier"}, 50013: {"the key was not found."}}
	if e := s.faults.strike(atOBO, q.client.AppID, nil, about); e != nil {
		return nil, e
	}
	t, err := parseJWS(q.form.Get("assertion"))
	if err != nil {
		return nil, aad(50027, err)
	}
	key := s.keys.byID(t.header.Kid)
	if key == nil || t.header.Alg != "RS256" || t.verify(publicOf(key)) != nil {
		return nil, aad(50013, "the signature is not one of this tenant's.")
	}
	if exp := time.Unix(t.seconds("exp"), 0).UTC(); s.now().After(exp.Add(assertionSkew)) {
		return nil, aad(500133, s.now().Format(time.RFC3339), exp.Format(time.RFC3339))
	}
	ours := look(s.dir, func(d *tables) bool {
		r := d.resource(t.text("aud"))
		return r != nil && r.sp.AppID == q.client.AppID
	})
	switch {
	case !ours:
		return nil, aad(500131, t.text("aud"), q.client.AppID)
	case t.text("azp") == "" && t.text("appid") == "":
		return nil, aad(240002)
	case t.text("scp") == "":
		return nil, aad(7000114, q.client.AppID)
	}
	return t, nil
}
