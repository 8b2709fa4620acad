package worklist

import (
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

func TestTasksOfAGroupOfWhichNobodyIsThereAreThoseOfWhoStandsIn(t *testing.T) {
	o := open(t)
	id := o.start("travel", 1)
	in, err := o.Store.Instance(t.Context(), id)
	must(t, err)
	o.do(root, id, engine.Redirect{Task: in.State.Tasks[0].Seq, From: "jane", To: "ana"}) // so that jane has it through the group alone
	sub := eve
	sub.Stands = []signoff.Stand{{Person: jane.Person, All: true}}
	o.want(sub, Query{}, "")
	sub.Stands[0].Groups = []signoff.Principal{"group:9"}
	o.want(sub, Query{}, "1 available")
	if c, err := o.Counts(t.Context(), sub); err != nil || c.ToDo != 1 {
		t.Errorf("counted %+v, %v", c, err)
	}
	p, err := o.Tasks(t.Context(), sub, Query{})
	must(t, err)
	if got := p.Items[0]; got.For != jane.Principal || got.Via != "group:9" {
		t.Errorf("it is for %q by %q", got.For, got.Via)
	}
	d, err := o.Task(t.Context(), sub, p.Items[0].Serial)
	if err != nil || d.For != jane.Principal || !d.CanDecide {
		t.Errorf("the task: for %q, can decide %v, %v", d.For, d.CanDecide, err)
	}
	sub.Stands[0].Except = []signoff.WorkflowID{d.Workflow}
	o.want(sub, Query{}, "")
	sub.Stands[0].Except = nil
	sub.Stands = append(sub.Stands, signoff.Stand{Person: bob.Person, Groups: []signoff.Principal{"group:9"}, All: true})
	o.want(sub, Query{}, "1 available") // once, though two of the group have them stand in
	o.do(sub, id, engine.Act{Task: d.Serial.Seq, Action: "approve"})
	o.want(sub, Query{View: ViewClosed}, "1 closed")
	closed, err := o.Tasks(t.Context(), sub, Query{View: ViewClosed})
	if err != nil || closed.Items[0].For != jane.Principal {
		t.Errorf("closed: %+v, %v", closed.Items, err)
	}
	if d, err = o.Task(t.Context(), sub, d.Serial); err != nil || d.In.ClosedBy != jane.Principal || d.In.Behind != eve.Principal {
		t.Errorf("closed by %q, really by %q, %v", d.In.ClosedBy, d.In.Behind, err)
	}
}

func TestWhoStandsInAndHasHadTheirSayHasTheTaskNoMore(t *testing.T) {
	for _, away := range []signoff.Caller{jane, bob} {
		o := open(t)
		id := o.start("votes", 1)
		in, err := o.Store.Instance(t.Context(), id)
		must(t, err)
		o.do(root, id, engine.Redirect{Task: in.State.Tasks[0].Seq, To: "jane"})
		o.do(root, id, engine.Share{Task: in.State.Tasks[0].Seq, To: "bob"})
		sub, act := eve, engine.Act{Task: in.State.Tasks[0].Seq, Action: "reject"}
		sub.Stands = []signoff.Stand{{Person: jane.Person, All: true}, {Person: bob.Person, All: true}}
		if away.Principal == jane.Principal { // bob is asked himself
			sub = bob
			sub.Stands = []signoff.Stand{{Person: jane.Person, All: true}}
		}
		o.want(sub, Query{}, "1 available")
		o.do(sub, id, act)
		in, err = o.Store.Instance(t.Context(), id)
		if must(t, err); !in.State.Tasks[0].Open() || len(in.State.Tasks[0].Answers) != 1 {
			t.Fatal("the vote is over")
		}
		o.want(sub, Query{}, "")
		if c, err := o.Counts(t.Context(), sub); err != nil || c.ToDo != 0 {
			t.Errorf("counted %+v, %v", c, err)
		}
	}
}
