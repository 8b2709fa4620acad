package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

type moveInput struct {
	BySerial
	Once
}

func (s *Server) claimTask(ctx context.Context, by signoff.Caller, in *moveInput) (*nothing, error) {
	return nil, errUnwired
}

func (s *Server) releaseTask(ctx context.Context, by signoff.Caller, in *moveInput) (*nothing, error) {
	return nil, errUnwired
}

type redirectInput struct {
	BySerial
	Once
	Body api.Redirect
}

func (s *Server) redirectTask(ctx context.Context, by signoff.Caller, in *redirectInput) (*nothing, error) {
	return nil, errUnwired
}

type sleepInput struct {
	BySerial
	Once
	Body api.SleepBody
}

func (s *Server) sleepTask(ctx context.Context, by signoff.Caller, in *sleepInput) (*nothing, error) {
	return nil, errUnwired
}

func (s *Server) wakeTask(ctx context.Context, by signoff.Caller, in *moveInput) (*nothing, error) {
	return nil, errUnwired
}

type commentTaskInput struct {
	BySerial
	Once
	Body api.CommentBody
}

func (s *Server) commentTask(ctx context.Context, by signoff.Caller, in *commentTaskInput) (*nothing, error) {
	return nil, errUnwired
}
