package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/signoffhq/signoff/broker"
)

var appointmentProperties = []broker.Property{
	key("Id"), text("uid", "UID"), text("subject", "Subject"), text("body", "Body"), yes("html", "Body is HTML"), text("location", "Location"),
	at("start", "Start"), at("end", "End"), text("timeZone", "Time zone"), yes("allDay", "All day"), text("organizer", "Organizer"),
	texts("required", "Required attendees"), texts("optional", "Optional attendees"), texts("resources", "Rooms and resources"), {Name: "responses", Title: "Responses", Type: broker.JSON},
	text("showAs", "Shown as"), text("importance", "Importance"), texts("categories", "Categories"), number("reminder", "Reminder, minutes before"), yes("private", "Private"),
	yes("cancelled", "Cancelled"), text("response", "Own response"), text("meetingUrl", "Online meeting"), text("link", "Link"), number("confidence", "Who is free, percent"), text("reason", "Reason"),
}

var appointmentLoaded = []string{"id", "uid", "subject", "body", "html", "location", "start", "end", "timeZone", "allDay", "organizer", "required", "optional", "resources",
	"responses", "showAs", "importance", "categories", "reminder", "private", "cancelled", "response", "meetingUrl", "link"}

var appointmentIn = []string{"subject", "start", "end", "timeZone", "allDay", "body", "html", "location", "required", "optional", "resources", "showAs", "importance", "categories", "reminder", "private"}

var comment = param("comment", "Comment", broker.Text, "What the others are told.")

var appointment = object{name: "Appointment", title: "Appointment", text: "Appointments and meetings of a calendar.", properties: appointmentProperties, methods: []method{
	{name: "create", title: "Create", text: "With attendees it is a meeting, and they are invited.", kind: broker.Create, outputs: appointmentLoaded,
		inputs: with(take(appointmentProperties, append([]string{"!subject", "!start", "!end"}, appointmentIn[3:]...)...), param("online", "As an online meeting", broker.YesNo, "")), do: createAppointment},
	{name: "load", title: "Load", kind: broker.Read, outputs: appointmentLoaded, inputs: take(appointmentProperties, "!id"),
		do: byID(Backend.Event, appointmentRow)},
	{name: "list", title: "List", text: "What touches the time, by its start.", kind: broker.List, outputs: appointmentLoaded, inputs: take(appointmentProperties, "!start", "!end"), do: listAppointments},
	{name: "update", title: "Update", kind: broker.Update, outputs: appointmentLoaded, inputs: take(appointmentProperties, append([]string{"!id"}, appointmentIn...)...), do: updateAppointment},
	{name: "delete", title: "Delete", kind: broker.Delete, outputs: []string{}, inputs: take(appointmentProperties, "!id"), do: dropByID(Backend.DeleteEvent)},
	{name: "cancel", title: "Cancel", text: "Cancels a meeting; everybody who was invited is told.", kind: broker.Execute, outputs: []string{}, inputs: with(take(appointmentProperties, "!id"), comment), do: cancelAppointment},
	{name: "accept", title: "Accept", kind: broker.Execute, outputs: []string{}, inputs: respondIn, do: respond("accept")},
	{name: "tentative", title: "Accept tentatively", kind: broker.Execute, outputs: []string{}, inputs: respondIn, do: respond("tentative")},
	{name: "decline", title: "Decline", kind: broker.Execute, outputs: []string{}, inputs: respondIn, do: respond("decline")},
	{name: "suggest", title: "Suggest times", text: "Times that suit everybody.", kind: broker.List, outputs: []string{"start", "end", "confidence", "reason"},
		inputs: with(take(appointmentProperties, "!required", "optional", "resources", "!start", "!end"), required(param("minutes", "Minutes", broker.Number, "How long the meeting is."))), do: suggest},
}}

var respondIn = with(take(appointmentProperties, "!id"), comment, param("silent", "Do not tell the organizer", broker.YesNo, ""))

// byID makes a method that reads one thing.
func byID[T any](load func(Backend, context.Context, string) (T, error), row func(T) map[string]any) func(context.Context, *call) (broker.Result, error) {
	return func(ctx context.Context, c *call) (broker.Result, error) {
		id := c.in.text("id")
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		v, err := load(c.b, ctx, id)
		return single(v, err, row)
	}
}

// dropByID makes a method that deletes one thing.
func dropByID(drop func(Backend, context.Context, string) error) func(context.Context, *call) (broker.Result, error) {
	return func(ctx context.Context, c *call) (broker.Result, error) {
		id := c.in.text("id")
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		return nothing(unlessRepeated(c, drop(c.b, ctx, id)))
	}
}

// attendees reads the three lists; nil when none is given.
func (in *inputs) attendees() *[]Attendee {
	var out []Attendee
	given := false
	for _, r := range []struct {
		name string
		role Role
	}{{"required", Required}, {"optional", Optional}, {"resources", Resource}} {
		list := in.addressesOf(r.name)
		if list == nil {
			continue
		}
		given = true
		for _, a := range *list {
			out = append(out, Attendee{Address: a, Role: r.role})
		}
	}
	if !given {
		return nil
	}
	if len(out) > maxRecipients {
		in.refuse("required", "is more than 500 with optional and resources")
	}
	return &out
}

func (in *inputs) showAs() *ShowAs {
	text := in.textOf("showAs", 20)
	if text == nil || *text == "" {
		return nil
	}
	for _, s := range []ShowAs{Free, Tentative, Busy, OutOfOffice, Elsewhere} {
		if strings.EqualFold(*text, string(s)) {
			return &s
		}
	}
	in.refuse("showAs", "is none of free, tentative, busy, oof and workingElsewhere")
	return nil
}

