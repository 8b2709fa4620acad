//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/store/pgtest"
)

// runBalancer runs HAProxy with the configuration in deploy, on other ports and
// with these servers, and returns where it is and its log.
func runBalancer(t *testing.T, nodes []*site) (url string, log *lockedBuffer) {
	t.Helper()
	program := needs(t, "haproxy", "haproxy")
	listen := freePort(t)
	text := strings.Replace(kitFile(t, "haproxy.cfg"), "bind :8080", "bind "+listen, 1)
	for i, s := range nodes {
		name := fmt.Sprintf("node%d", i+1)
		text = strings.Replace(text, "server "+name+" "+name+":8080", "server "+name+" "+strings.TrimPrefix(s.url, "http://"), 1)
	}
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/bin/sh", "-c", keep, "haproxy", program, "-db", "-f", config)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	life, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	log = &lockedBuffer{}
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- c.Wait() }()
	t.Cleanup(func() {
		end(t, "HAProxy", c, life, gone)
		if text := log.String(); t.Failed() {
			t.Logf("HAProxy:\n%s", text[max(0, len(text)-4000):])
		}
	})
	waitFor(t, "HAProxy listens", func() bool {
		conn, err := net.Dial("tcp", listen)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return "http://" + listen, log
}

// Three servers behind the balancer are restarted one after the other while
// clients start and decide: no request is refused, none fails, none is even
// repeated by a client; and pages that watch find the next server at once, and
// hear of what happens on any.
func TestARollingRestartBehindTheBalancerRefusesNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	dsn := pgtest.Empty(t)
	c := newCluster(t, 3, dsn, "proxies: 127.0.0.0/8\ndrain: 5s\nlog: {level: warn, format: json}\n")
	c.up()
	c.nodes[0].furnish("testdata/leave-without-mail.bpmn")
	url, log := runBalancer(t, c.nodes)
	w := &witness{under: &http.Transport{MaxIdleConnsPerHost: 100}}

	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	var wg sync.WaitGroup
	var stop atomic.Bool
	var approved, streams atomic.Int64
	for n := range 8 {
		ana, jane := w.as(url, "ana"), w.as(url, "jane")
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				if err := approveOnce(ctx, ana, jane, fmt.Sprintf("%d-%d", n, i)); err != nil {
					t.Error(err)
					return
				}
				approved.Add(1)
			}
		})
	}
	var watchers [3]sync.Map // which instances each has heard of
	for i := range watchers {
		admin := w.as(url, "admin")
		wg.Go(func() {
			for ctx.Err() == nil {
				streams.Add(1)
				err := admin.Events(ctx, "", func(e client.Event) error { watchers[i].Store(e.Live.Instance, true); return nil })
				if !errors.Is(err, io.EOF) && ctx.Err() == nil {
					t.Errorf("a stream was not ended but broken: %v", err)
				}
			}
		})
	}
	for i, s := range c.nodes {
		before := approved.Load()
		waitFor(t, "the load is on", func() bool { return approved.Load() > before+20 || t.Failed() })
		s.stop()
		s.up()
		waitFor(t, "the balancer sees it again", func() bool {
			return strings.Contains(log.String(), fmt.Sprintf("Server nodes/node%d is UP", i+1))
		})
		t.Logf("node %d restarted: %d approvals so far, %d requests", i+1, approved.Load(), w.all.Load())
	}
	stop.Store(true)
	before := approved.Load()
	for i := range watchers {
		seesAllServers(t, c, &watchers[i])
	}
	enoughAfterLoad(&wg, enough)
	for _, f := range w.failed {
		t.Error(f)
	}
	served, repeated := balancerLog(t, log)
	t.Logf("%d approvals, %d requests, %d refused or failed; served by each: %v; the balancer asked a second server %d times; %d streams opened by 3 watchers",
		before, w.all.Load(), len(w.failed), served, repeated, streams.Load())
	if len(served) != 3 || streams.Load() > 3+9 {
		t.Errorf("served by %v, %d streams", served, streams.Load())
	}
}

// seesAllServers starts an instance on each server and waits until a watcher,
// who is connected to one of them, has heard of it.
func seesAllServers(t *testing.T, c *cluster, heard *sync.Map) {
	t.Helper()
	for i, s := range c.nodes {
		started, err := s.as("ana").Start(t.Context(), "leave", api.StartBody{Variables: leaveVariables()}, "")
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, fmt.Sprintf("a watcher hears of what happens on node %d", i+1), func() bool {
			_, ok := heard.Load(started.ID)
			return ok
		})
	}
}

// enoughAfterLoad lets the approvals under way finish before the streams end.
func enoughAfterLoad(wg *sync.WaitGroup, enough context.CancelFunc) {
	t := time.AfterFunc(3*time.Second, enough)
	wg.Wait()
	t.Stop()
}

// approveOnce takes one instance from start to decision.
func approveOnce(ctx context.Context, ana, jane *client.Client, name string) error {
	started, err := ana.Start(ctx, "leave", api.StartBody{Folio: name, Variables: leaveVariables()}, "start-"+name)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	in, err := ana.Instance(ctx, started.ID)
	if err != nil || len(in.Waiting) == 0 {
		return fmt.Errorf("instance %d: %v %w", started.ID, in.Waiting, err)
	}
	if _, err := jane.Decide(ctx, in.Waiting[0].Task, api.Decide{Action: "Approve"}, ""); err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	return nil
}

// balancerLog counts in HAProxy's log which server answered how many requests,
// and how many were sent to a second server.
// https://docs.haproxy.org/2.6/configuration.html#8.2.3
var balanced = regexp.MustCompile(` nodes/(\S+) \S+ (-?\d+) .* \d+/\d+/\d+/\d+/(\+?)(\d+) \d+/\d+ `)

func balancerLog(t *testing.T, log *lockedBuffer) (served map[string]int, again int) {
	served = map[string]int{}
	for _, line := range log.lines() {
		m := balanced.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if served[m[1]]++; m[3] != "" || m[4] != "0" {
			again++
		}
		if strings.HasPrefix(m[2], "5") {
			t.Errorf("the balancer answered: %s", line)
		}
	}
	return served, again
}
