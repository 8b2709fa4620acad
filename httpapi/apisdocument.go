package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
)

// openDocument is the OpenAPI document as it is served: the one that the routes
// make, with how tokens of the trusted issuers are had.
type openDocument struct {
	plain func() ([]byte, error)
	made  atomic.Pointer[madeDocument]
}

// madeDocument is what was last made, and from what.
type madeDocument struct {
	from string
	text []byte
}

func (d *openDocument) serve(s *Server) http.HandlerFunc {
	return s.onDemand("application/json", func() ([]byte, error) { return d.with(s.oauthSchemes()) })
}

// with returns the document with further ways to sign in, made anew only when
// they are others than last time.
func (d *openDocument) with(schemes map[string]*huma.SecurityScheme) ([]byte, error) {
	plain, err := d.plain()
	if err != nil || len(schemes) == 0 {
		return plain, err
	}
	text, err := json.Marshal(schemes)
	if err != nil {
		return nil, err
	}
	if m := d.made.Load(); m != nil && m.from == string(text) {
		return m.text, nil
	}
	out, err := withSchemes(plain, schemes)
	if err != nil {
		return nil, err
	}
	d.made.Store(&madeDocument{string(text), out})
	return out, nil
}

// withSchemes adds ways to sign in to a document. What it says otherwise is not
// read, only passed on.
func withSchemes(document []byte, schemes map[string]*huma.SecurityScheme) ([]byte, error) {
	var top, components, have map[string]json.RawMessage
	if err := json.Unmarshal(document, &top); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(top["components"], &components); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(components["securitySchemes"], &have); err != nil {
		return nil, err
	}
	var security []map[string][]string
	if err := json.Unmarshal(top["security"], &security); err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(schemes) {
		text, err := json.Marshal(schemes[name])
		if err != nil {
			return nil, err
		}
		have[name] = text
		security = append(security, map[string][]string{name: {}})
	}
	var err error
	if components["securitySchemes"], err = json.Marshal(have); err != nil {
		return nil, err
	}
	if top["components"], err = json.Marshal(components); err != nil {
		return nil, err
	}
	if top["security"], err = json.Marshal(security); err != nil {
		return nil, err
	}
	return json.Marshal(top)
}

// oauthSchemes are the trusted issuers as OpenAPI knows them, oauth2 for the
// first one.
func (s *Server) oauthSchemes() map[string]*huma.SecurityScheme {
	if !s.apisNow().rest.kinds["bearer"] {
		return nil
	}
	out := map[string]*huma.SecurityScheme{}
	for _, is := range s.issuers() {
		if is.Token == "" {
			continue
		}
		flows := &huma.OAuthFlows{}
		if is.Authorize != "" {
			flows.AuthorizationCode = &huma.OAuthFlow{AuthorizationURL: is.Authorize, TokenURL: is.Token, Scopes: map[string]string{}}
			for _, scope := range is.Scopes {
				flows.AuthorizationCode.Scopes[scope] = "Call the API as the person who signs in."
			}
		}
		if is.AppScope != "" {
			flows.ClientCredentials = &huma.OAuthFlow{TokenURL: is.Token, Scopes: map[string]string{is.AppScope: "Call the API as an application."}}
		}
		name := "oauth2"
		if n := len(out); n > 0 {
			name += "-" + strconv.Itoa(n+1)
		}
		out[name] = &huma.SecurityScheme{Type: "oauth2", Description: "Tokens of " + is.Name + ".", Flows: flows}
	}
	return out
}
