package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
)

// maxSkew is how far a provider's clock may be ahead of ours.
const maxSkew = trust.MaxSkew

// claims is what we read of an id token (OpenID Connect Core §2 and §5.1, and
// Entra's own). All of it but Subject, or Tenant and Object, is what a directory
// lets somebody write.
type claims struct {
	Subject   string        `json:"sub"`
	Issuer    string        `json:"iss"`
	Azp       string        `json:"azp"`
	Nonce     string        `json:"nonce"`
	SID       string        `json:"sid"`
	Name      string        `json:"name"`
	Username  string        `json:"preferred_username"`
	UPN       string        `json:"upn"`
	Email     string        `json:"email"`
	Verified  flexible      `json:"email_verified"`
	Owned     flexible      `json:"xms_edov"` // Entra: the domain of email is verified
	LoginHint string        `json:"login_hint"`
	Tenant    string        `json:"tid"`
	Object    string        `json:"oid"`
	Acct      json.Number   `json:"acct"` // Entra: 1 is a guest
	IDP       string        `json:"idp"`  // Entra: of a guest, where they come from
	Groups    *names        `json:"groups"`
	Roles     *names        `json:"roles"`
	HasGroups flexible      `json:"hasgroups"`
	Sources   *claimSources `json:"_claim_names"`
}

type claimSources struct {
	Groups string `json:"groups"`
}

// flexible is a yes that providers write as true, "true", 1 or "1".
type flexible bool

func (f *flexible) UnmarshalJSON(b []byte) error {
	switch strings.Trim(string(b), `"`) {
	case "true", "1":
		*f = true
	}
	return nil
}

// names is a list of texts; a text alone is a list of one. What is neither is
// not said.
type names []string

func (n *names) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*n = names{one}
		return nil
	}
	var many []string
	if json.Unmarshal(b, &many) == nil {
		*n = many
	}
	return nil
}

// keySet lets go-oidc verify with the keys of package trust, which asks the
// provider for them within limits; go-oidc's own would ask for every token
// whose signature does not verify.
type keySet struct {
	keys       *trust.Keys
	algorithms []string
	typ        *string
}

func (k keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	signed, err := k.keys.Verify(ctx, token, k.algorithms)
	*k.typ = signed.Type
	return signed.Claims, err
}

func (p *provider) verifier(m *metadata, typ *string) *oidc.IDTokenVerifier {
	return oidc.NewVerifier(p.Issuer, keySet{p.keys, m.Algorithms, typ},
		&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: m.Algorithms, Now: p.now})
}

// redeem exchanges a code for what the provider says about the person, and
// checks that: issuer, audience, signature, times, nonce (OpenID Connect Core
// §3.1.3.7). It returns the id token too.
func (p *provider) redeem(ctx context.Context, client *http.Client, m *metadata, public, code string, f *flow) (raw string, payload []byte, c claims, err error) {
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return "", nil, c, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, client), metadataWait)
	defer cancel()
	token, err := p.oauth(m, public).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return "", nil, c, err
	}
	raw, _ = token.Extra("id_token").(string)
	if raw == "" {
		return "", nil, c, errors.New("the provider's answer has no id_token: is openid among the scopes?")
	}
	payload, c, err = p.verify(ctx, m, raw, token.AccessToken, f.Nonce)
	return raw, payload, c, err
}

// A badClaim is something an id token says that it should not.
type badClaim struct{ error }

func (p *provider) verify(ctx context.Context, m *metadata, raw, access, nonce string) ([]byte, claims, error) {
	var typ string
	var c claims
	if len(raw) > trust.MaxTokenBytes {
		return nil, c, badClaim{fmt.Errorf("the id token is longer than %d bytes", trust.MaxTokenBytes)}
	}
	id, err := p.verifier(m, &typ).Verify(ctx, raw)
	if err != nil {
		return nil, c, badClaim{err}
	}
	var payload json.RawMessage
	if err := errors.Join(id.Claims(&payload), id.Claims(&c)); err != nil {
		return nil, c, badClaim{err}
	}
	return payload, c, p.check(id, &c, typ, access, nonce)
}

// check is what go-oidc leaves to its users.
func (p *provider) check(id *oidc.IDToken, c *claims, typ, access, nonce string) error {
	wrong := func(format string, args ...any) error { return badClaim{fmt.Errorf(format, args...)} }
	switch {
	case typ != "" && typ != "jwt":
		return wrong("it is of the type %q, not an id token", typ)
	case nonce == "" || c.Nonce != nonce:
		return wrong("nonce: it is not of this sign-in")
	case c.Subject == "" || len(c.Subject) > 255:
		return wrong("sub: it names nobody")
	case c.Issuer != p.Issuer:
		return wrong("iss: it is %q", c.Issuer)
	case len(id.Audience) > 1 && c.Azp == "", c.Azp != "" && c.Azp != p.ClientID:
		return wrong("azp: it was issued to another application")
	case id.Expiry.IsZero():
		return wrong("exp: it never ends")
	case id.IssuedAt.IsZero() || id.IssuedAt.After(p.now().Add(maxSkew)):
		return wrong("iat: it is from the future, or does not say when it is from")
	case p.Tenant != "" && c.Tenant != p.Tenant:
		return wrong("tid: it is of the directory %q, not %s", c.Tenant, p.Tenant)
	case p.Tenant != "" && !signoff.IsGUID(c.Object):
		return wrong("oid: it does not name the person")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(access); err != nil {
			return wrong("at_hash: %w", err)
		}
	}
	return nil
}

// stranger is the person as package identity takes them.
func (p *Provider) stranger(c *claims, at time.Time) identity.Stranger {
	st := identity.Stranger{Source: p.source(), Subject: c.Subject, Name: c.Name, Login: orElse(c.Username, c.UPN), Email: c.Email, Said: at}
	if p.Tenant != "" {
		st.Subject = c.Object
	}
	st.Label = orElse(st.Login, orElse(c.Email, c.Name))
	theirs := bool(c.Verified)
	if p.Tenant != "" {
		guest := c.Acct == "1" || c.IDP != "" || strings.Contains(st.Login, "#EXT#")
		theirs = bool(c.Owned)
		// The domain of a member's user name is verified by the directory; an
		// address may be anything an administrator there wrote ("nOAuth").
		if !theirs && !guest && strings.Contains(st.Login, "@") {
			st.Email, theirs = st.Login, true
		}
	}
	st.EmailTheirs = theirs && st.Email != ""
	st.EmailProven = st.EmailTheirs && p.LinkByAddress
	if c.Groups != nil {
		st.Groups = slices.Clone([]string(*c.Groups))
	}
	if c.Roles != nil {
		st.Roles = slices.Clone([]string(*c.Roles))
	}
	st.Overage = c.Groups == nil && (bool(c.HasGroups) || c.Sources != nil && c.Sources.Groups != "")
	return st
}

func orElse(text, other string) string {
	if text != "" {
		return text
	}
	return other
}
