package ews

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// at asks an address of Autodiscover's, and follows nothing.
func (o *office) at(method, path, token, body string) (int, http.Header, string) {
	o.Helper()
	r, err := http.NewRequest(method, o.http.URL+path, strings.NewReader(body))
	if err != nil {
		o.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		o.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		o.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

const (
	poxPath  = "/autodiscover/autodiscover.xml"
	soapPath = "/autodiscover/autodiscover.svc"
	jsonPath = "/autodiscover/autodiscover.json/v1.0/"
)

func poxQuestion(address string) string {
	return `<?xml version="1.0"?><Autodiscover xmlns="` + nsOutlookIn + `"><Request><EMailAddress>` + address + `</EMailAddress><AcceptableResponseSchema>` + nsOutlook + `</AcceptableResponseSchema></Request></Autodiscover>`
}

func soapQuestion(address, settings string) string {
	return `<soap:Envelope xmlns:soap="` + nsSOAP + `" xmlns:a="` + nsDiscover + `" xmlns:wsa="` + nsAddress + `"><soap:Header><a:RequestedServerVersion>Exchange2016</a:RequestedServerVersion><wsa:Action>` + nsDiscover +
		`/Autodiscover/GetUserSettings</wsa:Action></soap:Header><soap:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>` + address + `</a:Mailbox></a:User></a:Users><a:RequestedSettings>` +
		settings + `</a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></soap:Body></soap:Envelope>`
}

// pox, soap and json are what each form answers for an address, in one line.
func (o *office) pox(address string) string {
	_, _, text := o.at("POST", poxPath, "u.jane.x", poxQuestion(address))
	n := parse(o.T, text)
	var out []string
	var walk func(*node)
	walk = func(n *node) {
		for _, name := range []string{"Action", "EwsUrl", "ErrorCode", "RedirectUrl", "RedirectAddr"} {
			if n.local() == name {
				out = append(out, strings.TrimSpace(n.text))
			}
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(n)
	return strings.Join(out, " ")
}

func (o *office) soap(address string) string {
	_, _, text := o.at("POST", soapPath, "u.jane.x", soapQuestion(address, `<a:Setting>ExternalEwsUrl</a:Setting><a:Setting>GroupingInformation</a:Setting>`))
	n := parse(o.T, text).kid("s:Body", "a:GetUserSettingsResponseMessage", "a:Response", "a:UserResponses", "a:UserResponse")
	out := []string{n.val("a:ErrorCode"), n.val("a:RedirectTarget")}
	for _, s := range n.kid("a:UserSettings").children() {
		out = append(out, s.val("a:Name")+"="+s.val("a:Value"))
	}
	for _, e := range n.kid("a:UserSettingErrors").children() {
		out = append(out, e.val("a:SettingName")+"?"+e.val("a:ErrorCode"))
	}
	return strings.Join(out, " ")
}

func (o *office) json(address string) string {
	_, h, text := o.at("GET", jsonPath+address+"?Protocol=EWS", "", "")
	var got struct{ Url, ErrorCode string }
	json.Unmarshal([]byte(text), &got) // a redirect has no body
	return got.Url + got.ErrorCode + h.Get("Location")
}

func TestAutodiscoverFindsEWSInThreeForms(t *testing.T) {
	o := open(t)
	here := o.http.URL + "/EWS/Exchange.asmx"
	for form, got := range map[string]string{"POX": o.pox("jane@contoso.test"), "SOAP": o.soap("jane@contoso.test"), "JSON": o.json("jane@contoso.test")} {
		want := map[string]string{"POX": "settings " + here + " " + here, "SOAP": "NoError  ExternalEwsUrl=" + here + " GroupingInformation=sandbox-01", "JSON": here}[form]
		if got != want {
			t.Errorf("%s: %s", form, got)
		}
	}
	for form, got := range map[string]string{"POX": o.pox("nobody@contoso.test"), "SOAP": o.soap("nobody@contoso.test"), "JSON": o.json("nobody@contoso.test")} {
		if want := map[string]string{"POX": "500", "SOAP": "InvalidUser ", "JSON": "UserNotFound"}[form]; got != want {
			t.Errorf("%s of nobody: %q", form, got)
		}
	}
}

func TestAutodiscoverRefusesWhatItCannotRead(t *testing.T) {
	o := open(t)
	for _, path := range []string{poxPath, soapPath} {
		if status, h, _ := o.at("POST", path, "", poxQuestion("jane@contoso.test")); status != 401 || !strings.Contains(h.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s without a token: %d", path, status)
		}
	}
	for body, want := range map[string]string{"hello": "600", `<Autodiscover/>`: "600", strings.Replace(poxQuestion("jane@contoso.test"), "responseschema/2006a", "mobilesync", 1): "601",
		strings.Repeat("<a>", 1000): "600", strings.Repeat(" ", maxAutodiscoverBody+1) + poxQuestion("jane@contoso.test"): "600"} {
		if _, _, text := o.at("POST", poxPath, "u.jane.x", body); !strings.Contains(text, "<ErrorCode>"+want+"<") {
			t.Errorf("%.60s: %s", body, text)
		}
	}
	for body, want := range map[string]int{"hello": 400, wrapped("", getInbox): 500} {
		if status, _, text := o.at("POST", soapPath, "u.jane.x", body); status != want || !strings.Contains(text, "s:Fault") {
			t.Errorf("%.60s: %d %s", body, status, text)
		}
	}
	for path, want := range map[string]string{"jane@contoso.test": "MandatoryParameterMissing", "jane@contoso.test?Protocol=Fax": "InvalidProtocol", "jane?Protocol=EWS": "MandatoryParameterMissing"} {
		if status, _, text := o.at("GET", jsonPath+path, "", ""); status != 400 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	got := o.soap("jane@contoso.test")
	_, _, text := o.at("POST", soapPath, "u.jane.x", soapQuestion("jane@contoso.test", `<a:Setting>Nonsense</a:Setting>`))
	if !strings.Contains(text, "SettingIsNotAvailable") || strings.Contains(got, "?") {
		t.Errorf("%s", text)
	}
}

func TestAutodiscoverGoesWrongAsPlanted(t *testing.T) {
	o := open(t)
	plant := func(name, value string) {
		t.Helper()
		if err := o.s.Plant(Fault{Name: name, Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, value, pox, soap, json string }{
		{"autodiscover-redirect-url", "https://mail.fabrikam.test/x", "redirectUrl https://mail.fabrikam.test/x", "RedirectUrl https://mail.fabrikam.test/x", "https://mail.fabrikam.test/x"},
		{"autodiscover-redirect-address", "jane@fabrikam.test", "redirectAddr jane@fabrikam.test", "RedirectAddress jane@fabrikam.test", ""},
		{"autodiscover-error", "603", "603", "", ""},
		{"autodiscover-error", "ServerBusy", "", "ServerBusy ", "ServerBusy"},
		{"autodiscover-setting-missing", "", "settings", "NoError  GroupingInformation=sandbox-01 ExternalEwsUrl?SettingIsNotAvailable", "InvalidProtocol"},
	} {
		plant(c.name, c.value)
		for form, got := range map[string]string{"pox": o.pox("jane@contoso.test"), "soap": o.soap("jane@contoso.test"), "json": o.json("jane@contoso.test")} {
			if want := map[string]string{"pox": c.pox, "soap": c.soap, "json": c.json}[form]; want != "" && got != want {
				t.Errorf("%s %s: %q", c.name, form, got)
			}
		}
		o.s.Clear("")
	}
	for name, c := range map[string]struct {
		value  string
		status int
	}{"autodiscover-absent": {"", 404}, "autodiscover-unauthorised": {"", 401}, "autodiscover-html": {"", 200}, "autodiscover-302": {"http://mail.contoso.test/", 302}} {
		plant(name, c.value)
		status, h, text := o.at("POST", poxPath, "u.jane.x", poxQuestion("jane@contoso.test"))
		if status != c.status || h.Get("Location") != c.value || strings.Contains(text, "EwsUrl") {
			t.Errorf("%s: %d %v %s", name, status, h, text)
		}
		o.s.Clear(name)
	}
	o.s.URL = "https://mail.contoso.test"
	if status, h, _ := o.at("GET", poxPath, "", ""); status != 302 || h.Get("Location") != "https://mail.contoso.test"+poxPath {
		t.Errorf("GET without TLS: %d %v", status, h)
	}
}

func FuzzDiscover(f *testing.F) {
	f.Add(poxQuestion("jane@contoso.test"))
	f.Add(soapQuestion("jane@contoso.test", `<a:Setting>ExternalEwsUrl</a:Setting>`))
	f.Fuzz(func(t *testing.T, text string) {
		root, err := readXML(strings.NewReader(text), maxAutodiscoverBody)
		if err != nil {
			return
		}
		root.val("o:Request", "o:EMailAddress")
		discovery{address: root.val("o:Request", "o:EMailAddress")}.user(root.kids[:min(len(root.kids), 5)])
	})
}
