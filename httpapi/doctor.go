package httpapi

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/doctor"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
)

// doctorRoutes are the lines of the table in routes.go that say what is wrong.
func (s *Server) doctorRoutes() {
	route(s, op{"doctor-token", "POST /doctor/token", "Doctor", "What is wrong with a token or a failing request, and who mends it; keeps nothing", admin, 0}, s.doctorToken)
	route(s, op{"doctor-entra", "GET /doctor/entra", "Doctor", "Ask every trusted issuer and sign-in provider, from its name to its keys", admin, 0}, s.doctorEntra)
	route(s, op{"doctor-registrations", "POST /doctor/entra", "Doctor", "The same, and the registrations in Entra, read with the credentials given; keeps nothing", admin, 0}, s.doctorRegistrations)
}

type pastedInput struct{ Body api.Pasted }

// doctorToken neither logs nor keeps anything of what was pasted: refusals here
// hold none of it either.
func (s *Server) doctorToken(ctx context.Context, by signoff.Caller, in *pastedInput) (*body[api.Diagnosis], error) {
	pasted, err := doctor.Read(in.Body.Text)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "nothing-to-diagnose", Detail: err.Error(),
			Hint: "paste an access token, a request with its headers, a curl command, an answer, or an error of Entra's"}
	}
	c := doctor.Case{Pasted: pasted}
	switch {
	case identity.IsAccessToken(pasted.Token):
		if c.Personal, err = s.personalToken(ctx, by, pasted.Token); err != nil {
			return nil, err
		}
	case pasted.Token != "" && s.Trust != nil:
		e, err := s.Trust.Explain(ctx, by, pasted.Token)
		if err != nil {
			return nil, err
		}
		c.Explained = &e
		if e.Accepted != nil {
			if c.Person, err = s.standing(ctx, by, e); err != nil {
				return nil, err
			}
		}
	}
	settings, err := s.patient(ctx)
	if err != nil {
		return nil, err
	}
	return &body[api.Diagnosis]{DiagnosisOf(settings.Token(c))}, nil
}

// patient is what this server's settings say, for the doctor.
func (s *Server) patient(ctx context.Context) (doctor.Server, error) {
	d := doctor.Server{Now: s.Now(), URL: s.root(requestOf(ctx).r, apiREST)}
	set := s.apisNow().set
	for _, a := range []struct {
		name, key string
		set       api.APISettings
	}{{"the Workflow API", apiWorkflow, set.Workflow}, {"signoff’s own API", apiREST, set.REST}, {"OData", apiOData, *set.OData}} {
		d.APIs = append(d.APIs, doctor.API{Key: a.key, Name: a.name, Path: pathOf[a.key], Off: !a.set.On, Kinds: a.set.Kinds})
	}
	d.APIs = append(d.APIs, doctor.API{Name: "SCIM", Path: scimPath})
	if s.Trust != nil {
		for _, is := range s.Trust.Issuers() {
			d.Issuers = append(d.Issuers, is.Issuer)
		}
	}
	signIns, err := s.signIns(ctx)
	d.Setup = setupOf(d, signIns)
	return d, err
}

// personalToken is a token of our own as the doctor has to know it.
func (s *Server) personalToken(ctx context.Context, by signoff.Caller, text string) (*doctor.Personal, error) {
	t, owner, err := s.Identity.LookAtToken(ctx, by, text)
	out := &doctor.Personal{Name: t.Name, Login: owner.Login, Who: owner.Name, Expires: t.Expires, ReadOnly: t.Limits.ReadOnly, APIKey: t.Limits.API,
		API: map[string]string{apiWorkflow: "the Workflow API", apiREST: "signoff’s own API", apiOData: "OData"}[t.Limits.API]}
	if e, ok := errors.AsType[*signoff.Error](err); ok && (e.Kind == signoff.Unauthenticated || e.Code == "user-disabled") {
		out.Code, out.Detail = e.Code, e.Detail
		return out, nil
	}
	return out, err
}

// standing is who somebody with an accepted token is here.
func (s *Server) standing(ctx context.Context, by signoff.Caller, e trust.Explanation) (*doctor.Standing, error) {
	seen, st, n, err := s.Trust.Foresee(ctx, by, e.Accepted)
	if err != nil {
		return nil, err
	}
	out := &doctor.Standing{App: st.App, Label: st.Label, Newcomers: string(n), Overage: st.Overage, Groups: len(seen.Groups), Unlinked: max(0, len(st.Groups)+len(st.Roles)-len(seen.Groups))}
	switch seen.Would {
	case "known", "disabled":
		out.Linked, out.Disabled = true, seen.Would == "disabled"
	case "link":
		out.Proven = seen.Person.Login
	case "ask":
		out.Waiting = true
	case "refuse":
		out.Newcomers = string(identity.NewcomersRefuse)
	}
	if seen.Person == nil {
		return out, nil
	}
	out.Login, out.Name = seen.Person.Login, seen.Person.Name
	if out.Disabled {
		return out, nil
	}
	out.Rights, err = s.rightsInWords(ctx, seen.Person.Principal)
	return out, err
}

// rightsInWords says in a few words what somebody holds here.
func (s *Server) rightsInWords(ctx context.Context, who signoff.Principal) ([]string, error) {
	c, err := s.Identity.Caller(ctx, who, "doctor")
	if err != nil {
		return nil, err
	}
	all, err := s.Library.Workflows(ctx, c)
	if err != nil {
		return nil, err
	}
	out, start := []string{}, 0
	for right, holds := range map[string]bool{"administer the server": c.Admin, "deploy": c.Deploy, "impersonate": c.Impersonate} {
		if holds {
			out = append(out, right)
		}
	}
	slices.Sort(out)
	for _, w := range all {
		if w.CanStart {
			start++
		}
	}
	if len(all) > 0 {
		out = append(out, fmt.Sprintf("a right on %s, of which they may start %d", count(len(all), "workflow"), start))
	}
	return out, nil
}

// DiagnosisOf is a report as it goes over the wire.
func DiagnosisOf(r doctor.Report) api.Diagnosis {
	out := api.Diagnosis{OK: r.OK, Line: r.Line, Fault: faultOf(r.Finding), Checks: []api.DiagnosisCheck{}, Notes: list(r.Notes), Facts: []api.Fact{}}
	for _, c := range r.Checks {
		out.Checks = append(out.Checks, api.DiagnosisCheck{Group: c.Group, Name: c.Name, Result: string(c.Result), Expected: c.Expected, Found: c.Found, Fault: faultOf(c.Finding)})
	}
	for _, f := range r.Facts {
		out.Facts = append(out.Facts, api.Fact{Name: f.Name, Value: f.Value})
	}
	return out
}

func faultOf(f *doctor.Finding) *api.Fault {
	if f == nil {
		return nil
	}
	out := &api.Fault{Code: f.Code, Line: f.Line, Who: string(f.Who), Where: f.Where, Do: f.Do, Copy: []api.CopyText{}}
	for _, c := range f.Copy {
		out.Copy = append(out.Copy, api.CopyText{For: c.For, What: c.What, Text: c.Text})
	}
	return out
}
