package scenario

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// tell writes one line: a word in front, then parts, the empty ones left out.
func (w *world) tell(front string, parts ...string) {
	w.out = append(w.out, fmt.Sprintf("%-4s  %s", front, join(parts...)))
}

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" }), "  ")
}

// about writes one line about a thing, in columns.
func (w *world) about(front, what string, ref int, parts ...string) {
	w.out = append(w.out, strings.TrimRight(fmt.Sprintf("%-4s  %-12s  %-3s  %s", front, what, w.labels[ref], join(parts...)), " "))
}

func (w *world) tellRefusal(err error) {
	var detail []string
	code := "internal"
	if e, ok := errors.AsType[*signoff.Error](err); ok {
		code = e.Code
		detail = append(detail, e.Detail)
		for _, f := range e.Fields {
			detail = append(detail, strings.TrimSuffix(f.Field+": "+f.Detail+" ("+f.Advice+")", " ()"))
		}
		if e.Hint != "" {
			detail = append(detail, e.Hint)
		}
	} else {
		detail = append(detail, err.Error())
	}
	for i, text := range detail {
		detail[i] = signoff.Tell(strings.ReplaceAll(text, "\n", " "), func(p signoff.Principal) string { return short(p) }, time.UTC)
	}
	w.refusal = strings.Join(detail, "; ")
	w.out = append(w.out, "refused  "+code)
	for _, text := range detail {
		w.out = append(w.out, "      "+text)
	}
}

// tellFact writes down what became true.
func (w *world) tellFact(f *engine.Fact) {
	by := key("by", short(f.By))
	if f.Behind != "" {
		by = key("by", short(f.Behind)) + "  " + key("for", short(f.By))
	}
	switch f.Kind {
	case engine.Started:
		w.about("fact", "started", 0, by, strconv.Quote(f.Folio))
	case engine.Entered, engine.Left:
		if w.steps {
			w.about("fact", string(f.Kind), 0, w.node(f.Node), key("via", f.Flow))
		}
	case engine.VarsSet:
		w.about("fact", "variables set", 0, by, w.vars(f.Vars))
	case engine.Commented:
		w.about("fact", "commented", f.Ref, by, strconv.Quote(f.Text))
	case engine.FileAdded:
		w.label('f', f.Subject)
		w.about("fact", string(f.Kind), f.Subject, strconv.Quote(f.Title), key("on", w.labels[f.Ref]), by, f.Text)
	case engine.FileRemoved:
		w.about("fact", string(f.Kind), f.Subject, strconv.Quote(f.Title), by, quoteSome(f.Text))
	case engine.Ended:
		w.about("fact", "ended", 0, by, string(f.Status), quoteSome(f.Text), key("error", f.Code))
	case engine.ScopeOpened, engine.LoopBegun, engine.ScopeEnded, engine.ConditionLapsed:
		if w.steps {
			w.about("fact", string(f.Kind), 0, w.node(f.Node), quoteSome(f.Text))
		}
	case engine.WaitSet:
		w.label('m', f.Ref)
		w.about("fact", string(f.Kind), f.Ref, f.Effect, w.node(f.Node), key("name", f.Title), key("key", f.Code))
	case engine.WaitCleared, engine.MessageReceived, engine.SignalReceived, engine.ConditionMet:
		w.about("fact", string(f.Kind), f.Ref, by, quoteSome(f.Text))
	case engine.ErrorCaught, engine.EscalationCaught:
		w.about("fact", string(f.Kind), 0, w.node(f.Node), key("code", f.Code), quoteSome(f.Text))
	case engine.TimerSet, engine.TimerFired, engine.TimerCleared:
		w.tellTimer(f)
	case engine.EffectRequested:
		w.label('e', f.Ref)
		w.about("fact", string(f.Kind), f.Ref, f.Effect, w.node(f.Node))
	case engine.EffectFinished, engine.EffectDropped:
		w.about("fact", string(f.Kind), f.Ref, by)
	case engine.IncidentRaised:
		w.label('i', f.Ref)
		w.about("fact", string(f.Kind), f.Ref, f.Code, w.node(f.Node))
		w.out = append(w.out, "      "+f.Text, "      "+f.Advice)
	case engine.IncidentCleared:
		w.about("fact", string(f.Kind), f.Ref, by, strconv.Quote(f.Text))
	default:
		if !w.tellRepair(f, by) {
			w.tellTask(f, by)
		}
	}
}

