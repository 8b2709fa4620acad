package directory_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

const entraSource = "entra:" + entra.TenantID

// tenant is a firm whose people are in the sandbox's Entra ID.
type tenant struct {
	*firm
	*directory.Directories
	entra *entra.Server
	http  *http.Client
	key   seal.Key
	entry directory.Entry
}

func registration(name string) entra.Registration {
	list := entra.Registrations()
	return list[slices.IndexFunc(list, func(r entra.Registration) bool { return r.Name == name })]
}

func openTenant(t *testing.T, change ...func(*directory.Entry)) *tenant {
	t.Helper()
	s, err := entra.Open(t.Context(), entra.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ca, err := os.ReadFile(s.Addresses().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	x := &tenant{firm: newFirm(t), entra: s, http: &http.Client{Transport: transport}, key: seal.NewKey()}
	x.reopen()
	r := registration("Contoso Directory Reader")
	x.entry = directory.Entry{Name: "contoso", Type: "graph", On: true, Graph: &directory.Graph{Tenant: entra.TenantID, ClientID: r.ClientID, Authority: s.URL(), Graph: s.URL()}}
	for _, c := range change {
		c(&x.entry)
	}
	x.save(seal.Secret(r.Secret))
	return x
}

// reopen is another start of the server.
func (x *tenant) reopen() {
	x.t.Helper()
	var err error
	x.Directories, err = directory.OpenDirectories(x.t.Context(), x.dir, directory.Options{Key: x.key, Node: "one", HTTP: x.http})
	if err != nil {
		x.t.Fatal(err)
	}
	x.GraphPage(2)
}

func (x *tenant) save(secret seal.Secret) {
	x.t.Helper()
	st, err := x.State(x.t.Context(), access.System)
	if err != nil {
		x.t.Fatal(err)
	}
	if _, err := x.Save(x.t.Context(), access.System, st.Rev, directory.Setting{Directories: []directory.Entry{x.entry}}, directory.Secrets{x.entry.Name: &secret}); err != nil {
		x.t.Fatal(err)
	}
}

func (x *tenant) sync(ask directory.Ask) directory.Run {
	x.t.Helper()
	run, err := x.SyncNow(x.t.Context(), access.System, "contoso", ask)
	if err != nil {
		x.t.Fatal(err)
	}
	return run
}

func (x *tenant) done(ask directory.Ask) directory.Report {
	x.t.Helper()
	run := x.sync(ask)
	if run.State != "done" {
		x.t.Fatalf("%s: %s %s %s", run.State, run.Report.Code, run.Report.Why, run.Report.Hint)
	}
	return run.Report
}

// script changes the tenant as an administrator's script does.
func (x *tenant) script(method, path string, body any) map[string]any {
	x.t.Helper()
	r := registration("Contoso Setup Script")
	resp, err := x.http.PostForm(x.entra.URL()+"/"+entra.TenantID+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {r.ClientID},
		"client_secret": {r.Secret}, "scope": {"https://graph.microsoft.com/.default"}})
	if err != nil {
		x.t.Fatal(err)
	}
	var tok struct {
		Text string `json:"access_token"`
	}
	json.NewDecoder(resp.Body).Decode(&tok)
	resp.Body.Close()
	text, _ := json.Marshal(body)
	req, _ := http.NewRequest(method, x.entra.URL()+"/v1.0"+path, bytes.NewReader(text))
	req.Header.Set("Authorization", "Bearer "+tok.Text)
	req.Header.Set("Content-Type", "application/json")
	if resp, err = x.http.Do(req); err != nil {
		x.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	if resp.StatusCode/100 != 2 {
		x.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, raw)
	}
	var out map[string]any
	json.Unmarshal(raw, &out)
	return out
}

// id is somebody's object id.
func (x *tenant) id(login string) string {
	x.t.Helper()
	return x.script("GET", "/users/"+login+"@contoso.test", nil)["id"].(string)
}

func (x *tenant) groupID(name string) string {
	x.t.Helper()
	list := x.script("GET", "/groups?$filter="+url.QueryEscape("displayName eq '"+name+"'"), nil)["value"].([]any)
	return list[0].(map[string]any)["id"].(string)
}

func (x *tenant) caller(login string) (signoff.Caller, error) {
	x.t.Helper()
	return x.people.Caller(x.t.Context(), x.account(login).Principal(), "test")
}

func TestATenantsPeopleGroupsAndManagersAreTaken(t *testing.T) {
	x := openTenant(t)
	r := x.done(directory.Ask{})
	if r.Made != 5 || !r.Whole || r.People != 5 || r.Teams != 5 || r.Troubled != 0 {
		t.Fatalf("%+v", r)
	}
	if got := x.groupsOf("ana"); got != "All Staff, Everybody, Finance" {
		t.Error(got)
	}
	if x.account("ana").Manager != x.account("jane").ID || x.account("jane").Manager != x.account("bob").ID {
		t.Error("managers are others")
	}
	if a := x.account("ana"); a.Source != entraSource || a.Email() != "ana@contoso.test" {
		t.Errorf("%+v", a)
	}
	if r := x.done(directory.Ask{}); r.Whole || r.Made+r.Changed+r.GroupsMade+r.Members+r.Disabled != 0 || r.Read != 0 {
		t.Errorf("nothing happened, and %+v", r)
	}
}

func TestWhatChangesInATenantIsTaken(t *testing.T) {
	x := openTenant(t)
	x.done(directory.Ask{})
	ana, bob, jane := x.id("ana"), x.id("bob"), x.id("jane")
	if _, err := x.caller("jane"); err != nil {
		t.Fatal(err)
	}
	x.script("PATCH", "/users/"+jane, map[string]any{"accountEnabled": false})
	x.script("PATCH", "/users/"+ana, map[string]any{"displayName": "Ana López"})
	x.script("PUT", "/users/"+ana+"/manager/$ref", map[string]any{"@odata.id": "x/" + bob})
	x.script("DELETE", "/groups/"+x.groupID("All Staff"), nil)
	x.script("POST", "/groups/"+x.groupID("Approvers")+"/members/$ref", map[string]any{"@odata.id": "x/" + ana})
	x.script("DELETE", "/groups/"+x.groupID("Finance")+"/members/"+ana+"/$ref", nil)
	r := x.done(directory.Ask{})
	if r.Disabled != 1 || r.Changed == 0 || r.Whole {
		t.Errorf("%+v", r)
	}
	if _, err := x.caller("jane"); signoff.CodeOf(err) != "user-disabled" {
		t.Errorf("at the next call: %v", err)
	}
	if a := x.account("ana"); a.Name != "Ana López" || a.Manager != x.account("bob").ID {
		t.Errorf("%+v", a)
	}
	if got := x.groupsOf("ana"); got != "Approvers, Everybody" {
		t.Error(got)
	}
	x.script("PATCH", "/users/"+ana, map[string]any{"displayName": "Ana L."}) // nothing is said of the manager
	x.script("PATCH", "/users/"+jane, map[string]any{"accountEnabled": true})
	x.script("DELETE", "/users/"+bob, nil)
	x.done(directory.Ask{})
	if a := x.account("ana"); a.Name != "Ana L." || a.Manager != 0 {
		t.Errorf("%+v", a)
	}
	if _, err := x.caller("jane"); err != nil {
		t.Errorf("back again: %v", err)
	}
	if _, err := x.caller("bob"); signoff.CodeOf(err) != "user-disabled" {
		t.Errorf("who was deleted: %v", err)
	}
}

func TestSomebodySyncedWhoComesWithATokenIsTheSame(t *testing.T) {
	x := openTenant(t)
	came, err := x.people.Recognise(t.Context(), identity.Stranger{Source: entraSource, Subject: x.id("jane"), Login: "jane@contoso.test", Label: "jane@contoso.test"},
		identity.NewcomersCreate, "bearer")
	if err != nil {
		t.Fatal(err)
	}
	if r := x.done(directory.Ask{}); r.Made != 4 || r.Linked != 1 {
		t.Errorf("%+v", r)
	}
	for _, login := range []string{"jane", "ana"} {
		c, err := x.people.Recognise(t.Context(), identity.Stranger{Source: entraSource, Subject: x.id(login), Login: login + "@contoso.test", Label: login + "@contoso.test"},
			identity.NewcomersRefuse, "bearer")
		if err != nil || login == "jane" && c.Principal != came.Principal || login == "ana" && c.Principal != x.account("ana").Principal() {
			t.Errorf("%s: %+v %v", login, c, err)
		}
	}
}

func TestAReadingThatBrokeOffGoesOn(t *testing.T) {
	x := openTenant(t)
	// The server is stopped when it asks for the third page: two were taken.
	calls := 0
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	through := x.http.Transport
	x.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "/v1.0/") {
			if calls++; calls > 2 {
				stop()
			}
		}
		return through.RoundTrip(r)
	})
	if run, err := x.SyncNow(ctx, access.System, "contoso", directory.Ask{}); err != nil || run.State != "failed" || run.Report.Made != 4 || run.Report.Code != "sync-broken-off" {
		t.Fatalf("%+v %v", run, err)
	}
	asked := ""
	x.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if asked == "" && strings.Contains(r.URL.Path, "/v1.0/") {
			asked = r.URL.RawQuery
		}
		return through.RoundTrip(r)
	})
	x.reopen() // after a crash
	r := x.done(directory.Ask{})
	if r.Made != 1 || !strings.Contains(asked, "skiptoken") {
		t.Errorf("began with %s: %+v", asked, r)
	}
	if people, groups, err := x.store.CountDirectory(t.Context(), entraSource); people != 5 || groups != 5 || err != nil {
		t.Errorf("%d %d %v", people, groups, err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWhenGraphHasForgottenEverythingIsReadAndWhoIsGoneIsSwitchedOff(t *testing.T) {
	x := openTenant(t)
	x.done(directory.Ask{})
	bob := x.id("bob")
	x.script("DELETE", "/users/"+bob, nil)
	x.script("DELETE", "/groups/"+x.groupID("Finance"), nil)
	if err := x.entra.Plant(entra.Fault{Name: "delta-expired"}); err != nil {
		t.Fatal(err)
	}
	x.done(directory.Ask{}) // told of nobody who was deleted before it began anew
	if _, err := x.caller("bob"); signoff.CodeOf(err) != "user-disabled" {
		t.Errorf("%v", err)
	}
	if got := x.groupsOf("ana"); got != "Everybody" {
		t.Error(got)
	}
	if _, err := x.caller("ana"); err != nil {
		t.Errorf("who is still there: %v", err)
	}
}

func TestTooManyWhoLeaveStopTheSync(t *testing.T) {
	x := openTenant(t, func(e *directory.Entry) { e.MostPercent = 20 })
	for i := range 10 {
		x.script("POST", "/users", map[string]any{"accountEnabled": true, "displayName": fmt.Sprint("P", i), "mailNickname": fmt.Sprint("p", i),
			"userPrincipalName": fmt.Sprintf("p%d@contoso.test", i), "passwordProfile": map[string]any{"password": "signoff"}})
	}
	x.done(directory.Ask{})
	for i := range 8 {
		x.script("PATCH", fmt.Sprintf("/users/p%d@contoso.test", i), map[string]any{"accountEnabled": false})
	}
	run := x.sync(directory.Ask{})
	if run.State != "stopped" || run.Report.Code != directory.CodeStopped {
		t.Fatalf("%+v", run)
	}
	if x.account("p1").Disabled {
		t.Error("somebody was switched off all the same")
	}
	if run = x.sync(directory.Ask{}); run.State != "stopped" {
		t.Errorf("the next one went on: %+v", run)
	}
	if r := x.done(directory.Ask{Anyway: true}); r.Disabled != 8 || !x.account("p1").Disabled {
		t.Errorf("%+v", r)
	}
}

func TestAPreviewOfATenantTakesNothing(t *testing.T) {
	x := openTenant(t)
	r := x.done(directory.Ask{Preview: true})
	if r.Made != 5 || r.GroupsMade != 5 || len(r.First) != 5 || !r.Preview {
		t.Errorf("%+v", r)
	}
	if list, _ := x.store.Accounts(t.Context(), 0, 10); len(list) != 0 {
		t.Errorf("%d accounts", len(list))
	}
	if p, _ := x.store.GraphPlace(t.Context(), entraSource, "users"); p.Link != "" {
		t.Error("the place was moved")
	}
}

func TestGuestsAndGroupsAreTakenAsTheEntrySays(t *testing.T) {
	x := openTenant(t)
	x.script("PATCH", "/users/bob@contoso.test", map[string]any{"userType": "Guest"})
	x.entry.Graph.Groups = []string{x.groupID("Finance")}
	x.save(seal.Secret(registration("Contoso Directory Reader").Secret))
	r := x.done(directory.Ask{})
	if r.Made != 4 || r.Teams != 1 || x.groupsOf("ana") != "Finance" {
		t.Errorf("%+v %s", r, x.groupsOf("ana"))
	}
	x.entry.Graph.Guests, x.entry.Graph.Groups = true, nil
	x.save(seal.Secret(registration("Contoso Directory Reader").Secret))
	if r := x.done(directory.Ask{Whole: true}); r.Made != 1 || r.Teams != 5 {
		t.Errorf("%+v", r)
	}
	x.entry.Graph.Guests = false
	x.save(seal.Secret(registration("Contoso Directory Reader").Secret))
	x.done(directory.Ask{Whole: true})
	if !x.account("bob").Disabled {
		t.Error("a guest stays")
	}
}

func TestGroupsOfATokenThatHadTooManyAreLookedUp(t *testing.T) {
	x := openTenant(t, func(e *directory.Entry) { e.Graph.NoGroups = true })
	finance, err := x.store.CreateGroup(t.Context(), store.Group{Name: "Our Finance", Key: "our finance"})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.store.LinkGroup(t.Context(), store.GroupLink{Source: entraSource, External: x.groupID("All Staff"), Group: finance.ID, Label: "All Staff"}); err != nil {
		t.Fatal(err)
	}
	x.done(directory.Ask{})
	graphCalls := 0
	through := x.http.Transport
	x.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "getMemberGroups") {
			graphCalls++
		}
		return through.RoundTrip(r)
	})
	come := func(said time.Time) signoff.Caller {
		t.Helper()
		c, err := x.people.Recognise(t.Context(), identity.Stranger{Source: entraSource, Subject: x.id("ana"), Login: "ana@contoso.test", Label: "ana@contoso.test", Overage: true, Said: said},
			identity.NewcomersRefuse, "bearer")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	now := time.Now()
	for range 5 {
		if c := come(now); !c.Is(finance.Principal()) {
			t.Errorf("%+v", c)
		}
	}
	if graphCalls != 2 { // the first time what it changed made everything known be forgotten
		t.Errorf("Graph was asked %d times", graphCalls)
	}
	// Graph is away: what was known stands, and an administrator can see it.
	if err := x.entra.Plant(entra.Fault{Name: "graph-forbidden"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := x.LookUpGroups(t.Context(), entraSource, x.id2("ana")); err == nil {
		t.Error("a refusal is no error")
	}
	st, err := x.Status(t.Context(), access.System, "contoso")
	if err != nil || len(st.Refused) != 1 || !strings.Contains(st.Refused[0].Why, "could not be looked up") {
		t.Errorf("%+v %v", st.Refused, err)
	}
	if _, ok, err := x.LookUpGroups(t.Context(), "entra:other", "x"); ok || err != nil {
		t.Error("a tenant nobody set up was asked")
	}
}

// id2 is somebody's id without asking Graph, which may be refusing.
func (x *tenant) id2(login string) string {
	x.t.Helper()
	list, err := x.store.Links(x.t.Context(), x.account(login).ID)
	if err != nil || len(list) == 0 {
		x.t.Fatal(err)
	}
	return list[0].Subject
}

func TestATenantIsTriedStepByStep(t *testing.T) {
	x := openTenant(t)
	p, err := x.Probe(t.Context(), access.System, x.entry, nil)
	if err != nil || len(p.Steps) != 3 || !p.Steps[2].OK || len(p.People) == 0 || len(p.Groups) == 0 {
		t.Errorf("%+v %v", p, err)
	}
	wrong := "not the secret"
	p, err = x.Probe(t.Context(), access.System, x.entry, &wrong)
	if err != nil || len(p.Steps) != 1 || p.Steps[0].OK || !strings.Contains(p.Steps[0].Words, "secret") || p.Steps[0].Hint == "" {
		t.Errorf("%+v %v", p, err)
	}
	if strings.Contains(fmt.Sprint(p), wrong) {
		t.Error("the secret is shown")
	}
}

func TestWrongEntriesAreRefusedWithThePlace(t *testing.T) {
	x := openTenant(t)
	good := *x.entry.Graph
	with := func(change func(*directory.Graph)) directory.Entry {
		g := good
		change(&g)
		e := x.entry
		e.Name, e.Graph = "other", &g
		return e
	}
	const other = "00000000-0000-4000-8000-00000000000a"
	for field, e := range map[string]directory.Entry{
		"directories[0].graph.tenant":     with(func(g *directory.Graph) { g.Tenant = "contoso.test" }),
		"directories[0].graph.clientId":   with(func(g *directory.Graph) { g.ClientID = "reader" }),
		"directories[0].graph.authority":  with(func(g *directory.Graph) { g.Authority = "http://login.test" }),
		"directories[0].graph.graph":      with(func(g *directory.Graph) { g.Graph = "https://graph.test/v1.0" }),
		"directories[0].graph.groups":     with(func(g *directory.Graph) { g.Groups = []string{"Finance"} }),
		"directories[0].scim.tenant":      {Name: "x", Type: "scim", SCIM: &directory.SCIM{Tenant: "contoso"}},
		"directories[0].scim.application": {Name: "x", Type: "scim", SCIM: &directory.SCIM{Application: "group:1"}},
		"directories[0].every":            {Name: "x", Type: "scim", Every: 30, SCIM: &directory.SCIM{}},
		"directories[0].type":             {Name: "x", Type: "scim", SCIM: &directory.SCIM{}, Graph: &good},
	} {
		st, _ := x.State(t.Context(), access.System)
		_, err := x.Save(t.Context(), access.System, st.Rev, directory.Setting{Directories: []directory.Entry{e}}, nil)
		told, ok := err.(*signoff.Error)
		if !ok || told.Code != "bad-directory" || len(told.Fields) != 1 || told.Fields[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	pem := seal.Secret("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
	st, _ := x.State(t.Context(), access.System)
	if _, err := x.Save(t.Context(), access.System, st.Rev, directory.Setting{Directories: []directory.Entry{x.entry}}, directory.Secrets{"contoso": &pem}); signoff.CodeOf(err) != "bad-directory" {
		t.Errorf("half a certificate: %v", err)
	}
	twice := x.entry
	twice.Name = "again"
	if _, err := x.Save(t.Context(), access.System, st.Rev, directory.Setting{Directories: []directory.Entry{x.entry, twice}}, nil); signoff.CodeOf(err) != "bad-directory" {
		t.Errorf("one tenant twice: %v", err)
	}
	// A secret is not sent to another tenant than it was given for.
	moved := x.entry
	g := good
	g.Authority, g.Tenant = "https://login.evil.test", other
	moved.Graph = &g
	now, err := x.Save(t.Context(), access.System, st.Rev, directory.Setting{Directories: []directory.Entry{moved}}, nil)
	if err != nil || now.Value.Directories[0].Graph.Secret != "" {
		t.Errorf("%+v %v", now.Value, err)
	}
	if changes, err := x.store.Changes(t.Context(), store.ChangeFilter{What: "directories"}, 0, 10); err != nil || strings.Contains(string(changes[0].After)+string(changes[0].Before), registration("Contoso Directory Reader").Secret) {
		t.Errorf("the secret is on record: %v", err)
	}
}

func TestASCIMDirectoryIsNotAsked(t *testing.T) {
	x := openTenant(t)
	x.entry = directory.Entry{Name: "contoso", Type: "scim", On: true, SCIM: &directory.SCIM{Tenant: entra.TenantID}}
	x.save("")
	if _, err := x.SyncNow(t.Context(), access.System, "contoso", directory.Ask{}); signoff.CodeOf(err) != "directory-pushes" {
		t.Error(err)
	}
	if _, err := x.Probe(t.Context(), access.System, x.entry, nil); signoff.CodeOf(err) != "directory-pushes" {
		t.Error(err)
	}
}
