package process

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/expr"
)

// place is where an event stands, as the rules for triggers tell places apart.
type place struct {
	words    string
	triggers []Trigger
}

var (
	atStart    = place{"start event of a workflow", []Trigger{OnTimer, OnMessage, OnSignal}}
	inSub      = place{"start event of a sub-process", nil}
	inHandler  = place{"start event of an event sub-process", []Trigger{OnTimer, OnMessage, OnSignal, OnError, OnEscalation, OnCondition}}
	atEnd      = place{"end event", []Trigger{OnMessage, OnSignal, OnError, OnEscalation}}
	catching   = place{"catching event", []Trigger{OnTimer, OnMessage, OnSignal, OnCondition, OnLink}}
	throwing   = place{"throwing event", []Trigger{OnMessage, OnSignal, OnEscalation, OnLink}}
	onEdge     = place{"boundary event", []Trigger{OnTimer, OnMessage, OnSignal, OnError, OnEscalation, OnCondition}}
	receiving  = place{"receive task", []Trigger{OnMessage}}
	sendingOut = place{"send task", []Trigger{OnMessage}}
)

// placeOf tells where an event stands.
func (c *checker) placeOf(n *Node) place {
	switch n.Kind {
	case EndEvent:
		return atEnd
	case CatchEvent:
		return catching
	case ThrowEvent:
		return throwing
	case BoundaryEvent:
		return onEdge
	case ReceiveTask:
		return receiving
	case SendTask:
		return sendingOut
	}
	switch {
	case n.Scope < 0:
		return atStart
	case c.def.Nodes[n.Scope].Kind == EventSubProcess:
		return inHandler
	}
	return inSub
}

// event checks an event's trigger: may it stand there, and does it say what it
// needs (BPMN 2.0.2 §10.5.5, tables 10.84 to 10.93)?
func (c *checker) event(n *Node) {
	at := c.placeOf(n)
	if n.Event == nil {
		if n.Kind != StartEvent && n.Kind != EndEvent || at.words == inHandler.words {
			c.at(n, fmt.Sprintf("this %s does not say what it is about", at.words), "Give it "+triggerWords(at.triggers)+".")
		}
		return
	}
	e := n.Event
	if !slices.Contains(at.triggers, e.Trigger) {
		advice := "It can have " + triggerWords(at.triggers) + "."
		if len(at.triggers) == 0 {
			advice = "Draw a plain start event; what begins by an event is an event sub-process."
		}
		c.at(n, fmt.Sprintf("a %s cannot have the trigger %q", at.words, e.Trigger), advice)
		return
	}
	switch e.Trigger {
	case OnTimer:
		c.timer(n)
	case OnMessage, OnSignal:
		c.named(n, e)
	case OnError, OnEscalation:
		c.code(n, e)
	case OnCondition:
		if e.Condition == nil {
			c.at(n, "the event has no condition", "Write one in FEEL, such as amount > 1000.")
		}
	case OnLink:
		c.link(n)
	}
	for _, o := range e.Outputs {
		c.assigned(n, o.Variable)
	}
	c.inputNames(n, e.Inputs)
}

func triggerWords(list []Trigger) string {
	words := make([]string, len(list))
	for i, t := range list {
		words[i] = t.String()
	}
	return strings.Join(words, ", ")
}

// maxEventName bounds the names of messages, signals and links, and codes.
const maxEventName = 200

func (c *checker) named(n *Node, e *Event) {
	switch {
	case e.Name == "":
		c.at(n, fmt.Sprintf("it does not say which %s", e.Trigger), fmt.Sprintf("Define the %s with a name, and choose it here.", e.Trigger))
	case len(e.Name) > maxEventName:
		c.at(n, fmt.Sprintf("the name of the %s has more than %d bytes", e.Trigger, maxEventName), "Shorten it.")
	}
	c.isDuration(n, "the message", e.Keep)
}

func (c *checker) code(n *Node, e *Event) {
	throws := n.Kind == EndEvent || n.Kind == ThrowEvent
	switch {
	case throws && e.Code == "":
		c.at(n, fmt.Sprintf("it does not say which %s it throws", e.Trigger), fmt.Sprintf("Define the %s with a code, and choose it here.", e.Trigger))
	case len(e.Code) > maxEventName:
		c.at(n, "the code has more than 200 bytes", "Shorten it.")
	}
	if e.Trigger != OnError {
		return
	}
	if n.Attach != nil && !n.Attach.Interrupting || n.Kind == StartEvent && !e.Interrupting {
		c.at(n, "an error always ends what it happens in, and this event does not", "Make it interrupting, or use an escalation (BPMN §10.5.5).")
	}
}

