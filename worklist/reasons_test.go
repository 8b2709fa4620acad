package worklist

import (
	"bytes"
	"context"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

var update = flag.Bool("update", false, "rewrite what is expected in testdata/waiting.txt")

// A planted reason is a page of testdata/waiting.txt: a process in a few words,
// what happens to an instance of it, and the first line of the answer to why it
// waits.
type planted struct {
	title string
	lines [][]string // split at blanks, quotes kept together
	want  string
}

func readPlanted(t *testing.T) (out []planted) {
	t.Helper()
	text, err := os.ReadFile("testdata/waiting.txt")
	must(t, err)
	for _, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "== "):
			out = append(out, planted{title: line[3:]})
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "why "):
			out[len(out)-1].want = line[4:]
		default:
			out[len(out)-1].lines = append(out[len(out)-1].lines, words(line))
		}
	}
	return out
}

// words splits at blanks, but not within quotes.
func words(line string) (out []string) {
	quoted := false
	for _, part := range strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	}) {
		out = append(out, strings.ReplaceAll(part, `"`, ""))
	}
	return out
}

// plant is one instance that is being brought into trouble.
type plant struct {
	*Worklist
	t     *testing.T
	key   string
	now   time.Time
	first signoff.InstanceID
	line  int            // which line is looked at
	asks  signoff.Caller // who asks why
}

func TestWhyAnInstanceWaitsIsNamedForEachPlantedReason(t *testing.T) {
	list := readPlanted(t)
	if len(list) < 40 {
		t.Fatalf("only %d reasons are planted", len(list))
	}
	got := make([]string, len(list))
	for i, one := range list {
		t.Run(one.title, func(t *testing.T) {
			p := &plant{t: t, key: "case", asks: root, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
			p.open()
			steps := p.deploy(one.lines)
			for _, step := range steps {
				p.do(step[0], step[1:])
			}
			reasons, err := p.WhyWaiting(t.Context(), p.asks, p.first)
			must(t, err)
			if len(reasons) == 0 {
				t.Fatal("no reason is given")
			}
			r := reasons[p.line]
			p.listed(r)
			text := func(s string) string { return signoff.Tell(s, named, time.UTC) }
			if got[i] = r.Kind + ": " + text(r.Text) + " | " + text(r.Ends); got[i] != one.want && !*update {
				t.Errorf("\n got %s\nwant %s", got[i], one.want)
			}
		})
	}
	if *update {
		rewrite(t, list, got)
	}
}

// listed fails when the list of instances does not say what kind of thing each
// place waits for. What passes by itself and what concerns all of an instance is
// left out there.
func (p *plant) listed(r Reason) {
	p.t.Helper()
	d, err := p.Instance(p.t.Context(), root, p.first)
	must(p.t, err)
	var kinds []string
	for _, w := range d.Waiting {
		if w.Node == r.Node {
			kinds = append(kinds, w.Kind)
		}
	}
	switch r.Kind {
	case "timer", "message", "signal", "condition", "race", "external", "child", "join", "incident", "connection":
		if !slices.Contains(kinds, r.Kind) {
			p.t.Errorf("the list says it waits for %q, not %q", kinds, r.Kind)
		}
	case "task", "asleep", "claimed", "away", "question":
		if !slices.Contains(kinds, "task") {
			p.t.Errorf("the list says it waits for %q, not for a task", kinds)
		}
	}
}

func rewrite(t *testing.T, list []planted, got []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/waiting.txt")
	must(t, err)
	var out []string
	i := -1
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "== ") {
			i++
		}
		if strings.HasPrefix(line, "why ") {
			line = "why " + got[i]
		}
		out = append(out, line)
	}
	must(t, os.WriteFile("testdata/waiting.txt", []byte(strings.Join(out, "\n")), 0o644))
}

var root = func() signoff.Caller { c := caller(9, "root"); c.Admin = true; return c }()

func named(p signoff.Principal) string {
	for _, c := range []signoff.Caller{ana, jane, bob, eve, root} {
		if c.Principal == p {
			return c.Login
		}
	}
	return "Finance"
}

func (p *plant) open() {
	t := p.t
	clock := func() time.Time { return p.now }
	s, err := store.Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{Now: clock})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	lib := library.New(s, clock)
	p.Worklist = &Worklist{Store: s, Library: lib, Runner: runner.New(runner.Config{Store: s, Library: lib, Directory: town{}, Now: clock})}
	must(t, s.Join(t.Context(), store.Node{ID: "n1", Name: "first", Started: p.now, Renewed: p.now, Until: p.now.Add(1000 * time.Hour)}))
}

