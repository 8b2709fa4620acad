package odata_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/odata"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/inhouse"
	sandboxed "github.com/signoffhq/signoff/sandbox/exchange"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/worklist"
)

// TestOtherPeoplesClients has the metadata checked with the schemas of OData's
// own committee, and two clients do their work: on 2,500 people and on a mailbox
// of the sandbox. Their modules come with `npm ci` in the folder clients.
func TestOtherPeoplesClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts node")
	}
	installed(t)
	w := office(t)
	check := runScript(t, w, "validate.mjs")
	if wrong, ok := check["wrong"].([]any); !ok || len(wrong) > 0 {
		t.Errorf("the metadata is wrong: %v", check["wrong"])
	}
	if types, _ := check["types"].(float64); types < 15 {
		t.Errorf("too little was checked: %v", check)
	}
	said := runScript(t, w, "read.mjs")
	for k, want := range map[string]any{
		"schemas": "signoff, signoff.rows", "key": "id",
		"all": "map[different:2505 pages:3 rows:2505]", "paged": "map[different:1111 pages:12 rows:1111]",
		"full": "#signoff.people_Person true", "byId": true,
		"found": "p1709,p1719,p1729,p1739,p1749,p1759,p1769,p1779,p1789,p179,p1799", "counted": "2505 3", "number": "611", "one": "Jane Judge",
		"manager": "p6", "members": "jane,bob", "refused": "501 odata-unsupported",
		"sent": "string", "folders": true, "contacts": "5421", "contactPages": "map[different:5 pages:3 rows:5]", "changed": "Contoso", "deleted": 404,
	} {
		if fmt.Sprint(said[k]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", k, said[k], want)
		}
	}
	if sets := fmt.Sprint(said["sets"]); sets == "" || sets != setsOf(t, w) {
		t.Errorf("the service document has %s", sets)
	}
}

// setsOf is the service document as this test reads it.
func setsOf(t *testing.T, w *apitest.World) (text string) {
	t.Helper()
	var doc struct {
		Value []struct{ Name, Kind, URL string }
	}
	_, body := ask(t, w, "GET", "", "")
	must(t, json.Unmarshal([]byte(body), &doc))
	for i, s := range doc.Value {
		if i > 0 {
			text += ", "
		}
		text += s.Kind + " " + s.Name
		if s.URL != s.Name {
			t.Errorf("%s is at %s", s.Name, s.URL)
		}
	}
	return text
}

// office is a server with a directory of 2,500 people and more, its own workflows
// and a mailbox of the sandbox, all of which ana may use.
func office(t *testing.T) *apitest.World {
	t.Helper()
	firm := exchangetest.Start(t)
	firm.Exchange.SetLimits(sandboxed.Limits{Concurrent: 4, RequestsPer10Min: -1, MessagesPerMinute: -1})
	mailboxes := &exchange.Type{Plain: firm.Plain, Protocols: []exchange.Protocol{{Name: "graph", Title: "Graph", Text: "Graph.", Open: graph.Open}}}
	token := firm.Person("00000003-0000-0000-c000-000000000000", "ana", "Mail.ReadWrite Mail.Send MailboxSettings.ReadWrite Calendars.ReadWrite Contacts.ReadWrite Tasks.ReadWrite User.Read")
	signedIn := &http.Client{Transport: bearing{token, firm.Plain.Transport}}
	w := apitest.Start(t, func(h *httpapi.Server) {
		must(t, h.Services.Close())
		house := &inhouse.House{People: h.Identity, Worklist: &worklist.Worklist{Store: h.Runner.Store, Library: h.Library, Runner: h.Runner}}
		h.Services = catalogue.Open(catalogue.Options{Store: h.Runner.Store, Key: seal.NewKey(), Types: append(house.Types(), mailboxes), Log: h.Log,
			HTTP: func(catalogue.Credential) *http.Client { return signedIn }})
		h.OData = &odata.Server{HTTP: h}
		h.Public = ""
	})
	t.Cleanup(func() { must(t, w.API.Services.Close()) })
	people(t, w, 2500)
	admin := w.Caller(t, "admin")
	for _, set := range []catalogue.Settings{
		{Name: "people", Title: "People", Type: "directory", Mode: broker.NoSignIn}, {Name: "own", Title: "Workflows", Type: "workflow", Mode: broker.NoSignIn}, {Name: "post", Title: "Mail", Type: "mail", Mode: broker.NoSignIn},
		{Name: "office", Title: "Office", Type: "exchange", Mode: broker.AsCaller, Resource: "m365", Keys: map[string]string{"protocol": "graph", "server": firm.Entra.URL() + "/v1.0"}},
	} {
		_, err := w.API.Services.Create(t.Context(), admin, set)
		must(t, err)
		_, err = w.API.Services.Refresh(t.Context(), admin, set.Name, catalogue.Ask{Apply: true})
		must(t, err)
		must(t, w.API.Services.ChangeGrants(t.Context(), admin, set.Name, func([]access.Grant) ([]access.Grant, error) {
			return []access.Grant{{Who: w.Caller(t, "ana").Principal, Right: access.Use}}, nil
		}))
	}
	return w
}

// people makes p0 to p{n-1}, each of whom has the one before as manager, as far
// as they are made one after the other: the first ten are.
func people(t *testing.T, w *apitest.World, n int) {
	t.Helper()
	make := func(i int, manager signoff.Principal) signoff.Principal {
		made, err := w.API.Identity.CreateUser(t.Context(), access.System, identity.NewUser{Login: fmt.Sprintf("p%d", i), Name: fmt.Sprintf("Number %d", i),
			Email: fmt.Sprintf("p%d@large.test", i), Manager: manager})
		if err != nil {
			t.Errorf("person %d: %v", i, err)
		}
		return made.Principal
	}
	var manager signoff.Principal
	for i := range 10 {
		manager = make(i, manager)
	}
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			for i := 10 + worker; i < n; i += 16 {
				make(i, manager)
			}
		})
	}
	wg.Wait()
}

// bearing signs in with a token.
type bearing struct {
	token string
	inner http.RoundTripper
}

func (b bearing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.inner.RoundTrip(r)
}

func installed(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat("clients/node_modules/.package-lock.json"); err == nil {
		return
	}
	if os.Getenv("CI") == "" {
		t.Skip("the clients are not installed: run `npm ci --ignore-scripts` in httpapi/odata/clients")
	}
	c := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	c.Dir = "clients"
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}

// runScript runs a script of the folder clients as ana, and returns what it says.
func runScript(t *testing.T, w *apitest.World, script string) map[string]any {
	t.Helper()
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth("ana", apitest.Password)
	about, err := json.Marshal(map[string]string{"root": w.URL + "/api/odata/v4/", "authorization": r.Header.Get("Authorization")})
	must(t, err)
	c := exec.CommandContext(t.Context(), "node", script)
	c.Dir = "clients"
	c.Env = append(os.Environ(), "ODATA="+string(about), "NODE_NO_WARNINGS=1")
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%s: %v\n%s\n%s", script, err, out, exit.Stderr)
		}
		t.Fatal(err)
	}
	said := map[string]any{}
	must(t, json.Unmarshal(out, &said))
	return said
}
