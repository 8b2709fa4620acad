package m365

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// A Registration is what one application in Entra should be like.
type Registration struct {
	Key   string // by which other registrations of the plan name it: api, signin
	Name  string // display name
	About string // what it is for, in one sentence
	AppID string // Application (client) ID; "": it is found by its name

	// What it offers, if it is an API.
	Identifiers   []string // App ID URIs; {id} stands for its own client id
	Versions      []int    // of access tokens that are right; the first is what a new one gets
	Scopes        []Scope
	Roles         []Role
	Claims        []string // optional claims of access tokens
	PreAuthorized []string // keys or client ids of programs that need no consent for Scopes
	Groups        string   // groupMembershipClaims; "": whatever is there

	// What it is allowed, if it is a client.
	Permissions []Permission
	Redirects   []string
	Platform    Platform
	Leave       string // address that people who signed out come back to; "": none
	LogoutURL   string
	Secret      bool // it has to prove itself, with a secret or certificate

	Lenient bool // more than this is nobody's business: an application of somebody else's
}

// Platform is what kind of program a redirect URI belongs to.
type Platform string

const (
	Web    Platform = "web"
	Public Platform = "publicClient" // on people's own machines, without a secret
)

// A Scope lets a client act for a person.
type Scope struct{ Value, Name, About string }

// A Role lets an application act by itself.
type Role struct{ Value, Name, About string }

// A Permission is a right of a client at an API.
type Permission struct {
	API   string // key of the plan, or client id
	Value string
	ID    string // of the scope or role
	Role  bool   // for the application itself; else for the person who uses it
	Why   string
}

func (p Permission) kind() string {
	if p.Role {
		return "Role"
	}
	return "Scope"
}

// Microsoft Graph, and what we ask of it. The ids are Microsoft's, the same in
// every tenant.
const graphID = "00000003-0000-0000-c000-000000000000"

var graphIDs = map[string]string{
	"openid":               "37f7f235-527c-4136-accd-4a02d197296e",
	"profile":              "14dad69e-099b-42c9-810b-d002981feec1",
	"email":                "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
	"User.Read.All":        "df021288-bdef-4463-88db-98f22de89214",
	"GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
}

func onGraph(value, why string, role bool) Permission {
	return Permission{API: graphID, Value: value, ID: graphIDs[value], Role: role, Why: why}
}

// ScopeID and RoleID are the ids that scopes and roles of ours have in every
// registration: the same each time, so that a plan can be run again.
func ScopeID(value string) string { return guid("scope " + value) }

// RoleID is the same for app roles.
func RoleID(value string) string { return guid("role " + value) }

