package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

var scimTests = map[string]func(*testing.T, *store.Store){
	"what a SCIM client wrote is found again":             scimFound,
	"of two SCIM users one has the name":                  scimNames,
	"a stale change of a SCIM resource changes nothing":   scimStale,
	"members of a SCIM group come and go":                 scimMembers,
	"what was deleted over SCIM is forgotten when taken":  scimGone,
	"a SCIM client has two tokens at most":                scimTokens,
	"the place in a directory's changes survives":         graphPlaces,
	"who a whole round did not tell of is known to be so": graphUntold,
}

func scimUser(t *testing.T, s *store.Store, name string) store.SCIMResource {
	t.Helper()
	r, err := s.SCIMCreate(t.Context(), store.SCIMResource{Client: "okta", ID: "id-" + name, Key: name, Label: name, External: "x-" + name, Body: []byte(`{"userName":"` + name + `"}`)}, nil, false)
	must(t, err)
	return r
}

func scimGroup(t *testing.T, s *store.Store, name string, members ...string) store.SCIMResource {
	t.Helper()
	r, err := s.SCIMCreate(t.Context(), store.SCIMResource{Client: "okta", ID: "id-" + name, Group: true, Key: name, Label: name, Body: []byte(`{}`)},
		&store.SCIMMembers{Whole: true, Came: members}, false)
	must(t, err)
	return r
}

func scimIDs(list []store.SCIMResource, err error) string {
	if err != nil {
		return err.Error()
	}
	var ids []string
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return fmt.Sprint(ids)
}

