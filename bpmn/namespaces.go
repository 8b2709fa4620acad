package bpmn

// Namespaces a BPMN file speaks in.
const (
	// ModelSpace is the namespace of BPMN 2.0 elements.
	ModelSpace = "http://www.omg.org/spec/BPMN/20100524/MODEL"
	// ExtensionSpace is the namespace of signoff's own elements.
	ExtensionSpace = "https://signoffhq.org/bpmn/1"

	diagramSpace = "http://www.omg.org/spec/BPMN/20100524/DI"
	schemaSpace  = "http://www.w3.org/2001/XMLSchema-instance"
	xmlSpace     = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace   = "http://www.w3.org/2000/xmlns/"
)

// scope knows which namespace each prefix stands for at the element being read:
// per prefix the declarations in force, the innermost last.
type scope struct {
	bound map[string][]string
}

func newScope() *scope {
	return &scope{bound: map[string][]string{"xml": {xmlSpace}, "xmlns": {xmlnsSpace}}}
}

func (s *scope) lookup(prefix string) (string, bool) {
	b := s.bound[prefix]
	if len(b) == 0 {
		return "", prefix == ""
	}
	return b[len(b)-1], true
}

// declares tells whether a is a namespace declaration, and for which prefix.
func (a Attr) declares() (prefix string, ok bool) {
	if a.Prefix == "xmlns" {
		return a.Local, true
	}
	return "", a.Prefix == "" && a.Local == "xmlns"
}

// enter takes in e's declarations and resolves its names and its attributes'.
func (s *scope) enter(r *reader, e *Element) error {
	for _, a := range e.Attrs {
		prefix, ok := a.declares()
		if !ok {
			continue
		}
		if err := checkDeclaration(r, prefix, a.Value); err != nil {
			return err
		}
		s.bound[prefix] = append(s.bound[prefix], a.Value)
	}
	space, ok := s.lookup(e.Prefix)
	if !ok || e.Prefix == "xmlns" {
		return r.undeclared(e.Prefix, e.Name())
	}
	e.Space = space
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if _, ok := a.declares(); ok {
			a.Space = xmlnsSpace
		} else if a.Prefix != "" {
			if a.Space, ok = s.lookup(a.Prefix); !ok {
				return r.undeclared(a.Prefix, a.Name())
			}
		}
	}
	return r.checkUnique(e)
}

func (s *scope) leave(e *Element) {
	for _, a := range e.Attrs {
		if prefix, ok := a.declares(); ok {
			b := s.bound[prefix]
			s.bound[prefix] = b[:len(b)-1]
		}
	}
}

// checkDeclaration enforces the constraints of Namespaces in XML 1.0 §3 and §5.
func checkDeclaration(r *reader, prefix, space string) error {
	switch {
	case prefix == "xmlns", space == xmlnsSpace,
		(prefix == "xml") != (space == xmlSpace):
		return r.fail("xmlns:%s=%s: the prefixes xml and xmlns are reserved", prefix, clip(space))
	case prefix != "" && space == "":
		return r.fail("the prefix %q is declared with an empty namespace", prefix)
	}
	return nil
}

// checkUnique refuses two attributes with one meaning (Namespaces in XML §6.3).
func (r *reader) checkUnique(e *Element) error {
	for i, a := range e.Attrs {
		for _, b := range e.Attrs[:i] {
			if a.Local == b.Local && a.Space == b.Space {
				return r.fail("<%s> has the attribute %s twice", e.Name(), a.Name())
			}
		}
	}
	return nil
}

func (r *reader) undeclared(prefix, name string) error {
	return unreadable(r.line, "the prefix "+clip(prefix)+" of "+clip(name)+" is not declared",
		"Add xmlns:"+prefix+"=\"…\" to the root element, or remove what uses it.")
}

// checkRoot refuses XML that is not BPMN 2.0 (BPMN §15.3.2: tDefinitions).
func checkRoot(root *Element) error {
	switch {
	case root.Local == "definitions" && root.Space == ModelSpace:
		return nil
	case root.Local == "definitions" || root.Space == ModelSpace:
		return unreadable(root.Line, "the root element is <"+root.Name()+"> in the namespace "+clip(root.Space),
			"A BPMN 2.0 file begins with <definitions xmlns=\""+ModelSpace+"\">; other versions and DMN are not read.")
	}
	return unreadable(root.Line, "the root element is <"+root.Name()+">; this is not a BPMN file",
		"Give a .bpmn file saved by a BPMN 2.0 modeller.")
}
