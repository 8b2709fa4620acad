package bpmn

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// event reads what an event is about, nil for one without a trigger and for
// those checkEvent has refused (BPMN §10.5.5).
func (b *builder) event(e *Element) *process.Event {
	defs := b.triggers(e)
	if len(defs) != 1 {
		return nil
	}
	def := defs[0]
	ev := &process.Event{Trigger: eventDefinitions[def.Local].trigger}
	switch ev.Trigger {
	case 0:
		return nil
	case process.OnTimer:
		ev.Timer = b.timer(e, def)
	case process.OnMessage, process.OnSignal:
		ev.Name = b.eventName(e, def, ev.Trigger.String())
		b.message(e, ev)
	case process.OnError:
		ev.Code = b.eventCode(e, def, "error")
	case process.OnEscalation:
		ev.Code = b.eventCode(e, def, "escalation")
	case process.OnCondition:
		ev.Condition = b.eventCondition(e, def)
	case process.OnLink:
		ev.Name = strings.TrimSpace(cmp.Or(def.Get("name"), e.Get("name")))
	}
	if e.Local == "startEvent" { // BPMN table 10.86: interrupting unless it says otherwise
		a, given := e.Find("", "isInterrupting")
		ev.Interrupting = !given || isTrue(a.Value)
	}
	b.carried(e, ev)
	return ev
}

// carried reads what is given along with what is thrown, and taken from what is
// caught.
func (b *builder) carried(e *Element, ev *process.Event) {
	throws := slices.Contains(throwers, e.Local)
	carries := ev.Trigger == process.OnMessage || ev.Trigger == process.OnSignal
	for _, in := range b.extensions(e, "input") {
		if throws && !carries {
			in.refuse("an "+ev.Trigger.String()+" carries nothing", "Remove <signoff:input>, or set a variable before.")
			continue
		}
		ev.Inputs = append(ev.Inputs, in.input())
	}
	brings := carries || ev.Trigger == process.OnError || ev.Trigger == process.OnEscalation
	for _, out := range b.extensions(e, "output") {
		if !throws && !brings {
			out.refuse("a "+ev.Trigger.String()+" brings nothing", "Remove <signoff:output>; a step behind the event can set variables.")
			continue
		}
		ev.Outputs = append(ev.Outputs, process.Assign{Variable: out.e.Get("variable"), Value: out.needed("value")})
	}
}

// message reads what tells instances apart that wait for a message, and how long
// a thrown one waits.
func (b *builder) message(e *Element, ev *process.Event) {
	x, ok := b.extension(e, "message")
	if !ok {
		return
	}
	if ev.Trigger != process.OnMessage {
		x.refuse("this event has no message", "Remove <signoff:message>.")
		return
	}
	throws := slices.Contains(throwers, e.Local)
	if !isBlank(x.e.Get("key")) {
		if ev.Key = x.expr("key"); e.Local == "startEvent" && !b.inEventSubProcess(e) {
			x.refuse("a message that starts the workflow has no key: no instance waits for it yet", "Remove key; the message's values can be taken with <signoff:output>.")
		}
	}
	if !isBlank(x.e.Get("keep")) {
		if ev.Keep = b.duration(x.source("keep"), true); !throws {
			x.refuse("keep says how long a thrown message waits; this one is caught", "Remove keep.")
		}
	}
}

func (b *builder) inEventSubProcess(e *Element) bool {
	i, ok := b.index[e.Get("id")]
	return ok && b.def.Nodes[i].Scope >= 0
}

// refer finds what an event refers to by an attribute: a message, a signal, an
// error or an escalation of the file (BPMN §8.4).
func (b *builder) refer(e, def *Element, what string) *Element {
	ref, given := def.Find("", what+"Ref")
	if !given || isBlank(ref.Value) {
		return nil
	}
	target := b.ids[b.local(ref.Value)]
	if target == nil || target.Local != what {
		b.refused[e.Get("id")] = true
		b.refuse(e, ref.Line, fmt.Sprintf("the %s %s is not in the file", what, clip(ref.Value)), fmt.Sprintf("Define it: <%s id=… name=…/> beside the process.", what))
		return nil
	}
	return target
}

// eventName is the name of a message or signal: what senders and receivers
// agree on.
func (b *builder) eventName(e, def *Element, what string) string {
	if target := b.refer(e, def, what); target != nil {
		return strings.TrimSpace(cmp.Or(target.Get("name"), target.Get("id")))
	}
	return ""
}

// eventCode is the code of an error or escalation; "" catches any.
func (b *builder) eventCode(e, def *Element, what string) string {
	if target := b.refer(e, def, what); target != nil {
		return strings.TrimSpace(cmp.Or(target.Get(what+"Code"), target.Get("name"), target.Get("id")))
	}
	return ""
}

func (b *builder) eventCondition(e, def *Element) *expr.Expr {
	c := def.first(ModelSpace, "condition")
	if c == nil || isBlank(c.Content()) {
		return nil
	}
	return b.expr(source{owner: e, what: "the condition", text: c.Content(), line: c.contentLine(), lines: true})
}

