package ews

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// valued is something with properties that can be searched and sorted by: an
// item or a folder. A value is a string, bool, int, time.Time or []string; nil
// is none.
type valued interface {
	value(p path) any
}

type filter func(v valued) bool

// readRestriction compiles a restriction; nil is none.
func readRestriction(n *node, check func(path) *fault) (filter, *fault) {
	if n == nil {
		return func(valued) bool { return true }, nil
	}
	r := restriction{check: check}
	f := r.read(n.kids[0], 0)
	return f, r.wrong
}

// restriction is the reading of one: how large it got, and what was wrong.
type restriction struct {
	check func(path) *fault
	nodes int
	wrong *fault
}

func (r *restriction) fail(f *fault) filter {
	if r.wrong == nil {
		r.wrong = f
	}
	return func(valued) bool { return false }
}

func (r *restriction) read(n *node, depth int) filter {
	if r.nodes++; r.nodes > maxFilterNodes {
		return r.fail(&fault{code: "ErrorInvalidRequest", text: "The restriction is too large."})
	}
	switch n.local() {
	case "And", "Or":
		var parts []filter
		for _, k := range n.kids {
			parts = append(parts, r.read(k, depth+1))
		}
		if n.local() == "And" {
			return func(v valued) bool { return !slices.ContainsFunc(parts, func(f filter) bool { return !f(v) }) }
		}
		return func(v valued) bool { return slices.ContainsFunc(parts, func(f filter) bool { return f(v) }) }
	case "Not":
		inner := r.read(n.kids[0], depth+1)
		return func(v valued) bool { return !inner(v) }
	case "SearchExpression":
		return r.fail(refuse("ErrorInvalidRequest"))
	}
	p, f := readPath(n.kids[0])
	if f == nil {
		f = r.check(p)
	}
	if f != nil {
		return r.fail(f)
	}
	return r.leaf(n, p)
}

func (r *restriction) leaf(n *node, p path) filter {
	switch n.local() {
	case "Exists":
		return func(v valued) bool { return v.value(p) != nil }
	case "Contains":
		return contains(p, n.kid("t:Constant").attr("Value"), n.attr("ContainmentMode"), n.attr("ContainmentComparison"))
	case "Excludes":
		mask, err := strconv.ParseInt(n.kid("t:Bitmask").attr("Value"), 0, 64)
		if err != nil {
			return r.fail(refuse("ErrorInvalidArgument"))
		}
		return func(v valued) bool {
			got, ok := v.value(p).(int)
			return ok && int64(got)&mask == 0
		}
	}
	operand := n.kid("t:FieldURIOrConstant").first()
	other := func(valued) any { return operand.attr("Value") }
	if operand.name != "t:Constant" {
		q, f := readPath(operand)
		if f != nil {
			return r.fail(f)
		}
		other = func(v valued) any { return v.value(q) }
	}
	holds := comparisons[n.local()]
	return func(v valued) bool {
		a, b := v.value(p), other(v)
		if a == nil || b == nil {
			return n.local() == "IsNotEqualTo" && (a != nil || b != nil)
		}
		c, ok := compare(a, b)
		return ok && holds(c)
	}
}

var comparisons = map[string]func(int) bool{
	"IsEqualTo":              func(c int) bool { return c == 0 },
	"IsNotEqualTo":           func(c int) bool { return c != 0 },
	"IsGreaterThan":          func(c int) bool { return c > 0 },
	"IsGreaterThanOrEqualTo": func(c int) bool { return c >= 0 },
	"IsLessThan":             func(c int) bool { return c < 0 },
	"IsLessThanOrEqualTo":    func(c int) bool { return c <= 0 },
}

