package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/signoffhq/signoff"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// migrate brings the tables to the version this program knows. Forward only.
func migrate(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("update tables: %w", err)
	}
	return nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

func pgProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/postgres")
	if err != nil {
		return nil, err
	}
	// Nodes that start together update one after the other.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// migratePostgres brings the tables to the version this program knows. It does
// nothing to tables that are of that version, and nothing to newer ones but say so.
func (s *Store) migratePostgres(ctx context.Context) error {
	is, err := pgVersion(ctx, s.pg)
	switch {
	case err != nil:
		return err
	case is > newest():
		return newer(s.where, is, newest())
	case is == newest():
		s.leaveWordAfterAll(ctx)
		return nil
	}
	if err := pgUp(ctx, s.pg, newest()); err != nil {
		return err
	}
	return s.leaveWord(ctx)
}

// leaveWordAfterAll is for the case that whoever updated the tables died before
// it had left word. Going on without is not worse than it was.
func (s *Store) leaveWordAfterAll(ctx context.Context) {
	err := s.aside(ctx, func(tx pgx.Tx) error {
		var word *string
		err := tx.QueryRow(ctx, `select obj_description('goose_db_version'::regclass, 'pg_class')`).Scan(&word)
		if err != nil || word != nil {
			return err
		}
		return sayWord(ctx, tx)
	})
	if err != nil {
		s.log.Warn("servers that have not been updated may call themselves not ready", slog.Any("err", err))
	}
}

// worksSince is the oldest version of the tables whose program can go on
// working on those of this version: all that came since only added to them.
// A migration that a program of before would not survive raises it.
const worksSince = 8

// leaveWord tells nodes of before, which are still running, whether they can go
// on. It is said of the tables and not in them: a backup does not carry it.
func (s *Store) leaveWord(ctx context.Context) error {
	return s.aside(ctx, func(tx pgx.Tx) error { return sayWord(ctx, tx) })
}

func sayWord(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, fmt.Sprintf(`comment on table goose_db_version is '%s%d'`, wordSince, worksSince))
	return err
}

const wordSince = "programs can work on these tables that know version "

// outdated tells of tables that a newer node has updated while this one was
// running, unless that node left word that this one can go on. It is for
// PostgreSQL: nobody updates a file under a running server.
func (s *Store) outdated(is int64, word string) error {
	if is <= newest() {
		return nil
	}
	if since, err := strconv.ParseInt(strings.TrimPrefix(word, wordSince), 10, 64); err == nil && newest() >= since {
		return nil
	}
	err := newer(s.where, is, newest())
	err.Hint = "start this server again with the newer program"
	return err
}

// pgVersion returns which version the tables are of, 0 when there are none, and
// refuses a schema in which another program has its own.
func pgVersion(ctx context.Context, pg *pgServer) (is int64, err error) {
	db := stdlib.OpenDB(*pg.patient())
	defer db.Close()
	var has, ours, others bool
	if err := db.QueryRowContext(ctx, pgInhabitants).Scan(&has, &ours, &others); err != nil {
		return 0, err
	}
	if has {
		if err := db.QueryRowContext(ctx, tablesVersion).Scan(&is); err != nil {
			return 0, err
		}
	}
	if (!has || !ours) && (is > 0 || others) {
		return is, &signoff.Error{Kind: signoff.Unavailable, Code: codeUnusable, Detail: "the database has tables of another program; nothing was changed",
			Hint: "make a database for signoff alone"}
	}
	return is, nil
}

// pgInhabitants asks it all at once, as another node may be making the tables
// meanwhile: its first migration comes whole, workflow_version with the others.
// What came with an extension belongs to nobody.
const pgInhabitants = `select to_regclass('goose_db_version') is not null, to_regclass('workflow_version') is not null,
	exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname <> 'goose_db_version'
		and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'))`

// pgUp brings the tables to a version, on a connection that may take as long as
// it takes.
func pgUp(ctx context.Context, pg *pgServer, version int64) error {
	db := stdlib.OpenDB(*pg.patient())
	defer db.Close()
	db.SetMaxOpenConns(2) // one of them holds the lock
	p, err := pgProvider(db)
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("update tables: %w", err)
	}
	return nil
}

// newest is the version of the tables that this program knows.
var newest = sync.OnceValue(func() (version int64) {
	files, err := migrations.ReadDir("migrations/sqlite")
	if err != nil {
		panic(err) // it is in the program
	}
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			panic(err)
		}
		version = max(version, n)
	}
	return version
})

func newer(what string, is, knows int64) *signoff.Error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: "data-newer",
		Detail: fmt.Sprintf("%s was written by a newer signoff (tables %d, this one knows %d); nothing was changed", what, is, knows),
		Hint:   "run the newer program, or put back a backup made before the update"}
}

// refuseNewer looks at an existing file without changing anything in it.
func refuseNewer(ctx context.Context, path string) error {
	is, err := sqliteVersion(ctx, path)
	if err == nil && is > newest() {
		return newer("the data file "+path, is, newest())
	}
	return err
}

// sqliteVersion returns which version the tables of a file are of, 0 when there
// are none or no file.
func sqliteVersion(ctx context.Context, path string) (is int64, err error) {
	if st, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && st.Size() == 0 {
		return 0, nil
	}
	name, err := sqliteURL(path, url.Values{"mode": {"ro"}})
	if err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var has, ours, others bool
	err = db.QueryRowContext(ctx, `select count(*) filter (where name = 'goose_db_version') > 0, count(*) filter (where name = 'workflow_version') > 0,
		count(*) filter (where name <> 'goose_db_version') > 0
		from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%'`).Scan(&has, &ours, &others)
	if err == nil && has {
		err = db.QueryRowContext(ctx, tablesVersion).Scan(&is)
	}
	if err == nil && (!has || !ours) && (is > 0 || others) {
		err = unusable("the data file "+path, "is one of another program; nothing was changed", "name another folder with --data", nil)
	}
	return is, err
}

const tablesVersion = `select coalesce(max(version_id), 0) from goose_db_version where is_applied`

// TablesVersion returns which version the tables at dsn are of, 0 when there are
// none yet, and which one this program knows. It changes nothing, and a server
// may be running.
func TablesVersion(ctx context.Context, dsn string, o Options) (is, knows int64, err error) {
	o.fill()
	s := &Store{}
	if isPostgres(dsn) {
		if s.pg, s.where, err = pgParse(dsn, o.Log); err == nil {
			is, err = pgVersion(ctx, s.pg)
		}
		return is, newest(), s.explain(err)
	}
	path, err := sqlitePath(dsn)
	if err != nil {
		return 0, 0, err
	}
	s.where = "the data file " + path
	is, err = sqliteVersion(ctx, path)
	return is, newest(), s.explain(err)
}
