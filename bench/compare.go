package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Read reads a report that was printed as JSON.
func Read(text []byte) (r Report, err error) {
	if err = json.Unmarshal(text, &r); err == nil && len(r.Cases) == 0 {
		err = errors.New("nothing was measured in it")
	}
	if err != nil {
		err = fmt.Errorf("this is not the JSON of a bench: %w", err)
	}
	return r, err
}

// Comparison is two runs side by side.
type Comparison struct {
	Old, New Report
	Changes  []Change
}

// Change is one figure in both runs.
type Change struct {
	Case    string  `json:"case"`
	What    string  `json:"what"` // "cycles a second", "p99 of start"
	Unit    Kind    `json:"unit"`
	Old     Spread  `json:"old"`
	New     Spread  `json:"new"`
	Percent float64 `json:"percent"` // positive: the new one is larger
	Better  bool    `json:"better"`
	Beyond  bool    `json:"beyond"` // the rounds of the two do not overlap: more than noise; never with one round
}

// Compare compares what was measured in both.
func Compare(old, new Report) Comparison {
	c := Comparison{Old: old, New: new}
	for _, n := range new.Cases {
		i := slices.IndexFunc(old.Cases, func(o Case) bool { return o.ID == n.ID })
		if i >= 0 {
			c.Changes = append(c.Changes, changesOf(old.Cases[i], n)...)
		}
	}
	if !c.judges() {
		for i := range c.Changes {
			c.Changes[i].Beyond = false
		}
	}
	return c
}

// judges tells whether both runs have rounds enough to show what noise is: one
// round overlaps with nothing.
func (c Comparison) judges() bool { return min(c.Old.Rounds, c.New.Rounds) >= 2 }

func changesOf(o, n Case) []Change {
	var out []Change
	add := func(what string, unit Kind, a, b Spread) {
		if a.Median > 0 && b.Median > 0 {
			out = append(out, change(o.ID, what, unit, a, b))
		}
	}
	add("cycles a second", Rate, o.Signoff.PerSecond, n.Signoff.PerSecond)
	add("memory", Memory, o.Signoff.Bytes, n.Signoff.Bytes)
	for _, what := range []string{starting, deciding, page, ready} {
		add("p50 of "+what, Delay, o.Signoff.Times[what].P50, n.Signoff.Times[what].P50)
		if what != ready {
			add("p99 of "+what, Delay, o.Signoff.Times[what].P99, n.Signoff.Times[what].P99)
		}
	}
	if n.Kind == Rate {
		add("processor time", Delay, o.Signoff.CPU, n.Signoff.CPU)
	}
	return out
}

func change(id, what string, unit Kind, a, b Spread) Change {
	c := Change{Case: id, What: what, Unit: unit, Old: a, New: b, Percent: 100 * (b.Median/a.Median - 1)}
	c.Better = (b.Median > a.Median) == (unit == Rate)
	c.Beyond = b.Min > a.Max || b.Max < a.Min
	return c
}

// WriteText prints the comparison for people.
func (c Comparison) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, r := range []struct {
		name string
		Report
	}{{"old", c.Old}, {"new", c.New}} {
		fmt.Fprintf(&b, "%s  signoff %s, %s, %s\n", r.name, r.Version, r.At.Format("2 January 2006 15:04 UTC"), r.Machine.text())
	}
	if c.Old.Machine != c.New.Machine {
		b.WriteString("The machines differ: compare the ratios, not the figures.\n")
	}
	if c.judges() {
		b.WriteString("* the rounds of the two do not overlap: more than noise\n")
	} else {
		fmt.Fprintf(&b, "What is more than noise cannot be told (rounds: old %d, new %d): more are needed, at least 2 of each, as --rounds 3.\n", c.Old.Rounds, c.New.Rounds)
	}
	last := ""
	for _, ch := range c.Changes {
		if ch.Case != last {
			last = ch.Case
			fmt.Fprintf(&b, "\n%s%s\n", ch.Case, c.ratios(ch.Case))
		}
		ch.text(&b)
	}
	if len(c.Changes) == 0 {
		b.WriteString("\nNothing was measured in both.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (c Comparison) ratios(id string) string {
	var r [2]Case
	for i, report := range []Report{c.Old, c.New} {
		if at := slices.IndexFunc(report.Cases, func(c Case) bool { return c.ID == id }); at >= 0 {
			r[i] = report.Cases[at]
		}
	}
	if r[0].Ratio == 0 || r[1].Ratio == 0 {
		return ""
	}
	return fmt.Sprintf("   %.2f -> %.2f of %s", r[0].Ratio, r[1].Ratio, r[1].Against)
}

func (c Change) text(b *strings.Builder) {
	mark, word := " ", ""
	if c.Beyond {
		mark, word = "*", "worse"
		if c.Better {
			word = "better"
		}
	}
	percent := fmt.Sprintf("%+.0f %%", c.Percent)
	if math.Abs(c.Percent) < 0.5 {
		percent = "0 %"
	}
	fmt.Fprintf(b, "  %s %-16s %11s %s\n    %-16s %11s %s  %7s %s\n", mark, c.What, c.Unit.show(c.Old.Median), bar(c.Old.Median, max(c.Old.Median, c.New.Median)),
		"", c.Unit.show(c.New.Median), bar(c.New.Median, max(c.Old.Median, c.New.Median)), percent, word)
}
