package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteText prints the report for people, with a bar for each rate.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d CPUs, %s\n", r.Store, r.CPUs, r.Go)
	b.WriteString("The floor writes the same rows by hand, in the same run on the same disk, and decides nothing.\n")
	name := ""
	for _, c := range r.Cases {
		if c.Workload != name {
			name = c.Workload
			fmt.Fprintf(&b, "\n%s  %s\n", name, explain[name])
		}
		top := max(c.Signoff.PerSecond, c.Floor.PerSecond)
		fmt.Fprintf(&b, "  %d at a time\n", c.Clients)
		line(&b, "signoff", c.Signoff, top)
		line(&b, "floor", c.Floor, top)
		fmt.Fprintf(&b, "    ratio %.2f\n", c.Ratio)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var explain = map[string]string{
	"W1": "start, automatic step, end",
	"W2": "start, a person's task, approved, automatic step, end",
}

const barWidth = 30

func line(b *strings.Builder, name string, f Figure, top float64) {
	n := 0
	if top > 0 {
		n = max(1, int(f.PerSecond/top*barWidth+0.5))
	}
	fmt.Fprintf(b, "    %-8s %s%s %8.0f/s   p50 %-8s p99 %-8s cpu %s\n", name, strings.Repeat("█", n), strings.Repeat("·", barWidth-n),
		f.PerSecond, short(f.P50), short(f.P99), short(f.CPU))
}

func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
