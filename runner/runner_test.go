package runner

import (
	"context"
	_ "embed"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

//go:embed testdata/approval.bpmn
var approval []byte

var (
	ana  = caller("user:1", "ana")
	jane = caller("user:2", "jane")
	bob  = caller("user:3", "bob", "group:9")
	eve  = caller("user:4", "eve")
)

func caller(p signoff.Principal, login string, groups ...signoff.Principal) signoff.Caller {
	return signoff.Caller{Person: signoff.Person{Principal: p, Login: login, Name: strings.ToUpper(login[:1]) + login[1:], Email: login + "@contoso.test"},
		Groups: append(groups, signoff.Everyone), How: "test"}
}

// town is a directory of four people and one group.
type town struct{}

func (town) Resolve(_ context.Context, names []string) (engine.People, error) {
	out := engine.People{}
	for _, n := range names {
		for _, c := range []signoff.Caller{ana, jane, bob, eve} {
			if n == c.Login || n == string(c.Principal) || n == c.Email {
				out[n] = []signoff.Person{c.Person}
			}
		}
		if n == "group:Finance" {
			out[n] = []signoff.Person{{Principal: "group:9", Name: "Finance"}}
		}
	}
	return out, nil
}

// post is a handler that keeps what it was given and does as it is told.
type post struct {
	mu   sync.Mutex
	jobs []Job
	does func(Job) (Result, error)
}

func (p *post) handle(_ context.Context, j Job) (Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs = append(p.jobs, j)
	if p.does != nil {
		return p.does(j)
	}
	return Done(nil), nil
}

func (p *post) of(kind engine.CommandKind) (out []Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, j := range p.jobs {
		if j.Kind == kind {
			out = append(out, j)
		}
	}
	return out
}

// world is a runner over a store of its own.
type world struct {
	*Runner
	post *post
	path string
}

func newWorld(t testing.TB, path string) *world {
	t.Helper()
	s, err := store.Open(context.Background(), pgtest.Choose(t, path), store.Options{})
	must(t, err)
	p := &post{}
	r := New(Config{Store: s, Library: library.New(s, time.Now), Directory: town{}, Log: slog.New(slog.DiscardHandler),
		Handlers: map[engine.CommandKind]Handler{engine.DoNotify: p.handle, engine.DoEmail: p.handle, engine.DoCall: p.handle}})
	r.member.lease, r.member.every = 365*24*time.Hour, 24*time.Hour
	r.errands.poll = 24 * time.Hour
	r.bulk.poll = 24 * time.Hour
	r.timers.poll = 24 * time.Hour // so that days pass quickly, and nothing rests on the poll
	for _, q := range r.queues {
		q.alarm.poll = 24 * time.Hour
	}
	return &world{r, p, path}
}

func (w *world) deploy(t testing.TB, xml []byte) {
	t.Helper()
	_, err := w.Library.Deploy(context.Background(), access.System, xml)
	must(t, err)
}

// inTown runs a test in a bubble where time passes only when everybody waits,
// with a runner that runs until the test is over.
func inTown(t *testing.T, xml []byte, test func(t *testing.T, w *world)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, filepath.Join(dir, "signoff.db"))
		w.deploy(t, xml)
		stop := w.run(t)
		defer func() { stop(); must(t, w.Store.Close()) }()
		synctest.Wait() // it has taken its first look at everything
		test(t, w)
	})
}

// run starts Run and returns how to stop it.
func (w *world) run(t testing.TB) func() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	return func() { cancel(); must(t, <-ended) }
}

func (w *world) start(t testing.TB) signoff.InstanceID {
	t.Helper()
	id, err := w.Start(context.Background(), ana, StartRequest{Workflow: "approval", Vars: map[string]any{"amount": 10}})
	must(t, err)
	return id
}

// task returns the instance's only open task.
func (w *world) task(t testing.TB, id signoff.InstanceID) engine.Task {
	t.Helper()
	in, err := w.Store.Instance(context.Background(), id)
	must(t, err)
	for _, task := range in.State.Tasks {
		if task.Open() {
			return task
		}
	}
	t.Fatalf("instance %d has no open task", id)
	return engine.Task{}
}

