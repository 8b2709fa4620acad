package graph

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// refused explains an answer that is no success, and tells whether to repeat
// the request.
func (b *box) refused(r request, a *http.Response) (error, bool) {
	text, err := io.ReadAll(io.LimitReader(a.Body, traffic.MaxRefusal))
	ref := &exchange.Refusal{Status: a.StatusCode, RequestID: traffic.RequestID(a), Wait: traffic.RetryAfter(a.Header, b.s.now())}
	later := a.StatusCode == http.StatusTooManyRequests || a.StatusCode == http.StatusRequestTimeout || a.StatusCode >= 500 && a.StatusCode != http.StatusInsufficientStorage
	if !readRefusal(ref, text) {
		if !later && a.StatusCode != http.StatusUnauthorized && (err != nil || len(text) > 0 || a.StatusCode < 400) {
			return b.notGraph(r, a), false
		}
	}
	code := strings.ToLower(ref.Code)
	if ref.Wait > 0 && code != "errorexceededmessagelimit" { // that one is of sending alone
		b.lane.Hold(min(ref.Wait, traffic.LongestWait))
	}
	switch {
	case later && a.StatusCode != http.StatusTooManyRequests && r.once:
		return exchange.Doubt(r.doing, ref), false
	case later:
		return ref.Explain(r.doing, ""), true
	case code == "errorirresolvableconflict" && !r.once:
		return ref.Explain(r.doing, ""), true
	}
	return b.access.Filled(ref.Explain(r.doing, b.hint(r, ref))), false
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
	ref.Code, ref.Text = traffic.Cleaned(body.Error.Code, 100), traffic.Cleaned(body.Error.Message, 500)
	for in := body.Error.Inner; in != nil; in = in.Inner {
		if ref.RequestID == "" {
			ref.RequestID = traffic.Cleaned(in.RequestID, 100)
		}
		if in.Code != "" && vague(body.Error.Code) {
			ref.Code = traffic.Cleaned(in.Code, 100)
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

// notGraph is the error of an answer that Graph cannot have given: a page of a
// proxy, a sign-in page, another server.
func (b *box) notGraph(r request, a *http.Response) error {
	host := b.s.base.Host
	return traffic.NotExchange(r.doing, host, "which Microsoft Graph does not", "that of another system. Whoever keeps the network has to let "+host+" through.", a)
}
