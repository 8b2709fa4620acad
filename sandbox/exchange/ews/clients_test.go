package ews

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestOtherPeoplesClients runs clients that nobody here wrote: the scripts of
// clients-ews with node, whose modules are fetched only in CI, where a missing
// client must not pass for a working one; and exchangelib, where it is
// installed.
func TestOtherPeoplesClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts node and Python")
	}
	t.Run("ews-javascript-api", func(t *testing.T) {
		t.Parallel()
		installed(t)
		check(t, run(t, "node", "ews.mjs"), map[string]any{
			"inbox": "Inbox", "version": 15, "draft": 152, "sent": "[From JavaScript]", "from": "jane@contoso.test", "body": true, "attachments": "[po.txt]",
			"content": "forty-two", "answers": 1, "unique": true, "mime": true, "folders": "[Approvals]", "moved": true, "changes": 1, "nothingNew": 0,
			"events": "[Created NewMail]", "names": "[bob@contoso.test]", "week": "[Review]", "contacts": "[Carla Supplier]", "oof": "[Enabled Away until Monday]",
			"roomLists": 2, "impersonated": true,
		}, map[string]string{"draftGone": "not found in the store", "oldId": "not found in the store", "denied": "does not have permission to impersonate"})
	})
	t.Run("exchangelib", func(t *testing.T) {
		t.Parallel()
		exchangelib(t)
		check(t, run(t, "/usr/bin/python3", "lib.py"), map[string]any{
			"version": "15.20", "inbox": "Inbox", "draft": true, "sent": 1, "received": 1, "content": "forty-two", "correlation": "task 42", "headers": true,
			"moved": true, "read": true, "answers": 1, "created": 1, "reads": 1, "notified": true, "streamed": true, "oof": "Enabled", "people": "[bob@contoso.test]",
			"names": "[bob@contoso.test]", "meeting": "[Review]", "task": "[Pay the invoice]", "contact": "[Carla Supplier]", "rooms": 3, "roomLists": 2, "bulk": 5, "paged": 5,
			"impersonated": "Inbox", "hierarchy": true,
			"replyDraft": true, "forwarded": "po.txt", "mime": true, "inner": "Inner", "scheduled": "2030-01-08 00:00:00+00:00", "where": "[Room 1]", "invited": 1, "cancelled": 0,
			"complete": true, "contacts": 0, "categories": true, "renamed": true, "folderMoved": true,
		}, map[string]string{"gone": "ErrorItemNotFound", "denied": "ErrorImpersonateUserDenied", "stranger": "ErrorAccessDenied"})
	})
}

func TestExchangelibSignsInToAnExchangeServer(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python")
	}
	exchangelib(t)
	said := runAt(t, "/usr/bin/python3", "onprem.py", func(o *office) {
		o.s.URL = "https://mail.contoso.test"
		o.s.SetPolicy(Policy{OnPremises: true, SchemesOff: []string{"Bearer"}})
	})
	check(t, said, map[string]any{"ntlm": "Inbox", "basic": "Inbox", "version": "15.2", "soap": "https://mail.contoso.test/EWS/Exchange.asmx",
		"pox": "https://mail.contoso.test/EWS/Exchange.asmx", "tried": "https://contoso.test/autodiscover/autodiscover.svc"},
		map[string]string{"wrong": "UnauthorizedError", "nobody": "ErrorNonExistentMailbox"})
}

// exchangelib skips where it is not installed.
func exchangelib(t *testing.T) {
	t.Helper()
	if err := exec.Command("/usr/bin/python3", "-c", "import exchangelib").Run(); err != nil {
		if os.Getenv("CI") != "" && os.Getenv("SIGNOFF_EXCHANGELIB") != "" {
			t.Fatal("exchangelib is not installed")
		}
		t.Skip("exchangelib is not installed: apt-get install python3-exchangelib")
	}
}

func installed(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat("../clients-ews/node_modules/.package-lock.json"); err == nil {
		return
	}
	if os.Getenv("CI") == "" {
		t.Skip("the client is not installed: run `npm ci --ignore-scripts` in sandbox/exchange/clients-ews")
	}
	c := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	c.Dir = "../clients-ews"
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}

// run starts a script against a server of its own and returns what it says.
func run(t *testing.T, program, script string) map[string]any {
	t.Helper()
	return runAt(t, program, script, func(*office) {})
}

func runAt(t *testing.T, program, script string, prepare func(*office)) map[string]any {
	t.Helper()
	o := open(t)
	prepare(o)
	c := exec.CommandContext(t.Context(), program, script)
	c.Dir = "../clients-ews"
	c.Env = append(os.Environ(), "EWS_URL="+o.http.URL+"/EWS/Exchange.asmx", "NO_PROXY=127.0.0.1", "TMPDIR="+t.TempDir())
	out, err := c.Output()
	if err != nil {
		var e *exec.ExitError
		errors.As(err, &e)
		t.Fatalf("%s: %v\n%s\n%s", script, err, out, tail(string(e.Stderr), 4000))
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var said map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &said); err != nil {
		t.Fatalf("%s says %s: %v", script, out, err)
	}
	return said
}

func tail(s string, n int) string { return s[max(len(s)-n, 0):] }

func check(t *testing.T, said, want map[string]any, contain map[string]string) {
	t.Helper()
	for k, v := range want {
		if fmt.Sprint(said[k]) != fmt.Sprint(v) {
			t.Errorf("%s is %v, want %v", k, said[k], v)
		}
	}
	for k, v := range contain {
		if !strings.Contains(fmt.Sprint(said[k]), v) {
			t.Errorf("%s is %v, want %q in it", k, said[k], v)
		}
	}
}
