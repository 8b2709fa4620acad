package scenario

import (
	"fmt"
	"strings"
)

// maxCompared bounds what a difference is worked out over; beyond it, lines are
// compared one by one from the top.
const maxCompared = 2_000

// String tells the differences to people: where, behind which commands, and the
// lines with a mark: "-" is in the file, "+" is what happened.
func (r Result) String() string {
	var b strings.Builder
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "%s:%d:\n", r.Name, d.Line)
		for _, c := range d.Commands {
			fmt.Fprintf(&b, "    %s\n", c)
		}
		for _, line := range d.Lines() {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// Lines are those of the file and of what happened, in one list: "- " before
// what only the file has, "+ " before what only happened, two spaces before both.
func (d Difference) Lines() []string {
	var out []string
	i, j := 0, 0
	for _, same := range common(d.Want, d.Got) {
		for ; i < same[0]; i++ {
			out = append(out, "- "+d.Want[i])
		}
		for ; j < same[1]; j++ {
			out = append(out, "+ "+d.Got[j])
		}
		out = append(out, "  "+d.Got[j])
		i, j = i+1, j+1
	}
	for ; i < len(d.Want); i++ {
		out = append(out, "- "+d.Want[i])
	}
	for ; j < len(d.Got); j++ {
		out = append(out, "+ "+d.Got[j])
	}
	return out
}

// common returns the places of the longest list of lines that both have in the
// same order.
func common(a, b []string) (out [][2]int) {
	if len(a) > maxCompared || len(b) > maxCompared {
		for i := range min(len(a), len(b)) {
			if a[i] == b[i] {
				out = append(out, [2]int{i, i})
			}
		}
		return out
	}
	// longest[i][j] is how long that list is for a[i:] and b[j:].
	longest := make([][]int32, len(a)+1)
	for i := range longest {
		longest[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return out
}
