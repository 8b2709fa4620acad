package doctor

import (
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/identity/trust"
)

// Whatever is pasted, reading it and wording what is wrong neither panics nor
// takes long, and says something.
func FuzzRead(f *testing.F) {
	for _, s := range []string{jwt, "Bearer " + jwt, "curl -H 'Authorization: Bearer x' \\\n https://x", "GET /x HTTP/1.1\nAuthorization: Bearer a\nAuthorization: Basic b\n\n",
		"HTTP/1.1 401 x\nWWW-Authenticate: Bearer error=\"a\\\"\", x=y\n\n{\"code\":\"stale\"}", `{"access_token":"x"}`, `{"error":"invalid_grant","error_description":"AADSTS65001: 'x'"}`,
		"https://x/?error=access_denied&error_description=AADSTS65004%3a+%27", "AADSTS50020: User account 'a@b.c' does not exist in tenant 'T'", "&#39;<p>AADSTS1234", "curl '", "curl \\", "a.b.c"} {
		f.Add(s)
	}
	v := trust.New(trust.Config{})
	f.Cleanup(func() { _ = v.Close() })
	d := Server{Now: time.Unix(1800000000, 0), URL: "https://x", APIs: []API{{Name: "x", Path: "/api/v1", Kinds: []string{"basic"}}}}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Read(text)
		if err != nil {
			return
		}
		c := Case{Pasted: p}
		if p.Token != "" {
			e := v.Explain(t.Context(), p.Token)
			c.Explained = &e
		}
		r := d.Token(c)
		if r.Line == "" || !r.OK && (r.Finding == nil || r.Finding.Code == "" || r.Finding.Who == "") {
			t.Errorf("%q: %+v", text, r)
		}
		if strings.ContainsAny(r.Line, "\n\r\x00\x1b") {
			t.Errorf("%q: the line %q would steer a terminal", text, r.Line)
		}
		if p.Token != "" && len(p.Token) > 60 && strings.Contains(r.Line+strings.Join(r.Notes, ""), p.Token[len(p.Token)-30:]) {
			t.Errorf("%q: the end of the token is in the answer", text)
		}
	})
}

// Claims of any shape are shown and worded.
func FuzzClaims(f *testing.F) {
	f.Add(`{"alg":"RS256","kid":7}`, `{"aud":["a",{}],"exp":1e300,"groups":[[]],"iss":"https://login.microsoftonline.com/x/v2.0","tid":null}`)
	v := trust.New(trust.Config{})
	f.Cleanup(func() { _ = v.Close() })
	f.Fuzz(func(t *testing.T, head, body string) {
		token := encode(head) + "." + encode(body) + "." + encode("signature")
		e := v.Explain(t.Context(), token)
		r := Server{Now: time.Unix(1800000000, 0)}.Token(Case{Pasted: Pasted{Token: token}, Explained: &e})
		if r.OK || r.Line == "" {
			t.Errorf("%q %q: %+v", head, body, r)
		}
	})
}
