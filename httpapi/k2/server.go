package k2

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/identity"
)

// Server answers for everything under Base. Fill in the fields and use it as a
// handler; httpapi passes it everything below /api/workflow/.
type Server struct {
	HTTP   *httpapi.Server // its services, and its way with refusals
	Public string          // "https://signoff.example.com": where formURL and viewFlowURL point

	once  sync.Once
	table []route
}

// call is one request after its credentials and body have been read.
type call struct {
	ctx    context.Context
	by     signoff.Caller
	params map[string]string
	query  url.Values
	body   object
	once   string // idempotency key: K2 has none, but ours is understood
}

// ask returns a query parameter by its name in any letter case.
func (c *call) ask(name string) string {
	for key, values := range c.query {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(func() { s.table = routes() })
	segments, ok := below(r.URL.EscapedPath())
	if !ok {
		writeJSON(w, http.StatusNotFound, ErrorMessage{noRoute})
		return
	}
	if s.document(w, r, segments) {
		return
	}
	o, params, allow := find(s.table, r.Method, segments)
	if o == nil && len(allow) > 0 {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		writeJSON(w, http.StatusMethodNotAllowed, ErrorMessage{"The requested resource does not support this HTTP method."})
		return
	}
	if o == nil {
		writeJSON(w, http.StatusNotFound, ErrorMessage{noRoute})
		return
	}
	answer, err := s.do(w, r, o, params)
	switch {
	case err != nil:
		s.Refuse(w, r, err)
	case o.out == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		writeJSON(w, http.StatusOK, answer)
	}
}

const noRoute = "No HTTP resource was found that matches the request URI."

func (s *Server) do(w http.ResponseWriter, r *http.Request, o *operation, params map[string]string) (any, error) {
	by, err := identity.Who(r.Context())
	if err != nil {
		return nil, err
	}
	c := &call{ctx: r.Context(), by: by, params: params, query: r.URL.Query(), once: r.Header.Get("Idempotency-Key")}
	if len(c.once) > maxKeyBytes {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-idempotency-key", Detail: "the Idempotency-Key is too long"}
	}
	if o.in != nil {
		if c.body, err = readBody(w, r); err != nil {
			return nil, err
		}
	}
	return o.do(s, c)
}

const maxKeyBytes = 200

// bodyWithin is how long a body may take to arrive.
const bodyWithin = 30 * time.Second

func readBody(w http.ResponseWriter, r *http.Request) (object, error) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(bodyWithin)) // not all connections have one
	defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &signoff.Error{Kind: signoff.TooLarge, Code: "body-too-large",
			Detail: "the body is over the limit of " + strconv.Itoa(maxBodyBytes) + " bytes"}
	}
	if err != nil {
		return nil, badJSON("the body could not be read to its end")
	}
	return readObject(data)
}

// Refuse writes the shape of ASP.NET Web API. The words come from the same
// adapter as everywhere, so nothing internal is in them.
//
// A task that is not there, one of somebody else and one that cannot exist give
// the same bytes: K2's own words.
func (s *Server) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	if code := signoff.CodeOf(err); code == engine.CodeTaskNotFound || code == "bad-serial" {
		httpapi.Refused(r.Context(), engine.CodeTaskNotFound)
		writeJSON(w, http.StatusNotFound, ErrorMessage{"Task could not be retrieved. Either access denied or not found."})
		return
	}
	p, header := s.HTTP.Refuse(r.Context(), err)
	for key, values := range header {
		w.Header()[key] = values
	}
	message := p.Detail
	if p.Code == engine.CodeBadVariables { // which of the fields, and why
		for _, e := range p.Errors {
			message += "; " + e.Field + ": " + e.Detail
		}
	}
	if p.Hint != "" {
		message += " (" + p.Hint + ")"
	}
	status := p.Status
	if status == http.StatusUnprocessableEntity {
		status = http.StatusBadRequest // Web API knows no 422
	}
	writeJSON(w, status, ErrorMessage{message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // nobody is left to hear of an error
}
