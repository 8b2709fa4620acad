package trust

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// Applications of Microsoft's own whose tokens people paste by mistake.
var wellKnownAPIs = map[string]string{
	"00000003-0000-0000-c000-000000000000": "Microsoft Graph",
	"https://graph.microsoft.com":          "Microsoft Graph",
	"00000002-0000-0000-c000-000000000000": "Azure AD Graph",
	"https://graph.windows.net":            "Azure AD Graph",
	"00000002-0000-0ff1-ce00-000000000000": "Exchange Online",
	"https://outlook.office365.com":        "Exchange Online",
	"https://outlook.office.com":           "Exchange Online",
	"797f4846-ba00-4fd7-ba43-dac1f8f63013": "Azure Resource Manager",
	"https://management.azure.com":         "Azure Resource Manager",
}

func (c *checker) audiences() {
	if len(c.Audiences) == 0 {
		c.wrong("audiences", "there is no audience, so that tokens for any other API would do", "add the Application (client) ID of the API's registration, and its Application ID URI")
	}
	guid := false
	c.list("audiences", c.Audiences, func(at, s string) {
		low := strings.ToLower(s)
		guid = guid || signoff.IsGUID(low)
		switch api := wellKnownAPIs[strings.TrimSuffix(low, "/")]; {
		case api != "":
			c.wrong(at, clip(s)+" is "+api, "tokens for "+api+" are not for this server: use the id of your own API's registration")
		case strings.ContainsAny(s, " \t"):
			c.wrong(at, "it has a space in it", "put each audience on a line of its own")
		case slices.ContainsFunc(c.Tenants, func(t string) bool { return strings.EqualFold(t, s) }):
			c.wrong(at, clip(s)+" is the tenant", "use the Application (client) ID of the API's registration")
		case c.Profile == Entra && signoff.IsGUID(low) && low != s:
			c.wrong(at, "tokens write ids in lower case", "use "+low)
		case c.Profile == Entra && strings.HasSuffix(s, "/.default"):
			c.wrong(at, "that is a scope to ask for, not an audience", "use "+strings.TrimSuffix(s, "/.default"))
		}
	})
	if c.Profile == Entra && !guid && slices.Contains(c.Versions, V2) && len(c.Audiences) > 0 {
		c.wrong("audiences", "tokens of version 2.0 always name the API by its Application (client) ID, and none is listed",
			"add the Application (client) ID from the overview page of the API's registration")
	}
	if c.SlashVariants && !slices.ContainsFunc(c.Audiences, isURI) {
		c.warn("slashVariants", "it changes nothing: no audience is a URI", "switch it off")
	}
}

// isURI tells whether an audience is a URI, which may have a slash at its end.
func isURI(s string) bool { return strings.Contains(s, "://") }

func (c *checker) algorithms() {
	for i, name := range c.Algorithms {
		if algorithmNamed(name) != nil {
			continue
		}
		at, low := fmt.Sprintf("algorithms[%d]", i), strings.ToLower(name)
		switch {
		case low == "none":
			c.wrong(at, "none is no signature", "use RS256")
		case strings.HasPrefix(low, "hs"):
			c.wrong(at, clip(name)+" is signed with a secret that whoever checks it could sign with too", "have the provider sign with RS256 or ES256")
		default:
			c.wrong(at, fmt.Sprintf("there is no algorithm %q", clip(name)), "use one of "+strings.Join(Algorithms(), ", "))
		}
	}
	if c.Profile == Entra && len(c.Algorithms) > 0 && !slices.Contains(c.Algorithms, "RS256") {
		c.warn("algorithms", "Entra signs with RS256, which is not listed", "add RS256, or empty the list")
	}
}

func (c *checker) people() {
	if c.NoPeople && c.Apps == AppsRefused {
		c.wrong("noPeople", "neither people nor applications may call", "switch one of them on")
	}
	if c.NoPeople && len(c.Scopes) > 0 {
		c.warn("scopes", "no people may call, so that no scope is looked at", "empty the list")
	}
	if !c.NoPeople && len(c.Scopes) == 0 && c.Profile == Entra {
		c.wrong("scopes", "no scope is demanded, so that an application with any right on this API could act for people",
			"add the scope that the API's registration exposes, usually user_impersonation")
	}
	c.list("scopes", c.Scopes, func(at, s string) {
		switch {
		case strings.ContainsAny(s, " ,;"):
			c.wrong(at, "it is more than one scope", "put each on a line of its own")
		case c.Profile == Entra && strings.Contains(s, "/"):
			c.wrong(at, "tokens hold only the last part of a scope", "use "+clip(s[strings.LastIndexByte(s, '/')+1:]))
		}
	})
	c.person()
	switch c.Guests {
	case GuestsRefused, GuestsAllowed, MembersProven:
	default:
		c.wrong("guests", fmt.Sprintf("there is no guest policy %q", c.Guests), `use "", "allow" or "members"`)
	}
	if c.AuthContext != "" && c.text("authContext", c.AuthContext) && !validContext(c.AuthContext) {
		c.wrong("authContext", clip(c.AuthContext)+" is no authentication context", "it looks like c1: see Entra › Conditional Access › Authentication contexts")
	}
}

func validContext(s string) bool {
	return len(s) >= 2 && len(s) <= 3 && s[0] == 'c' && strings.Trim(s[1:], "0123456789") == ""
}

func (c *checker) person() {
	for field, s := range map[string]string{"personClaim": c.PersonClaim, "groupsClaim": c.GroupsClaim} {
		if s != "" && c.text(field, s) && len(s) > 100 {
			c.wrong(field, "no claim has such a long name", "shorten it")
		}
	}
	if c.PersonClaim == "email" && c.Profile == Entra {
		c.warn("personClaim", "whoever administers a tenant can write any address into email",
			"leave it empty; if it has to be email, switch on the optional claim xms_edov, and only proven addresses are used")
	}
}

func (c *checker) apps() {
	switch c.Apps {
	case AppsRefused:
		if len(c.Roles)+len(c.AppClients) > 0 {
			c.warn("apps", "roles or applications are listed, but none may call", `use "role" or "list", or empty the lists`)
		}
	case AppsByRole:
		if len(c.Roles) == 0 {
			c.wrong("roles", "applications need a role, and none is listed", "add the value of an app role of the API's registration, such as Workflow.Start")
		}
	case AppsByList:
		if len(c.AppClients) == 0 {
			c.wrong("appClients", "only listed applications may call, and none is listed", "add the Application (client) ID of the caller")
		}
	default:
		c.wrong("apps", fmt.Sprintf("there is no policy %q for applications", c.Apps), `use "", "role" or "list"`)
	}
	c.list("roles", c.Roles, func(at, s string) {
		if strings.ContainsAny(s, " ,;") {
			c.wrong(at, "it is more than one role", "put each on a line of its own")
		}
	})
	c.list("appClients", c.AppClients, func(at, s string) {
		c.client(at, s)
		if len(c.Clients) > 0 && !slices.Contains(c.Clients, s) {
			c.wrong(at, clip(s)+" may not call at all", "add it to clients too")
		}
	})
}

func (c *checker) client(at, s string) {
	switch low := strings.ToLower(s); {
	case c.Profile != Entra:
	case !signoff.IsGUID(low):
		c.wrong(at, clip(s)+" is no application", "copy the Application (client) ID from the overview page of the caller's registration")
	case low != s:
		c.wrong(at, "tokens write ids in lower case", "use "+low)
	}
}
