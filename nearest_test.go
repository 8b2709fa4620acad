package signoff_test

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

func TestTheNearestNameIsTheOneMeant(t *testing.T) {
	for _, c := range []struct {
		known []string
		want  map[string]string
	}{
		{[]string{"amount", "days", "starter", "decidedBy"}, map[string]string{"amuont": "amount", "Amount": "amount", "dais": "days", "statrer": "starter",
			"decidedby": "decidedBy", "amounts": "amount", "kind": "", "": "", "x": ""}},
		{[]string{"send", "reply", "replyAll", "create"}, map[string]string{"Send": "send", "sned": "send", "replyall": "replyAll", "craete": "create", "delete": "", "sendx": "send", "xxxx": ""}},
	} {
		for typed, want := range c.want {
			if got := signoff.Nearest(typed, c.known); got != want {
				t.Errorf("%q: got %q, want %q", typed, got, want)
			}
		}
	}
	if got := signoff.Nearest(strings.Repeat("x", 1000), []string{strings.Repeat("x", 1001)}); got != "" {
		t.Error("long names are compared")
	}
}

func TestWhatIsKnownIsListedWhenNothingIsNear(t *testing.T) {
	for typed, want := range map[string]string{"sned": "Did you mean send?", "other": "Known here: send, reply."} {
		if got := signoff.MeantName(typed, []string{"send", "reply"}); got != want {
			t.Errorf("%q: %q", typed, got)
		}
	}
	if got := signoff.MeantName("x", nil); got != "" {
		t.Errorf("%q", got)
	}
}
