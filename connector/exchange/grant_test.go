package exchange_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/connector/exchange"
)

func TestWhatWasNotGrantedIsNamedWithWhereToConsent(t *testing.T) {
	g := exchange.Grant{Account: "workflow@contoso.test", Scope: "openid https://graph.microsoft.com/User.Read Mail.Send profile", Client: "c1", Consent: "https://login/t/adminconsent?client_id=c1"}
	if got := g.Lacks("Mail.ReadWrite", "Mail.Send"); !slices.Equal(got, []string{"Mail.ReadWrite"}) {
		t.Errorf("lacks %v", got)
	}
	if got := (exchange.Grant{Scope: "Mail.ReadWrite"}).Lacks("Mail.Read"); len(got) > 0 {
		t.Errorf("who may write may read: %v", got)
	}
	if got := (exchange.Grant{}).Lacks("Mail.Read"); len(got) > 0 {
		t.Errorf("nothing is known, and %v is missing", got)
	}
	said := g.Missing([]string{"Mail.ReadWrite"})
	for _, want := range []string{"User.Read, Mail.Send", "Mail.ReadWrite", "c1", "Grant admin consent", g.Consent, "press Connect the service account again"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in %s", want, said)
		}
	}
	if got := g.Fill("-Trustee <account> --id <application id> -Scope <scope>"); got != "-Trustee workflow@contoso.test --id c1 -Scope <scope>" {
		t.Error(got)
	}
	g.Account = "a;rm -rf@contoso.test"
	if got := g.Fill("-Trustee <account>"); got != "-Trustee <account>" {
		t.Errorf("a command is made of a name: %s", got)
	}
}