// link checks that a link has one end to come out at, in the same process level
// (BPMN 2.0.2 §10.5.5).
func (c *checker) link(n *Node) {
	if n.Event.Name == "" {
		c.at(n, "the link has no name", "Give both ends the same name.")
		return
	}
	ends, throws := 0, 0
	for i := range c.def.Nodes {
		o := &c.def.Nodes[i]
		if !o.Is(OnLink) || o.Scope != n.Scope || o.Event.Name != n.Event.Name {
			continue
		}
		if o.Kind == CatchEvent {
			ends++
		} else {
			throws++
		}
	}
	switch {
	case n.Kind == ThrowEvent && ends == 0:
		c.at(n, fmt.Sprintf("the link %q leads nowhere", n.Event.Name), "Draw a catching link event of the same name in the same process or sub-process.")
	case n.Kind == CatchEvent && ends > 1:
		c.at(n, fmt.Sprintf("the link %q has several ends", n.Event.Name), "Leave one; several links may lead to it.")
	case n.Kind == CatchEvent && throws == 0:
		c.at(n, fmt.Sprintf("no link %q leads to it", n.Event.Name), "Draw a throwing link event of the same name.")
	}
}

func (c *checker) timer(n *Node) {
	t := n.Event.Timer
	given := 0
	if t != nil {
		for _, e := range []*expr.Expr{t.After, t.At, t.Cycle} {
			if e != nil {
				given++
			}
		}
	}
	if given != 1 {
		c.at(n, "the timer needs a duration, a moment or a cycle, and not both", "Give one of them.")
		return
	}
	c.isDuration(n, "the timer", t.After)
	c.isMoment(n, "the timer", t.At)
	c.isCycle(n, t.Cycle)
	if t.Hours.Working && n.Kind == StartEvent && n.Scope < 0 {
		c.at(n, "what starts a workflow by time is not counted in working time", `Start it by the clock, and wait for working time in it: a timer with <signoff:timer working="true"/>.`)
	}
	if t.Zone != "" {
		if _, err := time.LoadLocation(t.Zone); err != nil {
			c.at(n, fmt.Sprintf("the timer's time zone %q is not known", t.Zone), "Use the name of a zone, such as Europe/Berlin.")
		}
	}
}

// isCycle checks a cycle that is the same for every instance.
func (c *checker) isCycle(n *Node, e *expr.Expr) {
	if e == nil {
		return
	}
	v, constant := evalConstant(e)
	if !constant {
		return
	}
	text, ok := v.(expr.String)
	_, err := ParseCycle(string(text))
	if !ok || err != nil {
		reason := "it is no text"
		if err != nil {
			reason = err.Error()
		}
		c.at(n, fmt.Sprintf("the timer's cycle %s cannot be used: %s", e.Source(), reason), "Write R3/PT1H (three times, an hour apart), R/P1D (every day), or a cron expression such as 0 9 * * MON.")
	}
}

// boundary checks what a boundary event sits on (BPMN 2.0.2 §10.5.4).
func (c *checker) boundary(n *Node) {
	if n.Attach == nil {
		c.at(n, "the boundary event is attached to nothing", "Put it on the edge of a task.")
		return
	}
	to := &c.def.Nodes[n.Attach.To]
	if to.Kind == 0 || n.Event == nil {
		return
	}
	switch e := n.Event.Trigger; {
	case !to.IsActivity():
		c.at(n, "the boundary event sits on a "+to.Element+"; it can sit on an activity only", "Put it on the edge of a task.")
	case to.Scope != n.Scope:
		c.at(n, "the boundary event sits on a step of another sub-process", "Draw it where its step is drawn.")
	case to.Kind == PassThrough || to.Kind == ScriptTask:
		what := "the event never happens"
		if e == OnTimer {
			what = "the timer never fires"
		}
		c.warn(n, fmt.Sprintf("%s: %q is done as soon as it begins", what, to.Name), "Put it on a step that waits.")
	case e == OnError && (to.Kind == UserTask || to.Kind == ReceiveTask):
		c.warn(n, fmt.Sprintf("nothing throws an error in %q", to.Name), "Put it on a service task, a call activity or a sub-process; draw what people can decide as actions.")
	case e == OnError && n.Event.Code == "" && (to.Kind == ServiceTask || to.Kind == SendTask):
		c.warn(n, fmt.Sprintf("%q throws no error of the workflow: when it fails, that is an incident, which can be retried", to.Name),
			"Give the event the code of the failure it is to catch, such as service-refused; or remove it.")
	case e == OnEscalation && to.Kind != SubProcess:
		c.warn(n, fmt.Sprintf("nothing throws an escalation in %q", to.Name), "Put it on a sub-process.")
	}
}

// inclusive bounds what is worked out for an inclusive gateway.
func (c *checker) inclusive(n *Node) {
	if len(n.Incoming) > MaxInclusive {
		c.at(n, fmt.Sprintf("more than %d flows lead into this inclusive gateway", MaxInclusive), "Bring some of them together before it.")
	}
	joins := 0
	for i := range c.def.Nodes {
		if o := &c.def.Nodes[i]; o.Kind == InclusiveGateway && o.Joins() {
			if joins++; joins*len(c.def.Nodes) > MaxReach {
				if o.Index == n.Index {
					c.at(n, "the workflow has too many inclusive gateways for its size", "Split it into several workflows.")
				}
				return
			}
		}
	}
}
