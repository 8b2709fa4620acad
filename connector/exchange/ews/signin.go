package ews

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/go-ntlmssp"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// errNotSigned says that a server's challenge could not be answered; the request
// itself was not sent.
var errNotSigned = errors.New("signing in did not work")

const (
	maxIdle      = 8 // connections of one credential that wait
	maxSignIns   = 1000
	maxChallenge = 64 << 10
)

// signInKey tells credentials and ways apart: a connection that signed in as
// somebody is nobody else's.
type signInKey struct {
	user     string
	password [32]byte
	way      http.RoundTripper
}

// signIn signs requests in with a name and a password. NTLM proves who asks of a
// connection and not of a request, so a request has its connection to itself
// until its answer is read.
type signIn struct {
	user, password string
	way            http.RoundTripper

	mu     sync.Mutex
	basic  map[string]bool // hosts that have no NTLM
	idle   []http.RoundTripper
	closed bool
}

func (s *System) signIn(a exchange.Access) *signIn {
	way := a.HTTP.Transport
	if way == nil {
		way = http.DefaultTransport
	}
	key := signInKey{a.User, sha256.Sum256([]byte(a.Password.Reveal())), way}
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.signIns[key]
	if in == nil {
		if len(s.signIns) >= maxSignIns { // passwords that were changed long ago
			for _, old := range s.signIns {
				old.close()
			}
			clear(s.signIns)
		}
		in = &signIn{user: a.User, password: a.Password.Reveal(), way: way, basic: map[string]bool{}}
		s.signIns[key] = in
	}
	return in
}

// close ends connections that wait; others end with their requests.
func (in *signIn) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	for _, c := range in.idle {
		hangUp(c)
	}
	in.idle = nil
}

func hangUp(c http.RoundTripper) {
	if t, ok := c.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// connection takes one that waits, or makes one. A way of one's own that is no
// http.Transport is used as it is.
func (in *signIn) connection() http.RoundTripper {
	in.mu.Lock()
	defer in.mu.Unlock()
	if n := len(in.idle); n > 0 {
		c := in.idle[n-1]
		in.idle = in.idle[:n-1]
		return c
	}
	t, ok := in.way.(*http.Transport)
	if !ok {
		return in.way
	}
	t = t.Clone()
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost, t.ForceAttemptHTTP2 = 1, 1, false
	protocols := new(http.Protocols) // HTTP/2 shares its connections
	protocols.SetHTTP1(true)
	t.Protocols = protocols
	if t.TLSClientConfig != nil { // a way that is in use offers HTTP/2 there already
		t.TLSClientConfig.NextProtos = nil
	}
	return t
}

func (in *signIn) release(c http.RoundTripper) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.closed && len(in.idle) < maxIdle {
		in.idle = append(in.idle, c)
		return
	}
	hangUp(c)
}

// lent is an answer's body whose connection goes back when it is closed.
type lent struct {
	io.ReadCloser
	back func()
}

func (l *lent) Close() error {
	defer l.back()
	return l.ReadCloser.Close()
}

// roundTrip signs in and makes the request.
func (in *signIn) roundTrip(req *http.Request) (*http.Response, error) {
	c := in.connection()
	back := sync.OnceFunc(func() { in.release(c) })
	a, err := in.over(c, req)
	if err != nil {
		back()
		return nil, err
	}
	a.Body = &lent{a.Body, back}
	return a, nil
}

// over makes a request over one connection. The mail itself goes with the last
// step alone: what breaks before that was never sent.
func (in *signIn) over(c http.RoundTripper, req *http.Request) (*http.Response, error) {
	in.mu.Lock()
	basic := in.basic[req.URL.Host]
	in.mu.Unlock()
	if basic {
		return in.withBasic(c, req)
	}
	hello, err := ntlmssp.NewNegotiateMessage("", "")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSigned, err)
	}
	a, err := step(c, req, "NTLM "+base64.StdEncoding.EncodeToString(hello))
	if err != nil {
		return nil, err
	}
	if a.StatusCode != http.StatusUnauthorized { // the connection is signed in already, or nobody asks
		traffic.Drain(a.Body)
		return c.RoundTrip(req)
	}
	challenge, offered := readChallenge(a.Header)
	switch {
	case challenge != nil:
	case slices.Contains(offered, "basic") && (req.URL.Scheme == "https" || traffic.Loopback(req.URL)):
		traffic.Drain(a.Body)
		if !slices.Contains(offered, "ntlm") {
			in.mu.Lock()
			in.basic[req.URL.Host] = true
			in.mu.Unlock()
		}
		return in.withBasic(c, req)
	default:
		return a, nil
	}
	traffic.Drain(a.Body)
	proof, err := ntlmssp.NewAuthenticateMessage(challenge, in.user, in.password, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: the server's challenge cannot be answered: %w", errNotSigned, err)
	}
	signed := req.Clone(req.Context())
	signed.Header.Set("Authorization", "NTLM "+base64.StdEncoding.EncodeToString(proof))
	return c.RoundTrip(signed)
}

// step asks with an empty body.
func step(c http.RoundTripper, req *http.Request, authorization string) (*http.Response, error) {
	first := req.Clone(req.Context())
	first.Body, first.GetBody, first.ContentLength = http.NoBody, nil, 0
	first.Header.Set("Authorization", authorization)
	a, err := c.RoundTrip(first)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSigned, err)
	}
	return a, nil
}

func (in *signIn) withBasic(c http.RoundTripper, req *http.Request) (*http.Response, error) {
	signed := req.Clone(req.Context())
	signed.SetBasicAuth(in.user, in.password)
	return c.RoundTrip(signed)
}

// readChallenge reads what a server offers, and NTLM's challenge when there is
// one.
func readChallenge(h http.Header) (challenge []byte, offered []string) {
	for _, line := range h.Values("WWW-Authenticate") {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		offered = append(offered, strings.ToLower(scheme))
		if strings.EqualFold(scheme, "NTLM") && rest != "" && len(rest) < maxChallenge {
			if raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest)); err == nil {
				challenge = raw
			}
		}
	}
	return challenge, offered
}
