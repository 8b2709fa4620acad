package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/entra"
)

// Article B against the sandbox, over both protocols of Exchange Online: a server
// that is connected as Manage, Exchange does it, and the article's three examples,
// each to its end. docs/article-b.md tells it.
func TestArticleBsExamplesRunToTheirEnd(t *testing.T) {
	for _, protocol := range []string{"graph", "ews"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := trySandbox(t)
			s.connectExchange(protocol)
			t.Run("a task is approved by replying to its mail, and that is confirmed", func(t *testing.T) { s.in(t).approvedByReply() })
			t.Run("the second mail uses the id the first returned", func(t *testing.T) { s.in(t).secondUsesTheFirst() })
			t.Run("who has no token connects, and the step goes on", func(t *testing.T) { s.in(t).connectsAndGoesOn() })
		})
	}
}

func (s *tried) in(t *testing.T) *tried {
	c := *s
	c.t = t
	return &c
}

// connectExchange makes what the page makes: the registration's resource, the
// service account's token, the mailbox of the server's mail, the service. The
// first mail is the test that an administrator sends herself.
func (s *tried) connectExchange(protocol string) {
	s.t.Helper()
	app := s.registered("Contoso Mail Service")
	audience, server := forGraph, s.Exchange.Graph
	if protocol == "ews" {
		audience, server = forOutlook, s.Exchange.EWS
	}
	s.call("admin", "POST", "/oauth/resources", map[string]any{"name": "exchange", "title": "Exchange Online", "type": "entra-v2", "authority": s.Entra.URL,
		"tenant": s.Entra.Tenant, "clientId": app.ClientID, "auth": "secret", "secret": app.Secret, "audience": audience}, nil)
	s.connect("admin", "workflow", map[string]any{"for": "service", "loginHint": "workflow@contoso.test"})
	office := map[string]any{"protocol": protocol, "from": "Office <nobody@contoso.test>", "usual": true, "reads": true, "resource": "exchange", "server": server}
	if p := s.refused("admin", "PUT", "/mail/connections/office?check=true", office); p.Code != "mail-connection-unproven" || !strings.Contains(p.Detail, "Signed in as workflow@contoso.test") ||
		!strings.Contains(p.Detail, "nobody@contoso.test") {
		s.t.Errorf("a mailbox that is not there: %+v", p)
	}
	var kept api.MailConnections
	if s.call("admin", "GET", "/mail/connections", nil, &kept); slices.ContainsFunc(kept.Items, func(c api.MailConnection) bool { return c.Name == "office" }) {
		s.t.Error("a connection that does not work is kept")
	}
	office["from"] = "Office <workflow@contoso.test>"
	s.call("admin", "PUT", "/mail/connections/office?check=true", office, nil)
	s.call("admin", "POST", "/services", map[string]any{"name": "office", "title": "Exchange", "type": "exchange", "mode": "caller", "resource": "exchange",
		"keys": map[string]string{"protocol": protocol, "server": server}}, nil)
	var tried api.ServiceTested
	if s.call("admin", "POST", "/services/office/test", map[string]any{}, &tried); tried.OK || tried.Connect == nil || tried.Connect.Resource != "exchange" {
		s.t.Errorf("the administrator has connected no account, and is not told so: %+v", tried)
	}
	s.call("admin", "POST", "/services/office/refresh", map[string]any{"apply": true}, nil)
	var sent api.ServiceTested
	s.call("admin", "POST", "/mail/connections/office/test-send", map[string]any{}, &sent)
	if !sent.OK {
		s.t.Fatalf("the first mail: %+v", sent.Steps)
	}
	if m := s.mail("admin", "A test of signoff"); !strings.Contains(m.From, "workflow@contoso.test") {
		s.t.Fatalf("the first mail is from %s", m.From)
	}
}

// approvedByReply is the article's first example.
func (s *tried) approvedByReply() {
	id := s.start("ana", "leave", map[string]any{"from": "2027-03-01", "to": "2027-03-03", "reason": "A long walk."})
	asked := s.mail("jane", "Leave for Ana Silva")
	if asked.From == "" || !strings.Contains(asked.From, "workflow@contoso.test") {
		s.t.Errorf("the task mail is from %s", asked.From)
	}
	s.reply(asked.ID, "Approve")
	in := s.ended(id)
	s.mail("ana", "Approved: Leave for Ana Silva")
	s.mail("jane", "Re: ")
	var history json.RawMessage
	s.call("ana", "GET", fmt.Sprintf("/instances/%d/history", id), nil, &history)
	if in.Status != "completed" || !bytes.Contains(history, []byte(`"mail"`)) {
		s.t.Errorf("%s: %s", in.Status, history)
	}
}

