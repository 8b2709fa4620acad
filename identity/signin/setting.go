package signin

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
)

// SettingName is the name under which the store keeps Setting.
const SettingName = "signin"

// Setting says how people sign in on the pages.
type Setting struct {
	Providers   []Provider             `json:"providers"`
	Local       identity.LocalAccounts `json:"local"`
	CommandLine *CommandLine           `json:"commandLine,omitempty"`
}

// A Provider is one place where people can prove who they are.
type Provider struct {
	ID            string             `json:"id"` // in addresses; never changes
	Name          string             `json:"name"`
	Tenant        string             `json:"tenant,omitempty"` // directory (tenant) id, of Entra only
	Issuer        string             `json:"issuer"`           // what its tokens name as theirs, to the letter
	MetadataURL   string             `json:"metadataUrl,omitempty"`
	ClientID      string             `json:"clientId"`
	Secret        string             `json:"secret,omitempty"` // locked
	Scopes        []string           `json:"scopes"`
	Redirect      string             `json:"redirect"` // path of ours that the provider sends browsers back to
	Newcomers     identity.Newcomers `json:"newcomers"`
	LinkByAddress bool               `json:"linkByAddress,omitempty"` // a proven address finds an existing person
	StaySignedIn  bool               `json:"staySignedIn,omitempty"`  // signing out here leaves people signed in there
}

// CommandLine is how `signoff login` gets tokens: a public client of an issuer
// that is trusted for API calls.
type CommandLine struct {
	Issuer   string   `json:"issuer"`
	ClientID string   `json:"clientId"`
	Scopes   []string `json:"scopes"`
}

// usualScopes belong to no API.
var usualScopes = []string{"openid", "profile", "email", "offline_access"}

// bareScope is the first scope that names no API; "" when all do.
func (l *CommandLine) bareScope() string {
	for _, s := range l.Scopes {
		if !strings.Contains(s, "/") && !slices.Contains(usualScopes, s) {
			return s
		}
	}
	return ""
}

// isVersion1 tells whether an issuer is Entra's as tokens of version 1.0 name
// it: the tenant alone, such as https://sts.windows.net/TENANT/.
func isVersion1(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && signoff.IsGUID(strings.Trim(u.Path, "/"))
}

// Paths that providers send browsers back to. The first is ours, the second
// K2's, for registrations that were made for it. A further provider has a path
// of its own, below the first: an answer that arrives at another's is refused,
// so that no provider can pass on what was meant for another (RFC 9700 §4.4).
const (
	CallbackPath   = "/oauth/callback"
	K2CallbackPath = "/identity/token/oauth/2"
)

// Limits of the setting.
const (
	maxProviders = 20
	maxScopes    = 30
	maxText      = 500
	maxSecret    = 2000
)

