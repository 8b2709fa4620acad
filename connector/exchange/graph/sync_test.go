package graph_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
)

func TestAnInboxWithoutNewsIsWatchedFiveMinutes(t *testing.T) {
	f := newFirm(t)
	jane, _ := f.own("jane")
	_, state, _ := exchangetest.Drain(t, jane, "")
	paused := len(f.Pauses())
	if err := jane.Watch(t.Context(), "inbox", state); err != nil || len(f.Pauses())-paused != 60 {
		t.Errorf("watched %d times: %v", len(f.Pauses())-paused, err)
	}
}

func TestAStateLeadsNowhereElse(t *testing.T) {
	f := newFirm(t)
	jane, asked := f.own("jane")
	for _, bad := range []string{"https://evil.test/v1.0/me/mailFolders/inbox/messages/delta?$deltatoken=x", "%",
		f.Entra.URL() + "/v1.0/users/bob/messages?$deltatoken=x", f.Entra.URL() + "/v1.0/me/mailFolders('inbox')/messages/delta?$deltatoken=broken", strings.Repeat("x", 70<<10)} {
		if _, _, anew := exchangetest.Drain(t, jane, bad); !anew {
			t.Errorf("%.60s was taken", bad)
		}
	}
	if asked.count("bob") != 0 {
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
