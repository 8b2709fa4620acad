package exchangetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
)

func folders(t *testing.T, f *Way) {
	box := f.Own("ana")
	sub := must[exchange.Folder](t)(box.CreateFolder(t.Context(), "inbox", "Sub & Co"))
	if sub.Name != "Sub & Co" || sub.ID == "" || sub.Total != 0 {
		t.Errorf("%+v", sub)
	}
	if _, err := box.CreateFolder(t.Context(), "inbox", "Sub & Co"); signoff.CodeOf(err) != exchange.CodeConflict {
		t.Errorf("a second one of that name: %v", err)
	}
	list := must[exchange.Page[exchange.Folder]](t)(box.Folders(t.Context(), "inbox", exchange.Query{}))
	if len(list.Items) != 1 || list.Items[0].ID != sub.ID {
		t.Errorf("%+v", list)
	}
	top := must[exchange.Page[exchange.Folder]](t)(box.Folders(t.Context(), "", exchange.Query{}))
	inbox := must[exchange.Folder](t)(box.Folder(t.Context(), "inbox"))
	if !slices.ContainsFunc(top.Items, func(x exchange.Folder) bool { return x.ID == inbox.ID }) || inbox.Children != 1 || sub.Parent != inbox.ID {
		t.Errorf("top %+v, inbox %+v", top.Items, inbox)
	}
	if slices.ContainsFunc(top.Items, func(x exchange.Folder) bool { return x.Name == "Calendar" }) {
		t.Error("the calendar is among the folders for mail")
	}
	if err := box.DeleteFolder(t.Context(), sub.ID); err != nil {
		t.Error(err)
	}
}

func appointments(t *testing.T, f *Way) {
	box := f.Own("ana")
	start := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	minutes := 30
	n := exchange.NewEvent{Correlation: "e1", Subject: "Budget <2027>", Body: exchange.Body{Text: "agenda"}, Location: "Room 1", Start: start, End: start.Add(time.Hour),
		TimeZone: "Europe/Berlin", ShowAs: exchange.OutOfOffice, Reminder: &minutes, Private: true, Importance: exchange.High, Categories: []string{"Money"},
		Attendees: []exchange.Attendee{{Address: To("jane")[0], Role: exchange.Required}, {Address: To("bob")[0], Role: exchange.Optional}}}
	e := must[exchange.Event](t)(box.CreateEvent(t.Context(), n))
	if again := must[exchange.Event](t)(box.CreateEvent(t.Context(), n)); again.ID != e.ID {
		t.Error("a repeated call made another appointment")
	}
	e = must[exchange.Event](t)(box.Event(t.Context(), e.ID))
	if e.Subject != n.Subject || !strings.Contains(e.Body.Text, "agenda") || !e.Start.Equal(n.Start) || !e.End.Equal(n.End) || e.Location != "Room 1" || e.Reminder != 30 || !e.Private ||
		e.ShowAs != exchange.OutOfOffice || e.UID == "" || e.Organizer.Address != "ana@contoso.test" || len(e.Attendees) != 2 || e.Response != "organizer" ||
		e.Importance != exchange.High || !slices.Equal(e.Categories, n.Categories) || e.TimeZone != "W. Europe Standard Time" && e.TimeZone != "Europe/Berlin" {
		t.Errorf("%+v", e)
	}
	if len(f.Arrived("jane")) != 1 || len(f.Arrived("bob")) != 1 {
		t.Errorf("invited: Jane %v, Bob %v", f.Arrived("jane"), f.Arrived("bob"))
	}
	q := exchange.EventQuery{From: start.AddDate(0, 0, -1), To: start.AddDate(0, 0, 1)}
	if list := must[exchange.Page[exchange.Event]](t)(box.Events(t.Context(), q)); len(list.Items) != 1 || list.Items[0].ID != e.ID {
		t.Errorf("%+v", list)
	}
	jane := f.Own("jane")
	theirs := must[exchange.Page[exchange.Event]](t)(jane.Events(t.Context(), q))
	if len(theirs.Items) != 1 || theirs.Items[0].UID != e.UID || theirs.Items[0].Response != "none" {
		t.Fatalf("Jane has %+v", theirs.Items)
	}
	if err := jane.RespondEvent(t.Context(), theirs.Items[0].ID, exchange.Response{How: "accept", Comment: "fine"}); err != nil {
		t.Error(err)
	}
	e = must[exchange.Event](t)(box.Event(t.Context(), e.ID))
	if !slices.ContainsFunc(e.Attendees, func(a exchange.Attendee) bool {
		return a.Address.Address == "jane@contoso.test" && a.Response == "accepted"
	}) {
		t.Errorf("answered: %+v", e.Attendees)
	}
	if err := jane.RespondEvent(t.Context(), theirs.Items[0].ID, exchange.Response{How: "tentative", Silent: true}); err != nil {
		t.Error(err)
	}
	if left := must[exchange.Page[exchange.Mail]](t)(jane.Mails(t.Context(), exchange.MailQuery{Folder: "drafts"})); len(left.Items) != 0 {
		t.Errorf("a silent answer left %+v", left.Items)
	}
	day := must[exchange.Event](t)(box.CreateEvent(t.Context(), exchange.NewEvent{Subject: "Holiday", Start: time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC),
		AllDay: true, TimeZone: "America/New_York"}))
	if !day.AllDay || day.Start.Format(time.DateTime) != "2026-12-24 00:00:00" || day.End.Format(time.DateTime) != "2026-12-25 00:00:00" {
		t.Errorf("a whole day: %v to %v", day.Start, day.End)
	}
	subject, off, later := "Budget 2027", -1, start.Add(2*time.Hour)
	end := later.Add(time.Hour)
	e = must[exchange.Event](t)(box.ChangeEvent(t.Context(), e.ID, exchange.EventChange{Subject: &subject, Reminder: &off, Start: &later, End: &end}))
	if e.Subject != subject || e.Reminder != -1 || !e.Start.Equal(later) || len(e.Attendees) != 2 {
		t.Errorf("changed: %+v", e)
	}
	if err := box.DeleteEvent(t.Context(), day.ID); err != nil {
		t.Error(err)
	}
	if err := box.CancelEvent(t.Context(), e.ID, "no money"); err != nil {
		t.Error(err)
	}
	if list := must[exchange.Page[exchange.Event]](t)(box.Events(t.Context(), q)); len(list.Items) != 0 {
		t.Errorf("left %+v", list.Items)
	}
}

