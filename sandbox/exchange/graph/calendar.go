package graph

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routeCalendar() {
	user := "/users/{user}"
	s.on("GET "+user+"/calendars", readCalendar, listCalendars)
	s.on("GET "+user+"/calendar", readCalendar, getCalendar)
	s.on("GET "+user+"/calendars/{calendar}", readCalendar, getCalendar)
	for _, in := range []string{user, user + "/calendars/{calendar}"} {
		s.list(in+"/events", readCalendar, listEvents)
		s.on("POST "+in+"/events", writeCalendar, createEvent)
		s.on("GET "+in+"/calendarView", readCalendar, calendarView)
		s.on("GET "+in+"/calendarView/delta", readCalendar, eventDelta)
	}
	s.on("GET "+user+"/events/{id}", readCalendar, getEvent)
	s.on("PATCH "+user+"/events/{id}", writeCalendar, changeEvent)
	s.on("DELETE "+user+"/events/{id}", writeCalendar, deleteEvent)
	s.on("POST "+user+"/events/{id}/cancel", writeCalendar, cancelEvent)
	for name, response := range map[string]string{"accept": "accepted", "tentativelyAccept": "tentativelyAccepted", "decline": "declined"} {
		s.on("POST "+user+"/events/{id}/"+name, writeCalendar, respond(response))
	}
	s.on("POST "+user+"/getSchedule", readCalendar, getSchedule)
	s.on("POST "+user+"/findMeetingTimes", suggestTimes, findMeetingTimes)
}

var eventProperties = known{"id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "iCalUId", "subject", "bodyPreview", "body", "start", "end",
	"originalStartTimeZone", "originalEndTimeZone", "isAllDay", "isCancelled", "isOrganizer", "showAs", "type", "location", "locations", "attendees", "organizer",
	"importance", "sensitivity", "responseStatus", "reminderMinutesBeforeStart", "isReminderOn", "hasAttachments", "webLink", "seriesMasterId", "recurrence",
	"singleValueExtendedProperties"}

func (c *call) eventObject(it exchange.Item) (jsonObject, error) {
	var a exchange.Appointment
	if err := it.ReadEntry(&a); err != nil {
		return nil, exchange.ErrItemNotFound
	}
	attendees := []map[string]any{}
	for _, at := range a.Attendees {
		o := recipient(&at.Address).(map[string]any)
		o["type"], o["status"] = at.Type, map[string]any{"response": orText(at.Response, "none"), "time": "0001-01-01T00:00:00Z"}
		attendees = append(attendees, o)
	}
	return jsonObject{itemKey: it, "@odata.etag": `W/"` + it.ChangeKey() + `"`, "id": it.ID(c.prefer.immutable).REST(), "createdDateTime": stamp(it.Created),
		"lastModifiedDateTime": stamp(it.Modified), "changeKey": it.ChangeKey(), "categories": nonNil(it.Categories), "iCalUId": a.UID, "subject": a.Subject,
		"bodyPreview": preview(a.Body), "body": bodyObject(c.body4(a.Body)), "start": dateTime(a.Start, c.prefer.timeZone), "end": dateTime(a.End, c.prefer.timeZone),
		"originalStartTimeZone": a.TimeZone, "originalEndTimeZone": a.TimeZone, "isAllDay": a.AllDay, "isCancelled": a.Cancelled,
		"isOrganizer": strings.EqualFold(a.Organizer.Address, c.mailbox.Account().Address), "showAs": orText(a.ShowAs, "busy"), "type": "singleInstance",
		"location": map[string]any{"displayName": a.Location}, "locations": []any{}, "attendees": attendees, "organizer": recipient(&a.Organizer),
		"importance": orText(it.Importance, "normal"), "sensitivity": orText(it.Sensitivity, "normal"),
		"responseStatus":             map[string]any{"response": orText(a.Response, "organizer"), "time": "0001-01-01T00:00:00Z"},
		"reminderMinutesBeforeStart": max(a.Reminder, 0), "isReminderOn": a.Reminder >= 0, "hasAttachments": false, "seriesMasterId": nil, "recurrence": nil,
		"webLink": "https://outlook.office365.com/owa/?itemid=" + it.ID(false).REST(), "singleValueExtendedProperties": properties(it)}, nil
}

func orText(text, usual string) string {
	if text == "" {
		return usual
	}
	return text
}

func (c *call) showEvent(q query) func(jsonObject) (map[string]any, error) {
	return func(o jsonObject) (map[string]any, error) {
		it := o[itemKey].(exchange.Item)
		delete(o, itemKey)
		delete(o, "singleValueExtendedProperties")
		out := q.pick(o)
		return out, c.expand(q, it, out)
	}
}

