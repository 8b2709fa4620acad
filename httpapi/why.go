package httpapi

import (
	"context"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
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
	who, err := s.whyWho(ctx, by, in.Person)
	if err != nil {
		return nil, err
	}
	asked := worklist.Asked{}
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

var errOthersWhy = &signoff.Error{Kind: signoff.Forbidden, Code: "not-allowed", Detail: "only administrators may ask about other people",
	Hint: "ask about yourself, or let an administrator ask"}

// whyWho is whom a question is about. Who may not ask about others is told that,
// whether or not there is anybody of that name.
func (s *Server) whyWho(ctx context.Context, by signoff.Caller, named string) (signoff.Principal, error) {
	if named == "" {
		return by.Principal, nil
	}
	meant, err := s.Identity.Find(ctx, named)
	if kind := signoff.KindOf(err); err != nil && (kind == signoff.Internal || kind == signoff.Unavailable) {
		return "", err
	}
	if meant.Principal != by.Principal && !access.May(by, access.Server, nil).OK {
		return "", errOthersWhy
	}
	return meant.Principal, err
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
	if all && signoff.KindOf(err) == signoff.NotFound {
		return access.Answer{}, noneOf("instance", name)
	}
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
	missing := error(ErrTaskNotFound)
	if all {
		missing = noneOf("task", name)
	}
	n, err := signoff.ParseSerial(name)
	if err != nil {
		if _, bare := strconv.ParseUint(name, 10, 64); all && bare == nil {
			return access.Answer{}, missing
		}
		return access.Answer{}, err
	}
	w, err := s.Worklist.WhyTask(ctx, asked, n)
	if signoff.KindOf(err) == signoff.NotFound || err == nil && !all && !w.Concerned {
		return access.Answer{}, missing
	}
	if err != nil {
		return access.Answer{}, err
	}
	title := ""
	if all { // of a task that was put to others, nobody else learns more than its number
		title, err = s.titleOf(ctx, n)
	}
	w.Why = taskAsked(w.Answer, asked.Who.Principal, n, title) + w.Why
	return w.Answer, err
}

// noneOf tells administrators that there is no such thing. Nobody else is told:
// it may be somebody else's.
func noneOf(kind, name string) error {
	e := &signoff.Error{Kind: signoff.NotFound, Code: engine.CodeTaskNotFound, Detail: "there is no task " + name,
		Hint: "a task is asked about by its serial number, such as 1234_5: the number of its request, an underscore, and its own in it"}
	if kind == "instance" {
		e.Code, e.Detail, e.Hint = store.NoInstance().Code, "there is no request "+name, ""
	}
	return e
}

// taskAsked is the question that the answer about a task answers. Who sees it by
// a right has it not to do.
func taskAsked(a access.Answer, who signoff.Principal, n signoff.Serial, title string) string {
	task := "task " + n.String()
	if title != "" {
		task += " “" + title + "”"
	}
	put := a.OK && len(a.Chain) > 0 && a.Chain[len(a.Chain)-1].Kind == "task"
	if a.OK && !put {
		return "may " + signoff.Mention(who) + " see " + task + "? "
	}
	return "does " + signoff.Mention(who) + " have " + task + " to do? "
}

func (s *Server) titleOf(ctx context.Context, n signoff.Serial) (string, error) {
	in, err := s.Worklist.Store.Instance(ctx, n.Instance)
	for _, t := range in.State.Tasks {
		if t.Seq == n.Seq {
			return t.Title, err
		}
	}
	return "", err
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
