package sql

import (
	"context"
	"database/sql/driver"
	"errors"
	"net/url"
	"path/filepath"

	lite "modernc.org/sqlite"

	"github.com/signoffhq/signoff/broker"
)

// file makes connections to a SQLite file below folder.
func (p *provider) file(folder string, in broker.Instance, refuse func(key, detail, advice string)) driver.Connector {
	const example = "Enter a name as orders.db."
	name := in.Keys["database"]
	switch {
	case folder == "":
		refuse("keys.kind", "this server opens no SQLite files", "An administrator names their folder in the configuration: calls.files.")
		return nil
	case !filepath.IsLocal(name):
		refuse("keys.database", "is no path below the folder for SQLite files", example)
		return nil
	case in.Mode != broker.NoSignIn:
		refuse("mode", "a file takes no password", "Choose not to sign in.")
	}
	full := filepath.Join(folder, name)
	if real, err := filepath.EvalSymlinks(full); err == nil && !below(folder, real) {
		refuse("keys.database", "leads out of the folder for SQLite files", example)
		return nil
	}
	p.name = name
	q := url.Values{"_pragma": {"busy_timeout(5000)", "foreign_keys(1)", "trusted_schema(0)"}, "mode": {"rw"}}
	if p.readOnly {
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(1)")
	}
	c, err := lite.NewConnector((&url.URL{Scheme: "file", Opaque: url.PathEscape(full), RawQuery: q.Encode()}).String())
	if err != nil {
		refuse("keys.database", "cannot be opened under that name", example)
		return nil
	}
	return guarded{c}
}

// below tells whether a path that has no links lies in a folder.
func below(folder, path string) bool {
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return false
	}
	inside, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(inside)
}

// guarded lets statements read and change rows, and nothing else: other files
// (attach, vacuum into), settings (pragma) and tables stay as they are.
type guarded struct{ driver.Connector }

// Connect implements driver.Connector.
func (g guarded) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	guard, ok := c.(lite.AuthorizerRegisterer)
	if !ok {
		return nil, errors.Join(errors.New("SQLite cannot be kept to rows"), c.Close())
	}
	if err := guard.RegisterAuthorizer(rowsOnly); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func rowsOnly(action lite.AuthorizerActionCode, name, _, _, _ string) lite.AuthorizerReturnCode {
	switch action {
	case lite.AuthSelect, lite.AuthRead, lite.AuthFunction, lite.AuthRecursive, lite.AuthTransaction,
		lite.AuthInsert, lite.AuthUpdate, lite.AuthDelete:
		return lite.AuthorizerOK
	case lite.AuthPragma: // what tables are made of
		if name == "table_xinfo" {
			return lite.AuthorizerOK
		}
	}
	return lite.AuthorizerDeny
}
