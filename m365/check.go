package m365

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/doctor"
)

// Check compares registrations with what they should be, and says for every
// difference how to mend it. It changes nothing.
//
// Its rights: Application.Read.All; what was consented to needs
// Directory.Read.All as well, and is left out, saying so, without.
func Check(ctx context.Context, c *Client, p Plan, now time.Time) (doctor.Report, error) {
	x := &check{ctx: ctx, c: c, plan: p, now: now, report: &doctor.Report{}, principals: map[string]*principal{}, apps: map[string]string{}}
	for _, r := range p.Registrations { // all first: they name each other
		if r.AppID != "" {
			x.apps[r.Key] = r.AppID
		}
	}
	var found []*application
	for _, r := range p.Registrations {
		a, err := x.find(r)
		if err != nil {
			return doctor.Report{}, err
		}
		if a != nil {
			x.apps[r.Key] = a.AppID
		}
		found = append(found, a)
	}
	for i, r := range p.Registrations {
		if found[i] == nil {
			x.missing(r)
			continue
		}
		if err := x.compare(r, found[i]); err != nil {
			return doctor.Report{}, err
		}
	}
	x.report.Conclude(fmt.Sprintf("nothing is wrong with %s", count(len(p.Registrations))))
	return *x.report, nil
}

func count(n int) string {
	if n == 1 {
		return "the registration"
	}
	return fmt.Sprintf("the %d registrations", n)
}

type check struct {
	ctx        context.Context
	c          *Client
	plan       Plan
	now        time.Time
	report     *doctor.Report
	principals map[string]*principal // by client id; nil: there is none
	apps       map[string]string     // client ids by key of the plan
}

// find looks for a registration: by its id, or by its name.
func (x *check) find(r Registration) (*application, error) {
	filter := "displayName eq '" + strings.ReplaceAll(r.Name, "'", "''") + "'"
	if r.AppID != "" {
		filter = "appId eq '" + r.AppID + "'"
	}
	all, err := list[application](x.ctx, x.c, "/applications?$filter="+filter)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if len(all) > 1 {
		x.report.Fail(r.Name, "registration", "one of that name", fmt.Sprintf("%d of them", len(all)), doctor.Finding{Code: "app-several", Who: doctor.EntraAdmin, Where: "Entra: App registrations",
			Line: fmt.Sprintf("there are %d registrations called %s", len(all), r.Name), Do: "give the client id of the right one, or remove the others: " + ids(all)})
	}
	return &all[0], nil
}

func ids(all []application) string {
	var out []string
	for _, a := range all {
		out = append(out, a.AppID)
	}
	return strings.Join(out, ", ")
}

func (x *check) missing(r Registration) {
	name := r.Name
	f := doctor.Finding{Code: "app-missing", Who: doctor.EntraAdmin, Where: "Entra: App registrations", Line: "the registration " + name + " does not exist",
		Do: "make it: `signoff m365 plan` prints everything that is needed", Copy: []doctor.Copy{{For: doctor.Az, What: "make it", Text: fmt.Sprintf("az ad app create --display-name %q --sign-in-audience AzureADMyOrg", name)},
			graphCopy("make it", "POST", "/applications", application{DisplayName: name, SignInAudience: "AzureADMyOrg"})}}
	if r.AppID != "" {
		f.Line, f.Do, f.Copy = fmt.Sprintf("there is no registration %s in this tenant", r.AppID), "use the Application (client) ID of a registration of this tenant; it is not the object id", nil
		f.Who, f.Where = doctor.OurAdmin, "Manage › Access › Trust or Sign-in: "+name
	}
	x.report.Fail(name, "registration", "it is there", "it is not", f)
}

func graphCopy(what, method, path string, body any) doctor.Copy {
	text := method + " /v1.0" + path
	if body != nil {
		text += "\n" + compact(body)
	}
	return doctor.Copy{For: doctor.Graph, What: what, Text: text}
}

// patch is a change of the registration, for az and for Graph.
func (x *check) patch(a *application, what string, body any) []doctor.Copy {
	path := "/applications(appId='" + a.AppID + "')"
	return []doctor.Copy{{For: doctor.Az, What: what, Text: x.azRest("PATCH", path, body)}, graphCopy(what, "PATCH", path, body)}
}

func (x *check) azRest(method, path string, body any) string {
	text := fmt.Sprintf("az rest --method %s --url \"%s/v1.0%s\"", method, graphBase(x.c.Base), strings.ReplaceAll(path, "$", `\$`))
	if body != nil {
		text += " --headers Content-Type=application/json --body '" + strings.ReplaceAll(compact(body), "'", `'\''`) + "'"
	}
	return text
}

