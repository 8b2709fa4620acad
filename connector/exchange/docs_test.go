package exchange

import (
	"os"
	"strings"
	"testing"
)

func TestThePageNamesEveryObjectAndMethodAndNoOther(t *testing.T) {
	text, err := os.ReadFile("../../docs/exchange.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	told := map[string]string{}
	for row := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(row, "|")
		told[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
	}
	for _, o := range objects {
		var names []string
		for _, m := range o.methods {
			names = append(names, m.name)
		}
		if got := told[o.name]; got != strings.Join(names, ", ") {
			t.Errorf("%s: the page says %q, the code %q", o.name, got, names)
		}
	}
	if len(told) != len(objects) {
		t.Errorf("the page has %d objects, the code %d", len(told), len(objects))
	}
}
