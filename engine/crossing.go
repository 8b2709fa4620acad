package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// crossing looks at what an instance does, and whether another version can go on
// with it.
type crossing struct {
	*turn
	from, to *process.Definition
	reach    *process.Reach
	into     int
	named    map[string]string // elements that have become others, by id
	found    []Blocker
	bad      []int // scopes in which something is in the way already
}

// plan takes in what is said to have become what.
func (c *crossing) plan(names map[string]string) error {
	maps.Copy(c.named, names)
	return CheckNames([]*process.Definition{c.from}, c.to, c.into, names)
}

// CheckNames refuses what is said to have become what where one of both is
// nowhere: names are by element id, of any of the versions of before.
func CheckNames(from []*process.Definition, to *process.Definition, into int, names map[string]string) error {
	var wrong []signoff.FieldError
	for _, id := range slices.Sorted(maps.Keys(names)) {
		switch now := names[id]; {
		case len(from) > 0 && !slices.ContainsFunc(from, func(def *process.Definition) bool { return known(def, id) }):
			wrong = append(wrong, signoff.FieldError{Field: cut(clean(id), 100), Detail: "the version it runs on has no such step", Advice: nearest(from[0], id)})
		case !known(to, now):
			wrong = append(wrong, signoff.FieldError{Field: cut(clean(id), 100), Detail: fmt.Sprintf("version %d has no step %q", into, cut(clean(now), 100)), Advice: nearest(to, now)})
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: CodeBadPlan, Detail: "what has become what cannot be followed", Fields: wrong}
}

// NamesOf leaves out of names what def does not have.
func NamesOf(def *process.Definition, names map[string]string) map[string]string {
	out := maps.Clone(names)
	maps.DeleteFunc(out, func(id, _ string) bool { return !known(def, id) })
	return out
}

// known tells whether a definition has a node or flow of that id.
func known(def *process.Definition, id string) bool {
	return slices.ContainsFunc(def.Nodes, func(n process.Node) bool { return n.ID == id }) ||
		slices.ContainsFunc(def.Flows, func(f process.Flow) bool { return f.ID == id })
}

// nearest is advice for an id that is nowhere.
func nearest(def *process.Definition, id string) string {
	ids := make([]string, len(def.Nodes))
	for i := range def.Nodes {
		ids[i] = def.Nodes[i].ID
	}
	if near := signoff.Nearest(id, ids); near != "" {
		return "did you mean " + near + "?"
	}
	return "steps are named by their element ids"
}

// now is what an element is called in the other version.
func (c *crossing) now(id string) string {
	if to, ok := c.named[id]; ok {
		return to
	}
	return id
}

// counterpart is the node of the other version that a node has become, nil for none.
func (c *crossing) counterpart(n *process.Node) *process.Node {
	id := c.now(n.ID)
	if i := slices.IndexFunc(c.to.Nodes, func(m process.Node) bool { return m.ID == id }); i >= 0 {
		return &c.to.Nodes[i]
	}
	return nil
}

// old is the node with that id in the version the instance runs on.
func (c *crossing) old(id string) *process.Node {
	if i := slices.IndexFunc(c.from.Nodes, func(n process.Node) bool { return n.ID == id }); i >= 0 {
		return &c.from.Nodes[i]
	}
	panic("engine: the state names step " + id + ", which the definition does not have")
}

// changed are the ids in the state that are others from now on.
func (c *crossing) changed() map[string]string {
	out := map[string]string{}
	note := func(id string) {
		if to := c.now(id); id != "" && to != id {
			out[id] = to
		}
	}
	for _, k := range c.st.Tokens {
		note(k.Node)
		note(k.Flow)
	}
	for i := range c.st.Tasks {
		note(c.st.Tasks[i].Node)
	}
	for _, x := range c.st.Timers {
		note(x.Node)
	}
	for _, x := range c.st.Effects {
		note(x.Node)
	}
	for _, x := range c.st.Scopes {
		note(x.Node)
	}
	for _, x := range c.st.Waits {
		note(x.Node)
	}
	for _, x := range c.st.Incidents {
		note(x.Node)
	}
	for _, x := range c.st.Doers {
		note(x.Node)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// block notes that something is in the way at a step.
func (c *crossing) block(n *process.Node, does, why, advice string) {
	c.found = append(c.found, Blocker{Node: n.ID, Name: n.Name, Does: does, Why: why, Advice: advice})
}

// tokens looks at each place the instance is in.
func (c *crossing) tokens() {
	for _, k := range c.st.Tokens {
		n := c.old(k.Node)
		before := len(c.found)
		if m := c.counterpart(n); c.sameStep(n, m, func() string { return c.does(k, n) }) {
			c.sameWork(k, n, m)
		}
		if len(c.found) > before {
			c.bad = append(c.bad, k.Scope)
		}
	}
}

// sameStep tells whether m is the same kind of step at the same place of the
// drawing, and says why not.
func (c *crossing) sameStep(n, m *process.Node, does func() string) bool {
	const elsewhere = "move the instance to a step that both versions have first, or let it end on the version it runs on"
	switch {
	case m == nil:
		c.block(n, does(), fmt.Sprintf("version %d has no such step", c.into),
			fmt.Sprintf("say which step it has become (%s=ID), %s", n.ID, elsewhere))
	case m.Kind != n.Kind || kindOf(n) != kindOf(m):
		c.block(n, does(), fmt.Sprintf("in version %d %q is a %s, not a %s", c.into, m.Name, kindOf(m), kindOf(n)),
			fmt.Sprintf("wait until it is done, or %s", elsewhere))
	case !c.sameScope(n.Scope, m.Scope):
		c.block(n, does(), fmt.Sprintf("in version %d it is drawn %s, not %s", c.into, inside(c.to, m), inside(c.from, n)),
			fmt.Sprintf("wait until it is done, or %s", elsewhere))
	default:
		return true
	}
	return false
}

func inside(def *process.Definition, n *process.Node) string {
	if n.Scope < 0 {
		return "in no sub-process"
	}
	return fmt.Sprintf("in the sub-process %q", def.Nodes[n.Scope].Name)
}

// kindOf is what a step is, as people and the engine tell steps apart.
func kindOf(n *process.Node) string {
	name := map[process.Kind]string{process.StartEvent: "start event", process.EndEvent: "end event", process.TerminateEvent: "terminate end event",
		process.PassThrough: "task that only passes", process.UserTask: "user task", process.SendTask: "send task", process.ServiceTask: "service task",
		process.ScriptTask: "script task", process.ExclusiveGateway: "exclusive gateway", process.ParallelGateway: "parallel gateway",
		process.CatchEvent: "catching event", process.BoundaryEvent: "boundary event", process.ThrowEvent: "throwing event",
		process.InclusiveGateway: "inclusive gateway", process.EventGateway: "event-based gateway", process.ReceiveTask: "receive task",
		process.SubProcess: "sub-process", process.EventSubProcess: "event sub-process", process.CallActivity: "call activity"}[n.Kind]
	switch {
	case n.Event != nil && n.Kind != process.ReceiveTask:
		name = n.Event.Trigger.String() + " " + name
	case n.Service != nil && n.Service.External:
		name += " that another system finishes"
	}
	return name
}

// sameScope tells whether two sub-processes are the same; -1 is the workflow.
func (c *crossing) sameScope(old, now int) bool {
	if old < 0 || now < 0 {
		return old == now
	}
	m := c.counterpart(&c.from.Nodes[old])
	return m != nil && m.Index == now
}

// does says what the instance does where a token is.
func (c *crossing) does(k Token, n *process.Node) string {
	for i := range c.st.Incidents {
		if x := &c.st.Incidents[i]; x.Token == k.ID {
			return "it has failed there"
		}
	}
	for i := range c.st.Tasks {
		if task := &c.st.Tasks[i]; task.Open() && task.Token == k.ID {
			return "the task is with " + mentions(task.Recipients)
		}
	}
	for _, e := range c.st.Effects {
		if e.Token == k.ID {
			return map[string]string{effectEmail: "a mail is being sent", effectCall: "a service is being called", effectExternal: "another system is to finish it",
				effectMessage: "a message is being sent", effectSignal: "a signal is being sent", effectWorkflow: "another workflow runs for it"}[e.Kind]
		}
	}
	for _, s := range c.st.Scopes {
		if s.Token == k.ID {
			return "steps in it are under way"
		}
	}
	for _, w := range c.st.Waits {
		if w.Token == k.ID {
			return "it waits for a " + w.Kind
		}
	}
	for _, x := range c.st.Timers {
		if x.For == ForEvent && x.Ref == k.ID {
			return "it waits until " + signoff.At(x.Due)
		}
	}
	if n.Joins() {
		return "it waits for other branches"
	}
	return "the instance is there"
}

// sameWork looks at what is under way at a step that both versions have.
func (c *crossing) sameWork(k Token, n, m *process.Node) {
	if n.Joins() {
		c.join(k, n, m)
	}
	for i := range c.st.Tasks {
		if task := &c.st.Tasks[i]; task.Open() && task.Token == k.ID {
			c.task(task, n, m)
		}
	}
	for _, e := range c.st.Effects {
		if e.Token == k.ID && !c.hasIncident(k.ID) {
			c.effect(&e, n, m)
		}
	}
	if s := c.st.scope(k.Scope); s != nil && s.Number > 0 && s.Node == k.Node {
		return // its loop is looked at as a whole
	}
	loop := slices.ContainsFunc(c.st.Scopes, func(s Scope) bool { return s.Token == k.ID && s.Loop != nil })
	if why := repeatsOtherwise(n.Multi, m.Multi); why != "" && (loop || c.busy(k, n)) {
		c.block(n, c.does(k, n), fmt.Sprintf("in version %d it %s", c.into, why), "wait until it is done")
	}
}

// busy tells whether a token has begun its step and waits in it: then what its
// events wait for is set.
func (t *turn) busy(k Token, n *process.Node) bool {
	if slices.ContainsFunc(t.st.Tasks, func(x Task) bool { return x.Open() && x.Token == k.ID }) ||
		slices.ContainsFunc(t.st.Effects, func(x Effect) bool { return x.Token == k.ID }) ||
		slices.ContainsFunc(t.st.Scopes, func(x Scope) bool { return x.Token == k.ID }) {
		return true
	}
	switch n.Kind {
	case process.CatchEvent, process.ReceiveTask, process.EventGateway:
		return !t.hasIncident(k.ID) && !slices.ContainsFunc(t.st.Paused, func(p Paused) bool { return p.Token == k.ID })
	}
	return false
}

// repeatsOtherwise says how b is repeated in another way than a, "" when it is not.
func repeatsOtherwise(a, b *process.Multi) string {
	switch {
	case a == nil && b == nil:
		return ""
	case a == nil:
		return "is repeated"
	case b == nil:
		return "is not repeated"
	case a.Sequential != b.Sequential && b.Sequential:
		return "is repeated one after the other, not all at once"
	case a.Sequential != b.Sequential:
		return "is repeated all at once, not one after the other"
	case (a.Loop == nil) != (b.Loop == nil), (a.Collection == nil) != (b.Collection == nil):
		return "is repeated by another rule"
	case a.Element != b.Element:
		return fmt.Sprintf("calls its item %q, not %q", b.Element, a.Element)
	}
	return ""
}

// join looks at a token that waits for other branches: the flow it came by has
// to be there.
func (c *crossing) join(k Token, n, m *process.Node) {
	comes := func(id string) bool {
		return slices.ContainsFunc(m.Incoming, func(f int) bool { return c.to.Flows[f].ID == id })
	}
	if k.Flow == "" || comes(c.now(k.Flow)) {
		return
	}
	source := ""
	for _, f := range n.Incoming {
		if c.from.Flows[f].ID != k.Flow {
			continue
		}
		from := &c.from.Nodes[c.from.Flows[f].From]
		source = from.Name
		if to := c.onlyFlow(c.counterpart(from), m); to != "" && !slices.ContainsFunc(c.from.Flows, func(f process.Flow) bool { return c.now(f.ID) == to }) {
			c.named[k.Flow] = to
			return
		}
	}
	c.block(n, "it waits for other branches", fmt.Sprintf("the branch that has come, from %q, does not lead there in version %d", source, c.into),
		fmt.Sprintf("say which flow it has become (%s=ID), or wait until the branches have met", k.Flow))
}

// onlyFlow is the flow from one node to another, "" when there is none or several.
func (c *crossing) onlyFlow(from, to *process.Node) (id string) {
	if from == nil {
		return ""
	}
	for _, f := range from.Outgoing {
		if c.to.Flows[f].To == to.Index {
			if id != "" {
				return ""
			}
			id = c.to.Flows[f].ID
		}
	}
	return id
}

// effect looks at what was asked of the outside: what comes back is read by the
// other version, so it must be the answer to the same question.
func (c *crossing) effect(e *Effect, n, m *process.Node) {
	why := ""
	switch {
	case e.Kind == effectWorkflow && n.Call.Workflow != m.Call.Workflow:
		why = fmt.Sprintf("version %d runs the workflow %q there, not %q", c.into, m.Call.Workflow, n.Call.Workflow)
	case e.Kind == effectCall && question(n.Service) != question(m.Service):
		why = fmt.Sprintf("version %d calls something else there (%s, not %s)", c.into, question(m.Service), question(n.Service))
	default:
		return
	}
	c.block(n, c.does(Token{ID: e.Token, Node: e.Node}, n), why, "wait until the answer is there")
}

// question is what a service task asks of whom.
func question(s *process.Service) string {
	if o := s.Object; o != nil {
		return o.Service + ": " + o.Object + "." + o.Method
	}
	return s.Method + " " + s.URL.Source()
}

// task looks at an open task. It stays with whom it was put to; the other
// version says what can be answered and who may.
func (c *crossing) task(task *Task, n, m *process.Node) {
	does := "the task is with " + mentions(task.Recipients)
	if !task.Several() && (m.Task.Answers != nil || m.Task.Serial) {
		c.block(n, does, fmt.Sprintf("the first answer to it decides, where version %d wants several", c.into), "wait until it is decided, or move the instance to another step first")
	}
	for i := range task.Answers {
		a := &task.Answers[i]
		if !slices.ContainsFunc(m.Task.Actions, func(x process.Action) bool { return x.Name == a.Action }) {
			c.block(n, fmt.Sprintf("%s answered %q", signoff.Mention(a.By.Principal), a.Action), fmt.Sprintf("version %d has no such action", c.into), "wait until the task is decided")
		}
	}
	c.holders(task, n, m)
}

// holders looks at who has a task: nobody may be left with what they may not
// decide.
func (c *crossing) holders(task *Task, n, m *process.Node) {
	for _, p := range slices.Concat(task.Recipients, task.Later) {
		if !p.IsUser() {
			continue
		}
		if step, starter := c.keptOutThen(m.Task, p); (step != "" || starter) && !c.keptOutNow(n.Task, p) {
			why := fmt.Sprintf("in version %d whoever started the instance may not decide it", c.into)
			if step != "" {
				why = fmt.Sprintf("in version %d whoever decided %q may not decide it", c.into, step)
			}
			c.block(n, "the task is with "+signoff.Mention(p), why, "redirect the task to somebody else first")
		}
	}
}

func (c *crossing) keptOutNow(task *process.Task, p signoff.Principal) bool {
	step, starter := c.st.KeptOut(task, p)
	return step != "" || starter
}

// keptOutThen is KeptOut as it will be once steps have their new names.
func (c *crossing) keptOutThen(task *process.Task, p signoff.Principal) (step string, starter bool) {
	if task.ExcludeStarter && c.st.startedBy(p) {
		return "", true
	}
	for _, id := range task.Exclude {
		for i := range c.from.Nodes {
			if o := &c.from.Nodes[i]; c.now(o.ID) == id && c.st.did(o.ID, p) {
				return o.Name, false
			}
		}
	}
	return "", false
}

// decided tells whether anybody had a part in deciding a step.
func (st *State) decided(node string) bool {
	return slices.ContainsFunc(st.Doers, func(d Doer) bool { return d.Node == node }) ||
		slices.ContainsFunc(st.Tasks, func(t Task) bool { return t.Node == node && len(t.doers()) > 0 })
}

// variables works out the values that are others in the other version: given
// ones, converted ones and defaults of new ones.
func (c *crossing) variables(given map[string]expr.Value) (map[string]expr.Value, error) {
	c.turn.def = c.to
	defer func() { c.turn.def, c.turn.scope = c.from, nil }()
	set, err := c.checked(given, nil)
	if err != nil {
		return nil, err
	}
	set = maps.Clone(set)
	if set == nil {
		set = map[string]expr.Value{}
	}
	was := c.st.Vars
	defer func() { c.turn.st.Vars = was }()
	for i := range c.to.Variables {
		c.turn.st.Vars, c.turn.scope = maps.Clone(was), nil
		c.turn.st.setVars(set)
		c.variable(&c.to.Variables[i], set)
	}
	c.turn.st.Vars = was
	if _, ok := c.fits(set); !ok {
		return nil, variablesTooLarge()
	}
	if len(set) == 0 {
		return nil, nil
	}
	return set, nil
}

// variable brings one variable into the form the other version has it in.
func (c *crossing) variable(decl *process.Variable, set map[string]expr.Value) {
	if _, given := set[decl.Name]; given {
		return
	}
	block := func(does, why string) {
		c.found = append(c.found, Blocker{Node: decl.Name, Name: decl.Name, Does: does, Why: why, Variable: true,
			Advice: fmt.Sprintf("give %s a value with the migration, or with the instance before", decl.Name)})
	}
	old := c.st.Vars[decl.Name]
	v, err := coerce(decl, old)
	switch {
	case err != nil:
		block("it is "+describe(old), fmt.Sprintf("in version %d %s", c.into, err))
		return
	case v != nil && !(decl.Required && blank(v)):
		if !same(old, v) {
			set[decl.Name] = v
		}
		return
	}
	isNew := !slices.ContainsFunc(c.from.Variables, func(x process.Variable) bool { return x.Name == decl.Name })
	if !isNew && !decl.Required {
		return
	}
	v, why := c.defaultOf(decl)
	switch {
	case why != "":
		block("", why)
	case v != nil:
		set[decl.Name] = v
	case decl.Required:
		block("it has no value", fmt.Sprintf("version %d demands one", c.into))
	}
}

// same tells whether two values are stored alike.
func same(a, b expr.Value) bool {
	return a != nil && b != nil && string(expr.AppendJSON(nil, a)) == string(expr.AppendJSON(nil, b))
}
