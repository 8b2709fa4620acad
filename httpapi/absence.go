package httpapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// absenceRoutes are those of being away.
func (s *Server) absenceRoutes() {
	route(s, op{"get-my-absence", "GET /me/absence", "Absence", "When you are away, and who does your tasks then", signedIn, 0}, s.getMyAbsence)
	route(s, op{"put-my-absence", "PUT /me/absence", "Absence", "Say that you are or will be away", signedIn, 0}, s.putMyAbsence)
	route(s, op{"delete-my-absence", "DELETE /me/absence", "Absence", "You are there again, or stay after all", signedIn, 0}, s.endMyAbsence)
	route(s, op{"preview-my-absence", "POST /me/absence/preview", "Absence", "What an absence would do with your open tasks; saves nothing", signedIn, 0}, s.previewMyAbsence)
	route(s, op{"get-absence", "GET /users/{id}/absence", "Absence", "When somebody is away, and who does their tasks then", admin, 0}, s.getAbsence)
	route(s, op{"put-absence", "PUT /users/{id}/absence", "Absence", "Say that somebody is or will be away", admin, 0}, s.putAbsence)
	route(s, op{"delete-absence", "DELETE /users/{id}/absence", "Absence", "Somebody is there again, or stays after all", admin, 0}, s.endAbsence)
	route(s, op{"preview-absence", "POST /users/{id}/absence/preview", "Absence", "What an absence would do with somebody's open tasks; saves nothing", admin, 0}, s.previewAbsence)
}

func (s *Server) getMyAbsence(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.Absence], error) {
	return s.absenceOf(ctx, by, by.Principal)
}

func (s *Server) getAbsence(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.Absence], error) {
	return s.absenceOf(ctx, by, in.principal())
}

type absenceInput struct{ Body api.SetAbsence }

func (s *Server) putMyAbsence(ctx context.Context, by signoff.Caller, in *absenceInput) (*body[api.Absence], error) {
	return s.setAbsence(ctx, by, by.Principal, in.Body)
}

type userAbsenceInput struct {
	ByPrincipal
	Body api.SetAbsence
}

func (s *Server) putAbsence(ctx context.Context, by signoff.Caller, in *userAbsenceInput) (*body[api.Absence], error) {
	return s.setAbsence(ctx, by, in.principal(), in.Body)
}

func (s *Server) setAbsence(ctx context.Context, by signoff.Caller, who signoff.Principal, b api.SetAbsence) (*body[api.Absence], error) {
	a, err := s.meantAbsence(ctx, by, who, b)
	if err != nil {
		return nil, err
	}
	if err := s.Identity.SetAbsence(ctx, by, who, a); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "absence set", "user", by.Principal, "person", who)
	return s.absenceOf(ctx, by, who)
}

// EndsAbsence is what an absence is ended with.
type EndsAbsence struct {
	Rev int64 `query:"rev" minimum:"1" required:"true" doc:"of what was loaded"`
}

func (s *Server) endMyAbsence(ctx context.Context, by signoff.Caller, in *EndsAbsence) (*struct{}, error) {
	return nil, s.Identity.EndAbsence(ctx, by, by.Principal, in.Rev)
}

type endAbsenceInput struct {
	ByPrincipal
	EndsAbsence
}

func (s *Server) endAbsence(ctx context.Context, by signoff.Caller, in *endAbsenceInput) (*struct{}, error) {
	return nil, s.Identity.EndAbsence(ctx, by, in.principal(), in.Rev)
}

func (s *Server) previewMyAbsence(ctx context.Context, by signoff.Caller, in *absenceInput) (*body[api.AbsencePreview], error) {
	return s.absencePreview(ctx, by, by.Person, in.Body)
}

func (s *Server) previewAbsence(ctx context.Context, by signoff.Caller, in *userAbsenceInput) (*body[api.AbsencePreview], error) {
	return s.absencePreview(ctx, by, signoff.Person{Principal: in.principal()}, in.Body)
}

// exceptFor is the number of a workflow that whoever is away names: one that the
// caller may know of, or in which they have tasks; 0 for any other.
func (s *Server) exceptFor(ctx context.Context, by signoff.Caller, who signoff.Principal, name string) (signoff.WorkflowID, error) {
	w, err := s.Library.Lookup(ctx, by, name)
	if err == nil {
		return w.ID, nil
	}
	if signoff.KindOf(err) != signoff.NotFound && signoff.KindOf(err) != signoff.Forbidden {
		return 0, err
	}
	if w, err = s.Library.Lookup(ctx, access.System, name); err != nil {
		if signoff.KindOf(err) == signoff.NotFound {
			err = nil
		}
		return 0, err
	}
	open, _, err := s.Worklist.OpenByName(ctx, signoff.Person{Principal: who})
	if open[w.ID] == 0 {
		return 0, err
	}
	return w.ID, err
}

