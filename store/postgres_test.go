package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
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

// column is a column as both databases describe it.
type column struct {
	table, name, kind string
	required          bool
	key               int // place in the primary key, 0 for none
}

func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	lite, pg := openAt(t, filepath.Join(t.TempDir(), "x.db")), openAt(t, pgtest.Database(t))
	a := columns(t, lite, `select m.name, c.name, case lower(c.type) when 'integer' then 'number' when 'blob' then 'bytes' else lower(c.type) end,
		c."notnull" or c.pk > 0, c.pk from sqlite_master m join pragma_table_info(m.name) c
		where m.type = 'table' and m.name not like 'sqlite_%' and m.name <> 'goose_db_version' order by m.name, c.name`)
	b := columns(t, pg, `select c.table_name, c.column_name, case c.data_type when 'bigint' then 'number' when 'bytea' then 'bytes' else c.data_type end,
			c.is_nullable = 'NO', coalesce(array_position(i.indkey::int[], c.ordinal_position::int), -1) + 1
		from information_schema.columns c join pg_index i on i.indrelid = c.table_name::regclass and i.indisprimary
		where c.table_schema = 'public' and c.table_name <> 'goose_db_version' and not exists (select 1 from pg_inherits p where p.inhrelid = c.table_name::regclass)
		order by c.table_name collate "C", c.column_name collate "C"`)
	if len(a) < 100 {
		t.Fatalf("only %d columns found", len(a))
	}
	for _, c := range a {
		if !slices.Contains(b, c) {
			t.Errorf("SQLite has %+v, PostgreSQL has not", c)
		}
	}
	for _, c := range b {
		if !slices.Contains(a, c) {
			t.Errorf("PostgreSQL has %+v, SQLite has not", c)
		}
	}
	var other int
	must(t, pg.row(t.Context(), `select count(*) from information_schema.columns where table_schema = 'public' and data_type = 'text'
		and table_name <> 'goose_db_version' and collation_name is distinct from 'C'`).Scan(&other))
	if other > 0 {
		t.Errorf("%d text columns are not ordered byte by byte, as on SQLite", other)
	}
}

func TestBothDatabasesHaveTheSameIndexes(t *testing.T) {
	lite, pg := openAt(t, filepath.Join(t.TempDir(), "x.db")), openAt(t, pgtest.Database(t))
	names := func(s *Store, query string) (out []string) {
		rows, err := s.query(t.Context(), query)
		must(t, err)
		must(t, eachRow(rows, func() error {
			var name string
			err := rows.Scan(&name)
			out = append(out, name)
			return err
		}))
		return out
	}
	a := names(lite, `select name from sqlite_master where type = 'index' and sql is not null order by name`)
	b := names(pg, `select c.relname from pg_class c join pg_index i on i.indexrelid = c.oid left join pg_constraint k on k.conindid = c.oid
		where c.relnamespace = 'public'::regnamespace and k.oid is null order by c.relname collate "C"`)
	if len(a) < 10 || !slices.Equal(a, b) {
		t.Errorf("SQLite: %v\nPostgreSQL: %v", a, b)
	}
}

func TestEveryTableIsDumped(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "x.db"))
	rows, err := s.query(t.Context(), `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name <> 'goose_db_version'`)
	must(t, err)
	n := 0
	must(t, eachRow(rows, func() error {
		var name string
		err := rows.Scan(&name)
		if name == "node" || name == "lease" {
			return err
		}
		for _, known := range tables {
			if known.name == name {
				n++
				return err
			}
		}
		t.Errorf("table %s is not among those that are dumped", name)
		return err
	}))
	if n != len(tables) {
		t.Errorf("%d tables, %d of them are dumped", len(tables), n)
	}
}

func TestEveryMigrationIsThereForBothDatabases(t *testing.T) {
	var names [2][]string
	for i, kind := range []string{"sqlite", "postgres"} {
		files, err := migrations.ReadDir("migrations/" + kind)
		must(t, err)
		for _, f := range files {
			names[i] = append(names[i], f.Name())
		}
	}
	if !slices.Equal(names[0], names[1]) {
		t.Errorf("SQLite: %v\nPostgreSQL: %v", names[0], names[1])
	}
}

