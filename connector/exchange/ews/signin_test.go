package ews_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	served "github.com/signoffhq/signoff/sandbox/exchange/ews"
	"github.com/signoffhq/signoff/seal"
)

func TestNamesAndPasswordsSignInByNTLMAndElseByBasic(t *testing.T) {
	f := newFirm(t)
	for name, c := range map[string]struct {
		off            []string
		user, password string
		code, hint     string
	}{
		"NTLM":                 {[]string{"Basic"}, "CONTOSO\\ana", "signoff", "", ""},
		"NTLM by mail address": {nil, "ana@contoso.test", "signoff", "", ""},
		"Basic":                {[]string{"NTLM"}, "ana@contoso.test", "signoff", "", ""},
		"a wrong password":     {nil, "CONTOSO\\ana", "wrong", exchange.CodeSignIn, "name or the password is wrong"},
		"wrong by Basic":       {[]string{"NTLM"}, "CONTOSO\\ana", "wrong", exchange.CodeSignIn, "name or the password is wrong"},
		"tokens only":          {[]string{"NTLM", "Basic"}, "ana@contoso.test", "signoff", exchange.CodeSignIn, "OAuth resource"},
	} {
		f.EWS.SetPolicy(served.Policy{OnPremises: true, SchemesOff: c.off})
		f.system = f.open(exchange.Settings{})
		b := f.password(c.user, c.password, exchange.Box{})
		for range 2 {
			err := inbox(t, b)
			if c.code == "" && err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if c.code != "" {
				exchangetest.Explained(t, err, c.code, c.hint)
			}
		}
	}
	f.EWS.SetPolicy(served.Policy{OnPremises: true, Impersonators: []string{"workflow@contoso.test"}})
	f.system = f.open(exchange.Settings{})
	as := f.password("CONTOSO\\workflow", "signoff", exchange.Box{Address: "jane@contoso.test", Impersonate: true})
	if _, err := f.Post(as).SendNew(t.Context(), exchangetest.NewMail("As Jane", "bob"), nil, false); err != nil || len(f.Arrived("bob")) != 1 {
		t.Error(err)
	}
	not := f.password("CONTOSO\\ana", "signoff", exchange.Box{Address: "jane@contoso.test", Impersonate: true})
	exchangetest.Explained(t, inbox(t, not), exchange.CodeImpersonate, "-Role ApplicationImpersonation -User CONTOSO\\ana")
}

// The server's one way out speaks HTTP/2 with others, and with Exchange before a
// password is asked for. NTLM needs a connection of its own.
func TestAWayThatSpeaksHTTP2SignsInByHTTP1(t *testing.T) {
	f := newFirm(t)
	f.EWS.SetPolicy(served.Policy{OnPremises: true})
	transport := f.Plain.Transport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2 = true
	t.Cleanup(transport.CloseIdleConnections)
	way := &http.Client{Transport: transport}
	res, err := way.Get(f.Addresses().EWS)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.ProtoMajor != 2 {
		t.Fatalf("the sandbox speaks %s", res.Proto)
	}
	if err := inbox(t, f.system.Open(exchange.Access{HTTP: way, User: "CONTOSO\\ana", Password: "signoff"}, exchange.Box{})); err != nil {
		t.Error(err)
	}
}

func TestConnectionsThatSignedInAreNobodyElses(t *testing.T) {
	f := newFirm(t)
	f.EWS.SetPolicy(served.Policy{OnPremises: true, SchemesOff: []string{"Basic"}})
	var wg sync.WaitGroup
	for _, login := range []string{"ana", "jane", "bob", "workflow"} {
		for range 8 {
			wg.Go(func() {
				b := f.password("CONTOSO\\"+login, "signoff", exchange.Box{})
				d, err := b.Draft(t.Context(), exchangetest.NewMail("Of "+login, "ana"))
				if err != nil {
					t.Error(err)
					return
				}
				if m, err := b.Mail(t.Context(), d.ID, 0); err != nil || m.From.Address != login+"@contoso.test" {
					t.Errorf("%s: %+v %v", login, m.From, err)
				}
			})
		}
	}
	wg.Wait()
}

func TestAServerOfKerberosAloneIsToldOf(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("WWW-Authenticate", "Negotiate")
		w.WriteHeader(401)
	})
	b := f.system.Open(exchange.Access{HTTP: f.Client(), User: "CONTOSO\\ana", Password: "signoff"}, exchange.Box{})
	exchangetest.Explained(t, inbox(t, b), exchange.CodeSignIn, "Kerberos only", "Set-WebServicesVirtualDirectory")
}

// The mail goes with the last step alone, and a password never in the clear.
func TestNothingIsSentBeforeTheServerIsBelieved(t *testing.T) {
	var bodies []string
	var auth []string
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		bodies, auth = append(bodies, r.Header.Get("Asked")), append(auth, r.Header.Get("Authorization"))
		w.Header().Add("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString([]byte("NTLMSSP\x00garbage")))
		w.WriteHeader(401)
	})
	b := f.system.Open(exchange.Access{HTTP: f.Client(), User: "CONTOSO\\ana", Password: seal.Secret("s3cret")}, exchange.Box{})
	_, err := b.Draft(t.Context(), exchangetest.NewMail("secret text", "jane"))
	if err == nil || exchange.Doubtful(err) {
		t.Errorf("a challenge that is none: %v", err)
	}
	for i, body := range bodies {
		if body != "" || strings.Contains(auth[i], "s3cret") || strings.HasPrefix(auth[i], "Basic") {
			t.Errorf("sent %q with %q", body, auth[i])
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Error("the password is in the error")
	}
}
