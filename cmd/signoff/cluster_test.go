//go:build unix

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/seal"
)

// cluster is several real servers on one database, each with a folder of its
// own and all with the same key.
type cluster struct {
	t     *testing.T
	nodes []*site
}

// newCluster writes the configuration of n servers on a database. settings are
// added to it.
func newCluster(t *testing.T, n int, dsn, settings string) *cluster {
	t.Helper()
	c := &cluster{t: t}
	key := filepath.Join(t.TempDir(), "first")
	if _, err := seal.LoadKey(key, ""); err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		dir, listen := t.TempDir(), freePort(t)
		config := filepath.Join(dir, "signoff.yaml")
		text := fmt.Sprintf("listen: %s\ndata: %s\nstore: %s\nstorewait: 1m\nadmin: {password: administer}\n%s", listen, dir, dsn, settings)
		for name, content := range map[string][]byte{config: []byte(text), filepath.Join(dir, "key"): secret} {
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := &site{t: t, config: config, url: "http://" + listen, log: &lockedBuffer{}}
		t.Cleanup(s.kill)
		c.nodes = append(c.nodes, s)
	}
	t.Cleanup(c.showLogs)
	return c
}

func (c *cluster) up() {
	c.t.Helper()
	for _, s := range c.nodes {
		s.up()
	}
}

// showLogs prints what the servers logged when the test failed.
func (c *cluster) showLogs() {
	if !c.t.Failed() {
		return
	}
	for i, s := range c.nodes {
		text := s.log.String()
		c.t.Logf("node %d:\n%s", i+1, text[max(0, len(text)-4000):])
	}
}

// stop ends a server as an administrator does, and waits until it has ended.
func (s *site) stop() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.gone
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("the server ended with %d\n%s", code, s.log)
	}
	s.cmd = nil
}

// witness sees every answer to its clients, also those they try again after.
type witness struct {
	under  http.RoundTripper
	all    atomic.Int64
	mu     sync.Mutex
	failed []string
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.under.RoundTrip(r)
	w.all.Add(1)
	said := ""
	switch {
	case err != nil && r.Context().Err() == nil:
		said = err.Error()
	case err == nil && res.StatusCode >= 400:
		said = res.Status
	default:
		return res, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = append(w.failed, r.Method+" "+r.URL.Path+": "+said)
	return res, err
}

// as is a client of the balancer at url whose every answer is seen.
func (w *witness) as(url, login string) *client.Client {
	c := (&site{url: url}).as(login)
	c.HTTP = &http.Client{Transport: w}
	return c
}

// lines splits what was written so far, the last line left out: it may be half one.
func (l *lockedBuffer) lines() []string {
	var out []string
	all := bytes.Split([]byte(l.String()), []byte("\n"))
	for _, line := range all[:len(all)-1] {
		out = append(out, string(line))
	}
	return out
}
