package expr

import (
	"strings"
	"testing"
)

// The examples of DMN 1.5, table 78, and what follows from its definitions.
func TestRangesStandToEachOtherAsDMNSays(t *testing.T) {
	for _, line := range strings.Split(strings.TrimSpace(relations), "\n") {
		src, want, _ := strings.Cut(line, " => ")
		src = strings.TrimSpace(src)
		if got := Literal(mustEval(t, src, nil), 0); got != want {
			t.Errorf("%s gives %s, not %s", src, got, want)
		}
	}
}

const relations = `
before(1, 10) => true
before(10, 1) => false
before(1, 1) => false
before(1, [1..10]) => false
before(1, (1..10]) => true
before(1, [5..10]) => true
before([1..10], 10) => false
before([1..10), 10) => true
before([1..10], 15) => true
before([1..10], [15..20]) => true
before([1..10], [10..20]) => false
before([1..10), [10..20]) => true
before([1..10], (10..20]) => true
after(10, 5) => true
after(5, 10) => false
after(12, [1..10]) => true
after(10, [1..10)) => true
after(10, [1..10]) => false
after([11..20], 12) => false
after([11..20], 10) => true
after((11..20], 11) => true
after([11..20], 11) => false
after([11..20], [1..10]) => true
after([1..10], [11..20]) => false
after([11..20], [1..11)) => true
after((11..20], [1..11]) => true
meets([1..5], [5..10]) => true
meets([1..5), [5..10]) => false
meets([1..5], (5..10]) => false
meets([1..5], [6..10]) => false
met by([5..10], [1..5]) => true
met by([5..10], [1..5)) => false
met by((5..10], [1..5]) => false
met by([6..10], [1..5]) => false
overlaps([1..5], [3..8]) => true
overlaps([3..8], [1..5]) => true
overlaps([1..8], [3..5]) => true
overlaps([3..5], [1..8]) => true
overlaps([1..5], [6..8]) => false
overlaps([6..8], [1..5]) => false
overlaps([1..5], [5..8]) => true
overlaps([1..5], (5..8]) => false
overlaps([1..5), [5..8]) => false
overlaps([1..5), (5..8]) => false
overlaps([5..8], [1..5]) => true
overlaps((5..8], [1..5]) => false
overlaps([5..8], [1..5)) => false
overlaps((5..8], [1..5)) => false
overlaps before([1..5], [3..8]) => true
overlaps before([1..5], [6..8]) => false
overlaps before([1..5], [5..8]) => true
overlaps before([1..5], (5..8]) => false
overlaps before([1..5), [5..8]) => false
overlaps before([1..5), (1..5]) => true
overlaps before([1..5], (1..5]) => true
overlaps before([1..5), [1..5]) => false
overlaps before([1..5], [1..5]) => false
overlaps after([3..8], [1..5]) => true
overlaps after([6..8], [1..5]) => false
overlaps after([5..8], [1..5]) => true
overlaps after((5..8], [1..5]) => false
overlaps after([5..8], [1..5)) => false
overlaps after((1..5], [1..5)) => true
overlaps after((1..5], [1..5]) => true
overlaps after([1..5], [1..5)) => false
overlaps after([1..5], [1..5]) => false
finishes(10, [1..10]) => true
finishes(10, [1..10)) => false
finishes([5..10], [1..10]) => true
finishes([5..10), [1..10]) => false
finishes([5..10), [1..10)) => true
finishes([1..10], [1..10]) => true
finishes((1..10], [1..10]) => true
finishes([1..10], (1..10]) => false
finished by([1..10], 10) => true
finished by([1..10), 10) => false
finished by([1..10], [5..10]) => true
finished by([1..10], [5..10)) => false
finished by([1..10), [5..10)) => true
finished by([1..10], [1..10]) => true
finished by([1..10], (1..10]) => true
includes([1..10], 5) => true
includes([1..10], 12) => false
includes([1..10], 1) => true
includes([1..10], 10) => true
includes((1..10], 1) => false
includes([1..10), 10) => false
includes([1..10], [4..6]) => true
includes([1..10], [1..5]) => true
includes((1..10], (1..5]) => true
includes([1..10], (1..10)) => true
includes([1..10), [5..10)) => true
includes([1..10], [1..10)) => true
includes([1..10], (1..10]) => true
includes([1..10], [1..10]) => true
includes((1..10), [1..10]) => false
during(5, [1..10]) => true
during(12, [1..10]) => false
during(1, [1..10]) => true
during(10, [1..10]) => true
during(1, (1..10]) => false
during(10, [1..10)) => false
during([4..6], [1..10]) => true
during([1..5], [1..10]) => true
during((1..5], (1..10]) => true
during((1..10), [1..10]) => true
during([5..10), [1..10)) => true
during([1..10), [1..10]) => true
during((1..10], [1..10]) => true
during([1..10], [1..10)) => false
starts(1, [1..10]) => true
starts(1, (1..10]) => false
starts(2, [1..10]) => false
starts([1..5], [1..10]) => true
starts((1..5], (1..10]) => true
starts((1..5], [1..10]) => false
starts([1..5], (1..10]) => false
starts([1..10], [1..10]) => true
starts([1..10), [1..10]) => true
starts((1..10), (1..10)) => true
starts([1..10], [1..10)) => false
started by([1..10], 1) => true
started by((1..10], 1) => false
started by([1..10], 2) => false
started by([1..10], [1..5]) => true
started by((1..10], (1..5]) => true
started by([1..10], (1..5]) => false
started by((1..10], [1..5]) => false
started by([1..10], [1..10]) => true
started by([1..10], [1..10)) => true
started by((1..10), (1..10)) => true
coincides(5, 5) => true
coincides(3, 4) => false
coincides([1..5], [1..5]) => true
coincides((1..5), [1..5]) => false
coincides([1..5], [2..6]) => false
finishes(5, (5..5]) => true
finished by((5..5], 5) => true
starts(5, [5..5)) => true
started by([5..5), 5) => true
includes([5..5), 5) => true
during(5, (5..5]) => true
before(@"2026-12-01", [@"2026-12-02"..@"2026-12-05"]) => true
during("b", ["a".."c"]) => true
overlaps([@"PT1H"..@"PT2H"], [@"PT90M"..@"PT3H"]) => true
before(point1: 1, point2: 2) => true
before(range2: [5..6], range1: [1..2]) => true
before(range: [5..6], point: 1) => true
after(range: [5..6], point: 1) => false
before(range: 1, point: 2) => null
includes((> 5), 6) => true
includes((> 5), 5) => false
includes((<= 5), (< 5)) => true
includes((> 5), (> 6)) => true
before((< 5), 5) => true
after((> 5), 5) => true
overlaps((< 5), (> 5)) => false
overlaps((< 6), (> 5)) => true
coincides((> 5), (> 5)) => true
coincides((> 5), (>= 5)) => false
during((= 5), [1..5]) => true
includes((!= 5), 5) => null
includes([null..5], 5) => null
before(1, null) => null
before(null, [1..2]) => null
before(1, "a") => null
before([1..2], ["a".."b"]) => null
before(true, false) => null
meets(1, [1..2]) => null
includes(1, [1..2]) => null
coincides(1, [1..1]) => null
coincides([5], 5) => true
`
