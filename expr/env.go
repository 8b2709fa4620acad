package expr

import "time"

// env is one evaluation under way.
type env struct {
	src   string
	vars  map[string]Value
	now   time.Time
	steps int
	left  *int // see Scope.Left
	depth int
	frame *frame
	notes *[]*Error // nil: nobody asked why
	free  bool      // no bounds: the values were bounded when they were made
}

// frame is a scope inside an expression: one local name, or the item of a
// filter, whose entries are seen as names.
type frame struct {
	parent *frame
	name   string
	value  Value
	item   bool // value is a filter's item
}

const maxNotes = 20

func newEnv(src string, s Scope) *env {
	e := &env{src: src, vars: s.Vars, now: s.Now, steps: s.Steps}
	if e.steps <= 0 {
		e.steps = MaxSteps
	}
	if e.left = s.Left; e.left != nil {
		e.steps = min(e.steps, max(*e.left, 0))
	}
	return e
}

// stopped unwinds an evaluation that passed a bound; run catches it.
type stopped struct{ err *Error }

// run evaluates root. Bounds unwind by panic, so that every node can be a plain
// function from values to a value.
func (e *env) run(root node) (v Value, err *Error) {
	allowed := e.steps
	defer func() {
		if e.left != nil {
			*e.left -= allowed - max(e.steps, 0)
		}
		switch r := recover().(type) {
		case nil:
		case stopped:
			v, err = nil, r.err
		default:
			panic(r)
		}
	}()
	v = root.eval(e)
	return e.result(v), nil
}

// result makes v fit to leave the evaluation: bounded in nesting and size, and
// without functions.
func (e *env) result(v Value) Value {
	switch v.(type) {
	case *Function:
		return e.note(0, "a function is no value that can be kept")
	case List, Context, Range:
		values, bytes := MaxValues, MaxResultText
		e.measure(v, 0, &values, &bytes)
	}
	return v
}

func (e *env) measure(v Value, depth int, values, bytes *int) {
	if depth > MaxNesting {
		e.stop(0, "the result has lists or contexts nested more than %d deep", MaxNesting)
	}
	*values--
	switch v := v.(type) {
	case String:
		e.textLength(0, len(v))
		*bytes -= len(v)
	case *Function:
		e.stop(0, "a function is no value that can be kept")
	case Range:
		e.measure(v.Start, depth+1, values, bytes)
		e.measure(v.End, depth+1, values, bytes)
	case List:
		e.length(0, len(v))
		for _, x := range v {
			e.measure(x, depth+1, values, bytes)
		}
	case Context:
		e.length(0, len(v))
		for _, x := range v {
			*bytes -= len(x.Key)
			e.measure(x.Value, depth+1, values, bytes)
		}
	}
	if *values < 0 || *bytes < 0 {
		e.stop(0, "the result is too large: at most %d values and %d bytes of text are kept", MaxValues, MaxResultText)
	}
}

// stop ends the evaluation with an error.
func (e *env) stop(pos int, format string, args ...any) {
	panic(stopped{newError(e.src, pos, format, args...)})
}

// step counts work done at pos.
func (e *env) step(pos, n int) {
	e.steps -= n
	if e.steps < 0 && !e.free {
		e.stop(pos, "this takes too many steps: make lists smaller or loops shorter")
	}
}

// list checks the length of a list made at pos, and counts its making.
func (e *env) list(pos, n int) {
	e.length(pos, n)
	e.step(pos, n)
}

func (e *env) length(pos, n int) {
	if n > MaxList {
		e.stop(pos, "this makes a list of more than %d elements", MaxList)
	}
}

// text checks the length of text made at pos, and counts its making.
func (e *env) text(pos, n int) {
	e.textLength(pos, n)
	e.step(pos, n/64)
}

func (e *env) textLength(pos, n int) {
	if n > MaxText && !e.free {
		e.stop(pos, "this makes text of more than %d bytes", MaxText)
	}
}

// note is null, with a reason for those who ask.
func (e *env) note(pos int, format string, args ...any) Value {
	if e.notes != nil && len(*e.notes) < maxNotes {
		*e.notes = append(*e.notes, newError(e.src, pos, format, args...))
	}
	return nil
}

// lookup finds a name: locals and filter items from the inside out, then
// variables.
func (e *env) lookup(name string) (Value, bool) {
	for f := e.frame; f != nil; f = f.parent {
		if c, isContext := f.value.(Context); f.item && isContext {
			if v, ok := c.Get(name); ok {
				return v, true
			}
		}
		if f.name == name {
			return f.value, true
		}
	}
	v, ok := e.vars[name]
	return v, ok
}

// with evaluates n inside a new innermost frame.
func (e *env) with(f frame, n node) Value {
	outer := e.frame
	f.parent = outer
	e.frame = &f
	v := n.eval(e)
	e.frame = outer
	return v
}

// call applies a function to arguments.
func (e *env) call(pos int, f *Function, args []Value) Value {
	if f.builtin != nil {
		return e.callBuiltin(pos, f.builtin, args)
	}
	if len(args) != len(f.params) {
		return e.note(pos, "this function takes %d values, not %d", len(f.params), len(args))
	}
	e.step(pos, 1)
	e.depth++
	if e.depth > MaxCalls {
		e.stop(pos, "functions call each other more than %d deep", MaxCalls)
	}
	outer := e.frame
	e.frame = f.frame
	v, ok := Value(nil), true
	for i, p := range f.params {
		if args[i], ok = f.types[i].fit(e, pos, args[i]); !ok {
			break
		}
		e.frame = &frame{parent: e.frame, name: p, value: args[i]}
	}
	if ok {
		v = f.body.eval(e)
	}
	e.frame = outer
	e.depth--
	return v
}

// callBuiltin calls a function of the language that was passed as a value.
func (e *env) callBuiltin(pos int, b *builtin, args []Value) Value {
	if !b.takes(len(args)) {
		return e.note(pos, "%s does not take %s: write %s", b.name, plural(len(args), "value"), b.usage())
	}
	e.step(pos, 1)
	return b.fn(&callEnv{env: e, pos: pos, name: b.name}, args)
}
