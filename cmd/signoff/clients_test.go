package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// tried is a server with its sandbox, as people start it to try.
type tried struct {
	t *testing.T
	sandboxPlaces
	http *http.Client // believes the sandbox's authority
	log  *lockedBuffer
}

// trySandbox runs `signoff serve --sandbox` on an empty folder until the test ends.
func trySandbox(t *testing.T) *tried {
	t.Helper()
	dir := t.TempDir()
	c := command(t.Context(), "serve", "--sandbox", "--data", dir, "--listen", "127.0.0.1:0",
		"--sandbox-smtp", "127.0.0.1:0", "--sandbox-imap", "127.0.0.1:0", "--sandbox-https", "127.0.0.1:0")
	s := &tried{t: t, log: &lockedBuffer{}}
	c.Stderr = s.log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { c.Wait(); close(gone) }()
	t.Cleanup(func() { c.Process.Signal(os.Interrupt); <-gone })
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			t.Fatalf("the server ended:\n%s", s.log)
		case <-tick.C:
		}
		text, err := os.ReadFile(filepath.Join(dir, "sandbox.json"))
		if err != nil {
			continue
		}
		if err := json.Unmarshal(text, &s.sandboxPlaces); err != nil {
			t.Fatal(err)
		}
		s.http = believing(t, s.Entra.CAFile)
		return s
	}
}

