package httpapi

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Server serves /api/v1, the health checks and the pages. Fill in the fields,
// then call Handler once.
type Server struct {
	Log      *slog.Logger
	Version  string
	Sandbox  bool           // tell pages that the sandbox runs here
	Location *time.Location // for moments in sentences; nil: UTC
	Pages    fs.FS          // the built web app; nil: a line that says there is none
	Dev      *url.URL       // a Vite server to take pages from instead

	mux  *http.ServeMux
	huma huma.API
	ops  []op
}

// build registers everything on a mux of its own.
func (s *Server) build() {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Version == "" {
		s.Version = "dev"
	}
	s.mux = http.NewServeMux()
	s.huma = newHuma(s.mux, s.Version, s.problems)
	s.routes()
	tidySchemas(s.huma)
}
