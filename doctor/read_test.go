package doctor

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/identity/trust"
)

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIn0.c2lnbmF0dXJl"

func TestATokenIsFoundInWhateverWasPasted(t *testing.T) {
	for name, text := range map[string]string{
		"alone":                    jwt,
		"with spaces":              "  " + jwt + "\n",
		"with a byte order mark":   "\ufeff" + jwt,
		"in quotation marks":       `"` + jwt + `",`,
		"with Bearer":              "bearer " + jwt,
		"a header line":            "Authorization: Bearer " + jwt,
		"in lines":                 jwt[:20] + "\r\n" + jwt[20:40] + "\r\n" + jwt[40:],
		"a token answer":           `{"token_type":"Bearer","access_token":"` + jwt + `","expires_in":3599}`,
		"a raw request":            "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + jwt + "\r\n\r\n",
		"a request with a body":    "POST /x HTTP/1.1\nAuthorization: Bearer " + jwt + "\n\nAuthorization: Bearer other",
		"curl -v":                  "> GET /api/v1/me HTTP/2\n> Host: x\n> authorization: Bearer " + jwt + "\n>\n< HTTP/2 401\n< www-authenticate: Bearer error=\"invalid_token\"\n<\n",
		"curl":                     "curl https://x/api/v1/me -H 'Authorization: Bearer " + jwt + "'",
		"curl of Windows":          "curl.exe ^\n -H \"Authorization: Bearer " + jwt + "\" ^\n https://x/api/v1/me",
		"curl of PowerShell":       "curl.exe `\n -H \"Authorization: Bearer " + jwt + "\" `\n https://x/api/v1/me",
		"curl with joined option":  "curl -H'Authorization: Bearer " + jwt + "' https://x",
		"curl with long option":    "curl --header='Authorization: Bearer " + jwt + "' --url https://x",
		"curl with its own option": "$ curl --oauth2-bearer " + jwt + " https://x",
		"an address":               "curl https://x/api?access_token=" + jwt,
		"in a log":                 `time=x level=info msg="sent {` + jwt + `} to x"`,
	} {
		p, err := Read(text)
		if err != nil || p.Token != jwt {
			t.Errorf("%s: %q %v", name, p.Token, err)
		}
	}
}

