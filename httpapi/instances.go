package httpapi

import (
	"context"
	"fmt"
	"strconv"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/worklist"
)

type startInput struct {
	ByWorkflow
	Once
	Body api.StartBody
}

type startOutput struct {
	Location string `header:"Location"`
	Body     api.Started
}

func (s *Server) startInstance(ctx context.Context, by signoff.Caller, in *startInput) (*startOutput, error) {
	id, err := s.Runner.Start(ctx, by, runner.StartRequest{Workflow: in.ID, Folio: in.Body.Folio,
		Priority: in.Body.Priority, Vars: in.Body.Variables, Once: in.Key})
	if err != nil {
		return nil, err
	}
	return &startOutput{fmt.Sprintf("%s/instances/%d", base, id), api.Started{ID: int64(id)}}, nil
}

type listInstancesInput struct {
	Page
	Scope    string `query:"scope" enum:"mine,all" default:"mine" doc:"mine: those you started; all: also those of workflows you may view"`
	Status   string `query:"status" enum:"running,completed,cancelled,incident" doc:"incident: running, with something to put right"`
	Workflow string `query:"workflow" maxLength:"255" doc:"number or key"`
	Q        string `query:"q" maxLength:"200" doc:"part of the folio, or the number"`
}

func (s *Server) listInstances(ctx context.Context, by signoff.Caller, in *listInstancesInput) (*body[api.List[api.Instance]], error) {
	q := worklist.InstanceQuery{All: in.Scope == "all", Workflow: in.Workflow, Search: in.Q, Limit: in.Limit, Cursor: in.Cursor}
	if q.Incident = in.Status == "incident"; !q.Incident {
		q.Status = engine.Status(in.Status)
	}
	page, err := s.Worklist.Instances(ctx, by, q)
	if err != nil {
		return nil, err
	}
	var who []signoff.Principal
	for i := range page.Items {
		who = append(who, instancePeople(&page.Items[i])...)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := listOf(page.Items, func(i worklist.Instance) api.Instance { s.tellWaiting(&i, known); return instanceOf(&i, known) })
	out.Next = page.Next
	return &body[api.List[api.Instance]]{out}, nil
}

func instancePeople(in *worklist.Instance) []signoff.Principal {
	who := []signoff.Principal{in.State.Starter.Principal}
	if h := in.State.Held; h != nil {
		who = append(who, h.By)
	}
	for _, w := range in.Waiting {
		who = append(who, w.For...)
		who = append(who, mentioned(w.Why)...)
	}
	return who
}

// tellWaiting puts the names of people into why steps wait.
func (s *Server) tellWaiting(in *worklist.Instance, known names) {
	for i := range in.Waiting {
		in.Waiting[i].Why = signoff.Tell(in.Waiting[i].Why, known.name, s.location())
	}
}

func instanceOf(in *worklist.Instance, known names) api.Instance {
	st := &in.State
	out := api.Instance{
		ID: int64(in.ID), Folio: st.Folio, Workflow: in.Name, Key: in.Key, Version: in.Number, Status: string(st.Status),
		Incidents: len(st.Incidents), Starter: personOf(st.Starter), StartedAt: st.StartedAt, EndedAt: st.EndedAt,
		Waiting: []api.Waiting{},
	}
	if h := st.Held; h != nil {
		out.Stopped = &api.Stopped{By: known.person(h.By), At: h.At, Reason: h.Reason}
	}
	if p, ok := known[st.Starter.Principal]; ok {
		out.Starter = personOf(p) // as they are called now
	}
	for _, w := range in.Waiting {
		a := api.Waiting{Kind: w.Kind, Step: w.Node, Name: w.Name, Until: w.Until, For: known.persons(w.For), Connect: connectName(w.Need), Why: sentence(w.Why), Since: w.Since}
		if w.Task.Seq != 0 {
			a.Task = w.Task.String()
		}
		if w.Serial.Seq != 0 {
			a.Serial = w.Serial.String()
		}
		out.Waiting = append(out.Waiting, a)
	}
	return out
}

type getInstanceInput struct {
	ByInstance
	IfNoneMatch
}

type instanceOutput struct {
	ETag string `header:"ETag"`
	Body api.InstanceDetail
}

func (s *Server) getInstance(ctx context.Context, by signoff.Caller, in *getInstanceInput) (*instanceOutput, error) {
	d, err := s.Worklist.Instance(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	known, err := s.named(ctx, instancePeople(&d.Instance)...)
	if err != nil {
		return nil, err
	}
	s.tellWaiting(&d.Instance, known)
	out := &instanceOutput{Body: instanceDetail(&d, known)}
	if d.CanManage {
		holds, err := s.Worklist.Store.HoldsOn(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if out.Body.Holds, err = s.holdsOf(ctx, holds); err != nil {
			return nil, err
		}
	}
	if err := s.tellRelated(ctx, by, in.ID, &out.Body); err != nil {
		return nil, err
	}
	if out.ETag, err = versionTag(strconv.FormatInt(d.Rev, 10), out.Body); err != nil {
		return nil, err
	}
	if anyTagMatches(in.Tags, out.ETag) {
		return nil, notModified(out.ETag)
	}
	return out, nil
}

func instanceDetail(d *worklist.InstanceDetail, known names) api.InstanceDetail {
	out := api.InstanceDetail{
		Instance: instanceOf(&d.Instance, known), Variables: []api.Variable{}, Steps: []api.StepMark{},
		Flows: append([]string{}, d.Flows...), Problems: []api.Incident{}, CanManage: d.CanManage, CanCancel: d.CanCancel,
	}
	for _, v := range d.Def.Variables {
		out.Variables = append(out.Variables, valueOf(v, &d.State))
	}
	for _, m := range d.Marks {
		out.Steps = append(out.Steps, api.StepMark{Element: m.Element, State: m.State, Count: m.Count})
	}
	if d.CanManage && d.State.Status == engine.Running {
		out.Places = placesOf(d.Def)
	}
	steps := stepNames(d.Def)
	for _, i := range d.State.Incidents {
		out.Problems = append(out.Problems, incidentOf(worklist.Incident{Incident: i,
			Serial: signoff.Serial{Instance: d.ID, Seq: i.Seq}, Instance: d.Instance, Step: steps[i.Node]}))
	}
	return out
}

// placesOf lists where an instance can be, for those who put it right.
func placesOf(def *process.Definition) []api.Place {
	out := []api.Place{}
	for i := range def.Nodes {
		n := &def.Nodes[i]
		p := api.Place{Element: n.ID, Name: n.Name, Kind: n.Element, Enter: engine.CanBeEntered(n)}
		if n.Scope >= 0 {
			p.Scope = def.Nodes[n.Scope].ID
		}
		if n.Task != nil {
			p.Outcomes = n.Task.Outcomes()
		}
		out = append(out, p)
	}
	return out
}

// valueOf is a variable with what the instance holds in it.
func valueOf(v process.Variable, st *engine.State) api.Variable {
	a := variableOf(v)
	a.Value = expr.ToGo(st.Vars[v.Name])
	return a
}

func (s *Server) instanceBPMN(ctx context.Context, by signoff.Caller, in *getInstanceInput) (*xmlOutput, error) {
	run, err := s.visible(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	_, xml, err := s.Worklist.Store.VersionXML(ctx, run.Version)
	if err != nil {
		return nil, err
	}
	return xmlAnswer(xml, in.IfNoneMatch)
}

// visible loads an instance for those who may see it. For everybody else it is
// not there.
func (s *Server) visible(ctx context.Context, by signoff.Caller, id signoff.InstanceID) (store.Instance, error) {
	in, err := s.Worklist.Store.Instance(ctx, id)
	if err == nil {
		_, err = s.Runner.Sees(ctx, by, in)
	}
	return in, err
}

type commentInstanceInput struct {
	ByInstance
	Once
	Body api.CommentBody
}

func (s *Server) commentInstance(ctx context.Context, by signoff.Caller, in *commentInstanceInput) (*nothing, error) {
	_, err := s.Runner.Do(ctx, by, in.ID, engine.Comment{Text: in.Body.Text}, in.Key)
	return nil, err
}

type cancelInput struct {
	ByInstance
	Once
	Body *api.CancelBody
}

func (s *Server) cancelInstance(ctx context.Context, by signoff.Caller, in *cancelInput) (*nothing, error) {
	e := engine.Cancel{}
	if in.Body != nil {
		e.Reason = in.Body.Reason
	}
	_, err := s.Runner.Do(ctx, by, in.ID, e, in.Key)
	return nil, err
}
