package httpapi_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/store"
)

func TestAdministratorsSeeWhoIsAtWork(t *testing.T) {
	w := apitest.Start(t)
	st := w.API.Runner.Store
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, alive := w.API.Runner.NodeID(); alive {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not join")
		}
	}
	nodes := func() []api.Node {
		var l api.List[api.Node]
		status, _, text := ask(t, w, "admin", "GET", "/api/v1/nodes", "")
		must(t, json.Unmarshal([]byte(text), &l))
		if status != 200 {
			t.Fatalf("%d %s", status, text)
		}
		return l.Items
	}
	if l := nodes(); len(l) != 1 || !l[0].Here || l[0].Late || len(l[0].Does) != 0 || l[0].Name == "" || l[0].ID == "" {
		t.Errorf("alone: %+v", l)
	}
	if !st.Shared() {
		return // there is no other
	}
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
	must(t, st.Join(t.Context(), store.Node{ID: "other", Name: "east", Version: "1.2", Started: at, Renewed: at, Until: at.Add(20 * time.Second)}))
	_, _, err := st.Acquire(t.Context(), store.MailLease, "other", at, at.Add(20*time.Second))
	must(t, err)
	want := api.Node{ID: "other", Name: "east", Version: "1.2", Started: at, Renewed: at, Late: true, Does: []string{"mail"}}
	if l := nodes(); len(l) != 2 || !reflect.DeepEqual(l[0], want) {
		t.Errorf("with another: %+v", l)
	}
}
