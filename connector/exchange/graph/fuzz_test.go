package graph

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// A refusal, whatever it holds, becomes short text without line breaks.
func FuzzRefusals(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"ErrorItemNotFound","message":"x","innerError":{"request-id":"1"}}}`))
	f.Add([]byte(`{"error":{"code":"BadRequest","message":"\u0000\n","innererror":{"innererror":{"code":"Y"}}}}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := &exchange.Refusal{Status: 400}
		if !readRefusal(r, text) {
			return
		}
		for _, s := range []string{r.Code, r.Text, r.RequestID} {
			if strings.ContainsAny(s, "\r\n\x00") || len(s) > 510 || !utf8.ValidString(s) {
				t.Errorf("%q", s)
			}
		}
		_ = r.Explain("Reading", "").Error()
	})
}

// A filter's values never end the literal they are in.
func FuzzFilters(f *testing.F) {
	f.Add("subject", "eq", "x' or 1 eq 1 or 'a' eq 'a")
	f.Add("received", "gt", "2026-01-01T00:00:00Z")
	f.Add("categories", "contains", "''")
	f.Fuzz(func(t *testing.T, name, op, value string) {
		text, ok := translate(broker.Filter{Op: op, Name: name, To: value}, mailProperties)
		if !ok {
			return
		}
		if strings.Count(text, "'")%2 != 0 {
			t.Fatalf("%q is open", text)
		}
		outside, inside := "", false
		for i := 0; i < len(text); i++ {
			if text[i] == '\'' {
				if inside && i+1 < len(text) && text[i+1] == '\'' {
					i++
					continue
				}
				inside = !inside
				continue
			}
			if !inside {
				outside += string(text[i])
			}
		}
		for _, word := range strings.FieldsFunc(outside, func(r rune) bool { return strings.ContainsRune(" (),/:", r) }) {
			if strings.Contains(" eq ne gt ge lt le contains startswith any a subject from emailAddress address internetMessageId conversationId importance categories ", " "+word+" ") {
				continue
			}
			if p := mailProperties[name]; word != p.path && p.kind != broker.Moment {
				t.Fatalf("%q leads out of its literal: %q", value, text)
			}
		}
	})
}

// A link that is followed leads to our server and stays below its path.
func FuzzLinks(f *testing.F) {
	f.Add("https://graph.microsoft.com/v1.0/me/mailFolders('inbox')/messages/delta?$deltatoken=x")
	f.Add("https://graph.microsoft.com/v1.0/../x/messages/?$skiptoken=1")
	f.Add("https://graph.microsoft.com.evil.test/v1.0/me/messages/delta?$deltatoken=x")
	base, err := url.Parse(Public)
	if err != nil {
		f.Fatal(err)
	}
	b := &box{s: &System{base: base}}
	f.Fuzz(func(t *testing.T, text string) {
		l, ok := b.ours(text)
		if !ok {
			return
		}
		if from, err := url.Parse(text); err != nil || !strings.EqualFold(from.Host, base.Host) || from.Scheme != base.Scheme {
			t.Errorf("%q was taken for ours", text)
		}
		target, err := b.target(request{path: "//" + l.path, query: l.query})
		if err != nil {
			return
		}
		u, err := url.Parse(target)
		if err != nil || u.Host != base.Host || u.Scheme != "https" || !strings.HasPrefix(u.Path, "/v1.0/") || strings.Contains(u.Path, "/../") {
			t.Errorf("%q leads to %q", text, target)
		}
	})
}

func FuzzMails(f *testing.F) {
	f.Add([]byte(`{"id":"x","from":null,"toRecipients":[{"emailAddress":{"name":"a","address":"a"}}],"isRead":true,"sentDateTime":"2026-01-01T00:00:00Z"}`), "120", "3-4")
	f.Fuzz(func(t *testing.T, text []byte, after, ranges string) {
		var m message
		if json.Unmarshal(text, &m) == nil {
			_ = m.mail()
		}
		var e event
		if json.Unmarshal(text, &e) == nil {
			_ = e.event()
		}
		if d := traffic.RetryAfter(http.Header{"Retry-After": {after}}, time.Unix(0, 0)); d < 0 || d > traffic.LongestAsked {
			t.Errorf("%q is %v", after, d)
		}
		if n := firstExpected([]string{ranges}); n < 0 {
			t.Errorf("%q is %d", ranges, n)
		}
	})
}
