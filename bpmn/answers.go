package bpmn

import (
	"strings"

	"github.com/signoffhq/signoff/process"
)

// rules are the ways of weighing answers, as they are written.
var rules = []string{"first", "all", "majority", "results"} // in the order of process.Rule

// answers reads how the answers of several people make an outcome.
func (x ext) answers() *process.Answers {
	a := &process.Answers{Otherwise: oneSpaced(x.text("otherwise"))}
	if !isBlank(x.e.Get("slots")) {
		a.Slots = x.expr("slots")
	}
	for _, r := range x.all("result") {
		a.Results = append(a.Results, r.result())
	}
	usual := "first"
	if len(a.Results) > 0 {
		usual = "results"
	}
	chosen := x.choice("rule", usual, rules...)
	for i, name := range rules {
		if name == chosen {
			a.Rule = process.Rule(i)
		}
	}
	return a
}

func (x ext) result() process.Result {
	r := process.Result{Outcome: oneSpaced(x.text("outcome")), Action: oneSpaced(x.text("action"))}
	if !isBlank(x.e.Get("least")) {
		r.Least = x.expr("least")
	}
	if !isBlank(x.e.Get("when")) {
		r.When = x.expr("when")
	}
	return r
}

// oneSpaced is a name as actions have it: with single spaces.
func oneSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }

// reminder reads a mail to who has not answered, or a redirect when they do not.
func (x ext) reminder() process.Reminder {
	r := process.Reminder{Times: x.number("times", 0, 1, 1000), Subject: x.template("subject"), Body: x.content(),
		Redirect: x.recipients("redirect"), Hours: x.hours()}
	if !isBlank(x.e.Get("after")) {
		r.After = x.b.duration(x.source("after"), true)
	}
	if !isBlank(x.e.Get("before")) {
		r.Before = x.b.duration(x.source("before"), true)
	}
	if !isBlank(x.e.Get("every")) {
		r.Every = x.b.duration(x.source("every"), true)
	}
	if len(r.Redirect) > 0 && (r.Subject != nil || r.Body != nil) {
		x.b.warn(x.owner, x.e.Line, "the text of the reminder is not used: it hands the task on", "Remove the text, or make two reminders.")
	}
	return r
}
