package movein

import (
	"fmt"
	"strconv"

	"github.com/signoffhq/signoff/process"
)

// method is a call that has an equal in FEEL: its pattern is filled with the
// receiver and the arguments.
type method struct {
	arguments int
	pattern   string // %[1]s is the receiver, %[2]s the first argument
	truth     bool
	receiver  process.Type // what its receiver is, "" when any
}

// methods are those of Java's texts, lists and dates, and of the JSON that
// Camunda 7 keeps, that mean the same here.
var methods = map[string]method{
	"equals":           {1, "%[1]s = %[2]s", true, ""},
	"equalsIgnoreCase": {1, "lower case(%[1]s) = lower case(%[2]s)", true, process.String},
	"startsWith":       {1, "starts with(%[1]s, %[2]s)", true, process.String},
	"endsWith":         {1, "ends with(%[1]s, %[2]s)", true, process.String},
	"toLowerCase":      {0, "lower case(%[1]s)", false, process.String},
	"toUpperCase":      {0, "upper case(%[1]s)", false, process.String},
	"trim":             {0, "trim(%[1]s)", false, process.String},
	"length":           {0, "string length(%[1]s)", false, process.String},
	"size":             {0, "count(%[1]s)", false, process.JSON},
	"toString":         {0, "string(%[1]s)", false, ""},

	"intValue": {0, "%[1]s", false, ""}, "longValue": {0, "%[1]s", false, ""}, "doubleValue": {0, "%[1]s", false, ""},
	"booleanValue": {0, "%[1]s", false, process.Boolean},
	"value":        {0, "%[1]s", false, ""}, "stringValue": {0, "%[1]s", false, ""}, "numberValue": {0, "%[1]s", false, ""},
	"boolValue": {0, "%[1]s", false, ""}, "elements": {0, "%[1]s", false, ""}, "toDate": {0, "%[1]s", false, ""},
}

// lengths are the methods that move a moment on, and the ISO 8601 duration that
// says so.
var lengths = map[string]string{"plusDays": "P%dD", "plusWeeks": "P%dW", "plusMonths": "P%dM", "plusYears": "P%dY",
	"plusHours": "PT%dH", "plusMinutes": "PT%dM", "plusSeconds": "PT%dS"}

// call says a call in FEEL where there is an equal.
func (x *translator) call(t *term) said {
	of, given := t.parts[0], t.parts[1:]
	if of == nil {
		return x.function(t.text, given)
	}
	if _, is := lengths[t.text]; is && len(given) == 1 {
		return x.later(of, t.text, given[0])
	}
	switch {
	case len(given) == 1 && (t.text == "getVariable" || t.text == "getVariableLocal") && given[0].kind == aText:
		return x.name(given[0].text)
	case len(given) == 1 && (t.text == "prop" || t.text == "get") && given[0].kind == aText:
		x.hint(of, process.JSON)
		return x.part(x.feel(of), given[0].text)
	case len(given) == 1 && t.text == "get":
		return x.index(&term{kind: anIndex, parts: []*term{of, given[0]}})
	case len(given) == 0 && t.text == "isEmpty":
		return x.empty(of)
	case len(given) == 1 && t.text == "contains":
		return x.fail("Write contains(text, part) for a text, or list contains(list, item) for a list.", "whether .contains() looks into a text or a list is known only when it runs")
	}
	m, known := methods[t.text]
	if !known || len(given) != m.arguments {
		return x.fail("Code of the other engine does not run here. Work the value out in a step before, in FEEL or by a service, and use the variable.",
			"it calls the method .%s()", t.text)
	}
	return x.filled(m, of, given)
}

// filled puts receiver and arguments into a method's pattern.
func (x *translator) filled(m method, of *term, given []*term) said {
	if m.receiver != "" {
		x.hint(of, m.receiver)
	} else if len(given) == 1 {
		x.hintBoth(of, given[0], "")
	}
	s := x.feel(of)
	out := said{binds: bindsPart, truth: m.truth}
	if m.pattern == "%[1]s" {
		return said{text: s.text, binds: s.binds}
	}
	args := []any{s.in(bindsAdd)}
	for _, g := range given {
		args = append(args, x.feel(g).in(bindsAdd))
	}
	if m.truth {
		out.binds = bindsCompare
	}
	out.text = fmt.Sprintf(m.pattern, args...)
	return out
}

// function says the few functions that the engines add themselves.
func (x *translator) function(name string, given []*term) said {
	switch {
	case (name == "now" || name == "dateTime") && len(given) == 0:
		return atom("now()")
	case (name == "S" || name == "JSON") && len(given) == 1:
		x.hint(given[0], process.JSON)
		return x.feel(given[0])
	}
	return x.fail("Work the value out in a step before, in FEEL or by a service, and use the variable.", "it calls the function %s()", name)
}

// later is a moment moved on by a number that is known.
func (x *translator) later(of *term, how string, by *term) said {
	n, err := strconv.Atoi(by.text)
	if by.kind != aNumber || err != nil || n < 0 || n > 100_000 {
		return x.fail(`Write: moment + duration("P3D").`, ".%s() is given something else than a number", how)
	}
	if how == "plusWeeks" { // FEEL's durations have no weeks
		how, n = "plusDays", 7*n
	}
	return said{text: x.feel(of).in(bindsAdd) + ` + duration("` + fmt.Sprintf(lengths[how], n) + `")`, binds: bindsAdd}
}
