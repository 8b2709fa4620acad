package process

import (
	"strconv"
	"strings"
)

// Problem is something wrong with a workflow, told to the person who drew it.
type Problem struct {
	Element string // the id of the element; "" for the workflow as a whole
	Name    string // its name as people see it, "" when it has none
	Line    int    // in the file it came from; 0 when unknown
	Reason  string // what is wrong, without a full stop
	Advice  string // what to do about it, in sentences
	Warning bool   // the workflow runs all the same
}

// String returns the problem in one line: `line 12: Activity_1 "Approve": reason. Advice.`
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		b.WriteString("line " + strconv.Itoa(p.Line) + ": ")
	}
	if p.Element != "" {
		b.WriteString(p.Element)
		if p.Name != "" && p.Name != p.Element {
			b.WriteString(" " + strconv.Quote(p.Name))
		}
		b.WriteString(": ")
	}
	b.WriteString(p.Reason)
	if p.Advice != "" {
		b.WriteString(". " + p.Advice)
	}
	return b.String()
}
