package ews

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// Whatever is read is within the limits, and what is written of it is read the
// same.
func FuzzReadXML(f *testing.F) {
	f.Add([]byte(`<a x="1"><b>&lt;&amp;</b><c/></a>`))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>`))
	f.Add([]byte(strings.Repeat("<a>", 100)))
	f.Add([]byte(`<a></b>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := readXML(bytes.NewReader(text), 1<<16)
		if err != nil {
			return
		}
		if bytes.HasPrefix(text, []byte("<!DOCTYPE")) {
			t.Error("a document type was taken")
		}
		var deep func(n *node) int
		deep = func(n *node) int {
			most := 0
			for _, k := range n.kids {
				most = max(most, deep(k))
			}
			return most + 1
		}
		if deep(n) > maxDepth {
			t.Error("too deep")
		}
		_, _ = n.mail(), n.event()
		_, _, _ = n.task(), n.contact(), n.folder()
	})
}

func FuzzWrittenIsReadTheSame(f *testing.F) {
	f.Add("a", `"><x y='`)
	f.Add("\x00\ufffe", "]]>&#0;\r\n")
	f.Fuzz(func(t *testing.T, text, value string) {
		var b bytes.Buffer
		el("m:a", txt("t:b", text)).with("v", value).write(&b)
		n, err := readXML(&b, 1<<20)
		if err != nil || len(n.kids) != 1 || len(n.attrs) != 1 {
			t.Fatalf("%v of %q %q", err, text, value)
		}
		if plain := func(s string) bool {
			return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > 0xd7ff })
		}; plain(text) && n.kids[0].text != text || plain(value) && n.attr("v") != value {
			t.Errorf("%q %q became %q %q", text, value, n.kids[0].text, n.attr("v"))
		}
	})
}

