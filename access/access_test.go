package access

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

var (
	ana = signoff.Caller{
		Person: signoff.Person{Principal: "user:1"},
		Groups: []signoff.Principal{"group:3", signoff.Everyone}, How: "basic",
	}
	root     = signoff.Caller{Person: signoff.Person{Principal: "user:9"}, Admin: true, How: "session"}
	deployer = signoff.Caller{Person: signoff.Person{Principal: "user:8"}, Deploy: true, How: "basic"}
	actor    = signoff.Caller{Person: signoff.Person{Principal: "user:7"}, Impersonate: true, How: "bearer"}
	nobody   = signoff.Caller{}
)

func give(who signoff.Principal, r Right) []Grant { return []Grant{{Who: who, Right: r}} }

func TestMay(t *testing.T) {
	hr := Grant{Who: "group:3", Right: View, Category: "HR"}
	for _, tt := range []struct {
		name   string
		caller signoff.Caller
		right  Right
		grants []Grant
		ok     bool
		why    string
	}{
		{"nothing granted, nothing held", ana, Start, nil, false, "do not hold the right to start"},
		{"own grant", ana, Start, give("user:1", Start), true, "you hold the right to start"},
		{"somebody else's grant", ana, Start, give("user:2", Start), false, "do not hold"},
		{"a group's grant", ana, View, give("group:3", View), true, "{group:3}, which you belong to"},
		{"a category's grant", ana, View, []Grant{hr}, true, "by the category HR"},
		{"a category's grant of something else", ana, Start, []Grant{hr}, false, "do not hold"},
		{"another group's grant", ana, View, give("group:4", View), false, "do not hold"},
		{"everyone's grant", ana, Start, give(signoff.Everyone, Start), true, "everyone holds"},
		{"start is not view", ana, View, give("user:1", Start), false, "right to view"},
		{"view is not start", ana, Start, give("user:1", View), false, "right to start"},
		{"start is not finish", ana, Finish, give("user:1", Start), false, "right to finish"},
		{"finish is not view", ana, View, give("user:1", Finish), false, "right to view"},
		{"start is not administer", ana, Administer, give("user:1", Start), false, "right to administer"},
		{"view is not administer", ana, Administer, give("user:1", View), false, "right to administer"},
		{"view-own is nothing but itself", ana, Start, give("user:1", ViewOwn), false, "do not hold"},
		{"start includes view-own", ana, ViewOwn, give("user:1", Start), true, "start"},
		{"view includes view-own", ana, ViewOwn, give("user:1", View), true, "view"},
		{"finish includes view-own", ana, ViewOwn, give("user:1", Finish), true, "finish"},
		{"administer includes start", ana, Start, give("user:1", Administer), true, "administer"},
		{"administer includes view", ana, View, give("user:1", Administer), true, "administer"},
		{"administer includes finish", ana, Finish, give("user:1", Administer), true, "administer"},
		{"administer of a workflow is not the server", ana, Server, give("user:1", Administer), false, "administrators of the server"},
		{"administer of a workflow is not deploying others", ana, Deploy, give("user:1", Administer), false, "deploy new workflows"},
		{"administer of a workflow is not acting for others", ana, Impersonate, give("user:1", Administer), false, "another's name"},
		{"the server right cannot come from a grant", ana, Server, give("user:1", Server), false, "administrators of the server"},
		{"nor can deploy", ana, Deploy, give("user:1", Deploy), false, "deploy new workflows"},
		{"nor can impersonate", ana, Impersonate, give("user:1", Impersonate), false, "another's name"},
		{"a server grant gives nothing on the workflow", ana, Start, give("user:1", Server), false, "do not hold"},
		{"a later grant counts", ana, View, []Grant{{Who: "user:2", Right: View}, {Who: "user:1", Right: Start}, {Who: "group:3", Right: View}}, true, "{group:3}"},
		{"server administrator on any workflow", root, Administer, nil, true, "administrator of the server"},
		{"server administrator on the server", root, Server, nil, true, "administrator of the server"},
		{"server administrator deploys", root, Deploy, nil, true, "administrator of the server"},
		{"server administrator acts for others", root, Impersonate, nil, true, "administrator of the server"},
		{"a deployer deploys", deployer, Deploy, nil, true, "right to deploy"},
		{"a deployer is no administrator", deployer, Server, nil, false, "administrators of the server"},
		{"a deployer holds nothing on workflows", deployer, ViewOwn, nil, false, "do not hold"},
		{"a deployer acts for nobody", deployer, Impersonate, nil, false, "another's name"},
		{"who acts for others may", actor, Impersonate, nil, true, "another's name"},
		{"who acts for others deploys nothing", actor, Deploy, nil, false, "deploy new workflows"},
		{"who acts for others is no administrator", actor, Server, nil, false, "administrators of the server"},
		{"the server itself", System, Server, nil, true, "server itself"},
		{"the zero caller holds nothing", nobody, Start, give(signoff.Everyone, Administer), false, "nobody is signed in"},
		{"an empty grantee is nobody", nobody, Start, give("", Administer), false, "nobody is signed in"},
		{"an empty grantee is not ana", ana, Start, give("", Administer), false, "do not hold"},
		{"admin without a person is refused", signoff.Caller{Admin: true}, View, nil, false, "nobody is signed in"},
		{"deploy without a person is refused", signoff.Caller{Deploy: true}, Deploy, nil, false, "nobody is signed in"},
		{"a named person cannot pass as the server", signoff.Caller{Person: ana.Person, How: "system"}, Server, nil, false, "administrators"},
		{"an unknown right is nobody's", root, "fly", nil, false, `no right called "fly"`},
		{"the empty right is nobody's", ana, "", give("user:1", ""), false, `no right called ""`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := May(tt.caller, tt.right, tt.grants)
			if d.OK != tt.ok || !strings.Contains(d.Why, tt.why) {
				t.Errorf("May = %v %q, want %v with %q", d.OK, d.Why, tt.ok, tt.why)
			}
			if err := d.Err(); tt.ok && err != nil || !tt.ok && signoff.KindOf(err) != signoff.Forbidden {
				t.Errorf("Err = %v", err)
			}
		})
	}
}

