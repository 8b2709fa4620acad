package ews

import (
	"html"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

const getInbox = `<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>`

func TestRequestsThatAreNoneAreRefused(t *testing.T) {
	o := open(t)
	for name, c := range map[string]struct {
		envelope string
		status   int
		says     string
	}{
		"no XML":            {"hello", 500, "ErrorInvalidRequest"},
		"nothing":           {"", 500, "root element"},
		"a document type":   {`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, 500, "document type"},
		"an instruction":    {`<?php x?><a/>`, 500, "processing instruction"},
		"an entity":         {wrapped("", `<m:GetRoomLists>&b;</m:GetRoomLists>`), 500, "entity"},
		"another root":      {`<a/>`, 500, "envelope"},
		"SOAP 1.2":          {strings.Replace(wrapped("", getInbox), "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope", 1), 500, "SOAP 1.1"},
		"two requests":      {wrapped("", getInbox+getInbox), 500, "exactly one"},
		"a tower":           {strings.Repeat("<a>", 100), 500, "too large"},
		"another operation": {wrapped("", `<m:PlayOnPiano/>`), 500, "ErrorSchemaValidation"},
		"one we lack":       {wrapped("", `<m:PlayOnPhone/>`), 500, "ErrorInvalidOperation"},
		"https namespaces":  {strings.ReplaceAll(wrapped("", getInbox), `"http://schemas.microsoft.com`, `"https://schemas.microsoft.com`), 500, "ErrorSchemaValidation"},
	} {
		status, body := o.post("u.jane.x", c.envelope)
		if c.says == "ErrorInvalidRequest" {
			c.says = "s:Client"
		}
		if status != c.status && status != 413 || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestElementsOutOfOrderAreASchemaFault(t *testing.T) {
	o := open(t)
	status, body := o.post("u.jane.x", wrapped("", "\n"+`<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Body BodyType="Text">x</t:Body><t:Subject>y</t:Subject></t:Message></m:Items></m:CreateItem>`))
	for _, want := range []string{"a:ErrorSchemaValidation", "<t:LineNumber>2</t:LineNumber>", "<t:LinePosition>", "<t:Violation>The element 'Message'", "invalid child element 'Subject'"} {
		if status != 500 || !strings.Contains(html.UnescapeString(body), want) {
			t.Errorf("%d, no %q in %s", status, want, body)
		}
	}
	for name, bad := range map[string]string{
		"a required attribute": `<m:DeleteItem><m:ItemIds><t:ItemId Id="x"/></m:ItemIds></m:DeleteItem>`,
		"an enumeration":       strings.Replace(getInbox, "Default", "Everything", 1),
		"a boolean":            `<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:IsRead>maybe</t:IsRead></t:Message></m:Items></m:CreateItem>`,
		"what is missing":      `<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape></m:GetFolder>`,
		"a range":              `<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id="inbox"/></m:SyncFolderId><m:MaxChangesReturned>513</m:MaxChangesReturned></m:SyncFolderItems>`,
		"twice the same":       `<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Subject>x</t:Subject><t:Subject>y</t:Subject></t:Message></m:Items></m:CreateItem>`,
		"an unknown property":  `<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="item:Nonsense"/></t:AdditionalProperties></m:ItemShape><m:ItemIds><t:ItemId Id="x"/></m:ItemIds></m:GetItem>`,
	} {
		if got := o.faultOf("u.jane.x", "", bad); got != "ErrorSchemaValidation" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The requests of reference/microsoft.md §2.3, as they were checked against
// Exchange's own XSD, are what the grammar must take.
func TestTheGrammarTakesWhatExchangesSchemaTakes(t *testing.T) {
	text, err := os.ReadFile("testdata/requests.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		e, f := readEnvelope(strings.NewReader(wrapped("", line)))
		if f != nil {
			t.Errorf("%s: %s %s", line, f, f.violation)
		}
		if e.op != nil {
			n++
		}
	}
	if n < 24 {
		t.Errorf("only %d requests were read", n)
	}
}

func TestVersionsAreThoseOfTheSchema(t *testing.T) {
	o := open(t)
	for version, good := range map[string]bool{"Exchange2016": true, "Exchange2013_SP1": true, "V2017_07_11": true, "Exchange2019": false, "": false} {
		status, body := o.post("u.jane.x", strings.Replace(wrapped("", getInbox), "Exchange2016", version, 1))
		if good != (status == 200) || !good && !strings.Contains(body, "ErrorInvalidServerVersion") {
			t.Errorf("%s: %d %s", version, status, body)
		}
		if !regexp.MustCompile(`<h:ServerVersionInfo [^>]*MajorVersion="15" MinorVersion="20"`).MatchString(body) {
			t.Errorf("%s: no version in %s", version, body)
		}
	}
}

func TestWhoIsNotKnownIsToldHowToSignIn(t *testing.T) {
	o := open(t)
	for token, want := range map[string]string{"": "", "opaque": "token_types", "expired.a.b": `2000003;reason="The token has expired.";error_category="token_lifetime"`} {
		status, h, _ := o.send(token, wrapped("", getInbox), nil)
		all := strings.Join(h.Values("WWW-Authenticate"), ",")
		if status != 401 || !strings.Contains(all, `Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*"`) || !strings.Contains(all, `Basic Realm=""`) {
			t.Errorf("%q: %d %s", token, status, all)
		}
		if token != "" && !strings.Contains(all, `error="invalid_token"`) || !strings.Contains(all+h.Get("x-ms-diagnostics"), want) {
			t.Errorf("%q: %s %s", token, all, h.Get("x-ms-diagnostics"))
		}
	}
	if status, h, _ := o.send("n.jane.x", wrapped("", getInbox), nil); status != 403 || !strings.Contains(h.Get("x-ms-diagnostics"), "scope") {
		t.Errorf("a token without the scope: %d", status)
	}
}

func TestPasswordsAreTakenOnPremisesOnly(t *testing.T) {
	o := open(t)
	basic := func(user, password string) (int, string) {
		status, h, _ := o.send("", wrapped("", getInbox), func(r *http.Request) { r.SetBasicAuth(user, password) })
		return status, strings.Join(h.Values("WWW-Authenticate"), ",")
	}
	if status, _ := basic("jane@contoso.test", "signoff"); status != 401 {
		t.Errorf("a password in the cloud: %d", status)
	}
	o.s.SetPolicy(Policy{OnPremises: true})
	for user, want := range map[string]int{"jane": 200, `CONTOSO\jane`: 200, "JANE@contoso.test": 200, "nobody": 401, "": 401} {
		if status, _ := basic(user, "signoff"); status != want {
			t.Errorf("%s: %d", user, status)
		}
	}
	if status, all := basic("jane", "wrong"); status != 401 || !strings.Contains(all, "NTLM") || !strings.Contains(all, `Basic realm="sandbox`) {
		t.Errorf("a wrong password: %d %s", status, all)
	}
	o.s.SetPolicy(Policy{OnPremises: true, SchemesOff: []string{"basic", "Bearer"}})
	if status, all := basic("jane", "signoff"); status != 401 || all != "NTLM" {
		t.Errorf("Basic is off: %d %s", status, all)
	}
	if status, _, _ := o.send("u.jane.x", wrapped("", getInbox), nil); status != 401 {
		t.Errorf("tokens are off: %d", status)
	}
	o.s.SetPolicy(Policy{OnPremises: true})
	if _, _, body := o.send("u.jane.x", wrapped("", getInbox), nil); !strings.Contains(body, `MinorVersion="2" MajorBuildNumber="2562"`) {
		t.Errorf("Exchange Server says it is another: %s", body)
	}
}

func TestOnlyWhoMayImpersonates(t *testing.T) {
	o := open(t)
	if n := o.with("a.daemon.x", impersonate("jane@contoso.test"), getInbox); code(n) != "NoError" {
		t.Errorf("full_access_as_app: %s", show(n))
	}
	if n := o.with("a.daemon.x", "", getInbox); code(n) != "ErrorMissingEmailAddress" {
		t.Errorf("a program without a mailbox: %s", show(n))
	}
	if got := o.faultOf("u.jane.x", impersonate("bob@contoso.test"), getInbox); got != "ErrorImpersonateUserDenied" {
		t.Errorf("a person: %s", got)
	}
	if got := o.faultOf("a.daemon.x", impersonate("nobody@contoso.test"), getInbox); got != "ErrorNonExistentMailbox" {
		t.Errorf("an address nobody has: %s", got)
	}
	if got := o.faultOf("a.daemon.x", `<t:ExchangeImpersonation><t:ConnectingSID><t:SID>S-1-5-21-1-2-3-1001</t:SID></t:ConnectingSID></t:ExchangeImpersonation>`, getInbox); got != "ErrorImpersonateUserDenied" {
		t.Errorf("a SID: %s", got)
	}
	for _, bad := range []string{`<t:ExchangeImpersonation/>`, `<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress/></t:ConnectingSID></t:ExchangeImpersonation>`} {
		if got := o.faultOf("a.daemon.x", bad, getInbox); got != "ErrorInvalidExchangeImpersonationHeaderData" {
			t.Errorf("%s: %s", bad, got)
		}
	}
	if status, _ := o.post("a.scoped.x", wrapped(impersonate("jane@contoso.test"), getInbox)); status != 403 {
		t.Errorf("a program without role and grant: %d", status)
	}
	grant(t, o, "Application EWS.AccessAsApp", "jane", scoped)
	if n := o.with("a.scoped.x", impersonate("jane@contoso.test"), getInbox); code(n) != "NoError" {
		t.Errorf("with a grant: %s", show(n))
	}
	if got := o.faultOf("a.scoped.x", impersonate("bob@contoso.test"), getInbox); got != "ErrorImpersonateUserDenied" {
		t.Errorf("outside the grant's scope: %s", got)
	}
	o.s.SetPolicy(Policy{Impersonators: []string{"workflow@contoso.test"}})
	if got := o.faultOf("u.workflow.x", impersonate("jane@contoso.test"), getInbox); got != "ErrorImpersonateUserDenied" {
		t.Errorf("ApplicationImpersonation in the cloud: %s", got)
	}
	o.s.SetPolicy(Policy{OnPremises: true, Impersonators: []string{"workflow@contoso.test"}})
	if n := o.with("u.workflow.x", impersonate("jane@contoso.test"), getInbox); code(n) != "NoError" {
		t.Errorf("ApplicationImpersonation on premises: %s", show(n))
	}
	if got := o.faultOf("u.bob.x", impersonate("jane@contoso.test"), getInbox); got != "ErrorImpersonateUserDenied" {
		t.Errorf("somebody else on premises: %s", got)
	}
}

func TestEWSIsSwitchedOffByEveryGate(t *testing.T) {
	at := func(y int, m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		p    Policy
		now  time.Time
		good bool
	}{
		"nothing set":                    {Policy{}, at(2026, 9), true},
		"off":                            {Policy{Enabled: "false"}, at(2026, 9), false},
		"rolled out, nothing set":        {Policy{RolledOut: true}, at(2026, 11), false},
		"rolled out, on, no list":        {Policy{RolledOut: true, Enabled: "true"}, at(2026, 11), false},
		"rolled out, on, listed":         {Policy{RolledOut: true, Enabled: "true", AllowedApps: []string{strings.ToUpper(program)}}, at(2026, 11), true},
		"rolled out, on, another listed": {Policy{RolledOut: true, Enabled: "true", AllowedApps: []string{daemon}}, at(2026, 11), false},
		"the end":                        {Policy{Enabled: "true", RolledOut: true, AllowedApps: []string{program}}, at(2027, 4), false},
		"the day before":                 {Policy{}, at(2027, 4).Add(-time.Second), true},
		"on premises, after the end":     {Policy{OnPremises: true}, at(2030, 1), true},
		"on premises, off":               {Policy{OnPremises: true, Enabled: "false"}, at(2026, 9), false},
		"agents, allowed":                {Policy{Access: "EnforceAllowList", AllowList: []string{"Signoff/*"}}, at(2026, 9), true},
		"agents, not allowed":            {Policy{Access: "EnforceAllowList", AllowList: []string{"Outlook*"}}, at(2026, 9), false},
		"agents, blocked":                {Policy{Access: "EnforceBlockList", BlockList: []string{"signoff/1*"}}, at(2026, 9), false},
		"the mailbox":                    {Policy{Mailboxes: map[string]bool{"jane@contoso.test": false}}, at(2026, 9), false},
		"another mailbox":                {Policy{Mailboxes: map[string]bool{"bob@contoso.test": false}}, at(2026, 9), true},
	} {
		o := open(t)
		o.s.Now = func() time.Time { return c.now }
		o.s.SetPolicy(c.p)
		status, _, body := o.send("u.jane.x", wrapped("", getInbox), func(r *http.Request) { r.Header.Set("User-Agent", "signoff/1.2 (+test)") })
		if c.good && status != 200 || !c.good && (status != 403 || strings.Contains(body, "Envelope")) {
			t.Errorf("%s: %d %s", name, status, body)
		}
		o.http.Close()
	}
}

func TestTheConcurrencyOfAMailboxIsLimited(t *testing.T) {
	var l throttle
	for range maxConcurrency {
		if !l.enter("a") {
			t.Fatal("refused below the limit")
		}
	}
	if l.enter("a") || !l.enter("b") {
		t.Error("the limit is not per caller and mailbox")
	}
	l.leave("a")
	if !l.enter("a") {
		t.Error("a place that was left is not free")
	}
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	l.spend("x", 2, start)
	l.spend("x", 2, start)
	if wait := l.spend("x", 2, start.Add(20*time.Second)); wait != 40*time.Second {
		t.Errorf("wait %s", wait)
	}
	if wait := l.spend("x", 2, start.Add(time.Minute)); wait != 0 {
		t.Errorf("after a minute: wait %s", wait)
	}
}

func FuzzReadEnvelope(f *testing.F) {
	text, _ := os.ReadFile("testdata/requests.txt")
	for line := range strings.Lines(string(text)) {
		f.Add(wrapped(impersonate("a@b"), strings.TrimSpace(line)))
	}
	f.Add(`<!DOCTYPE a><a/>`)
	f.Fuzz(func(t *testing.T, text string) {
		e, no := readEnvelope(strings.NewReader(text))
		if no == nil && e.op == nil {
			t.Error("neither a request nor a refusal")
		}
		if no != nil {
			new(Server).wrap(no.soap())
			return
		}
		if s := e.op.kid("m:ItemShape"); s != nil {
			readShape(s)
		}
		if r, no := readRestriction(e.op.kid("m:Restriction"), queryable); no == nil {
			r(folderView{})
		}
	})
}