func (w *world) act(t testing.TB, by signoff.Caller, id signoff.InstanceID, action string) engine.State {
	t.Helper()
	st, err := w.Do(context.Background(), by, id, engine.Act{Task: w.task(t, id).Seq, Action: action}, "")
	must(t, err)
	return st
}

func (w *world) state(t testing.TB, id signoff.InstanceID) engine.State {
	t.Helper()
	in, err := w.Store.Instance(context.Background(), id)
	must(t, err)
	return in.State
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if signoff.CodeOf(err) != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

func TestAnApprovalRunsFromStartToEnd(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id := w.start(t)
		synctest.Wait()
		if n := w.post.of(engine.DoNotify); len(n) != 1 || n[0].Workflow != "Approval" || n[0].Notify.Title != "Approve Request 1 of Ana" {
			t.Fatalf("notified %+v", n)
		}
		if st := w.act(t, bob, id, "approve"); st.Status != engine.Running {
			t.Fatalf("the mail was not waited for: %s", st.Status)
		}
		synctest.Wait()
		if m := w.post.of(engine.DoEmail); len(m) != 1 || m[0].Attempt != 1 {
			t.Fatalf("mailed %+v", m)
		}
		if st := w.state(t, id); st.Status != engine.Completed {
			t.Fatalf("instance is %s", st.Status)
		}
		left, err := w.Store.Waitings(t.Context(), id)
		must(t, err)
		if len(left) != 0 {
			t.Fatalf("left in the outbox: %+v", left)
		}
	})
}

func TestTheSecondAnswerHearsWhoWasFirst(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id := w.start(t)
		task := w.task(t, id)
		w.act(t, bob, id, "Reject")
		_, err := w.Do(t.Context(), jane, id, engine.Act{Task: task.Seq, Action: "Approve"}, "")
		wantCode(t, err, engine.CodeTaskDone)
		_, err = w.Do(t.Context(), eve, id, engine.Act{Task: task.Seq, Action: "Approve"}, "")
		wantCode(t, err, engine.CodeTaskNotFound)
	})
}

func TestADeadlineFiresWhenItIsDueAndNotBefore(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id := w.start(t)
		time.Sleep(3*24*time.Hour - time.Second)
		synctest.Wait()
		if st := w.state(t, id); st.Status != engine.Running {
			t.Fatal("ended before the deadline")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		st := w.state(t, id)
		if st.Status != engine.Completed || st.Tasks[0].Outcome != "Expired" || !st.EndedAt.Equal(*st.Tasks[0].Due) {
			t.Fatalf("after the deadline: %s, %+v", st.Status, st.Tasks)
		}
	})
}

func TestATemporaryFailureIsRetriedWithTheSameKeyAndPatience(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		var times []time.Time
		w.post.does = func(j Job) (Result, error) {
			if j.Kind == engine.DoEmail {
				if times = append(times, time.Now()); len(times) < 3 {
					return Result{}, &signoff.Error{Kind: signoff.Unavailable, Code: "x", Detail: "the mail server is away"}
				}
			}
			return Done(nil), nil
		}
		id := w.start(t)
		w.act(t, jane, id, "Approve")
		synctest.Wait()
		left, err := w.Store.Waitings(t.Context(), id)
		must(t, err)
		if len(left) != 1 || left[0].LastError != "the mail server is away" || left[0].Attempt != 1 {
			t.Fatalf("waiting: %+v", left)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		mails := w.post.of(engine.DoEmail)
		if len(mails) != 3 || mails[0].Key != mails[2].Key || mails[2].Attempt != 3 {
			t.Fatalf("mails: %+v", mails)
		}
		if a, b := times[1].Sub(times[0]), times[2].Sub(times[1]); a != 2*time.Second || b != 4*time.Second {
			t.Fatalf("waited %v and %v", a, b)
		}
		if st := w.state(t, id); st.Status != engine.Completed {
			t.Fatalf("instance is %s", st.Status)
		}
	})
}

