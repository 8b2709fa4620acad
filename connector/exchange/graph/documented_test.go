package graph_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

// What follows are parts of Graph that the sandbox has not. Requests and answers
// are those of Microsoft's reference:
// https://learn.microsoft.com/graph/api/overview

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

func TestTasksAreThoseOfTheDefaultList(t *testing.T) {
	var made map[string]any
	lost := true
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, body string) {
		const one = `{"@odata.etag":"W/\"x\"","importance":"high","isReminderOn":true,"status":"notStarted","title":"Buy paper","id":"AAtask","categories":["Blue"],
			"body":{"content":"two boxes","contentType":"text"},"lastModifiedDateTime":"2026-11-20T18:39:47.0Z",
			"dueDateTime":{"dateTime":"2026-12-01T00:00:00.0000000","timeZone":"UTC"},"reminderDateTime":{"dateTime":"2026-11-30T08:00:00.0000000","timeZone":"UTC"},
			"linkedResources":[{"externalId":"c1","applicationName":"signoff"}]}`
		switch r.Method + " " + r.URL.Path {
		case "GET /v1.0/me/todo/lists":
			answerText(w, 200, `{"value":[{"id":"AAother","wellknownListName":"flaggedEmails"},{"id":"AAdefault","displayName":"Tasks","wellknownListName":"defaultList"}]}`)
		case "GET /v1.0/me/todo/lists/AAdefault/tasks":
			if made == nil && r.URL.Query().Get("$expand") != "" {
				answerText(w, 200, `{"value":[]}`)
				return
			}
			answerText(w, 200, `{"value":[`+one+`]}`)
		case "POST /v1.0/me/todo/lists/AAdefault/tasks":
			if err := json.Unmarshal([]byte(body), &made); err != nil {
				t.Error(err)
			}
			if lost {
				panic(http.ErrAbortHandler)
			}
			answerText(w, 201, one)
		case "GET /v1.0/me/todo/lists/AAdefault/tasks/AAtask", "PATCH /v1.0/me/todo/lists/AAdefault/tasks/AAtask":
			if r.Method == "PATCH" && body != `{"dueDateTime":null,"status":"completed"}` {
				t.Errorf("changed with %s", body)
			}
			answerText(w, 200, strings.Replace(one, "notStarted", "completed", 1))
		case "DELETE /v1.0/me/todo/lists/AAdefault/tasks/AAtask":
			w.WriteHeader(204)
		default:
			t.Errorf("%s %s", r.Method, r.URL)
		}
	})
	b := f.box()
	due := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	n := exchange.NewTask{Correlation: "c1", Subject: "Buy paper", Due: due, Reminder: due.Add(-16 * time.Hour), Importance: exchange.High}
	task, err := b.CreateTask(t.Context(), n)
	if err != nil || task.ID != "AAtask" || !task.Due.Equal(due) || task.Reminder.IsZero() || task.Importance != exchange.High {
		t.Errorf("%+v %v", task, err)
	}
	if made["title"] != "Buy paper" || made["isReminderOn"] != true || made["dueDateTime"].(map[string]any)["dateTime"] != "2026-12-01T00:00:00" {
		t.Errorf("made %v", made)
	}
	posts := 0
	for _, g := range f.requests() {
		if strings.HasPrefix(g, "POST") {
			posts++
		}
	}
	if posts != 1 {
		t.Errorf("%d tasks were made", posts)
	}
	done, none := exchange.Completed, time.Time{}
	if task, err = b.ChangeTask(t.Context(), "AAtask", exchange.TaskChange{State: &done, Due: &none}); err != nil || task.Percent != 100 {
		t.Errorf("%+v %v", task, err)
	}
	if page, err := b.Tasks(t.Context(), exchange.Query{}); err != nil || len(page.Items) != 1 {
		t.Errorf("%+v %v", page, err)
	}
	if err := b.DeleteTask(t.Context(), "AAtask"); err != nil {
		t.Error(err)
	}
}

func TestTimesAreSuggestedAndInvitationsAnswered(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, body string) {
		switch r.Method + " " + r.URL.Path {
		case "POST /v1.0/me/findMeetingTimes":
			if !strings.Contains(body, `"meetingDuration":"PT90M"`) || !strings.Contains(body, `"activityDomain":"unrestricted"`) || !strings.Contains(body, `{"emailAddress":{"address":"a@b.c"},"type":"required"}`) {
				t.Error(body)
			}
			answerText(w, 200, `{"emptySuggestionsReason":"","meetingTimeSuggestions":[{"confidence":50,"organizerAvailability":"free","suggestionReason":"Suggested because it is one of the nearest times when all attendees are available.",
				"meetingTimeSlot":{"start":{"dateTime":"2026-12-01T08:30:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-12-01T10:00:00.0000000","timeZone":"UTC"}}}]}`)
		case "POST /v1.0/me/events/AA/accept", "POST /v1.0/me/events/AA/tentativelyAccept", "POST /v1.0/me/events/AA/decline":
			if body != `{"comment":"ok","sendResponse":false}` {
				t.Error(body)
			}
			w.WriteHeader(202)
		default:
			t.Errorf("%s %s", r.Method, r.URL)
		}
	})
	at := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	slots, err := f.box().Suggest(t.Context(), exchange.Wanted{Attendees: []exchange.Attendee{{Address: exchange.Address{Address: "a@b.c"}}}, From: at, To: at.Add(8 * time.Hour), Minutes: 90})
	if err != nil || len(slots) != 1 || slots[0].Confidence != 50 || slots[0].End.Sub(slots[0].Start) != 90*time.Minute {
		t.Errorf("%+v %v", slots, err)
	}
	for _, how := range []string{"accept", "tentative", "decline"} {
		if err := f.box().RespondEvent(t.Context(), "AA", exchange.Response{How: how, Comment: "ok", Silent: true}); err != nil {
			t.Error(how, err)
		}
	}
	if err := f.box().RespondEvent(t.Context(), "AA", exchange.Response{How: "shrug"}); err == nil {
		t.Error("an answer that is none was sent")
	}
}

func TestRoomListsAndTimeZonesAreListed(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		switch r.URL.Path {
		case "/v1.0/places/microsoft.graph.roomlist":
			answerText(w, 200, `{"value":[{"id":"x","displayName":"Building 1","emailAddress":"b1@contoso.com"}]}`)
		case "/v1.0/places/b1@contoso.com/microsoft.graph.roomlist/rooms":
			answerText(w, 200, `{"value":[{"displayName":"Conf 1","emailAddress":"c1@contoso.com","building":"1","capacity":12}]}`)
		case "/v1.0/me/outlook/supportedTimeZones":
			answerText(w, 200, `{"value":[{"alias":"W. Europe Standard Time","displayName":"(UTC+01:00) Berlin"}]}`)
		default:
			t.Errorf("%s", r.URL)
		}
	})
	lists, err := f.box().RoomLists(t.Context())
	if err != nil || len(lists) != 1 || lists[0].Name != "Building 1" {
		t.Errorf("%+v %v", lists, err)
	}
	rooms, err := f.box().Rooms(t.Context(), lists[0].Address)
	if err != nil || len(rooms) != 1 || rooms[0].Capacity != 12 {
		t.Errorf("%+v %v", rooms, err)
	}
	zones, err := f.box().TimeZones(t.Context())
	if err != nil || len(zones) != 1 || zones[0].Name != "W. Europe Standard Time" {
		t.Errorf("%+v %v", zones, err)
	}
}
