package process

import (
	"cmp"
	"slices"
)

// Reach tells in which places at once a workflow, or one of its sub-processes,
// can be. It looks at all ways a drawing allows, whatever the values are. What
// it has worked out it keeps; it is not for several goroutines at once.
type Reach struct {
	Most int // ways to be in places at once that are looked at in one scope; 0: MaxReached

	def  *Definition
	made map[int]*walk
}

// NewReach returns the reach of a definition.
func NewReach(def *Definition) *Reach { return &Reach{def: def, made: map[int]*walk{}} }

// Bounds on what Reach works out for one process or sub-process. Of a larger one
// nothing is known.
const (
	MaxReached = 50_000 // ways to be in places at once
	waysFor    = 20     // ways from one to the next followed for each of them, on average
	maxSets    = 5      // conditional flows out of one step of which any may be taken
)

// At is the place of a token at a node that has not come to wait at a merge.
func (r *Reach) At(node int) int { return node }

// On is the place of a token that waits at a merge and came by that flow.
func (r *Reach) On(flow int) int { return len(r.def.Nodes) + flow }

// Can tells whether tokens can be in all those places of a scope at once and
// nowhere else in it: -1 is the workflow itself, others the index of the
// sub-process. known is false where that was too much to work out.
func (r *Reach) Can(scope int, places []int) (can, known bool) {
	w := r.made[scope]
	if w == nil {
		w = r.walk(scope)
		r.made[scope] = w
	}
	return w.seen[string(keyOf(spotsOf(places)))], !w.lost
}

// spot is a place and how many are there: 2 stands for more, too.
type spot struct{ place, count int }

func spotsOf(places []int) (out []spot) {
	sorted := slices.Sorted(slices.Values(places))
	for _, p := range sorted {
		if n := len(out); n > 0 && out[n-1].place == p {
			out[n-1].count = 2
			continue
		}
		out = append(out, spot{p, 1})
	}
	return out
}

func keyOf(m []spot) []byte {
	key := make([]byte, 0, 4*len(m))
	for _, s := range m {
		key = append(key, byte(s.place), byte(s.place>>8), byte(s.place>>16), byte(s.count))
	}
	return key
}

// walk goes all ways through one scope.
type walk struct {
	def  *Definition
	most int
	seen map[string]bool
	todo [][]spot
	lost bool
	left int // ways that are still followed before it is too much to look at
}

func (r *Reach) walk(scope int) *walk {
	w := &walk{def: r.def, most: cmp.Or(r.Most, MaxReached), seen: map[string]bool{"": true}} // everything can be over
	w.left = waysFor * w.most
	for i := range r.def.Nodes {
		if n := &r.def.Nodes[i]; n.Kind == StartEvent && n.Scope == scope {
			w.add([]spot{{i, 1}})
		}
	}
	for len(w.todo) > 0 && !w.lost {
		m := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.step(m)
	}
	w.todo = nil
	return w
}

func (w *walk) add(m []spot) {
	if w.left--; w.left < 0 {
		w.lost = true
	}
	if w.lost {
		return
	}
	key := string(keyOf(m))
	if w.seen[key] {
		return
	}
	if len(w.seen) >= w.most {
		w.lost = true
		return
	}
	w.seen[key] = true
	w.todo = append(w.todo, m)
}

// step lets each token go on, each way it can.
func (w *walk) step(m []spot) {
	for i := range m {
		if m[i].place >= len(w.def.Nodes) {
			continue
		}
		n := &w.def.Nodes[m[i].place]
		if n.Kind == TerminateEvent || n.Kind == EndEvent && n.Is(OnError) {
			continue // everything is over
		}
		for _, way := range w.ways(n) {
			for _, rest := range less(m, m[i].place) {
				w.add(more(rest, way))
			}
			if w.lost {
				return
			}
		}
	}
	w.parallel(m)
	w.inclusive(m)
}

// less is m without one token at a place: where there were more than one, one or
// more are left.
func less(m []spot, place int) [][]spot {
	i, _ := slices.BinarySearchFunc(m, place, func(s spot, p int) int { return cmp.Compare(s.place, p) })
	one := slices.Clone(m)
	if m[i].count == 1 {
		return [][]spot{slices.Delete(one, i, i+1)}
	}
	one[i].count = 1
	return [][]spot{one, slices.Clone(m)}
}

// more is m with a token at each of the places.
func more(m []spot, places []int) []spot {
	out := slices.Clone(m)
	for _, p := range places {
		i, found := slices.BinarySearchFunc(out, p, func(s spot, p int) int { return cmp.Compare(s.place, p) })
		if found {
			out[i].count = 2
		} else {
			out = slices.Insert(out, i, spot{p, 1})
		}
	}
	return out
}

