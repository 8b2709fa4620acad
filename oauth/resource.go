package oauth

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// How this server proves to a provider who it is.
type ClientAuth string

const (
	WithSecret      ClientAuth = "secret"
	WithCertificate ClientAuth = "certificate"
	WithFederation  ClientAuth = "federated"  // with another provider's token, which a file holds
	WithOwnIssuer   ClientAuth = "own-issuer" // with a token of ours, whose key the provider fetches here
	WithNothing     ClientAuth = "none"       // a public client
)

// Paths that providers send browsers back to: ours and K2's. A resource may have
// one of its own below ours.
const (
	CallbackPath   = "/oauth/callback"
	K2CallbackPath = "/identity/token/oauth/2"
)

// A Resource is a system with this server's registration there.
type Resource struct {
	Name      string `json:"name"` // in addresses and workflows; never changes
	Title     string `json:"title"`
	Type      string `json:"type"`
	Authority string `json:"authority,omitempty"` // of Entra; "" Microsoft's public one
	Tenant    string `json:"tenant,omitempty"`    // of Entra: id or domain
	Issuer    string `json:"issuer,omitempty"`    // of others
	// Addresses entered by hand come before those the provider names.
	AuthorizationURL string           `json:"authorizationUrl,omitempty"`
	TokenURL         string           `json:"tokenUrl,omitempty"`
	DeviceURL        string           `json:"deviceUrl,omitempty"`
	ClientID         string           `json:"clientId"`
	Auth             ClientAuth       `json:"auth"`
	Secret           string           `json:"secret,omitempty"` // locked
	SecretExpires    *time.Time       `json:"secretExpires,omitempty"`
	Certificate      *Certificate     `json:"certificate,omitempty"`
	Next             *Certificate     `json:"next,omitempty"` // made, and not yet known to the provider
	TokenFile        string           `json:"tokenFile,omitempty"`
	Audience         string           `json:"audience,omitempty"`
	Scopes           []string         `json:"scopes,omitempty"`
	Redirect         string           `json:"redirect"` // path of ours
	Values           map[string]Value `json:"values,omitempty"`
}

// A Value is what a resource says for a parameter, instead of its defaults.
type Value struct {
	Authorization *string `json:"authorization,omitempty"`
	Token         *string `json:"token,omitempty"`
	Refresh       *string `json:"refresh,omitempty"`
	App           *string `json:"app,omitempty"`
	Device        *string `json:"device,omitempty"`
}

func (v Value) in(r Request) *string {
	p := Parameter{Authorization: v.Authorization, Token: v.Token, Refresh: v.Refresh, App: v.App, Device: v.Device}
	return p.in(r)
}

// A Certificate proves who we are with a key that never leaves this server.
type Certificate struct {
	PEM   string    `json:"pem"` // the public part, for the provider
	Key   string    `json:"key"` // locked
	Print string    `json:"print"`
	Until time.Time `json:"until"`
}

// Purposes that secrets of this package are locked for.
const (
	secretPurpose = "oauth client secret"
	keyPurpose    = "oauth client key"
	valuePurpose  = "oauth parameter"
	flowPurpose   = "oauth connecting"
)

// lockedValue begins the value of a secret parameter as it is kept.
const lockedValue = "locked:"

func readResource(kept store.OAuthResource) (Resource, error) {
	var r Resource
	if err := json.Unmarshal(kept.Body, &r); err != nil {
		return r, fmt.Errorf("read the OAuth resource %s: %w", kept.Name, err)
	}
	return r, nil
}

// public is the resource without secrets, for pages and the record.
func (r Resource) public() Resource {
	r.Secret = ""
	hide := func(c *Certificate) *Certificate {
		if c == nil {
			return nil
		}
		only := *c
		only.Key = ""
		return &only
	}
	r.Certificate, r.Next = hide(r.Certificate), hide(r.Next)
	values := map[string]Value{}
	for name, v := range r.Values {
		values[name] = v.each(func(_ Request, text string) string {
			if strings.HasPrefix(text, lockedValue) {
				return ""
			}
			return text
		})
	}
	if len(values) > 0 {
		r.Values = values
	}
	return r
}

// each is v with every text replaced.
func (v Value) each(with func(Request, string) string) Value {
	do := func(r Request, text *string) *string {
		if text == nil {
			return nil
		}
		return is(with(r, *text))
	}
	return Value{do(ForAuthorization, v.Authorization), do(ForToken, v.Token), do(ForRefresh, v.Refresh), do(ForApp, v.App), do(ForDevice, v.Device)}
}

// ends is when the credential of a resource runs out, zero when that is not known.
func (r *Resource) ends() time.Time {
	switch {
	case r.Auth == WithSecret && r.SecretExpires != nil:
		return *r.SecretExpires
	case r.Auth == WithCertificate && r.Certificate != nil:
		return r.Certificate.Until
	}
	return time.Time{}
}

// vars are what the placeholders of a type's texts stand for.
func (r *Resource) vars(t *Type, n Need, public string) map[string]string {
	v := map[string]string{"authority": r.authority(), "tenant": r.Tenant, "issuer": strings.TrimSuffix(r.issuer(t), "/"), "client": r.ClientID,
		"redirect": public + r.Redirect, "audience": r.Audience, "scopes": strings.Join(r.Scopes, " ")}
	if n.Audience != "" && n.Audience != r.Audience || v["scopes"] == "" {
		if n.Audience != "" {
			v["audience"] = n.Audience
		}
		if t.AudienceScope != "" && v["audience"] != "" {
			v["scopes"] = fill(t.AudienceScope, v) + " openid profile offline_access"
		}
	}
	return v
}

// elsewhere tells whether tokens come from another provider than before. What
// was entered for that one, or what it granted, must not be sent to this one.
func (r *Resource) elsewhere(old *Resource) bool {
	return old.Type != r.Type || old.Authority != r.Authority || old.Tenant != r.Tenant || old.Issuer != r.Issuer || old.TokenURL != r.TokenURL
}

func (r *Resource) authority() string {
	if r.Authority == "" {
		return publicAuthority
	}
	return strings.TrimSuffix(r.Authority, "/")
}

// consentAt is where an administrator of Entra ID consents to what the
// registration lists, for everybody; "" for other providers.
func (r *Resource) consentAt() string {
	if r.Tenant == "" || !strings.HasPrefix(r.Type, "entra") {
		return ""
	}
	return r.authority() + "/" + r.Tenant + "/adminconsent?client_id=" + url.QueryEscape(r.ClientID)
}

func (r *Resource) issuer(t *Type) string {
	if t.Issuer != "" {
		return t.Issuer
	}
	return r.Issuer
}

// fill replaces the placeholders of a text once, so that nothing put in is taken
// for a placeholder.
func fill(text string, vars map[string]string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if value, known := vars[name]; closed && known {
			b.WriteString(value)
			text = after
		} else {
			b.WriteString("{")
			text = rest
		}
	}
}

// at is a resource ready to be used: with its type, and its secrets opened when
// they are needed.
type at struct {
	Resource
	typ *Type
	rev int64
	key seal.Key
}

// Purposes are all that secrets of this package are locked for, but those of
// tokens.
func Purposes() []string {
	return []string{secretPurpose, keyPurpose, valuePurpose, flowPurpose, issuerPurpose}
}

// TokenPurpose is what the secrets of the token of a need are locked for: copied
// into the row of another, they open nothing.
func TokenPurpose(need string) string { return "oauth token of " + need }
