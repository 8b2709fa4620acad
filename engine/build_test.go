package engine

import (
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// monday is when tests begin.
var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// tb is what testing.T and rapid.T have in common here.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// sketch builds definitions by hand.
type sketch struct {
	t      tb
	def    *process.Definition
	inside int // the sub-process that is being drawn, -1 for none
}

func draw(t tb) *sketch {
	return &sketch{t, &process.Definition{ID: "leave", Name: "Leave request"}, -1}
}

func (s *sketch) node(id string, kind process.Kind, more ...func(*process.Node)) *sketch {
	n := process.Node{Index: len(s.def.Nodes), ID: id, Name: id, Kind: kind, Default: -1, Scope: s.inside}
	for _, set := range more {
		set(&n)
	}
	s.def.Nodes = append(s.def.Nodes, n)
	return s
}

func (s *sketch) index(id string) int {
	i := slices.IndexFunc(s.def.Nodes, func(n process.Node) bool { return n.ID == id })
	if i < 0 {
		s.t.Fatalf("no node %q was drawn", id)
	}
	return i
}

// flow draws a flow; condition "default" makes it the default one.
func (s *sketch) flow(from, to, condition string) *sketch {
	f := process.Flow{Index: len(s.def.Flows), ID: from + ">" + to, From: s.index(from), To: s.index(to)}
	for _, other := range s.def.Flows {
		if other.ID == f.ID {
			f.ID += "'"
		}
	}
	a, b := &s.def.Nodes[f.From], &s.def.Nodes[f.To]
	a.Outgoing, b.Incoming = append(a.Outgoing, f.Index), append(b.Incoming, f.Index)
	switch condition {
	case "":
	case "default":
		a.Default = f.Index
	default:
		f.Condition = s.expr(condition)
	}
	s.def.Flows = append(s.def.Flows, f)
	return s
}

// path draws flows from each step to the next.
func (s *sketch) path(ids ...string) *sketch {
	for i := range len(ids) - 1 {
		s.flow(ids[i], ids[i+1], "")
	}
	return s
}

func (s *sketch) variable(name string, typ process.Type, more ...func(*process.Variable)) *sketch {
	v := process.Variable{Name: name, Type: typ}
	for _, set := range more {
		set(&v)
	}
	s.def.Variables = append(s.def.Variables, v)
	return s
}

func (s *sketch) expr(src string) *expr.Expr {
	s.t.Helper()
	e, err := expr.Parse(src, process.Builtins...)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func (s *sketch) template(src string) *expr.Template {
	s.t.Helper()
	e, err := expr.ParseTemplate(src, process.Builtins...)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// user draws a user task with Approve and Reject for the named people.
func (s *sketch) user(id string, people []string, more ...func(*process.Task)) *sketch {
	task := &process.Task{Actions: []process.Action{{Name: "Approve", ByMail: true}, {Name: "Reject", ByMail: true}},
		Priority: 1, Notify: &process.Notify{Reply: true}}
	for _, p := range people {
		task.Recipients = append(task.Recipients, process.Recipient{Person: s.template(p)})
	}
	for _, set := range more {
		set(task)
	}
	return s.node(id, process.UserTask, func(n *process.Node) { n.Task = task })
}

func (s *sketch) script(id string, assigns ...string) *sketch {
	var list []process.Assign
	for i := 0; i < len(assigns); i += 2 {
		list = append(list, process.Assign{Variable: assigns[i], Value: s.expr(assigns[i+1])})
	}
	return s.node(id, process.ScriptTask, func(n *process.Node) { n.Assign = list })
}

// boundary draws a timer on an activity.
func (s *sketch) boundary(id, on, after string, interrupting bool) *sketch {
	host := s.index(on)
	s.node(id, process.BoundaryEvent, func(n *process.Node) {
		n.Event = s.timer(after)
		n.Attach = &process.Attach{To: host, Interrupting: interrupting}
	})
	s.def.Nodes[host].Boundary = append(s.def.Nodes[host].Boundary, s.index(id))
	return s
}

// timer is the event of a timer that waits so long.
func (s *sketch) timer(after string) *process.Event {
	return &process.Event{Trigger: process.OnTimer, Timer: &process.Timer{After: s.expr(after)}}
}

// person is a user whose login is also their principal.
func person(login string) signoff.Person {
	return signoff.Person{Principal: signoff.Principal("user:" + login), Login: login, Name: login, Email: login + "@contoso.test"}
}

func caller(login string, groups ...signoff.Principal) signoff.Caller {
	return signoff.Caller{Person: person(login), Groups: append(groups, signoff.Everyone)}
}

// world runs one instance and checks after every step what must always hold.
type world struct {
	t     tb
	def   *process.Definition
	st    State
	facts []Fact
	now   time.Time
	all   []Command
	names map[string][]signoff.Person // what is asked and not in here is a person
}

func run(s *sketch) *world {
	s.def.Prepare()
	return &world{t: s.t, def: s.def, now: monday, names: map[string][]signoff.Person{}}
}

// do decides e for by and makes it so.
func (w *world) do(by string, e Event) (Step, error) {
	w.t.Helper()
	in := Input{At: w.now, Event: e, People: People{}}
	if by != "" {
		in.By = caller(by)
	}
	return w.decide(in)
}

func (w *world) decide(in Input) (Step, error) {
	w.t.Helper()
	before := string(w.st.AppendJSON(nil))
	step, err := decideKnowing(w.def, w.st, in, w.who)
	if after := string(w.st.AppendJSON(nil)); after != before {
		w.t.Fatalf("Decide changed its argument:\n%s\n%s", before, after)
	}
	if err != nil {
		return step, err
	}
	w.facts = append(w.facts, step.Facts...)
	w.st = step.State
	w.all = append(w.all, step.Commands...)
	checkState(w.t, w.def, w.st, w.facts, len(step.Facts))
	return step, nil
}

// must is do for what has to work.
func (w *world) must(by string, e Event) Step {
	w.t.Helper()
	step, err := w.do(by, e)
	if err != nil {
		w.t.Fatalf("%T by %q: %v", e, by, err)
	}
	return step
}

func (w *world) who(name string) []signoff.Person {
	if people, ok := w.names[name]; ok {
		return people
	}
	return []signoff.Person{person(name)}
}

// decideKnowing answers Decide's questions until it decides.
func decideKnowing(def *process.Definition, st State, in Input, who func(string) []signoff.Person) (Step, error) {
	for {
		step, err := Decide(def, st, in)
		need, asks := err.(NeedPeople)
		if !asks {
			return step, err
		}
		if in.People == nil {
			in.People = People{}
		}
		for _, name := range need.Names {
			in.People[name] = who(name)
		}
	}
}

// openTasks returns the open tasks, oldest first.
func (w *world) openTasks() (open []Task) {
	for _, t := range w.st.Tasks {
		if t.Open() {
			open = append(open, t)
		}
	}
	return open
}

// checkState checks what holds after every step of everything; the last fresh
// facts are those of the step.
func checkState(t tb, def *process.Definition, st State, facts []Fact, fresh int) {
	t.Helper()
	bytes := string(st.AppendJSON(nil))
	folded := Fold(facts)
	if got := string(folded.AppendJSON(nil)); got != bytes {
		t.Fatalf("folding the facts gives another state:\n%s\n%s", cut(got, 4000), cut(bytes, 4000))
	}
	again, err := DecodeState([]byte(bytes))
	if err != nil || string(again.AppendJSON(nil)) != bytes {
		t.Fatalf("the state does not survive its own form: %v\n%s", err, cut(bytes, 4000))
	}
	for i := len(facts) - fresh; i < len(facts); i++ {
		f := facts[i]
		if f.Seq != i+1 {
			t.Fatalf("fact %d has number %d", i+1, f.Seq)
		}
		text := string(f.AppendJSON(nil))
		if g, err := DecodeFact([]byte(text)); err != nil || string(g.AppendJSON(nil)) != text {
			t.Fatalf("a fact does not survive its own form: %v\n%s", err, cut(text, 4000))
		}
	}
	checkNothingLost(t, def, st)
}

// checkNothingLost checks that every token waits somewhere, every open thing
// belongs to a token, and an ended instance has nothing open.
func checkNothingLost(t tb, def *process.Definition, st State) {
	t.Helper()
	at := map[int]string{}
	waits := map[int]int{}
	node := func(id string) *process.Node {
		i := slices.IndexFunc(def.Nodes, func(n process.Node) bool { return n.ID == id })
		if i < 0 {
			t.Fatalf("the drawing has no %q; the state is %s", id, st.AppendJSON(nil))
		}
		return &def.Nodes[i]
	}
	for _, k := range st.Tokens {
		at[k.ID] = k.Node
		if node(k.Node).Joins() {
			waits[k.ID]++
		}
	}
	checkScopes(t, def, st, node, waits)
	checkWaits(t, def, st, node, at, waits)
	owner := func(what string, token int, node string) {
		if at[token] != node {
			t.Fatalf("%s at %s belongs to token %d, which is at %q", what, node, token, at[token])
		}
		waits[token]++
	}
	tasks := map[int]bool{}
	for _, task := range st.Tasks {
		if task.Open() {
			owner("a task", task.Token, task.Node)
			tasks[task.Seq] = true
		}
	}
	for _, e := range st.Effects {
		owner("an effect", e.Token, e.Node)
	}
	for _, i := range st.Incidents {
		if i.Stage != Due {
			owner("an incident", i.Token, i.Node)
		} else if !slices.ContainsFunc(st.Timers, func(x Timer) bool { return x.Seq == i.Effect }) &&
			!slices.ContainsFunc(st.Waits, func(x Wait) bool { return x.Seq == i.Effect }) {
			t.Fatalf("the incident of timer or wait %d is open, and it is not there", i.Effect)
		}
	}
	for _, timer := range st.Timers {
		if timer.For == ForStart {
			checkStart(t, st, node(timer.Node), timer.Ref)
			continue
		}
		if timer.For != ForEvent {
			if !tasks[timer.Ref] {
				t.Fatalf("a timer serves task %d, which is not open", timer.Ref)
			}
			continue
		}
		checkEvent(t, def, node(timer.Node), timer.Ref, at, waits)
	}
	for _, p := range st.Paused {
		if st.Held == nil {
			t.Fatalf("token %d is paused, and the instance is not stopped", p.Token)
		}
		waits[p.Token]++
	}
	for _, k := range st.Tokens {
		if waits[k.ID] == 0 {
			t.Fatalf("token %d at %s waits for nothing", k.ID, k.Node)
		}
	}
	if st.Status != Running && len(st.Tokens)+len(tasks)+len(st.Timers)+len(st.Effects)+len(st.Incidents)+len(st.Scopes)+len(st.Waits) > 0 {
		t.Fatalf("the instance is %s and has something open: %s", st.Status, st.AppendJSON(nil))
	}
	if st.Status == Running && len(st.Tokens) == 0 {
		t.Fatal("the instance is running and nowhere")
	}
}

// checkEvent checks that what waits for an event stands where it can.
func checkEvent(t tb, def *process.Definition, n *process.Node, token int, at map[int]string, waits map[int]int) {
	t.Helper()
	if n.Kind == process.BoundaryEvent {
		if host := def.Nodes[n.Attach.To].ID; at[token] != host {
			t.Fatalf("an event on the edge of %s waits with token %d, which is at %q", host, token, at[token])
		}
		return
	}
	gateway := slices.ContainsFunc(n.Incoming, func(i int) bool {
		from := def.Nodes[def.Flows[i].From]
		return from.Kind == process.EventGateway && from.ID == at[token]
	})
	if at[token] != n.ID && !gateway {
		t.Fatalf("%s is waited for with token %d, which is at %q", n.ID, token, at[token])
	}
	waits[token]++
}

// checkStart checks that the scope is there in which an event sub-process may begin.
func checkStart(t tb, st State, n *process.Node, scope int) {
	t.Helper()
	if n.Kind != process.StartEvent || scope != 0 && st.scope(scope) == nil {
		t.Fatalf("%s may begin in scope %d, which is not there", n.ID, scope)
	}
}

func checkWaits(t tb, def *process.Definition, st State, node func(string) *process.Node, at map[int]string, waits map[int]int) {
	t.Helper()
	for _, w := range st.Waits {
		n := node(w.Node)
		if n.Event == nil || n.Event.Trigger.String() != w.Kind || n.Event.Name != w.Name {
			t.Fatalf("%s waits for the %s %q", n.ID, w.Kind, w.Name)
		}
		if w.Token == 0 {
			checkStart(t, st, n, w.Scope)
		} else {
			checkEvent(t, def, n, w.Token, at, waits)
		}
	}
}

// checkScopes checks that every token stands where its scope is drawn, every
// scope is waited for or lies beside, and none is empty but one whose loop has
// an incident.
func checkScopes(t tb, def *process.Definition, st State, node func(string) *process.Node, waits map[int]int) {
	t.Helper()
	for _, k := range st.Tokens {
		n, drawn := node(k.Node), -1
		if s := st.scope(k.Scope); s != nil {
			if drawn = node(s.Node).Index; s.Number > 0 && s.Node == k.Node {
				drawn = n.Scope
			}
		} else if k.Scope != 0 {
			t.Fatalf("token %d at %s is in scope %d, which is not there", k.ID, k.Node, k.Scope)
		}
		if n.Scope != drawn {
			t.Fatalf("token %d at %s is in scope %d, where it is not drawn", k.ID, k.Node, k.Scope)
		}
	}
	for _, s := range st.Scopes {
		if s.Parent != 0 && st.scope(s.Parent) == nil {
			t.Fatalf("scope %d lies in scope %d, which is not there", s.ID, s.Parent)
		}
		if s.Token != 0 {
			i := slices.IndexFunc(st.Tokens, func(k Token) bool { return k.ID == s.Token })
			if i < 0 || st.Tokens[i].Node != s.Node || st.Tokens[i].Scope != s.Parent {
				t.Fatalf("scope %d of %s has no token that waits for it", s.ID, s.Node)
			}
			waits[s.Token]++
		} else if s.Number == 0 && node(s.Node).Kind != process.EventSubProcess {
			t.Fatalf("scope %d of %s is waited for by nothing", s.ID, s.Node)
		}
		inside := slices.ContainsFunc(st.Tokens, func(k Token) bool { return k.Scope == s.ID }) ||
			slices.ContainsFunc(st.Scopes, func(x Scope) bool { return x.Parent == s.ID })
		looping := slices.ContainsFunc(st.Incidents, func(i Incident) bool { return i.Stage == Looping })
		if !inside && !looping {
			t.Fatalf("scope %d of %s is empty", s.ID, s.Node)
		}
	}
}

// where returns the node a token is at.
func (st *State) where(token int) string {
	for _, k := range st.Tokens {
		if k.ID == token {
			return k.Node
		}
	}
	return ""
}
