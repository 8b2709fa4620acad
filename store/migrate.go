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

	"github.com/pressly/goose/v3"

	"github.com/signoffhq/signoff"
)

//go:embed migrations/sqlite/*.sql
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
	if knows := p.ListSources()[len(p.ListSources())-1].Version; is > knows {
		return &signoff.Error{Kind: signoff.Unavailable, Code: "data-newer",
			Detail: fmt.Sprintf("the data file %s was written by a newer signoff (tables %d, this one knows %d); nothing was changed", path, is, knows),
			Hint:   "run the newer program, or put back a backup made before the update"}
	}
	return nil
}
