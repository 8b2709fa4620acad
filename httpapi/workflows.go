package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

type listWorkflowsInput struct {
	Page
	Startable bool   `query:"startable" doc:"only those you may start"`
	Q         string `query:"q" maxLength:"200" doc:"part of the name"`
}

func (s *Server) listWorkflows(ctx context.Context, by signoff.Caller, in *listWorkflowsInput) (*body[api.List[api.Workflow]], error) {
	return nil, errUnwired
}

type deployInput struct {
	RawBody []byte `contentType:"application/xml"`
}

type deployOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     api.Deployed
}

func (s *Server) deploy(ctx context.Context, by signoff.Caller, in *deployInput) (*deployOutput, error) {
	return nil, errUnwired
}

func (s *Server) getWorkflow(ctx context.Context, by signoff.Caller, in *ByWorkflow) (*body[api.WorkflowDetail], error) {
	return nil, errUnwired
}

type versionInput struct {
	ByWorkflow
	IfNoneMatch
	N int `path:"n" minimum:"1" doc:"number of the version"`
}

// xmlOutput is a BPMN file.
type xmlOutput struct {
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag"`
	Body        []byte `contentType:"application/xml"`
}

func (s *Server) versionBPMN(ctx context.Context, by signoff.Caller, in *versionInput) (*xmlOutput, error) {
	return nil, errUnwired
}

func (s *Server) getRights(ctx context.Context, by signoff.Caller, in *ByWorkflow) (*body[api.List[api.Grant]], error) {
	return nil, errUnwired
}

type putRightsInput struct {
	ByWorkflow
	Body api.Rights
}

func (s *Server) putRights(ctx context.Context, by signoff.Caller, in *putRightsInput) (*body[api.List[api.Grant]], error) {
	return nil, errUnwired
}
