package oauth_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
)

// What somebody connected is not used once they have left, also from memory.
func TestNobodyActsWithTheAccountOfWhoHasLeft(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	for _, by := range []signoff.Caller{jane, ana} {
		k.connect(by, oauth.Ask{Resource: "office"})
	}
	k.connect(root, oauth.Ask{Resource: "office", Service: true})
	gone := signoff.Principal("")
	s, err := oauth.Open(oauth.Config{Store: k.store, Client: http.DefaultClient, Loopback: true, Seal: k.key, Public: public, Now: k.clock.now,
		MayAct: func(_ context.Context, who signoff.Principal) error {
			if who == gone {
				return &signoff.Error{Kind: signoff.Forbidden, Code: "user-disabled", Detail: "they have left"}
			}
			return nil
		}})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	token := func(n oauth.Need) error { _, err := s.Token(t.Context(), n); return err }
	janes, anas := oauth.Need{Resource: "office", Owner: jane.Principal}, oauth.Need{Resource: "office", Owner: ana.Principal}
	must(t, token(janes))
	gone = jane.Principal
	if err := token(janes); codeOf(err) != "user-disabled" {
		t.Errorf("Jane's token after she left: %v", err)
	}
	_, err = s.Client(janes).Get(p.URL)
	if codeOf(err) != "user-disabled" {
		t.Errorf("a request with it: %v", err)
	}
	must(t, token(anas))
	must(t, token(oauth.Need{Resource: "office"}))
}

func TestNobodyAsksForDeviceCodesWithoutEnd(t *testing.T) {
	k := newKit(t, nil)
	k.office(newStrict(t, k.clock.now))
	ask := func(by signoff.Caller) error {
		_, err := k.Connect(t.Context(), by, oauth.Ask{Resource: "office", Device: true})
		return err
	}
	for range 6 {
		must(t, ask(jane))
	}
	if err := ask(jane); codeOf(err) != "oauth-busy" {
		t.Errorf("the seventh code: %v", err)
	}
	must(t, ask(ana))
	k.clock.add(61 * time.Second)
	must(t, ask(jane))
}
