// Package storetest holds what every database under package store must do. Done
// means: Run passes on it.
package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// Run tests the databases that open makes: a new, empty one each time.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	for name, test := range map[string]func(*testing.T, *store.Store){
		"a step is stored whole and read back":               steps,
		"a stale step changes nothing":                       stale,
		"one of many who act on the same revision wins":      race,
		"a request under one key happens once":               once,
		"worklist pages hold each task once, newest first":   pages,
		"rows move between shelves and counts follow":        shelves,
		"due commands are taken once, until the lease ends":  leases,
		"what an ended step had asked for is taken back":     dropped,
		"timers come due in order and can be put off":        timers,
		"a timer is put off by whoever has it":               deferredLate,
		"a node that falls silent is found dead once":        nodes,
		"what nodes had that nobody knows is free":           lostNodes,
		"a lease is one node's at a time":                    oneHolder,
		"workflows get versions, and the same file does not": versions,
		"rights are replaced as a whole":                     rights,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range answerTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range attachmentTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range rightsTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range scimTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range apiTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range oauthTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range parkingTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range serviceTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range bulkTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range calendarTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, test := range retentionTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// saga builds instances fact by fact, as the engine would.
type saga struct {
	t    *testing.T
	s    *store.Store
	in   store.Instance
	once store.Once

	content []byte // of the file the next step adds
}

func begin(t *testing.T, s *store.Store, facts ...engine.Fact) *saga {
	id, err := s.NewInstance(t.Context())
	must(t, err)
	g := &saga{t: t, s: s, in: store.Instance{ID: id, Workflow: 1, Version: 1}}
	ana := signoff.Person{Principal: "user:1", Name: "Ana"}
	first := engine.Fact{Kind: engine.Started, Instance: g.in.ID, Folio: fmt.Sprintf("Request %d", g.in.ID), Priority: 1, Starter: &ana, By: "user:1"}
	g.must(append([]engine.Fact{first}, facts...))
	return g
}

func (g *saga) step(facts []engine.Fact, commands ...store.Outgoing) error {
	st := store.Step{Instance: g.in.ID, Rev: g.in.Rev, Workflow: g.in.Workflow, Version: g.in.Version, Before: g.in.State, Commands: commands, Once: g.once, Content: g.content}
	st.After = st.Before
	for i := range facts {
		facts[i].Seq = st.After.Facts + 1
		if facts[i].At.IsZero() {
			facts[i].At = noon.Add(time.Duration(g.in.ID) * time.Minute)
		}
		st.After = engine.Apply(st.After, facts[i])
	}
	st.Facts = facts
	return g.s.Commit(g.t.Context(), &st)
}

// must commits a step and reads back what it led to.
func (g *saga) must(facts []engine.Fact, commands ...store.Outgoing) {
	g.t.Helper()
	must(g.t, g.step(facts, commands...))
	in, err := g.s.Instance(g.t.Context(), g.in.ID)
	must(g.t, err)
	must(g.t, g.s.Audit(g.t.Context(), in.ID))
	g.in = in
}

func offer(seq int, to ...signoff.Principal) engine.Fact {
	return engine.Fact{Kind: engine.TaskOffered, Ref: seq, Node: "approve", Title: "Approve", To: to, Priority: 1}
}

func ended() engine.Fact { return engine.Fact{Kind: engine.Ended, Status: engine.Completed} }

func steps(t *testing.T, s *store.Store) {
	due := noon.Add(time.Hour)
	g := begin(t, s, offer(2, "user:2", "group:9"), engine.Fact{Kind: engine.TimerSet, Ref: 3, Node: "approve", Subject: 2, Due: &due, TimerFor: engine.ForDeadline})
	g.must([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Node: "approve", Action: "Approve", Outcome: "Approve", By: "user:2"},
		{Kind: engine.TimerCleared, Ref: 3}, ended()})
	in, err := s.Instance(t.Context(), g.in.ID)
	must(t, err)
	if in.Rev != 2 || in.State.Status != engine.Completed || in.State.Tasks[0].Outcome != "Approve" {
		t.Fatalf("got %+v", in)
	}
	facts, err := s.Facts(t.Context(), g.in.ID, 3, 10)
	must(t, err)
	if len(facts) != 3 || facts[0].Seq != 4 {
		t.Fatalf("history from the fourth fact on: %+v", facts)
	}
	decided, err := s.Decided(t.Context(), "user:2", store.Mark{}, 10)
	must(t, err)
	if len(decided) != 1 || decided[0].Folio != "Request 1" || decided[0].Outcome != "Approve" {
		t.Fatalf("decided: %+v", decided)
	}
	_, err = s.Instance(t.Context(), 99)
	if signoff.KindOf(err) != signoff.NotFound {
		t.Fatalf("got %v", err)
	}
}

