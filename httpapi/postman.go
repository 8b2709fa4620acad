package httpapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/signoffhq/signoff"
)

// Collection is what a Postman collection is made of.
type Collection struct {
	Name, About string
	API         string // "workflow" or "rest"
	Requests    []CollectionRequest
}

// CollectionRequest is one request of a collection.
type CollectionRequest struct {
	Folder, Name, About string
	Method              string
	Path                string // below the API, /tasks/{serial}
	Values              []CollectionValue
	Type                string // of the body, "" for none
	Body                string
}

// CollectionValue is a parameter of a request.
type CollectionValue struct {
	Name, Value, About string
	InPath, Needed     bool
}

// WriteCollection answers with a Postman collection, set up for the kind of
// sign-in that the query asks for: "" a person through OAuth with PKCE, "client"
// an application by itself, "token" a personal access token, "basic" a name and
// password. https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/
func (s *Server) WriteCollection(w http.ResponseWriter, r *http.Request, c Collection) {
	kind := r.URL.Query().Get("auth")
	auth, variables, ok := s.collectionAuth(kind)
	if !ok {
		s.refuseInShape(w, r, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request",
			Detail: "auth is left out, client, token or basic"})
		return
	}
	root := s.root(r, c.API)
	doc := object{
		"info":     object{"name": c.Name, "description": c.About, "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
		"auth":     auth,
		"variable": append([]object{variable("baseUrl", root+pathOf[c.API], "what stands before every path")}, variables...),
		"item":     c.folders(),
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="signoff-`+c.API+`.postman_collection.json"`)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(doc) // nobody is left to hear of an error
}

type object = map[string]any

func variable(key, value, about string) object {
	return object{"key": key, "value": value, "type": "string", "description": about}
}

func attributes(pairs ...string) []object {
	var out []object
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, object{"key": pairs[i], "value": pairs[i+1], "type": "string"})
	}
	return out
}

// collectionAuth is how a collection signs in, and the variables for it.
func (s *Server) collectionAuth(kind string) (auth object, variables []object, ok bool) {
	switch kind {
	case "basic":
		return object{"type": "basic", "basic": attributes("username", "{{username}}", "password", "{{password}}")},
			[]object{variable("username", "", "your login"), variable("password", "", "your password")}, true
	case "token":
		return object{"type": "bearer", "bearer": attributes("token", "{{token}}")},
			[]object{variable("token", "", "a personal access token, sgn_…, made on your own page")}, true
	case "", "client":
		return s.collectionOAuth(kind == "client")
	}
	return nil, nil, false
}

// postmanCallback is where Postman's own pages take a person back to the
// program. It has to be registered with the issuer.
const postmanCallback = "https://oauth.pstmn.io/v1/callback"

// collectionOAuth sets a collection up for the first trusted issuer; without one
// the addresses are left for who uses it to fill in.
func (s *Server) collectionOAuth(alone bool) (auth object, variables []object, ok bool) {
	is := Issuer{Tenant: "common", Authority: "https://login.microsoftonline.com"}
	if all := s.issuers(); len(all) > 0 {
		is = all[0]
	}
	authorize, token := is.Authorize, is.Token
	if is.Authority != "" {
		variables = append(variables, variable("tenant", is.Tenant, "the directory (tenant) id"))
		authorize, token = is.Authority+"/{{tenant}}/oauth2/v2.0/authorize", is.Authority+"/{{tenant}}/oauth2/v2.0/token"
	}
	pairs := []string{"addTokenTo", "header", "headerPrefix", "Bearer", "tokenName", "signoff",
		"accessTokenUrl", token, "clientId", "{{clientId}}", "scope", "{{scope}}"}
	scope := is.AppScope
	if alone {
		pairs = append(pairs, "grant_type", "client_credentials", "clientSecret", "{{clientSecret}}", "client_authentication", "body")
	} else {
		scope = strings.Join(is.Scopes, " ")
		pairs = append(pairs, "grant_type", "authorization_code_with_pkce", "authUrl", authorize, "challengeAlgorithm", "S256",
			"redirect_uri", postmanCallback, "client_authentication", "body")
	}
	variables = append(variables, variable("clientId", "", "the application (client) id of your registration; "+
		"for sign-in by people it has "+postmanCallback+" as a redirect address"), variable("scope", scope, "what is asked for"))
	if alone {
		variables = append(variables, variable("clientSecret", "", "a secret of your registration"))
	}
	return object{"type": "oauth2", "oauth2": attributes(pairs...)}, variables, true
}

// folders sorts the requests into folders, in the order they come in.
func (c Collection) folders() []object {
	var names []string
	items := map[string][]object{}
	for _, q := range c.Requests {
		if !slices.Contains(names, q.Folder) {
			names = append(names, q.Folder)
		}
		items[q.Folder] = append(items[q.Folder], q.item())
	}
	out := []object{}
	for _, name := range names {
		out = append(out, object{"name": name, "item": items[name]})
	}
	return out
}

func (q CollectionRequest) item() object {
	request := object{"method": q.Method, "description": q.About, "url": q.url(), "header": []object{}}
	if q.Type != "" {
		language := "json"
		if strings.HasSuffix(q.Type, "xml") {
			language = "xml"
		}
		request["header"] = []object{{"key": "Content-Type", "value": q.Type}}
		request["body"] = object{"mode": "raw", "raw": q.Body, "options": object{"raw": object{"language": language}}}
	}
	return object{"name": q.Name, "request": request, "response": []object{}}
}

func (q CollectionRequest) url() object {
	raw := "{{baseUrl}}"
	path, variables, query := []string{}, []object{}, []object{}
	for part := range strings.SplitSeq(strings.Trim(q.Path, "/"), "/") {
		if name, is := strings.CutPrefix(part, "{"); is {
			part = ":" + strings.TrimSuffix(name, "}")
		}
		path = append(path, part)
		raw += "/" + part
	}
	asked := []string{}
	for _, v := range q.Values {
		entry := object{"key": v.Name, "value": v.Value, "description": v.About}
		if v.InPath {
			variables = append(variables, entry)
			continue
		}
		if !v.Needed {
			entry["disabled"] = true
		} else {
			asked = append(asked, url.QueryEscape(v.Name)+"="+url.QueryEscape(v.Value))
		}
		query = append(query, entry)
	}
	if len(asked) > 0 {
		raw += "?" + strings.Join(asked, "&")
	}
	return object{"raw": raw, "host": []string{"{{baseUrl}}"}, "path": path, "query": query, "variable": variables}
}

// postman answers with the collection of our own API.
func (s *Server) postman(w http.ResponseWriter, r *http.Request) {
	c := Collection{Name: "signoff", API: apiREST,
		About: "signoff's own API, " + base + ". Fill in the variables of the collection, then send."}
	doc := s.huma.OpenAPI()
	for _, tag := range doc.Tags {
		for _, path := range sortedKeys(doc.Paths) {
			for _, o := range operationsOf(doc.Paths[path]) {
				if slices.Contains(o.Tags, tag.Name) && !endless(o) {
					c.Requests = append(c.Requests, collectionRequest(o, strings.TrimPrefix(path, base)))
				}
			}
		}
	}
	s.WriteCollection(w, r, c)
}

// endless tells whether an operation answers until somebody hangs up, which is
// nothing to send from a collection.
func endless(o *huma.Operation) bool {
	ok := o.Responses["200"]
	return ok != nil && ok.Content["text/event-stream"] != nil
}

func collectionRequest(o *huma.Operation, path string) CollectionRequest {
	q := CollectionRequest{Folder: o.Tags[0], Name: o.Summary, About: o.Description, Method: o.Method, Path: path}
	for _, p := range o.Parameters {
		if p.In == "path" || p.In == "query" {
			q.Values = append(q.Values, CollectionValue{p.Name, plainValue(p.Example), p.Description, p.In == "path", p.Required})
		}
	}
	if o.RequestBody == nil {
		return q
	}
	for _, kind := range sortedKeys(o.RequestBody.Content) {
		m := o.RequestBody.Content[kind]
		if text, is := m.Example.(string); is && !strings.HasSuffix(kind, "json") {
			q.Type, q.Body = kind, text
		} else {
			q.Type, q.Body = kind, jsonText(m.Example)
		}
		break
	}
	return q
}

func jsonText(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // examples are values of JSON
	}
	return string(text)
}

// plainValue writes an example as it stands in an address.
func plainValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return strings.Trim(jsonText(v), `"`)
}
