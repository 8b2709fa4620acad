package expr

import "time"

// Value is what an expression works with: Number, String, Boolean, Date, Time,
// DateTime, DaysDuration, MonthsDuration, List, Context, Range or *Function.
// A nil Value is null. Values are never changed once made; whoever builds one
// from slices must not touch those afterwards.
type Value interface {
	// Kind names the type as FEEL does, for messages: "number", "date and time".
	Kind() string
}

// String is text in UTF-8.
type String string

// Boolean is true or false.
type Boolean bool

// List is an ordered list.
type List []Value

// Context is a set of named values, in the order they were given. Keys differ
// from each other.
type Context []Entry

// Entry is one named value of a Context.
type Entry struct {
	Key   string
	Value Value
}

// Get returns the value called key; ok tells whether there is one.
func (c Context) Get(key string) (v Value, ok bool) {
	for i := range c {
		if c[i].Key == key {
			return c[i].Value, true
		}
	}
	return nil, false
}

// With returns c with key set to v; c itself stays as it is.
func (c Context) With(key string, v Value) Context {
	out := make(Context, len(c), len(c)+1)
	copy(out, c)
	for i := range out {
		if out[i].Key == key {
			out[i].Value = v
			return out
		}
	}
	return append(out, Entry{key, v})
}

// Range is everything between two values. A nil end with Unary set is open,
// as in "> 5"; Except turns the range into everything but Start ("!= 5").
type Range struct {
	Start, End                 Value
	StartIncluded, EndIncluded bool
	Unary                      bool // written with an operator: "> 5", "= 5"
	Except                     bool
}

// Function is a function written in an expression, or one of the language that
// is named there without being called. It lives only while the expression that
// made it is evaluated: as a result it turns into null.
type Function struct {
	params  []string
	types   []*typeTest // of params; nil where none is declared
	body    node
	frame   *frame
	builtin *builtin // or a function of the language, by its name
}

// Kind implements Value.
func (String) Kind() string         { return "string" }
func (Boolean) Kind() string        { return "boolean" }
func (List) Kind() string           { return "list" }
func (Context) Kind() string        { return "context" }
func (Range) Kind() string          { return "range" }
func (*Function) Kind() string      { return "function" }
func (Number) Kind() string         { return "number" }
func (Date) Kind() string           { return "date" }
func (Time) Kind() string           { return "time" }
func (DateTime) Kind() string       { return "date and time" }
func (DaysDuration) Kind() string   { return "days and time duration" }
func (MonthsDuration) Kind() string { return "years and months duration" }

func kind(v Value) string {
	if v == nil {
		return "null"
	}
	return v.Kind()
}

// described is v as messages speak of it.
func described(v Value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case Number:
		return v.String()
	case Boolean:
		return Text(v)
	}
	return "a " + v.Kind()
}

// unlike says that a and b cannot be compared, and what would help.
func unlike(a, b Value) string {
	if a == nil || b == nil {
		return "there is nothing to compare: one side is null"
	}
	kinds := [2]string{a.Kind(), b.Kind()}
	help := ""
	switch kinds {
	case [2]string{"date and time", "date and time"}, [2]string{"time", "time"}:
		return "one of the two has a time zone, the other has none: write one, such as Z or +01:00"
	case [2]string{"date", "date and time"}, [2]string{"date and time", "date"}:
		help = ": write date(…) around the date and time"
	case [2]string{"number", "string"}, [2]string{"string", "number"}:
		help = ": write number(…) around the text"
	case [2]string{"string", "date"}, [2]string{"date", "string"}:
		help = ": write date(…) around the text"
	}
	return "a " + kinds[0] + " and a " + kinds[1] + " cannot be compared" + help
}

// Scope is what an expression can see and use while it is evaluated.
type Scope struct {
	Vars  map[string]Value // by name
	Now   time.Time        // the moment, with its time zone; today() and now() come from it
	Steps int              // bound on steps; 0 means MaxSteps
	Left  *int             // steps left to several evaluations together, taken down by each; nil: no such bound
}
