package bpmn

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// unsound are beginnings and parts of what Check says of a drawing that deadlocks,
// loses what it does or goes round for ever.
var unsound = []string{"can never be complete", "can wait for ever", "two can come here", "goes round for ever", "would go round for ever", "no way leads from the start"}

// soundness returns what Check says of that kind.
func soundness(def *process.Definition) (out []string) {
	for _, p := range process.Check(def) {
		if slices.ContainsFunc(unsound, func(s string) bool { return strings.Contains(p.Reason, s) }) {
			out = append(out, p.Element+": "+p.Reason)
		}
	}
	return out
}

// The workflows of samples, scenarios and tests run, so that nothing is to be
// said against their drawing but where it is drawn to go wrong.
func TestNoFalseAlarmAboutWorkflowsThatRun(t *testing.T) {
	meant := map[string]int{"stuck.bpmn": 1, "excess.bpmn": 1}
	drawnWrong := []string{"../worklist/testdata/approval.bpmn"} // a template of one
	n := 0
	for _, folder := range []string{"../samples", "../engine/testdata", "../runner/testdata", "../bench", "../worklist/testdata", "../httpapi/testdata", "../cmd/signoff/testdata"} {
		files, err := filepath.Glob(folder + "/*.bpmn")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			def, problems := definition(t, string(src))
			if def == nil && slices.Contains(drawnWrong, file) {
				continue
			}
			if def == nil {
				t.Errorf("%s: %v", file, problems.Blocking())
				continue
			}
			n++
			if said := soundness(def); len(said) != meant[filepath.Base(file)] {
				t.Errorf("%s: %v", file, said)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d workflows were looked at", n)
	}
}

// The reference models are drawings; what they leave open is filled in, so that
// only the ways through them are looked at. B.2.0 shows every element and is not
// drawn to run: its parallel gateway 2 joins a flow with a condition and the
// default flow of the same gateway, and gateway 7 what two start events begin.
func TestNoFalseAlarmAboutReferenceModels(t *testing.T) {
	looked := 0
	for _, file := range miwg(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := mustParse(t, string(src))
		r := &report{}
		ids := d.collectIDs(r)
		for _, p := range d.processes() {
			b := &builder{report: r, ids: ids, proc: p, index: map[string]int{}, flows: map[string]int{}, refused: map[string]bool{}}
			def := b.build()
			if def == nil || len(def.Nodes) == 0 {
				continue
			}
			fill(t, def)
			var open []process.Problem
			for _, p := range process.Check(def) {
				if !p.Warning && !strings.Contains(p.Reason, "no way leads") {
					open = append(open, p)
				}
			}
			if len(open) == 0 {
				looked++
			} else {
				t.Logf("%s, %s is not looked at: %v", filepath.Base(file), p.Get("id"), open)
			}
			for _, said := range soundness(def) {
				if element, _, _ := strings.Cut(said, ":"); filepath.Base(file) != "B.2.0.bpmn" && !b.refused[element] && !isCompensation(ids[element]) {
					t.Errorf("%s, %s: %s", filepath.Base(file), p.Get("id"), said)
				}
			}
		}
	}
	if looked < 25 {
		t.Errorf("the ways through %d processes were looked at", looked)
	}
}

// isCompensation tells whether a step is drawn to undo another: nothing leads to
// it.
func isCompensation(e *Element) bool { return e != nil && isTrue(e.Get("isForCompensation")) }

// fill gives every step of a drawing what Check asks for before it looks at the
// ways.
func fill(t *testing.T, def *process.Definition) {
	yes, err := expr.Parse("true")
	if err != nil {
		t.Fatal(err)
	}
	begun := map[int]bool{}
	for i := range def.Nodes {
		n := &def.Nodes[i]
		signal := &process.Event{Trigger: process.OnSignal, Name: n.ID, Interrupting: true}
		switch n.Kind {
		case process.UserTask, process.SendTask, process.ServiceTask, process.ScriptTask, process.ReceiveTask, process.CallActivity, process.PassThrough, 0:
			n.Kind, n.Task, n.Email, n.Service, n.Call, n.Event = process.ServiceTask, nil, nil, &process.Service{External: true}, nil, nil
		case process.SubProcess:
			if def.Begin(i) == nil {
				n.Kind, n.Service = process.ServiceTask, &process.Service{External: true}
			}
		case process.StartEvent:
			n.Event = nil
			if begun[n.Scope] || n.Scope >= 0 && def.Nodes[n.Scope].Kind == process.EventSubProcess {
				n.Event = signal
			}
			begun[n.Scope] = true
		case process.EndEvent:
			n.Event = nil
		case process.BoundaryEvent:
			n.Event = signal
		case process.CatchEvent, process.ThrowEvent:
			if !n.Is(process.OnLink) {
				n.Kind, n.Event = process.CatchEvent, signal
			}
		}
		n.Assign, n.Multi = nil, nil
		for _, f := range n.Outgoing {
			def.Flows[f].Condition = nil
			if (n.Kind == process.ExclusiveGateway || n.Default >= 0) && len(n.Outgoing) > 1 && f != n.Default {
				def.Flows[f].Condition = yes
			}
		}
	}
}
