package library

import (
	"context"
	"fmt"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

// checkCalendars tells which calendars that def names there are not. That is a
// warning: a calendar can be made later, and until then the step is held up.
func (l *Library) checkCalendars(ctx context.Context, def *process.Definition) (bpmn.Problems, error) {
	if l.HasCalendar == nil {
		return nil, nil
	}
	var found bpmn.Problems
	for _, use := range def.CalendarsUsed() {
		there, err := l.HasCalendar(ctx, use.Calendar)
		if err != nil {
			return nil, fmt.Errorf("look for the calendar %s: %w", use.Calendar, err)
		}
		if there {
			continue
		}
		p := process.Problem{Warning: true, Reason: fmt.Sprintf("it counts by the calendar %q, and there is none of that name", use.Calendar),
			Advice: "Make it under Manage › Events › Calendars, or with signoff calendars set. Without it the step becomes an incident."}
		if use.Node != nil {
			p.Element, p.Name, p.Line = use.Node.ID, use.Node.Name, use.Node.Line
		}
		found = append(found, p)
	}
	return found, nil
}
