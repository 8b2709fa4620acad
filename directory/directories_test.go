package directory_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/connector/ldap/ldaptest"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// little is an LDAP server with people p0, p1 … who can be made more and fewer.
type little struct {
	mu   sync.Mutex
	n    int
	wait chan struct{} // if not nil, searches wait for it to be closed
	addr string
}

func newLittle(t *testing.T, n int) *little {
	l := &little{n: n}
	l.addr = ldaptest.Hostile(t, func(c net.Conn) {
		ldaptest.Requests(c, func(r ldaptest.Request) bool {
			if r.Base() == "" {
				return r.Entry("", "namingContexts", "dc=x") && r.Result(ldaptest.Done, 0)
			}
			l.mu.Lock()
			n, wait := l.n, l.wait
			l.mu.Unlock()
			if wait != nil {
				<-wait
			}
			for i := range n {
				if !r.Entry(fmt.Sprintf("uid=p%d,dc=x", i), "entryUUID", fmt.Sprintf("uuid-%d", i), "uid", fmt.Sprintf("p%d", i), "cn", fmt.Sprintf("Person %d", i), "modifyTimestamp", "20260101000000Z") {
					return false
				}
			}
			return r.Result(ldaptest.Done, 0)
		})
	})
	return l
}

func (l *little) set(n int, wait chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n, l.wait = n, wait
}

func (l *little) entry() directory.Entry {
	return directory.Entry{Name: "contoso", Type: "ldap", On: true, MostPercent: 10, LDAP: &directory.LDAP{Servers: []string{l.addr}, Security: "plain", NoGroups: true}}
}

func TestASyncThatStoppedForSafetyGoesOnWhenItIsMeant(t *testing.T) {
	f, l := newFirm(t), newLittle(t, 40)
	d := f.open(l.entry())
	if r := f.sync(d, directory.Ask{}); r.State != "done" || r.Report.Made != 40 {
		t.Fatalf("%s %+v", r.State, r.Report)
	}
	l.set(20, nil)
	r := f.sync(d, directory.Ask{})
	if r.State != "stopped" || r.Report.Code != directory.CodeStopped || r.Report.Leaving != 20 || f.account("p39").Disabled {
		t.Fatalf("%s %+v", r.State, r.Report)
	}
	if r = f.sync(d, directory.Ask{Anyway: true}); r.State != "done" || r.Report.Disabled != 20 || !f.account("p39").Disabled {
		t.Errorf("%s %+v", r.State, r.Report)
	}
	l.set(40, nil)
	if r = f.sync(d, directory.Ask{}); r.Report.Enabled != 20 || f.account("p39").Disabled {
		t.Errorf("back again: %s %+v", r.State, r.Report)
	}
}

func TestADirectoryThatDoesNotAnswerChangesNothing(t *testing.T) {
	f, l := newFirm(t), newLittle(t, 10)
	e := l.entry()
	d := f.open(e)
	f.sync(d, directory.Ask{})
	e.LDAP.Servers = []string{"127.0.0.1:1"}
	if _, err := d.Save(context.Background(), access.System, 1, directory.Setting{Directories: []directory.Entry{e}}, nil); err != nil {
		t.Fatal(err)
	}
	r := f.sync(d, directory.Ask{})
	if r.State != "failed" || r.Report.Code != "directory-unreachable" || f.account("p3").Disabled {
		t.Errorf("%s %+v", r.State, r.Report)
	}
}

