package bpmn

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
)

// Process is one process of a file.
type Process struct {
	ID         string
	Name       string
	Executable bool
	Line       int
}

// Processes returns the processes of the file, in its order.
func (d *Document) Processes() []Process {
	var out []Process
	for _, e := range d.processes() {
		out = append(out, Process{e.Get("id"), e.Get("name"), isTrue(e.Get("isExecutable")), e.Line})
	}
	return out
}

func (d *Document) processes() []*Element {
	var out []*Element
	for e := range d.Root.Elements() {
		if e.Space == ModelSpace && e.Local == "process" {
			out = append(out, e)
		}
	}
	return out
}

// isTrue reads an xsd:boolean.
func isTrue(s string) bool {
	s = strings.TrimSpace(s)
	return s == "true" || s == "1"
}

// Definition returns the executable process as the engine runs it, and every
// problem of the file. The definition is nil when a problem blocks; process.Check
// has accepted it otherwise.
func (d *Document) Definition() (*process.Definition, Problems) {
	r := &report{}
	ids := d.collectIDs(r)
	d.checkTopLevel(r)
	var def *process.Definition
	for _, p := range d.runnable(r) {
		b := &builder{report: r, ids: ids, proc: p, index: map[string]int{}, flows: map[string]int{}, refused: map[string]bool{}}
		def = b.build()
	}
	d.checkVocabulary(r)
	d.checkDiagram(r, ids)
	problems := r.all()
	if len(problems.Blocking()) > 0 {
		return nil, problems
	}
	return def, problems
}

// collectIDs returns the elements by id. An id is unique in the whole file
// (BPMN §8.3.1; XML Schema part 2 §3.3.8).
func (d *Document) collectIDs(r *report) map[string]*Element {
	ids := map[string]*Element{}
	for e := range d.Root.Descendants() {
		id := e.Get("id")
		if id == "" || e.Space != ModelSpace && e.Space != diagramSpace {
			continue
		}
		first, taken := ids[id]
		if !taken {
			ids[id] = e
			continue
		}
		reason := fmt.Sprintf("the id %s stands twice: here and on line %d", clip(id), first.Line)
		if e.Space == diagramSpace {
			r.warn(e, e.Line, reason, "Export the file again; the diagram may not draw.")
			continue
		}
		if first.Space == diagramSpace {
			ids[id] = e
		}
		r.refuse(e, e.Line, reason, "Give one of the two elements another id.")
	}
	return ids
}

// checkTopLevel refuses what a file holds beside processes that would have to
// be run (BPMN chapters 11 and 12) and names the rest it does not know.
func (d *Document) checkTopLevel(r *report) {
	for e := range d.Root.Elements() {
		if e.Space != ModelSpace {
			continue
		}
		_, definition := eventDefinitions[e.Local]
		switch {
		case e.Local == "choreography", e.Local == "globalChoreographyTask":
			r.refuse(e, e.Line, "signoff cannot run choreographies", "Draw the workflow as a process.")
		case !definition && !slices.Contains(topLevel, e.Local):
			r.warn(e, e.Line, "<"+e.Name()+"> is not an element BPMN 2.0 knows here; it is kept", meant(e.Local, topLevel))
		}
	}
}

// runnable returns the one executable process. Where there is none or more than
// one it says so and returns all that have steps, so that their problems are
// told as well.
func (d *Document) runnable(r *report) []*Element {
	var executable, drawn []*Element
	for _, p := range d.processes() {
		if isTrue(p.Get("isExecutable")) {
			executable = append(executable, p)
		}
		for c := range p.Elements() {
			if c.Space == ModelSpace && isStep(c.Local) {
				drawn = append(drawn, p)
				break
			}
		}
	}
	switch {
	case len(executable) == 1:
		return executable
	case len(executable) > 1:
		for _, p := range executable[1:] {
			r.refuse(p, p.Line, fmt.Sprintf("there are %d executable processes; a workflow is one (the first is %s on line %d)",
				len(executable), clip(executable[0].Get("id")), executable[0].Line),
				`Put each into a file of its own, or set isExecutable="false" on those that are only drawn.`)
		}
		return executable
	case len(drawn) == 0:
		r.refuse(d.Root, d.Root.Line, "there is no process with steps in the file", "Draw a start event, a task and an end event.")
		return nil
	}
	r.refuse(drawn[0], drawn[0].Line, "no process of the file is marked as executable",
		`Set isExecutable="true" on the process to run (Executable in a modeller's properties).`)
	return drawn
}

