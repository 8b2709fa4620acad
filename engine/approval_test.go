package engine

import (
	"testing"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// approval is the main job: start, task, decision, automatic step, end.
func approval(t tb) *sketch {
	s := draw(t).
		variable("days", process.Number, func(v *process.Variable) { v.Required = true; v.Show = true }).
		variable("total", process.Number).
		node("start", process.StartEvent).
		user("approve", []string{"jane"}, func(task *process.Task) { task.Result = "decision" }).
		script("compute", "total", "days * 8").
		node("end", process.EndEvent).
		path("start", "approve", "compute", "end")
	s.def.Folio = s.template("Leave for {starter.name}: {days} days")
	return s
}

func TestAnApprovalRunsFromStartToEnd(t *testing.T) {
	w := run(approval(t))
	step := w.must("ana", Start{Instance: 7, Priority: 1, Vars: map[string]expr.Value{"days": expr.String("3")}})
	if w.st.Folio != "Leave for ana: 3 days" {
		t.Errorf("folio %q", w.st.Folio)
	}
	open := w.openTasks()
	if len(open) != 1 || open[0].Recipients[0] != "user:jane" {
		t.Fatalf("open tasks: %+v", open)
	}
	if len(step.Commands) != 1 || step.Commands[0].Kind != DoNotify || step.Commands[0].Key != "7_2/notify" {
		t.Fatalf("commands: %+v", step.Commands)
	}
	w.must("jane", Act{Task: open[0].Seq, Action: "approve", Channel: "page"})
	if w.st.Status != Completed {
		t.Fatalf("status %s", w.st.Status)
	}
	if got := expr.Format(w.st.Vars["total"]); got != "24" {
		t.Errorf("total is %s", got)
	}
	result, _ := w.st.Vars["decision"].(expr.Context)
	if outcome, _ := result.Get("outcome"); outcome != expr.String("Approve") {
		t.Errorf("result variable: %v", result)
	}
}

func BenchmarkApproval(b *testing.B) {
	def := approval(b).def
	def.Prepare() // as reading a file does
	days := map[string]expr.Value{"days": expr.Int(3)}
	people := People{"jane": {person("jane")}}
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		step, err := Decide(def, State{}, Input{At: monday, By: caller("ana"), Event: Start{Instance: 7, Priority: 1, Vars: days}, People: people})
		if err != nil {
			b.Fatal(err)
		}
		buf = store(buf, step)
		st, err := DecodeState(step.State.AppendJSON(nil))
		if err != nil {
			b.Fatal(err)
		}
		step, err = Decide(def, st, Input{At: monday, By: caller("jane"), Event: Act{Task: 2, Action: "Approve"}})
		if err != nil || step.State.Status != Completed {
			b.Fatal(err, step.State.Status)
		}
		buf = store(buf, step)
	}
}

// store writes what a runner writes of a step.
func store(buf []byte, step Step) []byte {
	buf = step.State.AppendJSON(buf[:0])
	for i := range step.Facts {
		buf = step.Facts[i].AppendJSON(buf)
	}
	return buf
}
