package scimapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/provision"
	"github.com/signoffhq/signoff/scim"
)

func (s *Server) create(c *call) (answer, error) {
	is, err := scim.Read(c.kind, c.body)
	if err != nil {
		return answer{}, err
	}
	e, err := s.Provision.Create(c.ctx, c.client, c.kind, is)
	if err != nil {
		return answer{}, err
	}
	out, err := s.one(c, e, http.StatusCreated)
	if err == nil {
		out.header["Location"] = c.base + "/" + c.kind.Plural() + "/" + e.ID
	}
	return out, err
}

// selection reads what an answer should have in it.
func (c *call) selection() (scim.Selection, error) {
	q := c.r.URL.Query()
	return scim.ParseSelection(c.kind, q.Get("attributes"), q.Get("excludedAttributes"))
}

// one answers with a resource.
func (s *Server) one(c *call, e provision.Entry, status int) (answer, error) {
	sel, err := c.selection()
	if err != nil {
		return answer{}, err
	}
	whole, err := s.Provision.Whole(c.ctx, c.client, e, sel.Wants("members"), sel.Wants("groups"), c.base)
	return answer{status, sel.Show(c.kind, whole), map[string]string{"ETag": e.Version()}}, err
}

func (s *Server) get(c *call) (answer, error) {
	e, err := s.Provision.Get(c.ctx, c.client, c.kind, c.r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	if seen := versions(c.r, "If-None-Match"); seen != nil && seen.Allows(e.Version()) {
		return answer{status: http.StatusNotModified, header: map[string]string{"ETag": e.Version()}}, nil
	}
	return s.one(c, e, http.StatusOK)
}

// versions reads If-Match or If-None-Match; nil when it is not there.
func versions(r *http.Request, header string) provision.Match {
	var out provision.Match
	for _, line := range r.Header.Values(header) {
		for v := range strings.SplitSeq(line, ",") {
			out = append(out, strings.TrimSpace(v))
		}
	}
	return out
}

func (s *Server) replace(c *call) (answer, error) {
	is, err := scim.Read(c.kind, c.body)
	if err != nil {
		return answer{}, err
	}
	e, err := s.Provision.Replace(c.ctx, c.client, c.kind, c.r.PathValue("id"), versions(c.r, "If-Match"), is)
	if err != nil {
		return answer{}, err
	}
	return s.one(c, e, http.StatusOK)
}

// patch answers groups with nothing, unless the client says what it wants to
// see: their members can be many (RFC 7644 section 3.5.2).
func (s *Server) patch(c *call) (answer, error) {
	p, err := scim.ReadPatch(c.kind, c.body)
	if err != nil {
		return answer{}, err
	}
	e, err := s.Provision.Patch(c.ctx, c.client, c.kind, c.r.PathValue("id"), versions(c.r, "If-Match"), p)
	if err != nil {
		return answer{}, err
	}
	if q := c.r.URL.Query(); c.kind == scim.GroupKind && !q.Has("attributes") && !q.Has("excludedAttributes") {
		return answer{status: http.StatusNoContent, header: map[string]string{"ETag": e.Version()}}, nil
	}
	return s.one(c, e, http.StatusOK)
}

func (s *Server) remove(c *call) (answer, error) {
	err := s.Provision.Delete(c.ctx, c.client, c.kind, c.r.PathValue("id"), versions(c.r, "If-Match"))
	return answer{status: http.StatusNoContent}, err
}

// question is a search, as parameters or as a body say it.
type question struct {
	Schemas    []string `json:"schemas"`
	Attributes []string `json:"attributes"`
	Excluded   []string `json:"excludedAttributes"`
	Filter     string   `json:"filter"`
	SortBy     string   `json:"sortBy"`
	SortOrder  string   `json:"sortOrder"`
	Start      *int     `json:"startIndex"`
	Count      *int     `json:"count"`
}

func (s *Server) list(c *call) (answer, error) {
	q := c.r.URL.Query()
	ask := question{Filter: q.Get("filter")}
	if list := q.Get("attributes"); list != "" {
		ask.Attributes = []string{list}
	}
	if list := q.Get("excludedAttributes"); list != "" {
		ask.Excluded = []string{list}
	}
	for name, into := range map[string]**int{"startIndex": &ask.Start, "count": &ask.Count} {
		if text := q.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				return answer{}, &scim.Error{Type: scim.InvalidValue, Detail: name + " is a whole number"}
			}
			*into = &n
		}
	}
	return s.find(c, ask)
}

// search is list with its parameters in a body: filters hold names of people,
// which addresses should not (RFC 7644 section 3.4.3).
func (s *Server) search(c *call) (answer, error) {
	var ask question
	if err := json.Unmarshal(c.body, &ask); err != nil {
		return answer{}, &scim.Error{Type: scim.InvalidSyntax, Detail: "the body is no search request"}
	}
	return s.find(c, ask)
}

func (s *Server) find(c *call, ask question) (answer, error) {
	sel, err := scim.ParseSelection(c.kind, strings.Join(ask.Attributes, ","), strings.Join(ask.Excluded, ","))
	if err != nil {
		return answer{}, err
	}
	q := provision.Search{Start: 1, Count: -1}
	if ask.Filter != "" {
		if q.Filter, err = scim.ParseFilter(c.kind, ask.Filter); err != nil {
			return answer{}, err
		}
	}
	if ask.Start != nil {
		q.Start = *ask.Start
	}
	if ask.Count != nil {
		q.Count = max(0, *ask.Count) // RFC 7644 section 3.4.2.4: less than 0 is 0
	}
	page, start, total, err := s.Provision.Find(c.ctx, c.client, c.kind, q)
	if err != nil {
		return answer{}, err
	}
	shown := make([]scim.Resource, 0, len(page))
	for _, e := range page {
		whole, err := s.Provision.Whole(c.ctx, c.client, e, sel.Wants("members"), sel.Wants("groups"), c.base)
		if err != nil {
			return answer{}, err
		}
		shown = append(shown, sel.Show(c.kind, whole))
	}
	return answer{http.StatusOK, scim.NewList(shown, start, total), nil}, nil
}

func (s *Server) config(c *call) (answer, error) {
	return described(c, []scim.Resource{scim.ServiceProviderConfig(c.base, scim.Limits{MaxResults: provision.MaxResults})}, true)
}

func (s *Server) types(c *call) (answer, error) {
	return described(c, scim.ResourceTypes(c.base), false)
}

func (s *Server) schemas(c *call) (answer, error) { return described(c, scim.Schemas(c.base), false) }

// described answers with one of a few documents, or with all.
func described(c *call, list []scim.Resource, single bool) (answer, error) {
	if c.r.URL.Query().Has("filter") { // RFC 7644 section 4
		return answer{}, &refusal{http.StatusForbidden, "", "these cannot be filtered"}
	}
	if single {
		return answer{http.StatusOK, list[0], nil}, nil
	}
	id := c.r.PathValue("id")
	if id == "" {
		return answer{http.StatusOK, scim.NewList(list, 1, len(list)), nil}, nil
	}
	for _, r := range list {
		if strings.EqualFold(r.Text("id"), id) {
			return answer{http.StatusOK, r, nil}, nil
		}
	}
	return answer{}, &refusal{http.StatusNotFound, "", "there is no " + strings.TrimSuffix(id, "\n")}
}
