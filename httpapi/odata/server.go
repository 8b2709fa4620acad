package odata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/identity"
)

// Where the API stands: ours, and where clients of K2 look for it.
const (
	Base   = "/api/odata/v4"
	K2Base = "/api/odatav4/v4"
)

// Limits of a request.
const (
	maxQueryBytes = 16 << 10
	maxBodyBytes  = 32 << 20
	bodyWithin    = 2 * time.Minute
	answerWithin  = 4 * time.Minute
)

// Server answers for everything under Base and K2Base. httpapi passes it what
// is below them, after credentials have been read.
type Server struct {
	HTTP   *httpapi.Server // its services, and its way with refusals
	Within time.Duration   // for one answer, however often a service is asked for it; 0: answerWithin
}

// call is one request, taken apart.
type call struct {
	ctx   context.Context
	w     http.ResponseWriter
	r     *http.Request
	by    signoff.Caller
	root  string // "https://signoff.example.com/api/odata/v4/": what links begin with
	query options
	form  format
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("OData-Version", "4.0")
	within := s.Within
	if within == 0 {
		within = answerWithin
	}
	ctx, cancel := context.WithTimeout(r.Context(), within)
	defer cancel()
	err := s.serve(w, r.WithContext(ctx))
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = errSlow
	}
	if err != nil {
		s.Refuse(w, r, err)
	}
}

var errSlow = &signoff.Error{Kind: signoff.Unavailable, Code: "service-busy", Detail: "the service takes too long to answer", Hint: "ask for fewer rows: filter them, leave out $count and $orderby, or follow the next links"}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	by, err := identity.Who(r.Context())
	if err != nil {
		return err
	}
	base, rest, ok := below(r.URL.EscapedPath())
	if !ok {
		return errNoRoute
	}
	if err := understood(r); err != nil {
		return err
	}
	c := &call{ctx: r.Context(), w: w, r: r, by: by, root: s.HTTP.Root(r) + base + "/"}
	if len(r.URL.RawQuery) > maxQueryBytes {
		return invalid("the query is longer than " + strconv.Itoa(maxQueryBytes) + " bytes")
	}
	if c.query, err = readOptions(r.URL.RawQuery); err != nil {
		return err
	}
	path, err := parsePath(rest)
	if err != nil {
		return err
	}
	if c.form, err = formatOf(r, c.query.format, path.name); err != nil && !path.text() {
		return err
	}
	switch path.name {
	case "":
		return s.serviceDocument(c)
	case "$metadata":
		return s.metadata(c)
	case "$batch", "$crossjoin", "$all", "$entity":
		return unsupported(path.name)
	}
	return s.resource(c, path)
}

// below gives what is behind the base of the API, without the first slash, and
// the base as links are to have it.
func below(path string) (base, rest string, ok bool) {
	for _, b := range []string{Base, K2Base} {
		if len(path) >= len(b) && strings.EqualFold(path[:len(b)], b) {
			rest = path[len(b):]
			if rest == "" || rest[0] == '/' {
				return b, strings.TrimPrefix(rest, "/"), true
			}
		}
	}
	return "", "", false
}

// understood refuses what a client demands and is not to be had here.
func understood(r *http.Request) error {
	if v := newest(r); v != "" {
		if n, err := strconv.ParseFloat(v, 64); err != nil || n < 4 {
			return invalid("this is OData 4.0; the client takes " + short(v) + " at most")
		}
	}
	if v := r.Header.Get("OData-Version"); v != "" && v != "4.0" && v != "4.01" {
		return invalid("this is OData 4.0, and not " + short(v))
	}
	if v := r.Header.Get("If-Match"); v != "" && v != "*" {
		return &signoff.Error{Kind: signoff.Conflict, Code: "stale", Detail: "what services offer has no versions here, so that If-Match cannot be obeyed", Hint: "send If-Match: * or none"}
	}
	if r.Header.Get("If-None-Match") == "*" && r.Method == http.MethodPatch {
		return &signoff.Error{Kind: signoff.Conflict, Code: "stale", Detail: "PATCH makes nothing new here, as If-None-Match: * asks", Hint: "make it with POST to its entity set"}
	}
	return nil
}

