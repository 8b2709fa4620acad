package expr

import (
	"slices"

	"github.com/cockroachdb/apd/v3"
)

func defineLists() {
	define("count", fnCount, "list")
	define("list contains", fnListContains, "list, element")
	define("min", fnMin, "list", "list…")
	define("max", fnMax, "list", "list…")
	define("all", fnAll, "list", "list…")
	define("any", fnAny, "list", "list…")
	define("sublist", fnSublist, "list, start position, length?")
	define("append", fnAppend, "list, item…")
	define("concatenate", fnConcatenate, "list…")
	define("insert before", fnInsertBefore, "list, position, newItem")
	define("remove", fnRemove, "list, position")
	define("reverse", fnReverse, "list")
	define("index of", fnIndexOf, "list, match")
	define("union", fnUnion, "list…")
	define("distinct values", fnDistinct, "list")
	define("flatten", fnFlatten, "list")
	define("sort", fnSort, "list, precedes?")
	define("list replace", fnListReplace, "list, position, newItem", "list, match, newItem")
}

func fnCount(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	return Int(int64(len(list)))
}

func fnListContains(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	c.step(c.pos, len(list)/8)
	return Boolean(slices.ContainsFunc(list, func(v Value) bool { return c.same(c.pos, v, a[1]) }))
}

func fnMin(c *callEnv, a []Value) Value { return c.extreme(a, before) }
func fnMax(c *callEnv, a []Value) Value { return c.extreme(a, after) }

func (c *callEnv) extreme(a []Value, want ordering) Value {
	list, ok := c.values(a)
	if !ok || len(list) == 0 {
		return nil
	}
	c.step(c.pos, len(list))
	best := list[0]
	for _, v := range list {
		switch c.order(c.pos, v, best) {
		case incomparable:
			return nil
		case want:
			best = v
		}
	}
	return best
}

func fnAll(c *callEnv, a []Value) Value { return c.joined(a, false) }
func fnAny(c *callEnv, a []Value) Value { return c.joined(a, true) }

// joined is "and" or "or" over a list; decisive is the value that settles it.
func (c *callEnv) joined(a []Value, decisive Boolean) Value {
	list, ok := c.values(a)
	if !ok {
		return nil
	}
	c.step(c.pos, len(list))
	var result Value = !decisive
	for _, v := range list {
		switch b, isBool := v.(Boolean); {
		case isBool && b == decisive:
			return decisive
		case !isBool:
			result = nil
			if v != nil {
				c.wrong(v, "true and false")
			}
		}
	}
	return result
}

func fnSublist(c *callEnv, a []Value) Value {
	list, ok1 := c.items(a[0])
	start, ok2 := c.index(a[1])
	if !ok1 || !ok2 {
		return nil
	}
	size := int64(len(list))
	if start < 0 {
		start += size + 1
	}
	if start < 1 || start > size {
		return c.note(c.pos, "sublist: there is no item %s in a list of %d", a[1], size)
	}
	length := size - start + 1
	if v := arg(a, 2); v != nil {
		n, ok := c.index(v)
		if !ok || n < 1 || n > length {
			return c.note(c.pos, "sublist: the length must be 1 to %d, the items there are from there on", length)
		}
		length = n
	}
	return list[start-1 : start-1+length : start-1+length]
}

func fnAppend(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	c.list(c.pos, len(list)+len(a)-1)
	return append(slices.Clip(list), a[1:]...)
}

func fnConcatenate(c *callEnv, a []Value) Value {
	out := List{}
	for _, v := range a {
		list, ok := c.items(v)
		if !ok {
			return nil
		}
		c.length(c.pos, len(out)+len(list))
		c.step(c.pos, len(list))
		out = append(out, list...)
	}
	return out
}

// place reads a position in a list, counted from 1 or, negative, from the end.
func (c *callEnv) place(list List, v Value) (int, bool) {
	i, ok := c.index(v)
	if !ok {
		return 0, false
	}
	if i < 0 {
		i += int64(len(list)) + 1
	}
	if i < 1 || i > int64(len(list)) {
		c.note(c.pos, "%s: there is no item %s in a list of %d", c.name, v, len(list))
		return 0, false
	}
	return int(i - 1), true
}

