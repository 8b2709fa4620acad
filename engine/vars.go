package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// scopeVars returns what an expression sees: declared variables and task
// results, set or not, and the names the engine adds.
func (t *turn) scopeVars() map[string]expr.Value {
	vars := t.instanceVars()
	if t.here != 0 && t.inLoop(t.here) {
		vars = maps.Clone(vars)
		t.locals(vars, t.here)
	}
	return vars
}

// inLoop tells whether a scope lies in a repeated activity.
func (t *turn) inLoop(scope int) bool {
	for s := t.st.scope(scope); s != nil; s = t.st.scope(s.Parent) {
		if s.Loop != nil || s.Number > 0 {
			return true
		}
	}
	return false
}

// instanceVars is what all expressions of the instance see.
func (t *turn) instanceVars() map[string]expr.Value {
	if t.scope != nil {
		return t.scope
	}
	s := make(map[string]expr.Value, len(t.st.Vars)+len(t.def.Variables)+8)
	for i := range t.def.Nodes {
		if task := t.def.Nodes[i].Task; task != nil && task.Result != "" {
			s[task.Result] = nil
		}
	}
	for i := range t.def.Variables {
		s[t.def.Variables[i].Name] = nil
	}
	maps.Copy(s, t.st.Vars)
	s["folio"] = expr.String(t.st.Folio)
	s["instance"] = expr.Int(int64(t.st.Instance))
	s["starter"] = personValue(t.st.Starter)
	t.scope = s
	t.seeLast()
	return s
}

// see lets what expressions see follow a fact that changes variables.
func (t *turn) see(f *Fact) {
	if f.Kind == Started || t.scope == nil {
		t.scope = nil
		return
	}
	maps.Copy(t.scope, f.Vars)
	t.seeLast()
}

func (t *turn) seeLast() {
	s := t.scope
	s["outcome"], s["comment"], s["decidedBy"] = nil, nil, nil
	if d := t.st.Last; d != nil {
		s["outcome"], s["comment"], s["decidedBy"] = expr.String(d.Outcome), expr.String(d.Comment), personValue(d.By)
	}
}

// sight is what an expression may see and use; all of a turn share its steps.
func (t *turn) sight(vars map[string]expr.Value) expr.Scope {
	return expr.Scope{Vars: vars, Now: t.now, Left: &t.steps}
}

// personValue is a person as expressions see one; nobody is null.
func personValue(p signoff.Person) expr.Value {
	if p.Principal == "" {
		return nil
	}
	return expr.Context{
		{Key: "name", Value: expr.String(p.Name)},
		{Key: "email", Value: expr.String(p.Email)},
		{Key: "login", Value: expr.String(p.Login)},
		{Key: "user", Value: expr.String(p.Principal)},
	}
}

// eval evaluates e for what, seeing also more, such as a call's result.
func (t *turn) eval(what string, e *expr.Expr, more map[string]expr.Value) (expr.Value, *trouble) {
	v, err := e.Eval(t.sight(t.seeing(more)))
	if err != nil {
		return nil, exprTrouble(what, e.Source(), err)
	}
	return v, nil
}

// seeing is what expressions see, and more.
func (t *turn) seeing(more map[string]expr.Value) map[string]expr.Value {
	vars := t.scopeVars()
	if len(more) > 0 {
		vars = maps.Clone(vars)
		maps.Copy(vars, more)
	}
	return vars
}

// text evaluates a template for what, as people read it, cut to limit
// characters. A nil template is "".
func (t *turn) text(what string, e *expr.Template, limit int) (string, *trouble) {
	return t.write(what, e, limit, expr.Format)
}

// line is text on one line: titles, subjects, folios.
func (t *turn) line(what string, e *expr.Template, limit int) (string, *trouble) {
	s, bad := t.write(what, e, limit, expr.Format)
	return oneLine(s), bad
}

// word is line for programs to read: names, addresses, headers.
func (t *turn) word(what string, e *expr.Template, limit int) (string, *trouble) {
	s, bad := t.write(what, e, limit, expr.Text)
	return oneLine(s), bad
}

func (t *turn) write(what string, e *expr.Template, limit int, form func(expr.Value) string) (string, *trouble) {
	if e == nil {
		return "", nil
	}
	s, err := e.EvalWith(t.sight(t.scopeVars()), form)
	if err != nil {
		return "", exprTrouble(what, e.Source(), err)
	}
	return cut(clean(s), limit), nil
}

