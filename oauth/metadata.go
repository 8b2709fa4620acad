package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// How long what a provider says of itself is used, how soon it is asked again
// when it did not answer, and how long it may take. Old metadata is better than
// none.
const (
	metadataFor   = time.Hour
	metadataRetry = 15 * time.Second
	maxMetadata   = 256 << 10
	maxKnown      = 1000
)

// metadata is what we need of a provider's (OpenID Connect Discovery §3, RFC 8414
// §2, RFC 8628 §4, RFC 9207 §3).
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Device        string   `json:"device_authorization_endpoint"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	SaysIssuer    bool     `json:"authorization_response_iss_parameter_supported"`
}

// basic tells whether the secret goes into the header, which is the default,
// unless the provider takes it in the body.
func (m *metadata) basic() bool {
	return len(m.AuthMethods) > 0 && !slices.Contains(m.AuthMethods, "client_secret_post")
}

// known is the metadata at an address, or why there is none.
type known struct {
	m     *metadata
	at    time.Time // of m
	tried time.Time
	err   error
}

// metadata is what is known of a resource's provider: what was entered by hand,
// and for the rest what it says of itself.
func (s *Service) metadata(ctx context.Context, a *at) (*metadata, error) {
	m := metadata{AuthMethods: []string{"client_secret_post"}}
	address := fill(a.typ.Metadata, a.vars(a.typ, Need{}, s.public))
	complete := a.TokenURL != "" && (!a.typ.People || a.AuthorizationURL != "")
	if address != "" && !complete && !strings.HasPrefix(address, "/") {
		said, err := s.discover(ctx, address)
		if err != nil {
			return nil, err
		}
		if is := a.issuer(a.typ); is != "" && said.Issuer != is {
			return nil, &ProviderError{Code: noIssuer, Said: "its metadata is of " + clip(said.Issuer, 200) + ", not of " + clip(is, 200)}
		}
		m = *said
	}
	for _, hand := range []struct{ to, from *string }{{&m.Authorization, &a.AuthorizationURL}, {&m.Token, &a.TokenURL}, {&m.Device, &a.DeviceURL}} {
		if *hand.from != "" {
			*hand.to = *hand.from
		}
		if *hand.to != "" && s.usable(*hand.to) != nil {
			return nil, &ProviderError{Code: noAddress, Said: "it names an address that is not https: " + clip(*hand.to, 200)}
		}
	}
	return &m, nil
}

// discover fetches the metadata at an address, at most once an hour, and while it
// fails every few seconds, however many ask.
func (s *Service) discover(ctx context.Context, address string) (*metadata, error) {
	s.mu.Lock()
	k, now := s.providers[address], s.now()
	s.mu.Unlock()
	fresh, paused := k.m != nil && now.Sub(k.at) < metadataFor, k.err != nil && now.Sub(k.tried) < metadataRetry
	switch {
	case fresh, paused && k.m != nil:
		return k.m, nil
	case paused:
		return nil, k.err
	}
	got, err, _ := s.asking.Do("metadata "+address, func() (any, error) {
		m, err := s.fetchMetadata(context.WithoutCancel(ctx), address)
		s.mu.Lock()
		defer s.mu.Unlock()
		k := s.providers[address]
		if k.tried, k.err = s.now(), err; err == nil {
			k.m, k.at = m, k.tried
		}
		if len(s.providers) >= maxKnown {
			clear(s.providers)
		}
		s.providers[address] = k
		return k.m, err
	})
	if m, _ := got.(*metadata); m != nil {
		return m, nil
	}
	return nil, err
}

func (s *Service) fetchMetadata(ctx context.Context, address string) (*metadata, error) {
	if err := s.usable(address); err != nil {
		return nil, &ProviderError{Code: noAddress, Said: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &ProviderError{Code: noAddress, Said: "its address is none"}
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, &ProviderError{Said: "its metadata cannot be reached", lost: true, err: withoutAddress(err)}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxMetadata+1))
	var m metadata
	switch {
	case err != nil:
		return nil, &ProviderError{Said: "its metadata broke off", lost: true, err: err}
	case resp.StatusCode != http.StatusOK:
		e := readRefused(resp.StatusCode, resp.Header, raw, s.now())
		e.Said = "its metadata: " + e.Said
		return nil, e
	case len(raw) > maxMetadata || json.Unmarshal(raw, &m) != nil || m.Token == "":
		return nil, badAnswer("what should be its metadata is none")
	}
	return &m, nil
}

// usable tells why nothing is sent to an address: secrets go over https only, or
// to this machine where that is allowed, for trying.
func (s *Service) usable(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return errors.New("is no address")
	case u.User != nil:
		return errors.New("has a name or password in it")
	case u.Fragment != "":
		return errors.New("has a # in it")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && s.cfg.Loopback && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("is not https")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