func stale(t *testing.T, s *store.Store) {
	g := begin(t, s, offer(2, "user:2"))
	old := *g
	g.must([]engine.Fact{{Kind: engine.TaskClaimed, Ref: 2, By: "user:2"}})
	err := old.step([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Outcome: "Reject", By: "user:2"}},
		store.Outgoing{Command: engine.Command{Key: "1_9/email", Kind: engine.DoEmail}, Due: noon})
	if !errors.Is(err, store.ErrStale) {
		t.Fatalf("got %v", err)
	}
	must(t, s.Audit(t.Context(), g.in.ID))
	if left, err := s.Waitings(t.Context(), g.in.ID); err != nil || len(left) != 0 {
		t.Fatalf("outbox: %+v, %v", left, err)
	}
}

func race(t *testing.T, s *store.Store) {
	g := begin(t, s, offer(2, "user:2"))
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		mine := *g
		wg.Go(func() {
			err := mine.step([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Outcome: "Approve", By: "user:2"}, ended()})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, store.ErrStale):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d won", won.Load())
	}
	must(t, s.Audit(t.Context(), g.in.ID))
	must(t, s.AuditCounts(t.Context()))
}

func once(t *testing.T, s *store.Store) {
	key := store.Once{Key: "user:1 abc", Digest: "d1", At: noon}
	must(t, s.Done(t.Context(), key))
	g := begin(t, s, offer(2, "user:2"))
	g.once = key
	g.must([]engine.Fact{{Kind: engine.TaskClaimed, Ref: 2, By: "user:2"}})
	for name, err := range map[string]error{"asked before": s.Done(t.Context(), key),
		"found out at the commit": g.step([]engine.Fact{{Kind: engine.TaskReleased, Ref: 2, By: "user:2"}})} {
		done, ok := errors.AsType[*store.OnceDone](err)
		if !ok || done.Instance != g.in.ID {
			t.Errorf("%s: got %v", name, err)
		}
	}
	must(t, s.Audit(t.Context(), g.in.ID))
	if err := s.Done(t.Context(), store.Once{Key: key.Key, Digest: "d2"}); signoff.KindOf(err) != signoff.Conflict {
		t.Errorf("another request under the key: %v", err)
	}
	if n, err := s.ForgetOnce(t.Context(), noon.Add(time.Second), 10); err != nil || n != 1 {
		t.Fatalf("forgot %d, %v", n, err)
	}
	must(t, s.Done(t.Context(), key))
}

// mergedPages reads several shelves as one list: each task comes once, with all
// its rows, however the pages are cut.
func mergedPages(t *testing.T, s *store.Store, order store.Order) {
	var groups []signoff.Principal
	first := 100
	if order == store.OldestFirst {
		first = 200
	}
	walks := []store.Walk{{Principal: "group:100", Shelf: store.Asleep}}
	for i := range 12 {
		groups = append(groups, signoff.Principal(fmt.Sprintf("group:%d", first+i)))
		walks = append(walks, store.Walk{Principal: groups[i]})
	}
	after := func(a, b store.Mark) bool { return a.After(b) == (order == store.NewestFirst) && a != b }
	rowsOf := map[signoff.Serial]int{}
	for i := range groups {
		g := begin(t, s, offer(2, groups[:i+1]...), offer(3, groups[i]))
		rowsOf[signoff.Serial{Instance: g.in.ID, Seq: 2}], rowsOf[signoff.Serial{Instance: g.in.ID, Seq: 3}] = i+1, 1
	}
	behind, more := store.Mark{}, true
	for n := 0; more; n++ {
		var rows []store.WorklistRow
		var err error
		rows, more, err = s.WorklistPage(t.Context(), walks, order, behind, 2)
		must(t, err)
		if len(rows) == 0 && more || n > 100 {
			t.Fatalf("page %d is empty and not the last", n)
		}
		for i, r := range rows {
			if i > 0 && rows[i-1].Mark() != r.Mark() && !after(r.Mark(), rows[i-1].Mark()) || !after(r.Mark(), behind) && behind != (store.Mark{}) {
				t.Fatalf("%v stands in the wrong place", r)
			}
			rowsOf[r.Serial]--
		}
		if len(rows) > 0 {
			behind = rows[len(rows)-1].Mark()
		}
	}
	for serial, left := range rowsOf {
		if left != 0 {
			t.Errorf("of task %s %d rows are missing", serial, left)
		}
	}
}

