package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/sandbox"
)

// The test binary is the signoff binary when this variable is set, so that the
// tests here run the real program in processes of its own.
const beSignoff = "SIGNOFF_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(beSignoff) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command is the real program with args.
func command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), beSignoff+"=1")
	return c
}

// freePort finds a port that is free now.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// runSandbox runs the sandbox's mail system in a process of its own.
func runSandbox(t *testing.T) sandbox.Addresses {
	t.Helper()
	c := command(t.Context(), "sandbox", "--dir", t.TempDir(), "--smtp", "127.0.0.1:0", "--imap", "127.0.0.1:0", "--https", "127.0.0.1:0")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	var a sandbox.Addresses
	if err := json.NewDecoder(out).Decode(&a); err != nil {
		t.Fatalf("the sandbox did not say where it is: %v", err)
	}
	go io.Copy(io.Discard, out)
	return a
}

// site is a data folder, its configuration and the server running on it.
type site struct {
	t      *testing.T
	config string
	url    string
	log    *lockedBuffer

	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{} // closed when cmd has ended
}

// newSite writes the configuration of a server whose mail provider is a.
func newSite(t *testing.T, a sandbox.Addresses) *site {
	t.Helper()
	dir := t.TempDir()
	listen := freePort(t)
	text := fmt.Sprintf(`listen: %s
data: %s
admin: {password: administer}
mail:
  from: signoff <workflow@contoso.test>
  smtp: {address: %q, username: workflow@contoso.test, password: signoff, ca: %q}
  imap: {address: %q, username: workflow@contoso.test, password: signoff, ca: %q, poll: 2s}
  reply: {authserv: %s}
  doubt: 5s
  pace: {perminute: 100000, atonce: 4}
log: {level: warn}
`, listen, filepath.Join(dir, "data"), a.SMTP, a.CAFile, a.IMAP, a.CAFile, a.AuthServID)
	config := filepath.Join(dir, "signoff.yaml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, config: config, url: "http://" + listen, log: &lockedBuffer{}}
	t.Cleanup(s.kill)
	return s
}

// up starts the server and waits until it is ready.
func (s *site) up() {
	s.t.Helper()
	c := command(context.Background(), "serve", "--config", s.config)
	c.Stderr = s.log
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { c.Wait(); close(gone) }()
	s.mu.Lock()
	s.cmd, s.gone = c, gone
	s.mu.Unlock()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	give := time.After(30 * time.Second)
	for {
		select {
		case <-gone:
			s.t.Fatalf("the server ended:\n%s", s.log)
		case <-give:
			s.t.Fatalf("the server is not ready after 30 s\n%s", s.log)
		case <-tick.C:
			res, err := http.Get(s.url + "/readyz")
			if err != nil {
				continue
			}
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
}

// kill ends the server as a power cut does.
func (s *site) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		s.cmd.Process.Kill()
		<-s.gone
		s.cmd = nil
	}
}

// as is a client for one account.
func (s *site) as(login string) *client.Client {
	password := "signoff-pw"
	if login == "admin" {
		password = "administer"
	}
	return &client.Client{Server: s.url, Login: login, Password: password}
}

// furnish makes ana and jane and deploys the workflow.
func (s *site) furnish(file string) {
	s.t.Helper()
	ctx := s.t.Context()
	for _, n := range []string{"ana", "jane", "bob"} {
		u := api.NewUser{Login: n, Name: strings.ToUpper(n[:1]) + n[1:], Email: n + "@contoso.test", Password: "signoff-pw"}
		if _, err := s.as("admin").CreateUser(ctx, u); err != nil {
			s.t.Fatal(err)
		}
	}
	xml, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.as("admin").Deploy(ctx, xml); err != nil {
		s.t.Fatal(err)
	}
}

// lockedBuffer collects what a process says.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// mails reads every mail in a mailbox's folders from where the sandbox keeps
// them, as Message-IDs with how often each is there.
func mails(t *testing.T, a sandbox.Addresses, account string) map[string]int {
	t.Helper()
	found := map[string]int{}
	root := filepath.Join(filepath.Dir(a.CAFile), "mail", account)
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".eml" {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if id, ok := strings.CutPrefix(strings.ToLower(lines.Text()), "message-id:"); ok {
				found[strings.TrimSpace(id)]++
				return nil
			}
			if lines.Text() == "" {
				break
			}
		}
		return fmt.Errorf("%s has no Message-ID", name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
