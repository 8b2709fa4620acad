package ews

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

var eventFields = []string{"item:Subject", "item:Sensitivity", "item:Body", "item:Categories", "item:Importance", "item:ReminderIsSet", "item:ReminderMinutesBeforeStart",
	"item:WebClientReadFormQueryString", "calendar:UID", "calendar:Start", "calendar:End", "calendar:IsAllDayEvent", "calendar:LegacyFreeBusyStatus", "calendar:Location",
	"calendar:IsCancelled", "calendar:MyResponseType", "calendar:Organizer", "calendar:RequiredAttendees", "calendar:OptionalAttendees", "calendar:Resources", "calendar:StartTimeZone"}

const mostInView = 1000 // appointments that a server shows of a time

var showAs = map[exchange.ShowAs]string{exchange.Free: "Free", exchange.Tentative: "Tentative", exchange.Busy: "Busy", exchange.OutOfOffice: "OOF", exchange.Elsewhere: "WorkingElsewhere"}

// answers are responses to invitations, in Exchange's words.
var answers = map[string]string{"Accept": "accepted", "Tentative": "tentative", "Decline": "declined", "Organizer": "organizer"}

func answered(text string) string {
	if a := answers[text]; a != "" {
		return a
	}
	return "none"
}

// roles are the lists of those who are invited.
var roles = []struct {
	role exchange.Role
	name string
}{{exchange.Required, "RequiredAttendees"}, {exchange.Optional, "OptionalAttendees"}, {exchange.Resource, "Resources"}}

func attendeesOut(name string, list []exchange.Attendee, role exchange.Role) *node {
	n := el("t:" + name)
	for _, a := range list {
		if a.Role == role || a.Role == "" && role == exchange.Required {
			n.add(el("t:Attendee", mailboxOut("t:Mailbox", a.Address)))
		}
	}
	if len(n.kids) == 0 {
		return nil
	}
	return n
}

func (n *node) event() exchange.Event {
	e := exchange.Event{ID: n.kid("ItemId").attr("Id"), ChangeKey: n.kid("ItemId").attr("ChangeKey"), UID: n.val("UID"), Subject: n.whole("Subject"), Body: n.body("Body"),
		Location: n.whole("Location"), TimeZone: n.kid("StartTimeZone").attr("Id"), AllDay: n.truth("IsAllDayEvent"), Organizer: n.kid("Organizer", "Mailbox").address(),
		ShowAs: ofWord(showAs, n.val("LegacyFreeBusyStatus")), Importance: levelIn(n.val("Importance")), Categories: n.strings("Categories"), Reminder: -1,
		Private: strings.EqualFold(n.val("Sensitivity"), "Private"), Cancelled: n.truth("IsCancelled"), Response: answered(n.val("MyResponseType")),
		Link: n.val("WebClientReadFormQueryString")}
	if n.truth("ReminderIsSet") {
		e.Reminder, _ = number(n.val("ReminderMinutesBeforeStart"))
	}
	for _, r := range roles {
		for _, a := range n.kid(r.name).children() {
			e.Attendees = append(e.Attendees, exchange.Attendee{Address: a.kid("Mailbox").address(), Role: r.role, Response: answered(a.val("ResponseType"))})
		}
	}
	e.Start, e.End = n.moment("Start"), n.moment("End")
	if e.AllDay {
		e.Start, e.End = exchange.WholeDay(e.Start, e.TimeZone), exchange.WholeDay(e.End, e.TimeZone)
	}
	return e
}

// clock writes a moment of an appointment. A whole day begins at midnight in its
// zone, whatever the moment's own.
func clock(name string, t time.Time, zone string, allDay bool) *node {
	if allDay {
		loc, known := exchange.Zone(zone)
		if !known {
			loc = time.UTC
		}
		y, m, d := t.Date()
		t = time.Date(y, m, d, 0, 0, 0, 0, loc)
	}
	return txt(name, t.UTC().Format(momentForm))
}

// zoneOut names a zone for Exchange; one that is not known here is left to it.
func zoneOut(name, zone string) *node {
	if windows, ok := exchange.WindowsZone(zone); ok {
		zone = windows
	}
	return el(name).with("Id", zone)
}

