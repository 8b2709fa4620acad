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
	root   = signoff.Caller{Person: signoff.Person{Principal: "user:9"}, Admin: true, How: "session"}
	nobody = signoff.Caller{}
)

func TestMay(t *testing.T) {
	grant := func(who signoff.Principal, r Right) []Grant { return []Grant{{who, r}} }
	for _, tt := range []struct {
		name   string
		caller signoff.Caller
		right  Right
		grants []Grant
		ok     bool
		why    string
	}{
		{"nothing granted, nothing held", ana, Start, nil, false, "do not hold the right to start"},
		{"own grant", ana, Start, grant("user:1", Start), true, "you hold the right to start"},
		{"somebody else's grant", ana, Start, grant("user:2", Start), false, "do not hold"},
		{"a group's grant", ana, View, grant("group:3", View), true, "{group:3}, which you belong to"},
		{"another group's grant", ana, View, grant("group:4", View), false, "do not hold"},
		{"everyone's grant", ana, Start, grant(signoff.Everyone, Start), true, "everyone holds"},
		{"start is not view", ana, View, grant("user:1", Start), false, "right to view"},
		{"view is not start", ana, Start, grant("user:1", View), false, "right to start"},
		{"start is not administer", ana, Administer, grant("user:1", Start), false, "right to administer"},
		{"view is not administer", ana, Administer, grant("user:1", View), false, "right to administer"},
		{"administer includes start", ana, Start, grant("user:1", Administer), true, "administer"},
		{"administer includes view", ana, View, grant("user:1", Administer), true, "administer"},
		{"administer of a workflow is not the server", ana, Server, grant("user:1", Administer), false, "administrators of the server"},
		{"the server right cannot come from a grant", ana, Server, grant("user:1", Server), false, "administrators of the server"},
		{"a server grant gives nothing on the workflow", ana, Start, grant("user:1", Server), false, "do not hold"},
		{"a later grant counts", ana, View, []Grant{{"user:2", View}, {"user:1", Start}, {"group:3", View}}, true, "{group:3}"},
		{"server administrator on any workflow", root, Administer, nil, true, "administrator of the server"},
		{"server administrator on the server", root, Server, nil, true, "administrator of the server"},
		{"the server itself", System, Server, nil, true, "server itself"},
		{"the zero caller holds nothing", nobody, Start, grant(signoff.Everyone, Administer), false, "nobody is signed in"},
		{"an empty grantee is nobody", nobody, Start, grant("", Administer), false, "nobody is signed in"},
		{"an empty grantee is not ana", ana, Start, grant("", Administer), false, "do not hold"},
		{"admin without a person is refused", signoff.Caller{Admin: true}, View, nil, false, "nobody is signed in"},
		{"a named person cannot pass as the server", signoff.Caller{Person: ana.Person, How: "system"}, Server, nil, false, "administrators"},
		{"an unknown right is nobody's", root, "fly", nil, false, `no right called "fly"`},
		{"the empty right is nobody's", ana, "", grant("user:1", ""), false, `no right called ""`},
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

func TestParseRightTakesOnlyRightsOnWorkflows(t *testing.T) {
	for _, text := range []string{"start", "view", "administer"} {
		if r, err := ParseRight(text); err != nil || string(r) != text {
			t.Errorf("ParseRight(%q) = %q, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "server", "Start", "admin"} {
		if r, err := ParseRight(text); signoff.CodeOf(err) != "unknown-right" || r != "" {
			t.Errorf("ParseRight(%q) = %q, %v", text, r, err)
		}
	}
}
