package scim

import (
	"strings"
	"time"
)

// Match tells whether a resource fulfils the filter.
func (f *Filter) Match(r Resource) bool {
	switch f.op {
	case opAnd:
		return f.left.Match(r) && f.right.Match(r)
	case opOr:
		return f.left.Match(r) || f.right.Match(r)
	case opNot:
		return !f.left.Match(r)
	case opHas:
		return anyOf(r, f.steps, func(v any) bool { inner, ok := v.(Resource); return ok && f.inner.Match(inner) })
	case opPr:
		return anyOf(r, f.steps, func(any) bool { return true })
	case opNe:
		same := Filter{op: opEq, steps: f.steps, value: f.value}
		return !same.Match(r)
	}
	if f.value == nil { // eq null
		return !anyOf(r, f.steps, func(any) bool { return true })
	}
	last := f.steps[len(f.steps)-1]
	return anyOf(r, f.steps, func(v any) bool { return f.compares(v, last.exact) })
}

// anyOf tells whether is holds for some value at the end of the steps.
func anyOf(v any, steps []*attribute, is func(any) bool) bool {
	if list, ok := v.([]any); ok {
		for _, one := range list {
			if anyOf(one, steps, is) {
				return true
			}
		}
		return false
	}
	if len(steps) == 0 {
		return v != nil && is(v)
	}
	r, ok := v.(Resource)
	if !ok {
		return false
	}
	inner, ok := r[steps[0].name]
	return ok && anyOf(inner, steps[1:], is)
}

func (f *Filter) compares(v any, exact bool) bool {
	switch want := f.value.(type) {
	case bool:
		return v == want
	case time.Time:
		s, _ := v.(string)
		t, err := time.Parse(time.RFC3339Nano, s)
		return err == nil && ordered(f.op, t.Compare(want))
	case string:
		s, ok := v.(string)
		if !ok {
			return false
		}
		if !exact {
			s, want = Fold(s), Fold(want)
		}
		switch f.op {
		case opCo:
			return strings.Contains(s, want)
		case opSw:
			return strings.HasPrefix(s, want)
		case opEw:
			return strings.HasSuffix(s, want)
		}
		return ordered(f.op, strings.Compare(s, want))
	}
	return false
}

func ordered(op operator, n int) bool {
	switch op {
	case opEq:
		return n == 0
	case opGt:
		return n > 0
	case opGe:
		return n >= 0
	case opLt:
		return n < 0
	case opLe:
		return n <= 0
	}
	return false
}

// Fold is what texts have in common that differ only in letter case.
func Fold(s string) string { return strings.ToLower(s) }

// Equal returns the text that every match of the filter has at an attribute
// ("userName", "members.value"), for looking it up instead of looking at all.
func (f *Filter) Equal(attributePath string) (string, bool) {
	switch f.op {
	case opAnd:
		if s, ok := f.left.Equal(attributePath); ok {
			return s, true
		}
		return f.right.Equal(attributePath)
	case opEq:
		s, ok := f.value.(string)
		return s, ok && (path{steps: f.steps}).String() == attributePath
	}
	return "", false
}

// Speaks tells whether the filter looks at an attribute of the outermost level.
func (f *Filter) Speaks(of string) bool {
	if f == nil {
		return false
	}
	return len(f.steps) > 0 && f.steps[0].name == of || f.left.Speaks(of) || f.right.Speaks(of)
}

// equals collects what a filter of "eq" joined by "and" demands; false when it
// is of another form.
func (f *Filter) equals() (Resource, bool) {
	switch f.op {
	case opEq:
		if len(f.steps) != 1 || f.value == nil {
			return nil, false
		}
		return Resource{f.steps[0].name: f.value}, true
	case opAnd:
		left, ok := f.left.equals()
		right, ok2 := f.right.equals()
		if !ok || !ok2 {
			return nil, false
		}
		for name, v := range right {
			left[name] = v
		}
		return left, true
	}
	return nil, false
}
