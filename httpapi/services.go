package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/seal"
)

// serviceRoutes are those of systems that can be called.
func (s *Server) serviceRoutes() {
	route(s, op{"list-service-types", "GET /services/types", "Services", "What kinds of systems can be called, and what each needs", signedIn, 0}, s.serviceTypes)
	route(s, op{"list-services", "GET /services", "Services", "Systems you may call; also all others to whoever may deploy workflows", signedIn, 0}, s.listServices)
	route(s, op{"create-service", "POST /services", "Services", "Set up a system to be called", admin, http.StatusCreated}, s.createService, takesDocuments)
	route(s, op{"get-service", "GET /services/{name}", "Services", "One system, with its settings to whoever may change it", signedIn, 0}, s.getService)
	route(s, op{"put-service", "PUT /services/{name}", "Services", "Change the settings of a system", signedIn, 0}, s.putService, hasCondition, takesDocuments)
	route(s, op{"delete-service", "DELETE /services/{name}", "Services", "Remove a system; refused while workflows use it, unless anyway", signedIn, 0}, s.deleteService, hasCondition)
	route(s, op{"test-service", "POST /services/{name}/test", "Services", "Try a system step by step; saves nothing", signedIn, 0}, s.testService, takesDocuments)
	route(s, op{"list-service-objects", "GET /services/{name}/objects", "Services", "What a system offers: objects with their methods", signedIn, 0}, s.serviceObjects)
	route(s, op{"refresh-service", "POST /services/{name}/refresh", "Services", "Ask a system what it offers now, say what is different, and keep it", signedIn, 0}, s.refreshService)
	route(s, op{"list-service-uses", "GET /services/{name}/uses", "Services", "Which steps of workflows call a system", signedIn, 0}, s.serviceUses)
	route(s, op{"get-service-rights", "GET /services/{name}/rights", "Services", "Who may use and change a system", signedIn, 0}, s.serviceRights)
	route(s, op{"put-service-rights", "PUT /services/{name}/rights", "Services", "Replace the rights on a system", signedIn, 0}, s.putServiceRights, hasCondition)
	route(s, op{"call-service", "POST /services/{name}/{object}/{method}", "Services", "Call a method, in your own name", signedIn, 0}, s.callService, takesFiles)
}

// Bounds of what is sent to services, and of settings with a document.
const (
	maxCallBytes     = 32 << 20
	maxDocumentBytes = 10 << 20
)

func takesFiles(_ *Server, h *huma.Operation) {
	h.MaxBodyBytes, h.BodyReadTimeout = maxCallBytes+1, fileWithin
}

func takesDocuments(_ *Server, h *huma.Operation) {
	h.MaxBodyBytes, h.BodyReadTimeout = maxDocumentBytes+1, fileWithin
}

var errNoServices = &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "this server calls no other systems"}

func (s *Server) services() (*catalogue.Service, error) {
	if s.Services == nil {
		return nil, errNoServices
	}
	return s.Services, nil
}

func (s *Server) serviceTypes(context.Context, signoff.Caller, *nothing) (*body[api.List[api.ServiceType]], error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	return &body[api.List[api.ServiceType]]{listOf(c.Types(), serviceTypeOf)}, nil
}

func serviceTypeOf(a broker.About) api.ServiceType {
	out := api.ServiceType{Name: a.Name, Title: a.Title, Text: a.Text, Modes: []string{}, Keys: []api.ServiceTypeKey{}}
	for _, m := range a.Modes {
		out.Modes = append(out.Modes, string(m))
	}
	for _, k := range a.Keys {
		out.Keys = append(out.Keys, api.ServiceTypeKey(k))
	}
	return out
}

func (s *Server) listServices(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.List[api.Service]], error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	list, err := c.Instances(ctx, by)
	if err != nil {
		return nil, err
	}
	known, err := people(ctx, s, list, func(in catalogue.Instance) signoff.Principal { return in.By })
	if err != nil {
		return nil, err
	}
	return &body[api.List[api.Service]]{listOf(list, func(in catalogue.Instance) api.Service { return serviceOf(in, known) })}, nil
}

