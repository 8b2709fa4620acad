package httpapi

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
)

// rightsRoutes are the lines of the table in routes.go that are about who may
// do what.
func (s *Server) rightsRoutes() {
	route(s, op{"get-server-rights", "GET /rights", "Rights", "Who may administer the server, deploy new workflows and act in another's name", admin, 0}, s.getServerRights)
	route(s, op{"put-server-rights", "PUT /rights", "Rights", "Replace the rights on the server", admin, 0}, s.putServerRights, hasCondition)
	route(s, op{"list-categories", "GET /categories", "Rights", "Categories of workflows, by name", signedIn, 0}, s.listCategories)
	route(s, op{"get-category-rights", "GET /categories/{name}/rights", "Rights", "Rights on all workflows of a category, those it has from the ones it lies in too", signedIn, 0}, s.getCategoryRights)
	route(s, op{"put-category-rights", "PUT /categories/{name}/rights", "Rights", "Replace the rights kept on a category; they hold for new workflows too", signedIn, 0}, s.putCategoryRights, hasCondition)
	route(s, op{"get-rights", "GET /workflows/{id}/rights", "Workflows", "Who may start, view and administer a workflow, those by its categories too", signedIn, 0}, s.getRights)
	route(s, op{"put-rights", "PUT /workflows/{id}/rights", "Workflows", "Replace the rights kept on a workflow", signedIn, 0}, s.putRights, hasCondition)
	route(s, op{"why", "GET /rights/why", "Rights", "Why somebody may do something, or why not; administrators ask about anybody, others about themselves", signedIn, 0}, s.why)
}

// rightsOutput is a list of rights. Its tag stands for those that can be
// replaced: the ones kept on the thing itself.
type rightsOutput struct {
	ETag string `header:"ETag"`
	Body api.List[api.Grant]
}

