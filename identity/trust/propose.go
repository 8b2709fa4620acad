package trust

import (
	"context"
	"crypto"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// A Proposal is what could be found out about an issuer from little: the entry
// with as much filled in as is known, for a person to complete and save.
type Proposal struct {
	Issuer       Issuer        `json:"issuer"`
	Keys         []Key         `json:"keys"`                   // it signs with now
	Certificates []Certificate `json:"certificates,omitempty"` // of federation metadata
	Notes        []string      `json:"notes,omitempty"`        // what people should look at
}

const discoveryPath = "/.well-known/openid-configuration"

// Propose finds out about an issuer from what people have at hand: a tenant's id
// or domain, the address of federation metadata, of OpenID metadata, or of the
// issuer itself. For Entra, in says which cloud or addresses to use; else it is
// empty. It fetches, and trusts nothing.
//
// It refuses with "issuer-not-found" and the reason.
func (v *Verifier) Propose(ctx context.Context, text string, in Issuer) (Proposal, error) {
	text = strings.TrimSpace(text)
	p, err := v.propose(ctx, text, in)
	if err != nil {
		return p, &signoff.Error{Kind: signoff.Invalid, Code: "issuer-not-found", Detail: "nothing usable was found at " + clip(text) + ": " + err.Error(),
			Hint: "give the tenant's id or domain, or the address of the provider or of its metadata", Err: err}
	}
	return p, nil
}

func (v *Verifier) propose(ctx context.Context, text string, in Issuer) (Proposal, error) {
	u, err := url.Parse(text)
	switch {
	case text == "" || len(text) > maxText:
		return Proposal{}, fmt.Errorf("it must have 1 to %d characters", maxText)
	case !strings.Contains(text, "://"):
		return v.proposeTenant(ctx, text, in)
	case err != nil:
		return Proposal{}, err
	case strings.HasSuffix(strings.ToLower(u.Path), ".xml"):
		return v.proposeFederation(ctx, text, in)
	case strings.HasPrefix(text, in.authority()+"/"):
		tenant, _, _ := strings.Cut(strings.TrimPrefix(text, in.authority()+"/"), "/")
		return v.proposeTenant(ctx, tenant, in)
	}
	if tenant, _, ok := in.issForm(text); ok { // version 1.0, which has another host
		return v.proposeTenant(ctx, tenant, in)
	}
	return v.proposeProvider(ctx, strings.TrimSuffix(text, discoveryPath))
}

// proposeTenant asks Entra who a tenant is. Entra answers to domains too, and
// names the id.
func (v *Verifier) proposeTenant(ctx context.Context, tenant string, in Issuer) (Proposal, error) {
	if strings.ContainsAny(tenant, "/?#@:% ") {
		return Proposal{}, fmt.Errorf("%s is neither a tenant's id nor a domain", clip(tenant))
	}
	is := Issuer{Profile: Entra, Cloud: in.Cloud, Authority: in.Authority, AuthorityV1: in.AuthorityV1}
	raw, err := v.fetcher.get(ctx, is.metadataURL(strings.ToLower(tenant), V2), maxDocumentBytes)
	if err != nil {
		return Proposal{}, fmt.Errorf("there may be no such tenant: %w", err)
	}
	d, err := parseDocument(raw)
	if err != nil {
		return Proposal{}, err
	}
	id, _, ok := is.issForm(d.issuer)
	if !ok {
		return Proposal{}, fmt.Errorf("it names %s, which is no single tenant", clip(d.issuer))
	}
	p := Proposal{Issuer: is}
	p.Issuer.Tenants, p.Issuer.Versions, p.Issuer.SlashVariants = []string{id}, []string{V1, V2}, true
	p.Issuer.Scopes = []string{"user_impersonation"}
	if p.Issuer.Name = tenant; tenant == id {
		p.Issuer.Name = "Entra " + id[:8]
	}
	p.Notes = append(p.Notes, "add the Application (client) ID of your API's registration to the audiences, and its Application ID URI if it issues tokens of version 1.0")
	return p, v.addKeys(ctx, &p, d)
}

// addKeys reads the keys a proposal's issuer signs with.
func (v *Verifier) addKeys(ctx context.Context, p *Proposal, d document) error {
	ring, err := v.fetcher.fetchKeyring(ctx, "", d.keysURL, d.issuer)
	if err != nil {
		return err
	}
	for _, id := range ring.ids() {
		p.Keys = append(p.Keys, *ring.keys[id])
	}
	for _, left := range ring.unusable {
		p.Notes = append(p.Notes, "not used: "+left)
	}
	return nil
}

// proposeFederation takes the tenant from federation metadata, and the rest
// from Entra itself.
func (v *Verifier) proposeFederation(ctx context.Context, address string, in Issuer) (Proposal, error) {
	raw, err := v.fetcher.get(ctx, address, maxFederationBytes)
	if err != nil {
		return Proposal{}, err
	}
	f, err := ParseFederation(raw)
	if err != nil {
		return Proposal{}, err
	}
	tenant, _, ok := in.issForm(f.EntityID)
	if !ok {
		return Proposal{}, fmt.Errorf("it is of %s, which is no single Entra tenant; for another product give the address of its OpenID metadata", clip(f.EntityID))
	}
	p, err := v.proposeTenant(ctx, tenant, in)
	if err != nil {
		return p, err
	}
	p.Certificates = f.Certificates
	for _, c := range f.Certificates {
		pub, ok := c.parsed.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
		if !ok || !slices.ContainsFunc(p.Keys, func(k Key) bool { return pub.Equal(k.public) }) {
			p.Notes = append(p.Notes, fmt.Sprintf("the certificate %s is not among the keys for tokens; nothing signed with it is accepted", c.Thumbprint))
		}
	}
	return p, nil
}

// proposeProvider reads the metadata of any OpenID provider.
func (v *Verifier) proposeProvider(ctx context.Context, issuer string) (Proposal, error) {
	address := strings.TrimSuffix(issuer, "/") + discoveryPath
	raw, err := v.fetcher.get(ctx, address, maxDocumentBytes)
	if err != nil {
		return Proposal{}, err
	}
	d, err := parseDocument(raw)
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{Issuer: Issuer{Profile: OIDC, URL: d.issuer}}
	if u, err := url.Parse(d.issuer); err == nil {
		p.Issuer.Name = u.Hostname()
	}
	if p.Issuer.metadataURL("", "") != address {
		p.Issuer.MetadataURL = address
		p.Notes = append(p.Notes, fmt.Sprintf("the metadata calls its issuer %s: make sure that this is the provider you mean", clip(d.issuer)))
	}
	if err := v.addKeys(ctx, &p, d); err != nil {
		return p, err
	}
	for i := range algorithms {
		if slices.ContainsFunc(p.Keys, func(k Key) bool { return likely(&k, &algorithms[i]) }) {
			p.Issuer.Algorithms = append(p.Issuer.Algorithms, algorithms[i].name)
		}
	}
	return p, nil
}

// likely tells whether a provider with this key signs with that algorithm: the
// one the key names, or else the usual one for its type.
func likely(k *Key, a *algorithm) bool {
	if k.Algorithm != "" {
		return k.Algorithm == a.name
	}
	return k.fits(a) == "" && (a.kty != "RSA" || a.name == "RS256")
}
