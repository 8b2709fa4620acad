package expr

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var callInTable = regexp.MustCompile("`([a-z ]+)\\(([^`)]*)\\)`")

// The page about expressions lists every function with every way to call it,
// and no other.
func TestThePageListsTheFunctions(t *testing.T) {
	text, err := os.ReadFile("../docs/expressions.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Functions\n")
	table, _, _ = strings.Cut(table, "\n## ")
	listed := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, m := range callInTable.FindAllStringSubmatch(cells[1], -1) {
			listed[m[1]] = append(listed[m[1]], m[2])
		}
	}
	for name, b := range builtins {
		var ways []string
		for _, s := range b.sigs {
			ways = append(ways, written(s))
		}
		slices.Sort(ways)
		slices.Sort(listed[name])
		if !slices.Equal(ways, listed[name]) {
			t.Errorf("%s is called with %q; the page says %q", name, ways, listed[name])
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("the page lists %s, which is no function", name)
	}
}

// written is a signature as define and the page write it.
func written(s signature) string {
	var params []string
	for i, p := range s.params {
		if i >= s.min {
			p += "?"
		}
		params = append(params, p)
	}
	text := strings.Join(params, ", ")
	if s.many {
		text += "…"
	}
	return text
}