// IfRights is the condition of a replacement.
type IfRights struct {
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"the ETag of the list: replaced only if nobody has changed it since"`
}

func (s *Server) rightsAnswer(ctx context.Context, grants []access.Grant, inherited func(access.Grant) bool) (*rightsOutput, error) {
	people, err := people(ctx, s, grants, func(g access.Grant) signoff.Principal { return g.Who })
	if err != nil {
		return nil, err
	}
	out := &rightsOutput{Body: api.List[api.Grant]{Items: []api.Grant{}}}
	var kept []access.Grant
	for _, g := range grants {
		a := api.Grant{Who: people.person(g.Who), Right: g.Right.Name()}
		if inherited(g) {
			a.Category = g.Category
		} else {
			kept = append(kept, g)
		}
		out.Body.Items = append(out.Body.Items, a)
	}
	slices.SortStableFunc(out.Body.Items, func(a, b api.Grant) int {
		return cmp.Or(strings.Compare(a.Category, b.Category), strings.Compare(a.Who.Name, b.Who.Name), strings.Compare(a.Right, b.Right))
	})
	out.ETag, err = versionTag(rightsVersion(kept), out.Body)
	return out, err
}

// rightsVersion changes with the rights, not with the names in the list.
func rightsVersion(kept []access.Grant) string {
	var all []string
	for _, g := range kept {
		all = append(all, string(g.Who)+" "+g.Right.Name())
	}
	slices.Sort(all)
	return shortHash([]byte(strings.Join(all, "\n")))
}

// replacing returns the change that puts wanted in place of what is there, if
// that is what the caller has seen.
func (c IfRights) replacing(wanted []access.Grant) func([]access.Grant) ([]access.Grant, error) {
	return func(before []access.Grant) ([]access.Grant, error) {
		if c.IfMatch != "" && !anyVersionMatches(c.IfMatch, rightsVersion(before)) {
			return nil, errStale
		}
		return slices.Clone(wanted), nil
	}
}

// grantees finds out who is meant by each name. Whoever is named by principal is
// found also when their account is switched off: their rights may stay.
func (s *Server) grantees(ctx context.Context, who []string) ([]signoff.Principal, error) {
	out := make([]signoff.Principal, len(who))
	for i, w := range who {
		out[i] = signoff.Principal(w)
	}
	known, err := s.named(ctx, out...)
	if err != nil {
		return nil, err
	}
	var ask []string
	for i, p := range out {
		if _, ok := known[p]; !ok {
			ask = append(ask, who[i], "group:"+who[i])
		}
	}
	found, err := s.Identity.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	for i, w := range who {
		if _, ok := known[out[i]]; ok {
			continue
		}
		answers := found[w]
		if len(answers) == 0 {
			answers = found["group:"+w]
		}
		if len(answers) != 1 {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeUnknownPerson,
				Detail: "somebody who was named is not known here",
				Fields: []signoff.FieldError{{Field: "grants[" + strconv.Itoa(i) + "].who", Detail: "nobody, no group and no role is called that"}}}
		}
		out[i] = answers[0].Principal
	}
	return out, nil
}

func never(access.Grant) bool { return false }

func (s *Server) getServerRights(ctx context.Context, by signoff.Caller, _ *nothing) (*rightsOutput, error) {
	grants, err := s.Identity.ServerGrants(ctx, by)
	if err != nil {
		return nil, err
	}
	return s.rightsAnswer(ctx, grants, never)
}

type putServerRightsInput struct {
	IfRights
	Body api.ServerRights
}

func (s *Server) putServerRights(ctx context.Context, by signoff.Caller, in *putServerRightsInput) (*rightsOutput, error) {
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
		right, err := access.ParseServerRight(g.Right)
		if err != nil {
			return nil, err
		}
		grants = append(grants, access.Grant{Who: meant[i], Right: right})
	}
	if err := s.Identity.ChangeServerGrants(ctx, by, in.replacing(grants)); err != nil {
		return nil, err
	}
	all, err := s.Identity.ServerGrants(ctx, access.System) // by may just have given up administering
	if err != nil {
		return nil, err
	}
	return s.rightsAnswer(ctx, all, never)
}

// grantsOf reads the rights of a body.
func (s *Server) grantsOf(ctx context.Context, body api.Rights) ([]access.Grant, error) {
	var who []string
	for _, g := range body.Grants {
		who = append(who, g.Who)
	}
	meant, err := s.grantees(ctx, who)
	if err != nil {
		return nil, err
	}
	var grants []access.Grant
	for i, g := range body.Grants {
		grants = append(grants, access.Grant{Who: meant[i], Right: access.Right(g.Right)})
	}
	return grants, nil
}

func (s *Server) getRights(ctx context.Context, by signoff.Caller, in *ByWorkflow) (*rightsOutput, error) {
	w, err := s.Library.Lookup(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	grants, err := s.Library.Grants(ctx, by, w.ID)
	if err != nil {
		return nil, err
	}
	return s.rightsAnswer(ctx, grants, byCategory)
}

func byCategory(g access.Grant) bool { return g.Category != "" }

type putRightsInput struct {
	ByWorkflow
	IfRights
	Body api.Rights
}

func (s *Server) putRights(ctx context.Context, by signoff.Caller, in *putRightsInput) (*rightsOutput, error) {
	w, err := s.Library.Lookup(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Library.Allow(ctx, by, access.Administer, w.ID); err != nil {
		return nil, err
	}
	grants, err := s.grantsOf(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.Library.ChangeGrants(ctx, by, w.ID, in.replacing(grants)); err != nil {
		return nil, err
	}
	all, err := s.Library.Grants(ctx, access.System, w.ID)
	if err != nil {
		return nil, err
	}
	return s.rightsAnswer(ctx, all, byCategory)
}

func (s *Server) listCategories(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.List[api.Category]], error) {
	all, err := s.Library.Categories(ctx, by)
	if err != nil {
		return nil, err
	}
	out := listOf(all, func(c library.Category) api.Category {
		return api.Category{Name: c.Name, Workflows: c.Workflows, Rights: c.Grants, CanManage: c.CanManage}
	})
	return &body[api.List[api.Category]]{out}, nil
}

// ByCategory is the path of one category. A slash in the name is written %2F.
type ByCategory struct {
	Name string `path:"name" maxLength:"600" doc:"of the category; a slash in it is written %2F"`
}

// elsewhere tells the rights of a category from those of the ones it lies in.
func (c ByCategory) elsewhere(g access.Grant) bool {
	return access.CategoryKey(g.Category) != access.CategoryKey(c.Name)
}

func (s *Server) getCategoryRights(ctx context.Context, by signoff.Caller, in *ByCategory) (*rightsOutput, error) {
	grants, err := s.Library.CategoryGrants(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	return s.rightsAnswer(ctx, grants, in.elsewhere)
}

type putCategoryRightsInput struct {
	ByCategory
	IfRights
	Body api.Rights
}

func (s *Server) putCategoryRights(ctx context.Context, by signoff.Caller, in *putCategoryRightsInput) (*rightsOutput, error) {
	if _, err := s.Library.CategoryGrants(ctx, by, in.Name); err != nil {
		return nil, err
	}
	grants, err := s.grantsOf(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.Library.ChangeCategoryGrants(ctx, by, in.Name, in.replacing(grants)); err != nil {
		return nil, err
	}
	all, err := s.Library.CategoryGrants(ctx, access.System, in.Name)
	if err != nil {
		return nil, err
	}
	return s.rightsAnswer(ctx, all, in.elsewhere)
}
