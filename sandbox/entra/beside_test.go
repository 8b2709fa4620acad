package entra

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestServicesBesideTheTenantHaveTheirOwnPaths(t *testing.T) {
	s := open(t, func(o *Options) {
		o.Beside = map[string]http.Handler{"/ews/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })}
	})
	if r := s.do("POST", "/EWS/Exchange.asmx", nil); r.status != http.StatusTeapot {
		t.Errorf("status %d", r.status)
	}
	if r := s.do("GET", "/beta/me", nil); r.status != http.StatusBadRequest || !strings.Contains(r.text, "Invalid version") {
		t.Errorf("beta: %d %s", r.status, r.text)
	}
	if r := s.do("GET", "/v1.0/me", nil); r.status != http.StatusUnauthorized {
		t.Errorf("Graph: status %d", r.status)
	}
}

func TestTokensForExchangeAreToldFromOthers(t *testing.T) {
	s := open(t)
	secret := []string{"grant_type", "client_credentials", "client_id", seedID(0xa0, mailSeed), "client_secret", seedSecret(mailSeed)}
	token := s.ask("v2", append(secret, "scope", "https://outlook.office365.com/.default")...).must(t).get("access_token")
	c, err := s.ExchangeCaller(token)
	if err != nil || c.Client != seedID(0xa0, mailSeed) || len(c.Roles) != 3 || c.User != "" {
		t.Errorf("%+v %v", c, err)
	}
	graph := s.ask("v2", append(secret, "scope", "https://graph.microsoft.com/.default")...).must(t).get("access_token")
	expired, mintErr := s.Mint(nil, map[string]any{"aud": exchangeAppID, "exp": time.Now().Add(-time.Hour).Unix()})
	gone, mintErr2 := s.Mint(nil, map[string]any{"aud": exchangeAppID, "exp": time.Now().Add(time.Hour).Unix(), "scp": "EWS.AccessAsUser.All", "oid": newGUID()})
	if mintErr != nil || mintErr2 != nil {
		t.Fatal(mintErr, mintErr2)
	}
	for text, want := range map[string]error{graph: ErrTokenAudience, expired: ErrTokenExpired, gone: ErrTokenUser, "x": ErrTokenMalformed, token[:len(token)-4] + "AAAA": ErrTokenSignature} {
		if _, err := s.ExchangeCaller(text); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestGraphSaysTheClientsOwnRequestIDBack(t *testing.T) {
	s, id := open(t), newGUID()
	r := s.do("GET", "/v1.0/users", nil, "client-request-id", id)
	e, _ := r.json["error"].(map[string]any)
	inner, _ := e["innerError"].(map[string]any)
	if inner["client-request-id"] != id || r.header.Get("client-request-id") != id || inner["request-id"] == id {
		t.Errorf("%v %s", r.header, r.text)
	}
}
