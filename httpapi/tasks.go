package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

type listTasksInput struct {
	Page
	View     string `query:"view" enum:"open,sleeping,closed" default:"open" doc:"closed: those you decided"`
	Sort     string `query:"sort" enum:"newest,oldest,due,priority" default:"newest"`
	Workflow string `query:"workflow" maxLength:"255" doc:"number or key"`
	Q        string `query:"q" maxLength:"200" doc:"part of title or folio"`
}

func (s *Server) listTasks(ctx context.Context, by signoff.Caller, in *listTasksInput) (*body[api.List[api.Task]], error) {
	return nil, errUnwired
}

func (s *Server) countTasks(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.TaskCounts], error) {
	return nil, errUnwired
}

type getTaskInput struct {
	BySerial
	IfNoneMatch
}

type taskOutput struct {
	ETag string `header:"ETag"`
	Body api.TaskDetail
}

func (s *Server) getTask(ctx context.Context, by signoff.Caller, in *getTaskInput) (*taskOutput, error) {
	return nil, errUnwired
}

type decideInput struct {
	BySerial
	Once
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"ETag of GET /tasks/{serial}: decide only what you have seen"`
	Body    api.Decide
}

func (s *Server) decideTask(ctx context.Context, by signoff.Caller, in *decideInput) (*body[api.Decided], error) {
	return nil, errUnwired
}
