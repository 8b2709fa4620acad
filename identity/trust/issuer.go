package trust

import (
	"cmp"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// An Issuer is one entry of what this server trusts: whose tokens, for which
// audience, and what they must say. Several stand side by side. Check says what
// is wrong with one.
type Issuer struct {
	Name    string  `json:"name"`    // for people; unique
	Profile Profile `json:"profile"` // how this issuer writes its tokens

	// Entra only.
	Tenants     []string `json:"tenants,omitempty"`     // directory (tenant) ids
	AnyTenant   bool     `json:"anyTenant,omitempty"`   // every tenant there is; Tenants is empty then
	Cloud       Cloud    `json:"cloud,omitempty"`       // "": global
	Authority   string   `json:"authority,omitempty"`   // instead of the cloud's: https://login.microsoftonline.com
	AuthorityV1 string   `json:"authorityV1,omitempty"` // what version 1.0 tokens name: https://sts.windows.net
	AppID       string   `json:"appId,omitempty"`       // of an API with signing keys of its own (claims mapping)
	Versions    []string `json:"versions,omitempty"`    // of tokens: "1.0", "2.0"

	// All other profiles.
	URL         string `json:"url,omitempty"`         // iss, to the letter
	MetadataURL string `json:"metadataUrl,omitempty"` // instead of URL/.well-known/openid-configuration
	KeysURL     string `json:"keysUrl,omitempty"`     // of the JWK set, for an issuer that has no metadata

	Audiences     []string `json:"audiences"`               // the names this API goes by
	SlashVariants bool     `json:"slashVariants,omitempty"` // an audience that is a URI may have or lack a slash at its end
	Algorithms    []string `json:"algorithms,omitempty"`    // none: RS256
	Clients       []string `json:"clients,omitempty"`       // applications that may call; none: all

	// Callers on behalf of a person.
	NoPeople    bool        `json:"noPeople,omitempty"`    // none
	Scopes      []string    `json:"scopes,omitempty"`      // one of these is needed
	PersonClaim string      `json:"personClaim,omitempty"` // what names the person, to find or to make them; "": the profile's
	Guests      GuestPolicy `json:"guests,omitempty"`      // Entra only
	AuthContext string      `json:"authContext,omitempty"` // Entra only: the Conditional Access context demanded, such as "c1"

	// Callers that are applications by themselves.
	Apps       AppPolicy `json:"apps,omitempty"`
	Roles      []string  `json:"roles,omitempty"`      // AppsByRole: one of these is needed
	AppClients []string  `json:"appClients,omitempty"` // AppsByList: these alone
	StrongApps bool      `json:"strongApps,omitempty"` // Entra only: with a certificate, not a secret

	GroupsClaim string        `json:"groupsClaim,omitempty"` // "": groups
	Skew        time.Duration `json:"skew,omitempty"`        // how far clocks may differ; 0: MaxSkew
}

// Profile is how an issuer writes its access tokens.
type Profile string

const (
	Entra      Profile = "entra"      // Microsoft Entra ID, token versions 1.0 and 2.0
	OIDC       Profile = "oidc"       // any OpenID provider whose access tokens are JWTs
	Strict9068 Profile = "strict9068" // RFC 9068 to the letter
)

// Cloud is one of Microsoft's separate clouds.
type Cloud string

const (
	CloudGlobal Cloud = "global"
	CloudUS     Cloud = "us"    // US Government
	CloudChina  Cloud = "china" // operated by 21Vianet
)

// clouds has the host that signs people in, and the one that tokens of version
// 1.0 name.
var clouds = map[Cloud]struct{ authority, authorityV1 string }{
	CloudGlobal: {"https://login.microsoftonline.com", "https://sts.windows.net"},
	CloudUS:     {"https://login.microsoftonline.us", "https://sts.windows.net"},
	CloudChina:  {"https://login.partner.microsoftonline.cn", "https://sts.chinacloudapi.cn"},
}

// AppPolicy says which applications may call by themselves, without a person.
// A tenant gives a token for any API to any of its applications unless told
// otherwise, so a token alone lets none in.
type AppPolicy string

const (
	AppsRefused AppPolicy = ""
	AppsByRole  AppPolicy = "role" // those that were assigned one of Roles
	AppsByList  AppPolicy = "list" // those in AppClients, with proof that it is no person (idtyp)
)

// GuestPolicy says whether guests of the tenant may call.
type GuestPolicy string

const (
	GuestsRefused GuestPolicy = ""        // whoever the token says is a guest is refused
	GuestsAllowed GuestPolicy = "allow"   // they are people like others
	MembersProven GuestPolicy = "members" // the token must say that the person is a member (acct)
)

// Versions of Entra's access tokens.
const (
	V1 = "1.0"
	V2 = "2.0"
)

// MaxSkew is the difference of clocks that is allowed at most, and by default.
const MaxSkew = 5 * time.Minute

func (is *Issuer) authority() string {
	return strings.TrimSuffix(cmp.Or(is.Authority, clouds[cmp.Or(is.Cloud, CloudGlobal)].authority), "/")
}

func (is *Issuer) authorityV1() string {
	return strings.TrimSuffix(cmp.Or(is.AuthorityV1, clouds[cmp.Or(is.Cloud, CloudGlobal)].authorityV1), "/")
}

// issText is what tokens of a tenant and version name as their issuer; with
// "{tenantid}" for the tenant it is the template of Entra's common documents.
func (is *Issuer) issText(tenant, version string) string {
	if version == V1 {
		return is.authorityV1() + "/" + tenant + "/"
	}
	return is.authority() + "/" + tenant + "/v2.0"
}

const tenantTemplate = "{tenantid}"

// issForm takes a token's issuer apart, false if it is not of the form Entra
// uses in this cloud.
func (is *Issuer) issForm(iss string) (tenant, version string, ok bool) {
	for _, v := range [...]string{V2, V1} {
		before, after, _ := strings.Cut(is.issText(tenantTemplate, v), tenantTemplate)
		if rest, found := strings.CutPrefix(iss, before); found {
			if tenant, found = strings.CutSuffix(rest, after); found && signoff.IsGUID(tenant) {
				return tenant, v, true
			}
		}
	}
	return "", "", false
}

// metadataURL is where the discovery document of a tenant and version lies.
func (is *Issuer) metadataURL(tenant, version string) string {
	if is.Profile != Entra {
		if is.KeysURL != "" {
			return ""
		}
		return cmp.Or(is.MetadataURL, strings.TrimSuffix(is.URL, "/")+"/.well-known/openid-configuration")
	}
	path := "/" + tenant + "/.well-known/openid-configuration"
	if version == V2 {
		path = "/" + tenant + "/v2.0/.well-known/openid-configuration"
	}
	if is.AppID != "" {
		path += "?appid=" + is.AppID
	}
	return is.authority() + path
}

func (is *Issuer) personClaim() string {
	switch {
	case is.PersonClaim != "":
		return is.PersonClaim
	case is.Profile == Entra:
		return "" // preferred_username or upn, whichever the version has
	}
	return "sub"
}

func (is *Issuer) skew() time.Duration { return cmp.Or(is.Skew, MaxSkew) }

func (is *Issuer) algorithms() []string {
	if len(is.Algorithms) == 0 {
		return []string{"RS256"}
	}
	return is.Algorithms
}
