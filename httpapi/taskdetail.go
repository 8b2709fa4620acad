package httpapi

import (
	"context"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/worklist"
)

type getTaskInput struct {
	BySerial
	IfNoneMatch
}

type taskOutput struct {
	ETag string `header:"ETag"`
	Body api.TaskDetail
}

func (s *Server) getTask(ctx context.Context, by signoff.Caller, in *getTaskInput) (*taskOutput, error) {
	d, err := s.Worklist.Task(ctx, by, in.Serial)
	if err != nil {
		return nil, HideMissing(err)
	}
	who := append(taskPeople(d.Task), d.In.Claimed, d.In.ClosedBy, d.In.Behind)
	known, err := s.named(ctx, append(append(who, d.In.Recipients...), involved(&d.In)...)...)
	if err != nil {
		return nil, err
	}
	out := &taskOutput{Body: taskDetail(&d, known)}
	severalAnswers(&out.Body, &d, known)
	if out.Body.Files, err = s.filesOn(ctx, in.Serial); err != nil {
		return nil, err
	}
	if out.Body.Comments, err = s.commentsOn(ctx, by, in.Serial); err != nil {
		return nil, err
	}
	if out.ETag, err = versionTag(taskVersion(&d), out.Body); err != nil {
		return nil, err
	}
	if anyTagMatches(in.Tags, out.ETag) {
		return nil, notModified(out.ETag)
	}
	return out, nil
}

func taskDetail(d *worklist.TaskDetail, known names) api.TaskDetail {
	out := api.TaskDetail{
		Task: taskOf(d.Task, known), Instructions: d.In.Instructions,
		Choices: []api.Action{}, Variables: []api.Variable{}, Recipients: known.persons(d.In.Recipients),
		Claiming: d.In.Claiming, ClaimedBy: known.personPtr(d.In.Claimed), ClosedBy: known.personPtr(d.In.ClosedBy),
		CanDecide: d.CanDecide, CanClaim: d.CanClaim, CanRelease: d.CanRelease, CanRedirect: d.CanRedirect,
	}
	if d.In.Behind != "" {
		out.ClosedBy, out.ClosedFor = known.personPtr(d.In.Behind), out.ClosedBy
	}
	for _, a := range d.Task.Actions {
		out.Choices = append(out.Choices, api.Action{Name: a.Name, ByMail: a.ByMail, Comment: a.Comment})
	}
	var fields []string
	if d.Element != nil && d.Element.Task != nil {
		fields = d.Element.Task.Fields
	}
	for _, v := range d.Def.Variables {
		editable := slices.Contains(fields, v.Name)
		if v.Show || editable {
			a := valueOf(v, &d.State)
			a.Editable = editable && d.CanDecide
			out.Variables = append(out.Variables, a)
		}
	}
	return out
}

// involved are the people of a task besides its recipients.
func involved(t *engine.Task) []signoff.Principal {
	who := append(t.Claims(), t.Later...)
	for i := range t.Answers {
		who = append(who, t.Answers[i].By.Principal, t.Answers[i].Behind)
	}
	for i := range t.Questions {
		who = append(who, t.Questions[i].By, t.Questions[i].To)
	}
	return who
}

// severalAnswers adds how the answers to a task stand, and what was asked about it.
func severalAnswers(out *api.TaskDetail, d *worklist.TaskDetail, known names) {
	t := &d.In
	out.CanWithdraw, out.Outcomes = d.CanWithdraw, d.Outcomes
	for i := range t.Questions {
		q := &t.Questions[i]
		out.Questions = append(out.Questions, api.TaskQuestion{Number: q.Seq, By: known.person(q.By), To: known.person(q.To), Text: q.Text, At: q.At,
			Reply: q.Reply, RepliedAt: q.RepliedAt, Yours: d.Asked != nil && d.Asked.Seq == q.Seq})
	}
	if !t.Several() {
		return
	}
	out.Wanted, out.Tally, out.Later = t.Slots, engine.Tally(t.Answers, t.Slots), known.persons(t.Later)
	if d.Element != nil && d.Element.Task != nil {
		out.Rule = engine.Voting(d.Element.Task, t)
	}
	for i := range t.Answers {
		a := &t.Answers[i]
		one := api.TaskAnswer{By: personOf(a.By), Action: a.Action, Comment: a.Comment, At: a.At}
		if a.Behind != "" {
			whose := known.person(a.By.Principal)
			one.By, one.For = known.person(a.Behind), &whose
		}
		out.Answers = append(out.Answers, one)
	}
	for i := range t.Holders {
		out.Holders = append(out.Holders, known.person(t.Holders[i].By))
	}
}

// How much history is looked through for comments: what is older is in the
// instance's own history.
const commentPages = 10

// commentsOn lists remarks about the task and about the instance as a whole.
func (s *Server) commentsOn(ctx context.Context, by signoff.Caller, task signoff.Serial) ([]api.Event, error) {
	var said []engine.Fact
	for after, page := 0, 0; page < commentPages; page++ {
		facts, next, err := s.Worklist.History(ctx, by, task.Instance, after, worklist.MaxLimit)
		if err != nil {
			return nil, HideMissing(err)
		}
		for _, f := range facts {
			if f.Kind == engine.Commented && (f.Ref == 0 || f.Ref == task.Seq) {
				said = append(said, f)
			}
		}
		if after = next; next == 0 {
			break
		}
	}
	if len(said) == 0 {
		return []api.Event{}, nil
	}
	t, err := s.teller(ctx, task.Instance, said)
	if err != nil {
		return nil, err
	}
	return listOf(said, t.event).Items, nil
}
