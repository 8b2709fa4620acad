package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store/pgtest"
)

func openAt(t testing.TB, dsn string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dsn, Options{Committers: 1})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// refusedWith opens a database that must be refused in one sentence.
func refusedWith(t *testing.T, dsn, code, words string) {
	t.Helper()
	s, err := Open(t.Context(), dsn, Options{})
	if err == nil {
		s.Close()
		t.Fatal("it was opened")
	}
	if !saysPlainly(err, code, words) {
		t.Fatalf("got %v", err)
	}
}

// saysPlainly tells whether an error is one sentence with advice, and no secret.
func saysPlainly(err error, code, words string) bool {
	e, ok := errors.AsType[*signoff.Error](err)
	return ok && e.Code == code && strings.Contains(e.Detail, words) && !strings.Contains(e.Detail, "\n") && e.Hint != "" &&
		!strings.Contains(fmt.Sprintf("%v %+v %s %s", err, e, e.Detail, e.Hint), "hunter2")
}

func TestADatabaseThatCannotBeUsedIsRefusedInOneSentence(t *testing.T) {
	dsn := pgtest.Empty(t)
	host, name := strings.TrimSuffix(dsn[:strings.LastIndex(dsn, "/")], "/"), dsn[strings.LastIndex(dsn, "/")+1:]
	as := func(user string) string { return strings.Replace(dsn, "signoff@", user+"@", 1) }
	pgtest.Exec(t, dsn, `create role guest_`+name+` login`)
	t.Run("an address nobody understands", func(t *testing.T) {
		refusedWith(t, "postgres://signoff:hunter2@localhost:x/y", "data-unusable", "cannot be understood")
	})
	t.Run("a server that is not there", func(t *testing.T) {
		refusedWith(t, "postgres://signoff:hunter2@127.0.0.1:1/y", "data-unusable", "cannot be reached")
	})
	t.Run("something that is not PostgreSQL", func(t *testing.T) {
		refusedWith(t, "postgres://signoff:hunter2@"+babble(t)+"/y", "data-unusable", "cannot be reached")
	})
	t.Run("a database that is not there", func(t *testing.T) {
		refusedWith(t, host+"/nowhere", "data-unusable", "does not exist")
	})
	t.Run("a user who is not there", func(t *testing.T) {
		refusedWith(t, as("nobody:hunter2"), "data-unusable", "does not accept this user name")
	})
	t.Run("a user who may not make tables", func(t *testing.T) {
		refusedWith(t, as("guest_"+name), "data-unusable", "does not let this user")
	})
	t.Run("text that is not UTF-8", func(t *testing.T) {
		pgtest.Exec(t, dsn, `create database ascii_`+name+` encoding 'SQL_ASCII' template template0 locale 'C'`)
		refusedWith(t, host+"/ascii_"+name, "data-unusable", "SQL_ASCII")
	})
	t.Run("tables of another program", func(t *testing.T) {
		other := pgtest.Empty(t)
		pgtest.Exec(t, other, `create table goose_db_version (id int, version_id bigint, is_applied bool); insert into goose_db_version values (1, 3, true)`)
		refusedWith(t, other, "data-unusable", "another program")
	})
	t.Run("tables of another program that counts no versions", func(t *testing.T) { refusesInhabited(t) })
	must(t, openAt(t, dsn).Close())
	t.Run("a user who may not change the tables", func(t *testing.T) {
		pgtest.Exec(t, dsn, `grant select on all tables in schema public to guest_`+name)
		refusedWith(t, as("guest_"+name), "data-unusable", "does not let this user read and change the table")
	})
	t.Run("a database that is read-only", func(t *testing.T) {
		other := pgtest.Empty(t)
		pgtest.Exec(t, other, `alter database `+other[strings.LastIndex(other, "/")+1:]+` set default_transaction_read_only = on`)
		refusedWith(t, other, "data-unusable", "is read-only")
	})
	t.Run("tables of a newer version", func(t *testing.T) {
		pgtest.Exec(t, dsn, `insert into goose_db_version (version_id, is_applied) values (9999, true)`)
		refusedWith(t, dsn, "data-newer", "newer")
	})
}

// refusesInhabited puts a stranger's table, view and the like into a database,
// and has a server, a restore and a look at the version refuse it untouched.
func refusesInhabited(t *testing.T) {
	file := filepath.Join(t.TempDir(), "backup")
	_, err := Backup(t.Context(), olderFile(t, 5, "Leave"), file, BackupOptions{})
	must(t, err)
	for _, theirs := range []string{`create table customers (id int)`, `create table account (id int)`, `create table workflow_version (id int)`, `create view names as select 1 as id`,
		`create materialized view sums as select 1 as id`, `create table parts (id int) partition by range (id)`,
		`create table goose_db_version (id int, version_id bigint, is_applied bool); create table customers (id int)`} {
		dsn := pgtest.Empty(t)
		pgtest.Exec(t, dsn, theirs)
		before := inhabitants(t, dsn)
		refusedWith(t, dsn, "data-unusable", "another program")
		if _, err := Restore(t.Context(), file, dsn, RestoreOptions{}); !saysPlainly(err, "data-unusable", "another program") {
			t.Errorf("%s: a restore said %v", theirs, err)
		}
		if _, _, err := TablesVersion(t.Context(), dsn, Options{}); !saysPlainly(err, "data-unusable", "another program") {
			t.Errorf("%s: a look said %v", theirs, err)
		}
		if after := inhabitants(t, dsn); after != before {
			t.Errorf("%s: it was changed from %s to %s", theirs, before, after)
		}
	}
	beside := pgtest.Empty(t) // what is in another schema disturbs nobody
	pgtest.Exec(t, beside, `create schema theirs; create table theirs.account (id int); create sequence numbers;
		create table helpful (id int); alter extension plpgsql add table helpful`) // nor what came with an extension
	openAt(t, beside)
}

