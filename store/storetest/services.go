package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

var serviceTests = map[string]func(*testing.T, *store.Store){
	"a service is kept, replaced and removed":         services,
	"a stale change of a service changes nothing":     serviceStale,
	"what a service offers is replaced by who saw it": serviceObjects,
	"a version of which an instance runs is known":    versionRuns,
	"rights on a service go with it":                  serviceRights,
}

func aService(t *testing.T, s *store.Store, name string) store.Service {
	t.Helper()
	v, err := s.SaveService(t.Context(), store.Service{Name: name, Title: "Office", Type: "exchange", Mode: "service", Resource: "m365",
		Audience: "https://graph.example.test", Body: []byte(`{"keys":{}}`), By: "user:1"}, store.Change{By: "user:1", What: "service", Subject: name, After: []byte(`{}`)})
	must(t, err)
	return v
}

func services(t *testing.T, s *store.Store) {
	ctx := t.Context()
	v := aService(t, s, "office")
	if v.Rev != 1 || v.At.IsZero() || v.By != "user:1" || v.Resource != "m365" || string(v.Body) != `{"keys":{}}` || len(v.Objects) != 0 || v.ObjectsRev != 0 || !v.ObjectsAt.IsZero() {
		t.Errorf("%+v", v)
	}
	aService(t, s, "crm")
	if _, err := s.SaveService(ctx, store.Service{Name: "crm", Body: []byte(`{}`)}, store.Change{What: "service"}); signoff.CodeOf(err) != "service-exists" {
		t.Errorf("a name that is taken: %v", err)
	}
	v.Title = "The office"
	v, err := s.SaveService(ctx, v, store.Change{What: "service", Subject: "office"})
	must(t, err)
	list, err := s.Services(ctx)
	must(t, err)
	if len(list) != 2 || list[0].Name != "crm" || list[1].Title != "The office" || list[1].Rev != 2 {
		t.Errorf("%+v", list)
	}
	must(t, s.DeleteService(ctx, "office", 2, store.Change{What: "service", Subject: "office"}))
	if _, err := s.Service(ctx, "office"); signoff.CodeOf(err) != "service-not-found" {
		t.Errorf("after it was removed: %v", err)
	}
	if _, there, err := s.ServiceRevs(ctx, "office"); err != nil || there {
		t.Errorf("after it was removed: %v %v", there, err)
	}
	changes, err := s.Changes(ctx, store.ChangeFilter{What: "service", Subject: "office"}, 0, 10)
	if err != nil || len(changes) != 3 {
		t.Errorf("%d changes on record, %v", len(changes), err)
	}
}

func serviceStale(t *testing.T, s *store.Store) {
	ctx := t.Context()
	v := aService(t, s, "office")
	_, err := s.SaveService(ctx, v, store.Change{What: "service"})
	must(t, err)
	note := store.Change{What: "late"}
	if _, err := s.SaveService(ctx, v, note); signoff.CodeOf(err) != "service-changed" {
		t.Errorf("saving what was saved meanwhile: %v", err)
	}
	if err := s.DeleteService(ctx, "office", 1, note); signoff.CodeOf(err) != "service-changed" {
		t.Errorf("removing what was saved meanwhile: %v", err)
	}
	if err := s.DeleteService(ctx, "none", 1, note); signoff.CodeOf(err) != "service-not-found" {
		t.Errorf("removing what is not there: %v", err)
	}
	v.Name = "none"
	if _, err := s.SaveService(ctx, v, note); signoff.CodeOf(err) != "service-not-found" {
		t.Errorf("saving what was removed: %v", err)
	}
	if list, err := s.Changes(ctx, store.ChangeFilter{What: "late"}, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("refused changes on record: %v %v", list, err)
	}
}

func serviceObjects(t *testing.T, s *store.Store) {
	ctx := t.Context()
	aService(t, s, "office")
	must(t, s.SaveObjects(ctx, "office", 0, []byte(`[1]`), store.Change{What: "service"}))
	if err := s.SaveObjects(ctx, "office", 0, []byte(`[2]`), store.Change{What: "service"}); signoff.CodeOf(err) != "service-changed" {
		t.Errorf("the second of two who saw the same: %v", err)
	}
	revs, there, err := s.ServiceRevs(ctx, "office")
	v, err2 := s.Service(ctx, "office")
	must(t, err2)
	if err != nil || !there || v.Rev != 1 || v.ObjectsRev != 1 || revs != v.Revs() {
		t.Errorf("%v of %+v, %v %v", revs, v, there, err)
	}
	if string(v.Objects) != `[1]` || v.ObjectsAt.IsZero() {
		t.Errorf("%+v", v)
	}
	v, err = s.SaveService(ctx, v, store.Change{What: "service"})
	must(t, err)
	if string(v.Objects) != `[1]` || v.ObjectsRev != 1 || v.Revs() == revs {
		t.Errorf("objects after settings were saved: %+v", v)
	}
}

func serviceRights(t *testing.T, s *store.Store) {
	ctx := t.Context()
	aService(t, s, "office")
	grants := []access.Grant{{Who: "group:1", Right: access.Change}, {Who: "user:2", Right: access.Use}}
	set := func(name string, to []access.Grant) error {
		_, err := s.ChangeGrants(ctx, store.Place{Service: name}, store.Change{What: "right", Subject: "service:" + name},
			func([]access.Grant) ([]access.Grant, error) { return to, nil })
		return err
	}
	must(t, set("office", grants))
	if got, err := s.ServiceGrants(ctx, "office"); err != nil || fmt.Sprint(got) != fmt.Sprint(grants) {
		t.Errorf("%v %v", got, err)
	}
	if all, err := s.AllServiceGrants(ctx); err != nil || len(all) != 1 || len(all["office"]) != 2 {
		t.Errorf("%v %v", all, err)
	}
	if err := set("none", grants); signoff.CodeOf(err) != "service-not-found" {
		t.Errorf("rights on what is not there: %v", err)
	}
	must(t, set("office", grants[1:]))
	must(t, s.DeleteService(ctx, "office", 1, store.Change{What: "service"}))
	aService(t, s, "office")
	if got, err := s.ServiceGrants(ctx, "office"); err != nil || len(got) != 0 {
		t.Errorf("another service of that name: %v %v", got, err)
	}
}

func versionRuns(t *testing.T, s *store.Store) {
	g := begin(t, s)
	for _, tt := range []struct {
		version store.VersionID
		ended   bool
		want    bool
	}{{1, false, true}, {2, false, false}, {1, true, false}} {
		if tt.ended {
			g.must([]engine.Fact{ended()})
		}
		if runs, err := s.VersionRuns(t.Context(), 1, tt.version); err != nil || runs != tt.want {
			t.Errorf("%+v: %v %v", tt, runs, err)
		}
	}
}

// fillServices writes a service with what it offers, and a right on it.
func fillServices(t *testing.T, s *store.Store, name string) {
	t.Helper()
	v := aService(t, s, "office"+strings.ToLower(name))
	must(t, s.SaveObjects(t.Context(), v.Name, v.ObjectsRev, []byte(`[]`), store.Change{What: "service"}))
	_, err := s.ChangeGrants(t.Context(), store.Place{Service: v.Name}, store.Change{What: "right", Subject: "service:" + v.Name},
		func([]access.Grant) ([]access.Grant, error) {
			return []access.Grant{{Who: "user:1", Right: access.Use}}, nil
		})
	must(t, err)
}
