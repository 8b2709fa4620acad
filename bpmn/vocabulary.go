package bpmn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// word is one element of signoff's extension of BPMN.
type word struct {
	on    []string // BPMN elements that may carry it in their extensionElements
	in    []string // or signoff elements it may stand in
	attrs []string
	need  []string // attributes that have to be there
	many  bool     // may stand more than once
	text  bool     // holds text
}

var (
	recipientAttrs = []string{"person", "group", "role", "members", "starter", "expression"}
	activities     = []string{"task", "manualTask", "userTask", "sendTask", "serviceTask", "scriptTask", "businessRuleTask", "receiveTask", "subProcess", "callActivity"}
	catchers       = []string{"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"}
	throwers       = []string{"intermediateThrowEvent", "endEvent", "sendTask"}
)

// vocabulary is the whole of https://signoffhq.org/bpmn/1.
var vocabulary = map[string]word{
	"workflow": {on: []string{"process"}, attrs: []string{"category", "folio", "calendar"}},
	"variable": {on: []string{"process"}, many: true, need: []string{"name"},
		attrs: []string{"name", "label", "type", "required", "input", "show", "default", "choices"}},

	"task": {on: []string{"userTask"},
		attrs: []string{"title", "claiming", "idle", "order", "priority", "result", "fields", "excludeStarter", "excludeWhoDid"}},
	"instructions": {in: []string{"task"}, text: true},
	"recipient":    {in: []string{"task"}, many: true, attrs: recipientAttrs},
	"action":       {in: []string{"task"}, many: true, need: []string{"name"}, attrs: []string{"name", "byMail", "comment", "veto"}},
	"answers":      {in: []string{"task"}, attrs: []string{"slots", "rule", "otherwise"}},
	"result":       {in: []string{"answers"}, many: true, need: []string{"outcome"}, attrs: []string{"outcome", "action", "least", "when"}},
	"reminder":     {in: []string{"task"}, many: true, text: true, attrs: []string{"after", "before", "every", "times", "subject", "working", "calendar"}},
	"redirect":     {in: []string{"reminder"}, many: true, attrs: recipientAttrs},
	"deadline": {in: []string{"task"}, need: []string{"outcome"},
		attrs: []string{"after", "afterExpression", "at", "atExpression", "outcome", "count", "working", "calendar"}},
	"notification": {in: []string{"task"}, text: true, attrs: []string{"subject", "reply", "send", "substitutes", "proof"}},

	"email": {on: []string{"sendTask"}, need: []string{"subject"}, attrs: []string{"subject"}},
	"to":    {in: []string{"email"}, many: true, attrs: recipientAttrs},
	"cc":    {in: []string{"email"}, many: true, attrs: recipientAttrs},
	"body":  {in: []string{"email"}, text: true},

	"http": {on: []string{"serviceTask"}, need: []string{"url"}, attrs: []string{"method", "url", "body"}},
	"call": {on: []string{"serviceTask"}, need: []string{"service", "object", "method"}, attrs: []string{"service", "object", "method", "as"}},
	"input": {on: slices.Concat(throwers, []string{"callActivity"}), in: []string{"call"}, many: true, text: true, need: []string{"name"},
		attrs: []string{"name", "value"}},
	"header": {in: []string{"http"}, many: true, need: []string{"name", "value"}, attrs: []string{"name", "value"}},
	"output": {on: slices.Concat(catchers, []string{"callActivity"}), in: []string{"http", "call"}, many: true, need: []string{"variable", "value"},
		attrs: []string{"variable", "value"}},
	"external": {on: []string{"serviceTask"}},
	"retry":    {on: []string{"sendTask", "serviceTask"}, attrs: []string{"max", "first", "cap"}},

	"timer":   {on: []string{"startEvent", "intermediateCatchEvent", "boundaryEvent"}, attrs: []string{"zone", "working", "calendar"}},
	"message": {on: slices.Concat(catchers, throwers), attrs: []string{"key", "keep"}},
	"called":  {on: []string{"callActivity"}, attrs: []string{"version"}},
	"each":    {on: []string{"multiInstanceLoopCharacteristics"}, attrs: []string{"collection", "element", "output", "result"}},

	"script": {on: []string{"scriptTask"}, need: []string{"result"}, attrs: []string{"result"}},
	"assign": {on: activities, many: true, need: []string{"variable", "value"}, attrs: []string{"variable", "value"}},
}