// builder turns one process into a definition.
type builder struct {
	*report
	ids     map[string]*Element // of the whole file
	proc    *Element
	def     *process.Definition
	steps   []*Element      // by index of the node
	index   map[string]int  // of the node with that id
	flows   map[string]int  // index of the flow with that id
	refused map[string]bool // ids whose kind was refused; Check's opinion on them adds nothing
	names   []string        // what expressions can see
}

func (b *builder) build() *process.Definition {
	b.def = &process.Definition{ID: b.proc.Get("id"), Name: cmp.Or(b.proc.Get("name"), b.proc.Get("id")), Doc: documentation(b.proc)}
	if !isUsableID(b.def.ID) {
		b.refuse(b.proc, b.proc.Line, "the process has no usable id: "+clip(b.def.ID), idAdvice+" It names the workflow for other systems.")
	}
	b.collectNames()
	b.workflow()
	b.addSteps(b.proc, -1)
	b.addFlows(b.proc)
	for i, e := range b.steps {
		b.readStep(&b.def.Nodes[i], e)
		b.setDefault(&b.def.Nodes[i], e)
	}
	b.def.Prepare()
	for _, p := range process.Check(b.def) {
		if p.Line == 0 && p.Element == b.def.ID {
			p.Line = b.proc.Line
		}
		if !b.refused[p.Element] {
			b.add(p)
		}
	}
	return b.def
}

// documentation joins e's documentation elements (BPMN §8.3.1).
func documentation(e *Element) string {
	var parts []string
	for c := range e.Elements() {
		if c.Space == ModelSpace && c.Local == "documentation" {
			if s := dedent(c.Content()); s != "" {
				parts = append(parts, s)
			}
		}
	}
	return strings.Join(parts, "\n\n")
}

// addSteps makes a node of every flow node in a process or a sub-process, and
// of those in its sub-processes, so that flows find both ends even where a kind
// is refused.
func (b *builder) addSteps(in *Element, scope int) {
	for e := range in.Elements() {
		if b.full() {
			return
		}
		if e.Space != ModelSpace {
			if in == b.proc {
				b.warnForeign(b.proc, e)
			}
			continue
		}
		p, known := parts[e.Local]
		switch {
		case !known && in != b.proc: // checkKind looks at what stands in a step
		case !known:
			b.refuse(e, e.Line, "<"+e.Name()+"> is not an element BPMN 2.0 knows in a process", meant(e.Local, partNames))
		case len(b.def.Nodes) > process.MaxNodes:
			return // Check says so
		case p.role == refused || p.role == step:
			b.addStep(e, p, scope)
			if p.kind == process.SubProcess {
				b.addSteps(e, len(b.def.Nodes)-1)
			}
		}
	}
}

func (b *builder) warnForeign(owner, e *Element) {
	b.warn(owner, e.Line, "<"+e.Name()+"> stands outside of extensionElements and means nothing to signoff", "It is kept as it is.")
}

// meant is advice about a BPMN element nobody knows.
func meant(name string, known []string) string {
	if near := signoff.Nearest(name, known); near != "" {
		return "Did you mean " + near + "?"
	}
	return "Remove it, or draw it with an element of BPMN 2.0."
}

func (b *builder) addStep(e *Element, p part, scope int) {
	id := e.Get("id")
	n := process.Node{Index: len(b.def.Nodes), ID: id, Name: cmp.Or(e.Get("name"), id), Kind: p.kind,
		Element: e.Local, Line: e.Line, Default: -1, Scope: scope}
	switch {
	case p.kind == process.SubProcess && isTrue(e.Get("triggeredByEvent")):
		n.Kind = process.EventSubProcess // BPMN §10.3.5
	case p.kind == process.ThrowEvent && len(b.triggers(e)) == 0:
		n.Kind = process.PassThrough
	}
	n.Name = strings.Join(strings.Fields(n.Name), " ")
	if !isUsableID(id) {
		b.refuse(e, e.Line, fmt.Sprintf("this %s has no usable id: %s", e.Local, clip(id)), idAdvice)
	} else if _, taken := b.index[id]; !taken {
		b.index[id] = n.Index
	}
	b.def.Nodes = append(b.def.Nodes, n)
	b.steps = append(b.steps, e)
	if p.role == refused {
		b.refuseKind(e, p)
	}
}