// secondUsesTheFirst is the article's second example: two Email steps, and the
// second forwards the mail whose id the first returned.
func (s *tried) secondUsesTheFirst() {
	s.call("admin", "POST", "/workflows", []byte(twoMails), nil)
	id := s.start("ana", "twomails", map[string]any{"to": "jane@contoso.test"})
	if in := s.ended(id); in.Status != "completed" {
		s.t.Fatalf("%+v", in)
	}
	s.mail("jane", "FW: Exchange Email Test")
	var all struct{ Items []sandbox.Summary }
	s.sandboxCall("GET", "/messages?folder=INBOX&mailbox=jane", nil, &all)
	copies := 0
	for _, m := range all.Items {
		if m.Subject == "Exchange Email Test" {
			copies++
		}
	}
	if copies != 1 {
		s.t.Errorf("the first mail arrived %d times", copies)
	}
}

// connectsAndGoesOn is the third: Ana has connected nothing, and a step is to
// act with her account.
func (s *tried) connectsAndGoesOn() {
	id := s.start("ana", "visit", map[string]any{"visitor": "bob@contoso.test", "day": "2027-03-02"})
	asks := s.mail("ana", "Connect your account")
	var in api.InstanceDetail
	s.call("ana", "GET", fmt.Sprintf("/instances/%d", id), nil, &in)
	if len(in.Waiting) == 0 || in.Waiting[0].Kind != "connection" || in.Status != "running" {
		s.t.Fatalf("it waits for %+v", in.Waiting)
	}
	buttons := regexp.MustCompile(`/connect/[0-9a-f]+`).FindAllString(s.html(asks.ID), -1)
	if len(buttons) != 1 || buttons[0] != "/connect/"+in.Waiting[0].Connect {
		s.t.Errorf("the mail leads to %q, the page to %s", buttons, in.Waiting[0].Connect)
	}
	var cards api.List[api.WaitingConnection]
	s.call("ana", "GET", "/me/waiting-connections", nil, &cards)
	if len(cards.Items) != 1 || cards.Items[0].Connect != in.Waiting[0].Connect {
		s.t.Errorf("her inbox shows %+v", cards.Items)
	}
	s.connect("ana", "ana", map[string]any{"for": "me"})
	if in := s.ended(id); in.Status != "completed" {
		s.t.Fatalf("%+v", in)
	}
	s.mail("bob", "Your visit")
	s.call("ana", "GET", "/me/waiting-connections", nil, &cards)
	if len(cards.Items) != 0 {
		s.t.Errorf("her inbox still shows %+v", cards.Items)
	}
	if text := s.text(s.mail("admin", "Your visit").ID); !strings.Contains(text, "It is in Ana Silva's calendar.") {
		s.t.Errorf("the desk is told %q", text)
	}
}

func (s *tried) registered(name string) entra.Registration {
	s.t.Helper()
	for _, r := range s.Entra.Registrations {
		if r.Name == name {
			return r
		}
	}
	s.t.Fatalf("%s is not registered", name)
	panic("unreached")
}

// call asks the API as somebody; a refusal ends the test.
func (s *tried) call(login, method, path string, body, into any) {
	s.t.Helper()
	kind, text := "application/json", []byte(nil)
	if xml, ok := body.([]byte); ok {
		kind, text = "application/xml", xml
	} else if body != nil {
		text, _ = json.Marshal(body)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.Server+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth(login, "signoff")
	req.Header.Set("Content-Type", kind)
	s.answered(req, into)
}

// refused is call for what is to be refused.
func (s *tried) refused(login, method, path string, body any) (p api.Problem) {
	s.t.Helper()
	text, _ := json.Marshal(body)
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.Server+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth(login, "signoff")
	req.Header.Set("Content-Type", "application/json")
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil || res.StatusCode < 400 {
		s.t.Fatalf("%s %s: %s %v", method, path, res.Status, err)
	}
	return p
}

func (s *tried) answered(req *http.Request, into any) {
	s.t.Helper()
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %s %s %v", req.Method, req.URL, res.Status, text, err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			s.t.Fatalf("%s %s: %v in %s", req.Method, req.URL, err, text)
		}
	}
}

func (s *tried) start(login, workflow string, variables map[string]any) int64 {
	s.t.Helper()
	var started api.Started
	s.call(login, "POST", "/workflows/"+workflow+"/instances", map[string]any{"variables": variables}, &started)
	return started.ID
}

// soon asks again until it is so.
func (s *tried) soon(what string, so func() bool) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	give := time.After(30 * time.Second)
	for !so() {
		select {
		case <-give:
			var received json.RawMessage
			s.call("admin", "GET", "/mail/received", nil, &received)
			s.t.Fatalf("not within 30 s: %s\nreceived: %s\n%s", what, received, s.log)
		case <-tick.C:
		}
	}
}

