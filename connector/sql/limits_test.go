package sql

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

func TestReadOnlyIsReadOnly(t *testing.T) {
	both(t, people, func(t *testing.T, at *place) {
		p := at.open(t, "readOnly=", at.choose(`statements=-- name: wipe
delete from people where id = 1 returning id
-- name: hide
with x as ({delete from people returning id|select 1}) select * from x
-- name: look
select count(*) as n from people`))
		objects, err := p.Objects(t.Context())
		o, _ := broker.Find(objects, "people")
		if err != nil || len(o.Methods) != 2 {
			t.Errorf("it offers changes: %+v %v", o.Methods, err)
		}
		for _, method := range []string{"create", "update", "delete"} {
			if _, err := p.Call(t.Context(), broker.Call{Object: "people", Method: method, Inputs: map[string]any{"id": 1}}); signoff.CodeOf(err) != "service-refused" {
				t.Errorf("%s: %v", method, err)
			}
		}
		if got := says(at.call(t, p, "Statement", "wipe", `{}`)); !strings.Contains(got, "can only be read") {
			t.Error(got)
		}
		if got := says(at.call(t, p, "Statement", "look", `{}`)); got != `{"count":1,"rows":[{"n":6}]}` {
			t.Error(got)
		}
	})
}

func TestFilesStayApart(t *testing.T) {
	both(t, people, func(t *testing.T, at *place) {
		if at.kind != "sqlite" {
			return
		}
		p := at.open(t)
		for _, text := range []string{"attach database 'other.db' as o", "pragma writable_schema = 1", "create table x (y)", "drop table people", "select * from pragma_user_version"} {
			_, err := p.ask(t.Context(), written(text), changes, nil, 10)
			if signoff.CodeOf(err) != "service-refused" || !strings.Contains(err.Error(), "nothing else") {
				t.Errorf("%s: %v", text, err)
			}
		}
	})
}

func written(text string) *query {
	q := &query{kind: sqlite}
	q.put(text)
	return q
}

func TestStatementsHaveTheirTime(t *testing.T) {
	both(t, people, func(t *testing.T, at *place) {
		p := at.open(t, "seconds=1", at.choose(`statements=-- name: slow
{select pg_sleep(20)|with recursive c(n) as (select 1 union all select n + 1 from c) select max(n) from c}`))
		if got := says(at.call(t, p, "Statement", "slow", `{}`)); !strings.Contains(got, "service-refused stays: the statement took longer than 1s") {
			t.Error(got)
		}
		p = at.open(t, at.choose(`statements=-- name: large
select {repeat('x', 9000000)|hex(zeroblob(4500000))} as x`))
		if got := says(at.call(t, p, "Statement", "large", `{}`)); !strings.Contains(got, "service-answer-too-large stays: the rows take more than 8 MiB") {
			t.Error(got)
		}
	})
}

func TestSettingsThatCannotBeAreRefusedAtOnce(t *testing.T) {
	folder := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.db")
	if err := errors.Join(os.WriteFile(outside, nil, 0o600), os.Symlink(outside, filepath.Join(folder, "link.db"))); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		keys map[string]string
		mode broker.Mode
		want string
	}{
		{map[string]string{"server": "", "seconds": "0", "statements": "select 1"}, broker.NoSignIn, "keys.seconds keys.statements keys.server"},
		{map[string]string{"server": "/var/run/postgresql"}, broker.NoSignIn, "keys.server"},
		{map[string]string{"server": "a,b"}, broker.NoSignIn, "keys.server"},
		{map[string]string{"server": "db:99999"}, broker.NoSignIn, "keys.server"},
		{map[string]string{"server": "u:p@db:1"}, broker.NoSignIn, "keys.server"},
		{map[string]string{"kind": "sqlite", "database": "../secret.db"}, broker.NoSignIn, "keys.database"},
		{map[string]string{"kind": "sqlite", "database": "/etc/x.db"}, broker.NoSignIn, "keys.database"},
		{map[string]string{"kind": "sqlite", "database": "link.db"}, broker.NoSignIn, "keys.database"},
		{map[string]string{"kind": "sqlite", "database": "orders.db"}, broker.Static, "mode"},
	} {
		_, err := (&Type{Folder: folder}).Open(broker.Instance{Mode: tt.mode, Keys: tt.keys, User: "u", Password: "p"})
		e, ok := errors.AsType[*signoff.Error](err)
		var got []string
		if ok {
			for _, f := range e.Fields {
				got = append(got, f.Field)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%v: %v %v", tt.keys, got, err)
		}
	}
	if _, err := (&Type{}).Open(broker.Instance{Mode: broker.NoSignIn, Keys: map[string]string{"kind": "sqlite", "database": "orders.db"}}); signoff.KindOf(err) != signoff.Invalid {
		t.Errorf("without a folder: %v", err)
	}
}

