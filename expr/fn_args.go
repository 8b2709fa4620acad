package expr

import "github.com/cockroachdb/apd/v3"

// The functions below read an argument as a type, and leave a reason where it
// is not.

func (c *callEnv) textArg(v Value) (string, bool) {
	s, ok := single(v).(String)
	if !ok {
		c.wrong(v, "text")
	}
	return string(s), ok
}

func (c *callEnv) number(v Value) (Number, bool) {
	n, ok := single(v).(Number)
	if !ok {
		c.wrong(v, "a number")
	}
	return n, ok
}

// index reads a number as a whole one, dropping what stands after the point.
func (c *callEnv) index(v Value) (int64, bool) {
	n, ok := c.number(v)
	if !ok {
		return 0, false
	}
	if n, ok = n.round(0, apd.RoundDown); !ok {
		return 0, false
	}
	return n.integer()
}

// items reads a list; anything else but null counts as a list of itself.
func (c *callEnv) items(v Value) (List, bool) {
	switch v := v.(type) {
	case List:
		return v, true
	case nil:
		c.wrong(v, "a list")
		return nil, false
	}
	return List{v}, true
}

// values reads arguments that are one list or the items themselves.
func (c *callEnv) values(args []Value) (List, bool) {
	if len(args) == 1 {
		return c.items(args[0])
	}
	return List(args), true
}

// numbers reads arguments that are one list of numbers or numbers.
func (c *callEnv) numbers(args []Value) ([]Number, bool) {
	list, ok := c.values(args)
	if !ok {
		return nil, false
	}
	c.step(c.pos, len(list))
	out := make([]Number, len(list))
	for i, v := range list {
		if out[i], ok = c.number(v); !ok {
			return nil, false
		}
	}
	return out, true
}

// numberOr is n, or null where the calculation failed.
func (c *callEnv) numberOr(n Number, ok bool) Value {
	if !ok {
		return c.note(c.pos, "%s: the number is too large, or not defined", c.name)
	}
	return n
}

// single is the only item of a list, as FEEL allows where no list is wanted;
// any other value is itself.
func single(v Value) Value {
	if list, ok := v.(List); ok && len(list) == 1 {
		return list[0]
	}
	return v
}

func arg(args []Value, i int) Value {
	if i < len(args) {
		return args[i]
	}
	return nil
}
