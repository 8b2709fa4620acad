package graph

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Where Microsoft's public cloud is.
const (
	PublicAuthority = "https://login.microsoftonline.com"
	PublicGraph     = "https://graph.microsoft.com"
)

// Limits of what is asked and of what is read.
const (
	maxAnswer     = 16 << 20 // bytes; a page of 200 people is some 200 kB
	maxTokenBytes = 1 << 20
	maxLink       = 16 << 10 // bytes of a nextLink or deltaLink
	maxGroupIDs   = 12_000   // of one person; Graph says 11,000 at most
	maxText       = 1024     // bytes of a name
	askWithin     = time.Minute
	attempts      = 5               // of one request, in all
	longestWait   = 2 * time.Minute // for one of them, when Graph asks to wait
)

// Client asks one tenant. Fill in the fields; it may be used from any goroutine.
type Client struct {
	HTTP      *http.Client // goes nowhere it should not; redirects are not followed
	Authority string       // "": Microsoft's public cloud
	Graph     string       // "": likewise; without "/v1.0"
	Tenant    string       // id of the directory
	ClientID  string
	Secret    Secret       // one of these two
	Key       *Certificate // is preferred
	PageSize  int          // people or groups asked for at once; 0: Graph's own number

	Now  func() time.Time                                 // nil: time.Now
	Wait func(ctx context.Context, d time.Duration) error // nil: waits

	mu    sync.Mutex // held while a token is asked for: all wait for the same one
	token token
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (c *Client) graph() string {
	return strings.TrimSuffix(cmp.Or(c.Graph, PublicGraph), "/")
}

// address is where something is, below Graph's own.
func (c *Client) address(path string) string { return c.graph() + "/v1.0" + path }

// follow checks a link that Graph gave: it must lead to Graph, and where it
// came from. A token is sent with it.
func (c *Client) follow(link, path string) (string, error) {
	if len(link) > maxLink {
		return "", answerError("a link in its answer is over %d bytes", maxLink)
	}
	to, err := url.Parse(link)
	if err != nil {
		return "", answerError("a link in its answer is none")
	}
	home, err := url.Parse(c.address(path))
	if err != nil {
		return "", err
	}
	if to.Scheme != home.Scheme || to.Host != home.Host || to.User != nil {
		return "", answerError("a link in its answer leads to %.100s, and was not followed", to.Scheme+"://"+to.Host)
	}
	// Graph writes /users/microsoft.graph.delta() for /users/delta now and then.
	if first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/"); !strings.HasPrefix(to.Path, "/v1.0/"+first+"/") {
		return "", answerError("a link in its answer leads to %.100q, and was not followed", to.Path)
	}
	return to.String(), nil
}

// ask gets or posts, as often as it is worth it, and reads the answer.
func (c *Client) ask(ctx context.Context, method, address string, body, into any) error {
	var claims string
	renewed := false
	for n := 1; ; n++ {
		tok, err := c.accessToken(ctx, claims)
		if err != nil {
			return err
		}
		err = c.once(ctx, method, address, tok, body, into)
		e, ok := errors.AsType[*Error](err)
		if !ok {
			return err
		}
		if e.Status == http.StatusUnauthorized && !renewed {
			renewed, claims = true, e.claims
			c.forget(tok)
			continue
		}
		pause, again := e.pause(n)
		if !again {
			return err
		}
		if err := c.wait(ctx, pause); err != nil {
			return errors.Join(e, err)
		}
	}
}

// once is one attempt.
func (c *Client) once(ctx context.Context, method, address, tok string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return err
	}
	id := newID()
	r.Header.Set("Authorization", "Bearer "+tok)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("client-request-id", id)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.PageSize > 0 {
		r.Header.Set("Prefer", "odata.maxpagesize="+strconv.Itoa(c.PageSize))
	}
	return c.exchange(r, id, maxAnswer, into)
}

// exchange sends a request and reads the answer, or the refusal.
func (c *Client) exchange(r *http.Request, id string, most int64, into any) error {
	client := *c.HTTP
	client.Jar = nil
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
			return err
		}
		return &Error{Reason: "it cannot be reached", ClientRequestID: id, transient: true, err: withoutAddress(err)}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return &Error{Status: resp.StatusCode, Reason: "its answer broke off", ClientRequestID: id, transient: true, err: withoutAddress(err)}
	}
	if int64(len(text)) > most {
		return &Error{Reason: fmt.Sprintf("its answer is over %d bytes", most), ClientRequestID: id, answer: true}
	}
	if resp.StatusCode/100 != 2 {
		return refusalOf(resp, text, id, c.now())
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &Error{Status: resp.StatusCode, Reason: "its answer is not the JSON it should be", RequestID: clip(resp.Header.Get("request-id"), 64), ClientRequestID: id, answer: true, err: err}
	}
	return nil
}

// withoutAddress drops the address from an error: a link has a token of its own
// in it.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
