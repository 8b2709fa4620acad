// Package scimapi serves SCIM 2.0 (RFC 7644) below /scim/v2, for those who push
// people and groups: Entra ID's provisioning service, Okta and others.
//
// A client proves itself with a token that was made for it, or as an application
// of a trusted issuer, and sees what it wrote and nothing else.
//
// Start reading at the table in routes.
package scimapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/provision"
	"github.com/signoffhq/signoff/scim"
)

// Base is the path everything stands under.
const Base = "/scim/v2"

// contentType is what is sent; application/json is taken, too.
const contentType = "application/scim+json"

// bodyWithin is how long a body may take to arrive.
const bodyWithin = 30 * time.Second

// Clients knows who may write people and groups.
type Clients interface {
	// SCIMClient returns a client by name; false when there is none, or it is
	// switched off.
	SCIMClient(name string) (provision.Client, bool)
	// SCIMApplication returns the client that an application of a trusted
	// issuer writes as.
	SCIMApplication(app signoff.Principal) (provision.Client, bool)
}

// Server answers for everything under Base. Fill in the fields; mount it with
// httpapi.Server.Also.
type Server struct {
	HTTP      *httpapi.Server // its way with refusals, and where it is reached
	Provision *provision.Service
	Clients   Clients

	// Bearer tells whose token of a trusted issuer it is; nil: nobody's is taken.
	Bearer func(ctx context.Context, token string) (signoff.Caller, error)

	Now func() time.Time // nil: time.Now

	once  sync.Once
	mux   *http.ServeMux
	pacer pacer
}

// call is one request after its credentials and body have been read.
type call struct {
	ctx    context.Context
	r      *http.Request
	client provision.Client
	base   string // address of Base
	kind   scim.Kind
	body   []byte
}

// answer is what a route gives.
type answer struct {
	status int
	body   any
	header map[string]string
}

func (s *Server) routes() {
	s.mux = http.NewServeMux()
	s.pacer.now = s.Now
	on := func(pattern string, h func(*call) (answer, error)) {
		method, path, _ := strings.Cut(pattern, " ")
		s.mux.HandleFunc(method+" "+Base+path, s.route(h))
	}
	on("GET /ServiceProviderConfig", s.config)
	on("GET /ResourceTypes", s.types)
	on("GET /ResourceTypes/{id}", s.types)
	on("GET /Schemas", s.schemas)
	on("GET /Schemas/{id}", s.schemas)
	for _, k := range []scim.Kind{scim.UserKind, scim.GroupKind} {
		of := func(h func(*call) (answer, error)) func(*call) (answer, error) {
			return func(c *call) (answer, error) { c.kind = k; return h(c) }
		}
		on("GET /"+k.Plural(), of(s.list))
		on("POST /"+k.Plural(), of(s.create))
		on("POST /"+k.Plural()+"/.search", of(s.search))
		on("GET /"+k.Plural()+"/{id}", of(s.get))
		on("PUT /"+k.Plural()+"/{id}", of(s.replace))
		on("PATCH /"+k.Plural()+"/{id}", of(s.patch))
		on("DELETE /"+k.Plural()+"/{id}", of(s.remove))
	}
	for _, path := range []string{"/Bulk", "/Me", "/.search"} { // RFC 7644 sections 3.7, 3.11 and 3.4.3
		s.mux.HandleFunc(Base+path, s.route(func(*call) (answer, error) { return answer{}, errNotOffered }))
	}
	s.mux.HandleFunc("/", s.route(func(c *call) (answer, error) { return answer{}, s.nothing(c.r) }))
}

var errNotOffered = &refusal{http.StatusNotImplemented, "", "this server does not offer that; ServiceProviderConfig says what it does"}

// nothing says that an address is none, or takes other methods.
func (s *Server) nothing(r *http.Request) error {
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); strings.HasPrefix(pattern, method+" ") {
			return &refusal{http.StatusMethodNotAllowed, "", "this address does not take " + r.Method}
		}
	}
	return &refusal{http.StatusNotFound, "", "there is nothing at this address"}
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(s.routes)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	s.mux.ServeHTTP(w, r)
}

// route reads credentials and body, keeps the pace, and writes the answer.
func (s *Server) route(h func(*call) (answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{ctx: r.Context(), r: r, base: s.HTTP.Root(r) + Base}
		out, err := s.served(w, c, h)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		for name, value := range out.header {
			w.Header().Set(name, value)
		}
		if out.body == nil {
			w.WriteHeader(out.status)
			return
		}
		write(w, out.status, out.body)
	}
}

func (s *Server) served(w http.ResponseWriter, c *call, h func(*call) (answer, error)) (answer, error) {
	var err error
	if c.client, err = s.client(c.ctx, c.r); err != nil {
		return answer{}, err
	}
	done, wait := s.pacer.enter(c.client.Name)
	if done == nil {
		return answer{}, &refusal{http.StatusTooManyRequests, "", fmt.Sprintf("too many requests of %s at a time; try again in %d s", c.client.Name, wait)}
	}
	defer done()
	if c.body, err = read(w, c.r); err != nil {
		return answer{}, err
	}
	return h(c)
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // nobody is left to hear of an error
}

// read takes the body of requests that have one.
func read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete || r.Method == http.MethodHead {
		return nil, nil
	}
	if kind := r.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || media != contentType && media != "application/json" {
			return nil, &refusal{http.StatusUnsupportedMediaType, "", "send " + contentType + " or application/json"}
		}
	}
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, scim.MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "", "the body is over " + strconv.Itoa(scim.MaxBody) + " bytes"}
	}
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, scim.InvalidSyntax, "the body did not arrive whole"}
	}
	return body, nil
}