func (c *call) calendarObject() (map[string]any, error) {
	f, err := c.calendarFolder()
	if err != nil {
		return nil, err
	}
	own := c.mailbox.Address()
	return map[string]any{"id": f.ID().REST(), "name": f.Name, "color": "auto", "isDefaultCalendar": true, "canEdit": true, "canShare": true,
		"owner": recipient(&own).(map[string]any)["emailAddress"]}, nil
}

// calendarFolder is the one calendar there is; another's id leads nowhere.
func (c *call) calendarFolder() (exchange.Folder, error) {
	f, err := c.mailbox.Folder(exchange.Calendar)
	id := c.id("calendar")
	if err == nil && id != "" && id != f.ID().REST() && !strings.EqualFold(id, exchange.Calendar) {
		if _, err := exchange.ParseID(id); err != nil {
			return f, err
		}
		return f, exchange.ErrItemNotFound
	}
	return f, err
}

func getCalendar(c *call) (answer, error) {
	o, err := c.calendarObject()
	return answer{status: http.StatusOK, body: o}, err
}

func listCalendars(c *call) (answer, error) {
	o, err := c.calendarObject()
	return answer{status: http.StatusOK, body: map[string]any{"@odata.context": c.base() + "/$metadata#calendars", "value": []any{o}}}, err
}

