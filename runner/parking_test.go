package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// lacks is the error of a handler that lacks a connection.
type lacks struct {
	name string
	who  signoff.Principal
}

func (e lacks) Error() string { return "not connected" }
func (e lacks) ParksFor() (string, signoff.Principal, string) {
	return e.name, e.who, "Jane has to connect her account"
}

// janesMailbox makes every mail lack Jane's connection until the returned
// function is called.
func (w *world) janesMailbox() (connect func()) {
	there := false
	w.post.does = func(j Job) (Result, error) {
		if j.Kind == engine.DoEmail && !there {
			return Result{}, fmt.Errorf("send: %w", lacks{"office|user:2|", "user:2"})
		}
		return Done(nil), nil
	}
	return func() { w.post.mu.Lock(); there = true; w.post.mu.Unlock() }
}

// parkedOne starts an instance of which the mail is parked.
func (w *world) parkedOne(t *testing.T) (id signoff.InstanceID, step signoff.Serial) {
	t.Helper()
	id = w.start(t)
	w.act(t, jane, id, "Approve")
	synctest.Wait()
	st := w.state(t, id)
	if len(st.Effects) != 1 || len(st.Incidents) != 0 {
		t.Fatalf("effects %+v, incidents %+v", st.Effects, st.Incidents)
	}
	return id, signoff.Serial{Instance: id, Seq: st.Effects[0].Seq}
}

func TestWorkThatLacksAConnectionGoesOnWhenItIsThere(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		connect := w.janesMailbox()
		watch := w.Subscribe(t.Context())
		id, _ := w.parkedOne(t)
		told := false
		for len(watch) > 0 {
			c := <-watch
			told = told || c.Instance == id && len(c.Principals) == 1 && c.Principals[0] == "user:2" && c.Starter == "user:1"
		}
		if !told {
			t.Error("pages did not hear that it waits for Jane")
		}
		time.Sleep(30 * 24 * time.Hour) // far beyond what its retry policy would bear
		synctest.Wait()
		if st := w.state(t, id); len(st.Incidents) != 0 {
			t.Fatalf("waiting became %+v", st.Incidents)
		}
		list, err := w.Waiting(t.Context(), jane, "", 10)
		must(t, err)
		if len(list) != 1 || list[0].Steps != 1 || list[0].Why != "Jane has to connect her account" || list[0].For != "office|user:2|" {
			t.Fatalf("Jane is told of %+v", list)
		}
		before := len(w.post.of(engine.DoEmail))
		connect()
		must(t, w.Connected(t.Context(), "office|user:3|"))
		synctest.Wait()
		if n := len(w.post.of(engine.DoEmail)); n != before {
			t.Fatal("somebody else's connection woke it")
		}
		must(t, w.Connected(t.Context(), "office|user:2|"))
		must(t, w.Connected(t.Context(), "office|user:2|")) // doubled word does nothing
		synctest.Wait()
		mails := w.post.of(engine.DoEmail)
		if len(mails) != before+1 || mails[before].Attempt != 1 || mails[before].Parked != before || mails[before].Key != mails[0].Key {
			t.Fatalf("mails: %+v", mails[max(0, before-1):])
		}
		if st := w.state(t, id); st.Status != engine.Completed {
			t.Fatalf("instance is %s", st.Status)
		}
		if list, err = w.Waiting(t.Context(), jane, "", 10); err != nil || len(list) != 0 {
			t.Fatalf("then of %+v, %v", list, err)
		}
	})
}

// Waiting does not cost attempts: what comes then may still fail as often as
// the step allows.
func TestWaitingForAConnectionIsNoAttempt(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		there := false
		w.post.does = func(j Job) (Result, error) {
			switch {
			case j.Kind == engine.DoEmail && !there:
				return Result{}, lacks{"office|user:2|", "user:2"}
			case j.Kind == engine.DoEmail:
				return Result{}, &signoff.Error{Kind: signoff.Unavailable, Code: "x", Detail: "away"}
			}
			return Done(nil), nil
		}
		id, _ := w.parkedOne(t)
		for range 5 {
			must(t, w.Connected(t.Context(), "office|user:2|"))
			synctest.Wait()
		}
		w.post.mu.Lock()
		there = true
		w.post.mu.Unlock()
		must(t, w.Connected(t.Context(), "office|user:2|"))
		time.Sleep(time.Hour)
		synctest.Wait()
		st := w.state(t, id)
		if len(st.Incidents) != 1 || st.Incidents[0].Attempts != 3 {
			t.Fatalf("incidents %+v", st.Incidents)
		}
	})
}

