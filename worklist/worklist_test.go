package worklist

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

func caller(n int, login string, groups ...signoff.Principal) signoff.Caller {
	return signoff.Caller{Person: signoff.Person{Principal: signoff.Principal(fmt.Sprintf("user:%d", n)), Login: login, Name: login},
		Groups: append(groups, signoff.Everyone), How: "test"}
}

var (
	ana  = caller(1, "ana")
	jane = caller(2, "jane", "group:9")
	bob  = caller(3, "bob", "group:9")
	eve  = caller(4, "eve")
)

type town struct{}

func (town) Resolve(_ context.Context, names []string) (engine.People, error) {
	out := engine.People{}
	for _, c := range []signoff.Caller{ana, jane, bob, eve} {
		out[c.Login] = []signoff.Person{c.Person}
	}
	out["group:Finance"] = []signoff.Person{{Principal: "group:9", Name: "Finance"}}
	return out, nil
}

// office is a worklist over a store of its own whose clock the test moves.
type office struct {
	*Worklist
	t   *testing.T
	now time.Time
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { o.now = o.now.Add(time.Second); return o.now }
	s, err := store.Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	lib := library.New(s, clock)
	for key, file := range map[string]string{"approval": "approval", "travel": "approval", "open": "approval", "dead": "dead-end", "votes": "votes"} {
		xml, err := os.ReadFile(filepath.Join("testdata", file+".bpmn"))
		must(t, err)
		_, err = lib.Deploy(t.Context(), access.System, []byte(strings.NewReplacer("KEY", key, "CLAIMING", fmt.Sprint(key != "open")).Replace(string(xml))))
		must(t, err)
	}
	o.Worklist = &Worklist{Store: s, Library: lib, Runner: runner.New(runner.Config{Store: s, Library: lib, Directory: town{}, Now: clock})}
	return o
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) start(workflow string, priority int) signoff.InstanceID {
	o.t.Helper()
	id, err := o.Runner.Start(o.t.Context(), ana, runner.StartRequest{Workflow: workflow, Priority: &priority})
	must(o.t, err)
	return id
}

func (o *office) do(by signoff.Caller, id signoff.InstanceID, e engine.Event) {
	o.t.Helper()
	_, err := o.Runner.Do(o.t.Context(), by, id, e, "")
	must(o.t, err)
}

// list reads a whole list, page by page, as "1 available, 2 open".
func (o *office) list(by signoff.Caller, q Query) string {
	o.t.Helper()
	var out []string
	for range 100 {
		p, err := o.Tasks(o.t.Context(), by, q)
		must(o.t, err)
		for _, t := range p.Items {
			out = append(out, fmt.Sprintf("%d %s", t.Serial.Instance, t.Status))
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			return strings.Join(out, ", ")
		}
	}
	o.t.Fatal("the list does not end")
	return ""
}

func (o *office) want(by signoff.Caller, q Query, list string) {
	o.t.Helper()
	if got := o.list(by, q); got != list {
		o.t.Errorf("%s, %+v:\n got %s\nwant %s", by.Login, q, got, list)
	}
}

func TestATaskOfAPersonAndTheirGroupIsListedAndCountedOnce(t *testing.T) {
	o := open(t)
	for range 3 {
		o.start("approval", 1)
	}
	for _, n := range []int{1, 2, 50} {
		o.want(jane, Query{Limit: n}, "3 available, 2 available, 1 available") // by name and through Finance
		o.want(bob, Query{Limit: n}, "3 available, 2 available, 1 available")  // through Finance
	}
	o.want(eve, Query{}, "")
	for _, c := range []signoff.Caller{jane, bob} {
		if n, err := o.Counts(t.Context(), c); err != nil || n.ToDo != 3 || n.Atleast {
			t.Errorf("%s has %+v, %v", c.Login, n, err)
		}
	}
	p, err := o.Tasks(t.Context(), bob, Query{})
	must(t, err)
	first := p.Items[0]
	if first.Via != "group:9" || first.Step != "Approve request" || first.Key != "approval" || len(first.Actions) != 2 || first.Starter != ana.Principal || first.Title != "Approve Request 3" {
		t.Errorf("row: %+v", first)
	}
	if p, _ = o.Tasks(t.Context(), jane, Query{}); p.Items[0].Via != "" {
		t.Errorf("Jane's came through %s", p.Items[0].Via)
	}
}

