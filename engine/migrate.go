package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// Migrate lets an instance go on with another version of its workflow. Steps
// are the same when they have the same element id and kind, or when Map says
// which has become which. It is refused, with an Unfit in the error, where the
// instance does something that the other version cannot go on with.
//
// What is open stays as it is: tasks with whom they were put to, calls that are
// under way, timers and waits that the other version has unchanged. Events it
// has besides are waited for from now on, those it does not have no more.
type Migrate struct {
	To     *process.Definition
	Reach  *process.Reach // of To, for many instances; nil: it is worked out
	From   int            // the numbers of both versions, for the history
	Into   int
	Order  int64                 // what it is part of; 0 nothing
	Map    map[string]string     // steps and flows with another id in To
	Vars   map[string]expr.Value // for variables that To demands or has otherwise
	Reason string
}

// GoBack undoes the last migration of an instance in which nothing has moved on
// since.
type GoBack struct {
	To     *process.Definition // the version it came from
	Order  int64               // what the migration was part of; 0 whatever it was
	Reason string
}

func (Migrate) event() {}
func (GoBack) event()  {}

// Blocker is one reason why an instance cannot go on with another version.
type Blocker struct {
	Node   string // element id; the name of a variable where Variable is set
	Name   string
	Does   string // what the instance does there
	Why    string
	Advice string

	Variable bool
}

// Unfit is all that keeps an instance from a migration; it is in the error that
// refuses one.
type Unfit struct{ Blockers []Blocker }

func (u *Unfit) Error() string { return fmt.Sprintf("engine: %d blockers", len(u.Blockers)) }

// Blockers returns what an error of Decide says that keeps the instance from a
// migration, nil when that is not what it says.
func Blockers(err error) []Blocker {
	if u, ok := errors.AsType[*Unfit](err); ok {
		return u.Blockers
	}
	return nil
}

// Sentence is the blocker in one sentence.
func (b *Blocker) Sentence() string {
	if b.Does == "" {
		return fmt.Sprintf("%q: %s", b.Name, b.Why)
	}
	return fmt.Sprintf("%q: %s, and %s", b.Name, b.Does, b.Why)
}

// unfit is the refusal with all blockers.
func unfit(into int, found []Blocker) error {
	e := refuse(signoff.Conflict, CodeUnfit, "the instance cannot go on with version %d: %s", into, found[0].Sentence())
	if n := len(found) - 1; n > 0 {
		e.Detail += fmt.Sprintf("; and %d more", n)
	}
	e.Hint, e.Err = found[0].Advice, &Unfit{found}
	for i := range found {
		e.Fields = append(e.Fields, signoff.FieldError{Field: found[i].Node, Detail: found[i].Sentence(), Advice: found[i].Advice})
	}
	return e
}

// Crossed is what a migration says in a fact.
type Crossed struct {
	From  int               `json:"from"`
	To    int               `json:"to"`
	Order int64             `json:"order,omitempty"`
	Map   map[string]string `json:"map,omitempty"` // element ids that have changed
}

// migrate takes the instance to another version, or says all that is in the way.
func (t *turn) migrate(e Migrate) error {
	why, err := because(e.Reason)
	if err != nil {
		return err
	}
	c := &crossing{turn: t, from: t.def, to: e.To, reach: e.Reach, into: e.Into, named: map[string]string{}}
	if err := c.plan(e.Map); err != nil {
		return err
	}
	c.tokens()
	c.scopes()
	c.duties()
	vars, err := c.variables(e.Vars)
	if err != nil {
		return err
	}
	f := Fact{Kind: Migrated, Text: why, Vars: vars, Crossed: &Crossed{From: e.From, To: e.Into, Order: e.Order, Map: c.changed()}}
	var after []Fact
	if len(c.found) == 0 {
		after = c.rearm(f)
	}
	if len(t.need)+len(t.calendars) > 0 {
		return nil
	}
	if len(c.found) > 0 {
		return unfit(e.Into, c.found)
	}
	f.Number = len(after)
	t.emitBy(f)
	t.def = e.To
	for _, more := range after {
		if more.Kind == TimerSet || more.Kind == WaitSet {
			more.Ref = t.next()
		}
		t.emit(more)
	}
	t.scope, t.sizes, t.changed = nil, nil, len(t.st.Waits) > 0
	t.weighAgain()
	return nil
}

