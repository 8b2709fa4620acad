package trust

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func keysOf(t *testing.T, w *web, profile Profile, issuer, metadata string) (*Keys, *Verifier, *clock) {
	t.Helper()
	v, c := verifier(t, w)
	return v.KeysOf(t.Context(), profile, issuer, metadata), v, c
}

func TestWhatAProviderSignsIsVerified(t *testing.T) {
	k, _, c := keysOf(t, providers(), OIDC, oidcURL, metaF)
	good := oidcToken(c.now())
	got, err := k.Verify(t.Context(), good.String(), []string{"RS256"})
	if err != nil || !strings.Contains(string(got.Claims), oidcURL) {
		t.Fatalf("%+v %v", got, err)
	}
	ec := good.head(obj{"alg": "ES256", "kid": "e1"}).by(p256)
	if _, err := k.Verify(t.Context(), ec.String(), []string{"RS256", "ES256"}); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]string{
		"an algorithm the provider does not use": ec.String(),
		"no signature":                           good.head(obj{"alg": "none"}).String(),
		"a secret that everybody knows":          good.head(obj{"alg": "HS256"}).String(),
		"another's key":                          good.by(rsaA).String(),
		"an unknown key":                         good.head(obj{"kid": "who"}).String(),
		"no key named where there are several":   good.head(obj{"kid": nil}).String(),
		"a demand":                               good.head(obj{"crit": []string{"x"}, "x": 1}).String(),
		"a key of another kind":                  good.head(obj{"kid": "e1"}).String(),
		"too long":                               good.but(obj{"x": strings.Repeat("y", MaxTokenBytes)}).String(),
		"no JWT":                                 "hello",
	} {
		if _, err := k.Verify(t.Context(), bad, []string{"RS256"}); err == nil {
			t.Errorf("%s: verified", name)
		}
	}
}

func TestTheOnlyKeyNeedsNoName(t *testing.T) {
	w := providers()
	w.set(keysF, answer(200, jwks(jwkOf("f1", rsaB))))
	k, _, c := keysOf(t, w, OIDC, oidcURL, metaF)
	if _, err := k.Verify(t.Context(), oidcToken(c.now()).head(obj{"kid": nil}).String(), []string{"RS256"}); err != nil {
		t.Error(err)
	}
}

func TestForgedTokensMakeNobodyFetch(t *testing.T) {
	w := providers()
	k, _, c := keysOf(t, w, OIDC, oidcURL, metaF)
	for i := range 300 {
		k.Verify(t.Context(), oidcToken(c.now()).head(obj{"kid": "forged" + strings.Repeat("x", i)}).by(rsaA).String(), []string{"RS256"})
	}
	if n := w.count(); n != 2 {
		t.Errorf("%d fetches, not metadata and keys once", n)
	}
	c.add(unknownEvery + time.Second)
	k.Verify(t.Context(), oidcToken(c.now()).head(obj{"kid": "another"}).String(), []string{"RS256"})
	if n := w.count(); n != 4 {
		t.Errorf("%d fetches after the pause", n)
	}
}

func TestAKeyThatIsGoneIsForgottenWithinTheHour(t *testing.T) {
	w := providers()
	k, _, c := keysOf(t, w, OIDC, oidcURL, metaF)
	token := oidcToken(c.now()).String()
	if _, err := k.Verify(t.Context(), token, []string{"RS256"}); err != nil {
		t.Fatal(err)
	}
	w.set(keysF, answer(200, jwks(jwkOf("f2", rsaA))))
	c.add(2 * time.Hour)
	if _, err := k.Verify(t.Context(), token, []string{"RS256"}); err == nil {
		t.Error("a key that the provider withdrew is still believed")
	}
	w.set(keysF, answer(500, "down"))
	c.add(2 * time.Hour)
	if _, err := k.Verify(t.Context(), oidcToken(c.now()).head(obj{"kid": "f2"}).by(rsaA).String(), []string{"RS256"}); err != nil {
		t.Errorf("good keys were forgotten in an outage: %v", err)
	}
}

func TestKeysOfOtherTenantsAreNotUsed(t *testing.T) {
	w := providers()
	stranger := jwkOf("a1", rsaA)
	stranger["issuer"] = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
	w.set(keysV2, answer(200, jwks(stranger, jwkOf("e1", p256))))
	k, _, c := keysOf(t, w, Entra, "https://login.microsoftonline.com/"+tenantA+"/v2.0", metaV2)
	if _, err := k.Verify(t.Context(), v2(c.now()).String(), []string{"RS256"}); err == nil {
		t.Error("a key of personal accounts signed for a tenant")
	}
	own, _, c := keysOf(t, providers(), Entra, "https://login.microsoftonline.com/"+tenantA+"/v2.0", metaV2)
	if _, err := own.Verify(t.Context(), v2(c.now()).String(), []string{"RS256"}); err != nil {
		t.Error(err)
	}
}

func TestMetadataIsItsIssuersOwn(t *testing.T) {
	w := providers()
	v, _ := verifier(t, w)
	if _, err := v.Metadata(t.Context(), metaF, oidcURL); err != nil {
		t.Error(err)
	}
	if _, err := v.Metadata(t.Context(), metaF, oidcURL+"/"); err == nil {
		t.Error("metadata of another issuer was taken")
	}
	for name, page := range map[string]func(*http.Request) *http.Response{
		"html": answer(200, "<!doctype html><p>hello"), "huge": answer(200, `{"a":"`+strings.Repeat("x", maxDocumentBytes)+`"}`),
		"twice": answer(200, `{"issuer":"a","issuer":"`+oidcURL+`","jwks_uri":"b"}`), "down": answer(503, "{}"),
	} {
		w.set(metaF, page)
		if _, err := v.Metadata(t.Context(), metaF, oidcURL); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := v.Metadata(t.Context(), strings.Replace(metaF, "https", "http", 1), oidcURL); err == nil {
		t.Error("plain http was taken")
	}
	if v.Usable("http://fabrikam.test/x") == nil || v.Usable("https://fabrikam.test/x") != nil {
		t.Error("which addresses are usable")
	}
}
