package graph

import (
	"fmt"
	"strings"
	"testing"
)

func at(day, hour int) m {
	return m{"dateTime": fmt.Sprintf("2027-03-%02dT%02d:00:00", day, hour), "timeZone": "UTC"}
}

func meeting(subject string, day, hour int, who ...string) m {
	var list []m
	for _, a := range who {
		list = append(list, m{"emailAddress": m{"address": a}, "type": "required"})
	}
	return m{"subject": subject, "start": at(day, hour), "end": at(day, hour+1), "attendees": list}
}

const march = "?startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-04-01T00:00:00Z"

// said are the attendees' answers, by address.
func said(e reply) map[string]string {
	out := map[string]string{}
	for _, x := range e.body["attendees"].([]any) {
		a := jsonObject(x.(map[string]any))
		who, _ := a.value("emailAddress/address")
		what, _ := a.value("status/response")
		out[who.(string)] = what.(string)
	}
	return out
}

func TestAMeetingIsInvitedAnsweredMovedAndCancelled(t *testing.T) {
	o := newCloud(t)
	wf, jane, bob := o.as("workflow"), o.as("jane"), o.as("bob")
	made := wf.post("/me/events", meeting("Review", 1, 9, "jane@contoso.test", "bob@contoso.test", "boardroom@contoso.test", "eve@fabrikam.test")).is(201)
	event := "/me/events/" + made.text("id")
	view := func(c *caller) []jsonObject { t.Helper(); return c.get("/me/calendarView" + march).is(200).list() }
	own := view(jane)
	if status, _ := own[0].value("responseStatus/response"); len(own) != 1 || status != "notResponded" || own[0]["showAs"] != "tentative" || own[0]["isOrganizer"] != false {
		t.Fatalf("jane has %v", own)
	}
	invitation := jane.get("/me/messages?$expand=attachments").is(200)
	if !strings.Contains(invitation.raw, "meeting.ics") || invitation.list()[0]["subject"] != "Review" {
		t.Errorf("jane got %s", invitation.raw)
	}
	janes := "/me/events/" + own[0]["id"].(string)
	jane.post(janes+"/tentativelyAccept", m{"comment": "Perhaps", "sendResponse": true}).is(202)
	bob.post("/me/events/"+view(bob)[0]["id"].(string)+"/decline", nil).is(202)
	if got := fmt.Sprint(said(wf.get(event).is(200))); got != "map[boardroom@contoso.test:accepted bob@contoso.test:declined eve@fabrikam.test:none jane@contoso.test:tentativelyAccepted]" {
		t.Errorf("they said %s", got)
	}
	if len(view(bob)) != 0 {
		t.Error("bob declined, and still has it")
	}
	var subjects []string
	for _, one := range wf.get("/me/mailFolders/inbox/messages?$orderby=subject").list() {
		subjects = append(subjects, one["subject"].(string))
	}
	if fmt.Sprint(subjects) != "[Declined: Review Tentative: Review]" {
		t.Errorf("the organiser got %v", subjects)
	}
	wf.patch(event, m{"start": at(2, 9), "end": at(2, 10)}).is(200)
	if moved := jane.get(janes).is(200); moved.text("start/dateTime") != "2027-03-02T09:00:00.0000000" || moved.at("responseStatus/response") != "notResponded" {
		t.Errorf("moved: %s", moved.raw)
	}
	jane.post(janes+"/cancel", m{}).refused(400, "ErrorInvalidRequest")
	wf.post(event+"/accept", m{}).refused(400, "ErrorInvalidRequest")
	jane.post(janes+"/accept", m{"sendResponse": "yes"}).refused(400, "BadRequest")
	jane.post(janes+"/accept", m{"nonsense": 1}).refused(400, "BadRequest")
	jane.post(janes+"/accept", m{"proposedNewTime": m{}}).refused(400, "BadRequest")
	wf.post(event+"/cancel", m{"Comment": "No more"}).is(202)
	wf.get(event).refused(404, "ErrorItemNotFound")
	if gone := jane.get(janes).is(200); gone.at("isCancelled") != true {
		t.Errorf("cancelled: %s", gone.raw)
	}
}