func serviceOf(in catalogue.Instance, known names) api.Service {
	out := api.Service{Name: in.Name, Title: in.Title, Type: in.Type, CanUse: in.CanUse, CanChange: in.CanChange,
		Mode: string(in.Mode), Resource: in.Resource, Audience: in.Audience, User: in.User, HasPassword: in.HasPassword, Keys: in.Keys, Kept: in.Kept}
	if !in.Generated.IsZero() {
		out.Generated = &in.Generated
	}
	if in.CanChange {
		out.Saved = &api.Saved{At: in.At, By: known.personPtr(in.By)}
	}
	return out
}

// ByService names a service in a path.
type ByService struct {
	Name string `path:"name" maxLength:"40"`
}

func (s *Server) serviceAnswer(ctx context.Context, in catalogue.Instance) (*settingOutput[api.Service], error) {
	known, err := s.named(ctx, in.By)
	if err != nil {
		return nil, err
	}
	return settingAnswer(in.Rev, serviceOf(in, known))
}

func (s *Server) getService(ctx context.Context, by signoff.Caller, in *ByService) (*settingOutput[api.Service], error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	is, err := c.Instance(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	return s.serviceAnswer(ctx, is)
}

type createServiceInput struct{ Body api.NewService }

func (s *Server) createService(ctx context.Context, by signoff.Caller, in *createServiceInput) (*settingOutput[api.Service], error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	is, err := c.Create(ctx, by, settingsOf(in.Body.Name, in.Body.Type, in.Body.ServiceSettings))
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "service made", "user", by.Principal, "service", is.Name)
	return s.serviceAnswer(ctx, is)
}

func settingsOf(name, kind string, b api.ServiceSettings) catalogue.Settings {
	set := catalogue.Settings{Name: name, Title: b.Title, Type: kind, Mode: broker.Mode(b.Mode), Resource: b.Resource, Audience: b.Audience, Keys: b.Keys,
		Secrets: map[string]*seal.Secret{}, User: b.User}
	for name, text := range b.Secrets {
		secret := seal.Secret(text)
		set.Secrets[name] = &secret
	}
	if b.Password != nil {
		secret := seal.Secret(*b.Password)
		set.Password = &secret
	}
	return set
}

// seen is the service a change is about, if it is as the caller saw it.
func (s *Server) seen(ctx context.Context, by signoff.Caller, name string, c IfSaved) (*catalogue.Service, catalogue.Instance, error) {
	all, err := s.services()
	if err != nil {
		return nil, catalogue.Instance{}, err
	}
	is, err := all.Instance(ctx, by, name)
	if err == nil && !is.CanChange {
		err = access.MayService(by, access.Change, nil).Err()
	}
	if err == nil && c.IfMatch != "" && !anyVersionMatches(c.IfMatch, settingVersion(is.Rev)) {
		e := *errStale
		e.Detail = signoff.Mention(is.By) + " saved this service " + signoff.At(is.At)
		err = &e
	}
	return all, is, err
}

type putServiceInput struct {
	ByService
	IfSaved
	Body api.ServiceSettings
}

func (s *Server) putService(ctx context.Context, by signoff.Caller, in *putServiceInput) (*settingOutput[api.Service], error) {
	c, is, err := s.seen(ctx, by, in.Name, in.IfSaved)
	if err != nil {
		return nil, err
	}
	if is, err = c.Save(ctx, by, is.Rev, settingsOf(in.Name, is.Type, in.Body)); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "service changed", "user", by.Principal, "service", is.Name)
	return s.serviceAnswer(ctx, is)
}

type deleteServiceInput struct {
	ByService
	IfSaved
	Anyway bool `query:"anyway" doc:"also when workflows use it: their steps will become incidents"`
}

func (s *Server) deleteService(ctx context.Context, by signoff.Caller, in *deleteServiceInput) (*struct{}, error) {
	c, is, err := s.seen(ctx, by, in.Name, in.IfSaved)
	if err != nil {
		return nil, err
	}
	if err := c.Delete(ctx, by, in.Name, is.Rev, in.Anyway); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "service removed", "user", by.Principal, "service", in.Name, "anyway", in.Anyway)
	return nil, nil
}

