package bench

import (
	"fmt"
	"strings"
	"time"
)

// Goal is one of the project's goals, and whether this run met it.
type Goal struct {
	What string `json:"what"`
	Want string `json:"want"`
	Got  string `json:"got"`
	Met  bool   `json:"met"`
}

func (g Goal) text(b *strings.Builder) {
	mark := "met   "
	if !g.Met {
		mark = "MISSED"
	}
	fmt.Fprintf(b, "  %s  %-66s %s, wanted %s\n", mark, g.What, g.Got, g.Want)
}

// Goals that are measured. One whose case was not measured is left out.
const (
	busyClients = 64
	fewTasks    = 10_000
	manyTasks   = 1_000_000

	ofFloor      = 0.5
	ofInProcess  = 0.5
	ofSignature  = 0.8
	ofNoSignIn   = 0.8 // within 20 %
	ofOneNode    = 0.9 // "never slower", and the noise of rounds
	ownGrowth    = 2.0
	startWithin  = time.Millisecond
	memoryWithin = 120e6
	readyWithin  = time.Second
)

func goals(cases []Case) (out []Goal) {
	first := map[string]Case{} // worklist cases with few tasks
	for _, c := range cases {
		switch {
		case c.Part == "W2" && c.Size == busyClients:
			out = append(out, ratioGoal(c, ofFloor))
		case (c.Part == "W2-rest" || c.Part == "W2-rest-bearer") && c.Size == busyClients:
			out = append(out, ratioGoal(c, ofInProcess))
		case c.Part == "bearer-first":
			out = append(out, ratioGoal(c, ofSignature))
		case c.Part == "bearer-again":
			out = append(out, ratioGoal(c, ofNoSignIn))
		case c.Part == "W2-nodes":
			out = append(out, ratioGoal(c, ofOneNode))
		case c.Part == "W2" && c.Size == 1 && c.Store == SQLite:
			out = append(out, delayGoal("W2, 1 at a time on SQLite: p50 of start", c.Signoff.Times[starting].P50, startWithin))
		case c.Kind == Delay && c.Size == fewTasks:
			first[c.Store+c.What] = c
		case c.Kind == Delay && c.Size == manyTasks:
			if few, ok := first[c.Store+c.What]; ok {
				out = append(out, growthGoal(few, c))
			}
		case c.Part == "memory" && c.Size > 0:
			v := c.Signoff.Bytes.Median
			out = append(out, Goal{fmt.Sprintf("%s with %s waiting on %s", c.What, thousands(c.Size), called[c.Store]),
				"at most " + Memory.show(memoryWithin), Memory.show(v), v <= memoryWithin})
		case c.Kind == Wait:
			out = append(out, delayGoal(fmt.Sprintf("ready with %s instances in the store on %s", thousands(c.Size), called[c.Store]),
				c.Signoff.Times[ready].P50, readyWithin))
		}
	}
	return out
}

func ratioGoal(c Case, want float64) Goal {
	return Goal{fmt.Sprintf("%s, %d at a time on %s: of %s", c.Part, c.Size, called[c.Store], c.Against),
		fmt.Sprintf("at least %.1f", want), fmt.Sprintf("%.2f", c.Ratio), c.Ratio >= want}
}

func delayGoal(what string, got Spread, want time.Duration) Goal {
	return Goal{what, "under " + want.String(), short(got.Median), got.Median < float64(want)}
}

func growthGoal(few, many Case) Goal {
	a, b := few.Signoff.Times[page].P99.Median, many.Signoff.Times[page].P99.Median
	return Goal{fmt.Sprintf("%s on %s: p99 at %s against %s tasks", many.What, called[many.Store], thousands(many.Size), thousands(few.Size)),
		fmt.Sprintf("at most %.0f ×", ownGrowth), fmt.Sprintf("%.2f × (%s, %s)", b/a, short(b), short(a)), b <= ownGrowth*a}
}
