package bpmn

// pointers are the references that nothing runs by, but that a picture or
// another program needs (BPMN §8.4.1, §9.3, §10.8, §12.2.3).
var pointers = []struct{ space, element, attr, what string }{
	{diagramSpace, "BPMNShape", "bpmnElement", "this shape of the diagram"},
	{diagramSpace, "BPMNEdge", "bpmnElement", "this line of the diagram"},
	{diagramSpace, "BPMNPlane", "bpmnElement", "the diagram"},
	{ModelSpace, "association", "sourceRef", "this association"},
	{ModelSpace, "association", "targetRef", "this association"},
	{ModelSpace, "participant", "processRef", "this pool"},
	{ModelSpace, "messageFlow", "sourceRef", "this message flow"},
	{ModelSpace, "messageFlow", "targetRef", "this message flow"},
	{ModelSpace, "dataObjectReference", "dataObjectRef", "this data object"},
}

// checkDiagram warns of references that lead nowhere and of steps that nobody
// will see on the page of an instance.
func (d *Document) checkDiagram(r *report, ids map[string]*Element) {
	b := builder{ids: ids}
	drawn := map[string]bool{}
	for e := range d.Root.Descendants() {
		if e.Space == ModelSpace && e.Local == "flowNodeRef" && ids[b.local(e.Content())] == nil {
			r.warn(e, e.Line, "a lane holds "+clip(e.Content())+", which is not in the file", "Export the file again.")
		}
		for _, p := range pointers {
			if e.Local != p.element || e.Space != p.space {
				continue
			}
			ref := e.Get(p.attr)
			drawn[b.local(ref)] = true
			if ref != "" && ids[b.local(ref)] == nil {
				r.warn(e, e.Line, p.what+" belongs to "+clip(ref)+", which is not in the file", "Draw it again, or remove it.")
			}
		}
	}
	for _, p := range d.processes() {
		if isTrue(p.Get("isExecutable")) {
			warnUndrawn(r, p, drawn)
		}
	}
}

// warnUndrawn names the steps of p that the diagram does not show.
func warnUndrawn(r *report, p *Element, drawn map[string]bool) {
	var missing []*Element
	steps := 0
	for c := range p.Elements() {
		if c.Space == ModelSpace && isStep(c.Local) {
			if steps++; !drawn[c.Get("id")] {
				missing = append(missing, c)
			}
		}
	}
	if len(missing) == steps && steps > 0 {
		r.warn(p, p.Line, "the file has no diagram of this process", "Open it in a modeller and save it; pages show the diagram.")
		return
	}
	for _, c := range missing {
		r.warn(c, c.Line, "this "+c.Local+" is not on the diagram", "Draw it; pages show the diagram.")
	}
}
