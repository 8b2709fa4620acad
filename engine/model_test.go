package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/process"
)

// model is the movement of tokens said as simply as possible: how many lie on
// each flow into a merge, and how many wait at each step, in each area. It
// shares nothing with the engine but the definition, and must agree with it.
type model struct {
	def   *process.Definition
	rules map[int]rule // by flow: what its condition means
	truth map[string]bool
	root  *area
	moves int
}

// area is the workflow itself, a sub-process, an activity's rounds, or one round.
type area struct {
	m       *model
	around  *area
	at      int  // the activity, -1 for the workflow itself
	hosted  bool // something waits at the activity until it is done
	rounds  *rounds
	round   bool
	busy    int // arrivals under way: it is not over though nothing is in it
	gone    bool
	onFlow  map[int]int // at merges
	waiting map[int]int // at tasks, events and effects
	broken  map[int]int // at steps whose way on could not be chosen
	inside  []*area
}

// rounds counts those of a repeated activity.
type rounds struct {
	count, begun, done int
	sequential         bool
	enough             int // so many done end it; 0: all
}

// rule is a condition as the model knows it: a variable that must be true, or
// false. Name "nothing" is a variable without a value.
type rule struct {
	name string
	not  bool
}

func newModel(def *process.Definition, rules map[int]rule, truth map[string]bool) *model {
	m := &model{def: def, rules: rules, truth: truth}
	m.root = m.area(nil, -1)
	return m
}

func (m *model) area(around *area, at int) *area {
	a := &area{m: m, around: around, at: at, onFlow: map[int]int{}, waiting: map[int]int{}, broken: map[int]int{}}
	if around != nil {
		around.inside = append(around.inside, a)
	}
	return a
}

// tooLong tells that tokens go round without end; then the model has no opinion.
func (m *model) tooLong() bool { return m.moves > 400 }

// begin starts what is drawn in an area, at its start event without a trigger.
func (a *area) begin() {
	for i, n := range a.m.def.Nodes {
		if n.Kind == process.StartEvent && n.Event == nil && n.Scope == a.at {
			a.leave(i)
			return
		}
	}
}

func (a *area) arrive(flow int) {
	node := a.m.def.Flows[flow].To
	n := a.m.def.Nodes[node]
	switch {
	case n.Kind == process.ParallelGateway:
		a.onFlow[flow]++
		a.merge(node)
	case n.Kind == process.InclusiveGateway && len(n.Incoming) > 1:
		a.onFlow[flow]++ // settle looks when nothing else moves
	default:
		a.enter(node)
	}
}

func (a *area) enter(node int) {
	if a.m.moves++; a.m.tooLong() {
		return
	}
	n := a.m.def.Nodes[node]
	if n.Multi != nil && !(a.round && a.at == node) {
		a.repeat(node)
		return
	}
	switch n.Kind {
	case process.UserTask, process.SendTask, process.ServiceTask, process.ReceiveTask, process.CallActivity, process.EventGateway:
		a.waiting[node]++
	case process.CatchEvent, process.ThrowEvent:
		switch {
		case !n.Is(process.OnLink):
			a.waiting[node]++
		case n.Kind == process.ThrowEvent:
			a.enter(a.m.linkEnd(n.Event.Name))
		default:
			a.leave(node)
		}
	case process.SubProcess:
		sub := a.m.area(a, node)
		sub.hosted = true
		sub.begin()
	case process.EndEvent:
		if n.Event != nil {
			a.waiting[node]++ // for what it sends to be taken
			return
		}
		a.close()
	default:
		a.leave(node)
	}
}

func (m *model) linkEnd(name string) int {
	return slices.IndexFunc(m.def.Nodes, func(n process.Node) bool {
		return n.Kind == process.CatchEvent && n.Is(process.OnLink) && n.Event.Name == name
	})
}

func (a *area) merge(node int) {
	for _, f := range a.m.def.Nodes[node].Incoming {
		if a.onFlow[f] == 0 {
			return
		}
	}
	for _, f := range a.m.def.Nodes[node].Incoming {
		a.onFlow[f]--
	}
	a.leave(node)
}

