package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthIsTheExitCode(t *testing.T) {
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			w.Write([]byte("ok\n"))
			return
		}
		w.WriteHeader(status)
		w.Write([]byte("not ready: the server's data cannot be reached\n\x1b[2J"))
	}))
	defer s.Close()
	ask := func(args ...string) (int, string) {
		var out, errs strings.Builder
		code := run(t.Context(), append([]string{"health", "--server", s.URL}, args...), strings.NewReader(""), &out, &errs)
		return code, out.String() + errs.String()
	}
	if code, said := ask(); code != exitOK {
		t.Errorf("ready: %d %s", code, said)
	}
	status = http.StatusServiceUnavailable
	if code, said := ask(); code != exitNo || !strings.Contains(said, "cannot be reached") || strings.Contains(said, "\x1b") {
		t.Errorf("not ready: %d %q", code, said)
	}
	if code, said := ask("--alive"); code != exitOK || said != "ok\n" {
		t.Errorf("alive: %d %s", code, said)
	}
	status = http.StatusNotFound
	if code, said := ask(); code != exitNo || !strings.Contains(said, "is not a signoff server") {
		t.Errorf("something else: %d %s", code, said)
	}
	s.Close()
	if code, said := ask("--json"); code != exitNo || !strings.Contains(said, "no signoff server answers") {
		t.Errorf("nobody: %d %s", code, said)
	}
}