type testServiceInput struct {
	ByService
	Body api.TestService
}

func (s *Server) testService(ctx context.Context, by signoff.Caller, in *testServiceInput) (*body[api.ServiceTested], error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	ctx = oauth.Quietly(ctx) // it is only tried: nobody gets mail for it
	var steps []broker.Step
	if try := in.Body.Service; try != nil {
		steps, err = c.Try(ctx, by, settingsOf(in.Name, try.Type, try.ServiceSettings))
	} else {
		steps, err = c.Test(ctx, by, in.Name)
	}
	if err != nil {
		return nil, err
	}
	out, err := s.tried(ctx, steps)
	if err == nil && !out.Body.OK {
		out.Body.Connect, err = s.toConnect(ctx, by, in)
	}
	return out, err
}

// toConnect is what the caller has to connect their account to before a test of a
// service can go on that signs in as whoever calls; nil: nothing.
func (s *Server) toConnect(ctx context.Context, by signoff.Caller, in *testServiceInput) (*api.ServiceConnect, error) {
	var n oauth.Need
	mode := ""
	if try := in.Body.Service; try != nil {
		mode, n = try.Mode, oauth.Need{Resource: try.Resource, Audience: try.Audience}
	} else {
		is, err := s.Services.Instance(ctx, by, in.Name)
		if err != nil {
			return nil, err
		}
		mode, n = string(is.Mode), oauth.Need{Resource: is.Resource, Audience: is.Audience}
	}
	if n.Owner = by.Principal; s.OAuth == nil || broker.Mode(mode) != broker.AsCaller || !n.Owner.IsUser() {
		return nil, nil
	}
	_, err := s.OAuth.Token(ctx, n)
	if missing, ok := errors.AsType[*oauth.NotConnected](err); ok && !missing.Ours {
		return &api.ServiceConnect{Resource: n.Resource, Title: missing.Title, Audience: n.Audience, Claims: missing.Claims}, nil
	}
	return nil, nil
}

func mentions(steps []broker.Step) (who []signoff.Principal) {
	for _, step := range steps {
		who = append(append(who, mentioned(step.Found)...), mentioned(step.Do)...)
	}
	return who
}

func (s *Server) serviceUses(ctx context.Context, by signoff.Caller, in *ByService) (*body[api.List[api.ServiceUse]], error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	uses, err := c.Uses(ctx, by, in.Name)
	return &body[api.List[api.ServiceUse]]{listOf(uses, serviceUseOf)}, err
}

func serviceUseOf(u catalogue.Use) api.ServiceUse {
	return api.ServiceUse{Workflow: u.Workflow, Name: u.Name, Version: u.Version, Step: u.Step, Object: u.Object, Method: u.Method}
}

func (s *Server) serviceRights(ctx context.Context, by signoff.Caller, in *ByService) (*rightsOutput, error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	grants, err := c.Grants(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	return s.rightsAnswer(ctx, grants, never)
}

type putServiceRightsInput struct {
	ByService
	IfRights
	Body api.ServiceRights
}

func (s *Server) putServiceRights(ctx context.Context, by signoff.Caller, in *putServiceRightsInput) (*rightsOutput, error) {
	c, _, err := s.seen(ctx, by, in.Name, IfSaved{})
	if err != nil {
		return nil, err
	}
	var who []string
	for _, g := range in.Body.Grants {
		who = append(who, g.Who)
	}
	meant, err := s.grantees(ctx, who)
	if err != nil {
		return nil, err
	}
	var grants []access.Grant
	for i, g := range in.Body.Grants {
		grants = append(grants, access.Grant{Who: meant[i], Right: access.Right(g.Right)})
	}
	if err := c.ChangeGrants(ctx, by, in.Name, in.replacing(grants)); err != nil {
		return nil, err
	}
	kept, err := c.Grants(ctx, access.System, in.Name) // by may just have given up changing it
	if err != nil {
		return nil, err
	}
	return s.rightsAnswer(ctx, slices.Clone(kept), never)
}
