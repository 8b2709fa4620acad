package entra

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox"
)

// client finds an application by its client id: a registration of this tenant,
// or one of another tenant's that is installed here.
func (t *tables) client(appID string) *application {
	if a := t.appByAppID(appID); a != nil {
		return a
	}
	if appID != azureCLIAppID || t.spByAppID(appID) == nil {
		return nil
	}
	yes := true
	return &application{AppID: azureCLIAppID, DisplayName: "Microsoft Azure CLI", SignInAudience: "AzureADMultipleOrgs", IsFallbackPublicClient: &yes,
		PublicClient: platform{RedirectURIs: []string{"http://localhost"}}}
}

// fallbackPublic is the switch "Allow public client flows".
func (a *application) fallbackPublic() bool {
	return a.IsFallbackPublicClient != nil && *a.IsFallbackPublicClient
}

func (a *application) redirects() []string {
	return slices.Concat(a.Web.RedirectURIs, a.SPA.RedirectURIs, a.PublicClient.RedirectURIs)
}

// platformOf tells where a redirect URI is registered. It has to be the same
// text, but for the port on localhost (RFC 8252 §7.3).
func (a *application) platformOf(uri string) (string, bool) {
	for _, p := range []struct {
		name string
		list []string
	}{{"web", a.Web.RedirectURIs}, {"spa", a.SPA.RedirectURIs}, {"public", a.PublicClient.RedirectURIs}} {
		for _, r := range p.list {
			if uri == r || withPath(uri) == withPath(r) || samePlace(uri, r) {
				return p.name, true
			}
		}
	}
	return "", false
}

func samePlace(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	if errX != nil || errY != nil || x.Scheme != "http" || y.Scheme != "http" || !loopback(x.Hostname()) || x.Hostname() != y.Hostname() {
		return false
	}
	x.Host, y.Host = x.Hostname(), y.Hostname()
	return withPath(x.String()) == withPath(y.String()) && x.User == nil
}

// withPath adds the slash that an address without a path is returned with.
func withPath(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Path != "" || u.Opaque != "" || u.Host == "" {
		return uri
	}
	u.Path = "/"
	return u.String()
}

// normalise gives lists that are absent their empty form, as Graph shows them.
func (a *application) normalise() {
	empty(&a.Tags)
	empty(&a.IdentifierURIs)
	empty(&a.Web.RedirectURIs)
	empty(&a.SPA.RedirectURIs)
	empty(&a.PublicClient.RedirectURIs)
	empty(&a.API.KnownClientApplications)
	empty(&a.API.OAuth2PermissionScopes)
	empty(&a.API.PreAuthorizedApplications)
	empty(&a.AppRoles)
	empty(&a.RequiredResourceAccess)
	empty(&a.PasswordCredentials)
	empty(&a.KeyCredentials)
	if a.SignInAudience == "" {
		a.SignInAudience = "AzureADMyOrg"
	}
	if o := a.OptionalClaims; o != nil {
		empty(&o.IDToken)
		empty(&o.AccessToken)
		empty(&o.SAML2Token)
	}
}

