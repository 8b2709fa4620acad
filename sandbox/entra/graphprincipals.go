package entra

import (
	"net/http"
	"slices"
	"strings"
)

// graphPrincipals are the paths of enterprise applications and of what was
// granted to them.
func (s *Server) graphPrincipals(on registrar) {
	on("GET /servicePrincipals", readApps, listPrincipals)
	on("POST /servicePrincipals", writeApps, addPrincipal)
	on("GET /servicePrincipals/{id}", readApps, getPrincipal)
	on("PATCH /servicePrincipals/{id}", writeApps, changePrincipal)
	on("DELETE /servicePrincipals/{id}", writeApps, dropPrincipal)
	on("POST /servicePrincipals/{id}/addTokenSigningCertificate", writeApps, addSigningCertificate)

	readRoles := append(slices.Clone(readApps), writeRoles...)
	for _, kind := range []string{"servicePrincipals", "users", "groups"} {
		on("GET /"+kind+"/{id}/appRoleAssignments", readRoles, listAssignments(func(c *graphCall, a *roleAssignment) bool {
			return a.PrincipalID == c.id("id")
		}))
		on("POST /"+kind+"/{id}/appRoleAssignments", writeRoles, addAssignment)
		on("DELETE /"+kind+"/{id}/appRoleAssignments/{assignment}", writeRoles, dropAssignment)
	}
	on("GET /servicePrincipals/{id}/appRoleAssignedTo", readRoles, listAssignments(func(c *graphCall, a *roleAssignment) bool {
		return a.ResourceID == c.id("id")
	}))
	on("POST /servicePrincipals/{id}/appRoleAssignedTo", writeRoles, addAssignment)
	on("DELETE /servicePrincipals/{id}/appRoleAssignedTo/{assignment}", writeRoles, dropAssignment)

	everything := func(*graphCall, *permissionGrant) bool { return true }
	on("GET /oauth2PermissionGrants", readGrants, listGrants(everything))
	on("GET /servicePrincipals/{id}/oauth2PermissionGrants", readGrants, listGrants(func(c *graphCall, g *permissionGrant) bool { return g.ClientID == c.id("id") }))
	on("POST /oauth2PermissionGrants", writeGrants, addGrant)
	on("GET /oauth2PermissionGrants/{id}", readGrants, getGrant)
	on("PATCH /oauth2PermissionGrants/{id}", writeGrants, changeGrant)
	on("DELETE /oauth2PermissionGrants/{id}", writeGrants, dropGrant)
}

func listPrincipals(c *graphCall) (answer, *graphError) {
	return c.list("servicePrincipals", look(c.s.dir, func(t *tables) []map[string]any {
		var list []map[string]any
		for _, p := range t.SPs {
			list = append(list, toMap(t.view(p)))
		}
		return list
	}))
}

func getPrincipal(c *graphCall) (answer, *graphError) {
	m := look(c.s.dir, func(t *tables) map[string]any {
		if p := t.sp(c.id("id")); p != nil {
			return toMap(t.view(p))
		}
		return nil
	})
	if m == nil {
		return answer{}, missing(c.id("id"))
	}
	return c.one(http.StatusOK, "servicePrincipals", m)
}

func addPrincipal(c *graphCall) (answer, *graphError) {
	appID, _ := c.body["appId"].(string)
	var m map[string]any
	err := c.s.dir.change(func(t *tables) error {
		a := t.appByAppID(appID)
		switch {
		case a == nil:
			return badRequest("The appId '%s' of the service principal does not reference a valid application object.", appID)
		case t.spByAppID(appID) != nil:
			return refuseGraph(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue",
				"The service principal cannot be created, updated, or restored because the service principal name %s is already in use.", appID)
		}
		p := *t.addSP(a)
		for name, v := range c.body {
			switch v := v.(type) {
			case bool:
				if name == "appRoleAssignmentRequired" {
					p.AppRoleAssignmentRequired = v
				} else if name == "accountEnabled" {
					p.AccountEnabled = v
				}
			}
		}
		t.putSP(&p)
		m = toMap(t.view(&p))
		return nil
	})
	if e := graphFailure(nil, err); e != nil {
		return answer{}, e
	}
	return c.one(http.StatusCreated, "servicePrincipals", m)
}