func createAppointment(ctx context.Context, c *call) (broker.Result, error) {
	in := c.in
	n := NewEvent{Correlation: c.correlation(), Subject: in.text("subject"), Body: in.body(), Location: in.text("location"), Start: in.moment("start"), End: in.moment("end"),
		TimeZone: in.text("timeZone"), AllDay: in.yesNo("allDay"), Reminder: in.number("reminder"), Private: in.yesNo("private"), Online: in.yesNo("online")}
	if a := in.attendees(); a != nil {
		n.Attendees = *a
	}
	if s := in.showAs(); s != nil {
		n.ShowAs = *s
	}
	if l := in.levelOf("importance"); l != nil {
		n.Importance = *l
	}
	if k := in.textsOf("categories"); k != nil {
		n.Categories = *k
	}
	in.order(n.Start, n.End, n.AllDay)
	if err := in.done(); err != nil {
		return broker.Result{}, err
	}
	e, err := c.b.CreateEvent(ctx, n)
	return single(e, err, appointmentRow)
}

// order refuses an end before its start. A whole day may end on the day it
// begins.
func (in *inputs) order(start, end time.Time, allDay bool) {
	if !start.IsZero() && !end.IsZero() && (end.Before(start) || end.Equal(start) && !allDay) {
		in.refuse("end", "is not after start")
	}
}

func listAppointments(ctx context.Context, c *call) (broker.Result, error) {
	q := EventQuery{Query: c.query(), From: c.in.moment("start"), To: c.in.moment("end")}
	c.in.order(q.From, q.To, false)
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	page, err := c.b.Events(ctx, q)
	return rows(page, err, appointmentRow)
}

func updateAppointment(ctx context.Context, c *call) (broker.Result, error) {
	in := c.in
	id := in.text("id")
	change := EventChange{Subject: in.textOf("subject", maxTextBytes), Body: in.bodyOf(), Location: in.textOf("location", maxTextBytes), Start: in.momentOf("start"), End: in.momentOf("end"),
		TimeZone: in.text("timeZone"), AllDay: in.yesNoOf("allDay"), Attendees: in.attendees(), ShowAs: in.showAs(), Importance: in.levelOf("importance"),
		Categories: in.textsOf("categories"), Reminder: in.number("reminder"), Private: in.yesNoOf("private")}
	if change.Start != nil && change.End != nil {
		in.order(*change.Start, *change.End, change.AllDay != nil && *change.AllDay)
	}
	for name, t := range map[string]*time.Time{"start": change.Start, "end": change.End} {
		if t != nil && t.IsZero() {
			in.refuse(name, "cannot be taken away")
		}
	}
	if err := in.done(); err != nil {
		return broker.Result{}, err
	}
	e, err := c.b.ChangeEvent(ctx, id, change)
	return single(e, err, appointmentRow)
}

func cancelAppointment(ctx context.Context, c *call) (broker.Result, error) {
	id, why := c.in.text("id"), c.in.text("comment")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	return nothing(c.b.CancelEvent(ctx, id, why))
}

func respond(how string) func(context.Context, *call) (broker.Result, error) {
	return func(ctx context.Context, c *call) (broker.Result, error) {
		id, r := c.in.text("id"), Response{How: how, Comment: c.in.text("comment"), Silent: c.in.yesNo("silent")}
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		return nothing(c.b.RespondEvent(ctx, id, r))
	}
}

func suggest(ctx context.Context, c *call) (broker.Result, error) {
	w := Wanted{From: c.in.moment("start"), To: c.in.moment("end"), Max: c.Top}
	if a := c.in.attendees(); a != nil {
		w.Attendees = *a
	}
	if n := c.in.number("minutes"); n != nil {
		w.Minutes = *n
	}
	if w.Minutes < 1 || w.Minutes > 24*60 {
		c.in.refuse("minutes", "is not from 1 to 1440")
	}
	c.in.order(w.From, w.To, false)
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	slots, err := c.b.Suggest(ctx, w)
	return listed(slots, err, func(s Slot) map[string]any {
		row := map[string]any{"confidence": count(s.Confidence), "reason": s.Reason}
		moments(row, map[string]time.Time{"start": s.Start, "end": s.End})
		return row
	})
}

func count(n int) json.Number { return json.Number(fmt.Sprint(n)) }

func appointmentRow(e Event) map[string]any {
	roles := map[Role][]Address{}
	responses := []any{}
	for _, a := range e.Attendees {
		roles[a.Role] = append(roles[a.Role], a.Address)
		responses = append(responses, map[string]any{"address": a.Address.Address, "name": a.Name, "response": a.Response})
	}
	row := map[string]any{"id": e.ID, "uid": e.UID, "subject": e.Subject, "body": e.Body.Text, "html": e.Body.HTML, "location": e.Location, "timeZone": e.TimeZone, "allDay": e.AllDay,
		"organizer": e.Organizer.Address, "required": bare(roles[Required]), "optional": bare(roles[Optional]), "resources": bare(roles[Resource]), "responses": responses,
		"showAs": string(e.ShowAs), "importance": string(e.Importance), "categories": list(e.Categories), "reminder": count(e.Reminder), "private": e.Private,
		"cancelled": e.Cancelled, "response": e.Response, "meetingUrl": e.MeetingURL, "link": e.Link}
	moments(row, map[string]time.Time{"start": e.Start, "end": e.End})
	return row
}
