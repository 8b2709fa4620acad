package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/client"
)

func TestTheCommandLineWaitsUntilSomebodyHasConnected(t *testing.T) {
	for _, tt := range []struct {
		answers    []string
		code, says string
	}{
		{[]string{`{"status":"waiting"}`, `{"status":"waiting"}`, `{"status":"done","account":"jane@contoso.test"}`}, "", ""},
		{[]string{`{"status":"waiting"}`, `{"status":"failed","problem":{"code":"AADSTS65004","detail":"the person refused","advice":"try again"}}`}, "oauth-connect-failed", "AADSTS65004: the person refused"},
		{[]string{`{"status":"failed"}`}, "oauth-connect-failed", "was not connected"},
	} {
		asked := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/oauth/connect/abc") {
				t.Errorf("asked for %s", r.URL.Path)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(tt.answers[asked]))
			asked++
		}))
		is, err := awaitConnected(t.Context(), &client.Client{Server: s.URL}, "abc", time.Millisecond)
		s.Close()
		if asked != len(tt.answers) || signoff.CodeOf(err) != tt.code || err != nil && !strings.Contains(err.Error(), tt.says) || err == nil && is.Account != "jane@contoso.test" {
			t.Errorf("%v: %+v %v after %d questions", tt.answers, is, err, asked)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"status":"waiting"}`))
		cancel()
	}))
	defer s.Close()
	if _, err := awaitConnected(ctx, &client.Client{Server: s.URL}, "abc", time.Hour); err == nil {
		t.Error("it waited on")
	}
}
