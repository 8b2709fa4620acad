package movein

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/process"
)

// variable is one that the other engine never had to declare, and signoff has to
// know.
type variable struct {
	name     string // here
	was      string // there
	typ      process.Type
	sure     bool // the type was declared, by a form
	label    string
	given    string // default, as FEEL
	choices  []string
	required bool
	input    bool
	show     bool
	set      bool // something in the workflow sets it
	line     int
}

// names knows what expressions can see, and collects what has to be declared.
type names struct {
	vars     []*variable // in the order met
	byWas    map[string]*variable
	finals   map[string]string // what a name here was there: of vars and locals
	known    map[string]bool   // names that are declared already, or belong to a step
	starters map[string]bool   // names under which the starter is known
	locals   map[string]string // items of repeated steps, and what they are called here
	zeroBase bool              // loopCounter begins at 0 there
	of       string            // names are entries of this, "result.", and not to be declared
	entries  map[string]bool   // which names these are, in the FEEL at hand
	plain    bool              // no filter is in the FEEL at hand: item is a variable
}

func newNames() *names {
	return &names{byWas: map[string]*variable{}, finals: map[string]string{}, known: map[string]bool{}, starters: map[string]bool{}, locals: map[string]string{}}
}

// loopNames are what the engines call the counters of a repeated step.
var loopNames = map[string]string{"nrOfInstances": "numberOfInstances", "nrOfActiveInstances": "numberOfActiveInstances",
	"nrOfCompletedInstances": "numberOfCompletedInstances"}

// fixed says names that are no variables of the workflow.
func (n *names) fixed(was string) (said, bool) {
	if n.starters[was] {
		return atom("starter.login"), true
	}
	if here, ok := n.locals[was]; ok {
		return atom(here), true
	}
	if here, ok := loopNames[was]; ok {
		return atom(here), true
	}
	if was == "loopCounter" && n.zeroBase {
		return said{text: "loopCounter - 1", binds: bindsAdd}, true
	}
	if slices.Contains(process.LoopNames, was) {
		return atom(was), true
	}
	return said{}, false
}

// use returns what a variable of the other engine is called here.
func (n *names) use(was string) string {
	if n.of != "" {
		return n.of + was
	}
	return n.variable(was).name
}

// hint notes of what type a variable seems to be. Two different ones make it
// anything.
func (n *names) hint(was string, is process.Type) {
	if _, fixed := n.fixed(was); fixed || is == "" || n.of != "" {
		return
	}
	switch v := n.variable(was); {
	case v.sure || v.typ == is:
	case v.typ == "":
		v.typ = is
	case v.typ == process.Person && is == process.String, v.typ == process.String && is == process.Person:
		v.typ = process.Person
	default:
		v.typ = process.JSON
	}
}

// variable returns the one of that name, and makes it when it is new.
func (n *names) variable(was string) *variable {
	if v := n.byWas[was]; v != nil {
		return v
	}
	if len(n.vars) >= 2*process.MaxVariables {
		return &variable{was: was, name: was} // Definition refuses so many
	}
	v := &variable{was: was, name: n.free(was)}
	n.byWas[was] = v
	if !n.known[v.name] {
		n.vars = append(n.vars, v)
		n.finals[v.name] = was
	}
	return v
}

// free returns a name for a variable: the same where that can be.
func (n *names) free(was string) string {
	if n.known[was] || !n.taken(was) {
		return was
	}
	name := strings.Map(func(r rune) rune {
		if process.CheckName("a"+string(r)) != "" {
			return '_'
		}
		return r
	}, was)
	if name == "" || process.CheckName("a"+name) == "" && process.CheckName(name+"a") != "" {
		name = "_" + name // it begins with a digit
	}
	if r := []rune(name); len(r) > 90 {
		name = string(r[:90])
	}
	for i := 1; n.taken(name); i++ {
		if n.known[name] {
			break // the file was moved before, and this is its name here
		}
		if i == 1 {
			name += "Value"
			continue
		}
		name = strings.TrimRight(name, "0123456789") + strconv.Itoa(i)
	}
	return name
}