// meantAbsence looks up whom an absence names.
func (s *Server) meantAbsence(ctx context.Context, by signoff.Caller, who signoff.Principal, b api.SetAbsence) (a store.Absence, err error) {
	a.Rev, a.Instead = b.Rev, b.Tasks == "go"
	if b.From != nil {
		a.From = *b.From
	}
	if b.To != nil {
		a.To = *b.To
	}
	if a.Substitutes, err = s.meantPeople(ctx, "substitutes", b.Substitutes); err != nil {
		return a, err
	}
	for i, e := range b.Except {
		field := fmt.Sprintf("except.%d", i)
		w, err := s.exceptFor(ctx, by, who, e.Workflow)
		if err != nil {
			return a, err
		}
		if w == 0 {
			return a, &signoff.Error{Kind: signoff.Invalid, Code: "bad-absence", Detail: "there is no workflow " + e.Workflow + ", or not for you to know of",
				Fields: []signoff.FieldError{{Field: field, Detail: "there is no such workflow, or not for you to know of"}}}
		}
		subs, err := s.meantPeople(ctx, field, e.Substitutes)
		if err != nil {
			return a, err
		}
		a.Except = append(a.Except, access.Exception{Workflow: w, Substitutes: subs})
	}
	return a, nil
}

func (s *Server) meantPeople(ctx context.Context, field string, asked []string) ([]signoff.Principal, error) {
	out := []signoff.Principal{}
	found, err := s.Identity.Resolve(ctx, asked)
	if err != nil {
		return nil, err
	}
	for _, name := range asked {
		who := found[name]
		if len(who) != 1 || !who[0].Principal.IsUser() {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeUnknownPerson, Detail: "somebody who was named is not known here",
				Fields: []signoff.FieldError{{Field: field, Detail: fmt.Sprintf("nobody is called %q", strings.ToValidUTF8(name, "?"))}}}
		}
		out = append(out, who[0].Principal)
	}
	return out, nil
}

func (s *Server) absenceOf(ctx context.Context, by signoff.Caller, who signoff.Principal) (*body[api.Absence], error) {
	a, err := s.Identity.Absence(ctx, by, who)
	if err != nil {
		return nil, err
	}
	c, err := s.Identity.Standing(ctx, who, "asked")
	if err != nil {
		return nil, err
	}
	all := append([]signoff.Principal{a.By}, a.Substitutes...)
	for _, e := range a.Except {
		all = append(all, e.Substitutes...)
	}
	known, err := s.named(ctx, all...)
	if err != nil {
		return nil, err
	}
	out := api.Absence{Tasks: "shared", Substitutes: known.persons(a.Substitutes), Except: []api.AbsenceException{}, Others: []api.StandsIn{}, Rev: a.Rev}
	for _, x := range c.Stands {
		out.Others = append(out.Others, api.StandsIn{Person: personOf(x.Person), Until: some(x.Until)})
	}
	if a.Who == "" {
		return &body[api.Absence]{out}, nil
	}
	out.Away, out.From, out.To, out.Saved = a.Holds(s.Now()), some(a.From), some(a.To), &api.Saved{At: a.At, By: known.personPtr(a.By)}
	if a.Instead {
		out.Tasks = "go"
	}
	for _, e := range a.Except {
		w, err := s.Library.Workflow(ctx, access.System, e.Workflow)
		if err != nil {
			continue // it is no more
		}
		out.Except = append(out.Except, api.AbsenceException{Workflow: w.Key, WorkflowName: w.Name, Substitutes: known.persons(e.Substitutes)})
	}
	return &body[api.Absence]{out}, nil
}

// some is a moment unless it is none.
func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Server) absencePreview(ctx context.Context, by signoff.Caller, who signoff.Person, b api.SetAbsence) (*body[api.AbsencePreview], error) {
	a, err := s.meantAbsence(ctx, by, who.Principal, b)
	if err != nil {
		return nil, err
	}
	a.Who = who.Principal
	goes, err := s.Identity.WouldStandIn(ctx, by, a.Absence)
	if err != nil {
		return nil, err
	}
	open, more, err := s.Worklist.OpenByName(ctx, who)
	if err != nil {
		return nil, err
	}
	out := api.AbsencePreview{Goes: []api.AbsenceGoes{}, AtLeast: more}
	count := map[signoff.Principal]int{}
	var order []signoff.Principal
	for wf, n := range open {
		out.Open += n
		subs := goes(wf)
		if len(subs) == 0 {
			out.Stays += n
		}
		for _, p := range subs {
			if count[p] == 0 {
				order = append(order, p)
			}
			count[p] += n
		}
	}
	slices.SortFunc(order, func(a, b signoff.Principal) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return strings.Compare(string(a), string(b))
	})
	known, err := s.named(ctx, order...)
	for _, p := range order {
		out.Goes = append(out.Goes, api.AbsenceGoes{Person: known.person(p), Tasks: count[p]})
	}
	return &body[api.AbsencePreview]{out}, err
}
