package ews

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
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
	usualAnswer = 32 << 20
	maxRefusal  = 64 << 10
	tries       = 5
	longestWait = 30 * time.Second // that a request waits by itself; asked for more, it is the caller's to come again
	longestHold = time.Hour        // that a mailbox is left alone because it asked
	patience    = 60 * time.Second // in all
	userAgent   = "signoff"
	maxCookies  = 10
	maxCookie   = 4 << 10
)

// request is one operation on a mailbox.
type request struct {
	doing  string // for people: "Sending the mail"
	op     *node  // "m:SendItem"
	limit  int64  // of the answer; 0: usualAnswer
	items  int    // how many response messages there have to be; 0: one
	need   need
	header http.Header // beside the usual ones

	cookies *[]string // gets those that lead back to the same server, as name=value

	// once: when it is not known whether it was done, it is not repeated. Reading,
	// and whatever has the same end when it is done twice, may be repeated.
	once bool

	// goneIsDone: when a repeated request finds nothing, the one before it did it.
	goneIsDone bool
}

// message is the answer about one item: what stands in it, or the refusal.
type message struct {
	*node
	refusal *exchange.Refusal
}

// one carries out a request about one thing.
func (b *box) one(ctx context.Context, r request) (*node, error) {
	all, err := b.do(ctx, r)
	if err != nil {
		return nil, err
	}
	if ref := all[0].refusal; ref != nil {
		return nil, b.explain(r, ref)
	}
	return all[0].node, nil
}

// do carries out a request, again when that may help and harms nothing. What is
// refused for good about single items is in the messages.
func (b *box) do(ctx context.Context, r request) ([]message, error) {
	var waited time.Duration
	for n := 1; ; n++ {
		schema := b.s.schema()
		all, err, again := b.attempt(ctx, r, schema)
		if code := codeOf(err); (code == "errorinvalidserverversion" || code == "errorincorrectschemaversion") && b.s.older(schema) {
			n--
			continue
		}
		if err == nil && n > 1 && r.goneIsDone && len(all) == 1 && all[0].refusal != nil && gone(all[0].refusal) {
			return []message{{node: el("")}}, nil
		}
		if err == nil || !again || n == tries {
			return all, err
		}
		wait := exchange.WaitOf(err)
		if wait == 0 {
			wait = backoff(n)
		}
		if waited += wait; wait > longestWait || waited > patience {
			return nil, err
		}
		if e := b.s.pause(ctx, wait); e != nil {
			return nil, err
		}
	}
}

// backoff doubles from half a second, with a quarter of chance.
func backoff(n int) time.Duration {
	d := time.Duration(math.Pow(2, float64(n-1)) * float64(500*time.Millisecond))
	return d - time.Duration(mathrand.Int64N(int64(d/4)))
}

// envelope writes a request.
func (b *box) envelope(op *node, schema int) []byte {
	header := el("s:Header", el("t:RequestServerVersion").with("Version", versions[schema]))
	if b.impersonate && b.address != "" {
		header.add(el("t:ExchangeImpersonation", el("t:ConnectingSID", txt("t:PrimarySmtpAddress", b.address))))
	}
	header.add(el("t:TimeZoneContext", el("t:TimeZoneDefinition").with("Id", "UTC")))
	var out bytes.Buffer
	out.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
	el("s:Envelope", header, el("s:Body", op)).with("xmlns:s", nsSOAP).with("xmlns:t", nsTypes).with("xmlns:m", nsMessages).write(&out)
	return out.Bytes()
}

// attempt makes a request once; again tells whether to repeat it.
func (b *box) attempt(ctx context.Context, r request, schema int) (all []message, err error, again bool) {
	done, err := b.lane.turn(ctx)
	if err != nil {
		return nil, err, false
	}
	defer done()
	if err := b.heed(ctx, r); err != nil {
		return nil, err, false
	}
	timed, stop := context.WithTimeout(ctx, b.timeFor(r))
	defer stop()
	answer, host, err := b.send(timed, r, schema)
	if err != nil {
		err, again = b.unanswered(ctx, r, host, err)
		return nil, err, again
	}
	defer answer.Body.Close()
	if r.cookies != nil {
		*r.cookies = nil
		for _, c := range answer.Cookies() {
			if len(*r.cookies) < maxCookies && len(c.Value) < maxCookie {
				*r.cookies = append(*r.cookies, c.Name+"="+c.Value)
			}
		}
	}
	return b.answered(r, answer, host)
}

// timeFor is a minute, and more for what is large: 100 kB a second are enough.
func (b *box) timeFor(r request) time.Duration {
	size := r.limit
	for _, k := range []string{"m:Attachments", "m:Items"} {
		for _, item := range r.op.kid(k).children() {
			for _, part := range item.children() {
				size += int64(len(part.text))
			}
		}
	}
	return b.s.timeout + time.Duration(size/100_000)*time.Second
}

// heed waits as long as the mailbox has asked everybody to.
func (b *box) heed(ctx context.Context, r request) error {
	wait := b.lane.wait(b.s.now())
	switch {
	case wait <= 0:
		return nil
	case wait > longestWait:
		return (&exchange.Refusal{Code: "ErrorServerBusy", Text: "The mailbox asked for a pause.", Wait: wait}).Explain(r.doing, "")
	}
	return b.s.pause(ctx, wait)
}

