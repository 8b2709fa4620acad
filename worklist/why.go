package worklist

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// Asked is what a question about a task or an instance is answered from, besides
// the thing itself.
type Asked struct {
	Who    access.Subject
	Server []access.Grant // on the server
}

// Why answers why somebody has a task, or not. Concerned tells whether they may
// know of the task at all: it is or was put to them, or they may see it.
type Why struct {
	access.Answer
	Concerned bool
}

// WhyTask says whether somebody sees a task, by which way it came to them, or
// what keeps it from them. It refuses a task that is not there ("task-not-found").
func (w *Worklist) WhyTask(ctx context.Context, a Asked, n signoff.Serial) (Why, error) {
	in, err := w.Store.Instance(ctx, n.Instance)
	if signoff.KindOf(err) == signoff.NotFound {
		return Why{}, errNoTask
	}
	if err != nil {
		return Why{}, err
	}
	i := slices.IndexFunc(in.State.Tasks, func(t engine.Task) bool { return t.Seq == n.Seq })
	if i < 0 {
		return Why{}, errNoTask
	}
	q := &taskQuestion{Asked: a, in: in, task: &in.State.Tasks[i]}
	if q.facts, err = w.factsOf(ctx, n); err != nil {
		return Why{}, err
	}
	if q.may, err = w.Explain(ctx, a, access.View, in.Workflow); err != nil {
		return Why{}, err
	}
	about, err := w.about(ctx, in.Version)
	if err != nil {
		return Why{}, err
	}
	node := about.node(q.task.Node)
	q.excluded = node != nil && node.Task != nil && node.Task.ExcludeStarter && a.Who.Principal == in.State.Starter.Principal
	if q.lost, err = w.lostGroup(ctx, q); err != nil {
		return Why{}, err
	}
	return q.answer(), nil
}

// Explain answers whether somebody holds a right on a workflow.
func (w *Worklist) Explain(ctx context.Context, a Asked, right access.Right, wf signoff.WorkflowID) (access.Answer, error) {
	is, grants, err := w.Library.On(ctx, fmt.Sprint(wf))
	if err != nil {
		return access.Answer{}, err
	}
	return access.Explain(access.Question{Who: a.Who, Right: right, Grants: grants, Server: a.Server,
		Thing: access.Thing{Workflow: is.Name, Category: is.Category}}), nil
}

const (
	maxFactsRead = 20_000 // of one instance
	factsAtOnce  = 1_000
)

// factsOf returns what happened to one task, oldest first.
func (w *Worklist) factsOf(ctx context.Context, n signoff.Serial) ([]engine.Fact, error) {
	var out []engine.Fact
	for after := 0; after < maxFactsRead; {
		some, err := w.Store.Facts(ctx, n.Instance, after, factsAtOnce)
		if err != nil {
			return nil, err
		}
		for _, f := range some {
			if f.Ref == n.Seq && strings.HasPrefix(string(f.Kind), "task ") {
				out = append(out, f)
			}
		}
		if len(some) < factsAtOnce {
			break
		}
		after = some[len(some)-1].Seq
	}
	return out, nil
}

// taskQuestion is one question about one task.
type taskQuestion struct {
	Asked
	in       store.Instance
	task     *engine.Task
	facts    []engine.Fact
	may      access.Answer // to view all of the workflow
	excluded bool          // the starter, whom the task does not want
	lost     *lost
}

// lost is a group that somebody was taken out of.
type lost struct {
	group, by signoff.Principal
	at        time.Time
}

func (q *taskQuestion) answer() Why {
	me := signoff.Mention(q.Who.Principal)
	out := Why{Concerned: q.may.OK || runner.Concerns(q.Who.Caller, q.in.Workflow, q.task) || q.was() != nil || q.lost != nil ||
		q.Who.Is(q.in.State.Starter.Principal)}
	through := slices.IndexFunc(q.task.Recipients, q.Who.Is)
	switch {
	case q.Who.Disabled:
		out.Why = me + " sees nothing: the account is switched off"
	case !q.task.Open():
		out.Why = me + " does not have it to do: " + q.closed()
	case q.task.AnswerOf(q.Who.Principal) != nil:
		a := q.task.AnswerOf(q.Who.Principal)
		out.Why = me + " does not have it to do any more: " + signoff.Mention(a.By.Principal) + " answered on " + signoff.At(a.At) + ", " + a.Action
	case q.task.PassedOn(q.Who.Principal):
		out.Why = me + " does not have it any more: they handed it on"
	case slices.Contains(q.task.Later, q.Who.Principal):
		out.Why = me + " does not have it yet: it is put to its recipients one after the other, and their turn comes"
	case through >= 0 && q.excluded:
		out.Why = me + " does not get it: the workflow keeps this task from whoever started the request, and they did"
	case through >= 0:
		out.Answer = q.recipient(q.task.Recipients[through])
	default:
		out.Answer = q.notRecipient()
	}
	if !out.OK {
		out.Givers = q.givers()
	}
	return out
}

