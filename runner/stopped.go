package runner

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// A stopped instance does nothing. The commit that stops it puts off its timers
// and commands (store/stopped.go), and the commit that resumes it brings them
// back. What a node had in its hands just then is looked at here.

// heldLook is how long something of a stopped instance waits that was taken up
// before it was put off.
const heldLook = time.Minute

// stopped tells whether an instance is stopped. A command that is tried again
// may belong to one: its first attempt had begun before.
func (r *Runner) stopped(ctx context.Context, id signoff.InstanceID) bool {
	in, known := r.recent.get(id)
	if !known {
		var err error
		if in, err = r.steps.Instance(ctx, id); err != nil {
			return false // its end cannot be taken in either, and that is told there
		}
	}
	return in.State.Held != nil
}

// resumed wakes what waited while an instance was stopped, on this node and the
// others.
func (r *Runner) resumed(st *store.Step) {
	for i := range st.After.Timers {
		r.timers.ring(st.After.Timers[i].Due)
	}
	for _, q := range r.queues {
		q.alarm.ring(r.Now())
	}
	r.steps.Publish(store.TopicJobs, "")
}
