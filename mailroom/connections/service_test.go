package connections_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/mailroom/connections"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// box is a mailbox that writes down what leaves it.
type box struct {
	from string
	sent chan string
}

func (b box) Turn(context.Context) (func(), error) { return func() {}, nil }

func (b box) Send(_ context.Context, from, to, _ string, raw []byte) error {
	b.sent <- from + " to " + to
	if strings.HasPrefix(b.from, "denied@") {
		return &signoff.Error{Kind: signoff.Unavailable, Code: "mail-sender-refused", Detail: "ErrorSendAsDenied"}
	}
	if !strings.Contains(string(raw), "<"+b.from+">") {
		b.sent <- "the mail names another sender"
	}
	return nil
}

type desk struct {
	*connections.Service
	t     *testing.T
	store *store.Store
	sent  chan string

	mu        sync.Mutex
	passwords []string
	closed    int
}

func openDesk(t *testing.T, dsn string, file *connections.Connection) *desk {
	t.Helper()
	st, err := store.Open(context.Background(), dsn, store.Options{})
	must(t, err)
	t.Cleanup(func() { st.Close() })
	d := &desk{t: t, store: st, sent: make(chan string, 100)}
	open := func(c connections.Connection, password seal.Secret) (connections.Opened, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.passwords = append(d.passwords, password.Reveal())
		return connections.Opened{Out: box{c.Sender().Address, d.sent}, Close: func() { d.mu.Lock(); d.closed++; d.mu.Unlock() },
			Check: func(context.Context) []broker.Step {
				if c.Name == "bad" {
					return []broker.Step{{Name: "token", OK: true}, {Name: "mailbox", Found: "There is no such mailbox.", Do: "Check the address."}}
				}
				return []broker.Step{{Name: "send", OK: true}}
			}}, nil
	}
	o := connections.Options{Store: st, Key: key, Open: open, Base: mailroom.Options{Store: st, Secret: make([]byte, 32), Now: st.Now, People: nobody{}}}
	if file != nil {
		o.File, o.OpenFile = file, func() (connections.Opened, error) { return open(*file, "") }
	}
	d.Service, err = connections.New(t.Context(), o)
	must(t, err)
	return d
}

var key = seal.NewKey()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type nobody struct{ mailroom.People }

func (nobody) Names(context.Context, []signoff.Principal) (map[signoff.Principal]signoff.Person, error) {
	return nil, nil
}

type instances struct{ mailroom.Instances }

func (instances) Finish(context.Context, string, map[string]expr.Value, error) error { return nil }

type node struct{}

func (node) NodeID() (string, bool) { return "n", true }

func (d *desk) run() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); must(d.t, d.Run(ctx, instances{}, node{})) }()
	d.t.Cleanup(func() { stop(); <-ended; d.Close() })
}

func (d *desk) mail(workflow, key string) error {
	_, err := d.Handlers()[engine.DoNotify](d.t.Context(), runner.Job{Instance: 1, Workflow: workflow, Command: engine.Command{Key: key, Notify: &engine.Notify{Title: "x"}}})
	if err == nil {
		err = d.store.QueueMail(d.t.Context(), nil, nil)
	}
	return err
}

// email has a step's mail queued by the connection that the workflow has.
func (d *desk) email(workflow, key string) error {
	_, err := d.Handlers()[engine.DoEmail](d.t.Context(), runner.Job{Instance: 1, Workflow: workflow,
		Command: engine.Command{Key: key, Email: &engine.Email{To: []string{"jane@contoso.test"}, Subject: "x"}}})
	return err
}

func (d *desk) leaves(want string) {
	d.t.Helper()
	select {
	case got := <-d.sent:
		if got != want {
			d.t.Fatalf("%s, want %s", got, want)
		}
	case <-time.After(30 * time.Second):
		d.t.Fatalf("no mail leaves; want %s", want)
	}
}

func connection(name, from string) connections.Connection {
	return connections.Connection{Name: name, Protocol: connections.SMTP, From: from, User: "u", SMTP: connections.Place{Address: "mail.contoso.test:587", TLS: "starttls"}}
}

func (d *desk) save(c connections.Connection, password *seal.Secret) connections.Kept {
	d.t.Helper()
	kept, err := d.List(d.t.Context(), access.System)
	must(d.t, err)
	kept, err = d.Save(d.t.Context(), access.System, kept.Rev, c, password)
	must(d.t, err)
	return kept
}

