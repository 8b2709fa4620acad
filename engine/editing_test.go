package engine

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// edition is a definition taken apart, so that it can be changed as people
// change drawings.
type edition struct {
	rt    *rapid.T
	made  process.Definition
	nodes []*drawnNode
	flows []*drawnFlow
	named map[string]string // what has become what
	fresh int
	sound bool // nothing was done that could let branches wait for ever
	story []string
}

type drawnNode struct {
	process.Node
	scope, host *drawnNode
}

type drawnFlow struct {
	process.Flow
	from, to  *drawnNode
	isDefault bool
}

func takeApart(rt *rapid.T, def *process.Definition) *edition {
	e := &edition{rt: rt, made: process.Definition{ID: def.ID, Name: def.Name, Variables: slices.Clone(def.Variables)}, named: map[string]string{}, sound: true}
	for i := range def.Nodes {
		n := def.Nodes[i]
		n.Incoming, n.Outgoing, n.Boundary = nil, nil, nil
		e.nodes = append(e.nodes, &drawnNode{Node: n})
	}
	for i, n := range e.nodes {
		if s := def.Nodes[i].Scope; s >= 0 {
			n.scope = e.nodes[s]
		}
		if n.Attach != nil {
			n.host = e.nodes[n.Attach.To]
		}
	}
	for _, f := range def.Flows {
		e.flows = append(e.flows, &drawnFlow{f, e.nodes[f.From], e.nodes[f.To], def.Nodes[f.From].Default == f.Index})
	}
	return e
}

// together is the definition as it is drawn now.
func (e *edition) together() *process.Definition {
	def := e.made
	def.Nodes, def.Flows = nil, nil
	for i, n := range e.nodes {
		n.Index = i
	}
	for _, n := range e.nodes {
		x := n.Node
		x.Scope, x.Default = -1, -1
		if n.scope != nil {
			x.Scope = n.scope.Index
		}
		if n.host != nil {
			x.Attach = &process.Attach{To: n.host.Index, Interrupting: n.Attach.Interrupting}
		}
		def.Nodes = append(def.Nodes, x)
	}
	for _, n := range e.nodes {
		if n.host != nil {
			h := &def.Nodes[n.host.Index]
			h.Boundary = append(h.Boundary, n.Index)
		}
	}
	for i, f := range e.flows {
		x := f.Flow
		x.Index, x.From, x.To = i, f.from.Index, f.to.Index
		a, b := &def.Nodes[x.From], &def.Nodes[x.To]
		a.Outgoing, b.Incoming = append(a.Outgoing, i), append(b.Incoming, i)
		if f.isDefault {
			a.Default = i
		}
		def.Flows = append(def.Flows, x)
	}
	def.Prepare()
	return &def
}

func (e *edition) id(kind string) string { e.fresh++; return fmt.Sprintf("new%s%d", kind, e.fresh) }

func (e *edition) in(n *drawnNode) (out []*drawnFlow) {
	for _, f := range e.flows {
		if f.to == n {
			out = append(out, f)
		}
	}
	return out
}

func (e *edition) out(n *drawnNode) (out []*drawnFlow) {
	for _, f := range e.flows {
		if f.from == n {
			out = append(out, f)
		}
	}
	return out
}

// plain lists steps with one way in and one out that stand behind no
// event-based gateway.
func (e *edition) plain() (out []*drawnNode) {
	for _, n := range e.nodes {
		in, leave := e.in(n), e.out(n)
		if len(in) != 1 || len(leave) != 1 || in[0] == leave[0] || in[0].from.Kind == process.EventGateway || n.Kind == process.StartEvent || n.Kind == process.BoundaryEvent {
			continue
		}
		out = append(out, n)
	}
	return out
}

func (e *edition) choose(what string, of []*drawnNode) *drawnNode {
	if len(of) == 0 {
		return nil
	}
	return of[rapid.IntRange(0, len(of)-1).Draw(e.rt, what)]
}

func (e *edition) note(format string, args ...any) {
	e.story = append(e.story, fmt.Sprintf(format, args...))
}

func (e *edition) expr(src string) *expr.Expr {
	x, err := expr.Parse(src, process.Builtins...)
	if err != nil {
		e.rt.Fatal(err)
	}
	return x
}

