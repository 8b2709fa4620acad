package m365

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/doctor"
	"github.com/signoffhq/signoff/identity/trust"
)

// Trusted are the registrations that a trust entry expects: its API, and the
// clients it names. They are lenient: what more they are is not our business.
func Trusted(is trust.Issuer) []Registration {
	var id string
	api := Registration{Key: "api " + is.Name, Name: is.Name + ": API", About: "the API that tokens are for", Lenient: true}
	for _, a := range is.Audiences {
		if signoff.IsGUID(strings.ToLower(a)) {
			id = strings.ToLower(a)
		} else if strings.Contains(a, "://") {
			api.Identifiers = append(api.Identifiers, a)
		}
	}
	if id == "" {
		return nil // an App ID URI alone says no registration
	}
	api.AppID = id
	for _, v := range is.Versions {
		api.Versions = append(api.Versions, map[string]int{trust.V1: 1, trust.V2: 2}[v])
	}
	slices.Sort(api.Versions)
	slices.Reverse(api.Versions)
	if !is.NoPeople && len(is.Scopes) > 0 {
		api.PreAuthorized = is.Clients
	}
	if !is.NoPeople {
		for _, s := range is.Scopes[:min(1, len(is.Scopes))] {
			api.Scopes = append(api.Scopes, Scope{Value: s, Name: s, About: s})
		}
	}
	if is.Apps == trust.AppsByRole {
		for _, o := range is.Roles[:min(1, len(is.Roles))] {
			api.Roles = append(api.Roles, Role{Value: o, Name: o, About: o})
		}
	}
	if is.Apps == trust.AppsByList {
		api.Claims = append(api.Claims, "idtyp")
	}
	if is.Guests == trust.MembersProven {
		api.Claims = append(api.Claims, "acct")
	}
	return []Registration{api}
}

// SigningIn is the registration that a sign-in provider expects. leave is where
// people who signed out come back to, "" where they are not sent away to sign out.
func SigningIn(name, clientID, redirect, leave string) Registration {
	return Registration{Key: "signin " + name, Name: name + ": sign-in", About: "signs people in", AppID: strings.ToLower(clientID), Platform: Web, Redirects: []string{redirect}, Leave: leave, Secret: true, Lenient: true,
		Permissions: []Permission{onGraph("openid", "to sign people in", false), onGraph("profile", "their name", false), onGraph("email", "their address", false)}}
}

// Finding says what it means that registrations cannot be read.
func (r *Refused) Finding(s doctor.Setup) doctor.Finding {
	if p, err := doctor.Read(r.Body); err == nil && p.Entra != nil {
		return p.Entra.Explain(s)
	}
	f := doctor.Finding{Code: "graph-refused", Who: doctor.EntraAdmin, Where: "Entra: App registrations › application " + s.App + " › API permissions",
		Line: fmt.Sprintf("Graph refused to show the registrations: %d %s", r.Status, r.Message), Do: "try again in a moment"}
	switch r.Status {
	case http.StatusForbidden:
		f.Code, f.Line = "graph-forbidden", "the application that reads registrations lacks the right to: Graph said "+r.Code
		f.Do = "give it the application permission Application.Read.All of Microsoft Graph (and Directory.Read.All, to see what was consented to), and grant admin consent"
		f.Copy = []doctor.Copy{{For: doctor.Az, What: "add the permission", Text: fmt.Sprintf("az ad app permission add --id %s --api %s --api-permissions 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30=Role", s.App, graphID)},
			{For: doctor.Az, What: "then consent", Text: "az ad app permission admin-consent --id " + s.App}}
	case http.StatusUnauthorized:
		f.Code, f.Line, f.Who, f.Where, f.Do = "graph-unauthorized", "Graph does not take the token: "+r.Message, doctor.Caller, "the token given", "get a token for Microsoft Graph: az account get-access-token --resource-type ms-graph"
	case http.StatusTooManyRequests:
		f.Code, f.Who, f.Do = "graph-throttled", doctor.Nobody, "wait a minute"
	}
	return f
}
