package oauth

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/signoffhq/signoff"
)

// Client returns a client whose requests carry the token of a need. When a system
// does not take it (401: it expired, or more is to be proved), one new token is
// had and the request is made once more, if it can be. It follows redirects only
// on the host it asked. Errors of Token come through it: look for them with
// errors.As.
func (s *Service) Client(n Need) *http.Client {
	over := s.cfg.Calls
	if over == nil {
		over = s.cfg.Client
	}
	return s.ClientOver(n, over)
}

// ClientOver is Client for systems that are reached another way than others;
// nil is the usual one of net/http.
func (s *Service) ClientOver(n Need, over *http.Client) *http.Client {
	c := *http.DefaultClient
	if over != nil {
		c = *over
	}
	next := c.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	c.Jar = nil
	c.Transport = &carrier{service: s, need: n, next: next}
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		first := via[0].URL
		if len(via) >= 5 {
			return errors.New("it sends on too often")
		}
		if r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
			return &signoff.Error{Kind: signoff.Conflict, Code: "oauth-sent-elsewhere", Detail: "the system sends the request on to " + clip(r.URL.Host, 200) + "; the token is not taken there"}
		}
		return nil
	}
	return &c
}

// maxReplay is the longest body that is kept to be sent once more.
const maxReplay = 8 << 20

// carrier puts a token on requests.
type carrier struct {
	service *Service
	need    Need
	next    http.RoundTripper
}

// Grant tells what is known of the token that requests carry: who signed in, what
// was granted, our id there, and where an administrator consents. What is not
// known is empty.
func (c *carrier) Grant(ctx context.Context) (account, scope, client, consent string) {
	a, err := c.service.resource(ctx, c.need.Resource)
	if err != nil {
		return "", "", "", ""
	}
	client, consent = a.ClientID, a.consentAt()
	if t, err := c.service.Token(ctx, c.need); err == nil {
		account, scope = t.Account, t.Scope
	}
	return account, scope, client, consent
}

// RoundTrip sends a request with a token, and once more with another when that
// one is not taken.
func (c *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	t, err := c.service.Token(r.Context(), c.need)
	if err != nil {
		closeBody(r)
		return nil, err
	}
	r = r.Clone(r.Context()) // a RoundTripper leaves its request as it is
	again, err := replayable(r)
	if err != nil {
		return nil, err
	}
	resp, err := c.next.RoundTrip(with(r, t))
	if err != nil || resp.StatusCode != http.StatusUnauthorized || again == nil {
		return resp, err
	}
	claims, expired := challenge(resp.Header.Values("WWW-Authenticate"))
	if claims == "" && !expired {
		return resp, nil
	}
	fresh, err := c.service.replace(r.Context(), c.need, t, claims)
	if err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	body, err := again()
	if err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	_ = resp.Body.Close()
	next := with(r, fresh)
	next.Body = body
	return c.next.RoundTrip(next)
}

func with(r *http.Request, t Token) *http.Request {
	out := r.Clone(r.Context())
	out.Header.Set("Authorization", "Bearer "+t.Text.Reveal())
	return out
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// replayable makes the body of a request anew; nil when it cannot be.
func replayable(r *http.Request) (func() (io.ReadCloser, error), error) {
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return func() (io.ReadCloser, error) { return http.NoBody, nil }, nil
	case r.GetBody != nil:
		return r.GetBody, nil
	case r.ContentLength > maxReplay:
		return nil, nil
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxReplay+1))
	if err != nil {
		return nil, errors.Join(err, r.Body.Close())
	}
	if len(raw) > maxReplay { // its length was not known
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(raw), r.Body), r.Body}
		return nil, nil
	}
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
	r.Body, _ = again()
	return again, nil
}

var (
	claimsIn = regexp.MustCompile(`(?i)\bclaims="([A-Za-z0-9+/=_-]+)"`)
	errorIn  = regexp.MustCompile(`(?i)\berror="([A-Za-z0-9_]+)"`)
)

// challenge reads why a system did not take a token: what the next one has to say
// (claims), or that it has ended (RFC 6750 §3.1).
func challenge(headers []string) (claims string, expired bool) {
	for _, h := range headers[:min(len(headers), 8)] {
		if len(h) > 4*maxClaims {
			continue
		}
		if m := claimsIn.FindStringSubmatch(h); m != nil && len(m[1]) <= 2*maxClaims {
			text := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(m[1]), "=")
			raw, err := base64.RawStdEncoding.DecodeString(text)
			if err == nil && len(raw) <= maxClaims && bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) && json.Valid(raw) {
				return string(raw), true
			}
		}
		if m := errorIn.FindStringSubmatch(h); m != nil && strings.EqualFold(m[1], "invalid_token") {
			expired = true
		}
	}
	return "", expired
}