// guid makes an id of a name, in the form of RFC 9562 §5.8.
func guid(name string) string {
	h := sha256.Sum256([]byte("signoff " + name))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// Values are what a plan is made of.
type Values struct {
	URL       string   // this server's public address
	Name      string   // what registrations are called; "": signoff
	Tenant    string   // id or domain
	Login     string   // where the cloud signs people in; "": https://login.microsoftonline.com
	Scope     string   // "": user_impersonation
	Role      string   // app role for applications by themselves; "": Workflow.Use.All
	NoSignIn  bool     // people do not sign in to the pages with Entra
	Groups    bool     // groups that are assigned to the application come in tokens
	Directory bool     // people and groups are read from Entra, not only learnt from tokens
	Callers   []Caller // programs that call the API
	Callback  string   // path of our redirect URI; "": /oauth/callback
	Leave     string   // path that people who signed out come back to; "": /sign-in?left=1
	Logout    string   // path of front-channel logout; "": none
	APIID     string   // client ids, where the registrations are known
	SignInID  string
}

const defaultScope = "user_impersonation"

// A Caller is a program that is to call the API.
type Caller struct {
	Name     string
	Redirect string // "": it calls by itself, without people
	Public   bool   // it runs on people's own machines
}

// Programs that many people call an API with, and where they want to be sent
// back to.
var known = map[string]Caller{
	"postman":        {"Postman", "https://oauth.pstmn.io/v1/callback", false},
	"power-automate": {"Power Automate", "https://global.consent.azure-apim.net/redirect", false},
	"daemon":         {"Daemon", "", false},
	"cli":            {"CLI", "http://localhost", true},
}

// ParseCaller reads a program as people name it on the command line: one that is
// known, NAME=REDIRECT for one with people, or NAME= for one without.
func ParseCaller(text string) (Caller, error) {
	if c, ok := known[strings.ToLower(text)]; ok {
		return c, nil
	}
	name, redirect, found := strings.Cut(text, "=")
	name = strings.TrimSpace(name)
	switch {
	case !found:
		return Caller{}, fmt.Errorf("%q is no caller: say postman, power-automate, cli, daemon, or NAME=REDIRECT-URI (NAME= for a program without people)", text)
	case name == "" || len(name) > 60 || strings.ContainsAny(name, `'"\{}$`+"`\n"):
		return Caller{}, fmt.Errorf("%q: a name has 1 to 60 characters, without quotation marks", text)
	case redirect == "":
		return Caller{Name: name}, nil
	}
	if why := badRedirect(redirect); why != "" {
		return Caller{}, fmt.Errorf("%s: %s", redirect, why)
	}
	return Caller{Name: name, Redirect: redirect, Public: strings.HasPrefix(redirect, "http://localhost")}, nil
}

const badLetters = "Entra takes none of ! $ ' ( ) , ; * in a redirect URI, and a plan no quotation marks, spaces, < > | &"

// badRedirect says what Entra has against a redirect URI, "" for nothing.
func badRedirect(uri string) string {
	switch {
	case len(uri) > 256:
		return "Entra takes 256 characters at most"
	case strings.ContainsAny(uri, "!$'(),;*`\"\\<>|& \n\r\t"):
		return badLetters
	case strings.HasPrefix(uri, "https://"), strings.HasPrefix(uri, "http://localhost"):
		return ""
	}
	return "Entra takes https only, or http for localhost"
}

// A Plan is every registration that a server needs, callers last.
type Plan struct {
	Values        Values
	Registrations []Registration
}

var loginForm = regexp.MustCompile(`^https?://[A-Za-z0-9.:-]{1,250}/?$`)

// rightForm are the letters that Entra takes in a scope or role, without those
// that a shell understands.
var rightForm = regexp.MustCompile(`^[A-Za-z0-9_.:@+-]{1,120}$`)

// domainForm is a domain with a dot in it, and nothing that a shell understands.
var domainForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,250}\.[a-z0-9-]{2,63}$`)

// Plan works out what to register. It refuses values that Entra would refuse.
func (v Values) Plan() (Plan, error) {
	v.fill()
	redirect := v.URL + v.Callback
	if why := badRedirect(redirect); why != "" && (!v.NoSignIn || why == badLetters) {
		return Plan{}, fmt.Errorf("the public address %s: %s; set url in the configuration", v.URL, why)
	}
	if v.Login != "" && !loginForm.MatchString(v.Login) {
		return Plan{}, fmt.Errorf("%q is not where a cloud signs people in: its address looks like https://login.microsoftonline.us", v.Login)
	}
	if strings.ContainsAny(v.Name, `'"\{}$`+"`\n") || len(v.Name) > 60 {
		return Plan{}, fmt.Errorf("the name has 60 characters at most, without quotation marks")
	}
	for _, value := range []string{v.Scope, v.Role} {
		if !rightForm.MatchString(value) {
			return Plan{}, fmt.Errorf("%q cannot be the name of a scope or role", value)
		}
	}
	if v.Tenant != "" && !signoff.IsGUID(v.Tenant) && !domainForm.MatchString(v.Tenant) {
		return Plan{}, fmt.Errorf("%q is no tenant: give its id, or one of its domains, as contoso.com", v.Tenant)
	}
	p := Plan{Values: v, Registrations: []Registration{v.api()}}
	if !v.NoSignIn {
		p.Registrations = append(p.Registrations, v.signIn(redirect))
	}
	for i, c := range v.Callers {
		r := v.caller(c, fmt.Sprintf("caller%d", i+1))
		if c.Redirect != "" {
			p.Registrations[0].PreAuthorized = append(p.Registrations[0].PreAuthorized, r.Key)
		}
		p.Registrations = append(p.Registrations, r)
	}
	return p, nil
}

