package entra

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// goClient is what a Go program does to trust the sandbox: add its file to the
// roots.
func goClient(t *testing.T, s *tenantOf) context.Context {
	t.Helper()
	pem, err := os.ReadFile(s.Addresses().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return oidc.ClientContext(t.Context(), &http.Client{Transport: transport})
}

func TestGoOIDCSignsInAndVerifies(t *testing.T) {
	s := open(t)
	ctx := goClient(t, s)
	for v, issuer := range s.Addresses().Issuers {
		provider, err := oidc.NewProvider(ctx, issuer)
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		config := oauth2.Config{ClientID: webID, ClientSecret: seedSecret(webSeed), Endpoint: provider.Endpoint(), RedirectURL: callback,
			Scopes: []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess}}
		verifier := oauth2.GenerateVerifier()
		got := s.browser().get(config.AuthCodeURL("st", oidc.Nonce("no"), oauth2.S256ChallengeOption(verifier),
			oauth2.SetAuthURLParam("resource", map[string]string{"1.0": graphAppID}[v]))).signIn("jane")
		if v == "2.0" { // resource is a parameter of v1.0 only, and refused
			if e := got.landed().Get("error_description"); e == "" {
				t.Errorf("resource at v2.0: %v", got.landed())
			}
			got = s.browser().get(config.AuthCodeURL("st", oidc.Nonce("no"), oauth2.S256ChallengeOption(verifier))).signIn("jane")
		}
		token, err := config.Exchange(ctx, got.landed().Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		raw, _ := token.Extra("id_token").(string)
		id, err := provider.Verifier(&oidc.Config{ClientID: webID}).Verify(ctx, raw)
		if err != nil || id.Nonce != "no" {
			t.Fatalf("%s: %v %+v", v, err, id)
		}
		info, err := provider.UserInfo(ctx, config.TokenSource(ctx, token))
		if err != nil || info.Subject != id.Subject {
			t.Errorf("%s: %v %+v", v, err, info)
		}
		token.Expiry = token.Expiry.AddDate(-1, 0, 0)
		if fresh, err := config.TokenSource(ctx, token).Token(); err != nil || fresh.AccessToken == token.AccessToken {
			t.Errorf("%s: refresh: %v", v, err)
		}
		// Keys roll over: go-oidc finds the new one.
		if err := s.Rollover(true); err != nil {
			t.Fatal(err)
		}
		after := s.tokens("v2", "jane").get("id_token")
		if v == "1.0" {
			after = s.tokens("v1", "jane").get("id_token")
		}
		if _, err := provider.Verifier(&oidc.Config{ClientID: webID}).Verify(ctx, after); err != nil {
			t.Errorf("%s: after a rollover: %v", v, err)
		}
		if _, err := provider.Verifier(&oidc.Config{ClientID: webID}).Verify(ctx, raw); err == nil {
			t.Errorf("%s: a token of the old key is still believed", v)
		}
	}
}

func TestGoOAuth2GetsTokensForAClientAndADevice(t *testing.T) {
	s := open(t)
	ctx := goClient(t, s)
	provider, err := oidc.NewProvider(ctx, s.Addresses().Issuers["2.0"])
	if err != nil {
		t.Fatal(err)
	}
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		c := clientcredentials.Config{ClientID: daemonID, ClientSecret: seedSecret(daemonSeed), TokenURL: provider.Endpoint().TokenURL,
			Scopes: []string{"api://" + apiID + "/.default"}, AuthStyle: style}
		token, err := c.Token(ctx)
		if err != nil {
			t.Fatal(err)
		}
		verify := provider.Verifier(&oidc.Config{ClientID: apiID})
		if _, err := verify.Verify(ctx, token.AccessToken); err != nil {
			t.Error(err)
		}
	}
	config := oauth2.Config{ClientID: nativeID, Endpoint: provider.Endpoint(), Scopes: []string{"openid", "api://" + apiID + "/user_impersonation"}}
	device, err := config.DeviceAuth(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.browser().post("/devicelogin", map[string][]string{"code": {device.UserCode}}).signIn("bob")
	device.Interval = 1
	if _, err := config.DeviceAccessToken(ctx, device); err != nil {
		t.Error(err)
	}
}
