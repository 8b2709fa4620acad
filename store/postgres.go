package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/signoffhq/signoff"
)

// pgServer is what a store on PostgreSQL knows about its database.
type pgServer struct {
	write, read *pgx.ConnConfig
}

// How long to wait for PostgreSQL. The server gives up before we do, so that
// what we hear is its reason and not silence.
const (
	connectTimeout   = 5 * time.Second
	statementTimeout = 50 * time.Second
	silence          = time.Minute

	// A server that is gone, or stands still, in the middle of a transaction
	// holds rows that others need. Nothing but the journey of one batch to the
	// next happens in that time.
	asleepWithin = 5 * time.Second
)

// oldestPostgres is the oldest major version still maintained.
const oldestPostgres = 14

// patient is how to connect for work that takes as long as it takes.
func (p *pgServer) patient() *pgx.ConnConfig {
	c := p.write.Copy()
	for _, name := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		c.RuntimeParams[name] = "0"
	}
	dialer := net.Dialer{Timeout: connectTimeout, KeepAlive: 15 * time.Second}
	c.DialFunc = dialer.DialContext
	return c
}

// Where is what to call the data at dsn when people are told of it: which file
// it is, or which database on which host. It is as good as nothing when the
// address cannot be understood.
func Where(dsn string) string {
	if path, err := sqlitePath(dsn); err == nil {
		return "the data file " + path
	}
	if isPostgres(dsn) {
		if _, where, err := pgParse(dsn, slog.New(slog.DiscardHandler)); err == nil {
			return where
		}
	}
	return "the database"
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

func openPostgres(ctx context.Context, dsn string, o Options) (*Store, error) {
	pg, where, err := pgParse(dsn, o.Log)
	if err != nil {
		return nil, err
	}
	s := &Store{where: where, log: o.Log, now: o.Now, pg: pg, hints: newHints()}
	if err := s.openPostgres(ctx, o); err != nil {
		err = s.explain(err)
		s.Close()
		return nil, err
	}
	s.where = "the server's data" // from now on strangers may read it
	return s, nil
}

func (s *Store) openPostgres(ctx context.Context, o Options) error {
	if err := s.migratePostgres(ctx); err != nil {
		return err
	}
	db := stdlib.OpenDB(*s.pg.write)
	db.SetMaxOpenConns(o.Committers + 2) // and one for numbers, one to say that this node lives
	db.SetMaxIdleConns(o.Committers + 2)
	var err error
	if s.writer, err = startWriter(db, s, o.Committers); err != nil {
		db.Close()
		return err
	}
	s.read = stdlib.OpenDB(*s.pg.read)
	s.read.SetMaxOpenConns(o.Readers)
	s.read.SetMaxIdleConns(o.Readers)
	if err := s.pgRights(ctx); err != nil {
		return err
	}
	s.measure(ctx)
	s.readyMonths(ctx, s.Now())
	return nil
}

// pgParse reads an address and adds what this store relies on. Anything said
// there about timeouts and the like stands.
func pgParse(dsn string, log *slog.Logger) (*pgServer, string, error) {
	write, err := pgx.ParseConfig(dsn)
	if err != nil {
		cause := "it is not an address of a PostgreSQL database"
		if e, ok := errors.AsType[*pgconn.ParseConfigError](err); ok && errors.Unwrap(e) != nil {
			cause = oneLine(errors.Unwrap(e).Error())
		}
		return nil, "", &signoff.Error{Kind: signoff.Invalid, Code: codeUnusable, Detail: "the address of the database cannot be understood: " + cause,
			Hint: "write it as postgres://user:password@host:5432/database"}
	}
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	for name, value := range map[string]string{
		"application_name": "signoff", "statement_timeout": ms(statementTimeout), "lock_timeout": ms(statementTimeout / 2),
		"idle_in_transaction_session_timeout": ms(asleepWithin), "default_transaction_isolation": "read committed",
	} {
		if _, said := write.RuntimeParams[name]; !said {
			write.RuntimeParams[name] = value
		}
	}
	if write.ConnectTimeout == 0 || write.ConnectTimeout > connectTimeout {
		write.ConnectTimeout = connectTimeout
	}
	dialer := net.Dialer{Timeout: connectTimeout, KeepAlive: 15 * time.Second}
	write.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &impatientConn{Conn: conn, silence: silence}, nil
	}
	where := fmt.Sprintf("the database %s on %s", write.Database, write.Host)
	if write.Port != 5432 {
		where += ":" + strconv.Itoa(int(write.Port))
	}
	write.ValidateConnect = pgValidate(log)
	read := write.Copy()
	read.RuntimeParams["default_transaction_read_only"] = "on"
	return &pgServer{write, read}, where, nil
}

const isStandby = "is a read-only standby"

