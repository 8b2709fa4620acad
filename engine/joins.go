package engine

import (
	"slices"

	"github.com/signoffhq/signoff/process"
)

// merge lets one inclusive gateway go on that waits for nothing any more, once
// nothing else moves. It takes one token from each way in that has one.
// https://www.omg.org/spec/BPMN/2.0.2 §13.4.3, table 13.3
func (t *turn) merge() bool {
	joins := t.def.Joins()
	for i := range joins {
		n := &t.def.Nodes[joins[i].Node]
		for _, k := range t.st.Tokens {
			if k.Node != n.ID || t.hasIncident(k.ID) {
				continue
			}
			if group := t.complete(&joins[i], n, k.Scope); group != nil {
				for _, id := range group[1:] {
					t.emit(Fact{Kind: Left, Node: n.ID, Token: id})
				}
				t.ready = append(t.ready, ready{group[0], n, Completing})
				return true
			}
		}
	}
	return false
}

// complete returns the tokens an inclusive gateway takes in a scope, nil while
// it waits: for a token elsewhere from which a way leads to a flow of the
// gateway that has none, unless a way also leads to one that has.
func (t *turn) complete(j *process.Join, n *process.Node, scope int) []int {
	var here, empty uint64
	var group []int
	for bit, flow := range n.Incoming {
		if id := t.waitingAt(n.ID, t.def.Flows[flow].ID, scope); id != 0 {
			here |= 1 << bit
			group = append(group, id)
		} else {
			empty |= 1 << bit
		}
	}
	for _, k := range t.st.Tokens {
		if k.Scope != scope || k.Node == n.ID && !t.hasIncident(k.ID) {
			continue
		}
		if ways := t.ways(j, n, k); ways&empty != 0 && ways&here == 0 {
			return nil
		}
	}
	return group
}

// ways tells by which ways in a token elsewhere can still come. One with an
// incident at the gateway itself has not arrived yet if it was Entering, and is
// on its way out otherwise.
func (t *turn) ways(j *process.Join, n *process.Node, k Token) (ways uint64) {
	if k.Node != n.ID {
		return j.Ways(t.node(k.Node).Index)
	}
	entering := slices.ContainsFunc(t.st.Incidents, func(i Incident) bool { return i.Token == k.ID && i.Stage == Entering })
	if bit := slices.IndexFunc(n.Incoming, func(i int) bool { return t.def.Flows[i].ID == k.Flow }); entering && bit >= 0 {
		ways |= 1 << bit
	}
	for _, i := range n.Outgoing {
		if bit := slices.Index(n.Incoming, i); bit >= 0 {
			ways |= 1 << bit // the gateway's way back to itself
		}
		ways |= j.Ways(t.def.Flows[i].To)
	}
	return ways
}
