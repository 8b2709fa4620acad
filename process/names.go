package process

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// use is one expression of a definition, and where it stands.
type use struct {
	element string
	name    string
	line    int
	what    string // "the condition", as a sentence about it begins
	names   []string
	source  string
	extra   []string // names it sees besides the usual
}

// names reports every name in an expression that nothing will ever give.
func (c *checker) names() {
	known := map[string]bool{}
	for _, name := range c.known {
		known[name] = true
	}
	possible := c.possibleOutcomes()
	for _, u := range c.uses() {
		for _, name := range u.names {
			if known[name] || slices.Contains(u.extra, name) {
				continue
			}
			if len(c.problems) == maxProblems {
				return
			}
			reason := fmt.Sprintf("%s uses %q, which is not a variable of the workflow", u.what, name)
			if where := position(u.source, name); where != "" {
				reason += " (" + where + ")"
			}
			c.problem(u.element, u.name, u.line, reason, nameHint(name, slices.Concat(u.extra, c.known)))
		}
		c.outcomes(u, possible)
	}
}

func nameHint(name string, known []string) string {
	if near := signoff.Nearest(name, known); near != "" {
		return "Did you mean " + near + "? Text has to stand in double quotes."
	}
	return "Declare it as a variable of the workflow, or put it in double quotes if it is text."
}

// position finds name as a word of its own in source: "line 1, column 5".
func position(source, name string) string {
	at := regexp.MustCompile(`(^|[^\pL\pN_])` + regexp.QuoteMeta(name) + `($|[^\pL\pN_])`).FindStringSubmatchIndex(source)
	if at == nil {
		return ""
	}
	before := source[:at[3]]
	line := strings.Count(before, "\n")
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return fmt.Sprintf("line %d, column %d", line+1, column+1)
}

// comparedOutcome finds comparisons of an outcome with a text.
var comparedOutcome = regexp.MustCompile(`\boutcome\s*!?=\s*"([^"\\]*)"`)

// possibleOutcomes lists what the tasks of the workflow can end with.
func (c *checker) possibleOutcomes() []string {
	var possible []string
	for _, n := range c.def.Nodes {
		if n.Task == nil {
			continue
		}
		possible = append(possible, n.Task.Outcomes()...)
	}
	return possible
}

// outcomes warns of comparisons with an outcome that no task has.
func (c *checker) outcomes(u use, possible []string) {
	for _, m := range comparedOutcome.FindAllStringSubmatch(u.source, -1) {
		if !slices.Contains(possible, m[1]) {
			c.add(Problem{Element: u.element, Name: u.name, Line: u.line, Warning: true,
				Reason: fmt.Sprintf("%s compares an outcome with %q, which no task of the workflow has", u.what, m[1]),
				Advice: signoff.MeantName(m[1], possible)})
		}
	}
}

// uses lists all expressions and templates of the definition.
func (c *checker) uses() []use {
	var out []use
	d := c.def
	whole := use{element: d.ID, name: d.Name}
	out = append(out, whole.template("the folio", d.Folio)...)
	for _, v := range d.Variables {
		at := whole
		at.line = v.Line
		out = append(out, at.expr(fmt.Sprintf("the default of %q", v.Name), v.Default)...)
	}
	for i := range d.Nodes {
		out = append(out, c.nodeUses(&d.Nodes[i])...)
	}
	for _, f := range d.Flows {
		at := use{element: f.ID, name: f.Name, line: f.Line, extra: c.localNames(d.Nodes[f.From].Scope)}
		out = append(out, at.expr("the condition", f.Condition)...)
	}
	return out
}

// localNames are the names that expressions see because they stand in a
// repeated sub-process, scope being the one they are drawn in.
func (c *checker) localNames(scope int) (names []string) {
	for ; scope >= 0; scope = c.def.Nodes[scope].Scope {
		names = append(names, c.def.Nodes[scope].Multi.names()...)
	}
	return names
}

// names are those that each pass sees.
func (m *Multi) names() []string {
	if m == nil {
		return nil
	}
	if m.Element == "" {
		return LoopNames
	}
	return append([]string{m.Element}, LoopNames...)
}

