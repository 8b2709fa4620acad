package m365

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/doctor"
)

// A right is one permission at one API, as Entra keeps it.
type right struct{ api, id, kind string }

// rights compares what a registration asks for and what was granted: missing,
// and too many.
func (x *check) rights(r Registration, a *application) error {
	have := map[right]bool{}
	for _, api := range a.Required {
		for _, p := range api.Access {
			have[right{strings.ToLower(api.API), p.ID, p.Type}] = true
		}
	}
	want := map[right]bool{}
	for _, p := range r.Permissions {
		api := x.resolve(p.API)
		if api == "" {
			continue // its registration is missing, which is said
		}
		id, err := x.idOf(api, p)
		if err != nil {
			return err
		}
		w := right{api, id, p.kind()}
		want[w] = true
		if have[w] {
			x.pass(r, "permission "+p.Value, "listed")
			continue
		}
		x.lacking(r, "permission "+p.Value, "listed", "not listed", doctor.Finding{Code: "permission-missing", Line: fmt.Sprintf("it does not list the permission %s (%s)", p.Value, p.Why), Do: "add it (API permissions), then grant admin consent",
			Copy: []doctor.Copy{{For: doctor.Az, What: "add it", Text: fmt.Sprintf("az ad app permission add --id %s --api %s --api-permissions %s=%s", a.AppID, api, id, p.kind())}}})
	}
	if !r.Lenient {
		if err := x.tooMany(r, a, want); err != nil {
			return err
		}
	}
	return x.granted(r, a, want)
}

// idOf is the id that a permission has at its API: an API that was made by hand
// has others than a plan gives.
func (x *check) idOf(api string, p Permission) (string, error) {
	sp, err := x.principal(api)
	if err != nil || sp == nil {
		return p.ID, err
	}
	if p.Role {
		if i := slices.IndexFunc(sp.Roles, func(o appRole) bool { return o.Value == p.Value }); i >= 0 {
			return sp.Roles[i].ID, nil
		}
		return p.ID, nil
	}
	if i := slices.IndexFunc(sp.Scopes, func(o scope) bool { return o.Value == p.Value }); i >= 0 {
		return sp.Scopes[i].ID, nil
	}
	return p.ID, nil
}

// nameOf says what a right is called, with its API.
func (x *check) nameOf(w right) (string, error) {
	sp, err := x.principal(w.api)
	if err != nil || sp == nil {
		return w.id + " at " + w.api, err
	}
	for _, o := range sp.Roles {
		if o.ID == w.id && w.kind == "Role" {
			return o.Value + " of " + sp.Name + ", for itself", nil
		}
	}
	for _, o := range sp.Scopes {
		if o.ID == w.id {
			return o.Value + " of " + sp.Name, nil
		}
	}
	return w.id + " of " + sp.Name, nil
}

func (x *check) tooMany(r Registration, a *application, want map[right]bool) error {
	for _, api := range a.Required {
		for _, p := range api.Access {
			w := right{strings.ToLower(api.API), p.ID, p.Type}
			if want[w] {
				continue
			}
			name, err := x.nameOf(w)
			if err != nil {
				return err
			}
			x.differs(r, "other permissions", "none", name, doctor.Finding{Code: "permission-extra", Line: "it asks for a right that nothing here needs: " + name, Do: "remove it (API permissions)",
				Copy: []doctor.Copy{{For: doctor.Az, What: "remove it", Text: fmt.Sprintf("az ad app permission delete --id %s --api %s --api-permissions %s", a.AppID, api.API, p.ID)}}})
		}
	}
	return nil
}

// granted compares consent: of scopes for everybody, and of roles.
func (x *check) granted(r Registration, a *application, want map[right]bool) error {
	sp, err := x.principal(a.AppID)
	if err != nil || sp == nil {
		return err // that there is none is said
	}
	grants, err := list[grant](x.ctx, x.c, "/servicePrincipals/"+sp.ID+"/oauth2PermissionGrants")
	if forbidden(err) {
		x.report.Skip(r.Name, "consent", "reading it needs the right Directory.Read.All")
		return nil
	}
	if err != nil {
		return err
	}
	given, err := list[assignment](x.ctx, x.c, "/servicePrincipals/"+sp.ID+"/appRoleAssignments")
	if forbidden(err) {
		x.report.Skip(r.Name, "consent", "reading app roles needs the right Application.Read.All")
		return nil
	}
	if err != nil {
		return err
	}
	for _, p := range r.Permissions {
		if err := x.consented(r, a, p, grants, given); err != nil {
			return err
		}
	}
	if r.Lenient {
		return nil
	}
	return x.grantedTooMuch(r, sp, want, grants, given)
}

