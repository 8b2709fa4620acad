package graph

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

const longestAsked = 24 * time.Hour // that Retry-After is believed

// refused explains an answer that is no success, and tells whether to repeat
// the request.
func (b *box) refused(r request, a *http.Response) (error, bool) {
	text, err := io.ReadAll(io.LimitReader(a.Body, maxRefusal))
	ref := &exchange.Refusal{Status: a.StatusCode, RequestID: cleaned(a.Header.Get("request-id"), 100), Wait: retryAfter(a.Header, b.s.now())}
	later := a.StatusCode == http.StatusTooManyRequests || a.StatusCode == http.StatusRequestTimeout || a.StatusCode >= 500 && a.StatusCode != http.StatusInsufficientStorage
	if !readRefusal(ref, text) {
		if !later && a.StatusCode != http.StatusUnauthorized && (err != nil || len(text) > 0 || a.StatusCode < 400) {
			return b.notGraph(r, a), false
		}
	}
	code := strings.ToLower(ref.Code)
	if ref.Wait > 0 && code != "errorexceededmessagelimit" { // that one is of sending alone
		b.lane.hold(b.s.now().Add(min(ref.Wait, longestWait)))
	}
	switch {
	case later && a.StatusCode != http.StatusTooManyRequests && r.once:
		return exchange.Doubt(r.doing, ref), false
	case later:
		return ref.Explain(r.doing, ""), true
	case code == "errorirresolvableconflict" && !r.once:
		return ref.Explain(r.doing, ""), true
	}
	return ref.Explain(r.doing, b.hint(r, ref)), false
}

// refusalBody is Graph's error object.
// https://learn.microsoft.com/graph/errors
type refusalBody struct {
	Error struct {
		Code    string      `json:"code"`
		Message string      `json:"message"`
		Inner   *innerError `json:"innerError"` // encoding/json reads "innererror" as well
	} `json:"error"`
}

type innerError struct {
	Code      string      `json:"code"`
	RequestID string      `json:"request-id"`
	Inner     *innerError `json:"innerError"`
}

// readRefusal reads an error object, and tells whether it is one. An outer code
// that says nothing gives way to the innermost.
func readRefusal(ref *exchange.Refusal, text []byte) bool {
	var body refusalBody
	if json.Unmarshal(text, &body) != nil || body.Error.Code == "" {
		return false
	}
	ref.Code, ref.Text = cleaned(body.Error.Code, 100), cleaned(body.Error.Message, 500)
	for in := body.Error.Inner; in != nil; in = in.Inner {
		if ref.RequestID == "" {
			ref.RequestID = cleaned(in.RequestID, 100)
		}
		if in.Code != "" && vague(body.Error.Code) {
			ref.Code = cleaned(in.Code, 100)
		}
	}
	return true
}

func vague(code string) bool {
	switch strings.ToLower(code) {
	case "badrequest", "unknownerror", "generalexception", "invalidrequest", "unauthorized", "forbidden", "accessdenied", "notfound":
		return true
	}
	return false
}

// retryAfter reads the header: seconds, or a moment (RFC 9110 §10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return min(time.Duration(min(n, int64(longestAsked/time.Second)))*time.Second, longestAsked)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), longestAsked)
	}
	return 0
}

// notGraph is the error of an answer that Graph cannot have given: a page of a
// proxy, a sign-in page, another server.
func (b *box) notGraph(r request, a *http.Response) error {
	what := cleaned(a.Header.Get("Content-Type"), 60)
	if to := a.Header.Get("Location"); to != "" {
		what = "a redirection"
	}
	if what == "" {
		what = "something without a type"
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange,
		Detail: fmt.Sprintf("%s: %s answered HTTP %d with %s, which Microsoft Graph does not%s.", r.doing, b.s.base.Host, a.StatusCode, what, requestID(a)),
		Hint:   "Something between here and there answered, as a proxy or a sign-in page, or the server address is that of another system. Whoever keeps the network has to let " + b.s.base.Host + " through."}
}

// unreachable is the error of a request that had no answer.
func unreachable(host, doing string, err error) error {
	e := &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeUnreachable, Err: err,
		Detail: fmt.Sprintf("%s: %s did not answer.", doing, host), Hint: "It is tried again by itself."}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		e.Detail = fmt.Sprintf("%s: there is no server called %s.", doing, host)
		e.Hint = "Check the server address, and that this machine can look up names on the internet."
		return e
	}
	if untrusted(err) {
		e.Detail = fmt.Sprintf("%s: the certificate of %s is not one that this machine trusts.", doing, host)
		e.Hint = "A proxy may be opening TLS: its certificate authority has to be among those this machine trusts. Otherwise the server address is wrong."
		return e
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		e.Detail = fmt.Sprintf("%s: no connection to %s.", doing, host)
		e.Hint = "A firewall may be in the way: this machine has to reach " + host + " on port 443."
	}
	return e
}

func untrusted(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	return plain
}