func TestAMailboxThatIsConnectedSendsAtOnceAndOthersServeTheirWorkflows(t *testing.T) {
	d := openDesk(t, pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), nil)
	d.run()
	if err := d.email("Leave", "1_1/email"); signoff.CodeOf(err) != "no-mail" {
		t.Fatalf("nothing is connected: %v", err)
	}
	must(t, d.mail("Leave", "1_2/notify")) // people find their task on the page
	if h, err := d.Health(t.Context()); err != nil || !h.Off {
		t.Errorf("%+v %v", h, err)
	}
	usual := connection("usual", "Workflow <workflow@contoso.test>")
	usual.Usual = true
	d.save(usual, nil)
	d.settled("usual")
	must(t, d.email("Leave", "1_3/email"))
	d.leaves("workflow@contoso.test to jane@contoso.test")
	hr := connection("hr", "HR <hr@contoso.test>")
	hr.Workflows = []string{"Leave"}
	d.save(hr, nil)
	d.settled("hr")
	must(t, d.email("Leave", "1_4/email"))
	d.leaves("hr@contoso.test to jane@contoso.test")
	must(t, d.email("Expense", "1_5/email"))
	d.leaves("workflow@contoso.test to jane@contoso.test")
}

// settled waits until a connection is at work.
func (d *desk) settled(name string) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, n := range d.Names() {
			if n == name {
				return
			}
		}
	}
	d.t.Fatalf("%s is not taken up", name)
}

func TestWhatTheConfigurationHasGoesOnUntilAnotherIsTheUsualOne(t *testing.T) {
	file := connection("", "File <file@contoso.test>")
	d := openDesk(t, pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), &file)
	d.run()
	must(t, d.email("Leave", "2_1/email"))
	d.leaves("file@contoso.test to jane@contoso.test")
	other := connection("other", "other@contoso.test")
	other.Usual = true
	kept := d.save(other, nil)
	if len(kept.Connections) != 2 || kept.Connections[0].Name != connections.Configured || kept.Connections[0].Usual || !kept.Connections[1].Usual {
		t.Errorf("%+v", kept.Connections)
	}
	d.settled("other")
	must(t, d.email("Leave", "2_2/email"))
	d.leaves("other@contoso.test to jane@contoso.test")
	if _, err := d.Remove(t.Context(), access.System, kept.Rev, "other"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Remove(t.Context(), access.System, kept.Rev+1, connections.Configured); signoff.CodeOf(err) != "mail-connection-not-found" {
		t.Errorf("the file's connection was removed: %v", err)
	}
}

func TestAPasswordIsSealedAndStaysWithItsServer(t *testing.T) {
	d := openDesk(t, pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), nil)
	secret := seal.Secret("pa55word")
	c := connection("a", "a@contoso.test")
	kept := d.save(c, &secret)
	if !kept.HasPassword["a"] || kept.Connections[0].Password != "" {
		t.Errorf("%+v", kept)
	}
	is, err := d.store.Setting(t.Context(), connections.Setting)
	if err != nil || strings.Contains(string(is.Body), "pa55word") {
		t.Errorf("it is kept in the clear: %s %v", is.Body, err)
	}
	if _, err := d.Check(t.Context(), access.System, "a"); err != nil || d.passwords[len(d.passwords)-1] != "pa55word" {
		t.Errorf("%q %v", d.passwords, err)
	}
	behind := access.System
	behind.Behind = "user:9"
	_, err = d.Save(t.Context(), behind, 1, c, nil) // the password is kept
	must(t, err)
	if list, err := d.store.Changes(t.Context(), store.ChangeFilter{What: "mail"}, 0, 1); err != nil || list[0].How != "system, user:9 in their name" {
		t.Errorf("who was behind it is not on record: %+v %v", list, err)
	}
	moved := c
	moved.SMTP.Address = "elsewhere.test:587"
	if _, err := d.Save(t.Context(), access.System, 2, moved, nil); signoff.CodeOf(err) != "bad-mail-connection" {
		t.Errorf("a password goes to another server: %v", err)
	}
	if _, err := d.Save(t.Context(), access.System, 1, c, nil); signoff.CodeOf(err) != "setting-changed" {
		t.Errorf("somebody's change is lost: %v", err)
	}
}