func TestAFailureForGoodBecomesAnIncidentAndRetryGoesOn(t *testing.T) {
	for name, failure := range map[string]struct {
		err      error
		attempts int
		cause    string
		code     string
		advice   string
	}{
		"invalid is final at once": {&signoff.Error{Kind: signoff.Invalid, Code: "no-mailbox", Detail: "no such mailbox", Hint: "make one"}, 1,
			"no such mailbox", "no-mailbox", "make one"},
		"forbidden is final at once": {&signoff.Error{Kind: signoff.Forbidden, Code: "exchange-denied", Detail: "a right is missing"}, 1,
			"a right is missing", "exchange-denied", "put the cause right and retry"},
		"not found is final at once": {&signoff.Error{Kind: signoff.NotFound, Code: "service-not-found", Detail: "no such service"}, 1,
			"no such service", "service-not-found", "put the cause right and retry"},
		"a conflict is final at once": {&signoff.Error{Kind: signoff.Conflict, Code: "oauth-refused", Detail: "refused"}, 1,
			"refused", "oauth-refused", "put the cause right and retry"},
		"too many is tried again": {&signoff.Error{Kind: signoff.TooMany, Code: "busy", Detail: "busy", Hint: "wait"}, 3,
			"busy", "busy", "wait"},
		"unavailable when exhausted": {&signoff.Error{Kind: signoff.Unavailable, Code: "away", Detail: "away"}, 3,
			"away", "away", "put the cause right and retry"},
		"what is internal stays ours": {context.Canceled, 3,
			"an internal error; the server's log has the details", engine.IncidentEffect, "put the cause right and retry"},
	} {
		t.Run(name, func(t *testing.T) {
			inTown(t, approval, func(t *testing.T, w *world) {
				broken := true
				w.post.does = func(j Job) (Result, error) {
					if j.Kind == engine.DoEmail && broken {
						return Result{}, failure.err
					}
					return Done(nil), nil
				}
				id := w.start(t)
				w.act(t, jane, id, "Approve")
				time.Sleep(time.Hour)
				synctest.Wait()
				st := w.state(t, id)
				if len(st.Incidents) != 1 || st.Incidents[0].Attempts != failure.attempts || st.Incidents[0].Cause != failure.cause ||
					st.Incidents[0].Code != failure.code || st.Incidents[0].Advice != failure.advice {
					t.Fatalf("incidents: %+v", st.Incidents)
				}
				w.post.mu.Lock()
				broken = false
				w.post.mu.Unlock()
				retry := engine.Retry{Incident: st.Incidents[0].Seq}
				_, err := w.Do(t.Context(), eve, id, retry, "")
				wantCode(t, err, "instance-not-found")
				_, err = w.Do(t.Context(), ana, id, retry, "")
				wantCode(t, err, "not-allowed")
				admin := eve
				admin.Admin = true
				_, err = w.Do(t.Context(), admin, id, retry, "")
				must(t, err)
				synctest.Wait()
				mails := w.post.of(engine.DoEmail)
				if st := w.state(t, id); st.Status != engine.Completed || mails[0].Key != mails[len(mails)-1].Key {
					t.Fatalf("instance is %s after %d mails", st.Status, len(mails))
				}
			})
		})
	}
}

func TestAPanicOfAHandlerIsAFailureOfThatCommandOnly(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		w.post.does = func(j Job) (Result, error) {
			if j.Kind == engine.DoEmail && j.Instance == 1 {
				panic("broken")
			}
			return Done(nil), nil
		}
		a, b := w.start(t), w.start(t)
		w.act(t, jane, a, "Approve")
		w.act(t, jane, b, "Approve")
		time.Sleep(time.Hour)
		synctest.Wait()
		if st := w.state(t, a); len(st.Incidents) != 1 {
			t.Fatalf("incidents: %+v", st.Incidents)
		}
		if st := w.state(t, b); st.Status != engine.Completed {
			t.Fatalf("the other instance is %s", st.Status)
		}
	})
}

