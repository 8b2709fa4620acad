package runner

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestNothingIsLostOrDoneTwiceWhateverGoesWrong runs as many seeds as SEEDS says,
// from FROM on; or SEED alone, and tells its story.
func TestNothingIsLostOrDoneTwiceWhateverGoesWrong(t *testing.T) {
	books := workshop(t)
	if seed, ok := number(t, "SEED"); ok {
		out := simulate(t, books, seed, none, true)
		t.Logf("seed %d\n%s", seed, out.story)
		out.report(t)
		return
	}
	n, given := number(t, "SEEDS")
	if !given {
		n = 400
	}
	from, _ := number(t, "FROM")
	began := time.Now()
	sum := manySeeds(t, from, n, func(t *testing.T, seed uint64) outcome { return simulate(t, books, seed, none, false) })
	t.Logf("%d seeds from %d on in %v, %v in the simulated world, %d calls of the store",
		n, from, time.Since(began).Round(10*time.Millisecond), sum.took.Round(time.Hour), sum.calls)
	for f := range faults {
		t.Logf("%9d  %s", sum.hits[f], faultNames[f])
		if sum.hits[f] == 0 {
			t.Errorf("%q never happened: the simulation does not test it", faultNames[f])
		}
	}
}

func number(t *testing.T, name string) (uint64, bool) {
	text := os.Getenv(name)
	if text == "" {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	must(t, err)
	return n, true
}

// manySeeds runs seeds on all processors and adds up what they came to.
func manySeeds(t *testing.T, from, n uint64, simulate func(*testing.T, uint64) outcome) (sum outcome) {
	var next atomic.Uint64
	var mu sync.Mutex
	t.Run("seeds", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for i := next.Add(1) - 1; i < n; i = next.Add(1) - 1 {
					out := simulate(t, from+i)
					out.report(t)
					mu.Lock()
					sum.add(out)
					mu.Unlock()
				}
			})
		}
	})
	return sum
}

func (o *outcome) add(p outcome) {
	o.calls += p.calls
	o.took += p.took
	for f := range p.hits {
		o.hits[f] += p.hits[f]
	}
}

func (o *outcome) report(t *testing.T) {
	if len(o.wrongs) > 0 {
		t.Errorf("seed %d: %s\n\tits story: make sim SEED=%d", o.seed, strings.Join(o.wrongs, "\n\t"), o.seed)
	}
}

// TestASeedTellsTheSameStoryEveryTime is what makes a failure worth looking at.
func TestASeedTellsTheSameStoryEveryTime(t *testing.T) {
	books := workshop(t)
	n, given := number(t, "SEEDS")
	if !given {
		n = 60
	}
	for seed := range n {
		a, b := lines(simulate(t, books, seed, none, true)), lines(simulate(t, books, seed, none, true))
		if !slices.Equal(a, b) {
			t.Errorf("seed %d: %s", seed, parting(a, b))
		}
	}
}

// parting is where two stories begin to differ.
func parting(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("first\n%s\nthen\n%s", strings.Join(a[max(0, i-3):i+1], "\n"), b[i])
		}
	}
	return "one ends before the other"
}

// lines is a story as sorted lines: what goes on at the same moment in different
// places has no order.
func lines(o outcome) []string { return slices.Sorted(strings.SplitSeq(o.story, "\n")) }
