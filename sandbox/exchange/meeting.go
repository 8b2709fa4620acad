package exchange

import (
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// What organisers and attendees of a meeting send each other (RFC 5546).
const (
	request  = "REQUEST"
	cancel   = "CANCEL"
	response = "REPLY"
)

// Invite tells the attendees of an appointment in the mailbox about it, or about
// what has changed: each gets a mail, and those of Contoso have it in their
// calendars, tentatively. Rooms accept at once. An appointment without attendees
// is nobody else's.
func (m *Mailbox) Invite(id string) error {
	it, a, err := m.meeting(id)
	if err != nil || len(a.Attendees) == 0 || !m.organises(a) {
		return err
	}
	for _, at := range a.Attendees {
		if other := m.attending(at.Address); other != nil {
			if err := other.pencilIn(a); err != nil {
				return err
			}
		}
	}
	if err := m.tell(a, request, a.Subject, a.Body, everyone(a)); err != nil {
		return err
	}
	for _, at := range a.Attendees {
		if isRoom(at.Address.Address) {
			if err := m.noteAnswer(it, at.Address.Address, "accepted"); err != nil {
				return err
			}
		}
	}
	return nil
}

// Cancel calls a meeting off: everybody is told, and the appointment is gone.
// Only its organiser can.
func (m *Mailbox) Cancel(id string, comment Body) error {
	it, a, err := m.meeting(id)
	if err != nil {
		return err
	}
	if !m.organises(a) {
		return Refuse("ErrorInvalidRequest", "You need to be an organizer to cancel a meeting.")
	}
	if err := m.tell(a, cancel, "Canceled: "+a.Subject, comment, everyone(a)); err != nil {
		return err
	}
	for _, at := range a.Attendees {
		other := m.attending(at.Address)
		if other == nil {
			continue
		}
		if own, ok := other.byUID(a.UID); ok {
			if _, err := UpdateEntry(other, own.ID(true).EWS(), "", func(_ *Edit, b *Appointment) error { b.Cancelled, b.ShowAs = true, "free"; return nil }); err != nil && !IsGone(err) {
				return err
			}
		}
	}
	return m.Delete(it.ID(true).EWS(), true)
}

// Respond answers an invitation with "accepted", "tentativelyAccepted" or
// "declined". The organiser is told, if send says so; what was declined leaves
// the calendar.
func (m *Mailbox) Respond(id, answer string, comment Body, send bool) error {
	it, a, err := m.meeting(id)
	if err != nil {
		return err
	}
	if m.organises(a) {
		return Refuse("ErrorInvalidRequest", "You can't respond to this meeting because you're the meeting organizer.")
	}
	_, err = UpdateEntry(m, it.ID(true).EWS(), "", func(_ *Edit, own *Appointment) error {
		own.Response = answer
		own.ShowAs = map[string]string{"accepted": "busy", "tentativelyAccepted": "tentative", "declined": "free"}[answer]
		return nil
	})
	if err != nil {
		return err
	}
	if send {
		word := map[string]string{"accepted": "Accepted: ", "tentativelyAccepted": "Tentative: ", "declined": "Declined: "}[answer]
		a.Response = answer
		if err := m.tell(a, response, word+a.Subject, comment, []Address{a.Organizer}); err != nil {
			return err
		}
		if other := m.attending(a.Organizer); other != nil {
			if theirs, ok := other.byUID(a.UID); ok {
				if err := other.noteAnswer(theirs, m.account.Address, answer); err != nil {
					return err
				}
			}
		}
	}
	if answer == "declined" {
		return m.Delete(it.ID(true).EWS(), true)
	}
	return nil
}

func (m *Mailbox) meeting(id string) (Item, Appointment, error) {
	var a Appointment
	it, err := m.Item(id)
	if err == nil && (it.Class != ClassEvent || it.ReadEntry(&a) != nil) {
		err = ErrItemNotFound
	}
	return it, a, err
}

func (m *Mailbox) organises(a Appointment) bool {
	account, _ := sandbox.Resolve(a.Organizer.Address)
	return account == m.account.ID
}

// attending finds the mailbox of somebody else who takes part, if it is here.
func (m *Mailbox) attending(a Address) *Mailbox {
	account, ours := sandbox.Resolve(a.Address)
	if !ours || account == m.account.ID {
		return nil
	}
	return m.x.boxes[account]
}

func everyone(a Appointment) []Address {
	var to []Address
	for _, at := range a.Attendees {
		if !isRoom(at.Address.Address) { // they have no mailboxes
			to = append(to, at.Address)
		}
	}
	return to
}

func isRoom(address string) bool {
	return slices.ContainsFunc(Rooms(), func(r Room) bool { return strings.EqualFold(r.Address, address) })
}

// byUID finds an appointment by what all its copies share.
func (m *Mailbox) byUID(uid string) (Item, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, it := range m.items {
		var a Appointment
		if it.Class == ClassEvent && it.ReadEntry(&a) == nil && a.UID == uid {
			return *it, true
		}
	}
	return Item{}, false
}

// pencilIn puts an invitation into a calendar, or what has changed about it.
func (m *Mailbox) pencilIn(a Appointment) error {
	own, there := m.byUID(a.UID)
	a.Response, a.ShowAs = "notResponded", "tentative"
	if !there {
		_, err := m.CreateEntry(ClassEvent, "", &a, nil)
		return err
	}
	_, err := UpdateEntry(m, own.ID(true).EWS(), "", func(_ *Edit, b *Appointment) error {
		if b.Start.Equal(a.Start) && b.End.Equal(a.End) { // the answer still holds
			a.Response, a.ShowAs = b.Response, b.ShowAs
		}
		a.Reminder = b.Reminder
		*b = a
		return nil
	})
	return err
}

// noteAnswer writes into the organiser's appointment what an attendee said.
func (m *Mailbox) noteAnswer(it Item, who, answer string) error {
	_, err := UpdateEntry(m, it.ID(true).EWS(), "", func(_ *Edit, a *Appointment) error {
		for i := range a.Attendees {
			if strings.EqualFold(a.Attendees[i].Address.Address, who) {
				a.Attendees[i].Response = answer
			}
		}
		return nil
	})
	if IsGone(err) {
		return nil
	}
	return err
}

// tell sends a mail about an appointment.
func (m *Mailbox) tell(a Appointment, method, subject string, body Body, to []Address) error {
	if len(to) == 0 {
		return nil
	}
	return m.SendNew(func(e *Edit) error {
		msg, err := e.Message()
		if err != nil {
			return err
		}
		msg.Subject, msg.Body, msg.To = subject, body, to
		_, err = e.Attach(File{Name: "meeting.ics", Type: "text/calendar", Data: []byte(a.calendar(method, m.account.Address, msg.Date))})
		return err
	}, SendOptions{})
}

// calendar writes an appointment as iCalendar (RFC 5545).
func (a Appointment) calendar(method, by string, now time.Time) string {
	at := func(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
	lines := []string{"BEGIN:VCALENDAR", "METHOD:" + method, "PRODID:-//signoff//sandbox//EN", "VERSION:2.0", "BEGIN:VEVENT", "UID:" + calendarText(a.UID),
		"DTSTAMP:" + at(now), "DTSTART:" + at(a.Start), "DTEND:" + at(a.End), "SUMMARY:" + calendarText(a.Subject),
		"LOCATION:" + calendarText(a.Location), "ORGANIZER:mailto:" + calendarText(a.Organizer.Address)}
	for _, x := range a.Attendees {
		switch {
		case method != response:
			lines = append(lines, "ATTENDEE;RSVP=TRUE:mailto:"+calendarText(x.Address.Address))
		case strings.EqualFold(x.Address.Address, by):
			status := map[string]string{"accepted": "ACCEPTED", "tentativelyAccepted": "TENTATIVE", "declined": "DECLINED"}[a.Response]
			lines = append(lines, "ATTENDEE;PARTSTAT="+status+":mailto:"+calendarText(x.Address.Address))
		}
	}
	return strings.Join(append(lines, "END:VEVENT", "END:VCALENDAR", ""), "\r\n")
}

// calendarText is a value on one line (RFC 5545 §3.3.11).
func calendarText(text string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", "").Replace(text)
}
