package ews

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// entry is what an item says that is no mail: one of the three.
type entry struct {
	event   *exchange.Appointment
	contact *exchange.Contact
	task    *exchange.Task
}

func readEntry(it exchange.Item) entry {
	var e entry
	switch it.Class {
	case exchange.ClassEvent:
		e.event = &exchange.Appointment{}
		it.ReadEntry(e.event) // the model wrote it
	case exchange.ClassContact:
		e.contact = &exchange.Contact{}
		it.ReadEntry(e.contact)
	case exchange.ClassTask:
		e.task = &exchange.Task{}
		it.ReadEntry(e.task)
	}
	return e
}

// message is the entry as far as it is like a mail.
func (e entry) message() *exchange.Message {
	switch {
	case e.event != nil:
		return &exchange.Message{Subject: e.event.Subject, Body: e.event.Body}
	case e.contact != nil:
		return &exchange.Message{Subject: e.contact.DisplayName, Body: exchange.Body{Text: e.contact.Notes}}
	case e.task != nil:
		return &exchange.Message{Subject: e.task.Subject, Body: e.task.Body}
	}
	return &exchange.Message{}
}

func (e entry) get(element string) *node {
	switch {
	case e.event != nil:
		return getEvent(e.event, element)
	case e.contact != nil:
		return getContact(e.contact, element)
	case e.task != nil:
		return getTask(e.task, element)
	}
	return nil
}

var showAs = map[string]string{"free": "Free", "tentative": "Tentative", "busy": "Busy", "oof": "OOF", "workingElsewhere": "WorkingElsewhere", "": "Busy"}

var responses = map[string]string{"organizer": "Organizer", "notResponded": "NoResponseReceived", "none": "Unknown", "": "Unknown",
	"accepted": "Accept", "tentativelyAccepted": "Tentative", "declined": "Decline"}

func getEvent(a *exchange.Appointment, element string) *node {
	switch element {
	case "t:UID":
		return words(element, a.UID)
	case "t:Start":
		return moment(element, a.Start)
	case "t:End":
		return moment(element, a.End)
	case "t:IsAllDayEvent":
		return flag(element, a.AllDay)
	case "t:LegacyFreeBusyStatus":
		return el(element, showAs[a.ShowAs])
	case "t:Location":
		return words(element, a.Location)
	case "t:IsMeeting":
		return flag(element, len(a.Attendees) > 0)
	case "t:IsCancelled":
		return flag(element, a.Cancelled)
	case "t:IsRecurring", "t:IsResponseRequested":
		return flag(element, false)
	case "t:CalendarItemType":
		return el(element, "Single")
	case "t:MyResponseType":
		return el(element, responses[a.Response])
	case "t:Organizer":
		return oneMailbox(element, nil, &a.Organizer)
	case "t:RequiredAttendees":
		return attendees(element, a, "required")
	case "t:OptionalAttendees":
		return attendees(element, a, "optional")
	case "t:Resources":
		return attendees(element, a, "resource")
	case "t:Duration":
		d := a.End.Sub(a.Start)
		return el(element, fmt.Sprintf("PT%dH%dM", int(d.Hours()), int(d.Minutes())%60))
	case "t:ReminderIsSet":
		return flag(element, a.Reminder >= 0)
	case "t:ReminderMinutesBeforeStart":
		return el(element, strconv.Itoa(max(a.Reminder, 0)))
	case "t:TimeZone":
		return words(element, a.TimeZone)
	case "t:StartTimeZone", "t:EndTimeZone":
		if zones[a.TimeZone] == "" {
			return nil
		}
		return el(element, attr{"Name", displayZone(a.TimeZone, a.Start.In(zoneOf(a.TimeZone)))}, attr{"Id", a.TimeZone})
	}
	return nil
}

func attendees(element string, a *exchange.Appointment, kind string) *node {
	n := el(element)
	for _, x := range a.Attendees {
		if x.Type == kind {
			n.kids = append(n.kids, el("t:Attendee", mailboxNode(nil, x.Address), el("t:ResponseType", responses[x.Response])))
		}
	}
	if len(n.kids) == 0 {
		return nil
	}
	return n
}

func keyOf[K comparable](m map[K]string, value string) K {
	for k, v := range m {
		if v == value {
			return k
		}
	}
	var zero K
	return zero
}

