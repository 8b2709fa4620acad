package engine

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

func TestWhatPassesGiveIsBoundedWithTheVariables(t *testing.T) {
	s := draw(t).variable("big", process.Text).variable("all", process.JSON).
		node("start", process.StartEvent).user("ask", []string{"jane"}).
		node("end", process.EndEvent).path("start", "ask", "end")
	s.def.Nodes[s.index("ask")].Multi = &process.Multi{Sequential: true, Cardinality: s.expr("9"),
		Output: s.expr("for k in 1..5 return big"), Result: "all"}
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"big": expr.String(strings.Repeat("x", 60_000))}))
	passes := 0
	for len(w.openTasks()) > 0 {
		w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
		passes++
	}
	if got := len(w.st.AppendJSON(nil)); passes != 4 || got > MaxVariables+10_000 {
		t.Fatalf("after %d passes the state has %d bytes", passes, got)
	}
	i := w.wantIncident(IncidentVariables)
	if !strings.Contains(i.Cause, `what a pass of "ask" gives takes`) {
		t.Errorf("the cause is %q", i.Cause)
	}
	w.must("root", SetVars{Vars: map[string]expr.Value{"big": expr.String("x")}, Reason: "it was too large"})
	w.must("root", Retry{Incident: i.Seq})
	for len(w.openTasks()) > 0 {
		w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	}
	if list, _ := w.st.Vars["all"].(expr.List); w.st.Status != Completed || len(list) != 9 {
		t.Fatalf("it is %s with %d results", w.st.Status, len(list))
	}
}

func TestACollectionIsBoundedWithTheVariables(t *testing.T) {
	for _, sequential := range []bool{true, false} {
		s := draw(t).variable("big", process.Text).node("start", process.StartEvent).
			user("ask", []string{"jane"}).node("end", process.EndEvent).path("start", "ask", "end")
		s.def.Nodes[s.index("ask")].Multi = &process.Multi{Sequential: sequential, Collection: s.expr("for k in 1..20 return big"), Element: "it"}
		w := run(s)
		w.must("ana", begin(map[string]expr.Value{"big": expr.String(strings.Repeat("x", 60_000))}))
		w.wantIncident(IncidentVariables)
	}
}

func TestCommandsOfEveryKindCountAsWritten(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for kind, c := range map[CommandKind]Command{
		DoNotify:   {Notify: &Notify{Body: long}},
		DoEmail:    {Email: &Email{Body: long}},
		DoCall:     {Call: &Call{Header: map[string]string{"X-Long": long}}},
		DoMessage:  {Message: &Message{Vars: long}},
		DoSignal:   {Message: &Message{Vars: long}},
		DoWorkflow: {Workflow: &Workflow{Vars: long}},
	} {
		if got := c.bytes(); got < len(long) {
			t.Errorf("%s counts %d bytes", kind, got)
		}
	}
}

func TestARepeatedSubProcessSetsItsVariablesInEachPass(t *testing.T) {
	s := draw(t).variable("n", process.Number).variable("all", process.JSON).node("start", process.StartEvent).node("sub", process.SubProcess, func(n *process.Node) {})
	s.inside = s.index("sub")
	s.node("in", process.StartEvent).node("out", process.EndEvent).path("in", "out")
	s.inside = -1
	s.node("end", process.EndEvent).path("start", "sub", "end")
	sub := &s.def.Nodes[s.index("sub")]
	sub.Assign = []process.Assign{{Variable: "n", Value: s.expr("n + loopCounter")}}
	sub.Multi = &process.Multi{Sequential: true, Cardinality: s.expr("3"), Output: s.expr("n"), Result: "all"}
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"n": expr.Int(1)}))
	if got := expr.Format(w.st.Vars["all"]); expr.Format(w.st.Vars["n"]) != "7" || got != "[2, 4, 7]" && got != "2, 4, 7" {
		t.Fatalf("n is %v, the passes gave %s", w.st.Vars["n"], got)
	}
}
