package m365

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// A Call is one request to Graph. "{{name}}" in it stands for a value that an
// earlier call gave. Run in order, any number of times, the calls of a plan
// leave the same registrations.
type Call struct {
	About  string `json:"about"`
	Method string `json:"method"`
	Path   string `json:"path"` // below /v1.0
	Body   any    `json:"body,omitempty"`
	Unless string `json:"unless,omitempty"` // this value is known already
	If     string `json:"if,omitempty"`     // this value is known
	Save   []Save `json:"save,omitempty"`
}

// A Save takes a value out of the answer. In a list, the first item counts for
// which Where is so.
type Save struct {
	As    string            `json:"as"`
	In    string            `json:"in,omitempty"` // the list of the answer to look in; "": value, if there is one
	Prop  string            `json:"property"`
	Where map[string]string `json:"where,omitempty"`
}

// hole is the place of a value in a call.
func hole(key, what string) string { return "{{" + key + "." + what + "}}" }

func replaceID(text, id string) string { return strings.ReplaceAll(text, "{id}", id) }

// Calls are the requests that make a plan so.
func (p Plan) Calls() []Call {
	var out []Call
	for _, r := range p.Registrations {
		out = append(out, r.make()...)
	}
	for _, r := range p.Registrations {
		if c, ok := p.preAuthorise(r); ok {
			out = append(out, c)
		}
	}
	for _, api := range p.apis() {
		if signoff.IsGUID(strings.ToLower(api)) {
			out = append(out, Call{About: "find " + apiName(api) + " in the tenant", Method: "GET", Path: "/servicePrincipals?$filter=appId eq '" + api + "'",
				Save: []Save{{As: api + ".sp", Prop: "id"}}})
		}
	}
	for _, r := range p.Registrations {
		out = append(out, r.consent()...)
	}
	for _, r := range p.Registrations {
		if r.Secret {
			out = append(out, p.secret(r)...)
		}
	}
	return out
}

func apiName(id string) string {
	if id == graphID {
		return "Microsoft Graph"
	}
	return "the API " + id
}

// secretName marks the secrets that a plan made, so that it makes no second one.
const secretName = "signoff plan"

// secret makes a secret once. Entra shows it in this answer and never again.
func (p Plan) secret(r Registration) []Call {
	path, key := "/applications(appId='"+hole(r.Key, "appId")+"')", r.Key+".secretId"
	return []Call{
		{About: "see whether " + r.Name + " has a secret of a plan", Method: "GET", Path: path, Save: []Save{{As: key, In: "passwordCredentials", Prop: "keyId", Where: map[string]string{"displayName": secretName}}}},
		{About: "make a secret for " + r.Name + ", shown once", Method: "POST", Path: path + "/addPassword", Unless: key, Body: map[string]any{"passwordCredential": map[string]string{"displayName": secretName}},
			Save: []Save{{As: r.Key + ".secret", Prop: "secretText"}, {As: key, Prop: "keyId"}}}}
}

// make finds or makes an application and its enterprise application, and sets
// what it should be.
func (r Registration) make() []Call {
	app, sp := r.Key+".appId", r.Key+".sp"
	find := "/applications?$filter=displayName eq '" + r.Name + "'"
	if r.AppID != "" {
		find = "/applications?$filter=appId eq '" + r.AppID + "'"
	}
	return []Call{
		{About: "find " + r.Name, Method: "GET", Path: find, Save: []Save{{As: app, Prop: "appId"}}},
		{About: "make " + r.Name + ": " + r.About, Method: "POST", Path: "/applications", Body: application{DisplayName: r.Name, SignInAudience: "AzureADMyOrg"}, Unless: app,
			Save: []Save{{As: app, Prop: "appId"}}},
		{About: "set what " + r.Name + " is", Method: "PATCH", Path: "/applications(appId='" + hole(r.Key, "appId") + "')", Body: r.body()},
		{About: "find the enterprise application of " + r.Name, Method: "GET", Path: "/servicePrincipals?$filter=appId eq '" + hole(r.Key, "appId") + "'", Save: []Save{{As: sp, Prop: "id"}}},
		{About: "make the enterprise application of " + r.Name, Method: "POST", Path: "/servicePrincipals", Body: map[string]string{"appId": hole(r.Key, "appId")}, Unless: sp, Save: []Save{{As: sp, Prop: "id"}}},
	}
}