func columns(t *testing.T, s *Store, query string) (out []column) {
	rows, err := s.query(t.Context(), query)
	must(t, err)
	must(t, eachRow(rows, func() error {
		var c column
		err := rows.Scan(&c.table, &c.name, &c.kind, &c.required, &c.key)
		out = append(out, c)
		return err
	}))
	return out
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
	dsn := pgtest.Database(t)
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
		other := pgtest.Database(t)
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
		other := pgtest.Database(t)
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
		dsn := pgtest.Database(t)
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
	beside := pgtest.Database(t) // what is in another schema disturbs nobody
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

func TestAServerThatGoesAwayAndComesBackLosesNothing(t *testing.T) {
	server := pgtest.Start(t)
	dsn := server.Database(t)
	s, err := Open(t.Context(), dsn, Options{Committers: 2})
	must(t, err)
	defer s.Close()
	scratch(t, s)
	var next, said atomic.Int64
	var kept sync.Map
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := int(next.Add(1))
				switch err := s.write(context.Background(), put(n)); {
				case err == nil:
					kept.Store(n, true)
					said.Add(1)
				case signoff.KindOf(err) != signoff.Unavailable:
					t.Errorf("%v", err)
				}
			}
		})
	}
	await := func(more int64) {
		for goal := said.Load() + more; said.Load() < goal; {
			time.Sleep(time.Millisecond)
		}
	}
	await(20)
	server.Halt()
	if err := s.Ping(t.Context()); signoff.KindOf(err) != signoff.Unavailable {
		t.Errorf("while it is away: %v", err)
	}
	must(t, server.Run())
	await(20)
	server.Kill()
	must(t, server.Run())
	await(20)
	close(stop)
	clients.Wait()
	must(t, s.Ping(t.Context())) // which also looks whether it can be written again
	lost := 0
	kept.Range(func(n, _ any) bool {
		var one int
		if err := s.row(t.Context(), `select n from scratch where n = $1`, n).Scan(&one); err != nil {
			lost++
		}
		return true
	})
	if lost > 0 {
		t.Fatalf("%d of %d that were acknowledged are gone", lost, said.Load())
	}
	must(t, s.Close())
	server.Halt()
	must(t, os.WriteFile(filepath.Join(server.Dir, "data", "standby.signal"), nil, 0o644))
	must(t, server.Run())
	refusedWith(t, dsn, "data-unusable", "read-only standby")
}

// wire stands between a store and its server, and breaks when told to.
type wire struct {
	net.Listener
	to string

	mu    sync.Mutex
	when  string // what must be on its way to the server
	after bool   // the server still gets it, and its answer is lost
	broke chan struct{}
}

func newWire(t *testing.T, dsn string) (*wire, string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	at := strings.Index(dsn, "@") + 1
	end := strings.LastIndex(dsn, "/")
	w := &wire{Listener: l, to: dsn[at:end]}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return w, dsn[:at] + l.Addr().String() + dsn[end:]
}

// breakAt makes the next connection that carries the words break, once.
func (w *wire) breakAt(words string, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.when, w.after, w.broke = words, after, make(chan struct{})
}

func (w *wire) breaks(b []byte) (breaks, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.when == "" || !strings.Contains(string(b), w.when) {
		return false, false
	}
	w.when = ""
	close(w.broke)
	return true, w.after
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer server.Close()
	var deaf atomic.Bool
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		b := make([]byte, 64<<10)
		for {
			n, err := server.Read(b)
			if deaf.Load() || err != nil {
				return
			}
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := client.Read(b)
		if err != nil {
			return
		}
		breaks, after := w.breaks(b[:n])
		if breaks && !after {
			return
		}
		if breaks {
			deaf.Store(true)
		}
		if _, err := server.Write(b[:n]); err != nil {
			return
		}
		if breaks {
			<-answered
			return
		}
	}
}

// named writes a row whose statement carries a name the wire can see, through
// the path that steps take.
func named(n int) func(*tx) error {
	return func(t *tx) error {
		return t.send(`insert into scratch (n, word) values ($1, $2)`, n, fmt.Sprintf("word-%d-", n))
	}
}

func TestAWriteWhoseConnectionBreaksBeforeItsCommitIsMadeAgainOnce(t *testing.T) {
	w, dsn := newWire(t, pgtest.Database(t))
	s := openAt(t, dsn)
	scratch(t, s)
	must(t, s.write(t.Context(), func(t *tx) error { _, err := t.exec(`alter table scratch add column word text`); return err }))
	must(t, s.write(t.Context(), named(1)))
	w.breakAt("word-2-", true)
	must(t, s.write(t.Context(), named(2)))
	<-w.broke
	w.breakAt("word-3-", false)
	must(t, s.write(t.Context(), named(3)))
	<-w.broke
	if n := count(t, s); n != 3 {
		t.Fatalf("%d rows", n)
	}
}

