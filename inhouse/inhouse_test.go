package inhouse_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/inhouse"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/worklist"
)

// world is a server with the services "people", "own" and "post", which
// everybody may use but eve.
type world struct {
	*apitest.World
	t     *testing.T
	house *inhouse.House
	room  *mailroom.Room
	out   *outbox
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, out: &outbox{}}
	w.World = apitest.Start(t, func(h *httpapi.Server) {
		must(t, h.Services.Close())
		w.room = mailroom.New(mailroom.Options{Store: h.Runner.Store, People: h.Identity, Out: w.out, From: mail.Address{Name: "Approvals", Address: "workflow@contoso.test"},
			URL: "https://signoff.example.test", Secret: []byte(strings.Repeat("s", 32))})
		w.house = &inhouse.House{People: h.Identity, Worklist: &worklist.Worklist{Store: h.Runner.Store, Library: h.Library, Runner: h.Runner}, Mail: func() *mailroom.Room { return w.room }}
		h.Services = catalogue.Open(catalogue.Options{Store: h.Runner.Store, Key: seal.NewKey(), Types: w.house.Types(), Log: h.Log})
	})
	t.Cleanup(func() { must(t, w.API.Services.Close()) })
	admin := w.Caller(t, "admin")
	for name, kind := range map[string]string{"people": "directory", "own": "workflow", "post": "mail"} {
		_, err := w.API.Services.Create(t.Context(), admin, catalogue.Settings{Name: name, Title: name, Type: kind, Mode: broker.NoSignIn})
		must(t, err)
		_, err = w.API.Services.Refresh(t.Context(), admin, name, catalogue.Ask{Apply: true})
		must(t, err)
		must(t, w.API.Services.ChangeGrants(t.Context(), admin, name, func([]access.Grant) (all []access.Grant, _ error) {
			for _, who := range []string{"ana", "jane", "bob"} {
				all = append(all, access.Grant{Who: w.Caller(t, who).Principal, Right: access.Use})
			}
			return all, nil
		}))
	}
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type in = map[string]any

// as calls a method in somebody's name; "" is a step that calls as the server.
func (w *world) as(login, service, object, method string, c broker.Call) (broker.Result, error) {
	w.t.Helper()
	ctx, by := w.t.Context(), access.System
	if login != "" {
		by = w.Caller(w.t, login)
		ctx = identity.As(ctx, by) // as a request does
	}
	c.Object, c.Method = object, method
	return w.API.Services.Call(ctx, by, service, c)
}

func (w *world) row(login, service, object, method string, inputs in) map[string]any {
	w.t.Helper()
	r, err := w.as(login, service, object, method, broker.Call{Inputs: inputs})
	must(w.t, err)
	return r.Row
}

// list reads a list to its end, and gives one property of each row.
func (w *world) list(login, service, object, method, property string, c broker.Call) string {
	w.t.Helper()
	var all []string
	for range 50 {
		r, err := w.as(login, service, object, method, c)
		must(w.t, err)
		if c.Top > 0 && len(r.Rows) > c.Top {
			w.t.Errorf("a page of %d", len(r.Rows))
		}
		for _, row := range r.Rows {
			all = append(all, fmt.Sprint(row[property]))
		}
		if c.After = r.Next; c.After == "" {
			return strings.Join(all, " ")
		}
	}
	w.t.Fatal("the list has no end")
	return ""
}

func eq(name string, to any) *broker.Filter { return &broker.Filter{Op: "eq", Name: name, To: to} }

