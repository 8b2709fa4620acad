package exchange

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// control asks the control API. body with "=" is a form.
func (o *office) control(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	o.t.Helper()
	r := httptest.NewRequest(method, "http://localhost/sandbox/exchange/"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if strings.Contains(body, "=") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	o.Control().ServeHTTP(w, r)
	return w
}

func TestTheControlSwitchesFaultsGrantsAndLimits(t *testing.T) {
	o := open(t)
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "faults/throttled", `{"mailbox":"jane","value":"7"}`, 200}, {"PUT", "faults/nonsense", `{}`, 400}, {"PUT", "faults/throttled", `{`, 400},
		{"PUT", "grants", `{"right":"Application Mail.Send","mailbox":"workflow","to":"app"}`, 200}, {"PUT", "grants", `{"right":"All","mailbox":"jane","to":"app"}`, 400},
		{"PUT", "limits", `{"messagesPerMinute":2}`, 200}, {"POST", "forge", `{"from":"nobody"}`, 400}, {"GET", "elsewhere", "", 404},
		{"PUT", "limits", strings.Repeat(" ", maxControlBytes+1), 413},
	} {
		if w := o.control(c.method, c.path, c.body); w.Code != c.status {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
	if f := o.Faults(); len(f) != 1 || f[0] != (Fault{Name: "throttled", Mailbox: "jane", Value: "7"}) {
		t.Errorf("on are %v", f)
	}
	o.control("PUT", "limits", `{"requestsPer10Min":-1}`)
	if l := o.CurrentLimits(); l.MessagesPerMinute != 2 || l.Concurrent != 4 {
		t.Errorf("limits %v", l)
	}
	if w := o.control("GET", "faults", ""); !strings.Contains(w.Body.String(), `"value":"7"`) || !strings.Contains(w.Body.String(), "link-scanner") {
		t.Error(w.Body)
	}
	page := o.control("GET", "", "").Body.String()
	if !strings.Contains(page, "Application Mail.Send") || !strings.Contains(page, "Switch throttled off") || !strings.Contains(page, "any number of requests") {
		t.Errorf("the page is %s", page)
	}
	o.control("DELETE", "grants", `{"right":"Application Mail.Send","mailbox":"workflow","to":"app"}`)
	o.control("DELETE", "faults/throttled", "")
	if len(o.Faults())+len(o.Grants()) != 0 {
		t.Errorf("left are %v %v", o.Faults(), o.Grants())
	}
}

func TestTheControlsPageSwitchesWithForms(t *testing.T) {
	o := open(t)
	form := func(pairs ...string) string {
		v := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return o.control("POST", "switch", v.Encode()).Header().Get("Location")
	}
	form("do", "on", "name", "bounce", "mailbox", "ana")
	form("do", "grant", "right", "SendAs", "mailbox", "jane", "to", "bob")
	if len(o.Faults()) != 1 || !o.Has(SendAs, "jane", "bob") {
		t.Errorf("%v %v", o.Faults(), o.Grants())
	}
	form("do", "off", "name", "bounce")
	form("do", "revoke", "right", "SendAs", "mailbox", "jane", "to", "bob")
	if to := form("do", "on", "name", "nonsense"); len(o.Faults())+len(o.Grants()) != 0 || !strings.Contains(to, "problem=") {
		t.Errorf("%v %v %s", o.Faults(), o.Grants(), to)
	}
}

func TestTheControlIsForThisMachineAndNoOtherSite(t *testing.T) {
	o := open(t)
	r := httptest.NewRequest("GET", "http://evil.example/sandbox/exchange/faults", nil)
	w := httptest.NewRecorder()
	if o.Control().ServeHTTP(w, r); w.Code != 421 {
		t.Errorf("another host: %d", w.Code)
	}
	if w := o.control("DELETE", "faults", "", "Origin", "https://evil.example"); w.Code != 403 {
		t.Errorf("another site: %d", w.Code)
	}
	if w := o.control("POST", "switch", "do=on&name=bounce", "Sec-Fetch-Site", "cross-site"); w.Code != 403 || len(o.Faults()) != 0 {
		t.Errorf("another site's form: %d", w.Code)
	}
	if w := o.control("PUT", "limits", `{}`, "Content-Type", "text/plain"); w.Code != 415 {
		t.Errorf("no JSON: %d", w.Code)
	}
}

func TestAForgersAnswerIsToldFromTheReadersOwn(t *testing.T) {
	o := open(t)
	if err := o.Plant(Fault{Name: "forger", Value: "approve it"}); err != nil {
		t.Fatal(err)
	}
	wf, watch := o.box("workflow"), o.box("workflow").Watch()
	defer watch.Stop()
	if err := wf.SendNew(write("Approve PO 42", "jane@contoso.test"), SendOptions{}); err != nil {
		t.Fatal(err)
	}
	it := o.box("workflow").ByKey(arrival(t, watch))[0]
	msg := must[*Message](t)(it.Message())
	sent := o.newest("workflow", SentItems)
	if msg.From.Address != "jane@contoso.test" || msg.Subject != "RE: Approve PO 42" || msg.InReplyTo != sent.MessageID || !strings.Contains(msg.Body.Text, "approve it") {
		t.Errorf("the forged answer is %+v", msg)
	}
	if v := msg.Header("Authentication-Results"); !strings.Contains(v, "dmarc=fail") {
		t.Errorf("it is believed: %q", v)
	}
	if n := len(o.list("jane", Inbox)); n != 1 {
		t.Errorf("jane has %d mails: the forger answers the forger", n)
	}
	err := o.Forge(Forgery{From: "bob@contoso.test", Envelope: "eve@fabrikam.test", To: []string{"jane@contoso.test"}, Subject: "Wire money", Text: "now", Headers: []Header{{"X-Priority", "1"}}})
	if err != nil {
		t.Error(err)
	}
	if n := len(o.list("jane", Inbox)); n != 2 {
		t.Errorf("jane has %d mails after a forgery of our own", n)
	}
}

// arrival waits for mail in an Inbox.
func arrival(t *testing.T, w *Watcher) uint64 {
	t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		select {
		case e := <-w.C:
			if e.Kind == Arrived {
				return e.Key
			}
		case <-late.C:
			t.Fatal("nothing arrives")
		}
	}
}
