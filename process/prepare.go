package process

// derived is what follows from a definition and is worked out once.
type derived struct {
	inside []inside       // by index of the sub-process + 1; [0] is the workflow itself
	links  map[string]int // catching link events, by scope and name
	joins  []Join
}

type inside struct {
	start    int   // the start event without a trigger, -1 for none
	handlers []int // start events of the event sub-processes
}

// Join is an inclusive gateway that waits for several ways in, and for each node
// the ways by which a token there can still come.
type Join struct {
	Node int
	ways []uint64 // by node: bits of Incoming, of those reached without passing the join
}

// MaxInclusive bounds the ways into one inclusive gateway, and MaxReach the
// inclusive gateways of a workflow times its steps.
const (
	MaxInclusive = 64
	MaxReach     = 2_000_000
)

// Prepare works out what the engine needs besides the definition itself. It is
// called once, before the definition is shared. Without it the engine does it
// again whenever it needs it.
func (d *Definition) Prepare() { d.made = derive(d) }

func (d *Definition) derived() *derived {
	if d.made != nil {
		return d.made
	}
	return derive(d)
}

func derive(d *Definition) *derived {
	out := &derived{inside: make([]inside, len(d.Nodes)+1)}
	for i := range out.inside {
		out.inside[i].start = -1
	}
	joins := 0
	for i := range d.Nodes {
		n := &d.Nodes[i]
		at := n.Scope + 1
		switch {
		case n.Kind == StartEvent && n.Scope >= 0 && d.Nodes[n.Scope].Kind == EventSubProcess:
			around := d.Nodes[n.Scope].Scope + 1
			out.inside[around].handlers = append(out.inside[around].handlers, i)
		case n.Kind == StartEvent && n.Event == nil && out.inside[at].start < 0:
			out.inside[at].start = i
		case n.Kind == CatchEvent && n.Is(OnLink):
			if out.links == nil {
				out.links = map[string]int{}
			}
			out.links[linkKey(n)] = i
		case n.Kind == InclusiveGateway && n.Joins():
			joins++
		}
	}
	if joins > 0 && joins*len(d.Nodes) <= MaxReach {
		for i := range d.Nodes {
			if n := &d.Nodes[i]; n.Kind == InclusiveGateway && n.Joins() && len(n.Incoming) <= MaxInclusive {
				out.joins = append(out.joins, d.join(out, i))
			}
		}
	}
	return out
}

func linkKey(n *Node) string { return string(rune(n.Scope+1)) + n.Event.Name }

// join works out from where a token can come to the inclusive gateway at, and by
// which ways in: for each way backwards from its source, stopping at the gateway.
func (d *Definition) join(made *derived, at int) Join {
	j := Join{Node: at, ways: make([]uint64, len(d.Nodes))}
	throws := d.throwers(made)
	var todo []int
	for bit, f := range d.Nodes[at].Incoming {
		todo = append(todo[:0], d.Flows[f].From)
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if i == at || j.ways[i]&(1<<bit) != 0 {
				continue
			}
			j.ways[i] |= 1 << bit
			n := &d.Nodes[i]
			for _, in := range n.Incoming {
				todo = append(todo, d.Flows[in].From)
			}
			if n.Attach != nil {
				todo = append(todo, n.Attach.To)
			}
			todo = append(todo, throws[i]...)
		}
	}
	return j
}

// throwers returns the throwing link events of each catching one.
func (d *Definition) throwers(made *derived) map[int][]int {
	if len(made.links) == 0 {
		return nil
	}
	out := map[int][]int{}
	for i := range d.Nodes {
		if n := &d.Nodes[i]; n.Kind == ThrowEvent && n.Is(OnLink) {
			if to, ok := made.links[linkKey(n)]; ok {
				out[to] = append(out[to], i)
			}
		}
	}
	return out
}

// Begin returns the start event without a trigger of a sub-process, -1 of the
// workflow itself; nil when there is none.
func (d *Definition) Begin(scope int) *Node {
	if i := d.derived().inside[scope+1].start; i >= 0 {
		return &d.Nodes[i]
	}
	return nil
}

// Handlers returns the start events of the event sub-processes drawn directly in
// a sub-process, or with -1 in the workflow itself.
func (d *Definition) Handlers(scope int) []int { return d.derived().inside[scope+1].handlers }

// LinkTarget returns the catching link event a throwing one leads to, nil when
// there is none (BPMN 2.0.2 §10.5.5, link events).
func (d *Definition) LinkTarget(n *Node) *Node {
	if i, ok := d.derived().links[linkKey(n)]; ok {
		return &d.Nodes[i]
	}
	return nil
}

// Joins returns the inclusive gateways that wait for several ways in.
func (d *Definition) Joins() []Join { return d.derived().joins }

// Ways returns by which of the join's ways in, as bits in the order of its
// Incoming, a token at node can come without passing the join.
func (j *Join) Ways(node int) uint64 { return j.ways[node] }

// Starts returns the start events by which an instance can begin: at most one
// without a trigger, for people and programs, and those that messages, signals
// and schedules start.
func (d *Definition) Starts() []*Node {
	var out []*Node
	for i := range d.Nodes {
		if n := &d.Nodes[i]; n.Kind == StartEvent && n.Scope < 0 {
			out = append(out, n)
		}
	}
	return out
}