func TestWhoeverMayUseTheDirectorySeesWhoThereIs(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	jane, bob := w.Caller(t, "jane").Principal, w.Caller(t, "bob").Principal
	_, err := w.API.Identity.ChangeUser(ctx, access.System, jane, identity.UserChange{Manager: &bob})
	must(t, err)
	gone, err := w.API.Identity.CreateUser(ctx, access.System, identity.NewUser{Login: "gone", Name: "Gone Away", Email: "gone@contoso.test", Addresses: []string{"away@contoso.test"}, Manager: bob})
	must(t, err)
	off := true
	_, err = w.API.Identity.ChangeUser(ctx, access.System, gone.Principal, identity.UserChange{Disabled: &off})
	must(t, err)
	for _, top := range []int{0, 1, 2, 5} {
		if got := w.list("ana", "people", "Person", "list", "login", broker.Call{Top: top}); got != "admin ana jane bob eve" {
			t.Errorf("by %d: %s", top, got)
		}
		if got := w.list("admin", "people", "Person", "list", "login", broker.Call{Top: top}); got != "admin ana jane bob eve gone" {
			t.Errorf("an administrator, by %d: %s", top, got)
		}
		if got := w.list("ana", "people", "Member", "list", "login", broker.Call{Top: top, Inputs: in{"group": "Finance"}}); got != "jane bob" {
			t.Errorf("members by %d: %s", top, got)
		}
		if got := w.list("ana", "people", "Group", "list", "name", broker.Call{Top: top}); !strings.Contains(got, "Finance") {
			t.Errorf("groups by %d: %s", top, got)
		}
	}
	for _, name := range []string{"jane", "JANE@contoso.test", string(jane)} {
		row := w.row("ana", "people", "Person", "load", in{"id": name})
		if row["id"] != string(jane) || row["name"] != "Jane Judge" || row["email"] != "jane@contoso.test" || row["manager"] != string(bob) || len(row["groups"].([]any)) == 0 {
			t.Errorf("%s: %v", name, row)
		}
		if _, there := row["off"]; there || row["addresses"] != nil || row["source"] != nil {
			t.Errorf("ana sees what administrators do: %v", row)
		}
	}
	if row := w.row("admin", "people", "Person", "load", in{"id": "gone"}); row["off"] != true || len(row["addresses"].([]any)) != 2 {
		t.Errorf("what an administrator sees: %v", row)
	}
	for _, who := range []string{"ana", ""} { // a step that calls as the server sees no more
		if _, err := w.as(who, "people", "Person", "load", broker.Call{Inputs: in{"id": "gone"}}); signoff.CodeOf(err) != "user-not-found" {
			t.Errorf("%q finds who is switched off: %v", who, err)
		}
	}
	if _, err := w.as("", "people", "Person", "load", broker.Call{By: w.Caller(t, "admin").Principal, Inputs: in{"id": "gone"}}); signoff.CodeOf(err) != "user-not-found" {
		t.Errorf("a step that names an administrator sees what they do: %v", err)
	}
	if row := w.row("ana", "people", "Person", "manager", in{"id": "jane"}); row["login"] != "bob" {
		t.Errorf("the manager: %v", row)
	}
	if row := w.row("ana", "people", "Person", "manager", in{"id": "bob"}); row != nil {
		t.Errorf("nobody manages bob: %v", row)
	}
	if got := w.list("ana", "people", "Person", "reports", "login", broker.Call{Inputs: in{"id": "bob"}}); got != "jane" {
		t.Errorf("reports: %s", got)
	}
	if got := w.list("admin", "people", "Person", "reports", "login", broker.Call{Inputs: in{"id": "bob"}}); got != "jane gone" {
		t.Errorf("all reports: %s", got)
	}
	for _, c := range []struct {
		c    broker.Call
		want string
	}{
		{broker.Call{Filter: eq("login", "jane")}, "jane"}, {broker.Call{Filter: eq("login", "Jane")}, ""}, {broker.Call{Filter: eq("email", "bob@contoso.test")}, "bob"},
		{broker.Call{Filter: eq("id", string(bob))}, "bob"}, {broker.Call{Filter: eq("login", "gone")}, ""}, {broker.Call{Filter: eq("login", "bob@contoso.test")}, ""},
		{broker.Call{Filter: &broker.Filter{Op: "and", Of: []broker.Filter{*eq("login", "jane"), *eq("name", "x")}}}, ""},
		{broker.Call{Filter: &broker.Filter{Op: "or", Of: []broker.Filter{*eq("login", "jane"), *eq("login", "bob")}}}, "jane bob"},
		{broker.Call{Inputs: in{"search": "ju"}}, "jane"}, {broker.Call{Order: []broker.Order{{Name: "login", Desc: true}}, Top: 2}, "jane eve bob ana admin"},
	} {
		if got := w.list("ana", "people", "Person", "list", "login", c.c); got != c.want {
			t.Errorf("%+v: %s, want %s", c.c, got, c.want)
		}
	}
	for _, c := range [][2]string{{"Person", "nobody"}, {"Group", "Nothing"}} {
		if _, err := w.as("ana", "people", c[0], "load", broker.Call{Inputs: in{"id": c[1]}}); signoff.KindOf(err) != signoff.NotFound {
			t.Errorf("%v: %v", c, err)
		}
	}
	if row := w.row("ana", "people", "Group", "load", in{"id": "finance"}); row["name"] != "Finance" || row["role"] != false {
		t.Errorf("a group: %v", row)
	}
	if row := w.row("ana", "people", "Group", "load", in{"id": "group:everyone"}); row["id"] != string(signoff.Everyone) {
		t.Errorf("everyone: %v", row)
	}
	if _, err := w.as("eve", "people", "Person", "list", broker.Call{}); signoff.CodeOf(err) != "service-not-found" {
		t.Errorf("eve: %v", err)
	}
}