// messageTask reads what a receive task waits for (BPMN §10.3.3).
func (b *builder) messageTask(e *Element) *process.Event {
	if isTrue(e.Get("instantiate")) {
		b.refuse(e, e.Line, "signoff cannot start a workflow at a receive task", "Draw a message start event in front of it.")
	}
	ev := &process.Event{Trigger: process.OnMessage, Name: b.eventName(e, e, "message")}
	b.message(e, ev)
	b.carried(e, ev)
	return ev
}

// sends reads the message of a send task, nil for one that sends a mail.
func (b *builder) sends(e *Element) *process.Event {
	if _, mails := b.extension(e, "email"); mails {
		return nil
	}
	if _, given := b.extension(e, "message"); !given && isBlank(e.Get("messageRef")) {
		return nil
	}
	return b.messageTask(e)
}

// call reads what a call activity runs (BPMN §10.3.6).
func (b *builder) call(e *Element) *process.Call {
	ref := strings.TrimSpace(e.Get("calledElement"))
	if _, after, prefixed := strings.Cut(ref, ":"); prefixed {
		ref = after
	}
	if target := b.ids[ref]; target != nil && strings.HasPrefix(target.Local, "global") {
		b.refuse(e, e.Line, fmt.Sprintf("the call activity calls %s, a %s; signoff calls workflows", clip(ref), target.Local), "Draw that task in the workflow itself.")
	}
	c := &process.Call{Workflow: ref}
	if x, ok := b.extension(e, "called"); ok {
		if c.Version = x.text("version"); c.Version == "default" {
			c.Version = ""
		}
	}
	for _, in := range b.extensions(e, "input") {
		c.Inputs = append(c.Inputs, in.input())
	}
	for _, out := range b.extensions(e, "output") {
		c.Outputs = append(c.Outputs, process.Assign{Variable: out.e.Get("variable"), Value: out.needed("value")})
	}
	return c
}

// eventGateway refuses the kinds of event-based gateway that start a workflow,
// or wait for all of their events (BPMN §10.6.6).
func (b *builder) eventGateway(e *Element) {
	switch {
	case isTrue(e.Get("instantiate")):
		b.refuse(e, e.Line, "signoff cannot start a workflow at an event-based gateway", "Draw a start event for each of the events.")
	case e.Get("eventGatewayType") == "Parallel":
		b.refuse(e, e.Line, "signoff cannot run parallel event-based gateways", "Draw a parallel gateway with a catching event on each way.")
	}
}

// multi reads how an activity is repeated (BPMN §10.3.8), nil when it is not.
func (b *builder) multi(e *Element) *process.Multi {
	if c := e.first(ModelSpace, "standardLoopCharacteristics"); c != nil {
		l := &process.Loop{Before: isTrue(c.Get("testBefore")), While: b.inner(e, c, "loopCondition", "the loop condition")}
		if most, given := c.Find("", "loopMaximum"); given {
			l.Most = b.wholeNumber(e, most)
		}
		return &process.Multi{Sequential: true, Loop: l}
	}
	c := e.first(ModelSpace, "multiInstanceLoopCharacteristics")
	if c == nil {
		return nil
	}
	m := &process.Multi{Sequential: isTrue(c.Get("isSequential")), Cardinality: b.inner(e, c, "loopCardinality", "the number of times"),
		Completion: b.inner(e, c, "completionCondition", "the completion condition")}
	if x, ok := b.extension(c, "each"); ok {
		x.owner = e
		if !isBlank(x.e.Get("collection")) {
			m.Collection = x.expr("collection")
		}
		if !isBlank(x.e.Get("output")) {
			m.Output = x.expr("output")
		}
		m.Element, m.Result = x.text("element"), x.text("result")
	}
	for _, name := range []string{"loopDataInputRef", "loopDataOutputRef", "complexBehaviorDefinition"} {
		if c.first(ModelSpace, name) != nil {
			b.warn(e, c.Line, "<"+name+"> is kept but not run", "Say it with <signoff:each collection=\"…\" element=\"…\"/> in the extensionElements of the marker.")
		}
	}
	return m
}

// inner reads an expression that stands in an element of its own; nil when
// there is none.
func (b *builder) inner(owner, in *Element, name, what string) *expr.Expr {
	c := in.first(ModelSpace, name)
	if c == nil || isBlank(c.Content()) {
		return nil
	}
	return b.expr(source{owner: owner, what: what, text: c.Content(), line: c.contentLine(), lines: true})
}

func (b *builder) wholeNumber(e *Element, a Attr) int {
	n := 0
	if _, err := fmt.Sscanf(strings.TrimSpace(a.Value), "%d", &n); err != nil || n < 1 {
		b.refuse(e, a.Line, fmt.Sprintf("%s=%s is no number of times", a.Local, clip(a.Value)), "Write a whole number from 1.")
		return 1
	}
	return n
}
