package httpapi

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
)

var errNoTrust = &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "this server takes no tokens of others"}

// trusted is what is trusted, or why there is nothing to ask.
func (s *Server) trusted() (*identity.Trust, error) {
	if s.Trust == nil {
		return nil, errNoTrust
	}
	return s.Trust, nil
}

func (s *Server) getTrust(ctx context.Context, by signoff.Caller, _ *nothing) (*settingOutput[api.Trust], error) {
	t, err := s.trusted()
	if err != nil {
		return nil, err
	}
	return s.trustAnswer(ctx, by, t)
}

func (s *Server) trustAnswer(ctx context.Context, by signoff.Caller, t *identity.Trust) (*settingOutput[api.Trust], error) {
	state, failed, err := t.State(ctx, by)
	if err != nil {
		return nil, err
	}
	out := api.Trust{Issuers: listOf(state.Value.Issuers, issuerOf).Items, Warnings: []api.TrustProblem{}, Failed: failed}
	for _, p := range t.Check(state.Value) {
		out.Warnings = append(out.Warnings, api.TrustProblem{Field: p.Field, Reason: p.Reason, Advice: p.Advice})
	}
	if out.Saved, err = s.savedBy(ctx, state.Setting); err != nil {
		return nil, err
	}
	return settingAnswer(state.Rev, out)
}

type putTrustInput struct {
	IfSaved
	Body api.SetTrust
}

func (s *Server) putTrust(ctx context.Context, by signoff.Caller, in *putTrustInput) (*settingOutput[api.Trust], error) {
	t, err := s.trusted()
	if err != nil {
		return nil, err
	}
	state, _, err := t.State(ctx, by)
	if err != nil {
		return nil, err
	}
	if err := in.still(state.Setting); err != nil {
		return nil, err
	}
	var set identity.TrustSetting
	for _, is := range in.Body.Issuers {
		set.Issuers = append(set.Issuers, issuerIn(is))
	}
	if _, err := t.Save(ctx, by, state.Rev, set); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "trust changed", "user", by.Principal)
	return s.trustAnswer(ctx, by, t)
}

// issuerOf and issuerIn turn an entry to and from how it looks on the wire.
func issuerOf(is identity.TrustedIssuer) api.TrustedIssuer {
	return api.TrustedIssuer{Name: is.Name, Profile: string(is.Profile), Tenants: is.Tenants, AnyTenant: is.AnyTenant, Cloud: string(is.Cloud),
		Authority: is.Authority, AuthorityV1: is.AuthorityV1, AppID: is.AppID, Versions: is.Versions,
		URL: is.URL, MetadataURL: is.MetadataURL, KeysURL: is.KeysURL,
		Audiences: list(is.Audiences), SlashVariants: is.SlashVariants, Algorithms: is.Algorithms, Clients: is.Clients,
		NoPeople: is.NoPeople, Scopes: is.Scopes, PersonClaim: is.PersonClaim, Guests: string(is.Guests), AuthContext: is.AuthContext,
		Apps: string(is.Apps), Roles: is.Roles, AppClients: is.AppClients, StrongApps: is.StrongApps,
		GroupsClaim: is.GroupsClaim, SkewSeconds: int(is.Skew / time.Second),
		Newcomers: string(is.Newcomers), LinkByAddress: is.LinkByAddress}
}

func issuerIn(is api.TrustedIssuer) identity.TrustedIssuer {
	return identity.TrustedIssuer{Newcomers: identity.Newcomers(is.Newcomers), LinkByAddress: is.LinkByAddress, Issuer: trust.Issuer{
		Name: is.Name, Profile: trust.Profile(is.Profile), Tenants: is.Tenants, AnyTenant: is.AnyTenant, Cloud: trust.Cloud(is.Cloud),
		Authority: is.Authority, AuthorityV1: is.AuthorityV1, AppID: is.AppID, Versions: is.Versions,
		URL: is.URL, MetadataURL: is.MetadataURL, KeysURL: is.KeysURL,
		Audiences: is.Audiences, SlashVariants: is.SlashVariants, Algorithms: is.Algorithms, Clients: is.Clients,
		NoPeople: is.NoPeople, Scopes: is.Scopes, PersonClaim: is.PersonClaim, Guests: trust.GuestPolicy(is.Guests), AuthContext: is.AuthContext,
		Apps: trust.AppPolicy(is.Apps), Roles: is.Roles, AppClients: is.AppClients, StrongApps: is.StrongApps,
		GroupsClaim: is.GroupsClaim, Skew: time.Duration(is.SkewSeconds) * time.Second}}
}

