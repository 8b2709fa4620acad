package process

import (
	"fmt"
	"strings"
	"testing"
)

// sketchOf draws a workflow from lines such as "start>g=x>a>end": kinds by
// letters before "=", and steps in a sub-process as "sub/a".
func sketchOf(t *testing.T, nodes string, flows ...string) *Definition {
	t.Helper()
	kinds := map[string]Kind{"start": StartEvent, "end": EndEvent, "x": ExclusiveGateway, "p": ParallelGateway, "i": InclusiveGateway,
		"task": UserTask, "pass": PassThrough, "script": ScriptTask, "sub": SubProcess, "stop": TerminateEvent}
	d := &Definition{ID: "w", Name: "W", Variables: []Variable{{Name: "v", Type: Boolean}}}
	index := map[string]int{}
	for word := range strings.FieldsSeq(nodes) {
		id, kind, _ := strings.Cut(word, "=")
		n := Node{Index: len(d.Nodes), ID: id, Name: id, Kind: kinds[kind], Element: kind, Default: -1, Scope: -1}
		if in, _, nested := strings.Cut(id, "/"); nested {
			n.Scope = index[in]
		}
		switch n.Kind {
		case UserTask:
			n.Task = ask().Task
		case ScriptTask:
			n.Assign = []Assign{{"v", feel(t, "true")}}
		}
		index[id] = n.Index
		d.Nodes = append(d.Nodes, n)
	}
	for _, way := range flows {
		ids := strings.Split(way, ">")
		for i := range len(ids) - 1 {
			to, conditional := strings.CutSuffix(ids[i+1], "?")
			ids[i+1] = to
			f := join(d, index[ids[i]], index[to], nil)
			if conditional {
				d.Flows[f].Condition = feel(t, "v")
			} else if k := d.Nodes[index[ids[i]]].Kind; (k == ExclusiveGateway || k == InclusiveGateway) && len(d.Nodes[index[ids[i]]].Outgoing) > 1 {
				d.Nodes[index[ids[i]]].Default = f
			}
		}
	}
	return d
}