func TestWorkflowsAreStartedWithTheRightsOfWhoeverCalls(t *testing.T) {
	w := open(t)
	start := broker.Call{Key: "k1", Inputs: in{"workflow": "leave", "folio": "By a service", "variables": in{"days": json.Number("3")}}}
	first, err := w.as("ana", "own", "Instance", "start", start)
	must(t, err)
	again, err := w.as("ana", "own", "Instance", "start", start)
	must(t, err)
	if first.Row["id"] != again.Row["id"] {
		t.Errorf("one key started %v and %v", first.Row, again.Row)
	}
	id := first.Row["id"]
	row := w.row("ana", "own", "Instance", "load", in{"id": id})
	if vars, _ := row["variables"].(map[string]any); row["folio"] != "By a service" || row["status"] != "running" || row["workflow"] != "leave" || fmt.Sprint(vars["days"]) != "3" {
		t.Errorf("%v", row)
	}
	other := w.Begin(t, "jane", "leave", map[string]any{"days": 1})
	if got := w.list("ana", "own", "Instance", "list", "id", broker.Call{}); got != fmt.Sprint(id) {
		t.Errorf("ana sees %s", got)
	}
	for _, f := range []*broker.Filter{nil, eq("status", "running")} {
		if got := w.list("admin", "own", "Instance", "list", "id", broker.Call{Top: 1, Filter: f}); got != fmt.Sprintf("%d %v", other, id) {
			t.Errorf("an administrator sees %s", got)
		}
	}
	if got := w.list("admin", "own", "Instance", "list", "id", broker.Call{Inputs: in{"mine": true}}); got != "" {
		t.Errorf("the administrator started %s", got)
	}
	if got := w.list("admin", "own", "Instance", "list", "id", broker.Call{Filter: eq("status", "completed")}); got != "" {
		t.Errorf("completed: %s", got)
	}
	if _, err := w.as("bob", "own", "Instance", "load", broker.Call{Inputs: in{"id": json.Number(fmt.Sprint(other))}}); err != nil && signoff.KindOf(err) != signoff.NotFound {
		t.Errorf("%v", err)
	}
	keys := w.list("ana", "own", "Workflow", "list", "key", broker.Call{})
	if !strings.Contains(keys, "leave") || w.row("ana", "own", "Workflow", "load", in{"key": "leave"})["canStart"] != true {
		t.Errorf("workflows: %s", keys)
	}
	serials := 0
	for _, who := range []string{"ana", "jane", "bob", "admin"} {
		for _, serial := range strings.Fields(w.list(who, "own", "Task", "list", "serial", broker.Call{Top: 1})) {
			if row := w.row(who, "own", "Task", "load", in{"serial": serial}); row["workflow"] != "leave" || len(row["actions"].([]any)) == 0 || row["offered"] == nil {
				t.Errorf("%s: %v", serial, row)
			}
			serials++
		}
	}
	if serials < 2 {
		t.Errorf("%d tasks", serials)
	}
}

func TestWhatCannotBeStartedIsRefused(t *testing.T) {
	w := open(t)
	must(t, forbid(t, w, "leave"))
	for _, c := range []struct {
		who, object, method, code string
		inputs                    in
	}{
		{"ana", "Instance", "start", "", in{"workflow": "purchase-of-the-moon"}},
		{"ana", "Instance", "start", "", in{"workflow": "leave"}}, // no right to
		{"ana", "Instance", "start", "bad-inputs", in{"workflow": "flaky", "variables": []any{"x"}}},
		{"ana", "Instance", "start", "bad-inputs", in{"workflow": "flaky", "priority": json.Number("1.5")}},
		{"ana", "Instance", "load", "bad-inputs", in{"id": json.Number("1.5")}},
		{"ana", "Instance", "load", "", in{"id": json.Number("999")}},
		{"ana", "Task", "load", "bad-serial", in{"serial": "x"}},
		{"ana", "Task", "list", "bad-inputs", in{"view": "mine"}},
		{"", "Instance", "start", "service-needs-person", in{"workflow": "flaky"}},
		{"", "Instance", "list", "service-needs-person", nil}, {"", "Instance", "load", "service-needs-person", in{"id": json.Number("1")}},
		{"", "Task", "list", "service-needs-person", nil}, {"", "Task", "load", "service-needs-person", in{"serial": "1_1"}},
		{"", "Workflow", "list", "service-needs-person", nil}, {"", "Workflow", "load", "service-needs-person", in{"key": "leave"}},
	} {
		r, err := w.as(c.who, "own", c.object, c.method, broker.Call{Inputs: c.inputs})
		if err == nil || c.code != "" && signoff.CodeOf(err) != c.code || signoff.KindOf(err) == signoff.Internal {
			t.Errorf("%q %s %s %v: %v %v", c.who, c.object, c.method, c.inputs, r, err)
		}
	}
}