// resource serves an entity set, one entity or an action.
func (s *Server) resource(c *call, p path) error {
	m, err := s.model(c.ctx, c.by, p.name)
	if err != nil {
		return err
	}
	if a := m.action(p.name); a != nil && p.keys == nil && p.rest == nil {
		if c.r.Method != http.MethodPost {
			return notAllowed(c, "POST")
		}
		return s.act(c, *a)
	}
	set := m.set(p.name)
	if set == nil {
		e := *errNoSet
		if near := signoff.Nearest(p.name, m.names()); near != "" {
			e.Hint = "did you mean " + near + "?"
		}
		return &e
	}
	switch {
	case p.keys == nil && len(p.rest) == 0:
		switch c.r.Method {
		case http.MethodGet, http.MethodHead:
			return s.list(c, *set)
		case http.MethodPost:
			return s.create(c, *set)
		}
		return notAllowed(c, "GET", "POST")
	case p.keys == nil && len(p.rest) == 1 && p.rest[0] == "$count":
		if !reads(c) {
			return notAllowed(c, "GET")
		}
		return s.count(c, *set)
	case p.keys != nil && len(p.rest) == 0:
		switch c.r.Method {
		case http.MethodGet, http.MethodHead:
			return s.read(c, *set, p)
		case http.MethodPatch:
			return s.update(c, *set, p)
		case http.MethodDelete:
			return s.remove(c, *set, p)
		}
		return notAllowed(c, "GET", "PATCH", "DELETE")
	case p.keys != nil && (len(p.rest) == 1 || len(p.rest) == 2 && p.rest[1] == "$value"):
		if !reads(c) {
			return notAllowed(c, "GET")
		}
		return s.property(c, *set, p)
	}
	return errNoRoute
}

func reads(c *call) bool { return c.r.Method == http.MethodGet || c.r.Method == http.MethodHead }

func notAllowed(c *call, methods ...string) error {
	c.w.Header().Set("Allow", strings.Join(methods, ", "))
	return &signoff.Error{Kind: signoff.Invalid, Code: "method-not-allowed", Detail: "this address takes " + strings.Join(methods, ", ")}
}

var (
	errNoRoute = &signoff.Error{Kind: signoff.NotFound, Code: "no-such-route", Detail: "there is nothing at this address", Hint: "the service document lists what there is"}
	errNoSet   = &signoff.Error{Kind: signoff.NotFound, Code: "service-object-unknown", Detail: "there is no such entity set or action, or you may not use it", Hint: "the service document lists what there is"}
	errNoThing = &signoff.Error{Kind: signoff.NotFound, Code: "service-row-not-found", Detail: "there is nothing with that key"}
)

func invalid(detail string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: detail}
}

func unsupported(what string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "odata-unsupported", Detail: short(what) + " is not supported"}
}

// short keeps what somebody sent short, for a refusal.
func short(text string) string {
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

// odataError is an error as OData writes it (JSON Format 4.0, 19).
type odataError struct {
	Code    string        `json:"code"`
	Message string        `json:"message"`
	Target  string        `json:"target,omitempty"`
	Details []odataDetail `json:"details,omitempty"`
}

type odataDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target,omitempty"`
}

// Refuse writes an OData error. The words are those of all other APIs.
func (s *Server) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	p, header := s.HTTP.Refuse(r.Context(), err)
	for key, values := range header {
		w.Header()[key] = values
	}
	w.Header().Set("OData-Version", "4.0")
	e := odataError{Code: p.Code, Message: p.Detail}
	if p.Hint != "" {
		e.Message += " (" + p.Hint + ")"
	}
	for _, f := range p.Errors {
		detail := odataDetail{Code: p.Code, Message: f.Detail, Target: strings.TrimPrefix(f.Field, "inputs.")}
		if f.Advice != "" {
			detail.Message += " (" + f.Advice + ")"
		}
		e.Details = append(e.Details, detail)
	}
	status := p.Status
	if status == http.StatusUnprocessableEntity {
		status = http.StatusBadRequest // as OData has it
	}
	writeJSON(w, status, map[string]any{"error": e})
}

// answer writes what was asked for. Clients that want no metadata get no context.
func (c *call) answer(status int, out ordered) {
	if c.form.level == "none" && len(out) > 0 && out[0].name == contextName {
		out = out[1:]
	}
	c.w.Header().Set("Content-Type", c.form.contentType())
	writeJSON(c.w, status, out)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", format{level: "minimal"}.contentType())
	}
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // nobody is left to hear of an error
}

// body reads an object of JSON; none is an empty one. Annotations in it, whose
// names hold an @, are left out.
func (c *call) body() (map[string]any, error) {
	if kind := c.r.Header.Get("Content-Type"); kind != "" {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "unsupported-media-type", Detail: "the body has to be application/json"}
		}
	}
	control := http.NewResponseController(c.w)
	_ = control.SetReadDeadline(time.Now().Add(bodyWithin)) // not all connections have one
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBodyBytes))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &signoff.Error{Kind: signoff.TooLarge, Code: "body-too-large", Detail: "the body is over the limit of " + strconv.Itoa(maxBodyBytes) + " bytes"}
	}
	if err != nil {
		return nil, invalid("the body could not be read to its end")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return map[string]any{}, nil
	}
	return readObject(data)
}

func readObject(data []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var all map[string]any
	if err := d.Decode(&all); err != nil || all == nil {
		return nil, invalid("the body is no object of JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("there is something behind the object of JSON")
	}
	for name := range all {
		if strings.Contains(name, "@") {
			delete(all, name)
		}
	}
	return all, nil
}

// link is an address of this API with a query.
func (c *call) link(path string, q url.Values) string {
	if len(q) == 0 {
		return c.root + path
	}
	return c.root + path + "?" + strings.ReplaceAll(q.Encode(), "%24", "$")
}