// deploy makes a process of the lines that draw, and returns the others.
func (p *plant) deploy(lines [][]string) (rest [][]string) {
	var body, heads strings.Builder
	flows := 0
	for _, l := range lines {
		switch {
		case l[0] == "way":
			for i := 1; i+1 < len(l); i++ {
				from, condition, _ := strings.Cut(l[i], "?")
				to, _, _ := strings.Cut(l[i+1], "?")
				flows++
				fmt.Fprintf(&body, `<sequenceFlow id="f%d" sourceRef=%q targetRef=%q>`, flows, from, to)
				if condition != "" {
					fmt.Fprintf(&body, `<conditionExpression>%s</conditionExpression>`, escaped(condition))
				}
				body.WriteString(`</sequenceFlow>`)
			}
		case elements[l[0]] != "":
			args := make([]any, 5)
			for i := range args {
				args[i] = ""
				if i+1 < len(l) {
					args[i] = escaped(l[i+1])
				}
			}
			fmt.Fprintf(&body, elements[l[0]]+"%[6]s", append(args, "")...)
		case heading[l[0]] != "":
			fmt.Fprintf(&heads, heading[l[0]], l[1])
		default:
			rest = append(rest, l)
		}
	}
	if strings.Contains(body.String(), "calledElement") {
		p.deployOther()
	}
	xml := `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="x">` + heads.String() + `
<process id="case" name="Case" isExecutable="true"><extensionElements><signoff:workflow folio="Case {instance}"/>
<signoff:variable name="n" type="number"/><signoff:variable name="who" type="string"/><signoff:variable name="list" type="json"/></extensionElements>
<startEvent id="start"/><endEvent id="end"/>` + body.String() + `</process></definitions>`
	_, err := p.Library.Deploy(p.t.Context(), access.System, []byte(xml))
	must(p.t, err)
	return rest
}

// deployOther deploys the workflow that call activities run.
func (p *plant) deployOther() {
	xml := `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="x">
<process id="payment" name="Payment" isExecutable="true"><startEvent id="start"/>` +
		fmt.Sprintf(elements["task"]+"%[6]s", "pay", "Pay", "jane", "", "", "") +
		`<endEvent id="end"/><sequenceFlow id="a" sourceRef="start" targetRef="pay"/><sequenceFlow id="b" sourceRef="pay" targetRef="end"/></process></definitions>`
	_, err := p.Library.Deploy(p.t.Context(), access.System, []byte(xml))
	must(p.t, err)
}

func escaped(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.String()
}

var heading = map[string]string{
	"message": `<message id="m" name=%q/>`,
	"signal":  `<signal id="s" name=%q/>`,
}

