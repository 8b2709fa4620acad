package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff"
)

// metadataPath is where a protected resource says whose tokens it takes; the
// path of the resource stands behind it (RFC 9728 §3.1).
const metadataPath = "/.well-known/oauth-protected-resource"

func (s *Server) metadataURL(r *http.Request, name string) string {
	return s.root(r, name) + metadataPath + pathOf[name]
}

// resourceMetadata is the document of RFC 9728 §2.
type resourceMetadata struct {
	Resource      string   `json:"resource"`
	Servers       []string `json:"authorization_servers,omitempty"`
	Scopes        []string `json:"scopes_supported,omitempty"`
	Methods       []string `json:"bearer_methods_supported"`
	Name          string   `json:"resource_name"`
	Documentation string   `json:"resource_documentation"`
}

// metadata answers for the whole server and for each API. It is public, for it
// says nothing that a client does not need before it can have a token.
func (s *Server) metadata(w http.ResponseWriter, r *http.Request) {
	rest := strings.TrimRight(strings.TrimPrefix(r.URL.Path, metadataPath), "/")
	name, found := "", rest == ""
	for n, path := range pathOf {
		if strings.EqualFold(rest, path) {
			name, found = n, true
		}
	}
	if !found || name != "" && !s.apisNow().of(name).on {
		s.writeRefusal(w, r, &signoff.Error{Kind: signoff.NotFound, Code: "no-such-route", Detail: "there is nothing at this address"})
		return
	}
	root := s.root(r, name)
	doc := resourceMetadata{Resource: root + pathOf[name], Methods: []string{"header"}, Name: "signoff", Documentation: root + base + "/docs"}
	if s.apisNow().of(name).kinds["bearer"] {
		for _, is := range s.issuers() {
			doc.Servers = append(doc.Servers, is.Servers...)
			doc.Scopes = append(doc.Scopes, is.Scopes...)
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "max-age=300")
	h.Set("Access-Control-Allow-Origin", "*") // a page may read it before it is listed; nothing in it is anybody's
	_ = json.NewEncoder(w).Encode(doc)        // nobody is left to hear of an error
}

// Issuer is a trusted issuer as clients need to know it.
type Issuer struct {
	Name      string
	Servers   []string // issuer identifiers
	Authorize string   // where people sign in; "": not known
	Token     string   // where clients get tokens
	Scopes    []string // as clients ask for them on behalf of a person
	AppScope  string   // as applications by themselves ask
	Tenant    string   // of Entra, when it is one
	Authority string   // of Entra: what stands before the tenant
}

// issuers lists those whose tokens are taken, in the order of the setting.
func (s *Server) issuers() []Issuer {
	if s.Issuers == nil {
		return nil
	}
	return s.Issuers()
}

// Issuer returns the first trusted issuer that people can sign in with for the
// API of a request; nil when there is none, or its tokens are not taken there.
func (s *Server) Issuer(r *http.Request) *Issuer {
	if !s.Takes(r, "bearer") {
		return nil
	}
	for _, is := range s.issuers() {
		if is.Authorize != "" && is.Token != "" {
			return &is
		}
	}
	return nil
}

// Takes tells whether the API of a request takes a kind of sign-in.
func (s *Server) Takes(r *http.Request, kind string) bool {
	return s.takes(s.apisNow().of(apiOf(r)), kind)
}
