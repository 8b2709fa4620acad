package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/provision"
	"github.com/signoffhq/signoff/seal"
)

func (s *Server) directoryRoutes() {
	route(s, op{"get-directories", "GET /directories", "Directories", "Which directories people and groups are taken from", admin, 0}, s.getDirectories)
	route(s, op{"put-directories", "PUT /directories", "Directories", "Change which directories there are; all servers go by it at once", admin, 0}, s.putDirectories, hasCondition)
	route(s, op{"get-directory", "GET /directories/{name}", "Directories", "How a directory stands, and its last syncs", admin, 0}, s.getDirectory)
	route(s, op{"test-directory", "POST /directories/{name}/test", "Directories", "Try a directory step by step; saves and takes nothing", admin, 0}, s.testDirectory)
	route(s, op{"sync-directory", "POST /directories/{name}/sync", "Directories", "Begin a sync, or a preview of one", admin, http.StatusAccepted}, s.syncDirectory)
	s.scimTokenRoutes()
}

var errNoDirectories = &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "this server takes people from no directory"}

func (s *Server) directories() (*directory.Directories, error) {
	if s.Directories == nil {
		return nil, errNoDirectories
	}
	return s.Directories, nil
}

func (s *Server) getDirectories(ctx context.Context, by signoff.Caller, _ *nothing) (*settingOutput[api.Directories], error) {
	d, err := s.directories()
	if err != nil {
		return nil, err
	}
	return s.directoriesAnswer(ctx, by, d)
}

func (s *Server) directoriesAnswer(ctx context.Context, by signoff.Caller, d *directory.Directories) (*settingOutput[api.Directories], error) {
	state, err := d.State(ctx, by)
	if err != nil {
		return nil, err
	}
	out := api.Directories{Directories: listOf(state.Value.Directories, directoryOf).Items, Status: []api.DirectoryStatus{}}
	for _, e := range state.Value.Directories {
		one, err := s.directoryStatus(ctx, by, d, e)
		if err != nil {
			return nil, err
		}
		out.Status = append(out.Status, one)
	}
	if out.Saved, err = s.savedBy(ctx, state.Setting); err != nil {
		return nil, err
	}
	return settingAnswer(state.Rev, out)
}

type putDirectoriesInput struct {
	IfSaved
	Body api.SetDirectories
}

func (s *Server) putDirectories(ctx context.Context, by signoff.Caller, in *putDirectoriesInput) (*settingOutput[api.Directories], error) {
	d, err := s.directories()
	if err != nil {
		return nil, err
	}
	state, err := d.State(ctx, by)
	if err != nil {
		return nil, err
	}
	if err := in.still(state.Setting); err != nil {
		return nil, err
	}
	var set directory.Setting
	secrets := directory.Secrets{}
	for _, one := range in.Body.Directories {
		e, password := directoryIn(one)
		set.Directories = append(set.Directories, e)
		if password != nil {
			secret := seal.Secret(*password)
			secrets[e.Name] = &secret
		}
	}
	if _, err := d.Save(ctx, by, state.Rev, set, secrets); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "directories changed", "user", by.Principal)
	return s.directoriesAnswer(ctx, by, d)
}

// directoryOf and directoryIn turn an entry to and from how it looks on the
// wire; a password goes in, never out.
func directoryOf(e directory.Entry) api.Directory {
	out := api.Directory{Name: e.Name, Type: e.Type, On: e.On, ByAddress: e.ByAddress, MostPercent: e.MostPercent, EveryMinutes: e.Every}
	if l := e.LDAP; l != nil {
		out.LDAP = &api.DirectoryLDAP{Servers: list(l.Servers), Domain: l.Domain, Security: l.Security, CA: l.CA, Bind: l.Bind, HasPassword: l.Password != "",
			SignIn: l.SignIn, Domains: l.Domains, Base: l.Base, PeopleBase: l.PeopleBase, PeopleFilter: l.PeopleFilter,
			GroupsBase: l.GroupsBase, GroupsFilter: l.GroupsFilter, NoGroups: l.NoGroups}
		if m := api.DirectoryAttributes(l.Map); m != (api.DirectoryAttributes{}) {
			out.LDAP.Attributes = &m
		}
	}
	if g := e.Graph; g != nil {
		out.Graph = &api.DirectoryGraph{Tenant: g.Tenant, ClientID: g.ClientID, HasSecret: g.Secret != "", Authority: g.Authority, Graph: g.Graph,
			Guests: g.Guests, NoGroups: g.NoGroups, Groups: g.Groups}
	}
	if c := e.SCIM; c != nil {
		out.SCIM = &api.DirectorySCIM{Tenant: c.Tenant, Application: string(c.Application)}
	}
	return out
}

