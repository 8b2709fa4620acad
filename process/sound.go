package process

import (
	"fmt"
	"slices"
	"strings"
)

// sound looks for faults that can be proven from the drawing alone, whatever
// the values are: a merge that can never be complete, a circle without an end.
// Faults that depend on the values are warnings.
func (c *checker) sound() {
	if slices.ContainsFunc(c.problems, func(p Problem) bool { return !p.Warning }) {
		return // the drawing is not finished
	}
	c.idles, c.waits = map[int]bool{}, map[int]bool{}
	for c.merges(c.circles()) {
		c.idles = map[int]bool{}
	}
	for _, round := range c.circles() {
		c.circle(round)
	}
	scopes := []int{-1}
	for i := range c.def.Nodes {
		if k := c.def.Nodes[i].Kind; k == SubProcess || k == EventSubProcess {
			scopes = append(scopes, i)
		}
	}
	for _, scope := range scopes {
		if c.markings < maxMarkings {
			c.explore(scope)
		}
	}
}

// circles finds ways round on which nothing waits and nothing is set: who goes
// round once goes round for ever.
func (c *checker) circles() (found [][]int) {
	number := make([]int, len(c.def.Nodes)) // in the order of Tarjan's walk, from 1
	low := make([]int, len(c.def.Nodes))
	var stack []int
	on := make([]bool, len(c.def.Nodes))
	count := 0
	var walk func(i int)
	walk = func(i int) {
		count++
		number[i], low[i] = count, count
		stack, on[i] = append(stack, i), true
		itself := false
		for _, to := range c.next(&c.def.Nodes[i]) {
			switch {
			case !c.instant(to):
			case number[to] == 0:
				walk(to)
				low[i] = min(low[i], low[to])
			case on[to]:
				low[i] = min(low[i], number[to])
			}
			itself = itself || to == i
		}
		if low[i] != number[i] {
			return
		}
		at := slices.Index(stack, i)
		round := stack[at:]
		stack = stack[:at]
		for _, n := range round {
			on[n] = false
		}
		if len(round) > 1 || itself {
			found = append(found, round)
		}
	}
	for i := range c.def.Nodes {
		if number[i] == 0 && c.instant(i) {
			walk(i)
		}
		if n := &c.def.Nodes[i]; n.Multi != nil && n.Multi.Loop != nil && n.Multi.Loop.Most == 0 && c.idle(i) {
			found = append(found, []int{i})
		}
	}
	return found
}

// merges notes the merges on the ways round that can wait for what comes from
// elsewhere, and tells whether there were any nobody knew of.
func (c *checker) merges(circles [][]int) (news bool) {
	for _, round := range circles {
		for _, i := range round {
			n := &c.def.Nodes[i]
			waits := (n.Kind == ParallelGateway || n.Kind == InclusiveGateway) && n.Joins() &&
				slices.ContainsFunc(n.Incoming, func(f int) bool { return !slices.Contains(round, c.def.Flows[f].From) })
			if waits && !c.waits[i] {
				c.waits[i], news = true, true
			}
		}
	}
	return news
}

// instant tells whether a token passes a node without anything waiting or being set.
func (c *checker) instant(i int) bool {
	switch n := &c.def.Nodes[i]; n.Kind {
	case ExclusiveGateway, InclusiveGateway, ParallelGateway:
		return !c.waits[i]
	case ThrowEvent, CatchEvent:
		return n.Is(OnLink)
	}
	return c.idle(i)
}

// idle tells whether an activity does nothing, each time it is repeated.
func (c *checker) idle(i int) bool {
	n := &c.def.Nodes[i]
	if len(n.Assign) > 0 || n.Multi != nil && n.Multi.Result != "" {
		return false
	}
	if n.Kind != SubProcess {
		return n.Kind == PassThrough
	}
	idle, known := c.idles[i]
	if !known {
		idle = c.idleInside(i)
		c.idles[i] = idle
	}
	return idle
}

func (c *checker) idleInside(i int) bool {
	for j := range c.def.Nodes {
		in := &c.def.Nodes[j]
		plain := (in.Kind == StartEvent || in.Kind == EndEvent) && in.Event == nil
		if in.Scope == i && !plain && !c.instant(j) {
			return false
		}
	}
	return true
}

