//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/connector/ldap/ldaptest"
)

const windowsPassword = "Passw0rd.of.some.length"

// The real program against Samba's domain controller: set up over the API, tested
// and synced from the command line, signed in to with the directory's passwords.
func TestPeopleComeFromActiveDirectory(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a Windows domain")
	}
	dc := ldaptest.Samba(t)
	dc.Add("OU=Staff", "objectClass", "organizationalUnit")
	boss := dc.Person("Ben Boss", "OU=Staff", "ben", windowsPassword, "mail", "ben@contoso.test")
	ana := dc.Person("Ana Asker", "OU=Staff", "ana", windowsPassword, "mail", "ana@contoso.test", "manager", boss)
	inner := dc.Add("CN=Payables,OU=Staff", "objectClass", "group", "sAMAccountName", "Payables", "member", ana)
	dc.Add("CN=Finance,OU=Staff", "objectClass", "group", "sAMAccountName", "Finance", "member", inner)

	s := newSite(t, runSandbox(t))
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "outside: {allow: 127.0.0.0/8}\n"...)
	if err := os.WriteFile(s.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.up()
	password := dc.Pass
	set := api.SetDirectories{Directories: []api.Directory{{Name: "contoso", Type: "ldap", On: true, MostPercent: 10, EveryMinutes: 15, LDAP: &api.DirectoryLDAP{
		Servers: []string{dc.LDAPS}, Security: "ldaps", CA: string(dc.CA), Bind: `CONTOSO\Administrator`, Password: &password, SignIn: true, Base: dc.Base}}}}
	s.put("/directories", set)

	for _, step := range []struct {
		want string
		args []string
	}{
		{"person Ana Asker (ana) ana@contoso.test", []string{"directory", "test", "contoso"}},
		{"never; begin with", []string{"directory", "list"}},
		{"would be: 2 made", []string{"directory", "sync", "contoso", "--preview"}},
		{"2 people and 2 groups are there; 2 made", []string{"directory", "sync", "contoso"}},
		{"contoso  ldap  2       2", []string{"directory", "list"}},
	} {
		if out := s.cli(step.args...); !strings.Contains(out, step.want) {
			t.Errorf("signoff %s says %q, not %q", strings.Join(step.args, " "), out, step.want)
		}
	}
	if err := s.signsIn(`CONTOSO\ana`, windowsPassword, "ana"); err != nil {
		t.Error(err)
	}
	if err := s.signsIn("ana", "", "ana"); err == nil {
		t.Error("an empty password signs in")
	}
	dc.Set("CN=Ana Asker,OU=Staff", "userAccountControl", "514")
	if out := s.cli("directory", "sync", "contoso"); !strings.Contains(out, "1 switched off") {
		t.Errorf("after Ana was disabled: %s", out)
	}
	if err := s.signsIn("ana", windowsPassword, "ana"); err == nil {
		t.Error("Ana signs in though she is disabled")
	}
	if strings.Contains(s.log.String(), password) || strings.Contains(s.log.String(), windowsPassword) {
		t.Error("a password is in the log")
	}
	if raw := s.everything(); bytes.Contains(raw, []byte(password)) || bytes.Contains(raw, []byte(windowsPassword)) {
		t.Error("a password is in the data folder")
	}
}

// put replaces something over the API as the administrator.
func (s *site) put(path string, body any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPut, s.url+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth("admin", "administer")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer bytes.Buffer
	answer.ReadFrom(res.Body)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("PUT %s: %s %s", path, res.Status, answer.String())
	}
	if strings.Contains(answer.String(), `"password"`) {
		s.t.Errorf("PUT %s answers with a password: %s", path, answer.String())
	}
}

// cli runs the program as the administrator and returns what it says.
func (s *site) cli(args ...string) string {
	s.t.Helper()
	c := command(s.t.Context(), append(args, "--server", s.url, "--user", "admin")...)
	c.Env = append(c.Env, "SIGNOFF_PASSWORD=administer")
	out, err := c.CombinedOutput()
	if err != nil {
		s.t.Errorf("signoff %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// signsIn tells whether somebody is let in, as the account of that login.
func (s *site) signsIn(called, password, login string) error {
	c := &client.Client{Server: s.url, Login: called, Password: password}
	me, err := c.Me(context.Background())
	if err == nil && me.Login != login {
		s.t.Errorf("%s signs in as %s", called, me.Login)
	}
	return err
}

// everything is all that is in the data folder.
func (s *site) everything() []byte {
	s.t.Helper()
	var all []byte
	err := filepath.WalkDir(filepath.Dir(s.config), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == s.config {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, text...)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}
