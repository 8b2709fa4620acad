package runner

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

// A schedule begins an instance when its time has come, in the commit that moves
// it on to its next time. What was missed while no server ran comes once.

// beginScheduled begins what is due.
func (r *Runner) beginScheduled(ctx, work context.Context, now time.Time) (int, error) {
	list, err := r.outer.TakeSchedules(ctx, now, errandsAtOnce)
	if err != nil {
		return 0, err
	}
	return len(list), beside(list, func(s store.Schedule) error {
		next, err := r.Library.After(s)
		if err != nil {
			err = &signoff.Error{Kind: signoff.Unavailable, Code: library.CodeNoSuchTime, Detail: "the next time is not known: " + err.Error(), Err: err}
			return r.notBegun(work, s, s, err) // it is not known when again: that is no reason to end it
		}
		_, err = r.start(work, s.Workflow, s.Version, task{by: access.System, own: true, taking: store.Taking{Tick: &next, Was: s.Planned},
			event: engine.Start{Node: s.Node, Priority: 1}})
		if err == nil {
			r.errands.ring(next.Planned)
			return nil
		}
		if errors.Is(err, store.ErrTaken) {
			return nil
		}
		return r.notBegun(work, s, next, withFields(err))
	})
}

// notBegun puts off what may go well later. What cannot is left out: the
// schedule goes on, and says why.
func (r *Runner) notBegun(ctx context.Context, s, next store.Schedule, failure error) error {
	if text := cause(failure); text != s.LastError { // said once, not by each second of a cron
		r.Log.Error("a schedule has begun nothing", slog.Int64("workflow", int64(s.Workflow)), slog.String("step", s.Node), slog.Any("err", failure))
	}
	if transient(failure) {
		next = s
		next.Attempt++
		next.Due = r.Now().Add(backoff(retryTimer, next.Attempt))
	}
	next.LastError = cause(failure)
	if !next.Due.IsZero() {
		r.errands.ring(next.Due)
	}
	return r.outer.MoveSchedule(ctx, s, next)
}

// Scheduled has schedules looked at, because one was made or changed.
func (r *Runner) Scheduled() { r.errands.ring(time.Time{}) }
