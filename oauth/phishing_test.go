package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
)

// A code can be sent to somebody who enters it without knowing whom it serves.
func TestADeviceCodeThatSomebodyElseEnteredConnectsNobody(t *testing.T) {
	k := openContoso(t)
	reg := k.registration("Console")
	k.mail("entra-v2", func(r *oauth.Resource) {
		r.ClientID, r.Auth, r.Secret, r.Scopes = reg.ClientID, oauth.WithNothing, "", []string{"openid", "profile", "offline_access", "User.Read"}
	})
	enter := func(by signoff.Caller, ask oauth.Ask, who string) oauth.Status {
		b, err := k.Connect(t.Context(), by, ask)
		must(t, err)
		k.browse(func(c *http.Client) (*http.Response, error) {
			return c.PostForm(k.entra.URL()+"/devicelogin", url.Values{"code": {b.Device.Code}})
		}, who)
		k.clock.add(30 * time.Second)
		var st oauth.Status
		eventually(t, "it ends", func() bool {
			st, err = k.Connecting(t.Context(), by, b.State)
			return err == nil && st.Status != "waiting"
		})
		return st
	}
	k.run()
	st := enter(ana, oauth.Ask{Resource: "m365", Device: true}, "jane")
	if st.Status != "failed" || st.Problem.Code != "account" || !strings.Contains(st.Problem.Said, "jane@contoso.test") {
		t.Errorf("Ana's code, which Jane entered: %+v %+v", st, st.Problem)
	}
	_, err := k.Token(t.Context(), oauth.Need{Resource: "m365", Owner: ana.Principal})
	missingOf(t, err)
	if st := enter(root, oauth.Ask{Resource: "m365", Service: true, Device: true}, "jane"); st.Status != "done" || st.Account != "jane@contoso.test" {
		t.Errorf("the service account may be anybody's: %+v %+v", st, st.Problem)
	}
}

// In a provider's list of accounts the wrong row is soon taken.
func TestAnAccountThatIsNotKnownToBeOnesOwnIsAskedAbout(t *testing.T) {
	k := openContoso(t)
	k.mail("entra-v2", nil)
	out := k.signIn(oauth.Ask{Resource: "m365"}, "bob")
	if out.Problem == nil || out.Problem.Code != "other-account" || out.Account != "bob@contoso.test" {
		t.Fatalf("Jane took Bob's row: %+v %+v", out, out.Problem)
	}
	_, err := k.Token(t.Context(), oauth.Need{Resource: "m365", Owner: jane.Principal})
	missingOf(t, err)
	if out := k.signIn(oauth.Ask{Resource: "m365", Account: "ana@contoso.test"}, "bob"); out.Problem == nil {
		t.Error("she meant Ana's, and Bob's is connected")
	}
	if out := k.signIn(oauth.Ask{Resource: "m365", Account: "Bob@contoso.test"}, "bob"); out.Problem != nil {
		t.Errorf("she said that she wants Bob's: %+v", out.Problem)
	}
	if out := k.signIn(oauth.Ask{Resource: "m365", Service: true}, "bob"); out.Problem != nil {
		t.Errorf("the service account may be anybody's: %+v", out.Problem)
	}
}