// leave sends tokens on from a node that is done.
func (a *area) leave(node int) {
	if a.round && a.at == node {
		a.close()
		return
	}
	n := a.m.def.Nodes[node]
	var take []int
	for _, f := range n.Outgoing {
		r, conditional := a.m.rules[f]
		switch {
		case f == n.Default:
			continue
		case conditional && n.Kind != process.ParallelGateway && r.name == "nothing":
			a.broken[node]++
			return
		case !conditional || n.Kind == process.ParallelGateway || a.m.truth[r.name] != r.not:
			take = append(take, f)
		default:
			continue
		}
		if n.Kind == process.ExclusiveGateway {
			break
		}
	}
	if len(take) == 0 && n.Default >= 0 {
		take = []int{n.Default}
	}
	if len(take) == 0 && len(n.Outgoing) > 0 {
		a.broken[node]++
		return
	}
	a.busy++
	for _, f := range take {
		a.arrive(f)
	}
	a.busy--
	a.close()
}

// close ends an area in which nothing is left.
func (a *area) close() {
	if a.gone || a.busy > 0 || a.tokens() > 0 || a.around == nil || a.rounds != nil {
		return
	}
	a.remove()
	switch {
	case a.round:
		a.around.rounds.done++
		a.around.next()
	case a.hosted:
		a.around.leave(a.at)
	default:
		a.around.close()
	}
}

func (a *area) remove() {
	a.gone = true
	a.around.inside = slices.DeleteFunc(a.around.inside, func(x *area) bool { return x == a })
}

// repeat begins the rounds of an activity.
func (a *area) repeat(node int) {
	multi := a.m.def.Nodes[node].Multi
	all := a.m.area(a, node)
	all.hosted, all.rounds = true, &rounds{sequential: multi.Sequential}
	switch {
	case multi.Loop != nil:
		all.rounds.count = multi.Loop.Most
	case multi.Collection != nil:
		all.rounds.count = 3
	default:
		all.rounds.count, _ = strconv.Atoi(multi.Cardinality.Source())
	}
	if multi.Completion != nil {
		all.rounds.enough = 2
	}
	for !multi.Sequential && !all.gone && all.rounds.begun < all.rounds.count {
		all.one()
	}
	if all.rounds.count == 0 || multi.Sequential {
		all.next()
	}
}

// one begins a round.
func (a *area) one() {
	a.rounds.begun++
	r := a.m.area(a, a.at)
	r.round = true
	if a.m.def.Nodes[a.at].Kind == process.SubProcess {
		r.begin()
	} else {
		r.enter(a.at)
	}
}

// next goes on with the rounds of an activity when one is over.
func (a *area) next() {
	r := a.rounds
	switch {
	case a.gone:
	case r.enough > 0 && r.done >= r.enough, r.done == r.count:
		a.remove()
		a.around.leave(a.at)
	case r.sequential && r.done == r.begun:
		a.one()
	}
}

// settle lets inclusive merges go on, one after the other, once nothing else moves.
func (m *model) settle() {
	for again := true; again && !m.tooLong(); {
		again = false
		for i, n := range m.def.Nodes {
			if n.Kind == process.InclusiveGateway && len(n.Incoming) > 1 && m.root.inclusive(i) {
				again = true
				break
			}
		}
	}
}

func (a *area) inclusive(node int) bool {
	if a.mayGoOn(node) {
		for _, f := range a.m.def.Nodes[node].Incoming {
			if a.onFlow[f] > 0 {
				a.onFlow[f]--
			}
		}
		a.m.moves++
		a.leave(node)
		return true
	}
	return slices.ContainsFunc(a.inside, func(x *area) bool { return x.inclusive(node) })
}

// mayGoOn is table 13.3 of BPMN 2.0.2 word for word: a token elsewhere is waited
// for when a path leads from it to a flow of the gateway that has none, unless
// one also leads to a flow that has. Paths do not go through the gateway.
func (a *area) mayGoOn(node int) bool {
	has := func(f int) bool { return a.onFlow[f] > 0 }
	in := a.m.def.Nodes[node].Incoming
	if !slices.ContainsFunc(in, has) {
		return false
	}
	for _, from := range a.places() {
		if from == node && a.broken[node] == 0 {
			continue
		}
		toEmpty, toFull := false, false
		for _, f := range a.m.reach(from, node) {
			toEmpty, toFull = toEmpty || !has(f), toFull || has(f)
		}
		if toEmpty && !toFull {
			return false
		}
	}
	return true
}

