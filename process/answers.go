package process

import (
	"github.com/signoffhq/signoff"

	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/expr"
)

// Answers says how the answers of several people make the outcome of a task. It
// is looked at with each answer; once it gives an outcome, nobody else is asked.
type Answers struct {
	Slots     *expr.Expr // how many answers are wanted; nil: one of each recipient
	Rule      Rule
	Otherwise string   // the outcome when all have answered and the rule gives none
	Results   []Result // of ByResults: the first that applies gives the outcome
}

// Rule is how answers are weighed.
type Rule uint8

const (
	FirstAnswer Rule = iota // the first decides; slots are for those who have the task open
	AllTheSame              // all have to choose the same action
	Majority                // an action that more than half of the answers wanted choose
	ByResults               // as Results say
)

// Result is an outcome and when it is reached: with so many answers of an action,
// or by a condition. Exactly one of Action and When is set.
type Result struct {
	Outcome string
	Action  string
	Least   *expr.Expr // of Action; nil: one
	When    *expr.Expr // sees AnswerNames, too
}

// AnswerNames are what the condition of a result sees besides the usual: how
// many chose each action, the answers in their order, how many are wanted and
// how many there are.
var AnswerNames = []string{"counts", "answers", "wanted", "answered"}

// MaxSlots bounds how many answers a task can want.
const MaxSlots = 1_000

// MaxResults bounds the results of one task.
const MaxResults = 50

// Reminder is sent to who has not answered yet, or hands the task on. Exactly
// one of After and Before is set.
type Reminder struct {
	After    *expr.Expr // a duration, counted from the offer
	Before   *expr.Expr // a duration, counted back from the deadline
	Every    *expr.Expr // repeated so often, as a duration; nil: once
	Times    int        // how often at most when Every is set; 0: until the task ends
	Subject  *expr.Template
	Body     *expr.Template
	Redirect []Recipient // who gets the task instead; none: a mail is sent
	Hours    Hours       // in which time all of that is counted
}

// MaxReminders bounds the reminders of one task.
const MaxReminders = 20

// Outcomes lists what the task can end with, without repetitions.
func (t *Task) Outcomes() []string {
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, a := range t.Actions {
		add(a.Name)
	}
	if t.Answers != nil {
		for _, r := range t.Answers.Results {
			add(r.Outcome)
		}
		add(t.Answers.Otherwise)
	}
	if t.Deadline != nil {
		add(t.Deadline.Outcome)
	}
	return out
}

// answers checks how the answers of a task make an outcome.
func (c *checker) answers(n *Node, t *Task) {
	a := t.Answers
	if a == nil {
		if t.Serial {
			c.warn(n, "the recipients are asked one after the other, and the first answer decides: nobody but the first is ever asked",
				`Say how many answers are wanted: <signoff:answers rule="all" otherwise="…"/>.`)
		}
		return
	}
	c.wholeNumber(n, "the number of answers wanted", a.Slots)
	if a.Rule != FirstAnswer && strings.TrimSpace(a.Otherwise) == "" {
		c.at(n, "there is no outcome for when all have answered and the rule gives none", `Say what the outcome is then: <signoff:answers otherwise="No consensus"/>.`)
	}
	if a.Rule == FirstAnswer && t.Serial {
		c.warn(n, "the recipients are asked one after the other, and the first answer decides: nobody but the first is ever asked",
			`Choose another rule: all, majority, or results.`)
	}
	if (a.Rule == ByResults) != (len(a.Results) > 0) {
		c.at(n, "the results and the rule do not go together", `Leave out rule="…" where there are results; add results where the rule is "results".`)
	}
	if len(a.Results) > MaxResults {
		c.at(n, fmt.Sprintf("there are more than %d results", MaxResults), "Put several into one condition.")
		return
	}
	for _, r := range a.Results {
		c.result(n, t, r)
	}
}

