package movein

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff/bpmn"
)

// sweeper looks for what another engine said and nothing in the report speaks
// of, so that nothing is lost without a word.
type sweeper struct {
	*mover
	told    map[string][]string // what is told of an element, by its id
	line    map[int][]string    // what is told of a line
	choices map[string]bool     // of signoff's variables
	kept    map[string]bool     // values that say something and that signoff's own elements hold
}

// maxTold bounds what of one element or line is looked through: a file with more
// on one line is told of once too often.
const maxTold = 1000

// sweep tells about every attribute and element of another engine that no
// finding names and no element of signoff's has taken over.
func (m *mover) sweep(root *bpmn.Element) {
	s := &sweeper{mover: m, told: map[string][]string{}, line: map[int][]string{}, kept: map[string]bool{}, choices: map[string]bool{}}
	for _, f := range m.report.Findings {
		text := f.What + "\n" + f.From + "\n" + f.To + "\n" + f.Advice
		if of := s.told[f.Element]; len(of) < maxTold {
			s.told[f.Element] = append(of, text)
		}
		if on := s.line[f.Line]; len(on) < maxTold {
			s.line[f.Line] = append(on, text)
		}
	}
	for e := range root.Descendants() {
		if e.Space == bpmn.ExtensionSpace {
			s.keep(e.Content())
			for _, a := range e.Attrs {
				s.keep(a.Value)
			}
			for choice := range strings.SplitSeq(e.Get("choices"), "|") {
				s.choices[choice] = true
			}
		}
	}
	delete(s.choices, "")
	s.model(root, root)
}

func (s *sweeper) keep(value string) {
	s.kept[strings.TrimSpace(value)] = telling(value)
}

// model sweeps an element of BPMN. What belongs to none with an id belongs to
// its owner, the last one above that has one.
func (s *sweeper) model(e, owner *bpmn.Element) {
	if e.Get("id") != "" {
		owner = e
	}
	for _, a := range e.Attrs {
		if a.Prefix != "xmlns" && bpmn.Engine(a.Space) != "" && !s.names(owner, a.Line, a.Local, a.Value) {
			s.tell(owner, a.Line, a.Name(), a.Local, a.Value)
		}
	}
	for c := range e.Elements() {
		if bpmn.Engine(c.Space) != "" {
			s.foreign(c, owner)
		} else if c.Space != bpmn.ExtensionSpace && c.Space != movedSpace {
			s.model(c, owner)
		}
	}
}

// foreign sweeps an element of another engine, and what is in it. One that was
// told by its tag was told whole.
func (s *sweeper) foreign(e, owner *bpmn.Element) {
	if s.says(owner, e.Line, "<"+e.Name()+">") {
		return
	}
	own := strings.TrimSpace(e.Content())
	bare, inner := len(e.Attrs) == 0 && own == "", false
	for range e.Elements() {
		inner = true
	}
	if !(bare && inner) && !spoken[e.Local] && !s.mentioned(e, owner, own) {
		s.tell(owner, e.Line, "<"+e.Name()+">", e.Local, shown(e, own))
		return
	}
	for _, a := range e.Attrs {
		local := a.Local
		if telling(a.Value) {
			local = "" // "name" and the like stand everywhere
		}
		if a.Prefix != "xmlns" && !spoken[e.Local+" "+a.Local] && !s.kept[strings.TrimSpace(a.Value)] && !s.names(owner, a.Line, local, a.Value) {
			s.tell(owner, a.Line, a.Local+" of <"+e.Name()+">", e.Local+" "+a.Local, a.Value)
		}
	}
	for c := range e.Elements() {
		s.foreign(c, owner)
	}
}

// mentioned tells whether something speaks of an element: of its name, of one of
// its values or of what it holds.
func (s *sweeper) mentioned(e, owner *bpmn.Element, own string) bool {
	if s.names(owner, e.Line, e.Local, own) || e.Local == "value" && s.choices[e.Get("id")] {
		return true
	}
	return slices.ContainsFunc(e.Attrs, func(a bpmn.Attr) bool {
		return a.Prefix != "xmlns" && s.names(owner, a.Line, "", a.Value)
	})
}

// names tells whether something speaks of what is called so, or has this value.
func (s *sweeper) names(owner *bpmn.Element, line int, local, value string) bool {
	if local != "" && s.says(owner, line, local) {
		return true
	}
	value = strings.TrimSpace(value)
	return telling(value) && s.says(owner, line, short(value))
}

// telling tells a value that says something by itself from a yes, a no and the
// like.
func telling(value string) bool {
	return value != "true" && value != "false" && strings.ContainsFunc(value, unicode.IsLetter)
}

func (s *sweeper) says(owner *bpmn.Element, line int, what string) bool {
	speaks := func(text string) bool { return word(text, what) }
	return slices.ContainsFunc(s.told[short(owner.Get("id"))], speaks) || slices.ContainsFunc(s.line[line], speaks)
}

// word tells whether what stands in text as words of its own.
func word(text, what string) bool {
	if what == "" {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], what)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(what):])
		if !letter(before) && !letter(after) {
			return true
		}
		from = i + 1
	}
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

func (s *sweeper) tell(owner *bpmn.Element, line int, name, local, value string) {
	element, attribute, _ := strings.Cut(local, " ")
	if why, ok := harmless[local]; ok {
		s.found(AsIs, owner, line, name, value, "", why)
		return
	}
	advice := advised[local]
	if advice == "" && attribute != "" {
		advice = advised[element]
	}
	if advice == "" {
		advice = "It is kept and means nothing to signoff."
	}
	s.byHand(owner, line, name, value, advice)
}

// shown is an element's values on one line.
func shown(e *bpmn.Element, own string) string {
	var parts []string
	for _, a := range e.Attrs {
		if a.Prefix != "xmlns" {
			parts = append(parts, a.Local+"="+a.Value)
		}
	}
	if own != "" {
		parts = append(parts, own)
	}
	for c := range e.Elements() {
		parts = append(parts, "<"+c.Name()+">")
	}
	return strings.Join(parts, " ")
}
