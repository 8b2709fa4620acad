package movein

import (
	"cmp"
	"slices"

	"github.com/signoffhq/signoff/bpmn"
)

// Outcome is what became of something the file says.
type Outcome string

const (
	AsIs    Outcome = "as is"   // it runs as it stands
	Changed Outcome = "changed" // it was written anew for signoff
	ByHand  Outcome = "by hand" // somebody has to see to it
)

// Finding is one thing the file says, and what became of it.
type Finding struct {
	Outcome Outcome
	Element string // the id of the BPMN element it belongs to
	Name    string // what people call that
	Line    int    // in the file that was read
	What    string // "assignee", "condition"
	From    string // as it stood, shortened
	To      string // what stands there now; "" when nothing was written
	Advice  string // what to do, or to know; in sentences
}

// Report is what came of moving a file in.
type Report struct {
	Process  string   // the id of the process that was moved, "" where the file has none
	Engines  []string // whose extensions the file holds
	Findings []Finding
	Problems bpmn.Problems // what Definition says of the new file; lines are those of the old one
}

// Runs tells whether the new file can be deployed as it is.
func (r *Report) Runs() bool { return len(r.Problems.Blocking()) == 0 }

// Which returns the findings of one outcome.
func (r *Report) Which(o Outcome) []Finding {
	var out []Finding
	for _, f := range r.Findings {
		if f.Outcome == o {
			out = append(out, f)
		}
	}
	return out
}

// maxFindings bounds a report: nobody reads more.
const maxFindings = 20_000

func (m *mover) add(f Finding) {
	if len(m.report.Findings) < maxFindings {
		f.From, f.To = short(f.From), short(f.To)
		f.Element, f.Name = short(f.Element), short(f.Name)
		m.report.Findings = append(m.report.Findings, f)
		m.touched[f.Element] = m.touched[f.Element] || f.Outcome != AsIs
	}
}

func (m *mover) found(o Outcome, e *bpmn.Element, line int, what, from, to, advice string) {
	m.add(Finding{Outcome: o, Element: e.Get("id"), Name: e.Get("name"), Line: line, What: what, From: from, To: to, Advice: advice})
}

func (m *mover) changed(e *bpmn.Element, line int, what, from, to, advice string) {
	m.found(Changed, e, line, what, from, to, advice)
}

func (m *mover) byHand(e *bpmn.Element, line int, what, from, advice string) {
	m.found(ByHand, e, line, what, from, "", advice)
}

// refused is byHand for an expression that has no equal.
func (m *mover) refused(e *bpmn.Element, line int, what, from string, bad *unreadable) {
	m.byHand(e, line, what, from, sentence(bad.reason)+" "+bad.advice)
}

// sorted returns the findings in the order of the file.
func sorted(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return all
}
