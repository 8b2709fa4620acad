package access

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

func TestMayService(t *testing.T) {
	for _, tt := range []struct {
		name   string
		caller signoff.Caller
		right  Right
		grants []Grant
		ok     bool
		why    string
	}{
		{"nothing granted", ana, Use, nil, false, "do not hold the right to use"},
		{"use is use", ana, Use, give("user:1", Use), true, "use this service"},
		{"use is not change", ana, Change, give("user:1", Use), false, "right to change"},
		{"change includes use", ana, Use, give("group:3", Change), true, "use this service"},
		{"everyone's", ana, Use, give(signoff.Everyone, Use), true, "use"},
		{"somebody else's", ana, Use, give("user:2", Use), false, "do not hold"},
		{"administering a workflow gives nothing", ana, Use, give("user:1", Administer), false, "do not hold"},
		{"an administrator of the server", root, Change, nil, true, "administrator of the server"},
		{"who deploys holds nothing by that", deployer, Use, nil, false, "do not hold"},
		{"the server itself", System, Change, nil, true, "server itself"},
		{"the zero caller", nobody, Use, give(signoff.Everyone, Use), false, "nobody is signed in"},
		{"a right on workflows", root, Start, nil, false, `no right called "start"`},
	} {
		if d := MayService(tt.caller, tt.right, tt.grants); d.OK != tt.ok || !strings.Contains(d.Why, tt.why) {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
	for _, r := range OnServices {
		if got, err := ParseServiceRight(string(r)); err != nil || got != r {
			t.Errorf("%s: %v", r, err)
		}
	}
	if _, err := ParseServiceRight("start"); signoff.CodeOf(err) != "unknown-right" {
		t.Errorf("start: %v", err)
	}
}
