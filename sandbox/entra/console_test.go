package entra

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func TestAnAPIAndAClientAreRegisteredOnThePage(t *testing.T) {
	s := open(t)
	b := s.browser()
	register := func(name string) (*application, string) {
		t.Helper()
		to := b.post("/sandbox/entra/apps", url.Values{"name": {name}}).page.header.Get("Location")
		id := to[strings.LastIndexByte(to, '/')+1:]
		return look(s.dir, func(t *tables) *application { return t.app(id) }), to
	}
	api, apiPage := register("Page API")
	b.post(apiPage, url.Values{"do": {"settings"}, "name": {"Page API"}, "version": {"2"}, "uris": {"api://" + api.AppID}, "groups": {"on"}})
	b.post(apiPage, url.Values{"do": {"scope"}, "value": {"Work"}})
	client, clientPage := register("Page client")
	b.post(clientPage, url.Values{"do": {"settings"}, "name": {"Page client"}, "version": {"1"}, "web": {callback + "\nhttps://x.contoso.test/"}})
	b.post(clientPage, url.Values{"do": {"secret"}, "name": {"one"}})
	m := regexp.MustCompile(`shown only now: <code>([^<]+)<`).FindStringSubmatch(b.page.text)
	if m == nil {
		t.Fatalf("no secret:\n%s", b.page.text)
	}
	scope := look(s.dir, func(t *tables) string { return t.app(api.ID).API.OAuth2PermissionScopes[0].ID })
	b.post(clientPage, url.Values{"do": {"permission"}, "permission": {api.AppID + " Scope " + scope}})
	if b.get(clientPage); !strings.Contains(b.page.text, "no consent yet") {
		t.Error("the page does not say that consent is missing")
	}
	b.post(clientPage, url.Values{"do": {"consent"}})
	if b.get(clientPage); strings.Contains(b.page.text, "no consent yet") || !strings.Contains(b.page.text, "consent given") {
		t.Error("the page does not say that consent was given")
	}
	got := s.browser().get(s.authorizeURL("v2", "client_id", client.AppID, "scope", "api://"+api.AppID+"/Work")).signIn("jane").landed()
	r := s.ask("v2", "grant_type", "authorization_code", "client_id", client.AppID, "client_secret", m[1], "redirect_uri", callback, "code", got.Get("code")).must(t)
	if c := claimsOf(t, r.get("access_token")); c["scp"] != "Work" || c["ver"] != "2.0" || c["groups"] == nil {
		t.Errorf("%v", c)
	}
	b.post(clientPage, url.Values{"do": {"settings"}, "name": {"Page client"}, "web": {"http://elsewhere.test/"}})
	if !strings.Contains(b.page.text, `role="alert"`) || !strings.Contains(b.page.text, "elsewhere.test") {
		t.Errorf("a wrong redirect URI is not said:\n%s", b.page.text)
	}
	b.post("/sandbox/entra/apps", url.Values{"name": {""}})
	if b.get(b.page.header.Get("Location")); !strings.Contains(b.page.text, `role="alert"`) {
		t.Error("a registration without a name is not refused aloud")
	}
	b.post(clientPage, url.Values{"do": {"delete"}})
	if b.get(clientPage); b.page.status != 404 {
		t.Errorf("after deleting it: %d", b.page.status)
	}
}

func TestFaultsAreSwitchedOnThePage(t *testing.T) {
	s := open(t)
	b := s.browser()
	b.post("/sandbox/entra/switch", url.Values{"do": {"on"}, "name": {"secret-expired"}, "app": {daemonID}})
	s.daemon().refused(t, 7000222, "invalid_client")
	if b.get("/sandbox/entra/"); !strings.Contains(b.page.text, "Switch secret-expired off") {
		t.Error("the page does not show what is on")
	}
	b.post("/sandbox/entra/switch", url.Values{"do": {"off"}, "name": {"secret-expired"}})
	s.daemon().must(t)
	b.post("/sandbox/entra/switch", url.Values{"do": {"on"}, "name": {"clock"}, "value": {"late"}})
	if b.get(b.page.header.Get("Location")); !strings.Contains(b.page.text, `role="alert"`) {
		t.Error("a wrong value is not said")
	}
	r := s.do("POST", "/sandbox/entra/switch", []byte("do=on&name=app-disabled"), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site")
	if r.status != 403 || len(s.Faults()) != 0 {
		t.Errorf("another site's form: %d", r.status)
	}
}