func pages(t *testing.T, s *store.Store) {
	const n = 25
	for range n {
		begin(t, s, offer(2, "user:2"), offer(3, "user:2"))
	}
	var all []signoff.Serial
	behind := store.Mark{}
	for range 10 {
		rows, _, err := s.WorklistPage(t.Context(), []store.Walk{{Principal: "user:2"}}, store.NewestFirst, behind, 7)
		must(t, err)
		for _, r := range rows {
			all = append(all, r.Serial)
			behind = r.Mark()
		}
	}
	if len(all) != 2*n || !slices.IsSortedFunc(all, func(a, b signoff.Serial) int {
		return int(b.Instance-a.Instance)*10 + b.Seq - a.Seq
	}) {
		t.Fatalf("%d rows: %v", len(all), all)
	}
	if c, err := s.WorklistCount(t.Context(), "user:2", store.ToDo); err != nil || c != 2*n {
		t.Fatalf("count %d, %v", c, err)
	}
	mergedPages(t, s, store.NewestFirst)
	mergedPages(t, s, store.OldestFirst)
	if rows, _, err := s.WorklistPage(t.Context(), []store.Walk{{Principal: "user:3"}}, store.NewestFirst, store.Mark{}, 7); err != nil || len(rows) != 0 {
		t.Fatalf("somebody else has %v, %v", rows, err)
	}
}

func shelves(t *testing.T, s *store.Store) {
	closed := offer(2, "user:2", "group:9")
	closed.Claiming = true
	g := begin(t, s, closed)
	until := noon.Add(24 * time.Hour)
	want := func(counts map[signoff.Principal][3]int) {
		t.Helper()
		for p, shelf := range counts {
			for i, n := range shelf {
				if c, err := s.WorklistCount(t.Context(), p, store.Shelf(i)); err != nil || c != n {
					t.Errorf("%s has %d on shelf %d, want %d (%v)", p, c, i, n, err)
				}
			}
		}
		must(t, s.AuditCounts(t.Context()))
	}
	want(map[signoff.Principal][3]int{"user:2": {1, 0, 0}, "group:9": {1, 0, 0}, "user:3": {}})
	g.must([]engine.Fact{{Kind: engine.TaskClaimed, Ref: 2, By: "user:3"}}) // through the group
	want(map[signoff.Principal][3]int{"user:2": {0, 1, 0}, "group:9": {0, 1, 0}, "user:3": {1, 0, 0}})
	g.must([]engine.Fact{{Kind: engine.TaskReleased, Ref: 2, By: "user:3"}})
	want(map[signoff.Principal][3]int{"user:2": {1, 0, 0}, "group:9": {1, 0, 0}, "user:3": {}})
	g.must([]engine.Fact{{Kind: engine.TaskSlept, Ref: 2, By: "user:3", Due: &until}})
	want(map[signoff.Principal][3]int{"user:2": {1, 0, 0}, "group:9": {1, 0, 0}, "user:3": {0, 0, 1}})
	g.must([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Outcome: "Approve", By: "user:2"}, ended()})
	want(map[signoff.Principal][3]int{"user:2": {}, "group:9": {}, "user:3": {}})

	g = begin(t, s, offer(2, "user:2", "group:9")) // a claim only marks this one
	g.must([]engine.Fact{{Kind: engine.TaskClaimed, Ref: 2, By: "user:3"}})
	want(map[signoff.Principal][3]int{"user:2": {1, 0, 0}, "group:9": {1, 0, 0}, "user:3": {1, 0, 0}})
	g.must([]engine.Fact{{Kind: engine.TaskSlept, Ref: 2, By: "user:2", Due: &until}})
	want(map[signoff.Principal][3]int{"user:2": {0, 0, 1}, "group:9": {1, 0, 0}, "user:3": {1, 0, 0}})
	if rows, _, err := s.WorklistPage(t.Context(), []store.Walk{{Principal: "group:9"}}, store.NewestFirst, store.Mark{}, 7); err != nil || len(rows) != 1 || rows[0].Claimed != "user:3" {
		t.Errorf("the group's rows: %+v, %v", rows, err)
	}
	g.must([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Outcome: "Approve", By: "user:2"}, ended()})
	want(map[signoff.Principal][3]int{"user:2": {}, "group:9": {}, "user:3": {}})
}