// places are the nodes of an area at which something is.
func (a *area) places() (out []int) {
	for f, n := range a.onFlow {
		if n > 0 {
			out = append(out, a.m.def.Flows[f].To)
		}
	}
	for _, counts := range []map[int]int{a.waiting, a.broken} {
		for node, n := range counts {
			if n > 0 {
				out = append(out, node)
			}
		}
	}
	for _, x := range a.inside {
		if x.hosted {
			out = append(out, x.at)
		}
	}
	return out
}

// reach lists the flows into a gateway that lie on a way from a node.
func (m *model) reach(from, gateway int) (flows []int) {
	seen := map[int]bool{}
	var walk func(node int)
	walk = func(node int) {
		if seen[node] {
			return
		}
		seen[node] = true
		n := m.def.Nodes[node]
		for _, f := range n.Outgoing {
			if to := m.def.Flows[f].To; to == gateway {
				flows = append(flows, f)
			} else {
				walk(to)
			}
		}
		for _, b := range n.Boundary {
			walk(b)
		}
		if n.Kind == process.ThrowEvent && n.Is(process.OnLink) {
			walk(m.linkEnd(n.Event.Name))
		}
	}
	walk(from)
	return flows
}

// done lets a token that waited at a node go on from another, which is the same
// but behind an event-based gateway.
func (a *area) done(waited, on int) {
	a.waiting[waited]--
	a.leave(on)
}

// retried lets a token that could not go on try again.
func (a *area) retried(node int) {
	a.broken[node]--
	a.leave(node)
}

// edge follows the way from an event on the edge of an activity, which waits or
// has sub standing for it.
func (a *area) edge(event int, sub *area) {
	n := a.m.def.Nodes[event]
	if n.Attach.Interrupting && sub != nil {
		sub.remove()
	} else if n.Attach.Interrupting {
		a.waiting[n.Attach.To]--
	}
	a.leave(event)
}

// beside begins an event sub-process.
func (a *area) beside(start int) {
	n := a.m.def.Nodes[start]
	if n.Event.Interrupting {
		a.inside, a.onFlow, a.waiting, a.broken = nil, map[int]int{}, map[int]int{}, map[int]int{}
	}
	a.m.area(a, n.Scope).leave(start)
}

// fails lets an error go outwards from an activity, and tells whether something
// catches it: an event with one of the codes, the first before the next.
func (a *area) fails(node int, codes []string) bool {
	var sub *area
	if a.round && a.at == node {
		node = -1
	}
	for {
		if node >= 0 {
			for _, code := range codes {
				for _, b := range a.m.def.Nodes[node].Boundary {
					if n := a.m.def.Nodes[b]; n.Is(process.OnError) && n.Event.Code == code {
						a.edge(b, sub)
						return true
					}
				}
			}
		}
		if a.around == nil {
			return false
		}
		if node = -1; a.hosted {
			node = a.at
		}
		sub, a = a, a.around
	}
}

// tokens counts all there are in an area, and in those inside of it.
func (a *area) tokens() int {
	sum := len(a.inside)
	for _, counts := range []map[int]int{a.onFlow, a.waiting, a.broken} {
		for _, n := range counts {
			sum += n
		}
	}
	return sum
}

// String is the same for areas in which the same is going on.
func (a *area) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "(%d", a.at)
	if a.rounds != nil {
		fmt.Fprintf(&b, " round %d done %d", a.rounds.begun, a.rounds.done)
	}
	for what, counts := range []map[int]int{a.onFlow, a.waiting, a.broken} {
		var parts []string
		for k, n := range counts {
			if n != 0 {
				parts = append(parts, fmt.Sprintf(" %s%d×%d", []string{"flow", "at", "broken"}[what], k, n))
			}
		}
		slices.Sort(parts)
		b.WriteString(strings.Join(parts, ""))
	}
	for _, x := range a.sorted() {
		b.WriteString(" " + x.String())
	}
	return b.String() + ")"
}

// sorted are the areas inside, those alike next to each other.
func (a *area) sorted() []*area {
	out := slices.Clone(a.inside)
	slices.SortStableFunc(out, func(x, y *area) int { return strings.Compare(x.String(), y.String()) })
	return out
}