func oneLine(s string) string {
	if strings.ContainsAny(s, "\r\n\t") {
		return strings.Join(strings.Fields(s), " ")
	}
	return s
}

// cut shortens s to limit characters, and shows that it did.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit-1]) + "…"
}

// exprTrouble is an expression that could not be worked out. What package expr
// says names the place and what the variables were.
func exprTrouble(what, source string, err error) *trouble {
	return &trouble{IncidentExpression, fmt.Sprintf("%s, %s, could not be worked out: %s", what, source, placed(err)), adviceExpression}
}

// placed is an error of an expression with its place, behind the sentence.
func placed(err error) string {
	if e, ok := errors.AsType[*expr.Error](err); ok {
		return fmt.Sprintf("%s, at line %d, column %d", e.Msg, e.Line, e.Col)
	}
	return err.Error()
}

const adviceExpression = "correct the variables it uses and retry; if the expression itself is wrong, correct the workflow"

// unfit is an expression that was worked out and gave what cannot be used. more
// is what it saw besides; must ends the sentence: what its value must be.
func (t *turn) unfit(what string, e *expr.Expr, more map[string]expr.Value, v expr.Value, must string) *trouble {
	said := describe(v)
	sight := t.sight(t.seeing(more))
	if why := e.Why(sight); v == nil && why != nil {
		said += ", because " + placed(why)
	} else if was := e.Given(sight); was != "" && !slices.Contains(e.Names(), e.String()) {
		said += " (" + was + ")"
	}
	return &trouble{IncidentExpression, fmt.Sprintf("%s, %s, gives %s; %s", what, e.Source(), said, must), adviceExpression}
}

// describe is a value as a message shows it.
func describe(v expr.Value) string {
	if v == nil {
		return "null"
	}
	return cut(expr.Format(v), 80)
}

func (t *turn) variable(name string) *process.Variable {
	for i := range t.def.Variables {
		if t.def.Variables[i].Name == name {
			return &t.def.Variables[i]
		}
	}
	return nil
}

// assign sets variables from expressions of a step, which also see more. Each
// sees what those before it gave. Either all are set or none, so that trying
// again sets nothing twice.
func (t *turn) assign(n *process.Node, list []process.Assign, more map[string]expr.Value) *trouble {
	if len(list) == 0 {
		return nil
	}
	set, bad := t.assigned(list, more)
	if bad != nil {
		return bad
	}
	return t.store(n, set)
}

// assigned works out assignments, each of which sees those before it.
func (t *turn) assigned(list []process.Assign, more map[string]expr.Value) (map[string]expr.Value, *trouble) {
	set := make(map[string]expr.Value, len(list))
	seen := make(map[string]expr.Value, len(list)+len(more))
	maps.Copy(seen, more)
	for i := range list {
		v, bad := t.valueFor(&list[i], seen)
		if bad != nil {
			return nil, bad
		}
		set[list[i].Variable], seen[list[i].Variable] = v, v
	}
	return set, nil
}

// store sets variables, unless they would be too large.
func (t *turn) store(n *process.Node, set map[string]expr.Value) *trouble {
	if len(set) == 0 {
		return nil
	}
	bytes, ok := t.fits(set)
	if !ok {
		return &trouble{IncidentVariables, variablesTooLarge().Detail, "make a variable smaller and retry"}
	}
	t.written += bytes
	t.emit(Fact{Kind: VarsSet, Node: n.ID, Vars: set})
	return nil
}

// valueFor works out one assignment, in the type its variable is declared with.
func (t *turn) valueFor(a *process.Assign, seen map[string]expr.Value) (expr.Value, *trouble) {
	what := fmt.Sprintf("the value for %q", a.Variable)
	v, bad := t.eval(what, a.Value, seen)
	decl := t.variable(a.Variable)
	if bad != nil || decl == nil {
		return v, bad
	}
	fits, err := coerce(decl, v)
	if err != nil {
		return nil, t.unfit(what, a.Value, seen, v, "that does not fit: "+err.Error())
	}
	return fits, nil
}

// coerce returns v as decl declares it, or says in words why it is not.
func coerce(decl *process.Variable, v expr.Value) (expr.Value, error) {
	v, err := expr.Coerce(v, string(decl.Type))
	if err != nil || len(decl.Choices) == 0 || v == nil {
		return v, err
	}
	if blank(v) {
		return nil, nil // how a form says: none of them
	}
	if s, ok := v.(expr.String); !ok || !slices.Contains(decl.Choices, string(s)) {
		return nil, fmt.Errorf("it must be one of %s", strings.Join(decl.Choices, ", "))
	}
	return v, nil
}