func email(key string, ref int) store.Outgoing {
	return store.Outgoing{Command: engine.Command{Key: key, Kind: engine.DoEmail, Ref: ref, Email: &engine.Email{Subject: "Hello"}}, Due: noon}
}

func asked(seq int) engine.Fact {
	return engine.Fact{Kind: engine.EffectRequested, Node: "mail", Ref: seq, Effect: "email"}
}

func leases(t *testing.T, s *store.Store) {
	ctx := t.Context()
	g := begin(t, s)
	g.must([]engine.Fact{asked(2)}, email("1_2/email", 2))
	take := func(who string, at time.Time) []store.Job {
		jobs, err := s.TakeJobs(ctx, who, engine.DoEmail, at, time.Minute, 10)
		must(t, err)
		return jobs
	}
	if jobs := take("a", noon.Add(-time.Second)); len(jobs) != 0 {
		t.Fatalf("taken before it was due: %+v", jobs)
	}
	if jobs := take("a", noon); len(jobs) != 1 || jobs[0].Attempt != 1 || jobs[0].Command.Email.Subject != "Hello" {
		t.Fatalf("taken: %+v", jobs)
	}
	if jobs := take("b", noon.Add(59*time.Second)); len(jobs) != 0 {
		t.Fatalf("taken twice: %+v", jobs)
	}
	if jobs := take("b", noon.Add(time.Minute)); len(jobs) != 1 || jobs[0].Attempt != 2 {
		t.Fatalf("after the lease: %+v", jobs)
	}
	must(t, s.Leave(ctx, "b", noon))
	hold := take("a", noon)[0].Hold()
	must(t, s.RetryJob(ctx, hold, noon.Add(time.Hour), "away"))
	if due, err := s.NextJob(ctx, engine.DoEmail); err != nil || !due.Equal(noon.Add(time.Hour)) {
		t.Fatalf("next is due %v, %v", due, err)
	}
	must(t, s.ParkJob(ctx, take("a", noon.Add(time.Hour))[0].Hold()))
	if jobs := take("a", noon.Add(1000*time.Hour)); len(jobs) != 0 {
		t.Fatalf("a parked command was taken: %+v", jobs)
	}
	must(t, s.DoneJobs(ctx, "1_2/email"))
	if _, err := s.Job(ctx, "1_2/email"); signoff.KindOf(err) != signoff.NotFound {
		t.Fatalf("got %v", err)
	}
}

func dropped(t *testing.T, s *store.Store) {
	g := begin(t, s)
	g.must([]engine.Fact{asked(2), asked(20)}, email("1_2/email", 2), email("1_20/email", 20))
	other := begin(t, s) // its keys begin with the same digits
	other.in.ID = 2
	other.must([]engine.Fact{asked(2)}, email("2_2/email", 2))
	g.must([]engine.Fact{{Kind: engine.EffectDropped, Ref: 2}})
	left, err := s.Waitings(t.Context(), 1)
	must(t, err)
	if len(left) != 1 || left[0].Key != "1_20/email" {
		t.Fatalf("left: %+v", left)
	}
	if left, err := s.Waitings(t.Context(), 2); err != nil || len(left) != 1 {
		t.Fatalf("the other instance's: %+v, %v", left, err)
	}
	about := func(key string, task int) store.Outgoing {
		return store.Outgoing{Command: engine.Command{Key: key, Kind: engine.DoNotify, Ref: task, Notify: &engine.Notify{}}, Due: noon}
	}
	third := begin(t, s)
	id := fmt.Sprint(third.in.ID)
	third.must([]engine.Fact{offer(2, "user:2"), offer(3, "user:2"), offer(21, "user:2")},
		about(id+"_2/notify", 2), about(id+"_2/notify/9", 2), about(id+"_3/notify", 3), about(id+"_21/notify", 21))
	third.must([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Outcome: "Approve", By: "user:2"}, {Kind: engine.TaskWithdrawn, Ref: 3}})
	left, err = s.Waitings(t.Context(), third.in.ID)
	must(t, err)
	if len(left) != 1 || left[0].Key != id+"_21/notify" {
		t.Fatalf("about closed tasks: %+v", left)
	}
}

