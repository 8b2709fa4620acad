package httpapi

import (
	"context"
	"encoding/json"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/worklist"
)

type listTasksInput struct {
	Page
	View     string `query:"view" enum:"open,sleeping,allocated,all,closed" default:"open" doc:"allocated: kept by others' claims; closed: those you decided"`
	Sort     string `query:"sort" enum:"newest,oldest,due,priority" default:"newest"`
	Workflow string `query:"workflow" maxLength:"255" doc:"number or key"`
	Q        string `query:"q" maxLength:"200" doc:"part of title, folio or workflow name"`
}

func (s *Server) listTasks(ctx context.Context, by signoff.Caller, in *listTasksInput) (*body[api.List[api.Task]], error) {
	q := worklist.Query{View: worklist.View(in.View), Sort: worklist.Sort(in.Sort), Workflow: in.Workflow,
		Search: in.Q, Limit: in.Limit, Cursor: in.Cursor}
	if in.View == "open" {
		q.View = worklist.ViewToDo
	}
	if in.Sort == "newest" {
		q.Sort = worklist.Newest
	}
	page, err := s.Worklist.Tasks(ctx, by, q)
	if err != nil {
		return nil, err
	}
	known, err := s.named(ctx, taskPeople(page.Items...)...)
	if err != nil {
		return nil, err
	}
	out := listOf(page.Items, func(t worklist.Task) api.Task { return taskOf(t, known) })
	out.Next = page.Next
	return &body[api.List[api.Task]]{out}, nil
}

func taskPeople(tasks ...worklist.Task) []signoff.Principal {
	var who []signoff.Principal
	for _, t := range tasks {
		who = append(who, t.Starter, t.Via, t.For)
	}
	return who
}

func taskOf(t worklist.Task, known names) api.Task {
	out := api.Task{
		Serial: t.Serial.String(), Title: t.Title, Folio: t.Folio, Workflow: t.Name, Key: t.Key,
		Instance: int64(t.Serial.Instance), Step: t.Step, Starter: known.person(t.Starter), Status: string(t.Status),
		Via: known.personPtr(t.Via), For: known.personPtr(t.For), Priority: t.Priority, OfferedAt: t.OfferedAt, Due: t.Due, SleepTill: t.Until,
		Outcome: t.Outcome, ClosedAt: t.ClosedAt, Actions: make([]string, 0, len(t.Actions)),
	}
	for _, a := range t.Actions {
		out.Actions = append(out.Actions, a.Name)
	}
	return out
}

func (s *Server) countTasks(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.TaskCounts], error) {
	c, err := s.Worklist.Counts(ctx, by)
	return &body[api.TaskCounts]{api.TaskCounts{Open: c.ToDo, Sleeping: c.Sleeping, AtLeast: c.Atleast}}, err
}

type decideInput struct {
	BySerial
	Once
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"ETag of GET /tasks/{serial}: decide only what you have seen"`
	Body    api.Decide
}

func (s *Server) decideTask(ctx context.Context, by signoff.Caller, in *decideInput) (*body[api.Decided], error) {
	vars, err := values(in.Body.Variables)
	if err != nil {
		return nil, err
	}
	if err := s.asSeen(ctx, by, in); err != nil {
		return nil, err
	}
	st, err := s.onTask(ctx, by, in.Serial, engine.Act{Task: in.Serial.Seq, Action: in.Body.Action, Comment: in.Body.Comment,
		Vars: vars, Channel: channel(by)}, in.Key)
	if err != nil {
		return nil, err
	}
	out := api.Decided{Serial: in.Serial.String(), Instance: int64(st.Instance), Status: string(st.Status)}
	if t := taskIn(&st, in.Serial.Seq); t != nil {
		out.Outcome = t.Outcome
	}
	return &body[api.Decided]{out}, nil
}

func taskIn(st *engine.State, seq int) *engine.Task {
	for i := range st.Tasks {
		if st.Tasks[i].Seq == seq {
			return &st.Tasks[i]
		}
	}
	return nil
}

// asSeen checks If-Match. A closed task passes: the engine says who closed it,
// and a repeated request gets its first answer.
func (s *Server) asSeen(ctx context.Context, by signoff.Caller, in *decideInput) error {
	if in.IfMatch == "" {
		return nil
	}
	d, err := s.Worklist.Task(ctx, by, in.Serial)
	if err != nil {
		return HideMissing(err)
	}
	if !d.In.Open() || anyVersionMatches(in.IfMatch, taskVersion(&d)) {
		return nil
	}
	return errStale
}

// taskVersion changes when the task does, or a value it is decided upon. That
// somebody comments is no reason to refuse a decision.
func taskVersion(d *worklist.TaskDetail) string {
	seen := d.In
	if seen.Several() { // that others answer meanwhile is no reason either
		seen.Answers, seen.Holders, seen.Recipients = nil, nil, nil
	}
	seen.Questions = nil
	content, err := json.Marshal(seen)
	if err != nil {
		panic(err) // numbers, strings and times always can be written
	}
	for _, v := range d.Def.Variables {
		content = expr.AppendJSON(append(content, v.Name...), d.State.Vars[v.Name])
	}
	return shortHash(content)
}
