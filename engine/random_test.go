package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// jungle draws random processes.
type jungle struct {
	*sketch
	rt    *rapid.T
	rules map[int]rule
	n     int
}

func drawJungle(rt *rapid.T, terminates bool) *jungle {
	j := &jungle{sketch: draw(rt), rt: rt, rules: map[int]rule{}}
	for _, name := range []string{"a", "b", "c", "nothing"} {
		j.variable(name, process.Boolean)
	}
	j.variable("n", process.Number)
	j.node("start", process.StartEvent)
	if rapid.Bool().Draw(rt, "structured") {
		last := j.block("start", 3)
		j.node("end", process.EndEvent).flow(last, "end", "")
	} else {
		j.wild()
	}
	if terminates && rapid.Bool().Draw(rt, "terminates") {
		j.node("stop", process.TerminateEvent)
		j.branch(rapid.SampledFrom(j.hosts()).Draw(rt, "before stop"), "stop")
	}
	j.boundaries()
	return j
}

// name makes up the id of a new node.
func (j *jungle) name(kind string) string {
	j.n++
	return fmt.Sprintf("%s%d", kind, j.n)
}

// step draws one node that does something, and returns its id.
func (j *jungle) step() string {
	switch kind := rapid.SampledFrom([]string{"user", "user", "user", "script", "pass", "timer", "call", "external", "mail"}).Draw(j.rt, "kind"); kind {
	case "user":
		id := j.name(kind)
		j.user(id, []string{"jane", "bob"}, func(t *process.Task) {
			t.Fields, t.Result = []string{"a", "b", "c"}, "result"
			t.Claiming = rapid.Bool().Draw(j.rt, "claiming")
			if rapid.Bool().Draw(j.rt, "deadline") {
				t.Deadline = &process.Deadline{After: j.expr(`duration("P3D")`), Outcome: "Expired"}
			}
		})
		return id
	case "script":
		id := j.name(kind)
		j.script(id, "n", "if n = null then 1 else n + 1")
		return id
	case "pass":
		id := j.name(kind)
		j.node(id, process.PassThrough)
		return id
	case "timer":
		id := j.name(kind)
		j.node(id, process.CatchEvent, func(n *process.Node) { n.Event = j.timer(`duration("PT1H")`) })
		return id
	case "mail":
		id := j.name(kind)
		j.node(id, process.SendTask, func(n *process.Node) {
			n.Email = &process.Email{To: []process.Recipient{{Starter: true}}, Subject: j.template("Hello"), Body: j.template("{n}")}
		})
		return id
	default:
		id := j.name(kind)
		j.node(id, process.ServiceTask, func(n *process.Node) {
			n.Service = &process.Service{External: kind == "external", Method: "GET", URL: j.template("https://x.test/{n}"),
				Outputs: []process.Assign{{Variable: "n", Value: j.expr("status")}}}
		})
		return id
	}
}

// block draws something well formed after from, and returns its last node.
func (j *jungle) block(from string, depth int) string {
	kinds := []string{"step"}
	if depth > 0 {
		kinds = append(kinds, "row", "row", "split", "choice", "loop")
	}
	switch rapid.SampledFrom(kinds).Draw(j.rt, "block") {
	case "row":
		return j.block(j.block(from, depth-1), depth-1)
	case "split", "choice":
		return j.fork(from, depth)
	case "loop":
		return j.loop(from, depth)
	}
	id := j.step()
	j.flow(from, id, "")
	return id
}

func (j *jungle) fork(from string, depth int) string {
	kind := rapid.SampledFrom([]process.Kind{process.ParallelGateway, process.ExclusiveGateway}).Draw(j.rt, "gateway")
	open, shut := j.name("open"), j.name("shut")
	j.node(open, kind).node(shut, kind).flow(from, open, "")
	branches := rapid.IntRange(2, 3).Draw(j.rt, "branches")
	for i := range branches {
		first := j.name("pass")
		j.node(first, process.PassThrough)
		switch {
		case kind == process.ParallelGateway:
			j.flow(open, first, "")
		case i == branches-1:
			j.flow(open, first, "default")
		default:
			j.branch(open, first)
		}
		j.flow(j.block(first, depth-1), shut, "")
	}
	return shut
}

func (j *jungle) loop(from string, depth int) string {
	head, tail := j.name("head"), j.name("tail")
	j.node(head, process.ExclusiveGateway).node(tail, process.ExclusiveGateway).flow(from, head, "")
	j.flow(j.block(head, depth-1), tail, "")
	j.branch(tail, head)
	out := j.name("pass")
	j.node(out, process.PassThrough).flow(tail, out, "default")
	return out
}