// weighAgain looks at answers that are there already by the rules of the version
// the instance runs on now.
func (t *turn) weighAgain() {
	for i := range t.st.Tasks {
		if task := &t.st.Tasks[i]; task.Open() && task.Several() && len(task.Answers) > 0 && t.st.Held == nil {
			t.resume(task.Token, Counting)
		}
	}
}

// goBack takes the instance to the version it came from.
func (t *turn) goBack(e GoBack) error {
	why, err := because(e.Reason)
	if err != nil {
		return err
	}
	m := t.st.Came
	switch {
	case m == nil || e.Order != 0 && m.Order != e.Order:
		return refuse(signoff.Conflict, CodeNotMigrated, "this instance was not migrated, or has gone back already")
	case m.Since != nil:
		e := refuse(signoff.Conflict, CodeMovedOn, "the instance has moved on with version %d since it was migrated on %s: %s on %s", m.To, signoff.At(m.At), t.sinceThen(m.Since), signoff.At(m.Since.At))
		e.Hint = "migrate it to the older version, which says what is in the way"
		return e
	}
	t.emitBy(Fact{Kind: WentBack, Text: why, Crossed: &Crossed{From: m.To, To: m.From, Order: m.Order}})
	t.def, t.scope, t.sizes, t.changed = e.To, nil, nil, len(t.st.Waits) > 0
	return nil
}

// sinceThen says what happened.
func (t *turn) sinceThen(s *Since) string {
	name := s.Node
	if i := slices.IndexFunc(t.def.Nodes, func(n process.Node) bool { return n.ID == s.Node }); i >= 0 {
		name = t.def.Nodes[i].Name
	}
	text := string(s.Kind)
	if name != "" {
		text += fmt.Sprintf(" (%q)", name)
	}
	if s.By != "" {
		text += " by " + signoff.Mention(s.By)
	}
	return text
}

// Came is how an instance came to the version it runs on. While nothing has
// moved on since, it keeps what is needed to go back.
type Came struct {
	From, To int
	Order    int64
	At       time.Time
	Fact     int    // that says so
	Through  int    // the last one that belongs to it
	Since    *Since // the first thing that has happened since; then nothing of the rest is kept

	Was    []Was // what was called otherwise
	Gone   Gone
	Added  []int // timers and waits
	Vars   map[string]expr.Value
	New    []string // variables that were not there
	Doers  []Doer
	Renews bool // Doers is set
}

// Since is what happened first behind a migration.
type Since struct {
	Kind FactKind
	Node string
	By   signoff.Principal
	At   time.Time
}

// Was is where a thing was before a migration.
type Was struct {
	ID   int
	Node string
	Flow string
	Due  *time.Time // of an open task
}

// Gone is what was not waited for any more.
type Gone struct {
	Timers    []Timer
	Waits     []Wait
	Incidents []Incident
}

// Ran is a version an instance ran on.
type Ran struct {
	Until   int // the last fact
	Version int
}

// maxRan is how many versions of before an instance remembers.
const maxRan = 50