// elements draw steps: id, then what the text in them says.
var elements = map[string]string{
	"task":      `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient person="%[3]s"/><signoff:action name="Yes"/><signoff:action name="No"/></signoff:task></extensionElements></userTask>`,
	"two":       `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient person="%[3]s"/><signoff:recipient person="%[4]s"/><signoff:action name="Yes"/><signoff:action name="No"/></signoff:task></extensionElements></userTask>`,
	"group":     `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient group="%[3]s"/><signoff:action name="Yes"/><signoff:action name="No"/></signoff:task></extensionElements></userTask>`,
	"dated":     `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient person="%[3]s"/><signoff:deadline after="%[4]s" outcome="Expired"/><signoff:action name="Yes"/><signoff:action name="No"/></signoff:task></extensionElements></userTask>`,
	"claiming":  `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task claiming="true"><signoff:recipient person="%[3]s"/><signoff:recipient person="%[4]s"/><signoff:action name="Yes"/><signoff:action name="No"/></signoff:task></extensionElements></userTask>`,
	"both":      `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient person="%[3]s"/><signoff:recipient person="%[4]s"/><signoff:answers rule="all" otherwise="Tie"/><signoff:action name="Yes"/><signoff:action name="No"/></signoff:task></extensionElements></userTask>`,
	"vote":      `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:recipient person="bob"/><signoff:recipient person="eve"/><signoff:answers rule="majority" otherwise="Tie"/><signoff:action name="Yes"/><signoff:action name="No"/><signoff:action name="Never" veto="true"/></signoff:task></extensionElements></userTask>`,
	"results":   `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:recipient person="bob"/><signoff:recipient person="eve"/><signoff:answers otherwise="Tie"><signoff:result outcome="Granted" action="Yes" least="2"/><signoff:result outcome="Put off" action="No" least="n"/><signoff:result outcome="Split" when="answered = 3"/></signoff:answers><signoff:action name="Yes"/><signoff:action name="No"/></signoff:task></extensionElements></userTask>`,
	"serial":    `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task order="serial"><signoff:recipient person="%[3]s"/><signoff:recipient person="%[4]s"/><signoff:action name="Yes"/><signoff:action name="No"/></signoff:task></extensionElements></userTask>`,
	"call":      `<serviceTask id="%[1]s" name="%[2]s"><extensionElements><signoff:http method="GET" url="https://x.test"/><signoff:retry max="3" first="PT1M" cap="PT1H"/></extensionElements></serviceTask>`,
	"external":  `<serviceTask id="%[1]s" name="%[2]s"><extensionElements><signoff:external/></extensionElements></serviceTask>`,
	"mail":      `<sendTask id="%[1]s" name="%[2]s"><extensionElements><signoff:email subject="x"><signoff:to starter="true"/><signoff:body>x</signoff:body></signoff:email></extensionElements></sendTask>`,
	"timer":     `<intermediateCatchEvent id="%[1]s" name="%[2]s"><timerEventDefinition><timeDuration>%[3]s</timeDuration></timerEventDefinition></intermediateCatchEvent>`,
	"receive":   `<intermediateCatchEvent id="%[1]s" name="%[2]s"><extensionElements><signoff:message key="%[3]s"/></extensionElements><messageEventDefinition messageRef="m"/></intermediateCatchEvent>`,
	"anybody":   `<intermediateCatchEvent id="%[1]s" name="%[2]s"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>`,
	"heard":     `<intermediateCatchEvent id="%[1]s" name="%[2]s"><signalEventDefinition signalRef="s"/></intermediateCatchEvent>`,
	"until":     `<intermediateCatchEvent id="%[1]s" name="%[2]s"><conditionalEventDefinition><condition>%[3]s</condition></conditionalEventDefinition></intermediateCatchEvent>`,
	"race":      `<eventBasedGateway id="%[1]s" name="%[2]s"/>`,
	"split":     `<parallelGateway id="%[1]s" name="%[2]s"/>`,
	"choice":    `<exclusiveGateway id="%[1]s" name="%[2]s"/>`,
	"some":      `<inclusiveGateway id="%[1]s" name="%[2]s"/>`,
	"sub":       `<callActivity id="%[1]s" name="%[2]s" calledElement="%[3]s"/>`,
	"each":      `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient person="{one}"/><signoff:action name="Yes"/></signoff:task></extensionElements><multiInstanceLoopCharacteristics isSequential="%[3]s"><extensionElements><signoff:each collection="list" element="one"/></extensionElements>%[6]s</multiInstanceLoopCharacteristics></userTask>`,
	"eachuntil": `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient person="{one}"/><signoff:action name="Yes"/></signoff:task></extensionElements><multiInstanceLoopCharacteristics><extensionElements><signoff:each collection="list" element="one"/></extensionElements><completionCondition>%[3]s</completionCondition></multiInstanceLoopCharacteristics></userTask>`,
	"again":     `<userTask id="%[1]s" name="%[2]s"><extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:action name="Yes"/></signoff:task></extensionElements><standardLoopCharacteristics><loopCondition>%[3]s</loopCondition></standardLoopCharacteristics></userTask>`,
}

var callers = map[string]signoff.Caller{"ana": ana, "jane": jane, "bob": bob, "eve": eve, "root": root}

// do carries one line out.
func (p *plant) do(what string, a []string) {
	p.t.Helper()
	ctx := p.t.Context()
	switch what {
	case "start":
		vars := map[string]any{}
		for _, pair := range a {
			name, text, _ := strings.Cut(pair, "=")
			vars[name] = text
			if n, err := strconv.Atoi(text); err == nil {
				vars[name] = n
			} else if name == "list" {
				var items []any
				for _, s := range strings.Split(text, ",") {
					items = append(items, s)
				}
				vars[name] = items
			}
		}
		id, err := p.Runner.Start(ctx, ana, runner.StartRequest{Workflow: p.key, Vars: vars})
		must(p.t, err)
		p.first = id
	case "later":
		d, err := time.ParseDuration(a[0])
		must(p.t, err)
		p.now = p.now.Add(d)
	case "claim":
		p.event(a[0], engine.Claim{Task: p.task()})
	case "act":
		p.event(a[0], engine.Act{Task: p.task(), Action: a[1]})
	case "sleep":
		p.event(a[0], engine.Sleep{Task: p.task(), Until: p.now.Add(48 * time.Hour)})
	case "ask":
		p.event(a[0], engine.Ask{Task: p.task(), To: a[1], Text: a[2]})
	case "hold":
		p.event("root", engine.Hold{Reason: a[0]})
	case "move":
		p.event("root", engine.Move{To: a[0], Reason: "x"})
	case "cancel":
		p.event("root", engine.Cancel{Reason: "x"})
	default:
		p.outside(ctx, what, a)
	}
}

