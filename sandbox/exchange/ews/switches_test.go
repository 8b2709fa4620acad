package ews

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// said is what came back in one line: status, fault or response code, and what
// a client has to wait for.
func (o *office) said(body string) string {
	o.Helper()
	status, h, text := o.sendOnce("u.jane.x", wrapped("", body))
	if status < 0 {
		return "broken"
	}
	out := fmt.Sprint(status)
	if n, err := readXML(strings.NewReader(text), maxRequestBytes); err == nil {
		for _, name := range []string{"ResponseCode", "Value"} {
			out += " " + strings.TrimSpace(deep(n, name))
		}
	}
	return strings.TrimSpace(out + " " + h.Get("Retry-After") + h.Get("x-ms-diagnostics"))
}

func deep(n *node, local string) string {
	if n.local() == local {
		return n.text
	}
	for _, k := range n.kids {
		if text := deep(k, local); text != "" {
			return text
		}
	}
	return ""
}

// sendOnce is send for answers that may break: status -1.
func (o *office) sendOnce(token, envelope string) (int, http.Header, string) {
	r, err := http.NewRequest("POST", o.http.URL+"/EWS/Exchange.asmx", strings.NewReader(envelope))
	if err != nil {
		o.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r) // net/http asks again on a connection that was kept
	if err != nil {
		return -1, nil, ""
	}
	defer answer.Body.Close()
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := answer.Body.Read(buf)
		text.Write(buf[:n])
		if err != nil && err.Error() != "EOF" {
			return -1, nil, text.String()
		}
		if err != nil {
			return answer.StatusCode, answer.Header, text.String()
		}
	}
}