func directoryIn(one api.Directory) (directory.Entry, *string) {
	e := directory.Entry{Name: one.Name, Type: one.Type, On: one.On, ByAddress: one.ByAddress, MostPercent: one.MostPercent, Every: one.EveryMinutes}
	var secret *string
	if g := one.Graph; g != nil {
		e.Graph = &directory.Graph{Tenant: g.Tenant, ClientID: g.ClientID, Authority: g.Authority, Graph: g.Graph, Guests: g.Guests, NoGroups: g.NoGroups, Groups: g.Groups}
		secret = g.Secret
	}
	if c := one.SCIM; c != nil {
		e.SCIM = &directory.SCIM{Tenant: c.Tenant, Application: signoff.Principal(c.Application)}
	}
	l := one.LDAP
	if l == nil {
		return e, secret
	}
	e.LDAP = &directory.LDAP{Servers: l.Servers, Domain: l.Domain, Security: l.Security, CA: l.CA, Bind: l.Bind, SignIn: l.SignIn, Domains: l.Domains,
		Base: l.Base, PeopleBase: l.PeopleBase, PeopleFilter: l.PeopleFilter, GroupsBase: l.GroupsBase, GroupsFilter: l.GroupsFilter, NoGroups: l.NoGroups}
	if l.Attributes != nil {
		e.LDAP.Map = directory.Map(*l.Attributes)
	}
	return e, l.Password
}

// ByDirectory names a directory in a path.
type ByDirectory struct {
	Name string `path:"name" maxLength:"40"`
}

func (s *Server) directoryStatus(ctx context.Context, by signoff.Caller, d *directory.Directories, e directory.Entry) (api.DirectoryStatus, error) {
	detail, err := s.directoryDetail(ctx, by, d, e, 1)
	if len(detail.Runs) > 0 {
		detail.Last = &detail.Runs[0]
	}
	return detail.DirectoryStatus, err
}

const shownRuns = 20

func (s *Server) getDirectory(ctx context.Context, by signoff.Caller, in *ByDirectory) (*body[api.DirectoryDetail], error) {
	d, err := s.directories()
	if err != nil {
		return nil, err
	}
	state, err := d.State(ctx, by)
	if err != nil {
		return nil, err
	}
	e, err := state.Value.Find(in.Name)
	if err != nil {
		return nil, err
	}
	detail, err := s.directoryDetail(ctx, by, d, e, shownRuns)
	if len(detail.Runs) > 0 {
		detail.Last = &detail.Runs[0]
	}
	return &body[api.DirectoryDetail]{detail}, err
}

func (s *Server) directoryDetail(ctx context.Context, by signoff.Caller, d *directory.Directories, e directory.Entry, runs int) (api.DirectoryDetail, error) {
	out := api.DirectoryDetail{Runs: []api.DirectoryRun{}, Refused: []api.DirectoryRefused{}}
	st, err := d.Status(ctx, by, e.Name)
	if err != nil {
		return out, err
	}
	out.DirectoryStatus = api.DirectoryStatus{Name: e.Name, Agreed: st.Agreed, People: st.People, Groups: st.Groups}
	if out.Problems, err = s.scimProblems(ctx, e); err != nil {
		return out, err
	}
	if !st.Whole.IsZero() {
		out.Whole = &st.Whole
	}
	list, err := d.Runs(ctx, by, e.Name, runs)
	if err != nil {
		return out, err
	}
	known, err := people(ctx, s, list, func(r directory.Run) signoff.Principal { return signoff.Principal(r.How) })
	if err != nil {
		return out, err
	}
	for _, r := range list {
		out.Runs = append(out.Runs, directoryRunOf(r, known.personPtr(signoff.Principal(r.How))))
	}
	for _, r := range st.Refused {
		out.Refused = append(out.Refused, api.DirectoryRefused{At: r.At, Name: r.Who, Login: r.Login, Why: r.Why})
	}
	return out, s.tellTroubles(ctx, &out)
}

func directoryRunOf(r directory.Run, by *api.Person) api.DirectoryRun {
	p := r.Report
	out := api.DirectoryRun{ID: r.ID, State: r.State, Preview: p.Preview, Began: r.Began, By: by, Node: r.Node, Server: p.Server, Whole: p.Whole, Step: p.Step,
		Read: p.Read, Taken: p.Taken, ToTake: p.ToTake, People: p.People, Groups: p.Teams, Made: p.Made, Linked: p.Linked, Changed: p.Changed,
		Disabled: p.Disabled, Enabled: p.Enabled, GroupsMade: p.GroupsMade, GroupsChanged: p.GroupsChanged, GroupsGone: p.GroupsGone, Members: p.Members, Left: p.Left, Leaving: p.Leaving,
		First: []api.DirectoryForeseen{}, Troubled: p.Troubled, Code: p.Code, Why: p.Why, Hint: p.Hint}
	if !r.Ended.IsZero() {
		out.Ended = &r.Ended
	}
	for _, f := range p.First {
		out.First = append(out.First, api.DirectoryForeseen(f))
	}
	out.Problems = troublesOf(p.Problems)
	return out
}

