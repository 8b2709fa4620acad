package runner

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/store"
)

// A signal goes to all who wait for it at the moment it is stored (BPMN 2.0.2
// §10.5.5); they are noted with it, and told one by one.

// tellSignals tells those whose turn it is.
func (r *Runner) tellSignals(ctx, work context.Context, now time.Time) (int, error) {
	list, err := r.outer.TakeTargets(ctx, now, errandsAtOnce)
	if err != nil {
		return 0, err
	}
	said := map[int64]*signal{}
	for _, to := range list {
		if said[to.Message] == nil {
			said[to.Message] = r.signalOf(work, to.Message)
		}
	}
	return len(list), beside(list, func(to store.SignalTo) error {
		s := said[to.Message]
		err := s.err
		if err == nil {
			err = r.tell(work, to, s)
		}
		switch {
		case err == nil || errors.Is(err, store.ErrTaken):
			return nil
		case gone(err) || !transient(err):
			if !gone(err) {
				r.Log.Warn("a signal could not be given to one who waited for it", slog.Int64("instance", int64(to.Instance)), slog.String("step", to.Node), slog.Any("err", err))
			}
			return r.outer.DropTarget(work, to)
		}
		r.Log.Warn("a signal is given later to one who waits for it", slog.Int64("instance", int64(to.Instance)), slog.Int("attempt", to.Attempt+1), slog.Any("err", err))
		due := r.Now().Add(backoff(retryTimer, to.Attempt+1))
		r.errands.ring(due)
		return r.outer.DeferTarget(work, to, due)
	})
}

// signal is one that is being told.
type signal struct {
	store.Message
	vars   map[string]expr.Value
	sender signoff.Caller
	err    error
}

func (r *Runner) signalOf(ctx context.Context, id int64) *signal {
	s := &signal{}
	if s.Message, s.err = r.outer.Message(ctx, id); s.err != nil {
		return s
	}
	if s.vars, s.err = engine.Values(s.Vars); s.err != nil {
		return s
	}
	s.sender, s.err = r.senderOf(ctx, s.Message)
	return s
}

// tell gives a signal to one who waits for it, or begins what it begins, if its
// sender may.
func (r *Runner) tell(ctx context.Context, to store.SignalTo, s *signal) error {
	taking := store.Taking{Target: to.ID, Signal: to.Message}
	right := access.Finish
	if to.Instance == 0 {
		right = access.Start
	}
	may, err := r.Library.May(ctx, s.sender, right, to.Workflow)
	if err != nil {
		return err
	}
	if !may.OK {
		return may.Err()
	}
	if to.Instance != 0 {
		_, err := r.do(ctx, to.Instance, task{by: r.sending(s.Message, s.sender), own: true, taking: taking, event: engine.SignalCame{Wait: to.Seq, Vars: s.vars}})
		return err
	}
	by, err := r.inName(ctx, s.Person)
	if err != nil {
		return err
	}
	_, err = r.start(ctx, to.Workflow, to.Version, task{by: r.asSent(s.Message, by), own: true, taking: taking, event: engine.Start{Node: to.Node, Priority: 1, Came: s.vars}})
	return err
}
