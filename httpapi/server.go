package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/doctor/probe"
	"github.com/signoffhq/signoff/hours"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/mailroom/connections"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/provision"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/worklist"
)

// Server serves /api/v1, the health checks and everything mounted beside them.
// Fill in the fields, then call Handler once.
type Server struct {
	Identity *identity.Service
	Library  *library.Library
	Runner   *runner.Runner
	Worklist *worklist.Worklist // nil: one over the runner's store

	Mail            Mailroom               // nil: this server has no mail
	MailConnections *connections.Service   // mailboxes that mail goes by; nil: they cannot be changed here
	Directories     *directory.Directories // where people are taken from; nil: nowhere
	Services        *catalogue.Service     // systems that can be called; nil: none
	Provision       *provision.Service     // keeps what SCIM clients write; nil: nobody writes

	Trust *identity.Trust // whose bearer tokens are believed; nil: nobody's

	Doctor *probe.Prober  // asks providers when an administrator wants to know what is wrong; nil: nobody is asked
	Hours  *hours.Service // calendars; nil: none
	OAuth  *oauth.Service // tokens for other systems; nil: none

	Signin *signin.Service // signs people in through providers; nil: through none

	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
	Version  string
	Public   string                      // "https://signoff.example.com": where people reach the server; "": as they write it
	Issuers  func() []Issuer             // whose bearer tokens are taken; nil: nobody's
	NoBasic  bool                        // do not take user name and password with requests
	Sandbox  bool                        // tell pages that the sandbox runs here
	Location *time.Location              // for moments in sentences; nil: UTC
	Ready    func(context.Context) error // nil error: requests can be served
	Pages    http.Handler                // the web app; nil: a line that says there is none
	K2       Foreign                     // the K2-shaped API; nil: none
	OData    Foreign                     // services as OData; nil: not
	Also     map[string]http.Handler     // further handlers by ServeMux pattern, such as "/sandbox/api/"
	Stopping <-chan struct{}             // closed when the server is to stop: event streams end then

	mux  *http.ServeMux
	huma huma.API
	ops  []op

	streams  streams
	tokenLog tokenLog
	unready  atomic.Bool           // what /readyz said last
	offered  atomic.Pointer[offer] // which APIs, to whom; nil: the defaults
	callers  callers
}

// Mailroom is what is asked of the mailroom; nothing else here needs it.
type Mailroom interface {
	Health(ctx context.Context) (mailroom.Health, error)
	Wake() // a mail was put back into the queue
}

// Handler registers everything and returns what to give to an http.Server.
func (s *Server) Handler() (http.Handler, error) {
	s.build()
	if s.Worklist != nil {
		if err := s.LoadApis(context.Background()); err != nil {
			return nil, err
		}
	}
	// Both take longer than all the rest, and most servers are never asked.
	document := sync.OnceValues(s.openAPI)
	docs := sync.OnceValues(func() ([]byte, error) { return docsPage(s.huma.OpenAPI()) })
	s.mux.HandleFunc("GET "+base+"/openapi.json", (&openDocument{plain: document}).serve(s))
	s.mux.HandleFunc("GET "+base+"/postman.json", s.postman)
	s.mux.HandleFunc("GET "+metadataPath, s.metadata)
	s.mux.HandleFunc("GET "+metadataPath+"/", s.metadata)
	s.mux.HandleFunc("GET "+base+"/docs", s.onDemand(htmlType, docs))
	s.mux.HandleFunc("GET /problems/{code}", s.problemPage)
	s.mux.HandleFunc("GET /healthz", s.healthz)
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.HandleFunc("/api/", s.noSuchRoute)
	for pattern, h := range s.Also {
		s.mux.Handle(pattern, h)
	}
	s.mux.Handle("/", s.pages())
	return s.outermost(s.mux), nil
}

// build registers the operations on a mux of its own.
func (s *Server) build() {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Version == "" {
		s.Version = "dev"
	}
	if s.Worklist == nil && s.Runner != nil {
		s.Worklist = &worklist.Worklist{Store: s.Runner.Store, Library: s.Library, Runner: s.Runner}
	}
	s.mux = http.NewServeMux()
	s.huma = newHuma(s.mux, s.Version, s.problems)
	s.routes()
	tidySchemas(s.huma)
	addExamples(s.huma.OpenAPI())
}
