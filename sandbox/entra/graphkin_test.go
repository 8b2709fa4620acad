package entra

import (
	"fmt"
	"strings"
	"testing"
)

func TestGraphCastsChecksAndExpands(t *testing.T) {
	s := open(t)
	get := func(path string) reply { t.Helper(); return s.graphCall("GET", path, nil) }
	var staff, approvers string
	for _, g := range get("/groups").must(t).json["value"].([]any) {
		m := g.(map[string]any)
		switch m["displayName"] {
		case "All Staff":
			staff = m["id"].(string)
		case "Approvers":
			approvers = m["id"].(string)
		}
	}
	count := func(path string) int { t.Helper(); return len(get(path).must(t).json["value"].([]any)) }
	if u, g := count("/groups/"+staff+"/transitiveMembers/microsoft.graph.user"), count("/groups/"+staff+"/members/microsoft.graph.group"); u != 3 || g != 2 {
		t.Errorf("%d people, %d groups", u, g)
	}
	if r := get("/groups/" + staff + "/members/microsoft.graph.nonsense"); r.status != 400 {
		t.Errorf("a cast to nonsense: %s", r.text)
	}
	jane := "/users/jane@contoso.test"
	r := s.graphCall("POST", jane+"/checkMemberGroups", map[string]any{"groupIds": []string{approvers, newGUID()}}).must(t)
	if fmt.Sprint(r.json["value"]) != "["+approvers+"]" {
		t.Errorf("jane's groups: %s", r.text)
	}
	if r := s.graphCall("POST", jane+"/checkMemberGroups", map[string]any{"groupIds": []string{}}); r.status != 400 {
		t.Errorf("no groups: %s", r.text)
	}
	ana := get("/users('ana@contoso.test')?$select=id&$expand=manager($levels=max;$select=displayName)").must(t).text
	if i, j := strings.Index(ana, "Jane Doe"), strings.Index(ana, "Bob Stone"); i < 0 || j < 0 || strings.Contains(ana, "givenName") {
		t.Errorf("the chain is %s", ana)
	}
	for path, want := range map[string]int{jane + "?$expand=memberOf": 400, jane + "?$expand=manager($levels=0)": 400, jane + "/photo/$value": 404, "/users/nobody@contoso.test/photo": 404} {
		if r := get(path); r.status != want {
			t.Errorf("%s: %d %s", path, r.status, r.text)
		}
	}
}
