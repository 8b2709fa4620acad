package worklist

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// Reason is one answer to "why is it waiting": who or what it waits for and
// since when, and what would end that. Text and Ends are for signoff.Tell.
type Reason struct {
	Kind       string // stopped, ended, incident, task, asleep, claimed, away, question, timer, message, signal, condition, race, external, connection, child, retry, call, mail, server, join, passes, moving
	Node, Name string
	Text, Ends string
	Since      *time.Time
	Until      *time.Time
	For        []signoff.Principal
	Task       signoff.Serial
	Step       signoff.Serial // by which another system finishes it, or that lacks a connection
	Incident   signoff.Serial
	Child      signoff.InstanceID
}

// WhyWaiting says why an instance does not go on, to those who may see it: what
// concerns all of it first, then each place where it is.
func (w *Worklist) WhyWaiting(ctx context.Context, by signoff.Caller, id signoff.InstanceID) ([]Reason, error) {
	in, err := w.visible(ctx, by, id)
	if err != nil {
		return nil, err
	}
	a, err := w.about(ctx, in.Version)
	if err != nil {
		return nil, err
	}
	q := &inquiry{about: a, by: by, in: in, st: &in.State, now: w.Runner.Now()}
	if err := q.gather(ctx, w); err != nil {
		return nil, err
	}
	return q.reasons(), nil
}

// inquiry is what is known of one instance when it is asked why it waits.
type inquiry struct {
	about
	by       signoff.Caller // who asks: what is not theirs to see is not told
	in       store.Instance
	st       *engine.State
	now      time.Time
	commands []store.Underway
	mails    []store.OutMail
	children []store.Child
	seen     map[signoff.InstanceID]bool // children that the asker may see
	nodes    []store.Node
	shared   bool
	away     access.Absences
	messages []store.Message   // of the names waited for: the asker's own, all for administrators of the server
	others   map[string]bool   // names for which messages of others wait, with other keys
	made     map[int]time.Time // timers, effects and waits, by number
	arrived  map[int]time.Time // tokens at where they are
}

// Bounds of what is read to answer one question.
const (
	maxNear     = 200 // messages that wait under one name, or mails
	maxNames    = 500 // names of messages that wait
	maxAlike    = 10  // of them, that are read
	maxReasons  = 100
	maxChildren = 200
)

// gather reads what the instance's state does not hold, as far as it matters.
func (q *inquiry) gather(ctx context.Context, w *Worklist) (err error) {
	q.made, q.arrived = map[int]time.Time{}, map[int]time.Time{}
	if q.st.Status != engine.Running {
		return nil
	}
	facts, err := w.Store.Facts(ctx, q.in.ID, 0, maxSteps)
	if err != nil {
		return err
	}
	for i := range facts {
		switch f := &facts[i]; f.Kind {
		case engine.Entered, engine.TokenMoved:
			q.arrived[f.Token] = f.At
		case engine.TimerSet, engine.EffectRequested, engine.WaitSet, engine.LoopBegun:
			q.made[f.Ref] = f.At
		}
	}
	if len(q.st.Effects)+len(q.st.Timers) > 0 {
		q.shared = w.Store.Shared()
		if q.nodes, err = w.Store.Nodes(ctx); err != nil {
			return err
		}
	}
	if len(q.st.Effects) > 0 {
		if q.commands, err = w.Store.Underway(ctx, q.in.ID); err != nil {
			return err
		}
	}
	if q.has("email") {
		if q.mails, err = w.Store.InstanceMails(ctx, q.in.ID, 0, maxNear); err != nil {
			return err
		}
	}
	if q.has("workflow") {
		if q.children, err = w.Store.Children(ctx, q.in.ID, maxChildren); err != nil {
			return err
		}
		q.seen = map[signoff.InstanceID]bool{}
		for _, c := range q.children {
			sees, err := w.Runner.Sees(ctx, q.by, c.Instance)
			if err != nil && signoff.KindOf(err) != signoff.NotFound {
				return err
			}
			q.seen[c.ID] = sees
		}
	}
	if err := q.gatherMessages(ctx, w); err != nil {
		return err
	}
	if slices.ContainsFunc(q.st.Tasks, engine.Task.Open) {
		list, err := w.Store.Absences(ctx, q.now)
		if err != nil {
			return err
		}
		for _, one := range list {
			q.away = append(q.away, one.Absence)
		}
	}
	return nil
}