// send posts a request; host is where it went.
func (b *box) send(ctx context.Context, r request, schema int) (answer *http.Response, host string, err error) {
	at, err := b.endpoint(ctx)
	if err != nil {
		return nil, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), bytes.NewReader(b.envelope(r.op, schema)))
	if err != nil {
		return nil, at.Host, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("Accept", "text/xml")
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("client-request-id", guid())
	req.Header.Set("return-client-request-id", "true")
	if b.address != "" {
		req.Header.Set("X-AnchorMailbox", b.address)
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	answer, err = b.ask(req)
	return answer, at.Host, err
}

// endpoint is the address of the mailbox's server.
func (b *box) endpoint(ctx context.Context) (*url.URL, error) {
	if b.s.base != nil {
		return b.s.base, nil
	}
	return b.discovered(ctx)
}

// ask makes an HTTP request with the credential.
func (b *box) ask(req *http.Request) (*http.Response, error) {
	if b.access.User == "" {
		return b.http.Do(req)
	}
	return b.s.signIn(b.access).roundTrip(req)
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
func (b *box) unanswered(ctx context.Context, r request, host string, err error) (error, bool) {
	if refusedToAsk(err) {
		return err, false
	}
	if neverLeft(err) {
		return unreachable(host, r.doing, err), ctx.Err() == nil && !untrusted(err)
	}
	if r.once {
		return exchange.Doubt(r.doing, err), false
	}
	if ctx.Err() != nil {
		return ctx.Err(), false
	}
	return unreachable(host, r.doing, err), true
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

// neverLeft tells whether the server cannot have acted on the request.
func neverLeft(err error) bool {
	if errors.Is(err, errNotSigned) {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	_, noName := errors.AsType[*net.DNSError](err)
	return noName || untrusted(err)
}

// answered reads an answer.
func (b *box) answered(r request, a *http.Response, host string) ([]message, error, bool) {
	if a.StatusCode != http.StatusOK {
		err, again := b.refused(r, a, host)
		return nil, err, again
	}
	if !isXML(a) {
		return nil, notExchange(r.doing, host, a), false
	}
	limit := r.limit
	if limit <= 0 {
		limit = usualAnswer
	}
	root, err := readXML(a.Body, limit)
	if errors.Is(err, errLarge) {
		return nil, &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge, Err: err, Hint: "Ask for fewer at a time.",
			Detail: fmt.Sprintf("%s: the answer is larger than %d MB.", r.doing, limit>>20)}, false
	}
	var all []message
	if err == nil {
		b.s.learn(root)
		if fault := root.kid("Body", "Fault"); fault != nil { // some layers say so with status 200
			err, again := b.judge(r, readFault(fault, http.StatusInternalServerError, requestID(a)))
			return nil, err, again
		}
		all, err = messagesOf(root, r, requestID(a))
	}
	if err != nil {
		if r.once { // it was done, and the answer that tells its id is lost
			return nil, exchange.Doubt(r.doing, err), false
		}
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeUnreachable, Err: err, Hint: "It is tried again by itself.",
			Detail: fmt.Sprintf("%s: half of the answer of %s is missing, or it cannot be read%s.", r.doing, host, inBrackets(requestID(a)))}, true
	}
	for _, m := range all {
		if m.refusal != nil && passing(m.refusal) {
			err, again := b.judge(r, m.refusal)
			return nil, err, again
		}
	}
	return all, nil, false
}

// messagesOf finds the response messages of an answer.
func messagesOf(root *node, r request, id string) ([]message, error) {
	body := root.kid("Body")
	if root.name != "Envelope" || len(body.children()) != 1 {
		return nil, errors.New("the answer is no SOAP envelope")
	}
	answer := body.kids[0]
	if want := strings.TrimSuffix(strings.TrimPrefix(r.op.name, "m:"), "Request") + "Response"; answer.name != want {
		return nil, fmt.Errorf("the answer is a %.60q and not a %s", answer.name, want)
	}
	var list []*node
	heads := map[*node]*node{} // where the class of a message stands, when not at itself
	switch {
	case answer.kid("ResponseMessages") != nil:
		list = answer.kid("ResponseMessages").kids
	case answer.attr("ResponseClass") != "":
		list = []*node{answer}
	case answer.kid("ResponseMessage") != nil:
		list, heads[answer] = []*node{answer}, answer.kid("ResponseMessage")
	case answer.kid("SuggestionsResponse", "ResponseMessage") != nil:
		n := answer.kid("SuggestionsResponse")
		list, heads[n] = []*node{n}, n.kid("ResponseMessage")
	}
	if len(list) == 0 || r.items > 0 && len(list) != r.items {
		return nil, fmt.Errorf("the answer has %d messages", len(list))
	}
	out := make([]message, 0, len(list))
	for _, n := range list {
		head := n
		if h := heads[n]; h != nil {
			head = h
		}
		m := message{node: n}
		switch head.attr("ResponseClass") {
		case "Error":
			m.refusal = readRefusal(head, id)
		case "Success", "Warning":
		default:
			return nil, errors.New("a message of the answer has no class")
		}
		out = append(out, m)
	}
	return out, nil
}

// learn keeps which version of Exchange answers: 15.20 is Exchange Online.
func (s *System) learn(root *node) {
	v := root.kid("Header", "ServerVersionInfo")
	if v == nil || v.attr("MajorVersion") != "15" {
		return
	}
	minor, _ := number(v.attr("MinorVersion"))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.minor = int64(minor)
}

func isXML(a *http.Response) bool {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return err == nil && (kind == "text/xml" || kind == "application/xml" || strings.HasSuffix(kind, "+xml") && kind != "application/xhtml+xml")
}

func requestID(a *http.Response) string { return cleaned(a.Header.Get("request-id"), 100) }

func inBrackets(id string) string {
	if id == "" {
		return ""
	}
	return " (request " + id + ")"
}

// cleaned is text of a server as it may be shown.
func cleaned(text string, limit int) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

// drain lets a connection be used again.
func drain(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(body, maxRefusal))
	_ = body.Close()
}
