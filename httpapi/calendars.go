package httpapi

import (
	"context"
	"fmt"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/calendar"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/hours"
)

// calendarRoutes are those of working hours.
func (s *Server) calendarRoutes() {
	route(s, op{"list-calendars", "GET /calendars", "Calendars", "Working hours and holidays, by name", signedIn, 0}, s.listCalendars)
	route(s, op{"preview-calendar", "POST /calendars/preview", "Calendars", "When something is due in working time; saves nothing", signedIn, 0}, s.previewCalendar)
	route(s, op{"import-holidays", "POST /calendars/import", "Calendars", "Read the holidays of an iCalendar file; saves nothing", signedIn, 0}, s.importHolidays, takesDocuments)
	route(s, op{"get-calendar", "GET /calendars/{name}", "Calendars", "One calendar", signedIn, 0}, s.getCalendar)
	route(s, op{"put-calendar", "PUT /calendars/{name}", "Calendars", "Make or change a calendar", admin, 0}, s.putCalendar, takesDocuments)
	route(s, op{"delete-calendar", "DELETE /calendars/{name}", "Calendars", "Remove a calendar that is not the standard one", admin, 0}, s.deleteCalendar)
}

var errNoCalendars = &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "this server keeps no calendars"}

func (s *Server) hours() (*hours.Service, error) {
	if s.Hours == nil {
		return nil, errNoCalendars
	}
	return s.Hours, nil
}

// ByCalendar names a calendar in a path.
type ByCalendar struct {
	Name string `path:"name" maxLength:"200"`
}

func (s *Server) listCalendars(ctx context.Context, _ signoff.Caller, _ *nothing) (*body[api.List[api.Calendar]], error) {
	h, err := s.hours()
	if err != nil {
		return nil, err
	}
	list, err := h.List(ctx)
	if err != nil {
		return nil, err
	}
	known, err := people(ctx, s, list, func(c hours.Calendar) signoff.Principal { return c.By })
	if err != nil {
		return nil, err
	}
	return &body[api.List[api.Calendar]]{listOf(list, func(c hours.Calendar) api.Calendar { return calendarOf(c, known) })}, nil
}

func (s *Server) getCalendar(ctx context.Context, _ signoff.Caller, in *ByCalendar) (*body[api.Calendar], error) {
	h, err := s.hours()
	if err != nil {
		return nil, err
	}
	c, err := h.Get(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return s.calendarAnswer(ctx, c)
}

func (s *Server) calendarAnswer(ctx context.Context, c hours.Calendar) (*body[api.Calendar], error) {
	known, err := s.named(ctx, c.By)
	return &body[api.Calendar]{calendarOf(c, known)}, err
}

type putCalendarInput struct {
	ByCalendar
	Body api.SetCalendar
}

func (s *Server) putCalendar(ctx context.Context, by signoff.Caller, in *putCalendarInput) (*body[api.Calendar], error) {
	h, err := s.hours()
	if err != nil {
		return nil, err
	}
	plan, err := planOf(in.Body.CalendarPlan)
	if err != nil {
		return nil, err
	}
	c, err := h.Save(ctx, by, hours.Calendar{Name: in.Name, Standard: in.Body.Standard, Plan: plan, Rev: in.Body.Rev})
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "calendar saved", "user", by.Principal)
	return s.calendarAnswer(ctx, c)
}

type deleteCalendarInput struct {
	ByCalendar
	Rev int64 `query:"rev" minimum:"1" required:"true" doc:"of what was loaded"`
}

func (s *Server) deleteCalendar(ctx context.Context, by signoff.Caller, in *deleteCalendarInput) (*struct{}, error) {
	h, err := s.hours()
	if err != nil {
		return nil, err
	}
	if err := h.Delete(ctx, by, in.Name, in.Rev); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "calendar removed", "user", by.Principal)
	return nil, nil
}

type previewCalendarInput struct{ Body api.PreviewCalendar }

