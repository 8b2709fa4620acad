package signin

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/identity"
)

func TestABareScopeIsRefusedAtAnIssuerOfVersionOne(t *testing.T) {
	const tenant = "c0ca5a00-7e57-4000-8000-000000000001"
	check := func(issuer string, scopes ...string) string {
		s := Setting{Local: identity.LocalOn, CommandLine: &CommandLine{Issuer: issuer, ClientID: "client", Scopes: scopes}}
		if err := s.check(func(string) error { return nil }); err != nil {
			return err.Error()
		}
		return ""
	}
	for _, issuer := range []string{"https://sts.windows.net/" + tenant + "/", "https://sts.windows.net/" + tenant, "https://localhost:8443/" + tenant + "/"} {
		if said := check(issuer, "openid", "user_impersonation"); !strings.Contains(said, "user_impersonation") || !strings.Contains(said, "/v2.0") {
			t.Errorf("%s: %q", issuer, said)
		}
		if said := check(issuer, "api://a/user_impersonation", "offline_access"); said != "" {
			t.Errorf("%s with an API: %s", issuer, said)
		}
	}
	for _, issuer := range []string{"https://login.microsoftonline.com/" + tenant + "/v2.0", "https://login.example.com"} {
		if said := check(issuer, "user_impersonation"); said != "" {
			t.Errorf("%s: %s", issuer, said)
		}
	}
}
