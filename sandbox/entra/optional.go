package entra

import (
	"slices"
	"strings"
)

// groupClaims puts the person's groups into a token, or, when they are too
// many, a pointer to where they can be asked for.
func (s *Server) groupClaims(c map[string]any, u *user, a *application, optional optionals, most int) {
	kind := deref(a.GroupMembershipClaims)
	if kind == "" || kind == "None" || kind == "DirectoryRole" {
		return
	}
	groups := look(s.dir, func(t *tables) []*group {
		var list []*group
		for _, id := range t.groupsOf(u.ID, true) {
			if g := t.group(id); g.SecurityEnabled || kind == "All" {
				list = append(list, g)
			}
		}
		return list
	})
	if _, on := s.faults.take("groups-overage", a.AppID, u); on || len(groups) > most {
		if most == overageImplicit {
			c["hasgroups"] = true
			return
		}
		c["_claim_names"] = map[string]string{"groups": "src1"}
		c["_claim_sources"] = map[string]any{"src1": map[string]string{
			"endpoint": "https://graph.windows.net/" + TenantID + "/users/" + u.ID + "/getMemberObjects"}}
		return
	}
	if len(groups) == 0 {
		return
	}
	var names []string
	for _, g := range groups {
		switch {
		case optional.has("groups", "cloud_displayname"):
			names = append(names, g.DisplayName)
		case g.OnPremisesSamAccountName != nil && optional.has("groups", "sam_account_name"):
			_, bare, _ := strings.Cut(*g.OnPremisesSamAccountName, "\\")
			names = append(names, bare)
		case g.OnPremisesSamAccountName != nil && optional.has("groups", "netbios_domain_and_sam_account_name"):
			names = append(names, *g.OnPremisesSamAccountName)
		default:
			names = append(names, g.ID)
		}
	}
	if optional.has("groups", "emit_as_roles") {
		c["roles"] = names
		return
	}
	c["groups"] = names
}

// optionals are the claims that a registration asks for beyond the usual.
type optionals []optionalClaim

func accessClaims(a *application) optionals {
	if a == nil || a.OptionalClaims == nil {
		return nil
	}
	return a.OptionalClaims.AccessToken
}

func (o optionals) has(name string, property ...string) bool {
	return slices.ContainsFunc(o, func(c optionalClaim) bool {
		return c.Name == name && (len(property) == 0 || slices.Contains(c.AdditionalProperties, property[0]))
	})
}

func (s *Server) optionalClaims(c map[string]any, g grantee, optional optionals) {
	u := g.user
	worth := map[string]any{"acct": 0, "auth_time": g.signIn.At.Unix(), "email": deref(u.Mail), "family_name": deref(u.Surname),
		"given_name": deref(u.GivenName), "ipaddr": g.ip, "login_hint": loginHint(u), "preferred_username": u.UserPrincipalName, "sid": g.signIn.SID,
		"tenant_ctry": "DE", "tenant_region_scope": "EU", "upn": u.UserPrincipalName, "verified_primary_email": []string{deref(u.Mail)},
		"xms_edov": true, "onprem_sam_account_name": samName(u), "ctry": "DE"}
	if u.UserType == "Guest" {
		worth["acct"] = 1
	}
	for _, o := range optional {
		if v, ok := worth[o.Name]; ok && v != "" {
			c[o.Name] = v
		}
	}
}

// loginHint is opaque to clients; it names the person to this server.
func loginHint(u *user) string { return "O." + b64([]byte(u.ID)) }

func samName(u *user) string {
	_, bare, _ := strings.Cut(deref(u.OnPremisesSamAccountName), "\\")
	return bare
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
