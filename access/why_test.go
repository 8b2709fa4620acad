package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

var (
	leave  = Thing{Workflow: "Leave", Category: "HR/Leave"}
	member = Subject{Caller: signoff.Caller{Person: signoff.Person{Principal: "user:1"},
		Groups: []signoff.Principal{"group:2", "group:3", "group:4", signoff.Everyone}},
		Through: map[signoff.Principal][]signoff.Principal{"group:3": {"group:2"}, "group:4": {"group:2", "group:3"}}}
	boss = Grant{Who: "user:9", Right: Server}
)

func kinds(a Answer) string {
	var out []string
	for _, l := range a.Chain {
		out = append(out, strings.TrimSpace(l.Kind+" "+string(l.Who)+l.Name))
	}
	return strings.Join(out, " > ")
}

func TestTheAnswerNamesTheWayARightComesBy(t *testing.T) {
	for _, tt := range []struct {
		name   string
		right  Right
		thing  Thing
		grants []Grant
		why    string
		chain  string
	}{
		{"by themselves", Start, leave, give("user:1", Start), "{user:1} may start Leave: as a person",
			"person user:1 > right start > workflow Leave"},
		{"through a group", View, leave, give("group:2", View), "{user:1} may view all of Leave: through {group:2}",
			"person user:1 > group group:2 > right view > workflow Leave"},
		{"through groups in groups", View, leave, give("group:4", View), "through {group:4}, by way of {group:3}, by way of {group:2}",
			"person user:1 > group group:2 > group group:3 > group group:4 > right view > workflow Leave"},
		{"as everyone", Start, leave, give(signoff.Everyone, Start), "as everyone", "person user:1 > group group:everyone > right start > workflow Leave"},
		{"by a category", Start, leave, []Grant{{Who: "group:2", Right: Start, Category: "HR"}}, "through {group:2}, by the category HR",
			"person user:1 > group group:2 > right start > category HR > workflow Leave"},
		{"by administering", Start, leave, give("user:1", Administer), "by the right to administer", "person user:1 > right administer > workflow Leave"},
		{"the nearest wins", View, leave, []Grant{{Who: "group:4", Right: View}, {Who: "group:2", Right: View, Category: "HR"}, {Who: "user:1", Right: Administer, Category: "HR"}},
			"as a person, by the right to administer, by the category HR", "person user:1 > right administer > category HR > workflow Leave"},
		{"the workflow before its category", View, leave, []Grant{{Who: "user:1", Right: View, Category: "HR"}, {Who: "user:1", Right: View}},
			"{user:1} may view all of Leave: as a person", "person user:1 > right view > workflow Leave"},
		{"on a category itself", View, Thing{Category: "HR"}, []Grant{{Who: "user:1", Right: View, Category: "HR"}},
			"{user:1} may view all of the workflows of HR: as a person", "person user:1 > right view > category HR"},
		{"on a category by the one it lies in", View, Thing{Category: "HR/Leave"}, []Grant{{Who: "user:1", Right: View, Category: "HR"}},
			"by the category HR", "person user:1 > right view > category HR > category HR/Leave"},
	} {
		a := Explain(Question{Who: member, Right: tt.right, Thing: tt.thing, Grants: tt.grants, Server: []Grant{boss}})
		if !a.OK || !strings.Contains(a.Why, tt.why) || kinds(a) != tt.chain {
			t.Errorf("%s: %v %q %q", tt.name, a.OK, a.Why, kinds(a))
		}
	}
}

func TestTheAnswerAboutTheServer(t *testing.T) {
	server := []Grant{boss, {Who: "group:3", Right: Deploy}}
	a := Explain(Question{Who: member, Right: Deploy, Server: server})
	if !a.OK || a.Why != "{user:1} may deploy new workflows: through {group:3}, by way of {group:2}" || kinds(a) != "person user:1 > group group:2 > group group:3 > right deploy > server" {
		t.Errorf("%+v", a)
	}
	a = Explain(Question{Who: member, Right: Impersonate, Server: server})
	if a.OK || !slices.Equal(a.Givers, []signoff.Principal{"user:9"}) || !slices.Equal(a.Would, []Remedy{{Right: Impersonate, On: "server"}}) {
		t.Errorf("%+v", a)
	}
	server = append(server, Grant{Who: "group:4", Right: Server})
	a = Explain(Question{Who: member, Right: Start, Thing: leave, Server: server})
	if !a.OK || !strings.Contains(a.Why, "by the right to administer the server") || !strings.HasSuffix(kinds(a), "right administer > server > workflow Leave") {
		t.Errorf("an administrator of the server: %+v", a)
	}
}