// change makes one change.
func (e *edition) change() {
	all := []func(){e.rename, e.renameFlow, e.remove, e.insert, e.insert, e.retype, e.swapPair, e.swapOne, e.wrap, e.addEdge, e.dropEdge, e.beside,
		e.branch, e.variable, e.retime, e.renote, e.repeat, e.deadline, e.duty}
	all[rapid.IntRange(0, len(all)-1).Draw(e.rt, "change")]()
}

func (e *edition) rename() {
	n := e.choose("rename", e.nodes)
	id := e.id("name")
	if rapid.IntRange(0, 3).Draw(e.rt, "said") > 0 {
		for from, to := range e.named {
			if to == n.ID {
				e.named[from] = id
			}
		}
		if _, known := e.named[n.ID]; !known {
			e.named[n.ID] = id
		}
	}
	e.note("%s is %s", n.ID, id)
	n.ID = id
}

func (e *edition) renameFlow() {
	if len(e.flows) == 0 {
		return
	}
	f := e.flows[rapid.IntRange(0, len(e.flows)-1).Draw(e.rt, "flow")]
	e.note("flow %s is another", f.ID)
	f.ID = e.id("flow")
}

func (e *edition) remove() {
	n := e.choose("remove", slices.DeleteFunc(e.plain(), func(n *drawnNode) bool { return n.Kind == process.SubProcess }))
	if n == nil {
		return
	}
	in, out := e.in(n)[0], e.out(n)[0]
	if out.to == n || in.from == n {
		return
	}
	e.note("%s is gone", n.ID)
	in.to = out.to
	e.forget(n)
	e.flows = slices.DeleteFunc(e.flows, func(f *drawnFlow) bool { return f == out })
}

// forget removes a node with the events on its edge.
func (e *edition) forget(n *drawnNode) {
	for _, b := range slices.Clone(e.nodes) {
		if b.host == n {
			e.forget(b)
		}
	}
	e.nodes = slices.DeleteFunc(e.nodes, func(x *drawnNode) bool { return x == n })
	if n.Kind == process.BoundaryEvent {
		e.flows = slices.DeleteFunc(e.flows, func(f *drawnFlow) bool { return f.from == n })
	}
}

func (e *edition) add(id string, kind process.Kind, scope *drawnNode) *drawnNode {
	n := &drawnNode{Node: process.Node{ID: id, Name: id, Kind: kind}, scope: scope}
	e.nodes = append(e.nodes, n)
	return n
}

func (e *edition) join(from, to *drawnNode) *drawnFlow {
	f := &drawnFlow{Flow: process.Flow{ID: e.id("flow")}, from: from, to: to}
	e.flows = append(e.flows, f)
	return f
}

func (e *edition) user(id string, scope *drawnNode) *drawnNode {
	n := e.add(id, process.UserTask, scope)
	n.Task = &process.Task{Actions: []process.Action{{Name: "Approve"}, {Name: "Reject"}}, Priority: 1,
		Recipients: []process.Recipient{{Starter: true}}}
	return n
}

func (e *edition) insert() {
	var can []*drawnFlow
	for _, f := range e.flows {
		if f.from.Kind != process.EventGateway {
			can = append(can, f)
		}
	}
	if len(can) == 0 {
		return
	}
	f := can[rapid.IntRange(0, len(can)-1).Draw(e.rt, "insert")]
	var n *drawnNode
	switch id := e.id("step"); rapid.IntRange(0, 2).Draw(e.rt, "kind") {
	case 0:
		n = e.user(id, f.from.scope)
	case 1:
		n = e.add(id, process.PassThrough, f.from.scope)
	default:
		n = e.add(id, process.CatchEvent, f.from.scope)
		n.Event = &process.Event{Trigger: process.OnSignal, Name: "s"}
	}
	e.note("%s stands in %s", n.ID, f.ID)
	to := f.to
	f.to = n
	e.join(n, to)
}

