package httpapi

import (
	"context"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/worklist"
)

type whyInput struct {
	Person string `query:"person" maxLength:"320" doc:"principal, login or address; left out: yourself"`
	Right  string `query:"right" maxLength:"50" doc:"administer, deploy or impersonate of the server; start, view-own, view, finish or administer of the rest; left out: administer of the server, view of the rest"`
	Thing  string `query:"thing" required:"true" maxLength:"600" doc:"server, workflow:KEY, category:NAME, instance:NUMBER or task:SERIAL"`
}

var errBadThing = &signoff.Error{Kind: signoff.Invalid, Code: "bad-thing", Detail: "that is nothing one can ask about",
	Hint: "ask about server, workflow:KEY, category:NAME, instance:NUMBER or task:SERIAL"}

// why answers a question about somebody's right. Only administrators get to
// know of things that are none of the person's business.
func (s *Server) why(ctx context.Context, by signoff.Caller, in *whyInput) (*body[api.Why], error) {
	who := by.Principal
	if in.Person != "" {
		meant, err := s.Identity.Find(ctx, in.Person)
		if err != nil {
			return nil, err
		}
		who = meant.Principal
	}
	asked := worklist.Asked{}
	var err error
	if asked.Who, asked.Server, err = s.Identity.Subject(ctx, by, who); err != nil {
		return nil, err
	}
	a, right, err := s.whyThing(ctx, by, asked, in)
	if err != nil {
		return nil, err
	}
	out, err := s.whyAnswer(ctx, asked, a, in.Thing)
	if out != nil {
		out.Body.Right = right
	}
	return out, err
}

func (s *Server) whyThing(ctx context.Context, by signoff.Caller, asked worklist.Asked, in *whyInput) (access.Answer, string, error) {
	all := access.May(by, access.Server, nil).OK
	kind, name, named := strings.Cut(in.Thing, ":")
	if kind == "server" && !named {
		right := access.Server
		if in.Right != "" {
			var err error
			if right, err = access.ParseServerRight(in.Right); err != nil {
				return access.Answer{}, "", err
			}
		}
		return access.Explain(access.Question{Who: asked.Who, Right: right, Server: asked.Server}), right.Name(), nil
	}
	if kind == "task" {
		a, err := s.whyTask(ctx, asked, name, all)
		return a, "", err
	}
	right := access.View
	if in.Right != "" {
		var err error
		if right, err = access.ParseRight(in.Right); err != nil {
			return access.Answer{}, "", err
		}
	}
	var a access.Answer
	var err error
	switch kind {
	case "workflow":
		a, err = s.whyWorkflow(ctx, by, asked, right, name)
	case "category":
		a, err = s.whyCategory(ctx, by, asked, right, name)
	case "instance":
		a, err = s.whyInstance(ctx, asked, right, name, all)
	default:
		err = errBadThing
	}
	return a, right.Name(), err
}

func (s *Server) whyWorkflow(ctx context.Context, by signoff.Caller, asked worklist.Asked, right access.Right, name string) (access.Answer, error) {
	w, err := s.Library.Lookup(ctx, by, name)
	if err != nil {
		return access.Answer{}, err
	}
	a, err := s.Worklist.Explain(ctx, asked, right, w.ID)
	if !w.CanManage {
		a.Would = nil // the groups that hold it are not theirs to know
	}
	return a, err
}

func (s *Server) whyCategory(ctx context.Context, by signoff.Caller, asked worklist.Asked, right access.Right, name string) (access.Answer, error) {
	clean, err := access.CleanCategory(name)
	if err != nil {
		return access.Answer{}, err
	}
	grants, err := s.Library.CategoryGrants(ctx, by, clean)
	manages := err == nil
	if signoff.KindOf(err) == signoff.Forbidden {
		grants, err = s.Library.CategoryGrants(ctx, access.System, clean)
	}
	if err != nil {
		return access.Answer{}, err
	}
	a := access.Explain(access.Question{Who: asked.Who, Right: right, Thing: access.Thing{Category: clean}, Grants: grants, Server: asked.Server})
	if !manages {
		a.Would = nil
	}
	return a, nil
}

func (s *Server) whyInstance(ctx context.Context, asked worklist.Asked, right access.Right, name string, all bool) (access.Answer, error) {
	id, err := strconv.ParseInt(name, 10, 64)
	if err != nil || id < 1 {
		return access.Answer{}, errBadThing
	}
	seen, err := s.Worklist.WhyInstance(ctx, asked, signoff.InstanceID(id))
	if err != nil || !all && !seen.Concerned {
		return access.Answer{}, orMissing(err, store.NoInstance())
	}
	if right == access.View {
		return seen.Answer, nil
	}
	in, err := s.Worklist.Store.Instance(ctx, signoff.InstanceID(id))
	if err != nil {
		return access.Answer{}, err
	}
	a, err := s.Worklist.Explain(ctx, asked, right, in.Workflow)
	if !all {
		a.Would = nil
	}
	return a, err
}

func (s *Server) whyTask(ctx context.Context, asked worklist.Asked, name string, all bool) (access.Answer, error) {
	n, err := signoff.ParseSerial(name)
	if err != nil {
		return access.Answer{}, err
	}
	w, err := s.Worklist.WhyTask(ctx, asked, n)
	if err != nil || !all && !w.Concerned {
		return access.Answer{}, orMissing(err, ErrTaskNotFound)
	}
	return w.Answer, nil
}

func orMissing(err, missing error) error {
	if err != nil {
		return err
	}
	return missing
}

// whyAnswer puts an answer into words, names and all.
func (s *Server) whyAnswer(ctx context.Context, asked worklist.Asked, a access.Answer, thing string) (*body[api.Why], error) {
	who := append([]signoff.Principal{asked.Who.Principal}, a.Givers...)
	who = append(who, mentioned(a.Why)...)
	for _, l := range a.Chain {
		who = append(who, l.Who)
	}
	for _, r := range a.Would {
		who = append(who, r.Join)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := api.Why{Yes: a.OK, Text: sentence(signoff.Tell(a.Why, known.name, s.location())), Person: known.person(asked.Who.Principal),
		Thing: thing, Chain: []api.WhyLink{}, Would: []string{}, Givers: known.persons(a.Givers)}
	for _, l := range a.Chain {
		out.Chain = append(out.Chain, api.WhyLink{Kind: l.Kind, Person: known.personPtr(l.Who), Name: l.Name})
	}
	for _, r := range a.Would {
		out.Would = append(out.Would, remedy(known, asked.Who.Principal, r))
	}
	return &body[api.Why]{out}, nil
}

func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// remedy says what would make a no a yes.
func remedy(known names, who signoff.Principal, r access.Remedy) string {
	me, group := known.person(who).Name, known.person(r.Join).Name
	switch {
	case r.On == "task":
		return "Put " + me + " into " + group + "."
	case r.On == "redirect":
		return "Redirect the task to " + me + "."
	case r.On == "release":
		return "Let whoever took it give it back, or let an administrator do that."
	case r.On == "wake":
		return "Wake the task."
	case r.Join != "" && r.Category != "":
		return "Put " + me + " into " + group + ", which holds the right to " + r.Right.Name() + " by the category " + r.Category + "."
	case r.Join != "":
		return "Put " + me + " into " + group + ", which holds the right to " + r.Right.Name() + "."
	case r.On == "category":
		return "Give " + me + ", or a group or role of theirs, the right to " + r.Right.Name() + " on the category " + r.Category + ", with all its workflows."
	}
	return "Give " + me + ", or a group or role of theirs, the right to " + r.Right.Name() + " on the " + r.On + "."
}
