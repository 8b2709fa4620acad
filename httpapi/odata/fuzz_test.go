package odata

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/broker"
)

// A filter that is understood is within its bounds, and one of the conditions
// that lists know.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"id eq 1", "a eq 'x''y' and not (b lt 2.5e3 or c in (1,2))", "tags/any(t:t eq 'x')", "contains(a,'b') eq false",
		"placed ge 2026-11-29T12:00+02:00", "id eq 6F9619FF-8B86-D011-B42D-00CF4FC964FF", "((((a))))", "null eq a", "a ne null", "-1 lt b", "a eq duration'P1D'", "a/b/c eq 1",
		"application/json;odata.metadata=full;IEEE754Compatible=true;q=0.5, */*;q=0.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := parseFilter(text)
		if (filter == nil) == (err == nil) {
			t.Fatalf("%v and %v", filter, err)
		}
		if err == nil {
			parts := 0
			sound(t, *filter, &parts, 0)
		}
		_, _ = parseOrder(text)
		if p, err := parsePath(strings.ReplaceAll(text, "%", "%25")); err == nil && len(p.keys) > maxKeyParts {
			t.Fatal("a key without a bound")
		}
		_, _ = readOptions("$filter=" + text)
		for _, one := range byLiking(text) {
			if form, ok := one.format(false); ok && (form.xml || form.level != "none" && form.level != "minimal" && form.level != "full") {
				t.Fatalf("%q gives %+v", text, form)
			}
		}
	})
}

func sound(t *testing.T, f broker.Filter, parts *int, depth int) {
	if *parts++; *parts > 3*maxParts || depth > 4*maxDepth {
		t.Fatal("a filter without a bound")
	}
	switch f.Op {
	case "and", "or", "not":
		if len(f.Of) == 0 || f.Op == "not" && len(f.Of) != 1 {
			t.Fatalf("%q of %d", f.Op, len(f.Of))
		}
		for _, one := range f.Of {
			sound(t, one, parts, depth+1)
		}
	case "in", "eq", "ne", "gt", "ge", "lt", "le", "contains", "startswith", "endswith":
		if f.Name == "" {
			t.Fatalf("%q of nothing", f.Op)
		}
	default:
		t.Fatalf("the condition %q", f.Op)
	}
}