func changePrincipal(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		p := t.sp(c.id("id"))
		if p == nil {
			return missing(c.id("id"))
		}
		for name := range c.body {
			if !slices.Contains([]string{"accountEnabled", "appRoleAssignmentRequired", "displayName", "tags", "preferredTokenSigningKeyThumbprint"}, name) {
				return badRequest("Property '%s' cannot be changed on a service principal here.", name)
			}
		}
		m := toMap(p)
		if e := merge(m, c.body); e != nil {
			return e
		}
		n := &servicePrincipal{}
		if e := decode(m, n); e != nil {
			return e
		}
		t.putSP(n)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

func (t *tables) dropSP(id string) {
	t.SPs = slices.DeleteFunc(slices.Clone(t.SPs), func(p *servicePrincipal) bool { return p.ID == id })
	t.forget(id, "servicePrincipal")
}

func dropPrincipal(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		if t.sp(c.id("id")) == nil {
			return missing(c.id("id"))
		}
		t.dropSP(c.id("id"))
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

func listAssignments(is func(*graphCall, *roleAssignment) bool) graphHandler {
	return func(c *graphCall) (answer, *graphError) {
		return c.list("appRoleAssignments", look(c.s.dir, func(t *tables) []map[string]any {
			var list []map[string]any
			for _, a := range t.Assignments {
				if is(c, a) {
					list = append(list, toMap(a))
				}
			}
			return list
		}))
	}
}

func addAssignment(c *graphCall) (answer, *graphError) {
	var in struct {
		PrincipalID string `json:"principalId"`
		ResourceID  string `json:"resourceId"`
		AppRoleID   string `json:"appRoleId"`
	}
	if e := decode(c.body, &in); e != nil {
		return answer{}, e
	}
	var m map[string]any
	err := c.s.dir.change(func(t *tables) error {
		kind, name := t.principal(in.PrincipalID)
		r := t.sp(in.ResourceID)
		switch {
		case kind == "":
			return missing(in.PrincipalID)
		case r == nil:
			return missing(in.ResourceID)
		case in.AppRoleID != noRole && !slices.ContainsFunc(t.view(r).AppRoles, func(role appRole) bool { return role.ID == in.AppRoleID }):
			return badRequest("Permission being assigned was not found on application '%s'.", r.AppID)
		case slices.ContainsFunc(t.Assignments, func(a *roleAssignment) bool {
			return a.PrincipalID == in.PrincipalID && a.ResourceID == in.ResourceID && a.AppRoleID == in.AppRoleID
		}):
			return badRequest("Permission being assigned already exists on the object.")
		case len(t.Assignments) >= maxAssignments:
			return refuseGraph(http.StatusBadRequest, "Directory_QuotaExceeded", "The directory holds %d assignments already.", maxAssignments)
		}
		m = toMap(t.assign(in.PrincipalID, kind, name, r, in.AppRoleID, c.s.now()))
		return nil
	})
	if e := graphFailure(nil, err); e != nil {
		return answer{}, e
	}
	return c.one(http.StatusCreated, "appRoleAssignments", m)
}

func (t *tables) principal(id string) (kind, name string) {
	if p := t.sp(id); p != nil {
		return "ServicePrincipal", p.DisplayName
	}
	if g := t.group(id); g != nil {
		return "Group", g.DisplayName
	}
	if u := t.user(id); u != nil && u.ID == id {
		return "User", u.DisplayName
	}
	return "", ""
}

func dropAssignment(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		i := slices.IndexFunc(t.Assignments, func(a *roleAssignment) bool {
			return a.ID == c.id("assignment") && (a.PrincipalID == c.id("id") || a.ResourceID == c.id("id"))
		})
		if i < 0 {
			return missing(c.id("assignment"))
		}
		t.Assignments = slices.Delete(slices.Clone(t.Assignments), i, i+1)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

func listGrants(is func(*graphCall, *permissionGrant) bool) graphHandler {
	return func(c *graphCall) (answer, *graphError) {
		return c.list("oauth2PermissionGrants", look(c.s.dir, func(t *tables) []map[string]any {
			var list []map[string]any
			for _, g := range t.Grants {
				if is(c, g) {
					list = append(list, toMap(g))
				}
			}
			return list
		}))
	}
}

func (c *graphCall) grant() (*permissionGrant, *graphError) {
	g := look(c.s.dir, func(t *tables) *permissionGrant {
		return find(t.Grants, func(g *permissionGrant) bool { return g.ID == c.id("id") })
	})
	if g == nil {
		return nil, missing(c.id("id"))
	}
	return g, nil
}

func getGrant(c *graphCall) (answer, *graphError) {
	g, e := c.grant()
	if e != nil {
		return answer{}, e
	}
	return c.one(http.StatusOK, "oauth2PermissionGrants", toMap(g))
}

func addGrant(c *graphCall) (answer, *graphError) {
	var in struct {
		permissionGrant
		StartTime  any `json:"startTime"` // wanted by old scripts, meaningless
		ExpiryTime any `json:"expiryTime"`
	}
	if e := decode(c.body, &in); e != nil {
		return answer{}, e
	}
	g := in.permissionGrant
	g.ID = newToken(32)
	everybody := g.ConsentType == "AllPrincipals" && g.PrincipalID == nil
	if !everybody && (g.ConsentType != "Principal" || g.PrincipalID == nil) {
		return answer{}, badRequest("consentType must be AllPrincipals, or Principal with a principalId.")
	}
	err := c.s.dir.change(func(t *tables) error {
		if t.sp(g.ClientID) == nil {
			return missing(g.ClientID)
		}
		if t.sp(g.ResourceID) == nil {
			return missing(g.ResourceID)
		}
		if !everybody && t.user(*g.PrincipalID) == nil {
			return missing(*g.PrincipalID)
		}
		if len(t.Grants) >= maxAssignments {
			return refuseGraph(http.StatusBadRequest, "Directory_QuotaExceeded", "The directory holds %d grants already.", maxAssignments)
		}
		for _, o := range t.Grants {
			if o.ClientID == g.ClientID && o.ResourceID == g.ResourceID && o.ConsentType == g.ConsentType && deref(o.PrincipalID) == deref(g.PrincipalID) {
				return refuseGraph(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
			}
		}
		t.Grants = append(t.Grants, &g)
		return nil
	})
	if e := graphFailure(nil, err); e != nil {
		return answer{}, e
	}
	return c.one(http.StatusCreated, "oauth2PermissionGrants", toMap(g))
}

func changeGrant(c *graphCall) (answer, *graphError) {
	scope, ok := c.body["scope"].(string)
	if !ok || len(c.body) != 1 {
		return answer{}, badRequest("Only the scope of a permission grant can be changed.")
	}
	err := c.s.dir.change(func(t *tables) error {
		g := find(t.Grants, func(g *permissionGrant) bool { return g.ID == c.id("id") })
		if g == nil {
			return missing(c.id("id"))
		}
		n := *g
		n.Scope = strings.Join(strings.Fields(scope), " ")
		put(&t.Grants, &n, func(b *permissionGrant) bool { return b.ID == n.ID })
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

func dropGrant(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		i := slices.IndexFunc(t.Grants, func(g *permissionGrant) bool { return g.ID == c.id("id") })
		if i < 0 {
			return missing(c.id("id"))
		}
		t.Grants = slices.Delete(slices.Clone(t.Grants), i, i+1)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}
