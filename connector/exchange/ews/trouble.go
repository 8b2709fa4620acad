package ews

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// refused explains an answer that is no success, and tells whether to repeat
// the request.
func (b *box) refused(r request, a *http.Response, host string) (error, bool) {
	text, _ := io.ReadAll(io.LimitReader(a.Body, traffic.MaxRefusal)) // half a refusal is one, too
	if isXML(a) {
		if root, err := readXML(bytes.NewReader(text), traffic.MaxRefusal); err == nil {
			if fault := root.kid("Body", "Fault"); fault != nil {
				b.s.learn(root)
				return b.judge(r, readFault(fault, a.StatusCode, traffic.RequestID(a)))
			}
		}
	}
	ref := &exchange.Refusal{Status: a.StatusCode, RequestID: traffic.RequestID(a), Wait: traffic.RetryAfter(a.Header, b.s.now()), Text: diagnosis(a.Header)}
	switch {
	case a.StatusCode == http.StatusUnauthorized:
		return b.access.Filled(ref.Explain(r.doing, b.unauthorised(ref, a.Header))), false
	case a.StatusCode == http.StatusForbidden:
		return b.access.Filled(ref.Explain(r.doing, b.forbidden(ref))), false
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
		b.lane.Hold(min(ref.Wait, longestHold))
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
	ref := &exchange.Refusal{Status: http.StatusOK, Code: traffic.Cleaned(n.val("ResponseCode"), 100), Text: traffic.Cleaned(n.val("MessageText"), 500), RequestID: id}
	readDetails(ref, n.kid("MessageXml"))
	return ref
}

// readFault reads a SOAP fault, of version 1.1 or 1.2: the request as a whole
// was refused.
func readFault(n *node, status int, id string) *exchange.Refusal {
	ref := &exchange.Refusal{Status: status, RequestID: id}
	if code := n.find("ResponseCode"); code != nil {
		ref.Code = traffic.Cleaned(strings.TrimSpace(code.text), 100)
	}
	for _, value := range []string{n.val("Code", "Subcode", "Value"), n.val("faultcode")} {
		if _, local, prefixed := strings.Cut(value, ":"); ref.Code == "" && prefixed && strings.HasPrefix(local, "Error") {
			ref.Code = traffic.Cleaned(local, 100)
		}
	}
	for _, text := range []*node{n.kid("detail", "Message"), n.kid("Detail", "Message"), n.kid("faultstring"), n.kid("Reason", "Text")} {
		if text != nil && ref.Text == "" {
			ref.Text = traffic.Cleaned(strings.TrimSpace(text.text), 500)
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
			ref.Text = traffic.Cleaned(ref.Text+" "+text, 500)
		case name == "BackOffMilliseconds":
			if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms > 0 {
				ref.Wait = traffic.Asked(ms, time.Millisecond)
			}
		case name == "InnerErrorResponseCode" && strings.EqualFold(ref.Code, "ErrorInternalServerError") && text != "" && !strings.EqualFold(text, "NoError"):
			ref.Code = traffic.Cleaned(text, 100)
		case name == "InnerErrorMessageText" && text != "":
			ref.Text = traffic.Cleaned(ref.Text+" "+text, 500)
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
	return traffic.Cleaned(reason, 500)
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
	return traffic.NotExchange(doing, host, "which Exchange Web Services do not", "not that of Exchange Web Services: it ends in /EWS/Exchange.asmx.", a)
}

// number reads a count as XML has it.
func number(text string) (int, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	return int(n), err == nil
}