// refuseKind says that a kind of element cannot run, and what in it cannot
// either: somebody who draws its steps elsewhere wants to know now.
func (b *builder) refuseKind(e *Element, p part) {
	b.refused[e.Get("id")] = true
	b.refuse(e, e.Line, "signoff cannot run "+p.words, p.advice)
	for c := range e.Elements() {
		inner := parts[c.Local]
		switch {
		case c.Space != ModelSpace || b.full():
		case inner.role == refused:
			b.refuseKind(c, inner)
		case inner.role == step:
			b.checkKind(c)
		}
	}
}

// addFlows makes a flow of every sequence flow in a process or a sub-process
// whose ends exist (BPMN §8.4.13).
func (b *builder) addFlows(in *Element) {
	for e := range in.Elements() {
		if e.Space == ModelSpace && parts[e.Local].kind == process.SubProcess {
			b.addFlows(e)
		}
		if e.Space != ModelSpace || e.Local != "sequenceFlow" {
			continue
		}
		if len(b.def.Flows) > process.MaxFlows || b.full() {
			return
		}
		from, ok1 := b.end(e, "sourceRef", "starts at")
		to, ok2 := b.end(e, "targetRef", "leads to")
		f := process.Flow{Index: len(b.def.Flows), ID: e.Get("id"), Name: e.Get("name"), From: from, To: to, Line: e.Line}
		if !isUsableID(f.ID) {
			b.refuse(e, e.Line, "this sequence flow has no usable id: "+clip(f.ID), idAdvice)
		}
		if c := e.first(ModelSpace, "conditionExpression"); c != nil {
			f.Condition = b.condition(e, c)
		}
		if !ok1 || !ok2 {
			continue
		}
		b.def.Flows = append(b.def.Flows, f)
		b.flows[f.ID] = f.Index
		b.def.Nodes[from].Outgoing = append(b.def.Nodes[from].Outgoing, f.Index)
		b.def.Nodes[to].Incoming = append(b.def.Nodes[to].Incoming, f.Index)
	}
}

// end finds the node at one end of a sequence flow.
func (b *builder) end(e *Element, attr, verb string) (int, bool) {
	ref := e.Get(attr)
	if i, ok := b.index[b.local(ref)]; ok {
		return i, true
	}
	const advice = "Draw the flow again, from step to step."
	switch other := b.ids[b.local(ref)]; {
	case ref == "":
		b.refuse(e, e.Line, "this sequence flow "+verb+" nothing: it has no "+attr, advice)
	case other == nil:
		b.refuse(e, e.Line, fmt.Sprintf("this sequence flow %s %s, which is not in the file", verb, clip(ref)), advice)
	default:
		b.refuse(e, e.Line, fmt.Sprintf("this sequence flow %s %s, a %s that is not a step of this process", verb, clip(ref), other.Local), advice)
	}
	return 0, false
}

// local resolves a reference to an id of this file. BPMN allows some references
// to carry the prefix of the target namespace (BPMN §15.3.2).
func (b *builder) local(ref string) string {
	ref = strings.TrimSpace(ref)
	if _, known := b.ids[ref]; !known {
		if _, after, ok := strings.Cut(ref, ":"); ok {
			return after
		}
	}
	return ref
}

// setDefault notes the default flow of a gateway or activity (BPMN §8.4.13).
func (b *builder) setDefault(n *process.Node, e *Element) {
	ref, given := e.Find("", "default")
	if !given || ref.Value == "" {
		return
	}
	i, ok := b.flows[b.local(ref.Value)]
	switch {
	case isEvent(e.Local) || n.Kind == process.ParallelGateway || n.Kind == process.EventGateway || n.Kind == process.EventSubProcess:
		b.refuse(e, ref.Line, "only gateways that choose and activities can have a default flow (BPMN §8.4.13)", "Remove the default.")
	case !ok:
		b.refuse(e, ref.Line, "the default flow "+clip(ref.Value)+" is not in this process", "Choose one of the flows that leave this step.")
	case b.def.Flows[i].From != n.Index:
		b.refuse(e, ref.Line, "the default flow "+clip(ref.Value)+" does not leave this step", "Choose one of the flows that leave it.")
	default:
		n.Default = i
	}
}