func (p *plant) event(by string, e engine.Event) {
	p.t.Helper()
	_, err := p.Runner.Do(p.t.Context(), callers[by], p.first, e, "")
	must(p.t, err)
}

func (p *plant) task() int {
	in, err := p.Store.Instance(p.t.Context(), p.first)
	must(p.t, err)
	for _, task := range in.State.Tasks {
		if task.Open() {
			return task.Seq
		}
	}
	p.t.Fatal("there is no open task")
	return 0
}

// begun lets servers work until the instance's call activity has begun another
// one, which waits for jane.
func (p *plant) begun(ctx context.Context) {
	t := p.t
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.Runner.Run(running) }()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for began := time.Now(); ; <-look.C {
		children, err := p.Store.Children(ctx, p.first, 1)
		must(t, err)
		if len(children) > 0 {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Error("the other instance does not begin")
			break
		}
	}
	stop()
	must(t, <-ended)
}

// outside is what happens beyond the instance: commands, servers, messages,
// people who are away.
func (p *plant) outside(ctx context.Context, what string, a []string) {
	t := p.t
	t.Helper()
	take := func(holder string) store.Job {
		for _, kind := range []engine.CommandKind{engine.DoCall, engine.DoEmail, engine.DoWorkflow} {
			jobs, err := p.Store.TakeJobs(ctx, holder, kind, p.now, 6*time.Minute, 10)
			must(t, err)
			if len(jobs) > 0 {
				return jobs[0]
			}
		}
		t.Fatal("there is no command to take")
		return store.Job{}
	}
	switch what {
	case "fail", "break":
		kind := signoff.Unavailable
		if what == "break" {
			kind = signoff.Invalid
		}
		must(t, p.Runner.Finish(ctx, take("n1").Command.Key, nil, &signoff.Error{Kind: kind, Code: "shop-closed", Detail: a[0], Hint: "open the shop and retry"}))
	case "taken":
		take(a[0])
	case "handed":
		must(t, p.Store.ParkJob(ctx, take("n1").Hold()))
	case "lacks":
		must(t, p.Store.ParkFor(ctx, take("n1").Hold(), store.Want{For: "office", Who: signoff.Principal(a[0]), Why: a[1]}, p.now))
	case "second":
		p.line = 1
	case "asks":
		p.asks = callers[a[0]]
	case "begun":
		p.begun(ctx)
	case "off":
		must(t, p.Store.Leave(ctx, "n1", p.now))
	case "posted":
		in, err := p.Store.Underway(ctx, p.first)
		must(t, err)
		must(t, p.Store.QueueMail(ctx, []store.OutMail{{Key: "k", Command: in[0].Key, Purpose: "email", Instance: p.first, To: "ana@contoso.test", Subject: "x",
			MessageID: "<1@x>", State: store.MailQueued, Due: p.now, Since: p.now, Created: p.now, Raw: []byte("x")}}, nil))
	case "sent":
		source := "x"
		if len(a) > 2 {
			source = string(callers[a[2]].Principal)
		}
		_, _, err := p.Store.PutMessage(ctx, store.Message{Kind: engine.WaitMessage, Source: source, Ident: a[0] + a[1], Name: a[0], Key: a[1], Came: p.now, Until: p.now.Add(time.Hour), State: store.MessageWaiting})
		must(t, err)
	case "away":
		ab := store.Absence{Absence: access.Absence{Who: callers[a[0]].Principal, From: p.now, To: p.now.Add(72 * time.Hour), Instead: true}}
		for _, sub := range a[1:] {
			ab.Substitutes = append(ab.Substitutes, callers[sub].Principal)
		}
		n, err := strconv.ParseInt(strings.TrimPrefix(string(ab.Who), "user:"), 10, 64)
		must(t, err)
		must(t, p.Store.SaveAbsence(ctx, n, ab, store.Change{What: "absence", Subject: a[0]}))
	default:
		t.Fatalf("nobody knows how to %s", what)
	}
}