func (x *check) consented(r Registration, a *application, p Permission, grants []grant, given []assignment) error {
	api := x.resolve(p.API)
	if api == "" {
		return nil
	}
	sp, err := x.principal(api)
	if err != nil || sp == nil {
		return err
	}
	id, err := x.idOf(api, p)
	if err != nil {
		return err
	}
	ok := slices.ContainsFunc(given, func(g assignment) bool { return p.Role && g.Resource == sp.ID && g.Role == id }) ||
		slices.ContainsFunc(grants, func(g grant) bool {
			return !p.Role && g.Resource == sp.ID && g.Consent == "AllPrincipals" && slices.Contains(strings.Fields(g.Scope), p.Value)
		}) || !p.Role && x.isPreAuthorised(p.API, r.Key)
	if ok {
		x.pass(r, "consent "+p.Value, "granted")
		return nil
	}
	x.lacking(r, "consent "+p.Value, "granted", "not granted", doctor.Finding{Code: "consent-missing", Line: fmt.Sprintf("nobody has consented to %s for it (AADSTS65001)", p.Value), Do: "grant admin consent (API permissions)",
		Copy: []doctor.Copy{{For: doctor.Az, What: "grant it", Text: "az ad app permission admin-consent --id " + a.AppID}}})
	return nil
}

// isPreAuthorised tells whether a client needs no consent at an API of the plan.
func (x *check) isPreAuthorised(api, client string) bool {
	r := x.plan.byKey(api)
	return r != nil && slices.Contains(r.PreAuthorized, client)
}

func (x *check) grantedTooMuch(r Registration, sp *principal, want map[right]bool, grants []grant, given []assignment) error {
	apiOf := map[string]string{} // client ids of the APIs we know, by the id of their enterprise application
	for appID, p := range x.principals {
		if p != nil {
			apiOf[p.ID] = appID
		}
	}
	for _, g := range given {
		if want[right{apiOf[g.Resource], g.Role, "Role"}] {
			continue
		}
		name := g.Role + " of " + g.Name
		if api := apiOf[g.Resource]; api != "" {
			var err error
			if name, err = x.nameOf(right{api, g.Role, "Role"}); err != nil {
				return err
			}
		}
		x.differs(r, "other rights granted", "none", name, doctor.Finding{Code: "granted-extra", Where: "Entra: Enterprise applications › " + r.Name + " › Permissions", Line: "it holds a right that nothing here needs: " + name, Do: "take it away",
			Copy: []doctor.Copy{{For: doctor.Az, What: "take it away", Text: x.azRest("DELETE", "/servicePrincipals/"+sp.ID+"/appRoleAssignments/"+g.ID, nil)}, graphCopy("take it away", "DELETE", "/servicePrincipals/"+sp.ID+"/appRoleAssignments/"+g.ID, nil)}})
	}
	for _, g := range grants {
		var extra, keep []string
		for _, s := range strings.Fields(g.Scope) {
			if x.wanted(r, apiOf[g.Resource], s) {
				keep = append(keep, s)
			} else {
				extra = append(extra, s)
			}
		}
		if len(extra) == 0 {
			continue
		}
		body := map[string]string{"scope": strings.Join(keep, " ")}
		x.differs(r, "other rights granted", "none", strings.Join(extra, " "), doctor.Finding{Code: "granted-extra", Where: "Entra: Enterprise applications › " + r.Name + " › Permissions", Line: "it is granted more than it needs: " + strings.Join(extra, ", "), Do: "take it away",
			Copy: []doctor.Copy{{For: doctor.Az, What: "take it away", Text: x.azRest("PATCH", "/oauth2PermissionGrants/"+g.ID, body)}, graphCopy("take it away", "PATCH", "/oauth2PermissionGrants/"+g.ID, body)}})
	}
	return nil
}

func (x *check) wanted(r Registration, api, value string) bool {
	return slices.ContainsFunc(r.Permissions, func(p Permission) bool { return !p.Role && p.Value == value && x.resolve(p.API) == api && api != "" })
}
