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

// crowd throws random inputs at an instance and keeps the model beside it.
type crowd struct {
	*world
	rt    *rapid.T
	model *model        // nil: the process is beyond it
	areas map[int]*area // of the model, by scope
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
			if len(c.facts) > 15_000 || c.st.Status != Running {
				break // it is over, or goes round in circles: that was seen often enough
			}
			if c.something(); rapid.IntRange(0, 9).Draw(rt, "mended") == 0 {
				c.mend()
			}
		}
		if c.st.Status == Running && rapid.Bool().Draw(rt, "ended") {
			c.must("root", End{Reason: "enough"})
		} else if c.st.Status == Running {
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
	starts := c.def.Starts()
	from := rapid.SampledFrom(starts).Draw(c.rt, "from")
	if modelled {
		c.model = newModel(c.def, j.rules, truth)
		c.model.root.leave(from.Index)
		c.model.settle()
	}
	e := Start{Instance: 1, Node: from.ID, Priority: 1, Vars: vars}
	c.decideTwice(Input{At: c.now, By: caller("ana"), Event: e, People: People{}})
	c.must("ana", e)
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
	for _, w := range c.st.Waits {
		if w.Kind != WaitCondition {
			can = append(can, func() { c.onWait(w) })
		}
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
	switch what := rapid.SampledFrom([]string{"act", "act", "act", "claim", "release", "redirect", "share", "sleep", "wake", "comment", "file", "stranger"}).Draw(c.rt, "deed"); what {
	case "stranger":
		c.refused("mallory", Act{Task: t.Seq, Action: "Approve"}, CodeTaskNotFound)
	case "comment":
		c.must(by, Comment{Task: t.Seq, Text: "hm"})
	case "file":
		e, err := NewFile(t.Seq, "quote.pdf", Specimen("quote.pdf", 1000))
		if err != nil || len(c.st.Files) == MaxFiles {
			return
		}
		c.must(by, e)
		if f := c.st.Files[rapid.IntRange(0, len(c.st.Files)-1).Draw(c.rt, "which file")]; rapid.Bool().Draw(c.rt, "taken away") {
			c.must(login(f.By), RemoveFile{File: f.Seq})
		}
	case "act":
		if kept {
			c.refused(by, Act{Task: t.Seq, Action: "Approve"}, CodeTaskClaimed)
			return
		}
		name, yes := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(c.rt, "changes"), rapid.Bool().Draw(c.rt, "to")
		e := Act{Task: t.Seq, Action: "approve", Vars: map[string]expr.Value{name: expr.Boolean(yes)}}
		c.decideTwice(Input{At: c.now, By: caller(by), Event: e, People: People{}})
		a, _ := c.in(t.Token)
		c.must(by, e)
		c.told(a, func() {
			c.model.truth[name] = yes
			a.done(c.index(t.Node), c.index(t.Node))
		})
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
	token, scope := t.Ref, 0
	switch t.For {
	case ForDeadline, ForSleep:
		token = c.st.task(t.Ref).Token
	case ForStart:
		token, scope = 0, t.Ref
	}
	a, sub := c.in(token)
	if token == 0 {
		a = c.areas[scope]
	}
	host, at := c.index(c.st.where(token)), c.index(t.Node)
	if (t.For == ForEvent || t.For == ForStart) && c.full(t.Node) {
		if stuck := slices.ContainsFunc(c.st.Incidents, func(i Incident) bool { return i.Stage == Due && i.Effect == t.Seq }); !stuck {
			c.must("", TimerDue{t.Seq}) // says so in an incident
		}
		c.refused("", TimerDue{t.Seq}, CodeRedundant)
		return
	}
	c.must("", TimerDue{t.Seq})
	c.refused("", TimerDue{t.Seq}, CodeRedundant)
	if t.For == ForSleep {
		return
	}
	c.told(a, func() { c.happens(a, sub, host, at) })
}

// happens lets an event be in the model: at is its node, host where its token is.
func (c *crowd) happens(a, sub *area, host, at int) {
	switch n := c.def.Nodes[at]; {
	case n.Kind == process.BoundaryEvent:
		a.edge(at, sub)
	case n.Kind == process.StartEvent:
		a.beside(at)
	default:
		a.done(host, at)
	}
}

func (c *crowd) onWait(w Wait) {
	a, sub := c.in(w.Token)
	if w.Token == 0 {
		a = c.areas[w.Scope]
	}
	host := c.index(c.st.where(w.Token))
	var e Event = MessageCame{Wait: w.Seq, Message: "x", Vars: map[string]expr.Value{"n": expr.Int(2)}}
	if w.Kind == WaitSignal {
		e = SignalCame{Wait: w.Seq}
	}
	c.decideTwice(Input{At: c.now, Event: e, People: People{}})
	if c.full(w.Node) {
		c.refused("", e, CodeInstanceFull)
		return
	}
	c.perhapsStopped(e)
	c.told(a, func() { c.happens(a, sub, host, c.index(w.Node)) })
}

// full tells that an event cannot be: it begins something besides, and nothing more fits in.
func (c *crowd) full(event string) bool {
	n := &c.def.Nodes[c.index(event)]
	besides := n.Kind == process.BoundaryEvent && !n.Attach.Interrupting || n.Kind == process.StartEvent && !n.Event.Interrupting
	return besides && len(c.st.Tokens) >= MaxTokens
}

// perhapsStopped lets something come from outside, now and then while the
// instance is stopped: when it goes on it is where it would have been.
func (c *crowd) perhapsStopped(e Event) {
	if rapid.IntRange(0, 3).Draw(c.rt, "stopped") > 0 {
		c.must("", e)
		return
	}
	c.must("root", Hold{Reason: "to look at it"})
	tasks, tokens := len(c.st.Tasks), len(c.st.Tokens)
	step := c.must("", e)
	if len(step.Commands) > 0 || len(c.st.Tasks) > tasks || len(c.st.Tokens) > tokens+1 {
		c.rt.Fatalf("something went on in a stopped instance: %+v", step.Facts)
	}
	c.must("root", Resume{})
}

func (c *crowd) onEffect(e Effect) {
	incident := slices.ContainsFunc(c.st.Incidents, func(i Incident) bool { return i.Effect == e.Seq })
	a, _ := c.in(e.Token)
	switch {
	case e.Kind == effectExternal:
		c.must("robot", FinishExternal{Effect: e.Seq, Vars: map[string]expr.Value{"n": expr.Int(1)}})
	case rapid.Bool().Draw(c.rt, "fails"):
		c.onFailure(e, incident, a)
		return
	default:
		c.perhapsStopped(EffectDone{Effect: e.Seq, Result: map[string]expr.Value{"status": expr.Int(200)}})
	}
	if c.st.Status == Running {
		c.refused("", EffectDone{Effect: e.Seq}, CodeRedundant)
	}
	c.told(a, func() { a.done(c.index(e.Node), c.index(e.Node)) })
}

func (c *crowd) onFailure(e Effect, incident bool, a *area) {
	failed := EffectFailed{Effect: e.Seq, Cause: "no", Attempts: 6, Error: rapid.SampledFrom([]string{"", "broken", "lost"}).Draw(c.rt, "error")}
	switch {
	case incident:
		c.refused("", failed, CodeRedundant)
		return
	case rapid.Bool().Draw(c.rt, "by panic"):
		c.giveUp(EffectDone{Effect: e.Seq})
		return
	}
	c.must("", failed)
	codes := []string{IncidentEffect}
	if failed.Error != "" {
		codes = []string{failed.Error, IncidentEffect, ""}
	}
	caught := !slices.ContainsFunc(c.st.Incidents, func(i Incident) bool { return i.Effect == e.Seq })
	c.told(a, func() {
		if a.fails(c.index(e.Node), codes) != caught {
			c.rt.Fatalf("an error at %s: caught is %v", e.Node, caught)
		}
	})
}

func (c *crowd) onIncident(i Incident) {
	commands := len(c.all)
	a, _ := c.in(i.Token)
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
	if i.Code != IncidentJoinStuck {
		c.told(a, func() { a.retried(c.index(i.Node)) })
	}
}

// mend is something an administrator does, which may be refused.
func (c *crowd) mend() {
	if c.st.Status != Running {
		return
	}
	var e Event
	switch rapid.SampledFrom([]string{"set", "move", "move", "skip"}).Draw(c.rt, "mends") {
	case "set":
		e = SetVars{Reason: "r", Vars: map[string]expr.Value{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(c.rt, "sets"): expr.Boolean(rapid.Bool().Draw(c.rt, "to"))}}
	case "move":
		to := rapid.SampledFrom(c.def.Nodes).Draw(c.rt, "moved to").ID
		token := rapid.SampledFrom(c.st.Tokens).Draw(c.rt, "moved").ID
		e = Move{Token: token, To: to, All: rapid.Bool().Draw(c.rt, "with all"), Reason: "r"}
	default:
		if len(c.st.Incidents) == 0 {
			return
		}
		i := rapid.SampledFrom(c.st.Incidents).Draw(c.rt, "skipped")
		s := Skip{Incident: i.Seq, Reason: "r"}
		if n := c.def.Nodes[c.index(i.Node)]; n.Kind == process.UserTask {
			s.Outcome = "Approve"
		}
		e = s
	}
	if rapid.IntRange(0, 3).Draw(c.rt, "while stopped") == 0 {
		c.must("root", Hold{Reason: "to mend it"})
		defer func() {
			if c.st.Status == Running {
				c.must("root", Resume{})
			}
		}()
	}
	if _, err := c.do("root", e); err != nil && signoff.KindOf(err) != signoff.Conflict && signoff.KindOf(err) != signoff.Invalid {
		c.rt.Fatalf("%T: %v", e, err)
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

// agree compares the instance with the model, and finds out which of the
// model's areas stands for which scope.
func (c *crowd) agree() {
	if c.model == nil || c.model.tooLong() {
		return
	}
	got := newModel(c.def, nil, nil)
	scopes := map[int]*area{0: got.root}
	for _, s := range c.st.Scopes {
		a := got.area(scopes[s.Parent], c.index(s.Node))
		a.hosted, a.round = s.Token != 0, s.Number > 0
		if l := s.Loop; l != nil {
			a.rounds = &rounds{begun: l.Begun, done: l.Done}
		}
		scopes[s.ID] = a
	}
	for _, k := range c.st.Tokens {
		c.count(k, scopes[k.Scope])
	}
	if is, should := got.root.String(), c.model.root.String(); is != should {
		c.rt.Fatalf("engine: %s\nmodel:  %s", is, should)
	}
	if ended := c.st.Status == Completed; ended != (c.model.root.tokens() == 0) {
		c.rt.Fatalf("the instance is %s, the model has %d tokens", c.st.Status, c.model.root.tokens())
	}
	alike := map[*area]*area{}
	pair(got.root, c.model.root, alike)
	c.areas = map[int]*area{}
	for id, a := range scopes {
		c.areas[id] = alike[a]
	}
}

// count counts a token of the engine as the model does.
func (c *crowd) count(k Token, a *area) {
	broken := ""
	for _, i := range c.st.Incidents {
		if i.Token == k.ID && i.Code != IncidentEffect && i.Code != IncidentJoinStuck && i.Code != IncidentEngine {
			broken = i.Code
		}
	}
	n := c.index(k.Node)
	switch node := c.def.Nodes[n]; {
	case broken == IncidentLoop || broken == IncidentTokens:
		c.rt.Fatalf("the engine met %s where the model did not", broken)
	case broken != "":
		a.broken[n]++
	case slices.ContainsFunc(c.st.Scopes, func(s Scope) bool { return s.Token == k.ID }):
	case node.Joins():
		a.onFlow[slices.IndexFunc(c.def.Flows, func(f process.Flow) bool { return f.ID == k.Flow })]++
	default:
		a.waiting[n]++
	}
}

// pair notes which area of one stands for which of another that is alike.
func pair(a, b *area, alike map[*area]*area) {
	alike[a] = b
	others := b.sorted()
	for i, x := range a.sorted() {
		pair(x, others[i], alike)
	}
}

// in returns the model's area a token is in, and the one that waits with it.
func (c *crowd) in(token int) (a, sub *area) {
	if c.model == nil || c.model.tooLong() {
		return nil, nil
	}
	for _, s := range c.st.Scopes {
		if s.Token == token {
			sub = c.areas[s.ID]
		}
	}
	return c.areas[c.st.scopeOf(token)], sub
}

// told lets the model do what has been done to the instance.
func (c *crowd) told(a *area, do func()) {
	if c.model != nil && a != nil {
		do()
		c.model.settle()
	}
}
