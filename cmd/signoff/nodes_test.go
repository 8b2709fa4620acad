//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/store/pgtest"
)

// testForVariable says how long the servers are troubled: SIGNOFF_TEST_FOR=5m.
const testForVariable = "SIGNOFF_TEST_FOR"

// longEnough is from when on there is time to freeze a server past its lease.
const longEnough = time.Minute

func testFor(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(testForVariable)
	if text == "" {
		return 8 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		t.Fatalf("%s=%s is no time such as 5m", testForVariable, text)
	}
	return d
}

// Two, and three, servers on one PostgreSQL are killed and started again at
// random while clients start and decide on whichever server answers; the
// database is stopped and started again, and crashes; given a minute or more, a
// server is frozen past its lease and goes on. Afterwards everything that was
// acknowledged is there exactly once, and every effect was handed over.
//
//	SIGNOFF_TEST_FOR=5m go test ./cmd/signoff -run Nodes -v -timeout 30m
func TestNodesLoseNothingWhateverHappensToThem(t *testing.T) {
	for _, n := range []int{2, 3} {
		t.Run(fmt.Sprintf("%d nodes", n), func(t *testing.T) {
			t.Parallel()
			troubleNodes(t, n, testFor(t))
		})
	}
}

func troubleNodes(t *testing.T, n int, long time.Duration) {
	pg := pgtest.Start(t)
	dsn := pg.Database(t)
	post := runSandbox(t)
	sink := newSink(t)
	c := newCluster(t, n, dsn, nodeSettings(post))
	c.up()
	c.nodes[0].furnish(sink.workflow(t))

	l := &workload{c: c, results: map[string]result{}}
	l.begin(t.Context(), 8)
	tr := &trouble{t: t, c: c, pg: pg, l: l, rng: rand.New(rand.NewPCG(uint64(n), 17))}
	tr.make(long)
	l.end()
	t.Logf("%d nodes, %v: %d kills, %d freezes, %d restarts of PostgreSQL; %d requests repeated", n, long, tr.kills, tr.freezes, tr.restarts, l.repeated.Load())
	judgeNodes(t, dsn, c, l, sink, post)
}

// nodeSettings is a server whose mail provider is the sandbox and whose pace is
// no bound.
func nodeSettings(a sandbox.Addresses) string {
	return fmt.Sprintf(`mail:
  from: signoff <workflow@contoso.test>
  smtp: {address: %q, username: workflow@contoso.test, password: signoff, ca: %q}
  imap: {address: %q, username: workflow@contoso.test, password: signoff, ca: %q, poll: 2s}
  reply: {authserv: %s}
  doubt: 5s
  pace: {perminute: 100000, atonce: 4}
calls: {allow: 127.0.0.0/8}
log: {level: warn}
`, a.SMTP, a.CAFile, a.IMAP, a.CAFile, a.AuthServID)
}

// sink is a service that is called, and keeps how often under which key.
type sink struct {
	url   string
	mu    sync.Mutex
	calls map[string]int
}

func newSink(t *testing.T) *sink {
	s := &sink{calls: map[string]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.calls[r.Header.Get("Idempotency-Key")]++
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, "{}")
}

// workflow writes the travel workflow so that it calls the sink.
func (s *sink) workflow(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/travel.bpmn")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "travel.bpmn")
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "http://127.0.0.1:1", s.url, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// result is what a client was told about one instance, which goes by its folio.
type result struct {
	instance int64
	serial   string
	decided  bool
}

// workload is clients that each start an instance and decide it, over and over. A
// request that fails is repeated under its key at the next server, as a careful
// client does, until one answers.
type workload struct {
	c        *cluster
	wg       sync.WaitGroup
	enough   atomic.Bool
	approved atomic.Int64
	repeated atomic.Int64

	mu      sync.Mutex
	results map[string]result
	refused []string
}

// perSecond is how many approvals are begun at most: what is shown here is not speed,
// and every one of them has a mail to come.
const perSecond = 60

func (l *workload) begin(ctx context.Context, clients int) {
	turn := make(chan struct{})
	l.wg.Go(func() {
		tick := time.NewTicker(time.Second / perSecond)
		defer tick.Stop()
		defer close(turn)
		for !l.enough.Load() {
			<-tick.C
			select {
			case turn <- struct{}{}:
			default:
			}
		}
	})
	for n := range clients {
		l.wg.Go(func() {
			at := n // the server it talks to, until that fails
			for i := 0; ; i++ {
				if _, more := <-turn; !more {
					return
				}
				l.approve(ctx, &at, fmt.Sprintf("trip-%d-%d", n, i))
			}
		})
	}
}

// end waits until every client has had its last answer.
func (l *workload) end() {
	l.enough.Store(true)
	l.wg.Wait()
}

func (l *workload) approve(ctx context.Context, at *int, folio string) {
	var r result
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.results[folio] = r
	}()
	started, err := failover(ctx, l, at, "ana", func(c *client.Client) (api.Started, error) {
		return c.Start(ctx, "travel", api.StartBody{Folio: folio}, "start-"+folio)
	})
	if err != nil {
		l.refuse("start of "+folio, err)
		return
	}
	r.instance = started.ID
	in, err := failover(ctx, l, at, "ana", func(c *client.Client) (api.InstanceDetail, error) { return c.Instance(ctx, r.instance) })
	if err != nil || len(in.Waiting) == 0 {
		l.refuse(fmt.Sprintf("look at %s: %+v", folio, in), err)
		return
	}
	r.serial = in.Waiting[0].Task
	if _, err := failover(ctx, l, at, "jane", func(c *client.Client) (api.Decided, error) {
		return c.Decide(ctx, r.serial, api.Decide{Action: "Approve", Comment: folio}, "decide-"+folio)
	}); err != nil {
		l.refuse("decision on "+r.serial, err)
		return
	}
	r.decided = true
	l.approved.Add(1)
}

