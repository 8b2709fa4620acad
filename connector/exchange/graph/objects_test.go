package graph_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	sandboxed "github.com/signoffhq/signoff/sandbox/exchange"
)

// provider is the service over a firm, for one person.
func (f *firm) provider(login string, keys map[string]string) broker.Provider {
	f.t.Helper()
	all := map[string]string{"protocol": "graph", "server": f.Entra.URL() + "/v1.0", "pageSize": "20"}
	for k, v := range keys {
		all[k] = v
	}
	typ := &exchange.Type{Protocols: []exchange.Protocol{graph.Protocol()}, Plain: f.Plain, Pause: f.Pause}
	_, b := f.own(login)
	p, err := typ.Open(broker.Instance{Name: "office", Mode: broker.AsService, Keys: all, HTTP: func(broker.Principal) *http.Client { return &http.Client{Transport: b} }})
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

type in = map[string]any

// office calls objects and fails the test when one refuses.
type office struct {
	t *testing.T
	p broker.Provider
}

func (o office) row(object, method string, inputs in) map[string]any {
	o.t.Helper()
	return o.call(broker.Call{Object: object, Method: method, Inputs: inputs}).Row
}

func (o office) rows(object, method string, inputs in) []map[string]any {
	o.t.Helper()
	return o.call(broker.Call{Object: object, Method: method, Inputs: inputs}).Rows
}

func (o office) call(c broker.Call) broker.Result {
	o.t.Helper()
	r, err := o.p.Call(o.t.Context(), c)
	if err != nil {
		o.t.Fatalf("%s.%s: %v", c.Object, c.Method, err)
	}
	return r
}

func TestEmailObjectsDoTheWorkOfAWorkflow(t *testing.T) {
	f := newFirm(t)
	o := office{t, f.provider("workflow", nil)}
	content := base64.StdEncoding.EncodeToString([]byte("%PDF"))
	sent := o.call(broker.Call{Object: "Email", Method: "send", Key: "42/3", Inputs: in{"to": []any{"Jane Doe <jane@contoso.test>"}, "cc": "ana@contoso.test; bob@contoso.test",
		"subject": "Order 42", "body": "<p>Hi</p>", "importance": "high", "categories": []any{"Orders"}, "files": []any{in{"name": "po.pdf", "type": "application/pdf", "content": content}}}}).Row
	if sent["id"] == "" || sent["messageId"] == "" || sent["filed"] != true {
		t.Fatalf("%v", sent)
	}
	again := o.call(broker.Call{Object: "Email", Method: "send", Key: "42/3", Again: true, Inputs: in{"to": "jane@contoso.test", "subject": "Order 42"}}).Row
	if again["id"] != sent["id"] || len(f.Arrived("jane")) != 1 {
		t.Errorf("sent again as %v; Jane has %v", again, f.Arrived("jane"))
	}
	loaded := o.row("Email", "load", in{"id": sent["id"]})
	if loaded["importance"] != "high" || loaded["html"] != true || loaded["hasFiles"] != true || len(loaded["cc"].([]any)) != 2 || loaded["sent"] == nil {
		t.Errorf("%v", loaded)
	}
	files := o.rows("Attachment", "list", in{"mail": sent["id"]})
	if len(files) != 1 {
		t.Fatalf("%v", files)
	}
	file := o.row("Attachment", "load", in{"mail": sent["id"], "id": files[0]["id"]})["file"].(map[string]any)
	if file["content"] != content || file["name"] != "po.pdf" {
		t.Errorf("%v", file)
	}
	for _, m := range []string{"reply", "replyAll", "forward"} {
		if r := o.row("Email", m, in{"id": sent["id"], "body": "more", "to": "ana@contoso.test"}); r["id"] == "" {
			t.Errorf("%s: %v", m, r)
		}
	}
	draft := o.row("Email", "create", in{"to": "ana@contoso.test", "subject": "Later", "body": "x"})
	added := o.row("Attachment", "add", in{"mail": draft["id"], "file": in{"name": "a.txt", "content": "YQ=="}})
	o.row("Attachment", "delete", in{"mail": draft["id"], "id": added["id"]})
	o.row("Email", "update", in{"id": draft["id"], "subject": "Now", "read": true})
	o.row("Category", "assign", in{"mail": draft["id"], "categories": []any{"Blue"}})
	o.row("Category", "assign", in{"mail": draft["id"], "categories": []any{"Red", "blue"}})
	if got := o.row("Email", "load", in{"id": draft["id"]})["categories"].([]any); len(got) != 2 {
		t.Errorf("categories %v", got)
	}
	if r := o.row("Email", "sendDraft", in{"id": draft["id"]}); r["id"] != draft["id"] || r["filed"] != true {
		t.Errorf("%v", r)
	}
	if !slices.Contains(f.Arrived("ana"), "Now") {
		t.Errorf("Ana has %v", f.Arrived("ana"))
	}
	_, err := o.p.Call(t.Context(), broker.Call{Object: "Email", Method: "sendDraft", Inputs: in{"id": draft["id"]}})
	exchangetest.Explained(t, err, exchange.CodeConflict)
	copied := o.row("Email", "copy", in{"id": sent["id"], "to": "archive"})
	o.row("Email", "move", in{"id": copied["id"], "to": "inbox"})
	if got := o.rows("Email", "list", in{"search": "subject:Order"}); len(got) != 1 {
		t.Errorf("found %v", got)
	}
	o.row("Email", "delete", in{"id": copied["id"], "forGood": true})
	_, err = o.p.Call(t.Context(), broker.Call{Object: "Email", Method: "delete", Inputs: in{"id": copied["id"]}})
	exchangetest.Explained(t, err, exchange.CodeGone)
	o.call(broker.Call{Object: "Email", Method: "delete", Again: true, Inputs: in{"id": copied["id"]}})
}

func TestCalendarContactsAndSettingsAreObjects(t *testing.T) {
	f := newFirm(t)
	o := office{t, f.provider("ana", nil)}
	made := in{"subject": "Budget", "start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00+00:00", "timeZone": "W. Europe Standard Time", "required": "jane@contoso.test",
		"optional": "bob@contoso.test", "location": "Room 1", "reminder": json.Number("30"), "private": true, "showAs": "oof", "body": "agenda"}
	e := o.call(broker.Call{Object: "Appointment", Method: "create", Key: "e1", Inputs: made}).Row
	if e2 := o.call(broker.Call{Object: "Appointment", Method: "create", Key: "e1", Again: true, Inputs: made}).Row; e2["id"] != e["id"] {
		t.Error("a repeated call made another appointment")
	}
	got := o.row("Appointment", "load", in{"id": e["id"]})
	for name, want := range map[string]any{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z", "timeZone": "W. Europe Standard Time", "reminder": json.Number("30"), "private": true, "showAs": "oof", "location": "Room 1"} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if list := o.rows("Appointment", "list", in{"start": "2026-11-30", "end": "2026-12-02"}); len(list) != 1 {
		t.Errorf("%v", list)
	}
	day := o.row("Appointment", "create", in{"subject": "Holiday", "start": "2026-12-24", "end": "2026-12-25", "allDay": true, "timeZone": "Europe/Berlin"})
	if day["allDay"] != true {
		t.Errorf("%v", day)
	}
	up := o.row("Appointment", "update", in{"id": e["id"], "subject": "Budget 2027", "reminder": json.Number("-1")})
	if up["subject"] != "Budget 2027" || up["reminder"] != json.Number("-1") {
		t.Errorf("%v", up)
	}
	o.row("Appointment", "cancel", in{"id": e["id"], "comment": "no"})
	o.row("Appointment", "delete", in{"id": day["id"]})

	k := o.row("Contact", "create", in{"name": "Eve", "emails": "eve@example.com", "company": "Fab", "business": []any{"+1"}})
	o.row("Contact", "update", in{"id": k["id"], "jobTitle": "Buyer"})
	if got := o.row("Contact", "load", in{"id": k["id"]}); got["jobTitle"] != "Buyer" || got["company"] != "Fab" || len(got["emails"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	r := o.call(broker.Call{Object: "Contact", Method: "list", Filter: &broker.Filter{Op: "startswith", Name: "name", To: "Ev"}})
	if len(r.Rows) != 1 || r.Unfiltered {
		t.Errorf("%+v", r)
	}
	o.row("Contact", "delete", in{"id": k["id"]})

	o.row("AutomaticReply", "set", in{"status": "scheduled", "start": "2026-12-24", "end": "2027-01-02", "internal": "Away", "external": "Away, too", "audience": "contactsOnly"})
	if got := o.row("AutomaticReply", "load", nil); got["status"] != "scheduled" || got["internal"] != "Away" || got["start"] != "2026-12-24T00:00:00Z" || got["audience"] != "contactsOnly" {
		t.Errorf("%v", got)
	}
	o.row("Category", "create", in{"name": "Orders", "color": "preset1"})
	if got := o.rows("Category", "list", nil); len(got) == 0 {
		t.Error("no categories")
	}
	if got := o.rows("Room", "list", nil); len(got) == 0 || got[0]["address"] == "" {
		t.Errorf("rooms %v", got)
	}
	fo := o.row("Folder", "create", in{"name": "Sub", "parent": "inbox"})
	if got := o.rows("Folder", "list", in{"parent": "inbox"}); len(got) != 1 || got[0]["id"] != fo["id"] {
		t.Errorf("folders %v", got)
	}
	o.row("Folder", "empty", in{"id": fo["id"]})
	o.row("Folder", "delete", in{"id": fo["id"]})
}

func TestInputsThatCannotBeRightAreRefusedBeforeAnythingIsAsked(t *testing.T) {
	f := newFirm(t)
	p := f.provider("ana", nil)
	for _, c := range []struct {
		call  string
		in    in
		field string
	}{
		{"Email.send", in{"subject": "x"}, "to"},
		{"Email.send", in{"to": "a b", "subject": "x"}, "to"},
		{"Email.send", in{"to": "a@b.c", "subject": "x", "importance": "huge"}, "importance"},
		{"Email.send", in{"to": "a@b.c", "subject": "x", "files": []any{in{"name": "a", "content": "?"}}}, "files"},
		{"Email.send", in{"to": "a@b.c", "subject": "x", "files": []any{in{"name": "../a", "content": "YQ=="}}}, "files"},
		{"Email.send", in{"to": "a@b.c", "subject": "x", "from": "a@b.c;d@e.f"}, "from"},
		{"Email.send", in{"to": []any{1}, "subject": "x"}, "to"},
		{"Email.load", in{"id": "x", "mailbox": "x@y.z/../../users"}, "mailbox"},
		{"Email.update", in{"id": "x"}, "id"},
		{"Email.update", in{"id": "x", "read": "maybe"}, "read"},
		{"Appointment.create", in{"subject": "x", "start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "end"},
		{"Appointment.create", in{"subject": "x", "start": "tomorrow", "end": "2026-01-01"}, "start"},
		{"Appointment.suggest", in{"required": "a@b.c", "start": "2026-01-01", "end": "2026-01-02", "minutes": json.Number("0")}, "minutes"},
		{"Task.create", in{"subject": "x", "state": "lazy"}, "state"},
		{"Contact.create", in{"name": "x", "emails": "a@b.c;d@b.c;e@b.c;f@b.c"}, "emails"},
		{"AutomaticReply.set", in{"status": "scheduled"}, "start"},
		{"AutomaticReply.set", in{"status": "perhaps"}, "status"},
	} {
		object, method, _ := strings.Cut(c.call, ".")
		_, err := p.Call(t.Context(), broker.Call{Object: object, Method: method, Inputs: c.in})
		if !refusedField(err, c.field) {
			t.Errorf("%s %v: %v", c.call, c.in, err)
		}
	}
	if _, err := p.Call(t.Context(), broker.Call{Object: "Email", Method: "explode"}); signoff.KindOf(err) != signoff.NotFound {
		t.Error(err)
	}
}

func refusedField(err error, field string) bool {
	e, ok := err.(*signoff.Error)
	return ok && e.Kind == signoff.Invalid && slices.ContainsFunc(e.Fields, func(f signoff.FieldError) bool { return f.Field == field || f.Field == "keys."+field })
}

func TestEveryObjectIsDescribedWhole(t *testing.T) {
	f := newFirm(t)
	list, err := f.provider("ana", nil).Objects(t.Context())
	if err != nil || len(list) != 10 {
		t.Fatal(len(list), err)
	}
	for _, o := range list {
		names := map[string]bool{}
		for _, p := range o.Properties {
			if p.Title == "" || p.Type == "" || names[p.Name] {
				t.Errorf("%s.%s is twice or half", o.Name, p.Name)
			}
			names[p.Name] = true
		}
		for _, m := range o.Methods {
			if m.Inputs[len(m.Inputs)-1].Name != "mailbox" || m.Kind == "" || m.Title == "" {
				t.Errorf("%s.%s: %+v", o.Name, m.Name, m)
			}
			for _, out := range m.Outputs {
				if !names[out] {
					t.Errorf("%s.%s gives %s, which is no property", o.Name, m.Name, out)
				}
			}
		}
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	typ := &exchange.Type{Protocols: []exchange.Protocol{graph.Protocol(), {Name: "ews", Open: graph.Open}}}
	for field, i := range map[string]broker.Instance{
		"protocol":    {Keys: map[string]string{"protocol": "pop"}},
		"pageSize":    {Keys: map[string]string{"pageSize": "0"}},
		"impersonate": {Keys: map[string]string{"protocol": "graph", "impersonate": "true", "mailbox": "a@b.c"}},
		"mailbox":     {Mode: broker.AppOnly, Keys: map[string]string{"protocol": "graph"}},
		"onBehalfOf":  {Keys: map[string]string{"onBehalfOf": "x"}},
		"server":      {Keys: map[string]string{"server": "http://x.test"}},
	} {
		if _, err := typ.Open(i); !refusedField(err, field) && field != "server" || err == nil {
			t.Errorf("%s: %v", field, err)
		}
	}
	for protocol, server := range map[string]string{"graph": "https://outlook.office365.com/EWS/Exchange.asmx", "ews": "https://graph.microsoft.com/v1.0"} {
		if _, err := typ.Open(broker.Instance{Keys: map[string]string{"protocol": protocol, "server": server}}); !refusedField(err, "server") {
			t.Errorf("%s at %s: %v", protocol, server, err)
		}
	}
	if _, err := typ.Open(broker.Instance{Mode: broker.Static, Keys: map[string]string{"protocol": "graph"}}); !refusedField(err, "protocol") {
		t.Error(err)
	}
	if a := typ.About(); a.Name != "exchange" || a.Keys[0].Default != "graph" || len(a.Keys[0].Choices) != 2 {
		t.Errorf("%+v", a)
	}
}

func TestTheTestWalksUntilItFindsTheCause(t *testing.T) {
	f := newFirm(t)
	walk := func(b exchange.Backend) []broker.Step { return b.Check(t.Context()) }
	ana, _ := f.own("ana")
	if got := exchangetest.Walked(walk(ana)); got != "+name +TLS +token +rights +mailbox +send +read" {
		t.Errorf("%s %+v", got, walk(ana))
	}
	if n := len(f.Arrived("ana")) + len(f.Arrived("jane")); n != 0 {
		t.Errorf("the test sent %d mails", n)
	}
	drafts, err := ana.Mails(t.Context(), exchange.MailQuery{Folder: "drafts"})
	if err != nil || len(drafts.Items) != 0 {
		t.Errorf("the test left %v %v", drafts.Items, err)
	}
	readOnly, _ := f.person("ana", "Mail.Read", "")
	if got := exchangetest.Walked(walk(readOnly)); got != "+name +TLS +token +rights +mailbox -send" {
		t.Error(got)
	}
	noSend, _ := f.person("ana", "Mail.ReadWrite", "")
	steps := walk(noSend)
	if got := exchangetest.Walked(steps); got != "+name +TLS +token +rights +mailbox -send" || !strings.Contains(steps[5].Do, "Mail.Send") {
		t.Error(got, steps)
	}
	none, _ := f.person("ana", "User.Read", "")
	if got := exchangetest.Walked(walk(none)); got != "+name +TLS +token -rights" {
		t.Error(got)
	}
	f.Plant("mailbox-missing", "ana", "", 0)
	if got := exchangetest.Walked(walk(ana)); got != "+name +TLS +token -mailbox" {
		t.Error(got)
	}
	f.Exchange.Heal("")
	bad := f.system.Open(exchange.Access{HTTP: &http.Client{Transport: &bearer{token: "nonsense", inner: f.Plain.Transport}}}, exchange.Box{})
	if got := exchangetest.Walked(walk(bad)); got != "+name +TLS -token" {
		t.Error(got)
	}
	untrusted, err := graph.Open(exchange.Settings{Server: f.Entra.URL()})
	if err != nil {
		t.Fatal(err)
	}
	if got := exchangetest.Walked(walk(untrusted.Open(exchange.Access{HTTP: &http.Client{}}, exchange.Box{}))); got != "+name -TLS" {
		t.Error(got)
	}
	lost, err := graph.Open(exchange.Settings{Server: "https://nowhere.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	if got := exchangetest.Walked(walk(lost.Open(exchange.Access{HTTP: &http.Client{}}, exchange.Box{}))); got != "-name" {
		t.Error(got)
	}
}

func TestAnApplicationThatOpensAMailboxItMustNotIsWarnedOf(t *testing.T) {
	f := newFirm(t)
	walk := func(roles ...string) []broker.Step {
		typ := &exchange.Type{Protocols: []exchange.Protocol{graph.Protocol()}, Plain: f.Plain, Pause: f.Pause}
		b := &bearer{token: f.Token(graphAPI, map[string]any{"roles": roles}), inner: f.Plain.Transport}
		p, err := typ.Open(broker.Instance{Mode: broker.AppOnly, HTTP: func(broker.Principal) *http.Client { return &http.Client{Transport: b} },
			Keys: map[string]string{"server": f.Entra.URL() + "/v1.0", "mailbox": "workflow@contoso.test", "outside": "jane@contoso.test"}})
		if err != nil {
			t.Fatal(err)
		}
		return p.Test(t.Context(), "")
	}
	if got := exchangetest.Walked(walk("Mail.ReadWrite", "Mail.Send")); !strings.HasSuffix(got, "+read -closed") {
		t.Error(got)
	}
	for _, right := range []string{"Application Mail.ReadWrite", "Application Mail.Send"} {
		f.Give(right, "workflow", exchangetest.SomeApp)
	}
	if got := exchangetest.Walked(walk()); !strings.HasSuffix(got, "+read +closed") {
		t.Error(got)
	}
}

func TestTasksInvitationsAndPlacesAreObjects(t *testing.T) {
	f := newFirm(t)
	ana, jane := office{t, f.provider("ana", nil)}, office{t, f.provider("jane", nil)}
	task := broker.Call{Object: "Task", Method: "create", Key: "t1", Inputs: in{"subject": "Buy paper", "body": "two boxes", "due": "2026-12-01", "importance": "high"}}
	made := ana.call(task).Row
	task.Again = true
	if again := ana.call(task).Row; again["id"] != made["id"] {
		t.Error("a repeated call made another task")
	}
	if up := ana.row("Task", "update", in{"id": made["id"], "state": "completed", "due": ""}); up["state"] != "completed" || up["percent"] != json.Number("100") || up["due"] != nil {
		t.Errorf("%v", up)
	}
	if got := ana.row("Task", "load", in{"id": made["id"]}); got["importance"] != "high" || got["body"] != "two boxes" || got["done"] == nil {
		t.Errorf("%v", got)
	}
	if got := ana.rows("Task", "list", nil); len(got) != 1 {
		t.Errorf("%v", got)
	}
	ana.row("Task", "delete", in{"id": made["id"]})
	if slots := ana.rows("Appointment", "suggest", in{"required": "jane@contoso.test", "start": "2026-12-01T08:00:00Z", "end": "2026-12-01T17:00:00Z", "minutes": json.Number("60")}); len(slots) == 0 || slots[0]["start"] == nil {
		t.Errorf("suggested %v", slots)
	}
	// An invitation arrives, and is answered.
	ana.row("Appointment", "create", in{"subject": "Budget", "start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z", "required": "jane@contoso.test"})
	invited := jane.rows("Appointment", "list", in{"start": "2026-12-01", "end": "2026-12-02"})
	if len(invited) != 1 || invited[0]["organizer"] != "ana@contoso.test" {
		t.Fatalf("Jane's calendar: %v", invited)
	}
	jane.row("Appointment", "tentative", in{"id": invited[0]["id"], "silent": true})
	jane.row("Appointment", "accept", in{"id": invited[0]["id"], "comment": "yes"})
	if got := jane.row("Appointment", "load", in{"id": invited[0]["id"]}); got["response"] != "accepted" {
		t.Errorf("%v", got)
	}
	if lists := ana.rows("Room", "lists", nil); len(lists) == 0 || len(ana.rows("Room", "list", in{"roomList": lists[0]["address"]})) == 0 {
		t.Errorf("room lists %v", lists)
	}
	if zones := ana.rows("TimeZone", "list", nil); len(zones) < 10 {
		t.Errorf("zones %v", zones)
	}
}

func TestDelegatesOpenMailboxesAndSendAsThem(t *testing.T) {
	f := newFirm(t)
	p := office{t, f.provider("ana", map[string]string{"onBehalfOf": "workflow@contoso.test"})}
	send := broker.Call{Object: "Email", Method: "send", Inputs: in{"to": "jane@contoso.test", "subject": "From the workflow", "body": "x"}}
	_, err := p.p.Call(t.Context(), send)
	exchangetest.Explained(t, err, exchange.CodeSendAs)
	_, err = p.p.Call(t.Context(), broker.Call{Object: "Email", Method: "list", Inputs: in{"mailbox": "workflow@contoso.test"}})
	exchangetest.Explained(t, err, exchange.CodeDenied, "FullAccess")
	for _, g := range []sandboxed.Grant{{Right: sandboxed.SendOnBehalf, Mailbox: "workflow", To: "ana"}, {Right: sandboxed.FullAccess, Mailbox: "workflow", To: "ana"}} {
		if err := f.Exchange.Grant(g); err != nil {
			t.Fatal(err)
		}
	}
	m := p.row("Email", "load", in{"id": p.call(send).Row["id"]})
	if m["from"] != "workflow@contoso.test" {
		t.Errorf("from %v", m["from"])
	}
	p.rows("Email", "list", in{"mailbox": "workflow@contoso.test"})
}
