package signoff

import (
	"strings"
	"unicode/utf8"
)

// Nearest returns the name of known that somebody most likely meant by name, ""
// when none is close. The first of several equally close names wins.
func Nearest(name string, known []string) string {
	const longest = 64 // names beyond that are not typing mistakes
	n := utf8.RuneCountInString(name)
	if n == 0 || n > longest {
		return ""
	}
	best, bestDistance := "", max(1, n/3)+1
	for _, k := range known {
		m := utf8.RuneCountInString(k)
		if m > longest || m-n >= bestDistance || n-m >= bestDistance {
			continue
		}
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance counts the typing mistakes between two words: letters changed, left
// out, added, or two neighbours swapped.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before := make([]int, len(y)+1)
	last := make([]int, len(y)+1)
	row := make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}

// MeantName returns advice that names the nearest of known, or lists known when
// none is close and there are few; "" when nothing helps.
func MeantName(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return "Did you mean " + near + "?"
	}
	if len(known) > 0 && len(known) <= 20 {
		return "Known here: " + strings.Join(known, ", ") + "."
	}
	return ""
}