func (c *checker) result(n *Node, t *Task, r Result) {
	if strings.TrimSpace(r.Outcome) == "" {
		c.at(n, "a result has no outcome", `Name it: <signoff:result outcome="Approve" …/>.`)
	}
	if (r.Action == "") == (r.When == nil) {
		c.at(n, fmt.Sprintf("the result %q needs an action or a condition, and not both", r.Outcome), `Give action="Approve" and least="2", or when="…".`)
	}
	if r.Least != nil && r.Action == "" {
		c.at(n, fmt.Sprintf("the result %q counts answers and does not say of which action", r.Outcome), `Add action="…".`)
	}
	c.wholeNumber(n, fmt.Sprintf("how many answers the result %q needs", r.Outcome), r.Least)
	if r.Action != "" && !slices.ContainsFunc(t.Actions, func(a Action) bool { return a.Name == r.Action }) {
		names := make([]string, len(t.Actions))
		for i, a := range t.Actions {
			names[i] = a.Name
		}
		c.at(n, fmt.Sprintf("the result %q counts the action %q, which the task does not have", r.Outcome, r.Action), signoff.MeantName(r.Action, names))
	}
	if r.When == nil {
		return
	}
	for _, name := range AnswerNames {
		if slices.Contains(c.known, name) && slices.Contains(r.When.Names(), name) {
			c.at(n, fmt.Sprintf("the condition of the result %q uses %q, which is a variable of the workflow, too", r.Outcome, name),
				"Call the variable something else; here the name means the answers.")
		}
	}
}

// wholeNumber checks a number that is the same for every instance.
func (c *checker) wholeNumber(n *Node, what string, e *expr.Expr) {
	if e == nil {
		return
	}
	v, constant := evalConstant(e)
	if !constant {
		return
	}
	number, ok := v.(expr.Number)
	if k, whole := number.Int64(); !ok || !whole || k < 1 || k > MaxSlots {
		c.at(n, fmt.Sprintf("%s is %q", what, e.Source()), fmt.Sprintf("It can be a whole number from 1 to %d, or FEEL that gives one.", MaxSlots))
	}
}

// reminders checks who is reminded, when, and how often.
func (c *checker) reminders(n *Node, t *Task) {
	if len(t.Reminders) > MaxReminders {
		c.at(n, fmt.Sprintf("there are more than %d reminders", MaxReminders), `Repeat one: every="P1D".`)
		return
	}
	for _, r := range t.Reminders {
		c.isDuration(n, "a reminder", r.After)
		c.isDuration(n, "a reminder", r.Before)
		c.isDuration(n, "the repetition of a reminder", r.Every)
		switch {
		case (r.After == nil) == (r.Before == nil):
			c.at(n, "a reminder does not say when, or says it twice", `Give after="P1D", or before="P1D" for a time before the deadline.`)
		case r.Before != nil && t.Deadline == nil:
			c.at(n, "a reminder counts back from the deadline, and there is none", `Use after="…", or add a deadline.`)
		case len(r.Redirect) > 0 && r.Every != nil:
			c.at(n, "a reminder hands the task on again and again", `Leave out every="…"; only mails can be repeated.`)
		case len(r.Redirect) == 0 && t.Notify == nil:
			c.at(n, "a reminder is a mail, and the task sends none", `Remove send="false" of the notification.`)
		}
		if r.Times > 0 && r.Every == nil {
			c.at(n, "a reminder says how many times and not how often", `Add every="P1D".`)
		}
		c.recipients(n, r.Redirect)
	}
}

// excluded checks the steps whose deciders a task keeps out.
func (c *checker) excluded(n *Node, t *Task) {
	for _, id := range t.Exclude {
		i := slices.IndexFunc(c.def.Nodes, func(o Node) bool { return o.ID == id })
		var tasks []string
		for _, o := range c.def.Nodes {
			if o.Kind == UserTask {
				tasks = append(tasks, o.ID)
			}
		}
		switch {
		case i < 0:
			c.at(n, fmt.Sprintf("it keeps out who did %q, which is not a step of the workflow", id), signoff.MeantName(id, tasks))
		case c.def.Nodes[i].Kind != UserTask:
			c.at(n, fmt.Sprintf("it keeps out who did %q, where nobody is asked", id), signoff.MeantName(id, tasks))
		case i == n.Index:
			c.at(n, "it keeps out who did it itself", "Name another step.")
		}
	}
}