// believing is a client that trusts one more authority and follows nothing.
func believing(t *testing.T, ca string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (s *tried) admin() *client.Client {
	return &client.Client{Server: s.Server, Login: "admin", Password: "signoff"}
}

// trust puts these entries in the place of those there are.
func (s *tried) trust(issuers ...api.TrustedIssuer) {
	s.t.Helper()
	_, tag, err := s.admin().Trust(s.t.Context())
	if err == nil {
		_, err = s.admin().SetTrust(s.t.Context(), tag, issuers)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// contoso is the entry a server proposes for the sandbox's tenant, for an audience.
func (s *tried) contoso(audiences ...string) api.TrustedIssuer {
	s.t.Helper()
	p, err := s.admin().ProposeTrust(s.t.Context(), api.ProposeTrust{From: s.Entra.Tenant, Audiences: audiences})
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Issuer
}

func (s *tried) app(name string) (id, secret, uri string) {
	s.t.Helper()
	for _, r := range s.Entra.Registrations {
		if r.Name == name {
			return r.ClientID, r.Secret, r.IdentifierURI
		}
	}
	s.t.Fatalf("there is no registration %s", name)
	return
}

// send asks, and reads what comes as JSON.
func (s *tried) send(method, address, token, kind string, body []byte) (int, map[string]any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var got map[string]any
	_ = json.Unmarshal(text, &got) // what is no JSON stays empty
	return res.StatusCode, got
}

// token asks the sandbox's token endpoint of that version.
func (s *tried) token(version string, pairs ...string) string {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	path := map[string]string{"1.0": "/oauth2/token", "2.0": "/oauth2/v2.0/token"}[version]
	status, got := s.send("POST", s.Entra.URL+"/"+s.Entra.Tenant+path, "", "application/x-www-form-urlencoded", []byte(form.Encode()))
	if status != http.StatusOK {
		s.t.Fatalf("no token: %d %v", status, got)
	}
	return got["access_token"].(string)
}

// graph changes the tenant as the setup script may.
func (s *tried) graph(method, path string, body any) map[string]any {
	s.t.Helper()
	id, secret, _ := s.app("Contoso Setup Script")
	token := s.token("2.0", "grant_type", "client_credentials", "client_id", id, "client_secret", secret, "scope", "https://graph.microsoft.com/.default")
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	status, got := s.send(method, s.Entra.Graph+path, token, "application/json", text)
	if status >= 300 {
		s.t.Fatalf("%s %s: %d %v", method, path, status, got)
	}
	return got
}

// registration is the object id of an application.
func (s *tried) registration(appID string) string {
	s.t.Helper()
	found := s.graph("GET", "/applications?"+url.Values{"$filter": {"appId eq '" + appID + "'"}}.Encode(), nil)["value"].([]any)
	if len(found) != 1 {
		s.t.Fatalf("%d registrations with the id %s", len(found), appID)
	}
	return found[0].(map[string]any)["id"].(string)
}

// certify puts a new certificate on a registration and returns it as scripts need it.
func (s *tried) certify(appID string) map[string]string {
	s.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.graph("PATCH", "/applications/"+s.registration(appID), map[string]any{"keyCredentials": []any{map[string]any{"type": "AsymmetricX509Cert", "usage": "Verify",
		"key": base64.StdEncoding.EncodeToString(der)}}})
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return map[string]string{"sha256": hex.EncodeToString(sum[:]), "x5t": base64.RawURLEncoding.EncodeToString(sum[:]), "der": base64.StdEncoding.EncodeToString(pkcs8),
		"key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))}
}

// needsClients skips a test where other people's clients are not installed. In
// CI a client that is not there must not pass for one that works.
func needsClients(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts node")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat("testdata/clients/node_modules/.package-lock.json"); err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("the clients are not installed: run `make clients`")
		}
		c := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		c.Dir = "testdata/clients"
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
}

// script runs one of testdata/clients with node and returns what it says.
func (s *tried) script(name string, about map[string]any) map[string]any {
	s.t.Helper()
	text, err := json.Marshal(s.Entra)
	if err != nil {
		s.t.Fatal(err)
	}
	all := map[string]any{}
	if err := json.Unmarshal(text, &all); err != nil {
		s.t.Fatal(err)
	}
	for k, v := range about {
		all[k] = v
	}
	if text, err = json.Marshal(all); err != nil {
		s.t.Fatal(err)
	}
	c := exec.CommandContext(s.t.Context(), "node", name)
	c.Dir = "testdata/clients"
	c.Env = append(os.Environ(), "ENTRA="+string(text), "SERVER="+s.Server, "NODE_EXTRA_CA_CERTS="+s.Entra.CAFile, "NODE_NO_WARNINGS=1")
	out, err := c.Output()
	if err != nil {
		exit, _ := errors.AsType[*exec.ExitError](err)
		s.t.Fatalf("%s: %v\n%s\n%s\n%s", name, err, out, exit.Stderr, s.log)
	}
	got := map[string]any{}
	if err := json.Unmarshal(out, &got); err != nil {
		s.t.Fatalf("%s says %s", name, out)
	}
	return got
}

// TestClientsOthersWroteCallTheServer lets two libraries get tokens from the
// sandbox in every way and call both APIs with them.
func TestClientsOthersWroteCallTheServer(t *testing.T) {
	needsClients(t)
	s := trySandbox(t)
	_, _, uri := s.app("Contoso Workflow API")
	_, _, old := s.app("Contoso Old API")
	daemon, _, _ := s.app("Contoso Daemon")
	entry := s.contoso(strings.TrimPrefix(uri, "api://"), old)
	entry.Apps, entry.Roles = "role", []string{"Workflow.Start"}
	s.trust(entry)
	about := map[string]any{"certificate": s.certify(daemon)}

	got := s.script("msal.mjs", about)
	for name, login := range map[string]string{"code": "ana", "refreshed": "ana", "version1": "ana", "device": "bob", "secret": "", "certificate": ""} {
		s.used(got, name, login)
	}
	if made, _ := got["started"].(map[string]any); made["status"] != float64(http.StatusOK) && made["status"] != float64(http.StatusCreated) {
		t.Errorf("K2's API started nothing: %v", made)
	}
	s.unused(got, "graph", "token-audience")

	got = s.script("openid.mjs", about)
	for name, login := range map[string]string{"code": "jane", "refreshed": "jane", "device": "bob", "secret": "", "certificate": ""} {
		s.used(got, name, login)
	}
	s.unused(got, "idToken", "")
	s.noTwins()
}

// used checks that a token let its bearer in everywhere; login "": the daemon.
func (s *tried) used(got map[string]any, name, login string) {
	s.t.Helper()
	g, _ := got[name].(map[string]any)
	for _, api := range []string{"me", "workflows", "k2", "k2Tasks"} {
		if g[api] != float64(http.StatusOK) {
			s.t.Errorf("%s: %s answers %v (%v)", name, api, g[api], g)
		}
	}
	if who, _ := g["login"].(string); who != login && login != "" || who == "" {
		s.t.Errorf("%s: the token speaks for %q, not for %q", name, who, login)
	}
}

// unused checks that a token was refused, and that the challenge says so.
func (s *tried) unused(got map[string]any, name, code string) {
	s.t.Helper()
	g, _ := got[name].(map[string]any)
	challenge, _ := g["challenge"].(string)
	if g["me"] != float64(http.StatusUnauthorized) || g["k2"] != float64(http.StatusUnauthorized) || code != "" && g["login"] != code || !strings.Contains(challenge, `error="invalid_token"`) {
		s.t.Errorf("%s: %v", name, g)
	}
}

// noTwins checks that nobody has got a second account by calling with a token:
// the sandbox's people are those whose mailboxes they have.
func (s *tried) noTwins() {
	s.t.Helper()
	users, err := s.admin().Users(s.t.Context(), "", client.Paging{Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	var logins []string
	for _, u := range users.Items {
		logins = append(logins, u.Login)
	}
	slices.Sort(logins)
	if len(logins) < 4 || len(slices.Compact(slices.Clone(logins))) != len(logins) || slices.ContainsFunc(logins, func(l string) bool { return strings.Contains(l, "@contoso.test") }) {
		s.t.Errorf("the accounts are %q", logins)
	}
}
