package httpapi

import (
	"context"
	"net/http"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

type newcomersInput struct {
	Page
	Refused bool `query:"refused" doc:"those who were refused, not those who wait"`
}

func (s *Server) listNewcomers(ctx context.Context, by signoff.Caller, in *newcomersInput) (*body[api.List[api.Newcomer]], error) {
	before, err := in.number()
	if err != nil {
		return nil, err
	}
	found, err := s.Identity.Newcomers(ctx, by, in.Refused, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := listOf(found, newcomerOf)
	for i := range out.Items {
		p, ok, err := s.Identity.ByAddress(ctx, out.Items[i].Email)
		if err != nil {
			return nil, err
		}
		if ok && !out.Items[i].Application {
			perhaps := personOf(p)
			out.Items[i].Perhaps = &perhaps
		}
	}
	out.Next = nextNumber(found, in.Limit, func(n store.Newcomer) int64 { return n.ID })
	return &body[api.List[api.Newcomer]]{out}, nil
}

func newcomerOf(n store.Newcomer) api.Newcomer {
	return api.Newcomer{ID: n.ID, Source: n.Source, Subject: n.Subject, Application: n.App, Login: n.Login, Name: n.Name, Email: n.Email, Label: n.Label,
		First: n.First, Last: n.Last, Times: n.Times, Refused: timePtr(n.Refused)}
}

func (s *Server) admitNewcomer(ctx context.Context, by signoff.Caller, in *ByNumber) (*body[api.User], error) {
	u, err := s.Identity.AdmitNewcomer(ctx, by, in.ID)
	return s.userAnswer(ctx, u, err)
}

type linkNewcomerInput struct {
	ByNumber
	Body api.LinkNewcomer
}

func (s *Server) linkNewcomer(ctx context.Context, by signoff.Caller, in *linkNewcomerInput) (*body[api.User], error) {
	who, err := s.onePerson(ctx, in.Body.Person)
	if err != nil {
		return nil, err
	}
	u, err := s.Identity.LinkNewcomer(ctx, by, in.ID, who)
	return s.userAnswer(ctx, u, err)
}

// onePerson finds somebody by principal, login or address.
func (s *Server) onePerson(ctx context.Context, called string) (signoff.Principal, error) {
	found, err := s.Identity.Resolve(ctx, []string{called})
	if err != nil {
		return "", err
	}
	if len(found[called]) != 1 {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeUnknownPerson, Detail: "somebody who was named is not known here",
			Fields: []signoff.FieldError{{Field: "person", Detail: "nobody is called that", Advice: "name a login or an address"}}}
	}
	return found[called][0].Principal, nil
}

type refuseNewcomerInput struct {
	ByNumber
	Body api.RefuseNewcomer
}

func (s *Server) refuseNewcomer(ctx context.Context, by signoff.Caller, in *refuseNewcomerInput) (*nothing, error) {
	return nil, s.Identity.RefuseNewcomer(ctx, by, in.ID, !in.Body.Again)
}

func (s *Server) listLinks(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.List[api.IdentityLink]], error) {
	found, err := s.Identity.Links(ctx, by, in.principal())
	if err != nil {
		return nil, err
	}
	return &body[api.List[api.IdentityLink]]{listOf(found, func(l store.IdentityLink) api.IdentityLink {
		return api.IdentityLink{Source: l.Source, Subject: l.Subject, Label: l.Label, Created: l.Created, Seen: timePtr(l.Seen)}
	})}, nil
}

type linkPersonInput struct {
	ByPrincipal
	Body api.NewLink
}

func (s *Server) linkPerson(ctx context.Context, by signoff.Caller, in *linkPersonInput) (*body[api.List[api.IdentityLink]], error) {
	if err := s.Identity.LinkPerson(ctx, by, in.principal(), in.Body.Source, in.Body.Subject, in.Body.Label); err != nil {
		return nil, err
	}
	return s.listLinks(ctx, by, &in.ByPrincipal)
}

type unlinkPersonInput struct {
	ByPrincipal
	Source  string `query:"source" required:"true" maxLength:"500"`
	Subject string `query:"subject" required:"true" maxLength:"500"`
}

func (s *Server) unlinkPerson(ctx context.Context, by signoff.Caller, in *unlinkPersonInput) (*nothing, error) {
	return nil, s.Identity.UnlinkPerson(ctx, by, in.principal(), in.Source, in.Subject)
}

