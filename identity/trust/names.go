package trust

import "strings"

// Names lists every iss the entry accepts, with {tenantid} for any tenant.
func (is *Issuer) Names() []string { return is.issTexts() }

// Home is where people of an Entra entry sign in and clients get tokens, without
// the tenant: https://login.microsoftonline.com.
func (is *Issuer) Home() string { return is.authority() }

// Identifier is the audience that clients write before a scope: the Application
// ID URI if there is one, else the id.
func (is *Issuer) Identifier() string {
	for _, aud := range is.Audiences {
		if isURI(aud) {
			return strings.TrimSuffix(aud, "/")
		}
	}
	if len(is.Audiences) > 0 {
		return is.Audiences[0]
	}
	return ""
}
