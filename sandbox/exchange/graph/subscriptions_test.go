package graph

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// hook is somebody who takes notifications.
type hook struct {
	*httptest.Server
	got chan string
}

func newHook(t *testing.T, reflect func(string) string) *hook {
	h := &hook{got: make(chan string, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("validationToken"); token != "" {
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, reflect(token))
			return
		}
		text, _ := io.ReadAll(r.Body)
		h.got <- r.URL.Path + " " + string(text)
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(h.Close)
	return h
}

func TestSubscriptionsAreValidatedNotifyAndEnd(t *testing.T) {
	o := newCloud(t)
	wf, jane := o.as("workflow"), o.as("jane")
	h := newHook(t, func(token string) string { return token })
	in := m{"changeType": "created", "notificationUrl": h.URL + "/hook", "lifecycleNotificationUrl": h.URL + "/life", "resource": "/me/mailFolders('inbox')/messages",
		"expirationDateTime": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "clientState": "secret"}
	sub := jane.post("/subscriptions", in).is(201)
	wf.post("/me/sendMail", m{"message": message("ping", "jane@contoso.test")}).is(202)
	got := <-h.got
	id := jane.get("/me/messages").list()[0]["id"].(string)
	for _, part := range []string{"/hook ", `"clientState":"secret"`, `"changeType":"created"`, `"subscriptionId":"` + sub.text("id"), `"id":"` + id} {
		if !strings.Contains(got, part) {
			t.Errorf("the notification lacks %s: %s", part, got)
		}
	}
	wf.get("/subscriptions/"+sub.text("id")).refused(404, "ResourceNotFound")
	later := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	if r := jane.patch("/subscriptions/"+sub.text("id"), m{"expirationDateTime": later.Format(time.RFC3339)}).is(200); r.at("expirationDateTime") != later.Format(time.RFC3339Nano) {
		t.Errorf("renewed: %s", r.raw)
	}
	if err := o.x.Plant(exchange.Fault{Name: "notifications-lost", Times: 1}); err != nil {
		t.Fatal(err)
	}
	wf.post("/me/sendMail", m{"message": message("lost", "jane@contoso.test")}).is(202)
	if got := <-h.got; !strings.Contains(got, "/life ") || !strings.Contains(got, `"lifecycleEvent":"missed"`) {
		t.Errorf("what was lost is told as %s", got)
	}
	jane.do("DELETE", "/subscriptions/"+sub.text("id"), nil).is(204)
	if n := len(jane.get("/subscriptions").list()); n != 0 {
		t.Errorf("%d are left", n)
	}
	liar := newHook(t, func(string) string { return "no" })
	in["notificationUrl"] = liar.URL
	jane.post("/subscriptions", in).refused(400, "ValidationError")
	in["notificationUrl"], in["expirationDateTime"] = h.URL, time.Now().AddDate(0, 1, 0).UTC().Format(time.RFC3339)
	jane.post("/subscriptions", in).refused(400, "InvalidRequest")
	in["expirationDateTime"], in["resource"] = later.Format(time.RFC3339), "users/bob@contoso.test/messages"
	jane.post("/subscriptions", in).refused(403, "ErrorAccessDenied")
}
