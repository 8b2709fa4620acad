package httpapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/oauth"
)

// The issuer's documents are there for everybody once a resource needs them, and
// have nothing but public keys in them.
func TestTheIssuersKeysAreThereForEverybody(t *testing.T) {
	w := apitest.Start(t)
	fetch := func(path string) (*http.Response, map[string]any) {
		t.Helper()
		r, err := http.Get(w.URL + oauth.IssuerPath + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		var doc map[string]any
		if err != nil || json.Unmarshal(text, &doc) != nil || strings.Contains(string(text), `"d"`) || strings.Contains(string(text), "v1:") {
			t.Fatalf("%s: %s %v", path, text, err)
		}
		return r, doc
	}
	for _, path := range []string{"/keys", "/.well-known/openid-configuration"} {
		if r, _ := fetch(path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s is there though nobody signs: %s", path, r.Status)
		}
	}
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"token_type":"Bearer","expires_in":3600,"access_token":"x"}`)
	}))
	defer tokens.Close()
	admin := signoff.Caller{Person: signoff.Person{Principal: "user:1"}, Admin: true, How: "session"}
	if _, err := w.API.OAuth.Save(t.Context(), admin, oauth.Resource{Name: "m365", Title: "Microsoft 365", Type: "entra-v2", Tenant: "contoso.test", TokenURL: tokens.URL,
		AuthorizationURL: tokens.URL, ClientID: "us", Auth: oauth.WithOwnIssuer, Audience: "https://graph.microsoft.com"}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := w.API.OAuth.GetApp(t.Context(), admin, "m365", ""); err != nil {
		t.Fatal(err)
	}
	r, doc := fetch("/.well-known/openid-configuration")
	is := w.API.Public + oauth.IssuerPath
	if r.StatusCode != 200 || doc["issuer"] != is || doc["jwks_uri"] != is+"/keys" || len(r.Cookies()) != 0 || !strings.Contains(r.Header.Get("Cache-Control"), "max-age") {
		t.Errorf("%s %v %v", r.Status, doc, r.Header)
	}
	_, doc = fetch("/keys")
	keys, _ := doc["keys"].([]any)
	if len(keys) != 1 || keys[0].(map[string]any)["kty"] != "RSA" || keys[0].(map[string]any)["kid"] == "" {
		t.Errorf("%v", doc)
	}
}
