// Package client calls signoff's own REST API. The command line and the tests
// use nothing else to talk to a server.
//
// Start reading at Client; one method stands for each operation.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxAnswerBytes = 32 << 20
	attempts       = 4
	firstWait      = 200 * time.Millisecond
	longestWait    = 5 * time.Second
)

// Client talks to one server as one person. The zero value with Server set
// works; it is safe for use by several goroutines once filled in.
type Client struct {
	Server   string       // "http://localhost:8080"
	Login    string       // with Password, sent with every request (HTTP Basic)
	Password string       // never part of an error
	Token    string       // instead of Login: sent with every request as a bearer token; never part of an error
	HTTP     *http.Client // nil: one with a timeout of 30 s, and none for Events
	Agent    string       // User-Agent; "" for Go's own

	// Wait is how a retry waits; nil: for the time given, or until ctx is done.
	Wait func(ctx context.Context, d time.Duration) error
}

// call is one request, ready to be sent more than once.
type call struct {
	method, path string
	query        url.Values
	body         []byte
	contentType  string
	header       http.Header
	safe         bool // may be sent again when it is not known whether it arrived
}

func (c *Client) get(ctx context.Context, path string, query url.Values, out any) error {
	_, err := c.do(ctx, call{method: http.MethodGet, path: path, query: query, safe: true}, out)
	return err
}

// send sends a body as JSON. With a key the server does it once however often
// it arrives, so it may be tried again.
func (c *Client) send(ctx context.Context, method, path string, in any, key string, out any) error {
	k := call{method: method, path: path, header: http.Header{}, safe: key != "" || method == http.MethodPut || method == http.MethodDelete}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		k.body, k.contentType = body, "application/json"
	}
	if key != "" {
		k.header.Set("Idempotency-Key", key)
	}
	_, err := c.do(ctx, k, out)
	return err
}

// do sends a call and reads its answer into out: JSON, or bytes for a *[]byte.
func (c *Client) do(ctx context.Context, k call, out any) (http.Header, error) {
	wait := firstWait
	for attempt := 1; ; attempt++ {
		header, err := c.once(ctx, k, out)
		after, again := retryable(err)
		if err == nil || !again || !k.safe || attempt == attempts {
			return header, err
		}
		if err := c.wait(ctx, max(wait, after)); err != nil {
			return nil, err
		}
		wait = min(2*wait, longestWait)
	}
}

// retryable tells whether trying again can help, and after how long at least.
func retryable(err error) (time.Duration, bool) {
	if p, ok := errors.AsType[*Problem](err); ok {
		switch p.Status {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return min(p.RetryAfter, longestWait), true
		}
		return 0, false
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return 0, false
	}
	_, network := errors.AsType[net.Error](err)
	return 0, network || errors.Is(err, io.ErrUnexpectedEOF)
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) once(ctx context.Context, k call, out any) (http.Header, error) {
	r, err := c.request(ctx, k)
	if err != nil {
		return nil, err
	}
	answer, err := c.client().Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxAnswerBytes {
		return nil, fmt.Errorf("the server's answer is over %d bytes", maxAnswerBytes)
	}
	if answer.StatusCode >= 300 {
		return answer.Header, problemOf(answer, content)
	}
	return answer.Header, read(content, out)
}

func read(content []byte, out any) error {
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = content
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// stream sends a call whose answer may go on for as long as it likes. Who calls
// closes its body.
func (c *Client) stream(ctx context.Context, k call) (*http.Response, error) {
	r, err := c.request(ctx, k)
	if err != nil {
		return nil, err
	}
	endless := *c.client()
	endless.Timeout = 0
	answer, err := endless.Do(r)
	if err != nil || answer.StatusCode == http.StatusOK {
		return answer, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxEventBytes))
	if err != nil {
		return nil, err
	}
	return nil, problemOf(answer, content)
}

func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	base, err := url.Parse(c.Server)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("the address of a server looks like http://localhost:8080, not %q", c.Server)
	}
	address := strings.TrimRight(c.Server, "/") + "/api/v1" + k.path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, k.method, address, bytes.NewReader(k.body))
	if err != nil {
		return nil, err
	}
	for name, values := range k.header {
		r.Header[name] = values
	}
	if k.contentType != "" {
		r.Header.Set("Content-Type", k.contentType)
	}
	if c.Agent != "" {
		r.Header.Set("User-Agent", c.Agent)
	}
	if c.Login != "" {
		r.SetBasicAuth(c.Login, c.Password)
	} else if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	return r, nil
}

var patient = &http.Client{Timeout: 30 * time.Second}

func (c *Client) client() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return patient
}

// NewKey makes an idempotency key. A caller who may have to repeat a request
// after its own restart keeps the key it used.
func NewKey() string { return rand.Text() }

func keyOr(key string) string {
	if key == "" {
		return NewKey()
	}
	return key
}

// Paging is where a list goes on and how much of it is wanted.
type Paging struct {
	Cursor string // List.Next of the page before
	Limit  int    // 0: the server's own
}

func (p Paging) values() url.Values {
	q := url.Values{}
	set(q, "cursor", p.Cursor)
	if p.Limit > 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	return q
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}
