package inhouse

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// A workflow that an administrator starts may not what an administrator may.
func TestAWorkflowIsNotLentRightsOnTheServer(t *testing.T) {
	st, err := store.Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	people, err := identity.Open(t.Context(), st, identity.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	admin, err := people.CreateUser(t.Context(), access.System, identity.NewUser{Login: "root", Name: "Root", Email: "root@contoso.test", Password: "a long password", Admin: true, Addresses: []string{"r@other.test"}})
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{kind: (&House{People: people}).directory(), name: "people"}
	is, err := p.call(t.Context(), broker.Call{By: admin.Principal})
	if err != nil || is.by.Principal != admin.Principal || !is.by.Is(signoff.Everyone) {
		t.Fatalf("%+v %v", is.by, err)
	}
	if is.by.Admin || is.by.Deploy || is.by.Impersonate {
		t.Errorf("the workflow may what its starter may on the server: %+v", is.by)
	}
	r, err := p.Call(t.Context(), broker.Call{By: admin.Principal, Object: "Person", Method: "load", Inputs: map[string]any{"id": "root"}})
	if _, shown := r.Row["addresses"]; err != nil || r.Row["login"] != "root" || shown {
		t.Errorf("%v %v", r.Row, err)
	}
}