// ended waits for an instance's end.
func (s *tried) ended(id int64) (in api.InstanceDetail) {
	s.t.Helper()
	s.soon("the request ends", func() bool {
		s.call("admin", "GET", fmt.Sprintf("/instances/%d", id), nil, &in)
		return in.Status != "running"
	})
	return in
}

// mail waits for a mail to somebody whose subject holds the words.
func (s *tried) mail(to, subject string) (found sandbox.Summary) {
	s.t.Helper()
	s.soon("a mail to "+to+" about "+subject, func() bool {
		var list struct{ Items []sandbox.Summary }
		s.sandboxCall("GET", "/messages?folder=INBOX&mailbox="+to, nil, &list)
		for _, m := range list.Items {
			if strings.Contains(m.Subject, subject) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (s *tried) text(id string) string {
	s.t.Helper()
	var m sandbox.Message
	s.sandboxCall("GET", "/messages/"+url.PathEscape(id), nil, &m)
	return m.Text
}

func (s *tried) html(id string) string {
	s.t.Helper()
	res, err := s.http.Get(s.Server + "/sandbox/api/messages/" + url.PathEscape(id) + "/html")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(page)
}

func (s *tried) reply(id, text string) {
	s.t.Helper()
	s.sandboxCall("POST", "/messages/"+url.PathEscape(id)+"/reply", map[string]string{"text": text}, nil)
}

func (s *tried) sandboxCall(method, path string, body, into any) {
	s.t.Helper()
	text, _ := json.Marshal(body)
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.Server+"/sandbox/api"+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	s.answered(req, into)
}

var entraFlow = regexp.MustCompile(`name="flow" value="([^"]+)"`)

// connect goes through the provider's window: login presses the button here, and
// signs in there as account.
func (s *tried) connect(login, account string, ask map[string]any) {
	s.t.Helper()
	var begun api.OAuthConnect
	s.call(login, "POST", "/oauth/resources/exchange/connect", ask, &begun)
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	browser := *s.http
	browser.Jar = jar
	credentials, _ := json.Marshal(map[string]string{"login": login, "password": "signoff"})
	res, err := browser.Post(s.Server+"/api/v1/session", "application/json", bytes.NewReader(credentials))
	if err == nil {
		res.Body.Close()
		res, err = browser.Get(begun.Address)
	}
	for range 8 {
		if err != nil {
			s.t.Fatal(err)
		}
		page, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if to := res.Header.Get("Location"); strings.HasPrefix(to, "/connected") {
			break
		} else if to != "" {
			res, err = browser.Get(to)
			continue
		}
		flow := entraFlow.FindSubmatch(page)
		if flow == nil {
			s.t.Fatalf("%s: %s", res.Status, page)
		}
		form := url.Values{"flow": {html.UnescapeString(string(flow[1]))}, "do": {"password"}, "login": {account + "@contoso.test"}, "password": {"signoff"}}
		if bytes.Contains(page, []byte("Permissions requested")) {
			form = url.Values{"flow": form["flow"], "do": {"accept"}}
		}
		res, err = browser.PostForm(s.Entra.URL+"/login", form)
	}
	var is api.OAuthConnecting
	s.call(login, "GET", "/oauth/connect/"+begun.State, nil, &is)
	if is.Status != "done" || is.Account != account+"@contoso.test" {
		s.t.Fatalf("%+v %+v", is, is.Problem)
	}
}

const twoMails = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="D" targetNamespace="https://signoffhq.org/test">
  <bpmn:process id="twomails" name="Two mails" isExecutable="true">
    <bpmn:extensionElements>
      <signoff:variable name="to" type="string" required="true" input="true"/>
      <signoff:variable name="Return ID" type="string"/>
    </bpmn:extensionElements>
    <bpmn:startEvent id="asked"/>
    <bpmn:serviceTask id="first" name="Send it">
      <bpmn:extensionElements><signoff:call service="office" object="Email" method="send">
        <signoff:input name="to" value="=[to]"/>
        <signoff:input name="subject" value="Exchange Email Test"/>
        <signoff:input name="body" value="The first."/>
        <signoff:output variable="Return ID" value="result.id"/>
      </signoff:call></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:serviceTask id="second" name="Forward it">
      <bpmn:extensionElements><signoff:call service="office" object="Email" method="forward">
        <signoff:input name="id" value="=Return ID"/>
        <signoff:input name="to" value="=[to]"/>
        <signoff:input name="body" value="The second."/>
      </signoff:call></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:endEvent id="done"/>
    <bpmn:sequenceFlow id="f1" sourceRef="asked" targetRef="first"/>
    <bpmn:sequenceFlow id="f2" sourceRef="first" targetRef="second"/>
    <bpmn:sequenceFlow id="f3" sourceRef="second" targetRef="done"/>
  </bpmn:process>
</bpmn:definitions>`
