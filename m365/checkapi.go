package m365

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/doctor"
)

// api compares what an application offers.
func (x *check) api(r Registration, a *application) {
	if len(r.Versions) == 0 {
		return
	}
	x.identifiers(r, a)
	x.version(r, a)
	x.scopes(r, a)
	x.roles(r, a)
	x.claims(r, a)
	x.preAuthorised(r, a)
	switch {
	case r.Groups != "":
		x.groups(r, a)
	case a.Groups != nil && (*a.Groups == "All" || *a.Groups == "SecurityGroup"):
		few := "ApplicationGroup"
		x.worry(r, "groups in tokens", "those assigned to the application", *a.Groups, doctor.Finding{Code: "groups-overage-ahead", Line: "its tokens name every group of a person, and above 200 none at all",
			Do: "name the groups assigned to the application (Token configuration › Groups claim)", Copy: x.patch(a, "set it", application{Groups: &few})})
	}
}

func (x *check) identifiers(r Registration, a *application) {
	var want []string
	for _, uri := range r.Identifiers {
		want = append(want, replaceID(uri, a.AppID))
	}
	missing := lacks(want, a.IdentifierURIs)
	if len(missing) == 0 {
		x.pass(r, "Application ID URI", strings.Join(a.IdentifierURIs, ", "))
		return
	}
	line := "it lacks the Application ID URI " + missing[0]
	for _, have := range a.IdentifierURIs {
		if d := doctor.Differ(have, missing[0]); strings.HasPrefix(d, "only") {
			line = fmt.Sprintf("its Application ID URI is %s, not %s: %s", have, missing[0], d)
		}
	}
	x.differs(r, "Application ID URI", strings.Join(want, ", "), strings.Join(a.IdentifierURIs, ", "), doctor.Finding{Code: "identifier-missing", Line: line, Do: "add it (Expose an API › Application ID URI)",
		Copy: x.patch(a, "add it", application{IdentifierURIs: append(slices.Clone(a.IdentifierURIs), missing...)})})
}

func (x *check) version(r Registration, a *application) {
	is := 1
	if a.API != nil && a.API.Version != nil {
		is = *a.API.Version
	}
	var want []string
	for _, v := range r.Versions {
		want = append(want, strconv.Itoa(v))
	}
	if slices.Contains(r.Versions, is) {
		x.pass(r, "token version", strconv.Itoa(is))
		return
	}
	x.differs(r, "token version", strings.Join(want, " or "), strconv.Itoa(is), doctor.Finding{Code: "token-version-differs", Do: "set requestedAccessTokenVersion in its manifest",
		Line: fmt.Sprintf("Entra issues tokens of version %d.0 for it, and %s.0 is taken", is, strings.Join(want, ".0 or ")),
		Copy: x.patch(a, "set the version", application{API: &apiPart{Version: &r.Versions[0]}})})
}

func (a *application) scopesOf() []scope {
	if a.API == nil {
		return nil
	}
	return a.API.Scopes
}

func (x *check) scopes(r Registration, a *application) {
	have := a.scopesOf()
	for _, s := range r.Scopes {
		i := slices.IndexFunc(have, func(h scope) bool { return h.Value == s.Value })
		switch {
		case i < 0:
			all := append(slices.Clone(have), Registration{Versions: []int{2}, Scopes: []Scope{s}}.body().API.Scopes...)
			line := "it does not expose the scope " + s.Value
			if j := slices.IndexFunc(have, func(h scope) bool { return strings.EqualFold(h.Value, s.Value) }); j >= 0 {
				line = fmt.Sprintf("it exposes the scope %s, not %s: only letter case differs", have[j].Value, s.Value)
			}
			x.differs(r, "scope "+s.Value, "exposed", "not there", doctor.Finding{Code: "scope-missing", Line: line, Do: "add it (Expose an API)", Copy: x.patch(a, "add it", application{API: &apiPart{Scopes: all}})})
		case !have[i].IsEnabled:
			all := slices.Clone(have)
			all[i].IsEnabled = true
			x.differs(r, "scope "+s.Value, "enabled", "disabled", doctor.Finding{Code: "scope-disabled", Line: "its scope " + s.Value + " is disabled", Do: "enable it (Expose an API)", Copy: x.patch(a, "enable it", application{API: &apiPart{Scopes: all}})})
		default:
			x.pass(r, "scope "+s.Value, "exposed")
		}
	}
}

