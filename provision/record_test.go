package provision_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/scim"
	"github.com/signoffhq/signoff/store"
)

// What a client writes is on record under its name, each thing once, however
// often it writes the same.
func TestWhatAClientWritesIsOnRecord(t *testing.T) {
	f := newFirm(t)
	f.client.Tenant = tenant
	const ana = `{"userName":"ana@contoso.test","displayName":"Ana","active":true,"externalId":"c0ca5a00-7e57-4000-8000-0000000000aa"}`
	e := f.user(ana)
	g := f.group("Sales", e)
	for range 2 {
		_, err := f.Replace(t.Context(), f.client, scim.UserKind, e.ID, nil, f.read(scim.UserKind, strings.Replace(ana, "true", "false", 1)))
		must(t, err)
	}
	_, err := f.patch(g, `[{"op":"remove","path":"members[value eq \"`+e.ID+`\"]"}]`)
	must(t, err)
	must(t, f.Delete(t.Context(), f.client, scim.GroupKind, g.ID, nil))

	list, err := f.store.Changes(t.Context(), store.ChangeFilter{}, 0, 50)
	must(t, err)
	slices.Reverse(list)
	want := []struct{ what, before, after string }{
		{"user", "", `"subject":"` + e.ID + `"`},
		{"identity-link", "", `"subject":"c0ca5a00-7e57-4000-8000-0000000000aa"`},
		{"group", "", `{"name":"Sales","source":"scim:okta","came":["ana"]}`},
		{"user", `"login":"ana"`, `"disabled":true`},
		{"group", `"name":"Sales"`, `"left":["ana"]`},
		{"group", `"name":"Sales"`, `"gone":true`},
	}
	var got []string
	for _, c := range list {
		if c.By != "directory:okta" || c.How != "scim" {
			t.Errorf("%s is said to be by %q, %q", c.What, c.By, c.How)
		}
		got = append(got, fmt.Sprintf("%s %s -> %s", c.What, c.Before, c.After))
	}
	if len(list) != len(want) {
		t.Fatalf("on record:\n%s", strings.Join(got, "\n"))
	}
	for i, w := range want {
		if c := list[i]; c.What != w.what || !strings.Contains(string(c.Before), w.before) || w.before == "" != (len(c.Before) == 0) || !strings.Contains(string(c.After), w.after) {
			t.Errorf("%s\nis not %v", got[i], w)
		}
	}
}
