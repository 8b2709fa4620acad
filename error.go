package signoff

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of refusal an Error is. It decides the HTTP status, the
// exit code and whether the error is logged.
type Kind uint8

const (
	Internal        Kind = iota // our fault; logged, its detail shown to nobody
	Invalid                     // the request cannot be right, whoever sends it
	Unauthenticated             // we do not know who is asking
	Forbidden                   // we know, and they may not
	NotFound                    // not there, or not there for this caller
	Conflict                    // right a moment ago, but something has changed
	Unavailable                 // try again later
	TooLarge                    // over a stated limit
	TooMany                     // too often
)

// Error is a refusal that may reach a person. Detail says what happened in one
// sentence, Hint what to do about it. Neither ever holds a secret.
//
// Detail and Hint may mention people as "{user:7}" and moments as
// "{2026-11-23T14:02:00Z}"; whoever shows them puts in names and local time
// with Tell.
type Error struct {
	Kind   Kind
	Code   string // stable, kebab-case, listed in package api
	Detail string
	Hint   string
	Fields []FieldError // what is wrong where, for Invalid
	Err    error        // the cause, for the log
}

// FieldError says what is wrong with one part of a request or file.
type FieldError struct {
	Field  string `json:"field"`            // "body.days", "Activity_1", "line 12"
	Detail string `json:"detail"`           // what is wrong
	Advice string `json:"advice,omitempty"` // what to do
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Field, f.Detail)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the Kind of the first Error in err's chain, Internal if there
// is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the Code of the first Error in err's chain, or "".
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// Tell returns text with each "{user:7}" or "{group:3}" replaced by name and
// each "{RFC 3339 time}" by the moment in loc, for people to read. An unknown
// principal reads "somebody".
func Tell(text string, name func(Principal) string, loc *time.Location) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			break
		}
		b.WriteString(text[:open])
		b.WriteString(tellOne(text[open:open+end+1], name, loc))
		text = text[open+end+1:]
	}
	b.WriteString(text)
	return b.String()
}

func tellOne(mark string, name func(Principal) string, loc *time.Location) string {
	inner := mark[1 : len(mark)-1]
	if p := Principal(inner); p.IsUser() || p.IsGroup() {
		if n := name(p); n != "" {
			return n
		}
		return "somebody"
	}
	if t, err := time.Parse(time.RFC3339Nano, inner); err == nil {
		return t.In(loc).Format("Monday 2 January 15:04 MST")
	}
	return mark
}

// At returns the mark that Tell turns into the moment t.
func At(t time.Time) string { return "{" + t.UTC().Format(time.RFC3339Nano) + "}" }

// Mention returns the mark that Tell turns into p's name.
func Mention(p Principal) string { return "{" + string(p) + "}" }
