package bpmn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/process"
)

// readStep fills n from its element e.
func (b *builder) readStep(n *process.Node, e *Element) {
	if b.full() {
		return
	}
	b.checkReferences(e)
	if n.Kind == 0 {
		return
	}
	if !b.checkKind(e) && (isEvent(e.Local) || isTrue(e.Get("isForCompensation"))) {
		b.refused[n.ID] = true // its timer or its place in the flow says no more
	}
	b.warnData(e)
	b.checkForeign(e)
	switch n.Kind {
	case process.EndEvent:
		for _, d := range b.triggers(e) {
			if d.Local == "terminateEventDefinition" {
				n.Kind = process.TerminateEvent // BPMN §13.5.6
			}
		}
		n.Event = b.event(e)
	case process.StartEvent, process.ThrowEvent, process.CatchEvent:
		n.Event = b.event(e)
	case process.ReceiveTask:
		n.Event = b.messageTask(e)
	case process.UserTask:
		n.Task = b.task(e)
	case process.SendTask:
		if n.Event = b.sends(e); n.Event == nil {
			n.Email = b.email(e)
		}
	case process.CallActivity:
		n.Call = b.call(e)
	case process.EventGateway:
		b.eventGateway(e)
	case process.ServiceTask:
		n.Service = b.service(e)
	case process.ScriptTask:
		n.Assign = b.script(e)
	case process.BoundaryEvent:
		n.Event = b.event(e)
		b.attach(n, e)
	}
	if isActivity(e.Local) {
		n.Multi = b.multi(e)
		n.Assign = append(n.Assign, b.assigns(e)...)
	}
	if n.Kind == process.SendTask || n.Kind == process.ServiceTask {
		n.Retry = b.retry(e)
	}
}

// checkKind refuses what makes an element of a known name something signoff
// cannot run: its event definition, a loop, compensation. It also names BPMN
// elements that have no place in it.
func (b *builder) checkKind(e *Element) bool {
	before := b.blocking
	for c := range e.Elements() {
		_, definition := eventDefinitions[c.Local]
		switch {
		case c.Space != ModelSpace:
			b.warnForeign(e, c)
		case slices.Contains(loops, c.Local):
			if !isActivity(e.Local) {
				b.refuse(e, c.Line, "<"+c.Name()+"> belongs in an activity, not in a "+e.Local, "Remove it.")
			}
		case definition || c.Local == "eventDefinitionRef":
			if !isEvent(e.Local) {
				b.refuse(e, c.Line, "<"+c.Name()+"> belongs in an event, not in a "+e.Local, "Remove it.")
			}
		case !slices.Contains(inside(e), c.Local):
			b.refuse(e, c.Line, "<"+c.Name()+"> is not an element BPMN 2.0 knows in a "+e.Local, meant(c.Local, slices.Concat(inside(e), eventDefinitionNames, loops)))
		}
	}
	if isTrue(e.Get("isForCompensation")) {
		b.refuse(e, e.Line, "signoff cannot run compensation", "Draw the steps that undo something as ordinary steps.")
	}
	for _, name := range []string{"startQuantity", "completionQuantity"} { // BPMN §10.3, table 10.3
		if a, ok := e.Find("", name); ok && strings.TrimSpace(a.Value) != "1" {
			b.refuse(e, a.Line, fmt.Sprintf("%s=%s: signoff moves one token at a time", name, clip(a.Value)), "Remove it, or set it to 1.")
		}
	}
	if isEvent(e.Local) {
		b.checkEvent(e)
	}
	return b.blocking == before
}

// triggers returns the event definitions of an event, also those it refers to
// (BPMN §10.5.1: eventDefinitions and eventDefinitionRefs).
func (b *builder) triggers(e *Element) []*Element {
	var out []*Element
	for c := range e.Elements() {
		if c.Space != ModelSpace {
			continue
		}
		if _, ok := eventDefinitions[c.Local]; ok {
			out = append(out, c)
		}
		if c.Local == "eventDefinitionRef" {
			if d := b.ids[b.local(c.Content())]; d != nil {
				out = append(out, d)
			} else {
				b.refuse(e, c.Line, "the event definition "+clip(c.Content())+" is not in the file", "Put the definition into the event itself.")
			}
		}
	}
	return out
}

