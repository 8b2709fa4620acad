package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

type listIncidentsInput struct {
	Page
	Workflow string `query:"workflow" maxLength:"255" doc:"number or key"`
}

func (s *Server) listIncidents(ctx context.Context, by signoff.Caller, in *listIncidentsInput) (*body[api.List[api.Incident]], error) {
	return nil, errUnwired
}

type retryInput struct {
	BySerial
	Once
	Body *api.RetryBody
}

func (s *Server) retryIncident(ctx context.Context, by signoff.Caller, in *retryInput) (*nothing, error) {
	return nil, errUnwired
}
