package process

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/expr"
)

func feel(t *testing.T, src string) *expr.Expr {
	t.Helper()
	e, err := expr.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func words(t *testing.T, src string) *expr.Template {
	t.Helper()
	e, err := expr.ParseTemplate(src, Builtins...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// line makes a workflow of steps one behind the other, between start and end.
func line(steps ...Node) *Definition {
	d := &Definition{ID: "w", Name: "W"}
	nodes := append([]Node{{ID: "s", Kind: StartEvent, Element: "startEvent"}}, steps...)
	nodes = append(nodes, Node{ID: "e", Kind: EndEvent, Element: "endEvent"})
	for i, n := range nodes {
		n.Index, n.Default, n.Scope = i, -1, -1
		d.Nodes = append(d.Nodes, n)
	}
	for i := range len(nodes) - 1 {
		join(d, i, i+1, nil)
	}
	return d
}

func join(d *Definition, from, to int, condition *expr.Expr) int {
	f := Flow{Index: len(d.Flows), ID: fmt.Sprintf("f%d", len(d.Flows)), From: from, To: to, Condition: condition}
	d.Flows = append(d.Flows, f)
	d.Nodes[from].Outgoing = append(d.Nodes[from].Outgoing, f.Index)
	d.Nodes[to].Incoming = append(d.Nodes[to].Incoming, f.Index)
	return f.Index
}

func ask() Node {
	return Node{ID: "a", Name: "Ask", Kind: UserTask, Element: "userTask", Task: &Task{
		Recipients: []Recipient{{Starter: true}}, Actions: []Action{{Name: "Approve"}}}}
}

func TestAnUnfinishedDefinitionIsCheckedWithoutHarm(t *testing.T) {
	for kind := range CallActivity + 2 {
		problems := Check(line(Node{ID: "x", Kind: kind, Element: "x"}))
		switch kind {
		case PassThrough, ScriptTask, ExclusiveGateway, ParallelGateway, InclusiveGateway:
			if len(problems) > 0 {
				t.Errorf("kind %d: %v", kind, problems)
			}
		default:
			if len(problems) == 0 {
				t.Errorf("kind %d is accepted though it is empty or out of place", kind)
			}
		}
	}
	if problems := Check(&Definition{}); len(problems) != 2 {
		t.Errorf("an empty definition: %v", problems)
	}
}

func TestCheckTellsWhatXMLHasNothingToDoWith(t *testing.T) {
	task := func(change func(*Task)) *Definition {
		n := ask()
		change(n.Task)
		return line(n)
	}
	with := func(d *Definition, vars ...Variable) *Definition { d.Variables = vars; return d }
	object := func(change func(*ObjectCall)) *Definition {
		o := &ObjectCall{Service: "s", Object: "O", Method: "m"}
		change(o)
		return line(Node{ID: "c", Kind: ServiceTask, Service: &Service{Object: o}})
	}
	for name, c := range map[string]struct {
		def    *Definition
		at     string
		reason string
	}{
		"no id":                        {func() *Definition { d := line(ask()); d.ID = ""; return d }(), "", "no id"},
		"recipient in two ways":        {task(func(t *Task) { t.Recipients[0].Group = "Finance" }), "a", "in several at once"},
		"recipient in no way":          {task(func(t *Task) { t.Recipients[0].Starter = false }), "a", "in no way"},
		"deadline without a time":      {task(func(t *Task) { t.Deadline = &Deadline{Outcome: "X"} }), "a", "a duration or a moment"},
		"deadline without an outcome":  {task(func(x *Task) { x.Deadline = &Deadline{After: feel(t, `duration("P1D")`)} }), "a", "no outcome"},
		"deadline that is a number":    {task(func(x *Task) { x.Deadline = &Deadline{Outcome: "X", After: feel(t, "3")} }), "a", "not a duration"},
		"moment that is a text":        {task(func(x *Task) { x.Deadline = &Deadline{Outcome: "X", At: feel(t, `"noon"`)} }), "a", "not a date and time"},
		"action with a break":          {task(func(t *Task) { t.Actions[0].Name = "A\nB" }), "a", "too long for a button"},
		"retry":                        {line(Node{ID: "m", Kind: SendTask, Email: &Email{To: []Recipient{{Starter: true}}, Subject: words(t, "S")}, Retry: &Retry{}}), "m", "retry"},
		"mail without a subject":       {line(Node{ID: "m", Kind: SendTask, Email: &Email{To: []Recipient{{Starter: true}}}}), "m", "no subject"},
		"service with nothing":         {line(Node{ID: "c", Kind: ServiceTask, Service: &Service{}}), "c", "no address"},
		"service that waits and calls": {line(Node{ID: "c", Kind: ServiceTask, Service: &Service{External: true, URL: words(t, "https://x")}}), "c", "both waits"},
		"object and more":              {line(Node{ID: "c", Kind: ServiceTask, Service: &Service{External: true, Object: &ObjectCall{Service: "s", Object: "O", Method: "m"}}}), "c", "and something else"},
		"object without a method":      {line(Node{ID: "c", Kind: ServiceTask, Service: &Service{Object: &ObjectCall{Service: "s", Object: "O"}}}), "c", "which method"},
		"object with a long name":      {line(Node{ID: "c", Kind: ServiceTask, Service: &Service{Object: &ObjectCall{Service: strings.Repeat("s", 101), Object: "O", Method: "m"}}}), "c", "more than 100"},
		"two accounts":                 {object(func(o *ObjectCall) { o.As = Account{Starter: true, Person: feel(t, "null")} }), "c", "two people's accounts"},
		"input without a name":         {object(func(o *ObjectCall) { o.Inputs = []Input{{Text: words(t, "x")}} }), "c", "no name"},
		"input twice": {object(func(o *ObjectCall) {
			o.Inputs = []Input{{Name: "to", Text: words(t, "x")}, {Name: "to", Text: words(t, "y")}}
		}), "c", "given twice"},
		"input without a value":     {object(func(o *ObjectCall) { o.Inputs = []Input{{Name: "to"}} }), "c", "no value"},
		"name in an input":          {object(func(o *ObjectCall) { o.Inputs = []Input{{Name: "to", Value: feel(t, "boss")}} }), "c", `the input to uses "boss"`},
		"name in an input's text":   {object(func(o *ObjectCall) { o.Inputs = []Input{{Name: "to", Text: words(t, "{boss}")}} }), "c", `the input to uses "boss"`},
		"name of the account":       {object(func(o *ObjectCall) { o.As.Person = feel(t, "boss") }), "c", `account is used uses "boss"`},
		"body of an object":         {with(line(Node{ID: "c", Kind: ServiceTask, Service: &Service{Object: &ObjectCall{Service: "s", Object: "O", Method: "m"}, Outputs: []Assign{{"v", feel(t, "body")}}}}), Variable{Name: "v", Type: String}), "c", `uses "body"`},
		"output of an object":       {line(Node{ID: "c", Kind: ServiceTask, Service: &Service{Object: &ObjectCall{Service: "s", Object: "O", Method: "m"}, Outputs: []Assign{{"w", feel(t, "result")}}}}), "c", `sets "w"`},
		"timer with both":           {line(Node{ID: "t", Kind: CatchEvent, Event: &Event{Trigger: OnTimer, Timer: &Timer{After: feel(t, "null"), At: feel(t, "null")}}}), "t", "not both"},
		"unknown type":              {with(line(ask()), Variable{Name: "v", Type: "blob"}), "w", "unknown type"},
		"variable without a name":   {with(line(ask()), Variable{Type: String}), "w", "has no name"},
		"name in a mail":            {line(Node{ID: "m", Kind: SendTask, Email: &Email{To: []Recipient{{Person: words(t, "{boss}")}}, Subject: words(t, "S")}}), "m", `uses "boss"`},
		"name in a header":          {line(Node{ID: "c", Kind: ServiceTask, Service: &Service{URL: words(t, "https://x"), Header: []Header{{"A", words(t, "{key}")}}}}), "c", `uses "key"`},
		"status outside of outputs": {line(Node{ID: "c", Kind: ServiceTask, Service: &Service{URL: words(t, "https://x/{status}")}}), "c", `uses "status"`},
	} {
		t.Run(name, func(t *testing.T) {
			problems := Check(c.def)
			for _, p := range problems {
				if p.Element == c.at && strings.Contains(p.Reason, c.reason) && !p.Warning {
					return
				}
			}
			t.Errorf("heard only %v", problems)
		})
	}
}

func TestATaskResultAndTheBuiltinsAreKnown(t *testing.T) {
	n := ask()
	n.Task.Result = "boss"
	n.Task.Title = words(t, `{folio} {instance} {starter.name} {outcome} {comment} {decidedBy.name} {boss.outcome} {days}`)
	d := line(n)
	d.Variables = []Variable{{Name: "days", Type: Number, Default: feel(t, "1")}}
	if problems := Check(d); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestTheItemOfARepeatedMessageIsKnown(t *testing.T) {
	for _, kind := range []Kind{SendTask, ReceiveTask} {
		d := line(Node{ID: "m", Name: "m", Kind: kind, Event: &Event{Trigger: OnMessage, Name: "order", Key: feel(t, "order")},
			Multi: &Multi{Collection: feel(t, "orders"), Element: "order"}})
		d.Variables = []Variable{{Name: "orders", Type: JSON}}
		if problems := Check(d); len(problems) > 0 {
			t.Errorf("kind %v: %v", kind, problems)
		}
	}
}

func TestALoopWithAWayOutIsAccepted(t *testing.T) {
	d := line(ask(), Node{ID: "g", Kind: ExclusiveGateway, Element: "exclusiveGateway"})
	d.Nodes[2].Default = d.Nodes[2].Outgoing[0]
	join(d, 2, 1, feel(t, `outcome = "Approve"`))
	if problems := Check(d); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestStepsBehindABoundaryEventAreReached(t *testing.T) {
	d := line(ask())
	d.Nodes = append(d.Nodes,
		Node{Index: 3, ID: "b", Kind: BoundaryEvent, Element: "boundaryEvent", Scope: -1, Default: -1, Attach: &Attach{To: 1}, Event: &Event{Trigger: OnTimer, Timer: &Timer{After: feel(t, `duration("P1D")`)}}},
		Node{Index: 4, ID: "late", Kind: EndEvent, Scope: -1, Default: -1})
	d.Nodes[1].Boundary = []int{3}
	join(d, 3, 4, nil)
	if problems := Check(d); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestLimitsOfAWorkflow(t *testing.T) {
	tooMany := func(d *Definition) bool {
		p := Check(d)
		return len(p) == 1 && strings.Contains(p[0].Reason, "more than")
	}
	steps := func(n int) *Definition {
		d := line(make([]Node, n-2)...)
		for i := 1; i < n-1; i++ {
			d.Nodes[i].ID, d.Nodes[i].Kind = fmt.Sprintf("t%d", i), PassThrough
		}
		return d
	}
	if p := Check(steps(MaxNodes)); len(p) > 0 {
		t.Error(p)
	}
	if !tooMany(steps(MaxNodes + 1)) {
		t.Error("a workflow with too many steps is accepted")
	}
	d := line(ask())
	for len(d.Flows) < MaxFlows {
		join(d, 0, 1, nil)
	}
	if p := Check(d); len(p) != 1 || !p[0].Warning { // that all of them lead to one step
		t.Error(p)
	}
	join(d, 0, 1, nil)
	if !tooMany(d) {
		t.Error("a workflow with too many flows is accepted")
	}
	d = line(ask())
	for i := range MaxVariables {
		d.Variables = append(d.Variables, Variable{Name: fmt.Sprintf("v%d", i), Type: Number})
	}
	if p := Check(d); len(p) > 0 {
		t.Error(p)
	}
	d.Variables = append(d.Variables, Variable{Name: "more", Type: Number})
	if !tooMany(d) {
		t.Error("a workflow with too many variables is accepted")
	}
}

func TestNamesThatFEELReadsEverywhere(t *testing.T) {
	for _, good := range []string{"days", "days off", "größe", "_x1", "Überstunden im Mai", "x2", "iffy", "from", "to"} {
		if wrong := CheckName(good); wrong != "" {
			t.Errorf("%q %s", good, wrong)
		}
	}
	for _, bad := range []string{"", " a", "a  b", "a-b", "a.b", "1a", "if", "a and b", "true", "a\nb", strings.Repeat("x", 101), "a{"} {
		if CheckName(bad) == "" {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// Whatever CheckName accepts has to be read as one name by expr.
func TestAcceptedNamesAreReadAsOneName(t *testing.T) {
	for _, name := range []string{"days", "days off", "größe", "from", "to", "date", "time", "day of week", "list of items", "is it", "a instance b", "number of days", "string length"} {
		if CheckName(name) != "" {
			continue
		}
		e, err := expr.Parse(name+" > 1", name)
		if err != nil || len(e.Names()) != 1 || e.Names()[0] != name {
			t.Errorf("%q: %v %v", name, e, err)
		}
	}
}

func TestAProblemReadsAsOneLine(t *testing.T) {
	p := Problem{Element: "Activity_1", Name: "Ask", Line: 12, Reason: "nobody is asked", Advice: "Name somebody."}
	if got, want := p.String(), `line 12: Activity_1 "Ask": nobody is asked. Name somebody.`; got != want {
		t.Errorf("got %s", got)
	}
	if got := (Problem{Reason: "no"}).String(); got != "no" {
		t.Errorf("got %s", got)
	}
}
