package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/worklist"
)

type listIncidentsInput struct {
	Page
	Workflow string `query:"workflow" maxLength:"255" doc:"number or key"`
}

func (s *Server) listIncidents(ctx context.Context, by signoff.Caller, in *listIncidentsInput) (*body[api.List[api.Incident]], error) {
	page, err := s.Worklist.Incidents(ctx, by, worklist.InstanceQuery{Workflow: in.Workflow, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	out := listOf(page.Items, incidentOf)
	out.Next = page.Next
	return &body[api.List[api.Incident]]{out}, nil
}

func incidentOf(i worklist.Incident) api.Incident {
	return api.Incident{
		Serial: i.Serial.String(), Instance: int64(i.Serial.Instance), Folio: i.Instance.State.Folio, Workflow: i.Instance.Name, Key: i.Instance.Key,
		Step: i.Node, Name: i.Step, Code: i.Code, Cause: i.Cause, Advice: i.Advice, Attempts: i.Attempts, At: i.At,
	}
}

type retryInput struct {
	BySerial
	Once
	Body *api.RetryBody
}

func (s *Server) retryIncident(ctx context.Context, by signoff.Caller, in *retryInput) (*nothing, error) {
	e := engine.Retry{Incident: in.Serial.Seq}
	if in.Body != nil {
		vars, err := values(in.Body.Variables)
		if err != nil {
			return nil, err
		}
		e.Vars = vars
	}
	_, err := s.Runner.Do(ctx, by, in.Serial.Instance, e, in.Key)
	return nil, noIncident(err)
}