func TestANoSaysWhatWouldHelpAndWhoCould(t *testing.T) {
	grants := []Grant{{Who: "group:8", Right: View, Category: "HR"}, {Who: "user:5", Right: Administer}, {Who: signoff.Everyone, Right: Start}}
	a := Explain(Question{Who: member, Right: View, Thing: leave, Grants: grants, Server: []Grant{boss}})
	want := []Remedy{{Join: "group:8", Right: View, On: "workflow", Category: "HR"}, {Right: View, On: "workflow"}, {Right: View, On: "category", Category: "HR/Leave"}}
	if a.OK || !slices.Equal(a.Would, want) || !slices.Equal(a.Givers, []signoff.Principal{"user:5", "user:9"}) {
		t.Errorf("%+v", a)
	}
	if !strings.Contains(a.Why, "on the workflow, its category HR/Leave or the server") {
		t.Errorf("%q", a.Why)
	}
	off := member
	off.Disabled = true
	a = Explain(Question{Who: off, Right: Start, Thing: leave, Grants: grants})
	if a.OK || !strings.Contains(a.Why, "switched off") {
		t.Errorf("%+v", a)
	}
	for _, q := range []Question{{Who: member, Right: "fly", Thing: leave}, {Who: member, Right: Deploy, Thing: leave}, {Who: member, Right: Start}} {
		if a := Explain(q); a.OK || !strings.Contains(a.Why, "no right called") {
			t.Errorf("%+v", a)
		}
	}
	var many []Grant
	for i := range 100 {
		many = append(many, Grant{Who: signoff.Principal(fmt.Sprint("group:", 100+i)), Right: Administer})
	}
	if a := Explain(Question{Who: member, Right: View, Thing: leave, Grants: many}); len(a.Would) > maxRemedies || len(a.Givers) > maxGivers {
		t.Errorf("%d remedies and %d givers are too many to read", len(a.Would), len(a.Givers))
	}
}

// chance makes grants, and somebody in some groups.
func chance(r *rand.Rand) (who Subject, grants, server []Grant) {
	principals := []signoff.Principal{"user:1", "user:2", "group:1", "group:2", "group:3", signoff.Everyone}
	for range r.IntN(6) {
		g := Grant{Who: principals[r.IntN(len(principals))], Right: OnWorkflows[r.IntN(len(OnWorkflows))]}
		if r.IntN(2) == 0 {
			g.Category = []string{"HR", "HR/Leave"}[r.IntN(2)]
		}
		grants = append(grants, g)
	}
	for range r.IntN(3) {
		server = append(server, Grant{Who: principals[r.IntN(5)], Right: OnServer[r.IntN(len(OnServer))]})
	}
	who = Subject{Caller: signoff.Caller{Person: signoff.Person{Principal: "user:1"}, Groups: []signoff.Principal{signoff.Everyone}}}
	for _, g := range principals[2:5] {
		if r.IntN(2) == 0 {
			who.Groups = append(who.Groups, g)
		}
	}
	for _, g := range server {
		if who.Is(g.Who) {
			who.Admin = who.Admin || g.Right == Server
			who.Deploy = who.Deploy || g.Right == Deploy
			who.Impersonate = who.Impersonate || g.Right == Impersonate
		}
	}
	return who, grants, server
}

// Explain says yes exactly when May does, rights only grow with grants, and who
// administers may everything.
func TestRightsOnlyGrowAndExplainAgreesWithMay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	yes := 0
	for range 20_000 {
		who, grants, server := chance(r)
		more := append(slices.Clone(grants), Grant{Who: "group:2", Right: OnWorkflows[r.IntN(len(OnWorkflows))]})
		administers := May(who.Caller, Administer, grants).OK
		for _, right := range slices.Concat(OnWorkflows, OnServer) {
			thing := leave
			if onServer(right) {
				thing = Thing{}
			}
			may := May(who.Caller, right, grants)
			a := Explain(Question{Who: who, Right: right, Thing: thing, Grants: grants, Server: server})
			switch {
			case may.OK != a.OK:
				t.Fatalf("%s by %+v\n%v %v\nMay says %v %q, Explain %v %q", right, who, grants, server, may.OK, may.Why, a.OK, a.Why)
			case may.OK && !May(who.Caller, right, more).OK:
				t.Fatalf("%s is lost by a grant more: %v", right, more)
			case administers && !onServer(right) && !may.OK:
				t.Fatalf("administers and may not %s: %v", right, grants)
			case may.OK && right != ViewOwn && !onServer(right) && !May(who.Caller, ViewOwn, grants).OK:
				t.Fatalf("may %s and does not know it: %v", right, grants)
			case a.OK && (len(a.Chain) < 3 || len(a.Would) > 0) || !a.OK && (len(a.Chain) > 0 || len(a.Would) == 0):
				t.Fatalf("half an answer: %+v", a)
			}
			if a.OK {
				yes++
			}
		}
	}
	if yes < 10_000 {
		t.Errorf("only %d yes: the test looks at too little", yes)
	}
}