var (
	idForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	scopeForm = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]{1,200}$`) // RFC 6749 §3.3
)

// check lists everything wrong with the setting, as fields of its JSON.
func (s *Setting) check(usable func(string) error) error {
	var c checker
	c.when(!s.Local.Known(), "local", "is on, administrators or off")
	c.when(len(s.Providers) > maxProviders, "providers", fmt.Sprintf("at most %d", maxProviders))
	seen := map[string]bool{}
	for i := range s.Providers {
		p := &s.Providers[i]
		at := fmt.Sprintf("providers[%d].", i)
		c.provider(at, p, usable)
		c.when(seen["id "+p.ID], at+"id", "another provider has this id")
		c.when(seen["name "+p.Name], at+"name", "another provider has this name")
		c.when(seen["at "+p.Redirect], at+"redirect", "another provider has this address: each needs its own, so that none can pass on another's answers")
		c.when(seen["is "+p.Issuer+" "+p.ClientID], at+"clientId", "this application of this provider is there already")
		seen["id "+p.ID], seen["name "+p.Name], seen["at "+p.Redirect], seen["is "+p.Issuer+" "+p.ClientID] = true, true, true, true
	}
	if cl := s.CommandLine; cl != nil {
		c.text("commandLine.clientId", cl.ClientID, 1)
		c.scopes("commandLine.scopes", cl.Scopes)
		c.address("commandLine.issuer", cl.Issuer, usable)
		bare := cl.bareScope()
		c.when(bare != "" && isVersion1(cl.Issuer), "commandLine.scopes", "has "+bare+", which Entra understands only at the issuer that ends in /v2.0, "+
			"or with the API before it, such as api://CLIENT-ID/"+bare)
	}
	return c.err()
}

// checker collects what is wrong.
type checker struct{ fields []signoff.FieldError }

func (c *checker) when(wrong bool, field, detail string) {
	if wrong {
		c.fields = append(c.fields, signoff.FieldError{Field: field, Detail: detail})
	}
}

func (c *checker) text(field, text string, least int) {
	n := utf8.RuneCountInString(text)
	c.when(n < least || n > maxText || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text,
		field, fmt.Sprintf("is text of %d to %d characters on one line, without spaces around it", least, maxText))
}

func (c *checker) address(field, text string, usable func(string) error) {
	if len(text) > maxText {
		c.when(true, field, "is too long")
	} else if err := usable(text); err != nil {
		c.when(true, field, err.Error())
	}
}

func (c *checker) scopes(field string, scopes []string) {
	c.when(len(scopes) > maxScopes || slices.ContainsFunc(scopes, func(s string) bool { return !scopeForm.MatchString(s) }),
		field, "are words without spaces or quotation marks, at most 30")
}

func (c *checker) provider(at string, p *Provider, usable func(string) error) {
	c.when(!idForm.MatchString(p.ID), at+"id", "is 1 to 40 small letters, digits and hyphens")
	c.text(at+"name", p.Name, 1)
	c.text(at+"clientId", p.ClientID, 1)
	c.address(at+"issuer", p.Issuer, usable)
	c.address(at+"metadataUrl", p.metadataURL(), usable)
	c.when(p.Tenant != "" && (!signoff.IsGUID(p.Tenant) || !strings.Contains(p.Issuer, p.Tenant)), at+"tenant", "is the directory (tenant) id, which the issuer names too")
	c.scopes(at+"scopes", p.Scopes)
	c.when(!slices.Contains(p.Scopes, "openid"), at+"scopes", "need openid: without it nobody is named")
	c.when(p.Redirect != CallbackPath && p.Redirect != K2CallbackPath && p.Redirect != CallbackPath+"/"+p.ID, at+"redirect",
		"is "+CallbackPath+", "+CallbackPath+"/"+p.ID+" or "+K2CallbackPath)
	switch p.Newcomers {
	case identity.NewcomersCreate, identity.NewcomersAsk, identity.NewcomersRefuse:
	default:
		c.when(true, at+"newcomers", "is create, ask or refuse")
	}
}

func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	detail := "something about how people sign in is not right"
	if len(c.fields) == 1 {
		detail = c.fields[0].Field + " " + c.fields[0].Detail
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-signin", Detail: detail, Fields: c.fields}
}

// metadataURL is where the provider says what it offers (OpenID Connect
// Discovery §4).
func (p *Provider) metadataURL() string {
	if p.MetadataURL != "" {
		return p.MetadataURL
	}
	return strings.TrimSuffix(p.Issuer, "/") + "/.well-known/openid-configuration"
}

// source is what identities of this provider are linked under.
func (p *Provider) source() string {
	if p.Tenant != "" {
		return "entra:" + p.Tenant
	}
	return "oidc:" + p.Issuer
}

// find returns the provider with an id, nil if there is none.
func (s *Setting) find(id string) *Provider {
	if i := slices.IndexFunc(s.Providers, func(p Provider) bool { return p.ID == id }); i >= 0 {
		return &s.Providers[i]
	}
	return nil
}

// freeID makes an id for a provider of that name.
func (s *Setting) freeID(name string) string {
	base := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
	base = strings.Trim(base[:min(len(base), 30)], "-")
	if base == "" {
		base = "provider"
	}
	for i, id := 2, base; ; i++ {
		if s.find(id) == nil {
			return id
		}
		id = fmt.Sprintf("%s-%d", base, i)
	}
}

// freeRedirect is the path a provider with that id gets.
func (s *Setting) freeRedirect(id string) string {
	if slices.ContainsFunc(s.Providers, func(p Provider) bool { return p.Redirect == CallbackPath }) {
		return CallbackPath + "/" + id
	}
	return CallbackPath
}

// Purposes are all that secrets of this package are locked for where they are
// kept: in the setting and with sessions.
func Purposes() []string { return []string{secretPurpose, hintPurpose} }
