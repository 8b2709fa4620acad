package signin

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/identity"
)

func fine(string) error { return nil }

func TestAReturnIsAPathOfOurs(t *testing.T) {
	for text, want := range map[string]string{
		"/": "/", "/inbox": "/inbox", "/tasks/1_2?a=b#c": "/tasks/1_2?a=b#c", "/a%20b": "/a%20b", "/manage/people?q=%2F%2Fx": "/manage/people?q=%2F%2Fx",
		"": "/", "inbox": "/", "//evil": "/", `/\evil`: "/", `\\evil`: "/", "https:evil": "/", "https://evil": "/", "HTTPS://evil": "/", "javascript:x": "/",
		"/\t/evil": "/", "/\r\nX: y": "/", "/\x00": "/", "/a b": "/", "/%2f/evil": "/", "/%5cevil": "/", "/%0d%0aX: y": "/", "/%zz": "/",
		"/api/v1/me": "/", "/oauth/callback": "/", "/sign-in?x": "/", "/identity/token/oauth/2": "/", "/\u2028x": "/",
	} {
		if got := SafeReturn(text); got != want {
			t.Errorf("%q leads to %q, not %q", text, got, want)
		}
	}
}

func FuzzSafeReturn(f *testing.F) {
	for _, s := range []string{"/x", "//x", `/\x`, "/%2f%2fx", "/..//x", "/a?b#c", "https:x"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://signoff.example.com/sign-in")
	f.Fuzz(func(t *testing.T, text string) {
		got := SafeReturn(text)
		// Browsers take backslashes for slashes and leave tabs and line breaks out.
		seen := strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "").Replace(got)
		u, err := url.Parse(seen)
		if err != nil || !strings.HasPrefix(seen, "/") || base.ResolveReference(u).Host != base.Host || strings.HasPrefix(seen, "//") {
			t.Errorf("%q leads to %q", text, got)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"authorization_endpoint":"https://a","token_endpoint":"https://b","end_session_endpoint":"javascript:x","id_token_signing_alg_values_supported":["none","HS256"]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		only := func(text string) error {
			u, err := url.Parse(text)
			if err == nil && (u.Scheme != "https" || u.Host == "") {
				err = errBadLogout
			}
			return err
		}
		m, err := readMetadata(raw, only)
		if err != nil {
			return
		}
		if only(m.Authorization) != nil || only(m.Token) != nil || m.EndSession != "" && only(m.EndSession) != nil || len(m.Algorithms) == 0 ||
			slices.Contains(m.Algorithms, "none") || slices.Contains(m.Algorithms, "HS256") {
			t.Errorf("%+v", m)
		}
	})
}

func TestMetadataIsUsableOrRefused(t *testing.T) {
	m, err := readMetadata([]byte(`{"authorization_endpoint":"https://a","token_endpoint":"https://b","end_session_endpoint":"x",
		"id_token_signing_alg_values_supported":["none","HS256","ES256"]}`), func(a string) error {
		if a == "x" {
			return errBadLogout
		}
		return nil
	})
	if err != nil || m.EndSession != "" || !slices.Equal(m.Algorithms, []string{"ES256"}) {
		t.Errorf("%+v %v", m, err)
	}
	for _, bad := range []string{`[]`, `{}`, `{"authorization_endpoint":7}`, `nothing`} {
		if _, err := readMetadata([]byte(bad), func(a string) error {
			if a == "" {
				return errBadLogout
			}
			return nil
		}); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func FuzzClaims(f *testing.F) {
	f.Add([]byte(`{"sub":"a","groups":"one","roles":["x"],"email_verified":"true","acct":1,"_claim_names":{"groups":"src1"}}`))
	f.Add([]byte(`{"groups":[1,2],"acct":"0","hasgroups":true}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c claims
		if json.Unmarshal(raw, &c) != nil {
			return
		}
		st := (&Provider{Issuer: "https://a"}).stranger(&c, time.Now())
		if st.EmailProven {
			t.Error("proven, and the setting does not say so")
		}
	})
}

// Who a token speaks for, and which address is theirs: an address that somebody
// merely wrote must find nobody ("nOAuth").
func TestWhoATokenSpeaksFor(t *testing.T) {
	const tenant = "c0ca5a00-7e57-4000-8000-000000000001"
	entra := Provider{Tenant: tenant, Issuer: "https://login.test/" + tenant + "/v2.0", LinkByAddress: true}
	other := Provider{Issuer: "https://id.test", LinkByAddress: true}
	for name, c := range map[string]struct {
		p               Provider
		claims          string
		source, subject string
		email           string
		theirs, overage bool
	}{
		"a member of Entra is found by their user name": {entra, `{"sub":"s","oid":"o","preferred_username":"ana@contoso.test","email":"boss@contoso.test"}`, "entra:" + tenant, "o", "ana@contoso.test", true, false},
		"an address of Entra whose domain is verified":  {entra, `{"sub":"s","oid":"o","preferred_username":"ana@contoso.test","email":"a.silva@contoso.test","xms_edov":true}`, "entra:" + tenant, "o", "a.silva@contoso.test", true, false},
		"verified as 1":                      {entra, `{"sub":"s","oid":"o","email":"x@contoso.test","xms_edov":"1"}`, "entra:" + tenant, "o", "x@contoso.test", true, false},
		"a guest's address is anybody's":     {entra, `{"sub":"s","oid":"o","preferred_username":"ana@gmail.test","email":"boss@contoso.test","idp":"https://sts.windows.net/x/"}`, "entra:" + tenant, "o", "boss@contoso.test", false, false},
		"a guest by acct":                    {entra, `{"sub":"s","oid":"o","preferred_username":"ana@gmail.test","acct":1}`, "entra:" + tenant, "o", "", false, false},
		"a guest by name":                    {entra, `{"sub":"s","oid":"o","preferred_username":"ana_gmail.test#EXT#@contoso.test"}`, "entra:" + tenant, "o", "", false, false},
		"email_verified is nothing in Entra": {entra, `{"sub":"s","oid":"o","email":"boss@contoso.test","email_verified":true}`, "entra:" + tenant, "o", "boss@contoso.test", false, false},
		"another provider":                   {other, `{"sub":"s","oid":"o","email":"a@b.test","email_verified":true}`, "oidc:https://id.test", "s", "a@b.test", true, false},
		"another, not verified":              {other, `{"sub":"s","email":"a@b.test","preferred_username":"ana@contoso.test"}`, "oidc:https://id.test", "s", "a@b.test", false, false},
		"more groups than the token holds":   {entra, `{"sub":"s","oid":"o","_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://evil.test"}}}`, "entra:" + tenant, "o", "", false, true},
		"more groups, said otherwise":        {entra, `{"sub":"s","oid":"o","hasgroups":"true"}`, "entra:" + tenant, "o", "", false, true},
	} {
		var said claims
		if err := json.Unmarshal([]byte(c.claims), &said); err != nil {
			t.Fatal(err)
		}
		st := c.p.stranger(&said, time.Now())
		if st.Source != c.source || st.Subject != c.subject || st.EmailTheirs != c.theirs || st.EmailProven != c.theirs || st.Overage != c.overage || c.theirs && st.Email != c.email {
			t.Errorf("%s: %+v", name, st)
		}
		c.p.LinkByAddress = false
		if st := c.p.stranger(&said, time.Now()); st.EmailProven {
			t.Errorf("%s: may find somebody though the setting says no", name)
		}
	}
}

func TestEveryErrorOfEntraSaysWhoCanDoWhat(t *testing.T) {
	s := &Service{public: "https://signoff.example.com"}
	p := Provider{Name: "Contoso", ClientID: "the-client", Tenant: "the-tenant", Redirect: CallbackPath}
	for number := range entraErrors {
		f := s.Explain(p, "AADSTS"+strconv.Itoa(number)+": whatever")
		if f.Number != number || f.Detail == "" || f.Advice == "" || f.Who == "" || strings.Contains(f.Detail+f.Advice+f.Copy, "{") {
			t.Errorf("%d: %+v", number, f)
		}
	}
	for code := range plainErrors {
		if f := s.refused(&p, code, ""); f.Detail == "" || f.Advice == "" || f.Who == "" || strings.Contains(f.Detail+f.Advice+f.Copy, "{") {
			t.Errorf("%s: %+v", code, f)
		}
	}
	if f := s.refused(&p, "made_up", strings.Repeat("x", 5000)); f.Who != WhoOurs || len(f.Said) > 4*maxSaid || !strings.HasSuffix(f.Said, "…") {
		t.Errorf("an error nobody knows: %+v", f)
	}
}

func TestAPlaceIsHeldBackAndOthersAreNot(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	l := &limiter{now: func() time.Time { return now }}
	for range perPlace {
		if l.held("192.0.2.1") {
			t.Fatal("held back too soon")
		}
		l.failed("192.0.2.1")
	}
	if !l.held("192.0.2.1") || l.held("192.0.2.2") {
		t.Error("the wrong one is held back")
	}
	for range perPlace {
		l.failed("2001:db8::1")
	}
	if !l.held("2001:db8::ffff") || l.held("2001:db8:1::1") {
		t.Error("one network of IPv6 is one place")
	}
	now = now.Add(limitWindow)
	if l.held("192.0.2.1") {
		t.Error("held back for ever")
	}
}

func TestIDsAreMadeOfNames(t *testing.T) {
	s := Setting{Providers: []Provider{{ID: "contoso"}, {ID: "contoso-2"}}}
	for name, want := range map[string]string{"Contoso": "contoso-3", "Fabrikam AG!": "fabrikam-ag", "日本": "provider", strings.Repeat("x", 99): strings.Repeat("x", 30)} {
		if got := s.freeID(name); got != want || !idForm.MatchString(got) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if (&Setting{Local: identity.LocalOn}).check(fine) != nil {
		t.Error("the setting of a new server is refused")
	}
}
