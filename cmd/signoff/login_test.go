package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"html"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/sandbox/entra"
)

// told is what a command says while it runs, and who waits for it.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (o *told) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *told) find(t *testing.T, re *regexp.Regexp) []string {
	t.Helper()
	for {
		o.mu.Lock()
		m := re.FindStringSubmatch(o.text.String())
		o.mu.Unlock()
		if m != nil {
			return m
		}
		select {
		case <-o.more:
		case <-t.Context().Done():
			t.Fatal("nothing of the kind was said")
		}
	}
}

func atEntra(t *testing.T) (*entra.Server, *desk, *http.Client) {
	t.Helper()
	e, err := entra.Open(t.Context(), entra.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	client := ""
	for _, r := range e.Addresses().Registrations {
		if strings.Contains(r.Name, "Console") {
			client = r.ClientID
		}
	}
	d, err := newDesk(t.Context(), api.SignInCommandLine{Issuer: e.Addresses().Issuers["2.0"], ClientID: client, Scopes: []string{"openid", "offline_access"}}, e.Addresses().CAFile)
	must(t, err)
	browser := *d.client
	browser.Jar, _ = cookiejar.New(nil)
	return e, d, &browser
}

var formField = regexp.MustCompile(`name="flow" value="([^"]+)"`)

// press answers Entra's pages as jane until it says something else.
func press(t *testing.T, e *entra.Server, b *http.Client, r *http.Response, err error) string {
	t.Helper()
	for range 6 {
		must(t, err)
		raw, readErr := io.ReadAll(r.Body)
		must(t, readErr)
		r.Body.Close()
		m := formField.FindSubmatch(raw)
		if m == nil {
			return string(raw)
		}
		form := url.Values{"flow": {html.UnescapeString(string(m[1]))}, "do": {"password"}, "login": {"jane@contoso.test"}, "password": {"signoff"}}
		if strings.Contains(string(raw), "Permissions requested") {
			form.Set("do", "accept")
		}
		r, err = b.PostForm(e.URL()+"/login", form)
	}
	return "it asks again and again"
}

func TestTheCommandLineSignsInWithACodeOnAnotherDevice(t *testing.T) {
	e, d, b := atEntra(t)
	out := &told{more: make(chan struct{}, 1)}
	type result struct {
		tokens *oauthTokens
		err    error
	}
	done := make(chan result, 1)
	go func() {
		tokens, err := d.byDevice(t.Context(), out)
		done <- result{tokens, err}
	}()
	said := out.find(t, regexp.MustCompile(`Open (\S+) and enter the code (\S+)`))
	r, err := b.PostForm(e.URL()+"/devicelogin", url.Values{"code": {said[2]}})
	press(t, e, b, r, err)
	got := <-done
	must(t, got.err)
	if got.tokens.Access == "" || got.tokens.Refresh == "" || got.tokens.Expires.Before(time.Now()) {
		t.Fatalf("%+v", got.tokens)
	}
	// An access token that has ended is renewed.
	old := got.tokens.Access
	if renewed, err := got.tokens.fresh(t.Context(), time.Now()); err != nil || renewed {
		t.Errorf("renewed without need: %v", err)
	}
	if renewed, err := got.tokens.fresh(t.Context(), got.tokens.Expires); err != nil || !renewed || got.tokens.Access == old {
		t.Errorf("not renewed: %v", err)
	}
	got.tokens.Refresh = "0.made-up"
	if _, err := got.tokens.fresh(t.Context(), got.tokens.Expires); signoff.CodeOf(err) != "not-signed-in" {
		t.Errorf("with a refresh token that is none: %v", err)
	}
}

func TestTheCommandLineSignsInInABrowserHere(t *testing.T) {
	e, d, b := atEntra(t)
	out := &told{more: make(chan struct{}, 1)}
	done := make(chan error, 1)
	var tokens *oauthTokens
	go func() {
		var err error
		tokens, err = d.byBrowser(t.Context(), out)
		done <- err
	}()
	at := out.find(t, regexp.MustCompile(`(https://\S+)`))[1]
	u, err := url.Parse(at)
	must(t, err)
	back := u.Query().Get("redirect_uri")
	if !strings.HasPrefix(back, "http://localhost:") || u.Query().Get("code_challenge_method") != "S256" {
		t.Errorf("%s", at)
	}
	// Others on this machine cannot answer for the provider.
	for _, q := range []string{"", "?code=x", "?code=x&state=guess", "?error=access_denied&state="} {
		r, err := http.Get(back + "/" + q)
		must(t, err)
		r.Body.Close()
		if r.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %d", q, r.StatusCode)
		}
	}
	r, err := b.Get(at)
	if text := press(t, e, b, r, err); !strings.Contains(text, "close this page") {
		t.Errorf("the browser shows %.300s", text)
	}
	must(t, <-done)
	if tokens.Access == "" {
		t.Error("no token")
	}
}

