package bench

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// WriteText prints the report for people, with a bar for each figure.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "signoff %s, %s\n", r.Version, r.At.Format("2 January 2006 15:04 UTC"))
	fmt.Fprintln(&b, r.Machine.text())
	fmt.Fprintf(&b, "%s\n", strings.Join(r.Stores, "\n"))
	b.WriteString("Each figure is the median of its rounds. What it is held against does the same on the\nsame database in turns with it; 1 is as good as that.\n")
	last := ""
	for _, c := range r.Cases {
		if head := c.Store + c.Part + c.What; head != last {
			last = head
			fmt.Fprintf(&b, "\n%s on %s: %s\n", c.Part, called[c.Store], c.What)
		}
		c.text(&b)
	}
	if len(r.Goals) > 0 {
		b.WriteString("\nGoals\n")
	}
	for _, g := range r.Goals {
		g.text(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var called = map[string]string{SQLite: "SQLite", Postgres: "PostgreSQL"}

func (m Machine) text() string {
	parts := []string{fmt.Sprintf("%d processors", m.CPUs)}
	if m.Processor != "" {
		parts[0] += " (" + m.Processor + ")"
	}
	if m.MemoryMiB > 0 {
		parts = append(parts, fmt.Sprintf("%d GiB", (m.MemoryMiB+512)/1024))
	}
	return strings.Join(append(parts, m.System, m.Go), ", ")
}

var sizes = map[Kind]string{Rate: "at a time", Delay: "open tasks", Memory: "waiting instances", Wait: "instances in the store"}

func (c Case) text(b *strings.Builder) {
	fmt.Fprintf(b, "  %s %s", thousands(c.Size), sizes[c.Kind])
	if c.Ratio > 0 {
		fmt.Fprintf(b, "   %.2f of %s", c.Ratio, c.Against)
	}
	if f := max(c.Signoff.Foreign.Median, c.Floor.Foreign.Median); f >= 0.1 {
		fmt.Fprintf(b, "   (others used %.0f %% of the machine)", 100*f)
	}
	b.WriteByte('\n')
	ours, floor := c.Signoff.value(c.Kind), c.Floor.value(c.Kind)
	top := max(ours.Median, floor.Median)
	c.line(b, "signoff", c.Signoff, top)
	if floor.Median > 0 {
		c.line(b, c.Against, c.Floor, top)
	}
}

const barWidth = 30

func bar(value, top float64) string {
	n := 0
	if top > 0 && value > 0 {
		n = min(barWidth, max(1, int(math.Round(value/top*barWidth))))
	}
	return strings.Repeat("█", n) + strings.Repeat("·", barWidth-n)
}

func (c Case) line(b *strings.Builder, name string, f Figure, top float64) {
	v := f.value(c.Kind)
	fmt.Fprintf(b, "    %-10s %s %11s  [%s–%s]", name, bar(v.Median, top), c.Kind.show(v.Median), c.Kind.show(v.Min), c.Kind.show(v.Max))
	for _, what := range []string{whole, starting, deciding, page} {
		t, there := f.Times[what]
		if !there || what == whole && c.Part != "W1" && len(f.Times) > 1 {
			continue
		}
		if what == starting && len(f.Times) == 2 { // the whole cycle
			continue
		}
		fmt.Fprintf(b, "  %s %s/%s", what, short(t.P50.Median), short(t.P99.Median))
	}
	if f.CPU.Median > 0 && c.Kind == Rate {
		fmt.Fprintf(b, "  cpu %s", short(f.CPU.Median))
	}
	b.WriteByte('\n')
}

// show writes a figure with its unit.
func (k Kind) show(v float64) string {
	switch k {
	case Rate:
		return thousands(int(math.Round(v))) + "/s"
	case Memory:
		return fmt.Sprintf("%.0f MB", v/1e6)
	}
	return short(v)
}

// short writes nanoseconds.
func short(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.3gms", ns/1e6)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2fms", ns/1e6)
	case d < time.Second:
		return fmt.Sprintf("%.0fms", ns/1e6)
	}
	return fmt.Sprintf("%.2fs", d.Seconds())
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
