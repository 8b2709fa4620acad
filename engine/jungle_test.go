package engine

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// jungle draws random processes.
type jungle struct {
	*sketch
	rt    *rapid.T
	rules map[int]rule
	n     int
	deep  int // sub-processes around what is being drawn
	all   bool
}

// drawJungle draws a process; with all also what ends or changes things while
// others are under way, where the order in which tokens move can be seen.
func drawJungle(rt *rapid.T, all bool) *jungle {
	j := &jungle{sketch: draw(rt), rt: rt, rules: map[int]rule{}, all: all}
	for _, name := range []string{"a", "b", "c", "nothing"} {
		j.variable(name, process.Boolean)
	}
	j.variable("n", process.Number).variable("list", process.JSON)
	j.node("start", process.StartEvent)
	if rapid.Bool().Draw(rt, "structured") {
		last := j.block("start", 3)
		j.end("end").flow(last, "end", "")
	} else {
		j.wild()
	}
	if j.chance(5, "another start") {
		event := j.event(j.pick("begins", "timer", "message", "signal"))
		j.node("other", process.StartEvent, func(n *process.Node) { n.Event = event })
		j.flow("other", j.def.Nodes[j.def.Flows[j.def.Nodes[0].Outgoing[0]].To].ID, "")
	}
	if rapid.IntRange(0, 3).Draw(rt, "beside") == 0 {
		j.beside()
	}
	if all && rapid.Bool().Draw(rt, "terminates") {
		j.stop()
	}
	j.edges()
	return j
}

func (j *jungle) pick(what string, of ...string) string {
	return rapid.SampledFrom(of).Draw(j.rt, what)
}

func (j *jungle) chance(of int, what string) bool {
	return rapid.IntRange(0, of-1).Draw(j.rt, what) == 0
}

// name makes up the id of a new node.
func (j *jungle) name(kind string) string {
	j.n++
	return fmt.Sprintf("%s%d", kind, j.n)
}

// event draws an event's trigger that something outside brings about.
func (j *jungle) event(trigger string) *process.Event {
	switch trigger {
	case "timer":
		return j.timer(`duration("PT1H")`)
	case "message":
		return &process.Event{Trigger: process.OnMessage, Name: "m", Key: j.expr("instance")}
	case "signal":
		return &process.Event{Trigger: process.OnSignal, Name: "s"}
	case "condition":
		return &process.Event{Trigger: process.OnCondition, Condition: j.expr(j.pick("condition", "a", "b", "not(c)", "n > 3"))}
	case "escalation":
		return &process.Event{Trigger: process.OnEscalation, Code: j.pick("code", "", "up", "on")}
	}
	return &process.Event{Trigger: process.OnError, Code: j.pick("code", "", "broken", "lost")}
}

// triggers are those that can be waited for.
func (j *jungle) triggers() []string {
	if j.all {
		return []string{"timer", "message", "signal", "condition"}
	}
	return []string{"timer", "message", "signal"}
}

// end draws an end event, which may throw something.
func (j *jungle) end(id string) *sketch {
	return j.node(id, process.EndEvent, func(n *process.Node) {
		kinds := []string{"", "", "", "", "message", "signal"}
		if j.all {
			kinds = append(kinds, "error", "escalation")
		}
		switch j.pick("ends with", kinds...) {
		case "message":
			n.Event = &process.Event{Trigger: process.OnMessage, Name: "m"}
		case "signal":
			n.Event = &process.Event{Trigger: process.OnSignal, Name: "s"}
		case "error":
			n.Event = &process.Event{Trigger: process.OnError, Code: j.pick("code", "broken", "lost")}
		case "escalation":
			n.Event = &process.Event{Trigger: process.OnEscalation, Code: j.pick("code", "up", "on")}
		}
	})
}