func tasks(t *testing.T, f *Way) {
	box := f.Own("ana")
	due := time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)
	n := exchange.NewTask{Correlation: "t1", Subject: "Buy <paper>", Body: exchange.Body{Text: "A4"}, Due: due, Start: due.AddDate(0, 0, -2), Importance: exchange.High, Categories: []string{"Office"}}
	k, err := box.CreateTask(t.Context(), n)
	if signoff.CodeOf(err) == exchange.CodeDenied || signoff.CodeOf(err) == exchange.CodeNoMethod {
		t.Skip("the sandbox's token has no right to tasks here")
	}
	k = must[exchange.Task](t)(k, err)
	if again := must[exchange.Task](t)(box.CreateTask(t.Context(), n)); again.ID != k.ID {
		t.Error("a repeated call made another task")
	}
	if k.Subject != n.Subject || !k.Due.Equal(due) || !k.Start.Equal(n.Start) || k.State != exchange.NotStarted || k.Importance != exchange.High || !slices.Equal(k.Categories, n.Categories) {
		t.Errorf("%+v", k)
	}
	done, none := exchange.Completed, time.Time{}
	k = must[exchange.Task](t)(box.ChangeTask(t.Context(), k.ID, exchange.TaskChange{State: &done, Start: &none}))
	if k.State != exchange.Completed || !k.Start.IsZero() || !k.Due.Equal(due) || k.Percent != 100 {
		t.Errorf("done: %+v", k)
	}
	if list := must[exchange.Page[exchange.Task]](t)(box.Tasks(t.Context(), exchange.Query{})); len(list.Items) != 1 {
		t.Errorf("%+v", list)
	}
	if err := box.DeleteTask(t.Context(), k.ID); err != nil {
		t.Error(err)
	}
	if _, err := box.Task(t.Context(), k.ID); !exchange.Gone(err) {
		t.Errorf("deleted: %v", err)
	}
}

