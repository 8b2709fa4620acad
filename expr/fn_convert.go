package expr

import (
	"slices"
	"strings"
)

func defineConversions() {
	define("not", fnNot, "negand")
	define("string", fnString, "from")
	define("number", fnNumber, "from, grouping separator?, decimal separator?")
	define("is", fnIs, "value1, value2")
	define("range", fnRange, "from")
	define("get value", fnGetValue, "m, key")
	define("get entries", fnGetEntries, "m")
	define("context", fnContext, "entries")
	define("context put", fnContextPut, "context, key, value", "context, keys, value")
	define("context merge", fnContextMerge, "contexts")
}

func fnNot(c *callEnv, a []Value) Value {
	if b, ok := single(a[0]).(Boolean); ok {
		return !b
	}
	return c.wrong(a[0], "true or false")
}

func fnString(c *callEnv, a []Value) Value {
	if a[0] == nil {
		return nil
	}
	return String(c.show(a[0]))
}

func fnNumber(c *callEnv, a []Value) Value {
	if n, ok := single(a[0]).(Number); ok && arg(a, 1) == nil && arg(a, 2) == nil {
		return n
	}
	s, ok := c.textArg(a[0])
	if !ok {
		return nil
	}
	grouping, ok1 := c.separator(arg(a, 1), " ", ",", ".")
	point, ok2 := c.separator(arg(a, 2), ".", ",")
	if !ok1 || !ok2 || grouping != "" && grouping == point {
		return c.note(c.pos, "number: the separators must differ, and be a space, a comma or a point")
	}
	plain := s
	if grouping != "" {
		plain = strings.ReplaceAll(plain, grouping, "")
	}
	if point == "," {
		if strings.Contains(plain, ".") {
			return c.note(c.pos, "%q is no number", clip(s))
		}
		plain = strings.Replace(plain, ",", ".", 1)
	}
	if n, ok := ParseNumber(plain); ok && plain[0] != '+' && !strings.HasSuffix(plain, ".") {
		return n
	}
	return c.note(c.pos, "%q is no number", clip(s))
}

func (c *callEnv) separator(v Value, allowed ...string) (string, bool) {
	if v == nil {
		return "", true
	}
	s, ok := single(v).(String)
	return string(s), ok && slices.Contains(allowed, string(s))
}

// fnIs tells whether two values are the same, not only equal: moments must have
// the same zone too.
func fnIs(c *callEnv, a []Value) Value {
	if kind(a[0]) != kind(a[1]) {
		return Boolean(false)
	}
	switch x := a[0].(type) {
	case Time:
		return Boolean(x.String() == a[1].(Time).String())
	case DateTime:
		return Boolean(x.String() == a[1].(DateTime).String())
	}
	return Boolean(c.same(c.pos, a[0], a[1]))
}

// fnRange reads a range of constants from text.
func fnRange(c *callEnv, a []Value) Value {
	s, ok := c.textArg(a[0])
	if !ok {
		return nil
	}
	c.step(c.pos, 10+len(s))
	if len(s) > 1000 {
		return c.note(c.pos, "range: the text is too long for a range")
	}
	x, err := parse(s, nil)
	if err != nil {
		return c.note(c.pos, "range: %s", err.Msg)
	}
	switch n := x.root.(type) {
	case *literal:
		if r, ok := n.value.(Range); ok && !r.Unary {
			return c.ascending(r)
		}
	case *rangeOf:
		if !n.Unary && constantEnd(n.start) && constantEnd(n.end) {
			return c.ascending(n.eval(c.env))
		}
	}
	return c.note(c.pos, "range: the text must be a range of constants such as \"[1..5]\"")
}

// ascending refuses a range that ends before it starts, or that has no ends.
func (c *callEnv) ascending(v Value) Value {
	r, ok := v.(Range)
	if !ok || r.Start == nil && r.End == nil {
		return c.note(c.pos, "range: the ends cannot be put in order")
	}
	if r.Start != nil && r.End != nil && c.order(c.pos, r.Start, r.End) == after {
		return c.note(c.pos, "range: the end is before the start")
	}
	return r
}

// constantEnd tells whether n is a literal, or a date or the like made of one.
func constantEnd(n node) bool {
	if call, ok := n.(*call); ok {
		switch call.fn.name {
		case "date", "time", "date and time", "duration":
			_, isLiteral := call.args[0].(*literal)
			return len(call.args) == 1 && isLiteral
		}
		return false
	}
	_, ok := n.(*literal)
	return ok
}

func (c *callEnv) context(v Value) (Context, bool) {
	x, ok := single(v).(Context)
	if !ok {
		c.wrong(v, "a context")
	}
	return x, ok
}

func fnGetValue(c *callEnv, a []Value) Value {
	m, ok := c.context(a[0])
	if !ok {
		return nil
	}
	key, ok := c.textArg(a[1])
	if !ok {
		return nil
	}
	return c.property(c.pos, m, key)
}

func fnGetEntries(c *callEnv, a []Value) Value {
	m, ok := c.context(a[0])
	if !ok {
		return nil
	}
	c.list(c.pos, len(m))
	out := make(List, len(m))
	for i, e := range m {
		out[i] = Context{{"key", String(e.Key)}, {"value", e.Value}}
	}
	return out
}

// fnContext makes a context of a list of {key, value}.
func fnContext(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	out := Context{}
	for _, v := range list {
		entry, ok := c.context(v)
		if !ok {
			return nil
		}
		k, _ := entry.Get("key")
		key, isText := k.(String)
		value, hasValue := entry.Get("value")
		_, twice := out.Get(string(key))
		if !isText || !hasValue || twice {
			return c.note(c.pos, "context: each entry needs a key of its own, which is text, and a value")
		}
		c.step(c.pos, 1+len(out)/8)
		c.length(c.pos, len(out)+1)
		out = append(out, Entry{string(key), value})
	}
	return out
}

// fnContextPut sets one entry, or one further down a path of keys.
func fnContextPut(c *callEnv, a []Value) Value {
	m, ok := c.context(a[0])
	if !ok {
		return nil
	}
	switch key := a[1].(type) {
	case String:
		if c.named("keys") {
			break
		}
		c.list(c.pos, len(m)+1)
		return m.With(string(key), a[2])
	case List:
		if !c.named("key") && len(key) > 0 && len(key) <= MaxNesting {
			return c.putPath(m, key, a[2])
		}
	}
	return c.wrong(a[1], "a key, or a list of keys")
}

func (c *callEnv) putPath(m Context, keys List, v Value) Value {
	key, ok := keys[0].(String)
	if !ok {
		return c.wrong(keys[0], "keys that are text")
	}
	c.list(c.pos, len(m)+1)
	if len(keys) > 1 {
		inner, _ := m.Get(string(key))
		next, ok := c.context(inner)
		if !ok {
			return nil
		}
		if v = c.putPath(next, keys[1:], v); v == nil {
			return nil
		}
	}
	return m.With(string(key), v)
}

func fnContextMerge(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	out := Context{}
	for _, v := range list {
		m, ok := c.context(v)
		if !ok {
			return nil
		}
		for _, e := range m {
			c.list(c.pos, len(out)+1)
			out = out.With(e.Key, e.Value)
		}
	}
	return out
}
