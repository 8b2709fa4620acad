package storetest

import (
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// fillBulk keeps an order for two incidents, one of which is done.
func fillBulk(t *testing.T, s *store.Store, name string) {
	t.Helper()
	b, err := s.CreateBulk(t.Context(), store.Bulk{Kind: "retry", By: signoff.Caller{Person: signoff.Person{Principal: "user:1"}}, Reason: name, Vars: `{"x":1}`, Made: noon},
		[]signoff.Serial{{Instance: 1, Seq: 4}, {Instance: 2, Seq: 4}})
	must(t, err)
	must(t, s.SettleBulk(t.Context(), b.ID, []store.BulkItem{{N: 1, State: "done", At: noon}}, noon))
}

// fillMigration keeps a migration of two instances, one of which could not be moved.
func fillMigration(t *testing.T, s *store.Store, name string) {
	t.Helper()
	by := signoff.Caller{Person: signoff.Person{Principal: "user:1"}}
	b, err := s.CreateMigration(t.Context(), store.Bulk{Kind: store.BulkMigrate, By: by, Workflow: 1, Reason: name, Made: noon},
		store.Migration{To: 2, From: 1, Entire: true, Stage: store.Looking, Map: map[string]string{"ask": "ask_" + name}}, []signoff.InstanceID{1, 2})
	must(t, err)
	must(t, s.SettleBulk(t.Context(), b.ID, []store.BulkItem{{N: 1, State: "failed", Code: "migration-blocked", At: noon}}, noon))
	must(t, s.StageMigration(t.Context(), b.ID, store.Looking, 1))
}
