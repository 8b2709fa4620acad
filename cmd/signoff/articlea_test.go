package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/signoffhq/signoff/sandbox/entra"
)

func init() { scriptCommands["entra"] = entraInScript }

// entraInScript is what a script needs of the sandbox's Entra ID besides the
// program itself:
//
//	entra                     sets ENTRA, CA, TENANT, the application that may register others and, as MAIL_CLIENT and
//	                          in the file mail.secret, the one for mail
//	entra token FILE [LOGIN]  sets API and SIGNOFF_TOKEN by what m365 plan --run wrote into the file:
//	                          for a person through the program cli, or for the program Reporting itself
func entraInScript(ts *testscript.TestScript, neg bool, args []string) {
	text, err := os.ReadFile(filepath.Join(ts.MkAbs("data"), "sandbox.json"))
	ts.Check(err)
	var at sandboxPlaces
	ts.Check(json.Unmarshal(text, &at))
	if len(args) == 0 {
		i := slices.IndexFunc(at.Entra.Registrations, func(r entra.Registration) bool { return r.Name == "Contoso Setup Script" })
		setup := at.Entra.Registrations[i]
		for name, v := range map[string]string{"ENTRA": at.Entra.URL, "CA": at.Entra.CAFile, "TENANT": at.Entra.Domain,
			"SIGNOFF_ENTRA_CLIENT_ID": setup.ClientID, "SIGNOFF_ENTRA_SECRET": setup.Secret} {
			ts.Setenv(name, v)
		}
		i = slices.IndexFunc(at.Entra.Registrations, func(r entra.Registration) bool { return r.Name == "Contoso Mail Service" })
		ts.Setenv("MAIL_CLIENT", at.Entra.Registrations[i].ClientID)
		ts.Check(os.WriteFile(ts.MkAbs("mail.secret"), []byte(at.Entra.Registrations[i].Secret+"\n"), 0o600))
		return
	}
	written := ts.ReadFile(args[1])
	api := captured(ts, `signoff API: client id (\S+)`, written)
	ts.Setenv("API", api)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"api://" + api + "/.default"},
		"client_id": {captured(ts, `caller Reporting: client id (\S+)`, written)}, "client_secret": {captured(ts, `caller Reporting.*\n.*secret, shown once: (\S+)`, written)}}
	if len(args) > 2 {
		form = url.Values{"grant_type": {"password"}, "scope": {"api://" + api + "/user_impersonation"}, "client_id": {captured(ts, `caller CLI: client id (\S+)`, written)},
			"username": {args[2] + "@" + at.Entra.Domain}, "password": {"signoff"}}
	}
	ts.Setenv("SIGNOFF_TOKEN", tokenInScript(ts, at, form))
}

func captured(ts *testscript.TestScript, pattern, text string) string {
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		ts.Fatalf("there is no %s in\n%s", pattern, text)
	}
	return m[1]
}

func tokenInScript(ts *testscript.TestScript, at sandboxPlaces, form url.Values) string {
	pem, err := os.ReadFile(at.Entra.CAFile)
	ts.Check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport, Timeout: 30 * time.Second}).PostForm(at.Entra.URL+"/"+at.Entra.Tenant+"/oauth2/v2.0/token", form)
	ts.Check(err)
	defer res.Body.Close()
	var got struct {
		Token string `json:"access_token"`
		Why   string `json:"error_description"`
	}
	ts.Check(json.NewDecoder(res.Body).Decode(&got))
	if got.Token == "" {
		ts.Fatalf("no token: %s", got.Why)
	}
	return got.Token
}
