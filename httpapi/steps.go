package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
)

type finishInput struct {
	BySerial
	Once
	Body *api.FinishBody
}

// finishStep completes a step that waits for another system. Who administers
// the workflow may; who may not even see the instance hears nothing of it.
func (s *Server) finishStep(ctx context.Context, by signoff.Caller, in *finishInput) (*nothing, error) {
	e := engine.FinishExternal{Effect: in.Serial.Seq}
	if in.Body != nil {
		vars, err := values(in.Body.Variables)
		if err != nil {
			return nil, err
		}
		e.Vars = vars
	}
	_, err := s.Runner.Do(ctx, by, in.Serial.Instance, e, in.Key)
	if signoff.CodeOf(err) == "instance-not-found" {
		err = &signoff.Error{Kind: signoff.NotFound, Code: engine.CodeEffectNotFound, Detail: "nothing waits to be finished under this number"}
	}
	return nil, err
}
