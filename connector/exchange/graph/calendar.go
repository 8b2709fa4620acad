package graph

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

const (
	eventFields = "id,changeKey,iCalUId,subject,body,location,start,end,originalStartTimeZone,isAllDay,organizer,attendees,showAs,importance,categories," +
		"reminderMinutesBeforeStart,isReminderOn,sensitivity,isCancelled,responseStatus,webLink"
	inUTC    = `outlook.timezone="UTC"`
	dateForm = "2006-01-02T15:04:05"
)

// dateTime is a moment as Outlook has it: a clock and its zone.
type dateTime struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone"`
}

// clock writes a moment in a zone; one that is not known here is left to Graph,
// which is told UTC. A whole day is its clock, whatever the zone.
func clock(t time.Time, zone string, wholeDay bool) *dateTime {
	loc, known := exchange.Zone(zone)
	if zone == "" || !known {
		loc, zone = time.UTC, "UTC"
	}
	if wholeDay {
		y, m, d := t.Date()
		t = time.Date(y, m, d, 0, 0, 0, 0, loc)
	}
	return &dateTime{t.In(loc).Format(dateForm), zone}
}

func (d *dateTime) moment() time.Time {
	if d == nil {
		return time.Time{}
	}
	loc, known := exchange.Zone(d.TimeZone)
	if !known {
		loc = time.UTC
	}
	for _, form := range []string{"2006-01-02T15:04:05.9999999", time.RFC3339Nano, "2006-01-02"} {
		if t, err := time.ParseInLocation(form, d.DateTime, loc); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

type attendee struct {
	address
	Type   string `json:"type"`
	Status *struct {
		Response string `json:"response"`
	} `json:"status,omitempty"`
}

func attendeesOut(list []exchange.Attendee) []attendee {
	out := make([]attendee, 0, len(list))
	for _, a := range list {
		role := a.Role
		if role == "" {
			role = exchange.Required
		}
		out = append(out, attendee{address: addressOut(a.Address), Type: string(role)})
	}
	return out
}

// event is an appointment as Graph answers with it.
// https://learn.microsoft.com/graph/api/resources/event
type event struct {
	ID            string     `json:"id"`
	ChangeKey     string     `json:"changeKey"`
	UID           string     `json:"iCalUId"`
	Subject       string     `json:"subject"`
	Body          *itemBody  `json:"body"`
	Start         *dateTime  `json:"start"`
	End           *dateTime  `json:"end"`
	Zone          string     `json:"originalStartTimeZone"`
	AllDay        bool       `json:"isAllDay"`
	Organizer     *address   `json:"organizer"`
	Attendees     []attendee `json:"attendees"`
	ShowAs        string     `json:"showAs"`
	Importance    string     `json:"importance"`
	Categories    []string   `json:"categories"`
	Reminder      int        `json:"reminderMinutesBeforeStart"`
	ReminderOn    bool       `json:"isReminderOn"`
	Sensitivity   string     `json:"sensitivity"`
	Cancelled     bool       `json:"isCancelled"`
	WebLink       string     `json:"webLink"`
	OnlineMeeting *struct {
		JoinURL string `json:"joinUrl"`
	} `json:"onlineMeeting"`
	Location *struct {
		DisplayName string `json:"displayName"`
	} `json:"location"`
	Response *struct {
		Response string `json:"response"`
	} `json:"responseStatus"`
}

func (e event) event() exchange.Event {
	out := exchange.Event{ID: e.ID, ChangeKey: e.ChangeKey, UID: e.UID, Subject: e.Subject, Body: e.Body.in(), Start: e.Start.moment(), End: e.End.moment(),
		TimeZone: e.Zone, AllDay: e.AllDay, Organizer: e.Organizer.in(), ShowAs: exchange.ShowAs(e.ShowAs), Importance: level(e.Importance), Categories: e.Categories,
		Reminder: e.Reminder, Private: strings.EqualFold(e.Sensitivity, "private"), Cancelled: e.Cancelled, Link: e.WebLink}
	if !e.ReminderOn {
		out.Reminder = -1
	}
	if e.AllDay {
		out.Start, out.End = exchange.WholeDay(out.Start, e.Zone), exchange.WholeDay(out.End, e.Zone)
	}
	if e.Location != nil {
		out.Location = e.Location.DisplayName
	}
	if e.Response != nil {
		out.Response = answered(e.Response.Response)
	}
	if e.OnlineMeeting != nil {
		out.MeetingURL = e.OnlineMeeting.JoinURL
	}
	for _, a := range e.Attendees {
		at := exchange.Attendee{Address: a.address.in(), Role: exchange.Role(a.Type), Response: "none"}
		if a.Status != nil {
			at.Response = answered(a.Status.Response)
		}
		out.Attendees = append(out.Attendees, at)
	}
	return out
}

// answered is a response in our words.
func answered(text string) string {
	switch text {
	case "tentativelyAccepted":
		return "tentative"
	case "", "notResponded":
		return "none"
	}
	return text
}

// CreateEvent implements exchange.Calendar.
func (b *box) CreateEvent(ctx context.Context, n exchange.NewEvent) (exchange.Event, error) {
	body := change{"subject": n.Subject, "start": clock(n.Start, n.TimeZone, n.AllDay), "end": clock(n.End, n.TimeZone, n.AllDay), "isAllDay": n.AllDay}
	layEvent(body, exchange.EventChange{Reminder: n.Reminder})
	if n.Body != (exchange.Body{}) {
		body["body"] = bodyOut(n.Body)
	}
	if n.Location != "" {
		body["location"] = map[string]string{"displayName": n.Location}
	}
	if len(n.Attendees) > 0 {
		body["attendees"] = attendeesOut(n.Attendees)
	}
	if n.ShowAs != "" {
		body["showAs"] = n.ShowAs
	}
	if n.Importance != "" {
		body["importance"] = n.Importance
	}
	if len(n.Categories) > 0 {
		body["categories"] = n.Categories
	}
	if n.Private {
		body["sensitivity"] = "private"
	}
	if n.Online {
		body["isOnlineMeeting"] = true
	}
	if n.Correlation != "" {
		body["singleValueExtendedProperties"] = correlated(n.Correlation)
	}
	e, err := b.createOnce(ctx, "/events", "Making the appointment", n.Correlation, body, calendarWrite)
	return e.event(), err
}

// createOnce makes an event, unless one with its correlation is there. Lost
// answers are looked for.
func (b *box) createOnce(ctx context.Context, path, doing, correlation string, body any, need permission) (event, error) {
	return traffic.MakeOnce(ctx, b.s.pause, correlation,
		func() (*event, error) { return byCorrelation[event](ctx, b, path, correlation, need, inUTC) },
		func() (event, error) {
			var e event
			err := b.do(ctx, request{doing: doing, method: "POST", path: path, body: body, prefer: []string{inUTC}, into: &e, need: need, once: true})
			return e, err
		})
}

// byCorrelation finds an item by the property that a correlation is kept in.
func byCorrelation[T any](ctx context.Context, b *box, path, correlation string, need permission, prefer ...string) (*T, error) {
	var page listOf[T]
	err := b.do(ctx, request{doing: "Looking for what was made before", method: "GET", path: path, prefer: prefer, need: need, into: &page, query: url.Values{"$top": {"1"},
		"$filter": {fmt.Sprintf("singleValueExtendedProperties/any(ep: ep/id eq %s and ep/value eq %s)", quoted(correlationID), quoted(correlation))}}})
	if err != nil || len(page.Value) == 0 {
		return nil, err
	}
	return &page.Value[0], nil
}

// layEvent writes what is to change.
func layEvent(body change, c exchange.EventChange) {
	put(body, "subject", c.Subject)
	put(body, "isAllDay", c.AllDay)
	put(body, "showAs", c.ShowAs)
	put(body, "importance", c.Importance)
	put(body, "categories", c.Categories)
	wholeDay := c.AllDay != nil && *c.AllDay
	if c.Body != nil {
		body["body"] = bodyOut(*c.Body)
	}
	if c.Location != nil {
		body["location"] = map[string]string{"displayName": *c.Location}
	}
	if c.Start != nil {
		body["start"] = clock(*c.Start, c.TimeZone, wholeDay)
	}
	if c.End != nil {
		body["end"] = clock(*c.End, c.TimeZone, wholeDay)
	}
	if c.Attendees != nil {
		body["attendees"] = attendeesOut(*c.Attendees)
	}
	if c.Reminder != nil {
		body["isReminderOn"] = *c.Reminder >= 0
		if *c.Reminder >= 0 {
			body["reminderMinutesBeforeStart"] = *c.Reminder
		}
	}
	if c.Private != nil {
		body["sensitivity"] = map[bool]string{true: "private", false: "normal"}[*c.Private]
	}
}

// Event implements exchange.Calendar.
func (b *box) Event(ctx context.Context, id string) (exchange.Event, error) {
	at, err := segment(id, "appointment")
	if err != nil {
		return exchange.Event{}, err
	}
	var e event
	err = b.do(ctx, request{doing: "Reading the appointment", method: "GET", path: "/events/" + at, prefer: []string{inUTC},
		query: url.Values{"$select": {eventFields}}, into: &e, need: calendarRead})
	return e.event(), err
}

var eventProperties = map[string]field{"subject": {path: "subject", kind: broker.Text}, "cancelled": {path: "isCancelled", kind: broker.YesNo},
	"importance": {path: "importance", kind: broker.Text, exact: true}}

// Events implements exchange.Calendar.
func (b *box) Events(ctx context.Context, q exchange.EventQuery) (exchange.Page[exchange.Event], error) {
	options := url.Values{"$select": {eventFields}, "$orderby": {"start/dateTime"},
		"startDateTime": {q.From.UTC().Format(dateForm) + "Z"}, "endDateTime": {q.To.UTC().Format(dateForm) + "Z"}}
	r := request{doing: "Listing appointments", method: "GET", path: "/calendarView", prefer: []string{inUTC}, need: calendarRead}
	filtered := q.Filter == nil
	if q.Filter != nil {
		var filter string
		if filter, filtered = translate(*q.Filter, eventProperties); filtered {
			options.Set("$filter", filter)
			options.Del("$orderby") // a view is by its start as it is
		}
	}
	page, err := list(ctx, b, r, options, q.Query, event.event)
	page.Unfiltered = !filtered
	return page, err
}

// ChangeEvent implements exchange.Calendar.
func (b *box) ChangeEvent(ctx context.Context, id string, c exchange.EventChange) (exchange.Event, error) {
	at, err := segment(id, "appointment")
	if err != nil {
		return exchange.Event{}, err
	}
	body := change{}
	layEvent(body, c)
	var e event
	err = b.do(ctx, request{doing: "Changing the appointment", method: "PATCH", path: "/events/" + at, body: body, prefer: []string{inUTC}, into: &e, need: calendarWrite})
	return e.event(), err
}

// DeleteEvent implements exchange.Calendar.
func (b *box) DeleteEvent(ctx context.Context, id string) error {
	at, err := segment(id, "appointment")
	if err != nil {
		return err
	}
	return b.do(ctx, request{doing: "Deleting the appointment", method: "DELETE", path: "/events/" + at, need: calendarWrite, goneIsDone: true})
}

// CancelEvent implements exchange.Calendar.
func (b *box) CancelEvent(ctx context.Context, id, comment string) error {
	return b.act(ctx, id, "cancel", "Cancelling the meeting", map[string]any{"comment": comment})
}

// RespondEvent implements exchange.Calendar.
func (b *box) RespondEvent(ctx context.Context, id string, r exchange.Response) error {
	action := map[string]string{"accept": "accept", "tentative": "tentativelyAccept", "decline": "decline"}[r.How]
	if action == "" {
		return fmt.Errorf("there is no answer %q to an invitation", r.How)
	}
	return b.act(ctx, id, action, "Answering the invitation", map[string]any{"comment": r.Comment, "sendResponse": !r.Silent})
}

func (b *box) act(ctx context.Context, id, action, doing string, body map[string]any) error {
	at, err := segment(id, "appointment")
	if err != nil {
		return err
	}
	return b.do(ctx, request{doing: doing, method: "POST", path: "/events/" + at + "/" + action, body: body, need: calendarWrite, once: true})
}

// Suggest implements exchange.Calendar.
// https://learn.microsoft.com/graph/api/user-findmeetingtimes
func (b *box) Suggest(ctx context.Context, w exchange.Wanted) ([]exchange.Slot, error) {
	if b.access.App {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: exchange.CodeRefused, Detail: "Microsoft Graph finds meeting times for people only, not for an application by itself.",
			Hint: "Use an instance that signs in as the service account or as whoever calls."}
	}
	if w.Max <= 0 {
		w.Max = 10
	}
	slot := map[string]any{"start": clock(w.From, "", false), "end": clock(w.To, "", false)}
	var out struct {
		Suggestions []struct {
			Confidence float64 `json:"confidence"`
			Reason     string  `json:"suggestionReason"`
			Slot       struct {
				Start *dateTime `json:"start"`
				End   *dateTime `json:"end"`
			} `json:"meetingTimeSlot"`
		} `json:"meetingTimeSuggestions"`
	}
	err := b.do(ctx, request{doing: "Finding a time", method: "POST", path: "/findMeetingTimes", prefer: []string{inUTC}, into: &out, need: "Calendars.Read.Shared",
		body: map[string]any{"attendees": attendeesOut(w.Attendees), "meetingDuration": fmt.Sprintf("PT%dM", w.Minutes), "maxCandidates": w.Max, "returnSuggestionReasons": true,
			"timeConstraint": map[string]any{"activityDomain": "unrestricted", "timeSlots": []any{slot}}}})
	slots := []exchange.Slot{}
	for _, s := range out.Suggestions {
		slots = append(slots, exchange.Slot{Start: s.Slot.Start.moment(), End: s.Slot.End.moment(), Confidence: int(s.Confidence), Reason: s.Reason})
	}
	return slots, err
}
