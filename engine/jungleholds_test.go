package engine

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/signoffhq/signoff/process"
)

// standing is where something stands in a process.
type standing struct {
	kind     process.Kind
	trigger  process.Trigger // 0: none
	handler  bool            // the start of an event sub-process
	besides  bool            // it takes nothing away
	comes    bool            // again
	repeated string          // "at once", "in turn", "loop", and "until" with a condition that ends it early
}

// standsAt is how a random process holds a step.
func standsAt(n *process.Node) (all []standing) {
	s := standing{kind: n.Kind}
	if n.Event != nil {
		s.trigger = n.Event.Trigger
		s.handler = n.Kind == process.StartEvent && n.Scope >= 0
		s.besides = s.handler && !n.Event.Interrupting || n.Attach != nil && !n.Attach.Interrupting
		s.comes = n.Event.Timer != nil && n.Event.Timer.Cycle != nil
	}
	if m := n.Multi; m != nil {
		switch {
		case m.Loop != nil:
			s.repeated = "loop"
		case m.Sequential:
			s.repeated = "in turn"
		default:
			s.repeated = "at once"
		}
		if m.Completion != nil {
			all = append(all, standing{repeated: "until"})
		}
	}
	return append(all, s)
}

// What is not drawn is not tested: random processes hold every step, every event
// wherever it may stand, and every way to repeat something.
func TestRandomProcessesHoldEverything(t *testing.T) {
	drawn := map[standing]int{}
	processes := rapid.Custom(func(rt *rapid.T) bool {
		j := drawJungle(rt, true)
		for i := range j.def.Nodes {
			for _, s := range standsAt(&j.def.Nodes[i]) {
				drawn[s]++
			}
		}
		return true
	})
	for seed := range 600 {
		processes.Example(seed)
	}
	want := []standing{{repeated: "until"}}
	for kind := process.StartEvent; kind <= process.CallActivity; kind++ {
		if kind != process.CatchEvent && kind != process.BoundaryEvent && kind != process.ThrowEvent && kind != process.ReceiveTask {
			want = append(want, standing{kind: kind})
		}
	}
	on := func(kind process.Kind, more standing, triggers ...process.Trigger) {
		for _, trigger := range triggers {
			more.kind, more.trigger = kind, trigger
			want = append(want, more)
		}
	}
	timer, message, signal, mistake, escalation, condition, link := process.OnTimer, process.OnMessage, process.OnSignal, process.OnError, process.OnEscalation, process.OnCondition, process.OnLink
	on(process.StartEvent, standing{}, timer, message, signal)
	on(process.StartEvent, standing{handler: true}, timer, message, signal, mistake, escalation, condition)
	on(process.StartEvent, standing{handler: true, besides: true}, message, signal, escalation, condition)
	on(process.StartEvent, standing{handler: true, besides: true, comes: true}, timer)
	on(process.CatchEvent, standing{}, timer, message, signal, condition, link)
	on(process.ReceiveTask, standing{}, message)
	on(process.ThrowEvent, standing{}, message, signal, escalation, link)
	on(process.EndEvent, standing{}, message, signal, mistake, escalation)
	on(process.BoundaryEvent, standing{}, timer, message, signal, mistake, escalation, condition)
	on(process.BoundaryEvent, standing{besides: true}, timer, message, signal, escalation, condition)
	on(process.BoundaryEvent, standing{besides: true, comes: true}, timer)
	for _, kind := range []process.Kind{process.UserTask, process.ServiceTask, process.SendTask, process.CallActivity, process.SubProcess} {
		for _, how := range []string{"at once", "in turn", "loop"} {
			want = append(want, standing{kind: kind, repeated: how})
		}
	}
	for _, s := range want {
		if drawn[s] == 0 {
			t.Errorf("%+v is never drawn", s)
		}
	}
}
