package engine

import (
	"maps"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// start begins the instance at the start event.
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
	from := t.startNode()
	if from == nil {
		return refuse(signoff.Invalid, CodeNoStart, "the workflow has no start event")
	}
	// Defaults and the folio may speak of the starter and the instance.
	t.st.Instance, t.st.Starter = e.Instance, t.in.By.Person
	vars, err := t.startVars(e.Vars)
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
	token := t.next()
	t.emit(Fact{Kind: Entered, Node: from.ID, Token: token})
	t.ready = append(t.ready, ready{token, from, Entering})
	return nil
}

func (t *turn) startNode() *process.Node {
	for i := range t.def.Nodes {
		if t.def.Nodes[i].Kind == process.StartEvent {
			return &t.def.Nodes[i]
		}
	}
	return nil
}

// startVars checks what was given, demands what is required, and works out the
// defaults of the rest in the order of declaration, so that one default may use
// a variable declared before it.
func (t *turn) startVars(given map[string]expr.Value) (map[string]expr.Value, error) {
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
		case decl.Required && blank(v):
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
