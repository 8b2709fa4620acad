package ews_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/sandbox/contoso"
	"github.com/signoffhq/signoff/sandbox/entra"
)

// TestExchangelibWorksWithTokensOfTheTenant runs the whole of it: tokens by
// exchangelib's own OAuth from the sandbox's Entra ID, EWS over https at the
// same address.
func TestExchangelibWorksWithTokensOfTheTenant(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python")
	}
	if exec.Command("/usr/bin/python3", "-c", "import exchangelib").Run() != nil {
		t.Skip("exchangelib is not installed: apt-get install python3-exchangelib")
	}
	f, err := contoso.Start(t.Context(), contoso.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	app := func(r entra.Registration) map[string]string {
		return map[string]string{"clientId": r.ClientID, "secret": r.Secret}
	}
	firm, err := json.Marshal(map[string]any{"ews": f.Addresses().EWS, "authority": f.Entra.URL() + "/contoso.test", "mail": app(contoso.MailApp()), "scoped": app(contoso.ScopedApp())})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "/usr/bin/python3", "oauth.py")
	c.Dir = "../clients-ews"
	c.Env = append(os.Environ(), "FIRM="+string(firm), "REQUESTS_CA_BUNDLE="+f.Entra.Addresses().CAFile, "NO_PROXY=127.0.0.1,localhost", "TMPDIR="+t.TempDir())
	out, err := c.Output()
	if err != nil {
		var e *exec.ExitError
		errors.As(err, &e)
		t.Fatalf("%v\n%s\n%s", err, out, e.Stderr)
	}
	var said map[string]any
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	for what, want := range map[string]string{"copies": "1", "received": "[workflow@contoso.test]", "stranger": "ErrorAccessDenied", "person": "ErrorImpersonateUserDenied",
		"scoped": "Inbox", "outside": "ErrorImpersonateUserDenied"} {
		if got := fmt.Sprint(said[what]); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %s, want %s", what, got, want)
		}
	}
}
