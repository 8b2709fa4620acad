package m365

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// A Client calls Graph, as whoever the token belongs to.
type Client struct {
	HTTP  *http.Client
	Base  string // "": https://graph.microsoft.com; with or without /v1.0
	Token string
}

// Limits of one call.
const (
	callWithin     = 30 * time.Second
	maxAnswerBytes = 4 << 20
	maxPages       = 50
)

// A Refused is a call that Graph, or the token endpoint, refused.
type Refused struct {
	Status  int
	Code    string
	Message string
	Body    string // of the token endpoint, for package doctor; the beginning
}

func (r *Refused) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Code, r.Message) }

// Credentials are an application's, for reading registrations.
type Credentials struct {
	Login  string // "": https://login.microsoftonline.com
	Tenant string
	ID     string
	Secret string
	Graph  string // "": https://graph.microsoft.com; with or without /v1.0
}

// graphBase is where Graph is, without its version: people have its address
// from pages that write it in either way.
func graphBase(address string) string {
	base := strings.TrimSuffix(strings.TrimRight(strings.TrimSpace(address), "/"), "/v1.0")
	return cmp.Or(strings.TrimRight(base, "/"), "https://graph.microsoft.com")
}

// Connect gets a token with client credentials. An error of Entra's is a
// *Refused with the answer.
func Connect(ctx context.Context, h *http.Client, c Credentials) (*Client, error) {
	base := graphBase(c.Graph)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ID}, "client_secret": {c.Secret}, "scope": {base + "/.default"}}
	address := strings.TrimSuffix(cmp.Or(c.Login, "https://login.microsoftonline.com"), "/") + "/" + url.PathEscape(c.Tenant) + "/oauth2/v2.0/token"
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, raw, err := do(h, req)
	if err != nil {
		return nil, away(address, err)
	}
	var answer struct {
		Token string `json:"access_token"`
		Error string `json:"error"`
		Why   string `json:"error_description"`
	}
	err = json.Unmarshal(raw, &answer)
	if status != http.StatusOK || err != nil || answer.Token == "" {
		return nil, &Refused{Status: status, Code: answer.Error, Message: clip(answer.Why, 500), Body: clip(string(raw), 8000)}
	}
	return &Client{HTTP: h, Base: base, Token: answer.Token}, nil
}

func do(h *http.Client, req *http.Request) (int, []byte, error) {
	if h == nil {
		return 0, nil, errors.New("this program may not call anybody")
	}
	only := *h
	only.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a secret or a token goes along
	resp, err := only.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
	if err == nil && len(raw) > maxAnswerBytes {
		err = fmt.Errorf("the answer is longer than %d MiB", maxAnswerBytes>>20)
	}
	return resp.StatusCode, raw, err
}

// away is for a service that did not answer.
func away(address string, err error) error {
	var inUse *url.Error
	if errors.As(err, &inUse) {
		err = inUse.Err
	}
	u, _ := url.Parse(address) // it was made by us
	return &signoff.Error{Kind: signoff.Unavailable, Code: "entra-unreachable", Detail: u.Host + " could not be asked: " + err.Error(),
		Hint: "let this machine reach " + u.Host + " by https", Err: err}
}

// call sends one request. into may be nil.
func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	base := graphBase(c.Base) + "/v1.0"
	address := path
	if !strings.HasPrefix(path, base+"/") { // else the next page of a list
		address = base + escape(path)
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	status, raw, err := do(c.HTTP, req)
	if err != nil {
		return away(address, err)
	}
	if status >= 300 {
		return graphRefusal(status, raw)
	}
	if into == nil || len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read Graph's answer to %s %s: %w", method, path, err)
	}
	return nil
}

func graphRefusal(status int, raw []byte) error {
	var m struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal(raw, &m) != nil || m.Error.Code == "" {
		m.Error.Code, m.Error.Message = http.StatusText(status), clip(string(raw), 200)
	}
	return &Refused{Status: status, Code: m.Error.Code, Message: clip(m.Error.Message, 500)}
}

// escape makes a path with one query option, as people write it, one that can be
// sent. Places of values stay.
func escape(path string) string {
	path, query, found := strings.Cut(path, "?")
	if !found {
		return path
	}
	name, value, _ := strings.Cut(query, "=")
	return path + "?" + name + "=" + strings.NewReplacer("+", "%20", "%7B", "{", "%7D", "}").Replace(url.QueryEscape(value))
}

// list reads a whole list.
func list[T any](ctx context.Context, c *Client, path string) (all []T, err error) {
	for range maxPages {
		var page struct {
			Value []T    `json:"value"`
			Next  string `json:"@odata.nextLink"`
		}
		if err := c.call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		if page.Next == "" {
			return all, nil
		}
		path = page.Next
	}
	return nil, fmt.Errorf("the list %s is longer than %d pages", path, maxPages)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
