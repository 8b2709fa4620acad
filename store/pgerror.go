package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/signoffhq/signoff"
)

// explainPostgres is explain for PostgreSQL.
func explainPostgres(where string, err error) error {
	if _, ok := errors.AsType[*outcomeUnknown](err); ok {
		return &signoff.Error{Kind: signoff.Unavailable, Code: "data-outcome-unknown",
			Detail: "the connection to the database broke while this was being stored: perhaps it was",
			Hint:   "look, or repeat it with the same idempotency key", Err: err}
	}
	if _, ok := errors.AsType[*signoff.Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[*unfit](err); ok {
		return unusable(where, e.what, e.hint, err)
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return explainCode(where, e, err)
	}
	if lostConnection(err) {
		return unusable(where, "cannot be reached", "nothing is lost; it is tried again by itself", err)
	}
	return err
}

// explainCode goes by the code the server gives, and for the rest by its class.
func explainCode(where string, e *pgconn.PgError, err error) error {
	say := func(what, hint string) error { return unusable(where, what, hint, err) }
	switch e.Code {
	case "53100":
		return say("cannot grow: its disk is full", "make room; nothing that was acknowledged is lost")
	case "53300":
		return say("has no connection left for this server", "raise its max_connections, or close other programs")
	case "25006":
		return say("is read-only", "name the primary, or all servers: postgres://user@one,two/database")
	case "42501":
		return say("does not let this user do what a server must: "+oneLine(e.Message), "let the user own the database, or grant it what is missing")
	case "3D000":
		return say("does not exist", "make it: createdb --encoding=UTF8")
	case "3F000":
		return say("has no schema for the tables", "set the user's search_path to one that exists")
	case "42P01", "42703":
		return say("has not the tables of this version: "+oneLine(e.Message),
			"if a newer signoff has updated it, start this server again with that one; else put a backup in its place")
	case takenForGone:
		return say("took this server for gone", "nothing is lost; try it again")
	case "40001", "40P01", "55P03", "57014":
		return say("was kept from this by other work", "try again in a moment")
	case "0A000", "42601":
		return err // our own mistake
	}
	switch e.Code[:min(2, len(e.Code))] {
	case "28":
		return say("does not accept this user name and password", "check them, and the server's pg_hba.conf")
	case "08", "57":
		return say("cannot be reached: "+oneLine(e.Message), "nothing is lost; it is tried again by itself")
	case "53":
		return say("has run out of something: "+oneLine(e.Message), "give it more, or less to do")
	case "58":
		return say("cannot read or write its files", "look at its disk and log")
	case "XX":
		return say("is damaged: "+oneLine(e.Message), "look at its log; put a backup in its place")
	}
	return err
}

// Away tells whether Open failed because the database is not there, or not yet
// what it is to be: it starts, or a standby is about to take over.
func Away(err error) bool {
	if e, ok := errors.AsType[*unfit](err); ok {
		return e.what == isStandby
	}
	return err != nil && lostConnection(err)
}

// takenForGone (idle_in_transaction_session_timeout) is what a server hears that
// stood still in a transaction, which was undone.
const takenForGone = "25P03"

// lostConnection tells whether an error means that the server was not reached
// or went away.
func lostConnection(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "57P") || e.Code == takenForGone
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return !errors.Is(err, context.Canceled)
	}
	return errors.Is(err, errNoConnection) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.Timeout(err) || strings.Contains(err.Error(), "conn closed")
}

func oneLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}
