package runner

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// unheard is a store whose answer to one call is lost after it was carried out,
// or which then does not answer at all.
type unheard struct {
	storage
	next string // the call
}

var errUnheard = &signoff.Error{Kind: signoff.Unavailable, Code: "data-outcome-unknown"}

func (u *unheard) lose(call string, err error) error {
	if err == nil && u.next == call {
		u.next = ""
		return errUnheard
	}
	return err
}

func (u *unheard) Commit(ctx context.Context, st *store.Step) error {
	return u.lose("commit", u.storage.Commit(ctx, st))
}

func (u *unheard) TakeJobs(ctx context.Context, holder string, kind engine.CommandKind, now time.Time, lease time.Duration, limit int) ([]store.Job, error) {
	jobs, err := u.storage.TakeJobs(ctx, holder, kind, now, lease, limit)
	if len(jobs) == 0 {
		return jobs, err
	}
	if err = u.lose("take", err); err != nil {
		jobs = nil
	}
	return jobs, err
}

func (u *unheard) RetryJob(ctx context.Context, h store.Hold, due time.Time, cause string) error {
	if u.next == "retry" {
		u.next = ""
		return errUnheard // it was not
	}
	return u.storage.RetryJob(ctx, h, due, cause)
}

func (u *unheard) DoneJobs(ctx context.Context, keys ...string) error {
	if u.next == "done" {
		u.next = ""
		return errUnheard
	}
	return u.storage.DoneJobs(ctx, keys...)
}

// A node that does not hear what became of a command takes it up again within
// seconds, not when the lease ends that it may have in the store.
func TestACommandStoredInDoubtIsTakenUpSoon(t *testing.T) {
	for _, c := range []struct {
		lost string
		want int // calls of the handler
	}{{"commit", 1}, {"take", 1}, {"retry", 2}, {"done", 2}} {
		t.Run(c.lost, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, filepath.Join(dir, "signoff.db"))
				w.deploy(t, approval)
				w.member.lease, w.member.every = nodeLease, renewEvery
				u := &unheard{storage: w.steps}
				w.steps = u
				if c.lost == "take" { // not handed out with the step, but taken from the store
					w.start(t)
				}
				if c.lost == "retry" {
					w.post.does = func(j Job) (Result, error) {
						if w.post.does = nil; true {
							return Result{}, &signoff.Error{Kind: signoff.Unavailable, Detail: "away"}
						}
						return Done(nil), nil
					}
				}
				u.next = c.lost
				stop := w.run(t)
				defer func() { stop(); must(t, w.Store.Close()) }()
				synctest.Wait()
				if c.lost != "take" {
					_, err := w.Start(t.Context(), ana, StartRequest{Workflow: "approval", Vars: map[string]any{"amount": 10}})
					if (err != nil) != (c.lost == "commit") {
						t.Fatal(err)
					}
				}
				time.Sleep(3 * renewEvery)
				synctest.Wait()
				if n := len(w.post.of(engine.DoNotify)); n != c.want || u.next != "" {
					t.Fatalf("handed over %d times, %q not lost", n, u.next)
				}
				left, err := w.Store.Waitings(t.Context(), 1)
				must(t, err)
				if len(left) != 0 {
					t.Fatalf("left: %+v", left)
				}
			})
		})
	}
}

// What is worked on meanwhile is not given to anybody else.
func TestWhatIsInTheHandsStaysThere(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, filepath.Join(dir, "signoff.db"))
		w.deploy(t, approval)
		w.member.lease, w.member.every = nodeLease, renewEvery
		w.post.does = func(Job) (Result, error) { time.Sleep(30 * time.Second); return Done(nil), nil }
		stop := w.run(t)
		defer func() { stop(); must(t, w.Store.Close()) }()
		synctest.Wait()
		w.start(t)
		for range 5 {
			w.doubtHands()
			time.Sleep(renewEvery)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(w.post.of(engine.DoNotify)); n != 1 {
			t.Fatalf("handed over %d times", n)
		}
	})
}