func TestAPendingCommandWaitsForFinish(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		w.post.does = func(j Job) (Result, error) {
			if j.Kind == engine.DoEmail {
				return Pending, nil
			}
			return Done(nil), nil
		}
		id := w.start(t)
		w.act(t, jane, id, "Approve")
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		mails := w.post.of(engine.DoEmail)
		if len(mails) != 1 || w.state(t, id).Status != engine.Running {
			t.Fatalf("handed out %d times, instance %s", len(mails), w.state(t, id).Status)
		}
		for range 2 { // the second does nothing
			must(t, w.Finish(t.Context(), mails[0].Key, nil, nil))
		}
		if st := w.state(t, id); st.Status != engine.Completed {
			t.Fatalf("instance is %s", st.Status)
		}
	})
}

func TestMoreCommandsThanPlacesAreAllCarriedOut(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		hold := make(chan struct{})
		w.Handlers[engine.DoNotify] = func(ctx context.Context, j Job) (Result, error) {
			<-hold
			return w.post.handle(ctx, j)
		}
		n := cap(w.queues[engine.DoNotify].jobs) + w.AtOnce + 50
		for range n {
			w.start(t)
		}
		synctest.Wait() // the feeder has found no place and sleeps
		close(hold)
		time.Sleep(time.Second) // far less than the safety poll
		synctest.Wait()
		if got := len(w.post.of(engine.DoNotify)); got != n {
			t.Fatalf("%d of %d carried out", got, n)
		}
	})
}

func TestStoppingWaitsForWorkAndGivesBackTheRest(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, filepath.Join(dir, "signoff.db"))
		w.deploy(t, approval)
		hold := make(chan struct{})
		w.Handlers[engine.DoNotify] = func(ctx context.Context, j Job) (Result, error) {
			<-hold
			return w.post.handle(ctx, j)
		}
		stop := w.run(t)
		for range w.AtOnce + 5 {
			w.start(t)
		}
		synctest.Wait()
		go func() { time.Sleep(time.Second); close(hold) }()
		before := time.Now()
		stop()
		if d := time.Since(before); d != time.Second {
			t.Fatalf("stopped after %v", d)
		}
		if n := len(w.post.jobs); n != w.AtOnce {
			t.Fatalf("%d carried out, want those that had begun", n)
		}
		stop = w.run(t)
		synctest.Wait()
		stop()
		seen := map[string]int{}
		for _, j := range w.post.jobs {
			seen[j.Key]++
		}
		if len(seen) != w.AtOnce+5 || len(w.post.jobs) != len(seen) {
			t.Fatalf("%d commands carried out %d times", len(seen), len(w.post.jobs))
		}
		must(t, w.Store.Close())
	})
}

func TestAHandlerThatHangsIsCutOff(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		w.Handlers[engine.DoEmail] = func(ctx context.Context, j Job) (Result, error) {
			<-ctx.Done()
			return Result{}, ctx.Err()
		}
		id := w.start(t)
		w.act(t, jane, id, "Approve")
		time.Sleep(time.Hour)
		synctest.Wait()
		if st := w.state(t, id); len(st.Incidents) != 1 || st.Incidents[0].Cause != "it took too long" {
			t.Fatalf("incidents: %+v", st.Incidents)
		}
	})
}

func TestARequestUnderOneKeyHappensOnce(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		ctx := t.Context()
		req := StartRequest{Workflow: "approval", Vars: map[string]any{"amount": 1}, Once: "k1"}
		a, err := w.Start(ctx, ana, req)
		must(t, err)
		b, err := w.Start(ctx, ana, req)
		must(t, err)
		req.Vars["amount"] = 2
		_, err = w.Start(ctx, ana, req)
		wantCode(t, err, "idempotency-key-reused")
		c, err := w.Start(ctx, bob, req) // somebody else's key is another
		must(t, err)
		if a != b || c != a+1 {
			t.Fatalf("got %d, %d and %d", a, b, c)
		}
		act := engine.Act{Task: 2, Action: "Reject"}
		for _, act.Channel = range []string{"rest", "page"} { // what is asked counts, not where
			st, err := w.Do(ctx, jane, a, act, "k2")
			must(t, err)
			if st.Status != engine.Completed {
				t.Fatalf("instance is %s", st.Status)
			}
		}
		act.Action = "Approve"
		_, err = w.Do(ctx, jane, a, act, "k2")
		wantCode(t, err, "idempotency-key-reused")
	})
}

