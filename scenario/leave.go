package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/calendar"
	"github.com/signoffhq/signoff/engine"
)

// answered gives the engine what it asks for, and tells whether it asked.
func (w *world) answered(err error, in *engine.Input) bool {
	if ask, asks := errors.AsType[engine.NeedPeople](err); asks {
		w.answer(ask.Names, in.People)
		return true
	}
	if ask, asks := errors.AsType[engine.NeedAbsent](err); asks {
		for _, p := range ask.Of {
			in.Absent[p] = nil
			if s := w.away.HandsOn(p, w.now); s != nil && s.In(here) {
				in.Absent[p] = w.away.Substitutes(p, here, w.now)
			}
		}
		return true
	}
	ask, asks := errors.AsType[engine.NeedCalendars](err)
	for _, name := range ask.Names {
		in.Calendars[name] = w.calendars[strings.ToLower(name)]
		if name == "" && in.Calendars[""] == nil {
			in.Calendars[""] = standard
		}
	}
	return asks
}

// standard is what a scenario that sets no calendar counts by.
var standard = func() *calendar.Calendar {
	c, err := calendar.New(calendar.Standard("UTC"))
	if err != nil {
		panic(err) // it has a zone and hours
	}
	return c
}()

// here is the workflow a scenario is about, as absences name it.
const here signoff.WorkflowID = 1

// standIn lets whoever stands in for somebody who is away act in their place, as
// the server does.
func (w *world) standIn(in *engine.Input) error {
	who := in.By.Principal
	task := w.st.TaskNumbered(engine.TaskOf(in.Event))
	if who == "" || task == nil {
		return nil
	}
	in.By.Stands, in.By.HandsOn = w.away.StandsIn(who, w.now), w.away.HandsOn(who, w.now)
	for i := range in.By.Stands {
		s := &in.By.Stands[i]
		s.Person = w.person(short(s.Person.Principal))
		s.Groups = w.deserted(s.Person.Login)
	}
	if _, acts := in.Event.(engine.Act); acts {
		if err := engine.HandedOn(in.By, here, task); err != nil {
			return err
		}
	}
	in.By = engine.InPlaceOf(in.By, here, task)
	return nil
}

// deserted lists the groups of somebody of which nobody is there.
func (w *world) deserted(login string) (out []signoff.Principal) {
	for i := range w.groups {
		g := &w.groups[i]
		is, there := false, false
		for _, p := range w.inside(g, nil) {
			is = is || p.Login == login
			there = there || !slices.ContainsFunc(w.away, func(a access.Absence) bool { return a.Who == p.Principal && a.Holds(w.now) })
		}
		if is && !there {
			out = append(out, g.principal())
		}
	}
	return out
}

// setAway says who is away and who stands in: away jane ben cara to=2026-01-12.
// With here=dora it is she in this workflow, and with here=nobody nobody.
func (w *world) setAway(a *arguments) error {
	login, err := a.need("who is away, and who stands in: away jane ben")
	if err != nil {
		return err
	}
	is := access.Absence{Who: w.person(login).Principal, From: w.now}
	for sub, ok := a.next(); ok; sub, ok = a.next() {
		is.Substitutes = append(is.Substitutes, w.person(sub).Principal)
	}
	if text, given := a.get("here"); given {
		e := access.Exception{Workflow: here}
		for sub := range strings.SplitSeq(text, ",") {
			if sub != "nobody" {
				e.Substitutes = append(e.Substitutes, w.person(sub).Principal)
			}
		}
		is.Except = append(is.Except, e)
	}
	if len(is.Substitutes) == 0 && len(is.Except) == 0 {
		return wrong("say who stands in: away %s ben", login)
	}
	for key, at := range map[string]*time.Time{"from": &is.From, "to": &is.To} {
		if text, given := a.get(key); given {
			if *at, err = clock(text); err != nil {
				return err
			}
		}
	}
	switch how, given := a.get("tasks"); {
	case given && how == "go":
		is.Instead = true
	case given && how != "shared":
		return wrong("tasks=shared: both have them; tasks=go: only who stands in")
	}
	if err := a.done(); err != nil {
		return err
	}
	if circle := w.away.Circle(is); circle != nil {
		return wrong("%s and %s would send each other their tasks", short(circle[0]), short(circle[len(circle)-1]))
	}
	w.back(is.Who)
	w.away = append(w.away, is)
	return nil
}

func (w *world) setBack(a *arguments) error {
	login, err := a.need("who is back: back jane")
	if err != nil {
		return err
	}
	if !w.back(w.person(login).Principal) {
		return wrong("%s is not away", login)
	}
	return a.done()
}

func (w *world) back(who signoff.Principal) bool {
	n := len(w.away)
	w.away = slices.DeleteFunc(w.away, func(b access.Absence) bool { return b.Who == who })
	return len(w.away) < n
}

// weekdays are the names days= knows.
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// setCalendar gives working hours a name:
//
//	calendar berlin zone=Europe/Berlin days=mon-fri hours=08:00-12:00,13:00-17:00 holidays=12-25
func (w *world) setCalendar(a *arguments) error {
	name, err := a.need("the calendar's name: calendar berlin zone=Europe/Berlin days=mon-fri hours=08:00-17:00")
	if err != nil {
		return err
	}
	plan := calendar.Plan{Zone: "UTC"}
	if zone, given := a.get("zone"); given {
		plan.Zone = zone
	}
	hours, err := spans(a.text("hours"))
	if err != nil {
		return err
	}
	if err := onDays(&plan.Week, a.text("days"), hours); err != nil {
		return err
	}
	for text := range strings.SplitSeq(a.text("holidays"), ",") {
		if text == "" {
			continue
		}
		d, err := calendar.ParseDate(text)
		if err != nil {
			return wrong("%v", err)
		}
		plan.Holidays = append(plan.Holidays, calendar.Holiday{Date: d})
	}
	c, err := calendar.New(plan)
	if err != nil {
		return wrong("%v", err)
	}
	if w.calendars == nil {
		w.calendars = engine.Calendars{}
	}
	if name == "standard" {
		name = ""
	}
	w.calendars[strings.ToLower(name)] = c
	return a.done()
}

func spans(text string) (out []calendar.Span, err error) {
	if text == "" {
		text = "08:00-17:00"
	}
	for one := range strings.SplitSeq(text, ",") {
		s, err := calendar.ParseSpan(one)
		if err != nil {
			return nil, wrong("%v", err)
		}
		out = append(out, s)
	}
	return out, nil
}

// onDays gives the days of "mon-fri" or "mon,wed" their hours.
func onDays(week *calendar.Week, text string, hours []calendar.Span) error {
	if text == "" {
		text = "mon-fri"
	}
	days := []*[]calendar.Span{&week.Monday, &week.Tuesday, &week.Wednesday, &week.Thursday, &week.Friday, &week.Saturday, &week.Sunday}
	for one := range strings.SplitSeq(text, ",") {
		first, last, several := strings.Cut(one, "-")
		if !several {
			last = first
		}
		from, to := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if from < 0 || to < from {
			return wrong("%q are no days: mon-fri, or mon,wed", fmt.Sprint(one))
		}
		for ; from <= to; from++ {
			*days[from] = hours
		}
	}
	return nil
}
