package process

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// node checks one node by itself: has it what its kind needs?
func (c *checker) node(n *Node) {
	if utf8.RuneCountInString(n.Name) > maxNameRunes {
		c.at(n, fmt.Sprintf("its name has more than %d characters", maxNameRunes), "Shorten it; put the rest into its documentation.")
	}
	switch n.Kind {
	case TerminateEvent, PassThrough, ExclusiveGateway, ParallelGateway, ScriptTask, EventGateway:
	case InclusiveGateway:
		c.inclusive(n)
	case UserTask:
		c.task(n)
	case SendTask:
		c.email(n)
	case ServiceTask:
		c.service(n)
	case StartEvent, EndEvent, CatchEvent, ThrowEvent:
		c.event(n)
	case BoundaryEvent:
		c.event(n)
		c.boundary(n)
	case ReceiveTask:
		c.event(n)
	case SubProcess, EventSubProcess:
		c.subProcess(n)
	case CallActivity:
		c.callActivity(n)
	default:
		c.at(n, "signoff does not know how to run a "+n.Element, "Use another kind of step.")
	}
	for _, a := range n.Assign {
		c.assigned(n, a.Variable)
	}
	c.multi(n)
	if r := n.Retry; r != nil && (r.Max < 1 || r.First <= 0 || r.Cap < r.First) {
		c.at(n, "its retry policy cannot work", "Try at least once, wait longer than nothing, and no longer than the cap.")
	}
}

func (c *checker) task(n *Node) {
	t := n.Task
	if t == nil {
		t = &Task{}
	}
	if len(t.Recipients) == 0 {
		c.at(n, "nobody is asked: the task has no recipients", `Name at least one: a person, a group, the starter, or an expression (<signoff:recipient person="…"/> in <signoff:task>).`)
	}
	c.recipients(n, t.Recipients)
	if len(t.Actions) == 0 {
		c.at(n, "there is nothing to decide: the task has no actions", `Add what people can choose, such as Approve and Reject (<signoff:action name="Approve"/> in <signoff:task>).`)
	}
	c.actions(n, t.Actions)
	if t.Result != "" {
		switch wrong := CheckName(t.Result); {
		case wrong != "":
			c.at(n, fmt.Sprintf("the task's result %q %s", t.Result, wrong), nameAdvice)
		case slices.Contains(Builtins, t.Result):
			c.at(n, fmt.Sprintf("the task's result is called %q, which signoff uses itself", t.Result), "Choose another name.")
		case c.declared[t.Result] != nil && c.declared[t.Result].Type != JSON:
			c.at(n, fmt.Sprintf("the task's result %q is also a variable of type %s", t.Result, c.declared[t.Result].Type),
				"Choose another name, or make the variable's type json: a result holds outcome, comment, by and at.")
		}
	}
	for _, f := range t.Fields {
		c.assigned(n, f)
	}
	c.deadline(n, t)
	c.answers(n, t)
	c.reminders(n, t)
	c.excluded(n, t)
	if t.Idle != nil && !t.Claiming {
		c.at(n, "claims are given back after a time, and a claim means nothing here", `Add claiming="true", or remove idle="…".`)
	}
	c.isDuration(n, "how long a claim may stand idle", t.Idle)
	if t.ExcludeStarter && len(t.Recipients) > 0 && !slices.ContainsFunc(t.Recipients, func(r Recipient) bool { return !r.Starter }) {
		c.at(n, "only the starter is asked, and the starter is excluded", "Name somebody else, or allow the starter.")
	}
}

// actions checks that each can be told from the others, also in a mail.
func (c *checker) actions(n *Node, actions []Action) {
	seen := map[string]bool{}
	for _, a := range actions {
		folded := strings.ToLower(a.Name)
		switch {
		case strings.TrimSpace(a.Name) == "":
			c.at(n, "an action has no name", "Call it what people will press: Approve.")
		case seen[folded]:
			c.at(n, fmt.Sprintf("the action %q stands twice (upper and lower case are the same)", a.Name), "Leave one.")
		case len(a.Name) > 100 || strings.ContainsAny(a.Name, "\n\r\t"):
			c.at(n, "an action has a name too long for a button", "Use one to three words.")
		}
		seen[folded] = true
	}
}

func (c *checker) deadline(n *Node, t *Task) {
	d := t.Deadline
	if d == nil {
		return
	}
	if d.Count && (t.Answers == nil || t.Answers.Rule == FirstAnswer) {
		c.at(n, "at the deadline answers are to be counted, and the first answer decides anyway", `Remove count="true", or say how answers are weighed: <signoff:answers rule="majority" otherwise="…"/>.`)
	}
	if strings.TrimSpace(d.Outcome) == "" {
		c.at(n, "the deadline has no outcome", "Say what the task's outcome is then, such as Expired.")
	}
	if (d.After == nil) == (d.At == nil) {
		c.at(n, "the deadline needs a duration or a moment, and not both", "Give one of them.")
		return
	}
	c.isDuration(n, "the deadline", d.After)
	c.isMoment(n, "the deadline", d.At)
}