func TestFreeAndBusyIsToldWithoutWhat(t *testing.T) {
	o := newCloud(t)
	jane, bob := o.as("jane"), o.as("bob")
	bob.post("/me/events", meeting("Secret", 1, 9)).is(201)
	ask := func(more m) reply {
		in := m{"schedules": []string{"bob@contoso.test", "nobody@contoso.test", "blue@contoso.test"}, "startTime": at(1, 8), "endTime": at(1, 11), "availabilityViewInterval": 60}
		for k, v := range more {
			in[k] = v
		}
		return jane.post("/me/calendar/getSchedule", in)
	}
	r := ask(nil).is(200)
	list := r.list()
	if list[0]["availabilityView"] != "020" || strings.Contains(r.raw, "Secret") || list[2]["availabilityView"] != "000" {
		t.Errorf("free and busy: %s", r.raw)
	}
	if code, _ := list[1].value("error/responseCode"); code != "ErrorMailRecipientNotFound" {
		t.Errorf("nobody: %v", list[1])
	}
	if mine := bob.post("/me/calendar/getSchedule", m{"schedules": []string{"bob@contoso.test"}, "startTime": at(1, 8), "endTime": at(1, 11)}).is(200); !strings.Contains(mine.raw, "Secret") || mine.list()[0]["availabilityView"] != "002200" {
		t.Errorf("one's own: %s", mine.raw)
	}
	ask(m{"availabilityViewInterval": 4}).refused(400, "ErrorInvalidMergedFreeBusyInterval")
	ask(m{"endTime": at(1, 8)}).refused(400, "ErrorInvalidTimeInterval")
	ask(m{"schedules": []string{}}).refused(400, "BadRequest")
	ask(m{"startTime": m{"dateTime": "soon"}}).refused(400, "ErrorInvalidRequest")
}

func TestCalendarsAreNamedByTheirID(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	id := jane.get("/me/calendars").is(200).list()[0]["id"].(string)
	made := jane.post("/me/calendars/"+id+"/events", meeting("Here", 1, 9)).is(201)
	if n := len(jane.get("/me/calendars/" + id + "/calendarView" + march).is(200).list()); n != 1 {
		t.Errorf("%d in view", n)
	}
	jane.get("/me/calendars/" + id + "/events/" + made.text("id")).is(200)
	jane.get("/me/calendars/"+jane.get("/me/mailFolders/inbox").text("id")+"/events").refused(404, "ErrorItemNotFound")
	jane.get("/me/calendars/nonsense/calendarView"+march).refused(400, "ErrorInvalidIdMalformed")
	jane.get("/me/calendarView").refused(400, "ErrorInvalidParameter")
	jane.get("/me/calendarView?startDateTime=2020-01-01&endDateTime=2027-01-01").refused(400, "ErrorCalendarViewRangeTooBig")
	if r := jane.get("/me/events/$count").is(200); r.raw != "1" {
		t.Errorf("counted %q", r.raw)
	}
}

