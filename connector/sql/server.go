package sql

import (
	"context"
	"database/sql/driver"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/signoffhq/signoff/broker"
)

const connectWithin = 10 * time.Second

// host makes connections to a PostgreSQL server.
func (p *provider) host(t *Type, in broker.Instance, refuse func(key, detail, advice string)) driver.Connector {
	const example = "Enter one as db.contoso.com:5432."
	host, port, err := net.SplitHostPort(in.Keys["server"])
	if err != nil {
		host, port = in.Keys["server"], "5432"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if host == "" || n == 0 || err != nil || strings.ContainsAny(host, "/ ,@\\") { // a path would be a socket
		refuse("keys.server", "is no name of a server", example)
		return nil
	}
	// What the environment of the server says of other databases must not count.
	mode := map[string]string{"": "verify-full", "verify": "verify-full", "require": "require", "none": "disable"}[in.Keys["tls"]]
	address := url.URL{Scheme: "postgres", Host: net.JoinHostPort(host, port), Path: "/-", RawQuery: url.Values{"sslmode": {mode}, "user": {"-"}, "target_session_attrs": {"any"},
		"passfile": {os.DevNull}, "servicefile": {os.DevNull}, "sslcert": {""}, "sslkey": {""}, "sslrootcert": {""}}.Encode()}
	cfg, err := pgx.ParseConfig(address.String())
	if err != nil {
		refuse("keys.server", "cannot be used", example)
		return nil
	}
	cfg.Host, cfg.Port, cfg.Database, cfg.Fallbacks = host, uint16(n), in.Keys["database"], nil
	cfg.User, cfg.Password = in.User, in.Password.Reveal()
	if in.Mode == broker.NoSignIn {
		cfg.User = "signoff"
	}
	if cfg.TLSConfig != nil && !cfg.TLSConfig.InsecureSkipVerify {
		cfg.TLSConfig.RootCAs = t.Roots
	}
	cfg.ConnectTimeout = connectWithin
	// Nothing is prepared on connections, which may lead to a pooler, and may
	// outlive a change of the tables.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		f := pgproto3.NewFrontend(r, w)
		f.SetMaxBodyLen(maxRowBytes) // a longer row is not even read
		return f
	}
	if t.Dial != nil {
		cfg.DialFunc = t.Dial
		cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil } // Dial looks up and judges
	}
	cfg.RuntimeParams = map[string]string{"application_name": "signoff", "timezone": "UTC", "datestyle": "ISO",
		"statement_timeout": strconv.FormatInt(p.within.Milliseconds(), 10), "idle_in_transaction_session_timeout": "60000"}
	if p.readOnly {
		cfg.RuntimeParams["default_transaction_read_only"] = "on"
	}
	p.name, p.server = host+"/"+cfg.Database, net.JoinHostPort(host, port)
	return stdlib.GetConnector(*cfg)
}
