package broker

import (
	"slices"
	"strings"
)

// Nearest returns which of the names somebody may have meant, "" none: one
// that differs in letter case or by a slip or two.
func Nearest(name string, names []string) string {
	if len(name) > 60 {
		return ""
	}
	best, least := "", min(3, len(name)/2+1)
	for _, n := range names {
		if d := slips(strings.ToLower(name), strings.ToLower(n), least); d < least {
			best, least = n, d
		}
	}
	return best
}

// slips is the least number of letters to change, add, drop or swap with their
// neighbour; most when it is that or more.
func slips(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most)
}

func contains(names []string, name string) bool { return slices.Contains(names, name) }

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
