package runner

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// asked is a vote of two people.
var asked = model(`<process id="vote" name="Vote" isExecutable="true">
  <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="ask"/>
  <userTask id="ask" name="Ask"><extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:recipient person="bob"/>
    <signoff:answers rule="all" otherwise="Split"/><signoff:action name="Yes"/><signoff:action name="No"/></signoff:task></extensionElements></userTask>
  <sequenceFlow id="f2" sourceRef="ask" targetRef="end"/><endEvent id="end"/>
</process>`)

// A vote goes by who is away as whoever wires the runner says it: who has their
// tasks alone, and has had their say, is not waited for a second time.
func TestAVotePassesOverWhoIsAwayAsTheRunnerIsTold(t *testing.T) {
	for _, c := range []struct {
		name  string
		subs  []signoff.Principal
		alone bool
		want  engine.Status
	}{
		{"who stands in has answered", []signoff.Principal{bob.Principal}, true, engine.Completed},
		{"the tasks are shared", []signoff.Principal{bob.Principal}, false, engine.Running},
		{"somebody else stands in", []signoff.Principal{eve.Principal}, true, engine.Running},
		{"she is there", nil, false, engine.Running},
	} {
		t.Run(c.name, func(t *testing.T) {
			inTown(t, asked, func(t *testing.T, w *world) {
				wf, err := w.Library.Lookup(t.Context(), root, "vote")
				must(t, err)
				w.InsteadOf = func(_ context.Context, who signoff.Principal, of signoff.WorkflowID) ([]signoff.Principal, bool, time.Time, error) {
					if of != wf.ID {
						t.Errorf("asked about workflow %d", of)
					}
					if who != jane.Principal {
						return nil, false, time.Time{}, nil
					}
					return c.subs, c.alone, time.Time{}, nil
				}
				id := w.begin(t, "vote", nil)
				_, err = w.Do(t.Context(), bob, id, engine.Act{Task: 2, Action: "Yes"}, "")
				must(t, err)
				w.wantStatus(t, id, c.want)
			})
		})
	}
}

func TestNobodyCountsAsThereWhileItCannotBeLookedUp(t *testing.T) {
	inTown(t, asked, func(t *testing.T, w *world) {
		gone := errors.New("the database is away")
		w.InsteadOf = func(context.Context, signoff.Principal, signoff.WorkflowID) ([]signoff.Principal, bool, time.Time, error) {
			return nil, false, time.Time{}, gone
		}
		id := w.begin(t, "vote", nil)
		if _, err := w.Do(t.Context(), bob, id, engine.Act{Task: 2, Action: "Yes"}, ""); !errors.Is(err, gone) {
			t.Fatalf("it was decided all the same: %v", err)
		}
		in, err := w.Store.Instance(t.Context(), id)
		if must(t, err); len(in.State.Tasks[0].Answers) != 0 {
			t.Error("the answer is kept")
		}
	})
}
