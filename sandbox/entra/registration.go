package entra

import "time"

// The shapes of this file are Graph's, so that what a script posts is what is
// kept. Values are never changed in place once they are in the directory: a
// change puts a new value there, so that readers need no lock.

type application struct {
	ID                     string               `json:"id"`
	AppID                  string               `json:"appId"`
	DisplayName            string               `json:"displayName"`
	Description            *string              `json:"description"`
	Notes                  *string              `json:"notes"`
	Tags                   []string             `json:"tags"`
	CreatedDateTime        time.Time            `json:"createdDateTime"`
	SignInAudience         string               `json:"signInAudience"`
	PublisherDomain        string               `json:"publisherDomain"`
	IdentifierURIs         []string             `json:"identifierUris"`
	IsFallbackPublicClient *bool                `json:"isFallbackPublicClient"`
	GroupMembershipClaims  *string              `json:"groupMembershipClaims"`
	OptionalClaims         *optionalClaims      `json:"optionalClaims"`
	API                    apiSettings          `json:"api"`
	AppRoles               []appRole            `json:"appRoles"`
	Web                    webPlatform          `json:"web"`
	SPA                    platform             `json:"spa"`
	PublicClient           platform             `json:"publicClient"`
	RequiredResourceAccess []requiredAccess     `json:"requiredResourceAccess"`
	PasswordCredentials    []passwordCredential `json:"passwordCredentials"`
	KeyCredentials         []keyCredential      `json:"keyCredentials"`

	Federated []federatedCredential `json:"-"` // a collection of its own in Graph
}

type apiSettings struct {
	RequestedAccessTokenVersion *int              `json:"requestedAccessTokenVersion"`
	AcceptMappedClaims          *bool             `json:"acceptMappedClaims"`
	KnownClientApplications     []string          `json:"knownClientApplications"`
	OAuth2PermissionScopes      []permissionScope `json:"oauth2PermissionScopes"`
	PreAuthorizedApplications   []preAuthorized   `json:"preAuthorizedApplications"`
}

type permissionScope struct {
	ID                      string  `json:"id"`
	Value                   string  `json:"value"`
	Type                    string  `json:"type"` // User, Admin
	IsEnabled               bool    `json:"isEnabled"`
	AdminConsentDisplayName string  `json:"adminConsentDisplayName"`
	AdminConsentDescription string  `json:"adminConsentDescription"`
	UserConsentDisplayName  *string `json:"userConsentDisplayName"`
	UserConsentDescription  *string `json:"userConsentDescription"`
}

// needsAdmin tells whether people may not grant the scope for themselves. In a
// tenant with Microsoft's managed consent policy this is so for mail and
// calendars, whatever the scope's own type says.
func (p permissionScope) needsAdmin() bool { return p.Type == "Admin" }

type preAuthorized struct {
	AppID                  string   `json:"appId"`
	DelegatedPermissionIDs []string `json:"delegatedPermissionIds"`
}

type appRole struct {
	ID                 string   `json:"id"`
	Value              string   `json:"value"`
	DisplayName        string   `json:"displayName"`
	Description        string   `json:"description"`
	AllowedMemberTypes []string `json:"allowedMemberTypes"` // User, Application
	IsEnabled          bool     `json:"isEnabled"`
}

type platform struct {
	RedirectURIs []string `json:"redirectUris"`
}

type webPlatform struct {
	RedirectURIs          []string      `json:"redirectUris"`
	HomePageURL           *string       `json:"homePageUrl"`
	LogoutURL             *string       `json:"logoutUrl"`
	ImplicitGrantSettings implicitGrant `json:"implicitGrantSettings"`
}

type implicitGrant struct {
	EnableIDTokenIssuance     bool `json:"enableIdTokenIssuance"`
	EnableAccessTokenIssuance bool `json:"enableAccessTokenIssuance"`
}

type requiredAccess struct {
	ResourceAppID  string           `json:"resourceAppId"`
	ResourceAccess []resourceAccess `json:"resourceAccess"`
}

type resourceAccess struct {
	ID   string `json:"id"`
	Type string `json:"type"` // Scope, Role
}

type passwordCredential struct {
	KeyID         string     `json:"keyId"`
	DisplayName   *string    `json:"displayName"`
	Hint          string     `json:"hint"`
	StartDateTime *time.Time `json:"startDateTime"`
	EndDateTime   *time.Time `json:"endDateTime"`
	SecretText    *string    `json:"secretText"` // shown once; never kept
	Digest        string     `json:"digest,omitempty"`
}

type keyCredential struct {
	KeyID               string     `json:"keyId"`
	DisplayName         *string    `json:"displayName"`
	Type                string     `json:"type"`
	Usage               string     `json:"usage"`
	CustomKeyIdentifier *string    `json:"customKeyIdentifier"` // hex of the certificate's SHA-1
	StartDateTime       *time.Time `json:"startDateTime"`
	EndDateTime         *time.Time `json:"endDateTime"`
	Key                 []byte     `json:"key"` // the certificate, DER
}

