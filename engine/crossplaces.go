package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/process"
)

// scopes looks at each sub-process under way: is it the same one, and can the
// other version be in those places at once? A branch that never began there
// would be waited for for ever.
func (c *crossing) scopes() {
	for _, s := range c.st.Scopes {
		n := c.old(s.Node)
		m := c.counterpart(n)
		if s.Token != 0 || s.Number > 0 {
			if m != nil && (s.Loop != nil || s.Number > 0) && s.Token == 0 {
				if why := repeatsOtherwise(n.Multi, m.Multi); why != "" && s.Number == 1 {
					c.block(n, "it is being repeated", fmt.Sprintf("in version %d it %s", c.into, why), "wait until it is done")
					c.bad = append(c.bad, s.ID)
				}
			}
			continue // its token was looked at
		}
		if !c.sameStep(n, m, func() string { return "steps in it are under way" }) {
			c.bad = append(c.bad, s.ID)
		}
	}
	c.places(0, -1)
	for _, s := range c.st.Scopes {
		if n := c.old(s.Node); s.Loop == nil && (n.Kind == process.SubProcess || n.Kind == process.EventSubProcess) {
			c.places(s.ID, n.Index)
		}
	}
}

// places looks at where the tokens of one scope are together.
func (c *crossing) places(scope, drawn int) {
	var at []Token
	for _, k := range c.st.Tokens {
		if k.Scope == scope {
			at = append(at, k)
		}
	}
	now := -1
	if drawn >= 0 {
		m := c.counterpart(&c.from.Nodes[drawn])
		if m == nil {
			return
		}
		now = m.Index
	}
	if len(at) == 0 || slices.Contains(c.bad, scope) || c.sameDrawing(drawn, now) {
		return
	}
	if c.reach == nil {
		c.reach = process.NewReach(c.to)
	}
	var places []int
	for _, k := range at {
		places = append(places, c.place(k))
	}
	can, known := c.reach.Can(now, places)
	if can {
		return
	}
	n := c.old(at[0].Node)
	if !known {
		c.block(n, "it is "+c.atOnce(at), fmt.Sprintf("version %d runs in so many ways at once that it cannot be told whether it can go on from there", c.into),
			"wait until fewer branches are under way, or let it end on the version it runs on")
		return
	}
	why := fmt.Sprintf("version %d is never there and nowhere else: other branches run beside it, and their merge would wait for ever", c.into)
	if len(at) > 1 {
		why = fmt.Sprintf("version %d is never in just these places at once: a branch would be missing, or one too many", c.into)
	}
	c.block(n, "it is "+c.atOnce(at), why, "wait until the branches have met, or move the instance to a step before they part first")
}

func (c *crossing) atOnce(at []Token) string {
	var names []string
	for _, k := range at {
		name := fmt.Sprintf("%q", c.old(k.Node).Name)
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 5 {
		names = append(names[:5], fmt.Sprintf("%d more", len(names)-5))
	}
	return "at " + strings.Join(names, " and ")
}

// place is where a token will be, as Reach tells places apart.
func (c *crossing) place(k Token) int {
	n := c.counterpart(c.old(k.Node))
	if n.Joins() && !c.through(k.ID) {
		for _, f := range n.Incoming {
			if c.to.Flows[f].ID == c.now(k.Flow) {
				return c.reach.On(f)
			}
		}
	}
	return c.reach.At(n.Index)
}

// through tells whether a token at a merge has gone on in it, and has yet to leave.
func (c *crossing) through(token int) bool {
	for _, i := range c.st.Incidents {
		if i.Token == token {
			return i.Stage != Entering
		}
	}
	for _, p := range c.st.Paused {
		if p.Token == token {
			return p.Stage != Entering
		}
	}
	return false
}

// sameDrawing tells whether a scope has the same steps and flows in both
// versions: then it can be wherever it was.
func (c *crossing) sameDrawing(old, now int) bool {
	count := 0
	for i := range c.from.Nodes {
		n := &c.from.Nodes[i]
		if n.Scope != old {
			continue
		}
		count++
		m := c.counterpart(n)
		if m == nil || m.Kind != n.Kind || m.Scope != now || len(m.Outgoing) != len(n.Outgoing) || len(m.Incoming) != len(n.Incoming) ||
			kindOf(n) != kindOf(m) || !c.sameEdge(n, m) || !c.sameWays(n, m) {
			return false
		}
	}
	for i := range c.to.Nodes {
		if c.to.Nodes[i].Scope == now {
			count--
		}
	}
	return count == 0
}

func (c *crossing) sameEdge(n, m *process.Node) bool {
	if n.Attach == nil {
		return m.Attach == nil
	}
	host := c.counterpart(&c.from.Nodes[n.Attach.To])
	return m.Attach != nil && host != nil && host.Index == m.Attach.To && n.Attach.Interrupting == m.Attach.Interrupting
}

// sameWays tells whether from n and from m flows lead to the same steps.
func (c *crossing) sameWays(n, m *process.Node) bool {
	var now []int
	for _, f := range m.Outgoing {
		now = append(now, c.to.Flows[f].To)
	}
	for _, f := range n.Outgoing {
		to := c.counterpart(&c.from.Nodes[c.from.Flows[f].To])
		if to == nil {
			return false
		}
		i := slices.Index(now, to.Index)
		if i < 0 {
			return false
		}
		now = slices.Delete(now, i, i+1)
	}
	return true
}
