package trust

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits of what is asked of a provider.
const (
	fetchTimeout     = 10 * time.Second
	maxDocumentBytes = 256 << 10 // a discovery document
	maxKeySetBytes   = 1 << 20
	maxRedirects     = 3
)

// Dial opens a connection. Whoever gives it to NewClient decides which
// addresses may be reached, after names were resolved: an administrator's typing
// mistake must not reach a cloud's metadata service.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// NewClient makes the client that documents and keys are fetched with. It uses
// no proxy of the environment and keeps no cookies.
func NewClient(dial Dial) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: dial, ForceAttemptHTTP2: true, TLSHandshakeTimeout: fetchTimeout, ResponseHeaderTimeout: fetchTimeout,
		MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute}}
}

// fetcher reads documents over https, within limits.
type fetcher struct {
	client   http.Client
	loopback bool // plain http to this machine is allowed too
}

func newFetcher(client *http.Client, loopback bool) *fetcher {
	f := &fetcher{loopback: loopback}
	if client != nil {
		f.client = *client
	} else {
		f.client.Transport = refuseAll{}
	}
	f.client.Jar = nil
	f.client.CheckRedirect = f.redirect
	return f
}

// refuseAll stands in where no client was given.
type refuseAll struct{}

func (refuseAll) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("this program may not fetch anything")
}

// redirect follows within one host only: what an administrator entered is what
// is trusted.
func (f *fetcher) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("it sends on more than %d times", maxRedirects)
	}
	if from := via[0].URL; r.URL.Host != from.Host || r.URL.Scheme != from.Scheme {
		return fmt.Errorf("it sends on to another place, %s://%s", clip(r.URL.Scheme), clip(r.URL.Host))
	}
	return nil
}

// usable tells why an address may not be fetched.
func (f *fetcher) usable(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%s is no address", clip(address))
	case u.User != nil:
		return errors.New("the address has a name or password in it")
	case u.Scheme == "https", u.Scheme == "http" && f.loopback && isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s is not https", clip(address))
}

// get reads a document of at most limit bytes.
func (f *fetcher) get(ctx context.Context, address string, limit int64) ([]byte, error) {
	if err := f.usable(address); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%s is no address", clip(address))
	}
	req.Header.Set("Accept", "application/json")
	raw, err := f.read(req, limit)
	switch {
	case err == nil:
		return raw, nil
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%s did not answer within %s", clip(address), fetchTimeout)
	}
	var inUse *url.Error
	if errors.As(err, &inUse) {
		err = inUse.Err // it repeats the address
	}
	return nil, fmt.Errorf("%s: %w", clip(address), err)
}

func (f *fetcher) read(req *http.Request, limit int64) ([]byte, error) {
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > limit {
		return nil, fmt.Errorf("it answered with more than %d KiB", limit>>10)
	}
	return raw, nil
}

// A document is what we need of OpenID metadata (OpenID Connect Discovery §3,
// RFC 8414 §2).
type document struct {
	issuer    string
	keysURL   string
	authorize string // where people sign in, "" not said
	token     string // where clients get tokens, "" not said
}

func parseDocument(raw []byte) (document, error) {
	v, err := parseObject(string(raw))
	if err != nil {
		return document{}, fmt.Errorf("the metadata cannot be read: %w%s", err, webPage(raw))
	}
	d := document{issuer: v.str("issuer"), keysURL: v.str("jwks_uri"),
		authorize: webAddress(v.str("authorization_endpoint")), token: webAddress(v.str("token_endpoint"))}
	if d.issuer == "" {
		return d, errors.New(`the metadata names no "issuer"`)
	}
	if d.keysURL == "" {
		return d, errors.New(`the metadata names no "jwks_uri"`)
	}
	return d, nil
}

// webAddress passes on what can be shown to people and clients as an address,
// and nothing else: a provider writes into its metadata what it likes.
func webAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(text) > 2000 {
		return ""
	}
	return u.String()
}

// fetchDocument reads the metadata of an issuer and holds it to its name:
// metadata of somebody else would bring somebody else's keys.
func (f *fetcher) fetchDocument(ctx context.Context, address, issuer string) (document, error) {
	raw, err := f.get(ctx, address, maxDocumentBytes)
	if err != nil {
		return document{}, err
	}
	d, err := parseDocument(raw)
	if err == nil && d.issuer != issuer {
		hint := ""
		if strings.TrimSuffix(d.issuer, "/") == strings.TrimSuffix(issuer, "/") {
			hint = ", which differs in the slash at its end"
		}
		err = fmt.Errorf("the metadata is of the issuer %s%s, not %s", clip(d.issuer), hint, clip(issuer))
	}
	if err != nil {
		return d, fmt.Errorf("%s: %w", clip(address), err)
	}
	return d, nil
}

// fetchKeyring reads the keys of an issuer, by way of its metadata if it has
// any.
func (f *fetcher) fetchKeyring(ctx context.Context, metadataURL, keysURL, issuer string) (*keyring, error) {
	var d document
	var err error
	if metadataURL != "" {
		if d, err = f.fetchDocument(ctx, metadataURL, issuer); err != nil {
			return nil, err
		}
		keysURL = d.keysURL
	}
	raw, err := f.get(ctx, keysURL, maxKeySetBytes)
	if err != nil {
		return nil, err
	}
	ring, err := parseKeyring(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", clip(keysURL), err)
	}
	ring.from, ring.authorize, ring.token = keysURL, d.authorize, d.token
	return ring, nil
}