func TestAServerThatIsNotThereIsSaidWithoutThePassword(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	refuse := &signoff.Error{Kind: signoff.Invalid, Code: "service-forbidden", Detail: "services may not call 127.0.0.1"}
	for want, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"service-unreachable": nil,
		"service-forbidden":   func(context.Context, string, string) (net.Conn, error) { return nil, refuse },
	} {
		p, err := (&Type{Dial: dial}).Open(broker.Instance{Mode: broker.Static, User: "ana", Password: "secret-word", Keys: map[string]string{"server": gone.Addr().String(), "database": "x"}})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		_, err = p.Objects(t.Context())
		if signoff.CodeOf(err) != want || strings.Contains(err.Error(), "secret-word") {
			t.Errorf("%s: %v", want, err)
		}
		if steps := p.Test(t.Context(), ""); len(steps) != 1 || steps[0].OK || steps[0].Do == "" {
			t.Errorf("%+v", steps)
		}
	}
}

// The connection breaks while a row is being kept: nobody knows whether it is.
func TestADoubtfulChangeIsSaid(t *testing.T) {
	both(t, people, func(t *testing.T, at *place) {
		if at.kind == "sqlite" {
			return
		}
		cut := cutAt(t, at.keys["server"], "commit")
		p := at.open(t, "server="+cut.address)
		if got := says(at.call(t, p, "people", "create", `{"id":7,"name":"before"}`)); !strings.Contains(got, `"before"`) {
			t.Fatal(got)
		}
		cut.on.Store(true)
		_, err := p.Call(t.Context(), broker.Call{Object: "people", Method: "create", Inputs: map[string]any{"id": 8, "name": "after"}})
		if signoff.CodeOf(err) != "service-doubtful" || signoff.KindOf(err) != signoff.Invalid {
			t.Errorf("a row that may be there would be added again: %v", err)
		}
		_, err = p.Call(t.Context(), broker.Call{Object: "people", Method: "update", Inputs: map[string]any{"id": 1, "name": "after"}})
		if signoff.KindOf(err) != signoff.Unavailable {
			t.Errorf("what can be done again is not: %v", err)
		}
	})
}

// cutter passes a connection on until a word is sent, when it is on.
type cutter struct {
	address string
	on      atomic.Bool
}

func cutAt(t *testing.T, server, word string) *cutter {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{address: l.Addr().String()}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", server)
			if err != nil {
				in.Close()
				continue
			}
			all.Go(func() { io.Copy(in, out); in.Close() })
			all.Go(func() { c.pass(in, out, word); out.Close(); in.Close() })
		}
	})
	return c
}

func (c *cutter) pass(in io.Reader, out io.Writer, word string) {
	buf := make([]byte, 64<<10)
	for {
		n, err := in.Read(buf)
		if err != nil || c.on.Load() && bytes.Contains(bytes.ToLower(buf[:n]), []byte(word)) {
			return
		}
		if _, err := out.Write(buf[:n]); err != nil {
			return
		}
	}
}

// A server that speaks no TLS gets neither the password nor anything else, but
// where the settings say so.
func TestNothingIsSentInTheClearUnlessSaid(t *testing.T) {
	both(t, people, func(t *testing.T, at *place) {
		if at.kind == "sqlite" {
			return
		}
		for _, tls := range []string{"verify", "require", ""} {
			p, err := (&Type{}).Open(broker.Instance{Mode: broker.Static, User: "signoff", Password: "secret-word", Keys: map[string]string{"server": at.keys["server"], "database": at.keys["database"], "tls": tls}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Objects(t.Context())
			if signoff.CodeOf(err) != "service-unreachable" || !strings.Contains(err.Error(), "TLS") || strings.Contains(err.Error(), "secret-word") {
				t.Errorf("%q: %v", tls, err)
			}
			p.Close()
		}
	})
}