// step draws one node that does something, and returns its id.
func (j *jungle) step() string {
	kinds := []string{"user", "user", "user", "script", "pass", "catch", "catch", "service", "external", "mail", "receive", "throw", "workflow"}
	if j.all {
		kinds = append(kinds, "escalate")
	}
	kind := j.pick("kind", kinds...)
	id := j.name(kind)
	switch kind {
	case "user":
		j.user(id, []string{"jane", "bob"}, func(t *process.Task) {
			t.Fields, t.Result = []string{"a", "b", "c"}, "result"
			t.Claiming = rapid.Bool().Draw(j.rt, "claiming")
			if rapid.Bool().Draw(j.rt, "deadline") {
				t.Deadline = &process.Deadline{After: j.expr(`duration("P3D")`), Outcome: "Expired"}
			}
		})
	case "script":
		j.script(id, "n", "if n = null then 1 else n + 1")
	case "pass":
		j.node(id, process.PassThrough)
	case "catch":
		event := j.event(j.pick("trigger", j.triggers()...))
		j.node(id, process.CatchEvent, func(n *process.Node) { n.Event = event })
	case "receive":
		j.node(id, process.ReceiveTask, func(n *process.Node) { n.Event = j.event("message") })
	case "throw", "escalate":
		event := &process.Event{Trigger: process.OnMessage, Name: "m", Inputs: []process.Input{{Name: "n", Value: j.expr("n")}}}
		if j.chance(3, "signal") {
			event.Trigger = process.OnSignal
		}
		if kind == "escalate" {
			event = &process.Event{Trigger: process.OnEscalation, Code: j.pick("code", "up", "on")}
		}
		j.node(id, process.ThrowEvent, func(n *process.Node) { n.Event = event })
	case "workflow":
		j.node(id, process.CallActivity, func(n *process.Node) { n.Call = &process.Call{Workflow: "other"} })
	case "mail":
		j.node(id, process.SendTask, func(n *process.Node) {
			n.Email = &process.Email{To: []process.Recipient{{Starter: true}}, Subject: j.template("Hello"), Body: j.template("{n}")}
		})
	default:
		j.node(id, process.ServiceTask, func(n *process.Node) {
			n.Service = &process.Service{External: kind == "external", Method: "GET", URL: j.template("https://x.test/{n}"),
				Outputs: []process.Assign{{Variable: "n", Value: j.expr("status")}}}
		})
	}
	j.multi(id)
	return id
}

// multi makes some activities repeat.
func (j *jungle) multi(id string) {
	n := &j.def.Nodes[j.index(id)]
	if !n.IsActivity() || !j.chance(6, "repeated") {
		return
	}
	m := &process.Multi{Sequential: rapid.Bool().Draw(j.rt, "sequential")}
	if times := rapid.IntRange(0, 3).Draw(j.rt, "times"); j.chance(4, "loop") {
		m.Sequential, m.Loop = true, &process.Loop{Most: times + 1}
	} else if rapid.Bool().Draw(j.rt, "list") {
		m.Collection, m.Element = j.expr(fmt.Sprintf("for i in 1..3 return if i > %d then null else i", times)), "item"
		m.Output, m.Result = j.expr("loopCounter"), "list"
	} else {
		m.Cardinality = j.expr(fmt.Sprint(times))
	}
	if j.chance(3, "completion") {
		m.Completion = j.expr("numberOfCompletedInstances >= 2")
	}
	n.Multi = m
}

// block draws something well formed after from, and returns its last node.
func (j *jungle) block(from string, depth int) string {
	kinds := []string{"step"}
	if depth > 0 {
		kinds = append(kinds, "row", "row", "split", "choice", "some", "loop", "race", "link", "sub")
	}
	switch kind := j.pick("block", kinds...); kind {
	case "row":
		return j.block(j.block(from, depth-1), depth-1)
	case "split":
		return j.fork(from, depth, process.ParallelGateway)
	case "choice":
		return j.fork(from, depth, process.ExclusiveGateway)
	case "some":
		return j.fork(from, depth, process.InclusiveGateway)
	case "loop":
		return j.loop(from, depth)
	case "race":
		return j.race(from)
	case "link":
		return j.link(from)
	case "sub":
		if j.deep < 2 {
			return j.sub(from, depth)
		}
	}
	id := j.step()
	j.flow(from, id, "")
	return id
}

