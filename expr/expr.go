package expr

import (
	"slices"
	"strings"
)

// Expr is a FEEL expression, ready to be evaluated any number of times, also
// concurrently.
type Expr struct {
	src    string
	root   node
	names  []string
	places map[string]int // where each name first stands
}

// Parse reads a FEEL expression. A leading "=" is ignored, as other tools write
// one. names are known names: those that contain spaces or operators
// ("amount-due") can only be recognised when they are given, and they help
// messages. An error is an *Error.
func Parse(src string, names ...string) (*Expr, error) {
	e, err := parse(src, names)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func parse(src string, names []string) (*Expr, *Error) {
	p, err := newParser(src, names)
	if err != nil {
		return nil, err
	}
	root, err := p.whole()
	if err != nil {
		return nil, err
	}
	return &Expr{src: src, root: root, names: p.free(), places: p.found}, nil
}

// Source returns the text Parse was given.
func (x *Expr) Source() string { return x.src }

// Names returns the variables the expression takes from its Scope, sorted.
// Inside a filter, "items[price > 10]", an unknown name may be part of the
// item: there only names that Parse was told are reported.
func (x *Expr) Names() []string { return slices.Clone(x.names) }

// At returns a fault of the expression at the place where name first stands,
// for callers who find that the name is nobody's.
func (x *Expr) At(name, format string, args ...any) *Error {
	return newError(x.src, x.places[name], format, args...)
}

// Eval works the expression out. What FEEL cannot work out is null: Explain
// says why. An error is an *Error and means that a bound was passed; it says what
// the variables were.
func (x *Expr) Eval(s Scope) (Value, error) {
	e := newEnv(x.src, s)
	v, err := e.run(x.root)
	if err != nil {
		return nil, x.given(s, err)
	}
	return v, nil
}

// Explain is Eval for when a null needs explaining: it also returns what could
// not be worked out, in the order met, at most 20 reasons.
func (x *Expr) Explain(s Scope) (Value, []*Error, error) {
	e := newEnv(x.src, s)
	var notes []*Error
	e.notes = &notes
	v, err := e.run(x.root)
	if err != nil {
		return nil, notes, err
	}
	return v, notes, nil
}

// Test works out a condition. Anything but true or false, null included, is an
// *Error that says why, and what the variables were.
func (x *Expr) Test(s Scope) (bool, error) {
	v, err := x.Eval(s)
	if err != nil {
		return false, err
	}
	if b, ok := v.(Boolean); ok {
		return bool(b), nil
	}
	if v != nil {
		return false, x.given(s, newError(x.src, 0, "a condition must be true or false; this is a %s", v.Kind()))
	}
	if why := x.Why(s); why != nil {
		return false, why
	}
	return false, x.given(s, newError(x.src, 0, "this is neither true nor false: something in it has no value"))
}

// Why returns the first reason Explain gives, and what the variables were; nil
// where there is none.
func (x *Expr) Why(s Scope) *Error {
	_, notes, _ := x.Explain(s)
	if len(notes) == 0 {
		return nil
	}
	return x.given(s, notes[0])
}

// maxGiven is how many variables a message names with their values.
const maxGiven = 5

// given adds to err what the variables of the expression were.
func (x *Expr) given(s Scope, err *Error) *Error {
	if was := x.Given(s); was != "" {
		err.Msg += " (" + was + ")"
	}
	return err
}

// Given says what the variables of the expression were, for a message: "a is 3,
// b is null". It is "" for an expression without any.
func (x *Expr) Given(s Scope) string {
	var was []string
	for _, n := range x.names[:min(len(x.names), maxGiven)] {
		if v, ok := s.Vars[n]; ok {
			was = append(was, n+" is "+Literal(v, 60))
		}
	}
	return strings.Join(was, ", ")
}

// String returns the source, for %v in messages.
func (x *Expr) String() string { return strings.TrimSpace(x.src) }
