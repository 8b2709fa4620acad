// Package probe asks identity providers what package doctor wants to know: one
// try, each stage noted, within limits. It decides nothing.
//
// Everything is fetched through the http.Client it is given, so that the same
// addresses are out of reach as for the rest of the server.
package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/signoffhq/signoff/doctor"
)

// Limits of one fetch.
const (
	within   = 10 * time.Second
	maxBytes = 1 << 20
)

// A Prober fetches metadata and keys. Its zero value but for Client is usable.
type Prober struct {
	Client   *http.Client
	Now      func() time.Time // nil: time.Now
	Within   time.Duration    // for one document; 0: ten seconds
	Loopback bool             // providers on this machine may be asked by plain http
}

func (p *Prober) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// Ask fills in what the network says about a provider: Metadata.URL or KeysURL
// say where to begin.
func (p *Prober) Ask(ctx context.Context, pr doctor.Provider) doctor.Provider {
	keys := pr.KeysURL
	if pr.Metadata.URL != "" {
		var body []byte
		pr.Metadata, body = p.fetch(ctx, pr.Metadata.URL)
		if pr.Metadata.Stopped != doctor.StageDone {
			return pr
		}
		pr.Doc = readDocument(body)
		keys = pr.Doc.KeysURL
	}
	if keys == "" {
		return pr
	}
	var body []byte
	if pr.Keys, body = p.fetch(ctx, keys); pr.Keys.Stopped == doctor.StageDone {
		pr.KeySet = readKeys(body, pr.Keys.Page)
	}
	return pr
}

// All asks several, a few at a time, and keeps their order.
func (p *Prober) All(ctx context.Context, all []doctor.Provider) []doctor.Provider {
	out := make([]doctor.Provider, len(all))
	var wg sync.WaitGroup
	gate := make(chan struct{}, 4)
	for i := range all {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			out[i] = p.Ask(ctx, all[i])
		})
	}
	wg.Wait()
	return out
}

// trace notes how far a request came.
type trace struct {
	mu      sync.Mutex
	stage   doctor.Stage
	address string
	state   *tls.ConnectionState
}

func (t *trace) reach(s doctor.Stage) {
	t.mu.Lock()
	t.stage = s
	t.mu.Unlock()
}

func (t *trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { t.reach(doctor.StageName) },
		ConnectStart:      func(_, addr string) { t.mu.Lock(); t.stage, t.address = doctor.StageConnect, addr; t.mu.Unlock() },
		TLSHandshakeStart: func() { t.reach(doctor.StageTLS) },
		TLSHandshakeDone: func(s tls.ConnectionState, err error) {
			if err == nil {
				t.mu.Lock()
				t.state = &s
				t.mu.Unlock()
			}
		},
		GotConn: func(httptrace.GotConnInfo) { t.reach(doctor.StageAnswer) },
	}
}

// fetch gets one document.
func (p *Prober) fetch(ctx context.Context, address string) (f doctor.Fetch, body []byte) {
	f = doctor.Fetch{URL: address, Stopped: doctor.StageAddress}
	if f.Problem = p.unusable(address); f.Problem != "" {
		return f, nil
	}
	d := p.Within
	if d == 0 {
		d = within
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	t := &trace{stage: doctor.StageName}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, t.hooks()), http.MethodGet, address, nil)
	if err != nil {
		f.Problem = "it is no address"
		return f, nil
	}
	req.Header.Set("Accept", "application/json")
	resp, err := p.fresh().Do(req)
	if err == nil {
		defer resp.Body.Close()
		f.Status, f.At, f.RetryAfter = resp.StatusCode, p.now(), resp.Header.Get("Retry-After")
		f.Date, _ = http.ParseTime(resp.Header.Get("Date")) // without one there is no clock to compare
		body, err = io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f.Stopped, f.Address = t.stage, t.address
	if t.state != nil && len(t.state.PeerCertificates) > 0 {
		leaf := t.state.PeerCertificates[0]
		f.Expires, f.Authority = leaf.NotAfter, leaf.Issuer.CommonName
	}
	p.judge(&f, resp, body, err)
	return f, body
}