// CreateEvent implements exchange.Calendar.
func (b *box) CreateEvent(ctx context.Context, n exchange.NewEvent) (exchange.Event, error) {
	item := el("t:CalendarItem", txt("t:Subject", n.Subject))
	if n.Private {
		item.add(txt("t:Sensitivity", "Private"))
	}
	if n.Body != (exchange.Body{}) {
		item.add(bodyOut("t:Body", n.Body))
	}
	item.add(stringsOut("t:Categories", n.Categories), levelOut(n.Importance))
	if n.Reminder != nil {
		item.add(yesNo("t:ReminderIsSet", *n.Reminder >= 0))
		if *n.Reminder >= 0 {
			item.add(txt("t:ReminderMinutesBeforeStart", strconv.Itoa(*n.Reminder)))
		}
	}
	item.add(correlated(n.Correlation), clock("t:Start", n.Start, n.TimeZone, n.AllDay), clock("t:End", n.End, n.TimeZone, n.AllDay), yesNo("t:IsAllDayEvent", n.AllDay),
		opt("t:LegacyFreeBusyStatus", showAs[n.ShowAs]), opt("t:Location", n.Location))
	for _, r := range roles {
		item.add(attendeesOut(r.name, n.Attendees, r.role))
	}
	item.add(zoneOut("t:StartTimeZone", n.TimeZone), zoneOut("t:EndTimeZone", n.TimeZone))
	invite := "SendToNone"
	if len(n.Attendees) > 0 {
		invite = "SendToAllAndSaveCopy"
	}
	id, err := b.createOnce(ctx, "Making the appointment", "calendar", n.Correlation, item, attr{"SendMeetingInvitations", invite})
	if err != nil {
		return exchange.Event{}, err
	}
	return b.Event(ctx, id)
}

// createOnce makes an item, unless one with its correlation is there. Lost answers
// are looked for.
func (b *box) createOnce(ctx context.Context, doing, folder, correlation string, item *node, more ...attr) (id string, err error) {
	op := el("m:CreateItem", el("m:SavedItemFolderId", b.wellKnown(folder)), el("m:Items", item))
	op.attrs = more
	return traffic.MakeOnce(ctx, b.s.pause, correlation, func() (*string, error) {
		there, err := b.search(ctx, isEqual(correlationPath(), correlation), []*node{b.wellKnown(folder)})
		if err != nil || len(there) == 0 {
			return nil, err
		}
		id := there[0].kid("ItemId").attr("Id")
		return &id, nil
	}, func() (string, error) {
		made, err := b.one(ctx, request{doing: doing, need: calendar, once: true, op: op})
		if err != nil {
			return "", err
		}
		for _, m := range made.kid("Items").children() {
			return m.kid("ItemId").attr("Id"), nil
		}
		return "", exchange.Doubt(doing, errEmpty)
	})
}

// Event implements exchange.Calendar.
func (b *box) Event(ctx context.Context, id string) (exchange.Event, error) {
	n, err := b.item(ctx, "Reading the appointment", id, "appointment", shape(eventFields...), 0)
	if err != nil {
		return exchange.Event{}, err
	}
	return n.event(), nil
}

// Events implements exchange.Calendar with a calendar view, which shows repeated
// appointments each by itself. It has no pages: a page is a part of its ids.
func (b *box) Events(ctx context.Context, q exchange.EventQuery) (exchange.Page[exchange.Event], error) {
	out := exchange.Page[exchange.Event]{Items: []exchange.Event{}, Unfiltered: q.Filter != nil}
	from, err := offset(q.After)
	if err != nil {
		return out, err
	}
	const doing = "Listing appointments"
	n, err := b.one(ctx, request{doing: doing, need: calendar, op: el("m:FindItem", shape("calendar:Start"),
		el("m:CalendarView").with("MaxEntriesReturned", strconv.Itoa(mostInView)).with("StartDate", q.From.UTC().Format(momentForm)).with("EndDate", q.To.UTC().Format(momentForm)),
		el("m:ParentFolderIds", b.wellKnown("calendar"))).with("Traversal", "Shallow")})
	if err != nil {
		return out, err
	}
	root := n.kid("RootFolder")
	if root.attr("IncludesLastItemInRange") == "false" {
		return out, &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge, Detail: fmt.Sprintf("There are more than %d appointments in this time.", mostInView), Hint: "Ask for a shorter time."}
	}
	all := root.kid("Items").children()
	slices.SortStableFunc(all, func(a, b *node) int { return a.moment("Start").Compare(b.moment("Start")) })
	top := q.Top
	if top <= 0 {
		top = b.s.pageSize
	}
	from = min(from, len(all))
	until := min(from+min(top, mostPage), len(all))
	var ids []string
	for _, item := range all[from:until] {
		ids = append(ids, item.kid("ItemId").attr("Id"))
	}
	list, err := b.items(ctx, doing, ids, shape(eventFields...))
	for _, item := range list {
		out.Items = append(out.Items, item.event())
	}
	if until < len(all) {
		out.Next = strconv.Itoa(until)
	}
	return out, err
}

