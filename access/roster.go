package access

import (
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// Bounds on how far tasks of somebody who is away may go. Crowd says which
// absence would go beyond them, so that what a Roster is asked stays cheap
// whatever people enter.
const (
	MaxStands = 100   // people one can stand in for, and people one's tasks can come to
	MaxAside  = 1_000 // workflows with substitutes of their own among those people
)

// A Roster is the absences of everybody made ready to be asked. It is made once
// after each change; then each question costs only what lies between the people
// it is about. It does not change and may be used from any goroutine.
type Roster struct {
	all   []Absence
	of    map[signoff.Principal]int   // whose absence
	named map[signoff.Principal][]int // absences that name somebody, for whatever workflow
	names [][]signoff.Principal       // whom each absence names, for whatever workflow
	aside []map[signoff.WorkflowID][]signoff.Principal
	turns []time.Time // in order: when one begins or ends
}

// Roster makes absences ready to be asked. Of two of the same person the later
// one counts.
func (all Absences) Roster() *Roster {
	r := &Roster{of: make(map[signoff.Principal]int, len(all)), named: map[signoff.Principal][]int{}}
	for _, a := range all {
		if i, twice := r.of[a.Who]; twice {
			r.all[i] = a
			continue
		}
		r.of[a.Who] = len(r.all)
		r.all = append(r.all, a)
	}
	for i := range r.all {
		a := &r.all[i]
		aside := make(map[signoff.WorkflowID][]signoff.Principal, len(a.Except))
		for _, e := range a.Except {
			aside[e.Workflow] = e.Substitutes
		}
		r.aside = append(r.aside, aside)
		r.names = append(r.names, a.everybody())
		for _, p := range r.names[i] {
			r.named[p] = append(r.named[p], i)
		}
		r.turns = append(r.turns, a.From)
		if !a.To.IsZero() {
			r.turns = append(r.turns, a.To)
		}
	}
	slices.SortFunc(r.turns, time.Time.Compare)
	return r
}

// everybody lists whom an absence names, each once.
func (a *Absence) everybody() []signoff.Principal {
	if len(a.Except) == 0 {
		return a.Substitutes
	}
	seen := map[signoff.Principal]bool{}
	var out []signoff.Principal
	add := func(list []signoff.Principal) {
		for _, p := range list {
			if !seen[p] {
				seen[p], out = true, append(out, p)
			}
		}
	}
	add(a.Substitutes)
	for _, e := range a.Except {
		add(e.Substitutes)
	}
	return out
}

// Empty tells whether nobody is or will be away.
func (r *Roster) Empty() bool { return r == nil || len(r.all) == 0 }

// Turn is when the answers may be others than at a moment, zero for never.
func (r *Roster) Turn(at time.Time) time.Time {
	i, _ := slices.BinarySearchFunc(r.turns, at, func(t, at time.Time) int {
		if t.After(at) {
			return 1
		}
		return -1
	})
	if i == len(r.turns) {
		return time.Time{}
	}
	return r.turns[i]
}

// Away is somebody's absence that holds at a moment, nil for who is there.
func (r *Roster) Away(who signoff.Principal, at time.Time) *Absence {
	if i := r.at(who, at); i >= 0 {
		return &r.all[i]
	}
	return nil
}

// at is where somebody's absence that holds at a moment stands, -1 for none.
func (r *Roster) at(who signoff.Principal, at time.Time) int {
	if i, known := r.of[who]; known && r.all[i].Holds(at) {
		return i
	}
	return -1
}

// subs lists who stands in by absence i where one workflow is concerned.
func (r *Roster) subs(i int, wf signoff.WorkflowID) []signoff.Principal {
	if list, is := r.aside[i][wf]; is {
		return list
	}
	return r.all[i].Substitutes
}

// keeps tells whether somebody to whom tasks of one workflow come has them: who
// is there, who is away and shares them, and who is away without anybody in
// their place.
func (r *Roster) keeps(who signoff.Principal, wf signoff.WorkflowID, at time.Time) bool {
	i := r.at(who, at)
	return i < 0 || !r.all[i].Instead || len(r.subs(i, wf)) == 0
}

// Substitutes lists who has somebody's tasks of one workflow at a moment, in
// their place or beside them. A substitute who is away has substitutes in turn;
// nobody comes twice, and never the person themselves. Where all in a chain are
// away and send each other their tasks, the tasks stay where they are.
func (r *Roster) Substitutes(who signoff.Principal, wf signoff.WorkflowID, at time.Time) (out []signoff.Principal) {
	if r.at(who, at) < 0 {
		return nil
	}
	been := map[signoff.Principal]bool{who: true}
	r.follow(who, wf, at, been, func(p signoff.Principal) bool {
		if r.keeps(p, wf, at) {
			out = append(out, p)
		}
		return true
	})
	return out
}

// follow goes from substitute to substitute, to each once and to those of a
// person before the person, until found says that it is enough.
func (r *Roster) follow(who signoff.Principal, wf signoff.WorkflowID, at time.Time, been map[signoff.Principal]bool, found func(signoff.Principal) bool) bool {
	i := r.at(who, at)
	if i < 0 {
		return true
	}
	for _, p := range r.subs(i, wf) {
		if been[p] {
			continue
		}
		been[p] = true
		if !r.follow(p, wf, at, been, found) || !found(p) {
			return false
		}
	}
	return true
}

// StandsIn lists in whose place somebody may act on tasks at a moment.
func (r *Roster) StandsIn(me signoff.Principal, at time.Time) (out []signoff.Stand) {
	holds := func(i int) bool { return r.all[i].Who != me && r.all[i].Holds(at) }
	behind := r.behind(me, nil, holds, 0)
	if len(behind) == 0 {
		return nil
	}
	about := behind
	if i := r.at(me, at); i >= 0 {
		about = append(slices.Clone(behind), i)
	}
	slices.Sort(behind)
	stands := make(map[int]*signoff.Stand, len(behind))
	for _, i := range behind {
		stands[i] = &signoff.Stand{Person: signoff.Person{Principal: r.all[i].Who}, Until: r.all[i].To}
	}
	for _, wf := range append([]signoff.WorkflowID{0}, r.workflows(about)...) {
		in := map[int]bool{}
		if r.keeps(me, wf, at) {
			for _, i := range r.behind(me, &wf, holds, 0) {
				in[i] = true
			}
		}
		for i, s := range stands {
			if wf == 0 {
				s.All = in[i]
			} else if in[i] != s.All {
				s.Except = append(s.Except, wf)
			}
		}
	}
	for _, i := range behind {
		if s := stands[i]; s.All || len(s.Except) > 0 {
			out = append(out, *s)
		}
	}
	return out
}

// HandsOn tells which of somebody's tasks others have in their place at a
// moment; nil for none.
func (r *Roster) HandsOn(me signoff.Principal, at time.Time) *signoff.Stand {
	a := r.at(me, at)
	if a < 0 || !r.all[a].Instead {
		return nil
	}
	ahead := r.ahead(me, nil, func(i int) bool { return r.all[i].Holds(at) }, 0)
	s := signoff.Stand{Person: signoff.Person{Principal: me}, Until: r.all[a].To}
	for _, wf := range append([]signoff.WorkflowID{0}, r.workflows(r.absent(append(ahead, me)))...) {
		goes := !r.follow(me, wf, at, map[signoff.Principal]bool{me: true}, func(p signoff.Principal) bool { return !r.keeps(p, wf, at) })
		if wf == 0 {
			s.All = goes
		} else if goes != s.All {
			s.Except = append(s.Except, wf)
		}
	}
	if !s.All && len(s.Except) == 0 {
		return nil
	}
	return &s
}

// workflows lists, each once, those for which some of the absences name
// substitutes of their own. All others are as none of them.
func (r *Roster) workflows(of []int) (out []signoff.WorkflowID) {
	seen := map[signoff.WorkflowID]bool{0: true}
	for _, i := range of {
		for _, e := range r.all[i].Except {
			if !seen[e.Workflow] {
				seen[e.Workflow], out = true, append(out, e.Workflow)
			}
		}
	}
	return out
}

// absent lists the absences of people.
func (r *Roster) absent(people []signoff.Principal) (out []int) {
	for _, p := range people {
		if i, known := r.of[p]; known {
			out = append(out, i)
		}
	}
	return out
}

// behind lists the absences by which tasks can come to somebody: of one workflow,
// or of any when wf is nil; only those that count, and no more than limit and one
// unless that is 0.
func (r *Roster) behind(who signoff.Principal, wf *signoff.WorkflowID, counts func(int) bool, limit int) (out []int) {
	seen := map[int]bool{}
	for queue := []signoff.Principal{who}; len(queue) > 0; queue = queue[1:] {
		for _, i := range r.named[queue[0]] {
			if seen[i] || !counts(i) || wf != nil && !slices.Contains(r.subs(i, *wf), queue[0]) {
				continue
			}
			seen[i], out = true, append(out, i)
			if queue = append(queue, r.all[i].Who); limit > 0 && len(out) > limit {
				return out
			}
		}
	}
	return out
}

// ahead lists the people to whom somebody's tasks can come, as behind does.
func (r *Roster) ahead(who signoff.Principal, wf *signoff.WorkflowID, counts func(int) bool, limit int) (out []signoff.Principal) {
	seen := map[signoff.Principal]bool{who: true}
	for queue := []signoff.Principal{who}; len(queue) > 0; queue = queue[1:] {
		i, known := r.of[queue[0]]
		if !known || !counts(i) {
			continue
		}
		list := r.names[i]
		if wf != nil {
			list = r.subs(i, *wf)
		}
		for _, p := range list {
			if seen[p] {
				continue
			}
			seen[p], out = true, append(out, p)
			if queue = append(queue, p); limit > 0 && len(out) > limit {
				return out
			}
		}
	}
	return out
}