func (j *jungle) fork(from string, depth int, kind process.Kind) string {
	open, shut := j.name("open"), j.name("shut")
	j.node(open, kind).node(shut, kind).flow(from, open, "")
	branches := rapid.IntRange(2, 3).Draw(j.rt, "branches")
	for i := range branches {
		first := j.name("pass")
		j.node(first, process.PassThrough)
		switch {
		case kind == process.ParallelGateway:
			j.flow(open, first, "")
		case i == branches-1:
			j.flow(open, first, "default")
		default:
			j.branch(open, first)
		}
		j.flow(j.block(first, depth-1), shut, "")
	}
	return shut
}

func (j *jungle) loop(from string, depth int) string {
	head, tail := j.name("head"), j.name("tail")
	j.node(head, process.ExclusiveGateway).node(tail, process.ExclusiveGateway).flow(from, head, "")
	j.flow(j.block(head, depth-1), tail, "")
	j.branch(tail, head)
	out := j.name("pass")
	j.node(out, process.PassThrough).flow(tail, out, "default")
	return out
}

// race draws an event-based gateway.
func (j *jungle) race(from string) string {
	first, merge := j.name("first"), j.name("merge")
	j.node(first, process.EventGateway).node(merge, process.ExclusiveGateway).flow(from, first, "")
	for range rapid.IntRange(2, 3).Draw(j.rt, "events") {
		id := j.name("event")
		event := j.event(j.pick("trigger", j.triggers()...))
		j.node(id, process.CatchEvent, func(n *process.Node) { n.Event = event }).flow(first, id, "").flow(id, merge, "")
	}
	return merge
}

func (j *jungle) link(from string) string {
	off, on := j.name("off"), j.name("on")
	event := &process.Event{Trigger: process.OnLink, Name: on}
	j.node(off, process.ThrowEvent, func(n *process.Node) { n.Event = event }).node(on, process.CatchEvent, func(n *process.Node) { n.Event = event })
	j.flow(from, off, "")
	return on
}

// sub draws a sub-process.
func (j *jungle) sub(from string, depth int) string {
	id := j.name("sub")
	j.node(id, process.SubProcess)
	if from != "" {
		j.flow(from, id, "")
	}
	j.multi(id)
	outside := j.inside
	j.inside, j.deep = j.index(id), j.deep+1
	j.node(id+"start", process.StartEvent)
	last := j.block(id+"start", depth-1)
	j.end(id+"end").flow(last, id+"end", "")
	if j.chance(4, "beside") {
		j.beside()
	}
	if j.all && j.chance(4, "terminates") {
		j.stop()
	}
	j.inside, j.deep = outside, j.deep-1
	return id
}

// beside draws an event sub-process where things are being drawn.
func (j *jungle) beside() {
	id := j.name("beside")
	triggers := []string{"message", "signal"}
	if j.all {
		triggers = []string{"message", "signal", "timer", "error", "escalation", "condition"}
	}
	event := j.event(j.pick("trigger", triggers...))
	event.Interrupting = event.Trigger == process.OnError || rapid.Bool().Draw(j.rt, "interrupting")
	if event.Trigger == process.OnTimer && !event.Interrupting {
		event.Timer = &process.Timer{Cycle: j.expr(`"R2/PT3H"`)}
	}
	j.node(id, process.EventSubProcess)
	outside := j.inside
	j.inside, j.deep = j.index(id), j.deep+1
	j.node(id+"start", process.StartEvent, func(n *process.Node) { n.Event = event })
	last := j.block(id+"start", 1)
	j.end(id+"end").flow(last, id+"end", "")
	j.inside, j.deep = outside, j.deep-1
}

// stop draws a terminate end event where things are being drawn.
func (j *jungle) stop() {
	id := j.name("stop")
	var from []string
	for _, h := range j.hosts() {
		if j.def.Nodes[j.index(h)].Scope == j.inside {
			from = append(from, h)
		}
	}
	j.node(id, process.TerminateEvent)
	j.branch(rapid.SampledFrom(from).Draw(j.rt, "before stop"), id)
}