// unfit is a server that was reached and cannot keep our data.
type unfit struct{ what, hint string }

func (e *unfit) Error() string { return "the database " + e.what }

// pgValidate refuses a server that cannot keep our data, at every connection:
// after a failover it may be another one. Of several hosts the driver tries the
// next one then.
func pgValidate(log *slog.Logger) pgconn.ValidateConnectFunc {
	return func(ctx context.Context, c *pgconn.PgConn) error {
		r := c.ExecParams(ctx, `select pg_is_in_recovery()::text, current_setting('server_encoding'), current_setting('server_version_num'),
			current_setting('synchronous_commit'), current_setting('fsync')`, nil, nil, nil, nil).Read()
		if r.Err != nil {
			return r.Err
		}
		if len(r.Rows) != 1 || len(r.Rows[0]) != 5 {
			return &unfit{"is not PostgreSQL", "name a PostgreSQL database"}
		}
		said := func(i int) string { return string(r.Rows[0][i]) }
		version, _ := strconv.Atoi(said(2))
		switch {
		case said(0) == "true":
			return &unfit{isStandby, "name the primary, or all servers: postgres://user@one,two/database"}
		case said(1) != "UTF8":
			return &unfit{"keeps its text in " + said(1), "make a database with encoding 'UTF8'"}
		case version < oldestPostgres*10000:
			return &unfit{fmt.Sprintf("runs PostgreSQL %d", version/10000), fmt.Sprintf("PostgreSQL %d or newer is needed", oldestPostgres)}
		}
		if said(4) == "off" {
			log.Warn("the database does not wait for its disk (fsync = off): what was acknowledged can be lost", slog.String("server", c.ParameterStatus("server_version")))
		}
		if said(3) != "off" {
			return nil
		}
		// Nothing is acknowledged before it is on disk.
		return c.Exec(ctx, `set synchronous_commit = on`).Close()
	}
}

// pgRights finds out whether this user may do what a server does, before the
// first request does.
func (s *Store) pgRights(ctx context.Context) error {
	var missing sql.NullString
	err := s.read.QueryRowContext(ctx, `select min(c.relname) from pg_class c
		where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
		and not (has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
			and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete'))`).Scan(&missing)
	if err != nil {
		return err
	}
	if missing.Valid {
		return unusable(s.where, "does not let this user read and change the table "+missing.String,
			"let the user own the tables, or grant it select, insert, update and delete on them", nil)
	}
	return nil
}

// impatientConn gives up reading when the other side says nothing for long, as
// after a cable is pulled: without it a read would wait for ever.
type impatientConn struct {
	net.Conn
	silence time.Duration
	bounded bool // the driver has set a deadline of its own
}

func (c *impatientConn) Read(b []byte) (int, error) {
	if !c.bounded {
		if err := c.Conn.SetReadDeadline(time.Now().Add(c.silence)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}

func (c *impatientConn) SetDeadline(t time.Time) error {
	c.bounded = !t.IsZero()
	return c.Conn.SetDeadline(t)
}

func (c *impatientConn) SetReadDeadline(t time.Time) error {
	c.bounded = !t.IsZero()
	return c.Conn.SetReadDeadline(t)
}

// pgRow and pgQuery read. The driver prepares each text once on each
// connection. A connection the server has closed meanwhile is noticed only when
// it is used; then another one is.

func (s *Store) pgRow(ctx context.Context, query string, args []any) *sql.Row {
	for try := 0; ; try++ {
		row := s.read.QueryRowContext(context.WithoutCancel(ctx), query, storable(args)...)
		if err := row.Err(); err == nil || try == maxStale || !lostConnection(err) {
			return row
		}
	}
}

func (s *Store) pgQuery(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	for try := 0; ; try++ {
		rows, err := s.read.QueryContext(context.WithoutCancel(ctx), query, storable(args)...)
		if err == nil || try == maxStale || !lostConnection(err) {
			return rows, s.explain(err)
		}
	}
}

// maxStale is how many closed connections a read passes over.
const maxStale = 8

// ping asks for an answer soon: whoever asks wants to know about now.
func (s *Store) pgPing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	var standby bool
	var is int64
	var word string
	var err error
	for range maxStale {
		if err = s.read.QueryRowContext(ctx, pgState).Scan(&standby, &is, &word); err == nil || ctx.Err() != nil || !lostConnection(err) {
			break
		}
	}
	if err == nil && standby {
		err = unusable(s.where, "has become a read-only standby", "name the primary, or all servers: postgres://user@one,two/database", nil)
	}
	if err == nil {
		err = s.outdated(is, word)
	}
	return s.explain(err)
}

// pgState is what can change under a running server.
const pgState = `select pg_is_in_recovery(), (` + tablesVersion + `), coalesce(obj_description('goose_db_version'::regclass, 'pg_class'), '')`