// cross makes a migration true.
func (st *State) cross(f *Fact) {
	c := f.Crossed
	m := &Came{From: c.From, To: c.To, Order: c.Order, At: f.At, Fact: f.Seq, Through: f.Seq + f.Number}
	st.ran(f.Seq-1, c.From)
	rename := func(id int, node, flow *string, due *time.Time, always bool) {
		was := Was{ID: id, Node: *node, Due: due}
		if flow != nil {
			was.Flow = *flow
		}
		changed := swap(c.Map, node)
		if flow != nil {
			changed = swap(c.Map, flow) || changed
		}
		if changed || always {
			m.Was = append(m.Was, was)
		}
	}
	for i := range st.Tokens {
		rename(st.Tokens[i].ID, &st.Tokens[i].Node, &st.Tokens[i].Flow, nil, false)
	}
	for i := range st.Tasks {
		rename(st.Tasks[i].Seq, &st.Tasks[i].Node, nil, st.Tasks[i].Due, st.Tasks[i].Open() && st.Tasks[i].Due != nil)
	}
	for i := range st.Timers {
		rename(st.Timers[i].Seq, &st.Timers[i].Node, nil, nil, false)
	}
	for i := range st.Effects {
		rename(st.Effects[i].Seq, &st.Effects[i].Node, nil, nil, false)
	}
	for i := range st.Scopes {
		rename(st.Scopes[i].ID, &st.Scopes[i].Node, nil, nil, false)
	}
	for i := range st.Waits {
		rename(st.Waits[i].Seq, &st.Waits[i].Node, nil, nil, false)
	}
	for i := range st.Incidents {
		rename(st.Incidents[i].Seq, &st.Incidents[i].Node, nil, nil, false)
	}
	st.renameDoers(c.Map, m)
	for _, name := range slices.Sorted(maps.Keys(f.Vars)) {
		old, there := st.Vars[name]
		if !there {
			m.New = append(m.New, name)
			continue
		}
		if m.Vars == nil {
			m.Vars = map[string]expr.Value{}
		}
		m.Vars[name] = old
	}
	st.setVars(f.Vars)
	st.Came = m
}

func swap(names map[string]string, id *string) bool {
	to, ok := names[*id]
	if ok && *id != "" {
		*id = to
	}
	return ok
}

// renameDoers gives those who decided a step of before to what it has become.
func (st *State) renameDoers(names map[string]string, m *Came) {
	if !slices.ContainsFunc(st.Doers, func(d Doer) bool { return names[d.Node] != "" }) {
		return
	}
	m.Doers, m.Renews = st.Doers, true
	var out []Doer
	for _, d := range st.Doers {
		swap(names, &d.Node)
		if i := slices.IndexFunc(out, func(o Doer) bool { return o.Node == d.Node }); i >= 0 {
			out[i].By = distinct(slices.Concat(out[i].By, d.By))
			continue
		}
		out = append(out, d)
	}
	st.Doers = out
}

func (st *State) ran(until, version int) {
	st.Ran = append(slices.Clip(st.Ran), Ran{until, version})
	st.Ran = st.Ran[max(0, len(st.Ran)-maxRan):]
}

// uncross makes true that the instance has gone back.
func (st *State) uncross(f *Fact) {
	m := st.Came
	st.ran(f.Seq-1, f.Crossed.From)
	if st.Came = nil; m == nil {
		return
	}
	st.Timers = slices.DeleteFunc(st.Timers, func(t Timer) bool { return slices.Contains(m.Added, t.Seq) })
	st.Waits = slices.DeleteFunc(st.Waits, func(w Wait) bool { return slices.Contains(m.Added, w.Seq) })
	st.Timers = append(st.Timers, m.Gone.Timers...)
	st.Waits = append(st.Waits, m.Gone.Waits...)
	st.Incidents = append(st.Incidents, m.Gone.Incidents...)
	for _, w := range m.Was { // what had gone, too, was called otherwise before
		st.putBack(w)
	}
	slices.SortFunc(st.Timers, func(a, b Timer) int { return a.Seq - b.Seq })
	slices.SortFunc(st.Waits, func(a, b Wait) int { return a.Seq - b.Seq })
	slices.SortFunc(st.Incidents, func(a, b Incident) int { return a.Seq - b.Seq })
	if m.Renews {
		st.Doers = m.Doers
	}
	st.setVars(m.Vars)
	for _, name := range m.New {
		delete(st.Vars, name)
	}
}