func fnInsertBefore(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	i, ok := c.place(list, a[1])
	if !ok {
		return nil
	}
	c.list(c.pos, len(list)+1)
	return slices.Insert(slices.Clone(list), i, a[2])
}

func fnRemove(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	i, ok := c.place(list, a[1])
	if !ok {
		return nil
	}
	c.list(c.pos, len(list))
	return slices.Concat(list[:i], list[i+1:], List{})
}

func fnReverse(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	c.list(c.pos, len(list))
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

func fnIndexOf(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	c.step(c.pos, len(list)/8)
	out := List{}
	for i, v := range list {
		if c.same(c.pos, v, a[1]) {
			out = append(out, Int(int64(i+1)))
		}
	}
	return out
}

// distinct leaves each value where it first comes.
func (c *callEnv) distinct(list List) List {
	c.step(c.pos, len(list))
	out := make(List, 0, len(list))
	keyed := map[string]bool{}
	var others List
	for _, v := range list {
		if key, ok := keyOf(v); ok {
			if !keyed[key] {
				keyed[key] = true
				out = append(out, v)
			}
			continue
		}
		c.step(c.pos, len(others)/8)
		if !slices.ContainsFunc(others, func(o Value) bool { return c.same(c.pos, o, v) }) {
			others, out = append(others, v), append(out, v)
		}
	}
	return out
}

// keyOf is text that equal values of a simple type share.
func keyOf(v Value) (string, bool) {
	switch x := v.(type) {
	case String:
		return "s" + string(x), true
	case Number:
		var short apd.Decimal
		short.Reduce(&x.dec)
		return "n" + string(short.Append(nil, 'E')), true
	}
	return "", false
}

func fnDistinct(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	return c.distinct(list)
}

func fnUnion(c *callEnv, a []Value) Value {
	list, ok := fnConcatenate(c, a).(List)
	if !ok {
		return nil
	}
	return c.distinct(list)
}

func fnFlatten(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	return c.flatten(List{}, list, 0)
}

func (c *callEnv) flatten(out, list List, depth int) List {
	if depth > MaxDepth {
		c.stop(c.pos, "flatten: the lists are nested more than %d deep", MaxDepth)
	}
	for _, v := range list {
		c.step(c.pos, 1)
		if inner, ok := v.(List); ok {
			out = c.flatten(out, inner, depth+1)
			continue
		}
		c.length(c.pos, len(out)+1)
		out = append(out, v)
	}
	return out
}

// fnSort keeps the order of items of which neither comes first.
func fnSort(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	c.list(c.pos, len(list))
	precedes := func(x, y Value) Value { return c.less(c.pos, x, y, false) }
	if f := arg(a, 1); f != nil {
		fn, ok := single(f).(*Function)
		if !ok {
			return c.wrong(f, "a function such as function(x, y) x < y")
		}
		precedes = func(x, y Value) Value { return c.call(c.pos, fn, []Value{x, y}) }
	}
	out := slices.Clone(list)
	sorted := true
	slices.SortStableFunc(out, func(x, y Value) int {
		c.step(c.pos, 1)
		p, isBool := precedes(x, y).(Boolean)
		if !isBool {
			sorted = false
		}
		if p {
			return -1
		}
		if q, _ := precedes(y, x).(Boolean); q {
			return 1
		}
		return 0
	})
	if !sorted {
		return c.note(c.pos, "sort: some items cannot be compared")
	}
	return out
}

// fnListReplace replaces the item at a position, or all that a function picks.
func fnListReplace(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	c.list(c.pos, len(list))
	out := slices.Clone(list)
	match, isFunction := a[1].(*Function)
	if isFunction && c.named("position") || !isFunction && c.named("match") {
		return c.wrong(a[1], "a number as position, or a function as match")
	}
	if !isFunction {
		i, ok := c.place(list, a[1])
		if !ok {
			return nil
		}
		out[i] = a[2]
		return out
	}
	for i, v := range list {
		b, ok := c.call(c.pos, match, []Value{v, a[2]}).(Boolean)
		if !ok {
			return c.note(c.pos, "list replace: the function must be true or false for each item")
		}
		if b {
			out[i] = a[2]
		}
	}
	return out
}
