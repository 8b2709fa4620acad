package engine

import (
	"github.com/signoffhq/signoff/process"
)

// model is the movement of tokens said as simply as possible: how many lie on
// each flow into a merge, and how many wait at each step. It shares nothing with
// the engine but the definition, and must agree with it.
type model struct {
	def     *process.Definition
	rules   map[int]rule // by flow: what its condition means
	truth   map[string]bool
	onFlow  map[int]int // at merges
	waiting map[int]int // at tasks, timers and effects
	broken  map[int]int // at steps whose way on could not be chosen
	moves   int
}

// rule is a condition as the model knows it: a variable that must be true, or
// false. Name "nothing" is a variable without a value.
type rule struct {
	name string
	not  bool
}

func newModel(def *process.Definition, rules map[int]rule, truth map[string]bool) *model {
	return &model{def: def, rules: rules, truth: truth, onFlow: map[int]int{}, waiting: map[int]int{}, broken: map[int]int{}}
}

// tooLong tells that tokens go round without end; then the model has no opinion.
func (m *model) tooLong() bool { return m.moves > 400 }

func (m *model) arrive(flow int) {
	if m.moves++; m.tooLong() {
		return
	}
	node := m.def.Flows[flow].To
	switch m.def.Nodes[node].Kind {
	case process.ParallelGateway:
		m.onFlow[flow]++
		m.merge(node)
	case process.UserTask, process.SendTask, process.ServiceTask, process.CatchEvent:
		m.waiting[node]++
	default:
		m.leave(node)
	}
}

func (m *model) merge(node int) {
	for _, f := range m.def.Nodes[node].Incoming {
		if m.onFlow[f] == 0 {
			return
		}
	}
	for _, f := range m.def.Nodes[node].Incoming {
		m.onFlow[f]--
	}
	m.leave(node)
}

// leave sends tokens on from a node that is done.
func (m *model) leave(node int) {
	n := m.def.Nodes[node]
	var take []int
	for _, f := range n.Outgoing {
		r, conditional := m.rules[f]
		switch {
		case f == n.Default:
			continue
		case conditional && n.Kind != process.ParallelGateway && r.name == "nothing":
			m.broken[node]++
			return
		case !conditional || n.Kind == process.ParallelGateway || m.truth[r.name] != r.not:
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
		m.broken[node]++
		return
	}
	for _, f := range take {
		m.arrive(f)
	}
}

// done lets a token that waited at a node go on.
func (m *model) done(node int) {
	m.waiting[node]--
	m.leave(node)
}

// retried lets a token that could not go on try again.
func (m *model) retried(node int) {
	m.broken[node]--
	m.leave(node)
}

// tokens counts all there are.
func (m *model) tokens() int {
	sum := 0
	for _, counts := range []map[int]int{m.onFlow, m.waiting, m.broken} {
		for _, n := range counts {
			sum += n
		}
	}
	return sum
}
