package signin

import "testing"

// The pages show the address before the provider is saved, worked out by
// web/src/manage/signinwords.ts; its test has the same names.
func TestAProvidersAddressIsForeseenByThePages(t *testing.T) {
	for _, c := range []struct {
		name  string
		taken []string
		want  string
	}{
		{"Contoso", nil, "contoso"},
		{"Contoso", []string{"contoso", "contoso-2"}, "contoso-3"},
		{"  Größe & Söhne  ", nil, "gr-e-s-hne"},
		{"!!!", nil, "provider"},
		{"a123456789 123456789 12345678- more", nil, "a123456789-123456789-12345678"},
	} {
		var set Setting
		for _, id := range c.taken {
			set.Providers = append(set.Providers, Provider{ID: id})
		}
		if got := set.freeID(c.name); got != c.want {
			t.Errorf("%q became %q", c.name, got)
		}
	}
	none, one := Setting{}, Setting{Providers: []Provider{{ID: "contoso", Redirect: CallbackPath}}}
	other := Setting{Providers: []Provider{{ID: "contoso", Redirect: K2CallbackPath}}}
	if a, b, c := none.freeRedirect("x"), one.freeRedirect("partners"), other.freeRedirect("x"); a != "/oauth/callback" || b != "/oauth/callback/partners" || c != a {
		t.Errorf("%s %s %s", a, b, c)
	}
}