func (w *world) tellTask(f *engine.Fact, by string) {
	switch f.Kind {
	case engine.TaskOffered:
		w.label('t', f.Ref)
		w.about("fact", string(f.Kind), f.Ref, strconv.Quote(f.Title), key("to", people(f.To)), key("outcomes", w.outcomes(f.Node)),
			number("wanted", f.Slots), key("later", people(f.Later)),
			w.due(f.Due), w.priority(f.Priority))
	case engine.TaskShared:
		w.about("fact", string(f.Kind), f.Ref, by, key("to", people(f.To)), quoteSome(f.Text))
	case engine.TaskRedirected:
		from := short(f.From)
		if from == "" {
			from = "everybody"
		}
		w.about("fact", string(f.Kind), f.Ref, by, key("from", from), key("to", people(f.To)), quoteSome(f.Text))
	case engine.TaskSlept:
		w.about("fact", string(f.Kind), f.Ref, by, "until "+w.moment(*f.Due))
	case engine.TaskWoken:
		w.about("fact", string(f.Kind), f.Ref, by, key("for", people(f.To)))
	case engine.TaskDecided:
		w.about("fact", string(f.Kind), f.Ref, value(expr.String(f.Outcome)), by, key("channel", f.Channel), quoteSome(f.Text), w.vars(f.Vars))
	case engine.TaskAnswered:
		w.about("fact", string(f.Kind), f.Ref, value(expr.String(f.Action)), by, key("channel", f.Channel), quoteSome(f.Text), w.vars(f.Vars))
	case engine.TaskConcluded:
		w.about("fact", string(f.Kind), f.Ref, value(expr.String(f.Outcome)), by, quoteSome(f.Text), w.vars(f.Vars))
	case engine.TaskPassed, engine.TaskReminded:
		w.about("fact", string(f.Kind), f.Ref, key("to", people(f.To)))
	case engine.TaskAsked:
		w.label('q', f.Subject)
		w.about("fact", string(f.Kind), f.Ref, w.labels[f.Subject], by, key("to", people(f.To)), quoteSome(f.Text))
	case engine.TaskReplied:
		w.about("fact", string(f.Kind), f.Ref, w.labels[f.Subject], by, quoteSome(f.Text))
	case engine.TaskExpired:
		w.about("fact", string(f.Kind), f.Ref, value(expr.String(f.Outcome)), w.vars(f.Vars))
	case engine.TaskWithdrawn:
		outcome := ""
		if f.Outcome != "" {
			outcome = value(expr.String(f.Outcome))
		}
		w.about("fact", string(f.Kind), f.Ref, outcome, by, strconv.Quote(f.Text))
	default: // claimed, released
		until := ""
		if f.Due != nil {
			until = "until " + w.moment(*f.Due)
		}
		w.about("fact", string(f.Kind), f.Ref, by, key("whose", people(f.To)), until, quoteSome(f.Text))
	}
}

func (w *world) tellTimer(f *engine.Fact) {
	if f.Kind != engine.TimerSet {
		w.about("fact", string(f.Kind), f.Ref)
		return
	}
	w.label('w', f.Ref)
	what := w.node(f.Node)
	switch f.TimerFor {
	case engine.ForDeadline, engine.ForSleep, engine.ForIdle, engine.ForReminder:
		what = string(f.TimerFor) + " of " + w.labels[f.Subject]
	}
	again := ""
	if f.TimerFor == engine.ForReminder && f.Attempts != 0 {
		again = "again"
	}
	if f.Text != "" {
		again = key("again", f.Text)
		if f.Attempts >= 0 {
			again = fmt.Sprintf("%s, %d more", again, f.Attempts)
		}
	}
	w.about("fact", string(f.Kind), f.Ref, what, w.due(f.Due), again)
}

// tellCommand writes down what the world is asked to do.
func (w *world) tellCommand(c *engine.Command) {
	switch {
	case c.Notify != nil:
		what := "notify"
		if c.Notify.Reminder {
			what = "remind"
		}
		w.about("do", what, c.Ref, key("to", people(c.Notify.To)), quoteSome(c.Notify.Subject), quoteSome(c.Notify.Body), quoteSome(c.Notify.Rule))
	case c.Email != nil:
		w.about("do", "email", c.Ref, key("to", addresses(c.Email.To)), key("cc", addresses(c.Email.Cc)), strconv.Quote(c.Email.Subject), quoteSome(c.Email.Body))
	case c.Call != nil && c.Call.Service != "":
		again := ""
		if c.Call.Again {
			again = "again"
		}
		w.about("do", "call", c.Ref, c.Call.Service+": "+c.Call.Object+"."+c.Call.Method, key("as", short(c.Call.As)), again, c.Call.Inputs)
	case c.Call != nil:
		var headers []string
		for _, name := range slices.Sorted(maps.Keys(c.Call.Header)) {
			headers = append(headers, key(name, c.Call.Header[name]))
		}
		w.about("do", "call", c.Ref, c.Call.Method+" "+c.Call.URL, join(headers...), c.Call.Body)
	case c.Message != nil:
		until := ""
		if c.Message.Until != nil {
			until = "until " + w.moment(*c.Message.Until)
		}
		w.about("do", string(c.Kind), c.Ref, strconv.Quote(c.Message.Name), key("key", c.Message.Key), until, w.carried(c.Message.Vars))
	case c.Workflow != nil:
		w.about("do", "workflow", c.Ref, c.Workflow.Key, key("version", c.Workflow.Version), w.carried(c.Workflow.Vars))
	}
}

