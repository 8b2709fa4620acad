package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
)

func TestAnswersThatDoNotBelongAreNotTaken(t *testing.T) {
	for name, c := range map[string]struct {
		with    func(q url.Values)
		by      signoff.Caller
		path    string
		code    string // of the error
		problem string // of the outcome
	}{
		"nobody's":          {by: jane, with: func(q url.Values) { q.Set("state", "c-nobodys") }, code: "oauth-connect-over"},
		"of a sign-in":      {by: jane, with: func(q url.Values) { q.Set("state", "ABCDEFGH") }, code: "oauth-connect-over"},
		"in another's name": {by: ana, code: "oauth-connect-over"},
		"signed out":        {code: "oauth-connect-over"},
		"with two codes":    {by: jane, with: func(q url.Values) { q.Add("code", "x") }, code: "oauth-connect-answer"},
		"without a code":    {by: jane, with: func(q url.Values) { q.Del("code") }, problem: "answer"},
		"of another issuer": {by: jane, with: func(q url.Values) { q.Set("iss", "https://evil.test") }, problem: "answer"},
		"at another path":   {by: jane, path: oauth.K2CallbackPath, problem: "answer"},
		"a refusal":         {by: jane, with: func(q url.Values) { q.Set("error", "access_denied") }, problem: "access_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t, nil)
			p := newStrict(t, k.clock.now)
			k.office(p)
			b, err := k.Connect(t.Context(), jane, oauth.Ask{Resource: "office"})
			must(t, err)
			q := url.Values{"state": {b.State}, "code": {"a code"}}
			if c.with != nil {
				c.with(q)
			}
			if c.path == "" {
				c.path = oauth.CallbackPath
			}
			out, err := k.Finish(t.Context(), oauth.Answer{Path: c.path, Query: q, By: c.by})
			if codeOf(err) != c.code || (out.Problem != nil) != (c.problem != "") || out.Problem != nil && out.Problem.Code != c.problem {
				t.Errorf("%v %+v", err, out.Problem)
			}
			if p.count() != 0 {
				t.Error("the code was sent to the provider")
			}
		})
	}
}

func TestAnAnswerIsTakenOnce(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	b, err := k.Connect(t.Context(), jane, oauth.Ask{Resource: "office"})
	must(t, err)
	in := oauth.Answer{Path: oauth.CallbackPath, By: jane, Query: url.Values{"state": {b.State}, "code": {"a"}}}
	_, err = k.Finish(t.Context(), in)
	must(t, err)
	if _, err := k.Finish(t.Context(), in); codeOf(err) != "oauth-connect-over" || p.count() != 1 {
		t.Errorf("%v after %d requests", err, p.count())
	}
}

func TestAResourceThatIsNotRightIsRefused(t *testing.T) {
	k := newKit(t, nil)
	good := oauth.Resource{Name: "x", Title: "X", Type: "openid", Issuer: "https://login.example.com", ClientID: "us", Auth: oauth.WithSecret, Secret: hush}
	for field, change := range map[string]func(*oauth.Resource){
		"name":      func(r *oauth.Resource) { r.Name = "a|b" },
		"title":     func(r *oauth.Resource) { r.Title = "" },
		"type":      func(r *oauth.Resource) { r.Type = "none" },
		"issuer":    func(r *oauth.Resource) { r.Issuer = "http://login.example.com" },
		"tokenUrl":  func(r *oauth.Resource) { r.TokenURL = "https://u:p@x" },
		"clientId":  func(r *oauth.Resource) { r.ClientID = "a\nb" },
		"auth":      func(r *oauth.Resource) { r.Auth = "prayer" },
		"secret":    func(r *oauth.Resource) { r.Secret = "" },
		"tokenFile": func(r *oauth.Resource) { r.Auth, r.TokenFile = oauth.WithFederation, "token" },
		"scopes":    func(r *oauth.Resource) { r.Scopes = []string{"a b"} },
		"audience":  func(r *oauth.Resource) { r.Audience = strings.Repeat("x", 201) },
		"redirect":  func(r *oauth.Resource) { r.Redirect = "https://evil.test/" },
		"values.no": func(r *oauth.Resource) { r.Values = map[string]oauth.Value{"no": {}} },
	} {
		r := good
		change(&r)
		_, err := k.Save(t.Context(), root, r, 0)
		if codeOf(err) != "bad-oauth-resource" || !strings.Contains(err.Error(), field+":") || strings.Contains(err.Error(), hush) {
			t.Errorf("%s: %v", field, err)
		}
	}
	kept, err := k.Save(t.Context(), root, good, 0)
	must(t, err)
	moved := kept.Resource
	moved.Issuer = "https://evil.test"
	if _, err := k.Save(t.Context(), root, moved, kept.Rev); codeOf(err) != "bad-oauth-resource" {
		t.Errorf("an old secret would go to another provider: %v", err)
	}
	if _, err := k.Save(t.Context(), jane, good, 0); codeOf(err) != "not-allowed" {
		t.Errorf("%v", err)
	}
}

func TestATypeOfOnesOwnSaysWhatItsProviderWants(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	text := func(s string) *string { return &s }
	own := oauth.Type{Name: "k2-like", Title: "K2-like", People: true, Parameters: []oauth.Parameter{
		{Name: "resource", Token: text("{audience}"), Refresh: text("{audience}"), Authorization: text("{audience}")},
		{Name: "api_key", Secret: true, Token: text(""), Refresh: text("")}}}
	must(t, k.SaveType(t.Context(), root, own))
	for name, change := range map[string]func(*oauth.Type){
		"a shipped name":      func(t *oauth.Type) { t.Name = "google" },
		"a parameter of ours": func(t *oauth.Type) { t.Parameters = []oauth.Parameter{{Name: "client_secret"}} },
		"a secret in an address": func(t *oauth.Type) {
			t.Parameters = []oauth.Parameter{{Name: "x", Secret: true, Authorization: text("")}}
		},
		"for nobody": func(t *oauth.Type) { t.People = false },
	} {
		bad := own
		change(&bad)
		if err := k.SaveType(t.Context(), root, bad); codeOf(err) != "bad-oauth-type" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := k.Save(t.Context(), root, oauth.Resource{Name: "office", Title: "Office", Type: "k2-like", AuthorizationURL: p.URL + "/authorize", TokenURL: p.URL + "/token", ClientID: "us",
		Auth: oauth.WithSecret, Secret: hush, Audience: "https://api", Values: map[string]oauth.Value{"api_key": {Token: text("the key")}}}, 0)
	must(t, err)
	k.connect(jane, oauth.Ask{Resource: "office"})
	if form := p.forms[0]; form["resource"] != "https://api" || form["api_key"] != "the key" {
		t.Errorf("%v", form)
	}
	if err := k.RemoveType(t.Context(), root, "k2-like"); codeOf(err) != "oauth-type-used" {
		t.Errorf("%v", err)
	}
	if dump, err := k.store.DumpText(t.Context()); err != nil || strings.Contains(dump, "the key") {
		t.Error("the secret value is in the database as it is")
	}
}

func TestARedirectOfTheTokenEndpointIsNotFollowed(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	visited := false
	evil := api(t, func(http.ResponseWriter, *http.Request, string) { visited = true })
	p.answer = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, evil.URL, http.StatusTemporaryRedirect)
		return true
	}
	if _, err := k.Token(t.Context(), oauth.Need{Resource: "office", App: true}); err == nil || visited {
		t.Errorf("%v, visited %v", err, visited)
	}
}