var words = func() []string {
	var names []string
	for name := range vocabulary {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}()

// checkVocabulary reports every signoff element and attribute that is unknown,
// misplaced, doubled or incomplete, anywhere in the file.
func (d *Document) checkVocabulary(r *report) {
	checkPrefixes(r, d.Root)
	for e := range d.Root.Descendants() {
		if r.full() {
			return
		}
		if e.Space == ModelSpace {
			warnAttributes(r, e)
		}
		if e.Space == ModelSpace && e.Local == "extensionElements" {
			continue
		}
		inModel := e.Space == ModelSpace
		for c := range e.Elements() {
			switch {
			case c.Local == "extensionElements" && c.Space == ModelSpace:
				checkWords(r, e, e, c)
			case c.Space == ExtensionSpace && inModel:
				r.refuse(e, c.Line, "<"+c.Name()+"> stands outside of extensionElements", "Put it into <extensionElements> of this element.")
			}
		}
	}
}

// checkWords checks the signoff elements in holder, which is the
// extensionElements of owner or a signoff element parent below it.
func checkWords(r *report, owner, parent, holder *Element) {
	seen := map[string]int{}
	for c := range holder.Elements() {
		if c.Space != ExtensionSpace || r.full() {
			continue
		}
		w, known := vocabulary[c.Local]
		if !known {
			r.refuse(owner, c.Line, "<"+c.Name()+"> is not a signoff element", signoff.MeantName(c.Local, wordsIn(parent)))
			continue
		}
		places := w.on
		if parent.Space == ExtensionSpace {
			places = w.in
		}
		if !slices.Contains(places, parent.Local) {
			r.refuse(owner, c.Line, fmt.Sprintf("<%s> has no meaning in a %s", c.Name(), parent.Local), "It belongs in: "+strings.Join(slices.Concat(w.on, w.in), ", ")+".")
		}
		if seen[c.Local]++; seen[c.Local] == 2 && !w.many {
			r.refuse(owner, c.Line, "<"+c.Name()+"> stands more than once", "Leave one.")
		}
		checkAttributes(r, owner, c, w)
		if !w.text && !isBlank(c.Content()) {
			r.refuse(owner, c.Line, fmt.Sprintf("<%s> holds the text %s, which means nothing there", c.Name(), clip(c.Content())), "Remove it, or put it where it belongs.")
		}
		checkWords(r, owner, c, c)
	}
}

// wordsIn lists the signoff elements that may stand in parent.
func wordsIn(parent *Element) []string {
	var out []string
	for _, name := range words {
		w := vocabulary[name]
		places := w.on
		if parent.Space == ExtensionSpace {
			places = w.in
		}
		if slices.Contains(places, parent.Local) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return words
	}
	return out
}

func checkAttributes(r *report, owner, e *Element, w word) {
	for _, a := range e.Attrs {
		if _, ns := a.declares(); ns || a.Space != "" && a.Space != ExtensionSpace {
			continue
		}
		if a.Space == ExtensionSpace {
			r.refuse(owner, a.Line, fmt.Sprintf("the attribute %s of <%s> carries a prefix", a.Name(), e.Name()), "Write "+a.Local+" without it.")
			continue
		}
		if !slices.Contains(w.attrs, a.Local) {
			r.refuse(owner, a.Line, fmt.Sprintf("<%s> has no attribute %s", e.Name(), clip(a.Local)), signoff.MeantName(a.Local, w.attrs))
		}
	}
	for _, name := range w.need {
		if a, ok := e.Find("", name); !ok || isBlank(a.Value) {
			r.refuse(owner, e.Line, fmt.Sprintf("<%s> does not say its %s", e.Name(), name), fmt.Sprintf("Add %s=\"…\".", name))
		}
	}
}

// warnAttributes tells that signoff attributes on BPMN elements mean nothing.
func warnAttributes(r *report, e *Element) {
	for _, a := range e.Attrs {
		if a.Space == ExtensionSpace {
			r.warn(e, a.Line, "the attribute "+a.Name()+" is kept but means nothing", "signoff reads elements in extensionElements only.")
		}
	}
}

// checkPrefixes finds namespaces that were meant to be signoff's: nothing of
// what they hold would count, and nobody would hear of it.
func checkPrefixes(r *report, root *Element) {
	for e := range root.Descendants() {
		for _, a := range e.Attrs {
			prefix, ok := a.declares()
			if !ok || a.Value == ExtensionSpace {
				continue
			}
			if prefix == "signoff" || strings.Contains(a.Value, "signoffhq.org") {
				r.refuse(root, a.Line, "the namespace "+clip(a.Value)+" is not signoff's", "Write xmlns:signoff=\""+ExtensionSpace+"\".")
			}
		}
	}
}
