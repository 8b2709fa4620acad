package graph

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func TestUnknownRequestsGetGraphsAnswers(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	for path, segment := range map[string]string{"/me/mesages": "mesages", "/nonsense": "nonsense", "/me/messages/x/nonsense": "nonsense", "/users/jane@contoso.test/drive/root": "drive",
		"/me/mailFolders/inbox/nonsense": "nonsense", "/me/calendar/nonsense": "nonsense"} {
		if r := jane.get(path).refused(400, "BadRequest"); r.text("error/message") != "Resource not found for the segment '"+segment+"'." {
			t.Errorf("%s: %s", path, r.raw)
		}
	}
	for _, c := range [][2]string{{"DELETE", "/me/messages"}, {"GET", "/me/sendMail"}, {"PUT", "/me/events"}, {"POST", "/me/mailboxSettings"}} {
		if r := jane.do(c[0], c[1], nil).refused(405, "Request_BadRequest"); r.header.Get("Allow") == "" {
			t.Errorf("%v says no method that is allowed", c)
		}
	}
	(&caller{cloud: o}).get("/nonsense").refused(401, "InvalidAuthenticationToken")
	id := newGUID()
	if r := jane.do("GET", "/me/nonsense", nil, "client-request-id", id); r.at("error/innerError/client-request-id") != id || r.header.Get("client-request-id") != id {
		t.Errorf("the client's id: %v %s", r.header, r.raw)
	}
	jane.do("GET", "/me/"+strings.Repeat("x", 5000), nil).is(414)
	jane.do("POST", "/me/messages", []byte("{"), "Content-Type", "application/json").refused(400, "BadRequest")
	jane.do("POST", "/me/messages", []byte(`{"subject":"`+strings.Repeat("x", maxBodyBytes)+`"}`), "Content-Type", "application/json").refused(413, "ErrorMessageSizeExceeded")
}

func TestAMailboxSendsAndAnswersAtItsPace(t *testing.T) {
	o := newCloud(t)
	o.x.SetLimits(exchange.Limits{Concurrent: 4, RequestsPer10Min: 6, MessagesPerMinute: 2})
	wf := o.as("workflow")
	send := func() reply { return wf.post("/me/sendMail", m{"message": message("x", "jane@contoso.test")}) }
	send().is(202)
	send().is(202)
	if r := send().refused(429, "ErrorExceededMessageLimit"); r.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
	for range 3 {
		wf.get("/me/mailFolders/inbox").is(200)
	}
	r := wf.get("/me/mailFolders/inbox").refused(429, "ApplicationThrottled")
	if after := r.header.Get("Retry-After"); after == "" || after == "0" || !strings.Contains(r.raw, "MailboxRequestRate") {
		t.Errorf("Retry-After %q %s", after, r.raw)
	}
	o.as("jane").get("/me/mailFolders/inbox").is(200)
}

func TestWhatGoesWrongWithMailIsSeenThroughGraph(t *testing.T) {
	o := newCloud(t)
	wf, jane := o.as("workflow"), o.as("jane")
	jane.patch("/me/mailboxSettings", m{"automaticRepliesSetting": m{"status": "alwaysEnabled", "internalReplyMessage": "Away"}}).is(200)
	for _, f := range []exchange.Fault{{Name: "bounce", Value: "nobody@fabrikam.test"}, {Name: "sent-items-delay", Mailbox: "workflow", Value: "600000"}} {
		if err := o.x.Plant(f); err != nil {
			t.Fatal(err)
		}
	}
	draft := wf.post("/me/messages", message("Late", "jane@contoso.test", "nobody@fabrikam.test")).is(201).text("id")
	wf.post("/me/messages/"+draft+"/send", nil).is(202)
	wf.get("/me/messages/"+draft).refused(404, "ErrorItemNotFound")
	jane.get("/me/messages").is(200) // by now it has arrived
	var subjects []string
	for _, one := range wf.get("/me/mailFolders/inbox/messages?$orderby=subject&$select=subject,internetMessageHeaders").is(200).list() {
		subjects = append(subjects, one["subject"].(string))
		if !strings.Contains(fmt.Sprint(one["internetMessageHeaders"]), "auto-replied") {
			t.Errorf("%s does not say that it is a machine's", one["subject"])
		}
	}
	if fmt.Sprint(subjects) != "[Automatic reply: Late Undeliverable: Late]" {
		t.Errorf("came back: %v", subjects)
	}
}