// at reads a time: one without a zone is in the request's.
func (d *draft) at(text string) time.Time {
	text = strings.TrimSpace(text)
	if t, err := time.ParseInLocation("2006-01-02T15:04:05", text, d.zone); err == nil {
		return t.UTC()
	}
	t, _ := readTime(text) // the schema has checked it
	return t
}

func (d *draft) setEvent(n *node) (done bool, err error) {
	a := d.event
	switch n.name {
	case "t:UID":
		a.UID = oneLine(n.text)
	case "t:Start":
		a.Start = d.at(n.text)
	case "t:End":
		a.End = d.at(n.text)
	case "t:IsAllDayEvent":
		a.AllDay = truth(n)
	case "t:LegacyFreeBusyStatus":
		a.ShowAs = keyOf(showAs, strings.TrimSpace(n.text))
	case "t:Location":
		a.Location = oneLine(n.text)
	case "t:ReminderIsSet":
		if !truth(n) {
			a.Reminder = -1
		} else if a.Reminder < 0 {
			a.Reminder = 15
		}
	case "t:ReminderMinutesBeforeStart":
		a.Reminder, _ = strconv.Atoi(strings.TrimSpace(n.text))
	case "t:StartTimeZone":
		if a.TimeZone = n.attr("Id"); zones[a.TimeZone] == "" {
			return false, refuse("ErrorTimeZone")
		}
	case "t:RequiredAttendees":
		return true, d.setAttendees(n, "required")
	case "t:OptionalAttendees":
		return true, d.setAttendees(n, "optional")
	case "t:Resources":
		return true, d.setAttendees(n, "resource")
	case "t:Recurrence":
		return false, &fault{code: "ErrorCalendarInvalidRecurrence", text: "This server keeps single appointments only."}
	default:
		return false, nil
	}
	return true, nil
}

func (d *draft) setAttendees(n *node, kind string) error {
	rest := slices.DeleteFunc(slices.Clone(d.event.Attendees), func(a exchange.Attendee) bool { return a.Type == kind })
	list, err := readMailboxes(el("", mailboxesOf(n)))
	if err != nil {
		return err
	}
	for _, a := range list {
		rest = append(rest, exchange.Attendee{Address: a, Type: kind, Response: "none"})
	}
	d.event.Attendees = rest
	return nil
}

func mailboxesOf(n *node) []*node {
	var out []*node
	for _, k := range n.kids {
		if m := k.kid("t:Mailbox"); m != nil {
			out = append(out, m)
		}
	}
	return out
}

// createEvent makes an appointment and, when told to, invites.
func (c *call) createEvent(op, n *node) ([]*node, error) {
	invite := op.attr("SendMeetingInvitations")
	if invite == "" {
		return nil, refuse("ErrorSendMeetingInvitationsRequired")
	}
	box, folder, err := c.savedFolder(op, exchange.Calendar)
	if err != nil {
		return nil, err
	}
	if folder.Class != exchange.CalendarFolder {
		return nil, refuse("ErrorCannotCreateCalendarItemInNonCalendarFolder")
	}
	now := c.srv.Now().UTC().Truncate(30 * time.Minute).Add(30 * time.Minute)
	a := &exchange.Appointment{UID: exchange.NewUID(), Start: now, End: now.Add(30 * time.Minute), TimeZone: c.env.zone, Organizer: box.Address(),
		ShowAs: "busy", Reminder: 15, Response: "organizer"}
	it, err := c.createEntry(box, folder, exchange.ClassEvent, a, &draft{event: a}, n, a.Check)
	if err != nil {
		return nil, err
	}
	if invite != "SendToNone" {
		if err := box.Invite(it.ID(false).EWS()); err != nil {
			return nil, err
		}
	}
	return []*node{el("m:Items", (&itemView{Item: it, box: box}).brief())}, nil
}

// createEntry sets an entry's properties and keeps it.
func (c *call) createEntry(box *exchange.Mailbox, folder exchange.Folder, class string, says any, d *draft, n *node, check func() error) (exchange.Item, error) {
	d.fresh, d.zone = true, zoneOf(c.env.zone)
	return box.CreateEntry(class, folder.ID().EWS(), says, func(e *exchange.Edit) error {
		d.e = e
		if err := d.setAll(n); err != nil {
			return err
		}
		return check()
	})
}
