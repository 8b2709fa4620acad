package process

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// Builtins are the names every expression can see besides the workflow's
// variables and the results of its tasks.
var Builtins = []string{"folio", "instance", "starter", "outcome", "comment", "decidedBy"}

// Check returns everything that is wrong with def, in the order of its parts.
// The engine may run a definition when none of the problems blocks. Check takes
// any definition whose indexes are in range, also an unfinished one.
func Check(def *Definition) []Problem {
	c := &checker{def: def}
	if c.tooLarge() {
		return c.problems
	}
	c.declared = map[string]*Variable{}
	for i := range def.Variables {
		c.declared[def.Variables[i].Name] = &def.Variables[i]
	}
	c.known = known(def)
	if def.ID == "" {
		c.problem("", "", 0, "the workflow has no id", "Give it one: other systems start it by that name.")
	}
	if utf8.RuneCountInString(def.Name) > maxNameRunes {
		c.problem(def.ID, def.Name, 0, fmt.Sprintf("the workflow's name has more than %d characters", maxNameRunes), "Shorten it; put the rest into its documentation.")
	}
	c.variables()
	for i := range def.Nodes {
		c.node(&def.Nodes[i])
	}
	c.graph()
	c.sound()
	c.names()
	return c.problems
}

type checker struct {
	def      *Definition
	known    []string // names every expression can see
	declared map[string]*Variable
	problems []Problem
	links    *derived      // of the graph
	thrown   map[int][]int // throwing link events by the catching one
	markings int           // looked at by explorers
	idles    map[int]bool  // sub-processes in which nothing is done
	waits    map[int]bool  // merges on a way round that wait for what comes from elsewhere
}

// Limits of one workflow. Nobody draws a picture of that size; a program that
// made one gets a clear answer instead of a slow server.
const (
	MaxNodes     = 5000
	MaxFlows     = 10000
	MaxVariables = 1000
	maxProblems  = 1000
	maxNameRunes = 300 // of the workflow and of a step, as people read them
)

// tooLarge refuses a definition beyond the limits; nothing else is checked then.
func (c *checker) tooLarge() bool {
	for _, part := range []struct {
		what      string
		has, most int
	}{{"steps", len(c.def.Nodes), MaxNodes}, {"flows", len(c.def.Flows), MaxFlows}, {"variables", len(c.def.Variables), MaxVariables}} {
		if part.has > part.most {
			c.problem(c.def.ID, c.def.Name, 0, fmt.Sprintf("the workflow has more than %d %s", part.most, part.what), "Split it into several workflows.")
		}
	}
	return len(c.problems) > 0
}

func (c *checker) add(p Problem) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, p)
	}
}

func (c *checker) problem(element, name string, line int, reason, advice string) {
	c.add(Problem{Element: element, Name: name, Line: line, Reason: reason, Advice: advice})
}

func (c *checker) at(n *Node, reason, advice string) {
	c.problem(n.ID, n.Name, n.Line, reason, advice)
}

func (c *checker) warn(n *Node, reason, advice string) {
	c.add(Problem{Element: n.ID, Name: n.Name, Line: n.Line, Reason: reason, Advice: advice, Warning: true})
}

// known lists the names an expression of def can see.
func known(def *Definition) []string {
	names := slices.Clone(Builtins)
	for _, v := range def.Variables {
		names = append(names, v.Name)
	}
	for _, n := range def.Nodes {
		if n.Task != nil && n.Task.Result != "" {
			names = append(names, n.Task.Result)
		}
	}
	return names
}

// Declared returns the variable called name, nil when there is none.
func (d *Definition) Declared(name string) *Variable {
	for i := range d.Variables {
		if d.Variables[i].Name == name {
			return &d.Variables[i]
		}
	}
	return nil
}

// keywords cannot be names: FEEL reads them as something else (DMN 1.3 §10.3.1.2).
var keywords = []string{"and", "between", "else", "every", "external", "false", "for", "function", "if", "in",
	"instance of", "not", "null", "or", "return", "satisfies", "some", "then", "true", "item", "partial"}