func empty[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

// check says what is wrong with a registration, or nil. others are the
// registrations beside it.
func (a *application) check(others []*application) error {
	if a.DisplayName == "" || len(a.DisplayName) > 256 {
		return fmt.Errorf("Property displayName must have 1 to 256 characters.")
	}
	if !slices.Contains([]string{"AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"}, a.SignInAudience) {
		return fmt.Errorf("Property signInAudience has the value %q, which is not supported.", a.SignInAudience)
	}
	if v := a.API.RequestedAccessTokenVersion; v != nil && *v != 1 && *v != 2 {
		return fmt.Errorf("Property api.requestedAccessTokenVersion has the value %d: 1 and 2 are possible.", *v)
	}
	if len(a.PasswordCredentials) > maxCredentials || len(a.KeyCredentials) > maxCredentials {
		return fmt.Errorf("At most %d credentials of one kind are possible.", maxCredentials)
	}
	for _, uri := range a.redirects() {
		if err := checkRedirect(uri); err != nil {
			return err
		}
	}
	if len(a.redirects()) > maxRedirects {
		return fmt.Errorf("At most %d redirect URIs are possible.", maxRedirects)
	}
	if err := a.checkScopes(); err != nil {
		return err
	}
	return a.checkIdentifiers(others)
}

// checkRedirect is learn.microsoft.com/entra/identity-platform/reply-url.
func checkRedirect(uri string) error {
	u, err := url.Parse(uri)
	switch {
	case err != nil || u.Scheme == "" || u.Fragment != "":
		return fmt.Errorf("Redirect URI %q is not a valid absolute URI without a fragment.", uri)
	case len(uri) > maxRedirectLength:
		return fmt.Errorf("Redirect URI %q is longer than %d characters.", uri[:40], maxRedirectLength)
	case strings.ContainsAny(uri, "!$'(),;*"):
		return fmt.Errorf("Redirect URI %q holds a character that is not supported.", uri)
	case u.Scheme == "http" && !(u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"):
		return fmt.Errorf("Redirect URI %q must begin with https, or be for localhost.", uri)
	case u.Hostname() == "::1":
		return fmt.Errorf("Redirect URI %q: the IPv6 loopback address is not supported.", uri)
	}
	return nil
}

func (a *application) checkScopes() error {
	seen := map[string]bool{}
	for _, s := range a.API.OAuth2PermissionScopes {
		if !isGUID(s.ID) || s.Value == "" || seen[s.ID] || seen["v "+s.Value] || !scopeText(s.Value) || s.Type != "User" && s.Type != "Admin" {
			return fmt.Errorf("Property api.oauth2PermissionScopes: each needs an id (GUID) and a value of its own, and the type User or Admin.")
		}
		seen[s.ID], seen["v "+s.Value] = true, true
	}
	roles := map[string]bool{}
	for _, r := range a.AppRoles {
		if !isGUID(r.ID) || r.DisplayName == "" || roles[r.ID] || seen[r.ID] || len(r.AllowedMemberTypes) == 0 || strings.Contains(r.Value, " ") {
			return fmt.Errorf("Property appRoles: each needs an id (GUID) of its own, a displayName and allowedMemberTypes.")
		}
		roles[r.ID] = true
	}
	for _, p := range a.API.PreAuthorizedApplications {
		for _, id := range p.DelegatedPermissionIDs {
			if !seen[id] {
				return fmt.Errorf("Property api.preAuthorizedApplications names the permission %s, which the application does not have.", id)
			}
		}
	}
	return nil
}

// checkIdentifiers is the policy on App ID URIs that tenants have since 2025:
// they hold the app's id, the tenant's id or a verified domain, unless the API
// takes v2.0 tokens.
func (a *application) checkIdentifiers(others []*application) error {
	for _, uri := range a.IdentifierURIs {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme == "" || len(uri) > 120 || strings.ContainsAny(uri, " ?#") {
			return fmt.Errorf("Values of identifierUris property must be valid URIs: %q.", uri)
		}
		for _, o := range others {
			if o.ID != a.ID && slices.Contains(o.IdentifierURIs, uri) {
				return fmt.Errorf("Another object with the same value for property identifierUris already exists.")
			}
		}
		if v := a.API.RequestedAccessTokenVersion; v != nil && *v == 2 {
			continue
		}
		host := u.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if host == a.AppID || host == TenantID || host == sandbox.Domain || strings.HasSuffix(host, "."+sandbox.Domain) {
			continue
		}
		return fmt.Errorf("Failed to add identifier URI %s. All newly added URIs must contain a tenant verified domain, tenant ID, or app ID, "+
			"as per the default tenant policy of your organization.", uri)
	}
	return nil
}