// forbid takes everybody's right to start a workflow.
func forbid(t *testing.T, w *world, key string) error {
	wf, err := w.API.Library.Lookup(t.Context(), access.System, key)
	must(t, err)
	return w.API.Library.SetGrants(t.Context(), access.System, wf.ID, nil)
}

func TestAStepStartsInTheNameOfWhomItNames(t *testing.T) {
	w := open(t)
	ana := w.Caller(t, "ana").Principal
	r, err := w.as("", "own", "Instance", "start", broker.Call{By: ana, Inputs: in{"workflow": "leave", "variables": in{"days": json.Number("1")}}})
	must(t, err)
	if row := w.row("ana", "own", "Instance", "load", in{"id": r.Row["id"]}); row["starter"] != string(ana) {
		t.Errorf("%v", row)
	}
}

func TestAMailIsSentOnceByTheServersOwnSender(t *testing.T) {
	w := open(t)
	send := broker.Call{Key: "m1", Inputs: in{"to": []any{"jane", "else@where.test", "jane@contoso.test"}, "cc": []any{"Finance"}, "subject": "Minutes\nBcc: x@y.z", "body": "One.\n\nTwo."}}
	first, err := w.as("ana", "post", "Mail", "send", send)
	must(t, err)
	again, err := w.as("ana", "post", "Mail", "send", send)
	must(t, err)
	id, _ := first.Row["id"].(string)
	if id == "" || id != again.Row["id"] || first.Row["state"] != "queued" {
		t.Errorf("%v, then %v", first.Row, again.Row)
	}
	mails := queued(t, w)
	var to []string
	for _, m := range mails {
		to = append(to, m.To)
		if m.Purpose != "email" || m.Instance != 0 || m.Command != "" || m.Sender != "" {
			t.Errorf("%+v", m)
		}
	}
	if slices.Sort(to); fmt.Sprint(to) != "[bob@contoso.test else@where.test jane@contoso.test]" {
		t.Errorf("to %v", to)
	}
	if row := w.row("ana", "post", "Mail", "load", in{"id": id}); row["state"] != "queued" || row["sent"] != nil || len(row["to"].([]any)) != 3 {
		t.Errorf("on its way: %v", row)
	}
	for _, who := range []string{"jane", ""} {
		if _, err := w.as(who, "post", "Mail", "load", broker.Call{Inputs: in{"id": id}}); signoff.CodeOf(err) != "service-row-not-found" {
			t.Errorf("%q sees somebody else's mail: %v", who, err)
		}
	}
	w.out.refuses = "else@where.test"
	w.sendAll()
	row := w.row("ana", "post", "Mail", "load", in{"id": id})
	if row["state"] != "failed" || row["error"] != "No such mailbox." || row["sent"] != nil || w.out.sent() != "bob@contoso.test jane@contoso.test" {
		t.Errorf("sent to %s: %v", w.out.sent(), row)
	}
	for _, text := range w.out.texts {
		if !strings.Contains(text, "From: \"Approvals\" <workflow@contoso.test>") || !strings.Contains(text, "Sent by signoff for Ana Asker.") || strings.Contains(text, "\nBcc:") {
			t.Errorf("it reads\n%s", text)
		}
	}
	one, err := w.as("", "post", "Mail", "send", broker.Call{Inputs: in{"to": "bob", "subject": "By a step"}})
	must(t, err)
	w.sendAll()
	if row := w.row("", "post", "Mail", "load", in{"id": one.Row["id"]}); row["state"] != "sent" || row["sent"] == nil || row["error"] != nil {
		t.Errorf("sent: %v", row)
	}
}

// outbox takes mails, and refuses those to one address.
type outbox struct {
	mu      sync.Mutex
	refuses string
	to      []string
	texts   []string
}

