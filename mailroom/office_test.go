package mailroom

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/mail"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// office is a room at work: the sandbox's mail system, a store, people, and
// instances that behave like the runner's.
type office struct {
	t         *testing.T
	room      *Room
	store     *store.Store
	storePath string
	sandbox   *sandbox.Sandbox
	page      *httptest.Server
	out       Sender
	in        Inbox
	people    people
	instances *instances
	clock     time.Time
	authserv  string
}

func openOffice(t *testing.T) *office {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	o := &office{t: t, sandbox: s, storePath: filepath.Join(t.TempDir(), "x.db"), people: contoso(),
		instances: &instances{once: map[string]bool{}}, clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), authserv: s.Addresses().AuthServID}
	o.page = httptest.NewServer(s.Handler())
	t.Cleanup(o.page.Close)
	o.connect()
	o.open()
	return o
}

func (o *office) connect() {
	pem, err := os.ReadFile(o.sandbox.Addresses().CAFile)
	if err != nil {
		o.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	account := mail.Account{Addr: o.sandbox.Addresses().SMTP, Roots: roots, Username: "workflow@contoso.test", Password: "signoff", Timeout: 10 * time.Second}
	out := mail.NewSender(account, mail.SenderOptions{})
	o.t.Cleanup(out.Close)
	account.Addr = o.sandbox.Addresses().IMAP
	in := mail.NewMailbox(account, mail.MailboxOptions{Poll: time.Second})
	o.t.Cleanup(in.Close)
	o.out, o.in = out, in
}

// open opens the store and makes a room over it, as a start of the server does.
func (o *office) open() {
	o.t.Helper()
	st, err := store.Open(o.t.Context(), pgtest.Choose(o.t, o.storePath), store.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { st.Close() })
	o.store = st
	o.room = New(Options{Store: st, People: o.people, Out: o.out, In: o.in, From: netmail.Address{Name: "Contoso Workflow", Address: "workflow@contoso.test"},
		Authserv: o.authserv, URL: "http://localhost:8080/", Secret: []byte("a secret of at least thirty-two bytes"),
		Now: func() time.Time { return o.clock }, Grace: time.Minute})
	o.room.instances = o.instances
	l, _, err := st.Acquire(o.t.Context(), store.MailLease, "test", o.clock, o.clock.Add(time.Hour))
	if err != nil {
		o.t.Fatal(err)
	}
	o.room.hold(l)
}

// health is how the room says it fares.
func (o *office) health() Health {
	o.t.Helper()
	h, err := o.room.Health(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	h.Node = ""
	return h
}

// alone is a node that lives, as the only one.
type alone struct{}

func (alone) NodeID() (string, bool) { return "test", true }

// restart is what a crash and a new start do.
func (o *office) restart() {
	o.t.Helper()
	if err := o.store.Close(); err != nil {
		o.t.Fatal(err)
	}
	o.open()
	if err := o.store.AbandonedMail(o.t.Context(), o.room.held(), o.clock); err != nil {
		o.t.Fatal(err)
	}
}

// send sends what is due, and tells steps that wait.
func (o *office) send() {
	o.t.Helper()
	for {
		list, err := o.store.TakeMail(o.t.Context(), o.room.held(), store.Senders{}, o.clock, 1)
		if err != nil {
			o.t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		o.room.deliver(o.t.Context(), list[0])
	}
}

func (o *office) receive() error {
	trouble, err := o.room.receive(o.t.Context(), trials{})
	return cmp.Or(err, trouble)
}

func (o *office) mustReceive() {
	o.t.Helper()
	if err := o.receive(); err != nil {
		o.t.Fatal(err)
	}
}

// ask offers a task to people, as a command of the runner.
func (o *office) ask(to ...signoff.Principal) runner.Job {
	o.t.Helper()
	job := o.job(to...)
	o.instances.offer(7, 2, to)
	if _, err := o.room.Notify(o.t.Context(), job); err != nil {
		o.t.Fatal(err)
	}
	return job
}

func (o *office) job(to ...signoff.Principal) runner.Job {
	due := o.clock.Add(48 * time.Hour)
	return runner.Job{Instance: 7, Workflow: "Leave request", Attempt: 1, Command: engine.Command{Key: "7_2/notify", Kind: engine.DoNotify, Ref: 2,
		Notify: &engine.Notify{To: to, Title: "Approve leave", Instructions: "Please look at the days.", Folio: "Leave for Ana: 3 days", Workflow: "Leave request",
			Starter: o.people["user:2"], Actions: []string{"Approve", "Reject"}, Others: []string{"Ask back"}, Reply: true, Due: &due,
			Facts: []engine.Labelled{{Label: "Days", Value: "3"}}}}}
}

// seen is a mail as somebody finds it in the mailbox.
type seen struct {
	ID, Folder, From, To, Subject, Text string
	HasHTML                             bool
	Headers                             []struct{ Name, Value string }
	Replies                             []struct{ Label, To, Subject, Text string }
}

func (m seen) header(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

func (o *office) call(method, path, body string, into any) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, o.page.URL+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		o.t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			o.t.Fatal(err)
		}
	}
}

// mailbox lists somebody's mails in a folder, oldest first.
func (o *office) mailbox(who, folder string) []seen {
	o.t.Helper()
	var list struct{ Items []seen }
	o.call("GET", "/sandbox/api/messages?limit=200&mailbox="+who+"&folder="+folder, "", &list)
	for i := range list.Items {
		o.call("GET", "/sandbox/api/messages/"+list.Items[i].ID, "", &list.Items[i])
	}
	slices.Reverse(list.Items)
	return list.Items
}

// count is how many mails are in somebody's inbox.
func (o *office) count(who string) int {
	o.t.Helper()
	var list struct{ Items []seen }
	o.call("GET", "/sandbox/api/messages?limit=200&mailbox="+who+"&folder=INBOX", "", &list)
	return len(list.Items)
}

func (o *office) inbox(who string) []seen { o.t.Helper(); return o.mailbox(who, "INBOX") }

// reply answers somebody's newest mail as a mail program does.
func (o *office) reply(who, text string) {
	o.t.Helper()
	list := o.inbox(who)
	if len(list) == 0 {
		o.t.Fatalf("%s has no mail to answer", who)
	}
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		o.t.Fatal(err)
	}
	o.call("POST", "/sandbox/api/messages/"+list[len(list)-1].ID+"/reply", string(body), nil)
}

