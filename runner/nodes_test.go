package runner

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// Two servers on one PostgreSQL, each with a store of its own. A node says that
// it lives ten times a second here, and is taken for dead after one.
const testLease = time.Second

// asleep is storage through which a node cannot say that it lives, as if it had
// been stopped, or the network cut.
type asleep struct {
	storage
	on atomic.Bool
}

func (a *asleep) Renew(ctx context.Context, id string, now, until time.Time) (bool, error) {
	if a.on.Load() {
		return false, errors.New("no answer")
	}
	return a.storage.Renew(ctx, id, now, until)
}

func (a *asleep) Reap(ctx context.Context, now time.Time) ([]store.Node, error) {
	if a.on.Load() {
		return nil, errors.New("no answer")
	}
	return a.storage.Reap(ctx, now)
}

// server is one node with handlers that tell of each call and wait to be told
// how it ends.
type server struct {
	*Runner
	t     *testing.T
	sleep *asleep
	calls chan call
}

type call struct {
	Job
	end chan error
}

func newServer(t *testing.T, dsn, name string, o store.Options) *server {
	t.Helper()
	s, err := store.Open(context.Background(), dsn, o)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	n := &server{t: t, calls: make(chan call, 100)}
	handle := func(ctx context.Context, j Job) (Result, error) {
		if j.Kind == engine.DoNotify {
			return Done(nil), nil
		}
		c := call{j, make(chan error, 1)}
		n.calls <- c
		select {
		case err := <-c.end:
			return Done(nil), err
		case <-ctx.Done():
			return Result{}, ctx.Err()
		}
	}
	n.Runner = New(Config{Store: s, Library: library.New(s, s.Now), Directory: town{}, Now: s.Now, Node: name,
		Handlers: map[engine.CommandKind]Handler{engine.DoNotify: handle, engine.DoEmail: handle, engine.DoCall: handle}})
	n.sleep = &asleep{storage: s}
	n.steps = n.sleep
	n.Grace = 100 * time.Millisecond
	n.member.lease, n.member.every = testLease, testLease/10
	n.timers.poll = time.Hour // nothing rests on the poll
	for _, q := range n.queues {
		q.alarm.poll = time.Hour
	}
	return n
}

func (n *server) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	over := false
	stop = func() {
		if !over {
			over = true
			cancel()
			must(n.t, <-ended)
		}
	}
	n.t.Cleanup(stop)
	n.until("it has joined", func() bool { _, alive := n.NodeID(); return alive })
	return stop
}

// until waits for what has no other sign than that it is so.
func (n *server) until(what string, is func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.t.Fatalf("not so after half a minute: %s", what)
		}
	}
}

func (n *server) next() call {
	n.t.Helper()
	select {
	case c := <-n.calls:
		return c
	case <-time.After(30 * time.Second):
		n.t.Fatal("no command was carried out here")
		return call{}
	}
}

func (n *server) none() {
	n.t.Helper()
	select {
	case c := <-n.calls:
		n.t.Fatalf("carried out here: %s", c.Key)
	default:
	}
}

// approved starts an instance and approves it, which sends a mail.
func (n *server) approved() signoff.InstanceID {
	n.t.Helper()
	id, err := n.Start(context.Background(), ana, StartRequest{Workflow: "approval", Vars: map[string]any{"amount": 10}})
	must(n.t, err)
	_, err = n.Do(context.Background(), jane, id, engine.Act{Task: 2, Action: "Approve"}, "")
	must(n.t, err)
	return id
}

func (n *server) is(id signoff.InstanceID) engine.State {
	n.t.Helper()
	in, err := n.Store.Instance(context.Background(), id)
	must(n.t, err)
	return in.State
}

func twoServers(t *testing.T, a, b store.Options) (*server, *server) {
	t.Helper()
	dsn := pgtest.Database(t)
	one, two := newServer(t, dsn, "one", a), newServer(t, dsn, "two", b)
	_, err := one.Library.Deploy(t.Context(), signoff.Caller{How: "system"}, approval)
	must(t, err)
	return one, two
}

