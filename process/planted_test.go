package process

import (
	"strings"
	"testing"
)

// plant draws a workflow as sketchOf does, with more kinds of steps: "wait" for a
// signal, "first" of several events, "fail" with an error, "off" and "on" a link
// of that name, "beside" an event sub-process and "upon" its start, and
// "edge:a" and "ring:a" an event on the edge of a that takes it away, or does not.
func plant(t *testing.T, nodes string, flows ...string) *Definition {
	t.Helper()
	var plain []string
	kinds := map[string]string{}
	for word := range strings.FieldsSeq(nodes) {
		id, kind, _ := strings.Cut(word, "=")
		kinds[id] = kind
		switch kind, _, _ := strings.Cut(kind, ":"); kind {
		case "wait", "first", "fail", "off", "on", "beside", "edge", "ring":
			plain = append(plain, id+"=pass")
		case "upon":
			plain = append(plain, id+"=start")
		default:
			plain = append(plain, word)
		}
	}
	// Index of sub-processes is by their name in sketchOf, of whatever kind.
	d := sketchOf(t, strings.Join(plain, " "), flows...)
	signal := &Event{Trigger: OnSignal, Name: "s"}
	for i := range d.Nodes {
		n := &d.Nodes[i]
		n.Line = i + 1
		kind, host, _ := strings.Cut(kinds[n.ID], ":")
		switch kind {
		case "wait":
			n.Kind, n.Event = CatchEvent, signal
		case "first":
			n.Kind = EventGateway
		case "fail":
			n.Kind, n.Event = EndEvent, &Event{Trigger: OnError, Code: "no"}
		case "off":
			n.Kind, n.Event = ThrowEvent, &Event{Trigger: OnLink, Name: "l"}
		case "on":
			n.Kind, n.Event = CatchEvent, &Event{Trigger: OnLink, Name: "l"}
		case "beside":
			n.Kind = EventSubProcess
		case "upon":
			n.Event = &Event{Trigger: OnSignal, Name: "s", Interrupting: true}
		case "edge", "ring":
			n.Kind, n.Event = BoundaryEvent, signal
			for j := range d.Nodes {
				if d.Nodes[j].ID == host {
					n.Attach = &Attach{To: j, Interrupting: kind == "edge"}
					d.Nodes[j].Boundary = append(d.Nodes[j].Boundary, i)
				}
			}
		}
	}
	return d
}