func TestOneSyncAtATimeOnWhateverNode(t *testing.T) {
	f, l := newFirm(t), newLittle(t, 10)
	d := f.open(l.entry())
	other := f.openWith(seal.NewKey(), "other", nil)
	gate := make(chan struct{})
	l.set(10, gate)
	run := f.begin(d, directory.Ask{})
	for _, node := range []*directory.Directories{d, other} {
		var err error
		for until := time.Now().Add(5 * time.Second); time.Now().Before(until); <-time.After(5 * time.Millisecond) {
			if _, err = node.Begin(context.Background(), access.System, "contoso", directory.Ask{}); signoff.CodeOf(err) != "shutting-down" {
				break
			}
		}
		if signoff.CodeOf(err) != "sync-running" {
			t.Errorf("a second sync: %v", err)
		}
	}
	close(gate)
	if r := f.await(d, run.ID); r.State != "done" || r.Report.Made != 10 {
		t.Errorf("%s %+v", r.State, r.Report)
	}
	if r := f.sync(other, directory.Ask{}); r.State != "done" || r.Report.Made != 0 || r.Node != "other" {
		t.Errorf("on the other node: %s %s %+v", r.Node, r.State, r.Report)
	}
}

func TestASyncThatBrokeOffBeginsAgainByItself(t *testing.T) {
	f, l := newFirm(t), newLittle(t, 10)
	e := l.entry()
	e.Every = 60
	if err := f.store.SetDirectoryState(context.Background(), source, store.DirectoryState{Agreed: true}); err != nil {
		t.Fatal(err)
	}
	broken, err := f.store.BeginDirectoryRun(context.Background(), store.DirectoryRun{Source: source, Node: "gone", How: "schedule", State: "running", Began: f.store.Now(), Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	d, err := directory.OpenDirectories(context.Background(), f.dir, directory.Options{Key: seal.NewKey(), Node: "node"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Save(context.Background(), access.System, 0, directory.Setting{Directories: []directory.Entry{e}}, nil); err != nil {
		t.Fatal(err)
	}
	f.open() // its Run looks at once
	if r := f.await(d, broken.ID+1); r.State != "done" || r.Report.Made != 10 || r.How != "schedule" {
		t.Errorf("%s %s %+v", r.How, r.State, r.Report)
	}
	if r := f.await(d, broken.ID); r.State != "broken" {
		t.Errorf("the one before is %s", r.State)
	}
}

func TestTheScheduleWaitsForTheFirstSyncOfAnAdministrator(t *testing.T) {
	f, l := newFirm(t), newLittle(t, 10)
	e := l.entry()
	e.Every = 5
	d, err := directory.OpenDirectories(context.Background(), f.dir, directory.Options{Key: seal.NewKey(), Node: "node"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Save(context.Background(), access.System, 0, directory.Setting{Directories: []directory.Entry{e}}, nil); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop() // Run looks once, and ends
	if err := d.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if list, err := d.Runs(context.Background(), access.System, "contoso", 10); err != nil || len(list) != 0 {
		t.Errorf("%d syncs, %v", len(list), err)
	}
}

func TestADirectoryThatIsSwitchedOffLetsNobodyInWhosePasswordIsRemembered(t *testing.T) {
	f := newFirm(t)
	e := newLittle(t, 1).entry() // any password is right there
	e.LDAP.SignIn = true
	d := f.open(e)
	if run := f.sync(d, directory.Ask{}); run.State != "done" {
		t.Fatalf("%+v", run)
	}
	for range 2 {
		if _, err := f.people.Basic(t.Context(), "p0", "theirs", "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	e.On = false
	if _, err := d.Save(t.Context(), access.System, 1, directory.Setting{Directories: []directory.Entry{e}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.people.Basic(t.Context(), "p0", "theirs", "192.0.2.1"); signoff.CodeOf(err) != "bad-credentials" {
		t.Errorf("after the directory was switched off: %v", err)
	}
}

func TestAPasswordIsKeptLockedAndOnlyForWhereItWasGiven(t *testing.T) {
	f := newFirm(t)
	d := f.open()
	const open = "the password of our account"
	e := directory.Entry{Name: "contoso", Type: "ldap", On: true, LDAP: &directory.LDAP{Servers: []string{"dc1.contoso.test"}, Security: "ldaps", Bind: "us"}}
	secret := seal.Secret(open)
	save := func(rev int64, e directory.Entry, secrets directory.Secrets) (directory.State, error) {
		return d.Save(context.Background(), access.System, rev, directory.Setting{Directories: []directory.Entry{e}}, secrets)
	}
	st, err := save(0, e, directory.Secrets{"contoso": &secret})
	if err != nil {
		t.Fatal(err)
	}
	text, err := f.store.DumpText(context.Background())
	if err != nil || strings.Contains(text, open) || strings.Contains(string(st.Body), open) {
		t.Errorf("the password can be read in the data: %v", err)
	}
	e.MostPercent = 7
	if st, err = save(1, e, nil); err != nil || st.Value.Directories[0].LDAP.Password == "" {
		t.Errorf("the password was forgotten: %v", err)
	}
	elsewhere := e
	moved := *e.LDAP
	moved.Servers = []string{"evil.example.com"}
	elsewhere.LDAP = &moved
	if _, err = save(2, elsewhere, nil); signoff.CodeOf(err) != "bad-directory" {
		t.Errorf("the password would be sent to another server: %v", err)
	}
	if _, err := d.Probe(context.Background(), access.System, elsewhere, nil); signoff.CodeOf(err) != "bad-directory" {
		t.Errorf("a test would send the password to another server: %v", err)
	}
	if _, err = save(1, e, nil); signoff.CodeOf(err) != "setting-changed" {
		t.Errorf("an old revision: %v", err)
	}
	changes, err := f.store.Changes(context.Background(), store.ChangeFilter{What: "directories"}, 0, 10)
	if err != nil || len(changes) != 2 || strings.Contains(string(changes[0].After), "v1:") {
		t.Errorf("%d changes on record, %v", len(changes), err)
	}
}

func TestDirectoriesThatCannotBeMeantAreRefused(t *testing.T) {
	f := newFirm(t)
	d := f.open()
	for field, change := range map[string]func(*directory.Entry){
		"name":              func(e *directory.Entry) { e.Name = "Con toso" },
		"mostPercent":       func(e *directory.Entry) { e.MostPercent = 101 },
		"every":             func(e *directory.Entry) { e.Every = 1 },
		"type":              func(e *directory.Entry) { e.LDAP = nil },
		"ldap.servers":      func(e *directory.Entry) { e.LDAP.Servers = []string{"ldap://x"} },
		"ldap.password":     func(e *directory.Entry) { e.LDAP.Bind = "us" },
		"ldap.ca":           func(e *directory.Entry) { e.LDAP.CA = "hello" },
		"ldap.peopleFilter": func(e *directory.Entry) { e.LDAP.PeopleFilter = "(a" },
		"ldap.groupsFilter": func(e *directory.Entry) { e.LDAP.GroupsFilter = "(a" },
		"ldap.base":         func(e *directory.Entry) { e.LDAP.Base = "a\nb" },
		"ldap.domains":      func(e *directory.Entry) { e.LDAP.Domains = []string{`CONTOSO\`} },
	} {
		e := directory.Entry{Name: "contoso", Type: "ldap", LDAP: &directory.LDAP{Servers: []string{"dc1"}}}
		change(&e)
		_, err := d.Save(context.Background(), access.System, 0, directory.Setting{Directories: []directory.Entry{e}}, nil)
		if signoff.CodeOf(err) != "bad-directory" || !strings.Contains(fmt.Sprintf("%+v", fieldsOf(err)), "."+field) {
			t.Errorf("%s: %v %+v", field, err, fieldsOf(err))
		}
	}
	eve := signoff.Caller{Person: signoff.Person{Principal: "user:9"}}
	if _, err := d.State(context.Background(), eve); signoff.KindOf(err) != signoff.Forbidden {
		t.Errorf("eve: %v", err)
	}
	if _, err := d.Begin(context.Background(), access.System, "nowhere", directory.Ask{}); signoff.CodeOf(err) != "directory-not-found" {
		t.Errorf("nowhere: %v", err)
	}
}

func fieldsOf(err error) []signoff.FieldError {
	if e, ok := errors.AsType[*signoff.Error](err); ok {
		return e.Fields
	}
	return nil
}
