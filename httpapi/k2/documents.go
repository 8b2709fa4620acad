package k2

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/httpapi"
)

// document answers with what describes the API, false when a path names no such
// thing. Documents are for everybody: they say nothing about anybody.
func (s *Server) document(w http.ResponseWriter, r *http.Request, segments []string) bool {
	if r.Method != http.MethodGet {
		return false
	}
	switch strings.ToLower(strings.Join(segments, "/")) {
	case "swagger/docs/v1":
		s.swagger(w, r)
	case "postman.json":
		s.postman(w, r)
	default:
		return false
	}
	return true
}

// swagger answers with the Swagger document. Importers that take one way to sign
// in alone, as Power Automate's does, are given it with auth=oauth2 or
// auth=basic.
func (s *Server) swagger(w http.ResponseWriter, r *http.Request) {
	root, err := url.Parse(s.HTTP.Root(r))
	if err != nil {
		s.Refuse(w, r, err)
		return
	}
	about := described{root: root, basic: s.HTTP.Takes(r, "basic"), issuer: s.HTTP.Issuer(r)}
	switch only := r.URL.Query().Get("auth"); {
	case only == "basic" && about.basic:
		about.issuer = nil
	case only == "oauth2" && about.issuer != nil:
		about.basic = false
	case only != "":
		s.Refuse(w, r, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request",
			Detail: "auth is left out, basic or oauth2, and names what this API takes", Hint: "an administrator sets it under Manage › Access › APIs and Trust"})
		return
	}
	document, err := swagger(about)
	if err != nil {
		s.Refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(document) // nobody is left to hear of an error
}

// postman answers with the API as a Postman collection.
func (s *Server) postman(w http.ResponseWriter, r *http.Request) {
	c := httpapi.Collection{Name: "signoff workflow API", API: "workflow",
		About: "Workflows and tasks, in the shapes K2 clients know. Fill in the variables of the collection, then send."}
	for _, o := range operations() {
		c.Requests = append(c.Requests, collectionRequest(o))
	}
	s.HTTP.WriteCollection(w, r, c)
}

func collectionRequest(o operation) httpapi.CollectionRequest {
	q := httpapi.CollectionRequest{Folder: o.tag, Name: o.summary, About: o.about, Method: o.method, Path: "/" + o.path}
	for _, part := range strings.Split(o.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			q.Values = append(q.Values, httpapi.CollectionValue{Name: name, Value: textOf(pathExamples[name]), About: words[name], InPath: true})
		}
	}
	for _, p := range o.query {
		q.Values = append(q.Values, httpapi.CollectionValue{Name: p.name, Value: p.values[0], About: p.text})
	}
	if o.in != nil {
		q.Type, q.Body = "application/json", exampleBody(o.in)
	}
	return q
}

func textOf(v any) string {
	if text, is := v.(string); is {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // examples are values of JSON
	}
	return string(text)
}

// exampleBody writes an example without the members that say nothing.
func exampleBody(in any) string {
	members := map[string]any{}
	v := reflect.ValueOf(in)
	for f := range v.Type().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if value := v.FieldByIndex(f.Index); !value.IsZero() {
			members[name] = value.Interface()
		}
	}
	text, err := json.MarshalIndent(members, "", "  ")
	if err != nil {
		panic(err) // examples are values of JSON
	}
	return string(text)
}
