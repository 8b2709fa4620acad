package scenario

import (
	"strings"
	"testing"
)

func TestADifferenceShowsWhatIsMissingAndWhatIsNewInOrder(t *testing.T) {
	for _, c := range []struct{ want, got, diff string }{
		{"a b c", "a x c", "  a|- b|+ x|  c"},
		{"a a", "a", "  a|- a"},
		{"a", "b a a", "+ b|  a|+ a"},
		{"", "a", "+ a"},
		{"b a", "a b", "- b|  a|+ b"},
	} {
		d := Difference{Want: strings.Fields(c.want), Got: strings.Fields(c.got)}
		if got := strings.Join(d.Lines(), "|"); got != c.diff {
			t.Errorf("%s against %s: %s", c.want, c.got, got)
		}
	}
	long := make([]string, maxCompared+1)
	if got := (Difference{Want: long, Got: append([]string{"x"}, long[1:]...)}).Lines(); got[0] != "- " || got[1] != "+ x" || len(got) != maxCompared+2 {
		t.Errorf("a long difference has %d lines, first %q %q", len(got), got[0], got[1])
	}
}

func TestADifferenceTellsWhatWasDone(t *testing.T) {
	r, err := Run(files("# Ana asks,\n#  and Bob.\n\n# not this\nprocess leave.bpmn\n\nstart by=ana\n----\nfact  x\n"), "dir/test.scenario")
	if err != nil {
		t.Fatal(err)
	}
	if r.Title != "Ana asks, and Bob." {
		t.Errorf("its title is %q", r.Title)
	}
	if told := r.String(); !strings.HasPrefix(told, "dir/test.scenario:9:\n    start by=ana\n- fact  x\n+ fact  started") {
		t.Error(told)
	}
}
