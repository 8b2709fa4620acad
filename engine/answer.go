package engine

import (
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// A task of several answers has places: one for each recipient. Who answers
// takes up a place, and with it leave all who share it. A group's place is not
// taken up: its members answer until there are as many answers as are wanted.
// Whatever way a task comes to somebody, they have one voice.

// Answer is what one person chose.
type Answer struct {
	By      signoff.Person    `json:"by"`
	Behind  signoff.Principal `json:"behind,omitempty"` // who did it in their name
	Action  string            `json:"action"`
	Comment string            `json:"comment,omitempty"` // while the task is open
	At      time.Time         `json:"at"`
}

// Holder is somebody who has claimed a task.
type Holder struct {
	By    signoff.Principal `json:"by"`
	Until time.Time         `json:"until,omitzero"` // when the claim is given back; zero: never
}

// Shared says by whom somebody came to a task: they have one voice together.
type Shared struct {
	By signoff.Principal `json:"by"`
	To signoff.Principal `json:"to"`
}

// Question is one about a task, put to somebody by who has it.
type Question struct {
	Seq       int               `json:"seq"`
	By        signoff.Principal `json:"by"`
	To        signoff.Principal `json:"to"`
	Text      string            `json:"text"`
	At        time.Time         `json:"at"`
	Reply     string            `json:"reply,omitempty"`
	RepliedBy signoff.Principal `json:"repliedBy,omitempty"`
	RepliedAt *time.Time        `json:"repliedAt,omitempty"`
}

// Several tells whether the task takes more answers than the first.
func (t *Task) Several() bool { return t.Slots > 0 }

// KeptFrom tells whether the claims of others keep p from the task until one is
// released.
func (t *Task) KeptFrom(p signoff.Principal) bool {
	if !t.Claiming || t.Holds(p) {
		return false
	}
	if t.Several() {
		return t.Free() <= 0 || t.holderFor(p) != ""
	}
	return t.Claimed != ""
}

// holderFor is who has claimed the task for the voice that p has, too; "" for
// nobody.
func (t *Task) holderFor(p signoff.Principal) signoff.Principal {
	voice := t.voice(p)
	for _, h := range t.Holders {
		if t.voice(h.By) == voice {
			return h.By
		}
	}
	return ""
}

// Free is how many of the answers wanted nobody has given or claimed yet. Who
// has one voice claims one.
func (t *Task) Free() int {
	free := t.Slots - len(t.Answers)
	for i, h := range t.Holders {
		if !slices.ContainsFunc(t.Holders[:i], func(o Holder) bool { return t.voice(o.By) == t.voice(h.By) }) {
			free--
		}
	}
	return free
}

// places is how many answers are still asked for: one of each voice, a group
// counting as one.
func (t *Task) places() int {
	n := len(t.Later)
	for i, r := range t.Recipients {
		if !r.IsUser() || !slices.ContainsFunc(t.Recipients[:i], func(o signoff.Principal) bool { return o.IsUser() && t.voice(o) == t.voice(r) }) {
			n++
		}
	}
	return n
}

// Holds tells whether p has claimed the task.
func (t *Task) Holds(p signoff.Principal) bool {
	return p != "" && (t.Claimed == p || slices.ContainsFunc(t.Holders, func(h Holder) bool { return h.By == p }))
}

// Claims lists who has claimed the task.
func (t *Task) Claims() []signoff.Principal {
	var out []signoff.Principal
	if t.Claimed != "" {
		out = append(out, t.Claimed)
	}
	for _, h := range t.Holders {
		out = append(out, h.By)
	}
	return out
}

// AnswerOf returns the answer that p gave, or who has one voice with p; nil when
// there is none.
func (t *Task) AnswerOf(p signoff.Principal) *Answer {
	if len(t.Answers) == 0 || p == "" {
		return nil
	}
	voice := t.voice(p)
	for i := range t.Answers {
		if a := &t.Answers[i]; a.By.Principal == p || a.Behind == p || t.voice(a.By.Principal) == voice {
			return a
		}
	}
	return nil
}

// PassedOn tells whether p had the task through a group and has handed it on.
func (t *Task) PassedOn(p signoff.Principal) bool { return slices.Contains(t.HandedOn, p) }

// voice returns whose place p has: p's own, or that of who shared it with them.
func (t *Task) voice(p signoff.Principal) signoff.Principal {
	for range t.Shared { // no way back is longer
		i := slices.IndexFunc(t.Shared, func(s Shared) bool { return s.To == p })
		if i < 0 {
			return p
		}
		p = t.Shared[i].By
	}
	return p
}

// Asked returns the open question that is put to the caller, nil for none.
func (t *Task) Asked(by signoff.Caller) *Question {
	for i := range t.Questions {
		if q := &t.Questions[i]; q.RepliedAt == nil && by.Is(q.To) {
			return q
		}
	}
	return nil
}

// leaving lists the recipients who go when p answers: all with the same voice.
func (t *Task) leaving(p signoff.Principal) []signoff.Principal {
	voice := t.voice(p)
	var out []signoff.Principal
	for _, r := range t.Recipients {
		if r.IsUser() && t.voice(r) == voice {
			out = append(out, r)
		}
	}
	return out
}

// answer makes a TaskAnswered true.
func (t *Task) answer(f *Fact) {
	a := Answer{Behind: f.Behind, Action: f.Action, Comment: f.Text, At: f.At}
	if f.Person != nil {
		a.By = *f.Person
	}
	gone := append(t.leaving(f.By), f.From, f.By, f.Behind) // who answers for somebody has had their say, too
	t.Answers = append(slices.Clip(t.Answers), a)
	t.Recipients = without(t.Recipients, gone)
	t.drop(gone)
}

// drop forgets the claims and sleeps of some.
func (t *Task) drop(gone []signoff.Principal) {
	var holders []Holder
	for _, h := range t.Holders {
		if !slices.Contains(gone, h.By) {
			holders = append(holders, h)
		}
	}
	t.Holders = holders
	for _, p := range gone {
		t.Asleep = t.awake(p)
	}
}

// handOn is redirect for a task of several answers. Who comes in place of
// somebody has their voice; who had it through a group leaves the group its place.
func (t *Task) handOn(by, from signoff.Principal, to []signoff.Principal) {
	gone := []signoff.Principal{from}
	if !slices.Contains(t.Recipients, by) {
		gone = append(gone, by) // who had claimed it through a group
	}
	if slices.Contains(t.Recipients, from) && from.IsGroup() {
		gone = append(gone, t.through()...)
	}
	t.Later = without(t.Later, to) // a reminder takes their turn forward
	same := t.voice(from) == t.voice(to[0])
	t.HandedOn = without(t.HandedOn, to)
	switch {
	case from == "":
		t.Shared = slices.DeleteFunc(slices.Clone(t.Shared), func(s Shared) bool { return t.AnswerOf(s.To) == nil })
		t.Recipients, t.Later, t.Holders, t.Asleep = to, nil, nil, nil
		return
	case !slices.Contains(t.Recipients, from): // who had it through a group
		t.HandedOn = append(slices.Clip(t.HandedOn), from)
		t.Recipients = distinct(append(slices.Clone(t.Recipients), to...))
	default:
		var all []signoff.Principal
		for _, p := range t.Recipients {
			if p == from {
				all = append(all, to...)
			} else {
				all = append(all, p)
			}
		}
		t.Recipients = distinct(all)
	}
	var shared []Shared
	for _, s := range t.Shared {
		if s.To == from && same {
			continue // it goes back to who had shared it
		}
		if s.By == from {
			s.By = to[0]
		}
		if s.To == from {
			s.To = to[0]
		}
		shared = append(shared, s)
	}
	t.Shared = shared
	t.drop(gone)
}

// through lists who has claimed the task and does not have it by name.
func (t *Task) through() (out []signoff.Principal) {
	for _, h := range t.Holders {
		if !slices.Contains(t.Recipients, h.By) {
			out = append(out, h.By)
		}
	}
	return out
}

// share notes with whom somebody has one voice.
func (t *Task) share(by signoff.Principal, to []signoff.Principal) {
	t.Recipients = distinct(append(slices.Clone(t.Recipients), to...))
	t.HandedOn = without(t.HandedOn, to)
	if !t.Several() || by == "" {
		return
	}
	t.Shared = slices.Clone(t.Shared)
	for _, p := range to {
		t.Shared = append(t.Shared, Shared{by, p})
	}
}

// reply makes a TaskReplied true.
func (t *Task) reply(f *Fact) {
	t.Questions = slices.Clone(t.Questions)
	for i := range t.Questions {
		if q := &t.Questions[i]; q.Seq == f.Subject {
			at := f.At
			q.Reply, q.RepliedBy, q.RepliedAt = f.Text, f.By, &at
		}
	}
}

// settled keeps of a closed task's answers what a late one must hear.
func (t *Task) settled() {
	t.Later, t.Holders, t.HandedOn = nil, nil, nil
	t.Answers, t.Questions = slices.Clone(t.Answers), slices.Clone(t.Questions)
	for i := range t.Answers {
		t.Answers[i].Comment = ""
	}
	for i := range t.Questions {
		t.Questions[i].Text, t.Questions[i].Reply = "", ""
	}
}

// without returns ps less those in gone, in a slice of its own.
func without(ps, gone []signoff.Principal) []signoff.Principal {
	var out []signoff.Principal
	for _, p := range ps {
		if !slices.Contains(gone, p) {
			out = append(out, p)
		}
	}
	return out
}
