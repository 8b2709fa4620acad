package library

import (
	"fmt"
	"slices"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

// lacking are those things a workflow can ask of a server that this one does not
// do yet. A workflow that asks for them would wait for ever, so it is refused.
var lacking = []string{process.NeedsMessages, process.NeedsSignals, process.NeedsWorkflows, process.NeedsSchedules}

// lacks returns a problem for each step that needs what this server lacks.
func lacks(def *process.Definition) bpmn.Problems {
	var out bpmn.Problems
	for _, need := range def.Needs() {
		if slices.Contains(lacking, need.What) {
			n := need.Node
			out = append(out, process.Problem{Element: n.ID, Name: n.Name, Line: n.Line, Reason: fmt.Sprintf("this server does not handle %s yet", need.What),
				Advice: "Draw the workflow without this step, or update the server."})
		}
	}
	return out
}