func (c *checker) circle(round []int) {
	slices.Sort(round)
	c.at(&c.def.Nodes[round[0]], "on the way round from here and back nothing waits and no variable is set: who goes round once goes round for ever",
		"Put a step into the circle that waits or sets a variable the way out looks at, or remove the flow back.")
}

// Bounds on the exploration of a workflow's processes and sub-processes. Of what
// lies beyond them nothing is said.
const (
	maxMarkings = 20_000 // of all of them together
	maxPlaces   = 40
	maxChoices  = 4 // conditional flows out of one step of which any may be taken
)

// marking is where tokens are, sorted: at a node, or beyond the number of nodes
// on a flow into a merge that waits.
type marking []int

func (m marking) key() string {
	var b strings.Builder
	for _, p := range m {
		fmt.Fprintf(&b, "%d,", p)
	}
	return b.String()
}

// explorer walks through all ways a scope can go when every choice is open.
type explorer struct {
	c        *checker
	todo     []marking
	seen     map[string]bool
	lost     bool // too much to look at
	doubled  map[int]bool
	fired    map[int]bool
	stuck    map[int]marking // merges, with what was there
	includes bool            // an inclusive gateway merges: what it waits for is not told exactly
}

func (c *checker) explore(scope int) {
	e := &explorer{c: c, seen: map[string]bool{}, doubled: map[int]bool{}, fired: map[int]bool{}, stuck: map[int]marking{}}
	for i := range c.def.Nodes {
		n := &c.def.Nodes[i]
		if n.Scope != scope {
			continue
		}
		e.includes = e.includes || n.Kind == InclusiveGateway && n.Joins()
		if n.Kind == StartEvent {
			e.add(marking{i})
		}
	}
	for len(e.todo) > 0 && !e.lost {
		m := e.todo[len(e.todo)-1]
		e.todo = e.todo[:len(e.todo)-1]
		e.step(m)
	}
	if !e.lost {
		e.tell()
	}
}

func (e *explorer) add(m marking) {
	slices.Sort(m)
	for i := 1; i < len(m); i++ {
		if m[i] == m[i-1] {
			e.doubled[m[i]] = true
		}
	}
	m = slices.Compact(m)
	key := m.key()
	if e.seen[key] {
		return
	}
	e.seen[key] = true
	if e.c.markings++; e.c.markings > maxMarkings || len(m) > maxPlaces {
		e.lost = true
		return
	}
	e.todo = append(e.todo, m)
}

// step moves one token, each way it can go. Tokens do not get in each other's
// way but at merges, so that one order shows all that can come of it; those at
// steps where several flows meet go last, to see whether another comes there.
func (e *explorer) step(m marking) {
	nodes := len(e.c.def.Nodes)
	pick := -1
	for i, p := range m {
		if p >= nodes {
			continue
		}
		if pick < 0 || len(e.c.def.Nodes[m[pick]].Incoming) > 1 && len(e.c.def.Nodes[p].Incoming) < 2 {
			pick = i
		}
	}
	if pick < 0 {
		e.rest(m)
		return
	}
	n := &e.c.def.Nodes[m[pick]]
	if n.Kind == TerminateEvent || n.Kind == EndEvent && n.Is(OnError) {
		return // everything is over
	}
	rest := slices.Delete(slices.Clone(m), pick, pick+1)
	for _, out := range e.ways(n) {
		e.add(e.arrive(slices.Clone(rest), out))
	}
}

// ways lists what a token at n can lead to: sets of flows, and of nodes reached
// without one, as -1-node.
func (e *explorer) ways(n *Node) [][]int {
	var ways [][]int
	switch {
	case n.Kind == ThrowEvent && n.Is(OnLink):
		return [][]int{{-1 - e.c.links.links[linkKey(n)]}}
	case n.Kind == ExclusiveGateway || n.Kind == EventGateway:
		for _, f := range n.Outgoing {
			ways = append(ways, []int{f})
		}
	default:
		ways = e.some(n)
	}
	if len(ways) == 0 {
		ways = [][]int{{}}
	}
	plain := ways
	for _, b := range n.Boundary {
		on := &e.c.def.Nodes[b]
		if on.Attach.Interrupting {
			ways = append(ways, []int{-1 - b})
			continue
		}
		for _, way := range plain {
			ways = append(ways, append(slices.Clip(way), -1-b))
		}
	}
	return ways
}

