package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// start begins the instance at a start event (BPMN 2.0.2 §13.2, §13.5.1).
func (t *turn) start(e Start) error {
	if t.st.Status != "" {
		return refuse(signoff.Conflict, CodeAlreadyStarted, "this instance was started already")
	}
	if e.Priority < 0 || e.Priority > 2 {
		return refuse(signoff.Invalid, CodeBadPriority, "priority is 0 (high), 1 (normal) or 2 (low)")
	}
	if err := tooLong("folio", e.Folio, MaxFolio); err != nil {
		return err
	}
	from, err := t.startNode(e.Node)
	if err != nil {
		return err
	}
	// Defaults and the folio may speak of the starter and the instance.
	t.st.Instance, t.st.Starter = e.Instance, t.in.By.Person
	vars, err := t.startVars(t.brought(from, e), from)
	if err != nil {
		return err
	}
	folio, err := t.startFolio(e.Folio, vars)
	if err != nil {
		return err
	}
	starter := t.in.By.Person
	t.st = State{}
	t.emitBy(Fact{Kind: Started, Instance: e.Instance, Folio: folio, Priority: e.Priority, Starter: &starter, Vars: vars})
	r := t.place(from, 0, Entering)
	if from.Event == nil || len(from.Event.Outputs) == 0 {
		t.ready = append(t.ready, r)
		return nil
	}
	r.stage = Answered
	t.take(r, e.Came)
	return nil
}

// startNode finds where an instance begins: at the start event of that id, or
// with "" at the one without a trigger.
func (t *turn) startNode(id string) (*process.Node, error) {
	if id == "" {
		if n := t.def.Begin(-1); n != nil {
			return n, nil
		}
		return nil, refuse(signoff.Invalid, CodeNoStart, "the workflow has no start event for people: it is started by %s", t.otherStarts())
	}
	for _, n := range t.def.Starts() {
		if n.ID == id {
			return n, nil
		}
	}
	return nil, refuse(signoff.Invalid, CodeNoStart, "the workflow has no start event %q", cut(clean(id), 100))
}

// otherStarts names what starts a workflow besides people.
func (t *turn) otherStarts() string {
	names := make([]string, 0, 4)
	for _, n := range t.def.Starts() {
		if n.Event == nil {
			continue
		}
		what := "a " + n.Event.Trigger.String()
		if n.Event.Name != "" {
			what += fmt.Sprintf(" %q", n.Event.Name)
		}
		names = append(names, what)
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// brought is what an instance is started with: what was given, and besides what
// came with a message or signal whose event names no outputs.
func (t *turn) brought(from *process.Node, e Start) map[string]expr.Value {
	if from.Event == nil || len(from.Event.Outputs) > 0 || len(e.Came) == 0 {
		return e.Vars
	}
	vars := make(map[string]expr.Value, len(e.Vars)+len(e.Came))
	for name, v := range e.Came {
		if t.variable(name) != nil {
			vars[name] = v
		}
	}
	maps.Copy(vars, e.Vars)
	return vars
}

// setLater tells whether the start event sets a variable from what came with it.
func setLater(from *process.Node, name string) bool {
	return from.Event != nil && slices.ContainsFunc(from.Event.Outputs, func(a process.Assign) bool { return a.Variable == name })
}

// startVars checks what was given, demands what is required, and works out the
// defaults of the rest in the order of declaration, so that one default may use
// a variable declared before it.
func (t *turn) startVars(given map[string]expr.Value, from *process.Node) (map[string]expr.Value, error) {
	given = maps.Clone(given)
	maps.DeleteFunc(given, func(name string, v expr.Value) bool { return blank(v) && t.variable(name) != nil })
	vars, wrong := t.given(given, nil)
	if vars == nil {
		vars = make(map[string]expr.Value)
	}
	t.st.Vars, t.scope = vars, nil
	for i := range t.def.Variables {
		decl := &t.def.Variables[i]
		if _, ok := given[decl.Name]; ok {
			continue
		}
		v, why := t.defaultOf(decl)
		switch {
		case why != "":
			wrong = append(wrong, signoff.FieldError{Field: decl.Name, Detail: why, Advice: "give a value, or correct the workflow"})
		case decl.Required && blank(v) && !setLater(from, decl.Name):
			wrong = append(wrong, signoff.FieldError{Field: decl.Name, Detail: "a value is required"})
		case v != nil:
			vars[decl.Name] = v
			t.scope = nil
		}
	}
	if len(wrong) > 0 {
		return nil, badVariables(wrong)
	}
	if _, ok := t.fits(vars); !ok {
		return nil, variablesTooLarge()
	}
	return vars, nil
}

// defaultOf returns the value a variable starts with when none is given.
func (t *turn) defaultOf(decl *process.Variable) (v expr.Value, why string) {
	if decl.Default == nil {
		return nil, ""
	}
	v, bad := t.eval("the default", decl.Default, nil)
	if bad != nil {
		return nil, bad.cause
	}
	v, err := coerce(decl, v)
	if err != nil {
		return nil, "the default, " + decl.Default.Source() + ", does not fit: " + err.Error()
	}
	return v, ""
}

// startFolio is the given folio, else the workflow's, else its name.
func (t *turn) startFolio(given string, vars map[string]expr.Value) (string, error) {
	if folio := oneLine(clean(given)); folio != "" {
		return folio, nil
	}
	t.st.Vars, t.scope = vars, nil
	folio, bad := t.line("the folio", t.def.Folio, MaxFolio)
	if bad != nil {
		return "", refuse(signoff.Invalid, CodeFolioFailed, "%s", bad.cause)
	}
	if folio == "" {
		folio = cut(oneLine(t.def.Name), MaxFolio)
	}
	return folio, nil
}