// A refusal, whatever it holds, becomes short text without line breaks.
func FuzzFaults(f *testing.F) {
	f.Add([]byte(`<Fault><faultcode>a:ErrorServerBusy</faultcode><faultstring>x</faultstring><detail><MessageXml><Value Name="BackOffMilliseconds">297749</Value></MessageXml></detail></Fault>`))
	f.Add([]byte(`<Fault><Code><Subcode><Value>a:ErrorX</Value></Subcode></Code><Reason><Text>no</Text></Reason></Fault>`))
	f.Add([]byte(`<X ResponseClass="Error"><MessageText>no</MessageText><ResponseCode>ErrorItemNotFound</ResponseCode></X>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := readXML(bytes.NewReader(text), 1<<16)
		if err != nil {
			return
		}
		for _, r := range []*exchange.Refusal{readFault(n, 500, "1"), readRefusal(n, "1")} {
			for _, s := range []string{r.Code, r.Text} {
				if strings.ContainsAny(s, "\r\n\x00") || len(s) > 1100 || !utf8.ValidString(s) {
					t.Errorf("%q", s)
				}
			}
			if r.Wait < 0 || r.Wait > traffic.LongestAsked {
				t.Errorf("wait %v", r.Wait)
			}
			_ = r.Explain("Reading", "").Error()
		}
	})
}

// An answer is taken whole, or not at all.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`<Envelope><Body><GetItemResponse><ResponseMessages><M ResponseClass="Success"><Items><Message><ItemId Id="A"/></Message></Items></M></ResponseMessages></GetItemResponse></Body></Envelope>`), 1)
	f.Add([]byte(`<Envelope><Body><GetItemResponse ResponseClass="Error"/></Body></Envelope>`), 1)
	f.Fuzz(func(t *testing.T, text []byte, items int) {
		n, err := readXML(bytes.NewReader(text), 1<<16)
		if err != nil {
			return
		}
		all, err := messagesOf(n, request{op: el("m:GetItem"), items: items}, "1")
		if err == nil && (len(all) == 0 || items > 0 && len(all) != items) {
			t.Errorf("%d messages", len(all))
		}
	})
}

// A stream, whatever it holds, ends, and says nothing that it does not know.
func FuzzStreams(f *testing.F) {
	one := `<Envelope><Body><GetStreamingEventsResponse><ResponseMessages><GetStreamingEventsResponseMessage ResponseClass="Success">`
	end := `</GetStreamingEventsResponseMessage></ResponseMessages></GetStreamingEventsResponse></Body></Envelope>`
	f.Add([]byte(one + `<ConnectionStatus>OK</ConnectionStatus>` + end + one + `<Notifications><Notification><NewMailEvent/></Notification></Notifications>` + end))
	f.Add([]byte(one + `<Notifications><Notification><StatusEvent/></Notification></Notifications>` + end + `<Env`))
	s := &System{silence: time.Hour}
	f.Fuzz(func(t *testing.T, text []byte) {
		alive := time.NewTimer(time.Hour)
		defer alive.Stop()
		_, _ = (&box{s: s}).hear(newReader(bytes.NewReader(text), 1<<16), alive, "1")
	})
}

// What Autodiscover answers leads to https alone, and to hosts that are believed.
func FuzzAutodiscover(f *testing.F) {
	f.Add([]byte(`<Autodiscover><Response><Account><Action>settings</Action><Protocol><Type>EXPR</Type><EwsUrl>https://mail.contoso.com/EWS/Exchange.asmx</EwsUrl></Protocol></Account></Response></Autodiscover>`))
	f.Add([]byte(`<Autodiscover><Response><Account><Action>redirectUrl</Action><RedirectUrl>https://evil.test\@contoso.com/</RedirectUrl></Account></Response></Autodiscover>`))
	f.Add([]byte(`<Autodiscover><Response><Account><Action>redirectAddr</Action><RedirectAddr>a@b.c</RedirectAddr></Account></Response></Autodiscover>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := readXML(bytes.NewReader(text), 1<<16)
		if err != nil {
			return
		}
		sys, err := Open(exchange.Settings{Server: "autodiscover", Plain: &http.Client{Transport: nowhere{t}}})
		if err != nil {
			t.Fatal(err)
		}
		b := sys.Open(exchange.Access{HTTP: &http.Client{Transport: nowhere{t}}}, exchange.Box{Address: "ana@contoso.com"}).(*box)
		d := &discovery{b: b, address: "ana@contoso.com", domain: "contoso.com"}
		at, _ := d.read(context.Background(), "https://contoso.com/", n)
		if at != nil && (at.Scheme != "https" || !own(at.Hostname())) {
			t.Errorf("it leads to %s", at)
		}
	})
}

func own(host string) bool {
	host = strings.ToLower(host)
	return host == "contoso.com" || strings.HasSuffix(host, ".contoso.com")
}

// nowhere reaches nobody, and looks who is asked.
type nowhere struct{ t *testing.T }

func (n nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" || !own(r.URL.Hostname()) {
		n.t.Errorf("%s was asked", r.URL)
	}
	return nil, errNotSigned
}

// A condition is one element with a path and a value, or none at all.
func FuzzFilters(f *testing.F) {
	f.Add("subject", "eq", `x"/><t:Exists>`)
	f.Add("received", "gt", "2026-01-01T00:00:00Z")
	f.Add("subject", "contains", "")
	f.Fuzz(func(t *testing.T, name, op, value string) {
		n, ok := translate(&broker.Filter{Op: op, Name: name, To: value}, mailProperties)
		if !ok {
			return
		}
		var b bytes.Buffer
		n.write(&b)
		back, err := readXML(&b, 1<<20)
		if err != nil || len(back.kids) != 2 || back.kid("FieldURI").attr("FieldURI") == "" {
			t.Errorf("%v: %s", err, b.String())
		}
	})
}

func FuzzCategories(f *testing.F) {
	f.Add([]byte(`<categories><category name="A" color="3" guid="{X}"/></categories>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := readXML(bytes.NewReader(text), 1<<16)
		if err != nil {
			return
		}
		for _, k := range n.kids {
			if c := k.category(); c.Color == "" {
				t.Errorf("%+v", c)
			}
		}
	})
}

func TestDocumentTypesAreRefused(t *testing.T) {
	for _, text := range []string{`<!DOCTYPE a><a/>`, `<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://evil.test/"><a/>`, `<a><!ENTITY x "y"></a>`} {
		if _, err := readXML(strings.NewReader(text), 1<<16); err != errDocument {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := readXML(strings.NewReader(`<a>`+strings.Repeat("x", 1<<16)+`</a>`), 1<<16); err == nil {
		t.Error("an answer beyond its limit was taken")
	}
}
