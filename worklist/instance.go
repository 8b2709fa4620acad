package worklist

import (
	"context"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// Waiting is one thing an instance waits for.
type Waiting struct {
	Kind   string // task, timer, message, signal, condition, race, mail, call, external, child, incident, join, connection
	Node   string // element id
	Name   string
	For    []signoff.Principal
	Until  *time.Time
	Task   signoff.Serial // zero unless a task
	Serial signoff.Serial // of a step that another system finishes by it, or that waits for a connection; else zero
	Need   string         // of a connection: what work waits for is called
	Why    string         // of a connection, for people
	Since  *time.Time     // of a connection
	effect int
}

var effectKinds = map[string]string{"email": "mail", "call": "call", "external": "external", "workflow": "child"}

// waiting works out what an instance waits for: each of its tokens for one thing.
func waiting(a about, st *engine.State) (out []Waiting) {
	for i := range st.Tokens {
		t := &st.Tokens[i]
		w := Waiting{Node: t.Node, Name: a.name(t.Node)}
		w.find(a, st, t)
		if w.Kind != "" {
			out = append(out, w)
		}
	}
	return out
}

func (w *Waiting) find(a about, st *engine.State, t *engine.Token) {
	if i := slices.IndexFunc(st.Incidents, func(x engine.Incident) bool { return x.Token == t.ID }); i >= 0 {
		w.Kind = "incident"
		return
	}
	if i := slices.IndexFunc(st.Tasks, func(x engine.Task) bool { return x.Open() && x.Token == t.ID }); i >= 0 {
		task := &st.Tasks[i]
		w.Kind, w.For, w.Until, w.Task = "task", task.Recipients, task.Due, signoff.Serial{Instance: st.Instance, Seq: task.Seq}
		return
	}
	if i := slices.IndexFunc(st.Effects, func(x engine.Effect) bool { return x.Token == t.ID }); i >= 0 {
		w.Kind, w.effect = effectKinds[st.Effects[i].Kind], st.Effects[i].Seq
		if w.Kind == "external" {
			w.Serial = signoff.Serial{Instance: st.Instance, Seq: st.Effects[i].Seq}
		}
		return
	}
	if n := a.node(t.Node); n != nil && n.Joins() {
		w.Kind = "join"
		return
	}
	w.events(a, st, t)
}

var waitKinds = map[string]string{engine.WaitMessage: "message", engine.WaitSignal: "signal", engine.WaitCondition: "condition"}

// events finds the timer, message, signal or condition a token waits for; of
// several the first that comes counts. Those on the edge of an activity wait
// beside what it does.
func (w *Waiting) events(a about, st *engine.State, t *engine.Token) {
	beside := func(node string) bool {
		n := a.node(node)
		return n == nil || n.Kind == process.BoundaryEvent
	}
	found := 0
	for i := range st.Timers {
		if x := &st.Timers[i]; x.For == engine.ForEvent && x.Ref == t.ID && !beside(x.Node) {
			w.Kind, w.Until = "timer", &x.Due
			found++
		}
	}
	for i := range st.Waits {
		if x := &st.Waits[i]; x.Token == t.ID && !beside(x.Node) {
			w.Kind = waitKinds[x.Kind]
			found++
		}
	}
	if found > 1 {
		w.Kind = "race"
	}
}

// Mark says how one element of the diagram stands.
type Mark struct {
	Element string
	State   string // active (a token is moving), waiting, failed, done
	Count   int    // times it was entered
}

// InstanceDetail is one instance with everything a page about it needs.
type InstanceDetail struct {
	Instance
	Marks     []Mark   // in the order elements were first entered
	Flows     []string // ids of the sequence flows taken
	Pending   []store.Waiting
	CanManage bool
	CanCancel bool
}

// maxSteps bounds the history read to paint a diagram: a workflow that went in
// circles longer is painted from its first steps and where it is now.
const maxSteps = 5000

// Instance returns one instance to those who may see it (see runner.Sees).
func (w *Worklist) Instance(ctx context.Context, by signoff.Caller, id signoff.InstanceID) (InstanceDetail, error) {
	in, err := w.visible(ctx, by, id)
	if err != nil {
		return InstanceDetail{}, err
	}
	item, err := w.instance(ctx, in)
	if err != nil {
		return InstanceDetail{}, err
	}
	facts, err := w.Store.Facts(ctx, id, 0, maxSteps)
	if err != nil {
		return InstanceDetail{}, err
	}
	may, err := w.rights(ctx, by, in.Workflow)
	if err != nil {
		return InstanceDetail{}, err
	}
	d := InstanceDetail{Instance: item, CanManage: may.administer}
	d.CanCancel = in.State.Status == engine.Running && (may.administer || by.Is(in.State.Starter.Principal))
	d.Marks, d.Flows = paint(facts, &in.State, item.Waiting)
	d.Pending, err = w.Store.Waitings(ctx, id)
	d.lack(d.Pending)
	return d, err
}

// lack says of steps that lack a connection that this is what they wait for, and
// who can give it.
func (in *Instance) lack(pending []store.Waiting) {
	for i := range pending {
		p := &pending[i]
		for j := range in.Waiting {
			w := &in.Waiting[j]
			if p.For == "" || w.effect == 0 || w.effect != p.Ref {
				continue
			}
			w.Kind, w.Need, w.Why, w.Since, w.Serial = "connection", p.For, p.Why, &p.Since, signoff.Serial{Instance: in.ID, Seq: p.Ref}
			if p.Who != "" {
				w.For = []signoff.Principal{p.Who}
			}
		}
	}
}

// visible loads an instance for somebody who may see it.
func (w *Worklist) visible(ctx context.Context, by signoff.Caller, id signoff.InstanceID) (store.Instance, error) {
	in, err := w.Store.Instance(ctx, id)
	if err != nil {
		return in, err
	}
	if _, err := w.Runner.Sees(ctx, by, in); err != nil {
		return store.Instance{}, err
	}
	return in, nil
}

// paint works out from the history which elements and flows to mark.
func paint(facts []engine.Fact, st *engine.State, waits []Waiting) (marks []Mark, flows []string) {
	place := map[string]int{}
	taken := map[string]bool{}
	mark := func(element string) *Mark {
		i, known := place[element]
		if !known {
			i = len(marks)
			place[element] = i
			marks = append(marks, Mark{Element: element, State: "done"})
		}
		return &marks[i]
	}
	for i := range facts {
		f := &facts[i]
		if f.Kind == engine.Entered {
			mark(f.Node).Count++
		}
		if f.Flow != "" && !taken[f.Flow] {
			taken[f.Flow] = true
			flows = append(flows, f.Flow)
		}
	}
	for _, t := range st.Tokens {
		mark(t.Node).State = "active"
	}
	for _, w := range waits {
		mark(w.Node).State = "waiting"
	}
	for _, i := range st.Incidents {
		mark(i.Node).State = "failed"
	}
	return marks, flows
}

// History returns up to limit steps' worth of facts after the one numbered
// after, oldest first, and the number to go on after; 0 at the end.
func (w *Worklist) History(ctx context.Context, by signoff.Caller, id signoff.InstanceID, after, n int) (facts []engine.Fact, next int, err error) {
	in, err := w.visible(ctx, by, id)
	if err != nil {
		return nil, 0, err
	}
	if facts, err = w.Store.Facts(ctx, id, after, limit(n)); err != nil || len(facts) == 0 {
		return nil, 0, err
	}
	if last := facts[len(facts)-1].Seq; last < in.State.Facts {
		next = last
	}
	return facts, next, nil
}