// branch draws a flow with a random condition.
func (j *jungle) branch(from, to string) {
	r := rule{rapid.SampledFrom([]string{"a", "b", "c", "a", "b", "c", "nothing"}).Draw(j.rt, "variable"), rapid.Bool().Draw(j.rt, "not")}
	src := r.name
	if r.not {
		src = "not(" + r.name + ")"
	}
	j.flow(from, to, src)
	j.rules[len(j.def.Flows)-1] = r
}

// wild draws nodes and then flows between any of them.
func (j *jungle) wild() {
	for range rapid.IntRange(1, 8).Draw(j.rt, "nodes") {
		switch rapid.SampledFrom([]string{"step", "step", "parallel", "exclusive"}).Draw(j.rt, "node") {
		case "step":
			j.step()
		case "parallel":
			j.node(j.name("parallel"), process.ParallelGateway)
		default:
			j.node(j.name("exclusive"), process.ExclusiveGateway)
		}
	}
	j.node("end", process.EndEvent)
	inner := slices.Clone(j.def.Nodes[1:])
	j.flow("start", inner[0].ID, "")
	for _, n := range inner {
		if n.Kind == process.EndEvent {
			continue
		}
		for range rapid.IntRange(0, 3).Draw(j.rt, "flows") {
			to := rapid.SampledFrom(inner).Draw(j.rt, "to").ID
			switch how := rapid.SampledFrom([]string{"plain", "plain", "condition", "default"}).Draw(j.rt, "how"); {
			case how == "condition":
				j.branch(n.ID, to)
			case how == "default" && n.Kind != process.ParallelGateway && j.def.Nodes[j.index(n.ID)].Default < 0:
				j.flow(n.ID, to, "default")
			default:
				j.flow(n.ID, to, "")
			}
		}
	}
}

// hosts are nodes one can leave.
func (j *jungle) hosts() (ids []string) {
	for _, n := range j.def.Nodes {
		if n.Kind != process.EndEvent && n.Kind != process.TerminateEvent {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// boundaries puts timers on some of the steps that wait.
func (j *jungle) boundaries() {
	for _, n := range slices.Clone(j.def.Nodes) {
		switch n.Kind {
		case process.UserTask, process.ServiceTask, process.SendTask:
			if rapid.IntRange(0, 3).Draw(j.rt, "boundary") == 0 {
				id := j.name("boundary")
				j.boundary(id, n.ID, `duration("P1D")`, rapid.Bool().Draw(j.rt, "interrupting"))
				j.flow(id, rapid.SampledFrom([]string{"end", n.ID}).Draw(j.rt, "on to"), "")
			}
		}
	}
}

// crowd throws random inputs at an instance and keeps the model beside it.
type crowd struct {
	*world
	rt    *rapid.T
	model *model // nil: the process is beyond it
	twice bool
}

func TestRandomProcessesLoseNothingAndAgreeWithTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		j := drawJungle(rt, false)
		c := &crowd{world: run(j.sketch), rt: rt}
		c.start(j, true)
		for range rapid.IntRange(0, 25).Draw(rt, "inputs") {
			if c.st.Status != Running || c.model.tooLong() {
				break
			}
			c.something()
			c.agree()
		}
	})
}

func TestRandomProcessesWithTerminateEventsLeaveNothingOpen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		j := drawJungle(rt, true)
		c := &crowd{world: run(j.sketch), rt: rt}
		c.start(j, false)
		for range rapid.IntRange(0, 25).Draw(rt, "inputs") {
			if len(c.facts) > 15_000 {
				break // it goes round in circles; that was seen often enough
			}
			c.something()
		}
		if c.st.Status == Running {
			c.must("root", Cancel{Reason: "enough"})
		}
		c.refused("root", Cancel{}, CodeInstanceEnded)
	})
}

func (c *crowd) start(j *jungle, modelled bool) {
	truth := map[string]bool{}
	vars := map[string]expr.Value{}
	for _, name := range []string{"a", "b", "c"} {
		truth[name] = rapid.Bool().Draw(c.rt, name)
		vars[name] = expr.Boolean(truth[name])
	}
	if modelled {
		c.model = newModel(c.def, j.rules, truth)
		c.model.leave(0)
	}
	c.decideTwice(Input{At: c.now, By: caller("ana"), Event: Start{Instance: 1, Priority: 1, Vars: vars}, People: People{}})
	c.must("ana", Start{Instance: 1, Priority: 1, Vars: vars})
	c.agree()
}

