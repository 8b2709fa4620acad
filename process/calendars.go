package process

import "slices"

// CalendarUse is one place where working time is counted by a calendar that is
// named.
type CalendarUse struct {
	Calendar string
	Node     *Node // the step that names it; nil: the workflow does, for all its steps
}

// CalendarsUsed lists the calendars that are named, each once a step, in the
// order of the steps. Whether there are such calendars is known only where the
// workflow runs.
func (d *Definition) CalendarsUsed() []CalendarUse {
	var uses []CalendarUse
	counted := false // by the workflow's own
	for i := range d.Nodes {
		n := &d.Nodes[i]
		var names []string
		for _, h := range n.hours() {
			switch {
			case !h.Working:
			case h.Calendar == "":
				counted = true
			case !slices.Contains(names, h.Calendar):
				names = append(names, h.Calendar)
				uses = append(uses, CalendarUse{h.Calendar, n})
			}
		}
	}
	if counted && d.Calendar != "" {
		uses = slices.Insert(uses, 0, CalendarUse{Calendar: d.Calendar})
	}
	return uses
}

// hours is in which time the parts of a step are counted.
func (n *Node) hours() []Hours {
	var all []Hours
	if n.Event != nil && n.Event.Timer != nil {
		all = append(all, n.Event.Timer.Hours)
	}
	if n.Task != nil {
		if n.Task.Deadline != nil {
			all = append(all, n.Task.Deadline.Hours)
		}
		for _, r := range n.Task.Reminders {
			all = append(all, r.Hours)
		}
	}
	return all
}
