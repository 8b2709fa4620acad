package httpapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

const (
	htmlType   = "text/html; charset=utf-8"
	docsPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
)

//go:embed docs.html
var docsTemplate string

// docsPage renders the document as one page that needs no script and loads
// nothing.
func docsPage(doc *huma.OpenAPI) ([]byte, error) {
	t, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, struct {
		Title   string
		Tags    []docTag
		Schemas []docSchema
		Codes   []api.Code
	}{doc.Info.Title + " " + doc.Info.Version, docTags(doc), docSchemas(doc), api.Codes})
	return out.Bytes(), err
}

type docTag struct {
	Name, Text string
	Operations []docOperation
}

type docOperation struct {
	ID, Method, Path, Summary, Text string
	Parameters                      []*huma.Param
	Body                            string // schema name
	Answers                         []docAnswer
}

type docAnswer struct{ Status, Text, Schema string }

type docSchema struct{ Name, JSON string }

func docTags(doc *huma.OpenAPI) []docTag {
	var out []docTag
	for _, tag := range doc.Tags {
		t := docTag{Name: tag.Name, Text: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			p := doc.Paths[path]
			for _, o := range []*huma.Operation{p.Get, p.Post, p.Put, p.Patch, p.Delete} {
				if o != nil && slices.Contains(o.Tags, tag.Name) {
					t.Operations = append(t.Operations, docOf(o, path))
				}
			}
		}
		out = append(out, t)
	}
	return out
}

func docOf(o *huma.Operation, path string) docOperation {
	d := docOperation{ID: o.OperationID, Method: o.Method, Path: path, Summary: o.Summary,
		Text: o.Description, Parameters: o.Parameters}
	if o.RequestBody != nil {
		d.Body = schemaIn(o.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		r := o.Responses[status]
		d.Answers = append(d.Answers, docAnswer{status, r.Description, schemaIn(r.Content)})
	}
	return d
}

func schemaIn(content map[string]*huma.MediaType) string {
	for _, kind := range slices.Sorted(maps.Keys(content)) {
		if s := content[kind].Schema; s != nil && s.Ref != "" {
			return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		}
		return kind
	}
	return ""
}

func docSchemas(doc *huma.OpenAPI) []docSchema {
	all := doc.Components.Schemas.Map()
	var out []docSchema
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text, err := json.MarshalIndent(all[name], "", "  ")
		if err != nil {
			panic(err) // the same value has just been written as the document
		}
		out = append(out, docSchema{name, string(text)})
	}
	return out
}

// problemPage answers the type URI of a problem with what its code means.
func (s *Server) problemPage(w http.ResponseWriter, r *http.Request) {
	c, ok := api.CodeByName(r.PathValue("code"))
	if !ok {
		s.writeRefusal(w, r, &signoff.Error{Kind: signoff.NotFound, Code: "code-not-found",
			Detail: "there is no problem code of that name", Hint: base + "/docs lists them all"})
		return
	}
	plainText(w, http.StatusOK, c.Code+"\n\n"+c.Title+".\n\n"+c.Meaning+"\n")
}