func troublesOf(list []directory.Problem) []api.DirectoryProblem {
	out := []api.DirectoryProblem{}
	for _, one := range list {
		out = append(out, api.DirectoryProblem{Name: one.Name, Code: one.Code, Reason: one.Reason})
	}
	return out
}

// tellTroubles puts names in place of the marks in what problems say.
func (s *Server) tellTroubles(ctx context.Context, d *api.DirectoryDetail) error {
	var all []*api.DirectoryProblem
	for i := range d.Problems {
		all = append(all, &d.Problems[i])
	}
	for i := range d.Runs {
		for k := range d.Runs[i].Problems {
			all = append(all, &d.Runs[i].Problems[k])
		}
	}
	var who []signoff.Principal
	for _, p := range all {
		who = append(who, mentioned(p.Reason)...)
	}
	known, err := s.named(ctx, who...)
	for _, p := range all {
		p.Reason = signoff.Tell(p.Reason, known.name, s.location())
	}
	return err
}

// scimProblems tells what a directory that writes here wrote in vain.
func (s *Server) scimProblems(ctx context.Context, e directory.Entry) ([]api.DirectoryProblem, error) {
	if e.SCIM == nil || s.Provision == nil {
		return troublesOf(nil), nil
	}
	list, err := s.Provision.Problems(ctx, provision.Client{Name: e.Name, Tenant: e.SCIM.Tenant, ByAddress: e.ByAddress})
	return troublesOf(list), err
}

type syncDirectoryInput struct {
	ByDirectory
	Body api.SyncDirectory
}

func (s *Server) syncDirectory(ctx context.Context, by signoff.Caller, in *syncDirectoryInput) (*body[api.DirectoryRun], error) {
	d, err := s.directories()
	if err != nil {
		return nil, err
	}
	run, err := d.Begin(ctx, by, in.Name, directory.Ask{Preview: in.Body.Preview, Anyway: in.Body.Anyway, Whole: in.Body.Whole})
	if err != nil {
		return nil, err
	}
	known, err := s.named(ctx, by.Principal)
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "sync begun", "user", by.Principal, "directory", in.Name, "preview", in.Body.Preview, "anyway", in.Body.Anyway)
	return &body[api.DirectoryRun]{directoryRunOf(run, known.personPtr(by.Principal))}, nil
}

type testDirectoryInput struct {
	ByDirectory
	Body api.TestDirectory
}

func (s *Server) testDirectory(ctx context.Context, by signoff.Caller, in *testDirectoryInput) (*body[api.DirectoryTested], error) {
	d, err := s.directories()
	if err != nil {
		return nil, err
	}
	e, password, err := s.directoryToTest(ctx, by, d, in)
	if err != nil {
		return nil, err
	}
	p, err := d.Probe(ctx, by, e, password)
	if err != nil {
		return nil, err
	}
	return &body[api.DirectoryTested]{testedOf(p)}, nil
}

// directoryToTest is what was sent along, or else what is saved.
func (s *Server) directoryToTest(ctx context.Context, by signoff.Caller, d *directory.Directories, in *testDirectoryInput) (directory.Entry, *string, error) {
	if in.Body.Directory != nil {
		e, password := directoryIn(*in.Body.Directory)
		return e, password, nil
	}
	state, err := d.State(ctx, by)
	if err != nil {
		return directory.Entry{}, nil, err
	}
	e, err := state.Value.Find(in.Name)
	return e, nil, err
}

func testedOf(p directory.Probed) api.DirectoryTested {
	out := api.DirectoryTested{OK: true, Kind: string(p.Kind), Steps: []api.DirectoryStep{}, People: []api.DirectoryPerson{}, Groups: []api.DirectoryTeam{}}
	for _, step := range p.Steps {
		out.OK = out.OK && step.OK
		out.Steps = append(out.Steps, api.DirectoryStep{Name: step.Name, OK: step.OK, Words: step.Words, Hint: step.Hint, Server: step.Server, Millis: int64(step.Took / time.Millisecond)})
	}
	if c := p.Certificate; c != nil {
		out.Certificate = &api.DirectoryCertificate{Subject: c.Subject, Issuer: c.Issuer, Names: list(c.Names), From: c.From, Until: c.Until, SHA256: c.SHA256}
	}
	for _, one := range p.People {
		out.People = append(out.People, api.DirectoryPerson{Name: one.Name, Login: one.Login, Label: one.Label, Addresses: list(one.Addresses), Disabled: one.Disabled, DN: one.DN})
	}
	for _, g := range p.Groups {
		out.Groups = append(out.Groups, api.DirectoryTeam{Name: g.Name, About: g.About, Members: g.Foreign + len(g.Members), DN: g.DN})
	}
	return out
}