func TestANodeThatSleepsPastItsLeaseDoesNoHarm(t *testing.T) {
	for _, c := range []struct {
		name   string
		slept  error // how the command of the node that slept ended
		woken  error // and that of the other
		status engine.Status
	}{
		{"late failure", &signoff.Error{Kind: signoff.Invalid, Code: "x", Detail: "no such mailbox"}, nil, engine.Completed},
		{"late trouble", errors.New("connection reset"), nil, engine.Completed},
		{"late success", nil, nil, engine.Completed},
	} {
		t.Run(c.name, func(t *testing.T) {
			one, two := twoServers(t, store.Options{}, store.Options{})
			one.run()
			two.run()
			two.until("they hear each other", func() bool { return two.listens(one) && one.listens(two) })
			first, _ := one.NodeID()
			id := one.approved()
			slept := one.next()
			one.sleep.on.Store(true)
			again := two.next() // as soon as the first is taken for dead
			if again.Key != slept.Key || again.Attempt != 2 {
				t.Fatalf("%s again as %s, attempt %d", slept.Key, again.Key, again.Attempt)
			}
			if _, alive := one.NodeID(); alive {
				t.Error("it would begin something")
			}
			waits := one.approved() // requests are served all the same
			other := two.nextOf(waits)
			slept.end <- c.slept
			one.sleep.on.Store(false)
			one.until("it is one of them again", func() bool { id, alive := one.NodeID(); return alive && id != first })
			if st := one.is(id); c.slept != nil && (st.Status != engine.Running || len(st.Incidents) > 0) {
				t.Errorf("what it said late counted: %s, %+v", st.Status, st.Incidents)
			}
			again.end <- c.woken
			other.end <- nil
			two.until("it is over", func() bool { return two.is(id).Status == c.status && two.is(waits).Status == engine.Completed })
			must(t, two.Store.Audit(t.Context(), id))
			later := one.approved()
			end := one.next() // it takes part again
			end.end <- nil
			one.until("the next is over", func() bool { return one.is(later).Status == engine.Completed })
			if left, err := one.Store.Waitings(t.Context(), id); err != nil || len(left) > 0 {
				t.Errorf("left: %+v, %v", left, err)
			}
		})
	}
}

// nextOf is the next command of an instance.
func (n *server) nextOf(id signoff.InstanceID) call {
	n.t.Helper()
	c := n.next()
	if c.Instance != id {
		n.t.Fatalf("a command of instance %d, want one of %d", c.Instance, id)
	}
	return c
}

func TestANodeThatStopsLeavesWhatItHadToTheOthersAtOnce(t *testing.T) {
	one, two := twoServers(t, store.Options{}, store.Options{})
	two.member.lease = time.Hour // it cannot be that anybody was taken for dead
	one.member.lease = time.Hour
	stop := one.run()
	two.run()
	two.until("they know each other", func() bool { return one.Store.Others() && two.Store.Others() })
	id := one.approved()
	one.next() // and it does not end
	stop()
	c := two.next()
	c.end <- nil
	two.until("it is over", func() bool { return two.is(id).Status == engine.Completed })
	if list, err := two.Store.Nodes(t.Context()); err != nil || len(list) != 1 || list[0].Name != "two" {
		t.Errorf("nodes: %+v, %v", list, err)
	}
}

func TestWhatFindsNoRoomIsTakenUpElsewhereAtOnce(t *testing.T) {
	one, two := twoServers(t, store.Options{}, store.Options{})
	two.run()
	now := one.Store.Now() // a server that takes requests, and carries nothing out
	must(t, one.Store.Join(t.Context(), store.Node{ID: "desk", Until: now.Add(time.Hour)}))
	two.until("it knows of the other", two.Store.Others)
	two.until("it listens", func() bool { return two.listens(one) })
	id := one.approved()
	two.next().end <- nil
	two.until("it is over", func() bool { return two.is(id).Status == engine.Completed })
}

// listens tells whether n hears what other says.
func (n *server) listens(other *server) bool {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	hints := n.Store.Hints(ctx, store.TopicPeople)
	other.Store.Publish(store.TopicPeople, "hello")
	for {
		select {
		case h := <-hints:
			if h.Payload == "hello" {
				return true
			}
		case <-time.After(100 * time.Millisecond):
			return false
		}
	}
}