// differs reports a difference of a registration.
func (x *check) differs(r Registration, name, expected, found string, f doctor.Finding) {
	f.Who = doctor.EntraAdmin
	if f.Where == "" {
		f.Where = "Entra: App registrations › " + r.Name
	}
	f.Line = r.Name + ": " + f.Line
	x.report.Fail(r.Name, name, expected, found, f)
}

func (x *check) worry(r Registration, name, expected, found string, f doctor.Finding) {
	f.Who, f.Line = doctor.EntraAdmin, r.Name+": "+f.Line
	if f.Where == "" {
		f.Where = "Entra: App registrations › " + r.Name
	}
	x.report.Warn(r.Name, name, expected, found, f)
}

// lacking is differs where it is ours to say, and worry where the same may have
// been reached in another way.
func (x *check) lacking(r Registration, name, expected, found string, f doctor.Finding) {
	if r.Lenient {
		x.worry(r, name, expected, found, f)
		return
	}
	x.differs(r, name, expected, found, f)
}

func (x *check) pass(r Registration, name, found string) {
	x.report.Pass(r.Name, name, found, found)
}

// compare looks at everything of one registration.
func (x *check) compare(r Registration, a *application) error {
	x.pass(r, "registration", a.AppID)
	if err := x.enterprise(r, a); err != nil {
		return err
	}
	if !r.Lenient && a.SignInAudience != "AzureADMyOrg" {
		x.differs(r, "accounts", "of this tenant only", a.SignInAudience, doctor.Finding{Code: "app-multi-tenant", Line: "accounts of other tenants may use it too", Do: "let it be for this tenant only",
			Copy: x.patch(a, "this tenant only", application{SignInAudience: "AzureADMyOrg"})})
	}
	x.api(r, a)
	x.sign(r, a)
	x.credentials(r, a)
	return x.rights(r, a)
}

// enterprise is the application in the tenant: without it nobody gets a token.
func (x *check) enterprise(r Registration, a *application) error {
	sp, err := x.principal(a.AppID)
	if err != nil {
		return err
	}
	where := "Entra: Enterprise applications › " + r.Name
	switch {
	case sp == nil:
		x.differs(r, "enterprise application", "it is there", "it is not", doctor.Finding{Code: "enterprise-missing", Where: where, Line: "it has no enterprise application in the tenant, so nobody gets a token", Do: "make it",
			Copy: []doctor.Copy{{For: doctor.Az, What: "make it", Text: "az ad sp create --id " + a.AppID}, graphCopy("make it", "POST", "/servicePrincipals", map[string]string{"appId": a.AppID})}})
	case !sp.Enabled:
		x.differs(r, "enterprise application", "enabled", "disabled", doctor.Finding{Code: "enterprise-disabled", Where: where, Line: "its enterprise application is disabled, so nobody gets a token", Do: "set “Enabled for users to sign-in?” to Yes",
			Copy: []doctor.Copy{{For: doctor.Az, What: "enable it", Text: "az ad sp update --id " + a.AppID + " --set accountEnabled=true"}, graphCopy("enable it", "PATCH", "/servicePrincipals/"+sp.ID, map[string]bool{"accountEnabled": true})}})
	case sp.Assigned:
		x.worry(r, "assignment", "not required", "required", doctor.Finding{Code: "assignment-required", Where: where, Line: "only people and applications that are assigned get a token (AADSTS50105 for others)", Do: "assign a group, or do not require it, if everybody of the tenant may come",
			Copy: []doctor.Copy{{For: doctor.Az, What: "do not require it", Text: "az ad sp update --id " + a.AppID + " --set appRoleAssignmentRequired=false"}}})
	default:
		x.pass(r, "enterprise application", "enabled")
	}
	return nil
}

// principal finds the enterprise application of a client id, nil if there is none.
func (x *check) principal(appID string) (*principal, error) {
	if sp, looked := x.principals[appID]; looked {
		return sp, nil
	}
	all, err := list[principal](x.ctx, x.c, "/servicePrincipals?$filter=appId eq '"+appID+"'")
	if err != nil {
		return nil, err
	}
	x.principals[appID] = nil
	if len(all) > 0 {
		x.principals[appID] = &all[0]
	}
	return x.principals[appID], nil
}

// resolve gives the client id of a key of the plan.
func (x *check) resolve(key string) string {
	if signoff.IsGUID(strings.ToLower(key)) {
		return key
	}
	return x.apps[key]
}

// forbidden tells a call that lacks a right from one that went wrong.
func forbidden(err error) bool {
	r, ok := errors.AsType[*Refused](err)
	return ok && r.Status == http.StatusForbidden
}

// lacks lists what is wanted and not there.
func lacks(want, have []string) (out []string) {
	for _, w := range want {
		if !slices.Contains(have, w) {
			out = append(out, w)
		}
	}
	return out
}
