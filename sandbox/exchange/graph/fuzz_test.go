package graph

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// FuzzRequests sends anything at all to a mailbox: it is obeyed or refused, and
// nothing breaks. A mail and an appointment are there to be asked about.
func FuzzRequests(f *testing.F) {
	for _, s := range [][3]string{
		{"POST", "/me/messages", `{"subject":"x","body":{"content":"y"},"toRecipients":[{"emailAddress":{"address":"a@b"}}],"flag":{"flagStatus":"flagged","dueDateTime":{"dateTime":"2027-01-01","timeZone":"UTC"}}}`},
		{"PATCH", "/me/messages/MAIL", `{"isRead":true,"categories":["Red"],"importance":"high","singleValueExtendedProperties":[{"id":"String 0x1042","value":null}]}`},
		{"POST", "/me/sendMail", `{"Message":{"attachments":[{"@odata.type":"#microsoft.graph.itemAttachment","name":"n","item":{"subject":"s"}}]},"SaveToSentItems":"false"}`},
		{"GET", "/me/messages?$filter=contains(subject,'x')&$orderby=subject desc&$top=3&$skip=1&$count=true&$expand=attachments($select=name)", ""},
		{"GET", "/me/mailFolders('inbox')/messages/delta?$deltatoken=eyJNYWlsYm94IjoiIn0", ""}, {"GET", "/me/mailFolders/delta?$deltatoken=e30", ""},
		{"GET", "/me/calendarView?startDateTime=2027-01-01&endDateTime=2027-02-01T00:00:00Z", ""}, {"GET", "/me/messages?$search=\"subject:x\"", ""},
		{"POST", "/me/events", `{"subject":"x","start":{"dateTime":"2027-01-01T00:00:00","timeZone":"UTC"},"end":{"dateTime":"2027-01-01T01:00:00"},"attendees":[{"emailAddress":{"address":"boardroom@contoso.test"}}]}`},
		{"PATCH", "/me/events/EVENT", `{"isAllDay":true,"reminderMinutesBeforeStart":-5,"recurrence":{}}`}, {"POST", "/me/events/EVENT/cancel", `{"Comment":null}`},
		{"POST", "/me/calendar/getSchedule", `{"schedules":["jane@contoso.test"],"startTime":{"dateTime":"2027-01-01"},"endTime":{"dateTime":"2027-01-02"}}`},
		{"POST", "/me/todo/lists/tasks/tasks", `{"title":"x","status":"completed"}`}, {"PATCH", "/me/mailboxSettings", `{"workingHours":{"daysOfWeek":["monday"],"startTime":"08:00:00"},"language":{"locale":"de-DE"}}`},
		{"POST", "/me/messages/MAIL/createReplyAll", `{"comment":"c","message":{"ccRecipients":[]}}`}, {"POST", "/me/messages/MAIL/attachments/createUploadSession", `{"AttachmentItem":{"attachmentType":"file","name":"n","size":3}}`},
		{"POST", "/$batch", `{"requests":[{"id":"1","method":"GET","url":"/me/messages?$top=1"},{"id":"2","method":"POST","url":"/me/contacts","body":{"givenName":"x"},"dependsOn":["1"]}]}`},
		{"POST", "/me/translateExchangeIds", `{"inputIds":["MAIL"],"sourceIdType":"restId","targetIdType":"entryId"}`}, {"GET", "/users/jane@contoso.test/messages/MAIL/$value", ""},
		{"POST", "/subscriptions", `{"changeType":"created","notificationUrl":"http://127.0.0.1:1/","resource":"me/messages","expirationDateTime":"2099-01-01T00:00:00Z"}`},
	} {
		f.Add(s[0], s[1], s[2])
	}
	o := newCloud(f)
	jane := o.as("jane")
	box, err := o.x.Mailbox("jane")
	if err != nil {
		f.Fatal(err)
	}
	mail, err := box.Create(exchange.Drafts, func(e *exchange.Edit) error { return nil })
	if err != nil {
		f.Fatal(err)
	}
	a := exchange.Appointment{UID: exchange.NewUID(), Organizer: box.Address()}
	event, err := box.CreateEntry(exchange.ClassEvent, "", &a, nil)
	if err != nil {
		f.Fatal(err)
	}
	names := strings.NewReplacer("MAIL", mail.ID(true).REST(), "EVENT", event.ID(true).REST())
	f.Fuzz(func(t *testing.T, method, path, body string) {
		path, query, _ := strings.Cut(names.Replace(path), "?")
		r := httptest.NewRequest("GET", "https://localhost/", strings.NewReader(names.Replace(body)))
		r.Method, r.URL = method, &url.URL{Scheme: "https", Host: "localhost", Path: "/v1.0" + path, RawQuery: query}
		r.Header.Set("Authorization", "Bearer "+jane.token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		o.graph.ServeHTTP(w, r)
		if w.Code == 500 {
			t.Errorf("%s %s %s: %s", method, path, body, w.Body)
		}
	})
}