// branch draws a flow with a random condition.
func (j *jungle) branch(from, to string) {
	r := rule{j.pick("variable", "a", "b", "c", "a", "b", "c", "nothing"), rapid.Bool().Draw(j.rt, "not")}
	src := r.name
	if r.not {
		src = "not(" + r.name + ")"
	}
	j.flow(from, to, src)
	j.rules[len(j.def.Flows)-1] = r
}

// wild draws nodes and then flows between any of them.
func (j *jungle) wild() {
	for range rapid.IntRange(1, 8).Draw(j.rt, "nodes") {
		switch j.pick("node", "step", "step", "parallel", "exclusive", "inclusive", "sub") {
		case "step":
			j.step()
		case "parallel":
			j.node(j.name("parallel"), process.ParallelGateway)
		case "inclusive":
			j.node(j.name("inclusive"), process.InclusiveGateway)
		case "sub":
			j.sub("", 1)
		default:
			j.node(j.name("exclusive"), process.ExclusiveGateway)
		}
	}
	j.end("end")
	var inner []process.Node
	for _, n := range j.def.Nodes[1:] {
		if n.Scope < 0 && n.Kind != process.EventSubProcess {
			inner = append(inner, n)
		}
	}
	j.flow("start", inner[0].ID, "")
	for _, n := range inner {
		if n.Kind == process.EndEvent {
			continue
		}
		for range rapid.IntRange(0, 3).Draw(j.rt, "flows") {
			to := rapid.SampledFrom(inner).Draw(j.rt, "to").ID
			switch how := j.pick("how", "plain", "plain", "condition", "default"); {
			case how == "condition":
				j.branch(n.ID, to)
			case how == "default" && n.Kind != process.ParallelGateway && j.def.Nodes[j.index(n.ID)].Default < 0:
				j.flow(n.ID, to, "default")
			default:
				j.flow(n.ID, to, "")
			}
		}
	}
}

// hosts are nodes one can leave by a flow.
func (j *jungle) hosts() (ids []string) {
	for _, n := range j.def.Nodes {
		switch {
		case n.Kind == process.EndEvent, n.Kind == process.TerminateEvent, n.Kind == process.EventSubProcess, n.Kind == process.EventGateway,
			n.Kind == process.ThrowEvent && n.Is(process.OnLink):
		default:
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// edges puts events on some of the activities.
func (j *jungle) edges() {
	for _, n := range slices.Clone(j.def.Nodes) {
		behindGateway := slices.ContainsFunc(n.Incoming, func(i int) bool { return j.def.Nodes[j.def.Flows[i].From].Kind == process.EventGateway })
		if !n.IsActivity() || n.Kind == process.ScriptTask || n.Kind == process.PassThrough || behindGateway || !j.chance(4, "boundary") {
			continue
		}
		triggers := j.triggers()
		switch n.Kind {
		case process.ServiceTask, process.CallActivity, process.SubProcess:
			triggers = append(triggers, "error", "error")
		}
		if j.all && n.Kind == process.SubProcess {
			triggers = append(triggers, "escalation")
		}
		event := j.event(j.pick("trigger", triggers...))
		interrupting := event.Trigger == process.OnError || rapid.Bool().Draw(j.rt, "interrupting")
		if event.Trigger == process.OnTimer && !interrupting && j.chance(2, "again") {
			event.Timer = &process.Timer{Cycle: j.expr(`"R2/PT2H"`)}
		}
		id, end := j.name("boundary"), j.name("after")
		j.inside = n.Scope
		j.node(id, process.BoundaryEvent, func(b *process.Node) {
			b.Event, b.Attach = event, &process.Attach{To: n.Index, Interrupting: interrupting}
		}).node(end, process.EndEvent)
		j.def.Nodes[n.Index].Boundary = append(j.def.Nodes[n.Index].Boundary, j.index(id))
		to := []string{end, n.ID}
		if len(n.Outgoing) > 0 {
			to = append(to, j.def.Nodes[j.def.Flows[n.Outgoing[0]].To].ID)
		}
		j.flow(id, j.pick("on to", to...), "")
	}
	j.inside = -1
}

// result is what a command of the jungle brings back.
func (j *jungle) result() map[string]expr.Value {
	return map[string]expr.Value{"status": expr.Int(200)}
}