func TestParsingTakesOnlyTheRightsOfThePlace(t *testing.T) {
	for _, tt := range []struct {
		parse func(string) (Right, error)
		all   []Right
		not   []string
	}{
		{ParseRight, OnWorkflows, []string{"", "server", "Start", "admin", "deploy", "impersonate"}},
		{ParseServerRight, OnServer, []string{"", "server", "start", "Deploy", "view"}},
	} {
		for _, r := range tt.all {
			if got, err := tt.parse(r.Name()); err != nil || got != r {
				t.Errorf("%s reads as %q, %v", r.Name(), got, err)
			}
		}
		for _, text := range tt.not {
			if r, err := tt.parse(text); signoff.CodeOf(err) != "unknown-right" || r != "" {
				t.Errorf("%q reads as %q, %v", text, r, err)
			}
		}
	}
}

func TestWhoActsForAnotherGainsNothingOnTheServer(t *testing.T) {
	both := signoff.Caller{Person: signoff.Person{Principal: "user:6"}, Impersonate: true, Deploy: true}
	app := signoff.Caller{Person: signoff.Person{Principal: "group:6"}}
	for _, tt := range []struct {
		name   string
		by, as signoff.Caller
		ok     bool
	}{
		{"without the right", ana, deployer, false},
		{"an administrator for anybody", root, deployer, true},
		{"an administrator for another", root, root, true},
		{"for somebody with nothing", actor, ana, true},
		{"for an administrator", actor, root, false},
		{"for a deployer", actor, deployer, false},
		{"for a deployer, being one", both, deployer, true},
		{"for somebody who acts for others", actor, both, false},
		{"for a group", root, app, false},
		{"for nobody", root, nobody, false},
	} {
		if d := MayActFor(tt.by, tt.as); d.OK != tt.ok || d.Why == "" {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
}

func TestNobodyGivesOrTakesWhatTheyDoNotHold(t *testing.T) {
	start, admin := give("user:1", Start), give("user:1", Administer)
	for _, tt := range []struct {
		name          string
		before, after []Grant
		held          []Grant
		ok            bool
	}{
		{"what one holds", nil, give("user:2", Start), start, true},
		{"what administering includes", nil, give("user:2", Finish), admin, true},
		{"what one does not hold", nil, give("user:2", View), start, false},
		{"taking what one does not hold", give("user:2", View), nil, start, false},
		{"leaving it as it is", give("user:2", View), give("user:2", View), start, true},
		{"nothing at all", nil, nil, nil, true},
	} {
		if d := MayGive(ana, tt.before, tt.after, tt.held); d.OK != tt.ok {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
}
