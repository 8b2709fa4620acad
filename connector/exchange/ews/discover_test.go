package ews_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	served "github.com/signoffhq/signoff/sandbox/exchange/ews"
)

// world answers as the servers of the internet would, by their addresses; those it
// does not know are not there.
type world struct {
	t     *testing.T
	says  map[string]func(r *http.Request) *http.Response
	asked []string
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	at := r.URL.Scheme + "://" + r.URL.Host + r.URL.Path
	w.asked = append(w.asked, at)
	if _, _, secret := r.BasicAuth(); (secret || r.Header.Get("Authorization") != "") && r.URL.Scheme != "https" {
		w.t.Errorf("a credential went to %s", at)
	}
	say := w.says[at]
	if say == nil {
		return nil, &net.OpError{Op: "dial", Err: errors.New("no such host")}
	}
	a := say(r)
	a.Request = r
	return a, nil
}

func reply(status int, kind, body string, head ...string) func(*http.Request) *http.Response {
	return func(*http.Request) *http.Response {
		h := http.Header{"Content-Type": {kind}, "Request-Id": {"77"}}
		for i := 0; i+1 < len(head); i += 2 {
			h.Add(head[i], head[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: readCloser{strings.NewReader(body)}}
	}
}

func xmlReply(body string) func(*http.Request) *http.Response {
	return func(*http.Request) *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml"}}, Body: readCloser{strings.NewReader(body)}}
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

const (
	first  = "https://contoso.com/autodiscover/autodiscover.xml"
	second = "https://autodiscover.contoso.com/autodiscover/autodiscover.xml"
	third  = "http://autodiscover.contoso.com/autodiscover/autodiscover.xml"
)

func found(url string) func(*http.Request) *http.Response {
	return xmlReply(`<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="x"><Account><Action>settings</Action><Protocol><Type>EXCH</Type><EwsUrl>https://inner.contoso.com/EWS/Exchange.asmx</EwsUrl></Protocol><Protocol><Type>EXPR</Type><EwsUrl>` + url + `</EwsUrl></Protocol></Account></Response></Autodiscover>`)
}

func action(name, inner string) func(*http.Request) *http.Response {
	return xmlReply(`<Autodiscover><Response><Account><Action>` + name + `</Action>` + inner + `</Account></Response></Autodiscover>`)
}

// walk looks for ana@contoso.com, and returns where the inbox was asked for.
func (w *world) walk(server string, srv ...*net.SRV) (asked string, trail string, err error) {
	w.t.Helper()
	client := &http.Client{Transport: w}
	system, err := ews.Open(exchange.Settings{Server: server, Domain: "contoso.com", Plain: client, Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		w.t.Fatal(err)
	}
	ews.SetLookUp(system, func(context.Context, string, string) ([]*net.SRV, error) { return srv, nil })
	b := system.Open(exchange.Access{HTTP: client, User: "ana@contoso.com", Password: "pw"}, exchange.Box{})
	steps := b.Check(w.t.Context())
	for _, s := range steps {
		if s.Name == "autodiscover" {
			trail += s.Found + "\n"
		}
	}
	w.asked = nil
	_, err = b.Folder(w.t.Context(), "inbox")
	return strings.Join(w.asked, " "), trail, err
}

func TestAutodiscoverWalksInMicrosoftsOrder(t *testing.T) {
	const at = "https://mail.contoso.com/EWS/Exchange.asmx"
	web := reply(404, "text/html", "")
	for name, c := range map[string]struct {
		says  map[string]func(*http.Request) *http.Response
		srv   []*net.SRV
		set   string
		where string // "" nowhere
		trail string
	}{
		"at the domain":            {map[string]func(*http.Request) *http.Response{first: found(at)}, nil, "", at, "found"},
		"at the host autodiscover": {map[string]func(*http.Request) *http.Response{first: web, second: found(at)}, nil, "", at, first + ": HTTP 404"},
		"a web site in between":    {map[string]func(*http.Request) *http.Response{first: reply(200, "text/html", ""), second: found(at)}, nil, "", at, "not Autodiscover"},
		"refused at the first":     {map[string]func(*http.Request) *http.Response{first: reply(401, "", "", "WWW-Authenticate", "Basic"), second: found(at)}, nil, "", at, "not accepted"},
		"by a redirection without TLS": {map[string]func(*http.Request) *http.Response{third: reply(302, "", "", "Location", "https://mail.contoso.com/autodiscover/autodiscover.xml"),
			"https://mail.contoso.com/autodiscover/autodiscover.xml": found(at)}, nil, "", at, "a redirection"},
		"never down to http": {map[string]func(*http.Request) *http.Response{first: reply(302, "", "", "Location", "http://mail.contoso.com/autodiscover/autodiscover.xml"),
			"http://mail.contoso.com/autodiscover/autodiscover.xml": found(at)}, nil, "", "", "without TLS"},
		"by DNS":         {map[string]func(*http.Request) *http.Response{"https://mail.contoso.com/autodiscover/autodiscover.xml": found(at)}, []*net.SRV{{Target: "mail.contoso.com.", Port: 443}}, "", at, "DNS names mail.contoso.com"},
		"by DNS, abroad": {map[string]func(*http.Request) *http.Response{"https://mail.evil.test/autodiscover/autodiscover.xml": found(at)}, []*net.SRV{{Target: "mail.evil.test.", Port: 443}}, "", "", "has to be confirmed"},
		"another address": {map[string]func(*http.Request) *http.Response{first: func(r *http.Request) *http.Response {
			if strings.Contains(readAll(r), "real@contoso.com") {
				return found(at)(r)
			}
			return action("redirectAddr", "<RedirectAddr>real@contoso.com</RedirectAddr>")(r)
		}}, nil, "", at, "real@contoso.com"},
		"another server":     {map[string]func(*http.Request) *http.Response{first: action("redirectUrl", "<RedirectUrl>"+second+"</RedirectUrl>"), second: found(at)}, nil, "", at, "another server"},
		"a foreign host":     {map[string]func(*http.Request) *http.Response{first: reply(302, "", "", "Location", "https://mail.fabrikam.test/autodiscover/autodiscover.xml")}, nil, "", "", "outside contoso.com"},
		"foreign settings":   {map[string]func(*http.Request) *http.Response{first: xmlReply(`<Autodiscover><Response><Account><Action>settings</Action><Protocol><Type>EXPR</Type><EwsUrl>https://mail.fabrikam.test/EWS/Exchange.asmx</EwsUrl></Protocol></Account></Response></Autodiscover>`)}, nil, "", "", "without being confirmed"},
		"a confirmed host":   {map[string]func(*http.Request) *http.Response{first: found("https://mail.fabrikam.test/EWS/Exchange.asmx")}, nil, "mail.fabrikam.test", "https://mail.fabrikam.test/EWS/Exchange.asmx", "found"},
		"settings in clear":  {map[string]func(*http.Request) *http.Response{first: xmlReply(`<Autodiscover><Response><Account><Action>settings</Action><Protocol><Type>EXPR</Type><EwsUrl>http://mail.contoso.com/EWS/Exchange.asmx</EwsUrl></Protocol></Account></Response></Autodiscover>`)}, nil, "", "", "not taken"},
		"in a circle":        {map[string]func(*http.Request) *http.Response{first: reply(302, "", "", "Location", second), second: reply(302, "", "", "Location", first)}, nil, "", "", "was asked already"},
		"an error":           {map[string]func(*http.Request) *http.Response{first: xmlReply(`<Autodiscover><Response><Error><ErrorCode>500</ErrorCode><Message>The email address can't be found.</Message></Error></Response></Autodiscover>`)}, nil, "", "", "can't be found. (500)"},
		"nothing but broken": {map[string]func(*http.Request) *http.Response{first: xmlReply(`<Autodiscover><Resp`), second: xmlReply(`<Autodiscover/>`)}, nil, "", "", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{t: t, says: c.says}
			asked, trail, err := w.walk("autodiscover "+c.set, c.srv...)
			if !strings.Contains(trail, c.trail) {
				t.Errorf("the report does not say %q:\n%s", c.trail, trail)
			}
			if c.where != "" && !strings.HasPrefix(asked, c.where) {
				t.Errorf("asked %s, want %s; %v", asked, c.where, err)
			}
			if c.where == "" {
				if e, ok := errors.AsType[*signoff.Error](err); !ok || e.Hint == "" || strings.Contains(asked, "EWS") {
					t.Errorf("asked %s: %v", asked, err)
				}
			}
			for _, a := range w.asked {
				if strings.Contains(a, "fabrikam") && c.set == "" || strings.Contains(a, "evil") {
					t.Errorf("a foreign host was asked: %s", a)
				}
			}
		})
	}
}

func TestRedirectionsEnd(t *testing.T) {
	w := &world{t: t, says: map[string]func(*http.Request) *http.Response{first: reply(302, "", "", "Location", "https://h0.contoso.com/")}}
	for n := range 30 {
		w.says[fmt.Sprintf("https://h%d.contoso.com/", n)] = reply(302, "", "", "Location", fmt.Sprintf("https://h%d.contoso.com/", n+1))
	}
	_, trail, err := w.walk("autodiscover")
	if err == nil || !strings.Contains(trail, "after 10 redirections") || strings.Contains(trail, "https://h10.contoso.com/: a redirection") {
		t.Errorf("%v\n%s", err, trail)
	}
}

func TestAMailboxInTheCloudIsToldOf(t *testing.T) {
	w := &world{t: t, says: map[string]func(*http.Request) *http.Response{first: reply(302, "", "", "Location", "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml")}}
	_, _, err := w.walk("autodiscover")
	if e, ok := errors.AsType[*signoff.Error](err); !ok || !strings.Contains(e.Hint, "Exchange Online") {
		t.Errorf("%v", err)
	}
}

// The sandbox's own Autodiscover, behind the names of its domain.
func TestASandboxIsFoundByAutodiscover(t *testing.T) {
	f := newFirm(t)
	f.EWS.SetPolicy(served.Policy{OnPremises: true})
	host := strings.TrimPrefix(f.Entra.URL(), "https://")
	w := &world{t: t, says: map[string]func(*http.Request) *http.Response{}}
	through := func(r *http.Request) *http.Response {
		r = r.Clone(r.Context())
		r.URL.Host, r.Host = host, host
		a, err := f.Plain.Transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	w.says["https://autodiscover.contoso.test/autodiscover/autodiscover.xml"] = through
	name, _, _ := strings.Cut(host, ":")
	system, err := ews.Open(exchange.Settings{Server: "autodiscover", Domain: "contoso.test", Plain: &http.Client{Transport: w}, Pause: f.Pause})
	if err != nil {
		t.Fatal(err)
	}
	ews.SetLookUp(system, func(context.Context, string, string) ([]*net.SRV, error) { return nil, nil })
	b := system.Open(exchange.Access{HTTP: &http.Client{Transport: w}, User: "ana@contoso.test", Password: "signoff"}, exchange.Box{})
	explainedFound := false
	for _, s := range b.Check(t.Context()) {
		explainedFound = explainedFound || strings.Contains(s.Found, name)
	}
	if !explainedFound {
		t.Errorf("%+v", b.Check(t.Context()))
	}
}