func (v *Values) fill() {
	for _, d := range []struct {
		into      *string
		otherwise string
	}{{&v.Name, "signoff"}, {&v.Scope, defaultScope}, {&v.Role, "Workflow.Use.All"}, {&v.Callback, "/oauth/callback"}, {&v.Leave, "/sign-in?left=1"}} {
		if *d.into == "" {
			*d.into = d.otherwise
		}
	}
	v.URL, v.Tenant = strings.TrimRight(v.URL, "/"), strings.ToLower(strings.TrimSpace(v.Tenant))
}

func (v Values) api() Registration {
	r := Registration{Key: "api", Name: v.Name + " API", About: "the API: what tokens are for", AppID: v.APIID,
		Identifiers: []string{"api://{id}"}, Versions: []int{2},
		Scopes: []Scope{{v.Scope, "Work in " + v.Name + " as you", "The program does in " + v.Name + " what the person who uses it may do."}},
		Roles:  []Role{{v.Role, "Work in " + v.Name + " by itself", "The program calls " + v.Name + " without a person. What it may do there is said there."}},
		Claims: []string{"idtyp", "acct", "xms_cc"}}
	if v.Groups {
		r.Groups = "ApplicationGroup"
	}
	return r
}

func (v Values) signIn(redirect string) Registration {
	r := Registration{Key: "signin", Name: v.Name + " sign-in", About: "signs people in to the pages", AppID: v.SignInID, Platform: Web, Redirects: []string{redirect}, Leave: v.URL + v.Leave, Secret: true,
		Permissions: []Permission{onGraph("openid", "to sign people in", false), onGraph("profile", "their name", false), onGraph("email", "their address, for mail", false)}}
	if v.Logout != "" {
		r.LogoutURL = v.URL + v.Logout
	}
	if v.Groups {
		r.Groups = "ApplicationGroup"
	}
	if v.Directory {
		r.Permissions = append(r.Permissions, onGraph("User.Read.All", "to read people and their managers", true), onGraph("GroupMember.Read.All", "to read groups and who is in them", true))
	}
	return r
}

func (v Values) caller(c Caller, key string) Registration {
	r := Registration{Key: key, Name: v.Name + " caller " + c.Name, Secret: !c.Public}
	if c.Redirect == "" {
		r.About = "calls the API by itself, without people"
		r.Permissions = []Permission{{API: "api", Value: v.Role, ID: RoleID(v.Role), Role: true, Why: "to call the API by itself"}}
		return r
	}
	r.About, r.Redirects, r.Platform = "calls the API for the people who use it", []string{c.Redirect}, Web
	if c.Public {
		r.Platform = Public
	}
	r.Permissions = []Permission{{API: "api", Value: v.Scope, ID: ScopeID(v.Scope), Why: "to call the API for people"}}
	return r
}

// addresses are all that the registration has to list as redirect URIs: Entra
// sends people who signed out to no other place either.
func (r Registration) addresses() []string {
	if r.Leave == "" {
		return r.Redirects
	}
	return append(slices.Clone(r.Redirects), r.Leave)
}

// byKey finds a registration of the plan.
func (p Plan) byKey(key string) *Registration {
	i := slices.IndexFunc(p.Registrations, func(r Registration) bool { return r.Key == key })
	if i < 0 {
		return nil
	}
	return &p.Registrations[i]
}
