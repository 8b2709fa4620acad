// Package rest calls HTTP services for service steps. It knows no workflow: it
// takes one request and says what came back, or whether trying again can help.
package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/signoffhq/signoff"
)

// Limits of one call.
const (
	MaxResponseBytes = 1 << 20
	DefaultTimeout   = 30 * time.Second
	maxRedirects     = 5
)

// Request is one call of a service.
type Request struct {
	Method string
	URL    string
	Header map[string]string
	Body   string // JSON; "" for none
	Key    string // sent as Idempotency-Key: the same on every retry
}

// Response is what the service answered with a status below 300.
type Response struct {
	Status int
	Body   any // decoded JSON (numbers as json.Number), or the text when it is not JSON
}

// Client calls services. Make it with New.
type Client struct {
	http *http.Client
}

// Do makes the call. Refusals that another try may cure (no connection, 408,
// 425, 429, 5xx) have Kind Unavailable, all others Invalid. The service's
// words are passed on, at most 200 characters of them; the request's are not,
// for its headers may hold secrets.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	req, err := build(ctx, r)
	if err != nil {
		return Response{}, err
	}
	res, err := c.http.Do(req)
	if errors.Is(err, errForbidden) {
		return Response{}, &signoff.Error{Kind: signoff.Invalid, Code: "service-forbidden",
			Detail: "service steps may not call " + req.URL.Host + ", which is this machine or a network kept from them",
			Hint:   "an administrator can allow its network with the setting calls.allow"}
	}
	if err != nil {
		return Response{}, &signoff.Error{Kind: signoff.Unavailable, Code: "service-unreachable",
			Detail: "the service at " + req.URL.Host + " did not answer", Err: withoutURL(err)}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, MaxResponseBytes+1))
	if err != nil {
		return Response{}, &signoff.Error{Kind: signoff.Unavailable, Code: "service-unreachable",
			Detail: "the answer of " + req.URL.Host + " broke off", Err: err}
	}
	if len(text) > MaxResponseBytes {
		return Response{}, &signoff.Error{Kind: signoff.Invalid, Code: "service-answer-too-large",
			Detail: fmt.Sprintf("the answer of %s is larger than %d bytes", req.URL.Host, MaxResponseBytes)}
	}
	if res.StatusCode >= 300 {
		return Response{}, refusal(req.URL.Host, res.StatusCode, text)
	}
	return Response{Status: res.StatusCode, Body: decode(text)}, nil
}

func build(ctx context.Context, r Request) (*http.Request, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-service-address",
			Detail: "the step's URL is not an http or https address", Hint: "correct the variables it is made of, or the workflow"}
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, strings.NewReader(r.Body))
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-service-address", Detail: "the step's method or URL cannot be used"}
	}
	req.Header.Set("Accept", "application/json")
	if r.Body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.Key != "" {
		req.Header.Set("Idempotency-Key", r.Key)
	}
	for name, v := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(v) {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-service-header",
				Detail: fmt.Sprintf("the step's header %q holds characters HTTP does not allow", name), Hint: "correct the variables it is made of, or the workflow"}
		}
		req.Header.Set(name, v)
	}
	return req, nil
}

// withoutURL leaves the address out of an error, for its query may hold secrets
// and the error is logged.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// sameHostOnly keeps a service from sending our headers, and with them our
// credentials, somewhere else.
func sameHostOnly(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects || req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

func refusal(host string, status int, text []byte) error {
	kind := signoff.Invalid
	if status >= 500 || status == 408 || status == 425 || status == 429 {
		kind = signoff.Unavailable
	}
	detail := fmt.Sprintf("%s answered %d %s", host, status, http.StatusText(status))
	if words := strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "?")), " "); words != "" {
		if len(words) > 200 {
			words = strings.ToValidUTF8(words[:200], "") + "…"
		}
		detail += ": " + words
	}
	return &signoff.Error{Kind: kind, Code: "service-refused", Detail: detail}
}

func decode(text []byte) any {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil || dec.More() {
		return strings.ToValidUTF8(string(text), "\uFFFD")
	}
	return v
}
