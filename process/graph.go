package process

import "fmt"

// graph checks how the steps hang together (BPMN 2.0.2 §8.4.13, §10.5, §10.6,
// §13.2).
func (c *checker) graph() {
	var starts []*Node
	for i := range c.def.Nodes {
		n := &c.def.Nodes[i]
		if n.Kind == StartEvent {
			starts = append(starts, n)
		}
		c.ends(n)
		c.choices(n)
	}
	if len(starts) == 0 {
		c.problem(c.def.ID, c.def.Name, 0, "the workflow has no start event", "Draw one and connect it to the first step.")
		return // nothing would be reachable, which says no more than this
	}
	for _, n := range starts[1:] {
		c.at(n, "the workflow has another start event ("+starts[0].ID+"); signoff cannot tell which one to start at", "Leave one.")
	}
	c.reach(starts)
}

// ends checks that flows come and go where they have to.
func (c *checker) ends(n *Node) {
	in, out := len(n.Incoming), len(n.Outgoing)
	switch n.Kind {
	case StartEvent, TimerBoundary:
		if in > 0 {
			c.at(n, fmt.Sprintf("a flow leads into this %s", n.Element), "Nothing can come before it: end the flow at a step (BPMN §10.5).")
		}
	}
	switch n.Kind {
	case EndEvent, TerminateEvent:
		if out > 0 {
			c.at(n, "a flow leaves this end event", "Nothing can follow an end; use an intermediate event (BPMN §10.5.3).")
		}
	default:
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
		case StartEvent, TimerCatch, TimerBoundary:
			c.flow(f, "this flow leaves an event, which cannot choose", "Put an exclusive gateway behind the event, and the condition there.")
		}
		if n.Default == i {
			c.warnFlow(f, "this is the default flow, so its condition is not looked at", "Remove the condition.")
		}
	}
	switch n.Kind {
	case ExclusiveGateway:
		c.exclusive(n, conditions)
	case UserTask, SendTask, ServiceTask, ScriptTask, PassThrough:
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

// reach finds steps that are never reached, and steps that never reach an end.
func (c *checker) reach(starts []*Node) {
	var from, ends []int
	for _, n := range starts {
		from = append(from, n.Index)
	}
	for _, n := range c.def.Nodes {
		if n.Kind == EndEvent || n.Kind == TerminateEvent {
			ends = append(ends, n.Index)
		}
	}
	reached := c.spread(from, c.next)
	finishing := c.spread(ends, c.previous)
	for i := range c.def.Nodes {
		n := &c.def.Nodes[i]
		switch {
		case !reached[i]:
			c.at(n, "no way leads from the start to this "+n.Element, "Connect it, or remove it.")
		case len(ends) > 0 && !finishing[i] && len(n.Outgoing) > 0:
			c.at(n, "no way leads from this "+n.Element+" to an end: the instance would go round for ever", "Draw a way out to an end event.")
		}
	}
	if len(ends) == 0 {
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

// next are the nodes a token can go to from n, over its boundary events too.
func (c *checker) next(n *Node) []int {
	out := append([]int(nil), n.Boundary...)
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
	for _, i := range n.Incoming {
		out = append(out, c.def.Flows[i].From)
	}
	return out
}