// gatherMessages reads messages that wait under a name the instance waits for, or
// under one that is written nearly so.
func (q *inquiry) gatherMessages(ctx context.Context, w *Worklist) error {
	var names, wanted []string
	for _, x := range q.st.Waits {
		if x.Kind == engine.WaitMessage && !slices.Contains(wanted, x.Name) {
			wanted = append(wanted, x.Name)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	all, err := w.Store.WaitingNames(ctx, maxNames)
	if err != nil {
		return err
	}
	for _, name := range all {
		if slices.ContainsFunc(wanted, func(x string) bool { return strings.EqualFold(x, name) }) {
			names = append(names, name)
		}
	}
	source := string(q.by.Principal)
	if q.by.Admin {
		source = ""
	}
	q.others = map[string]bool{}
	for _, name := range names[:min(len(names), maxAlike)] {
		list, err := w.Store.WaitingFor(ctx, name, source, maxNear)
		if err != nil {
			return err
		}
		q.messages = append(q.messages, list...)
		if source == "" || !slices.Contains(wanted, name) {
			continue
		}
		if list, err = w.Store.WaitingFor(ctx, name, "", 1); err != nil {
			return err
		}
		q.others[name] = len(list) > 0
	}
	return nil
}

func (q *inquiry) has(kind string) bool {
	return slices.ContainsFunc(q.st.Effects, func(e engine.Effect) bool { return e.Kind == kind })
}

func (q *inquiry) serial(seq int) signoff.Serial {
	return signoff.Serial{Instance: q.in.ID, Seq: seq}
}

func (q *inquiry) reasons() []Reason {
	st := q.st
	switch st.Status {
	case engine.Completed:
		return []Reason{{Kind: "ended", Text: "it waits for nothing: it was completed on " + signoff.At(*st.EndedAt), Since: st.EndedAt}}
	case engine.Cancelled:
		return []Reason{{Kind: "ended", Text: "it waits for nothing: it was cancelled on " + signoff.At(*st.EndedAt), Since: st.EndedAt}}
	}
	var out []Reason
	if h := st.Held; h != nil {
		out = append(out, Reason{Kind: "stopped", Since: &h.At, For: []signoff.Principal{h.By},
			Text: signoff.Mention(h.By) + " stopped it on " + signoff.At(h.At) + ": " + h.Reason,
			Ends: "who administers the workflow lets it go on (signoff instances resume " + fmt.Sprint(int64(q.in.ID)) + ")"})
	}
	for i := range st.Incidents {
		if in := &st.Incidents[i]; in.Stage == engine.Due {
			out = append(out, q.incident(in))
		}
	}
	for i := range st.Tokens {
		if r, some := q.token(&st.Tokens[i]); some && len(out) < maxReasons {
			out = append(out, r)
		}
	}
	return out
}

// token says what one place of the instance waits for. A sub-process waits for
// what goes on in it, which is said there.
func (q *inquiry) token(k *engine.Token) (Reason, bool) {
	st := q.st
	n := q.node(k.Node)
	r := Reason{Node: k.Node, Name: q.name(k.Node)}
	if at, known := q.arrived[k.ID]; known {
		r.Since = &at
	}
	for i := range st.Incidents {
		if st.Incidents[i].Token == k.ID && st.Incidents[i].Stage != engine.Due {
			return q.incident(&st.Incidents[i]), true
		}
	}
	for i := range st.Tasks {
		if st.Tasks[i].Open() && st.Tasks[i].Token == k.ID {
			return q.task(&st.Tasks[i], r), true
		}
	}
	for i := range st.Effects {
		if st.Effects[i].Token == k.ID {
			return q.effect(&st.Effects[i], r), true
		}
	}
	for i := range st.Scopes {
		if s := &st.Scopes[i]; s.Token == k.ID {
			return q.passes(s, n, r)
		}
	}
	if i := slices.IndexFunc(st.Paused, func(p engine.Paused) bool { return p.Token == k.ID }); i >= 0 {
		if st.Paused[i].Stage == engine.Entering {
			return r.is("stopped", "%q comes next, and waits because the instance is stopped", r.Name).end("it goes on with the instance"), true
		}
		return r.is("stopped", "%q is done, and what follows waits because the instance is stopped", r.Name).end("it goes on with the instance"), true
	}
	switch {
	case n == nil:
	case n.Joins():
		return q.join(k, n, r), true
	default:
		return q.events(k, r), true
	}
	return r, false
}

func (r Reason) is(kind, format string, args ...any) Reason {
	r.Kind, r.Text = kind, fmt.Sprintf(format, args...)
	return r
}

func (r Reason) end(format string, args ...any) Reason {
	r.Ends = fmt.Sprintf(format, args...)
	return r
}

// since is the end of a sentence that says since when, "" when that is not known.
func (r *Reason) since() string {
	if r.Since == nil {
		return ""
	}
	return " since " + signoff.At(*r.Since)
}

func (q *inquiry) incident(i *engine.Incident) Reason {
	r := Reason{Node: i.Node, Name: q.name(i.Node), Since: &i.At, Incident: q.serial(i.Seq)}
	tries := ""
	if i.Attempts > 1 {
		tries = fmt.Sprintf(" after %d tries", i.Attempts)
	}
	r = r.is("incident", "%q failed on %s%s: %s (%s)", r.Name, signoff.At(i.At), tries, i.Cause, i.Code)
	advice := i.Advice
	if advice == "" {
		advice = "put the cause right and retry"
	}
	return r.end("%s; it is incident %s", advice, r.Incident)
}

// people names some in a sentence: "Jane, Bob or Finance".
func people(who []signoff.Principal, or string) string {
	var b strings.Builder
	for i, p := range who {
		switch {
		case i == 10:
			fmt.Fprintf(&b, " %s %d more", or, len(who)-i)
			return b.String()
		case i > 0 && i == len(who)-1:
			b.WriteString(" " + or + " ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(signoff.Mention(p))
	}
	return b.String()
}

// task says whom an open task waits for, and what keeps them.
func (q *inquiry) task(t *engine.Task, r Reason) Reason {
	r.Since, r.Until, r.For, r.Task = &t.OfferedAt, t.Due, t.Recipients, q.serial(t.Seq)
	title := fmt.Sprintf("%q (task %s)", t.Title, r.Task)
	n := q.node(t.Node)
	r = r.is("task", "%s waits for %s%s", title, people(t.Recipients, "or"), r.since())
	r = r.end("they decide it%s", q.deadline(t, n))
	if len(t.Recipients) > 1 {
		r = r.end("one of them decides it%s", q.deadline(t, n))
	}
	if t.Several() {
		r = q.votes(t, n, r, title)
	}
	for i := range t.Questions {
		if x := &t.Questions[i]; x.RepliedAt == nil {
			r.For = []signoff.Principal{x.To}
			return r.is("question", "%s waits for %s, whom %s asked on %s: %s", title, signoff.Mention(x.To), signoff.Mention(x.By), signoff.At(x.At), x.Text).
				end("%s replies, or it is decided without", signoff.Mention(x.To))
		}
	}
	if t.Claimed != "" && t.Claiming {
		r.For = []signoff.Principal{t.Claimed}
		return r.is("claimed", "%s waits for %s, who claimed it and keeps it from the others", title, signoff.Mention(t.Claimed)).
			end("they decide it or give it back, or an administrator gives it back for them%s", q.deadline(t, n))
	}
	if r2, all := q.absent(t, r, title); all {
		return r2
	}
	return r
}

func (q *inquiry) deadline(t *engine.Task, n *process.Node) string {
	if t.Due == nil {
		return ""
	}
	if n != nil && n.Task != nil && n.Task.Deadline != nil {
		return fmt.Sprintf(", or its deadline on %s ends it with %s", signoff.At(*t.Due), n.Task.Deadline.Outcome)
	}
	return fmt.Sprintf(", or its deadline on %s ends it", signoff.At(*t.Due))
}

// votes says how several answers stand.
func (q *inquiry) votes(t *engine.Task, n *process.Node, r Reason, title string) Reason {
	if t.Slots == 1 && len(t.Answers) == 0 {
		if len(t.Later) > 0 {
			r.Text = fmt.Sprintf("%s waits for %s, whose turn it is%s; then comes %s", title, people(t.Recipients, "or"), r.since(), people(t.Later[:1], "or"))
		}
		return r
	}
	wanted := q.wanted(t, n)
	if wanted == "" {
		return r
	}
	return r.is("task", "%s waits for %s to answer%s; %s", title, people(t.Recipients, "or"), r.since(), engine.Tally(t.Answers, t.Slots)).
		end("%s%s", wanted, q.deadline(t, n))
}

// wanted says which answers would end a task of several; "" when the first does.
func (q *inquiry) wanted(t *engine.Task, n *process.Node) string {
	if n == nil || n.Task == nil || n.Task.Answers == nil {
		return ""
	}
	var ways []string
	rule, left := n.Task.Answers, t.Slots-len(t.Answers)
	needs := func(action string, least int) string {
		given := 0
		for i := range t.Answers {
			if t.Answers[i].Action == action {
				given++
			}
		}
		if lack := least - given; lack > 0 && lack <= left {
			return fmt.Sprintf("%d more %q", lack, action)
		}
		return ""
	}
	add := func(way, also string) {
		if way != "" {
			ways = append(ways, way+also)
		}
	}
	switch rule.Rule {
	case process.FirstAnswer:
		return ""
	case process.AllTheSame:
		ways = append(ways, "the same answer from everybody")
	case process.Majority:
		for _, a := range n.Task.Actions {
			if !a.Veto {
				add(needs(a.Name, t.Slots/2+1), "")
			}
		}
	case process.ByResults:
		for _, x := range rule.Results {
			makes := fmt.Sprintf(" (%s)", x.Outcome)
			switch least, err := leastOf(x); {
			case x.When != nil:
				add(x.When.Source(), makes)
			case err != nil:
				add(fmt.Sprintf("as many %q as %s", x.Action, x.Least.Source()), makes)
			default:
				add(needs(x.Action, least), makes)
			}
		}
	}
	for _, a := range n.Task.Actions {
		if a.Veto {
			ways = append(ways, fmt.Sprintf("one %q", a.Name))
		}
	}
	last := "all have answered"
	if rule.Otherwise != "" {
		last = fmt.Sprintf("all have answered otherwise, which makes it %q", rule.Otherwise)
	}
	if len(ways) == 0 {
		return last
	}
	return strings.Join(ways, ", or ") + " decides it, or " + last
}

// leastOf is how many answers a result needs, where that stands in the file.
func leastOf(x process.Result) (int, error) {
	if x.Least == nil {
		return 1, nil
	}
	return strconv.Atoi(strings.TrimSpace(x.Least.Source()))
}

// absent says that everybody a task waits for has put it aside or is away, and
// until when the first of them.
func (q *inquiry) absent(t *engine.Task, r Reason, title string) (Reason, bool) {
	var asleep, away []signoff.Principal
	var first time.Time
	sooner := func(at time.Time) {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	for _, p := range t.Recipients {
		i := slices.IndexFunc(t.Asleep, func(a engine.Asleep) bool { return a.By == p })
		j := slices.IndexFunc(q.away, func(a access.Absence) bool {
			return a.Who == p && a.Holds(q.now) && len(a.For(q.in.Workflow)) == 0
		})
		switch {
		case i >= 0:
			asleep = append(asleep, p)
			sooner(t.Asleep[i].Until)
		case j >= 0:
			away = append(away, p)
			sooner(q.away[j].To)
		default:
			return q.standIn(t, r, title)
		}
	}
	if !first.IsZero() {
		r.Until = &first
	}
	until := ""
	if r.Until != nil {
		until = " until " + signoff.At(*r.Until)
	}
	switch {
	case len(asleep) > 0 && len(away) == 0:
		return r.is("asleep", "%s waits for %s, who put it aside%s", title, people(asleep, "and"), until).
			end("its time comes, or %s wakes it, or it is handed on", people(asleep, "or")), true
	case len(asleep) == 0 && len(away) > 0:
		return r.is("away", "%s waits for %s, who is away%s with nobody in their place", title, people(away, "and"), until).
			end("they are back, name a substitute, or an administrator hands it on"), true
	case len(asleep) > 0:
		return r.is("away", "%s waits: %s put it aside, and %s is away%s", title, people(asleep, "and"), people(away, "and"), until).
			end("one of them is back, or an administrator hands it on"), true
	}
	return r, false
}

// standIn says of a task who of its recipients is away, and who of those that
// stand in may still decide it: who had their say in a vote may not.
func (q *inquiry) standIn(t *engine.Task, r Reason, title string) (Reason, bool) {
	var away, subs []signoff.Principal
	note, lacking := "", 0
	for _, p := range t.Recipients {
		i := slices.IndexFunc(q.away, func(a access.Absence) bool { return a.Who == p && a.Holds(q.now) })
		if i < 0 {
			continue
		}
		all := q.away.Substitutes(p, q.in.Workflow, q.now)
		can := q.able(t, all)
		away, subs = append(away, p), append(subs, can...)
		switch {
		case len(all) == 0:
			note += fmt.Sprintf("; %s is away with nobody in their place", signoff.Mention(p))
		case len(can) > 0:
			note += fmt.Sprintf("; %s is away, and %s stands in", signoff.Mention(p), people(can, "or"))
		default:
			note += fmt.Sprintf("; %s is away, and %s may not decide it in their place, or has had their say", signoff.Mention(p), people(all, "or"))
		}
		if len(can) == 0 {
			lacking++
		}
	}
	switch {
	case len(away) == 0:
		return r, false
	case lacking == len(t.Recipients):
		r = r.end("%s is back and decides it, or an administrator hands it on%s", people(away, "or"), q.deadline(t, q.node(t.Node)))
	case len(t.Recipients) == 1 && !t.Several():
		r.For = append([]signoff.Principal{away[0]}, subs...)
		return r.is("away", "%s waits for %s, who is away, or for %s in their place%s", title, signoff.Mention(away[0]), people(subs, "or"), r.since()).
			end("%s decides it, or %s is back and does", people(subs, "or"), signoff.Mention(away[0])), true
	}
	for _, p := range subs {
		if !slices.Contains(r.For, p) {
			r.For = append(slices.Clip(r.For), p)
		}
	}
	if r.Text += note; len(away) == len(t.Recipients) {
		r.Kind = "away"
	}
	return r, true
}

// able takes of some people those who may still decide a task.
func (q *inquiry) able(t *engine.Task, of []signoff.Principal) (out []signoff.Principal) {
	n := q.node(t.Node)
	for _, p := range of {
		if t.AnswerOf(p) != nil {
			continue
		}
		if n != nil && n.Task != nil {
			if step, starter := q.in.State.KeptOut(n.Task, p); step != "" || starter {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// passes says how far a repeated step is.
func (q *inquiry) passes(s *engine.Scope, n *process.Node, r Reason) (Reason, bool) {
	l := s.Loop
	if l == nil {
		return r, false
	}
	if at, known := q.made[s.ID]; known {
		r.Since = &at
	}
	done := fmt.Sprintf("%d passes are done", l.Done)
	if l.Count > 0 {
		done = fmt.Sprintf("%d of %d passes are done", l.Done, l.Count)
	}
	r = r.is("passes", "%q is repeated%s: %s, %d under way", r.Name, r.since(), done, l.Begun-l.Done-l.Stopped).end("all passes are done")
	if n == nil || n.Multi == nil {
		return r, true
	}
	switch m := n.Multi; {
	case m.Completion != nil:
		r = r.end("all passes are done, or its completion condition is true: %s", m.Completion.Source())
	case m.Loop != nil && m.Loop.While != nil:
		r = r.end("a pass is done after which its condition is not true: %s", m.Loop.While.Source())
	}
	return r, true
}
