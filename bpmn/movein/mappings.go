package movein

import (
	"slices"
	"strings"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

// mapping is a value that goes into a step or comes out of it.
type mapping struct {
	out            bool
	source, target string
	line           int
	odd            string // what it holds besides an expression
}

// mappingsOf lists the mappings of every engine on e.
func mappingsOf(e *bpmn.Element) (all []mapping) {
	for _, io := range foreignElements(e, "ioMapping") {
		for c := range io.Elements() {
			all = append(all, mapping{out: c.Local == "output", source: c.Get("source"), target: c.Get("target"), line: c.Line})
		}
	}
	for _, io := range foreignElements(e, "inputOutput") {
		for c := range io.Elements() {
			p := mapping{out: c.Local == "outputParameter", source: strings.TrimSpace(c.Content()), target: c.Get("name"), line: c.Line}
			for inner := range c.Elements() {
				p.odd = inner.Local
			}
			all = append(all, p)
		}
	}
	return all
}

// mappings moves what comes out of a step into assignments, and tells what to do
// about what goes in: signoff has no variables of one step.
func (m *mover) mappings(e *bpmn.Element) {
	if has(e, "http") {
		return // they were looked at with the call
	}
	for _, p := range mappingsOf(e) {
		what := "input " + p.target
		if p.out {
			what = "output " + p.target
		}
		if p.odd != "" {
			m.byHand(e, p.line, what, "<"+p.odd+">", `Work it out in FEEL: <signoff:assign variable="…" value="…"/>.`)
			continue
		}
		if same(p) && !p.out {
			m.found(AsIs, e, p.line, what, p.source, "", "The step sees all variables.")
			continue
		}
		feel, bad := m.names.expression(p.source)
		switch {
		case bad != nil:
			m.refused(e, p.line, what, p.source, bad)
		case !p.out:
			m.byHand(e, p.line, what, p.source, "A step has no variables of its own here. Write "+short(feel)+" where "+short(p.target)+" is used, or set a variable in the step before.")
		case !isActivity(e.Local) || !isName(strings.ReplaceAll(p.target, "-", "_")):
			m.byHand(e, p.line, what, p.source, `Set a variable behind it: <signoff:assign variable="…" value="…"/>.`)
		case m.done:
			m.found(AsIs, e, p.line, what, p.source, "", saidHere)
		case same(p):
			m.names.sets(p.target)
			m.found(AsIs, e, p.line, what, p.source, "", "What the step gives is a variable of the workflow.")
		default:
			m.assign(e, p.line, what, p.source, []setting{{m.names.sets(p.target), feel}})
		}
	}
}

// same tells whether a mapping hands a variable on under its own name.
func same(p mapping) bool {
	s := strings.TrimSpace(p.source)
	return s == "="+p.target || s == "= "+p.target || s == "${"+p.target+"}"
}

// called moves a call activity: which workflow, what it is given and what it
// gives back.
func (m *mover) called(e *bpmn.Element) {
	m.callee(e)
	if has(e, "input") || has(e, "output") {
		return
	}
	moved := m.passed(e)
	for _, p := range mappingsOf(e) {
		moved = m.pass(e, p) || moved
	}
	c := foreignElement(e, "calledElement")
	if c == nil {
		return
	}
	all := false
	for _, what := range []string{"propagateAllParentVariables", "propagateAllChildVariables"} {
		switch {
		case isTrue(c.Get(what)):
			m.byHand(e, c.Line, what, "true", allAdvice)
			all = true
		case c.Get(what) != "":
			m.found(AsIs, e, c.Line, what, c.Get(what), "", "Only what is mapped is handed over.")
		}
	}
	if !moved && !all {
		m.byHand(e, c.Line, "all variables", c.Get("processId"), allAdvice)
	}
}

const allAdvice = `The other workflow is given what <signoff:input name="…" value="=…"/> says, and gives back what <signoff:output variable="…" value="result.…"/> says: write one for each variable.`

// callee moves which workflow is called, and in which version.
func (m *mover) callee(e *bpmn.Element) {
	was, line := e.Get("calledElement"), e.Line
	if c := foreignElement(e, "calledElement"); c != nil {
		was, line = c.Get("processId"), c.Line
		if was != "" && !strings.HasPrefix(was, "=") && was != e.Get("calledElement") {
			m.ed.keep(e, "calledElement", e.Get("calledElement"))
			set(e, "calledElement", was)
			m.changed(e, line, "calledElement", was, `calledElement="`+was+`"`, "")
		}
	}
	if isJUEL(was) || strings.HasPrefix(was, "=") {
		m.byHand(e, line, "calledElement", was, "A call activity always calls the same workflow here. Draw one for each, behind a gateway that chooses.")
	}
	binding, _ := foreign(e, "calledElementBinding")
	version, given := foreign(e, "calledElementVersion")
	switch {
	case has(e, "called"):
	case given && !isJUEL(version.Value) && (binding.Value == "version" || binding.Value == ""):
		m.ed.extend(e, m.ed.made(version.Line, "called", "version", version.Value))
		m.changed(e, version.Line, "calledElementVersion", version.Value, `<signoff:called version="`+version.Value+`"/>`, "Versions are counted anew here: check the number.")
	case given, binding.Value != "" && binding.Value != "latest":
		m.byHand(e, max(binding.Line, version.Line), "calledElementBinding, calledElementVersion", strings.TrimSpace(binding.Value+" "+version.Value), `Without more, the default version is called. For a certain one: <signoff:called version="…"/>.`)
	}
}

// passed moves camunda:in and camunda:out, and those of Flowable and Activiti.
func (m *mover) passed(e *bpmn.Element) (moved bool) {
	for _, c := range extensionsIn(e) {
		if bpmn.Engine(c.Space) == "" || c.Local != "in" && c.Local != "out" {
			continue
		}
		p := mapping{out: c.Local == "out", target: c.Get("target"), line: c.Line, source: c.Get("sourceExpression")}
		if s := c.Get("source"); s != "" {
			p.source = "${" + s + "}"
			if !isName(s) {
				p.source = s
			}
		}
		switch {
		case c.Get("variables") == "all":
			m.byHand(e, c.Line, "all variables", c.Local, allAdvice)
		case c.Get("businessKey") != "":
			m.byHand(e, c.Line, "business key", c.Get("businessKey"), "Instances here have a title, folio, which the other workflow makes itself. Hand the key over as a variable if it needs it.")
		default:
			moved = m.pass(e, p) || moved
		}
	}
	return moved
}

// pass moves one value that a called workflow is given or gives back.
func (m *mover) pass(e *bpmn.Element, p mapping) bool {
	what, known := "input "+p.target, m.names
	if p.out {
		// What the other workflow ended with is there under the name result.
		what, known = "output "+p.target, &names{of: "result.", byWas: map[string]*variable{}, finals: map[string]string{}}
	}
	feel, bad := known.expression(p.source)
	switch {
	case p.odd != "" || p.target == "":
		m.byHand(e, p.line, what, p.source, allAdvice)
		return false
	case bad != nil:
		m.refused(e, p.line, what, p.source, bad)
		return false
	case p.out:
		variable := m.names.sets(p.target)
		m.ed.extend(e, m.ed.made(p.line, "output", "variable", variable, "value", feel))
		m.changed(e, p.line, what, p.source, variable+" = "+feel, "")
	default:
		m.ed.extend(e, m.ed.made(p.line, "input", "name", p.target, "value", "="+feel))
		m.changed(e, p.line, what, p.source, p.target+" = "+feel, "")
	}
	return true
}

// itemOf returns the name and the list of a repeated activity, as the engines
// write it.
func itemOf(e *bpmn.Element) (element, collection string) {
	if a, ok := foreign(e, "elementVariable"); ok {
		element = a.Value
	}
	if a, ok := foreign(e, "collection"); ok {
		collection = a.Value
	}
	if e.Space != bpmn.ModelSpace || e.Local != "multiInstanceLoopCharacteristics" {
		return element, collection
	}
	if c := foreignElement(e, "loopCharacteristics"); c != nil {
		return c.Get("inputElement"), c.Get("inputCollection")
	}
	if c := model(e, "loopDataInputRef"); c != nil && collection == "" {
		collection = strings.TrimSpace(c.Content())
	}
	if c := model(e, "inputDataItem"); c != nil && element == "" {
		element = c.Get("name")
	}
	return element, collection
}

// repeated moves a list that an activity is done for.
func (m *mover) repeated(marker *bpmn.Element) {
	e := m.ed.parent[marker]
	for _, part := range []struct{ local, what string }{{"loopCardinality", "number of times"}} {
		if c := model(marker, part.local); c != nil {
			m.content(e, c, marker, part.what, m.names.expression)
		}
	}
	for _, local := range []string{"completionCondition", "loopCondition"} {
		if c := model(marker, local); c != nil {
			m.content(e, c, marker, "completion condition", m.names.condition)
		}
	}
	element, collection := itemOf(marker)
	if collection == "" || has(marker, "each") {
		return
	}
	if isName(collection) {
		collection = "${" + collection + "}"
	}
	list, bad := m.names.expression(collection)
	if bad != nil {
		m.refused(e, marker.Line, "collection", collection, bad)
		return
	}
	m.names.hintFinal(list, process.JSON)
	each := m.ed.made(marker.Line, "each", "collection", list)
	to := attr("collection", list)
	if element != "" {
		set(each, "element", m.names.local(element))
		to += " " + attr("element", m.names.local(element))
	}
	if c := foreignElement(marker, "loopCharacteristics"); c != nil && c.Get("outputCollection") != "" {
		m.gathered(e, c, each)
	}
	m.ed.extend(marker, each)
	was := collection
	if element != "" {
		was += " as " + element
	}
	m.changed(e, marker.Line, "collection", was, "<signoff:each "+to+"/>", "")
}

// gathered moves the list of what each pass gives.
func (m *mover) gathered(e, c, each *bpmn.Element) {
	output, bad := m.names.expression(c.Get("outputElement"))
	if bad != nil || c.Get("outputElement") == "" {
		m.byHand(e, c.Line, "outputElement, outputCollection", c.Get("outputElement"), `Say what each gives: output="…" of <signoff:each>.`)
		return
	}
	result := m.names.sets(c.Get("outputCollection"))
	m.names.hint(c.Get("outputCollection"), process.JSON)
	set(each, "output", output)
	set(each, "result", result)
	m.changed(e, c.Line, "outputElement, outputCollection", c.Get("outputElement"), attr("output", output)+" "+attr("result", result), "")
}

// retries moves how often a failed call is tried again.
func (m *mover) retries(e *bpmn.Element) {
	if e.Local != "serviceTask" && e.Local != "sendTask" || has(e, "retry") {
		return
	}
	var was string
	line := e.Line
	if a, ok := foreign(e, "jobRetryTimeCycle"); ok {
		was, line = a.Value, a.Line
	}
	if c := foreignElement(e, "failedJobRetryTimeCycle"); c != nil {
		was, line = strings.TrimSpace(c.Content()), c.Line
	}
	if was == "" {
		return
	}
	times, wait, ok := strings.Cut(strings.TrimPrefix(was, "R"), "/")
	if !ok || !strings.HasPrefix(was, "R") || times == "" || !strings.HasPrefix(wait, "PT") || !slices.Contains([]int{1, 2, 3}, len(times)) || strings.Trim(times, "0123456789") != "" {
		m.byHand(e, line, "retries", was, `Say it with <signoff:retry max="…" first="PT1M" cap="PT1H"/>.`)
		return
	}
	m.ed.extend(e, m.ed.made(line, "retry", "max", times, "first", wait, "cap", wait))
	m.changed(e, line, "retries", was, `<signoff:retry max="`+times+`" first="`+wait+`"/>`, "")
}
