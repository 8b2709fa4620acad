package process

import "fmt"

// graph checks how the steps hang together (BPMN 2.0.2 §8.4.13, §10.5, §10.6,
// §13.2).
func (c *checker) graph() {
	for i := range c.def.Nodes {
		n := &c.def.Nodes[i]
		c.ends(n)
		c.choices(n)
	}
	for _, f := range c.def.Flows {
		if c.def.Nodes[f.From].Scope != c.def.Nodes[f.To].Scope {
			c.flow(f, "this flow crosses the edge of a sub-process", "Draw it between steps of the same sub-process; from and to the outside go the flows of the sub-process itself (BPMN §7.6.1).")
		}
	}
	if !c.starts() {
		return // nothing would be reachable, which says no more than this
	}
	c.reach()
}

// starts checks that the workflow, and each sub-process, begins somewhere, and
// at one place (BPMN 2.0.2 §10.5.2, §13.2).
func (c *checker) starts() bool {
	first := map[int]*Node{}
	named := map[string]*Node{}
	for i := range c.def.Nodes {
		n := &c.def.Nodes[i]
		if n.Kind != StartEvent {
			continue
		}
		if n.Event != nil && n.Scope < 0 {
			c.sameStart(n, named)
			continue
		}
		switch other := first[n.Scope]; {
		case other == nil:
			first[n.Scope] = n
		case n.Scope < 0:
			c.at(n, "the workflow has another start event ("+other.ID+"); signoff cannot tell which one to start at", "Leave one, or give this one a trigger: a message, a timer or a signal.")
		default:
			c.at(n, "the sub-process has another start event ("+other.ID+")", "Leave one.")
		}
	}
	fine := first[-1] != nil || len(c.def.Starts()) > 0
	if !fine {
		c.problem(c.def.ID, c.def.Name, 0, "the workflow has no start event", "Draw one and connect it to the first step.")
	}
	for i := range c.def.Nodes {
		n := &c.def.Nodes[i]
		if first[i] == nil && (n.Kind == SubProcess || n.Kind == EventSubProcess) {
			c.at(n, "the sub-process has no start event", "Draw one in it and connect it to its first step.")
			fine = false
		}
	}
	return fine
}

// sameStart refuses two start events that one message or signal would begin at.
func (c *checker) sameStart(n *Node, named map[string]*Node) {
	what := fmt.Sprintf("%s %q", n.Event.Trigger, n.Event.Name)
	if n.Event.Name == "" {
		return
	}
	if other := named[what]; other != nil {
		c.at(n, fmt.Sprintf("another start event (%s) begins with the %s, too", other.ID, what), "Leave one, and draw a parallel gateway behind it.")
		return
	}
	named[what] = n
}

// ends checks that flows come and go where they have to.
func (c *checker) ends(n *Node) {
	in, out := len(n.Incoming), len(n.Outgoing)
	switch n.Kind {
	case StartEvent, BoundaryEvent, EventSubProcess:
		if in > 0 {
			c.at(n, fmt.Sprintf("a flow leads into this %s", n.Element), "Nothing can come before it: end the flow at a step (BPMN §10.5).")
		}
	case CatchEvent:
		if in > 0 && n.Is(OnLink) {
			c.at(n, "a flow leads into the end of a link", "Only links of that name lead there; end the flow at a step (BPMN §10.5.5).")
		}
	}
	switch n.Kind {
	case EndEvent, TerminateEvent:
		if out > 0 {
			c.at(n, "a flow leaves this end event", "Nothing can follow an end; use an intermediate event (BPMN §10.5.3).")
		}
	case EventSubProcess:
		if out > 0 {
			c.at(n, "a flow leaves this event sub-process", "It ends where it began: draw what follows in it (BPMN §10.3.5).")
		}
	default:
		if n.Kind == ThrowEvent && n.Is(OnLink) {
			if out > 0 {
				c.at(n, "a flow leaves the beginning of a link", "It goes on at the link's other end (BPMN §10.5.5).")
			}
			return
		}
		if out == 0 {
			c.at(n, "nothing follows this "+n.Element+": it is a dead end", "Draw a flow to the next step, or to an end event.")
		}
	}
}

// choices checks conditions and defaults (BPMN 2.0.2 §8.4.13, §10.6.2, §10.6.4).
func (c *checker) choices(n *Node) {
	conditions := 0
	for _, i := range n.Outgoing {
		f := c.def.Flows[i]
		if f.Condition == nil {
			continue
		}
		conditions++
		switch n.Kind {
		case ParallelGateway:
			c.flow(f, "a parallel gateway takes every path, so this condition would not be looked at", "Remove the condition, or use an exclusive gateway.")
		case EventGateway:
			c.flow(f, "this flow leaves an event-based gateway, where the first event chooses", "Remove the condition.")
		case StartEvent, CatchEvent, BoundaryEvent, ThrowEvent:
			c.flow(f, "this flow leaves an event, which cannot choose", "Put an exclusive gateway behind the event, and the condition there.")
		}
		if n.Default == i {
			c.warnFlow(f, "this is the default flow, so its condition is not looked at", "Remove the condition.")
		}
	}
	switch n.Kind {
	case ExclusiveGateway:
		c.exclusive(n, conditions)
	case EventGateway:
		c.race(n)
	case UserTask, SendTask, ServiceTask, ScriptTask, PassThrough, ReceiveTask, SubProcess, CallActivity, InclusiveGateway:
		if conditions > 0 && conditions == len(n.Outgoing) && n.Default < 0 {
			c.warn(n, "every flow that leaves has a condition; when none is true, the instance stops with an incident", "Mark one flow as the default.")
		}
	}
}

