package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

var answerTests = map[string]func(*testing.T, *store.Store){
	"who has answered sees the task among what they decided": answered,
	"who is asked about a task has a row of their own":       questioned,
}

func answer(seq int, by signoff.Principal, action string, at time.Time) engine.Fact {
	return engine.Fact{Kind: engine.TaskAnswered, Ref: seq, By: by, Person: &signoff.Person{Principal: by}, Action: action, At: at}
}

// rowsOf lists what stands in somebody's worklist, as shelf, task and marks.
func rowsOf(t *testing.T, s *store.Store, p signoff.Principal) []string {
	t.Helper()
	var out []string
	for shelf := store.ToDo; shelf <= store.Asleep; shelf++ {
		rows, _, err := s.WorklistPage(t.Context(), []store.Walk{{Principal: p, Shelf: shelf}}, store.NewestFirst, store.Mark{}, 7)
		must(t, err)
		for _, r := range rows {
			out = append(out, fmt.Sprint(shelf, " ", r.Node, " ", r.Claimed))
		}
	}
	return out
}

func answered(t *testing.T, s *store.Store) {
	many := offer(2, "user:2", "user:3", "group:9")
	many.Slots, many.Claiming = 3, true
	g := begin(t, s, many)
	want := func(p signoff.Principal, rows ...string) {
		t.Helper()
		if got := rowsOf(t, s, p); !slices.Equal(got, rows) {
			t.Errorf("%s has %q, want %q", p, got, rows)
		}
		must(t, s.AuditCounts(t.Context()))
	}
	decided := func(p signoff.Principal, limit int, outcomes ...string) {
		t.Helper()
		list, err := s.Decided(t.Context(), p, store.Mark{}, limit)
		must(t, err)
		var got []string
		for _, d := range list {
			got = append(got, d.Serial.String()+" "+d.Outcome)
		}
		if !slices.Equal(got, outcomes) {
			t.Errorf("%s decided %q, want %q", p, got, outcomes)
		}
	}
	serial := signoff.Serial{Instance: g.in.ID, Seq: 2}.String()
	g.must([]engine.Fact{{Kind: engine.TaskClaimed, Ref: 2, By: "user:4"}}) // through the group
	want("user:4", "0 approve user:4")
	want("group:9", "0 approve ")
	g.must([]engine.Fact{answer(2, "user:4", "Approve", noon.Add(time.Hour))})
	want("user:4", "2 approve ") // for good: it hides the group's
	want("group:9", "0 approve ")
	decided("user:4", 5, serial+" Approve")
	g.must([]engine.Fact{answer(2, "user:2", "Reject", noon.Add(2*time.Hour)), {Kind: engine.TaskClaimed, Ref: 2, By: "user:3"}})
	want("user:2", "2 approve ")
	want("user:3", "0 approve user:3")
	want("group:9", "1 approve user:3")
	one := begin(t, s, offer(2, "user:2"))
	one.must([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Action: "Approve", Outcome: "Approve", By: "user:2", At: noon.Add(90 * time.Minute)}, ended()})
	g.must([]engine.Fact{answer(2, "user:3", "Reject", noon.Add(3*time.Hour)),
		{Kind: engine.TaskConcluded, Ref: 2, Outcome: "No", By: "user:3", At: noon.Add(3 * time.Hour)}, ended()})
	decided("user:2", 5, serial+" Reject", signoff.Serial{Instance: one.in.ID, Seq: 2}.String()+" Approve")
	decided("user:2", 1, serial+" Reject")
	decided("user:3", 5, serial+" No") // the last one closed it
	for _, p := range []signoff.Principal{"user:2", "user:3", "user:4", "group:9"} {
		want(p)
	}
}

func questioned(t *testing.T, s *store.Store) {
	g := begin(t, s, offer(2, "user:2"))
	g.must([]engine.Fact{{Kind: engine.TaskAsked, Ref: 2, Subject: 3, By: "user:2", To: []signoff.Principal{"user:5"}, Text: "Why?"}})
	if got := rowsOf(t, s, "user:5"); !slices.Equal(got, []string{"0 " + store.AsksAbout + "approve "}) {
		t.Errorf("who is asked has %q", got)
	}
	g.must([]engine.Fact{{Kind: engine.TaskReplied, Ref: 2, Subject: 3, By: "user:5", Text: "So."}})
	if got := rowsOf(t, s, "user:5"); len(got) != 0 {
		t.Errorf("who has replied has %q", got)
	}
	must(t, s.AuditCounts(t.Context()))
}
