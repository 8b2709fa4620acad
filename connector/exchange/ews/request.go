package ews

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

const (
	usualAnswer = 32 << 20
	mostPage    = 500
	longestHold = time.Hour // that a mailbox is left alone because it asked
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
func (b *box) do(ctx context.Context, r request) (all []message, err error) {
	err = traffic.Repeat(ctx, b.s.pause, func(n int) (err error, again bool) {
		for {
			schema := b.s.schema()
			all, err, again = b.attempt(ctx, r, schema)
			if code := codeOf(err); code != "errorinvalidserverversion" && code != "errorincorrectschemaversion" || !b.s.older(schema) {
				break
			}
		}
		if err == nil && n > 1 && r.goneIsDone && len(all) == 1 && all[0].refusal != nil && gone(all[0].refusal) {
			all = []message{{node: el("")}}
		}
		return err, again
	})
	return all, err
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
	done, err := b.lane.Turn(ctx, r.doing)
	if err != nil {
		return nil, err, false
	}
	defer done()
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
	traffic.Mark(req)
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

// unanswered explains a request without an answer.
func (b *box) unanswered(ctx context.Context, r request, host string, err error) (error, bool) {
	if errors.Is(err, errNotSigned) { // the server did not act on it
		return traffic.Unreachable(host, r.doing, err), ctx.Err() == nil
	}
	return traffic.Unanswered(ctx, host, r.doing, r.once, err)
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
		return nil, traffic.TooLarge(r.doing, limit), false
	}
	var all []message
	if err == nil {
		b.s.learn(root)
		if fault := root.kid("Body", "Fault"); fault != nil { // some layers say so with status 200
			err, again := b.judge(r, readFault(fault, http.StatusInternalServerError, traffic.RequestID(a)))
			return nil, err, again
		}
		all, err = messagesOf(root, r, traffic.RequestID(a))
	}
	if err != nil {
		if r.once { // it was done, and the answer that tells its id is lost
			return nil, exchange.Doubt(r.doing, err), false
		}
		return nil, traffic.HalfAnswered(host, r.doing, traffic.RequestID(a), err), true
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
