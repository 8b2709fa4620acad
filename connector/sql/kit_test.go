package sql

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/store/pgtest"
)

// place is a database of a test, of one of the two kinds.
type place struct {
	kind   string
	folder string
	keys   map[string]string
	exec   func(statement string)
}

// both runs a test with each kind of database. In setup, words between { and }
// are PostgreSQL's|SQLite's.
func both(t *testing.T, setup string, test func(t *testing.T, at *place)) {
	t.Run("sqlite", func(t *testing.T) {
		folder := t.TempDir()
		db, err := sql.Open("sqlite", filepath.Join(folder, "orders.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		at := &place{kind: "sqlite", folder: folder, keys: map[string]string{"kind": "sqlite", "database": "orders.db", "readOnly": "false"}}
		at.exec = func(s string) {
			t.Helper()
			if _, err := db.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
		at.exec(choose(setup, 1))
		test(t, at)
	})
	t.Run("postgresql", func(t *testing.T) {
		address := pgtest.Empty(t)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		at := &place{kind: "postgresql", keys: map[string]string{"kind": "postgresql", "server": u.Host, "database": strings.TrimPrefix(u.Path, "/"), "tls": "none", "readOnly": "false"}}
		at.exec = func(s string) { t.Helper(); pgtest.Exec(t, address, s) }
		at.exec(choose(setup, 0))
		test(t, at)
	})
}

// choose takes the words for this kind of database.
func (at *place) choose(text string) string {
	return choose(text, map[string]int{"postgresql": 0, "sqlite": 1}[at.kind])
}

func choose(text string, which int) string {
	var out strings.Builder
	for {
		before, rest, more := strings.Cut(text, "{")
		out.WriteString(before)
		if !more {
			return out.String()
		}
		words, after, _ := strings.Cut(rest, "}")
		out.WriteString(strings.Split(words, "|")[which])
		text = after
	}
}

// open opens the database with further keys, as name=value.
func (at *place) open(t *testing.T, more ...string) *provider {
	t.Helper()
	keys := map[string]string{}
	for k, v := range at.keys {
		keys[k] = v
	}
	for _, one := range more {
		name, value, _ := strings.Cut(one, "=")
		keys[name] = value
	}
	p, err := (&Type{Folder: at.folder}).Open(broker.Instance{Name: "db", Mode: broker.NoSignIn, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p.(*provider)
}

// call calls a method the way the catalogue does, with inputs as JSON.
func (at *place) call(t *testing.T, p *provider, object, method, inputs string, more ...func(*broker.Call)) (broker.Result, error) {
	t.Helper()
	objects, err := p.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o, _ := broker.Find(objects, object)
	m, ok := o.Method(method)
	if !ok {
		t.Fatalf("%s has no %s", object, method)
	}
	c := broker.Call{Object: object, Method: method}
	for _, with := range more {
		with(&c)
	}
	var given map[string]any
	d := json.NewDecoder(strings.NewReader(inputs))
	d.UseNumber()
	if err := d.Decode(&given); err != nil {
		t.Fatal(err)
	}
	if c.Inputs, err = broker.Inputs(o, m, given); err != nil {
		t.Fatal(err)
	}
	if c.Filter, err = c.Filter.For(o, m); err != nil {
		t.Fatal(err)
	}
	return p.Call(t.Context(), c)
}

// says is a result, or a refusal, as text.
func says(r broker.Result, err error) string {
	if err != nil {
		text := err.Error()
		if e, ok := errors.AsType[*signoff.Error](err); ok {
			text = e.Detail
		}
		return signoff.CodeOf(err) + " " + kindText(err) + ": " + text
	}
	var v any = r.Row
	if r.Rows != nil {
		v = r.Rows
	}
	text, _ := json.Marshal(v)
	return string(text)
}

func kindText(err error) string {
	if signoff.KindOf(err) == signoff.Unavailable {
		return "passes"
	}
	return "stays"
}