func TestConnectionsThatCannotBeAreRefused(t *testing.T) {
	d := openDesk(t, pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), nil)
	good := connection("a", "a@contoso.test")
	d.save(good, nil)
	for field, spoil := range map[string]func(*connections.Connection){
		"name":         func(c *connections.Connection) { c.Name = connections.Configured },
		"from":         func(c *connections.Connection) { c.From = "nobody" },
		"mailbox":      func(c *connections.Connection) { c.Mailbox = "A <a@b.example>" },
		"protocol":     func(c *connections.Connection) { c.Protocol = "fax" },
		"resource":     func(c *connections.Connection) { c.Protocol = connections.Graph },
		"user":         func(c *connections.Connection) { c.Protocol, c.User = connections.EWS, "" },
		"smtp.address": func(c *connections.Connection) { c.SMTP.Address = "mail" },
		"smtp.tls":     func(c *connections.Connection) { c.SMTP.TLS = "none" },
		"imap.address": func(c *connections.Connection) { c.Reads = true },
		"perMinute":    func(c *connections.Connection) { c.PerMinute = -1 },
		"server":       func(c *connections.Connection) { c.Server = "a\nb" },
	} {
		c := connection("b", "b@contoso.test")
		spoil(&c)
		_, err := d.Save(t.Context(), access.System, 1, c, nil)
		e, ok := err.(*signoff.Error)
		if !ok || e.Code != "bad-mail-connection" || len(e.Fields) == 0 || e.Fields[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	twin := connection("b", "A <A@contoso.test>")
	if _, err := d.Save(t.Context(), access.System, 1, twin, nil); signoff.CodeOf(err) != "bad-mail-connection" {
		t.Errorf("two send from one address: %v", err)
	}
	anybody := signoff.Caller{Person: signoff.Person{Principal: "user:9"}}
	if _, err := d.Save(t.Context(), anybody, 1, good, nil); signoff.KindOf(err) != signoff.Forbidden {
		t.Errorf("anybody saves: %v", err)
	}
	if _, err := d.TestSend(t.Context(), anybody, "a", "a@contoso.test"); signoff.KindOf(err) != signoff.Forbidden {
		t.Errorf("anybody sends: %v", err)
	}
	if _, err := d.TestSend(t.Context(), access.System, "a", "not an address"); signoff.KindOf(err) != signoff.Invalid {
		t.Errorf("%v", err)
	}
	if step, err := d.TestSend(t.Context(), access.System, "a", "jane@contoso.test"); err != nil || !step.OK {
		t.Errorf("%+v %v", step, err)
	}
}

func TestAMailboxThatDoesNotWorkTakesNoOthersPlace(t *testing.T) {
	d := openDesk(t, pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), nil)
	works := connection("works", "works@contoso.test")
	works.Usual = true
	before := d.save(works, nil)
	bad := connection("bad", "bad@contoso.test")
	bad.Usual = true
	_, err := d.SaveProven(t.Context(), access.System, before.Rev, bad, nil)
	if e, ok := errors.AsType[*signoff.Error](err); !ok || e.Code != "mail-connection-unproven" || e.Detail != "There is no such mailbox." || e.Hint != "Check the address." {
		t.Fatalf("%v", err)
	}
	after, err := d.List(t.Context(), access.System)
	must(t, err)
	if after.Rev != before.Rev || len(after.Connections) != 1 || !after.Connections[0].Usual {
		t.Errorf("something was changed: %+v", after)
	}
	good := connection("good", "good@contoso.test")
	good.Usual = true
	after, err = d.SaveProven(t.Context(), access.System, before.Rev, good, nil)
	must(t, err)
	if after.Connections[0].Usual || !after.Connections[1].Usual {
		t.Errorf("one that works: %+v", after.Connections)
	}
}

func TestWhatAReplacedSenderCouldNotSendGoesByTheOneInItsPlace(t *testing.T) {
	d := openDesk(t, pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), nil)
	denied := connection("denied", "denied@contoso.test")
	denied.Usual = true
	d.save(denied, nil)
	d.run()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for d.Room() == nil {
		<-tick.C
	}
	must(t, d.email("Leave", "1_1/email"))
	d.leaves("denied@contoso.test to jane@contoso.test")
	works := connection("works", "works@contoso.test")
	works.Usual = true
	d.save(works, nil)
	for range 3 { // it may have been tried once more before
		select {
		case got := <-d.sent:
			if got == "works@contoso.test to jane@contoso.test" {
				if len(d.sent) > 0 {
					t.Errorf("and then %s", <-d.sent)
				}
				return
			}
		case <-time.After(30 * time.Second):
			t.Fatal("the mail does not leave")
		}
	}
	t.Error("the mail left by the one that was replaced")
}
