package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// vouching is a server with people, workflows and the service "office", and no more.
type vouching struct {
	*server
	t *testing.T
}

func openVouching(t *testing.T) *vouching {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	st, err := store.Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{})
	must(err)
	t.Cleanup(func() { st.Close() })
	v := &vouching{&server{store: st, library: library.New(st, time.Now), outside: &outside{}}, t}
	v.people, err = identity.Open(t.Context(), st, identity.Options{Now: time.Now})
	must(err)
	must(v.openServices(Config{}, seal.NewKey()))
	return v
}

func (v *vouching) person(login string) signoff.Caller {
	v.t.Helper()
	u, err := v.people.CreateUser(v.t.Context(), access.System, identity.NewUser{Login: login, Name: strings.ToUpper(login[:1]) + login[1:], Password: "a long password"})
	if err != nil {
		v.t.Fatal(err)
	}
	c, err := v.people.Caller(v.t.Context(), u.Principal, "test")
	if err != nil {
		v.t.Fatal(err)
	}
	c.Deploy = true
	return c
}

// office makes the service, which the given may use.
func (v *vouching) office(may ...signoff.Principal) {
	v.t.Helper()
	password := seal.Secret("x")
	in := catalogue.Settings{Name: "office", Title: "Office", Type: "exchange", Mode: broker.Static, User: "x", Password: &password,
		Keys: map[string]string{"protocol": "ews", "server": "https://127.0.0.1:1/ews/exchange.asmx", "mailbox": "x@contoso.test"}}
	if _, err := v.services.Create(v.t.Context(), access.System, in); err != nil {
		v.t.Fatal(err)
	}
	v.grant(may...)
}

func (v *vouching) grant(may ...signoff.Principal) {
	v.t.Helper()
	err := v.services.ChangeGrants(v.t.Context(), access.System, "office", func([]access.Grant) (all []access.Grant, _ error) {
		for _, p := range may {
			all = append(all, access.Grant{Who: p, Right: access.Use})
		}
		return all, nil
	})
	if err != nil {
		v.t.Fatal(err)
	}
}

// step is a call of a workflow that somebody deploys now.
func (v *vouching) step(by signoff.Caller, as string, who signoff.Principal) runner.Job {
	v.t.Helper()
	d, err := v.library.Deploy(v.t.Context(), by, []byte(strings.NewReplacer("METHOD", "send", `as="service"`, `as='`+as+`'`, `id="tell"`, `id="of-`+by.Login+`"`).Replace(callingWorkflow)))
	if err != nil {
		v.t.Fatal(err)
	}
	return runner.Job{Version: d.Workflow.Default.ID, Deployer: d.Workflow.Default.DeployedBy,
		Command: engine.Command{Kind: engine.DoCall, Node: "send", Call: &engine.Call{Service: "office", As: who}}}
}

func (v *vouching) wants(code string, job runner.Job) {
	v.t.Helper()
	err := v.vouched(v.t.Context(), job)
	if signoff.CodeOf(err) != code {
		v.t.Fatalf("got %v, want %q", err, code)
	}
	if e, ok := err.(*signoff.Error); ok && code != "service-not-found" && (e.Hint == "" || e.Kind != signoff.Forbidden) {
		v.t.Errorf("no remedy, or worth a retry: %+v", e)
	}
}

func TestAStepCallsOnlyWhatItsDeployerMayUse(t *testing.T) {
	v := openVouching(t)
	eve := v.person("eve")
	job := v.step(eve, "service", "") // before there is the service
	v.wants("service-not-found", job)
	v.office()
	v.wants(codeMayNotUse, job)
	v.grant(eve.Principal)
	v.wants("", job)
	if _, err := v.people.ChangeUser(t.Context(), access.System, eve.Principal, identity.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	v.wants("", job) // what she left behind goes on until her right is taken away
	v.grant()
	v.wants(codeMayNotUse, job)
	v.wants("", v.step(access.System, "starter", eve.Principal))
	gone := job
	gone.Deployer = "user:4711"
	v.wants(codeMayNotUse, gone)
}

func TestAStepActsWithAnothersAccountOnlyWhileItsDeployerMay(t *testing.T) {
	v := openVouching(t)
	boss, jane := v.person("boss"), v.person("jane")
	v.office(signoff.Everyone)
	boss.Admin = true // at the time
	job := v.step(boss, `person:"jane"`, jane.Principal)
	v.wants(codeMayNotBe, job) // and no more
	v.wants("", v.step(jane, `person: "jane"`, jane.Principal))
	v.wants("", v.step(boss, `starter`, jane.Principal))
}
