package oauth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// A Step is one part of a check: what was looked at, and what came of it.
type Step struct {
	Name   string // metadata, credential, next, granted
	OK     bool
	Detail string
	Advice string
	Said   string // the provider's own words
	Trace  string
}

// Check asks a resource's provider whether it knows us, without connecting
// anybody; it takes the server right. A certificate that waits is put to use when
// the provider knows it.
func (s *Service) Check(ctx context.Context, by signoff.Caller, name string) ([]Step, error) {
	if err := notAllowed(by); err != nil {
		return nil, err
	}
	kept, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	a, err := s.ready(ctx, kept)
	if err != nil {
		return nil, err
	}
	s.forgetResource(name)
	m, err := s.metadata(ctx, a)
	if err != nil {
		return []Step{stepOf("metadata", err)}, nil
	}
	steps := []Step{{Name: "metadata", OK: true, Detail: "the provider is there; tokens come from " + m.Token}}
	if a.Auth == WithCertificate && a.Next != nil {
		step := s.tryCredential(ctx, a, m, a.Next)
		if step.Name = "next"; step.OK {
			step.Detail = "the provider knows the new certificate; it is in use from now on"
			r := a.Resource
			old := r
			r.Certificate, r.Next = r.Next, nil
			if _, err := s.put(ctx, by, r, &old, kept.Rev); err != nil {
				return nil, err
			}
			return append(steps, step), nil
		}
		step.Detail = "the new certificate is not in use yet: " + step.Detail
		steps = append(steps, step)
	}
	steps = append(steps, s.tryCredential(ctx, a, m, a.Certificate))
	step, is, err := s.tellGranted(ctx, a)
	if is {
		steps = append(steps, step)
	}
	return steps, err
}

// tellGranted names what the service account's token may, and what of the scopes
// asked for by name it may not; is: there is such a token, and the provider said.
func (s *Service) tellGranted(ctx context.Context, a *at) (step Step, is bool, err error) {
	k, found, err := s.cfg.Store.OAuthTokenFor(ctx, Need{Resource: a.Name}.Key())
	if err != nil || !found || k.Scope == "" {
		return Step{}, false, err
	}
	step = Step{Name: "granted", OK: true, Detail: "the service account " + k.Account + " was granted " + strings.Join(plainScopes(strings.Fields(k.Scope)), ", ")}
	has := plainScopes(strings.Fields(k.Scope))
	lacking := slices.DeleteFunc(plainScopes(a.Scopes), func(one string) bool {
		return slices.Contains([]string{".default", "openid", "profile", "email", "offline_access"}, one) || slices.ContainsFunc(has, func(h string) bool { return strings.EqualFold(h, one) })
	})
	if len(lacking) > 0 {
		step.OK, step.Detail = false, step.Detail+"; asked for and not granted: "+strings.Join(lacking, ", ")
		step.Advice = "grant admin consent"
		if at := a.consentAt(); at != "" {
			step.Advice += " (" + at + ")"
		}
		step.Advice += ", then press Connect the service account again"
	}
	return step, true, nil
}

// plainScopes are scopes without the address of their API.
func plainScopes(scopes []string) []string {
	out := make([]string, 0, len(scopes))
	for _, one := range scopes {
		out = append(out, one[strings.LastIndexByte(one, '/')+1:])
	}
	return out
}

// tryCredential finds out whether the provider takes how we prove who we are: by
// getting a token for the application where that is possible, else with a code
// that nobody gave, which a provider that knows us refuses as that.
func (s *Service) tryCredential(ctx context.Context, a *at, m *metadata, c *Certificate) Step {
	if a.Auth == WithNothing {
		return Step{Name: "credential", OK: true, Detail: "nothing is proved: this is a public client"}
	}
	n := Need{Resource: a.Name, App: true}
	if a.typ.App && (a.Audience != "" || !a.typ.People) {
		_, err := s.exchangeWith(ctx, a, n, ForApp, m, c, url.Values{"grant_type": {"client_credentials"}}, "")
		if err == nil {
			return Step{Name: "credential", OK: true, Detail: "the provider knows this application"}
		}
		if e, ok := errors.AsType[*ProviderError](err); !ok || e.Code != "unauthorized_client" && e.Code != "unsupported_grant_type" {
			return stepOf("credential", err)
		}
	}
	_, err := s.exchangeWith(ctx, a, n, ForToken, m, c, url.Values{"grant_type": {"authorization_code"}, "code": {"a-code-that-nobody-gave"},
		"redirect_uri": {s.public + a.Redirect}, "code_verifier": {"a-verifier-that-belongs-to-no-challenge-at-all"}}, "")
	if e, ok := errors.AsType[*ProviderError](err); ok && e.Code == "invalid_grant" {
		return Step{Name: "credential", OK: true, Detail: "the provider knows this application"}
	}
	return stepOf("credential", err)
}

func stepOf(name string, err error) Step {
	e, ok := errors.AsType[*ProviderError](err)
	if !ok {
		return Step{Name: name, Detail: "the provider gave a token for a code that nobody made", Advice: "do not trust it"}
	}
	_, p := judge(e)
	return Step{Name: name, Detail: p.Detail, Advice: p.Advice, Said: p.Said, Trace: p.Trace}
}

// Certificate returns the public part of the certificate that is to be given to a
// provider, in PEM: the one that waits, if there is one; it takes the server right.
func (s *Service) Certificate(ctx context.Context, by signoff.Caller, name string) (text string, until time.Time, err error) {
	k, err := s.Resource(ctx, by, name)
	if err != nil {
		return "", until, err
	}
	c := k.Next
	if c == nil {
		c = k.Certificate
	}
	if c == nil {
		return "", until, &signoff.Error{Kind: signoff.NotFound, Code: "oauth-no-certificate", Detail: "the resource has no certificate", Hint: "make one"}
	}
	return c.PEM, c.Until, nil
}

// Saved tells which revision of a resource is kept, by whom and since when.
func (s *Service) Saved(ctx context.Context, name string) (store.OAuthResource, error) {
	k, found, err := s.cfg.Store.OAuthResource(ctx, name)
	if err == nil && !found {
		err = noResource
	}
	return k, err
}
