package entra

import (
	"maps"

	"github.com/signoffhq/signoff/sandbox"
)

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
			if g.user = t.person(login); g.user == nil {
				e = aad(50034, login, sandbox.Domain)
				return false
			}
			if granted = t.granted(g.sp, g.user.ID, w.r); g.user.home() != TenantID {
				granted = w.r.offered() // as if they had consented
			}
		}
		return true
	})
	return g, w, granted, e
}
