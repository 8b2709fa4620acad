package k2

import (
	"encoding/json"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
)

// dataFields reads the fields a body sets, as variables of a workflow. A field
// is found by the variable's name or label in any letter case, and its value is
// taken as .NET clients write it: numbers and truths also as strings. A null
// leaves a variable as it is.
func dataFields(def *process.Definition, body object) (map[string]any, error) {
	for _, part := range []string{"xmlFields", "itemReferences"} {
		if !body.empty(part) {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request",
				Detail: "workflows here have no " + part, Hint: "leave " + part + " empty"}
		}
	}
	fields, err := body.object("dataFields")
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, f := range fields {
		v := variable(def, f.name)
		if v == nil {
			return nil, unknownField()
		}
		if f.value != nil {
			out[v.Name] = suited(plain(f.value), v.Type)
		}
	}
	return out, nil
}

func unknownField() error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-variables",
		Detail: "dataFields holds a field the workflow does not have",
		Hint:   "GET workflows/{id}/schema lists the fields"}
}

// variable finds a variable by name, then by name in any letter case, then by label.
func variable(def *process.Definition, called string) *process.Variable {
	same := []func(v *process.Variable) bool{
		func(v *process.Variable) bool { return v.Name == called },
		func(v *process.Variable) bool { return strings.EqualFold(v.Name, called) },
		func(v *process.Variable) bool { return strings.EqualFold(v.Label, called) },
	}
	for _, is := range same {
		for i := range def.Variables {
			if is(&def.Variables[i]) {
				return &def.Variables[i]
			}
		}
	}
	return nil
}

// suited turns a string into what the variable's type wants where that is
// plain; everything else is left for the engine to judge.
func suited(v any, t process.Type) any {
	text, ok := v.(string)
	if !ok {
		if n, isNumber := v.(json.Number); isNumber && (t == process.String || t == process.Text) {
			return n.String()
		}
		return v
	}
	switch trimmed := strings.TrimSpace(text); t {
	case process.Number:
		if isNumber(trimmed) {
			return json.Number(trimmed)
		}
	case process.Boolean:
		if strings.EqualFold(trimmed, "true") {
			return true
		}
		if strings.EqualFold(trimmed, "false") {
			return false
		}
	case process.Date: // .NET knows only dates with a time
		if date, _, found := strings.Cut(trimmed, "T"); found {
			return date
		}
	case process.DateTime:
		if t, given, err := (object{{"at", trimmed}}).moment("at"); err == nil && given {
			return t.Format("2006-01-02T15:04:05.999999999Z07:00")
		}
	}
	return v
}

// isNumber tells whether text is a number as JSON writes it.
func isNumber(text string) bool {
	var n json.Number
	return json.Unmarshal([]byte(text), &n) == nil && n != "" && text[0] != '"'
}