// compare orders two values; the second may be text that stands for the
// first's kind. Strings are compared as a mailbox does: without case. A list is
// equal to what it contains.
func compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case string:
		return strings.Compare(strings.ToLower(a), strings.ToLower(textOf(b))), true
	case bool:
		t := textOf(b)
		return cmp.Compare(btoi(a), btoi(t == "true" || t == "1")), true
	case int:
		n, err := strconv.Atoi(textOf(b))
		return cmp.Compare(a, n), err == nil
	case time.Time:
		t, ok := b.(time.Time)
		if !ok {
			t, ok = readTime(textOf(b))
		}
		return a.Truncate(time.Second).Compare(t.Truncate(time.Second)), ok // as precise as EWS shows times
	case []string:
		for _, one := range a {
			if strings.EqualFold(one, textOf(b)) {
				return 0, true
			}
		}
		return 1, true
	}
	return 0, false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case time.Time:
		return stamp(v)
	case []string:
		return strings.Join(v, "; ")
	}
	return ""
}

// stamp writes a time as EWS does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func contains(p path, want, mode, comparison string) filter {
	exact := comparison == "Exact" || comparison == ""
	if !exact {
		want = strings.ToLower(want)
	}
	one := func(got string) bool {
		if !exact {
			got = strings.ToLower(got)
		}
		switch mode {
		case "FullString", "":
			return got == want
		case "Prefixed":
			return strings.HasPrefix(got, want)
		case "PrefixOnWords":
			return slices.ContainsFunc(strings.Fields(got), func(w string) bool { return strings.HasPrefix(w, want) })
		}
		return strings.Contains(got, want)
	}
	return func(v valued) bool {
		switch got := v.value(p).(type) {
		case nil:
			return false
		case []string:
			return slices.ContainsFunc(got, one)
		default:
			return one(textOf(got))
		}
	}
}

// order sorts by the fields of a SortOrder, stably; a value that is missing
// comes first.
func order[T valued](list []T, sort *node) *fault {
	type by struct {
		p    path
		down bool
	}
	var all []by
	for _, o := range sort.children() {
		p, f := readPath(o.kids[0])
		if f != nil {
			return f
		}
		all = append(all, by{p, o.attr("Order") == "Descending"})
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b T) int {
		for _, o := range all {
			va, vb := a.value(o.p), b.value(o.p)
			c := cmp.Compare(btoi(va != nil), btoi(vb != nil))
			if va != nil && vb != nil {
				c, _ = compare(va, vb)
			}
			if o.down {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return nil
}

// page cuts the part of a list that a view asks for, and says so in the
// attributes of the answer's RootFolder.
func page[T any](list []T, view *node) ([]T, []attr, *fault) {
	total, from, size := len(list), 0, maxFound
	asked := false
	if view != nil {
		if n, err := strconv.Atoi(view.attr("MaxEntriesReturned")); err == nil {
			size, asked = n, true
		}
	}
	end := false
	switch {
	case view == nil:
	case view.attr("Denominator") != "":
		num, den := number(view.attr("Numerator"), 0), number(view.attr("Denominator"), 1)
		if num > den {
			return nil, nil, refuse("ErrorInvalidIndexedPagingParameters")
		}
		from = total * num / den
	default:
		from, _ = strconv.Atoi(view.attr("Offset")) // "" is 0
		end = view.attr("BasePoint") == "End"
	}
	from = min(from, total)
	lo, hi := from, min(from+min(size, maxFound), total)
	if end {
		lo, hi = max(total-from-min(size, maxFound), 0), total-from
	}
	if !asked && total-from > maxFound {
		return nil, nil, refuse("ErrorExceededFindCountLimit")
	}
	last := hi == total
	next := hi
	if end {
		last, next = lo == 0, total-lo
	}
	attrs := []attr{{"TotalItemsInView", strconv.Itoa(total)}, {"IncludesLastItemInRange", strconv.FormatBool(last)}}
	if view != nil && view.attr("Denominator") != "" {
		attrs = append([]attr{{"NumeratorOffset", strconv.Itoa(next)}, {"AbsoluteDenominator", strconv.Itoa(total)}}, attrs...)
	} else if view != nil {
		attrs = append([]attr{{"IndexedPagingOffset", strconv.Itoa(next)}}, attrs...)
	}
	return list[lo:hi], attrs, nil
}