func timers(t *testing.T, s *store.Store) {
	ctx := t.Context()
	at := func(h int) *time.Time { d := noon.Add(time.Duration(h) * time.Hour); return &d }
	set := func(seq int, due *time.Time) engine.Fact {
		return engine.Fact{Kind: engine.TimerSet, Ref: seq, Node: "wait", Due: due, TimerFor: engine.ForEvent}
	}
	begin(t, s, set(2, at(3)), set(3, at(1)))
	begin(t, s, set(2, at(2)))
	if next, err := s.NextTimer(ctx); err != nil || !next.Equal(*at(1)) {
		t.Fatalf("next %v, %v", next, err)
	}
	due, err := s.DueTimers(ctx, *at(2), 10)
	must(t, err)
	if len(due) != 2 || due[0].Serial.String() != "1_3" || due[1].Serial.String() != "2_2" {
		t.Fatalf("due: %+v", due)
	}
	must(t, s.DeferTimer(ctx, due[0], *at(5)))
	must(t, s.DropTimer(ctx, due[1].Serial))
	due, err = s.DueTimers(ctx, *at(5), 10)
	must(t, err)
	if len(due) != 2 || due[0].Serial.String() != "1_2" || due[1].Attempt != 1 {
		t.Fatalf("due later: %+v", due)
	}
}

func versions(t *testing.T, s *store.Store) {
	ctx := t.Context()
	deploy := func(digest string) (store.Version, bool) {
		v, made, err := s.Deploy(ctx, store.Deployment{Key: "leave", Name: "Leave " + digest, XML: []byte("<" + digest + "/>"), Digest: digest, At: noon, By: "user:1",
			First: []access.Grant{{Who: signoff.Everyone, Right: access.Start}}})
		must(t, err)
		return v, made
	}
	one, made := deploy("a")
	if !made || one.Number != 1 {
		t.Fatalf("first: %+v", one)
	}
	if again, made := deploy("a"); made || again.ID != one.ID {
		t.Fatalf("the same file made %+v", again)
	}
	if two, made := deploy("b"); !made || two.Number != 2 || two.Workflow != one.Workflow {
		t.Fatalf("second: %+v", two)
	}
	must(t, s.SetDefault(ctx, one.Workflow, 1, "Leave a", "", "", store.Starts{}, store.Change{By: "user:1", How: "session"}, noon))
	must(t, s.SetDefault(ctx, one.Workflow, 1, "Leave a", "", "", store.Starts{}, store.Change{By: "user:1"}, noon))
	notes, err := s.Changes(ctx, store.ChangeFilter{What: "default-version"}, 0, 10)
	must(t, err)
	if len(notes) != 1 || notes[0].By != "user:1" || notes[0].How != "session" || notes[0].Subject != "leave" ||
		string(notes[0].Before) != `{"version":2}` || string(notes[0].After) != `{"version":1}` {
		t.Fatalf("on record: %+v", notes)
	}
	w, err := s.WorkflowByKey(ctx, "leave")
	must(t, err)
	if w.Default.ID != one.ID || w.Name != "Leave a" || !w.Default.DeployedAt.Equal(noon) {
		t.Fatalf("default: %+v", w)
	}
	if three, made := deploy("b"); !made || three.Number != 3 {
		t.Fatalf("a file that is not the default one made %+v", three)
	}
	if _, xml, err := s.VersionXML(ctx, one.ID); err != nil || string(xml) != "<a/>" {
		t.Fatalf("file: %s, %v", xml, err)
	}
	if err := s.SetDefault(ctx, one.Workflow, 9, "", "", "", store.Starts{}, store.Change{}, noon); signoff.KindOf(err) != signoff.NotFound {
		t.Fatalf("got %v", err)
	}
}

func rights(t *testing.T, s *store.Store) {
	ctx := t.Context()
	v, _, err := s.Deploy(ctx, store.Deployment{Key: "leave", Name: "Leave", XML: []byte("<a/>"), Digest: "a", At: noon, First: []access.Grant{{Who: signoff.Everyone, Right: access.Start}}})
	must(t, err)
	now := []access.Grant{{Who: "group:9", Right: access.View}, {Who: "user:2", Right: access.Administer}}
	_, err = s.ChangeGrants(ctx, store.Place{Workflow: v.Workflow}, store.Change{What: "right", Subject: "workflow:leave"},
		func([]access.Grant) ([]access.Grant, error) { return now, nil })
	must(t, err)
	all, err := s.Grants(ctx)
	must(t, err)
	if !slices.Equal(all[v.Workflow], now) {
		t.Fatalf("got %+v", all)
	}
}

