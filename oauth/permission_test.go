package oauth

import "testing"

func TestThePermissionThatIsMissingIsNamed(t *testing.T) {
	for _, c := range []struct {
		r    Resource
		want string
	}{
		{Resource{Audience: "https://outlook.office365.com"}, "EWS.AccessAsUser.All of Office 365 Exchange Online"},
		{Resource{Scopes: []string{"openid", "https://outlook.office365.com/EWS.AccessAsUser.All", "offline_access"}}, "EWS.AccessAsUser.All of Office 365 Exchange Online"},
		{Resource{Scopes: []string{"openid", "Mail.Read", "Mail.Send"}}, "Mail.Read, Mail.Send of Microsoft Graph"},
		{Resource{Audience: "api://x", Scopes: []string{"openid", "api://x/.default"}}, "what is needed of api://x"},
		{Resource{Scopes: []string{"openid"}}, ""},
	} {
		if got := c.r.permissions(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.r, got, c.want)
		}
		p, before := Problem{Advice: "x"}, c.r.permissions() != ""
		if c.r.named(650056, &p); (p.Advice != "x") != before {
			t.Errorf("%+v: %q", c.r, p.Advice)
		}
		p = Problem{Advice: "x"}
		if c.r.named(50076, &p); p.Advice != "x" {
			t.Error("another problem speaks of permissions")
		}
	}
}
