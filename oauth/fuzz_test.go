package oauth

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func FuzzAnswersOfProviders(f *testing.F) {
	for _, s := range []string{`{"access_token":"a","expires_in":"3599","id_token":"x.eyJzdWIiOiJqIn0.y"}`, `{"access_token":"a b"}`, `{"access_token":"a","expires_in":1e400}`,
		`{"access_token":"a","expires_in":-1,"refresh_token":"r\n"}`, `{"error":"invalid_grant","error_description":"AADSTS70008: x Trace ID: y","claims":"{}"}`, `[]`,
		`{"device_code":"d","user_code":"u","verification_uri":"javascript:x"}`, `{"device_code":"d","user_code":"u","verification_url":"https://x","interval":"0"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if g, err := readGranted(raw); err == nil {
			if g.Access == "" || !printable(g.Access.Reveal()) || !printable(g.Refresh.Reveal()) || g.Life < 0 || g.Life > 11*365*24*time.Hour || len([]rune(g.Account)) > 201 {
				t.Errorf("%q: %v %d %q", raw, g.Life, len(g.Access), g.Account)
			}
		}
		e := readRefused(400, http.Header{"Retry-After": {string(raw)}}, raw, time.Now())
		m, p := judge(e)
		if m.state == "" || m.detail == "" || p.Code == "" && e.Code != "" || strings.ContainsAny(p.Said, "\r\n\x00") || e.RetryAfter < 0 || e.RetryAfter > 24*time.Hour {
			t.Errorf("%q: %+v %+v", raw, m, p)
		}
		if p.Claims != "" && !json.Valid([]byte(p.Claims)) {
			t.Errorf("%q", p.Claims)
		}
		var u under
		if d, life, err := readDevice(raw, &u); err == nil {
			if !webAddress(d.Address) || life <= 0 || life > mostDevice || u.Interval < leastInterval || u.Interval > mostInterval {
				t.Errorf("%q: %+v %v %d", raw, d, life, u.Interval)
			}
		}
	})
}

func FuzzChallenges(f *testing.F) {
	for _, s := range []string{`Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ=="`, `Bearer error="invalid_token"`, `claims="e30"`, `claims="bnVsbA"`, `Basic`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		claims, _ := challenge([]string{header})
		if claims == "" {
			return
		}
		text, err := withClaims(claims)
		if err == nil && (!json.Valid([]byte(text)) || !strings.Contains(text, "cp1")) {
			t.Errorf("%q became %q", claims, text)
		}
	})
}

func FuzzKeys(f *testing.F) {
	for _, s := range []string{"office|user:2|", "office|service|https://x", "a|app|", "||", "a|user:|", "a|group:1|"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if n, ok := ParseKey(key); ok && n.Key() != key {
			t.Errorf("%q became %q", key, n.Key())
		}
	})
}

func TestPlaceholdersAreFilledOnce(t *testing.T) {
	vars := map[string]string{"a": "{b}", "b": "x", "empty": ""}
	for text, want := range map[string]string{"{a}": "{b}", "{b}/{b}": "x/x", "{none} {b": "{none} {b", "{empty}": "", "{{b}}": "{x}", "": ""} {
		if got := fill(text, vars); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}