func (e *edition) retype() {
	n := e.choose("retype", slices.DeleteFunc(e.plain(), func(n *drawnNode) bool {
		return n.Kind != process.UserTask && n.Kind != process.ServiceTask && n.Kind != process.PassThrough && n.Kind != process.ReceiveTask
	}))
	if n == nil {
		return
	}
	e.note("%s is of another kind", n.ID)
	n.Task, n.Service, n.Event, n.Multi = nil, nil, nil, nil
	switch {
	case n.Kind == process.ServiceTask || rapid.Bool().Draw(e.rt, "pass"):
		n.Kind = process.PassThrough
	default:
		n.Kind, n.Service = process.ServiceTask, &process.Service{External: true}
	}
}

// swapPair makes a split and its merge others.
func (e *edition) swapPair() {
	var opens []*drawnNode
	shut := map[*drawnNode]*drawnNode{}
	for i, n := range e.nodes {
		if len(n.ID) > 4 && n.ID[:4] == "open" && i+1 < len(e.nodes) && len(e.nodes[i+1].ID) > 4 && e.nodes[i+1].ID[:4] == "shut" {
			opens = append(opens, n)
			shut[n] = e.nodes[i+1]
		}
	}
	n := e.choose("swap", opens)
	if n == nil {
		return
	}
	kind := rapid.SampledFrom([]process.Kind{process.ParallelGateway, process.InclusiveGateway}).Draw(e.rt, "to")
	e.note("%s and its merge are of kind %d", n.ID, kind)
	n.Kind, shut[n].Kind = kind, kind
	for _, f := range e.out(n) {
		if kind == process.ParallelGateway { // it takes every way
			f.Condition, f.isDefault = nil, false
		}
	}
}

func (e *edition) swapOne() {
	var gates []*drawnNode
	for _, n := range e.nodes {
		if n.Kind == process.ParallelGateway || n.Kind == process.ExclusiveGateway {
			gates = append(gates, n)
		}
	}
	n := e.choose("swap one", gates)
	if n == nil {
		return
	}
	e.sound = false
	e.note("%s is another gateway", n.ID)
	n.Kind = process.ParallelGateway + process.ExclusiveGateway - n.Kind
}

func (e *edition) wrap() {
	n := e.choose("wrap", slices.DeleteFunc(e.plain(), func(n *drawnNode) bool {
		return !n.IsActivity() || n.Kind == process.SubProcess || slices.ContainsFunc(e.nodes, func(b *drawnNode) bool { return b.host == n })
	}))
	if n == nil {
		return
	}
	in, out := e.in(n)[0], e.out(n)[0]
	id := e.id("sub")
	e.note("%s is in %s", n.ID, id)
	sub := e.add(id, process.SubProcess, n.scope)
	start, end := e.add(id+"start", process.StartEvent, sub), e.add(id+"end", process.EndEvent, sub)
	n.scope = sub
	in.to, out.from = sub, sub
	e.join(start, n)
	e.join(n, end)
}

func (e *edition) addEdge() {
	n := e.choose("edge", slices.DeleteFunc(e.plain(), func(n *drawnNode) bool { return !n.IsActivity() }))
	if n == nil {
		return
	}
	b := e.add(e.id("edge"), process.BoundaryEvent, n.scope)
	b.host, b.Attach = n, &process.Attach{Interrupting: rapid.Bool().Draw(e.rt, "interrupting")}
	if rapid.Bool().Draw(e.rt, "timer") {
		b.Event = &process.Event{Trigger: process.OnTimer, Timer: &process.Timer{After: e.expr(`duration("PT4H")`)}}
	} else {
		b.Event = &process.Event{Trigger: process.OnMessage, Name: "m2", Key: e.expr("instance")}
	}
	e.note("%s is on %s", b.ID, n.ID)
	if b.Attach.Interrupting {
		merge, out := e.add(b.ID+"merge", process.ExclusiveGateway, n.scope), e.out(n)[0] // the branch is not lost
		e.join(merge, out.to)
		out.to = merge
		e.join(b, merge)
	} else {
		e.join(b, e.add(b.ID+"end", process.EndEvent, n.scope))
	}
}

func (e *edition) dropEdge() {
	var edges []*drawnNode
	for _, n := range e.nodes {
		if n.host != nil {
			edges = append(edges, n)
		}
	}
	if b := e.choose("drop edge", edges); b != nil {
		e.note("%s is gone", b.ID)
		e.forget(b)
	}
}