// inhabitants are the names of all there is in a database.
func inhabitants(t *testing.T, dsn string) (names string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	must(t, err)
	defer db.Close()
	must(t, db.QueryRowContext(t.Context(), `select string_agg(relname, ' ' order by relname) from pg_class where relnamespace = 'public'::regnamespace`).Scan(&names))
	return names
}

// babble is a server that answers everything with the same words.
func babble(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "220 mail.contoso.test ESMTP\r\n")
			c.Close()
		}
	}()
	return l.Addr().String()
}

func TestTwoServersShareTheWork(t *testing.T) {
	dsn := pgtest.Empty(t)
	a, b := openAt(t, dsn), openAt(t, dsn)
	const n = 60
	must(t, a.write(t.Context(), func(tx *tx) error {
		for i := range n {
			if _, err := tx.exec(`insert into outbox (key, instance, ref, workflow, version, kind, due, attempt, holder, last_error, body)
				values ($1, 1, 1, 1, 1, 'email', 1, 0, '', '', '{}')`, fmt.Sprint(i)); err != nil {
				return err
			}
			if _, err := tx.exec(`insert into timer (instance, seq, due, attempt) values ($1, 1, 1, 0)`, i); err != nil {
				return err
			}
		}
		return nil
	}))
	var jobs, timers, ids, made atomic.Int64
	var seen sync.Map
	var wg sync.WaitGroup
	for i, s := range []*Store{a, b, a, b} {
		wg.Go(func() {
			for range n {
				got, err := s.TakeJobs(t.Context(), fmt.Sprint(i), engine.DoEmail, time.Unix(1, 0), time.Hour, 3)
				if err != nil {
					t.Error(err)
				}
				jobs.Add(int64(len(got)))
				due, err := s.DueTimers(t.Context(), time.Unix(1, 0), 3)
				if err != nil {
					t.Error(err)
				}
				timers.Add(int64(len(due)))
				id, err := s.NewInstance(t.Context())
				if _, twice := seen.LoadOrStore(id, true); twice || err != nil {
					t.Errorf("number %d again (%v)", id, err)
				}
				ids.Add(1)
			}
			if _, first, err := s.CreateFirstAccount(t.Context(), Account{Login: fmt.Sprint("admin", i), Name: "A"}, "x"); err != nil {
				t.Error(err)
			} else if first {
				made.Add(1)
			}
		})
	}
	wg.Wait()
	if jobs.Load() != n || timers.Load() != n || made.Load() != 1 {
		t.Fatalf("%d commands and %d timers taken of %d, %d first accounts", jobs.Load(), timers.Load(), n, made.Load())
	}
}

func TestTextThatPostgreSQLCannotKeepIsTheSameInBoth(t *testing.T) {
	for _, dsn := range []string{filepath.Join(t.TempDir(), "x.db"), pgtest.Empty(t)} {
		s := openAt(t, dsn)
		g, err := s.CreateGroup(t.Context(), Group{Name: "a\x00b\xffc", Key: "k\x00"})
		must(t, err)
		got, ok, err := s.Group(t.Context(), g.ID)
		if err != nil || !ok || got.Name != "a\uFFFDb\uFFFDc" {
			t.Errorf("%q, %v", got.Name, err)
		}
		if again, err := s.CreateGroup(t.Context(), Group{Name: "x", Key: "k\x00"}); err == nil {
			t.Errorf("the same key was stored twice: %+v", again)
		}
	}
}

func TestAcknowledgedMeansOnDiskWhateverTheDatabaseIsSetTo(t *testing.T) {
	dsn := pgtest.Empty(t)
	pgtest.Exec(t, dsn, `alter database `+dsn[strings.LastIndex(dsn, "/")+1:]+` set synchronous_commit = off`)
	s := openAt(t, dsn)
	var is string
	must(t, s.write(t.Context(), func(tx *tx) error { return tx.row(`select current_setting('synchronous_commit')`).Scan(&is) }))
	if is != "on" {
		t.Fatalf("synchronous_commit is %s", is)
	}
}

func TestEveryAnswerOfThePostgreSQLServerThatMattersIsSaidInWords(t *testing.T) {
	for code, words := range map[string]string{"53100": "disk is full", "53300": "no connection left", "53200": "run out", "58030": "cannot read or write",
		"XX001": "is damaged", "57P01": "cannot be reached", "25006": "read-only", "40P01": "other work", "57014": "other work", "42P01": "not the tables of this version"} {
		err := explainPostgres("the database x on y", fmt.Errorf("insert: %w", &pgconn.PgError{Code: code, Message: "words\nmore"}))
		e, ok := errors.AsType[*signoff.Error](err)
		if !ok || e.Kind != signoff.Unavailable || !strings.Contains(e.Detail, words) || strings.Contains(e.Detail, "\n") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := explainPostgres("x", &pgconn.PgError{Code: "22012"}); signoff.KindOf(err) != signoff.Internal {
		t.Errorf("a mistake of ours is said to be theirs: %v", err)
	}
}
