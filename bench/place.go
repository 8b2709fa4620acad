package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgserver"
)

// place is where databases are made to measure on.
type place interface {
	name() string     // "sqlite" or "postgres"
	describe() string // for the report
	fresh(ctx context.Context) (*site, error)
	cpu() time.Duration // used by a server on this machine so far
	close()
}

// site is one database that was empty when it was made.
type site struct {
	dsn    string
	folder string // of files of its own
	remove func() error
}

func openPlace(ctx context.Context, where, dir, serverDir string) (place, error) {
	switch where {
	case SQLite:
		return &files{dir: dir}, nil
	case Postgres:
		// Little of its memory is ever used; a server in earnest has more than the usual 128 MB.
		s, err := pgserver.Start(pgserver.Settings{In: serverDir, More: []string{"shared_buffers=512MB", "max_wal_size=4GB", "autovacuum_naptime=60s"}})
		if errors.Is(err, pgserver.ErrAbsent) {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "no-postgres", Detail: "PostgreSQL is not installed on this machine",
				Hint: "install it, or name an empty database with --store postgres://user@host/database"}
		}
		if err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		address, err := s.Create(ctx)
		if err != nil {
			s.Stop()
			return nil, fmt.Errorf("bench: %w", err)
		}
		p, err := openSchemas(ctx, address, dir)
		if err != nil {
			s.Stop()
			return nil, err
		}
		p.stop = s.Stop
		return p, nil
	}
	if u, err := url.Parse(where); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		return openSchemas(ctx, where, dir)
	}
	return nil, refuse("the store to measure is sqlite, postgres, or the address of an empty PostgreSQL database")
}

// files makes SQLite files.
type files struct {
	dir string
	n   int
}

func (*files) name() string       { return SQLite }
func (*files) describe() string   { return "SQLite, synchronous=full" }
func (*files) cpu() time.Duration { return 0 }
func (*files) close()             {}

func (f *files) fresh(context.Context) (*site, error) {
	f.n++
	dir := filepath.Join(f.dir, strconv.Itoa(f.n))
	// The name that a server's data folder has, so that one can be started on it.
	return &site{dsn: filepath.Join(dir, "signoff.db"), folder: dir, remove: func() error { return os.RemoveAll(dir) }}, os.Mkdir(dir, 0o700)
}

// schemas makes a schema for each database asked for.
type schemas struct {
	address string
	dir     string
	about   string
	pid     int // of the server, when it runs here
	n       int
	stop    func()
}

func openSchemas(ctx context.Context, address, dir string) (*schemas, error) {
	p := &schemas{address: address, dir: dir, stop: func() {}}
	err := p.do(ctx, func(c *pgx.Conn) error {
		var tables int
		if err := c.QueryRow(ctx, `select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where c.relkind in ('r', 'p', 'm', 'f') and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'`).Scan(&tables); err != nil {
			return err
		}
		if tables > 0 {
			return &signoff.Error{Kind: signoff.Conflict, Code: "data-not-empty", Detail: fmt.Sprintf("the database to measure on holds data already: %d tables", tables),
				Hint: "make an empty one for it, and do not use a server others depend on"}
		}
		var version, fsync, commit string
		var backend int
		if err := c.QueryRow(ctx, `select current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'), pg_backend_pid()`).
			Scan(&version, &fsync, &commit, &backend); err != nil {
			return err
		}
		p.about = fmt.Sprintf("PostgreSQL %s, fsync=%s, synchronous_commit=%s", version, fsync, commit)
		if isHere(c.Config().Host) {
			p.pid = parentOf(backend)
		}
		return nil
	})
	if _, ours := errors.AsType[*signoff.Error](err); err != nil && !ours {
		err = &signoff.Error{Kind: signoff.Unavailable, Code: "data-unusable", Detail: "the database to measure on cannot be used: " + err.Error(), Err: err}
	}
	return p, err
}

func isHere(host string) bool {
	ip := net.ParseIP(host)
	return filepath.IsAbs(host) || host == "localhost" || ip != nil && ip.IsLoopback()
}

func (*schemas) name() string         { return Postgres }
func (p *schemas) describe() string   { return p.about }
func (p *schemas) cpu() time.Duration { return treeTime(p.pid) }
func (p *schemas) close()             { p.stop() }

func (p *schemas) fresh(ctx context.Context) (*site, error) {
	p.n++
	name := "bench" + strconv.Itoa(p.n)
	u, err := url.Parse(p.address)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	dir := filepath.Join(p.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	remove := func() error {
		// Also when the run was interrupted.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		return errors.Join(os.RemoveAll(dir), p.exec(ctx, "drop schema "+name+" cascade"))
	}
	return &site{dsn: u.String(), folder: dir, remove: remove}, p.exec(ctx, "create schema "+name)
}

func (p *schemas) exec(ctx context.Context, statement string) error {
	return p.do(ctx, func(c *pgx.Conn) error { _, err := c.Exec(ctx, statement); return err })
}

func (p *schemas) do(ctx context.Context, fn func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, p.address)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	return fn(c)
}