// post sends a raw mail, signed in as who; "" is somebody outside, "<>" a mail
// server that reports.
func (o *office) post(who, to, raw string) {
	o.t.Helper()
	pem, err := os.ReadFile(o.sandbox.Addresses().CAFile)
	if err != nil {
		o.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	account := mail.Account{Addr: o.sandbox.Addresses().SMTP, Roots: roots, Username: who, Password: "signoff"}
	from := who
	switch who {
	case "":
		from = "eve@fabrikam.test"
	case "<>":
		from, account.Username = "", ""
	}
	out := mail.NewSender(account, mail.SenderOptions{})
	defer out.Close()
	if err := out.Send(o.t.Context(), from, to, "", bytes.ReplaceAll([]byte(raw), []byte("\n"), []byte("\r\n"))); err != nil {
		o.t.Fatal(err)
	}
}

// record returns the newest record of a mail that came in.
func (o *office) record() store.InMail {
	o.t.Helper()
	list, err := o.store.Received(o.t.Context(), store.ReceivedFilter{}, 1)
	if err != nil || len(list) == 0 {
		o.t.Fatalf("no record: %v", err)
	}
	return list[0]
}

// people is a directory that does not change.
type people map[signoff.Principal]signoff.Person

func contoso() people {
	p := people{}
	for i, name := range []string{"Alex Admin", "Ana Silva", "Jane Doe", "Bob Stone"} {
		login := strings.ToLower(strings.Fields(name)[0])
		id := signoff.Principal(fmt.Sprintf("user:%d", i+1))
		p[id] = signoff.Person{Principal: id, Login: login, Name: name, Email: login + "@contoso.test"}
	}
	p["user:9"] = signoff.Person{Principal: "user:9", Login: "noaddress", Name: "No Address"}
	return p
}

func (p people) ByAddress(_ context.Context, email string) (signoff.Person, bool, error) {
	for _, one := range p {
		if one.Email != "" && strings.EqualFold(one.Email, email) {
			return one, true, nil
		}
	}
	return signoff.Person{}, false, nil
}

func (p people) Names(_ context.Context, asked []signoff.Principal) (map[signoff.Principal]signoff.Person, error) {
	out := map[signoff.Principal]signoff.Person{}
	for _, a := range asked {
		if one, ok := p[a]; ok {
			out[a] = one
		}
	}
	return out, nil
}

func (p people) Caller(_ context.Context, who signoff.Principal, how string) (signoff.Caller, error) {
	return signoff.Caller{Person: p[who], How: how, Groups: []signoff.Principal{"group:3"}}, nil
}

func (p people) Members(_ context.Context, group, after signoff.Principal, limit int) ([]signoff.Person, error) {
	if group != "group:3" || after != "" {
		return nil, nil
	}
	return []signoff.Person{p["user:3"], p["user:4"]}, nil
}

// instances keep tasks as the runner does: a decision happens once, under its
// key, and a task that is decided says by whom.
type instances struct {
	mu       sync.Mutex
	tasks    []*task
	once     map[string]bool
	done     []string // what happened
	finished []string
	reason   bool   // Reject wants a comment
	broken   error  // what Do answers instead
	deaf     string // the command that cannot be told of its end
}

type task struct {
	instance signoff.InstanceID
	seq      int
	to       []signoff.Principal
	by       signoff.Principal
}

func (in *instances) offer(id signoff.InstanceID, seq int, to []signoff.Principal) {
	in.tasks = append(in.tasks, &task{id, seq, to, ""})
}

func (in *instances) Do(_ context.Context, by signoff.Caller, id signoff.InstanceID, event engine.Event, once string) (engine.State, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	key := string(by.Principal) + " " + once
	switch {
	case in.broken != nil:
		return engine.State{}, in.broken
	case in.once[key]:
		return engine.State{}, nil
	}
	what, err := in.decide(by, id, event)
	if err != nil {
		return engine.State{}, err
	}
	in.once[key] = true
	in.done = append(in.done, what)
	var after engine.State
	for _, t := range in.tasks {
		if t.instance == id {
			after.Tasks = append(after.Tasks, engine.Task{Seq: t.seq, Recipients: t.to})
		}
	}
	return after, nil
}

func (in *instances) decide(by signoff.Caller, id signoff.InstanceID, event engine.Event) (string, error) {
	find := func(seq int) (*task, error) {
		for _, t := range in.tasks {
			if t.instance == id && t.seq == seq && slices.ContainsFunc(t.to, by.Is) {
				if t.by != "" {
					return nil, &signoff.Error{Kind: signoff.Conflict, Code: "task-already-done",
						Detail: signoff.Mention(t.by) + " already approved this on " + signoff.At(time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC))}
				}
				return t, nil
			}
		}
		return nil, &signoff.Error{Kind: signoff.NotFound, Code: "task-not-found", Detail: "there is no such task, or it is not yours"}
	}
	switch e := event.(type) {
	case engine.Act:
		t, err := find(e.Task)
		if err != nil {
			return "", err
		}
		if e.Action == "Reject" && e.Comment == "" && in.reason {
			return "", &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeCommentRequired, Detail: "say why: a comment is required for Reject"}
		}
		t.by = by.Principal
		return fmt.Sprintf("%s %s by %s comment=%q", e.Action, signoff.Serial{Instance: id, Seq: e.Task}, by.Login, e.Comment), nil
	case engine.Redirect:
		t, err := find(e.Task)
		if err != nil {
			return "", err
		}
		if e.To != "bob" {
			return "", &signoff.Error{Kind: signoff.Invalid, Code: "person-not-found", Detail: "nobody is called “" + e.To + "”"}
		}
		t.to = []signoff.Principal{"user:4"}
		return "redirect to " + e.To, nil
	case engine.Share:
		t, err := find(e.Task)
		if err != nil {
			return "", err
		}
		if e.To != "bob" {
			return "", &signoff.Error{Kind: signoff.Invalid, Code: "person-not-found", Detail: "nobody is called “" + e.To + "”"}
		}
		t.to = append(t.to, "user:4")
		return "share with " + e.To, nil
	case engine.Sleep:
		if _, err := find(e.Task); err != nil {
			return "", err
		}
		return "sleep until " + e.Until.Format(time.RFC3339), nil
	}
	return "", errors.New("not expected")
}

func (in *instances) Finish(_ context.Context, key string, _ map[string]expr.Value, failure error) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if key == in.deaf {
		return errors.New("not now")
	}
	text := key + " ok"
	if failure != nil {
		text = key + " " + failure.Error()
	}
	if !slices.Contains(in.finished, text) {
		in.finished = append(in.finished, text)
	}
	return nil
}