// list is never null.
func list(all []string) []string { return append([]string{}, all...) }

type proposeInput struct{ Body api.ProposeTrust }

func (s *Server) proposeTrust(ctx context.Context, by signoff.Caller, in *proposeInput) (*body[api.TrustProposal], error) {
	t, err := s.trusted()
	if err != nil {
		return nil, err
	}
	ask := trust.Issuer{Cloud: trust.Cloud(in.Body.Cloud), Authority: in.Body.Authority, AuthorityV1: in.Body.AuthorityV1, Audiences: in.Body.Audiences}
	p, entry, err := t.Propose(ctx, by, in.Body.From, ask)
	if err != nil {
		return nil, err
	}
	out := api.TrustProposal{Issuer: issuerOf(entry), Keys: keysOf(p.Keys), Certificates: []api.TrustCertificate{}, Notes: list(p.Notes)}
	for _, c := range p.Certificates {
		out.Certificates = append(out.Certificates, api.TrustCertificate{Subject: c.Subject, Thumbprint: c.Thumbprint, NotAfter: c.NotAfter})
	}
	return &body[api.TrustProposal]{out}, nil
}

func keysOf(keys []trust.Key) []api.TrustKey {
	return listOf(keys, func(k trust.Key) api.TrustKey {
		return api.TrustKey{ID: k.ID, Type: k.Type, Algorithm: k.Algorithm, Size: k.Size}
	}).Items
}

type explainInput struct{ Body api.ExplainToken }

func (s *Server) explainToken(ctx context.Context, by signoff.Caller, in *explainInput) (*body[api.TokenExplained], error) {
	t, err := s.trusted()
	if err != nil {
		return nil, err
	}
	e, err := t.Explain(ctx, by, in.Body.Token)
	if err != nil {
		return nil, err
	}
	out := api.TokenExplained{Accepted: e.Accepted != nil, Issuer: e.Issuer, Checks: listOf(e.Checks, checkOf).Items}
	if e.Refusal != nil {
		out.Code, out.Detail = e.Refusal.Code.Code, e.Refusal.Text
	}
	return &body[api.TokenExplained]{out}, nil
}

func checkOf(c trust.Check) api.TokenCheck {
	return api.TokenCheck{Name: c.Name, Code: c.Code, Result: string(c.Result), Expected: c.Expected, Found: c.Found, Advice: c.Advice}
}

func (s *Server) trustKeys(_ context.Context, by signoff.Caller, _ *nothing) (*body[api.List[api.TrustKeys]], error) {
	t, err := s.trusted()
	if err != nil {
		return nil, err
	}
	keys, err := t.Keys(by)
	return &body[api.List[api.TrustKeys]]{listOf(keys, keyStateOf)}, err
}

func keyStateOf(k trust.KeyState) api.TrustKeys {
	return api.TrustKeys{Issuer: k.Issuer, URL: k.URL, Tenant: k.Tenant, Version: k.Version, MetadataURL: k.MetadataURL, KeysURL: k.KeysURL,
		Keys: keysOf(k.Keys), Unusable: list(k.Unusable), Kept: k.Kept, Problem: k.Problem,
		Fetched: timePtr(k.Fetched), Tried: timePtr(k.Tried), Next: timePtr(k.Next)}
}

// timePtr is nil for no time.
func timePtr(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type refreshInput struct{ Body api.RefreshKeys }

func (s *Server) refreshKeys(ctx context.Context, by signoff.Caller, in *refreshInput) (*body[api.List[api.TrustKeys]], error) {
	t, err := s.trusted()
	if err != nil {
		return nil, err
	}
	if err := t.Refresh(ctx, by, in.Body.Issuer); err != nil {
		return nil, err
	}
	return s.trustKeys(ctx, by, nil)
}
