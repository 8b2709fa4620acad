package entra

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func FuzzParseJWS(f *testing.F) {
	key, err := newKey(time.Now())
	if err != nil {
		f.Fatal(err)
	}
	good, _ := sign(key.private, map[string]any{"alg": "RS256", "kid": "k"}, map[string]any{"exp": 1, "aud": []string{"a"}})
	for _, seed := range []string{good, good + ".", "..", "a.b.c", "e30.e30.", "e30.bnVsbA.AA", strings.Replace(good, ".", "\n.", 1), good[:len(good)-1] + "="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		j, err := parseJWS(text)
		if err != nil {
			return
		}
		if strings.Count(text, ".") != 2 || strings.ContainsAny(text, "=+/ \n") || j.claims == nil {
			t.Errorf("took %q", text)
		}
		if j.verify(publicOf(key)) == nil && text != good && !sameSigned(text, good) {
			t.Errorf("believed %q", text)
		}
		j.seconds("exp")
		j.has("aud", "a")
	})
}

func sameSigned(a, b string) bool {
	return a[:strings.LastIndexByte(a, '.')] == b[:strings.LastIndexByte(b, '.')]
}

func FuzzParseScope(f *testing.F) {
	for _, seed := range []string{"openid profile", "api://x/.default", "https://x//.default", "User.Read https://graph.microsoft.com/Mail.Send", "/", "x/", "https://x", "\"", ".default"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, e := parseScope(text)
		if e != nil {
			return
		}
		for _, a := range q.list {
			if a.Default == (len(a.Names) > 0) {
				t.Errorf("%q: %+v", text, a)
			}
			for _, n := range a.Names {
				if strings.Contains(n, "/") || n == "" {
					t.Errorf("%q: name %q", text, n)
				}
			}
		}
	})
}

func FuzzParseClaims(f *testing.F) {
	for _, seed := range []string{"", `{"access_token":{"xms_cc":{"values":["cp1"]}}}`, `{"access_token":{"acrs":{"essential":true,"value":"c1"},"x":null}}`, "[", "null"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, e := parseClaims(text); e == nil && text != "" && !json.Valid([]byte(text)) {
			t.Errorf("took %q as %+v", text, c)
		}
	})
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{"a eq 'b'", "not (a eq 1 or b ne null) and startswith(c,'d''e')", "l/any(x:x/y eq true)", "a in ('b','c')", "((((", "a eq", "'a' eq 'b'", "x/any(:"} {
		f.Add(seed)
	}
	m := map[string]any{"a": "b", "l": []any{map[string]any{"y": true}, 1.0, nil}, "n": map[string]any{"m": "x"}}
	f.Fuzz(func(t *testing.T, text string) {
		if is, err := parseFilter(text); err == nil {
			is(m)
			is(nil)
		}
	})
}

func FuzzCursorsAndHints(f *testing.F) {
	f.Add(cursor{Kind: "user", Since: 3}.token())
	f.Add("e30")
	f.Fuzz(func(t *testing.T, text string) {
		if k, ok := readCursor(text, "user"); ok && (k.Kind != "user" || k.Since < 0 || k.After < 0) {
			t.Errorf("%q: %+v", text, k)
		}
		checkRedirect(text)
		a := application{Web: webPlatform{RedirectURIs: []string{"http://localhost/callback", "https://x.test"}}}
		if _, ok := a.platformOf(text); ok && !strings.HasPrefix(text, "http://localhost") && !strings.HasPrefix(text, "https://x.test") && !strings.HasPrefix(strings.ToLower(text), "http://localhost") {
			t.Errorf("went to %q", text)
		}
		newSealer(make([]byte, 32)).open("refresh", text, new(refreshToken))
	})
}