func TestWordThatWasLostIsMadeUpFor(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		connect := w.janesMailbox()
		var ids []signoff.InstanceID
		for range 3 {
			id, _ := w.parkedOne(t)
			ids = append(ids, id)
		}
		connect()
		time.Sleep(lookEvery) // nobody says anything
		synctest.Wait()
		for _, id := range ids {
			if st := w.state(t, id); st.Status != engine.Completed {
				t.Fatalf("instance %d is %s: one of the three looks, and wakes the others", id, st.Status)
			}
		}
	})
}

func TestANodeThatHearsOfAConnectionWakesWhatWaits(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		connect := w.janesMailbox()
		first, _ := w.parkedOne(t)
		connect()
		w.heardConnected(store.Hint{Topic: store.TopicConnected, Payload: "office|user:2|"})
		synctest.Wait()
		if st := w.state(t, first); st.Status != engine.Completed {
			t.Fatalf("after a hint it is %s", st.Status)
		}
	})
	inTown(t, approval, func(t *testing.T, w *world) {
		connect := w.janesMailbox()
		second, _ := w.parkedOne(t)
		connect()
		w.heardConnected(store.Hint{Topic: store.TopicConnected, Resync: true})
		synctest.Wait()
		if st := w.state(t, second); st.Status != engine.Completed {
			t.Fatalf("after hints were lost it is %s", st.Status)
		}
	})
}

func TestAnInstanceThatIsCancelledWaitsForNobody(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		connect := w.janesMailbox()
		id, step := w.parkedOne(t)
		_, err := w.Do(t.Context(), ana, id, engine.Cancel{}, "")
		must(t, err)
		if left, err := w.Store.Waitings(t.Context(), id); err != nil || len(left) != 0 {
			t.Fatalf("left: %+v, %v", left, err)
		}
		if list, err := w.Waiting(t.Context(), jane, "", 10); err != nil || len(list) != 0 {
			t.Fatalf("Jane is told of %+v, %v", list, err)
		}
		wantCode(t, w.TryAgain(t.Context(), jane, step), CodeNotParked)
		before := len(w.post.of(engine.DoEmail))
		connect()
		must(t, w.Connected(t.Context(), "office|user:2|"))
		synctest.Wait()
		if n := len(w.post.of(engine.DoEmail)); n != before {
			t.Fatal("a mail of a cancelled instance was sent")
		}
	})
}

// The move's call has a minute and a half, and lacks a connection longer.
func TestABoundaryTimerRunsWhileItsStepWaitsForAConnection(t *testing.T) {
	inTown(t, move, func(t *testing.T, w *world) {
		w.post.does = func(j Job) (Result, error) {
			if j.Kind == engine.DoCall {
				return Result{}, lacks{"news|service|", ""}
			}
			return Done(nil), nil
		}
		id, err := w.Start(t.Context(), ana, StartRequest{Workflow: "move"})
		must(t, err)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if list, err := w.Waiting(t.Context(), admin, "", 10); err != nil || len(list) != 1 || list[0].Who != "" {
			t.Fatalf("an administrator is told of %+v, %v", list, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, k := range w.state(t, id).Tokens {
			if k.Node == "announce" {
				t.Fatal("the timer did not take the step's place")
			}
		}
		if list, err := w.Waiting(t.Context(), admin, "", 10); err != nil || len(list) != 0 {
			t.Fatalf("still told of %+v, %v", list, err)
		}
	})
}

func TestWhatADeletedResourceWouldHaveGivenBecomesAnIncident(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		w.janesMailbox()
		one, _ := w.parkedOne(t)
		two, _ := w.parkedOne(t)
		gone := signoff.Error{Kind: signoff.Unavailable, Code: "oauth-resource-gone", Detail: "the OAuth resource office was deleted", Hint: "make it anew and retry"}
		if n, err := w.Abandon(t.Context(), "offic", gone); n != 0 || err != nil {
			t.Fatalf("another resource: %d, %v", n, err)
		}
		if n, err := w.Abandon(t.Context(), "office", gone); n != 2 || err != nil {
			t.Fatalf("abandoned %d, %v", n, err)
		}
		for _, id := range []signoff.InstanceID{one, two} {
			st := w.state(t, id)
			if len(st.Incidents) != 1 || st.Incidents[0].Code != gone.Code || st.Incidents[0].Cause != gone.Detail || st.Incidents[0].Advice != gone.Hint {
				t.Fatalf("incidents of %d: %+v", id, st.Incidents)
			}
		}
		if _, err := New(w.Config).Abandon(t.Context(), "office", gone); signoff.KindOf(err) != signoff.Unavailable {
			t.Fatalf("a node that is none: %v", err)
		}
		in := w.state(t, one).Incidents[0]
		_, err := w.Do(t.Context(), admin, one, engine.Retry{Incident: in.Seq}, "")
		must(t, err)
		synctest.Wait()
		if list, err := w.Waiting(t.Context(), jane, "", 10); err != nil || len(list) != 1 || list[0].Steps != 1 {
			t.Fatalf("retried, it waits again: %+v, %v", list, err)
		}
	})
}

