package httpapi

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/expr"
)

type checkInput struct{ Body api.ExpressionToCheck }

// expression is an expression or a template, as checking sees it.
type expression interface {
	Names() []string
	At(name, format string, args ...any) *expr.Error
}

// checkExpression reads an expression, and works it out with sample values. What
// is wrong with the expression is no failure of the request.
func (s *Server) checkExpression(_ context.Context, _ signoff.Caller, in *checkInput) (*body[api.ExpressionChecked], error) {
	vars, err := samples(in.Body.Variables)
	if err != nil {
		return nil, err
	}
	out := api.ExpressionChecked{Names: []string{}, Unknown: []string{}, Reasons: []api.ExpressionFault{}}
	fault := check(in.Body, expr.Scope{Vars: vars, Now: s.Now()}, &out)
	if e, ok := errors.AsType[*expr.Error](fault); ok {
		f := expressionFault(e)
		out.Error = &f
	} else if fault != nil {
		return nil, fault
	}
	out.OK = fault == nil
	return &body[api.ExpressionChecked]{out}, nil
}

// samples turns the values to try into those an expression works with.
func samples(list []api.SampleVariable) (map[string]expr.Value, error) {
	vars := make(map[string]expr.Value, len(list))
	for i, sample := range list {
		v, err := expr.FromGo(sample.Value)
		if err == nil && sample.Type != "" {
			v, err = expr.Coerce(v, sample.Type)
		}
		if err != nil {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "the value of a variable cannot be used",
				Fields: []signoff.FieldError{{Field: fmt.Sprintf("variables[%d].value", i), Detail: err.Error()}}}
		}
		vars[sample.Name] = v
	}
	return vars, nil
}

// check fills out in as far as the expression allows.
func check(in api.ExpressionToCheck, s expr.Scope, out *api.ExpressionChecked) error {
	names := make([]string, len(in.Variables))
	for i, v := range in.Variables {
		names[i] = v.Name
	}
	if in.Template {
		t, err := expr.ParseTemplate(in.Expression, names...)
		if err != nil {
			return err
		}
		if err := known(t, s.Vars, out); err != nil {
			return err
		}
		text, notes, err := t.Explain(s)
		if err != nil {
			return err
		}
		shown(expr.String(text), notes, out)
		return nil
	}
	x, err := expr.Parse(in.Expression, names...)
	if err != nil {
		return err
	}
	if err := known(x, s.Vars, out); err != nil {
		return err
	}
	v, notes, err := x.Explain(s)
	if err != nil {
		return err
	}
	if was := x.Given(s); v == nil && len(notes) > 0 && was != "" {
		notes[0].Msg += " (" + was + ")"
	}
	shown(v, notes, out)
	if _, isBool := v.(expr.Boolean); in.Condition && v != nil && !isBool {
		_, err = x.Test(s)
	}
	return err
}

// known refuses names that nobody has.
func known(x expression, vars map[string]expr.Value, out *api.ExpressionChecked) error {
	out.Names = append(out.Names, x.Names()...)
	for _, n := range out.Names {
		if _, ok := vars[n]; !ok {
			out.Unknown = append(out.Unknown, n)
		}
	}
	if len(out.Unknown) == 0 {
		return nil
	}
	first := slices.MinFunc(out.Unknown, func(a, b string) int { return x.At(a, "").Offset - x.At(b, "").Offset })
	return x.At(first, "there is no variable called %q", first)
}

func shown(v expr.Value, notes []*expr.Error, out *api.ExpressionChecked) {
	out.Type, out.Value, out.FEEL, out.Text = "null", expr.ToGo(v), expr.Literal(v, 0), expr.Format(v)
	if v != nil {
		out.Type = v.Kind()
	}
	for _, n := range notes {
		out.Reasons = append(out.Reasons, expressionFault(n))
	}
}

func expressionFault(e *expr.Error) api.ExpressionFault {
	return api.ExpressionFault{Message: e.Msg, Line: e.Line, Column: e.Col, Offset: e.Offset}
}
