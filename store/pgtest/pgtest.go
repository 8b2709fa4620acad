//go:build unix

// Package pgtest gives tests a PostgreSQL server of their own (see package
// pgserver). It runs until the test program ends.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"

	"github.com/signoffhq/signoff/store/pgserver"
)

// Variable names the environment variable that makes tests run on PostgreSQL
// which otherwise use SQLite: SIGNOFF_TEST_STORE=postgres.
const Variable = "SIGNOFF_TEST_STORE"

// Choose returns where a test should keep its data: path, or, when the suite
// is run on PostgreSQL, a new database that goes by this path for the whole
// run: the same path gives the same database again. It has today's tables
// already, copied from one that was migrated once: migrating each would take
// most of a run.
func Choose(t testing.TB, path string) string {
	t.Helper()
	if os.Getenv(Variable) != "postgres" || strings.HasPrefix(path, "postgres://") {
		return path
	}
	chosen.Lock()
	defer chosen.Unlock()
	if chosen.byPath[path] == "" {
		chosen.byPath[path] = withTables(t)
	}
	return chosen.byPath[path]
}

// FileOnly skips a test of what only a file does when the suite is run on PostgreSQL.
func FileOnly(t testing.TB) {
	t.Helper()
	if os.Getenv(Variable) == "postgres" {
		t.Skip("this is about SQLite")
	}
}

// both skips a test that names its database itself when the suite is run on
// PostgreSQL: it has run with the ordinary suite.
func both(t testing.TB) {
	t.Helper()
	if os.Getenv(Variable) == "postgres" {
		t.Skip("this names its database itself, and runs without " + Variable)
	}
}

var chosen = struct {
	sync.Mutex
	byPath map[string]string
}{byPath: map[string]string{}}

// Prepare starts the common server when the suite is run on PostgreSQL. A
// package whose tests make stores where time stands still (testing/synctest)
// calls it first.
func Prepare() {
	if os.Getenv(Variable) == "postgres" {
		common.once.Do(startCommon)
	}
}

func startCommon() { common.server, common.err = pgserver.Start(pgserver.Settings{NoSync: true}) }

// Database makes a database on the common server that has today's tables, copied
// from one that was migrated once, and returns its address. The test is skipped
// when PostgreSQL is not installed.
func Database(t testing.TB) string {
	t.Helper()
	both(t)
	return withTables(t)
}

// Empty makes an empty database on the common server and returns its address.
// The test is skipped when PostgreSQL is not installed.
func Empty(t testing.TB) string {
	t.Helper()
	both(t)
	return empty(t)
}

func empty(t testing.TB) string {
	t.Helper()
	common.once.Do(startCommon)
	if errors.Is(common.err, pgserver.ErrAbsent) {
		t.Skip(absent)
	}
	if common.err != nil {
		t.Fatal(common.err)
	}
	return create(t, common.server)
}

var common struct {
	once   sync.Once
	server *pgserver.Server
	err    error
}

// Server is a PostgreSQL server of a test's own.
type Server struct{ *pgserver.Server }

// Start starts a server that only this test uses, so that it may be stopped and
// broken, and ends it with the test. The test is skipped when PostgreSQL is not
// installed.
func Start(t testing.TB) *Server {
	t.Helper()
	both(t)
	s, err := pgserver.Start(pgserver.Settings{})
	if errors.Is(err, pgserver.ErrAbsent) {
		t.Skip(absent)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return &Server{s}
}

const absent = "PostgreSQL is not installed here: what runs on it is not tested"

// Database makes an empty database and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return create(t, s.Server)
}

// withTables makes a database on the common server that store.Open finds as if
// it had migrated it before.
func withTables(t testing.TB) string {
	t.Helper()
	tables.once.Do(func() {
		address := empty(t)
		tables.err = migrate(address)
		tables.name = nameIn(address)
	})
	if tables.name == "" {
		t.Skip(absent)
	}
	if tables.err != nil {
		t.Fatal(tables.err)
	}
	return copyOf(t, tables.name)
}

// Copy makes a database that holds what one that Choose gave does. Nothing may
// be connected to that one.
func Copy(t testing.TB, address string) string {
	t.Helper()
	return copyOf(t, nameIn(address))
}

func copyOf(t testing.TB, name string) string {
	t.Helper()
	address, err := common.server.CreateFrom(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// nameIn is the name of the database at an address.
func nameIn(address string) string {
	name, _, _ := strings.Cut(address[strings.LastIndexByte(address, '/')+1:], "?")
	return name
}

var tables struct {
	once sync.Once
	name string
	err  error
}

// migrate reads the files where they lie: this package cannot import store,
// whose tests import it.
func migrate(address string) error {
	_, here, _, _ := runtime.Caller(0)
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer db.Close()
	files := os.DirFS(filepath.Join(filepath.Dir(here), "..", "migrations", "postgres"))
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	_, err = p.Up(context.Background())
	return err
}

func create(t testing.TB, s *pgserver.Server) string {
	t.Helper()
	address, err := s.Create(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// Standby starts a server that follows this one, which waits for it with every
// commit. It ends with the test.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	two, err := s.Server.Standby(true)
	if two != nil {
		t.Cleanup(two.Stop)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &Server{two}
}

// Exec executes a statement in a database of the server.
func (s *Server) Exec(t testing.TB, database, statement string) {
	t.Helper()
	Exec(t, s.Address(database), statement)
}

// Exec executes a statement in the database at an address.
func Exec(t testing.TB, address, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := pgserver.Exec(ctx, address, statement); err != nil {
		t.Fatalf("%s: %v", firstWords(statement), err)
	}
}

func firstWords(s string) string {
	return strings.Join(strings.Fields(s)[:min(6, len(strings.Fields(s)))], " ")
}