func TestARefusalOfTheProviderIsTold(t *testing.T) {
	_, d, _ := atEntra(t)
	d.config.ClientID = "c0ca5a00-0000-4000-8000-000000000000"
	if _, err := d.byDevice(t.Context(), io.Discard); signoff.CodeOf(err) != "not-signed-in" || !strings.Contains(err.Error(), "AADSTS") {
		t.Errorf("%v", err)
	}
	if _, err := newDesk(context.Background(), api.SignInCommandLine{Issuer: d.Issuer, ClientID: "x"}, ""); signoff.CodeOf(err) != "issuer-unreachable" {
		t.Errorf("a certificate nobody knows: %v", err)
	}
}

func TestACertificateNobodyKnowsIsToldWithWhoShowsIt(t *testing.T) {
	e, d, _ := atEntra(t)
	t.Setenv(profilesVariable, filepath.Join(t.TempDir(), "profiles.json"))
	for _, name := range []string{"SIGNOFF_USER", "SIGNOFF_CA", profileVariable} {
		t.Setenv(name, "")
	}
	server := func(issuer string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			must(t, json.NewEncoder(w).Encode(api.SignInOptions{CommandLine: &api.SignInCommandLine{Issuer: issuer, ClientID: d.ClientID}}))
		})
	}
	plain := httptest.NewServer(server(d.Issuer))
	t.Cleanup(plain.Close)
	nowhere := httptest.NewServer(server("http://127.0.0.1:1/x"))
	t.Cleanup(nowhere.Close)
	secured := httptest.NewUnstartedServer(server(d.Issuer))
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	secured.StartTLS()
	t.Cleanup(secured.Close)
	other := filepath.Join(t.TempDir(), "other.pem")
	must(t, os.WriteFile(other, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secured.Certificate().Raw}), 0o600))
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--server", plain.URL}, []string{"the provider " + d.Issuer + ", where", "of an authority that is not known here", "signoff login --ca FILE"}},
		{[]string{"--server", plain.URL, "--ca", other}, []string{"the provider " + d.Issuer + " shows", "even with " + other}},
		{[]string{"--server", nowhere.URL}, []string{"the provider http://127.0.0.1:1/x", "cannot be asked: ", "--user or --token"}},
		{[]string{"--server", secured.URL}, []string{"the server at " + secured.URL + " shows a certificate", "of an authority that is not known here", "SSL_CERT_FILE"}},
		{[]string{"--server", "http://127.0.0.1:1"}, []string{"no signoff server answers at http://127.0.0.1:1"}},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"login"}, c.args...), strings.NewReader(""), &out, &errs)
		if code != exitNo {
			t.Errorf("%q ends with %d: %s", c.args, code, &errs)
		}
		for _, want := range c.want {
			if !strings.Contains(errs.String(), want) {
				t.Errorf("%q does not say %q:\n%s", c.args, want, &errs)
			}
		}
		if strings.Contains(errs.String(), "no signoff server answers at "+e.URL()) {
			t.Errorf("%q takes the provider for the server:\n%s", c.args, &errs)
		}
	}
	old := oauthTokens{Issuer: d.Issuer, ClientID: d.ClientID, TokenURL: d.config.Endpoint.TokenURL, Refresh: "r", Expires: time.Now().Add(-time.Hour)}
	if _, err := old.fresh(t.Context(), time.Now()); signoff.CodeOf(err) != "issuer-unreachable" || !strings.Contains(err.Error(), "the provider "+d.Issuer) {
		t.Errorf("renewing says %v", err)
	}
}

func TestProfilesAreForTheirOwnServer(t *testing.T) {
	p := &profiles{Current: "a", All: map[string]profile{"a": {Server: "https://a.test", Token: "ta"}, "b": {Server: "https://b.test", Token: "tb"}}}
	for _, c := range []struct{ server, name, want string }{
		{"", "", "ta"}, {"https://a.test", "", "ta"}, {"https://A.test/", "", "ta"}, {"https://b.test", "", "tb"}, {"https://c.test", "", ""},
		{"", "b", "tb"}, {"https://a.test", "b", ""}, {"http://a.test", "", ""}, {"", "c", ""},
	} {
		_, one, found := p.forServer(c.server, c.name)
		if found != (c.want != "") || found && one.Token != c.want {
			t.Errorf("%+v: %v %v", c, one, found)
		}
	}
}

func TestAFileOfProfilesThatIsNoneIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "profiles.json")
	t.Setenv(profilesVariable, path)
	if p, err := readProfiles(); err != nil || len(p.All) != 0 {
		t.Errorf("none: %v", err)
	}
	for text, code := range map[string]string{"{": "bad-profiles", "[]": "bad-profiles", strings.Repeat(" ", maxProfilesBytes+1): ""} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := readProfiles(); err == nil || signoff.CodeOf(err) != code {
			t.Errorf("%.10q: %v", text, err)
		}
	}
	must(t, os.WriteFile(path, []byte("{}"), 0o600))
	if p, err := readProfiles(); err != nil || p.All == nil {
		t.Errorf("an empty one: %v", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
