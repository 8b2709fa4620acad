package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
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
	return nil, errUnwired
}

type listInstancesInput struct {
	Page
	Scope    string `query:"scope" enum:"mine,all" default:"mine" doc:"those you started, or all you may see"`
	Status   string `query:"status" enum:"running,completed,cancelled,incident" doc:"incident: running, with something to put right"`
	Workflow string `query:"workflow" maxLength:"255" doc:"number or key"`
	Q        string `query:"q" maxLength:"200" doc:"part of the folio, or the number"`
}

func (s *Server) listInstances(ctx context.Context, by signoff.Caller, in *listInstancesInput) (*body[api.List[api.Instance]], error) {
	return nil, errUnwired
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
	return nil, errUnwired
}

func (s *Server) instanceBPMN(ctx context.Context, by signoff.Caller, in *getInstanceInput) (*xmlOutput, error) {
	return nil, errUnwired
}

type historyInput struct {
	ByInstance
	Page
}

func (s *Server) history(ctx context.Context, by signoff.Caller, in *historyInput) (*body[api.List[api.Event]], error) {
	return nil, errUnwired
}

type commentInstanceInput struct {
	ByInstance
	Once
	Body api.CommentBody
}

func (s *Server) commentInstance(ctx context.Context, by signoff.Caller, in *commentInstanceInput) (*nothing, error) {
	return nil, errUnwired
}

type cancelInput struct {
	ByInstance
	Once
	Body *api.CancelBody
}

func (s *Server) cancelInstance(ctx context.Context, by signoff.Caller, in *cancelInput) (*nothing, error) {
	return nil, errUnwired
}
