package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/signoffhq/signoff"
)

// readyWithin bounds how long /readyz waits for the database.
const readyWithin = 2 * time.Second

// healthz says that the process serves requests, and nothing else: a database
// that is away is no reason to kill it.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) { plainText(w, http.StatusOK, "ok\n") }

// readyz says whether requests should be sent here now, and if not, why.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	var err error
	if s.Ready != nil {
		err = s.Ready(ctx)
	}
	s.noteReady(ctx, err)
	if err == nil {
		plainText(w, http.StatusOK, "ready\n")
		return
	}
	text := "not ready\n"
	if e, ok := errors.AsType[*signoff.Error](err); ok && e.Kind != signoff.Internal && e.Detail != "" {
		text = "not ready: " + e.Detail + "\n"
	}
	plainText(w, http.StatusServiceUnavailable, text)
}

// noteReady logs when the answer is another one than last time: balancers ask
// every second.
func (s *Server) noteReady(ctx context.Context, err error) {
	was := s.unready.Swap(err != nil)
	switch {
	case err != nil && !was:
		s.Log.WarnContext(ctx, "not ready", "err", err)
	case err == nil && was:
		s.Log.InfoContext(ctx, "ready again")
	}
}

func plainText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // nobody is left to hear of an error
}

// onDemand serves bytes that are made when they are asked for; content keeps what is
// dear to make.
func (s *Server) onDemand(contentType string, content func() ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := content()
		if err != nil {
			s.writeRefusal(w, r, err)
			return
		}
		static(contentType, text)(w, r)
	}
}

// static serves bytes that do not change while the server runs.
func static(contentType string, content []byte) http.HandlerFunc {
	etag := strongTag(content)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Cache-Control", "no-cache")
		if anyTagMatches(r.Header.Get("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if contentType == htmlType {
			w.Header().Set("Content-Security-Policy", docsPolicy)
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content) // nobody is left to hear of an error
	}
}

// pages serves the web app, or says that this binary has none.
func (s *Server) pages() http.Handler {
	if s.Pages != nil {
		return s.Pages
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		plainText(w, http.StatusNotFound, "This server has no pages. Its API is documented at "+base+"/docs.\n")
	})
}
