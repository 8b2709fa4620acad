package process

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// subProcess checks an embedded or an event sub-process (BPMN 2.0.2 §10.3.5).
func (c *checker) subProcess(n *Node) {
	if n.Kind != EventSubProcess {
		return
	}
	if n.Multi != nil {
		c.at(n, "an event sub-process cannot be repeated", "Repeat a sub-process inside of it.")
	}
	if len(n.Boundary) > 0 {
		c.at(n, "there is an event on the edge of this event sub-process", "Draw it in the event sub-process (BPMN §10.5.4).")
	}
}

// callActivity checks what a call activity runs (BPMN 2.0.2 §10.3.6).
func (c *checker) callActivity(n *Node) {
	call := n.Call
	if call == nil || call.Workflow == "" {
		c.at(n, "the call activity does not say which workflow it runs", `Name it by its key: calledElement="invoice".`)
		return
	}
	if len(call.Workflow) > maxEventName {
		c.at(n, "the key of the workflow it calls has more than 200 bytes", "Use the key of a workflow.")
	}
	if v, err := strconv.Atoi(call.Version); call.Version != "" && (err != nil || v < 1) {
		c.at(n, fmt.Sprintf("the version %q of the workflow it calls is no number", call.Version), "Write a version's number, or leave it out for the default version.")
	}
	c.inputNames(n, call.Inputs)
	for _, o := range call.Outputs {
		c.assigned(n, o.Variable)
	}
}

// inputNames checks the values a message, a signal or a workflow is given.
func (c *checker) inputNames(n *Node, list []Input) {
	seen := map[string]bool{}
	for _, in := range list {
		switch {
		case in.Name == "" || utf8.RuneCountInString(in.Name) > maxCallName:
			c.at(n, "an input has no name that could be one", "Use the name of a variable.")
		case seen[in.Name]:
			c.at(n, fmt.Sprintf("the input %q is given twice", in.Name), "Leave one.")
		case (in.Value == nil) == (in.Text == nil):
			c.at(n, fmt.Sprintf("the input %q has no value, or two", in.Name), "Give text, or FEEL that begins with \"=\".")
		}
		seen[in.Name] = true
	}
}

// multi checks how an activity is repeated (BPMN 2.0.2 §10.3.8).
func (c *checker) multi(n *Node) {
	m := n.Multi
	if m == nil {
		return
	}
	if !n.IsActivity() {
		if n.Kind != EventSubProcess {
			c.at(n, "only activities can be repeated", "Remove the marker.")
		}
		return
	}
	given := 0
	for _, set := range []bool{m.Collection != nil, m.Cardinality != nil, m.Loop != nil} {
		if set {
			given++
		}
	}
	if given != 1 {
		c.at(n, "it does not say how often it is repeated, or says it twice", `Give a list (<signoff:each collection="…"/>) or a number of times (loopCardinality).`)
	}
	if l := m.Loop; l != nil && l.While == nil && l.Most < 1 {
		c.at(n, "the loop has neither a condition nor a largest number of times: it would never end", "Add a loopCondition, or loopMaximum=\"…\".")
	}
	if m.Element != "" {
		switch wrong := CheckName(m.Element); {
		case wrong != "":
			c.at(n, fmt.Sprintf("the name %q for each item %s", m.Element, wrong), nameAdvice)
		case slices.Contains(Builtins, m.Element) || slices.Contains(LoopNames, m.Element):
			c.at(n, fmt.Sprintf("the name for each item is %q, which signoff uses itself", m.Element), "Choose another name.")
		case slices.Contains(c.known, m.Element):
			c.at(n, fmt.Sprintf("the name for each item, %q, is also a variable: each pass would hide it", m.Element), "Choose a name that no variable has.")
		}
	}
	if m.Result == "" {
		return
	}
	c.assigned(n, m.Result)
	if v := c.declared[m.Result]; v != nil && v.Type != JSON {
		c.at(n, fmt.Sprintf("%q takes a list of what the passes give, and is of type %s", m.Result, v.Type), "Make the variable's type json.")
	}
	if m.Output == nil {
		c.at(n, fmt.Sprintf("%q is to take what the passes give, and they give nothing", m.Result), "Say what each gives, in FEEL.")
	}
}
