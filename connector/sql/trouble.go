package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/signoffhq/signoff"
)

// sqliteError is an error of SQLite, which has a number.
type sqliteError interface {
	error
	Code() int
}

// refusedByDatabase tells whether a transaction was given up for sure. What pgx
// says is safe to try again (pgconn.SafeToRetry) is no help: it says so of a
// connection that broke behind the commit, too.
func refusedByDatabase(err error) bool {
	_, pg := errors.AsType[*pgconn.PgError](err)
	_, lite := errors.AsType[sqliteError](err)
	return pg || lite || errors.Is(err, pgx.ErrTxCommitRollback) || errors.Is(err, sql.ErrTxDone) ||
		err == context.DeadlineExceeded || err == context.Canceled // as database/sql says it before it commits
}

// trouble is an error of the database in words, with its own code.
func (p *provider) trouble(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*signoff.Error](err); ok {
		return e
	}
	if _, ok := errors.AsType[doubtful](err); ok {
		return &signoff.Error{Kind: signoff.Invalid, Code: "service-doubtful", Detail: "the connection to the database " + p.name + " broke while a change was being kept: it may be there or not",
			Hint: "look in the database whether it is there; retry only if it is not", Err: err}
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return p.troublePostgres(e, err)
	}
	if e, ok := errors.AsType[sqliteError](err); ok {
		return troubleSQLite(e, err)
	}
	if _, ok := errors.AsType[*pgproto3.ExceededMaxBodyLenErr](err); ok {
		return tooMuch()
	}
	if errors.Is(err, context.DeadlineExceeded) && !connecting(err) {
		return p.tooSlow(err)
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: "service-unreachable", Detail: "the database " + p.name + " did not answer: " + cause(err), Err: err}
}

func (p *provider) tooSlow(err error) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "service-refused", Detail: fmt.Sprintf("the statement took longer than %s and was given up", p.within),
		Hint: "give the service more time, or let the statement look at less", Err: err}
}

// Errors of PostgreSQL that pass: the connection, resources, somebody at the
// server, other transactions (https://www.postgresql.org/docs/current/errcodes-appendix.html).
var passing = map[string]bool{"08": true, "40": true, "53": true, "57": true, "58": true, "55": true}

func (p *provider) troublePostgres(e *pgconn.PgError, err error) error {
	out := &signoff.Error{Kind: signoff.Invalid, Code: "service-refused", Detail: fmt.Sprintf("the database refused: %s (%s)", clip(e.Message), e.Code), Err: err}
	switch {
	case e.Code == "57014":
		return p.tooSlow(err)
	case e.Code == "25006":
		return onlyRead()
	case passing[e.Code[:min(2, len(e.Code))]]:
		out.Kind = signoff.Unavailable
	}
	return out
}

// What SQLite says of other connections and of the disk passes.
const (
	liteBusy, liteLocked, liteReadOnly, liteInterrupt, liteIO, liteAuth = 5, 6, 8, 9, 10, 23
)

func troubleSQLite(e sqliteError, err error) error {
	out := &signoff.Error{Kind: signoff.Invalid, Code: "service-refused", Detail: "the database refused: " + clip(e.Error()), Err: err}
	switch e.Code() & 0xff {
	case liteBusy, liteLocked, liteIO, liteInterrupt:
		out.Kind = signoff.Unavailable
	case liteReadOnly:
		return onlyRead()
	case liteAuth:
		out.Detail = "a statement may read and change rows here, and nothing else"
	}
	return out
}

func connecting(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

// cause is why no connection came about, without what it was to be made with.
func cause(err error) string {
	if e, ok := errors.AsType[*pgconn.ConnectError](err); ok && e.Unwrap() != nil {
		err = e.Unwrap()
	}
	return clip(err.Error())
}

// inWords is an error as a test tells it.
func inWords(err error) string {
	if e, ok := errors.AsType[*signoff.Error](err); ok {
		if e.Hint != "" {
			return e.Detail + "; " + e.Hint
		}
		return e.Detail
	}
	return clip(err.Error())
}

// clip keeps what others say short and on one line.
func clip(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}