func contacts(t *testing.T, f *Way) {
	box := f.Own("ana")
	n := exchange.NewContact{Correlation: "c1", Contact: exchange.Contact{Name: "Eve & Adam", GivenName: "Eve", Surname: "Adam", Company: "Fab", Department: "Buying", Notes: "met in May", Mobile: "+49 1",
		Emails: []exchange.Address{{Name: "Eve", Address: "eve@example.com"}, {Address: "e@example.com"}}, Business: []string{"+49 2", "+49 3"}, Categories: []string{"Friends"}}}
	k := must[exchange.Contact](t)(box.CreateContact(t.Context(), n))
	if again := must[exchange.Contact](t)(box.CreateContact(t.Context(), n)); again.ID != k.ID {
		t.Error("a repeated call made another contact")
	}
	k = must[exchange.Contact](t)(box.Contact(t.Context(), k.ID))
	if k.Name != n.Name || k.GivenName != "Eve" || k.Surname != "Adam" || k.Company != "Fab" || k.Department != "Buying" || k.Notes != n.Notes || k.Mobile != "+49 1" ||
		len(k.Emails) != 2 || k.Emails[1].Address != "e@example.com" || !slices.Equal(k.Business, n.Business) || !slices.Equal(k.Categories, n.Categories) {
		t.Errorf("%+v", k)
	}
	title, none, one := "Buyer", "", []exchange.Address{{Address: "new@example.com"}}
	k = must[exchange.Contact](t)(box.ChangeContact(t.Context(), k.ID, exchange.ContactChange{JobTitle: &title, Department: &none, Emails: &one}))
	if k.JobTitle != title || k.Department != "" || len(k.Emails) != 1 || k.Emails[0].Address != "new@example.com" || k.Company != "Fab" || k.Mobile != "+49 1" {
		t.Errorf("changed: %+v", k)
	}
	starts := broker.Filter{Op: "startswith", Name: "name", To: "Ev"}
	if list := must[exchange.Page[exchange.Contact]](t)(box.Contacts(t.Context(), exchange.Query{Filter: &starts})); len(list.Items) != 1 || list.Unfiltered {
		t.Errorf("%+v", list)
	}
	if err := box.DeleteContact(t.Context(), k.ID); err != nil {
		t.Error(err)
	}
}

func settings(t *testing.T, f *Way) {
	box := f.Own("ana")
	must[exchange.Receipt](t)(f.Post(f.Own("jane")).SendNew(t.Context(), NewMail("Something that came", "ana"), nil, false))
	a := exchange.AutoReply{Status: "scheduled", Audience: "contactsOnly", Start: time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC), End: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC),
		Internal: "Away & out", External: "Away, too"}
	if err := box.SetAutoReply(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if got := must[exchange.AutoReply](t)(box.AutoReply(t.Context())); got != a {
		t.Errorf("%+v", got)
	}
	if err := box.SetAutoReply(t.Context(), exchange.AutoReply{Status: "disabled", Audience: "all"}); err != nil {
		t.Error(err)
	}
	before := len(must[[]exchange.Category](t)(box.Categories(t.Context())))
	k := must[exchange.Category](t)(box.CreateCategory(t.Context(), exchange.Category{Name: "Orders & more", Color: "preset1"}))
	all := must[[]exchange.Category](t)(box.Categories(t.Context()))
	if len(all) != before+1 || !slices.Contains(all, k) || k.Color != "preset1" {
		t.Errorf("%+v among %+v", k, all)
	}
	if _, err := box.CreateCategory(t.Context(), exchange.Category{Name: "Orders & more"}); signoff.CodeOf(err) != exchange.CodeConflict {
		t.Errorf("a second one of that name: %v", err)
	}
	lists := must[[]exchange.RoomList](t)(box.RoomLists(t.Context()))
	rooms := must[[]exchange.Room](t)(box.Rooms(t.Context(), ""))
	if len(lists) == 0 || len(rooms) == 0 || rooms[0].Address == "" || rooms[0].Building == "" {
		t.Fatalf("lists %+v, rooms %+v", lists, rooms)
	}
	if some := must[[]exchange.Room](t)(box.Rooms(t.Context(), lists[0].Address)); len(some) == 0 || len(some) > len(rooms) {
		t.Errorf("in %s: %+v", lists[0].Name, some)
	}
	zones, err := box.TimeZones(t.Context())
	if signoff.CodeOf(err) == exchange.CodeDenied {
		return // a right that not every token has
	}
	if err != nil || !slices.ContainsFunc(zones, func(z exchange.TimeZone) bool { return z.Name == "W. Europe Standard Time" && z.Title != "" }) {
		t.Errorf("%d zones, %v", len(zones), err)
	}
}
