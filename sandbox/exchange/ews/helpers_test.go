package ews

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

const (
	daemon  = "11111111-0000-4000-8000-000000000001" // has full_access_as_app
	scoped  = "11111111-0000-4000-8000-000000000002" // has what it is granted
	program = "11111111-0000-4000-8000-000000000003" // of people
)

// office is a sandbox, its Exchange and the server over it.
type office struct {
	*testing.T
	sandbox *sandbox.Sandbox
	x       *exchange.Exchange
	s       *Server
	http    *httptest.Server
}

func open(t *testing.T) *office {
	t.Helper()
	dir := t.TempDir()
	sb, err := sandbox.Start(t.Context(), sandbox.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sb.Close() })
	x, err := exchange.Open(context.Background(), exchange.Options{Sandbox: sb, Dir: dir + "/exchange"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	x.SetLimits(exchange.Limits{Concurrent: -1, RequestsPer10Min: -1, MessagesPerMinute: -1})
	o := &office{T: t, sandbox: sb, x: x, s: &Server{Exchange: x, Bearer: bearer}}
	o.http = httptest.NewServer(o.checked(o.s))
	t.Cleanup(o.http.Close)
	t.Cleanup(o.s.Close)
	return o
}

// bearer reads the tokens of tests: "u.jane.x" for a person, "a.daemon.x" for a
// program, "n.jane.x" without a scope.
func bearer(_ context.Context, token string) (Caller, error) {
	part := strings.Split(token, ".")
	switch part[0] {
	case "u":
		return Caller{App: program, Address: part[1] + "@contoso.test", Scopes: []string{"EWS.AccessAsUser.All"}}, nil
	case "n":
		return Caller{App: program, Address: part[1] + "@contoso.test", Scopes: []string{"Mail.Read"}}, nil
	case "a":
		if part[1] == "scoped" {
			return Caller{App: scoped}, nil
		}
		return Caller{App: daemon, Roles: []string{"full_access_as_app"}}, nil
	case "expired":
		return Caller{}, ErrTokenExpired
	}
	return Caller{}, errors.New("no token of ours")
}

// header is what stands in a SOAP header besides the version.
func impersonate(address string) string {
	return `<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>` + address + `</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`
}

func wrapped(header, body string) string {
	return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" ` +
		`xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">` +
		`<soap:Header><t:RequestServerVersion Version="Exchange2016"/>` + header + `</soap:Header><soap:Body>` + body + `</soap:Body></soap:Envelope>`
}

// post sends an envelope with a token and returns status and body.
func (o *office) post(token, envelope string) (int, string) {
	o.Helper()
	status, _, body := o.send(token, envelope, nil)
	return status, body
}

func (o *office) send(token, envelope string, set func(*http.Request)) (int, http.Header, string) {
	o.Helper()
	r, err := http.NewRequest("POST", o.http.URL+"/EWS/Exchange.asmx", strings.NewReader(envelope))
	if err != nil {
		o.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if set != nil {
		set(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		o.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		o.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(body)
}

// checked looks at every answer of every test, other people's clients among
// them: what is in it, and in which order, is as Exchange's schema wants it.
func (o *office) checked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		defer func() {
			if strings.HasSuffix(strings.ToLower(r.URL.Path), "/exchange.asmx") {
				o.inOrder(rec.body.String())
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

type recorder struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// inOrder checks a series of envelopes. What is none is the front end's; a half
// one is a planted fault.
func (o *office) inOrder(text string) {
	for one := range strings.SplitAfterSeq(text, "</s:Envelope>") {
		root, err := readXML(strings.NewReader(one), maxRequestBytes)
		if err != nil || root.name != "s:Envelope" {
			continue
		}
		if len(root.kids) != 2 || root.kid("s:Header").first() == nil || len(root.kid("s:Body").children()) != 1 {
			o.Errorf("an envelope of another shape: %s", show(root))
			continue
		}
		if body := root.kid("s:Body").first(); body.name != "s:Fault" {
			if f := checkAnswer(body); f != nil {
				o.Errorf("%s\n%s", f.violation, show(body))
			}
		}
	}
}

// ask carries out an operation as a person and returns its response element.
func (o *office) ask(who, body string) *node {
	o.Helper()
	return o.with("u."+who+".x", "", body)
}

func (o *office) with(token, header, body string) *node {
	o.Helper()
	status, text := o.post(token, wrapped(header, body))
	if status != 200 {
		o.Fatalf("status %d: %s", status, text)
	}
	return parse(o.T, text).kid("s:Body").first()
}

func parse(t *testing.T, text string) *node {
	t.Helper()
	n, err := readXML(strings.NewReader(text), maxRequestBytes)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return n
}

// message is the only response message of an answer.
func message(n *node) *node { return n.kid("m:ResponseMessages").first() }

// ok is message that must have succeeded.
func (o *office) ok(n *node) *node {
	o.Helper()
	m := message(n)
	if m == nil || m.attr("ResponseClass") != "Success" {
		o.Fatalf("refused: %s", show(n))
	}
	return m
}

// code is the response code of the only message.
func code(n *node) string { return message(n).val("m:ResponseCode") }

// faultOf is the code of a SOAP fault.
func (o *office) faultOf(token, header, body string) string {
	o.Helper()
	status, text := o.post(token, wrapped(header, body))
	f := parse(o.T, text).kid("s:Body", "s:Fault")
	if status != 500 || f == nil {
		o.Fatalf("status %d, no fault: %s", status, text)
	}
	for _, d := range f.kids {
		if d.name == "?:detail" {
			return d.val("e:ResponseCode")
		}
	}
	o.Fatalf("a fault without detail: %s", text)
	return ""
}

func show(n *node) string {
	var b strings.Builder
	var walk func(n *node, deep int)
	walk = func(n *node, deep int) {
		b.WriteString("\n" + strings.Repeat(" ", deep) + n.name)
		for _, a := range n.attrs {
			b.WriteString(" " + a.name + "=" + short(a.value))
		}
		b.WriteString(" " + short(strings.TrimSpace(n.text)))
		for _, k := range n.kids {
			walk(k, deep+1)
		}
	}
	walk(n, 0)
	return b.String()
}

// draft makes a draft over EWS and returns its ItemId element.
func (o *office) draft(who, subject string, more string) *node {
	o.Helper()
	n := o.ok(o.ask(who, `<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Subject>`+subject+`</t:Subject><t:Body BodyType="HTML">&lt;p&gt;Hello&lt;/p&gt;</t:Body>`+
		more+`<t:ToRecipients><t:Mailbox><t:EmailAddress>bob@contoso.test</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message></m:Items></m:CreateItem>`))
	return n.kid("m:Items", "t:Message", "t:ItemId")
}

// find lists a folder by subject.
func (o *office) find(who, folder, subject string) []*node {
	o.Helper()
	n := o.ok(o.ask(who, `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:Restriction><t:IsEqualTo><t:FieldURI FieldURI="item:Subject"/>`+
		`<t:FieldURIOrConstant><t:Constant Value="`+subject+`"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id="`+folder+`"/></m:ParentFolderIds></m:FindItem>`))
	return n.kid("m:RootFolder", "t:Items").kids
}

// eventually waits for something that happens by itself.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	until := time.Now().Add(10 * time.Second)
	for !is() {
		if time.Now().After(until) {
			t.Fatalf("%s: not within ten seconds", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// id writes an ItemId again for a request.
func id(n *node) string {
	return `<t:ItemId Id="` + n.attr("Id") + `" ChangeKey="` + n.attr("ChangeKey") + `"/>`
}

func grant(t *testing.T, o *office, right, mailbox, to string) {
	t.Helper()
	if err := o.x.Grant(exchange.Grant{Right: right, Mailbox: mailbox, To: to}); err != nil {
		t.Fatal(err)
	}
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// newClock lets a test put the server's clock on, by nanoseconds. It comes
// before the first request.
func newClock(o *office) *atomic.Int64 {
	var ahead atomic.Int64
	o.s.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	return &ahead
}