func scimFound(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for _, name := range []string{"ana", "bob", "jane"} {
		scimUser(t, s, name)
	}
	scimGroup(t, s, "sales", "id-ana", "id-bob")
	_, err := s.SCIMCreate(ctx, store.SCIMResource{Client: "other", ID: "id-o", Key: "ana", Label: "ana", Body: []byte(`{}`)}, nil, false)
	must(t, err)
	r, ok, err := s.SCIMResourceByID(ctx, "okta", "id-ana")
	if err != nil || !ok || r.Rev != 1 || r.Created.IsZero() || !r.Created.Equal(r.Changed) || string(r.Body) != `{"userName":"ana"}` || r.Group || r.External != "x-ana" {
		t.Errorf("%+v %v %v", r, ok, err)
	}
	if _, ok, _ := s.SCIMResourceByID(ctx, "other", "id-ana"); ok {
		t.Error("one client sees what another wrote")
	}
	for want, got := range map[string]string{
		"[id-ana]":         scimIDs(s.SCIMByKey(ctx, "okta", false, "ana", 10)),
		"[id-bob]":         scimIDs(s.SCIMByExternal(ctx, "okta", false, "x-bob", 10)),
		"[id-sales]":       scimIDs(s.SCIMWithMember(ctx, "okta", "id-bob", 10)),
		"[id-bob id-jane]": scimIDs(s.SCIMPage(ctx, "okta", false, 1, 10)),
		"[id-jane]":        scimIDs(s.SCIMPage(ctx, "okta", false, 2, 1)),
		"[]":               scimIDs(s.SCIMPage(ctx, "okta", false, 3, 10)),
		"[id-ana id-bob]":  scimIDs(s.SCIMAfter(ctx, "okta", false, 0, 2)),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if n, err := s.SCIMCount(ctx, "okta", false); n != 3 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	must(t, s.SCIMForget(ctx, "okta"))
	if n, _ := s.SCIMCount(ctx, "okta", false); n != 0 {
		t.Errorf("%d are left", n)
	}
	if n, _ := s.SCIMCount(ctx, "other", false); n != 1 {
		t.Errorf("%d of another client", n)
	}
}

func scimNames(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ana := scimUser(t, s, "ana")
	_, err := s.SCIMCreate(ctx, store.SCIMResource{Client: "okta", ID: "id-2", Key: "ana", Label: "Ana", Body: []byte(`{}`)}, nil, false)
	if signoff.CodeOf(err) != "scim-taken" {
		t.Error(err)
	}
	bob := scimUser(t, s, "bob")
	bob.Key = "ana"
	if _, err := s.SCIMSave(ctx, bob, nil); signoff.CodeOf(err) != "scim-taken" {
		t.Error(err)
	}
	ana.Label = "ANA" // its own name may be written otherwise
	if _, err := s.SCIMSave(ctx, ana, nil); err != nil {
		t.Error(err)
	}
	must(t, s.SCIMDelete(ctx, "okta", ana.ID, 0))
	bob.Key = "ana"
	if _, err := s.SCIMSave(ctx, bob, nil); err != nil {
		t.Errorf("the name of one who is gone: %v", err)
	}
	scimGroup(t, s, "sales")
	if _, err := s.SCIMCreate(ctx, store.SCIMResource{Client: "okta", ID: "id-3", Group: true, Key: "sales", Body: []byte(`{}`)}, nil, false); err != nil {
		t.Errorf("groups may have one name: %v", err)
	}
}

func scimStale(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ana := scimUser(t, s, "ana")
	second := ana
	second.Label = "second"
	now, err := s.SCIMSave(ctx, second, nil)
	if err != nil || now.Rev != 2 {
		t.Fatal(err)
	}
	if _, err := s.SCIMSave(ctx, ana, nil); signoff.CodeOf(err) != "stale" {
		t.Error(err)
	}
	if err := s.SCIMDelete(ctx, "okta", ana.ID, 1); signoff.CodeOf(err) != "stale" {
		t.Error(err)
	}
	must(t, s.SCIMDelete(ctx, "okta", ana.ID, 2))
	if _, err := s.SCIMSave(ctx, now, nil); signoff.CodeOf(err) != "scim-not-found" {
		t.Error(err)
	}
	if err := s.SCIMDelete(ctx, "okta", ana.ID, 0); signoff.CodeOf(err) != "scim-not-found" {
		t.Error(err)
	}
}

func scimMembers(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for _, name := range []string{"ana", "bob", "jane"} {
		scimUser(t, s, name)
	}
	sales := scimGroup(t, s, "sales", "id-ana", "id-bob")
	scimGroup(t, s, "staff", "id-sales")
	members := func(group string) (ids []string) {
		list, err := s.SCIMMembersOf(ctx, "okta", group)
		must(t, err)
		for _, m := range list {
			ids = append(ids, m.ID)
		}
		return ids
	}
	sales, err := s.SCIMSave(ctx, sales, &store.SCIMMembers{Came: []string{"id-jane", "id-ana"}, Left: []string{"id-bob", "id-nobody"}})
	must(t, err)
	if got := members("id-sales"); !slices.Equal(got, []string{"id-ana", "id-jane"}) {
		t.Error(got)
	}
	if _, err := s.SCIMSave(ctx, sales, &store.SCIMMembers{Came: []string{"id-nobody"}}); signoff.CodeOf(err) != "scim-no-member" {
		t.Error(err)
	}
	if list, err := s.SCIMGroupsOf(ctx, "okta", "id-sales"); err != nil || len(list) != 1 || list[0].ID != "id-staff" || !list[0].Group {
		t.Errorf("%+v %v", list, err)
	}
	must(t, s.SCIMDelete(ctx, "okta", "id-jane", 0))
	if got := members("id-sales"); !slices.Equal(got, []string{"id-ana"}) {
		t.Error(got)
	}
	if _, err = s.SCIMSave(ctx, sales, &store.SCIMMembers{Whole: true}); err != nil || len(members("id-sales")) != 0 {
		t.Error(err, members("id-sales"))
	}
}

func scimGone(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ana := scimUser(t, s, "ana")
	if got := scimIDs(s.SCIMUntaken(ctx, "okta", 10)); got != "[id-ana]" {
		t.Error(got)
	}
	must(t, s.SCIMTaken(ctx, "okta", ana.ID, 1))
	if got := scimIDs(s.SCIMUntaken(ctx, "okta", 10)); got != "[]" {
		t.Error(got)
	}
	must(t, s.SCIMDelete(ctx, "okta", ana.ID, 0))
	list, err := s.SCIMUntaken(ctx, "okta", 10)
	if err != nil || len(list) != 1 || !list[0].Gone || list[0].Rev != 2 {
		t.Errorf("%+v %v", list, err)
	}
	must(t, s.SCIMTaken(ctx, "okta", ana.ID, 1)) // an older revision
	if got := scimIDs(s.SCIMUntaken(ctx, "okta", 10)); got != "[id-ana]" {
		t.Error(got)
	}
	must(t, s.SCIMTaken(ctx, "okta", ana.ID, 2))
	if got := scimIDs(s.SCIMUntaken(ctx, "okta", 10)); got != "[]" {
		t.Error(got)
	}
	again := store.SCIMResource{Client: "okta", ID: "id-new", Key: "ana2", Label: "Ana2", External: "x-ana", Body: []byte(`{}`)}
	back, err := s.SCIMCreate(ctx, again, nil, true)
	if err != nil || back.ID != ana.ID || back.Rev != 3 || back.N != ana.N {
		t.Errorf("%+v %v", back, err)
	}
	must(t, s.SCIMDelete(ctx, "okta", ana.ID, 0))
	if other, err := s.SCIMCreate(ctx, again, nil, false); err != nil || other.ID != "id-new" {
		t.Errorf("%+v %v", other, err)
	}
}

func scimTokens(t *testing.T, s *store.Store) {
	ctx := t.Context()
	add := func(hash string, expires time.Time) (store.SCIMToken, error) {
		return s.SCIMAddToken(ctx, store.SCIMToken{Hash: hash, Client: "okta", Ending: "abcd", By: "user:1", Expires: expires}, store.Change{What: "scim-token", Subject: "okta"})
	}
	first, err := add("h1", time.Time{})
	must(t, err)
	_, err = add("h2", s.Now().Add(-time.Minute)) // has run out
	must(t, err)
	third, err := add("h3", s.Now().Add(time.Hour))
	must(t, err)
	if _, err := add("h4", time.Time{}); signoff.CodeOf(err) != "scim-too-many-tokens" {
		t.Error(err)
	}
	list, err := s.SCIMTokens(ctx, "okta")
	if err != nil || len(list) != 2 || list[0].ID != first.ID || list[1].ID != third.ID {
		t.Errorf("%+v %v", list, err)
	}
	must(t, s.SCIMTokenUsed(ctx, first.ID, s.Now()))
	if k, ok, err := s.SCIMTokenByHash(ctx, "h1"); err != nil || !ok || k.Client != "okta" || k.Used.IsZero() || !k.Expires.IsZero() {
		t.Errorf("%+v %v %v", k, ok, err)
	}
	if _, ok, err := s.SCIMTokenByHash(ctx, "h4"); ok || err != nil {
		t.Error(ok, err)
	}
	if err := s.SCIMEndToken(ctx, "other", first.ID, store.Change{}); signoff.CodeOf(err) != "scim-token-not-found" {
		t.Error(err)
	}
	must(t, s.SCIMEndToken(ctx, "okta", first.ID, store.Change{What: "scim-token", Subject: "okta"}))
	if _, ok, _ := s.SCIMTokenByHash(ctx, "h1"); ok {
		t.Error("a token that was ended is there")
	}
	notes, err := s.Changes(ctx, store.ChangeFilter{What: "scim-token", Subject: "okta"}, 0, 10)
	if err != nil || len(notes) != 4 {
		t.Errorf("%d notes, %v", len(notes), err)
	}
}

func graphPlaces(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, err := s.GraphPlace(ctx, "entra:t", "users")
	if err != nil || p.Link != "" || !p.Since.IsZero() || p.Source != "entra:t" {
		t.Errorf("%+v %v", p, err)
	}
	p = store.GraphPlace{Source: "entra:t", Kind: "users", Link: "https://g/next", Whole: true, Pages: 3, Since: noon}
	must(t, s.MoveGraphPlace(ctx, p, nil, true))
	got, err := s.GraphPlace(ctx, "entra:t", "users")
	if err != nil || got != p {
		t.Errorf("%+v %v", got, err)
	}
	if got, _ := s.GraphPlace(ctx, "entra:t", "groups"); got.Link != "" {
		t.Errorf("%+v", got)
	}
}

func graphUntold(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var people []store.TakePerson
	for _, subject := range []string{"s0", "s1", "s2"} {
		people = append(people, store.TakePerson{Entry: store.DirectoryEntry{Source: "entra:t", Subject: subject, Name: subject, Login: subject, Mark: "m"},
			Account: store.Account{Name: subject}, Logins: []string{"login-" + subject}, Words: func(store.Account) []string { return nil }})
	}
	_, err := s.TakePeople(ctx, "entra:t", people)
	must(t, err)
	_, err = s.TakeGone(ctx, "entra:t", []string{"s2"})
	must(t, err)
	p := store.GraphPlace{Source: "entra:t", Kind: "users", Whole: true}
	must(t, s.MoveGraphPlace(ctx, p, []string{"s0", "s0", "s9"}, true))
	if got, err := s.GraphUntold(ctx, "entra:t", "users", "", 10); err != nil || !slices.Equal(got, []string{"s1"}) { // s2 is gone already
		t.Error(got, err)
	}
	if got, err := s.GraphUntold(ctx, "entra:t", "groups", "", 10); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	if got, _ := s.GraphUntold(ctx, "entra:t", "users", "s1", 10); len(got) != 0 {
		t.Error(got)
	}
	must(t, s.MoveGraphPlace(ctx, p, nil, true)) // a new round has told of nobody
	if got, _ := s.GraphUntold(ctx, "entra:t", "users", "", 10); len(got) != 2 {
		t.Error(got)
	}
}