func TestFaultsThatTheDrawingProves(t *testing.T) {
	for name, c := range map[string]struct {
		def     *Definition
		at      string // "" for nothing to say
		reason  string
		warning bool
	}{
		"parallel split and merge":  {sketchOf(t, "s=start p=p a=task b=task q=p e=end", "s>p>a>q>e", "p>b>q"), "", "", false},
		"exclusive split and merge": {sketchOf(t, "s=start x=x a=task b=task y=x e=end", "s>x>a?>y>e", "x>b>y"), "", "", false},
		"a merge behind an exclusive split": {sketchOf(t, "s=start x=x a=task b=task q=p e=end", "s>x>a?>q>e", "x>b>q"),
			"q", "can never be complete: it waits for", false},
		"the same in a sub-process": {sketchOf(t, "s=start u=sub e=end u/s=start u/x=x u/a=task u/b=task u/q=p u/e=end", "s>u>e", "u/s>u/x>u/a?>u/q>u/e", "u/x>u/b>u/q"),
			"u/q", "can never be complete", false},
		"a merge of two ways in front of which only one is split": {sketchOf(t, "s=start p=p x=x a=task b=task c=task q=p e=end", "s>p>x>a?>q>e", "x>b>q", "p>c>q"),
			"q", "can never be complete", false},
		"a merge behind conditions": {sketchOf(t, "s=start i=i a=task b=task c=task q=p e=end", "s>i>a?>q>e", "i>b?>q", "i>c>e"),
			"q", "can wait for ever", true},
		"an inclusive merge behind conditions": {sketchOf(t, "s=start i=i a=task b=task c=task q=i e=end", "s>i>a?>q>e", "i>b?>q", "i>c>q"), "", "", false},
		"a merge behind a way back":            {sketchOf(t, "s=start p=p a=task b=task x=x q=p e=end", "s>p>a>q>e", "p>b>x>b?", "x>q"), "", "", false},
		"one that stops everything":            {sketchOf(t, "s=start x=x a=task b=task p=p q=p e=end t=stop", "s>p>x>a?>q>e", "x>t", "p>b>q"), "", "", false},
		"parallel ways into one step":          {sketchOf(t, "s=start p=p a=task b=task c=task e=end", "s>p>a>c>e", "p>b>c"), "c", "two can come here at the same time", true},
		"parallel ways into one end":           {sketchOf(t, "s=start p=p a=task b=task e=end", "s>p>a>e", "p>b>e"), "", "", false},
		"a circle of gateways":                 {sketchOf(t, "s=start x=x y=x e=end", "s>x>y>x?", "y>e"), "x", "nothing waits and no variable is set", false},
		"a circle of one":                      {sketchOf(t, "s=start x=x e=end", "s>x>x?", "x>e"), "x", "for ever", false},
		"a circle with somebody in it":         {sketchOf(t, "s=start a=task x=x e=end", "s>a>x>a?", "x>e"), "", "", false},
		"a circle in which a merge waits":      {sketchOf(t, "s=start m=x p=p a=task b=pass q=p x=x e=end", "s>m>p>a>q>x>m?", "p>b>q", "x>e"), "", "", false},
		"a circle in which no merge waits": {sketchOf(t, "s=start m=x p=p a=pass b=pass q=p x=x e=end", "s>m>p>a>q>x>m?", "p>b>q", "x>e"),
			"m", "nothing waits and no variable is set", false},
		"a circle in which two merges wait for one": {sketchOf(t, "s=start m=x p=p a=task b=pass c=pass d=pass f=p q=p r=p x=x e=end", "s>m>p>a>q>f>d>r>x>m?", "p>b>q", "f>c>r", "x>e"), "", "", false},
		"a circle that sets something":              {sketchOf(t, "s=start a=script x=x e=end", "s>a>x>a?", "x>e"), "", "", false},
	} {
		problems := Check(c.def)
		switch {
		case c.at == "" && len(problems) == 0:
		case len(problems) == 1 && problems[0].Element == c.at && strings.Contains(problems[0].Reason, c.reason) && problems[0].Warning == c.warning && problems[0].Advice != "":
		default:
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// A drawing with more ways than can be looked at is let pass, and soon.
func TestADrawingWithTooManyWaysIsLetPass(t *testing.T) {
	nodes, flows := "s=start p=p q=p e=end", []string{"s>p", "q>e"}
	for i := range 20 {
		nodes += fmt.Sprintf(" x%d=x a%d=task b%d=task y%d=x", i, i, i, i)
		flows = append(flows, fmt.Sprintf("p>x%d>a%d?>y%d>q", i, i, i), fmt.Sprintf("x%d>b%d>y%d", i, i, i))
	}
	if problems := Check(sketchOf(t, nodes, flows...)); len(problems) > 0 {
		t.Error(problems)
	}
	many := "s=start i=i e=end"
	flows = []string{"s>i"}
	for i := range 10 {
		many += fmt.Sprintf(" a%d=task", i)
		flows = append(flows, fmt.Sprintf("i>a%d?>e", i))
	}
	if problems := Check(sketchOf(t, many, append(flows, "i>e")...)); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestAnErrorEventWithoutACodeOnACallCatchesNothing(t *testing.T) {
	catching := func(code string, to Node) *Definition {
		d := line(to)
		d.Nodes = append(d.Nodes, Node{Index: 3, ID: "b", Kind: BoundaryEvent, Element: "boundaryEvent", Scope: -1, Default: -1,
			Attach: &Attach{To: 1, Interrupting: true}, Event: &Event{Trigger: OnError, Code: code}})
		d.Nodes[1].Boundary = []int{3}
		join(d, 3, 2, nil)
		return d
	}
	call := Node{ID: "c", Name: "Call", Kind: ServiceTask, Element: "serviceTask", Service: &Service{Method: "GET", URL: words(t, "https://x.test")}}
	if p := Check(catching("", call)); len(p) != 1 || !p[0].Warning || !strings.Contains(p[0].Reason, "that is an incident") {
		t.Error(p)
	}
	other := Node{ID: "c", Name: "Other", Kind: CallActivity, Element: "callActivity", Call: &Call{Workflow: "other"}}
	for _, d := range []*Definition{catching("service-refused", call), catching("", other)} {
		if p := Check(d); len(p) > 0 {
			t.Error(p)
		}
	}
}
