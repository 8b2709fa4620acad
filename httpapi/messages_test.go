package httpapi_test

import (
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/httpapi/apitest"
)

func TestMessagesAreSeenByTheirSenderAndByAdministrators(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	ana, bob, admin := as(w, "ana"), as(w, "bob"), as(w, "admin")
	m, err := ana.SendMessage(ctx, api.SendMessage{Name: "paid", Key: "1", ID: "m1", Vars: map[string]any{"sum": 1}})
	must(t, err)
	if m.State != "waiting" || m.Until == nil || m.ID != "m1" {
		t.Fatalf("%+v", m)
	}
	again, err := ana.SendMessage(ctx, api.SendMessage{Name: "paid", Key: "1", ID: "m1", Vars: map[string]any{"sum": 1}})
	must(t, err)
	if again.Number != m.Number {
		t.Fatalf("taken in twice: %+v", again)
	}
	if _, err := ana.SendMessage(ctx, api.SendMessage{Name: "paid", Key: "2", ID: "m1"}); code(err) != "message-id-reused" {
		t.Fatal(err)
	}
	for who, want := range map[*client.Client]int{ana: 1, bob: 0, admin: 1} {
		l, err := who.Messages(ctx, "waiting", client.Paging{})
		must(t, err)
		if len(l.Items) != want {
			t.Errorf("%d messages, want %d", len(l.Items), want)
		}
	}
	s, err := ana.SendSignal(ctx, api.SendSignal{Name: "closing"})
	must(t, err)
	if s.Told == nil || *s.Told != 0 || s.State != "sent" {
		t.Fatalf("%+v", s)
	}
}