func (s *Server) previewCalendar(ctx context.Context, _ signoff.Caller, in *previewCalendarInput) (*body[api.CalendarPreview], error) {
	c, err := s.previewed(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	from := s.Now().UTC()
	if in.Body.From != nil {
		from = *in.Body.From
	}
	wrong := func(why string) error {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-calendar", Detail: why, Fields: []signoff.FieldError{{Field: "after", Detail: why}}}
	}
	v, ok := expr.ParseMoment(in.Body.After)
	if !ok {
		return nil, wrong(fmt.Sprintf("%q is no duration: PT8H are eight working hours, P2D two working days", in.Body.After))
	}
	due, err := engine.WorkingAfter(from, v, c)
	if err != nil {
		return nil, wrong(err.Error())
	}
	next, err := c.Next(from)
	if err != nil {
		return nil, wrong(err.Error())
	}
	return &body[api.CalendarPreview]{api.CalendarPreview{From: from, Working: c.IsWorking(from), Next: next.In(c.Zone()), Due: due.In(c.Zone()),
		Zone: c.Zone().String(), Hours: c.Between(from, due).Hours()}}, nil
}

// previewed is the calendar a preview is about: a saved one, or a plan.
func (s *Server) previewed(ctx context.Context, b api.PreviewCalendar) (*calendar.Calendar, error) {
	if b.Plan != nil {
		plan, err := planOf(*b.Plan)
		if err != nil {
			return nil, err
		}
		return hours.Open(plan)
	}
	h, err := s.hours()
	if err != nil {
		return nil, err
	}
	found, err := h.Calendars(ctx, []string{b.Name})
	if err == nil && found[b.Name] == nil {
		_, err = h.Get(ctx, b.Name) // with the reason
	}
	return found[b.Name], err
}

type importHolidaysInput struct{ Body api.ImportHolidays }

func (s *Server) importHolidays(_ context.Context, _ signoff.Caller, in *importHolidaysInput) (*body[api.ImportedHolidays], error) {
	h, err := s.hours()
	if err != nil {
		return nil, err
	}
	im, err := h.Import([]byte(in.Body.File), in.Body.Zone)
	if err != nil {
		return nil, err
	}
	out := api.ImportedHolidays{Holidays: holidaysOf(im.Holidays), Skipped: append([]string{}, im.Skipped...)}
	return &body[api.ImportedHolidays]{out}, nil
}

func calendarOf(c hours.Calendar, known names) api.Calendar {
	out := api.Calendar{Name: c.Name, Standard: c.Standard, Rev: c.Rev, CalendarPlan: api.CalendarPlan{Zone: c.Plan.Zone, Holidays: holidaysOf(c.Plan.Holidays)}}
	if c.Rev > 0 {
		out.Saved = &api.Saved{At: c.At, By: known.personPtr(c.By)}
	}
	w := &c.Plan.Week
	out.Week = api.CalendarWeek{Monday: spansOf(w.Monday), Tuesday: spansOf(w.Tuesday), Wednesday: spansOf(w.Wednesday), Thursday: spansOf(w.Thursday),
		Friday: spansOf(w.Friday), Saturday: spansOf(w.Saturday), Sunday: spansOf(w.Sunday)}
	for _, d := range c.Plan.Special {
		out.Special = append(out.Special, api.CalendarSpecial{Date: d.Date.String(), Name: d.Name, Hours: spansOf(d.Hours)})
	}
	return out
}

func holidaysOf(list []calendar.Holiday) []api.CalendarHoliday {
	out := []api.CalendarHoliday{}
	for _, h := range list {
		a := api.CalendarHoliday{Date: h.Date.String(), Name: h.Name}
		if h.Hours != nil {
			a.Hours = h.Hours.String()
		}
		out = append(out, a)
	}
	return out
}

func spansOf(list []calendar.Span) []string {
	out := []string{}
	for _, s := range list {
		out = append(out, s.String())
	}
	return out
}

// planOf reads a plan as it was written.
func planOf(p api.CalendarPlan) (calendar.Plan, error) {
	r := planReader{}
	out := calendar.Plan{Zone: p.Zone}
	w := &out.Week
	for day, list := range map[*[]calendar.Span][]string{&w.Monday: p.Week.Monday, &w.Tuesday: p.Week.Tuesday, &w.Wednesday: p.Week.Wednesday,
		&w.Thursday: p.Week.Thursday, &w.Friday: p.Week.Friday, &w.Saturday: p.Week.Saturday, &w.Sunday: p.Week.Sunday} {
		*day = r.spans("week", list)
	}
	for i, h := range p.Holidays {
		field := fmt.Sprintf("holidays.%d", i)
		day := calendar.Holiday{Date: r.date(field, h.Date), Name: h.Name}
		if h.Hours != "" {
			day.Hours = &r.spans(field, []string{h.Hours})[0]
		}
		out.Holidays = append(out.Holidays, day)
	}
	for i, d := range p.Special {
		field := fmt.Sprintf("special.%d", i)
		out.Special = append(out.Special, calendar.Special{Date: r.date(field, d.Date), Name: d.Name, Hours: r.spans(field, d.Hours)})
	}
	return out, r.err()
}

// planReader remembers the first thing that cannot be read.
type planReader struct{ field, why string }

func (r *planReader) note(field string, err error) {
	if err != nil && r.field == "" {
		r.field, r.why = field, err.Error()
	}
}

func (r *planReader) err() error {
	if r.field == "" {
		return nil
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-calendar", Detail: r.why, Fields: []signoff.FieldError{{Field: r.field, Detail: r.why}}}
}

func (r *planReader) spans(field string, list []string) []calendar.Span {
	out := make([]calendar.Span, len(list))
	for i, text := range list {
		var err error
		out[i], err = calendar.ParseSpan(text)
		r.note(field, err)
	}
	return out
}

func (r *planReader) date(field, text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	r.note(field, err)
	return d
}
