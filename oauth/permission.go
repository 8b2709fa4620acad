package oauth

import (
	"strings"
)

// APIs that registrations list under another name than that of their address.
var apiNames = map[string]string{
	"https://graph.microsoft.com":   "Microsoft Graph",
	"https://outlook.office365.com": "Office 365 Exchange Online",
	"https://outlook.office.com":    "Office 365 Exchange Online",
}

// signInScopes are of OpenID Connect: no registration lists them as missing.
var signInScopes = map[string]bool{"openid": true, "profile": true, "email": true, "offline_access": true}

// permissions names what a resource asks for as Entra's list of API permissions
// does: "EWS.AccessAsUser.All of Office 365 Exchange Online"; "" if that is not
// known.
func (r *Resource) permissions() string {
	of := ""
	var names []string
	for _, scope := range r.Scopes {
		if signInScopes[scope] {
			continue
		}
		api, name := r.Audience, scope
		if i := strings.LastIndex(scope, "/"); i >= 0 {
			api, name = scope[:i], scope[i+1:]
		} else if api == "" {
			api = "https://graph.microsoft.com"
		}
		if name != ".default" {
			names = append(names, name)
		}
		of = api
	}
	api := strings.TrimSuffix(of, "/")
	if api == "" {
		api = strings.TrimSuffix(r.Audience, "/")
	}
	if known := apiNames[api]; known != "" {
		api = known
		if len(names) == 0 && known != "Microsoft Graph" {
			names = []string{"EWS.AccessAsUser.All"}
		}
	}
	switch {
	case api == "":
		return ""
	case len(names) == 0:
		return "what is needed of " + api
	}
	return strings.Join(names, ", ") + " of " + api
}

// named puts the permissions of the resource into the advice of a problem that is
// about them.
func (r *Resource) named(number int, p *Problem) {
	if list := r.permissions(); list != "" && (number == 650056 || number == 650057) {
		p.Advice = "Entra admin: API permissions, add " + list + " (delegated), then grant admin consent"
	}
}
