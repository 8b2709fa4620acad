package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

var parkingTests = map[string]func(*testing.T, *store.Store){
	"what lacks something waits until it is there":    parked,
	"word that was lost is looked for by one of many": looked,
	"what nobody will give any more is taken away":    abandoned,
	"a retried step starts with a clean sheet":        parkedAndRetried,
}

var (
	janes = store.Want{For: "office|user:2|", Who: "user:2", Why: "Jane has to connect"}
	bobs  = store.Want{For: "office|user:3|", Who: "user:3", Why: "Bob has to connect"}
	ours  = store.Want{For: "officer|service|", Who: "", Why: "an administrator has to connect"}
)

// wait makes an instance with one command that lacks something.
func wait(t *testing.T, s *store.Store, w store.Want, at time.Time) (*saga, store.Job) {
	t.Helper()
	g := begin(t, s)
	key := fmt.Sprintf("%d_2/email", g.in.ID)
	g.must([]engine.Fact{asked(2)}, email(key, 2))
	jobs, err := s.TakeJobs(t.Context(), "a", engine.DoEmail, noon, time.Hour, 10)
	must(t, err)
	if len(jobs) != 1 || jobs[0].Command.Key != key || jobs[0].WaitsFor != "" {
		t.Fatalf("taken: %+v", jobs)
	}
	must(t, s.ParkFor(t.Context(), jobs[0].Hold(), w, at))
	return g, jobs[0]
}

func wanted(t *testing.T, list []store.Wanted, err error, want ...store.Wanted) {
	t.Helper()
	must(t, err)
	if len(list) != len(want) || len(want) > 0 && !reflect.DeepEqual(list, want) {
		t.Fatalf("wanted %+v, want %+v", list, want)
	}
}

func parked(t *testing.T, s *store.Store) {
	ctx := t.Context()
	g, job := wait(t, s, janes, noon)
	wait(t, s, janes, noon.Add(time.Minute))
	wait(t, s, bobs, noon)
	wait(t, s, ours, noon)
	if jobs, err := s.TakeJobs(ctx, "a", engine.DoEmail, noon.Add(1000*time.Hour), time.Hour, 10); err != nil || len(jobs) > 0 {
		t.Fatalf("taken while it lacks something: %+v, %v", jobs, err)
	}
	if err := s.ParkFor(ctx, job.Hold(), janes, noon); !errors.Is(err, store.ErrNotHeld) {
		t.Fatalf("parked twice: %v", err)
	}
	all, err := s.Wanted(ctx, "", 10)
	two := store.Wanted{Want: janes, Steps: 2, Since: noon}
	wanted(t, all, err, store.Wanted{Want: ours, Steps: 1, Since: noon}, two, store.Wanted{Want: bobs, Steps: 1, Since: noon})
	all, err = s.Wanted(ctx, janes.For, 1)
	wanted(t, all, err, store.Wanted{Want: bobs, Steps: 1, Since: noon})
	all, err = s.WantedOf(ctx, "user:2", "", 10)
	wanted(t, all, err, two)
	all, err = s.WantedOf(ctx, "user:2", janes.For, 10)
	wanted(t, all, err)
	all, err = s.WantedOf(ctx, "", "", 10)
	wanted(t, all, err, store.Wanted{Want: ours, Steps: 1, Since: noon})
	left, err := s.Waitings(ctx, g.in.ID)
	must(t, err)
	if len(left) != 1 || left[0].Want != janes || !left[0].Since.Equal(noon) || !left[0].Due.IsZero() || left[0].Attempt != 0 {
		t.Fatalf("waiting: %+v", left)
	}
	for i, n := range []int{1, 1, 0} { // one at a time
		if kinds, err := s.Unpark(ctx, janes.For, noon.Add(time.Hour), 1); err != nil || kinds[engine.DoEmail] != n {
			t.Fatalf("unparked %v the %d. time: %v", kinds, i+1, err)
		}
	}
	jobs, err := s.TakeJobs(ctx, "a", engine.DoEmail, noon.Add(time.Hour), time.Hour, 10)
	must(t, err)
	if len(jobs) != 2 || jobs[0].Attempt != 2 || jobs[0].Parked != 1 || jobs[0].WaitsFor != "" {
		t.Fatalf("taken: %+v", jobs)
	}
	if left, err := s.Waitings(ctx, g.in.ID); err != nil || left[0].Want != (store.Want{}) || left[0].Attempt != 1 || !left[0].Since.IsZero() {
		t.Fatalf("while it is carried out: %+v, %v", left, err)
	}
	g.must([]engine.Fact{{Kind: engine.EffectDropped, Ref: 2}})
	if err := s.ParkFor(ctx, jobs[0].Hold(), janes, noon); !errors.Is(err, store.ErrNotHeld) {
		t.Fatalf("parked after its step was ended: %v", err)
	}
}

