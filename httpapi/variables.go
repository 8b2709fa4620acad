package httpapi

import (
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// startVariables describes what a start form asks, with the defaults that can
// be known beforehand: those that depend on nothing but the day.
func startVariables(def *process.Definition, now time.Time) []api.Variable {
	out := []api.Variable{}
	for _, v := range def.Variables {
		a := variableOf(v)
		if v.Default != nil && len(v.Default.Names()) == 0 {
			if x, err := v.Default.Eval(expr.Scope{Now: now}); err == nil {
				a.Default = expr.ToGo(x)
			}
		}
		out = append(out, a)
	}
	return out
}

func variableOf(v process.Variable) api.Variable {
	a := api.Variable{Name: v.Name, Label: v.Label, Type: string(v.Type), Required: v.Required, Input: v.Input, Choices: v.Choices}
	if a.Label == "" {
		a.Label = v.Name
	}
	return a
}