func TestClaimedAndSleepingTasksStandWhereTheyBelong(t *testing.T) {
	o := open(t)
	for range 3 {
		o.start("approval", 1)
	}
	o.do(bob, 2, engine.Claim{Task: 2})
	o.do(bob, 3, engine.Sleep{Task: 2, Until: o.now.Add(24 * time.Hour)})
	o.want(bob, Query{}, "2 open, 1 available")
	o.want(bob, Query{View: ViewSleeping}, "3 sleeping")
	o.want(bob, Query{View: ViewAllocated}, "")
	o.want(bob, Query{View: ViewAll, Limit: 1}, "3 sleeping, 2 open, 1 available")
	o.want(jane, Query{}, "3 available, 1 available")
	o.want(jane, Query{View: ViewAllocated}, "2 allocated")
	o.want(jane, Query{View: ViewAll}, "3 available, 2 allocated, 1 available")
	if d, err := o.Task(t.Context(), bob, signoff.Serial{Instance: 3, Seq: 2}); err != nil || d.Status != Sleeping || d.Until == nil {
		t.Errorf("Bob's sleeping task: %+v, %v", d.Task, err)
	}
	if n, err := o.Counts(t.Context(), bob); err != nil || n.ToDo != 2 || n.Sleeping != 1 {
		t.Errorf("Bob has %+v, %v", n, err)
	}
	o.do(bob, 2, engine.Release{Task: 2})
	o.do(bob, 3, engine.Wake{Task: 2})
	o.want(bob, Query{}, "3 available, 2 available, 1 available")
}

func TestAClaimOnlyMarksATaskThatSaysNothingOfClaiming(t *testing.T) {
	o := open(t)
	id := o.start("open", 1)
	o.do(bob, id, engine.Claim{Task: 2})
	o.want(bob, Query{}, "1 open")
	o.want(jane, Query{}, "1 available")
	o.want(jane, Query{View: ViewAllocated}, "")
	p, err := o.Tasks(t.Context(), jane, Query{})
	must(t, err)
	if p.Items[0].Claimed != bob.Principal {
		t.Errorf("Jane does not see who claimed it: %+v", p.Items[0])
	}
	for _, c := range []signoff.Caller{jane, bob} {
		if n, err := o.Counts(t.Context(), c); err != nil || n.ToDo != 1 {
			t.Errorf("%s has %+v, %v", c.Login, n, err)
		}
	}
	d, err := o.Task(t.Context(), jane, signoff.Serial{Instance: id, Seq: 2})
	if err != nil || !d.CanDecide || d.CanClaim || d.CanRelease || !d.CanRedirect || d.Status != Available {
		t.Errorf("Jane: %+v, %v", d, err)
	}
	o.do(jane, id, engine.Act{Task: 2, Action: "Approve"})
	o.want(bob, Query{}, "")
}

func TestClosedTasksAreThoseOneDecidedLastFirst(t *testing.T) {
	o := open(t)
	for range 3 {
		o.start("approval", 1)
	}
	o.do(bob, 3, engine.Act{Task: 2, Action: "Approve"})
	o.do(bob, 1, engine.Act{Task: 2, Action: "Reject"})
	o.want(bob, Query{}, "2 available")
	o.want(bob, Query{View: ViewClosed, Limit: 1}, "1 closed, 3 closed")
	o.want(jane, Query{View: ViewClosed}, "")
	p, err := o.Tasks(t.Context(), bob, Query{View: ViewClosed})
	must(t, err)
	if p.Items[0].Outcome != "Reject" || p.Items[0].Folio != "Request 1" || p.Items[0].ClosedAt == nil {
		t.Errorf("row: %+v", p.Items[0])
	}
}

