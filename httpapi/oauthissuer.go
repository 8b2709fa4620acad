package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
)

// issuerRoutes are where providers that trust tokens of this server find its
// keys (OpenID Connect Discovery §4). They are public, as keys are for everybody.
func (s *Server) issuerRoutes() {
	s.mux.HandleFunc("GET "+oauth.IssuerPath+"/.well-known/openid-configuration", s.issuerDocument(func(is string, _ []oauth.PublicKey) any {
		return map[string]any{"issuer": is, "jwks_uri": is + "/keys", "response_types_supported": []string{"id_token"},
			"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"}}
	}))
	s.mux.HandleFunc("GET "+oauth.IssuerPath+"/keys", s.issuerDocument(func(_ string, keys []oauth.PublicKey) any {
		return map[string]any{"keys": keys}
	}))
}

// issuerDocument answers with a document of the issuer, and with nothing as long
// as no resource proves itself that way.
func (s *Server) issuerDocument(of func(issuer string, keys []oauth.PublicKey) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o, err := s.oauth()
		if err != nil {
			s.writeRefusal(w, r, err)
			return
		}
		keys, err := o.IssuerKeys(r.Context())
		if err == nil && len(keys) == 0 {
			err = &signoff.Error{Kind: signoff.NotFound, Code: "no-such-route", Detail: "this server signs no tokens of its own"}
		}
		if err != nil {
			s.writeRefusal(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "public, max-age=3600") // a key can be fetched for days before it signs
		h.Set("X-Content-Type-Options", "nosniff")
		_ = json.NewEncoder(w).Encode(of(o.Issuer(), keys)) // nobody is left to hear of an error
	}
}
