package entra

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestOtherPeoplesClients runs the scripts in clients/ with node. Their modules
// are fetched (npm ci, pinned by the lock file) only in CI, where a missing
// client must not pass for a working one; elsewhere the test says what to run
// and is skipped, so that `go test` never goes to the network by itself.
func TestOtherPeoplesClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts node")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat("clients/node_modules/.package-lock.json"); err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("the clients are not installed: run `npm ci --ignore-scripts` in sandbox/entra/clients")
		}
		c := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		c.Dir = "clients"
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	t.Run("msal-node", func(t *testing.T) {
		t.Parallel()
		got := runClient(t, "msal.mjs")
		checkUser(t, got, "code", "jane", "2.0", "1")
		checkUser(t, got, "otherResource", "jane", "1.0", "1")
		checkUser(t, got, "device", "bob", "2.0", "0")
		checkUser(t, got, "obo", "jane", "1.0", "1")
		checkApp(t, got, "secret", "1")
		checkApp(t, got, "certificate", "2")
		checkApp(t, got, "federated", "2")
		if me, _ := got["me"].(map[string]any); me["userPrincipalName"] != "jane@contoso.test" {
			t.Errorf("Graph's /me on behalf of Jane: %v", me)
		}
		if r, _ := got["refusal"].(map[string]any); r["code"] != "invalid_client" || !strings.Contains(r["message"].(string), "AADSTS7000215") {
			t.Errorf("a wrong secret comes through as %v", r)
		}
	})
	t.Run("openid-client", func(t *testing.T) {
		t.Parallel()
		got := runClient(t, "openid.mjs")
		checkUser(t, got, "code", "ana", "2.0", "1")
		checkUser(t, got, "refreshed", "ana", "2.0", "1")
		checkUser(t, got, "device", "bob", "2.0", "0")
		checkApp(t, got, "secret", "1")
		checkApp(t, got, "certificate", "2")
		if u, _ := got["userinfo"].(map[string]any); u["email"] != "ana@contoso.test" || u["name"] != "Ana Silva" {
			t.Errorf("userinfo %v", u)
		}
	})
}

// runClient starts a tenant with what the scripts need and returns what one
// says.
func runClient(t *testing.T, script string) map[string]any {
	t.Helper()
	s := open(t)
	key, der := s.certify(daemonID)
	s.edit(daemonID, func(a *application) {
		a.Federated = []federatedCredential{{ID: newGUID(), Name: "build", Issuer: s.workloadIssuer(), Subject: "build 1", Audiences: []string{"api://AzureADTokenExchange"}}}
	})
	assertion, err := s.WorkloadToken("build 1", "")
	if err != nil {
		t.Fatal(err)
	}
	about := toMap(s.Addresses())
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(key)
	sum := sha256.Sum256(der)
	about["assertion"] = assertion
	about["certificate"] = map[string]string{"sha256": hex.EncodeToString(sum[:]), "x5t": b64(sum[:]), "der": base64.StdEncoding.EncodeToString(pkcs8),
		"key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))}
	text, _ := json.Marshal(about)
	c := exec.CommandContext(t.Context(), "node", script)
	c.Dir = "clients"
	c.Env = append(os.Environ(), "ENTRA="+string(text), "NODE_EXTRA_CA_CERTS="+s.Addresses().CAFile, "NODE_NO_WARNINGS=1")
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%s: %v\n%s\n%s", script, err, out, exit.Stderr)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s says %s", script, out)
	}
	return got
}

// certify puts a new certificate on a registration.
func (s *tenantOf) certify(appID string) (*rsa.PrivateKey, []byte) {
	s.t.Helper()
	key := spareKeys()
	der, err := selfSigned(key, "client", time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	s.edit(appID, func(a *application) {
		k := keyCredential{Key: der}
		if e := k.complete(a); e != nil {
			s.t.Fatal(e)
		}
		a.KeyCredentials = append(a.KeyCredentials, k)
	})
	return key, der
}

func checkUser(t *testing.T, got map[string]any, name, who, version, acr string) {
	t.Helper()
	c, _ := got[name].(map[string]any)
	proof, login := c["azpacr"], c["preferred_username"]
	if version == "1.0" {
		proof, login = c["appidacr"], c["upn"]
	}
	if c["ver"] != version || login != who+"@contoso.test" || proof != acr || c["scp"] == "" {
		t.Errorf("%s: %v", name, got[name])
	}
}

func checkApp(t *testing.T, got map[string]any, name, acr string) {
	t.Helper()
	c, _ := got[name].(map[string]any)
	roles, _ := c["roles"].([]any)
	if c["idtyp"] != "app" || c["azpacr"] != acr || len(roles) != 2 || c["scp"] != nil || c["oid"] != c["sub"] {
		t.Errorf("%s: %v", name, got[name])
	}
}
