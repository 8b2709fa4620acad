package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
)

// ErrTaskNotFound is the one answer to a task that is not there and to one that
// is somebody else's, also when the whole instance is missing.
var ErrTaskNotFound = &signoff.Error{Kind: signoff.NotFound, Code: engine.CodeTaskNotFound,
	Detail: "there is no such task, or it is not yours"}

// onTask lets something happen to a task.
func (s *Server) onTask(ctx context.Context, by signoff.Caller, task signoff.Serial, e engine.Event, key string) (engine.State, error) {
	st, err := s.Runner.Do(ctx, by, task.Instance, e, key)
	return st, HideMissing(err)
}

// HideMissing turns "no such instance" into "no such task", so that a stranger
// cannot find out which instances there are by asking for their tasks.
func HideMissing(err error) error {
	if signoff.CodeOf(err) == "instance-not-found" {
		return ErrTaskNotFound
	}
	return err
}

// values turns JSON values into what expressions work with.
func values(vars map[string]any) (map[string]expr.Value, error) {
	if len(vars) == 0 {
		return nil, nil
	}
	out := make(map[string]expr.Value, len(vars))
	for name, x := range vars {
		v, err := expr.FromGo(x)
		if err != nil {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeBadVariables,
				Detail: "a variable has a value that cannot be used",
				Fields: []signoff.FieldError{{Field: name, Detail: "is not a value a workflow can hold"}}, Err: err}
		}
		out[name] = v
	}
	return out, nil
}

// channel says in the history how a decision came in.
func channel(by signoff.Caller) string {
	if by.How == "session" {
		return "page"
	}
	return "rest"
}