// decideTwice checks that the same input gives the same step.
func (c *crowd) decideTwice(in Input) {
	one, err1 := decideKnowing(c.def, c.st, in, c.who)
	two, err2 := decideKnowing(c.def, c.st, in, c.who)
	if fmt.Sprint(err1) != fmt.Sprint(err2) || string(store(nil, one)) != string(store(nil, two)) || asJSON(one.Commands) != asJSON(two.Commands) {
		c.rt.Fatalf("the same input gave two different steps")
	}
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (c *crowd) refused(by string, e Event, code string) {
	_, err := c.do(by, e)
	if signoff.CodeOf(err) != code {
		c.rt.Fatalf("%T by %q: got %v, want %s", e, by, err, code)
	}
}

// something lets one thing happen that can.
func (c *crowd) something() {
	var can []func()
	for _, t := range c.st.Tasks {
		can = append(can, func() { c.onTask(t) })
	}
	for _, t := range c.st.Timers {
		can = append(can, func() { c.onTimer(t) })
	}
	for _, e := range c.st.Effects {
		can = append(can, func() { c.onEffect(e) })
	}
	for _, i := range c.st.Incidents {
		can = append(can, func() { c.onIncident(i) })
	}
	if len(can) > 0 {
		rapid.SampledFrom(can).Draw(c.rt, "what")()
	}
}

func login(p signoff.Principal) string { return string(p)[len("user:"):] }

func (c *crowd) onTask(t Task) {
	if !t.Open() {
		c.refused(login(t.Recipients[0]), Act{Task: t.Seq, Action: "Approve"}, CodeTaskDone)
		return
	}
	by := login(rapid.SampledFrom(t.Recipients).Draw(c.rt, "by"))
	kept := t.Claiming && t.Claimed != "" && t.Claimed != signoff.Principal("user:"+by)
	switch what := rapid.SampledFrom([]string{"act", "act", "act", "claim", "release", "redirect", "share", "sleep", "wake", "comment", "stranger"}).Draw(c.rt, "deed"); what {
	case "stranger":
		c.refused("mallory", Act{Task: t.Seq, Action: "Approve"}, CodeTaskNotFound)
	case "comment":
		c.must(by, Comment{Task: t.Seq, Text: "hm"})
	case "act":
		if kept {
			c.refused(by, Act{Task: t.Seq, Action: "Approve"}, CodeTaskClaimed)
			return
		}
		name, yes := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(c.rt, "changes"), rapid.Bool().Draw(c.rt, "to")
		e := Act{Task: t.Seq, Action: "approve", Vars: map[string]expr.Value{name: expr.Boolean(yes)}}
		c.decideTwice(Input{At: c.now, By: caller(by), Event: e, People: People{}})
		c.must(by, e)
		if c.model != nil {
			c.model.truth[name] = yes
			c.model.done(c.index(t.Node))
		}
	default:
		c.tryOn(t, by, what)
	}
}

// tryOn does what may or may not be refused; either way nothing may be lost.
func (c *crowd) tryOn(t Task, by, what string) {
	var e Event
	switch what {
	case "claim":
		e = Claim{t.Seq}
	case "release":
		e = Release{t.Seq}
	case "redirect":
		e = Redirect{Task: t.Seq, To: rapid.SampledFrom([]string{"carol", "dave", "bob"}).Draw(c.rt, "to whom")}
	case "share":
		e = Share{Task: t.Seq, To: rapid.SampledFrom([]string{"carol", "dave", "bob"}).Draw(c.rt, "with whom")}
	case "sleep":
		e = Sleep{Task: t.Seq, Until: c.now.Add(time.Duration(rapid.IntRange(1, 5).Draw(c.rt, "hours")) * time.Hour)}
	case "wake":
		e = Wake{t.Seq}
	}
	if _, err := c.do(by, e); err != nil && signoff.KindOf(err) != signoff.Conflict && signoff.KindOf(err) != signoff.Invalid {
		c.rt.Fatalf("%T by %s: %v", e, by, err)
	}
}

func (c *crowd) index(node string) int {
	return slices.IndexFunc(c.def.Nodes, func(n process.Node) bool { return n.ID == node })
}

func (c *crowd) onTimer(t Timer) {
	if c.now.Before(t.Due) {
		c.refused("", TimerDue{t.Seq}, CodeTimerEarly)
		c.now = t.Due
	}
	host := ""
	if t.For == ForDeadline {
		host = c.st.task(t.Ref).Node
	}
	before := slices.ContainsFunc(c.st.Incidents, func(i Incident) bool { return i.Stage == Due && i.Effect == t.Seq })
	if !before && rapid.IntRange(0, 5).Draw(c.rt, "given up") == 0 {
		c.giveUp(TimerDue{t.Seq})
		if rapid.Bool().Draw(c.rt, "left so") {
			return
		}
		if rapid.Bool().Draw(c.rt, "retried") {
			c.must("root", Retry{Incident: c.st.Incidents[len(c.st.Incidents)-1].Seq})
			t = c.st.Timers[len(c.st.Timers)-1]
		}
	}
	c.must("", TimerDue{t.Seq})
	c.refused("", TimerDue{t.Seq}, CodeRedundant)
	n := c.def.Nodes[c.index(t.Node)]
	switch {
	case c.model == nil || t.For == ForSleep:
	case t.For == ForDeadline:
		c.model.done(c.index(host))
	case n.Kind == process.CatchEvent:
		c.model.done(n.Index)
	default:
		if n.Attach.Interrupting {
			c.model.waiting[n.Attach.To]--
		}
		c.model.leave(n.Index)
	}
}

func (c *crowd) onEffect(e Effect) {
	incident := slices.ContainsFunc(c.st.Incidents, func(i Incident) bool { return i.Effect == e.Seq })
	switch {
	case e.Kind == effectExternal:
		c.must("robot", FinishExternal{Effect: e.Seq, Vars: map[string]expr.Value{"n": expr.Int(1)}})
	case rapid.Bool().Draw(c.rt, "fails"):
		if incident {
			c.refused("", EffectFailed{Effect: e.Seq, Cause: "no"}, CodeRedundant)
		} else {
			if rapid.Bool().Draw(c.rt, "by panic") {
				c.giveUp(EffectDone{Effect: e.Seq})
				return
			}
			c.must("", EffectFailed{Effect: e.Seq, Cause: "no", Attempts: 6})
		}
		return
	default:
		c.must("", EffectDone{Effect: e.Seq, Result: map[string]expr.Value{"status": expr.Int(200)}})
	}
	if c.st.Status == Running {
		c.refused("", EffectDone{Effect: e.Seq}, CodeRedundant)
	}
	if c.model != nil {
		c.model.done(c.index(e.Node))
	}
}

func (c *crowd) onIncident(i Incident) {
	commands := len(c.all)
	c.must("root", Retry{Incident: i.Seq})
	c.refused("root", Retry{Incident: i.Seq}, map[bool]string{true: CodeIncidentGone, false: CodeInstanceEnded}[c.st.Status == Running])
	if i.Stage == Due {
		return
	}
	if i.Effect != 0 {
		same := slices.IndexFunc(c.all, func(cmd Command) bool { return cmd.Ref == i.Effect })
		if len(c.all) != commands+1 || c.all[commands].Key != c.all[same].Key {
			c.rt.Fatalf("retry of effect %d did not hand out the same command again", i.Effect)
		}
		return
	}
	if c.model != nil && i.Code != IncidentJoinStuck {
		c.model.retried(c.index(i.Node))
	}
}

// giveUp does as the runner does when Decide panics.
func (c *crowd) giveUp(e Event) {
	step, err := GiveUp(c.st, Input{At: c.now, Event: e})
	if err != nil {
		c.rt.Fatalf("giving up %T: %v", e, err)
	}
	c.st, c.facts = step.State, append(c.facts, step.Facts...)
	checkState(c.rt, c.def, c.st, c.facts, len(step.Facts))
	if _, err := GiveUp(c.st, Input{At: c.now, Event: e}); signoff.CodeOf(err) != CodeRedundant {
		c.rt.Fatalf("giving up twice: %v", err)
	}
}

// agree compares the instance with the model.
func (c *crowd) agree() {
	if c.model == nil || c.model.tooLong() {
		return
	}
	got := newModel(c.def, nil, nil)
	broken := map[int]string{}
	for _, i := range c.st.Incidents {
		if i.Code != IncidentEffect && i.Code != IncidentJoinStuck && i.Code != IncidentEngine {
			broken[i.Token] = i.Code
		}
	}
	for _, k := range c.st.Tokens {
		n := c.index(k.Node)
		switch {
		case broken[k.ID] == IncidentLoop || broken[k.ID] == IncidentTokens:
			c.rt.Fatalf("the engine met %s where the model did not", broken[k.ID])
		case broken[k.ID] != "":
			got.broken[n]++
		case c.def.Nodes[n].Kind == process.ParallelGateway:
			got.onFlow[slices.IndexFunc(c.def.Flows, func(f process.Flow) bool { return f.ID == k.Flow })]++
		default:
			got.waiting[n]++
		}
	}
	if !sameCounts(got.onFlow, c.model.onFlow) || !sameCounts(got.waiting, c.model.waiting) || !sameCounts(got.broken, c.model.broken) {
		c.rt.Fatalf("engine: merges %v, waiting %v, broken %v\nmodel:  merges %v, waiting %v, broken %v",
			got.onFlow, got.waiting, got.broken, c.model.onFlow, c.model.waiting, c.model.broken)
	}
	if ended := c.st.Status == Completed; ended != (c.model.tokens() == 0) {
		c.rt.Fatalf("the instance is %s, the model has %d tokens", c.st.Status, c.model.tokens())
	}
}

func sameCounts(a, b map[int]int) bool {
	for k := range a {
		if a[k] != b[k] {
			return false
		}
	}
	for k := range b {
		if a[k] != b[k] {
			return false
		}
	}
	return true
}