// ChangeEvent implements exchange.Calendar. Those who were invited are told, so it
// is not repeated by itself.
func (b *box) ChangeEvent(ctx context.Context, id string, c exchange.EventChange) (exchange.Event, error) {
	updates := eventUpdates(c)
	if len(updates) > 0 {
		err := b.update(ctx, "Changing the appointment", id, "appointment", updates, []attr{{"SendMeetingInvitationsOrCancellations", "SendToAllAndSaveCopy"}}, true)
		if err != nil {
			return exchange.Event{}, err
		}
	}
	return b.Event(ctx, id)
}

func eventUpdates(c exchange.EventChange) []*node {
	u := updates{kind: "t:CalendarItem"}
	set := u.set
	u.common(c.Subject, c.Body, c.Categories, c.Importance)
	if c.Private != nil {
		set("item:Sensitivity", txt("t:Sensitivity", map[bool]string{true: "Private", false: "Normal"}[*c.Private]))
	}
	if c.Reminder != nil {
		set("item:ReminderIsSet", yesNo("t:ReminderIsSet", *c.Reminder >= 0))
		if *c.Reminder >= 0 {
			set("item:ReminderMinutesBeforeStart", txt("t:ReminderMinutesBeforeStart", strconv.Itoa(*c.Reminder)))
		}
	}
	allDay := c.AllDay != nil && *c.AllDay
	if c.Start != nil {
		set("calendar:Start", clock("t:Start", *c.Start, c.TimeZone, allDay))
	}
	if c.End != nil {
		set("calendar:End", clock("t:End", *c.End, c.TimeZone, allDay))
	}
	if c.AllDay != nil {
		set("calendar:IsAllDayEvent", yesNo("t:IsAllDayEvent", *c.AllDay))
	}
	if c.ShowAs != nil {
		set("calendar:LegacyFreeBusyStatus", opt("t:LegacyFreeBusyStatus", showAs[*c.ShowAs]))
	}
	if c.Location != nil {
		set("calendar:Location", txt("t:Location", *c.Location))
	}
	for _, r := range roles {
		if c.Attendees != nil {
			set("calendar:"+r.name, attendeesOut(r.name, *c.Attendees, r.role))
		}
	}
	if c.TimeZone != "" && (c.Start != nil || c.End != nil) {
		set("calendar:StartTimeZone", zoneOut("t:StartTimeZone", c.TimeZone))
		set("calendar:EndTimeZone", zoneOut("t:EndTimeZone", c.TimeZone))
	}
	return u.list
}

// DeleteEvent implements exchange.Calendar. Deleting one's own meeting calls it
// off, as Graph does too.
func (b *box) DeleteEvent(ctx context.Context, id string) error {
	return b.delete(ctx, "Deleting the appointment", id, "appointment", false, attr{"SendMeetingCancellations", "SendToAllAndSaveCopy"})
}

// CancelEvent implements exchange.Calendar.
func (b *box) CancelEvent(ctx context.Context, id, comment string) error {
	return b.withKey(ctx, id, "appointment", func(ref *node) error {
		ref.name = "t:ReferenceItemId"
		n := el("t:CancelCalendarItem", ref)
		if comment != "" {
			n.add(bodyOut("t:NewBodyContent", exchange.Body{Text: comment}))
		}
		_, err := b.respond(ctx, "Cancelling the meeting", n, "SendAndSaveCopy")
		return err
	})
}

// RespondEvent implements exchange.Calendar. A silent answer leaves a draft behind,
// which is taken away.
func (b *box) RespondEvent(ctx context.Context, id string, r exchange.Response) error {
	kind := map[string]string{"accept": "t:AcceptItem", "tentative": "t:TentativelyAcceptItem", "decline": "t:DeclineItem"}[r.How]
	if kind == "" {
		return fmt.Errorf("there is no answer %q to an invitation", r.How)
	}
	how := "SendAndSaveCopy"
	if r.Silent {
		how = "SaveOnly"
	}
	return b.withKey(ctx, id, "appointment", func(ref *node) error {
		ref.name = "t:ReferenceItemId"
		n := el(kind)
		if r.Comment != "" {
			n.add(bodyOut("t:Body", exchange.Body{Text: r.Comment}))
		}
		made, err := b.respond(ctx, "Answering the invitation", n.add(ref), how)
		if err != nil || !r.Silent {
			return err
		}
		for _, m := range made {
			if draft := m.kid("ItemId").attr("Id"); m.name == "MeetingResponse" && draft != "" {
				_ = b.delete(ctx, "Taking the unsent answer away", draft, "answer", true) // it says nothing that is not true
			}
		}
		return nil
	})
}

