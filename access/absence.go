package access

import (
	"time"

	"github.com/signoffhq/signoff"
)

// Absence says who does somebody's tasks while they are away.
type Absence struct {
	Who         signoff.Principal
	From        time.Time
	To          time.Time           // zero: until they say that they are back
	Instead     bool                // the tasks go to the substitutes; else both have them
	Substitutes []signoff.Principal // for all workflows but those of Except; may be empty
	Except      []Exception
}

// Exception names other substitutes for one workflow; none: its tasks stay.
type Exception struct {
	Workflow    signoff.WorkflowID  `json:"workflow"`
	Substitutes []signoff.Principal `json:"substitutes"`
}

// Holds tells whether the absence holds at a moment.
func (a *Absence) Holds(at time.Time) bool {
	return !at.Before(a.From) && (a.To.IsZero() || at.Before(a.To))
}

// For lists who stands in where tasks of one workflow are concerned.
func (a *Absence) For(wf signoff.WorkflowID) []signoff.Principal {
	for i := range a.Except {
		if a.Except[i].Workflow == wf {
			return a.Except[i].Substitutes
		}
	}
	return a.Substitutes
}

// Absences are those of everybody; it does not matter which of them hold.
type Absences []Absence

// Substitutes, StandsIn, HandsOn and Circle ask a Roster that is made for the
// one question.
func (all Absences) Substitutes(who signoff.Principal, wf signoff.WorkflowID, at time.Time) []signoff.Principal {
	return all.Roster().Substitutes(who, wf, at)
}

func (all Absences) StandsIn(me signoff.Principal, at time.Time) []signoff.Stand {
	return all.Roster().StandsIn(me, at)
}

func (all Absences) HandsOn(me signoff.Principal, at time.Time) *signoff.Stand {
	return all.Roster().HandsOn(me, at)
}

func (all Absences) Circle(a Absence) []signoff.Principal { return all.Roster().Circle(a) }
