package runner

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/process"
)

// The engine panics when a promise of its own does not hold. That stops one
// instance and nothing else. Whoever asked for the step is told that it failed
// and the log has why. What the server does by itself, timers and the ends of
// effects, has nobody to tell: there the instance gets an incident, and the
// same is not tried again until somebody retries it.

// codePanic is the code of a step that the engine panicked on.
const codePanic = "engine-panic"

// never is when a timer is looked at that waits for a person.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// putOnRecord makes an incident of an event the engine panicked on, and removes
// the command whose end it is. That it is on record already is no error.
func (r *Runner) putOnRecord(ctx context.Context, id signoff.InstanceID, t task) error {
	t.givenUp = true
	_, err := r.do(ctx, id, t)
	if t.finished == "" && signoff.CodeOf(err) == engine.CodeRedundant {
		return nil
	}
	return err
}

// giveUp stands in for decide.
func giveUp(_ context.Context, _ signoff.WorkflowID, _ *process.Definition, st engine.State, in engine.Input) (engine.Step, error) {
	return engine.GiveUp(st, in)
}
