package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

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

// migratePostgres brings the tables to the version this program knows, on a
// connection that may take as long as it takes. It does nothing to tables that
// are of that version, and nothing to newer ones but say so.
func (s *Store) migratePostgres(ctx context.Context) error {
	db := stdlib.OpenDB(*s.pg.patient())
	defer db.Close()
	db.SetMaxOpenConns(2) // one of them holds the lock
	p, err := pgProvider(db)
	if err != nil {
		return err
	}
	is, err := pgVersion(ctx, db)
	if err != nil {
		return err
	}
	knows := newest(p)
	if is > knows {
		return newer(s.where, is, knows)
	}
	if is == knows {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("update tables: %w", err)
	}
	return nil
}

func pgVersion(ctx context.Context, db *sql.DB) (is int64, err error) {
	var has, ours bool
	err = db.QueryRowContext(ctx, `select to_regclass('goose_db_version') is not null, to_regclass('workflow_version') is not null`).Scan(&has, &ours)
	if err != nil || !has {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from goose_db_version where is_applied`).Scan(&is)
	if err == nil && is > 0 && !ours {
		err = &signoff.Error{Kind: signoff.Unavailable, Code: codeUnusable, Detail: "the database has tables of another program; nothing was changed",
			Hint: "make a database for signoff alone"}
	}
	return is, err
}

func newest(p *goose.Provider) int64 { return p.ListSources()[len(p.ListSources())-1].Version }

func newer(what string, is, knows int64) error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: "data-newer",
		Detail: fmt.Sprintf("%s was written by a newer signoff (tables %d, this one knows %d); nothing was changed", what, is, knows),
		Hint:   "run the newer program, or put back a backup made before the update"}
}

// refuseNewer looks at an existing file without changing anything in it.
func refuseNewer(ctx context.Context, path string) error {
	if st, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && st.Size() == 0 {
		return nil
	}
	name, err := sqliteURL(path, url.Values{"mode": {"ro"}})
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return err
	}
	defer db.Close()
	var has int
	err = db.QueryRowContext(ctx, `select count(*) from sqlite_master where name = 'goose_db_version'`).Scan(&has)
	if err != nil || has == 0 {
		return err
	}
	var is int64
	if err := db.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from goose_db_version where is_applied`).Scan(&is); err != nil {
		return err
	}
	p, err := provider(db)
	if err != nil {
		return err
	}
	if knows := newest(p); is > knows {
		return newer("the data file "+path, is, knows)
	}
	return nil
}