func (b *box) respond(ctx context.Context, doing string, answer *node, how string) ([]*node, error) {
	n, err := b.one(ctx, request{doing: doing, need: calendar, once: true, op: el("m:CreateItem", el("m:Items", answer)).with("MessageDisposition", how)})
	return n.kid("Items").children(), err
}

// Suggest implements exchange.Calendar with the suggestions of the availability
// service.
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuseravailability-operation
func (b *box) Suggest(ctx context.Context, w exchange.Wanted) ([]exchange.Slot, error) {
	if w.Max <= 0 {
		w.Max = 10
	}
	op := el("m:GetUserAvailabilityRequest", utcRules(), el("m:MailboxDataArray", b.asked(ctx, w)...),
		el("t:SuggestionsViewOptions", txt("t:GoodThreshold", "25"), txt("t:MaximumResultsByDay", strconv.Itoa(min(w.Max, 48))),
			txt("t:MaximumNonWorkHourResultsByDay", strconv.Itoa(min(w.Max, 48))), txt("t:MeetingDurationInMinutes", strconv.Itoa(max(30, min(w.Minutes, 1440)))),
			txt("t:MinimumSuggestionQuality", "Poor"), el("t:DetailedSuggestionsWindow", txt("t:StartTime", dayOf(w.From, 0)), txt("t:EndTime", dayOf(w.To, 1)))))
	n, err := b.one(ctx, request{doing: "Finding a time", need: calendar, op: op})
	if err != nil {
		return nil, err
	}
	return slots(n, w), nil
}

// asked are whose calendars are looked at: our own, where we know it, and those of
// all who are invited.
func (b *box) asked(ctx context.Context, w exchange.Wanted) []*node {
	one := func(address, kind string) *node {
		return el("t:MailboxData", el("t:Email", txt("t:Address", address)), txt("t:AttendeeType", kind), yesNo("t:ExcludeConflicts", false))
	}
	var out []*node
	if own, err := b.ownAddress(ctx); err == nil {
		out = append(out, one(own, "Organizer"))
	}
	kinds := map[exchange.Role]string{exchange.Optional: "Optional", exchange.Resource: "Room"}
	for _, a := range w.Attendees {
		kind := kinds[a.Role]
		if kind == "" {
			kind = "Required"
		}
		out = append(out, one(a.Address.Address, kind))
	}
	return out
}

// utcRules says that the request's clocks are UTC.
func utcRules() *node {
	rule := func(name string) *node {
		return el(name, txt("t:Bias", "0"), txt("t:Time", "00:00:00"), txt("t:DayOrder", "0"), txt("t:Month", "0"), txt("t:DayOfWeek", "Sunday"))
	}
	return el("t:TimeZone", txt("t:Bias", "0"), rule("t:StandardTime"), rule("t:DaylightTime"))
}

// dayOf is the midnight of a moment's day, or of one after it: suggestions are by
// whole days.
func dayOf(t time.Time, later int) string {
	return t.UTC().Truncate(24*time.Hour).AddDate(0, 0, later).Format("2006-01-02T15:04:05")
}

// quality is how many of those invited are free, about.
var quality = map[string]int{"Excellent": 100, "Good": 80, "Fair": 50, "Poor": 20}

// slots are the suggestions that are within the time that is wanted, the best
// first.
func slots(n *node, w exchange.Wanted) []exchange.Slot {
	out := []exchange.Slot{}
	for _, day := range n.kid("SuggestionDayResultArray").children() {
		for _, s := range day.kid("SuggestionArray").children() {
			at := s.moment("MeetingTime")
			end := at.Add(time.Duration(w.Minutes) * time.Minute)
			if at.Before(w.From) || end.After(w.To) {
				continue
			}
			word := s.val("SuggestionQuality")
			slot := exchange.Slot{Start: at, End: end, Confidence: quality[word], Reason: word}
			if s.truth("IsWorkTime") {
				slot.Reason += ", in working hours"
			}
			out = append(out, slot)
		}
	}
	slices.SortStableFunc(out, func(a, b exchange.Slot) int {
		if a.Confidence != b.Confidence {
			return b.Confidence - a.Confidence
		}
		return a.Start.Compare(b.Start)
	})
	return out[:min(len(out), w.Max)]
}
