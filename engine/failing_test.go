package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// heavy works while n is small and passes a bound of package expr when it is
// not: the way to make any expression fail and put it right.
const heavy = `count(for i in 1..n return i)`

func TestEveryExpressionThatFailsIsAnIncidentThatRetrySettles(t *testing.T) {
	task := func(change func(s *sketch, task *process.Task)) func(*sketch) {
		return func(s *sketch) { s.user("step", []string{"jane"}, func(task *process.Task) { change(s, task) }) }
	}
	mail := func(change func(s *sketch, e *process.Email)) func(*sketch) {
		return func(s *sketch) {
			e := &process.Email{To: []process.Recipient{{Starter: true}}, Subject: s.template("s"), Body: s.template("b")}
			change(s, e)
			s.node("step", process.SendTask, func(n *process.Node) { n.Email = e })
		}
	}
	call := func(change func(s *sketch, c *process.Service)) func(*sketch) {
		return func(s *sketch) {
			c := &process.Service{Method: "GET", URL: s.template("https://x.test")}
			change(s, c)
			s.node("step", process.ServiceTask, func(n *process.Node) { n.Service = c })
		}
	}
	text, person := "{"+heavy+"}", `{if `+heavy+` > 0 then "bob" else ""}`
	for name, draws := range map[string]func(*sketch){
		"title":        task(func(s *sketch, k *process.Task) { k.Title = s.template(text) }),
		"instructions": task(func(s *sketch, k *process.Task) { k.Instructions = s.template(text) }),
		"deadline": task(func(s *sketch, k *process.Task) {
			k.Deadline = &process.Deadline{After: s.expr(`duration("PT" + string(` + heavy + `) + "H")`)}
		}),
		"notification subject": task(func(s *sketch, k *process.Task) { k.Notify.Subject = s.template(text) }),
		"notification body":    task(func(s *sketch, k *process.Task) { k.Notify.Body = s.template(text) }),
		"recipient":            task(func(s *sketch, k *process.Task) { k.Recipients = []process.Recipient{{Person: s.template(person)}} }),
		"recipients": task(func(s *sketch, k *process.Task) {
			k.Recipients = []process.Recipient{{Expr: s.expr(`for i in 1..n return "bob"`)}}
		}),
		"mail to":      mail(func(s *sketch, e *process.Email) { e.To = []process.Recipient{{Person: s.template(person)}} }),
		"mail copy":    mail(func(s *sketch, e *process.Email) { e.Cc = []process.Recipient{{Person: s.template(person)}} }),
		"mail subject": mail(func(s *sketch, e *process.Email) { e.Subject = s.template(text) }),
		"mail body":    mail(func(s *sketch, e *process.Email) { e.Body = s.template(text) }),
		"call address": call(func(s *sketch, c *process.Service) { c.URL = s.template("https://x.test/" + text) }),
		"call header":  call(func(s *sketch, c *process.Service) { c.Header = []process.Header{{Name: "X", Value: s.template(text)}} }),
		"call body":    call(func(s *sketch, c *process.Service) { c.Body = s.expr(heavy) }),
		"timer": func(s *sketch) {
			s.node("step", process.CatchEvent, func(n *process.Node) {
				n.Event = s.timer(`duration("PT" + string(` + heavy + `) + "H")`)
			})
		},
		"task's timer": func(s *sketch) {
			s.user("step", []string{"jane"}).boundary("late", "step", `duration("PT"+string(`+heavy+`)+"H")`, true)
		},
		"mail's timer": func(s *sketch) {
			mail(func(*sketch, *process.Email) {})(s)
			s.boundary("late", "step", `duration("PT"+string(`+heavy+`)+"H")`, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := draw(t).variable("n", process.Number).node("start", process.StartEvent)
			draws(s)
			s.node("end", process.EndEvent).path("start", "step", "end")
			w := run(s)
			step := w.must("ana", begin(map[string]expr.Value{"n": expr.Int(30_000)}))
			i := w.wantIncident(IncidentExpression)
			if i.Stage != Entering || i.Node != "step" || len(step.Commands) > 0 || len(w.st.Tasks)+len(w.st.Timers)+len(w.st.Effects) > 0 {
				t.Fatalf("something was done in part: %+v", w.st)
			}
			w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"n": expr.Int(3)}})
			if len(w.st.Incidents) != 0 || len(w.st.Tasks)+len(w.st.Timers)+len(w.st.Effects) == 0 {
				t.Fatalf("retry did not settle it: %+v", w.st)
			}
		})
	}
}