// recipient is the answer about somebody the task is put to, by themselves or
// through a group.
func (q *taskQuestion) recipient(to signoff.Principal) access.Answer {
	me := signoff.Mention(q.Who.Principal)
	if q.task.KeptFrom(q.Who.Principal) {
		text := me + " has to wait: " + signoff.Mention(q.task.Claimed) + " took it"
		if q.task.Several() {
			text = fmt.Sprintf("%s has to wait: %d answers are wanted, and as many people have given one or taken it; the last", me, q.task.Slots)
		}
		if f := q.last(engine.TaskClaimed); f != nil {
			text += " on " + signoff.At(f.At)
		}
		return access.Answer{Why: text + " and keeps it until they give it back", Would: []access.Remedy{{On: "release"}}}
	}
	for _, s := range q.task.Asleep {
		if s.By == q.Who.Principal {
			return access.Answer{Why: me + " put it aside until " + signoff.At(s.Until) + "; it stands under what is put aside", Would: []access.Remedy{{On: "wake"}}}
		}
	}
	out := access.Answer{OK: true, Chain: []access.Link{{Kind: "person", Who: q.Who.Principal}}}
	out.Why = me + " has it: it was put to them"
	if to != q.Who.Principal {
		out.Why = me + " has it: it was put to " + signoff.Mention(to)
		for _, between := range q.Who.Through[to] {
			out.Why += ", of which " + signoff.Mention(between) + " is part"
			out.Chain = append(out.Chain, access.Link{Kind: "group", Who: between})
		}
		out.Why += ", which they belong to"
		out.Chain = append(out.Chain, access.Link{Kind: "group", Who: to})
	}
	if f := q.last(engine.TaskRedirected); f != nil && slices.Contains(f.To, to) {
		out.Why += "; " + signoff.Mention(f.By) + " handed it on to them on " + signoff.At(f.At)
	}
	if f := q.last(engine.TaskShared); f != nil && slices.Contains(f.To, to) {
		out.Why += "; " + signoff.Mention(f.By) + " shared it with them on " + signoff.At(f.At)
	}
	out.Chain = append(out.Chain, access.Link{Kind: "task", Name: q.task.Title})
	return out
}

func (q *taskQuestion) notRecipient() access.Answer {
	me := signoff.Mention(q.Who.Principal)
	var to []string
	for _, p := range q.task.Recipients {
		to = append(to, signoff.Mention(p))
	}
	put := "it is put to " + strings.Join(to, ", ")
	if q.may.OK {
		a := q.may
		a.Why += "; it is not theirs to decide: " + put
		return a
	}
	out := access.Answer{Why: me + " does not have it: " + put + ", and " + me + " is not among them", Would: q.remedies()}
	if f := q.was(); f != nil {
		var on []string
		for _, p := range f.To {
			on = append(on, signoff.Mention(p))
		}
		out.Why = me + " had it: " + signoff.Mention(f.By) + " handed it on to " + strings.Join(on, ", ") + " on " + signoff.At(f.At)
	} else if q.lost != nil {
		out.Why = me + " does not have it: it is put to " + signoff.Mention(q.lost.group) + ", and " +
			signoff.Mention(q.lost.by) + " took " + me + " out of that group on " + signoff.At(q.lost.at)
	}
	return out
}

// was is the fact by which the task went from the person to somebody else, nil
// when they never had it or still do.
func (q *taskQuestion) was() *engine.Fact {
	had := false
	var gone *engine.Fact
	for i := range q.facts {
		f := &q.facts[i]
		switch {
		case f.Kind != engine.TaskOffered && f.Kind != engine.TaskRedirected && f.Kind != engine.TaskShared:
		case slices.ContainsFunc(f.To, q.Who.Is):
			had, gone = true, nil
		case had && f.Kind == engine.TaskRedirected && (f.From == "" || q.Who.Is(f.From)):
			gone = f
		}
	}
	return gone
}