func (n *names) taken(name string) bool {
	if process.CheckName(name) != "" || n.known[name] || slices.Contains(process.Builtins, name) || slices.Contains(process.LoopNames, name) {
		return true
	}
	_, taken := n.finals[name]
	return taken
}

// useFinal notes a variable by its name here.
func (n *names) useFinal(name string) {
	if n.of != "" || n.known[name] || slices.Contains(process.Builtins, name) || slices.Contains(process.LoopNames, name) {
		return
	}
	if _, there := n.finals[name]; there {
		return
	}
	n.variable(name)
}

// spaced lists the names that FEEL only recognises when it is told them.
func (n *names) spaced() []string {
	out := []string{"instance"} // which "instance of" begins with
	for name := range n.known {
		if strings.Contains(name, " ") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// renamed gives the names in FEEL that mean something else here their own:
// whole words, not in quotes, not behind a point, not keys of a context.
func (n *names) renamed(feel string) string {
	var b strings.Builder
	for i := 0; i < len(feel); {
		j := wordEnd(feel[i:])
		switch {
		case feel[i] == '"':
			j = quoteEnd(feel[i:])
		case j == 0:
			j = 1
		default:
			if here, other := n.renaming(feel[i : i+j]); other && !part(feel, i, i+j) {
				b.WriteString(here)
				i += j
				continue
			}
		}
		b.WriteString(feel[i : i+j])
		i += j
	}
	return b.String()
}

// renaming tells whether a name means something else here, and what it is called.
func (n *names) renaming(was string) (string, bool) {
	switch {
	case n.of != "":
		return n.of + was, n.entries[was]
	case n.known[was]:
		return was, false
	}
	if here, ok := n.locals[was]; ok {
		return here, here != was
	}
	if slices.Contains(process.Builtins, was) || was == "item" && n.plain {
		return n.use(was), true
	}
	return was, false
}

// part tells whether the word at from is an entry of something or a key.
func part(feel string, from, to int) bool {
	before, after := strings.TrimRight(feel[:from], " \t\r\n"), strings.TrimLeft(feel[to:], " \t\r\n")
	return strings.HasSuffix(before, ".") || strings.HasPrefix(after, ":") || strings.HasPrefix(after, "(")
}

func wordEnd(s string) int {
	first := true
	for i, r := range s {
		if !isNameRune(r, first) {
			return i
		}
		first = false
	}
	return len(s)
}

// quoteEnd is where the text in quotes that s begins with ends.
func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// compared finds comparisons of a variable with a literal, which show its type.
var compared = regexp.MustCompile(`(?:^|[^.\pL\pN_"])([\pL_][\pL\pN_]*)\s*(?:<=|>=|!=|=|<|>)\s*(true\b|false\b|"|-?[0-9])`)

// hintsIn notes what FEEL shows of the types of variables.
func (n *names) hintsIn(feel string) {
	for _, m := range compared.FindAllStringSubmatch(feel, 100) {
		was, here := n.finals[m[1]]
		switch {
		case !here:
		case m[2] == "true" || m[2] == "false":
			n.hint(was, process.Boolean)
		case m[2] == `"`:
			n.hint(was, process.String)
		default:
			n.hint(was, process.Number)
		}
	}
}

// local takes the name of the item of a repeated step, and returns what it is
// called here.
func (n *names) local(was string) string {
	if here, ok := n.locals[was]; ok {
		return here
	}
	here := n.free(was)
	n.locals[was], n.finals[here] = here, was
	return here
}

// sets notes that something in the workflow gives a variable its value, and
// returns what it is called here.
func (n *names) sets(was string) string {
	v := n.variable(was)
	v.set = true
	return v.name
}

// hintFinal is hint for a name as it is here.
func (n *names) hintFinal(name string, is process.Type) {
	if was, here := n.finals[name]; here {
		n.hint(was, is)
	}
}