// preAuthorise lets programs have the scopes without asking anybody. It comes
// after all of them exist.
func (p Plan) preAuthorise(r Registration) (Call, bool) {
	if len(r.PreAuthorized) == 0 {
		return Call{}, false
	}
	var list []preAuthorized
	for _, who := range r.PreAuthorized {
		if !signoff.IsGUID(strings.ToLower(who)) {
			who = hole(who, "appId")
		}
		list = append(list, preAuthorized{who, r.scopeIDs()})
	}
	return Call{About: "let programs call " + r.Name + " without asking people for consent", Method: "PATCH", Path: "/applications(appId='" + hole(r.Key, "appId") + "')",
		Body: map[string]any{"api": map[string]any{"preAuthorizedApplications": list}}}, true
}

func (r Registration) scopeIDs() (out []string) {
	for _, s := range r.Scopes {
		out = append(out, ScopeID(s.Value))
	}
	return out
}

// apis are those that rights are granted at, sorted.
func (p Plan) apis() []string {
	all := map[string]bool{}
	for _, r := range p.Registrations {
		for _, pe := range r.Permissions {
			all[pe.API] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// consent grants, for everybody, what the registration lists and nothing else.
func (r Registration) consent() (out []Call) {
	sp := hole(r.Key, "sp")
	scopes := map[string][]string{}
	for _, pe := range r.Permissions {
		if !pe.Role {
			scopes[pe.API] = append(scopes[pe.API], pe.Value)
			continue
		}
		id := r.Key + "." + pe.Value
		out = append(out,
			Call{About: "see whether " + r.Name + " has the role " + pe.Value, Method: "GET", Path: "/servicePrincipals/" + sp + "/appRoleAssignments",
				Save: []Save{{As: id, Prop: "id", Where: map[string]string{"appRoleId": pe.ID}}}},
			Call{About: "give " + r.Name + " the role " + pe.Value + ": " + pe.Why, Method: "POST", Path: "/servicePrincipals/" + sp + "/appRoleAssignments", Unless: id,
				Body: assignment{Principal: sp, Resource: hole(pe.API, "sp"), Role: pe.ID}})
	}
	for _, api := range slices.Sorted(maps.Keys(scopes)) {
		id, text := r.Key+".grant."+api, strings.Join(scopes[api], " ")
		out = append(out,
			Call{About: "see what " + r.Name + " is granted", Method: "GET", Path: "/servicePrincipals/" + sp + "/oauth2PermissionGrants",
				Save: []Save{{As: id, Prop: "id", Where: map[string]string{"resourceId": hole(api, "sp"), "consentType": "AllPrincipals"}}}},
			Call{About: "grant " + r.Name + " for everybody: " + text, Method: "POST", Path: "/oauth2PermissionGrants", Unless: id,
				Body: grant{Client: sp, Consent: "AllPrincipals", Resource: hole(api, "sp"), Scope: text}},
			Call{About: "set what " + r.Name + " is granted: " + text, Method: "PATCH", Path: "/oauth2PermissionGrants/{{" + id + "}}", If: id, Body: map[string]string{"scope": text}})
	}
	return out
}

// why says in words what a plan asks for, and why: to be read before it is run.
func (p Plan) why() []string {
	var out []string
	for _, r := range p.Registrations {
		out = append(out, fmt.Sprintf("%s: %s", r.Name, r.About))
		for _, pe := range r.Permissions {
			kind := "for the person who uses it"
			if pe.Role {
				kind = "for itself"
			}
			out = append(out, fmt.Sprintf("  %s, %s: %s", pe.Value, kind, pe.Why))
		}
		for _, u := range r.Redirects {
			out = append(out, "  redirect URI "+u)
		}
		if r.Leave != "" {
			out = append(out, "  redirect URI "+r.Leave+", for people who signed out")
		}
	}
	return out
}
