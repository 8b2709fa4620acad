package scenario

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// monday is when scenarios begin that do not say.
var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// Bounds on what one scenario makes.
const (
	maxProcessBytes = 4 << 20
	maxFacts        = 200_000
	maxTimersPer    = 1_000 // fired by one "after"
)

// world is one instance, its people and its clock.
type world struct {
	fsys  fs.FS
	file  string
	line  int
	def   *process.Definition
	st    engine.State
	facts []engine.Fact
	now   time.Time
	steps bool // steps entered and left are shown
	directory
	calendars engine.Calendars
	away      access.Absences
	labels    map[int]string // t1, e1, … by number in the instance
	count     map[byte]int
	out       []string
	refusal   string             // what the last refusal said, on one line
	replies   map[string][]reply // how services answer, by step
	replied   int                // how many of them one command has set off
}

func newWorld(fsys fs.FS, file string) *world {
	return &world{fsys: fsys, file: file, now: monday, labels: map[int]string{}, count: map[byte]int{},
		directory: directory{named: map[string]signoff.Person{}, nobody: map[string]bool{}, admins: map[string]bool{}}}
}

// usage is what is wrong with a command.
type usage string

func (u usage) Error() string { return string(u) }

func wrong(format string, args ...any) error { return usage(fmt.Sprintf(format, args...)) }

// load reads the workflow from a file beside the scenario.
func (w *world) load(file string) error {
	data, err := readFile(w.fsys, path.Join(path.Dir(w.file), file), maxProcessBytes)
	if err != nil {
		return wrong("%v", err)
	}
	doc, err := bpmn.Parse(data)
	if err != nil {
		return wrong("%s: %v", file, err)
	}
	def, problems := doc.Definition()
	if err := problems.Err(); err != nil {
		msg := file + " cannot run:"
		for _, p := range problems.Blocking() {
			msg += "\n  " + p.String()
		}
		return wrong("%s", msg)
	}
	w.def = def
	return nil
}

// decide lets e happen, answers what the engine asks, and writes down what
// follows. A refusal is written down too.
func (w *world) decide(by string, e engine.Event) (refused bool, err error) {
	if w.def == nil {
		return false, wrong("say first which process this is about: process FILE")
	}
	in := engine.Input{At: w.now, By: w.caller(by), Event: e, People: engine.People{}, Calendars: engine.Calendars{}, Absent: engine.Absent{}}
	if err := w.standIn(&in); err != nil {
		w.tellRefusal(err)
		return true, nil
	}
	step, err := engine.Decide(w.def, w.st, in)
	for w.answered(err, &in) {
		step, err = engine.Decide(w.def, w.st, in)
	}
	if err != nil {
		w.tellRefusal(err)
		return true, nil
	}
	w.st = step.State
	w.facts = append(w.facts, step.Facts...)
	if len(w.facts) > maxFacts {
		return false, wrong("the scenario makes more than %d facts", maxFacts)
	}
	if err := w.check(); err != nil {
		return false, wrong("the engine broke its word: %v", err)
	}
	for i := range step.Facts {
		w.tellFact(&step.Facts[i])
	}
	for i := range step.Commands {
		w.tellCommand(&step.Commands[i])
	}
	return false, w.settle(&step)
}

// check holds the engine to its promise: the facts give the state, and both
// survive being stored.
func (w *world) check() error {
	want := string(w.st.AppendJSON(nil))
	folded := engine.Fold(w.facts)
	if got := string(folded.AppendJSON(nil)); got != want {
		return fmt.Errorf("the facts give %s, the state is %s", got, want)
	}
	stored, err := engine.DecodeState([]byte(want))
	if err != nil {
		return err
	}
	if got := string(stored.AppendJSON(nil)); got != want {
		return fmt.Errorf("the state %s is read back as %s", want, got)
	}
	w.st = stored
	return nil
}

// pass lets time go by until a moment, and reports the timers that fall due on
// the way, in their order.
func (w *world) pass(until time.Time) error {
	fired := 0
	for {
		timer, ok := w.earliest(until)
		if !ok {
			break
		}
		if fired++; fired > maxTimersPer {
			return wrong("more than %d timers fire; is there a circle of timers?", maxTimersPer)
		}
		if timer.Due.After(w.now) || fired == 1 {
			w.now = later(w.now, timer.Due)
			w.tell("time", w.moment(w.now))
		}
		if _, err := w.decide("", engine.TimerDue{Timer: timer.Seq}); err != nil {
			return err
		}
	}
	w.now = until
	if fired == 0 {
		w.tell("time", w.moment(w.now), "nothing was due")
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (w *world) earliest(until time.Time) (first engine.Timer, ok bool) {
	for _, t := range w.st.Timers {
		stuck := slices.ContainsFunc(w.st.Incidents, func(i engine.Incident) bool { return i.Stage == engine.Due && i.Effect == t.Seq })
		if !stuck && !t.Due.After(until) && (!ok || t.Due.Before(first.Due)) {
			first, ok = t, true
		}
	}
	return first, ok
}

// label gives a new thing the next name of its kind.
func (w *world) label(kind byte, seq int) {
	w.count[kind]++
	w.labels[seq] = string(kind) + strconv.Itoa(w.count[kind])
}

// seq returns the number behind a name such as t1. A name of the right form
// that nothing has yet gives a number nothing has.
func (w *world) seq(kind byte, name string) (int, error) {
	for seq, label := range w.labels {
		if label == name {
			return seq, checkKind(kind, name)
		}
	}
	if len(name) > 1 {
		if n, err := strconv.Atoi(name[1:]); err == nil && n > 0 && n < 1_000_000 {
			return 1_000_000 + n, checkKind(kind, name)
		}
	}
	return 0, wrong("%q is no %s: they are called %c1, %c2, …", name, kinds[kind], kind, kind)
}

var kinds = map[byte]string{'t': "task", 'e': "effect", 'w': "timer", 'i': "incident", 'm': "wait", 'q': "question", 'f': "file"}

func checkKind(kind byte, name string) error {
	if name == "" || name[0] != kind {
		return wrong("%q is no %s: they are called %c1, %c2, …", name, kinds[kind], kind, kind)
	}
	return nil
}

// value is what a word stands for: JSON where it looks like it, else text.
func (x *word) valueOf() expr.Value {
	if !x.quoted && x.value != "" {
		if v, err := expr.DecodePlainJSON([]byte(x.value)); err == nil {
			return v
		}
	}
	return expr.String(x.value)
}

// knownVerbs are the commands there are, for who mistypes one.
func knownVerbs() []string {
	var names []string
	for name := range verbs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
