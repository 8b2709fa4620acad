package engine

import (
	"fmt"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// objectCall works out a call of a service object, nil while people are being
// looked up.
func (t *turn) objectCall(o *process.ObjectCall) (*Call, *trouble) {
	as, waiting, bad := t.account(o.As)
	if bad != nil {
		return nil, bad
	}
	inputs, bad := t.inputs(o.Inputs)
	if bad != nil || waiting {
		return nil, bad
	}
	return &Call{Service: o.Service, Object: o.Object, Method: o.Method, As: as, Inputs: inputs}, nil
}

// account works out whose connection is used. It may ask; then waiting is true.
func (t *turn) account(a process.Account) (who signoff.Principal, waiting bool, bad *trouble) {
	const what = "the person whose account is used"
	switch {
	case a.Starter && !t.st.Starter.Principal.IsUser():
		return "", false, &trouble{IncidentNobody, "the step uses the account of whoever started the instance, and no person did",
			"cancel the instance and have a person start it, or let the step use another account"}
	case a.Starter:
		return t.st.Starter.Principal, false, nil
	case a.Person == nil:
		return "", false, nil
	}
	found, bad := t.resolve(what, []process.Recipient{{Expr: a.Person}})
	if bad != nil || found.waiting {
		return "", found.waiting, bad
	}
	found.unknown, found.literal = append(found.unknown, found.literal...), nil // an address alone has no account here
	if bad := found.nobody(what); bad != nil {
		return "", false, bad
	}
	if len(found.people) > 1 || !found.people[0].Principal.IsUser() {
		return "", false, &trouble{IncidentNobody, fmt.Sprintf("%s, %s, is not one person", what, a.Person.Source()),
			"correct the variable that names them and retry"}
	}
	return found.people[0].Principal, false, nil
}

// input works out one value that a method, a message or a workflow is given.
func (t *turn) input(in *process.Input) (expr.Value, *trouble) {
	what := "the input " + in.Name
	if in.Text == nil {
		return t.eval(what, in.Value, nil)
	}
	text, bad := t.text(what, in.Text, MaxCallBytes)
	return expr.String(text), bad
}

// inputs works out what a method is given, as JSON.
func (t *turn) inputs(list []process.Input) (string, *trouble) {
	o := openObject(nil)
	for i := range list {
		in := &list[i]
		v, bad := t.input(in)
		if bad != nil {
			return "", bad
		}
		if v == nil {
			continue // not given
		}
		o.b = append(appendString(o.next(), in.Name), ':')
		if o.b = expr.AppendPlainJSON(o.b, v); len(o.b) > MaxCallBytes {
			return "", &trouble{IncidentCallSize, fmt.Sprintf("the inputs are larger than %d bytes", MaxCallBytes),
				"make the variables they are made of smaller and retry"}
		}
	}
	return string(o.close()), nil
}
