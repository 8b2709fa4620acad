package ews

import (
	"bytes"
	"crypto/tls"
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

const longestAsked = 24 * time.Hour // that a server's wish to wait is believed

// refused explains an answer that is no success, and tells whether to repeat
// the request.
func (b *box) refused(r request, a *http.Response, host string) (error, bool) {
	text, _ := io.ReadAll(io.LimitReader(a.Body, maxRefusal)) // half a refusal is one, too
	if isXML(a) {
		if root, err := readXML(bytes.NewReader(text), maxRefusal); err == nil {
			if fault := root.kid("Body", "Fault"); fault != nil {
				b.s.learn(root)
				return b.judge(r, readFault(fault, a.StatusCode, requestID(a)))
			}
		}
	}
	ref := &exchange.Refusal{Status: a.StatusCode, RequestID: requestID(a), Wait: retryAfter(a.Header, b.s.now()), Text: diagnosis(a.Header)}
	switch {
	case a.StatusCode == http.StatusUnauthorized:
		return ref.Explain(r.doing, b.unauthorised(ref, a.Header)), false
	case a.StatusCode == http.StatusForbidden:
		return ref.Explain(r.doing, b.forbidden(ref)), false
	case a.StatusCode == http.StatusRequestEntityTooLarge:
		return ref.Explain(r.doing, "The server takes no request of this size: its administrator raises maxAllowedContentLength of EWS, or the file is sent another way."), false
	case a.StatusCode < 400 || a.StatusCode == http.StatusNotFound || a.StatusCode == http.StatusMethodNotAllowed:
		return notExchange(r.doing, host, a), false
	}
	return b.judge(r, ref)
}

// judge tells what becomes of a request that was refused.
func (b *box) judge(r request, ref *exchange.Refusal) (error, bool) {
	if ref.Wait > 0 {
		b.lane.hold(b.s.now().Add(min(ref.Wait, longestHold)))
	}
	if !passing(ref) {
		return b.explain(r, ref), false
	}
	if r.once && !beforehand[strings.ToLower(ref.Code)] {
		return exchange.Doubt(r.doing, ref), false
	}
	return b.explain(r, ref), true
}

// passing tells whether a refusal may be gone the next time.
func passing(ref *exchange.Refusal) bool {
	code := strings.ToLower(ref.Code)
	return code == "errorbatchprocessingstopped" || ref.Meaning().Code == exchange.CodeBusy
}

// beforehand are the codes of requests that were turned away before anything was
// done.
var beforehand = map[string]bool{"errorserverbusy": true, "errorexceededconnectioncount": true, "errormailboxmoveinprogress": true, "errortoomanyobjectsopened": true}

// readRefusal reads a response message of class Error.
func readRefusal(n *node, id string) *exchange.Refusal {
	ref := &exchange.Refusal{Status: http.StatusOK, Code: cleaned(n.val("ResponseCode"), 100), Text: cleaned(n.val("MessageText"), 500), RequestID: id}
	readDetails(ref, n.kid("MessageXml"))
	return ref
}

// readFault reads a SOAP fault, of version 1.1 or 1.2: the request as a whole
// was refused.
func readFault(n *node, status int, id string) *exchange.Refusal {
	ref := &exchange.Refusal{Status: status, RequestID: id}
	if code := n.find("ResponseCode"); code != nil {
		ref.Code = cleaned(strings.TrimSpace(code.text), 100)
	}
	for _, value := range []string{n.val("Code", "Subcode", "Value"), n.val("faultcode")} {
		if _, local, prefixed := strings.Cut(value, ":"); ref.Code == "" && prefixed && strings.HasPrefix(local, "Error") {
			ref.Code = cleaned(local, 100)
		}
	}
	for _, text := range []*node{n.kid("detail", "Message"), n.kid("Detail", "Message"), n.kid("faultstring"), n.kid("Reason", "Text")} {
		if text != nil && ref.Text == "" {
			ref.Text = cleaned(strings.TrimSpace(text.text), 500)
		}
	}
	readDetails(ref, n.find("MessageXml"))
	return ref
}

// readDetails reads MessageXml: how long to wait, what was behind a code that
// says nothing, and where a request was wrong.
func readDetails(ref *exchange.Refusal, n *node) {
	for _, v := range n.children() {
		text := strings.TrimSpace(v.text)
		name := v.attr("Name")
		switch {
		case v.name == "Violation":
			ref.Text = cleaned(ref.Text+" "+text, 500)
		case name == "BackOffMilliseconds":
			if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms > 0 {
				ref.Wait = min(time.Duration(min(ms, int64(longestAsked/time.Millisecond)))*time.Millisecond, longestAsked)
			}
		case name == "InnerErrorResponseCode" && strings.EqualFold(ref.Code, "ErrorInternalServerError") && text != "" && !strings.EqualFold(text, "NoError"):
			ref.Code = cleaned(text, 100)
		case name == "InnerErrorMessageText" && text != "":
			ref.Text = cleaned(ref.Text+" "+text, 500)
		}
	}
}

// diagnosis is what Exchange says in a header about a token that it refuses:
// 2000003;reason="The token has expired.";error_category="token_lifetime".
func diagnosis(h http.Header) string {
	_, rest, ok := strings.Cut(h.Get("X-Ms-Diagnostics"), `reason="`)
	if !ok {
		return ""
	}
	reason, _, _ := strings.Cut(rest, `"`)
	return cleaned(reason, 500)
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

// codeOf is the server's code in an error, in lower case.
func codeOf(err error) string {
	if r, ok := errors.AsType[*exchange.Refusal](err); ok {
		return strings.ToLower(r.Code)
	}
	return ""
}

func gone(ref *exchange.Refusal) bool { return ref.Meaning().Code == exchange.CodeGone }

// notExchange is the error of an answer that Exchange cannot have given: a page
// of a proxy, a sign-in page, another server.
func notExchange(doing, host string, a *http.Response) error {
	what := cleaned(a.Header.Get("Content-Type"), 60)
	if a.Header.Get("Location") != "" {
		what = "a redirection"
	}
	if what == "" {
		what = "something without a type"
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange,
		Detail: fmt.Sprintf("%s: %s answered HTTP %d with %s, which Exchange Web Services do not%s.", doing, host, a.StatusCode, what, inBrackets(requestID(a))),
		Hint:   "Something between here and there answered, as a proxy or a sign-in page, or the server address is not that of Exchange Web Services: it ends in /EWS/Exchange.asmx."}
}

// unreachable is the error of a request that had no answer.
func unreachable(host, doing string, err error) error {
	e := &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeUnreachable, Err: err,
		Detail: fmt.Sprintf("%s: %s did not answer.", doing, host), Hint: "It is tried again by itself."}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		e.Detail = fmt.Sprintf("%s: there is no server called %s.", doing, host)
		e.Hint = "Check the server address, and that this machine can look the name up."
		return e
	}
	if untrusted(err) {
		e.Detail = fmt.Sprintf("%s: the certificate of %s is not one that this machine trusts.", doing, host)
		e.Hint = "If the server has a certificate of the firm's own authority, that authority has to be among those this server trusts. Otherwise the address is wrong, or a proxy opens TLS."
		return e
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		e.Detail = fmt.Sprintf("%s: no connection to %s.", doing, host)
		e.Hint = "A firewall may be in the way: this machine has to reach " + host + "."
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

// number reads a count as XML has it.
func number(text string) (int, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	return int(n), err == nil
}
