package broker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"

	"github.com/signoffhq/signoff"
)

// Bounds of a filter. Whoever sends one decides how it looks, not how long it
// may take.
const (
	maxFilterDepth = 20
	maxFilterParts = 200
)

// For returns the filter with its values as the properties they are compared
// with have them, or refuses it ("bad-filter"): only properties the method gives
// can be looked at, and only in ways that make sense for their type.
func (f *Filter) For(o Object, m Method) (*Filter, error) {
	if f == nil {
		return nil, nil
	}
	left := maxFilterParts
	out, err := f.fit(o, m, maxFilterDepth, &left)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-filter", Detail: err.Error()}
	}
	return &out, nil
}

func (f *Filter) fit(o Object, m Method, depth int, left *int) (Filter, error) {
	if *left--; *left < 0 || depth == 0 {
		return Filter{}, fmt.Errorf("the filter is too large: %d comparisons, nested %d deep, are the most", maxFilterParts, maxFilterDepth)
	}
	switch f.Op {
	case "and", "or", "not":
		if len(f.Of) == 0 || f.Op == "not" && len(f.Of) != 1 {
			return Filter{}, fmt.Errorf("%q needs something to work on", f.Op)
		}
		out := Filter{Op: f.Op, Of: make([]Filter, len(f.Of))}
		for i := range f.Of {
			var err error
			if out.Of[i], err = f.Of[i].fit(o, m, depth-1, left); err != nil {
				return Filter{}, err
			}
		}
		return out, nil
	}
	p, err := comparable(o, m, f.Name)
	if err != nil {
		return Filter{}, err
	}
	if f.Op == "in" {
		return f.fitIn(p, left)
	}
	if !slices.Contains(comparisons(p), f.Op) {
		return Filter{}, fmt.Errorf("%s cannot be compared by %q; use %s", p.Name, shown(f.Op), strings.Join(comparisons(p), ", "))
	}
	to, err := f.against(p)
	return Filter{Op: f.Op, Name: p.Name, To: to, of: p.Type}, err
}

func (f *Filter) fitIn(p Property, left *int) (Filter, error) {
	if !slices.Contains(comparisons(p), "eq") || p.List {
		return Filter{}, fmt.Errorf("%s cannot be compared by \"in\"", p.Name)
	}
	out := Filter{Op: "in", Name: p.Name, Of: make([]Filter, len(f.Of))}
	for i, one := range f.Of {
		if *left--; *left < 0 {
			return Filter{}, fmt.Errorf("the filter is too large: %d comparisons are the most", maxFilterParts)
		}
		to, err := one.against(p)
		if err != nil {
			return Filter{}, err
		}
		out.Of[i] = Filter{To: to, of: p.Type}
	}
	return out, nil
}

func (f *Filter) against(p Property) (any, error) {
	if f.To == nil {
		if f.Op == "eq" || f.Op == "ne" || f.Op == "" {
			return nil, nil
		}
		return nil, fmt.Errorf("%s cannot be compared by %q with nothing", p.Name, f.Op)
	}
	v, err := Value(p.Type, f.To)
	if err != nil {
		return nil, fmt.Errorf("what %s is compared with %w", p.Name, err)
	}
	return v, nil
}

// comparable finds the property a comparison is about.
func comparable(o Object, m Method, name string) (Property, error) {
	p, ok := o.Property(name)
	if ok && slices.Contains(m.Outputs, name) {
		return p, nil
	}
	text := fmt.Sprintf("%s of %s gives no %q", m.Name, o.Name, shown(name))
	if near := signoff.Nearest(name, m.Outputs); near != "" {
		text += "; did you mean " + near + "?"
	}
	return Property{}, fmt.Errorf("%s", text)
}

// comparisons are the ways a property can be looked at.
func comparisons(p Property) []string {
	switch {
	case p.Type == File || p.Type == JSON:
		return []string{} // "eq nothing" tells little enough to be left out
	case p.List:
		return []string{"contains"}
	case p.Type == Text:
		return []string{"eq", "ne", "gt", "ge", "lt", "le", "contains", "startswith", "endswith"}
	case p.Type == YesNo:
		return []string{"eq", "ne"}
	}
	return []string{"eq", "ne", "gt", "ge", "lt", "le"}
}

// Matches tells whether a row is one the filter, as For returned it, asks for.
// Text is compared as it is written, letter case and all. Nothing equals nothing
// and is neither more nor less than anything.
func (f *Filter) Matches(row map[string]any) bool {
	if f == nil {
		return true
	}
	switch f.Op {
	case "and":
		return !slices.ContainsFunc(f.Of, func(one Filter) bool { return !one.Matches(row) })
	case "or":
		return slices.ContainsFunc(f.Of, func(one Filter) bool { return one.Matches(row) })
	case "not":
		return !f.Of[0].Matches(row)
	case "in":
		return slices.ContainsFunc(f.Of, func(one Filter) bool { return one.equals(row[f.Name]) })
	case "eq":
		return f.equals(row[f.Name])
	case "ne":
		return !f.equals(row[f.Name])
	}
	return f.compares(row[f.Name])
}

func (f *Filter) compares(v any) bool {
	if list, several := v.([]any); several {
		return f.Op == "contains" && slices.ContainsFunc(list, f.equals)
	}
	switch f.Op {
	case "contains", "startswith", "endswith":
		text, isText := v.(string)
		part, _ := f.To.(string)
		return isText && map[string]func(string, string) bool{
			"contains": strings.Contains, "startswith": strings.HasPrefix, "endswith": strings.HasSuffix}[f.Op](text, part)
	}
	order, comparable := f.compare(v)
	if !comparable {
		return false
	}
	switch f.Op {
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	case "le":
		return order <= 0
	}
	return false
}

func (f *Filter) equals(v any) bool {
	if v == nil || f.To == nil {
		return v == nil && f.To == nil
	}
	order, comparable := f.compare(v)
	return comparable && order == 0
}

// compare orders a row's value and the filter's as values of the property's
// type; false when they cannot be compared.
func (f *Filter) compare(v any) (int, bool) {
	switch f.of {
	case YesNo:
		is, ok := v.(bool)
		if is == f.To {
			return 0, ok
		}
		return 1, ok
	case Number:
		a, ok := number(v)
		b, ok2 := number(f.To)
		if !ok || !ok2 {
			return 0, false
		}
		return a.Cmp(b), true
	}
	text, ok := v.(string)
	to, ok2 := f.To.(string)
	if !ok || !ok2 {
		return 0, false
	}
	if f.of == Moment {
		a, err := time.Parse(time.RFC3339Nano, text)
		b, err2 := time.Parse(time.RFC3339Nano, to)
		return a.Compare(b), err == nil && err2 == nil
	}
	return strings.Compare(text, to), true
}

func number(v any) (*apd.Decimal, bool) {
	n, err := numberValue(v)
	if err != nil {
		return nil, false
	}
	d, err := decimal(string(n.(json.Number)))
	return d, err == nil
}
