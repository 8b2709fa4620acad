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