func (c *checker) recipients(n *Node, rs []Recipient) {
	for _, r := range rs {
		given := 0
		for _, set := range []bool{r.Person != nil, r.Group != "", r.Members != "", r.Starter, r.Expr != nil} {
			if set {
				given++
			}
		}
		if given != 1 {
			c.at(n, "a recipient is named in no way, or in several at once", "Give a person, a group, the starter or an expression.")
		}
	}
}

func (c *checker) email(n *Node) {
	m := n.Email
	if n.Event != nil {
		c.event(n) // it sends a message instead
		return
	}
	if m == nil || m.Subject == nil {
		c.at(n, "the mail has no subject", "Say what the mail is about.")
	}
	if m == nil || len(m.To) == 0 {
		c.at(n, "the mail goes to nobody", `Name at least one recipient (<signoff:to person="…"/> or starter="true" in <signoff:email>).`)
		return
	}
	c.recipients(n, m.To)
	c.recipients(n, m.Cc)
}

func (c *checker) service(n *Node) {
	s := n.Service
	switch {
	case s == nil:
		c.at(n, "the service task calls nothing", "Give it an address to call, or make it wait for another system.")
	case s.Object != nil:
		c.object(n, s)
	case !s.External && s.URL == nil:
		c.at(n, "the service task has no address to call", "Give it a URL.")
	case s.External && (s.URL != nil || s.Body != nil || len(s.Outputs) > 0):
		c.at(n, "the service task both waits for another system and calls one", "Make two steps of it.")
	}
	if s != nil {
		for _, o := range s.Outputs {
			c.assigned(n, o.Variable)
		}
	}
}

// object checks a call of a service object as far as it can be known without
// the service.
func (c *checker) object(n *Node, s *Service) {
	o := s.Object
	if s.External || s.URL != nil || s.Body != nil || len(s.Header) > 0 {
		c.at(n, "the service task calls a service object and something else", "Make two steps of it.")
	}
	for _, part := range []struct{ what, name string }{{"service", o.Service}, {"object", o.Object}, {"method", o.Method}} {
		if part.name == "" {
			c.at(n, "the call does not say which "+part.what, `Name it: <signoff:call service="office" object="Email" method="send">.`)
		} else if utf8.RuneCountInString(part.name) > maxCallName {
			c.at(n, fmt.Sprintf("the name of the %s has more than %d characters", part.what, maxCallName), "Use the name it has under Services.")
		}
	}
	if o.As.Starter && o.As.Person != nil {
		c.at(n, "the call uses two people's accounts", "Name the starter or a person.")
	}
	seen := map[string]bool{}
	for _, in := range o.Inputs {
		switch {
		case in.Name == "" || utf8.RuneCountInString(in.Name) > maxCallName:
			c.at(n, "an input of the call has no name that could be one", "Use the name the method gives it.")
		case seen[in.Name]:
			c.at(n, fmt.Sprintf("the input %q is given twice", in.Name), "Leave one; several values are a FEEL list: value=\"=[a, b]\".")
		case (in.Value == nil) == (in.Text == nil):
			c.at(n, fmt.Sprintf("the input %q has no value, or two", in.Name), "Give text, or FEEL that begins with \"=\".")
		}
		seen[in.Name] = true
	}
}

// maxCallName bounds the names of services, objects, methods and inputs.
const maxCallName = 100

// isDuration checks a duration that is the same for every instance.
func (c *checker) isDuration(n *Node, what string, e *expr.Expr) {
	if e == nil {
		return
	}
	switch v, constant := evalConstant(e); v.(type) {
	case expr.DaysDuration, expr.MonthsDuration:
	default:
		if constant {
			c.at(n, fmt.Sprintf("%s waits for %q, which is not a duration", what, e.Source()), `Write P3D, or a FEEL duration such as duration("P3D").`)
		}
	}
}

// isMoment checks a moment that is the same for every instance.
func (c *checker) isMoment(n *Node, what string, e *expr.Expr) {
	if e == nil {
		return
	}
	switch v, constant := evalConstant(e); v.(type) {
	case expr.DateTime, expr.Date:
	default:
		if constant {
			c.at(n, fmt.Sprintf("%s waits until %q, which is not a date and time", what, e.Source()), `Write 2026-12-24T12:00:00Z, or FEEL such as now() + duration("P1D").`)
		}
	}
}

// assigned checks the name of a variable that a step sets.
func (c *checker) assigned(n *Node, name string) {
	if c.declared[name] != nil || name == "" {
		return
	}
	names := make([]string, 0, len(c.def.Variables))
	for _, v := range c.def.Variables {
		names = append(names, v.Name)
	}
	advice := fmt.Sprintf("Declare it on the workflow (<signoff:variable name=%q type=\"…\"/>).", name)
	if near := signoff.Nearest(name, names); near != "" {
		advice = "Did you mean " + near + "? If not: " + advice
	}
	c.at(n, fmt.Sprintf("it sets %q, which is not a variable of the workflow", name), advice)
}