// Fill puts something into every part of a store. It may be called again.
func Fill(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	id, err := s.NewInstance(ctx)
	must(t, err)
	s.ReturnInstance(id)
	name := fmt.Sprint(id)
	v, _, err := s.Deploy(ctx, store.Deployment{Key: "leave" + name, Name: "Leave", XML: []byte("<\x00\xff/>"), Digest: "a", At: noon, By: "user:1",
		First: []access.Grant{{Who: signoff.Everyone, Right: access.Start}}})
	must(t, err)
	due := noon.Add(time.Hour)
	must(t, s.SetKeepDays(ctx, v.Workflow, 1))
	over(t, s, v.Workflow, noon)
	if n, err := s.Retain(ctx, noon.AddDate(0, 0, 2)); err != nil || n == 0 {
		t.Fatalf("%d removed, %v", n, err)
	}
	_, err = s.PlaceHold(ctx, store.LegalHold{Workflow: v.Workflow, Reason: "a lawsuit", Placed: noon, PlacedBy: "user:1"})
	must(t, err)
	g := begin(t, s, offer(2, "user:2", "group:9"), engine.Fact{Kind: engine.TimerSet, Ref: 3, Node: "approve", Subject: 2, Due: &due, TimerFor: engine.ForDeadline})
	g.add(4, 2, "quote.pdf", []byte("%PDF-\x00\xff"), "user:2", "")
	g.once = store.Once{Key: "user:1 " + name, Digest: "d1", At: noon}
	g.must([]engine.Fact{asked(5)}, email(name+"_5/email", 5))
	several := offer(2, "user:2", "user:3")
	several.Slots = 2
	begin(t, s, several).must([]engine.Fact{answer(2, "user:2", "Approve", noon)})
	a, err := s.CreateAccount(ctx, store.Account{Login: "ana" + name, Name: "Ana", Addresses: []store.Address{{Key: "ana@x" + name, Text: "Ana@x"}}, Words: []string{"ana"}}, "hash")
	must(t, err)
	group, err := s.CreateGroup(ctx, store.Group{Name: "Finance", Key: "finance" + name, Words: []string{"finance"}})
	must(t, err)
	must(t, s.SetMember(ctx, group.ID, a.ID, true))
	fillIdentities(t, s, a, group, name)
	fillDirectories(t, s, name)
	fillRights(t, s, group, name)
	fillServices(t, s, name)
	fillMessages(t, s, name)
	fillAway(t, s, a.ID, name)
	fillBulk(t, s, name)
	fillMigration(t, s, name)
	fillOAuth(t, s, name)
	must(t, s.CreateSession(ctx, store.Session{Token: "t" + name, Account: a.ID, Expires: noon, Data: []byte{0, 1}}, noon.Add(-time.Hour)))
	_, err = s.Install(ctx, "key"+name, "fingerprint")
	must(t, err)
	must(t, s.KeepGuesses(ctx, []store.Guess{{Key: "k" + name, Wrong: 2, Until: noon}}))
	mail := store.OutMail{Key: name + "/m", Instance: id, To: "a@x", Subject: "s", MessageID: "<" + name + "@x>", Created: noon, Raw: []byte("raw")}
	sent := mail
	sent.Key, sent.MessageID = name+"/n", "<"+name+"n@x>"
	must(t, s.QueueMail(ctx, []store.OutMail{sent}, []store.ReplyAddress{{Hash: "h" + name, MessageID: sent.MessageID, Instance: id, Task: 2, Principal: "user:2", Expires: noon}}))
	lease, _, err := s.Acquire(ctx, store.MailLease, "a", noon, noon.Add(time.Hour))
	must(t, err)
	taken, err := s.TakeMail(ctx, lease, store.Senders{}, noon, 1)
	must(t, err)
	must(t, s.SettleMail(ctx, taken[0], store.MailSent, noon, time.Time{}, ""))
	must(t, s.QueueMail(ctx, []store.OutMail{mail}, nil))
	_, err = s.RecordMail(ctx, store.InMail{Digest: "d" + name, At: noon, From: "a@x"}, nil, store.AdviceLimit{})
	must(t, err)
	if v.ID == 0 {
		t.Fatal("nothing was deployed")
	}
}
