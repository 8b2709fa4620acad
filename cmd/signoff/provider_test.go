package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// otherProvider is panva's oidc-provider, which is no Entra and not ours.
type otherProvider struct {
	Issuer, Audience string
}

func (s *tried) otherProvider() otherProvider {
	s.t.Helper()
	c := exec.CommandContext(s.t.Context(), "node", "provider.mjs")
	c.Dir, c.Stderr = "testdata/clients", s.log
	c.Env = append(os.Environ(), "SERVER="+s.Server, "NODE_NO_WARNINGS=1")
	in, err := c.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { in.Close(); c.Wait() })
	var p otherProvider
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "{") {
			if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
				s.t.Fatal(err)
			}
			go io.Copy(io.Discard, out)
			return p
		}
	}
	s.t.Fatalf("the provider does not say where it is:\n%s", s.log)
	return p
}

// TestAProviderNobodyHereWrote: its tokens are believed as soon as it is
// trusted, and its people sign in to the pages.
func TestAProviderNobodyHereWrote(t *testing.T) {
	needsClients(t)
	s := trySandbox(t)
	p := s.otherProvider()
	s.trustsTokensOf(p)
	s.signsPeopleInWith(p)
}

func (s *tried) trustsTokensOf(p otherProvider) {
	t := s.t
	kim := s.codeToken(p, "kim")
	itself := s.otherToken(p, url.Values{"grant_type": {"client_credentials"}, "resource": {p.Audience}, "scope": {"workflow"}})
	for _, token := range []string{kim, itself} {
		if status, got := s.send("GET", s.Server+"/api/v1/me", token, "", nil); status != http.StatusUnauthorized || got["code"] != "token-issuer" && got["code"] != "token-untrusted" {
			t.Errorf("before it is trusted: %d %v", status, got)
		}
	}
	proposed, err := s.admin().ProposeTrust(t.Context(), api.ProposeTrust{From: p.Issuer, Audiences: []string{p.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	entry := proposed.Issuer
	if entry.URL != p.Issuer || entry.Profile == "entra" {
		t.Errorf("proposed as %+v", entry)
	}
	entry.Scopes, entry.LinkByAddress, entry.Newcomers = []string{"workflow"}, true, "create"
	s.trust(entry)
	for login, token := range map[string]string{"kim": kim, "jane": s.codeToken(p, "jane")} {
		if status, got := s.send("GET", s.Server+"/api/v1/me", token, "", nil); status != http.StatusOK || !strings.HasPrefix(got["login"].(string), login) {
			t.Errorf("%s by a token: %d %v", login, status, got)
		}
		if status, got := s.send("GET", s.Server+"/api/workflow/v1/tasks", token, "", nil); status != http.StatusOK {
			t.Errorf("%s in K2's API: %d %v", login, status, got)
		}
	}
	if status, got := s.send("GET", s.Server+"/api/v1/me", itself, "", nil); status != http.StatusForbidden && status != http.StatusUnauthorized {
		t.Errorf("a program by itself, which nobody let in: %d %v", status, got)
	}
	opaque := s.otherToken(p, url.Values{"grant_type": {"client_credentials"}}) // for no API: it is no JWT
	if status, got := s.send("GET", s.Server+"/api/v1/me", opaque, "", nil); status != http.StatusUnauthorized {
		t.Errorf("a token that is no JWT: %d %v", status, got)
	}
}

func (s *tried) signsPeopleInWith(p otherProvider) {
	t := s.t
	body, _ := json.Marshal(api.AddSignIn{From: p.Issuer, Name: "The other provider", ClientID: "pages", Secret: "pages-secret-of-a-test", Newcomers: "create", LinkByAddress: true})
	req, _ := http.NewRequestWithContext(t.Context(), "POST", s.Server+"/api/v1/signin/providers", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth("admin", "signoff")
	res, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("the provider cannot be added: %d %s", res.StatusCode, said)
	}
	options, err := (&client.Client{Server: s.Server}).SignInOptions(t.Context())
	if err != nil || len(options.Providers) != 1 {
		t.Fatalf("%+v %v", options, err)
	}
	b := s.browser()
	b.open(s.Server + options.Providers[0].Start)
	b.answer("jane")
	if b.at.Scheme+"://"+b.at.Host != s.Server || strings.Contains(b.at.String(), "refused") {
		t.Fatalf("the sign-in ended at %s\n%.2000s", b.at, b.text)
	}
	b.open(s.Server + "/api/v1/me")
	var me struct{ Login string }
	if json.Unmarshal([]byte(b.text), &me); me.Login != "jane" {
		t.Errorf("signed in as %s", b.text)
	}
}

// codeToken gets an access token for a person by authorisation code.
func (s *tried) codeToken(p otherProvider, login string) string {
	s.t.Helper()
	b, verifier := s.browser(), strings.Repeat("a-verifier-", 5)
	sum := sha256.Sum256([]byte(verifier))
	b.open(p.Issuer + "/auth?" + url.Values{"client_id": {"tool"}, "response_type": {"code"}, "redirect_uri": {"http://localhost/cb"}, "scope": {"openid workflow"},
		"resource": {p.Audience}, "code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "state": {"s"}}.Encode())
	b.answer(login)
	code := b.at.Query().Get("code")
	if code == "" {
		s.t.Fatalf("no code at %s\n%.2000s", b.at, b.text)
	}
	return s.otherToken(p, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"http://localhost/cb"}, "resource": {p.Audience}, "code_verifier": {verifier}})
}

func (s *tried) otherToken(p otherProvider, form url.Values) string {
	s.t.Helper()
	form.Set("client_id", "tool")
	req, _ := http.NewRequestWithContext(s.t.Context(), "POST", p.Issuer+"/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("tool", "tool-secret-of-a-test")
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("no token: %d %v %v", res.StatusCode, got, err)
	}
	return got["access_token"].(string)
}

// visitor is somebody with a browser that keeps cookies and runs no scripts.
type visitor struct {
	t    *testing.T
	http *http.Client
	at   *url.URL
	text string
}

func (s *tried) browser() *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{t: s.t, http: &http.Client{Transport: s.http.Transport, Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if r.URL.Host == "localhost" || len(via) > 20 { // nobody listens at the tool's address
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

func (v *visitor) open(address string) {
	v.do(http.NewRequestWithContext(v.t.Context(), "GET", address, nil))
}

func (v *visitor) do(req *http.Request, err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	res, err := v.http.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.at, v.text = res.Request.URL, string(text)
	if to, err := res.Location(); err == nil {
		v.at = to
	}
}

var formAction = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)

// answer signs in and consents on the provider's own pages, until there is no
// form any more.
func (v *visitor) answer(login string) {
	v.t.Helper()
	for range 5 {
		m := formAction.FindStringSubmatch(v.text)
		if m == nil || !strings.Contains(v.text, `name="prompt"`) {
			return
		}
		form := url.Values{"prompt": {"consent"}}
		if strings.Contains(v.text, `name="login"`) {
			form = url.Values{"prompt": {"login"}, "login": {login}, "password": {"any"}}
		}
		to, err := v.at.Parse(html.UnescapeString(m[1]))
		if err != nil {
			v.t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(v.t.Context(), "POST", to.String(), strings.NewReader(form.Encode()))
		if err == nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		v.do(req, err)
	}
	v.t.Fatal("the sign-in does not end")
}