func (o *outbox) Turn(context.Context) (func(), error) { return func() {}, nil }

func (o *outbox) Send(_ context.Context, _, to, _ string, raw []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if to == o.refuses {
		return &signoff.Error{Kind: signoff.Invalid, Code: "mail-refused", Detail: "No such mailbox."}
	}
	o.to, o.texts = append(o.to, to), append(o.texts, string(raw))
	return nil
}

func (o *outbox) sent() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	slices.Sort(o.to)
	return strings.Join(o.to, " ")
}

// sendAll runs the mailroom until nothing is on its way.
func (w *world) sendAll() {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.t.Context(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- w.room.Run(ctx, w.API.Runner, w.API.Runner) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil && slices.ContainsFunc(queued(w.t, w), func(m store.OutMail) bool { return m.State == store.MailQueued || m.State == store.MailSending }) {
		<-tick.C
	}
	if ctx.Err() != nil {
		w.t.Error("mails do not leave")
	}
	stop()
	<-done
}

func queued(t *testing.T, w *world) []store.OutMail {
	t.Helper()
	list, err := w.API.Runner.Store.Mails(t.Context(), store.MailFilter{}, 100)
	must(t, err)
	return list
}

func TestMailsThatCannotBeSentAreRefused(t *testing.T) {
	w := open(t)
	many := make([]any, 201)
	for i := range many {
		many[i] = fmt.Sprintf("p%d@contoso.test", i)
	}
	for _, c := range []struct {
		inputs in
		code   string
	}{
		{in{"to": []any{"nobody"}, "subject": "x"}, "bad-inputs"}, {in{"to": []any{"a@b@c"}, "subject": "x"}, "mail-bad-address"}, {in{"subject": "x"}, "bad-inputs"},
		{in{"to": []any{"jane"}, "subject": "  "}, "bad-inputs"}, {in{"to": []any{"jane"}, "subject": "x", "body": strings.Repeat("x", 200_001)}, "bad-inputs"},
		{in{"to": many, "subject": "x"}, "bad-inputs"},
	} {
		if r, err := w.as("ana", "post", "Mail", "send", broker.Call{Inputs: c.inputs}); signoff.CodeOf(err) != c.code {
			t.Errorf("%s: %v %v", c.code, r, err)
		}
	}
	if n := len(queued(t, w)); n != 0 {
		t.Errorf("%d mails are queued", n)
	}
	w.room = nil
	if _, err := w.as("ana", "post", "Mail", "send", broker.Call{Inputs: in{"to": []any{"jane"}, "subject": "x"}}); signoff.CodeOf(err) != "no-mail" {
		t.Errorf("without mail: %v", err)
	}
}

func TestEachServiceCanBeTried(t *testing.T) {
	w := open(t)
	try := func(name string) broker.Step {
		t.Helper()
		steps, err := w.API.Services.Test(t.Context(), w.Caller(t, "admin"), name)
		must(t, err)
		return steps[len(steps)-1]
	}
	for name, found := range map[string]string{"people": "5 people", "own": "3 workflows", "post": "workflow@contoso.test"} {
		if s := try(name); !s.OK || !strings.Contains(s.Found, found) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	w.room = nil
	if s := try("post"); s.OK || s.Do == "" {
		t.Errorf("without mail: %+v", s)
	}
}

// Who sent the request is who acts: what is known of how they were recognised
// goes on record with what they did.
func TestARequestsCallerActsAsTheyWereRecognised(t *testing.T) {
	w := open(t)
	ana := w.Caller(t, "ana")
	ana.How, ana.Behind = "session", w.Caller(t, "admin").Principal
	ctx := identity.As(t.Context(), ana)
	r, err := w.API.Services.Call(ctx, ana, "own", broker.Call{Object: "Instance", Method: "start", Inputs: in{"workflow": "leave", "variables": in{"days": json.Number("1")}}})
	must(t, err)
	if facts := started(ctx, t, w, r.Row["id"]); !strings.Contains(facts, string(ana.Behind)) {
		t.Errorf("who really called is not on record: %s", facts)
	}
}

func started(ctx context.Context, t *testing.T, w *world, id any) string {
	t.Helper()
	n, err := id.(json.Number).Int64()
	must(t, err)
	facts, _, err := w.house.Worklist.History(ctx, w.Caller(t, "admin"), signoff.InstanceID(n), 0, 10)
	must(t, err)
	text, err := json.Marshal(facts)
	must(t, err)
	return string(text)
}
