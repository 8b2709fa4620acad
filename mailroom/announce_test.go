package mailroom

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

func TestAnAnnouncementIsOneMailWithOneButton(t *testing.T) {
	o := openOffice(t)
	a := Announcement{Key: "office/2026-11-23", To: []signoff.Principal{"user:3", "user:9", "user:3"}, Title: "Connect your account to Exchange",
		Text: []string{"{user:2} has to connect their account to Exchange."}, Path: "/connect/0123", Button: "Connect Exchange"}
	for range 3 { // told again, it is not sent again
		if err := o.room.Announce(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	o.send()
	got := o.inbox("jane")
	if len(got) != 1 || got[0].Subject != a.Title {
		t.Fatalf("Jane has %+v", got)
	}
	for _, want := range []string{"Ana Silva has to connect their account to Exchange.", "/connect/0123", "Connect Exchange"} {
		if !strings.Contains(got[0].Text, want) {
			t.Errorf("no %q in\n%s", want, got[0].Text)
		}
	}
	if n := strings.Count(got[0].Text, "://"); n != 1 || !got[0].HasHTML {
		t.Errorf("%d buttons in\n%s", n, got[0].Text)
	}
	a.Key = "office/2026-11-24"
	if err := o.room.Announce(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	o.send()
	if n := o.count("jane"); n != 2 {
		t.Errorf("the next day Jane has %d mails", n)
	}
}
