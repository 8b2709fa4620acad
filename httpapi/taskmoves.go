package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
)

// move does what answers with nothing.
func (s *Server) move(ctx context.Context, by signoff.Caller, task signoff.Serial, e engine.Event, o Once) (*nothing, error) {
	_, err := s.onTask(ctx, by, task, e, o.Key)
	return nil, err
}

type moveInput struct {
	BySerial
	Once
}

func (s *Server) claimTask(ctx context.Context, by signoff.Caller, in *moveInput) (*nothing, error) {
	return s.move(ctx, by, in.Serial, engine.Claim{Task: in.Serial.Seq}, in.Once)
}

func (s *Server) releaseTask(ctx context.Context, by signoff.Caller, in *moveInput) (*nothing, error) {
	return s.move(ctx, by, in.Serial, engine.Release{Task: in.Serial.Seq}, in.Once)
}

func (s *Server) wakeTask(ctx context.Context, by signoff.Caller, in *moveInput) (*nothing, error) {
	return s.move(ctx, by, in.Serial, engine.Wake{Task: in.Serial.Seq}, in.Once)
}

type redirectInput struct {
	BySerial
	Once
	Body api.Redirect
}

func (s *Server) redirectTask(ctx context.Context, by signoff.Caller, in *redirectInput) (*nothing, error) {
	return s.move(ctx, by, in.Serial, engine.Redirect{Task: in.Serial.Seq, To: in.Body.To, Comment: in.Body.Comment}, in.Once)
}

type shareInput struct {
	BySerial
	Once
	Body api.Share
}

func (s *Server) shareTask(ctx context.Context, by signoff.Caller, in *shareInput) (*nothing, error) {
	return s.move(ctx, by, in.Serial, engine.Share{Task: in.Serial.Seq, To: in.Body.To, Comment: in.Body.Comment}, in.Once)
}

type sleepInput struct {
	BySerial
	Once
	Body api.SleepBody
}

func (s *Server) sleepTask(ctx context.Context, by signoff.Caller, in *sleepInput) (*nothing, error) {
	return s.move(ctx, by, in.Serial, engine.Sleep{Task: in.Serial.Seq, Until: in.Body.Until.UTC()}, in.Once)
}

type commentTaskInput struct {
	BySerial
	Once
	Body api.CommentBody
}

func (s *Server) commentTask(ctx context.Context, by signoff.Caller, in *commentTaskInput) (*nothing, error) {
	return s.move(ctx, by, in.Serial, engine.Comment{Task: in.Serial.Seq, Text: in.Body.Text}, in.Once)
}
