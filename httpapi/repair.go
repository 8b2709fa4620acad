package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// repairRoutes are those by which administrators of a workflow put an instance
// right. Each is asked for with a reason, which stays on record.
func (s *Server) repairRoutes() {
	route(s, op{"skip-incident", "POST /incidents/{serial}/skip", "Incidents", "Go on behind a failed step as if it were done", signedIn, 0}, s.skipIncident)
	route(s, op{"set-variables", "POST /instances/{id}/variables", "Instances", "Change variables of a running instance", signedIn, 0}, s.setVariables)
	route(s, op{"move-instance", "POST /instances/{id}/move", "Instances", "Take an instance from one step to another", signedIn, 0}, s.moveInstance)
	route(s, op{"hold-instance", "POST /instances/{id}/hold", "Instances", "Stop an instance: nothing of it runs, and nobody has its tasks", signedIn, 0}, s.holdInstance)
	route(s, op{"resume-instance", "POST /instances/{id}/resume", "Instances", "Let a stopped instance go on", signedIn, 0}, s.resumeInstance)
	route(s, op{"end-instance", "POST /instances/{id}/end", "Instances", "Complete an instance as it stands", signedIn, 0}, s.endInstance)
	route(s, op{"why-waiting", "GET /instances/{id}/waiting", "Instances", "Why an instance waits: who or what, since when, and what would end it", signedIn, 0}, s.whyWaiting)
	route(s, op{"delete-instance", "DELETE /instances/{id}", "Instances", "Remove an ended instance with all that belongs to it", signedIn, 0}, s.deleteInstance)
}

type skipIncidentInput struct {
	BySerial
	Once
	Body api.SkipBody
}

func (s *Server) skipIncident(ctx context.Context, by signoff.Caller, in *skipIncidentInput) (*nothing, error) {
	vars, err := values(in.Body.Variables)
	if err != nil {
		return nil, err
	}
	_, err = s.Runner.Do(ctx, by, in.Serial.Instance, engine.Skip{Incident: in.Serial.Seq, Vars: vars, Outcome: in.Body.Outcome, Reason: in.Body.Reason}, in.Key)
	return nil, noIncident(err)
}

// noIncident says of an instance somebody may not see what it says of an
// incident that is not there.
func noIncident(err error) error {
	if signoff.CodeOf(err) == "instance-not-found" {
		return &signoff.Error{Kind: signoff.NotFound, Code: engine.CodeIncidentGone, Detail: "there is no such incident, or you may not see it"}
	}
	return err
}

type setVariablesInput struct {
	ByInstance
	Once
	Body api.SetVariablesBody
}

func (s *Server) setVariables(ctx context.Context, by signoff.Caller, in *setVariablesInput) (*nothing, error) {
	vars, err := values(in.Body.Variables)
	if err != nil {
		return nil, err
	}
	_, err = s.Runner.Do(ctx, by, in.ID, engine.SetVars{Vars: vars, Reason: in.Body.Reason}, in.Key)
	return nil, err
}

type moveInstanceInput struct {
	ByInstance
	Once
	Body api.MoveBody
}

func (s *Server) moveInstance(ctx context.Context, by signoff.Caller, in *moveInstanceInput) (*nothing, error) {
	vars, err := values(in.Body.Variables)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	_, err = s.Runner.Do(ctx, by, in.ID, engine.Move{From: b.From, Token: b.Token, To: b.To, All: b.All, Vars: vars, Reason: b.Reason}, in.Key)
	return nil, err
}

type holdInstanceInput struct {
	ByInstance
	Once
	Body api.StopBody
}

func (s *Server) holdInstance(ctx context.Context, by signoff.Caller, in *holdInstanceInput) (*nothing, error) {
	_, err := s.Runner.Do(ctx, by, in.ID, engine.Hold{Reason: in.Body.Reason}, in.Key)
	return nil, err
}

type resumeInstanceInput struct {
	ByInstance
	Once
	Body *api.ResumeBody
}

func (s *Server) resumeInstance(ctx context.Context, by signoff.Caller, in *resumeInstanceInput) (*nothing, error) {
	e := engine.Resume{}
	if in.Body != nil {
		e.Reason = in.Body.Reason
	}
	_, err := s.Runner.Do(ctx, by, in.ID, e, in.Key)
	return nil, err
}

type endInstanceInput struct {
	ByInstance
	Once
	Body api.EndBody
}

func (s *Server) endInstance(ctx context.Context, by signoff.Caller, in *endInstanceInput) (*nothing, error) {
	vars, err := values(in.Body.Variables)
	if err != nil {
		return nil, err
	}
	_, err = s.Runner.Do(ctx, by, in.ID, engine.End{Vars: vars, Reason: in.Body.Reason}, in.Key)
	return nil, err
}

type deleteInstanceInput struct {
	ByInstance
	Reason string `query:"reason" required:"true" minLength:"1" maxLength:"1000" doc:"why; it stays on record"`
}

// deleteInstance removes an instance for whoever administers its workflow.
func (s *Server) deleteInstance(ctx context.Context, by signoff.Caller, in *deleteInstanceInput) (*nothing, error) {
	run, err := s.visible(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Library.Allow(ctx, by, access.Administer, run.Workflow); err != nil {
		return nil, err
	}
	why, err := reasonOf(in.Reason)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeReasonRequired, Detail: "say why: the reason stays on record"}
	}
	if err := s.Worklist.Store.Delete(ctx, store.Deletion{Instance: in.ID, By: by.Principal, How: by.Recognised(), Reason: why, At: s.Now(), Server: by.Admin}); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "instance deleted", "instance", in.ID, "user", by.Principal)
	return nil, nil
}