func (s *Server) listGroupLinks(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.List[api.GroupLink]], error) {
	found, err := s.Identity.GroupLinks(ctx, by, in.principal())
	if err != nil {
		return nil, err
	}
	return &body[api.List[api.GroupLink]]{listOf(found, func(l store.GroupLink) api.GroupLink {
		return api.GroupLink{Source: l.Source, External: l.External, Label: l.Label}
	})}, nil
}

type linkGroupInput struct {
	ByPrincipal
	Body api.NewGroupLink
}

func (s *Server) linkGroup(ctx context.Context, by signoff.Caller, in *linkGroupInput) (*body[api.List[api.GroupLink]], error) {
	if err := s.Identity.LinkGroup(ctx, by, in.principal(), in.Body.Source, in.Body.External, in.Body.Label); err != nil {
		return nil, err
	}
	return s.listGroupLinks(ctx, by, &in.ByPrincipal)
}

type unlinkGroupInput struct {
	ByPrincipal
	Source   string `query:"source" required:"true" maxLength:"500"`
	External string `query:"external" required:"true" maxLength:"500"`
}

func (s *Server) unlinkGroup(ctx context.Context, by signoff.Caller, in *unlinkGroupInput) (*nothing, error) {
	return nil, s.Identity.UnlinkGroup(ctx, by, in.principal(), in.Source, in.External)
}

// trustRoutes are the lines of the table in routes.go that are about who is
// believed, and who they are here.
func (s *Server) trustRoutes() {
	route(s, op{"get-trust", "GET /trust", "Trust", "Whose bearer tokens are believed", admin, 0}, s.getTrust)
	route(s, op{"put-trust", "PUT /trust", "Trust", "Change whose bearer tokens are believed; all servers go by it at once", admin, 0}, s.putTrust, hasCondition)
	route(s, op{"propose-trust", "POST /trust/propose", "Trust", "Find out about an issuer and fill in an entry; saves nothing", admin, 0}, s.proposeTrust)
	route(s, op{"explain-token", "POST /trust/explain", "Trust", "Every check of a token with what was expected and found; keeps nothing", admin, 0}, s.explainToken)
	route(s, op{"list-trust-keys", "GET /trust/keys", "Trust", "What is known of the issuers' keys", admin, 0}, s.trustKeys)
	route(s, op{"refresh-trust-keys", "POST /trust/keys/refresh", "Trust", "Ask an issuer for its keys now", admin, 0}, s.refreshKeys)

	route(s, op{"list-newcomers", "GET /newcomers", "Trust", "People and applications that trusted systems vouch for and nobody here knows, newest first", admin, 0}, s.listNewcomers)
	route(s, op{"admit-newcomer", "POST /newcomers/{id}/admit", "Trust", "Make an account for somebody who waits", admin, http.StatusCreated}, s.admitNewcomer)
	route(s, op{"link-newcomer", "POST /newcomers/{id}/link", "Trust", "Say that somebody who waits is an existing account", admin, 0}, s.linkNewcomer)
	route(s, op{"refuse-newcomer", "POST /newcomers/{id}/refuse", "Trust", "Refuse somebody who waits, for good or until taken back", admin, 0}, s.refuseNewcomer)

	route(s, op{"list-links", "GET /users/{id}/links", "People", "Who a person is in other systems", admin, 0}, s.listLinks)
	route(s, op{"link-person", "POST /users/{id}/links", "People", "Say who a person is in another system", admin, 0}, s.linkPerson)
	route(s, op{"unlink-person", "DELETE /users/{id}/links", "People", "Undo a link; memberships that came of it end", admin, 0}, s.unlinkPerson)
	route(s, op{"list-group-links", "GET /groups/{id}/links", "People", "What a group or role is called in other systems", admin, 0}, s.listGroupLinks)
	route(s, op{"link-group", "POST /groups/{id}/links", "People", "Let a group or role stand for one in another system", admin, 0}, s.linkGroup)
	route(s, op{"unlink-group", "DELETE /groups/{id}/links", "People", "Undo that; memberships that came of it end", admin, 0}, s.unlinkGroup)

	route(s, op{"list-changes", "GET /changes", "Server", "Who changed what, newest first", admin, 0}, s.listChanges)
}