func (c *checker) exclusive(n *Node, conditions int) {
	if len(n.Outgoing) < 2 && conditions == 0 {
		return // it only joins
	}
	for _, i := range n.Outgoing {
		if f := c.def.Flows[i]; f.Condition == nil && i != n.Default {
			advice := "Write a condition, or mark this flow as the default."
			if n.Default >= 0 {
				advice = "Write a condition; the default is another flow (" + c.def.Flows[n.Default].ID + ")."
			}
			c.flow(f, fmt.Sprintf("this flow leaves the exclusive gateway %q without a condition", n.Name), advice)
		}
	}
	if n.Default < 0 && conditions > 0 && conditions == len(n.Outgoing) {
		c.warn(n, "the gateway has no default flow; when no condition is true, the instance stops with an incident", "Mark one flow as the default.")
	}
}

func (c *checker) flow(f Flow, reason, advice string) {
	c.problem(f.ID, f.Name, f.Line, reason, advice)
}

func (c *checker) warnFlow(f Flow, reason, advice string) {
	c.add(Problem{Element: f.ID, Name: f.Name, Line: f.Line, Reason: reason, Advice: advice, Warning: true})
}

// race checks what stands behind an event-based gateway (BPMN 2.0.2 §10.6.6).
func (c *checker) race(n *Node) {
	if len(n.Outgoing) < 2 {
		c.at(n, "an event-based gateway waits for the first of several events, and there are fewer than two behind it", "Draw the events to wait for, or leave the gateway out.")
	}
	for _, i := range n.Outgoing {
		to := &c.def.Nodes[c.def.Flows[i].To]
		switch {
		case to.Kind != CatchEvent && to.Kind != ReceiveTask || to.Is(OnLink):
			c.flow(c.def.Flows[i], fmt.Sprintf("behind an event-based gateway stands %q, which waits for no event", to.Name), "Put a catching event or a receive task there.")
		case len(to.Incoming) > 1:
			c.at(to, "it stands behind an event-based gateway, and another flow leads to it", "Draw an event of its own for the other flow.")
		case len(to.Boundary) > 0 || to.Multi != nil:
			c.at(to, "a receive task behind an event-based gateway can have no events on its edge and cannot be repeated", "Put another event behind the gateway.")
		}
	}
}

// reach finds steps that are never reached, and steps that never reach an end.
func (c *checker) reach() {
	var from, ends []int
	for _, n := range c.def.Starts() {
		from = append(from, n.Index)
	}
	for i := range c.def.Nodes {
		switch n := &c.def.Nodes[i]; {
		case n.Kind == EndEvent, n.Kind == TerminateEvent:
			ends = append(ends, n.Index)
		case n.Kind == EventSubProcess:
			ends = append(ends, n.Index) // it leads to nothing: it has begun beside what goes on
			if n.Scope < 0 {
				from = append(from, n.Index)
			}
		}
	}
	c.links = c.def.derived()
	c.thrown = c.def.throwers(c.links)
	reached := c.spread(from, c.next)
	finishing := c.spread(ends, c.previous)
	for i := range c.def.Nodes {
		n := &c.def.Nodes[i]
		switch {
		case !reached[i]:
			c.at(n, "no way leads from the start to this "+n.Element, "Connect it, or remove it.")
		case hasEnd(c.def) && !finishing[i] && len(n.Outgoing) > 0:
			c.at(n, "no way leads from this "+n.Element+" to an end: the instance would go round for ever", "Draw a way out to an end event.")
		}
	}
	if !hasEnd(c.def) {
		c.problem(c.def.ID, c.def.Name, 0, "the workflow has no end event", "Draw one behind the last step.")
	}
}

// spread returns the nodes that step leads to from those given, them included.
func (c *checker) spread(from []int, step func(n *Node) []int) []bool {
	seen := make([]bool, len(c.def.Nodes))
	todo := from
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !seen[i] {
			seen[i] = true
			todo = append(todo, step(&c.def.Nodes[i])...)
		}
	}
	return seen
}

func hasEnd(d *Definition) bool {
	for i := range d.Nodes {
		if k := d.Nodes[i].Kind; k == EndEvent || k == TerminateEvent {
			return true
		}
	}
	return false
}

// next are the nodes a token can go to from n, over its boundary events and
// links and into sub-processes too.
func (c *checker) next(n *Node) []int {
	out := append([]int(nil), n.Boundary...)
	switch {
	case n.Kind == SubProcess || n.Kind == EventSubProcess:
		for i := range c.def.Nodes {
			if in := &c.def.Nodes[i]; in.Scope == n.Index && (in.Kind == StartEvent || in.Kind == EventSubProcess) {
				out = append(out, i)
			}
		}
	case n.Kind == ThrowEvent && n.Is(OnLink):
		if to, ok := c.links.links[linkKey(n)]; ok {
			out = append(out, to)
		}
	}
	for _, i := range n.Outgoing {
		out = append(out, c.def.Flows[i].To)
	}
	return out
}

// previous are the nodes a token can have come from.
func (c *checker) previous(n *Node) []int {
	var out []int
	if n.Attach != nil {
		out = append(out, n.Attach.To)
	}
	out = append(out, c.thrown[n.Index]...)
	for _, i := range n.Incoming {
		out = append(out, c.def.Flows[i].From)
	}
	return out
}
