package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// The way of a life to what lies in the store besides instances. The judge hears
// whom signals go to, and who cannot be told of one any more.

func (l *life) Errands(ctx context.Context) (store.Errands, error) {
	return through(l, false, "errands", "", func() (store.Errands, error) { return l.outer.Errands(ctx) })
}

func (l *life) PutMessage(ctx context.Context, m store.Message) (out store.Message, made bool, err error) {
	out, err = through(l, true, "put message", m.Ident, func() (out store.Message, err error) {
		before := l.targets()
		if out, made, err = l.outer.PutMessage(ctx, m); made {
			l.judge.noted(l.targets(), before)
		}
		return out, err
	})
	return out, made, err
}

// targets are those who are to be told of signals, where one can look.
func (l *life) targets() map[int64]store.SignalTo {
	out := map[int64]store.SignalTo{}
	if l.mem == nil {
		return out
	}
	l.mem.mu.Lock()
	defer l.mem.mu.Unlock()
	for id, to := range l.mem.errandsKept.targets {
		out[id] = *to
	}
	return out
}

func (l *life) Message(ctx context.Context, id int64) (store.Message, error) {
	return through(l, false, "message", fmt.Sprint(id), func() (store.Message, error) { return l.outer.Message(ctx, id) })
}

func (l *life) TakeMessages(ctx context.Context, now time.Time, limit int) ([]store.Message, error) {
	return through(l, true, "take messages", "", func() ([]store.Message, error) { return l.outer.TakeMessages(ctx, now, limit) })
}

func (l *life) DeferMessage(ctx context.Context, m store.Message, due time.Time, cause string) error {
	return only(l, true, "defer message", m.Ident, func() error { return l.outer.DeferMessage(ctx, m, due, cause) })
}

func (l *life) MissMessage(ctx context.Context, m store.Message, near string, now time.Time) error {
	return only(l, true, "miss", m.Ident, func() error { return l.outer.MissMessage(ctx, m, near, now) })
}

func (l *life) NudgeMessages(ctx context.Context, name, key string, now time.Time) (bool, error) {
	if l.strikes(wordLost, l.name+" "+key) {
		return false, nil
	}
	return through(l, true, "nudge", key, func() (bool, error) { return l.outer.NudgeMessages(ctx, name, key, now) })
}

func (l *life) SweepMessages(ctx context.Context, now time.Time) (int64, error) {
	return through(l, true, "sweep", "", func() (int64, error) { return l.outer.SweepMessages(ctx, now) })
}

func (l *life) ForgetMessages(ctx context.Context, before time.Time, limit int) (int64, error) {
	return through(l, true, "forget messages", "", func() (int64, error) { return l.outer.ForgetMessages(ctx, before, limit) })
}

func (l *life) Awaiting(ctx context.Context, name, key string, except []signoff.WorkflowID, limit int) ([]store.Awaited, error) {
	return through(l, false, "awaiting", name+key, func() ([]store.Awaited, error) { return l.outer.Awaiting(ctx, name, key, except, limit) })
}

func (l *life) AwaitedBy(ctx context.Context, name string, limit int) ([]store.Awaited, error) {
	return through(l, false, "awaited", name, func() ([]store.Awaited, error) { return l.outer.AwaitedBy(ctx, name, limit) })
}

func (l *life) WantedNames(ctx context.Context, limit int) ([]string, error) {
	return through(l, false, "wanted", "", func() ([]string, error) { return l.outer.WantedNames(ctx, limit) })
}

func (l *life) Begins(ctx context.Context, kind, name string) ([]store.Begin, error) {
	return through(l, false, "begins", name, func() ([]store.Begin, error) { return l.outer.Begins(ctx, kind, name) })
}

func (l *life) TakeTargets(ctx context.Context, now time.Time, limit int) ([]store.SignalTo, error) {
	return through(l, true, "take targets", "", func() ([]store.SignalTo, error) { return l.outer.TakeTargets(ctx, now, limit) })
}

func (l *life) DropTarget(ctx context.Context, to store.SignalTo) error {
	return only(l, true, "drop target", fmt.Sprint(to.ID), func() error {
		_, there := l.targets()[to.ID]
		err := l.outer.DropTarget(ctx, to)
		if err == nil && there {
			l.judge.dropped(l, to)
		}
		return err
	})
}

func (l *life) DeferTarget(ctx context.Context, to store.SignalTo, due time.Time) error {
	return only(l, true, "defer target", fmt.Sprint(to.ID), func() error { return l.outer.DeferTarget(ctx, to, due) })
}

func (l *life) TakeOrphans(ctx context.Context, now time.Time, limit int) ([]store.Orphan, error) {
	return through(l, true, "take orphans", "", func() ([]store.Orphan, error) { return l.outer.TakeOrphans(ctx, now, limit) })
}

func (l *life) DropOrphan(ctx context.Context, id signoff.InstanceID) error {
	return only(l, true, "drop orphan", fmt.Sprint(id), func() error { return l.outer.DropOrphan(ctx, id) })
}

func (l *life) DeferOrphan(ctx context.Context, o store.Orphan, due time.Time) error {
	return only(l, true, "defer orphan", fmt.Sprint(o.Instance), func() error { return l.outer.DeferOrphan(ctx, o, due) })
}

func (l *life) TakeSchedules(ctx context.Context, now time.Time, limit int) ([]store.Schedule, error) {
	return through(l, true, "take schedules", "", func() ([]store.Schedule, error) { return l.outer.TakeSchedules(ctx, now, limit) })
}

func (l *life) MoveSchedule(ctx context.Context, was, n store.Schedule) error {
	return only(l, true, "move schedule", n.Node, func() error { return l.outer.MoveSchedule(ctx, was, n) })
}

// noted takes note of whom a signal goes to.
func (j *judge) noted(now, before map[int64]store.SignalTo) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for id, to := range now {
		if _, old := before[id]; !old {
			j.targets[id] = to
		}
	}
}

// dropped takes note that one is not told any more, who must be gone.
func (j *judge) dropped(l *life, to store.SignalTo) {
	in, err := l.records.Instance(context.Background(), to.Instance)
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, w := range in.State.Waits {
		if err == nil && w.Seq == to.Seq {
			j.wrongf("%d still waits for a signal at %s and is not told", to.Instance, to.Node)
		}
	}
	j.deaf[fmt.Sprint(to.Instance, " ", to.Seq)]++
}

// ticked takes note that a time of a schedule has come.
func (j *judge) ticked(st *store.Step) {
	if st.Taking.Tick == nil {
		return
	}
	was := us(st.Taking.Was)
	if n := len(j.ticks); n > 0 && j.ticks[n-1] >= was {
		j.wrongf("doubled: the time %v of a schedule came after %v", at(was), at(j.ticks[n-1]))
	}
	j.ticks = append(j.ticks, was)
}