// CheckName says what is wrong with a name for a variable, "" when nothing is.
// Names hold letters, digits, "_" and single spaces, so that FEEL reads them
// wherever they stand.
func CheckName(name string) string {
	switch {
	case name == "":
		return "has no name"
	case utf8.RuneCountInString(name) > 100:
		return "has a name of more than 100 characters"
	case slices.Contains(keywords, name):
		return "is called like a word of FEEL"
	case strings.Join(strings.Fields(name), " ") != name:
		return "has spaces at the ends of its name, or several in a row"
	}
	for i, r := range name {
		if unicode.IsLetter(r) || r == '_' || i > 0 && (unicode.IsDigit(r) || unicode.IsMark(r) || r == ' ') {
			continue
		}
		return "has a name with " + fmt.Sprintf("%q", r) + " in it"
	}
	for word := range strings.FieldsSeq(name) {
		if slices.Contains(keywords, word) {
			return "has the FEEL word " + word + " in its name"
		}
	}
	return ""
}

const nameAdvice = "Use letters, digits, \"_\" and single spaces, beginning with a letter."

func (c *checker) variables() {
	seen := map[string]bool{}
	for _, v := range c.def.Variables { // not c.declared: doubles have to be seen
		bad := func(reason, advice string) { c.problem(c.def.ID, c.def.Name, v.Line, reason, advice) }
		quoted := fmt.Sprintf("the variable %q ", v.Name)
		if wrong := CheckName(v.Name); wrong != "" {
			bad(quoted+wrong, nameAdvice)
		} else if slices.Contains(Builtins, v.Name) {
			bad(quoted+"has a name that signoff uses itself", "Choose another; "+strings.Join(Builtins, ", ")+" are always there.")
		} else if seen[v.Name] {
			bad(quoted+"is declared twice", "Leave one.")
		}
		seen[v.Name] = true
		if !slices.Contains(Types, v.Type) {
			bad(fmt.Sprintf("%sis of the unknown type %q", quoted, v.Type), fmt.Sprintf("Use one of %v.", Types))
		}
		if len(v.Choices) > 0 && v.Type != String {
			bad(quoted+"has choices but is no string", "Make its type string, or remove the choices.")
		}
		c.defaultValue(v, bad)
	}
}

// Types are the types a variable can have.
var Types = []Type{String, Text, Number, Boolean, Date, DateTime, Duration, Person, JSON}

// defaultValue checks a default that is the same for every instance.
func (c *checker) defaultValue(v Variable, bad func(reason, advice string)) {
	if v.Default == nil || !slices.Contains(Types, v.Type) {
		return
	}
	value, constant := evalConstant(v.Default)
	if !constant {
		return
	}
	quoted := fmt.Sprintf("the default of the variable %q ", v.Name)
	coerced, err := expr.Coerce(value, string(v.Type))
	if err != nil {
		advice := "Write a FEEL value of type " + string(v.Type) + "."
		if v.Type == String || v.Type == Text || v.Type == Person {
			advice = "Put text in double quotes."
		}
		bad(quoted+"is not of type "+string(v.Type), advice)
		return
	}
	if s, ok := coerced.(expr.String); ok && len(v.Choices) > 0 && !slices.Contains(v.Choices, string(s)) {
		bad(fmt.Sprintf("%sis %q, which is none of its choices", quoted, string(s)), signoff.MeantName(string(s), v.Choices))
	}
}

// evalConstant works out an expression that sees no names. An expression that
// fails gives null.
func evalConstant(e *expr.Expr) (v expr.Value, constant bool) {
	if len(e.Names()) > 0 {
		return nil, false
	}
	v, err := e.Eval(expr.Scope{Now: time.Unix(0, 0).UTC(), Steps: 10_000})
	if err != nil {
		return nil, true
	}
	return v, true
}