func (l *workload) refuse(what string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = append(l.refused, fmt.Sprintf("%s: %v", what, err))
}

// hurried does not wait for a server that is frozen, and leaves trying again to
// its caller.
var hurried = &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}

var errNext = errors.New("try the next server")

// failover makes a call, at one server after the other until one answers.
func failover[T any](ctx context.Context, l *workload, at *int, login string, call func(*client.Client) (T, error)) (T, error) {
	for {
		c := l.c.nodes[*at%len(l.c.nodes)].as(login)
		c.HTTP, c.Wait = hurried, func(context.Context, time.Duration) error { return errNext }
		v, err := call(c)
		if err == nil || ctx.Err() != nil {
			return v, err
		}
		if p, answered := errors.AsType[*client.Problem](err); answered && p.Status < 500 && p.Status != http.StatusTooManyRequests {
			return v, err
		}
		l.repeated.Add(1)
		*at++
		pause(ctx, 20*time.Millisecond)
	}
}

// pause keeps a client without a server from asking thousands of times a second.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// trouble is what happens to the servers.
type trouble struct {
	t   *testing.T
	c   *cluster
	pg  *pgtest.Server
	l   *workload
	rng *rand.Rand

	kills, freezes, restarts int
}

// make troubles the servers for about this long. The load is on before each
// blow: a server that was just started begins with checking passwords.
func (tr *trouble) make(long time.Duration) {
	begun := time.Now()
	blows := []func(){func() { tr.restartDatabase(tr.pg.Halt) }, func() { tr.restartDatabase(tr.pg.Kill) }}
	times := []time.Duration{long / 3, long * 2 / 3}
	var frozen *site
	var thaw time.Time
	if long >= longEnough {
		frozen = tr.freeze()
		thaw = begun.Add(30 * time.Second) // its lease is 20 s
	}
	for time.Since(begun) < long {
		before := tr.l.approved.Load()
		waitFor(tr.t, "the load is on", func() bool { return tr.l.approved.Load() > before+5 })
		// How long servers live before the next blow is the experiment, not a wait for something.
		pause(tr.t.Context(), time.Duration(tr.rng.Int64N(int64(tr.alive(long)))))
		switch {
		case frozen != nil && time.Now().After(thaw):
			frozen.signal(syscall.SIGCONT)
			frozen = nil
		case len(times) > 0 && time.Since(begun) > times[0]:
			blows[0]()
			blows, times = blows[1:], times[1:]
		case frozen == nil && long >= longEnough && tr.rng.IntN(60) == 0:
			frozen, thaw = tr.freeze(), time.Now().Add(time.Duration(5+tr.rng.IntN(30))*time.Second)
		default:
			tr.kill(frozen)
		}
	}
	if frozen != nil {
		frozen.signal(syscall.SIGCONT)
	}
	for len(blows) > 0 { // the machine was slow
		blows[0]()
		blows = blows[1:]
	}
}

// alive is how long there is no blow, at most. Mail needs more peace than
// requests: another server begins with it 20 s after its sender died.
func (tr *trouble) alive(long time.Duration) time.Duration {
	if long < longEnough {
		return 700 * time.Millisecond
	}
	return 4 * time.Second
}

// kill ends a server as a power cut does, and starts it again. One that is
// frozen is left alone.
func (tr *trouble) kill(frozen *site) {
	s := tr.c.nodes[tr.rng.IntN(len(tr.c.nodes))]
	if s == frozen {
		return
	}
	s.kill()
	tr.kills++
	pause(tr.t.Context(), time.Duration(tr.rng.IntN(300))*time.Millisecond)
	s.up()
}

// freeze stops a server where it stands, as a machine that sleeps does.
func (tr *trouble) freeze() *site {
	s := tr.c.nodes[tr.rng.IntN(len(tr.c.nodes))]
	s.signal(syscall.SIGSTOP)
	tr.freezes++
	return s
}

func (tr *trouble) restartDatabase(stop func()) {
	stop()
	pause(tr.t.Context(), time.Duration(tr.rng.IntN(1000))*time.Millisecond)
	if err := tr.pg.Run(); err != nil {
		tr.t.Fatal(err)
	}
	tr.restarts++
}

func (s *site) signal(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd.Process.Signal(sig)
}