// some lists the sets of flows that a step with conditions on its flows can take.
func (e *explorer) some(n *Node) [][]int {
	var always, maybe []int
	for _, f := range n.Outgoing {
		switch {
		case f == n.Default:
		case e.c.def.Flows[f].Condition != nil && n.Kind != ParallelGateway:
			maybe = append(maybe, f)
		default:
			always = append(always, f)
		}
	}
	if len(maybe) > maxChoices {
		e.lost = true
		return nil
	}
	var out [][]int
	for set := range 1 << len(maybe) {
		way := slices.Clone(always)
		for i, f := range maybe {
			if set&(1<<i) != 0 {
				way = append(way, f)
			}
		}
		switch {
		case len(way) > 0:
			out = append(out, way)
		case n.Default >= 0:
			out = append(out, []int{n.Default})
		}
	}
	return out
}

// arrive brings tokens to where a way leads, and lets parallel merges go on that
// are complete.
func (e *explorer) arrive(m marking, way []int) marking {
	for _, w := range way {
		if w < 0 {
			m = append(m, -1-w)
			continue
		}
		to := &e.c.def.Nodes[e.c.def.Flows[w].To]
		if !to.Joins() || len(to.Incoming) < 2 {
			m = append(m, to.Index)
			continue
		}
		if m = append(m, len(e.c.def.Nodes)+w); to.Kind == ParallelGateway {
			m = e.join(m, to, to.Incoming)
		}
	}
	return m
}

// join takes a token from each of the flows, if all have one, and goes on.
func (e *explorer) join(m marking, n *Node, flows []int) marking {
	rest := slices.Clone(m)
	for _, f := range flows {
		i := slices.Index(rest, len(e.c.def.Nodes)+f)
		if i < 0 {
			return m
		}
		rest = slices.Delete(rest, i, i+1)
	}
	e.fired[n.Index] = true
	return e.arrive(rest, n.Outgoing)
}

// rest is where nothing moves but merges: an inclusive one takes what is there,
// a parallel one that is not complete never will be.
func (e *explorer) rest(m marking) {
	nodes := len(e.c.def.Nodes)
	for _, p := range m {
		n := &e.c.def.Nodes[e.c.def.Flows[p-nodes].To]
		if n.Kind != InclusiveGateway {
			continue
		}
		var rest marking
		for _, q := range m {
			if e.c.def.Flows[q-nodes].To != n.Index {
				rest = append(rest, q)
			}
		}
		for _, out := range e.ways(n) {
			e.add(e.arrive(slices.Clone(rest), out))
		}
		return
	}
	for _, p := range m {
		if to := e.c.def.Flows[p-nodes].To; e.stuck[to] == nil {
			e.stuck[to] = m
		}
	}
}

func (e *explorer) tell() {
	exact := !e.includes && len(e.doubled) == 0
	for i := range e.c.def.Nodes {
		n := &e.c.def.Nodes[i]
		if m := e.stuck[i]; m != nil {
			const advice = "Behind an exclusive gateway only one way is taken: let ways that exclude each other meet at an exclusive gateway, and split at a parallel one what is to meet here."
			if !e.fired[i] && exact {
				e.c.at(n, "this merge can never be complete: it waits for "+e.missing(n, m)+", where nothing can come when it is reached", advice)
			} else {
				e.c.warn(n, "this merge can wait for ever: nothing may come from "+e.missing(n, m), advice)
			}
		}
		if e.doubled[i] && n.Kind != EndEvent && n.Kind != TerminateEvent && len(n.Incoming) > 1 {
			e.c.warn(n, "two can come here at the same time; from here on everything is then done twice", "Let parallel ways meet at a parallel gateway first.")
		}
	}
}

// missing names the steps in front of a merge from which nothing has come.
func (e *explorer) missing(n *Node, m marking) string {
	var names []string
	for _, f := range n.Incoming {
		if !slices.Contains(m, len(e.c.def.Nodes)+f) {
			names = append(names, fmt.Sprintf("%q", e.c.def.Nodes[e.c.def.Flows[f].From].Name))
		}
	}
	if len(names) > 3 {
		names = append(names[:3], "others")
	}
	return strings.Join(names, ", ")
}
