package contoso

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// office is a firm and somebody who asks it.
type office struct {
	*Firm
	t    *testing.T
	http *http.Client
}

func open(t *testing.T, dir string) *office {
	t.Helper()
	f, err := Start(context.Background(), Options{Dir: dir, Keep: true, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(f.Entra.Addresses().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	o := &office{Firm: f, t: t, http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}}
	t.Cleanup(func() {
		o.http.CloseIdleConnections()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// token is one that a registration gets for itself.
func (o *office) token(app entra.Registration, scope string) string {
	o.t.Helper()
	_, text := o.do("POST", o.Entra.URL()+"/contoso.test/oauth2/v2.0/token", "", "application/x-www-form-urlencoded",
		url.Values{"grant_type": {"client_credentials"}, "client_id": {app.ClientID}, "client_secret": {app.Secret}, "scope": {scope}}.Encode())
	var got struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal([]byte(text), &got); got.AccessToken == "" {
		o.t.Fatalf("no token: %s", text)
	}
	return got.AccessToken
}

func (o *office) do(method, address, token, kind, body string) (int, string) {
	o.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := o.http.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return a.StatusCode, string(text)
}

const (
	graphScope = "https://graph.microsoft.com/.default"
	mailJSON   = `{"message":{"subject":"Approve PO 42","body":{"content":"Please."},"toRecipients":[{"emailAddress":{"address":"jane@contoso.test"}}]}}`
)

func TestAnApplicationSendsByGraphAndReadsByEWSAtOneAddress(t *testing.T) {
	o := open(t, t.TempDir())
	at := o.Addresses()
	token := o.token(MailApp(), graphScope)
	if status, text := o.do("POST", at.Graph+"/users/workflow@contoso.test/sendMail", token, "application/json", mailJSON); status != 202 {
		t.Fatalf("sendMail: %d %s", status, text)
	}
	if status, text := o.do("GET", at.Graph+"/users/jane@contoso.test?$select=mail", token, "", ""); status != 200 || !strings.Contains(text, "jane@contoso.test") {
		t.Errorf("the directory: %d %s", status, text)
	}
	find := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">` +
		`<s:Header><t:RequestServerVersion Version="Exchange2016"/><t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>jane@contoso.test</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></s:Header>` +
		`<s:Body><m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem></s:Body></s:Envelope>`
	status, text := o.do("POST", at.EWS, o.token(MailApp(), "https://outlook.office365.com/.default"), "text/xml; charset=utf-8", find)
	if status != 200 || !strings.Contains(text, "Approve PO 42") {
		t.Errorf("EWS: %d %s", status, text)
	}
	if status, _ := o.do("POST", at.EWS, token, "text/xml; charset=utf-8", find); status != 401 {
		t.Errorf("EWS takes a token for Graph: %d", status)
	}
}

func TestAnApplicationWithoutConsentHasTheMailboxesOfItsScope(t *testing.T) {
	o := open(t, t.TempDir())
	at, token := o.Addresses().Graph, o.token(ScopedApp(), graphScope)
	for path, want := range map[string]int{"/users/workflow@contoso.test/messages": 200, "/users/jane@contoso.test/messages": 403} {
		if status, text := o.do("GET", at+path, token, "", ""); status != want || want == 403 && !strings.Contains(text, "ErrorAccessDenied") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	o.Exchange.Revoke(exchange.Grant{Right: exchange.AppMailReadWrite, Mailbox: "workflow", To: ScopedApp().ClientID})
	if status, _ := o.do("GET", at+"/users/workflow@contoso.test/messages", token, "", ""); status != 403 {
		t.Errorf("after the right was taken away: %d", status)
	}
}

func TestFaultsArePlantedByPrograms(t *testing.T) {
	o := open(t, t.TempDir())
	at := o.Addresses()
	for _, c := range []struct {
		method, path, body string
		status             int
	}{{"PUT", "faults/throttled", `{"mailbox":"jane","value":"9"}`, 200}, {"PUT", "ews/faults/html", `{"times":1}`, 200}, {"PUT", "ews/faults/nonsense", `{}`, 400},
		{"PUT", "ews/policy", `{"ewsEnabled":"false"}`, 200}, {"GET", "ews/policy", "", 200}, {"GET", "ews/faults", "", 200}, {"POST", "lifecycle", `{"event":"missed"}`, 204},
		{"POST", "lifecycle", `{"event":"nonsense"}`, 400}, {"PUT", "ews/policy", `[`, 400}, {"DELETE", "ews/faults", "", 204},
		{"PUT", "ews/policy", `{"x":"` + strings.Repeat("x", maxControlBytes) + `"}`, 413}} {
		if status, text := o.do(c.method, at.Control+c.path, "", "application/json", c.body); status != c.status {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, text)
		}
	}
	if status, text := o.do("GET", at.Graph+"/users/jane@contoso.test/messages", o.token(MailApp(), graphScope), "", ""); status != 429 || !strings.Contains(text, "TooManyRequests") {
		t.Errorf("throttled: %d %s", status, text)
	}
	if o.EWS.Policy().Enabled != "false" || len(o.EWS.Planted()) != 0 {
		t.Errorf("policy %+v, faults %v", o.EWS.Policy(), o.EWS.Planted())
	}
}

func TestMailIsThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	o := open(t, dir)
	if status, text := o.do("POST", o.Addresses().Graph+"/users/workflow@contoso.test/sendMail", o.token(MailApp(), graphScope), "application/json", mailJSON); status != 202 {
		t.Fatalf("sendMail: %d %s", status, text)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if status, text := again.do("GET", again.Addresses().Graph+"/users/jane@contoso.test/messages?$select=subject", again.token(MailApp(), graphScope), "", ""); status != 200 || !strings.Contains(text, "PO 42") {
		t.Errorf("%d %s", status, text)
	}
}
