package worklist

import (
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

func TestWhoHasAnsweredHasItBehindThemWhileOthersAreAsked(t *testing.T) {
	o := open(t)
	id := o.start("votes", 1)
	in, err := o.Store.Instance(t.Context(), id)
	must(t, err)
	seq := in.State.Tasks[0].Seq
	o.want(jane, Query{}, "1 available")
	o.do(jane, id, engine.Act{Task: seq, Action: "approve"})
	for _, v := range []View{ViewToDo, ViewAll, ViewSleeping, ViewAllocated} {
		o.want(jane, Query{View: v}, "")
	}
	o.want(jane, Query{View: ViewClosed}, "1 closed")
	o.want(bob, Query{}, "1 available")
	if c, err := o.Counts(t.Context(), jane); err != nil || c.ToDo != 0 || c.Sleeping != 0 {
		t.Errorf("who has answered counts %+v, %v", c, err)
	}
	d, err := o.Task(t.Context(), jane, signoff.Serial{Instance: id, Seq: seq})
	if err != nil || d.Status != Answered || d.CanDecide || d.CanClaim || d.Answered == nil || d.Answered.Action != "Approve" {
		t.Errorf("the task for who has answered: %+v, %v", d.Status, err)
	}
	o.do(bob, id, engine.Act{Task: seq, Action: "reject"})
	o.want(bob, Query{View: ViewClosed}, "1 closed")
	o.want(jane, Query{View: ViewClosed}, "1 closed")
}

func TestWhoIsAskedAboutATaskHasItInTheirListToReply(t *testing.T) {
	o := open(t)
	id := o.start("votes", 1)
	in, err := o.Store.Instance(t.Context(), id)
	must(t, err)
	serial := signoff.Serial{Instance: id, Seq: in.State.Tasks[0].Seq}
	if _, err := o.Task(t.Context(), eve, serial); signoff.KindOf(err) != signoff.NotFound {
		t.Fatalf("somebody else's task: %v", err)
	}
	o.do(jane, id, engine.Ask{Task: serial.Seq, To: "eve", Text: "Why?"})
	o.want(eve, Query{}, "1 asked")
	o.want(jane, Query{}, "1 available")
	d, err := o.Task(t.Context(), eve, serial)
	if err != nil || d.Asked == nil || d.Asked.Text != "Why?" || d.CanDecide || len(d.Actions) != 0 {
		t.Fatalf("the task for who is asked: %+v, %v", d.Asked, err)
	}
	o.do(eve, id, engine.Reply{Task: serial.Seq, Question: d.Asked.Seq, Text: "So."})
	o.want(eve, Query{}, "")
	if d, err = o.Task(t.Context(), eve, serial); err != nil || d.Asked != nil {
		t.Errorf("after the reply: %+v, %v", d.Asked, err)
	}
}
