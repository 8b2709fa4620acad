package entra

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// unreliable stands before an endpoint and plays the provider faults that are
// on for it.
func (s *Server) unreliable(endpoint string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, on := s.faults.first(func(f Fault) bool {
			return strings.HasPrefix(f.Name, "provider-") && (f.Endpoint == "" || f.Endpoint == endpoint)
		})
		if !on {
			next(w, r)
			return
		}
		if f.Name == "provider-slow" {
			if s.wait(r, time.Duration(f.number(30))*time.Second) {
				next(w, r)
			}
			return
		}
		s.misbehave(w, r, f, next)
	}
}

func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, f Fault, next http.HandlerFunc) {
	h := w.Header()
	switch f.Name {
	case "provider-down":
		panic(http.ErrAbortHandler) // net/http closes the connection and says nothing
	case "provider-stalls":
		h.Set("Content-Type", "application/json")
		w.Write([]byte(`{"issuer":"https://`))
		http.NewResponseController(w).Flush()
		s.wait(r, 10*time.Minute)
		panic(http.ErrAbortHandler)
	case "provider-error":
		w.WriteHeader(int(f.number(http.StatusInternalServerError)))
	case "provider-throttled":
		h.Set("Retry-After", strconv.FormatInt(f.number(10), 10))
		w.WriteHeader(http.StatusTooManyRequests)
	case "provider-garbage":
		h.Set("Content-Type", "application/json")
		w.Write([]byte("\x00\xff{{{\x1f\x8b garbage \xfe"))
	case "provider-html":
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte("<!doctype html><title>Proxy</title><h1>Please sign in to the network</h1>"))
	case "provider-empty":
		h.Set("Content-Type", "application/json")
	case "provider-huge":
		h.Set("Content-Type", "application/json")
		pour(w, []byte(`{"keys":[`), f.number(1<<30))
	case "provider-deep":
		h.Set("Content-Type", "application/json")
		w.Write(bytes.Repeat([]byte("["), 100_000))
	case "provider-redirect":
		http.Redirect(w, r, f.text("http://localhost:9/"), http.StatusFound)
	case "provider-truncated":
		cut := &recorded{header: http.Header{}, status: http.StatusOK}
		next(cut, r)
		h.Set("Content-Type", cut.header.Get("Content-Type"))
		h.Set("Content-Length", strconv.Itoa(cut.body.Len()))
		w.WriteHeader(cut.status)
		w.Write(cut.body.Bytes()[:cut.body.Len()/2])
		panic(http.ErrAbortHandler)
	}
}

// wait is over when the time is, or, with false, when nobody waits any more.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// pour writes n bytes, as long as anybody takes them.
func pour(w http.ResponseWriter, begin []byte, n int64) {
	w.Write(begin)
	block := bytes.Repeat([]byte(`{"kty":"RSA"},`), 2048)
	for n -= int64(len(begin)); n > 0; n -= int64(len(block)) {
		if _, err := w.Write(block[:min(n, int64(len(block)))]); err != nil {
			return
		}
	}
}

// recorded keeps an answer instead of sending it.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorded) Header() http.Header         { return r.header }
func (r *recorded) WriteHeader(status int)      { r.status = status }
func (r *recorded) Write(b []byte) (int, error) { return r.body.Write(b) }
