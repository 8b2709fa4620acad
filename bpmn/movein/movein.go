package movein

import (
	"regexp"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

const zeebeSpace = "http://camunda.org/schema/zeebe/1.0"

// Import returns d as signoff can run it, as far as that goes without a person,
// and what became of everything in it that another engine acts on. d is not
// changed. A file that holds nothing of another engine comes back as it is.
func Import(d *bpmn.Document) (*bpmn.Document, *Report) {
	out := clone(d)
	m := &mover{ed: newEditor(out.Root), report: &Report{Engines: enginesIn(out.Root)}, ids: map[string]*bpmn.Element{}, touched: map[string]bool{}}
	for e := range out.Root.Descendants() {
		if id := e.Get("id"); id != "" && e.Space == bpmn.ModelSpace {
			m.ids[id] = e
		}
	}
	for _, p := range runnable(out.Root) {
		m.process(p)
		if m.report.Process == "" {
			m.report.Process = p.Get("id")
		}
	}
	m.sweep(out.Root)
	m.report.Findings = sorted(m.report.Findings)
	_, m.report.Problems = out.Definition()
	return out, m.report
}

// mover moves one file.
type mover struct {
	ed      *editor
	ids     map[string]*bpmn.Element
	report  *Report
	touched map[string]bool // ids of elements of which something was changed or is to be done

	// Of the process at hand:
	names *names
	forms map[string]*bpmn.Element // zeebe:userTaskForm by id
	done  bool                     // the element at hand held signoff's assignments before
}

// enginesIn names the engines whose extensions stand in a file.
func enginesIn(root *bpmn.Element) []string {
	var out []string
	add := func(space string) {
		if engine := bpmn.Engine(space); engine != "" && !slices.Contains(out, engine) {
			out = append(out, engine)
		}
	}
	for e := range root.Descendants() {
		add(e.Space)
		for _, a := range e.Attrs {
			if a.Prefix != "xmlns" {
				add(a.Space)
			}
		}
	}
	return out
}

// runnable returns the processes marked as executable, all where none is.
func runnable(root *bpmn.Element) []*bpmn.Element {
	var all, marked []*bpmn.Element
	for e := range root.Elements() {
		if e.Space != bpmn.ModelSpace || e.Local != "process" {
			continue
		}
		all = append(all, e)
		if isTrue(e.Get("isExecutable")) {
			marked = append(marked, e)
		}
	}
	if len(marked) > 0 {
		return marked
	}
	return all
}

func isTrue(s string) bool {
	s = strings.TrimSpace(s)
	return s == "true" || s == "1"
}

// process moves one process.
func (m *mover) process(p *bpmn.Element) {
	m.names, m.forms = newNames(), map[string]*bpmn.Element{}
	m.lookAhead(p)
	steps := slices.Collect(p.Descendants()) // elements are added while it runs
	for _, e := range steps {
		if e.Space == bpmn.ModelSpace {
			m.element(e)
		}
	}
	m.declare(p)
	for _, e := range steps {
		if e.Space == bpmn.ModelSpace && isStep(e.Local) && !m.touched[short(e.Get("id"))] {
			m.found(AsIs, e, e.Line, e.Local, "", "", "")
		}
	}
}

const saidHere = "signoff's own elements beside it say what happens."

// lookAhead collects the names that mean something before any expression is read.
func (m *mover) lookAhead(p *bpmn.Element) {
	for e := range p.Descendants() {
		switch {
		case e.Space == bpmn.ExtensionSpace && e.Local == "variable":
			m.names.known[e.Get("name")] = true
		case e.Space == bpmn.ExtensionSpace && e.Local == "task" && e.Get("result") != "":
			m.names.known[e.Get("result")] = true
		case e.Space == bpmn.ExtensionSpace && e.Local == "each" && e.Get("element") != "":
			m.names.known[e.Get("element")] = true
		case e.Space == zeebeSpace && e.Local == "userTaskForm":
			m.forms[e.Get("id")] = e
		}
	}
	zeebe := false
	for e := range p.Descendants() {
		if a, ok := foreign(e, "initiator"); ok && isName(a.Value) {
			m.names.starters[a.Value] = true
		}
		if element, _ := itemOf(e); element != "" {
			m.names.local(element)
		}
		zeebe = zeebe || e.Space == zeebeSpace
	}
	m.names.zeroBase = !zeebe
}

// isStep tells whether local is a flow node.
func isStep(local string) bool {
	switch local {
	case "task", "manualTask", "subProcess", "complexGateway", "adHocSubProcess", "transaction", "exclusiveGateway", "parallelGateway",
		"inclusiveGateway", "eventBasedGateway":
		return true
	}
	return isEvent(local) || handlers[local] != nil && local != "process" && local != "sequenceFlow" && !strings.HasSuffix(local, "LoopCharacteristics")
}

func isEvent(local string) bool {
	return strings.HasSuffix(local, "Event")
}

// isActivity tells whether assignments may stand in local.
func isActivity(local string) bool {
	return strings.HasSuffix(local, "ask") || local == "subProcess" || local == "callActivity"
}

// handlers move what belongs to one kind of element. Filled in init, because
// isStep looks into it.
var handlers map[string]func(*mover, *bpmn.Element)

func init() {
	handlers = map[string]func(*mover, *bpmn.Element){
		"process": (*mover).whole, "sequenceFlow": (*mover).flow, "userTask": (*mover).userTask,
		"serviceTask": (*mover).service, "sendTask": (*mover).service, "businessRuleTask": (*mover).service, "scriptTask": (*mover).script,
		"callActivity": (*mover).called, "receiveTask": (*mover).event,
		"startEvent": (*mover).event, "endEvent": (*mover).event, "boundaryEvent": (*mover).event,
		"intermediateCatchEvent": (*mover).event, "intermediateThrowEvent": (*mover).event,
		"multiInstanceLoopCharacteristics": (*mover).repeated, "standardLoopCharacteristics": (*mover).repeated,
	}
}

// element moves what stands on one BPMN element.
func (m *mover) element(e *bpmn.Element) {
	h := handlers[e.Local]
	if h == nil && !isStep(e.Local) {
		return
	}
	m.done = has(e, "assign")
	if h != nil {
		h(m, e)
	}
	if e.Local != "callActivity" {
		m.mappings(e)
	}
	m.plainName(e)
	m.listeners(e)
	m.retries(e)
	m.rest(e)
}

// foreign finds an attribute of that name of any engine that has attributes.
func foreign(e *bpmn.Element, local string) (bpmn.Attr, bool) {
	for _, a := range e.Attrs {
		if a.Local == local && a.Space != zeebeSpace && bpmn.Engine(a.Space) != "" {
			return a, true
		}
	}
	return bpmn.Attr{}, false
}

// foreignElements lists the extension elements of that name of any engine.
func foreignElements(e *bpmn.Element, local string) []*bpmn.Element {
	var out []*bpmn.Element
	for _, c := range extensionsIn(e) {
		if c.Local == local && bpmn.Engine(c.Space) != "" {
			out = append(out, c)
		}
	}
	return out
}

// foreignElement returns the first of them, nil when there is none.
func foreignElement(e *bpmn.Element, local string) *bpmn.Element {
	if all := foreignElements(e, local); len(all) > 0 {
		return all[0]
	}
	return nil
}

// flow moves the condition of a sequence flow.
func (m *mover) flow(e *bpmn.Element) {
	c := model(e, "conditionExpression")
	if c == nil {
		return
	}
	if _, outside := foreign(c, "resource"); outside {
		m.byHand(e, c.Line, "condition", "kept in a file of its own", "Write it here in FEEL.")
		return
	}
	if feel, ok := m.content(e, c, e, "condition", m.names.condition); ok && isName(feel) {
		m.names.hintFinal(feel, process.Boolean)
	}
}

// content says in FEEL what stands in c, which is on owner, and keeps what it
// was on keeper.
func (m *mover) content(owner, c, keeper *bpmn.Element, what string, say func(string) (string, *unreadable)) (feel string, ok bool) {
	was := strings.TrimSpace(c.Content())
	src, language := was, strings.ToLower(c.Get("language"))
	switch {
	case was == "":
		return "", false
	case dataObject.MatchString(was):
		src = fromXPath(was)
	case strings.HasPrefix(was, "="), isJUEL(was):
	case language != "" && !strings.Contains(language, "feel"):
		src = "${" + was + "}" // simple conditions of other languages read the same
	default:
		return was, true // a literal, or FEEL already
	}
	feel, bad := say(src)
	if bad != nil {
		m.refused(owner, c.Line, what, was, bad)
		return "", false
	}
	if feel == strings.TrimSpace(strings.TrimPrefix(was, "=")) {
		return feel, true
	}
	m.ed.keep(keeper, c.Local, was)
	if language != "" && !strings.Contains(language, "feel") {
		m.ed.keep(keeper, c.Local+" language", c.Get("language"))
		unset(c, "language")
	}
	setText(c, feel)
	m.changed(owner, c.Line, what, was, feel, "")
	return feel, true
}

// dataObject is how XPath names a data object (BPMN 2.0.2 §10.4.3).
var dataObject = regexp.MustCompile(`(?:[\w-]+:)?getDataObject\(\s*['"]([\pL_][\pL\pN_]*)['"]\s*\)`)

// loneEquals is XPath's sign for “is equal”.
var loneEquals = regexp.MustCompile(`([^<>!=])=([^=])`)

// fromXPath says a condition over data objects as Java's expressions would, as
// far as the two differ there.
func fromXPath(s string) string {
	return "${" + loneEquals.ReplaceAllString(dataObject.ReplaceAllString(s, "$1"), "$1==$2") + "}"
}

// declare writes the variables that expressions use, which the other engine
// never had to know.
func (m *mover) declare(p *bpmn.Element) {
	for _, v := range m.names.vars {
		typ := v.typ
		if typ == "" {
			typ = process.JSON
		}
		input := v.input || !v.set && v.typ != "" && v.typ != process.JSON
		e := m.ed.made(p.Line, "variable", "name", v.name, "label", v.label, "type", string(typ), "required", yes(v.required),
			"input", yes(input), "show", yes(v.show), "default", v.given, "choices", strings.Join(v.choices, "|"))
		m.ed.extend(p, e)
		if v.sure && v.name == v.was {
			continue // told with its form
		}
		advice := "Other engines do not declare variables. Check its type and whether the start form should ask for it."
		if v.name != v.was {
			advice = "The name " + short(v.was) + " is taken here or has signs that FEEL does not know. Programs that give or read this variable have to use the new name."
		}
		m.changed(p, p.Line, "variable", v.was, v.name+" ("+string(typ)+")", advice)
	}
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// sentence makes a reason a sentence.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
