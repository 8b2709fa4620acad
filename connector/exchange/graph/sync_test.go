package graph_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/connector/exchange"
)

// drain syncs until there is no more.
func drain(t *testing.T, b exchange.Backend, state string) (subjects []string, next string, anew bool) {
	t.Helper()
	for range 100 {
		c, err := b.Sync(t.Context(), "inbox", state)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range c.New {
			if m.MessageID == "" || m.From.Address == "" || m.Received.IsZero() {
				t.Errorf("%+v cannot be told apart", m)
			}
			subjects = append(subjects, m.Subject)
		}
		anew = anew || c.Anew
		state = c.State
		if !c.More {
			return subjects, state, anew
		}
	}
	t.Fatal("it never ends")
	return
}

func TestSyncTellsWhatCameAndNothingTwice(t *testing.T) {
	f := newFirm(t)
	ana, _ := f.own("ana")
	jane, asked := f.own("jane")
	send := func(subject string) {
		t.Helper()
		if _, err := f.post(ana).SendNew(t.Context(), newMail(subject, "jane"), nil, false); err != nil {
			t.Fatal(err)
		}
	}
	send("one")
	send("two")
	got, state, anew := drain(t, jane, "")
	if !slices.Equal(got, []string{"one", "two"}) || anew {
		t.Fatalf("%v anew %v", got, anew)
	}
	if got, state, _ = drain(t, jane, state); len(got) != 0 {
		t.Fatalf("again %v", got)
	}
	page, err := jane.Mails(t.Context(), exchange.MailQuery{})
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	if _, err := jane.ChangeMail(t.Context(), page.Items[0].ID, exchange.MailChange{Read: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, err := jane.MoveMail(t.Context(), page.Items[1].ID, "archive"); err != nil {
		t.Fatal(err)
	}
	send("three")
	if err := jane.Watch(t.Context(), "inbox", state); err != nil {
		t.Fatal(err)
	}
	before := asked.count("delta")
	if got, state, _ = drain(t, jane, state); !slices.Equal(got, []string{"three"}) || asked.count("delta") == before {
		t.Fatalf("after marking and moving: %v", got)
	}
	paused := len(f.pauses())
	if err := jane.Watch(t.Context(), "inbox", state); err != nil || len(f.pauses())-paused != 60 {
		t.Errorf("watched %d times: %v", len(f.pauses())-paused, err)
	}
}

func TestAForgottenStateBeginsAnew(t *testing.T) {
	f := newFirm(t)
	ana, _ := f.own("ana")
	jane, asked := f.own("jane")
	if _, err := f.post(ana).SendNew(t.Context(), newMail("one", "jane"), nil, false); err != nil {
		t.Fatal(err)
	}
	_, state, _ := drain(t, jane, "")
	f.plant("delta-expired", "jane", "", 1)
	got, next, anew := drain(t, jane, state)
	if !slices.Equal(got, []string{"one"}) || !anew || next == "" {
		t.Errorf("%v anew %v", got, anew)
	}
	for _, bad := range []string{"https://evil.test/v1.0/me/mailFolders/inbox/messages/delta?$deltatoken=x", "nonsense", "%",
		f.Entra.URL() + "/v1.0/users/bob/messages?$deltatoken=x", f.Entra.URL() + "/v1.0/me/mailFolders('inbox')/messages/delta?$deltatoken=broken", strings.Repeat("x", 70<<10)} {
		if got, _, anew := drain(t, jane, bad); len(got) != 1 || !anew {
			t.Errorf("%.60s: %v anew %v", bad, got, anew)
		}
	}
	if n := asked.count("bob"); n != 0 {
		t.Error("a state led to another mailbox")
	}
}

func TestHalfASyncIsReadAgain(t *testing.T) {
	n := 0
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if n++; n == 1 {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"value":[{"id":"A"},`))
			return
		}
		answer(w, 200, map[string]any{"value": []any{map[string]any{"id": "A"}, map[string]any{"id": "B", "@removed": map[string]any{"reason": "deleted"}}}, "@odata.deltaLink": "http://" + r.Host + "/v1.0/me/mailFolders('x')/messages/delta?$deltatoken=1"})
	})
	c, err := f.box().Sync(t.Context(), "inbox", "")
	if err != nil || len(c.New) != 1 || len(c.Gone) != 1 || c.More {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		answer(w, 200, map[string]any{"value": []any{}})
	}).box().Sync(t.Context(), "inbox", ""); err == nil {
		t.Error("a page without a link was taken")
	}
}
