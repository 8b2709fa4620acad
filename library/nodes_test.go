package library

import (
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// What another server deploys or grants is known here: at once when its word
// comes, and without it after a while, or when it is looked for.
func TestWhatAnotherServerChangesIsSeenHere(t *testing.T) {
	dsn := pgtest.Database(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	open := func() *Library {
		s, err := store.Open(t.Context(), dsn, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return New(s, func() time.Time { return now })
	}
	here, there := open(), open()
	if list, err := here.Workflows(t.Context(), access.System); err != nil || len(list) != 0 {
		t.Fatal(list, err)
	}
	now = now.Add(time.Second)
	d, err := there.Deploy(t.Context(), access.System, drawn("leave", "Leave"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := here.Lookup(t.Context(), access.System, d.Workflow.Key)
	if err != nil || w.ID != d.Workflow.ID {
		t.Fatalf("looked for: %+v, %v", w, err)
	}
	eve := signoff.Caller{Person: signoff.Person{Principal: "user:9"}}
	may := func() bool {
		ok, err := here.May(t.Context(), eve, access.View, w.ID)
		if err != nil {
			t.Fatal(err)
		}
		return ok.OK
	}
	grant := func(right access.Right) {
		if err := there.SetGrants(t.Context(), access.System, w.ID, []access.Grant{{Who: "user:9", Right: right}}); err != nil {
			t.Fatal(err)
		}
	}
	grant(access.View)
	if may() {
		t.Fatal("no word came, and yet it is known: this test shows nothing")
	}
	here.Heard(store.Hint{Topic: store.TopicWorkflows})
	if !may() {
		t.Fatal("the word came, and it is not known")
	}
	grant(access.Start)
	now = now.Add(catalogFor)
	if may() {
		t.Fatal("a right that was taken away is held for longer than said")
	}
}
