package sql

import (
	"context"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// Limits of one instance.
const (
	maxConns       = 8
	maxTables      = 500
	usualPage      = 100
	maxPage        = 1000
	maxRowBytes    = 8 << 20 // of one answer, as it comes from the database
	defaultSeconds = 30
	maxSeconds     = 170 // below the broker's own
	stayOpen       = 5 * time.Minute
)

// Type is the service type "sql".
type Type struct {
	// Dial opens connections to PostgreSQL; it says which addresses may be
	// reached. nil: any.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Roots are the authorities that certificates of servers are from. nil: the
	// system's.
	Roots *x509.CertPool
	// Folder is where SQLite files lie; paths are below it. "": none may be opened.
	Folder string
}

// About implements broker.Type.
func (t *Type) About() broker.About {
	return broker.About{Name: "sql", Title: "Database", Text: "Tables, views and statements of a PostgreSQL or SQLite database.",
		Modes: []broker.Mode{broker.Static, broker.NoSignIn},
		Keys: []broker.Key{
			{Name: "kind", Title: "Kind", Text: "postgresql, or sqlite for a file on this server, which nobody signs in to.", Kind: "choice", Choices: []string{"postgresql", "sqlite"}, Required: true, Default: "postgresql"},
			{Name: "server", Title: "Server", Text: "Name and port of a PostgreSQL server, as db.contoso.com:5432.", Kind: "text"},
			{Name: "database", Title: "Database", Text: "Name of the database. For SQLite the file, below the folder for such files, as orders.db.", Kind: "text", Required: true},
			{Name: "tls", Title: "Encryption", Text: "verify checks the server's certificate; require does not; none sends everything, the password too, in the clear.",
				Kind: "choice", Choices: []string{"verify", "require", "none"}, Default: "verify"},
			{Name: "schemas", Title: "Schemas", Text: "Which schemas of PostgreSQL are offered, separated by commas. Usually public.", Kind: "text", Default: "public"},
			{Name: "readOnly", Title: "Read only", Text: "Nothing can be changed, whatever the account may do. Statements run in a transaction that only reads.", Kind: "bool", Default: "true"},
			{Name: "seconds", Title: "Time limit", Text: "Seconds after which a statement is given up, 1 to 170.", Kind: "number", Default: "30", Harmless: true},
			{Name: "statements", Title: "Statements", Text: "Own statements as methods. Each begins with a line like \"-- name: overdue(customer text, days number)\"; " +
				"behind it stands one statement with :customer and :days where the values go.", Kind: "document"},
		}}
}

// provider is one database.
type provider struct {
	db         *sql.DB
	kind       dialect
	name       string // what people see of where it is
	server     string // "" for files
	schemas    []string
	readOnly   bool
	within     time.Duration
	statements []statement
	seen       known
	dial       func(ctx context.Context, network, address string) (net.Conn, error)
}

// Open implements broker.Type.
func (t *Type) Open(in broker.Instance) (broker.Provider, error) {
	var bad []signoff.FieldError
	refuse := func(key, detail, advice string) {
		bad = append(bad, signoff.FieldError{Field: key, Detail: detail, Advice: advice})
	}
	p := &provider{readOnly: in.Keys["readOnly"] != "false", dial: t.Dial}
	seconds, err := strconv.Atoi(in.Keys["seconds"])
	if in.Keys["seconds"] == "" {
		seconds, err = defaultSeconds, nil
	}
	if err != nil || seconds < 1 || seconds > maxSeconds {
		refuse("keys.seconds", "is not from 1 to 170", "Enter 30.")
	}
	p.within = time.Duration(seconds) * time.Second
	if in.Keys["kind"] == "sqlite" {
		p.kind = sqlite
	}
	if p.statements, err = readStatements(p.kind, in.Keys["statements"]); err != nil {
		refuse("keys.statements", err.Error(), "Begin each with a line as -- name: overdue(days number)")
	}
	for _, s := range strings.Split(in.Keys["schemas"], ",") {
		if s = strings.TrimSpace(s); s != "" {
			p.schemas = append(p.schemas, s)
		}
	}
	if len(p.schemas) == 0 {
		p.schemas = []string{"public"}
	}
	var system driver.Connector
	if p.kind == sqlite {
		system = p.file(t.Folder, in, refuse)
	} else {
		system = p.host(t, in, refuse)
	}
	if len(bad) > 0 {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "The settings of the database cannot be right.", Fields: bad}
	}
	p.db = sql.OpenDB(system)
	p.db.SetMaxOpenConns(maxConns)
	p.db.SetMaxIdleConns(2)
	p.db.SetConnMaxIdleTime(stayOpen)
	return p, nil
}

// Close implements broker.Provider.
func (p *provider) Close() error { return p.db.Close() }

// Test implements broker.Provider.
func (p *provider) Test(ctx context.Context, _ broker.Principal) []broker.Step {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var steps []broker.Step
	if p.server != "" && p.dial != nil {
		conn, err := p.dial(ctx, "tcp", p.server)
		if err != nil {
			return []broker.Step{{Name: "name", Found: p.server + " cannot be reached: " + inWords(err), Do: "Whoever runs the network lets this server reach it; or the name or port is wrong."}}
		}
		_ = conn.Close()
		steps = append(steps, broker.Step{Name: "name", OK: true, Found: p.server + " answers."})
	}
	if err := p.db.PingContext(ctx); err != nil {
		return append(steps, broker.Step{Name: "sign-in", Found: inWords(p.trouble(err)), Do: "Check name, password, database and encryption with whoever runs the database."})
	}
	steps = append(steps, broker.Step{Name: "sign-in", OK: true, Found: "The database " + p.name + " opens."})
	objects, err := p.Objects(ctx)
	if err != nil {
		return append(steps, broker.Step{Name: "tables", Found: inWords(err), Do: "The account needs the right to read the schemas."})
	}
	last := broker.Step{Name: "tables", OK: len(objects) > 0, Found: fmt.Sprintf("Tables, views and statements that can be used: %d.", len(objects))}
	if !last.OK {
		last.Do = "Check the schemas, and that the account may read something in them."
	}
	return append(steps, last)
}