func TestACommitThatIsNotAnsweredIsSaidToBeInDoubtAndItsKeySettlesIt(t *testing.T) {
	w, dsn := newWire(t, pgtest.Database(t))
	s := openAt(t, dsn)
	key := Once{Key: "k", Digest: "d", At: time.Unix(1, 0)}
	do := func(t *tx) error { return key.put(t, 7) }
	for _, key.Key = range []string{"b", "c"} {
		w.breakAt(runs("commit"), true)
		err := s.write(t.Context(), do)
		<-w.broke
		if signoff.CodeOf(err) != "data-outcome-unknown" || signoff.KindOf(err) != signoff.Unavailable {
			t.Fatalf("got %v", err)
		}
		done, ok := errors.AsType[*OnceDone](s.write(t.Context(), do))
		if !ok || done.Instance != 7 {
			t.Fatal("it was done, and nobody says so")
		}
	}
}

// runs is what stands in a message that executes a statement the driver has
// prepared: its name between two zeros.
func runs(statement string) string {
	sum := sha256.Sum256([]byte(statement))
	return "\x00stmtcache_" + hex.EncodeToString(sum[:24]) + "\x00"
}

func TestAWriteThatMetAnotherIsMadeAgain(t *testing.T) {
	s := openAt(t, pgtest.Database(t))
	scratch(t, s)
	for code, want := range map[string]int{"40001": 3, "40P01": 3, "22012": 2} {
		runs := 0
		err := s.write(t.Context(), func(tx *tx) error {
			runs++
			if runs < 3 {
				_, err := tx.exec(`do $$ begin raise exception 'met' using errcode = '` + code + `'; end $$`)
				return err
			}
			return nil
		})
		if runs != want || (err == nil) != (want == 3) {
			t.Errorf("%s: ran %d times, %v", code, runs, err)
		}
	}
}

// A server whose machine sleeps in the middle of a transaction holds a row that
// others need. They get it after a moment, and what it was about to do is done
// when it wakes.
func TestAServerThatStandsStillHoldsNobodyUpForLong(t *testing.T) {
	dsn := pgtest.Database(t)
	a, b := openAt(t, dsn+"?idle_in_transaction_session_timeout=200"), openAt(t, dsn)
	if ms := b.pg.write.RuntimeParams["idle_in_transaction_session_timeout"]; ms != "5000" {
		t.Errorf("a server may stand still for %s ms", ms)
	}
	scratch(t, a)
	must(t, a.write(t.Context(), func(tx *tx) error { _, err := tx.exec(`insert into scratch (n) values (0)`); return err }))
	add := func(n int) func(*tx) error {
		return func(tx *tx) error { _, err := tx.exec(`update scratch set n = n + $1`, n); return err }
	}
	asleep, woken := make(chan struct{}), make(chan struct{})
	var once sync.Once
	done := make(chan error)
	go func() {
		done <- a.write(t.Context(), func(tx *tx) error {
			err := add(1)(tx)
			once.Do(func() { close(asleep); <-woken })
			return err
		})
	}()
	<-asleep
	began := time.Now()
	must(t, b.write(t.Context(), add(10)))
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("another waited %v", took)
	}
	close(woken)
	must(t, <-done)
	var n int
	must(t, b.row(t.Context(), `select n from scratch`).Scan(&n))
	if n != 11 {
		t.Errorf("n is %d", n)
	}
}

func TestTwoServersShareTheWork(t *testing.T) {
	dsn := pgtest.Database(t)
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

func TestTheNextHostIsTriedWhenOneIsNotThere(t *testing.T) {
	dsn := pgtest.Database(t)
	s := openAt(t, strings.Replace(dsn, "@", "@127.0.0.1:1,", 1))
	must(t, s.Ping(t.Context()))
}

func TestTextThatPostgreSQLCannotKeepIsTheSameInBoth(t *testing.T) {
	for _, dsn := range []string{filepath.Join(t.TempDir(), "x.db"), pgtest.Database(t)} {
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
	dsn := pgtest.Database(t)
	pgtest.Exec(t, dsn, `alter database `+dsn[strings.LastIndex(dsn, "/")+1:]+` set synchronous_commit = off`)
	s := openAt(t, dsn)
	var is string
	must(t, s.write(t.Context(), func(tx *tx) error { return tx.row(`select current_setting('synchronous_commit')`).Scan(&is) }))
	if is != "on" {
		t.Fatalf("synchronous_commit is %s", is)
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	c := &impatientConn{Conn: client, silence: time.Millisecond}
	if _, err := c.Read(make([]byte, 1)); !lostConnection(err) {
		t.Fatalf("got %v", err)
	}
	must(t, c.SetReadDeadline(time.Now().Add(time.Hour)))
	go server.Write([]byte("x"))
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatalf("a deadline the driver has set was changed: %v", err)
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
