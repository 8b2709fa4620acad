package graph_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox/contoso"
	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// TestMicrosoftsClient runs the script of clients-graph with node. Its module
// is fetched (npm ci, pinned by the lock file) only in CI, where a missing
// client must not pass for a working one.
func TestMicrosoftsClient(t *testing.T) {
	if testing.Short() {
		t.Skip("starts node")
	}
	installed(t)
	firm, err := contoso.Start(t.Context(), contoso.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := firm.Close(); err != nil {
			t.Error(err)
		}
	})
	firm.Exchange.SetLimits(exchange.Limits{Concurrent: 4, RequestsPer10Min: 10_000, MessagesPerMinute: -1})
	said := runScript(t, firm)
	for k, want := range map[string]any{
		"uploaded": true, "sent": true, "received": "Approve PO 42 plan.bin true", "content": true, "mime": true, "answer": "RE: Approve PO 42 secret true true",
		"pages": "page 0,page 1,page 2,page 3,page 4,page 5,page 6", "delta": 8, "moved": true, "removed": "changed", "gone": "404 ErrorItemNotFound with id",
		"batch": "200,200,400", "me": "jane@contoso.test", "meeting": "accepted", "busy": "020", "oof": "alwaysEnabled", "task": true, "contact": "Carla",
		"rooms": 3, "appOther": "403 ErrorAccessDenied with id", "appOwn": 1, "nowhere": "400 BadRequest with id", "method": "405 Request_BadRequest with id",
		"token": "401 InvalidAuthenticationToken with id", "waited": true,
	} {
		if fmt.Sprint(said[k]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", k, said[k], want)
		}
	}
}

func installed(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat("../clients-graph/node_modules/.package-lock.json"); err == nil {
		return
	}
	if os.Getenv("CI") == "" {
		t.Skip("the client is not installed: run `npm ci --ignore-scripts` in sandbox/exchange/clients-graph")
	}
	c := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	c.Dir = "../clients-graph"
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}

func runScript(t *testing.T, firm *contoso.Firm) map[string]any {
	t.Helper()
	about, err := json.Marshal(map[string]string{"url": firm.Entra.URL(), "control": firm.Addresses().Control, "jane": person(t, firm, "jane"),
		"workflow": person(t, firm, "workflow"), "app": mint(t, firm, map[string]any{"appid": firm.Addresses().ScopedApp, "roles": []string{}})})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "node", "graph.mjs")
	c.Dir = "../clients-graph"
	c.Env = append(os.Environ(), "GRAPH="+string(about), "NODE_EXTRA_CA_CERTS="+firm.Entra.Addresses().CAFile, "NODE_NO_WARNINGS=1")
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%v\n%s\n%s", err, out, exit.Stderr)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var said map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &said); err != nil {
		t.Fatalf("the client says %s", out)
	}
	return said
}

func person(t *testing.T, firm *contoso.Firm, login string) string {
	t.Helper()
	for _, p := range firm.Entra.Addresses().Accounts {
		if p.Login == login+"@contoso.test" {
			return mint(t, firm, map[string]any{"appid": firm.Addresses().MailApp, "oid": p.ID,
				"scp": "User.Read Mail.ReadWrite Mail.Send MailboxSettings.ReadWrite Calendars.ReadWrite Contacts.ReadWrite Tasks.ReadWrite Place.Read.All"})
		}
	}
	t.Fatalf("nobody is called %s", login)
	return ""
}

func mint(t *testing.T, firm *contoso.Firm, claims map[string]any) string {
	t.Helper()
	now := time.Now()
	for k, v := range map[string]any{"aud": "https://graph.microsoft.com", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "tid": entra.TenantID} {
		claims[k] = v
	}
	text, err := firm.Entra.Mint(nil, claims)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
