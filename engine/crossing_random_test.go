package engine

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// wherever checks that every sub-process is in places that Reach says it can be in.
func (c *crowd) wherever(reach *process.Reach) bool {
	known := true
	check := func(scope, drawn int) {
		var places []int
		for _, k := range c.st.Tokens {
			if k.Scope != scope {
				continue
			}
			x := crossing{turn: &turn{st: c.st}, from: c.def, to: c.def, reach: reach}
			places = append(places, x.place(k))
		}
		can, sure := reach.Can(drawn, places)
		if known = known && sure; sure && !can {
			c.rt.Fatalf("nobody knew that it can be in these places: scope %d, %s", scope, c.st.AppendJSON(nil))
		}
	}
	check(0, -1)
	for _, s := range c.st.Scopes {
		if n := c.def.Nodes[c.index(s.Node)]; s.Loop == nil && (n.Kind == process.SubProcess || n.Kind == process.EventSubProcess) {
			check(s.ID, n.Index)
		}
	}
	return known
}

func TestRandomProcessesAreOnlyWhereReachSaysTheyCanBe(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		j := drawJungle(rt, true)
		c := &crowd{world: run(j.sketch), rt: rt}
		reach := fewReached(c.def)
		c.start(j, false)
		for range rapid.IntRange(0, 25).Draw(rt, "inputs") {
			if len(c.facts) > 500 || c.st.Status != Running || slices.ContainsFunc(c.st.Incidents, func(i Incident) bool { return i.Code == IncidentTokens }) {
				break
			}
			if !c.wherever(reach) {
				break
			}
			c.something()
		}
	})
}

// fewReached looks at fewer ways than it would, to be quick.
func fewReached(def *process.Definition) *process.Reach {
	r := process.NewReach(def)
	r.Most = 1000
	return r
}

// TestRandomProcessesAreMigratedToWhatVersionTwoCanReach: whatever is not in the
// way of a migration goes on with the other version as if it had been there
// always, and back as if nothing had been.
func TestRandomProcessesAreMigratedToWhatVersionTwoCanReach(t *testing.T) {
	moved, refused, finished := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		j, tidy := drawForChange(rt)
		c := &crowd{world: run(j.sketch), rt: rt}
		c.start(j, false)
		for range rapid.IntRange(0, 10).Draw(rt, "inputs") {
			if len(c.facts) > 500 || c.st.Status != Running {
				return
			}
			c.something()
		}
		if c.st.Status != Running {
			return
		}
		if rapid.IntRange(0, 7).Draw(rt, "stopped") == 0 {
			c.must("root", Hold{Reason: "to look at it"})
		}
		e := takeApart(rt, c.def)
		for range rapid.IntRange(1, 4).Draw(rt, "changes") {
			e.change()
		}
		if !c.across(e) {
			refused++
			return
		}
		moved++
		if c.st.Held != nil {
			c.must("root", Resume{})
		}
		if c.finish(tidy && e.sound, e.story) {
			finished++
		}
	})
	t.Logf("%d migrated, %d of them to the end; %d had something in the way", moved, finished, refused)
	if moved == 0 || refused == 0 || finished == 0 {
		t.Error("the test does not see enough")
	}
}

// drawForChange draws a process; tidy is one in which no branch can wait for ever.
func drawForChange(rt *rapid.T) (*jungle, bool) {
	if !rapid.Bool().Draw(rt, "tidy") {
		return drawJungle(rt, true), false
	}
	j := &jungle{sketch: draw(rt), rt: rt, rules: map[int]rule{}}
	for _, name := range []string{"a", "b", "c", "nothing"} {
		j.variable(name, process.Boolean)
	}
	j.variable("n", process.Number).variable("list", process.JSON)
	j.node("start", process.StartEvent)
	last := j.block("start", 3)
	j.node("end", process.EndEvent).flow(last, "end", "")
	return j, true
}

// across migrates, if nothing is in the way, and looks at what can be seen at once.
func (c *crowd) across(e *edition) bool {
	to := e.together()
	plan := map[string]string{}
	for from, name := range e.named {
		if known(c.def, from) && known(to, name) {
			plan[from] = name
		}
	}
	before, facts := c.st, len(c.facts)
	in := Input{At: c.now, By: caller("root"), Event: Migrate{To: to, Reach: fewReached(to), From: 1, Into: 2, Map: plan, Reason: "better"}, People: People{}}
	step, err := decideKnowing(c.def, c.st, in, c.who)
	if err != nil {
		found := Blockers(err)
		if signoff.CodeOf(err) != CodeUnfit || len(found) == 0 {
			c.rt.Fatalf("%v: %v", e.story, err)
		}
		for _, b := range found {
			if b.Node == "" || b.Name == "" || b.Why == "" || b.Advice == "" {
				c.rt.Fatalf("a blocker says too little: %+v", b)
			}
		}
		return false
	}
	reach := fewReached(to)
	c.facts, c.st = append(c.facts, step.Facts...), step.State
	old := c.def
	c.def = to
	checkState(c.rt, c.def, c.st, c.facts, len(step.Facts))
	if c.st.Status == Running {
		if can := fewReached(old); (&crowd{world: c.world, rt: c.rt}).reachable(old, before, can) {
			c.wherever(reach)
		}
	}
	if c.st.Came != nil && c.st.Came.Since == nil && c.st.Came.Fact+stepFacts(step) >= c.st.Facts {
		c.andBack(before, old, facts)
	}
	return true
}