func TestAttachmentsAreExpandedAsAsked(t *testing.T) {
	o := newCloud(t)
	wf := o.as("workflow")
	in := message("x", "jane@contoso.test")
	in["attachments"] = []m{{"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "QQ=="}}
	id := wf.post("/me/messages", in).is(201).text("id")
	if r := wf.get("/me/messages/" + id + "?$expand=attachments($select=name)").is(200); strings.Contains(r.raw, "contentBytes") || !strings.Contains(r.raw, "a.txt") {
		t.Error(r.raw)
	}
	if r := wf.get("/me/messages/" + id + "?$expand=attachments").is(200); !strings.Contains(r.raw, "QQ==") {
		t.Error(r.raw)
	}
	wf.get("/me/messages/"+id+"?$expand=attachments($select=nonsense)").refused(400, "RequestBroker--ParseUri")
	wf.get("/me/messages/"+id+"?$expand=attachments($filter=name eq 'a')").refused(400, "BadRequest")
	if r := wf.get("/me/messages/" + id + "/attachments/$count").is(200); r.raw != "1" {
		t.Errorf("counted %q", r.raw)
	}
}

func TestBatchesAreRefusedWhole(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	get := func(id string, more m) m {
		r := m{"id": id, "method": "GET", "url": "/me/messages"}
		for k, v := range more {
			r[k] = v
		}
		return r
	}
	for name, requests := range map[string][]m{"none": {}, "twice": {get("1", nil), get("1", nil)}, "no id": {get("", nil)}, "no url": {get("1", m{"url": ""})},
		"backwards": {get("1", m{"dependsOn": []string{"2"}}), get("2", nil)}, "itself": {get("1", m{"dependsOn": []string{"1"}})}} {
		if r := jane.post("/$batch", m{"requests": requests}); r.status != 400 {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	r := jane.post("/$batch", m{"requests": []m{get("1", m{"url": "/$batch", "method": "POST"}), get("2", m{"method": "BREW"}), get("3", m{"url": "/me/nonsense"}), get("4", m{"url": "http://elsewhere.test/me"})}}).is(200)
	for i, want := range []float64{400, 405, 400, 400} {
		if one := jsonObject(r.body["responses"].([]any)[i].(map[string]any)); one["status"] != want {
			t.Errorf("request %d: %v", i+1, one)
		}
	}
	(&caller{cloud: o}).post("/$batch", m{"requests": []m{get("1", nil)}}).refused(401, "InvalidAuthenticationToken")
}

func TestSubscriptionsExpireAndAreToldOfTheirLife(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	h := newHook(t, func(token string) string { return token })
	in := m{"changeType": "created,updated", "notificationUrl": h.URL, "lifecycleNotificationUrl": h.URL + "/life", "resource": "/me/contacts",
		"expirationDateTime": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
	sub := jane.post("/subscriptions", in).is(201)
	k := jane.post("/me/contacts", m{"givenName": "Eve"}).is(201)
	if got := <-h.got; !strings.Contains(got, k.text("id")) || !strings.Contains(got, "#Microsoft.Graph.Contact") {
		t.Errorf("told %s", got)
	}
	if err := o.graph.TellLifecycle(t.Context(), "reauthorizationRequired"); err != nil {
		t.Fatal(err)
	}
	if got := <-h.got; !strings.HasPrefix(got, "/life ") || !strings.Contains(got, "reauthorizationRequired") {
		t.Errorf("told %s", got)
	}
	jane.do("POST", "/subscriptions/"+sub.text("id")+"/reauthorize", nil).is(204)
	if err := o.graph.TellLifecycle(t.Context(), "nonsense"); err == nil {
		t.Error("a lifecycle event that there is not")
	}
	o.graph.mu.Lock()
	o.graph.subs[sub.text("id")].until = time.Now().Add(-time.Second)
	o.graph.mu.Unlock()
	jane.get("/subscriptions/"+sub.text("id")).refused(404, "ResourceNotFound")
	jane.post("/me/contacts", m{"givenName": "Late"}).is(201)
	jane.patch("/subscriptions/"+sub.text("id"), m{"expirationDateTime": in["expirationDateTime"]}).refused(404, "ResourceNotFound")
	select {
	case got := <-h.got:
		t.Errorf("told after its end: %s", got)
	default:
	}
	for field, value := range map[string]any{"changeType": "opened", "clientState": strings.Repeat("x", 129), "includeResourceData": true, "resource": "/me/drive/root",
		"expirationDateTime": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "notificationUrl": "ftp://x"} {
		bad := m{}
		for k, v := range in {
			bad[k] = v
		}
		bad[field] = value
		if r := jane.post("/subscriptions", bad); r.status != 400 {
			t.Errorf("%s %v: %d %s", field, value, r.status, r.raw)
		}
	}
}
