package storetest

import (
	"testing"
	"time"

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
	_, err = s.NoteNewcomer(ctx, store.Newcomer{Source: "entra:t", Subject: "n" + name, Login: "new", Name: "New", First: noon, Last: noon, Times: 1})
	must(t, err)
	_, err = s.PutTicket(ctx, "k"+name, []byte("body"), noon.Add(time.Hour), noon)
	must(t, err)
	_, err = s.CreateAccessToken(ctx, store.AccessToken{Hash: "a" + name, Account: a.ID, Name: "report", Created: noon, Expires: noon.AddDate(0, 0, 90)}, store.Change{What: "token"})
	must(t, err)
	must(t, s.AddCallings(ctx, []store.Calling{{API: "rest", Account: a.ID, How: "bearer", Via: "contoso", Times: 3, Last: noon}}, noon))
}

// fillDirectories writes people and groups that come from elsewhere, and how far
// each of those systems has been read.
func fillDirectories(t *testing.T, s *store.Store, name string) {
	t.Helper()
	ctx, source, client := t.Context(), "ldap:"+name, "okta"+name
	_, err := s.TakePeople(ctx, source, []store.TakePerson{{
		Entry:   store.DirectoryEntry{Source: source, Subject: "p", Name: "Kim", Login: "kim", Label: "kim@contoso.test", Mark: "m"},
		Account: store.Account{Name: "Kim"}, Logins: []string{"kim" + name}, Words: func(store.Account) []string { return []string{"kim"} },
	}})
	must(t, err)
	group := store.Group{Name: "Sales", Key: "sales" + name, Source: source}
	_, err = s.TakeGroup(ctx, source, store.TakeGroup{Entry: store.DirectoryEntry{Source: source, Subject: "g", Group: true, Name: "Sales", Mark: "m"},
		Group: group, Fallback: group, Members: []string{"p"}})
	must(t, err)
	must(t, s.SetDirectoryState(ctx, source, store.DirectoryState{Mark: "usn=7", Whole: noon, Agreed: true}))
	_, err = s.BeginDirectoryRun(ctx, store.DirectoryRun{Source: source, Node: "a", How: "schedule", State: "running", Began: noon, Body: []byte(`{}`)})
	must(t, err)
	must(t, s.MoveGraphPlace(ctx, store.GraphPlace{Source: "entra:" + name, Kind: "users", Link: "next", Pages: 1, Since: noon}, []string{"p"}, false))
	_, err = s.SCIMCreate(ctx, store.SCIMResource{Client: client, ID: "u", Key: "kim", Label: "Kim", Created: noon, Changed: noon, Body: []byte(`{}`)}, nil, false)
	must(t, err)
	_, err = s.SCIMCreate(ctx, store.SCIMResource{Client: client, ID: "g", Group: true, Key: "sales", Label: "Sales", Created: noon, Changed: noon, Body: []byte(`{}`)},
		&store.SCIMMembers{Whole: true, Came: []string{"u"}}, false)
	must(t, err)
	_, err = s.SCIMAddToken(ctx, store.SCIMToken{Hash: "s" + name, Client: client, Ending: "x", Created: noon}, store.Change{What: "scim-token"})
	must(t, err)
}