// stepFacts is how many facts of a migration belong to it besides the first.
func stepFacts(step Step) int { return step.Facts[0].Number }

// reachable tells whether the state was one that its own version can reach: after
// an incident at a merge, or where the drawing is the same, it need not be.
func (c *crowd) reachable(def *process.Definition, st State, reach *process.Reach) bool {
	ok := true
	check := func(scope, drawn int) {
		var places []int
		for _, k := range st.Tokens {
			if k.Scope == scope {
				x := crossing{turn: &turn{st: st}, from: def, to: def, reach: reach}
				places = append(places, x.place(k))
			}
		}
		can, sure := reach.Can(drawn, places)
		ok = ok && can && sure
	}
	check(0, -1)
	for _, s := range st.Scopes {
		i := slices.IndexFunc(def.Nodes, func(n process.Node) bool { return n.ID == s.Node })
		if n := def.Nodes[i]; s.Loop == nil && (n.Kind == process.SubProcess || n.Kind == process.EventSubProcess) {
			check(s.ID, n.Index)
		}
	}
	return ok
}

// andBack undoes a migration right away, in a world of its own: all is as before.
func (c *crowd) andBack(before State, old *process.Definition, facts int) {
	in := Input{At: c.now, By: caller("root"), Event: GoBack{To: old, Reason: "not better"}}
	step, err := Decide(c.def, c.st, in)
	if err != nil {
		c.rt.Fatalf("it does not go back: %v", err)
	}
	all := append(slices.Clone(c.facts), step.Facts...)
	checkState(c.rt, old, step.State, all, len(step.Facts))
	now := Fold(all)
	now.Seq, now.Facts, now.Ran, now.Came = before.Seq, before.Facts, before.Ran, before.Came
	if len(step.Facts) == 1 && string(now.AppendJSON(nil)) != string(before.AppendJSON(nil)) {
		c.rt.Fatalf("it was\n%s\nand is\n%s", before.AppendJSON(nil), now.AppendJSON(nil))
	}
	if _, err := Decide(old, step.State, in); signoff.CodeOf(err) != CodeNotMigrated {
		c.rt.Fatalf("it goes back twice: %v", err)
	}
}

// finish lets everybody do what they are to do, until the instance ends. In a
// sound process no branch waits for another for ever.
func (c *crowd) finish(sound bool, story []string) bool {
	for range 200 {
		if len(c.facts) > 5_000 || len(c.st.Tokens) > 100 {
			return false
		}
		for _, i := range c.st.Incidents {
			if i.Code == IncidentLoop {
				return false
			}
			if sound && i.Code == IncidentJoinStuck {
				c.rt.Fatalf("%v: a branch waits for ever: %s", story, c.st.AppendJSON(nil))
			}
		}
		if c.st.Status != Running {
			return true
		}
		if !c.goOn() {
			if endless := slices.ContainsFunc(c.st.Incidents, func(i Incident) bool { return i.Code == IncidentLoop }); sound && !endless {
				c.rt.Fatalf("%v: nothing ends what it waits for: %s", story, c.st.AppendJSON(nil))
			}
			return false
		}
	}
	return false
}

// goOn does the first thing there is to do.
func (c *crowd) goOn() bool {
	for _, task := range c.st.Tasks {
		if !task.Open() {
			continue
		}
		by := login(task.Recipients[0])
		if task.Claimed != "" {
			by = login(task.Claimed)
		}
		vars := map[string]expr.Value{}
		if fields := c.def.Nodes[c.index(task.Node)].Task.Fields; len(fields) > 0 {
			vars[rapid.SampledFrom(fields).Draw(c.rt, "field")] = expr.Boolean(rapid.Bool().Draw(c.rt, "to"))
		}
		if _, err := c.do(by, Act{Task: task.Seq, Action: "approve", Vars: vars}); err == nil {
			return true
		}
	}
	for _, e := range c.st.Effects {
		if e.Kind == effectExternal {
			c.must("robot", FinishExternal{Effect: e.Seq})
		} else {
			c.must("", EffectDone{Effect: e.Seq, Result: map[string]expr.Value{"status": expr.Int(200)}})
		}
		return true
	}
	for _, w := range c.st.Waits {
		switch w.Kind {
		case WaitMessage:
			c.must("", MessageCame{Wait: w.Seq})
		case WaitSignal:
			c.must("", SignalCame{Wait: w.Seq})
		default:
			continue
		}
		return true
	}
	for _, x := range c.st.Timers {
		if x.For == ForEvent || x.For == ForStart {
			if c.now.Before(x.Due) {
				c.now = x.Due
			}
			c.must("", TimerDue{x.Seq})
			return true
		}
	}
	for _, i := range c.st.Incidents {
		before := len(c.st.Incidents)
		if c.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"nothing": expr.Boolean(true)}}); len(c.st.Incidents) < before {
			return true
		}
	}
	return false
}
