package oauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/seal"
)

// askFor is how long a provider may take for one answer. It is well below the
// time for which a token is held while it is renewed.
const askFor = 8 * time.Second

// reserved are parameters that are this package's own in every request.
var reserved = []string{"client_id", "client_secret", "client_assertion", "client_assertion_type", "grant_type", "code", "code_verifier", "code_challenge",
	"code_challenge_method", "redirect_uri", "response_type", "response_mode", "state", "nonce", "refresh_token", "device_code", "claims", "username", "password", "assertion"}

// parameters are those of a request, as the type and the resource say.
func (a *at) parameters(r Request, n Need, public string, extra map[string]string) (url.Values, error) {
	vars := a.vars(a.typ, n, public)
	for name, value := range extra {
		vars[name] = value
	}
	form := url.Values{}
	set := func(name string, text string) error {
		if locked, ok := strings.CutPrefix(text, lockedValue); ok {
			opened, err := a.key.Unlock(valuePurpose, locked)
			if err != nil {
				return fmt.Errorf("the value of %s cannot be opened with this server's key; enter it again: %w", name, err)
			}
			text = opened.Reveal()
		} else {
			text = fill(text, vars)
		}
		if text = strings.TrimSpace(text); text != "" && !slices.Contains(reserved, name) {
			form.Set(name, text)
		}
		return nil
	}
	for i := range a.typ.Parameters {
		p := &a.typ.Parameters[i]
		text := p.in(r)
		if own := a.Values[p.Name].in(r); own != nil {
			text = own
		}
		if text != nil {
			if err := set(p.Name, *text); err != nil {
				return nil, err
			}
		}
	}
	return form, nil
}

// proof is how a request says who we are.
type proof struct {
	form  url.Values
	basic seal.Secret // instead of the form
}

// prove makes the client authentication of a request to a token endpoint (RFC
// 6749 §2.3, RFC 7523 §2.2).
func (s *Service) prove(ctx context.Context, a *at, m *metadata, c *Certificate) (proof, error) {
	p := proof{form: url.Values{"client_id": {a.ClientID}}}
	var assertion seal.Secret
	var err error
	switch a.Auth {
	case WithNothing:
		return p, nil
	case WithSecret:
		secret, err := a.key.Unlock(secretPurpose, a.Secret)
		if err != nil {
			return p, fmt.Errorf("the client secret cannot be opened with this server's key; enter it again: %w", err)
		}
		if m.basic() {
			p.basic = secret
			return p, nil
		}
		p.form.Set("client_secret", secret.Reveal())
		return p, nil
	case WithCertificate:
		if c == nil {
			c = a.Certificate
		}
		if c == nil {
			return p, errors.New("there is no certificate yet: make one")
		}
		assertion, err = c.assertion(a.key, m.Token, a.ClientID, s.now())
	case WithFederation:
		assertion, err = federated(a.TokenFile)
	case WithOwnIssuer:
		assertion, err = s.ownAssertion(ctx, &a.Resource)
	default:
		return p, fmt.Errorf("%q is no way to prove who we are", a.Auth)
	}
	if err != nil {
		return p, err
	}
	p.form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	p.form.Set("client_assertion", assertion.Reveal())
	return p, nil
}

// post asks an endpoint of a provider once and returns its answer. No redirect is
// followed: an answer that sends on would take secrets to another place. Errors
// are *ProviderError.
func (s *Service) post(ctx context.Context, client, address string, p proof, form url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	for name, values := range p.form {
		form[name] = values
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, &ProviderError{Code: noAddress, Said: "its address is none"}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if p.basic != "" {
		req.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(p.basic.Reveal())) // RFC 6749 §2.3.1
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, &ProviderError{Said: "it cannot be reached", lost: true, err: withoutAddress(err)}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, &ProviderError{Said: "its answer broke off", lost: true, err: withoutAddress(err)}
	}
	if len(text) > maxAnswer {
		return nil, badAnswer("its answer is longer than 1 MiB")
	}
	if resp.StatusCode != http.StatusOK {
		return nil, readRefused(resp.StatusCode, resp.Header, text, s.now())
	}
	return bytes.TrimSpace(text), nil
}

// withoutAddress drops the address from an error of net/http.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// noRedirects is a client that goes nowhere else and keeps no cookies.
func noRedirects(c *http.Client) *http.Client {
	only := *http.DefaultClient
	if c != nil {
		only = *c
	}
	only.Jar = nil
	only.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &only
}

// exchange asks for a token with a grant.
func (s *Service) exchange(ctx context.Context, a *at, n Need, r Request, grant url.Values, claims string) (granted, error) {
	m, err := s.metadata(ctx, a)
	if err != nil {
		return granted{}, err
	}
	return s.exchangeWith(ctx, a, n, r, m, nil, grant, claims)
}

func (s *Service) exchangeWith(ctx context.Context, a *at, n Need, r Request, m *metadata, c *Certificate, grant url.Values, claims string) (granted, error) {
	if m.Token == "" {
		return granted{}, &ProviderError{Code: noAddress, Said: "it names no token endpoint, and none is entered"}
	}
	p, err := s.prove(ctx, a, m, c)
	if err != nil {
		return granted{}, &ProviderError{Code: noCredential, Said: err.Error()}
	}
	form, err := a.parameters(r, n, s.public, nil)
	if err != nil {
		return granted{}, &ProviderError{Code: noCredential, Said: err.Error()}
	}
	for name, values := range grant {
		form[name] = values
	}
	if a.typ.Claims {
		text, err := withClaims(claims)
		if err != nil {
			return granted{}, &ProviderError{Code: noClaims, Said: "what is to be proved is no JSON"}
		}
		form.Set("claims", text)
	}
	text, err := s.post(ctx, a.ClientID, m.Token, p, form)
	if err != nil {
		return granted{}, err
	}
	return readGranted(text)
}
