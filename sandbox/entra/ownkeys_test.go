package entra

import (
	"net/url"
	"testing"
)

func TestAnApplicationWithItsOwnKeysSignsWithThem(t *testing.T) {
	dir := t.TempDir()
	s := open(t, func(o *Options) { o.Dir, o.Keep = dir, true })
	sp := "/servicePrincipals/" + look(s.dir, func(tb *tables) string { return tb.spByAppID(apiID).ID })
	tenants := s.keys.current().kid
	kidOf := func(s *tenantOf) string {
		j, err := parseJWS(s.tokens("v2", "jane").get("access_token"))
		if err != nil {
			t.Fatal(err)
		}
		return j.header.Kid
	}
	if no := s.graphCall("POST", sp+"/addTokenSigningCertificate", map[string]any{"displayName": "mine"}); no.status != 400 {
		t.Errorf("a name without CN=: %d %s", no.status, no.text)
	}
	made := s.graphCall("POST", sp+"/addTokenSigningCertificate", map[string]any{"displayName": "CN=mine"}).must(t)
	if kidOf(s) != tenants {
		t.Error("it signs with the new key before it is preferred")
	}
	s.graphCall("PATCH", sp, map[string]any{"preferredTokenSigningKeyThumbprint": made.get("thumbprint")})
	own := kidOf(s)
	if own == tenants || own != made.get("customKeyIdentifier") {
		t.Fatalf("it signs with %s", own)
	}
	for query, want := range map[string]string{"": tenants, "?appid=" + apiID: own, "?appid=" + oldAPIID: tenants} {
		u, err := url.Parse(s.do("GET", "/"+TenantID+"/v2.0/.well-known/openid-configuration"+query, nil).get("jwks_uri"))
		if err != nil || u.RawQuery != "" && "?"+u.RawQuery != query {
			t.Fatalf("keys of %q at %s", query, u)
		}
		keys, _ := s.do("GET", u.RequestURI(), nil).json["keys"].([]any)
		if first := keys[0].(map[string]any)["kid"]; first != want || query == "?appid="+apiID && len(keys) != 1 {
			t.Errorf("keys at %q: %v", query, keys)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if again := open(t, func(o *Options) { o.Dir, o.Keep = dir, true }); kidOf(again) != own || again.keys.current().kid != tenants {
		t.Error("after a restart it has other keys")
	}
}