func (x *check) roles(r Registration, a *application) {
	for _, o := range r.Roles {
		i := slices.IndexFunc(a.AppRoles, func(h appRole) bool { return h.Value == o.Value })
		fix := func(change func(*appRole)) []doctor.Copy {
			all := slices.Clone(a.AppRoles)
			all[i].Members = slices.Clone(all[i].Members)
			change(&all[i])
			return x.patch(a, "set it", application{AppRoles: all})
		}
		switch {
		case i < 0:
			all := append(slices.Clone(a.AppRoles), Registration{Roles: []Role{o}}.body().AppRoles...)
			x.differs(r, "app role "+o.Value, "there", "not there", doctor.Finding{Code: "role-missing", Line: "it has no app role " + o.Value, Do: "add it (App roles)", Copy: x.patch(a, "add it", application{AppRoles: all})})
		case !a.AppRoles[i].IsEnabled:
			x.differs(r, "app role "+o.Value, "enabled", "disabled", doctor.Finding{Code: "role-disabled", Line: "its app role " + o.Value + " is disabled", Do: "enable it (App roles)", Copy: fix(func(h *appRole) { h.IsEnabled = true })})
		case !slices.Contains(a.AppRoles[i].Members, "Application"):
			x.differs(r, "app role "+o.Value, "for applications", strings.Join(a.AppRoles[i].Members, ", "), doctor.Finding{Code: "role-not-for-applications", Line: "its app role " + o.Value + " is for people only", Do: "allow it for applications (App roles)",
				Copy: fix(func(h *appRole) { h.Members = append(h.Members, "Application") })})
		default:
			x.pass(r, "app role "+o.Value, "there")
		}
	}
}

func (x *check) claims(r Registration, a *application) {
	var have []string
	if a.Claims != nil {
		for _, c := range a.Claims.AccessToken {
			have = append(have, c.Name)
		}
	}
	missing := lacks(r.Claims, have)
	if len(missing) == 0 {
		x.pass(r, "optional claims", strings.Join(have, ", "))
		return
	}
	all := optionalClaims{}
	for _, name := range append(slices.Clone(have), missing...) {
		all.AccessToken = append(all.AccessToken, claim{name})
	}
	x.differs(r, "optional claims", strings.Join(r.Claims, ", "), strings.Join(have, ", "), doctor.Finding{Code: "claim-missing", Line: "its access tokens lack " + strings.Join(missing, ", ") + claimWhy(missing),
		Do: "add it (Token configuration)", Copy: x.patch(a, "add it", application{Claims: &all})})
}

func claimWhy(missing []string) string {
	if slices.Contains(missing, "idtyp") {
		return ": they do not say whether a person or an application calls"
	}
	if slices.Contains(missing, "acct") {
		return ": they do not say who is a guest"
	}
	return ""
}

func (x *check) preAuthorised(r Registration, a *application) {
	for _, key := range r.PreAuthorized {
		who := x.resolve(key)
		if who == "" {
			continue // its registration is missing, which is said
		}
		var list []preAuthorized
		if a.API != nil {
			list = slices.Clone(a.API.PreAuthorized)
		}
		i := slices.IndexFunc(list, func(p preAuthorized) bool { return strings.EqualFold(p.AppID, who) })
		var want []string
		for _, s := range a.scopesOf() {
			if slices.ContainsFunc(r.Scopes, func(w Scope) bool { return w.Value == s.Value }) {
				want = append(want, s.ID)
			}
		}
		switch {
		case i < 0:
			list = append(list, preAuthorized{who, want})
		case len(lacks(want, list[i].IDs)) > 0:
			list[i].IDs = want
		default:
			x.pass(r, "authorised client "+who, "authorised")
			continue
		}
		x.lacking(r, "authorised client "+who, "authorised", "not authorised", doctor.Finding{Code: "client-not-authorised", Line: "the client " + who + " is not among its authorised client applications", Do: "add it (Expose an API › Authorized client applications)",
			Copy: x.patch(a, "add it", application{API: &apiPart{PreAuthorized: list}})})
	}
}

func (x *check) groups(r Registration, a *application) {
	have := ""
	if a.Groups != nil {
		have = *a.Groups
	}
	if have == r.Groups {
		x.pass(r, "groups in tokens", have)
		return
	}
	f := doctor.Finding{Code: "groups-claim", Line: "its tokens name no groups", Do: "name the groups assigned to the application (Token configuration › Groups claim)", Copy: x.patch(a, "set it", application{Groups: &r.Groups})}
	if have != "" && have != "None" {
		f.Line = "its tokens name " + have + " instead of the groups assigned to the application, and above 200 none at all"
	}
	x.differs(r, "groups in tokens", r.Groups, have, f)
}
