package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/doctor"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/m365"
)

// doctorWithin bounds one walk through all providers.
const doctorWithin = 25 * time.Second

// authority is where an Entra provider signs people in, without the tenant.
func authority(p signin.Provider) string {
	before, _, _ := strings.Cut(p.Issuer, "/"+p.Tenant)
	return before
}

// signIns reads who signs people in. Secrets in the setting are locked, and not
// looked at.
func (s *Server) signIns(ctx context.Context) ([]signin.Provider, error) {
	if s.Worklist == nil {
		return nil, nil
	}
	saved, err := s.Worklist.Store.Setting(ctx, signin.SettingName)
	if err != nil || saved.Rev == 0 {
		return nil, err
	}
	var set signin.Setting
	if err := json.Unmarshal(saved.Body, &set); err != nil {
		return nil, err
	}
	return set.Providers, nil
}

// setupOf is what an error of Entra's is most likely about: the first sign-in
// with Entra, and the first trusted tenant.
func setupOf(d doctor.Server, signIns []signin.Provider) doctor.Setup {
	out := doctor.Setup{Redirect: d.URL + signin.CallbackPath, ScopeID: m365.ScopeID("user_impersonation")}
	for _, p := range signIns {
		if p.Tenant != "" {
			out.App, out.Tenant, out.Redirect, out.Login = p.ClientID, p.Tenant, d.URL+p.Redirect, authority(p)
			break
		}
	}
	for i := range d.Issuers {
		is := &d.Issuers[i]
		if is.Profile != trust.Entra {
			continue
		}
		out.API, out.Login = is.Identifier(), cmp.Or(out.Login, is.Home())
		if len(is.Tenants) > 0 {
			out.Tenant = cmp.Or(out.Tenant, is.Tenants[0])
		}
		for _, a := range is.Audiences {
			if signoff.IsGUID(strings.ToLower(a)) {
				out.APIID = a
			}
		}
		break
	}
	return out
}

func (s *Server) doctorEntra(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.Diagnosis], error) {
	d, report, err := s.walk(ctx, by)
	if err != nil {
		return nil, err
	}
	return &body[api.Diagnosis]{DiagnosisOf(d.Providers(report))}, nil
}

var errNoDoctor = &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "this server asks no providers"}

// walk asks every provider, each within its own limits.
func (s *Server) walk(ctx context.Context, by signoff.Caller) (doctor.Server, []doctor.Provider, error) {
	d, err := s.patient(ctx)
	if err != nil {
		return d, nil, err
	}
	if s.Doctor == nil {
		return d, nil, errNoDoctor
	}
	var all []doctor.Provider
	if s.Trust != nil {
		states, err := s.Trust.Keys(by)
		if err != nil {
			return d, nil, err
		}
		for _, st := range states {
			all = append(all, doctor.Provider{Name: st.Issuer, Issuer: st.URL, Metadata: doctor.Fetch{URL: st.MetadataURL}, KeysURL: st.KeysURL, State: &st})
		}
	}
	signIns, err := s.signIns(ctx)
	if err != nil {
		return d, nil, err
	}
	for _, p := range signIns {
		all = append(all, doctor.Provider{Name: p.Name, SignsIn: true, Issuer: p.Issuer,
			Metadata: doctor.Fetch{URL: cmp.Or(p.MetadataURL, strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration")}})
	}
	ctx, cancel := context.WithTimeout(ctx, doctorWithin)
	defer cancel()
	return d, s.Doctor.All(ctx, all), nil
}

type registrationsInput struct{ Body api.Registrations }

// doctorRegistrations walks, and reads the registrations that the settings
// name, in each tenant of Entra.
func (s *Server) doctorRegistrations(ctx context.Context, by signoff.Caller, in *registrationsInput) (*body[api.Diagnosis], error) {
	d, asked, err := s.walk(ctx, by)
	if err != nil {
		return nil, err
	}
	report := d.Providers(asked)
	signIns, err := s.signIns(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range tenantsOf(d, signIns, in.Body.Issuer) {
		found, err := s.registrations(ctx, t, in.Body, d)
		if err != nil {
			return nil, err
		}
		report.Checks = append(report.Checks, found.Checks...)
	}
	report.OK, report.Finding = false, nil
	report.Conclude("nothing is wrong with the providers and their registrations")
	return &body[api.Diagnosis]{DiagnosisOf(report)}, nil
}

// A registered tenant is one with what the settings say of its registrations.
type registered struct {
	tenant, login string
	plan          m365.Plan
}

// tenantsOf collects what the settings expect, by tenant. name "" means all.
func tenantsOf(d doctor.Server, signIns []signin.Provider, name string) (out []registered) {
	at := func(tenant, login string) *registered {
		for i := range out {
			if out[i].tenant == tenant {
				return &out[i]
			}
		}
		out = append(out, registered{tenant: tenant, login: login})
		return &out[len(out)-1]
	}
	for _, is := range d.Issuers {
		if is.Profile == trust.Entra && len(is.Tenants) > 0 && (name == "" || name == is.Name) {
			t := at(is.Tenants[0], is.Home())
			t.plan.Registrations = append(t.plan.Registrations, m365.Trusted(is)...)
		}
	}
	for _, p := range signIns {
		if p.Tenant != "" && (name == "" || name == p.Name) {
			t := at(p.Tenant, authority(p))
			leave := d.URL + signin.LeavePage
			if p.StaySignedIn {
				leave = ""
			}
			t.plan.Registrations = append(t.plan.Registrations, m365.SigningIn(p.Name, p.ClientID, d.URL+p.Redirect, leave))
		}
	}
	return out
}

// registrations reads and compares those of one tenant. That they cannot be
// read is a finding too.
func (s *Server) registrations(ctx context.Context, t registered, in api.Registrations, d doctor.Server) (doctor.Report, error) {
	graph := s.graphOf(t.login)
	c := &m365.Client{HTTP: s.Doctor.Client, Base: graph, Token: in.Token}
	var err error
	if in.Token == "" {
		c, err = m365.Connect(ctx, s.Doctor.Client, m365.Credentials{Login: t.login, Tenant: t.tenant, ID: in.ClientID, Secret: in.Secret, Graph: graph})
	}
	var r doctor.Report
	if err == nil {
		r, err = m365.Check(ctx, c, t.plan, s.Now())
	}
	if no, ok := errors.AsType[*m365.Refused](err); ok {
		setup := d.Setup
		setup.Caller, setup.Tenant = in.ClientID, t.tenant
		r.Fail("registrations", "reading them", "they can be read", no.Code, no.Finding(setup))
		return r, nil
	}
	return r, err
}

// graphs are the addresses of Graph in Microsoft's clouds, by where people sign
// in. An Entra of one's own, to try with, has its Graph beside it.
var graphs = map[string]string{"https://login.microsoftonline.com": "https://graph.microsoft.com", "https://login.microsoftonline.us": "https://graph.microsoft.us",
	"https://login.partner.microsoftonline.cn": "https://microsoftgraph.chinacloudapi.cn"}

func (s *Server) graphOf(login string) string { return cmp.Or(graphs[login], login) }