// ways lists the sets of places a token at n can lead to.
func (w *walk) ways(n *Node) (ways [][]int) {
	switch {
	case n.Kind == ThrowEvent && n.Is(OnLink):
		if to := w.def.LinkTarget(n); to != nil {
			ways = append(ways, []int{to.Index})
		}
		return ways
	case n.Kind == EventGateway || n.Kind == ExclusiveGateway:
		for _, f := range n.Outgoing {
			ways = append(ways, []int{w.arrival(f)})
		}
		if len(ways) == 0 {
			ways = append(ways, nil) // it ends there
		}
	default:
		ways = w.some(n)
	}
	for _, b := range n.Boundary {
		if w.def.Nodes[b].Attach.Interrupting {
			ways = append(ways, []int{b})
		} else {
			ways = append(ways, []int{b, n.Index})
		}
	}
	return ways
}

// some lists the sets of flows that a step with conditions on its flows can take.
func (w *walk) some(n *Node) (ways [][]int) {
	var always, maybe []int
	for _, f := range n.Outgoing {
		switch {
		case f == n.Default:
		case w.def.Flows[f].Condition != nil && n.Kind != ParallelGateway:
			maybe = append(maybe, w.arrival(f))
		default:
			always = append(always, w.arrival(f))
		}
	}
	if len(maybe) > maxSets {
		w.lost = true
		return nil
	}
	for set := range 1 << len(maybe) {
		way := slices.Clone(always)
		for i, to := range maybe {
			if set&(1<<i) != 0 {
				way = append(way, to)
			}
		}
		switch {
		case len(way) > 0 || len(n.Outgoing) == 0:
			ways = append(ways, way)
		case n.Default >= 0:
			ways = append(ways, []int{w.arrival(n.Default)})
		}
	}
	return ways
}

// arrival is where a token is that goes by a flow.
func (w *walk) arrival(flow int) int {
	if w.def.Nodes[w.def.Flows[flow].To].Joins() {
		return len(w.def.Nodes) + flow
	}
	return w.def.Flows[flow].To
}

// parallel lets the parallel merges go on that are complete.
func (w *walk) parallel(m []spot) {
	nodes := len(w.def.Nodes)
	for i, s := range m {
		if s.place < nodes {
			continue
		}
		n := &w.def.Nodes[w.def.Flows[s.place-nodes].To]
		if n.Kind != ParallelGateway || slices.ContainsFunc(m[:i], func(o spot) bool { return w.goesTo(o, n) }) {
			continue // it was looked at with another of its flows
		}
		if !slices.ContainsFunc(n.Incoming, func(f int) bool { return !has(m, nodes+f) }) {
			w.fire(m, n, n.Incoming)
		}
	}
}

func (w *walk) goesTo(s spot, n *Node) bool {
	return s.place >= len(w.def.Nodes) && w.def.Flows[s.place-len(w.def.Nodes)].To == n.Index
}

func has(m []spot, place int) bool {
	_, found := slices.BinarySearchFunc(m, place, func(s spot, p int) int { return cmp.Compare(s.place, p) })
	return found
}

// fire takes a token from each of the flows into a merge.
func (w *walk) fire(m []spot, n *Node, flows []int) {
	if len(flows) == 0 {
		w.add(more(m, []int{n.Index}))
		return
	}
	for _, rest := range less(m, len(w.def.Nodes)+flows[0]) {
		if w.lost {
			return
		}
		w.fire(rest, n, flows[1:])
	}
}

// inclusive lets the inclusive merges go on for which nothing more can come
// (BPMN 2.0.2 §13.4.3).
func (w *walk) inclusive(m []spot) {
	joins := w.def.Joins()
	for i := range joins {
		j := &joins[i]
		n := &w.def.Nodes[j.Node]
		var here, empty uint64
		var flows []int
		for bit, f := range n.Incoming {
			if has(m, len(w.def.Nodes)+f) {
				here, flows = here|1<<bit, append(flows, f)
			} else {
				empty |= 1 << bit
			}
		}
		if here != 0 && !w.comes(m, j, n, here, empty) {
			w.fire(m, n, flows)
		}
	}
}

// comes tells whether an inclusive merge has to wait for a token elsewhere.
func (w *walk) comes(m []spot, j *Join, n *Node, here, empty uint64) bool {
	for _, s := range m {
		if w.goesTo(s, n) {
			continue
		}
		at := s.place
		if at >= len(w.def.Nodes) {
			at = w.def.Flows[at-len(w.def.Nodes)].To
		}
		var ways uint64
		if at == n.Index {
			for _, f := range n.Outgoing {
				ways |= j.Ways(w.def.Flows[f].To)
			}
		} else {
			ways = j.Ways(at)
		}
		if ways&empty != 0 && ways&here == 0 {
			return true
		}
	}
	return false
}
