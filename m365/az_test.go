package m365

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/sandbox/entra"
)

// The Azure CLI is not to be had where these tests run. The script is run by a
// real shell with a stand-in called az, which takes the subcommands and options
// that the script uses and refuses all others, and asks the sandbox's Graph.
// That shows that the script's logic is right, and of the real az's options
// only that they are written as its documentation has them.

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "az" {
		if err := standInAz(os.Args[1:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "az:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestTheScriptForAzMakesWhatThePlanSaysAndMayBeRunAgain(t *testing.T) {
	x := newTenant(t)
	v := values
	v.Directory, v.Groups, v.Name = true, true, "flow & sons"
	p, err := v.Plan()
	must(t, err)
	for i, secrets := range []int{4, 0} { // api has none; sign-in, two callers with a secret
		out, err := x.runAz(t, p)
		if err != nil {
			t.Fatalf("run %d: %v\n%s", i+1, err, out)
		}
		if n := strings.Count(out, "secret, shown once"); (n > 0) != (secrets > 0) {
			t.Errorf("run %d shows %d secrets:\n%s", i+1, n, out)
		}
		if r := x.check(t, p); !r.OK {
			t.Fatalf("after run %d: %s", i+1, r.Line)
		}
		if !strings.Contains(out, "audiences to trust: ") || strings.Contains(out, "{{") || !strings.Contains(out, "- set what flow & sons API is\n") || !trustLine.MatchString(out) {
			t.Errorf("run %d says\n%s", i+1, out)
		}
	}
}

var trustLine = regexp.MustCompile(`\n  signoff trust add --server https://flow.contoso.test --tenant ` + entra.TenantID + ` --audience [0-9a-f-]{36} --app-role Workflow.Use.All\n$`)

// runAz runs the script of a plan with a shell, and tells what it said.
func (x *tenant) runAz(t *testing.T, p Plan) (string, error) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	var script bytes.Buffer
	must(t, p.Print(&script, AsAz, x.URL()))
	dir := t.TempDir()
	self, err := os.Executable()
	must(t, err)
	must(t, os.Symlink(self, filepath.Join(dir, "az")))
	cmd := exec.Command(sh, "-s")
	cmd.Stdin = &script
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "AZ_CA="+x.Addresses().CAFile, "AZ_GRAPH="+x.URL(), "AZ_TOKEN="+x.graph.Token)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestTheScriptForAzStopsInAnotherTenant(t *testing.T) {
	x := newTenant(t)
	for tenant, right := range map[string]bool{"": true, entra.TenantID: true, strings.ToUpper(entra.TenantID): true, "contoso.test": true, "Contoso.Test": true,
		entra.PartnerTenantID: false, "fabrikam.test": false} {
		p, err := Values{URL: "https://flow.contoso.test", Name: "in " + strings.ToLower(tenant), Tenant: tenant}.Plan()
		must(t, err)
		out, err := x.runAz(t, p)
		if right {
			if err != nil || !strings.Contains(out, "registering in the tenant "+entra.TenantID) {
				t.Errorf("%s: %v\n%s", tenant, err, out)
			}
			continue
		}
		said := "az is signed in to the tenant " + entra.TenantID + ", and this plan is for " + tenant + ": nothing was registered."
		if err == nil || !strings.Contains(out, said) || !strings.Contains(out, "az login --tenant "+tenant) {
			t.Errorf("%s: %v\n%s", tenant, err, out)
		}
		if r := x.check(t, p); !strings.Contains(r.Line, "does not exist") {
			t.Errorf("%s: after the script had stopped, %s", tenant, r.Line)
		}
	}
}

// standInAz is the part of the Azure CLI that the script uses.
func standInAz(args []string, out io.Writer) error {
	words, options := []string{}, map[string]string{}
	for i := 0; i < len(args); i++ {
		if !strings.HasPrefix(args[i], "-") {
			words = append(words, args[i])
			continue
		}
		if i+1 == len(args) {
			return fmt.Errorf("%s has no value", args[i])
		}
		options[args[i]] = args[i+1]
		i++
	}
	takes := map[string]string{"account show": "--query -o", "ad app list": "--filter --query -o", "ad app create": "--display-name --sign-in-audience --query -o", "ad sp list": "--filter --query -o",
		"ad sp create": "--id --query -o", "rest": "--method --url --headers --body --query -o"}
	command := strings.Join(words, " ")
	for o := range options {
		if !slices.Contains(strings.Fields(takes[command]), o) {
			return fmt.Errorf("%s does not take %s", command, o)
		}
	}
	var answer any
	var err error
	switch command {
	case "account show":
		answer = map[string]any{"tenantId": entra.TenantID}
	case "ad app list":
		answer, err = standInGraph("GET", "/v1.0/applications?$filter="+options["--filter"], "")
		answer = inner(answer)
	case "ad app create":
		body, _ := json.Marshal(map[string]string{"displayName": options["--display-name"], "signInAudience": options["--sign-in-audience"]})
		answer, err = standInGraph("POST", "/v1.0/applications", string(body))
	case "ad sp list":
		answer, err = standInGraph("GET", "/v1.0/servicePrincipals?$filter="+options["--filter"], "")
		answer = inner(answer)
	case "ad sp create":
		answer, err = standInGraph("POST", "/v1.0/servicePrincipals", `{"appId":"`+options["--id"]+`"}`)
	case "rest":
		path, found := strings.CutPrefix(options["--url"], os.Getenv("AZ_GRAPH"))
		if !found {
			return fmt.Errorf("%s is not Graph", options["--url"])
		}
		answer, err = standInGraph(options["--method"], path, options["--body"])
	default:
		return fmt.Errorf("there is no command %q", command)
	}
	if err != nil {
		return err
	}
	if q := options["--query"]; q != "" {
		text, err := query(answer, q)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, text)
	}
	return nil
}

