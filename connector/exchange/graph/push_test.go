package graph_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	"github.com/signoffhq/signoff/connector/exchange/graph"
)

// next waits for a notice that fits.
func next(t *testing.T, told <-chan graph.Notice, lifecycle string) graph.Notice {
	t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		select {
		case n := <-told:
			if n.Lifecycle == lifecycle {
				return n
			}
		case <-late.C:
			t.Fatalf("nothing was told of %q", lifecycle)
		}
	}
}

func TestGraphTellsOfNewMailWithoutBeingAsked(t *testing.T) {
	f := newFirm(t)
	told := make(chan graph.Notice, 100)
	hook := httptest.NewServer(graph.Hook(func(n graph.Notice) { told <- n }))
	defer hook.Close()
	jane, _ := f.own("jane")
	ana, _ := f.own("ana")
	push := jane.(exchange.Pusher)
	s, err := push.Subscribe(t.Context(), "inbox", exchange.Push{URL: hook.URL, Secret: "s3cret"})
	if err != nil || s.ID == "" || time.Until(s.Until) < 6*24*time.Hour {
		t.Fatalf("%+v %v", s, err)
	}
	_, state, _ := exchangetest.Drain(t, jane, "")
	began := time.Now()
	if _, err := f.Post(ana).SendNew(t.Context(), exchangetest.NewMail("Push", "jane"), nil, false); err != nil {
		t.Fatal(err)
	}
	if n := next(t, told, ""); n.Subscription != s.ID || n.Secret != "s3cret" {
		t.Errorf("%+v", n)
	}
	if got, _, _ := exchangetest.Drain(t, jane, state); len(got) != 1 {
		t.Errorf("told, and %v is new", got)
	}
	t.Logf("from sending to knowing: %v", time.Since(began))
	if r, err := push.Renew(t.Context(), s.ID, f.Now().Add(2*time.Hour)); err != nil || r.Until.After(s.Until) {
		t.Errorf("%+v %v", r, err)
	}
	f.Plant("subscription-removed", "jane", "", 1)
	if _, err := f.Post(ana).SendNew(t.Context(), exchangetest.NewMail("Removed", "jane"), nil, false); err != nil {
		t.Fatal(err)
	}
	next(t, told, "subscriptionRemoved")
	if _, err := push.Renew(t.Context(), s.ID, f.Now().Add(time.Hour)); !exchange.Gone(err) {
		t.Errorf("renewed: %v", err)
	}
	if s, err = push.Subscribe(t.Context(), "inbox", exchange.Push{URL: hook.URL, Secret: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	f.Plant("notifications-lost", "jane", "", 1)
	if _, err := f.Post(ana).SendNew(t.Context(), exchangetest.NewMail("Lost", "jane"), nil, false); err != nil {
		t.Fatal(err)
	}
	next(t, told, "missed")
	if err := push.Unsubscribe(t.Context(), s.ID); err != nil {
		t.Error(err)
	}
	if _, err := push.Subscribe(t.Context(), "inbox", exchange.Push{URL: "http://127.0.0.1:1/", Secret: "x"}); err == nil {
		t.Error("an address that nobody is at was subscribed with")
	}
}

func TestTheHookTakesNotificationsOnly(t *testing.T) {
	var told []graph.Notice
	h := graph.Hook(func(n graph.Notice) { told = append(told, n) })
	slow := &timed{ResponseRecorder: httptest.NewRecorder()}
	h.ServeHTTP(slow, httptest.NewRequest(http.MethodPost, "/hooks/graph", strings.NewReader(`{"value":[]}`)))
	if left := time.Until(slow.until); left <= 0 || left > time.Minute {
		t.Errorf("somebody may take until %s to send news", slow.until)
	}
	ask := func(method, target, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
		return w
	}
	if w := ask("POST", "/?validationToken=%3Cscript%3E1", ""); w.Code != 200 || w.Body.String() != "<script>1" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	for _, c := range []struct{ method, target, body string }{{"GET", "/", ""}, {"POST", "/?validationToken=", ""}, {"POST", "/?validationToken=" + strings.Repeat("x", 2000), ""},
		{"POST", "/", "{"}, {"POST", "/", `{}`}, {"POST", "/", `{"value":[` + strings.Repeat(" ", 600<<10) + `]}`}} {
		if w := ask(c.method, c.target, c.body); w.Code < 400 {
			t.Errorf("%s %.40s %.40s: %d", c.method, c.target, c.body, w.Code)
		}
	}
	if w := ask("POST", "/", `{"value":[{"subscriptionId":"1","clientState":"x"},{"subscriptionId":""},{"subscriptionId":"2","lifecycleEvent":"missed"}]}`); w.Code != http.StatusAccepted || len(told) != 2 || told[1].Lifecycle != "missed" {
		t.Errorf("%d %+v", w.Code, told)
	}
}

// timed notes how long a body may take.
type timed struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (d *timed) SetReadDeadline(t time.Time) error {
	d.until = t
	return nil
}