func TestEveryFaultOfEWSStrikesAsItsAboutSays(t *testing.T) {
	o := open(t)
	cases := map[string]struct{ value, want string }{
		"busy-items":    {"1500", "200 ErrorServerBusy 1500"},
		"fault":         {"ErrorOrganizationAccessBlocked", "500 ErrorOrganizationAccessBlocked"},
		"fault-soap12":  {"ErrorServerBusy", "500 ErrorServerBusy s:Receiver"},
		"item-error":    {"ErrorBrandNew", "200 ErrorBrandNew"},
		"html":          {"", "200"},
		"nothing":       {"502", "502"},
		"half-answer":   {"", "broken"},
		"too-large":     {"", "413"},
		"token-expired": {"", `401  2000003;reason="The token has expired.";error_category="token_lifetime"`},
		"slow":          {"40", "200 NoError"},
	}
	elsewhere := []string{"affinity", "budget", "sid-allowed"} // have tests of their own
	for _, s := range Switches() {
		if strings.HasPrefix(s.Name, "autodiscover-") || slices.Contains(elsewhere, s.Name) {
			continue
		}
		c, ok := cases[s.Name]
		if !ok {
			t.Errorf("%s has no test", s.Name)
			continue
		}
		if err := o.s.Plant(Fault{Name: s.Name, Value: c.value, Times: 1}); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if got := squeeze(o.said(getInbox)); got != squeeze(c.want) {
			t.Errorf("%s: %q, want %q", s.Name, got, c.want)
		}
		if s.Name == "slow" && time.Since(begun) < 40*time.Millisecond {
			t.Error("slow is not slow")
		}
		if got := squeeze(o.said(getInbox)); got != "200 NoError" || len(o.s.Planted()) != 0 {
			t.Errorf("%s strikes twice: %s", s.Name, got)
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestFaultsStrikeWhomTheyAreFor(t *testing.T) {
	o := open(t)
	plant := func(f Fault) error {
		f.Name, f.Value = "fault", "ErrorInternalServerTransientError"
		return o.s.Plant(f)
	}
	for name, c := range map[string]struct {
		f    Fault
		want string
	}{
		"another program": {Fault{App: daemon}, "200 NoError"}, "this program": {Fault{App: strings.ToUpper(program)}, "500 ErrorInternalServerTransientError"},
		"another mailbox": {Fault{Mailbox: "bob@contoso.test"}, "200 NoError"}, "this mailbox": {Fault{Mailbox: "Jane@contoso.test"}, "500 ErrorInternalServerTransientError"},
		"another operation": {Fault{Operation: "FindItem"}, "200 NoError"}, "this operation": {Fault{Operation: "GetFolder"}, "500 ErrorInternalServerTransientError"},
	} {
		if err := plant(c.f); err != nil {
			t.Fatal(err)
		}
		if got := squeeze(o.said(getInbox)); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
		o.s.Clear("")
	}
	for name, f := range map[string]Fault{"an unknown one": {Name: "nonsense"}, "one that knows no operations": {Name: "html", Operation: "FindItem"}, "minus one time": {Name: "fault", Times: -1}} {
		if o.s.Plant(f) == nil {
			t.Errorf("%s is planted", name)
		}
	}
	for i := range maxPlanted {
		if err := plant(Fault{Mailbox: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if plant(Fault{Mailbox: "one more"}) == nil {
		t.Error("there is no bound")
	}
}

func TestABudgetIsSpentAndComesBack(t *testing.T) {
	o := open(t)
	now := newClock(o)
	if err := o.s.Plant(Fault{Name: "budget", Value: "2"}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"200 NoError", "200 NoError", "500 ErrorServerBusy"} {
		got := squeeze(o.said(getInbox))
		if !strings.HasPrefix(got, want) {
			t.Errorf("request %d: %s", i, got)
		}
	}
	now.Add(int64(61 * time.Second))
	if got := squeeze(o.said(getInbox)); got != "200 NoError" {
		t.Errorf("a minute later: %s", got)
	}
}

func TestASIDImpersonatesWhereItIsKnown(t *testing.T) {
	o := open(t)
	sid := `<t:ExchangeImpersonation><t:ConnectingSID><t:SID>S-1-5-21-1-2-3-1001</t:SID></t:ConnectingSID></t:ExchangeImpersonation>`
	if err := o.s.Plant(Fault{Name: "sid-allowed", Value: "jane@contoso.test"}); err != nil {
		t.Fatal(err)
	}
	if n := o.with("a.daemon.x", sid, getInbox); code(n) != "NoError" {
		t.Errorf("%s", show(n))
	}
}

// The faults that EWS shares with Graph, as EWS shows them.
func TestSharedFaultsAreAnsweredInEWSsWords(t *testing.T) {
	o := open(t)
	for name, c := range map[string]struct{ value, want string }{
		"throttled": {"7", "500 ErrorServerBusy 7000"}, "server-busy": {"9", "503 9"}, "access-denied": {"", "500 ErrorAccessDenied"}, "mailbox-missing": {"", "500 ErrorNonExistentMailbox"},
		"ews-off": {"", "403"}, "ews-agent": {"Outlook", "403"}, "answer-error": {"GetFolder", "503"}, "answer-lost": {"GetFolder", "broken"},
	} {
		if err := o.x.Plant(exchange.Fault{Name: name, Mailbox: "jane", Value: c.value, Times: 1}); err != nil {
			t.Fatal(err)
		}
		if got := squeeze(o.said(getInbox)); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
		o.x.Heal(name)
	}
	if err := o.x.Plant(exchange.Fault{Name: "impersonation-denied", Mailbox: "jane"}); err != nil {
		t.Fatal(err)
	}
	if got := o.faultOf("a.daemon.x", impersonate("jane@contoso.test"), getInbox); got != "ErrorImpersonateUserDenied" {
		t.Errorf("impersonation-denied: %s", got)
	}
	o.x.Heal("")
	if err := o.x.Plant(exchange.Fault{Name: "quota-exceeded", Mailbox: "jane"}); err != nil {
		t.Fatal(err)
	}
	if n := o.ask("jane", `<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Subject>x</t:Subject></t:Message></m:Items></m:CreateItem>`); code(n) != "ErrorQuotaExceeded" {
		t.Errorf("quota-exceeded: %s", show(n))
	}
}

// A request that was obeyed and not answered has been obeyed.
func TestAnAnswerThatIsLostLeavesItsDraftBehind(t *testing.T) {
	o := open(t)
	if err := o.x.Plant(exchange.Fault{Name: "answer-lost", Value: "SendItem", Times: 1}); err != nil {
		t.Fatal(err)
	}
	draft := o.draft("jane", "Lost", "")
	if got := o.said(`<m:SendItem SaveItemToFolder="true"><m:ItemIds>` + id(draft) + `</m:ItemIds></m:SendItem>`); got != "broken" {
		t.Errorf("%s", got)
	}
	if got := len(o.find("bob", "inbox", "Lost")); got != 1 {
		t.Errorf("Bob has %d", got)
	}
	if got := code(o.sendItem("jane", draft)); got != "ErrorItemNotFound" {
		t.Errorf("sent again: %s", got)
	}
	o.x.SetLimits(exchange.Limits{Concurrent: -1, RequestsPer10Min: -1, MessagesPerMinute: 1})
	o.mail("bob", "The only one")
	if got := code(o.sendItem("jane", o.draft("jane", "Too fast", ""))); got != "ErrorSubmissionQuotaExceeded" {
		t.Errorf("two mails in a minute: %s", got)
	}
}

func TestTheAnchorThatNamesAnotherMailboxIsCounted(t *testing.T) {
	o := open(t)
	for _, anchor := range []string{"jane@contoso.test", "bob@contoso.test", "", "ana@contoso.test"} {
		o.send("u.jane.x", wrapped("", getInbox), func(r *http.Request) { r.Header.Set("X-AnchorMailbox", anchor) })
	}
	if got := o.s.Misrouted(); got != 2 {
		t.Errorf("%d requests were misrouted", got)
	}
}