func (q *taskQuestion) last(kind engine.FactKind) *engine.Fact {
	for i := range q.facts {
		if f := &q.facts[len(q.facts)-1-i]; f.Kind == kind {
			return f
		}
	}
	return nil
}

// closed says how the task came to its end.
func (q *taskQuestion) closed() string {
	if len(q.facts) == 0 {
		return "it is closed"
	}
	f := &q.facts[len(q.facts)-1]
	at := " on " + signoff.At(f.At)
	switch f.Kind {
	case engine.TaskDecided:
		return signoff.Mention(f.By) + " decided it" + at + ", " + f.Action
	case engine.TaskConcluded:
		return "it was decided" + at + ", " + f.Outcome + ": " + f.Text
	case engine.TaskExpired:
		return "it ran out of time" + at
	case engine.TaskWithdrawn:
		if f.Text != "" {
			return "it was withdrawn" + at + ": " + f.Text
		}
		return "it was withdrawn" + at
	}
	return "it is closed"
}

func (q *taskQuestion) remedies() []access.Remedy {
	var out []access.Remedy
	for _, p := range q.task.Recipients {
		if p.IsGroup() && len(out) < 5 {
			out = append(out, access.Remedy{Join: p, On: "task"})
		}
	}
	return append(out, access.Remedy{On: "redirect"})
}

// givers are who could hand the task to the person: those who have it, and who
// administers the workflow.
func (q *taskQuestion) givers() []signoff.Principal {
	var out []signoff.Principal
	if q.task.Open() {
		out = append(out, q.task.Recipients...)
	}
	out = append(out, q.may.Givers...)
	out = slices.DeleteFunc(out, func(p signoff.Principal) bool { return p == q.Who.Principal })
	return out[:min(len(out), 10)]
}

// lostGroup finds out whether the task is put to a group the person was taken
// out of, as far as that is on record.
func (w *Worklist) lostGroup(ctx context.Context, q *taskQuestion) (*lost, error) {
	const recent = 200
	for _, p := range q.task.Recipients {
		if _, ok := store.GroupID(p); !ok || q.Who.Is(p) {
			continue
		}
		changes, err := w.Store.Changes(ctx, store.ChangeFilter{What: "member", Subject: string(p)}, 0, recent)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			var before struct{ Member signoff.Principal }
			if len(c.After) == 0 && json.Unmarshal(c.Before, &before) == nil && q.Who.Is(before.Member) {
				return &lost{p, c.By, c.At}, nil
			}
		}
	}
	return nil, nil
}

// WhyInstance says whether somebody sees an instance: by their right to view
// all of its workflow, as its starter, or because one of its tasks is theirs.
func (w *Worklist) WhyInstance(ctx context.Context, a Asked, id signoff.InstanceID) (Why, error) {
	in, err := w.Store.Instance(ctx, id)
	if err != nil {
		return Why{}, err
	}
	answer, err := w.Explain(ctx, a, access.View, in.Workflow)
	if err != nil || answer.OK || a.Who.Disabled {
		return Why{answer, answer.OK}, err
	}
	me := signoff.Mention(a.Who.Principal)
	link := access.Link{Kind: "instance", Name: fmt.Sprint(id)}
	chain := []access.Link{{Kind: "person", Who: a.Who.Principal}, link}
	if a.Who.Is(in.State.Starter.Principal) {
		return Why{access.Answer{OK: true, Why: me + " sees it: they started it", Chain: chain}, true}, nil
	}
	for i := range in.State.Tasks {
		if t := &in.State.Tasks[i]; runner.Concerns(a.Who.Caller, in.Workflow, t) {
			chain = slices.Insert(chain, 1, access.Link{Kind: "task", Name: t.Title})
			return Why{access.Answer{OK: true, Why: me + " sees it: the task “" + t.Title + "” is or was theirs", Chain: chain}, true}, nil
		}
	}
	answer.Why = me + " does not see it: they did not start it, none of its tasks is theirs, and they do not hold the right to view all of the workflow"
	return Why{answer, false}, nil
}
