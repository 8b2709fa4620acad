package oauth_test

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/oauth"
)

func TestACheckNamesWhatWasGrantedAndWhatWasNot(t *testing.T) {
	k := newKit(t, nil)
	k.office(newStrict(t, k.clock.now)) // asks for "openid mail", and is granted "all"
	last := func() oauth.Step {
		t.Helper()
		steps, err := k.Check(t.Context(), root, "office")
		must(t, err)
		return steps[len(steps)-1]
	}
	if got := last(); got.Name == "granted" {
		t.Errorf("nobody has connected: %+v", got)
	}
	k.connect(root, oauth.Ask{Resource: "office", Service: true})
	got := last()
	if got.Name != "granted" || got.OK || !strings.Contains(got.Detail, "was granted all; asked for and not granted: mail") || !strings.Contains(got.Advice, "press Connect the service account again") {
		t.Errorf("%+v", got)
	}
	kept, err := k.Resource(t.Context(), root, "office")
	must(t, err)
	r := kept.Resource
	r.Secret, r.Scopes = "", []string{"openid", "https://api.example.com/all"}
	_, err = k.Save(t.Context(), root, r, kept.Rev)
	must(t, err)
	if got := last(); got.Name != "granted" || !got.OK {
		t.Errorf("all was granted: %+v", got)
	}
}
