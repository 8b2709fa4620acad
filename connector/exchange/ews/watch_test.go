package ews_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	served "github.com/signoffhq/signoff/sandbox/exchange/ews"
)

// listener is somebody who watches an inbox.
type listener struct {
	f     *firm
	box   exchange.Backend
	sent  *asked
	state string
}

func (f *firm) listener(login string) *listener {
	f.t.Helper()
	b, sent := f.own(login)
	l := &listener{f: f, box: b, sent: sent}
	c, err := b.Sync(f.t.Context(), "inbox", "")
	if err != nil {
		f.t.Fatal(err)
	}
	l.state = c.State
	sent.answered = make(chan string, 1000)
	return l
}

// hears sends a mail once the stream is open, and waits until Watch returns.
func (l *listener) hears(subject string) {
	l.f.t.Helper()
	done := make(chan error, 1)
	go func() { done <- l.box.Watch(l.f.t.Context(), "inbox", l.state) }()
	for op := range l.sent.answered {
		if op == "GetStreamingEvents" {
			break
		}
	}
	ana, _ := l.f.own("ana")
	if _, err := l.f.Post(ana).SendNew(l.f.t.Context(), exchangetest.NewMail(subject, "jane"), nil, false); err != nil {
		l.f.t.Fatal(err)
	}
	if err := <-done; err != nil {
		l.f.t.Fatal(err)
	}
	c, err := l.box.Sync(l.f.t.Context(), "inbox", l.state)
	if err != nil || len(c.New) != 1 || c.New[0].Subject != subject {
		l.f.t.Errorf("%+v %v", c.New, err)
	}
	l.state = c.State
}

func TestNewMailIsHeardOfThroughOneSubscription(t *testing.T) {
	f := newFirm(t)
	f.plantEWS(served.Fault{Name: "affinity"}) // another back end answers those without the cookie
	l := f.listener("jane")
	before := len(f.Pauses())
	l.hears("one")
	l.hears("two")
	if n := l.sent.count("Subscribe"); n != 1 {
		t.Errorf("subscribed %d times", n)
	}
	if got := f.Pauses()[before:]; len(got) != 0 {
		t.Errorf("asked in turns: %v", got)
	}
	ana, _ := f.own("ana")
	if _, err := f.Post(ana).SendNew(t.Context(), exchangetest.NewMail("between", "jane"), nil, false); err != nil {
		t.Fatal(err)
	}
	if err := l.box.Watch(t.Context(), "inbox", l.state); err != nil { // it came before: nobody waits
		t.Error(err)
	}
	if err := l.box.Watch(t.Context(), "inbox", ""); err != nil {
		t.Error(err)
	}
}

func TestStreamsThatBreakAndSubscriptionsThatGoAreMended(t *testing.T) {
	f := newFirm(t)
	l := f.listener("jane")
	for i, fault := range []string{"stream-stops", "notifications-lost", "notifications-twice"} {
		f.Plant(fault, "jane", "", 1)
		l.hears(fmt.Sprint(i))
	}
	before := l.sent.count("Subscribe")
	f.Plant("subscription-removed", "jane", "", 1)
	l.hears("after it went")
	if n := l.sent.count("Subscribe") - before; n != 1 {
		t.Errorf("subscribed anew %d times", n)
	}
}

func TestWhereNobodyMayListenMailIsAskedForInTurns(t *testing.T) {
	f := newFirm(t)
	l := f.listener("jane")
	f.plantEWS(served.Fault{Name: "item-error", Operation: "Subscribe", Value: "ErrorExceededSubscriptionCount"})
	before := len(f.Pauses())
	if err := l.box.Watch(t.Context(), "inbox", l.state); err != nil {
		t.Fatal(err)
	}
	if got := f.Pauses()[before:]; len(got) != 10 || got[0] != 30*time.Second {
		t.Errorf("asked %v", got)
	}
	f.EWS.Clear("")
	f.plantEWS(served.Fault{Name: "fault", Operation: "GetStreamingEvents", Value: "ErrorInvalidRequest"})
	before = len(f.Pauses())
	if err := l.box.Watch(t.Context(), "inbox", l.state); err != nil || len(f.Pauses())-before != 10 {
		t.Errorf("asked %v, %v", f.Pauses()[before:], err)
	}
}

func TestAStreamThatSaysNothingIsGivenUp(t *testing.T) {
	for name, say := range map[string]string{
		"silence": `<m:ConnectionStatus xmlns:m="urn:m">OK</m:ConnectionStatus>`,
		"sense":   `<m:Notifications xmlns:m="urn:m"><m:Notification><t:StatusEvent xmlns:t="urn:t"/></m:Notification></m:Notifications>`,
	} {
		f := newFake(t, func(w http.ResponseWriter, r *http.Request, op string) {
			switch op {
			case "Subscribe":
				http.SetCookie(w, &http.Cookie{Name: "X-BackEndOverrideCookie", Value: "be1"})
				answer(w, op, `<m:SubscriptionId>S</m:SubscriptionId>`)
			case "SyncFolderItems":
				answer(w, op, `<m:SyncState>AAAA</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes/>`)
			default:
				if !strings.Contains(r.Header.Get("Cookie"), "be1") {
					t.Error("the cookie is missing")
				}
				answer(w, op, say)
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				<-r.Context().Done()
			}
		})
		ews.SetSilence(f.system, 50*time.Millisecond)
		if err := f.box().Watch(t.Context(), "inbox", "AAAA"); err != nil || f.paused.Load() != 1 {
			t.Errorf("%s: paused %d times, %v", name, f.paused.Load(), err)
		}
	}
}
