package rest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

// local may call this machine, as the services of these tests are here.
var local = New(func(string) error { return nil })

func serve(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestACallCarriesItsKeyAndReadsJSON(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.Header.Get("Idempotency-Key") != "1_2/call" || r.Header.Get("X-A") != "b" || string(body) != `{"a":1}` {
			t.Errorf("%s %v %s", r.Method, r.Header, body)
		}
		w.WriteHeader(201)
		io.WriteString(w, `{"id": 12345678901234567890.10}`)
	})
	res, err := local.Do(t.Context(), Request{Method: "POST", URL: url, Header: map[string]string{"X-A": "b"}, Body: `{"a":1}`, Key: "1_2/call"})
	if err != nil || res.Status != 201 {
		t.Fatal(res, err)
	}
	if n := res.Body.(map[string]any)["id"]; n != json.Number("12345678901234567890.10") {
		t.Errorf("a number lost digits: %v", n)
	}
}

func TestRefusalsSayWhetherToTryAgain(t *testing.T) {
	for status, kind := range map[int]signoff.Kind{400: signoff.Invalid, 404: signoff.Invalid, 302: signoff.Invalid,
		408: signoff.Unavailable, 429: signoff.Unavailable, 500: signoff.Unavailable, 503: signoff.Unavailable} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, "no\n luck")
		})
		_, err := local.Do(t.Context(), Request{Method: "GET", URL: url})
		if signoff.KindOf(err) != kind || !strings.Contains(err.Error(), "no luck") {
			t.Errorf("%d: %v", status, err)
		}
	}
	if _, err := local.Do(t.Context(), Request{Method: "GET", URL: "http://127.0.0.1:1/"}); signoff.KindOf(err) != signoff.Unavailable {
		t.Errorf("nobody there: %v", err)
	}
	for _, bad := range []string{"", "ftp://x.test/", "/relative", "http://"} {
		if _, err := local.Do(t.Context(), Request{Method: "GET", URL: bad}); signoff.KindOf(err) != signoff.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestHeadersStayWithTheHostTheyWereMeantFor(t *testing.T) {
	asked := false
	other := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusTemporaryRedirect) })
	_, err := local.Do(t.Context(), Request{Method: "GET", URL: url, Header: map[string]string{"Authorization": "Bearer x"}})
	if asked || signoff.CodeOf(err) != "service-refused" {
		t.Errorf("followed to another host: %v", err)
	}
}

func TestAnEndlessAnswerIsRefused(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, MaxResponseBytes+1)) })
	if _, err := local.Do(t.Context(), Request{Method: "GET", URL: url}); signoff.CodeOf(err) != "service-answer-too-large" {
		t.Error(err)
	}
}

func TestWhatTheRequestHeldIsNotInItsErrors(t *testing.T) {
	_, err := local.Do(t.Context(), Request{Method: "GET", URL: "http://127.0.0.1:1/?key=hush", Header: map[string]string{"X-Key": "hush"}})
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("nobody there: %v", err)
	}
	for name, v := range map[string]string{"X-Key": "hush\x01", "X Key": "hush", "X-Lines": "hush\r\nX-More: 1"} {
		_, err := local.Do(t.Context(), Request{Method: "GET", URL: "http://127.0.0.1:1/", Header: map[string]string{name: v}})
		if signoff.CodeOf(err) != "bad-service-header" || signoff.KindOf(err) != signoff.Invalid || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAddressesKeptFromServicesAreNotCalled(t *testing.T) {
	asked := false
	url := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	var judged []string
	kept := New(func(addr string) error {
		judged = append(judged, addr)
		return errors.New("kept")
	})
	for _, u := range []string{url, strings.Replace(url, "127.0.0.1", "localhost", 1)} {
		if _, err := kept.Do(t.Context(), Request{Method: "GET", URL: u}); signoff.CodeOf(err) != "service-forbidden" {
			t.Errorf("%s: %v", u, err)
		}
	}
	if asked {
		t.Error("the service was called")
	}
	for _, addr := range judged {
		if _, err := netip.ParseAddrPort(addr); err != nil {
			t.Errorf("%q was judged instead of an address", addr)
		}
	}
}
