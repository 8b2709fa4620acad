package engine

import (
	"fmt"
	"slices"

	"github.com/signoffhq/signoff/process"
)

// duties looks at who may not decide what is still to come: nobody may slip
// through because the step they decided is called otherwise. A task that keeps
// out whoever did a step that the version of before does not have is in the way
// while somebody has decided a step that has become none: it may be the same.
func (c *crossing) duties() {
	var gone []*process.Node
	for i := range c.from.Nodes {
		if n := &c.from.Nodes[i]; c.counterpart(n) == nil && c.st.decided(n.ID) {
			gone = append(gone, n)
		}
	}
	if len(gone) == 0 {
		return
	}
	for _, m := range c.toCome() {
		if m.Task == nil {
			continue
		}
		for _, id := range m.Task.Exclude {
			if slices.ContainsFunc(c.from.Nodes, func(o process.Node) bool { return c.now(o.ID) == id }) {
				continue
			}
			for _, was := range gone {
				c.block(m, fmt.Sprintf("who decided %q may not decide it, or somebody else", was.Name),
					fmt.Sprintf("version %d names %q, which is no step of before", c.into, id),
					fmt.Sprintf("say that the one has become the other: %s=%s", was.ID, id))
			}
		}
	}
}

// toCome lists the steps of the other version that the instance is at or may
// still come to: rather too many than too few.
func (c *crossing) toCome() (out []*process.Node) {
	seen := make([]bool, len(c.to.Nodes))
	var add func(int)
	add = func(i int) {
		if i < 0 || seen[i] {
			return
		}
		seen[i] = true
		n := &c.to.Nodes[i]
		out = append(out, n)
		for _, f := range n.Outgoing {
			add(c.to.Flows[f].To)
		}
		for _, edge := range n.Boundary {
			add(edge)
		}
		add(n.Scope)
		for j := range c.to.Nodes {
			m := &c.to.Nodes[j]
			if m.Scope == i || m.Kind == process.EventSubProcess || m.Is(process.OnLink) {
				add(j)
			}
		}
	}
	for _, k := range c.st.Tokens {
		if m := c.counterpart(c.old(k.Node)); m != nil {
			add(m.Index)
		}
	}
	return out
}