type federatedCredential struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Issuer      string   `json:"issuer"`
	Subject     string   `json:"subject"`
	Audiences   []string `json:"audiences"`
	Description *string  `json:"description"`
}

type optionalClaims struct {
	IDToken     []optionalClaim `json:"idToken"`
	AccessToken []optionalClaim `json:"accessToken"`
	SAML2Token  []optionalClaim `json:"saml2Token"`
}

type optionalClaim struct {
	Name                 string   `json:"name"`
	Source               *string  `json:"source"`
	Essential            bool     `json:"essential"`
	AdditionalProperties []string `json:"additionalProperties"`
}

// servicePrincipal is what a tenant knows of an application: people call it
// the enterprise application. One of another tenant's applications (Graph, for
// example) carries its scopes and roles itself.
type servicePrincipal struct {
	ID                        string            `json:"id"`
	AppID                     string            `json:"appId"`
	DisplayName               string            `json:"displayName"`
	AppDisplayName            string            `json:"appDisplayName"`
	AccountEnabled            bool              `json:"accountEnabled"`
	AppRoleAssignmentRequired bool              `json:"appRoleAssignmentRequired"`
	AppOwnerOrganizationID    string            `json:"appOwnerOrganizationId"`
	ServicePrincipalType      string            `json:"servicePrincipalType"`
	ServicePrincipalNames     []string          `json:"servicePrincipalNames"`
	SignInAudience            string            `json:"signInAudience"`
	Tags                      []string          `json:"tags"`
	OAuth2PermissionScopes    []permissionScope `json:"oauth2PermissionScopes"`
	AppRoles                  []appRole         `json:"appRoles"`

	PreferredTokenSigningKeyThumbprint *string `json:"preferredTokenSigningKeyThumbprint"`
}

type permissionGrant struct {
	ID          string  `json:"id"`
	ClientID    string  `json:"clientId"`    // service principal
	ConsentType string  `json:"consentType"` // AllPrincipals, Principal
	PrincipalID *string `json:"principalId"`
	ResourceID  string  `json:"resourceId"` // service principal
	Scope       string  `json:"scope"`
}

type roleAssignment struct {
	ID                   string    `json:"id"`
	AppRoleID            string    `json:"appRoleId"`
	CreatedDateTime      time.Time `json:"createdDateTime"`
	PrincipalID          string    `json:"principalId"`
	PrincipalType        string    `json:"principalType"` // User, Group, ServicePrincipal
	PrincipalDisplayName string    `json:"principalDisplayName"`
	ResourceID           string    `json:"resourceId"`
	ResourceDisplayName  string    `json:"resourceDisplayName"`
}

// noRole is the app role of an assignment that gives access and no role.
const noRole = "00000000-0000-0000-0000-000000000000"

type user struct {
	ID                              string    `json:"id"`
	AccountEnabled                  bool      `json:"accountEnabled"`
	UserPrincipalName               string    `json:"userPrincipalName"`
	DisplayName                     string    `json:"displayName"`
	GivenName                       *string   `json:"givenName"`
	Surname                         *string   `json:"surname"`
	Mail                            *string   `json:"mail"`
	MailNickname                    string    `json:"mailNickname"`
	JobTitle                        *string   `json:"jobTitle"`
	Department                      *string   `json:"department"`
	OfficeLocation                  *string   `json:"officeLocation"`
	MobilePhone                     *string   `json:"mobilePhone"`
	PreferredLanguage               *string   `json:"preferredLanguage"`
	UserType                        string    `json:"userType"` // Member, Guest
	EmployeeID                      *string   `json:"employeeId"`
	OnPremisesSamAccountName        *string   `json:"onPremisesSamAccountName"`
	CreatedDateTime                 time.Time `json:"createdDateTime"`
	SignInSessionsValidFromDateTime time.Time `json:"signInSessionsValidFromDateTime"`

	Password string `json:"-"`
	Manager  string `json:"-"` // id
	Admin    bool   `json:"-"` // holds the Global Administrator role
	Seq      int64  `json:"-"` // of its last change
	Tenant   string `json:"-"` // of a partner; "": ours
}

type group struct {
	ID                       string    `json:"id"`
	DisplayName              string    `json:"displayName"`
	Description              *string   `json:"description"`
	Mail                     *string   `json:"mail"`
	MailEnabled              bool      `json:"mailEnabled"`
	MailNickname             string    `json:"mailNickname"`
	SecurityEnabled          bool      `json:"securityEnabled"`
	GroupTypes               []string  `json:"groupTypes"`
	OnPremisesSamAccountName *string   `json:"onPremisesSamAccountName"`
	CreatedDateTime          time.Time `json:"createdDateTime"`

	Members []string `json:"-"` // ids of users and groups
	Seq     int64    `json:"-"`
}