func TestAStepLooksAgainForWhoeverMaySaySo(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		w.janesMailbox()
		id, step := w.parkedOne(t)
		tries := func() int { synctest.Wait(); return len(w.post.of(engine.DoEmail)) }
		before := tries()
		wantCode(t, w.TryAgain(t.Context(), eve, step), CodeNotParked) // she does not see it
		if err := w.TryAgain(t.Context(), ana, step); signoff.KindOf(err) != signoff.Forbidden {
			t.Fatalf("its starter: %v", err)
		}
		wantCode(t, w.TryAgain(t.Context(), admin, signoff.Serial{Instance: id, Seq: 99}), CodeNotParked)
		wantCode(t, w.TryAgain(t.Context(), admin, signoff.Serial{Instance: 99, Seq: 1}), CodeNotParked)
		if n := tries(); n != before {
			t.Fatalf("refusals led to %d attempts", n-before)
		}
		must(t, w.TryAgain(t.Context(), admin, step))
		must(t, w.TryAgain(t.Context(), admin, step)) // at work already, perhaps
		if n := tries(); n < before+1 {
			t.Fatal("nobody looked")
		}
		before = tries()
		must(t, w.TryAgain(t.Context(), jane, step))
		if n := tries(); n != before+1 {
			t.Fatal("nobody looked for Jane")
		}
	})
}

// An error that names nothing, or too much, could never be met: it is a failure
// like any other.
func TestAWantWithoutAUsableNameIsAFailure(t *testing.T) {
	for name, ok := range map[string]bool{"": false, strings.Repeat("x", maxWantName): true, strings.Repeat("x", maxWantName+1): false} {
		if _, is := wantOf(fmt.Errorf("call: %w", lacks{name, ""})); is != ok {
			t.Errorf("a name of %d bytes: %v", len(name), is)
		}
	}
	if _, is := wantOf(errors.New("x")); is {
		t.Error("an error that says nothing of it")
	}
	if _, is := wantOf(nil); is {
		t.Error("no error")
	}
}

func TestTheListOfWantsIsOnesOwn(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		wants := []lacks{{"office|user:2|", "user:2"}, {"post|service|", ""}, {"post|user:2|", "user:2"}}
		n := 0
		w.post.does = func(j Job) (Result, error) {
			if j.Kind == engine.DoEmail && j.Parked == 0 {
				n++
				return Result{}, wants[n-1]
			}
			return Done(nil), nil
		}
		for range wants {
			w.parkedOne(t)
		}
		boss := jane
		boss.Admin = true
		names := func(by signoff.Caller, after string, limit int) (out []string) {
			list, err := w.Waiting(context.Background(), by, after, limit)
			must(t, err)
			for _, l := range list {
				out = append(out, l.For)
			}
			return out
		}
		for _, c := range []struct {
			by    signoff.Caller
			after string
			limit int
			want  string
		}{
			{jane, "", 10, "[office|user:2| post|user:2|]"},
			{bob, "", 10, "[]"},
			{admin, "", 10, "[post|service|]"},
			{boss, "", 10, "[office|user:2| post|service| post|user:2|]"},
			{boss, "", 2, "[office|user:2| post|service|]"},
			{boss, "post|service|", 2, "[post|user:2|]"},
			{signoff.Caller{}, "", 10, "[]"},
		} {
			if got := fmt.Sprint(names(c.by, c.after, c.limit)); got != c.want {
				t.Errorf("%s after %q: %s, want %s", c.by.Login, c.after, got, c.want)
			}
		}
	})
}

// Between an attempt's look for a token and the commit that parks it there is
// time enough to connect an account.
func TestAConnectionGivenWhileItIsFoundLackingIsNotMissed(t *testing.T) {
	for _, heard := range []bool{false, true} {
		inTown(t, approval, func(t *testing.T, w *world) {
			given := false
			w.post.does = func(j Job) (Result, error) {
				if j.Kind != engine.DoEmail || given {
					return Done(nil), nil
				}
				given = true // from now on, but this attempt has looked already
				if heard {
					w.heardConnected(store.Hint{Topic: store.TopicConnected, Payload: "office|user:2|"})
				} else {
					must(t, w.Connected(t.Context(), "office|user:2|"))
				}
				return Result{}, lacks{"office|user:2|", "user:2"}
			}
			id := w.start(t)
			w.act(t, jane, id, "Approve")
			synctest.Wait()
			if st := w.state(t, id); st.Status != engine.Completed {
				t.Fatalf("heard %v: the instance is %s, and nothing will wake it for minutes", heard, st.Status)
			}
		})
	}
}
