package mailbox

import (
	"errors"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

// Codes that those who send and read mail tell apart; connector/mail has the
// same, but for mailboxes that are missing.
const (
	codeUnreachable = "mail-server-unreachable"
	codeSignIn      = "mail-sign-in-failed"
	codeNoMailbox   = "mailbox-missing"
	codeSender      = "mail-sender-refused"
	codeDoubtful    = "mail-doubtful"
	codeMailbox     = "mailbox-failed"
)

// Refused is an error of a mailbox, with how long it asked to be left alone.
type Refused struct {
	err  *signoff.Error
	wait time.Duration
}

func (r *Refused) Error() string { return r.err.Error() }

// Unwrap is the error as the rest of the program knows it.
func (r *Refused) Unwrap() error { return r.err }

// RetryAfter is how long the server asked to wait; 0: it did not.
func (r *Refused) RetryAfter() time.Duration { return r.wait }

// told turns an error of a backend into one of mail. What a mailbox, its rights
// or its credential lack concerns all mail and may be mended: that waits. What
// one mail lacks does not.
func told(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok {
		return err
	}
	out := *e
	out.Err = err
	switch e.Code {
	case exchange.CodeDoubtful:
		out.Code = codeDoubtful
	case exchange.CodeSignIn, exchange.CodeDenied, exchange.CodeImpersonate, "not-connected":
		out.Kind, out.Code = signoff.Unavailable, codeSignIn
	case exchange.CodeNoMailbox:
		out.Kind, out.Code = signoff.Unavailable, codeNoMailbox
	case exchange.CodeSendAs:
		out.Kind, out.Code = signoff.Unavailable, codeSender
	case exchange.CodeUnreachable, exchange.CodeNotExchange, exchange.CodeBusy, exchange.CodeFull:
		out.Kind, out.Code = signoff.Unavailable, codeUnreachable
	case exchange.CodeRecipients, exchange.CodeTooLarge, exchange.CodeRefused, exchange.CodeGone, exchange.CodeConflict:
	default:
		if e.Kind == signoff.Unavailable {
			out.Code = codeUnreachable
		}
	}
	return &Refused{&out, exchange.WaitOf(err)}
}

// ofOne is told for a request about one mail: what was refused for reasons of
// its own is no trouble of the mailbox.
func ofOne(err error) error {
	switch signoff.CodeOf(err) {
	case exchange.CodeRefused, exchange.CodeConflict, exchange.CodeTooLarge:
		e, _ := errors.AsType[*signoff.Error](err)
		out := *e
		out.Kind, out.Code, out.Err = signoff.Unavailable, codeMailbox, err
		return &Refused{&out, 0}
	}
	return told(err)
}
