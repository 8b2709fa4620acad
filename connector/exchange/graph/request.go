package graph

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

const (
	maxAnswer    = 64 << 20 // of JSON: a page of mails with their bodies
	maxRefusal   = 64 << 10
	tries        = 5
	longestWait  = 30 * time.Second // that a request waits by itself; asked for more, it is the caller's to come again
	patience     = 60 * time.Second // in all
	maxIDBytes   = 2048
	userAgent    = "signoff"
	immutableIDs = `IdType="ImmutableId"`
)

// request is one request about a mailbox.
type request struct {
	doing  string // for people: "Sending the mail"
	method string
	path   string     // below the mailbox, escaped; or from "//" below Graph itself
	query  url.Values // joined to path
	prefer []string   // beside immutable ids
	body   any        // JSON; text is sent as it is, as text/plain
	into   any        // what the answer is read into; *io.ReadCloser gets it unread; nil: nothing
	need   permission

	// once: when it is not known whether it was done, it is not repeated. Reading,
	// and whatever has the same end when it is done twice, may be repeated.
	once bool

	// goneIsDone: when a repeated request finds nothing, the one before it did it.
	goneIsDone bool
}

// do makes a request, again when that may help and harms nothing.
func (b *box) do(ctx context.Context, r request) error {
	target, err := b.target(r)
	if err != nil {
		return err
	}
	body, kind, err := r.encoded()
	if err != nil {
		return err
	}
	var waited time.Duration
	for n := 1; ; n++ {
		err, again := b.attempt(ctx, r, target, body, kind)
		if n > 1 && r.goneIsDone && exchange.Gone(err) {
			return nil
		}
		if err == nil || !again || n == tries {
			return err
		}
		wait := exchange.WaitOf(err)
		if wait == 0 {
			wait = backoff(n)
		}
		if waited += wait; wait > longestWait || waited > patience {
			return err
		}
		if e := b.s.pause(ctx, wait); e != nil {
			return err
		}
	}
}

// backoff doubles from half a second, with a quarter of chance.
func backoff(n int) time.Duration {
	d := time.Duration(math.Pow(2, float64(n-1)) * float64(500*time.Millisecond))
	return d - time.Duration(mathrand.Int64N(int64(d/4)))
}

func (b *box) target(r request) (string, error) {
	u := *b.s.base
	below, ok := strings.CutPrefix(r.path, "//")
	if ok {
		below = "/" + below
	} else {
		below = b.root() + r.path
	}
	raw := u.EscapedPath() + below
	path, err := url.PathUnescape(raw)
	if err != nil {
		return "", fmt.Errorf("path %q: %w", raw, err)
	}
	u.Path, u.RawPath = path, raw
	u.RawQuery = strings.ReplaceAll(r.query.Encode(), "+", "%20") // Graph wants spaces so
	return u.String(), nil
}

func (r request) encoded() (body []byte, kind string, err error) {
	switch v := r.body.(type) {
	case nil:
		return nil, "", nil
	case string:
		return []byte(v), "text/plain", nil
	}
	body, err = json.Marshal(r.body)
	return body, "application/json", err
}

// attempt makes a request once; again tells whether to repeat it.
func (b *box) attempt(ctx context.Context, r request, target string, body []byte, kind string) (err error, again bool) {
	done, err := b.lane.turn(ctx)
	if err != nil {
		return err, false
	}
	defer done()
	if wait := b.lane.wait(b.s.now()); wait > 0 {
		if wait > longestWait {
			return (&exchange.Refusal{Status: http.StatusTooManyRequests, Text: "The mailbox asked for a pause.", Wait: wait}).Explain(r.doing, ""), false
		}
		if err := b.s.pause(ctx, wait); err != nil {
			return err, false
		}
	}
	timed, stop := context.WithTimeout(ctx, b.s.timeout)
	defer func() {
		if _, streams := r.into.(*io.ReadCloser); !streams || err != nil {
			stop()
		}
	}()
	req, err := http.NewRequestWithContext(timed, r.method, target, bytes.NewReader(body))
	if err != nil {
		return err, false
	}
	head(req, r.prefer)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	answer, err := b.http.Do(req)
	if err != nil {
		return b.unanswered(ctx, r, err)
	}
	if _, streams := r.into.(*io.ReadCloser); streams && answer.StatusCode == http.StatusOK {
		*r.into.(*io.ReadCloser) = &stream{answer.Body, stop}
		return nil, false
	}
	defer answer.Body.Close()
	return b.answered(r, answer)
}

// stream is a body that is read by the caller.
type stream struct {
	io.ReadCloser
	stop context.CancelFunc
}

func (s *stream) Close() error {
	defer s.stop()
	return s.ReadCloser.Close()
}

func head(req *http.Request, prefer []string) {
	req.Header.Set("Prefer", strings.Join(append([]string{immutableIDs}, prefer...), ", "))
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("client-request-id", guid())
	req.Header.Set("return-client-request-id", "true")
}

func guid() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// unanswered explains a request without an answer. An error that the HTTP client
// gave by itself comes through: nothing was asked.
func (b *box) unanswered(ctx context.Context, r request, err error) (error, bool) {
	if refusedToAsk(err) {
		return err, false
	}
	if neverLeft(err) {
		return unreachable(b.s.base.Host, r.doing, err), ctx.Err() == nil && !untrusted(err)
	}
	if r.once {
		return exchange.Doubt(r.doing, err), false
	}
	if ctx.Err() != nil {
		return ctx.Err(), false
	}
	return unreachable(b.s.base.Host, r.doing, err), true
}

// refusedToAsk tells whether the client has its own reason: no token.
func refusedToAsk(err error) bool {
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

// answered reads an answer.
func (b *box) answered(r request, a *http.Response) (error, bool) {
	if a.StatusCode < 200 || a.StatusCode > 299 {
		return b.refused(r, a)
	}
	if r.into == nil || a.StatusCode == http.StatusNoContent {
		_, err := io.Copy(io.Discard, io.LimitReader(a.Body, maxRefusal))
		_ = err // nothing in it is needed, and the status has said that it is done
		return nil, false
	}
	if !isJSON(a) {
		return b.notGraph(r, a), false
	}
	text, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		return &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge, Hint: "Ask for fewer at a time.",
			Detail: fmt.Sprintf("%s: the answer is larger than %d MB.", r.doing, maxAnswer>>20)}, false
	}
	if err == nil {
		err = json.Unmarshal(text, r.into)
	}
	if err == nil {
		return nil, false
	}
	if r.once { // it was done, and the answer that tells its id is lost
		return exchange.Doubt(r.doing, err), false
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeUnreachable, Err: err, Hint: "It is tried again by itself.",
		Detail: fmt.Sprintf("%s: half of the answer of %s is missing, or it cannot be read%s.", r.doing, b.s.base.Host, requestID(a))}, true
}

func isJSON(a *http.Response) bool {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

func requestID(a *http.Response) string {
	if id := cleaned(a.Header.Get("request-id"), 100); id != "" {
		return " (request " + id + ")"
	}
	return ""
}

// cleaned is text of a server as it may be shown.
func cleaned(text string, limit int) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

// segment is an id as a part of a path. What cannot be one is refused before
// anything is asked.
func segment(id, what string) (string, error) {
	bad := strings.ContainsFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=+/", r))
	})
	if id == "" || len(id) > maxIDBytes || bad {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: exchange.CodeGone, Detail: fmt.Sprintf("The id of the %s is empty or not whole.", what),
			Hint: "Pass it on as it was returned: upper and lower case count."}
	}
	return url.PathEscape(id), nil
}