// given checks values people or other systems gave, against the declarations.
// Only those in allowed may be given; nil allows all. Everything wrong is
// reported at once.
func (t *turn) given(vars map[string]expr.Value, allowed []string) (map[string]expr.Value, []signoff.FieldError) {
	if len(vars) == 0 {
		return nil, nil
	}
	out := make(map[string]expr.Value, len(vars))
	var wrong []signoff.FieldError
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		decl := t.variable(name)
		if decl == nil || allowed != nil && !slices.Contains(allowed, name) {
			wrong = append(wrong, t.notAllowed(name, decl, allowed))
			continue
		}
		v, err := coerce(decl, vars[name])
		switch {
		case err != nil:
			wrong = append(wrong, signoff.FieldError{Field: name, Detail: err.Error()})
		case decl.Required && blank(v):
			wrong = append(wrong, signoff.FieldError{Field: name, Detail: "a value is required"})
		default:
			out[name] = v
		}
	}
	return out, wrong
}

func (t *turn) notAllowed(name string, decl *process.Variable, allowed []string) signoff.FieldError {
	if decl != nil {
		return signoff.FieldError{Field: name, Detail: "this variable cannot be changed here", Advice: listing("these can be", allowed)}
	}
	if allowed == nil {
		for i := range t.def.Variables {
			allowed = append(allowed, t.def.Variables[i].Name)
		}
	}
	return signoff.FieldError{Field: cut(name, 100), Detail: "the workflow has no such variable", Advice: listing("it has", allowed)}
}

func listing(intro string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return intro + " " + strings.Join(names, ", ")
}

// blank tells whether v is nothing at all: null, or a string of spaces.
func blank(v expr.Value) bool {
	s, ok := v.(expr.String)
	return v == nil || ok && strings.TrimSpace(string(s)) == ""
}

func badVariables(wrong []signoff.FieldError) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: CodeBadVariables, Detail: "some values cannot be used", Fields: wrong}
}

// checked is given with its errors, and the limit on size, as a refusal.
func (t *turn) checked(vars map[string]expr.Value, allowed []string) (map[string]expr.Value, error) {
	out, wrong := t.given(vars, allowed)
	if len(wrong) > 0 {
		return nil, badVariables(wrong)
	}
	if _, ok := t.fits(out); !ok {
		return nil, variablesTooLarge()
	}
	return out, nil
}

func variablesTooLarge() *signoff.Error {
	return refuse(signoff.TooLarge, CodeVariablesLarge, "the instance's variables would be larger than %d bytes, or a text in them than %d", MaxVariables, expr.MaxText)
}

// fits returns how many bytes set takes when stored, and whether the variables
// with it can be stored and read back.
func (t *turn) fits(set map[string]expr.Value) (bytes int, ok bool) {
	if len(set) == 0 {
		return 0, true
	}
	bytes, ok = size(set)
	return bytes, ok && bytes+t.beside(set) <= MaxVariables
}

// beside is how many bytes are kept already besides the variables in set.
func (t *turn) beside(set map[string]expr.Value) int {
	total := t.held()
	for name, v := range t.st.Vars {
		if _, replaced := set[name]; !replaced {
			total += t.sizeOf(name, v)
		}
	}
	return total
}

// sizeOf is how many bytes a variable of the state takes, worked out once.
func (t *turn) sizeOf(name string, v expr.Value) int {
	n, known := t.sizes[name]
	if !known {
		if t.sizes == nil {
			t.sizes = make(map[string]int, len(t.st.Vars))
		}
		n = len(name) + len(expr.AppendJSON(nil, v))
		t.sizes[name] = n
	}
	return n
}

// size is how many bytes vars take when stored. It is not ok when one of them
// could not be read back: package expr bounds each value too.
func size(vars map[string]expr.Value) (total int, ok bool) {
	var buf []byte
	for name, v := range vars {
		buf = expr.AppendJSON(buf[:0], v)
		total += len(name) + len(buf)
		if len(buf) > harmless {
			if _, err := expr.DecodeJSON(buf); err != nil {
				return total, false
			}
		}
	}
	return total, true
}

// harmless is a size below which no value can pass a bound of package expr.
const harmless = expr.MaxNesting
