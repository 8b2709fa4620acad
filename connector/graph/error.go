package graph

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// Codes of what can go wrong, for programs. Package api describes them.
const (
	CodeSignIn      = "graph-sign-in-failed" // the application's credential or registration
	CodeForbidden   = "graph-forbidden"      // a right is missing
	CodeUnavailable = "graph-unavailable"    // try again later
	CodeAnswer      = "graph-answer"         // what came back cannot be used
	CodeRefused     = "graph-refused"        // anything else
)

// ErrStartAnew says that Graph has forgotten what it told us: ask from the
// beginning.
var ErrStartAnew = errors.New("graph has forgotten where we stood")

// Error is what Graph or the token endpoint refused, and what Microsoft's
// support asks for.
type Error struct {
	Status          int    // of HTTP; 0: there was no answer
	Code            string // Graph's, or AADSTS and a number
	Reason          string // in words
	RequestID       string // theirs
	ClientRequestID string // ours, which they keep too
	RetryAfter      time.Duration

	signIn    bool   // the token endpoint said so
	transient bool   // trying again may help
	answer    bool   // there is an answer, but not a usable one
	claims    string // what the next token has to say, from a challenge
	err       error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("graph: ")
	if e.signIn {
		b.WriteString("token: ")
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	if e.Code != "" {
		b.WriteString(e.Code + ": ")
	}
	b.WriteString(e.Reason)
	if e.RequestID != "" {
		b.WriteString(" (request-id " + e.RequestID + ")")
	}
	if e.err != nil {
		b.WriteString(": " + e.err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.err }

// Explain makes of any error of this package one that may reach a person.
func Explain(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	out := &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnavailable, Detail: "Microsoft Graph: " + e.Reason, Err: err}
	switch {
	case e.signIn && !e.transient:
		out.Kind, out.Code = signoff.Conflict, CodeSignIn
		out.Detail = "Entra ID gives no token: " + e.Reason
		out.Hint = "compare tenant, client id and secret or certificate with the registration in Entra ID"
	case e.Status == http.StatusForbidden:
		out.Kind, out.Code = signoff.Conflict, CodeForbidden
		out.Hint = "the application needs User.Read.All and GroupMember.Read.All as application permissions, with an administrator's consent"
	case e.answer:
		out.Kind, out.Code = signoff.Conflict, CodeAnswer
		out.Hint = "if this address is really Microsoft's, a proxy on the way may have answered instead"
	case !e.transient:
		out.Kind, out.Code = signoff.Conflict, CodeRefused
	}
	if e.RequestID != "" {
		out.Hint = strings.TrimPrefix(out.Hint+"; ", "; ") + "Microsoft knows the request as " + e.RequestID
	}
	return out
}

func answerError(format string, about ...any) error {
	return &Error{Reason: fmt.Sprintf(format, about...), answer: true}
}

// pause tells how long to wait before attempt n+1, if there is to be one.
func (e *Error) pause(n int) (time.Duration, bool) {
	if !e.transient || n >= attempts || e.RetryAfter > longestWait {
		return 0, false
	}
	if e.RetryAfter > 0 {
		return e.RetryAfter, true
	}
	return time.Second << (n - 1), true
}

// refusalOf reads an answer that is not a success: Graph's
// {"error":{"code","message","innerError"}} or the token endpoint's
// {"error","error_description","error_codes"}.
func refusalOf(resp *http.Response, text []byte, id string, now time.Time) error {
	e := &Error{Status: resp.StatusCode, ClientRequestID: id, RequestID: clip(resp.Header.Get("request-id"), 64),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), now), claims: challengedClaims(resp.Header.Values("WWW-Authenticate"))}
	e.transient = slices.Contains([]int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, 509}, resp.StatusCode)
	var body struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
		Codes       []int           `json:"error_codes"`
		TraceID     string          `json:"trace_id"`
	}
	var inner struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Inner   struct {
			RequestID string `json:"request-id"`
		} `json:"innerError"`
	}
	if json.Unmarshal(text, &body) == nil {
		if json.Unmarshal(body.Error, &inner) == nil {
			e.Code, e.Reason = clip(inner.Code, 100), clip(inner.Message, 500)
			if e.RequestID == "" {
				e.RequestID = clip(inner.Inner.RequestID, 64)
			}
		} else if json.Unmarshal(body.Error, &e.Code) == nil {
			first, _, _ := strings.Cut(body.Description, "\r\n")
			first, _, _ = strings.Cut(first, " Trace ID:")
			e.transient = e.transient || e.Code == "temporarily_unavailable"
			e.Code, e.Reason, e.RequestID = clip(e.Code, 100), clip(first, 500), clip(body.TraceID, 64)
			if len(body.Codes) > 0 {
				e.Code = "AADSTS" + strconv.Itoa(body.Codes[0])
			}
		}
	}
	if e.Reason == "" {
		e.Reason = "it answered " + strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
		e.answer = !e.transient && resp.StatusCode/100 != 4
	}
	if startAnew(resp.StatusCode, e.Code) {
		return fmt.Errorf("%w: %w", ErrStartAnew, e)
	}
	return e
}

// missingIsNone turns "not found" into no error.
func missingIsNone(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound {
		return nil
	}
	return err
}

// startAnew knows how Graph says that a delta token is too old.
func startAnew(status int, code string) bool {
	return status == http.StatusGone || status == http.StatusBadRequest &&
		(strings.EqualFold(code, "resyncRequired") || strings.EqualFold(code, "syncStateNotFound") || strings.EqualFold(code, "syncStateInvalid"))
}

// retryAfter reads seconds or a date; 0 is not said.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(0, min(n, 86_400))) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, min(t.Sub(now), 24*time.Hour))
	}
	return 0
}

var claimsIn = regexp.MustCompile(`claims="([A-Za-z0-9+/=_-]+)"`)

// challengedClaims reads a claims challenge: what the next token must say.
func challengedClaims(headers []string) string {
	for _, h := range headers[:min(len(headers), 8)] {
		m := claimsIn.FindStringSubmatch(h)
		if m == nil {
			continue
		}
		text := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(m[1]), "=")
		if raw, err := base64.RawStdEncoding.DecodeString(text); err == nil && json.Valid(raw) {
			return string(raw)
		}
	}
	return ""
}
