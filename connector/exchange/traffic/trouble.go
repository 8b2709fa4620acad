package traffic

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

// Unanswered explains a request without an answer, and tells whether to make it
// again; once says that it must not be made twice. An error that the HTTP client
// gave by itself comes through: nothing was asked.
func Unanswered(ctx context.Context, host, doing string, once bool, err error) (explained error, again bool) {
	switch {
	case RefusedToAsk(err):
		return err, false
	case neverLeft(err):
		return Unreachable(host, doing, err), ctx.Err() == nil && !untrusted(err)
	case once:
		return exchange.Doubt(doing, err), false
	case ctx.Err() != nil:
		return ctx.Err(), false
	}
	return Unreachable(host, doing, err), true
}

// RefusedToAsk tells whether the HTTP client has its own reason: no token.
func RefusedToAsk(err error) bool {
	if _, ours := errors.AsType[*signoff.Error](err); ours {
		return true
	}
	var parks interface {
		ParksFor() (string, signoff.Principal, string)
	}
	return errors.As(err, &parks)
}

// neverLeft tells whether the server cannot have seen the request.
func neverLeft(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	_, noName := errors.AsType[*net.DNSError](err)
	return noName || untrusted(err)
}

func untrusted(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	return plain
}

// Unreachable is the error of a request that had no answer.
func Unreachable(host, doing string, err error) *signoff.Error {
	e := &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeUnreachable, Err: err,
		Detail: fmt.Sprintf("%s: %s did not answer.", doing, host), Hint: "It is tried again by itself."}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		e.Detail = fmt.Sprintf("%s: there is no server called %s.", doing, host)
		e.Hint = "Check the server address, and that this machine can look the name up."
		return e
	}
	if untrusted(err) {
		e.Detail = fmt.Sprintf("%s: the certificate of %s is not one that this machine trusts.", doing, host)
		e.Hint = "A proxy may be opening TLS, or the certificate is of the firm's own: then that certificate authority has to be among those this machine trusts. Otherwise the server address is wrong."
		return e
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		e.Detail = fmt.Sprintf("%s: no connection to %s.", doing, host)
		e.Hint = "A firewall may be in the way: this machine has to reach " + host + "."
	}
	return e
}

// HalfAnswered is the error of an answer that ended early or cannot be read, after
// a request that may be made again.
func HalfAnswered(host, doing, requestID string, err error) error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeUnreachable, Err: err, Hint: "It is tried again by itself.",
		Detail: fmt.Sprintf("%s: half of the answer of %s is missing, or it cannot be read%s.", doing, host, request(requestID))}
}

// TooLarge is the error of an answer of more than limit bytes.
func TooLarge(doing string, limit int64) error {
	return &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge, Hint: "Ask for fewer at a time.",
		Detail: fmt.Sprintf("%s: the answer is larger than %d MB.", doing, limit>>20)}
}