// putBack gives the thing of that number the name of before. All things of an
// instance are numbered in one row.
func (st *State) putBack(w Was) {
	for i := range st.Tokens {
		if st.Tokens[i].ID == w.ID {
			st.Tokens[i].Node, st.Tokens[i].Flow = w.Node, w.Flow
		}
	}
	for i := range st.Tasks {
		if task := &st.Tasks[i]; task.Seq == w.ID {
			if task.Node = w.Node; task.Open() {
				task.Due = w.Due
			}
		}
	}
	for i := range st.Timers {
		if st.Timers[i].Seq == w.ID {
			st.Timers[i].Node = w.Node
		}
	}
	for i := range st.Effects {
		if st.Effects[i].Seq == w.ID {
			st.Effects[i].Node = w.Node
		}
	}
	for i := range st.Scopes {
		if st.Scopes[i].ID == w.ID {
			st.Scopes[i].Node = w.Node
		}
	}
	for i := range st.Waits {
		if st.Waits[i].Seq == w.ID {
			st.Waits[i].Node = w.Node
		}
	}
	for i := range st.Incidents {
		if st.Incidents[i].Seq == w.ID {
			st.Incidents[i].Node = w.Node
		}
	}
}

// follow lets what is known of the last migration follow a fact, before that is
// made true.
func (st *State) follow(f *Fact) {
	switch {
	case f.Kind == Migrated || f.Kind == WentBack || st.Came.Since != nil:
		return
	case f.Seq > st.Came.Through:
		if movesOn(f) || f.Kind == TimerFired && slices.Contains(st.Came.Added, f.Ref) { // the one of before cannot come back beside what it has done
			m := st.Came
			st.Came = &Came{From: m.From, To: m.To, Order: m.Order, At: m.At, Fact: m.Fact, Through: m.Through,
				Since: &Since{f.Kind, f.Node, f.By, f.At}}
		}
		return
	}
	m := *st.Came
	switch f.Kind {
	case TimerSet, WaitSet:
		m.Added = append(slices.Clip(m.Added), f.Ref)
		st.dueNow(f, &m)
	case TimerCleared:
		if i := slices.IndexFunc(st.Timers, func(t Timer) bool { return t.Seq == f.Ref }); i >= 0 {
			m.Gone.Timers = append(slices.Clip(m.Gone.Timers), st.Timers[i])
			if st.Timers[i].For == ForDeadline {
				if task := st.task(st.Timers[i].Ref); task != nil {
					task.Due = nil
				}
			}
		}
	case WaitCleared:
		if i := slices.IndexFunc(st.Waits, func(w Wait) bool { return w.Seq == f.Ref }); i >= 0 {
			m.Gone.Waits = append(slices.Clip(m.Gone.Waits), st.Waits[i])
		}
	case IncidentCleared:
		if i := slices.IndexFunc(st.Incidents, func(i Incident) bool { return i.Seq == f.Ref }); i >= 0 {
			m.Gone.Incidents = append(slices.Clip(m.Gone.Incidents), st.Incidents[i])
		}
	}
	st.Came = &m
}

// dueNow gives a task the deadline that a migration brings.
func (st *State) dueNow(f *Fact, m *Came) {
	if f.TimerFor != ForDeadline {
		return
	}
	task := st.task(f.Subject)
	if task == nil {
		return
	}
	if task.Due == nil && !slices.ContainsFunc(m.Was, func(w Was) bool { return w.ID == task.Seq }) {
		m.Was = append(slices.Clip(m.Was), Was{ID: task.Seq, Node: task.Node})
	}
	due := *f.Due
	task.Due = &due
}

// movesOn tells whether a fact is more than talk about a task, or something that
// only concerns who has it.
func movesOn(f *Fact) bool {
	switch f.Kind {
	case Commented, TaskClaimed, TaskReleased, TaskRedirected, TaskShared, TaskSlept, TaskWoken, TaskReminded, TaskAsked, TaskReplied,
		TimerSet, TimerCleared, InstanceHeld, InstanceResumed:
		return false
	case TimerFired:
		return f.TimerFor != ForSleep && f.TimerFor != ForIdle && f.TimerFor != ForReminder
	}
	return !strings.HasPrefix(string(f.Kind), "file ")
}