func (e *edition) beside() {
	id := e.id("beside")
	sub := e.add(id, process.EventSubProcess, nil)
	start := e.add(id+"start", process.StartEvent, sub)
	start.Event = &process.Event{Trigger: process.OnSignal, Name: "s9", Interrupting: rapid.Bool().Draw(e.rt, "interrupting")}
	e.join(start, e.add(id+"end", process.EndEvent, sub))
	e.note("%s is there", id)
}

// branch puts another branch beside a step.
func (e *edition) branch() {
	n := e.choose("branch", e.plain())
	if n == nil {
		return
	}
	in, out := e.in(n)[0], e.out(n)[0]
	id := e.id("fork")
	e.note("beside %s is a branch", n.ID)
	fork, meet, other := e.add(id, process.ParallelGateway, n.scope), e.add(id+"meet", process.ParallelGateway, n.scope), e.user(id+"other", n.scope)
	in.to, out.from = fork, meet
	e.join(fork, n)
	e.join(n, meet)
	e.join(fork, other)
	e.join(other, meet)
}

func (e *edition) variable() {
	switch rapid.IntRange(0, 3).Draw(e.rt, "variable") {
	case 0:
		e.made.Variables = append(e.made.Variables, process.Variable{Name: e.id("var"), Type: process.Number, Required: true})
	case 1:
		e.made.Variables = append(e.made.Variables, process.Variable{Name: e.id("var"), Type: process.Number, Required: true, Default: e.expr("1 + 1")})
	case 2:
		i := slices.IndexFunc(e.made.Variables, func(v process.Variable) bool { return v.Name == "n" })
		e.made.Variables[i].Type, e.sound = process.Boolean, false // scripts count with it
	default:
		e.made.Variables = append(e.made.Variables, process.Variable{Name: e.id("var"), Type: process.String, Default: e.expr(`"x"`)})
	}
	e.note("a variable is new or other")
}

func (e *edition) retime() {
	for _, n := range e.nodes {
		if n.Is(process.OnTimer) && n.Event.Timer.After != nil && rapid.Bool().Draw(e.rt, "longer") {
			event := *n.Event
			event.Timer = &process.Timer{After: e.expr(`duration("PT9H")`)}
			n.Event = &event
		}
	}
	e.note("timers are longer")
}

func (e *edition) renote() {
	for _, n := range e.nodes {
		if n.Is(process.OnMessage) && rapid.Bool().Draw(e.rt, "other message") {
			event := *n.Event
			event.Name = "m3"
			n.Event = &event
		}
	}
	e.note("messages are called otherwise")
}

func (e *edition) repeat() {
	n := e.choose("repeat", slices.DeleteFunc(e.plain(), func(n *drawnNode) bool { return !n.IsActivity() }))
	if n == nil {
		return
	}
	e.note("%s is repeated otherwise", n.ID)
	if n.Multi != nil {
		n.Multi = nil
		return
	}
	n.Multi = &process.Multi{Sequential: rapid.Bool().Draw(e.rt, "sequential"), Cardinality: e.expr("2")}
}

func (e *edition) deadline() {
	n := e.choose("deadline", slices.DeleteFunc(slices.Clone(e.nodes), func(n *drawnNode) bool { return n.Task == nil }))
	if n == nil {
		return
	}
	e.note("%s has another deadline", n.ID)
	task := *n.Task
	if task.Deadline != nil {
		task.Deadline = nil
	} else {
		task.Deadline = &process.Deadline{After: e.expr(`duration("P9D")`), Outcome: "Expired"}
		task.Reminders = []process.Reminder{{Before: e.expr(`duration("P1D")`)}}
	}
	n.Task = &task
}

func (e *edition) duty() {
	users := slices.DeleteFunc(slices.Clone(e.nodes), func(n *drawnNode) bool { return n.Task == nil })
	n, other := e.choose("duty", users), e.choose("of", users)
	if n == nil || n == other {
		return
	}
	e.note("who decides %s may not decide %s", other.ID, n.ID)
	task := *n.Task
	task.Exclude = append(slices.Clip(task.Exclude), other.ID)
	n.Task = &task
	e.sound = false // somebody may be missing then
}