func (c *checker) nodeUses(n *Node) []use {
	around := use{element: n.ID, name: n.Name, line: n.Line, extra: c.localNames(n.Scope)}
	out := around.multi(n.Multi)
	at := around
	at.extra = slices.Concat(around.extra, n.Multi.names())
	out = append(out, at.assigns("the value of", n.Assign)...)
	if e := n.Event; e != nil {
		out = append(out, at.event(e)...)
	}
	if call := n.Call; call != nil {
		out = append(out, at.inputs(call.Inputs)...)
		back := at
		back.extra = append(slices.Clip(at.extra), "result")
		out = append(out, back.assigns("the output", call.Outputs)...)
	}
	if t := n.Task; t != nil {
		out = append(out, at.template("the title", t.Title)...)
		out = append(out, at.template("the text of the instructions", t.Instructions)...)
		out = append(out, at.people("a recipient", t.Recipients)...)
		if t.Deadline != nil {
			out = append(out, at.expr("the deadline", t.Deadline.After)...)
			out = append(out, at.expr("the deadline", t.Deadline.At)...)
		}
		out = append(out, at.answers(t)...)
		if t.Notify != nil {
			out = append(out, at.template("the notification's subject", t.Notify.Subject)...)
			out = append(out, at.template("the notification's text", t.Notify.Body)...)
		}
	}
	if m := n.Email; m != nil {
		out = append(out, at.people("a recipient of the mail", slices.Concat(m.To, m.Cc))...)
		out = append(out, at.template("the mail's subject", m.Subject)...)
		out = append(out, at.template("the mail's text", m.Body)...)
	}
	if s := n.Service; s != nil {
		out = append(out, at.service(s)...)
	}
	return out
}

func (u use) answers(t *Task) []use {
	out := u.expr("how long a claim may stand idle", t.Idle)
	for _, r := range t.Reminders {
		out = append(out, u.expr("a reminder", r.After)...)
		out = append(out, u.expr("a reminder", r.Before)...)
		out = append(out, u.expr("the repetition of a reminder", r.Every)...)
		out = append(out, u.template("the reminder's subject", r.Subject)...)
		out = append(out, u.template("the reminder's text", r.Body)...)
		out = append(out, u.people("a recipient of the redirect", r.Redirect)...)
	}
	if t.Answers == nil {
		return out
	}
	out = append(out, u.expr("the number of answers wanted", t.Answers.Slots)...)
	inside := u
	inside.extra = slices.Concat(u.extra, AnswerNames)
	for _, r := range t.Answers.Results {
		out = append(out, u.expr("how many answers a result needs", r.Least)...)
		out = append(out, inside.expr(fmt.Sprintf("the condition of the result %q", r.Outcome), r.When)...)
	}
	return out
}

func (u use) event(e *Event) []use {
	var out []use
	if t := e.Timer; t != nil {
		out = append(out, u.expr("the timer", t.After)...)
		out = append(out, u.expr("the timer", t.At)...)
		out = append(out, u.expr("the timer", t.Cycle)...)
	}
	out = append(out, u.expr("the condition", e.Condition)...)
	out = append(out, u.expr("the key", e.Key)...)
	out = append(out, u.expr("how long it is kept", e.Keep)...)
	out = append(out, u.inputs(e.Inputs)...)
	u.extra = append(slices.Clip(u.extra), e.Trigger.String())
	return append(out, u.assigns("the output", e.Outputs)...)
}

func (u use) inputs(list []Input) []use {
	var out []use
	for _, in := range list {
		out = append(out, u.expr("the input "+in.Name, in.Value)...)
		out = append(out, u.template("the input "+in.Name, in.Text)...)
	}
	return out
}

func (u use) multi(m *Multi) []use {
	if m == nil {
		return nil
	}
	out := u.expr("the collection", m.Collection)
	out = append(out, u.expr("the number of times", m.Cardinality)...)
	around := u.extra
	u.extra = slices.Concat(around, LoopNames)
	out = append(out, u.expr("the completion condition", m.Completion)...)
	if m.Loop != nil {
		out = append(out, u.expr("the loop condition", m.Loop.While)...)
	}
	u.extra = slices.Concat(around, m.names())
	return append(out, u.expr("what each pass gives", m.Output)...)
}

func (u use) service(s *Service) []use {
	out := u.template("the address", s.URL)
	for _, h := range s.Header {
		out = append(out, u.template("the header "+h.Name, h.Value)...)
	}
	out = append(out, u.expr("the body", s.Body)...)
	if o := s.Object; o != nil {
		out = append(out, u.expr("the person whose account is used", o.As.Person)...)
		out = append(out, u.inputs(o.Inputs)...)
	}
	back := []string{"status", "body"}
	if s.Object != nil {
		back = []string{"result"}
	}
	u.extra = slices.Concat(u.extra, back)
	return append(out, u.assigns("the output", s.Outputs)...)
}

func (u use) assigns(what string, as []Assign) []use {
	var out []use
	for _, a := range as {
		out = append(out, u.expr(fmt.Sprintf("%s %q", what, a.Variable), a.Value)...)
	}
	return out
}

func (u use) people(what string, rs []Recipient) []use {
	var out []use
	for _, r := range rs {
		out = append(out, u.template(what, r.Person)...)
		out = append(out, u.expr(what, r.Expr)...)
	}
	return out
}

func (u use) expr(what string, e *expr.Expr) []use {
	if e == nil {
		return nil
	}
	u.what, u.names, u.source = what, e.Names(), e.Source()
	return []use{u}
}

func (u use) template(what string, t *expr.Template) []use {
	if t == nil {
		return nil
	}
	u.what, u.names, u.source = what, t.Names(), t.Source()
	return []use{u}
}
