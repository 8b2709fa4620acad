package m365

import (
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// The shapes of this file are Graph's (learn.microsoft.com/graph/api/resources/application),
// as far as a plan sets or a check reads them.

type application struct {
	ID             string   `json:"id,omitempty"`
	AppID          string   `json:"appId,omitempty"`
	DisplayName    string   `json:"displayName,omitempty"`
	SignInAudience string   `json:"signInAudience,omitempty"`
	IdentifierURIs []string `json:"identifierUris,omitempty"`
	Groups         *string  `json:"groupMembershipClaims,omitempty"`
	Fallback       *bool    `json:"isFallbackPublicClient,omitempty"`

	API          *apiPart         `json:"api,omitempty"`
	AppRoles     []appRole        `json:"appRoles,omitempty"`
	Claims       *optionalClaims  `json:"optionalClaims,omitempty"`
	Web          *webPart         `json:"web,omitempty"`
	SPA          *redirects       `json:"spa,omitempty"`
	PublicClient *redirects       `json:"publicClient,omitempty"`
	Required     []requiredAccess `json:"requiredResourceAccess,omitempty"`

	Passwords []credential `json:"passwordCredentials,omitempty"`
	Keys      []credential `json:"keyCredentials,omitempty"`
}

type apiPart struct {
	Version       *int            `json:"requestedAccessTokenVersion,omitempty"`
	Scopes        []scope         `json:"oauth2PermissionScopes,omitempty"`
	PreAuthorized []preAuthorized `json:"preAuthorizedApplications,omitempty"`
}

type scope struct {
	ID         string `json:"id"`
	Value      string `json:"value"`
	Type       string `json:"type"`
	IsEnabled  bool   `json:"isEnabled"`
	AdminName  string `json:"adminConsentDisplayName"`
	AdminAbout string `json:"adminConsentDescription"`
	UserName   string `json:"userConsentDisplayName,omitempty"`
	UserAbout  string `json:"userConsentDescription,omitempty"`
}

type preAuthorized struct {
	AppID string   `json:"appId"`
	IDs   []string `json:"delegatedPermissionIds"`
}

type appRole struct {
	ID          string   `json:"id"`
	Value       string   `json:"value"`
	DisplayName string   `json:"displayName"`
	Description string   `json:"description"`
	Members     []string `json:"allowedMemberTypes"`
	IsEnabled   bool     `json:"isEnabled"`
}

type optionalClaims struct {
	AccessToken []claim `json:"accessToken,omitempty"`
}

type claim struct {
	Name string `json:"name"`
}

type redirects struct {
	URIs []string `json:"redirectUris"`
}

type webPart struct {
	URIs     []string `json:"redirectUris"`
	Logout   *string  `json:"logoutUrl,omitempty"`
	Implicit implicit `json:"implicitGrantSettings"`
}

type implicit struct {
	ID     bool `json:"enableIdTokenIssuance"`
	Access bool `json:"enableAccessTokenIssuance"`
}

type requiredAccess struct {
	API    string           `json:"resourceAppId"`
	Access []resourceAccess `json:"resourceAccess"`
}

type resourceAccess struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type credential struct {
	KeyID string     `json:"keyId"`
	Name  *string    `json:"displayName"`
	End   *time.Time `json:"endDateTime"`
}

// principal is an enterprise application.
type principal struct {
	ID       string    `json:"id"`
	AppID    string    `json:"appId"`
	Name     string    `json:"displayName"`
	Enabled  bool      `json:"accountEnabled"`
	Assigned bool      `json:"appRoleAssignmentRequired"`
	Scopes   []scope   `json:"oauth2PermissionScopes"`
	Roles    []appRole `json:"appRoles"`
}

type grant struct {
	ID       string `json:"id,omitempty"`
	Client   string `json:"clientId"`
	Consent  string `json:"consentType"`
	Resource string `json:"resourceId"`
	Scope    string `json:"scope"`
}

type assignment struct {
	ID        string `json:"id,omitempty"`
	Principal string `json:"principalId"`
	Resource  string `json:"resourceId"`
	Role      string `json:"appRoleId"`
	Name      string `json:"resourceDisplayName,omitempty"`
}

// body is what Graph is to hold of a registration. Names of other registrations
// are placeholders until they are run.
func (r Registration) body() application {
	a := application{DisplayName: r.Name, SignInAudience: "AzureADMyOrg", Required: r.required()}
	for _, uri := range r.Identifiers {
		a.IdentifierURIs = append(a.IdentifierURIs, replaceID(uri, hole(r.Key, "appId")))
	}
	if len(r.Versions) > 0 {
		a.API = &apiPart{Version: &r.Versions[0]}
	}
	for _, s := range r.Scopes {
		a.API.Scopes = append(a.API.Scopes, scope{ID: ScopeID(s.Value), Value: s.Value, Type: "User", IsEnabled: true, AdminName: s.Name, AdminAbout: s.About, UserName: s.Name, UserAbout: s.About})
	}
	for _, o := range r.Roles {
		a.AppRoles = append(a.AppRoles, appRole{ID: RoleID(o.Value), Value: o.Value, DisplayName: o.Name, Description: o.About, Members: []string{"Application"}, IsEnabled: true})
	}
	if len(r.Claims) > 0 {
		a.Claims = &optionalClaims{}
		for _, name := range r.Claims {
			a.Claims.AccessToken = append(a.Claims.AccessToken, claim{name})
		}
	}
	if r.Groups != "" {
		a.Groups = &r.Groups
	}
	switch r.Platform {
	case Web:
		a.Web = &webPart{URIs: r.addresses()}
		if r.LogoutURL != "" {
			a.Web.Logout = &r.LogoutURL
		}
	case Public:
		yes := true
		a.PublicClient, a.Fallback = &redirects{r.Redirects}, &yes
	}
	return a
}

// required lists the permissions by API, in their order.
func (r Registration) required() (out []requiredAccess) {
	at := map[string]int{}
	for _, p := range r.Permissions {
		api := p.API
		if !signoff.IsGUID(strings.ToLower(api)) {
			api = hole(p.API, "appId")
		}
		i, there := at[api]
		if !there {
			i = len(out)
			at[api] = i
			out = append(out, requiredAccess{API: api})
		}
		out[i].Access = append(out[i].Access, resourceAccess{p.ID, p.kind()})
	}
	return out
}
