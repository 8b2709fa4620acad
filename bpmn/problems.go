package bpmn

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
)

// Problem is one thing wrong with a file.
type Problem = process.Problem

// Problems are all the problems of a file, in the order of its lines.
type Problems []Problem

// maxProblems bounds a report: nobody reads more, and hostile files would
// otherwise make reports larger than themselves.
const maxProblems = 500

// Blocking returns the problems that keep the workflow from running.
func (ps Problems) Blocking() Problems { return ps.which(false) }

// Warnings returns the problems the workflow can run with.
func (ps Problems) Warnings() Problems { return ps.which(true) }

func (ps Problems) which(warning bool) Problems {
	var out Problems
	for _, p := range ps {
		if p.Warning == warning {
			out = append(out, p)
		}
	}
	return out
}

// Err returns nil when nothing blocks, and otherwise a *signoff.Error with code
// "bpmn-problems" and a field for every blocking problem.
func (ps Problems) Err() error {
	blocking := ps.Blocking()
	if len(blocking) == 0 {
		return nil
	}
	e := &signoff.Error{Kind: signoff.Invalid, Code: "bpmn-problems",
		Detail: fmt.Sprintf("the workflow cannot run: %d problems", len(blocking)),
		Hint:   "Put all of them right and deploy again. Nothing was stored."}
	if len(blocking) == 1 {
		e.Detail = "the workflow cannot run: " + blocking[0].Reason
	}
	for _, p := range blocking {
		e.Fields = append(e.Fields, signoff.FieldError{Field: place(p), Detail: p.Reason, Advice: p.Advice})
	}
	return e
}

// place says where a problem is: `Activity_1 "Approve", line 12`.
func place(p Problem) string {
	s := p.Element
	if p.Name != "" && p.Name != p.Element {
		s += fmt.Sprintf(" %q", p.Name)
	}
	if p.Line == 0 {
		return cmp.Or(s, "workflow")
	}
	if s != "" {
		s += ", "
	}
	return s + fmt.Sprintf("line %d", p.Line)
}

// report collects problems.
type report struct {
	problems Problems
	blocking int           // how many of them block
	dropped  map[bool]bool // by Warning: was there more than fits?
}

// full tells that no more blocking problems will be taken in, so that checks
// can stop.
func (r *report) full() bool { return r.blocking >= maxProblems }

// add takes in up to maxProblems of either sort: warnings must not push out
// what blocks, nor block by their number.
func (r *report) add(p Problem) {
	if !p.Warning && r.full() || p.Warning && len(r.problems)-r.blocking >= maxProblems {
		if r.dropped == nil {
			r.dropped = map[bool]bool{}
		}
		r.dropped[p.Warning] = true
		return
	}
	p.Element, p.Name = short(p.Element), short(p.Name)
	r.problems = append(r.problems, p)
	if !p.Warning {
		r.blocking++
	}
}

// short cuts what a hostile file can make as long as itself. Ids that can run
// are never cut: they have at most maxIDBytes.
func short(s string) string {
	if len(s) <= maxIDBytes {
		return s
	}
	return strings.ToValidUTF8(s[:maxIDBytes], "") + "…"
}

// refuse reports something about owner that keeps the workflow from running.
func (r *report) refuse(owner *Element, line int, reason, advice string) {
	r.add(Problem{Element: owner.Get("id"), Name: owner.Get("name"), Line: line, Reason: reason, Advice: advice})
}

// warn reports something the workflow can run with.
func (r *report) warn(owner *Element, line int, reason, advice string) {
	r.add(Problem{Element: owner.Get("id"), Name: owner.Get("name"), Line: line, Reason: reason, Advice: advice, Warning: true})
}

// all returns everything reported, by line.
func (r *report) all() Problems {
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	if r.dropped[false] {
		r.problems = append(r.problems, Problem{Reason: fmt.Sprintf("there are more than %d problems; the rest is not listed", maxProblems),
			Advice: "Put these right first."})
	}
	if r.dropped[true] {
		r.problems = append(r.problems, Problem{Reason: fmt.Sprintf("there are more than %d warnings; the rest is not listed", maxProblems),
			Advice: "Look at these first.", Warning: true})
	}
	return r.problems
}