func TestARefusedStartLeavesNoGap(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		_, err := w.Start(t.Context(), ana, StartRequest{Workflow: "approval"}) // no amount
		wantCode(t, err, engine.CodeBadVariables)
		if id := w.start(t); id != 1 {
			t.Fatalf("the first instance has number %d", id)
		}
	})
}

func TestWhoeverWatchesHearsOfChangesOrThatSomeWereLeftOut(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		watch := w.Subscribe(ctx)
		id := w.start(t)
		c := <-watch
		if c.Instance != id || len(c.Tasks) != 1 || c.Tasks[0].String() != "1_2" || len(c.Principals) != 2 || c.Starter != ana.Principal || c.Resync {
			t.Fatalf("heard %+v", c)
		}
		for range changeBuffer + 50 {
			w.start(t)
		}
		heard, last := 0, Change{}
		for len(watch) > 0 {
			last = <-watch
			heard++
		}
		if heard != changeBuffer || !last.Resync {
			t.Fatalf("heard %d changes, the last %+v", heard, last)
		}
		id = w.start(t)
		if c := <-watch; c.Instance != id || c.Resync {
			t.Fatalf("afterwards heard %+v", c)
		}
		cancel()
		synctest.Wait()
		if _, open := <-watch; open {
			t.Fatal("the channel is still open")
		}
		w.start(t) // and nobody minds
	})
}

func TestRightsAreCheckedBeforeTheEngineIsAsked(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.start(t)
		for name, c := range map[string]struct {
			by    signoff.Caller
			event engine.Event
			code  string
		}{
			"a stranger cancels":          {eve, engine.Cancel{}, "instance-not-found"},
			"a recipient cancels":         {jane, engine.Cancel{}, "not-allowed"},
			"a stranger comments":         {eve, engine.Comment{Text: "hi"}, "instance-not-found"},
			"the starter finishes a step": {ana, engine.FinishExternal{Effect: 9}, "not-allowed"},
		} {
			if _, err := w.Do(ctx, c.by, id, c.event, ""); signoff.CodeOf(err) != c.code {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := w.Do(ctx, jane, id, engine.Comment{Text: "hi"}, "")
		must(t, err)
		_, err = w.Do(ctx, ana, id, engine.Cancel{Reason: "no longer"}, "")
		must(t, err)
		must(t, w.Library.SetGrants(ctx, access.System, 1, nil))
		_, err = w.Start(ctx, ana, StartRequest{Workflow: "approval"})
		wantCode(t, err, "workflow-not-found")
	})
}

func TestNobodyIsNotTheServerThatStartedAnInstance(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id, err := w.Start(t.Context(), access.System, StartRequest{Workflow: "approval", Vars: map[string]any{"amount": 10}})
		must(t, err)
		_, err = w.Do(t.Context(), signoff.Caller{}, id, engine.Cancel{}, "")
		wantCode(t, err, "instance-not-found")
	})
}

// TestTwoRunnersOnOneStoreDoNotStandInEachOthersWay: what one remembers of an
// instance is out of date as soon as the other has moved it.
func TestTwoRunnersOnOneStoreDoNotStandInEachOthersWay(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		ctx := t.Context()
		other := New(Config{Store: w.Store, Library: w.Library, Directory: town{}, Node: "other"})
		id := w.start(t)
		do := func(r *Runner, by signoff.Caller, e engine.Event) {
			t.Helper()
			_, err := r.Do(ctx, by, id, e, "")
			must(t, err)
		}
		do(w.Runner, bob, engine.Claim{Task: 2})
		do(other, bob, engine.Release{Task: 2})
		do(w.Runner, jane, engine.Claim{Task: 2}) // refused by what it remembers: Bob has it
		do(other, jane, engine.Comment{Task: 2, Text: "a moment"})
		do(w.Runner, jane, engine.Release{Task: 2}) // decided on what it remembers, and found stale
		must(t, w.Store.Audit(ctx, id))
	})
}

func TestRunThatIsStoppedBeforeItBeginsEndsWithoutAnError(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "signoff.db"))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := w.Run(ctx); err != nil {
		t.Error(err)
	}
	must(t, w.Store.Close())
}