// judge says what came of a try: an answer, or why there is none whole.
func (p *Prober) judge(f *doctor.Fetch, resp *http.Response, body []byte, err error) {
	switch {
	case err != nil:
		p.explain(f, err)
	case f.Status == http.StatusTooManyRequests:
		f.Cause, f.Problem = "throttled", "429"
	case f.Status != http.StatusOK:
		f.Cause, f.Problem = "status", fmt.Sprintf("%d %s", f.Status, http.StatusText(f.Status))
	case len(body) > maxBytes:
		f.Cause, f.Problem = "too-large", fmt.Sprintf("more than %d KiB", maxBytes>>10)
	default:
		f.Stopped = doctor.StageDone
		f.Page = isPage(resp.Header.Get("Content-Type"), body)
	}
}

func isPage(kind string, body []byte) bool {
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 200)]))
	return strings.HasPrefix(kind, "text/html") || bytes.HasPrefix(start, []byte("<!doctype")) || bytes.HasPrefix(start, []byte("<html"))
}

// fresh is the client with connections of its own, so that every stage happens.
func (p *Prober) fresh() *http.Client {
	c := http.Client{CheckRedirect: sameHost}
	if p.Client != nil {
		c.Transport = p.Client.Transport
	}
	if t, ok := c.Transport.(*http.Transport); ok {
		t = t.Clone()
		t.DisableKeepAlives = true
		t.ResponseHeaderTimeout = 0 // ctx says it
		c.Transport = t
	}
	return &c
}

var errElsewhere = errors.New("redirect")

// sameHost follows within one host, as package trust does.
func sameHost(r *http.Request, via []*http.Request) error {
	if len(via) > 3 {
		return fmt.Errorf("%w: more than three times", errElsewhere)
	}
	if from := via[0].URL; r.URL.Host != from.Host || r.URL.Scheme != from.Scheme {
		return fmt.Errorf("%w: %s://%s", errElsewhere, r.URL.Scheme, r.URL.Host)
	}
	return nil
}

func (p *Prober) unusable(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || len(address) > 2000:
		return "it is no address"
	case u.User != nil:
		return "it has a name or password in it"
	case u.Scheme == "https":
		return ""
	case u.Scheme == "http" && p.Loopback && isLoopback(u.Hostname()):
		return ""
	}
	return "it is not https"
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// explain puts a network's error into words and a cause.
func (p *Prober) explain(f *doctor.Fetch, err error) {
	var (
		inUse     *url.Error
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
	)
	if errors.As(err, &inUse) {
		err = inUse.Err // it repeats the address
	}
	f.Problem = err.Error()
	switch {
	case errors.Is(err, errElsewhere):
		f.Stopped, f.Cause = doctor.StageAnswer, "redirect"
		f.Problem = strings.TrimPrefix(f.Problem, "redirect: ")
	case errors.As(err, &dns):
		f.Stopped, f.Cause, f.Problem = doctor.StageName, "name", "there is no such name"
		if dns.IsTimeout {
			f.Problem = "the DNS server did not answer in time"
		}
	case errors.As(err, &authority):
		f.Stopped, f.Cause = doctor.StageTLS, "unknown-authority"
	case errors.As(err, &name):
		f.Stopped, f.Cause = doctor.StageTLS, "wrong-name"
	case errors.As(err, &invalid):
		f.Stopped, f.Cause = doctor.StageTLS, "invalid"
		if invalid.Reason == x509.Expired {
			f.Cause = "expired"
		}
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Stopped, f.Cause, f.Problem = doctor.StageConnect, "refused", "nothing listens there"
	case errors.Is(err, context.DeadlineExceeded):
		f.Cause, f.Problem = "timeout", "no answer in time"
	case strings.Contains(f.Problem, "does not call"):
		f.Stopped, f.Cause = doctor.StageConnect, "forbidden"
		f.Problem = f.Problem[strings.LastIndex(f.Problem, ": ")+1:]
		f.Problem = strings.TrimSpace(f.Problem)
	case f.Stopped == doctor.StageAnswer:
		f.Cause = "interrupted"
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			f.Problem = "it was closed before the end"
		}
	}
}