func TestDeltaOfAViewTellsWhatEntersAndLeavesIt(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	first := jane.get("/me/calendarView/delta" + march).is(200)
	inside := jane.post("/me/events", meeting("Inside", 1, 9)).is(201)
	jane.post("/me/events", m{"subject": "April", "start": m{"dateTime": "2027-04-05T09:00:00"}, "end": m{"dateTime": "2027-04-05T10:00:00"}}).is(201)
	second := jane.get(first.text("@odata.deltaLink")).is(200)
	if list := second.list(); len(list) != 1 || list[0]["id"] != inside.at("id") || list[0]["@odata.type"] != "#microsoft.graph.event" {
		t.Fatalf("after one was made: %s", second.raw)
	}
	jane.patch("/me/events/"+inside.text("id"), m{"start": m{"dateTime": "2027-05-01T09:00:00"}, "end": m{"dateTime": "2027-05-01T10:00:00"}}).is(200)
	if r := jane.get(second.text("@odata.deltaLink")).is(200); len(r.list()) != 1 || fmt.Sprint(r.list()[0]["@removed"]) != "map[reason:changed]" {
		t.Errorf("after it left the view: %s", r.raw)
	}
	jane.get("/me/calendarView/delta").refused(400, "ErrorInvalidParameter")
	jane.get("/me/calendarView/delta"+march+"&$select=subject").refused(400, "BadRequest")
	contacts := jane.get("/me/contacts/delta").is(200)
	jane.post("/me/contacts", m{"givenName": "Eve"}).is(201)
	if r := jane.get(contacts.text("@odata.deltaLink")).is(200); len(r.list()) != 1 || r.list()[0]["displayName"] != "Eve" {
		t.Errorf("contacts: %s", r.raw)
	}
}

func TestMeetingTimesAreSuggestedWhenPeopleAreFree(t *testing.T) {
	o := newCloud(t)
	jane := o.with("jane", "Calendars.Read.Shared Calendars.ReadWrite")
	o.as("bob").post("/me/events", meeting("Busy", 1, 9)).is(201) // a Monday
	jane.post("/me/events", meeting("Mine", 1, 11)).is(201)
	ask := func(more m) reply {
		in := m{"attendees": []m{{"emailAddress": m{"address": "bob@contoso.test"}}}, "meetingDuration": "PT1H", "returnSuggestionReasons": true,
			"timeConstraint": m{"activityDomain": "unrestricted", "timeSlots": []m{{"start": at(1, 8), "end": at(1, 13)}}}}
		for k, v := range more {
			in[k] = v
		}
		return jane.post("/me/findMeetingTimes", in)
	}
	starts := func(r reply) string {
		t.Helper()
		var out []string
		for _, one := range r.is(200).body["meetingTimeSuggestions"].([]any) {
			start, _ := jsonObject(one.(map[string]any)).value("meetingTimeSlot/start/dateTime")
			out = append(out, start.(string)[11:16])
		}
		return strings.Join(out, " ")
	}
	if got := starts(ask(nil)); got != "08:00 10:00 12:00" {
		t.Errorf("suggested %s", got)
	}
	if got := starts(ask(m{"minimumAttendeePercentage": 0})); got != "08:00 10:00 12:00 08:30 09:00 09:30" {
		t.Errorf("without bob: %s", got)
	}
	if got := starts(ask(m{"isOrganizerOptional": true, "maxCandidates": 2})); got != "08:00 10:00" {
		t.Errorf("at most two: %s", got)
	}
	if r := ask(m{"timeConstraint": m{"timeSlots": []m{{"start": at(6, 8), "end": at(6, 13)}}}}); starts(r) != "" || r.at("emptySuggestionsReason") == "" {
		t.Errorf("on a Saturday: %s", r.raw)
	}
	ask(m{"meetingDuration": "an hour"}).refused(400, "BadRequest")
	ask(m{"maxCandidates": 0}).refused(400, "BadRequest")
	ask(m{"locationConstraint": m{"isRequired": true}}).refused(400, "BadRequest")
	ask(m{"attendees": []m{{"emailAddress": m{"address": "nobody"}}}}).refused(400, "ErrorInvalidRecipients")
	ask(m{"timeConstraint": m{"timeSlots": []m{{"start": at(2, 8), "end": at(1, 8)}}}}).refused(400, "ErrorInvalidTimeInterval")
	o.as("jane").post("/me/findMeetingTimes", m{}).refused(403, "ErrorAccessDenied")
	(&caller{cloud: o, token: o.appToken("Calendars.ReadWrite")}).post("/users/jane@contoso.test/findMeetingTimes", m{}).refused(403, "ErrorAccessDenied")
}