func (c *call) eventsOf(fits func(exchange.Appointment) bool) ([]jsonObject, error) {
	if _, err := c.calendarFolder(); err != nil {
		return nil, err
	}
	items, err := c.mailbox.Items(exchange.Calendar)
	if err != nil {
		return nil, err
	}
	var list []jsonObject
	for _, it := range items {
		var a exchange.Appointment
		if it.Class != exchange.ClassEvent || it.ReadEntry(&a) != nil || !fits(a) {
			continue
		}
		o, err := c.eventObject(it)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

func listEvents(c *call) (answer, error) {
	q, err := c.readQuery("event", eventProperties)
	if err != nil {
		return answer{}, err
	}
	list, err := c.eventsOf(func(exchange.Appointment) bool { return true })
	if err != nil {
		return answer{}, err
	}
	return c.page(q, "users('"+c.id("user")+"')/events", list, c.showEvent(q))
}

// window is the time that a calendar view is of.
func (c *call) window() (from, to time.Time, err error) {
	for _, limit := range []struct {
		name string
		at   *time.Time
	}{{"startDateTime", &from}, {"endDateTime", &to}} {
		text := c.r.URL.Query().Get(limit.name)
		if *limit.at, err = (dateTimeZone{DateTime: text}).time(); err != nil {
			return from, to, refuse(http.StatusBadRequest, "ErrorInvalidParameter", "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.")
		}
	}
	if !to.After(from) || to.Sub(from) > longestView {
		return from, to, refuse(http.StatusBadRequest, "ErrorCalendarViewRangeTooBig", "The requested time duration specified for FindOccurrences is too long, or ends before it begins.")
	}
	return from, to, nil
}

// longestView is how much of a calendar can be looked at.
const longestView = 1825 * 24 * time.Hour

// calendarView lists what touches a time, by its start.
func calendarView(c *call) (answer, error) {
	q, err := c.readQuery("event", eventProperties, "startDateTime", "endDateTime")
	if err != nil {
		return answer{}, err
	}
	from, to, err := c.window()
	if err != nil {
		return answer{}, err
	}
	list, err := c.eventsOf(func(a exchange.Appointment) bool { return a.Start.Before(to) && a.End.After(from) })
	if err != nil {
		return answer{}, err
	}
	slices.SortFunc(list, func(a, b jsonObject) int {
		x, _ := a.value("start/dateTime")
		y, _ := b.value("start/dateTime")
		return strings.Compare(x.(string), y.(string))
	})
	return c.page(q, "users('"+c.id("user")+"')/calendarView", list, c.showEvent(q))
}

// entry finds the item of a class that the path names.
func (c *call) entry(class string) (exchange.Item, error) {
	it, err := c.mailbox.Item(c.id("id"))
	if err == nil && it.Class != class {
		err = exchange.ErrItemNotFound
	}
	return it, err
}

func (c *call) oneEvent(status int, it exchange.Item, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	q := query{}
	if c.r.Method == http.MethodGet {
		if q, err = c.readQuery("event", eventProperties); err != nil {
			return answer{}, err
		}
	}
	o, err := c.eventObject(it)
	if err != nil {
		return answer{}, err
	}
	out, err := c.showEvent(q)(o)
	if err == nil {
		out["@odata.context"] = c.base() + "/$metadata#users('" + c.id("user") + "')/events/$entity"
	}
	return answer{status: status, body: out}, err
}

func getEvent(c *call) (answer, error) {
	it, err := c.entry(exchange.ClassEvent)
	return c.oneEvent(http.StatusOK, it, err)
}

func createEvent(c *call) (answer, error) {
	a := exchange.Appointment{UID: exchange.NewUID(), Organizer: c.mailbox.Address(), Reminder: 15, ShowAs: "busy", Response: "organizer", TimeZone: "UTC"}
	if c.body["start"] == nil || c.body["end"] == nil {
		return answer{}, refuse(http.StatusBadRequest, "ErrorInvalidRequest", "An event needs a start and an end.")
	}
	if _, err := c.calendarFolder(); err != nil {
		return answer{}, err
	}
	it, err := c.mailbox.CreateEntry(exchange.ClassEvent, "", &a, func(e *exchange.Edit) error { return c.fillEvent(e, &a) })
	if err != nil {
		return answer{}, err
	}
	it, err = c.invited(it)
	return c.oneEvent(http.StatusCreated, it, err)
}

func changeEvent(c *call) (answer, error) {
	it, err := c.entry(exchange.ClassEvent)
	if err != nil {
		return answer{}, err
	}
	key, err := c.ifMatch()
	if err != nil {
		return answer{}, err
	}
	it, err = exchange.UpdateEntry(c.mailbox, it.ID(true).REST(), key, c.fillEvent)
	if err != nil {
		return answer{}, err
	}
	it, err = c.invited(it)
	return c.oneEvent(http.StatusOK, it, err)
}

func deleteEvent(c *call) (answer, error) {
	it, err := c.entry(exchange.ClassEvent)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, c.mailbox.Delete(it.ID(true).REST(), true)
}

func cancelEvent(c *call) (answer, error) {
	it, err := c.entry(exchange.ClassEvent)
	if err != nil {
		return answer{}, err
	}
	comment, err := c.comment()
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusAccepted}, c.mailbox.Cancel(it.ID(true).REST(), comment)
}

type eventIn struct {
	Subject                    *string
	Body                       *itemBody
	Start, End                 *dateTimeZone
	IsAllDay                   *bool
	ShowAs                     *string
	Location                   *struct{ DisplayName string }
	ReminderMinutesBeforeStart *int
	IsReminderOn               *bool
	Attendees                  *[]struct {
		emailAddress
		Type string
	}
}

// eventOwn are read by their own names; the others through eventIn.
var eventOwn = []string{"subject", "body", "start", "end", "isAllDay", "showAs", "location", "reminderMinutesBeforeStart", "isReminderOn", "attendees"}

func (c *call) fillEvent(e *exchange.Edit, a *exchange.Appointment) error {
	for name, v := range c.body {
		lower := strings.ToLower(name)
		switch {
		case strings.Contains(name, "@") || slices.Contains(eventOwn, name) || slices.Contains(readOnly, lower):
		case slices.Contains([]string{"importance", "categories", "singlevalueextendedproperties"}, lower):
			if err := setProperty(e, lower, name, v, true); err != nil {
				return err
			}
		case name == "sensitivity":
			e.Item.Sensitivity, _ = v.(string)
		default:
			return refuse(http.StatusBadRequest, "RequestBodyRead", "The property '%s' does not exist on type 'microsoft.graph.event', or is not supported here.", name)
		}
	}
	in, err := objectOf[eventIn](c.body)
	if err != nil {
		return err
	}
	if err := in.lay(a); err != nil {
		return err
	}
	return a.Check()
}

func (in eventIn) lay(a *exchange.Appointment) (err error) {
	set(&a.Subject, in.Subject)
	set(&a.AllDay, in.IsAllDay)
	set(&a.ShowAs, in.ShowAs)
	set(&a.Reminder, in.ReminderMinutesBeforeStart)
	if in.IsReminderOn != nil && !*in.IsReminderOn {
		a.Reminder = -1
	}
	if in.Location != nil {
		a.Location = in.Location.DisplayName
	}
	if in.Body != nil {
		if a.Body, err = in.Body.body(); err != nil {
			return err
		}
	}
	if in.Start != nil {
		a.TimeZone = orText(in.Start.TimeZone, "UTC")
		if a.Start, err = in.Start.time(); err != nil {
			return err
		}
	}
	if in.End != nil {
		if a.End, err = in.End.time(); err != nil {
			return err
		}
	}
	if in.Attendees != nil {
		a.Attendees = nil
		for _, at := range *in.Attendees {
			if !slices.Contains([]string{"", "required", "optional", "resource"}, at.Type) || !exchange.CheckAddress(at.EmailAddress.Address) {
				return exchange.ErrRecipients
			}
			a.Attendees = append(a.Attendees, exchange.Attendee{Address: at.address(), Type: orText(at.Type, "required"), Response: "none"})
		}
	}
	return nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