func inner(answer any) any {
	m, _ := answer.(map[string]any)
	return m["value"]
}

func standInGraph(method, path, body string) (any, error) {
	pem, err := os.ReadFile(os.Getenv("AZ_CA"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	h := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	req, err := http.NewRequestWithContext(context.Background(), method, os.Getenv("AZ_GRAPH")+escape(path), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+os.Getenv("AZ_TOKEN"))
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s %s: %d %s", method, path, body, resp.StatusCode, raw)
	}
	var v any
	if len(raw) > 0 {
		err = json.Unmarshal(raw, &v)
	}
	return v, err
}

var (
	listQuery = regexp.MustCompile(`^(?:value\[0\]\.)?(\w*)\[\?(.*)\] \| \[0\]\.(\w+)$`)
	condition = regexp.MustCompile(`^(\w+)=='([^']*)'$`)
)

// query is the part of JMESPath that the script uses; what is not there prints
// as nothing, as -o tsv does.
func query(v any, q string) (string, error) {
	prop := q
	if name, found := strings.CutPrefix(q, "[0]."); found {
		list, _ := v.([]any)
		if len(list) == 0 {
			return "", nil
		}
		v, prop = list[0], name
	} else if m := listQuery.FindStringSubmatch(q); m != nil {
		o, _ := v.(map[string]any)
		if strings.HasPrefix(q, "value[0].") {
			first, _ := o["value"].([]any)
			o, _ = first[0].(map[string]any)
		}
		list, _ := o[m[1]].([]any)
		v, prop = nil, m[3]
		for _, item := range list {
			if ok, err := fits(item, m[2]); err != nil {
				return "", err
			} else if ok {
				v = item
				break
			}
		}
	} else if !regexp.MustCompile(`^\w+$`).MatchString(q) {
		return "", fmt.Errorf("the query %s is not understood", q)
	}
	o, _ := v.(map[string]any)
	text, _ := o[prop].(string)
	return text, nil
}

func fits(item any, conditions string) (bool, error) {
	o, _ := item.(map[string]any)
	for part := range strings.SplitSeq(conditions, " && ") {
		m := condition.FindStringSubmatch(part)
		if m == nil {
			return false, fmt.Errorf("the condition %s is not understood", part)
		}
		if o[m[1]] != m[2] {
			return false, nil
		}
	}
	return true, nil
}