func TestListsCanBeSearchedNarrowedAndSorted(t *testing.T) {
	o := open(t)
	for i, key := range []string{"approval", "travel", "approval", "travel", "approval"} {
		o.start(key, []int{1, 0, 2, 1, 0}[i])
	}
	for _, n := range []int{1, 2, 50} {
		o.want(jane, Query{Limit: n, Workflow: "travel"}, "4 available, 2 available")
		o.want(jane, Query{Limit: n, Search: "rEQUEST 4"}, "4 available")
		o.want(jane, Query{Limit: n, Search: "travel"}, "4 available, 2 available")
		o.want(jane, Query{Limit: n, Workflow: "nothing"}, "")
		o.want(jane, Query{Limit: n, Sort: Oldest}, "1 available, 2 available, 3 available, 4 available, 5 available")
		o.want(jane, Query{Limit: n, Sort: ByPriority}, "5 available, 2 available, 4 available, 1 available, 3 available")
		o.want(jane, Query{Limit: n, Sort: ByDue}, "1 available, 2 available, 3 available, 4 available, 5 available")
	}
	for _, q := range []Query{{Cursor: "%%%"}, {Sort: "colour"}, {Sort: ByDue, Cursor: "e"}} {
		if _, err := o.Tasks(t.Context(), jane, q); signoff.KindOf(err) != signoff.Invalid {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestATaskIsThereOnlyForThoseItConcerns(t *testing.T) {
	o := open(t)
	id := o.start("approval", 1)
	n := signoff.Serial{Instance: id, Seq: 2}
	missing := signoff.Serial{Instance: id, Seq: 99}
	_, nobody := o.Task(t.Context(), jane, missing)
	_, ever := o.Task(t.Context(), jane, signoff.Serial{Instance: 99, Seq: 2})
	_, others := o.Task(t.Context(), eve, n)
	if others == nil || nobody == nil || others.Error() != nobody.Error() || others.Error() != ever.Error() {
		t.Fatalf("somebody else's: %v; a missing one: %v; of a missing instance: %v", others, nobody, ever)
	}
	d, err := o.Task(t.Context(), bob, n)
	must(t, err)
	if !d.CanDecide || !d.CanClaim || d.CanRelease || !d.CanRedirect || d.Element.ID != "approve" || d.Status != Available || d.Due == nil {
		t.Errorf("Bob: %+v", d)
	}
	o.do(bob, id, engine.Claim{Task: 2})
	if d, _ = o.Task(t.Context(), bob, n); !d.CanDecide || d.CanClaim || !d.CanRelease || d.Status != Open {
		t.Errorf("Bob, after he claimed it: %+v", d)
	}
	if d, _ = o.Task(t.Context(), jane, n); d.CanDecide || d.CanClaim || d.CanRelease || d.CanRedirect || d.Status != Allocated {
		t.Errorf("Jane, after Bob claimed it: %+v", d)
	}
	admin := eve
	admin.Admin = true
	if d, _ = o.Task(t.Context(), admin, n); d.CanDecide || !d.CanRelease || !d.CanRedirect || d.Status != Allocated {
		t.Errorf("an administrator: %+v", d)
	}
	o.do(bob, id, engine.Act{Task: 2, Action: "Approve"})
	if d, err = o.Task(t.Context(), jane, n); err != nil || d.Status != Closed || d.CanDecide || d.Outcome != "Approve" {
		t.Errorf("once decided: %+v, %v", d, err)
	}
}

func (o *office) runsOf(by signoff.Caller, q InstanceQuery) string {
	o.t.Helper()
	var out []string
	for range 100 {
		p, err := o.Instances(o.t.Context(), by, q)
		must(o.t, err)
		for _, in := range p.Items {
			out = append(out, fmt.Sprintf("%d %s", in.ID, in.State.Status))
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			return strings.Join(out, ", ")
		}
	}
	o.t.Fatal("the list does not end")
	return ""
}

func TestInstancesAreOnesOwnOrThoseOfWorkflowsOneMayView(t *testing.T) {
	o := open(t)
	for _, key := range []string{"approval", "travel", "approval", "travel"} {
		o.start(key, 1)
	}
	o.do(bob, 3, engine.Act{Task: 2, Action: "Approve"})
	o.do(ana, 4, engine.Cancel{})
	w, err := o.Library.Lookup(t.Context(), access.System, "approval")
	must(t, err)
	must(t, o.Library.SetGrants(t.Context(), access.System, w.ID, []access.Grant{{Who: "user:4", Right: access.View}}))
	admin := bob
	admin.Admin = true
	for _, c := range []struct {
		by   signoff.Caller
		q    InstanceQuery
		want string
	}{
		{ana, InstanceQuery{}, "4 cancelled, 3 completed, 2 running, 1 running"},
		{ana, InstanceQuery{All: true}, "4 cancelled, 3 completed, 2 running, 1 running"},
		{ana, InstanceQuery{Status: engine.Running}, "2 running, 1 running"},
		{ana, InstanceQuery{Workflow: "travel"}, "4 cancelled, 2 running"},
		{ana, InstanceQuery{Search: "request 3"}, "3 completed"},
		{ana, InstanceQuery{Search: "2"}, "2 running"},
		{eve, InstanceQuery{}, ""},
		{eve, InstanceQuery{All: true}, "3 completed, 1 running"},
		{admin, InstanceQuery{All: true}, "4 cancelled, 3 completed, 2 running, 1 running"},
		{admin, InstanceQuery{All: true, Status: engine.Cancelled}, "4 cancelled"},
		{jane, InstanceQuery{All: true}, ""},
	} {
		for _, c.q.Limit = range []int{1, 3, 50} {
			if got := o.runsOf(c.by, c.q); got != c.want {
				t.Errorf("%s, %+v: got %s, want %s", c.by.Login, c.q, got, c.want)
			}
		}
	}
}

func TestAnInstanceShowsWhereItIsAndHowItGotThere(t *testing.T) {
	o := open(t)
	id := o.start("approval", 1)
	d, err := o.Instance(t.Context(), ana, id)
	must(t, err)
	if len(d.Waiting) != 1 || d.Waiting[0].Kind != "task" || d.Waiting[0].Task.String() != "1_2" || !slices.Equal(d.Waiting[0].For, []signoff.Principal{"user:2", "group:9"}) {
		t.Errorf("waits for %+v", d.Waiting)
	}
	if !slices.Equal(d.Marks, []Mark{{"start", "done", 1}, {"approve", "waiting", 1}}) || !slices.Equal(d.Flows, []string{"f1"}) || !d.CanCancel || d.CanManage {
		t.Errorf("marks %+v, flows %v, %+v", d.Marks, d.Flows, d.CanCancel)
	}
	_, err = o.Instance(t.Context(), eve, id)
	if signoff.CodeOf(err) != "instance-not-found" {
		t.Errorf("eve: %v", err)
	}
	if _, _, err = o.History(t.Context(), eve, id, 0, 10); signoff.CodeOf(err) != "instance-not-found" {
		t.Errorf("eve: %v", err)
	}
	o.do(jane, id, engine.Act{Task: 2, Action: "Approve", Comment: "fine"})
	d, err = o.Instance(t.Context(), jane, id)
	must(t, err)
	if len(d.Waiting) != 0 || len(d.Marks) != 3 || d.Marks[2] != (Mark{"end", "done", 1}) || d.CanCancel {
		t.Errorf("at the end: %+v", d.Marks)
	}
	facts, next, err := o.History(t.Context(), ana, id, 0, 1)
	must(t, err)
	if facts[0].Kind != engine.Started || next != facts[len(facts)-1].Seq {
		t.Fatalf("first page: %d facts, next %d", len(facts), next)
	}
	rest, next, err := o.History(t.Context(), ana, id, next, 10)
	must(t, err)
	if rest[0].Seq != facts[len(facts)-1].Seq+1 || rest[len(rest)-1].Kind != engine.Ended || next != 0 {
		t.Fatalf("second page from %d, next %d", rest[0].Seq, next)
	}
}

func TestAStepOfAnotherSystemIsNamedByItsSerial(t *testing.T) {
	st := engine.State{Instance: 7, Tokens: []engine.Token{{ID: 2, Node: "x"}, {ID: 3, Node: "y"}},
		Effects: []engine.Effect{{Seq: 4, Token: 2, Kind: "external"}, {Seq: 5, Token: 3, Kind: "call"}}}
	list := waiting(about{Def: &process.Definition{}}, &st)
	if len(list) != 2 || list[0].Kind != "external" || list[0].Serial.String() != "7_4" || list[1].Kind != "call" || list[1].Serial.Seq != 0 {
		t.Errorf("waits for %+v", list)
	}
}

func TestIncidentsAreListedForThoseWhoMayView(t *testing.T) {
	o := open(t)
	id := o.start("dead", 1)
	o.start("dead", 1)
	o.do(bob, id, engine.Act{Task: 2, Action: "Break"})
	admin := eve
	admin.Admin = true
	p, err := o.Incidents(t.Context(), admin, InstanceQuery{})
	must(t, err)
	if len(p.Items) != 1 || p.Items[0].Serial.Instance != id || p.Items[0].Step != "Which way" || p.Items[0].Code != engine.IncidentNoWay {
		t.Fatalf("incidents: %+v", p.Items)
	}
	if p, err = o.Incidents(t.Context(), eve, InstanceQuery{}); err != nil || len(p.Items) != 0 {
		t.Fatalf("eve sees %+v, %v", p.Items, err)
	}
	d, err := o.Instance(t.Context(), admin, id)
	must(t, err)
	if d.Waiting[0].Kind != "incident" || !slices.Contains(d.Marks, Mark{"which", "failed", 1}) {
		t.Errorf("waits for %+v, marks %+v", d.Waiting, d.Marks)
	}
}