func TestWhatHoldsNothingIsRefused(t *testing.T) {
	for name, text := range map[string]string{"nothing": " \n\t", "prose": "I tried it this morning and it did not work {at all}, what can I do?", "markup": "<html><body>hello</body></html>",
		"JSON of somebody else": `{"error":{"code":"x"}}`, "too much": strings.Repeat("a", MaxPasteBytes+1)} {
		if p, err := Read(text); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestACurlCommandIsReadAsAShellReadsIt(t *testing.T) {
	p, err := Read("curl -sS -X PUT \\\n  -H \"X: it's \\\"so\\\"\" -H 'Y: a\\b' -u ana:secret-of-ana --data '{\"Authorization\":\"x\"}' https://x/api/v1/me\nHTTP/1.1 403 Forbidden\nContent-Type: application/problem+json\n\n{\"code\":\"not-allowed\",\n\"detail\":\"you may not\"}")
	if err != nil {
		t.Fatal(err)
	}
	q := p.Request
	if q.Method != "PUT" || q.URL != "https://x/api/v1/me" || !slices.Equal(q.Get("x"), []string{`it's "so"`}) || !slices.Equal(q.Get("Y"), []string{`a\b`}) {
		t.Errorf("%+v", q)
	}
	if len(q.Get("Authorization")) != 1 || strings.Contains(strings.Join(q.Get("Authorization"), ""), "secret") {
		t.Errorf("the password is kept: %+v", q.Header)
	}
	if p.Answer == nil || p.Answer.Status != 403 || p.Answer.Code != "not-allowed" || p.Answer.Detail != "you may not" {
		t.Errorf("%+v", p.Answer)
	}
}

func TestAnErrorOfEntrasIsFoundHoweverItWasShown(t *testing.T) {
	const text = `AADSTS50011: The redirect URI 'https://a.example/cb/' specified in the request does not match the redirect URIs configured for the application '11111111-2222-4333-8444-555555555555'. Trace ID: aaaaaaaa-2222-4333-8444-555555555555 Correlation ID: bbbbbbbb-2222-4333-8444-555555555555 Timestamp: 2026-11-22 08:00:00Z`
	for name, pasted := range map[string]string{
		"the text":    "Sorry, but we're having trouble signing you in.\n" + text,
		"the answer":  `{"error":"invalid_request","error_description":"` + text + `","error_codes":[50011],"correlation_id":"bbbbbbbb-2222-4333-8444-555555555555"}`,
		"a response":  "HTTP/1.1 400 Bad Request\nContent-Type: application/json\n\n" + `{"error":"invalid_request","error_description":"` + text + `"}`,
		"the address": "https://a.example/cb?error=invalid_request&error_description=" + strings.NewReplacer(" ", "+", "'", "%27", ":", "%3a").Replace(text) + "&state=x",
		"the page":    "<html><body><p>" + strings.ReplaceAll(text, "'", "&#39;") + "</p></body></html>",
	} {
		p, err := Read(pasted)
		if err != nil || p.Entra == nil {
			t.Errorf("%s: %v %+v", name, err, p)
			continue
		}
		e := p.Entra
		if e.Code != 50011 || e.Redirect != "https://a.example/cb/" || e.App != "11111111-2222-4333-8444-555555555555" || e.Correlation != "bbbbbbbb-2222-4333-8444-555555555555" {
			t.Errorf("%s: %+v", name, e)
		}
		f := e.Explain(Setup{Redirect: "https://a.example/cb", App: "11111111-2222-4333-8444-555555555555"})
		if f.Code != "aadsts-50011" || !strings.Contains(f.Line, "https://a.example/cb/") || !strings.Contains(f.Do, "only the slash at the end differs") ||
			len(f.Copy) == 0 || f.Copy[0].Text != "https://a.example/cb" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestWhatAnErrorDoesNotNameComesFromTheSetting(t *testing.T) {
	p, err := Read("AADSTS7000222: The provided client secret keys are expired.")
	if err != nil {
		t.Fatal(err)
	}
	f := p.Entra.Explain(Setup{Redirect: "https://a.example/cb"})
	if !strings.Contains(f.Copy[0].Text, "--id <client id> ") {
		t.Errorf("%+v", f)
	}
	p, err = Read("AADSTS12345678: something new")
	if err != nil {
		t.Fatal(err)
	}
	if f = p.Entra.Explain(Setup{}); f.Code != "aadsts-12345678" || !strings.Contains(f.Line, "not in our list") {
		t.Errorf("%+v", f)
	}
}

// A caller's error is not this server's: the advice would have an administrator
// change a sign-in that works.
func TestAnErrorIsOursOnlyWhenItNamesOurApplication(t *testing.T) {
	const own, other = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
	for text, want := range map[string][]string{
		"AADSTS7000222: The provided client secret keys for app '" + other + "' are expired.": {"caller's application, not this server's", "enter it in the program that calls", other},
		"AADSTS7000222: The provided client secret keys for app '" + own + "' are expired.":   {"enter it in this server", own},
		"AADSTS7000222: The provided client secret keys are expired.":                         {"unless somebody was signing in to this server", "where the program that asked has it", "<client id>"},
	} {
		p, err := Read(text)
		if err != nil {
			t.Fatal(err)
		}
		f := p.Entra.Explain(Setup{App: own})
		for i, words := range want {
			if in := f.Do; !strings.Contains(in, words) && (i < len(want)-1 || !strings.Contains(f.Copy[0].Text, words)) {
				t.Errorf("%s: %+v", text, f)
			}
		}
	}
}

func TestEveryCodeOfPackageTrustHasWords(t *testing.T) {
	for _, c := range trust.Codes {
		if words[c.Code] == nil {
			t.Errorf("%s has no words", c.Code)
		}
	}
	for code := range words {
		if codeText(code) == code {
			t.Errorf("%s is no code of package trust", code)
		}
	}
}

func TestTheDifferenceOfTwoAddressesIsNamed(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"https://a/x", "https://a/x", "they are the same"}, {"https://a/x/", "https://a/x", "slash"}, {"https://a/X", "https://a/x", "letter case"}, {"http://a/x", "https://a/x", "http, the other https"},
		{"https://a:8443/x", "https://a/x", "port"}, {"https://b/x", "https://a/x", "host"}, {"https://a/y", "https://a/x", "path"}, {"x", "https://a/x", "different"}, {"https://b/y", "https://a/x", "different"},
	} {
		if got := Differ(c.a, c.b); !strings.Contains(got, c.want) {
			t.Errorf("%s and %s: %s", c.a, c.b, got)
		}
	}
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