func TestChangesAreHeardOnAllNodes(t *testing.T) {
	one, two := twoServers(t, store.Options{}, store.Options{})
	one.run()
	two.run()
	two.until("they hear each other", func() bool { return two.listens(one) && one.listens(two) })
	changes := two.Subscribe(t.Context())
	id, err := one.Start(t.Context(), ana, StartRequest{Workflow: "approval", Vars: map[string]any{"amount": 10}})
	must(t, err)
	for {
		select {
		case c := <-changes:
			if c.Resync {
				continue
			}
			want := fmt.Sprintf("{%d 1 [%d_2] [user:2 group:9] user:1 false}", id, id)
			if got := fmt.Sprint(c); got != want {
				t.Fatalf("heard %s, want %s", got, want)
			}
			return
		case <-time.After(30 * time.Second):
			t.Fatal("nothing was heard")
		}
	}
}

func TestNodesWhoseClocksDifferWorkTogether(t *testing.T) {
	shifted := func(d time.Duration) store.Options {
		return store.Options{Now: func() time.Time { return time.Now().Add(d) }}
	}
	one, two := twoServers(t, shifted(7*time.Minute), shifted(-5*time.Minute))
	one.run()
	two.run()
	var ids []signoff.InstanceID
	for i := range 20 {
		a, b := one, two
		if i%2 == 1 {
			a, b = two, one
		}
		id, err := a.Start(t.Context(), ana, StartRequest{Workflow: "approval", Vars: map[string]any{"amount": 10}})
		must(t, err)
		_, err = b.Do(t.Context(), jane, id, engine.Act{Task: 2, Action: "Approve"}, "")
		must(t, err)
		ids = append(ids, id)
	}
	for range ids {
		select {
		case c := <-one.calls:
			c.end <- nil
		case c := <-two.calls:
			c.end <- nil
		case <-time.After(30 * time.Second):
			t.Fatal("a command is not due on either")
		}
	}
	for _, id := range ids {
		one.until("it is over", func() bool { return one.is(id).Status == engine.Completed })
		facts, err := one.Store.Facts(t.Context(), id, 0, 100)
		must(t, err)
		for i := 1; i < len(facts); i++ {
			if facts[i].At.Before(facts[i-1].At) {
				t.Fatalf("instance %d: %s at %v, then %s at %v", id, facts[i-1].Kind, facts[i-1].At, facts[i].Kind, facts[i].At)
			}
		}
		if d := time.Since(facts[0].At).Abs(); d > time.Minute {
			t.Errorf("it is dated %v from now", d)
		}
	}
	one.none()
	two.none()
}

func TestHistoryDoesNotRunBackwardsWhenAClockDoes(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/signoff.db")
	defer func() { must(t, w.Store.Close()) }()
	w.deploy(t, approval)
	id := w.start(t)
	w.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	for _, how := range []string{"from memory", "from the store"} {
		_, err := w.Do(t.Context(), jane, id, engine.Comment{Task: 2, Text: how}, "")
		must(t, err)
		w.recent.drop(id)
	}
	facts, err := w.Store.Facts(t.Context(), id, 0, 100)
	must(t, err)
	for i := 1; i < len(facts); i++ {
		if facts[i].At.Before(facts[i-1].At) {
			t.Errorf("%s at %v, then %s at %v", facts[i-1].Kind, facts[i-1].At, facts[i].Kind, facts[i].At)
		}
	}
}

func TestACommandOfALostNodeIsTakenUpWithinItsLease(t *testing.T) {
	one, two := twoServers(t, store.Options{}, store.Options{})
	two.run()
	// A node that died right after it took a command, without another word.
	now := one.Store.Now()
	must(t, one.Store.Join(t.Context(), store.Node{ID: "gone", Name: "gone", Until: now.Add(testLease)}))
	id := one.approved()
	if jobs, err := one.Store.TakeJobs(t.Context(), "gone", engine.DoEmail, now.Add(time.Hour), time.Hour, 1); err != nil || len(jobs) > 1 {
		t.Fatal(jobs, err)
	}
	began := time.Now()
	two.next().end <- nil
	if took := time.Since(began); took > 10*testLease {
		t.Errorf("taken up after %v", took)
	}
	two.until("it is over", func() bool { return two.is(id).Status == engine.Completed })
}
