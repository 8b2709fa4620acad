package entra

import (
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// Registration is one of the applications a new tenant has, as sandbox.json
// tells programs about it. None of its secrets is secret.
type Registration struct {
	Name          string   `json:"name"`
	About         string   `json:"about"`
	ClientID      string   `json:"clientId"`
	Secret        string   `json:"secret,omitempty"`
	IdentifierURI string   `json:"identifierUri,omitempty"`
	RedirectURIs  []string `json:"redirectUris,omitempty"`
}

// The registrations of a new tenant.
const (
	apiSeed = iota + 1
	oldAPISeed
	webSeed
	daemonSeed
	deviceSeed
	scriptSeed
	readerSeed
	mailSeed
	scopedSeed
)

func seedSecret(n int) string { return "sandbox~secret." + seedID(0x5e, n)[24:] }

// Registrations lists the applications that every new tenant has.
func Registrations() []Registration {
	callback := []string{"http://localhost/callback", "http://localhost/oauth/callback"}
	return []Registration{
		{Name: "Contoso Workflow API", About: "an API that takes v2.0 tokens; scope user_impersonation, roles Workflow.Start and Workflow.Read",
			ClientID: seedID(0xa0, apiSeed), Secret: seedSecret(apiSeed), IdentifierURI: "api://" + seedID(0xa0, apiSeed)},
		{Name: "Contoso Old API", About: "an API that takes v1.0 tokens, its URI with the slash at the end that K2 asks for",
			ClientID: seedID(0xa0, oldAPISeed), Secret: seedSecret(oldAPISeed), IdentifierURI: "https://api.contoso.test/"},
		{Name: "Contoso Web Client", About: "signs people in and calls both APIs for them",
			ClientID: seedID(0xa0, webSeed), Secret: seedSecret(webSeed), RedirectURIs: callback},
		{Name: "Contoso Daemon", About: "calls the APIs as itself, with Workflow.Start and Workflow.Read",
			ClientID: seedID(0xa0, daemonSeed), Secret: seedSecret(daemonSeed)},
		{Name: "Contoso Console", About: "a public client: device code, or code with PKCE and no secret",
			ClientID: seedID(0xa0, deviceSeed), RedirectURIs: []string{"http://localhost"}},
		{Name: "Contoso Setup Script", About: "may change registrations through Graph, as itself",
			ClientID: seedID(0xa0, scriptSeed), Secret: seedSecret(scriptSeed)},
		{Name: "Contoso Directory Reader", About: "may read people, groups and their members through Graph, as itself",
			ClientID: seedID(0xa0, readerSeed), Secret: seedSecret(readerSeed)},
		{Name: "Contoso Mail Service", About: "mail, calendars and contacts through Graph and EWS, for the people who connect it, or as itself in every mailbox",
			ClientID: seedID(0xa0, mailSeed), Secret: seedSecret(mailSeed), RedirectURIs: callback},
		{Name: "Contoso Scoped Mail Service", About: "has no permission in Entra; what it may do is granted mailbox by mailbox in Exchange (RBAC for Applications)",
			ClientID: seedID(0xa0, scopedSeed), Secret: seedSecret(scopedSeed)},
	}
}

// seed fills a new directory.
func seed(base string, now time.Time) tables {
	var t tables
	seedPeople(&t, now)
	t.putSP(firstParty(graphAppID, 1, "Microsoft Graph", []string{graphAppID, "https://graph.microsoft.com", base},
		graphScopes, graphRoles))
	t.putSP(firstParty(exchangeAppID, 2, "Office 365 Exchange Online", []string{exchangeAppID, "https://outlook.office365.com", "https://outlook.office.com"},
		[]string{"EWS.AccessAsUser.All", "IMAP.AccessAsUser.All!", "SMTP.Send!"}, []string{"full_access_as_app", "IMAP.AccessAsApp", "SMTP.SendAsApp"}))
	seedApplications(&t, now)
	seedGrants(&t, now)
	return t
}

func seedPeople(t *tables, now time.Time) {
	for i, a := range sandbox.Accounts() {
		first, last, _ := strings.Cut(a.Name, " ")
		mail, sam := a.Address, "CONTOSO\\"+a.ID
		t.putUser(&user{ID: seedID(0x10, i+1), AccountEnabled: true, UserPrincipalName: a.Address, DisplayName: a.Name, GivenName: &first,
			Surname: &last, Mail: &mail, MailNickname: a.ID, UserType: "Member", CreatedDateTime: now, OnPremisesSamAccountName: &sam,
			SignInSessionsValidFromDateTime: now.Add(-time.Hour), Password: a.Password, Admin: a.ID == "admin"})
	}
	person := func(name string) *user { return t.user(name + "@" + sandbox.Domain) }
	jane := *person("jane")
	jane.Manager = person("bob").ID
	t.putUser(&jane)
	ana := *person("ana")
	ana.Manager = jane.ID
	t.putUser(&ana)
	for i, g := range []struct{ name, members string }{
		{"Everybody", "admin ana jane bob workflow"}, {"Approvers", "jane bob"}, {"Finance", "ana"}, {"Workflow Administrators", "admin"},
	} {
		sam := "CONTOSO\\" + g.name
		n := &group{ID: seedID(0x20, i+1), DisplayName: g.name, SecurityEnabled: true, GroupTypes: []string{}, CreatedDateTime: now,
			MailNickname: strings.ReplaceAll(g.name, " ", ""), OnPremisesSamAccountName: &sam}
		for m := range strings.FieldsSeq(g.members) {
			n.Members = append(n.Members, person(m).ID)
		}
		t.putGroup(n)
	}
	staff := &group{ID: seedID(0x20, 9), DisplayName: "All Staff", SecurityEnabled: true, GroupTypes: []string{}, CreatedDateTime: now,
		MailNickname: "AllStaff", Members: []string{t.Groups[1].ID, t.Groups[2].ID}} // holds groups
	t.putGroup(staff)
}

// Graph's own permissions, as far as anybody here asks for them. "!" marks
// what only an administrator may grant.
var (
	graphScopes = []string{"openid", "profile", "email", "offline_access", "User.Read", "User.ReadBasic.All", "User.Read.All!", "User.ReadWrite.All!",
		"Group.Read.All!", "Group.ReadWrite.All!", "GroupMember.Read.All!", "Directory.Read.All!", "Directory.ReadWrite.All!",
		"Directory.AccessAsUser.All!", "Application.Read.All!", "Application.ReadWrite.All!", "AppRoleAssignment.ReadWrite.All!",
		"DelegatedPermissionGrant.ReadWrite.All!", "Mail.Read!", "Mail.ReadWrite!", "Mail.Send!", "Mail.Read.Shared!", "Mail.Send.Shared!",
		"MailboxSettings.Read!", "Calendars.Read!", "Calendars.ReadWrite!",
		"Mail.ReadWrite.Shared!", "MailboxSettings.ReadWrite!", "Calendars.Read.Shared!", "Calendars.ReadWrite.Shared!", "Contacts.Read!",
		"Contacts.ReadWrite!", "Tasks.Read", "Tasks.ReadWrite", "Place.Read.All!"}
	graphRoles = []string{"User.Read.All", "User.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All", "Directory.Read.All",
		"Directory.ReadWrite.All", "Application.Read.All", "Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All",
		"DelegatedPermissionGrant.ReadWrite.All", "Mail.Read", "Mail.ReadWrite", "Mail.Send", "MailboxSettings.Read", "Calendars.Read", "Calendars.ReadWrite",
		"MailboxSettings.ReadWrite", "Contacts.Read", "Contacts.ReadWrite", "Tasks.Read.All", "Tasks.ReadWrite.All", "Place.Read.All"}
)

// wellKnown are ids that scripts carry with them.
var wellKnown = map[string]string{
	"scope openid":               "37f7f235-527c-4136-accd-4a02d197296e",
	"scope profile":              "14dad69e-099b-42c9-810b-d002981feec1",
	"scope email":                "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
	"scope offline_access":       "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
	"scope User.Read":            "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
	"scope EWS.AccessAsUser.All": "3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5",
	"role full_access_as_app":    "dc890d15-9560-4a4c-9b7f-a736ec74ec40",
	"scope Mail.Send":            "e383f46e-2787-4529-855e-0e479a3ffac0",
	"scope Mail.Read":            "570282fd-fa5c-430d-a7fd-fc8dc98a9dca",
	"role Mail.Send":             "b633e1c5-b582-4048-a93e-9f11b44c7e96",
	"role Mail.Read":             "810c84a8-4a9e-49e6-bf7d-12d183f40d01",
	"role User.Read.All":         "df021288-bdef-4463-88db-98f22de89214",
	"role GroupMember.Read.All":  "98830695-27a2-44f7-8c18-0c3ebc9698f6",
}

func firstParty(appID string, n int, name string, names, scopes, roles []string) *servicePrincipal {
	s := &servicePrincipal{ID: seedID(0x30, n), AppID: appID, DisplayName: name, AppDisplayName: name, AccountEnabled: true, Tags: []string{},
		AppOwnerOrganizationID: "f8cdef31-a31e-4b4a-93e4-5f571e91255a", ServicePrincipalType: "Application",
		SignInAudience: "AzureADMultipleOrgs", ServicePrincipalNames: names}
	id := func(kind, value string, i int) string {
		if known := wellKnown[kind+" "+value]; known != "" {
			return known
		}
		return seedID(0x31+n, i+1)
	}
	for i, v := range scopes {
		value, admin := strings.CutSuffix(v, "!")
		kind := map[bool]string{true: "Admin", false: "User"}[admin]
		s.OAuth2PermissionScopes = append(s.OAuth2PermissionScopes, permissionScope{ID: id("scope", value, i), Value: value, Type: kind, IsEnabled: true,
			AdminConsentDisplayName: scopeWords(value), AdminConsentDescription: scopeWords(value)})
	}
	for i, v := range roles {
		s.AppRoles = append(s.AppRoles, appRole{ID: id("role", v, 100+i), Value: v, DisplayName: scopeWords(v), Description: scopeWords(v),
			AllowedMemberTypes: []string{"Application"}, IsEnabled: true})
	}
	return s
}

// scopeWords says a permission's name as people may read it.
func scopeWords(value string) string {
	switch value {
	case "openid":
		return "Sign you in"
	case "profile":
		return "See your name and account"
	case "email":
		return "See your mail address"
	case "offline_access":
		return "Keep the access you gave it, also while you are away"
	}
	return strings.ReplaceAll(value, ".", " ")
}

func seedApplications(t *tables, now time.Time) {
	two, one, yes := 2, 1, true
	start, end := now.Add(-time.Hour), now.AddDate(2, 0, 0)
	for i, r := range Registrations() {
		a := &application{ID: seedID(0xb0, i+1), AppID: r.ClientID, DisplayName: r.Name, CreatedDateTime: now, SignInAudience: "AzureADMyOrg",
			PublisherDomain: sandbox.Domain, Web: webPlatform{RedirectURIs: []string{}}}
		a.Web.RedirectURIs = r.RedirectURIs
		if r.IdentifierURI != "" {
			a.IdentifierURIs = []string{r.IdentifierURI}
			a.API = apiSettings{RequestedAccessTokenVersion: &two, OAuth2PermissionScopes: []permissionScope{{ID: seedID(0xc0, i+1), Value: "user_impersonation",
				Type: "User", IsEnabled: true, AdminConsentDisplayName: "Work in " + r.Name + " as the signed-in person", AdminConsentDescription: "The client does what the person may do."}}}
			a.AppRoles = []appRole{seedRole(i, 0, "Workflow.Start"), seedRole(i, 1, "Workflow.Read")}
			a.OptionalClaims = &optionalClaims{AccessToken: []optionalClaim{{Name: "idtyp"}, {Name: "xms_cc"}, {Name: "login_hint"}}}
			a.RequiredResourceAccess = graphAccess(t, "User.Read", "openid", "profile", "email", "offline_access")
		}
		switch i + 1 {
		case oldAPISeed:
			a.API.RequestedAccessTokenVersion = &one
		case webSeed:
			a.RequiredResourceAccess = append(graphAccess(t, "User.Read", "openid", "profile", "email", "offline_access"), apiAccess(t, true)...)
			logout := "http://localhost:8080/signin/logout"
			a.Web.LogoutURL = &logout
		case daemonSeed:
			a.RequiredResourceAccess = apiAccess(t, false)
		case deviceSeed:
			a.IsFallbackPublicClient = &yes
			a.Web.RedirectURIs, a.PublicClient.RedirectURIs = nil, r.RedirectURIs
			a.RequiredResourceAccess = append(graphAccess(t, "User.Read", "openid", "profile", "email", "offline_access"), apiAccess(t, true)...)
		case scriptSeed, scopedSeed:
			a.RequiredResourceAccess = []requiredAccess{}
		case mailSeed:
			a.RequiredResourceAccess = mailAccess(t)
		}
		if r.Secret != "" {
			name := "seed"
			a.PasswordCredentials = []passwordCredential{{KeyID: seedID(0xd0, i+1), DisplayName: &name, Hint: r.Secret[:3], StartDateTime: &start, EndDateTime: &end, Digest: digest(r.Secret)}}
		}
		a.normalise()
		t.putApp(a)
		t.addSP(a).ID = seedID(0x40, i+1)
	}
	t.putSP(&servicePrincipal{ID: seedID(0x30, 3), AppID: azureCLIAppID, DisplayName: "Microsoft Azure CLI", AccountEnabled: true, Tags: []string{},
		AppOwnerOrganizationID: "f8cdef31-a31e-4b4a-93e4-5f571e91255a", ServicePrincipalType: "Application", SignInAudience: "AzureADMultipleOrgs",
		ServicePrincipalNames: []string{azureCLIAppID}})
}

func seedRole(app, n int, value string) appRole {
	return appRole{ID: seedID(0xe0+app, n+1), Value: value, DisplayName: value, Description: value + " in the workflow server",
		AllowedMemberTypes: []string{"Application", "User"}, IsEnabled: true}
}

func graphAccess(t *tables, scopes ...string) []requiredAccess {
	r := t.resource(graphAppID)
	access := requiredAccess{ResourceAppID: graphAppID}
	for _, s := range scopes {
		access.ResourceAccess = append(access.ResourceAccess, resourceAccess{ID: r.scope(s).ID, Type: "Scope"})
	}
	return []requiredAccess{access}
}

func apiAccess(t *tables, delegated bool) []requiredAccess {
	var out []requiredAccess
	for _, n := range []int{apiSeed, oldAPISeed} {
		r := t.resource(seedID(0xa0, n))
		access := requiredAccess{ResourceAppID: r.app.AppID}
		if delegated {
			access.ResourceAccess = []resourceAccess{{ID: r.app.API.OAuth2PermissionScopes[0].ID, Type: "Scope"}}
		} else {
			access.ResourceAccess = []resourceAccess{{ID: r.app.AppRoles[0].ID, Type: "Role"}, {ID: r.app.AppRoles[1].ID, Type: "Role"}}
		}
		out = append(out, access)
	}
	return out
}

// mailAccess is everything that a service for mail asks for, as people and as
// itself.
func mailAccess(t *tables) []requiredAccess {
	graph := graphAccess(t, "openid", "profile", "email", "offline_access", "User.Read", "Mail.ReadWrite", "Mail.Send", "Mail.ReadWrite.Shared",
		"Mail.Send.Shared", "MailboxSettings.ReadWrite", "Calendars.ReadWrite", "Calendars.ReadWrite.Shared", "Contacts.ReadWrite", "Tasks.ReadWrite", "Place.Read.All")[0]
	for _, role := range t.resource(graphAppID).sp.AppRoles {
		switch role.Value {
		case "Mail.ReadWrite", "Mail.Send", "MailboxSettings.ReadWrite", "Calendars.ReadWrite", "Contacts.ReadWrite", "Tasks.ReadWrite.All", "Place.Read.All", "User.Read.All":
			graph.ResourceAccess = append(graph.ResourceAccess, resourceAccess{ID: role.ID, Type: "Role"})
		}
	}
	online := requiredAccess{ResourceAppID: exchangeAppID}
	ews := t.resource(exchangeAppID).sp
	for _, s := range ews.OAuth2PermissionScopes {
		online.ResourceAccess = append(online.ResourceAccess, resourceAccess{ID: s.ID, Type: "Scope"})
	}
	for _, role := range ews.AppRoles {
		online.ResourceAccess = append(online.ResourceAccess, resourceAccess{ID: role.ID, Type: "Role"})
	}
	return []requiredAccess{graph, online}
}

// seedGrants is the administrator's consent to what the registrations ask.
func seedGrants(t *tables, now time.Time) {
	for _, s := range t.SPs {
		if a := t.appByAppID(s.AppID); a != nil {
			t.consentForAll(s, a, now)
		}
	}
	script, graph := t.spByAppID(seedID(0xa0, scriptSeed)), t.resource(graphAppID)
	for _, role := range graph.sp.AppRoles {
		switch role.Value {
		case "Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All", "User.ReadWrite.All", "Group.ReadWrite.All", "Directory.Read.All":
			t.assign(script.ID, "ServicePrincipal", script.DisplayName, graph.sp, role.ID, now)
		}
		if reader := t.spByAppID(seedID(0xa0, readerSeed)); role.Value == "User.Read.All" || role.Value == "GroupMember.Read.All" {
			t.assign(reader.ID, "ServicePrincipal", reader.DisplayName, graph.sp, role.ID, now)
		}
	}
	cli := t.spByAppID(azureCLIAppID)
	t.grant(cli.ID, graph.sp.ID, "", []string{"openid", "profile", "email", "offline_access", "User.Read", "Directory.AccessAsUser.All",
		"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"})
}