func looked(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one, _ := wait(t, s, janes, noon)
	wait(t, s, janes, noon)
	wait(t, s, bobs, noon)
	next, kinds, err := s.LookParked(ctx, "", noon, 1)
	must(t, err)
	if next != janes.For || kinds[engine.DoEmail] != 1 {
		t.Fatalf("looked for %v, next %q", kinds, next)
	}
	if next, kinds, err = s.LookParked(ctx, next, noon, 2); err != nil || next != "" || kinds[engine.DoEmail] != 1 {
		t.Fatalf("then for %v, next %q, %v", kinds, next, err)
	}
	if _, kinds, err = s.LookParked(ctx, "", noon, 10); err != nil || len(kinds) != 0 {
		t.Fatalf("looked twice at once: %v, %v", kinds, err)
	}
	if kinds, err := s.Unpark(ctx, janes.For, noon, 10); err != nil || kinds[engine.DoEmail] != 1 {
		t.Fatalf("the other of the two: %v, %v", kinds, err)
	}
	jobs, err := s.TakeJobs(ctx, "a", engine.DoEmail, noon, time.Hour, 10)
	must(t, err)
	if len(jobs) != 3 {
		t.Fatalf("taken: %+v", jobs)
	}
	for _, j := range jobs {
		if looks := j.Instance != 2; looks != (j.WaitsFor != "") {
			t.Errorf("instance %d waits for %q", j.Instance, j.WaitsFor)
		}
		must(t, s.ParkFor(ctx, j.Hold(), janes, noon.Add(time.Hour)))
	}
	left, err := s.Waitings(ctx, one.in.ID)
	must(t, err)
	if !left[0].Since.Equal(noon) {
		t.Fatalf("it lacked the same thing all the time, and says since %v", left[0].Since)
	}
	serial := signoff.Serial{Instance: one.in.ID, Seq: 2}
	for _, n := range []int{1, 0} {
		if kinds, err := s.UnparkStep(ctx, serial, noon); err != nil || kinds[engine.DoEmail] != n {
			t.Fatalf("one step: %v, %v, want %d", kinds, err, n)
		}
	}
}

func abandoned(t *testing.T, s *store.Store) {
	ctx := t.Context()
	wait(t, s, janes, noon)
	wait(t, s, bobs, noon)
	wait(t, s, ours, noon) // of another resource, whose name begins the same
	jobs, err := s.TakeParked(ctx, "b", "office", noon, time.Hour, 10)
	must(t, err)
	if len(jobs) != 2 || jobs[0].Holder != "b" || jobs[0].Attempt != 2 || jobs[0].Parked != 1 || jobs[0].WaitsFor == "" {
		t.Fatalf("taken: %+v", jobs)
	}
	if again, err := s.TakeParked(ctx, "c", "office", noon, time.Hour, 10); err != nil || len(again) > 0 {
		t.Fatalf("taken twice: %+v, %v", again, err)
	}
	must(t, s.DropJob(ctx, jobs[0].Hold()))
}

func parkedAndRetried(t *testing.T, s *store.Store) {
	ctx := t.Context()
	g, _ := wait(t, s, janes, noon)
	left := func() store.Waiting {
		t.Helper()
		all, err := s.Waitings(ctx, g.in.ID)
		must(t, err)
		return all[0]
	}
	kinds, err := s.UnparkStep(ctx, signoff.Serial{Instance: g.in.ID, Seq: 2}, noon)
	if err != nil || kinds[engine.DoEmail] != 1 {
		t.Fatalf("%v, %v", kinds, err)
	}
	jobs, err := s.TakeJobs(ctx, "a", engine.DoEmail, noon, time.Hour, 1)
	must(t, err)
	must(t, s.RetryJob(ctx, jobs[0].Hold(), noon.Add(time.Hour), "away")) // so the connection is there
	if w := left(); w.Want != (store.Want{}) || w.Attempt != 1 || w.LastError != "away" {
		t.Fatalf("after a failure: %+v", w)
	}
	jobs, err = s.TakeJobs(ctx, "a", engine.DoEmail, noon.Add(time.Hour), time.Hour, 1)
	must(t, err)
	must(t, s.ParkFor(ctx, jobs[0].Hold(), bobs, noon))
	g.must([]engine.Fact{{Kind: engine.Commented, Text: "x"}}, email(fmt.Sprintf("%d_2/email", g.in.ID), 2)) // handed out again under its key
	if w := left(); w.Want != (store.Want{}) || w.Attempt != 0 || w.Due.IsZero() {
		t.Fatalf("asked for again: %+v", w)
	}
}