// checkEvent refuses the event definitions that do not run (BPMN §10.5.5).
func (b *builder) checkEvent(e *Element) {
	defs := b.triggers(e)
	if len(defs) > 1 {
		b.refuse(e, e.Line, "signoff cannot run events with several definitions yet", "Draw one event for each.")
	}
	for _, d := range defs {
		def, known := eventDefinitions[d.Local]
		switch {
		case !known:
			b.refuse(e, e.Line, "<"+d.Name()+"> is not an event definition", "Use a timer, a message or none.")
		case def.trigger != 0 || e.Local == "endEvent" && d.Local == "terminateEventDefinition":
		default:
			b.refuse(e, d.Line, fmt.Sprintf("signoff cannot run %s %s events", def.words, eventWords[e.Local]), def.advice)
		}
	}
	// BPMN §10.5.4: a catching intermediate event waits for something.
	if len(defs) == 0 && (e.Local == "intermediateCatchEvent" || e.Local == "boundaryEvent") {
		b.refuse(e, e.Line, "this "+e.Local+" does not say what it waits for", "Give it a timer with a duration or a date, a message or a signal.")
	}
}

// eventWords are the events as people call them.
var eventWords = map[string]string{"startEvent": "start", "endEvent": "end", "intermediateThrowEvent": "throw",
	"intermediateCatchEvent": "catch", "boundaryEvent": "boundary"}

// attach ties a boundary event to the step it sits on. Whether that is an
// activity is process.Check's question (BPMN §10.5.4).
func (b *builder) attach(n *process.Node, e *Element) {
	ref, _ := e.Find("", "attachedToRef")
	i, ok := b.index[b.local(ref.Value)]
	if !ok {
		b.refused[n.ID] = true
		reason := "this boundary event is attached to nothing"
		if ref.Value != "" {
			reason = "this boundary event is attached to " + clip(ref.Value) + ", which is not a step of this process"
		}
		b.refuse(e, e.Line, reason, "Draw it on the edge of a task.")
		return
	}
	cancel, given := e.Find("", "cancelActivity")
	n.Attach = &process.Attach{To: i, Interrupting: !given || isTrue(cancel.Value)}
	b.def.Nodes[i].Boundary = append(b.def.Nodes[i].Boundary, n.Index)
}

// checkReferences compares the incoming and outgoing lists with the sequence
// flows. The flows count: BPMN says the same twice (§8.4.7).
func (b *builder) checkReferences(e *Element) {
	for c := range e.Elements() {
		if c.Space != ModelSpace || c.Local != "incoming" && c.Local != "outgoing" {
			continue
		}
		ref := b.local(c.Content())
		i, ok := b.flows[ref]
		if ok {
			f := b.def.Flows[i]
			end := f.To
			if c.Local == "outgoing" {
				end = f.From
			}
			ok = b.steps[end] == e
		}
		if !ok && (b.ids[ref] == nil || b.ids[ref].Local == "sequenceFlow") {
			b.warn(e, c.Line, fmt.Sprintf("it lists %s as %s, but no such sequence flow is drawn", clip(ref), c.Local),
				"signoff goes by the sequence flows; export the file again.")
		}
	}
}

// warnData says that data mappings and performers are not used: values are
// variables of the workflow (BPMN §10.4.2), people are recipients (§10.3.1).
func (b *builder) warnData(e *Element) {
	for c := range e.Elements() {
		if c.Space != ModelSpace {
			continue
		}
		switch c.Local {
		case "dataInputAssociation", "dataOutputAssociation":
			if c.first(ModelSpace, "assignment") != nil || c.first(ModelSpace, "transformation") != nil {
				b.warn(e, c.Line, "the data mapping in <"+c.Name()+"> is kept but not run", "Set variables with <signoff:assign variable=\"…\" value=\"…\"/>.")
			}
		case "potentialOwner", "humanPerformer", "performer", "resourceRole":
			b.warn(e, c.Line, "<"+c.Name()+"> is kept but signoff asks the recipients of the task", "Name them with <signoff:recipient …/> in <signoff:task>.")
		}
	}
}
