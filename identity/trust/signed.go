package trust

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Keys verifies what one provider signs that is no bearer token: id tokens and
// logout tokens. The limits on asking for keys are those of bearer tokens, so
// that what an anonymous request brings along makes nobody fetch.
//
// Make it with Verifier.KeysOf; the Verifier's Close ends its fetches.
type Keys struct {
	profile Profile
	set     *keySet
}

// KeysOf returns the keys of a provider that an administrator named, read from
// its metadata, which must be that issuer's own. Nothing is fetched yet.
func (v *Verifier) KeysOf(ctx context.Context, profile Profile, issuer, metadataURL string) *Keys {
	k := &keySet{id: fmt.Sprintf("signin %s %s", issuer, metadataURL), issuer: issuer, metadataURL: metadataURL, fetcher: v.fetcher,
		keeper: v.cfg.Keeper, now: v.cfg.Now, log: v.cfg.Log, spawn: v.spawn, absent: map[string]time.Time{}}
	k.load(ctx)
	return &Keys{profile, k}
}

// Signed is a JWT whose signature was checked, and nothing else of it.
type Signed struct {
	Type   string // typ of the header, in small letters
	Claims []byte // one JSON object, no member twice at any depth
}

// Verify checks a JWT's form and signature as the checks of bearer tokens do.
// algorithms is what the provider may sign with.
func (k *Keys) Verify(ctx context.Context, token string, algorithms []string) (Signed, error) {
	if len(token) > MaxTokenBytes {
		return Signed{}, fmt.Errorf("it is longer than %d bytes", MaxTokenBytes)
	}
	c, why := split(token)
	if why != "" {
		return Signed{}, fmt.Errorf("it has %s, and not three parts between dots", why)
	}
	if err := c.decode(token); err != nil {
		return Signed{}, err
	}
	head, err := parseObject(c.header)
	if err != nil {
		return Signed{}, fmt.Errorf("its header: %w", err)
	}
	if _, err := parseObject(c.claims); err != nil {
		return Signed{}, fmt.Errorf("its claims: %w", err)
	}
	for _, name := range [...]string{"crit", "b64"} {
		if _, there := head.get(name); there {
			return Signed{}, fmt.Errorf("its header demands an extension (%s)", name)
		}
	}
	a := algorithmNamed(head.str("alg"))
	if a == nil || !slices.Contains(algorithms, a.name) {
		return Signed{}, fmt.Errorf("it is signed with %s, not with %s", foundMember(&head, "alg"), strings.Join(algorithms, " or "))
	}
	key, err := k.find(ctx, head.str("kid"))
	if err != nil {
		return Signed{}, err
	}
	if why := key.fits(a); why != "" {
		return Signed{}, errors.New(why)
	}
	if !k.mayUse(key) {
		return Signed{}, fmt.Errorf("key %s is for tokens of %s", clip(key.ID), clip(strings.Join(key.Issuers, ", ")))
	}
	if err := a.verify(key, c.signed, c.signature); err != nil {
		return Signed{}, err
	}
	return Signed{Type: strings.ToLower(head.str("typ")), Claims: []byte(c.claims)}, nil
}

// find brings the keys up to date when Run would, for nobody runs it for these,
// and finds one. A token without a key's name means the only key there is
// (OpenID Connect Core §10.1).
func (k *Keys) find(ctx context.Context, id string) (*Key, error) {
	if len(id) > maxKeyIDBytes {
		return nil, errKeyUnknown
	}
	if at, busy := k.set.dueAt(); !busy && !k.set.now().Before(at) {
		if err := k.set.refresh(ctx); err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if ring := k.set.ring.Load(); id == "" && ring != nil && len(ring.keys) == 1 {
		for only := range ring.keys {
			id = only
		}
	}
	if id == "" {
		return nil, errors.New("it does not name its key, and the provider has several")
	}
	return k.set.find(ctx, id)
}

// mayUse holds a key of Entra to the issuers it names: a provider of many
// tenants has keys that are not for all of them.
func (k *Keys) mayUse(key *Key) bool {
	return k.profile != Entra || len(key.Issuers) == 0 || slices.ContainsFunc(key.Issuers, func(named string) bool {
		before, after, template := strings.Cut(named, tenantTemplate)
		if !template {
			return named == k.set.issuer
		}
		tenant, ok := strings.CutPrefix(k.set.issuer, before)
		if !ok {
			return false
		}
		tenant, ok = strings.CutSuffix(tenant, after)
		return ok && tenant != "" && !strings.Contains(tenant, "/")
	})
}

// Metadata reads the OpenID metadata at an address: one JSON object, no member
// twice, of at most 256 KiB, over https. It must be that issuer's own; issuer
// "" takes whoever it names.
func (v *Verifier) Metadata(ctx context.Context, address, issuer string) ([]byte, error) {
	raw, err := v.fetcher.get(ctx, address, maxDocumentBytes)
	if err != nil {
		return nil, err
	}
	d, err := parseDocument(raw)
	if err == nil && issuer != "" && d.issuer != issuer {
		err = fmt.Errorf("the metadata is of the issuer %s, not %s", clip(d.issuer), clip(issuer))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", clip(address), err)
	}
	return raw, nil
}

// Usable tells why this server would not send anything to an address, nil if it
// would.
func (v *Verifier) Usable(address string) error { return v.fetcher.usable(address) }

// SignIn is where people of this issuer sign in: what its id tokens name as
// their issuer, where its metadata is, and the tenant if it is Entra's. It
// refuses Entra's of several tenants: people are told apart by tenant.
func (is *Issuer) SignIn() (issuer, metadataURL, tenant string, err error) {
	plain := *is
	plain.AppID, plain.KeysURL = "", "" // of the API, not of the application that people sign in to
	if is.Profile != Entra {
		if is.URL == "" {
			return "", "", "", errors.New("it is not known where people of this issuer sign in")
		}
		return is.URL, plain.metadataURL("", ""), "", nil
	}
	if is.AnyTenant || len(is.Tenants) != 1 {
		return "", "", "", errors.New("signing in needs one tenant, by its directory (tenant) id; add a provider for each")
	}
	tenant = is.Tenants[0]
	return is.issText(tenant, V2), plain.metadataURL(tenant, V2), tenant, nil
}