// Each planted fault is told at the step where it is, with a line and advice.
func TestPlantedFaultsAreFound(t *testing.T) {
	const never, maybe, twice, round, dead, lost, noEnd = "can never be complete", "can wait for ever", "two can come here", "goes round for ever", "it is a dead end", "no way leads from the start", "to an end: the instance would go round for ever"
	for name, c := range map[string]struct {
		def     *Definition
		at      string
		reason  string
		warning bool
	}{
		// Deadlocks
		"merge behind a choice":                        {plant(t, "s=start x=x a=task b=task q=p e=end", "s>x>a?>q>e", "x>b>q"), "q", never, false},
		"merge behind a choice of three":               {plant(t, "s=start x=x a=task b=task c=task q=p e=end", "s>x>a?>q>e", "x>b?>q", "x>c>q"), "q", never, false},
		"merge behind the first of two events":         {plant(t, "s=start f=first a=wait b=wait q=p e=end", "s>f>a>q>e", "f>b>q"), "q", never, false},
		"merge of a step and what takes it away":       {plant(t, "s=start a=task b=edge:a q=p e=end", "s>a>q>e", "b>q"), "q", never, false},
		"merge of a step and what may happen beside":   {plant(t, "s=start a=task b=ring:a q=p e=end", "s>a>q>e", "b>q"), "q", maybe, true},
		"merge that waits for what comes after it":     {plant(t, "s=start q=p a=task x=x e=end", "s>q>a>x>q?", "x>e"), "q", never, false},
		"merge with a branch that ends elsewhere":      {plant(t, "s=start p=p a=task x=x b=task q=p e=end f=end", "s>p>a>q>e", "p>x>b?>q", "x>f"), "q", maybe, true},
		"two merges that wait for each other":          {plant(t, "s=start p=p a=task b=task q=p r=p c=task d=task e=end g=end u=p v=p", "s>p>a>q>u>c>r", "p>b>r>v>d>q", "u>e", "v>g"), "q", never, false},
		"merge of two branches of which one chooses":   {plant(t, "s=start p=p x=x a=task b=task c=task q=p e=end", "s>p>x>a?>q>e", "x>b>q", "p>c>q"), "q", never, false},
		"merge behind conditions":                      {plant(t, "s=start i=i a=task b=task q=p e=end", "s>i>a?>q>e", "i>b>q"), "q", never, false},
		"merge behind conditions that may all be true": {plant(t, "s=start i=i a=task b=task c=task q=p e=end", "s>i>a?>q>e", "i>b?>q", "i>c>e"), "q", maybe, true},
		"merge in a sub-process":                       {plant(t, "s=start u=sub e=end u/s=start u/x=x u/a=task u/b=task u/q=p u/e=end", "s>u>e", "u/s>u/x>u/a?>u/q>u/e", "u/x>u/b>u/q"), "u/q", never, false},
		"merge in an event sub-process":                {plant(t, "s=start a=task e=end u=beside u/s=upon u/x=x u/a=task u/b=task u/q=p u/e=end", "s>a>e", "u/s>u/x>u/a?>u/q>u/e", "u/x>u/b>u/q"), "u/q", never, false},
		"merge that a link leads to":                   {plant(t, "s=start x=x a=task o=off n=on q=p e=end", "s>x>a?>q>e", "x>o", "n>q"), "q", never, false},
		"merge behind a step with conditions":          {plant(t, "s=start t=task a=task b=task q=p e=end", "s>t>a?>q>e", "t>b?>q", "t>e"), "q", maybe, true},

		// Tokens that get lost or become too many
		"nothing behind a step":                   {plant(t, "s=start x=x a=task b=task e=end", "s>x>a?>e", "x>b"), "b", dead, false},
		"nothing behind a merge":                  {plant(t, "s=start p=p a=task q=p b=task e=end", "s>p>a>q", "p>b>e"), "q", dead, false},
		"nothing behind an event on the edge":     {plant(t, "s=start a=task b=edge:a e=end", "s>a>e"), "b", dead, false},
		"nothing behind a step of a sub-process":  {plant(t, "s=start u=sub e=end u/s=start u/a=task u/x=x u/e=end", "s>u>e", "u/s>u/x>u/a?", "u/x>u/e"), "u/a", dead, false},
		"no way when no condition is true":        {plant(t, "s=start x=x a=task b=task e=end", "s>x>a?>e", "x>b?>e"), "x", "no default", true},
		"no way out of a step with conditions":    {plant(t, "s=start t=task a=task b=task e=end", "s>t>a?>e", "t>b?>e"), "t", "every flow that leaves has a condition", true},
		"parallel ways into one step":             {plant(t, "s=start p=p a=task b=task c=task e=end", "s>p>a>c>e", "p>b>c"), "c", twice, true},
		"parallel ways into a choice":             {plant(t, "s=start p=p a=task b=task x=x e=end", "s>p>a>x>e", "p>b>x"), "x", twice, true},
		"conditions that meet at a choice":        {plant(t, "s=start i=i a=task b=task x=x c=task e=end", "s>i>a?>x>c>e", "i>b?>x", "i>e"), "x", twice, true},
		"a step beside and the way on into one":   {plant(t, "s=start a=task b=ring:a c=task e=end", "s>a>c>e", "b>c"), "c", twice, true},
		"parallel ways into one in a sub-process": {plant(t, "s=start u=sub e=end u/s=start u/p=p u/a=task u/b=task u/c=task u/e=end", "s>u>e", "u/s>u/p>u/a>u/c>u/e", "u/p>u/b>u/c"), "u/c", twice, true},

		// What is never reached
		"a step nothing leads to":                {plant(t, "s=start a=task b=task e=end", "s>a>e", "b>e"), "b", lost, false},
		"an island":                              {plant(t, "s=start a=task b=task c=x e=end", "s>a>e", "b>c>b?", "c>e"), "b", lost, false},
		"an end nothing leads to":                {plant(t, "s=start a=task e=end f=end", "s>a>e"), "f", lost, false},
		"a step of a sub-process":                {plant(t, "s=start u=sub e=end u/s=start u/a=task u/b=task u/e=end", "s>u>e", "u/s>u/a>u/e", "u/b>u/e"), "u/b", lost, false},
		"a sub-process":                          {plant(t, "s=start a=task e=end u=sub u/s=start u/e=end", "s>a>e", "u>e", "u/s>u/e"), "u", lost, false},
		"what stands behind an unreached event":  {plant(t, "s=start a=task e=end b=task c=edge:b d=task", "s>a>e", "b>e", "c>d>e"), "d", lost, false},
		"the other end of a link nothing begins": {plant(t, "s=start a=task n=on e=end", "s>a>e", "n>e"), "n", "no link", false},
		"the beginning of a link without an end": {plant(t, "s=start a=task o=off e=end", "s>a>e", "a>o"), "o", "leads nowhere", false},
		"steps that only each other lead to":     {plant(t, "s=start a=task b=task c=task e=end x=x", "s>a>e", "b>c>x>b?", "x>e"), "c", lost, false},
		"an event sub-process without a start":   {plant(t, "s=start a=task e=end u=beside u/a=task u/e=end", "s>a>e", "u/a>u/e"), "u", "no start event", false},

		// Round and round
		"gateways":                           {plant(t, "s=start x=x y=x e=end", "s>x>y>x?", "y>e"), "x", round, false},
		"a gateway that leads to itself":     {plant(t, "s=start x=x e=end", "s>x>x?", "x>e"), "x", round, false},
		"steps that do nothing":              {plant(t, "s=start a=pass b=pass x=x e=end", "s>a>b>x>a?", "x>e"), "a", round, false},
		"a link back":                        {plant(t, "s=start n=on a=pass x=x o=off e=end", "s>a", "n>a>x>o?", "x>e"), "n", round, false},
		"a parallel gateway":                 {plant(t, "s=start y=x p=p x=x e=end f=end", "s>y>p>x>y?", "x>e", "p>f"), "y", round, false},
		"in a sub-process":                   {plant(t, "s=start u=sub e=end u/s=start u/x=x u/y=x u/e=end", "s>u>e", "u/s>u/x>u/y>u/x?", "u/y>u/e"), "u/x", round, false},
		"a sub-process in which nothing is":  {plant(t, "s=start u=sub x=x e=end u/s=start u/e=end", "s>u>x>u?", "x>e", "u/s>u/e"), "u", round, false},
		"a task and no way out":              {plant(t, "s=start a=task b=task e=end x=x", "s>x>e?", "x>a>b>a"), "a", noEnd, false},
		"a wait and no way out":              {plant(t, "s=start a=wait b=wait e=end x=x", "s>x>e?", "x>a>b>a"), "b", noEnd, false},
		"a sub-process that never ends":      {plant(t, "s=start u=sub e=end u/s=start u/a=task u/b=task u/e=end u/x=x", "s>u>e", "u/s>u/x>u/e?", "u/x>u/a>u/b>u/a"), "u/a", noEnd, false},
		"a loop that nothing ends":           {looping(t, &Loop{}), "a", "would never end", false},
		"a loop whose condition stays as is": {looping(t, &Loop{While: feel(t, "v")}), "a", round, false},
	} {
		found := false
		problems := Check(c.def)
		for _, p := range problems {
			found = found || p.Element == c.at && strings.Contains(p.Reason, c.reason) && p.Warning == c.warning && p.Advice != "" && p.Line > 0
		}
		if !found {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// looping is a workflow whose only step, which does nothing, is repeated.
func looping(t *testing.T, l *Loop) *Definition {
	d := plant(t, "s=start a=pass e=end", "s>a>e")
	d.Nodes[1].Multi = &Multi{Sequential: true, Loop: l}
	return d
}
