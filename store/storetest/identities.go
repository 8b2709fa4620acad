package storetest

import (
	"testing"

	"github.com/signoffhq/signoff/store"
)

// fillIdentities writes what there is about an account and a group besides
// themselves, and a setting.
func fillIdentities(t *testing.T, s *store.Store, a store.Account, g store.Group, name string) {
	t.Helper()
	ctx := t.Context()
	must(t, s.Link(ctx, store.IdentityLink{Source: "entra:t", Subject: "o" + name, Account: a.ID, Label: "ana@contoso.test"}))
	must(t, s.LinkGroup(ctx, store.GroupLink{Source: "entra:t", External: "g" + name, Group: g.ID, Label: "Finance"}))
	outer, err := s.CreateGroup(ctx, store.Group{Name: "Staff", Key: "staff" + name, Role: true, About: "all of them"})
	must(t, err)
	must(t, s.Nest(ctx, outer.ID, g.ID, "entra:t", true))
	_, err = s.SetMembershipsVia(ctx, "entra:t", a.ID, []int64{outer.ID})
	must(t, err)
	_, err = s.SaveSetting(ctx, store.Setting{Name: "trust" + name, By: a.Principal(), Body: []byte(`{"issuers":[]}`)},
		store.Change{By: a.Principal(), How: "basic", What: "trust", Before: []byte(`{}`), After: []byte(`{"issuers":[]}`)})
	must(t, err)
}
