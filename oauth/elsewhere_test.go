package oauth_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/oauth"
)

func TestWhatAProviderGrantedIsNotSentToAnother(t *testing.T) {
	for name, change := range map[string]func(r *oauth.Resource, evil string){
		"another issuer": func(r *oauth.Resource, evil string) { r.Issuer = evil },
		"another token endpoint": func(r *oauth.Resource, evil string) {
			r.TokenURL, r.AuthorizationURL = evil+"/token", evil+"/authorize"
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t, nil)
			p, evil := newStrict(t, k.clock.now), newStrict(t, k.clock.now)
			kept := k.office(p)
			k.connect(jane, oauth.Ask{Resource: "office"})
			k.connect(root, oauth.Ask{Resource: "office", Service: true})
			begun, err := k.Connect(t.Context(), ana, oauth.Ask{Resource: "office"})
			must(t, err)

			r := kept.Resource
			r.Auth = oauth.WithNothing
			change(&r, evil.URL)
			_, err = k.Save(t.Context(), root, r, kept.Rev)
			must(t, err)
			k.run()
			k.clock.add(2 * time.Hour)
			for _, n := range []oauth.Need{{Resource: "office", Owner: jane.Principal}, {Resource: "office"}} {
				_, err := k.Token(t.Context(), n)
				missingOf(t, err)
			}
			if _, err := k.Finish(t.Context(), oauth.Answer{Path: oauth.CallbackPath, By: ana, Query: url.Values{"state": {begun.State}, "code": {"a"}}}); codeOf(err) != "oauth-connect-over" {
				t.Errorf("a code of the old provider is taken: %v", err)
			}
			if evil.count() != 0 {
				t.Errorf("another provider got %v", evil.forms)
			}
		})
	}
}

func TestGrantsStayWhenTheProviderDoes(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	kept := k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	r := kept.Resource
	r.Title, r.Scopes, r.Audience = "The office", []string{"openid", "mail", "calendar"}, "https://api"
	_, err := k.Save(t.Context(), root, r, kept.Rev)
	must(t, err)
	k.clock.add(2 * time.Hour)
	if _, err := k.Token(t.Context(), oauth.Need{Resource: "office", Owner: jane.Principal}); err != nil {
		t.Error(err)
	}
}

func TestSecretsAreEnteredAgainForAnotherPlaceOfDeviceCodes(t *testing.T) {
	k := newKit(t, nil)
	kept := k.office(newStrict(t, k.clock.now))
	r := kept.Resource
	r.DeviceURL = "https://evil.test/device"
	if _, err := k.Save(t.Context(), root, r, kept.Rev); codeOf(err) != "bad-oauth-resource" || !strings.Contains(err.Error(), "entered again") {
		t.Errorf("the secret would be sent there: %v", err)
	}
}

func TestATypeThatIsUsedStaysWithItsProvider(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	text := func(s string) *string { return &s }
	own := oauth.Type{Name: "own", Title: "Own", People: true, Metadata: "{issuer}/.well-known/openid-configuration",
		Parameters: []oauth.Parameter{{Name: "api_key", Secret: true, Token: text("")}}}
	must(t, k.SaveType(t.Context(), root, own))
	r := oauth.Resource{Name: "x", Title: "X", Type: "own", Issuer: p.URL, ClientID: "us", Auth: oauth.WithSecret, Secret: hush,
		Values: map[string]oauth.Value{"api_key": {Authorization: text("the key")}}}
	if _, err := k.Save(t.Context(), root, r, 0); codeOf(err) != "bad-oauth-resource" {
		t.Errorf("a secret value would be in the browser's address: %v", err)
	}
	r.Values = map[string]oauth.Value{"api_key": {Token: text("the key")}}
	_, err := k.Save(t.Context(), root, r, 0)
	must(t, err)
	for what, change := range map[string]func(*oauth.Type){
		"metadata": func(t *oauth.Type) { t.Metadata = "https://evil.test/metadata" },
		"issuer":   func(t *oauth.Type) { t.Issuer = "https://evil.test" },
	} {
		moved := own
		change(&moved)
		if err := k.SaveType(t.Context(), root, moved); codeOf(err) != "oauth-type-used" {
			t.Errorf("%s: %v", what, err)
		}
	}
	own.Title = "Our own"
	must(t, k.SaveType(t.Context(), root, own))
}