func TestRetryOfACallThatCannotBeMadeAnyMoreStaysAnIncident(t *testing.T) {
	s := draw(t).variable("n", process.Number).node("start", process.StartEvent).
		node("call", process.ServiceTask).node("end", process.EndEvent).path("start", "call", "end")
	s.def.Nodes[1].Service = &process.Service{Method: "GET", URL: s.template("https://x.test/{" + heavy + "}")}
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"n": expr.Int(3)}))
	w.must("", EffectFailed{Effect: 2, Attempts: 6, Cause: "no"})
	w.must("root", Retry{Incident: w.wantIncident(IncidentEffect).Seq, Vars: map[string]expr.Value{"n": expr.Int(30_000)}})
	i := w.wantIncident(IncidentExpression)
	step := w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"n": expr.Int(4)}})
	if i.Effect != 2 || len(step.Commands) != 1 || step.Commands[0].Key != "7_2/call" || step.Commands[0].Call.URL != "https://x.test/4" {
		t.Errorf("incident %+v, commands %+v", i, step.Commands)
	}
	w.must("", EffectDone{Effect: 2})
	if w.st.Status != Completed {
		t.Errorf("the instance is %s", w.st.Status)
	}
}

func TestWhatNamesPeople(t *testing.T) {
	jane := personValue(person("jane"))
	for _, c := range []struct {
		value expr.Value
		want  []string
		ok    bool
	}{
		{nil, nil, true},
		{expr.String(" \n"), nil, true},
		{expr.String(" jane\n"), []string{"jane"}, true},
		{jane, []string{"user:jane"}, true},
		{expr.Context{{Key: "email", Value: expr.String("x@y.test")}}, []string{"x@y.test"}, true},
		{expr.Context{{Key: "login", Value: expr.String("j")}, {Key: "email", Value: expr.String("x@y.test")}}, []string{"j"}, true},
		{expr.List{expr.String("a"), nil, jane}, []string{"a", "user:jane"}, true},
		{expr.Context{{Key: "name", Value: expr.String("Jane")}}, nil, false},
		{expr.List{expr.List{expr.String("a")}}, nil, false},
		{expr.List{expr.Int(7)}, nil, false},
		{expr.Boolean(true), nil, false},
	} {
		got, ok := namesIn(nil, c.value)
		if ok != c.ok || ok && !slices.Equal(got, c.want) {
			t.Errorf("%v names %q, %v", c.value, got, ok)
		}
	}
}

func TestManyUnknownNamesAreCutShort(t *testing.T) {
	var names []string
	for range 12 {
		names = append(names, "x")
	}
	if got := quoted(names); strings.Count(got, `"x"`) != 10 || !strings.HasSuffix(got, "and 2 more") {
		t.Errorf("got %s", got)
	}
}

func TestActionsInThePastTense(t *testing.T) {
	for action, want := range map[string]string{"Approve": "approved", "REJECT": "rejected", "deny": "denied", "Send again": `answered "Send again" to`} {
		if got := didWhat(action); got != want {
			t.Errorf("%s: got %s", action, got)
		}
	}
}

func TestLongTextsOfTheWorkflowAreCut(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("ask", []string{"jane"}, func(task *process.Task) {}).node("end", process.EndEvent).path("start", "ask", "end")
	s.def.Nodes[1].Task.Title = s.template("a\n" + strings.Repeat("é", 2*MaxTitle))
	s.def.Nodes[1].Task.Notify = nil
	w := run(s)
	w.must("ana", begin(nil))
	if title := []rune(w.st.Tasks[0].Title); len(title) != MaxTitle || string(title[:3]) != "a é" || title[MaxTitle-1] != '…' {
		t.Errorf("the title has %d characters: %s…", len(title), string(title[:5]))
	}
}

func TestAfterTheEndEverythingSaysSo(t *testing.T) {
	w := run(approval(t))
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(3)}))
	w.must("jane", Act{Task: 2, Action: "Approve"})
	for _, e := range []Event{Act{Task: 2}, Claim{2}, Release{2}, Redirect{Task: 2}, Share{Task: 2}, Sleep{Task: 2}, Wake{2}} {
		w.wantRefusal("jane", e, signoff.Conflict, CodeTaskDone)
		w.wantRefusal("bob", e, signoff.NotFound, CodeTaskNotFound)
	}
	for _, e := range []Event{Comment{Text: "x"}, FinishExternal{Effect: 3}, Retry{Incident: 3}, Cancel{}} {
		w.wantRefusal("jane", e, signoff.Conflict, CodeInstanceEnded)
	}
	for _, e := range []Event{TimerDue{3}, EffectDone{Effect: 3}, EffectFailed{Effect: 3}} {
		w.wantRefusal("", e, signoff.Conflict, CodeRedundant)
	}
}