// carried lists what a message or a workflow is given.
func (w *world) carried(vars string) string {
	values, err := engine.Values(vars)
	if err != nil {
		return err.Error()
	}
	return w.vars(values)
}

// tellState writes down how the instance stands.
func (w *world) tellState(a *arguments) error {
	stopped := ""
	if w.st.Held != nil {
		stopped = "stopped by " + short(w.st.Held.By)
	}
	w.tell("is", string(w.st.Status), strconv.Quote(w.st.Folio), stopped)
	for _, k := range w.st.Tokens {
		w.tell("at", w.node(k.Node))
	}
	for _, t := range w.st.Tasks {
		if t.Open() {
			w.tell("task", w.labels[t.Seq], strconv.Quote(t.Title), key("to", people(t.Recipients)), key("claimed", people(t.Claims())), key("later", people(t.Later)), w.asleep(t.Asleep), w.answers(&t))
		}
	}
	for _, t := range w.st.Timers {
		w.tell("due", w.labels[t.Seq], w.moment(t.Due), w.node(t.Node))
	}
	for _, e := range w.st.Effects {
		w.tell("does", w.labels[e.Seq], e.Kind, w.node(e.Node))
	}
	for _, x := range w.st.Waits {
		w.tell("for", w.labels[x.Seq], x.Kind, w.node(x.Node), key("name", x.Name), key("key", x.Key))
	}
	for _, i := range w.st.Incidents {
		w.tell("bad", w.labels[i.Seq], i.Code, w.node(i.Node))
	}
	for _, name := range slices.Sorted(maps.Keys(w.st.Vars)) {
		w.tell("var", name+"="+value(w.st.Vars[name]))
	}
	return a.done()
}

// answers says how the answers to a task stand.
func (w *world) answers(t *engine.Task) string {
	if len(t.Answers) == 0 {
		return ""
	}
	return engine.Tally(t.Answers, t.Slots)
}

// number is name=n; nothing for none.
func number(name string, n int) string {
	if n == 0 {
		return ""
	}
	return key(name, strconv.Itoa(n))
}

func (w *world) asleep(list []engine.Asleep) string {
	var parts []string
	for _, a := range list {
		parts = append(parts, fmt.Sprintf("asleep for %s until %s", short(a.By), w.moment(a.Until)))
	}
	return join(parts...)
}

// key is name=value, quoted where it has to be; nothing for no value.
func key(name, text string) string {
	if text == "" {
		return ""
	}
	return name + "=" + value(expr.String(text))
}

func quoteSome(s string) string {
	if s == "" {
		return ""
	}
	return strconv.Quote(s)
}

func people(ps []signoff.Principal) string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = short(p)
	}
	return strings.Join(names, ",")
}

// addresses are principals without their kind, and bare addresses as they are.
func addresses(to []string) string {
	names := make([]string, len(to))
	for i, s := range to {
		names[i] = s
		if p := signoff.Principal(s); p.IsUser() || p.IsGroup() {
			names[i] = short(p)
		}
	}
	return strings.Join(names, ",")
}

// node is a step as people know it.
func (w *world) node(id string) string {
	if n := w.step(id); n != nil && n.Name != "" {
		return strconv.Quote(n.Name)
	}
	return id
}

func (w *world) step(id string) *process.Node {
	if w.def == nil {
		return nil
	}
	for i := range w.def.Nodes {
		if w.def.Nodes[i].ID == id {
			return &w.def.Nodes[i]
		}
	}
	return nil
}

func (w *world) outcomes(node string) string {
	n := w.step(node)
	if n == nil || n.Task == nil {
		return ""
	}
	names := make([]string, len(n.Task.Actions))
	for i, a := range n.Task.Actions {
		names[i] = a.Name
	}
	return strings.Join(names, ",")
}

func (w *world) priority(p int) string {
	return [...]string{"high", "", "low"}[p]
}

func (w *world) due(t *time.Time) string {
	if t == nil {
		return ""
	}
	return "due " + w.moment(*t)
}

// moment is a time to the minute, or as exactly as needed.
func (w *world) moment(t time.Time) string {
	if t.Second() == 0 && t.Nanosecond() == 0 {
		return t.UTC().Format("2006-01-02 15:04")
	}
	return t.UTC().Format("2006-01-02 15:04:05.999999")
}

// vars lists variables, those of the workflow in its order; results of tasks
// repeat what the line says already.
func (w *world) vars(vars map[string]expr.Value) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if !w.isResult(name) {
			parts = append(parts, name+"="+value(vars[name]))
		}
	}
	return join(parts...)
}

func (w *world) isResult(name string) bool {
	return slices.ContainsFunc(w.def.Nodes, func(n process.Node) bool { return n.Task != nil && n.Task.Result == name })
}

// value is a variable's value on one line.
func value(v expr.Value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case expr.String:
		if s := string(v); s == "" || strings.ContainsAny(s, " \t\r\n\"") {
			return strconv.Quote(s)
		}
		return string(v)
	case expr.List, expr.Context:
		return string(expr.AppendPlainJSON(nil, v))
	}
	return expr.Text(v)
}
