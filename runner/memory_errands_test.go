package runner

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// errandsKept is what the memory store keeps besides instances: messages, whom
// signals go to, orphans and schedules.
type errandsKept struct {
	messages  []*messageRow
	targets   map[int64]*store.SignalTo
	orphans   map[signoff.InstanceID]*store.Orphan
	schedules []*store.Schedule
	begins    []store.Begin
	since     map[signoff.Serial]int64 // when an instance came to wait for something
	lastTo    int64
}

type messageRow struct {
	store.Message
	due    int64
	looked int64
}

func (m *memory) Errands(context.Context) (e store.Errands, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := func(into *time.Time, due int64) {
		if due > 0 && (into.IsZero() || at(due).Before(*into)) {
			*into = at(due)
		}
	}
	for _, r := range m.messages {
		first(&e.Messages, r.due)
	}
	for _, to := range m.targets {
		first(&e.Signals, us(to.Due))
	}
	for _, o := range m.orphans {
		first(&e.Orphans, us(o.Due))
	}
	for _, s := range m.schedules {
		first(&e.Schedules, us(s.Due))
	}
	return e, nil
}

func (m *memory) PutMessage(_ context.Context, msg store.Message) (store.Message, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.messages {
		switch {
		case r.Source != msg.Source || r.Ident != msg.Ident || m.wrong == messageTwice:
		case r.Digest != msg.Digest:
			return r.Message, false, &signoff.Error{Kind: signoff.Conflict, Code: "message-id-reused"}
		default:
			return r.Message, false, nil
		}
	}
	msg.ID, msg.Turn = int64(len(m.messages)+1), 1
	msg.Came, msg.Until, msg.Settled = at(us(msg.Came)), at(us(msg.Until)), at(us(msg.Settled))
	r := &messageRow{msg, us(msg.Came.Add(timerLease)), us(msg.Came)}
	m.messages = append(m.messages, r)
	if msg.Kind == engine.WaitSignal {
		r.due = 0
		r.Told = m.target(msg)
	}
	return r.Message, true, nil
}

// target notes whom a signal goes to.
func (m *memory) target(msg store.Message) (n int) {
	add := func(to store.SignalTo) {
		m.lastTo++
		n++
		to.ID, to.Message, to.Due = m.lastTo, msg.ID, msg.Came
		m.targets[to.ID] = &to
	}
	for _, a := range m.awaited(engine.WaitSignal, msg.Name) {
		add(store.SignalTo{Instance: a.Instance, Seq: a.Seq, Workflow: a.Workflow, Node: a.Node})
	}
	for _, b := range m.begins {
		if b.Kind == engine.WaitSignal && b.Name == msg.Name {
			add(store.SignalTo{Workflow: b.Workflow, Version: b.Version, Node: b.Node})
		}
	}
	return n
}

// awaited lists who waits for something of a name, in no order.
func (m *memory) awaited(kind, name string) (out []store.Awaited) {
	for _, r := range m.instances {
		for _, w := range r.State.Waits {
			if w.Kind == kind && w.Name == name {
				out = append(out, store.Awaited{Instance: r.ID, Seq: w.Seq, Workflow: r.Workflow, Node: w.Node, Name: w.Name, Key: w.Key,
					Since: at(m.since[signoff.Serial{Instance: r.ID, Seq: w.Seq}])})
			}
		}
	}
	slices.SortFunc(out, func(a, b store.Awaited) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), a.Since.Compare(b.Since), cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Seq, b.Seq))
	})
	return out
}

func (m *memory) Message(_ context.Context, id int64) (store.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.message(id); r != nil {
		return r.Message, nil
	}
	return store.Message{}, &signoff.Error{Kind: signoff.NotFound, Code: "message-not-found"}
}

func (m *memory) message(id int64) *messageRow {
	for _, r := range m.messages {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (m *memory) TakeMessages(_ context.Context, now time.Time, limit int) (out []store.Message, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []*messageRow
	for _, r := range m.messages {
		if r.due > 0 && r.due <= us(now) {
			due = append(due, r)
		}
	}
	slices.SortStableFunc(due, func(a, b *messageRow) int { return cmp.Compare(a.due, b.due) })
	for _, r := range due[:min(limit, len(due))] {
		r.due, r.looked = us(now.Add(timerLease)), us(now)
		r.Turn++
		out = append(out, r.Message)
	}
	slices.SortFunc(out, func(a, b store.Message) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// having is the row of a message that still waits and that whoever says msg has.
func (m *memory) having(msg store.Message) *messageRow {
	if r := m.message(msg.ID); r.State == store.MessageWaiting && r.Turn == msg.Turn {
		return r
	}
	return nil
}

func (m *memory) DeferMessage(_ context.Context, msg store.Message, due time.Time, cause string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.having(msg); r != nil {
		if r.due, r.LastError = us(due), cause; cause != "" {
			r.Attempt++
		} else {
			r.Attempt = 0
		}
	}
	return nil
}

func (m *memory) MissMessage(_ context.Context, msg store.Message, near string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.having(msg); r != nil {
		r.State, r.due, r.Settled, r.Near, r.Vars = store.MessageMissed, 0, at(us(now)), near, ""
	}
	return nil
}

func (m *memory) NudgeMessages(_ context.Context, name, key string, now time.Time) (some bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, r := range m.messages {
		if r.State == store.MessageWaiting && r.Name == name && (r.Key == key || key == "") && n < 16 {
			r.due, some = us(now), true
			r.Turn++
			n++
		}
	}
	return some, nil
}

func (m *memory) SweepMessages(_ context.Context, now time.Time) (n int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wrong == neverSweeps {
		return 0, nil
	}
	for _, r := range m.messages {
		if r.State != store.MessageWaiting || r.due <= us(now.Add(timerLease)) || r.Attempt > 0 {
			continue
		}
		from := at(r.looked).Add(-3 * time.Minute)
		wanted := slices.ContainsFunc(m.awaited(engine.WaitMessage, r.Name), func(a store.Awaited) bool {
			return (a.Key == r.Key || a.Key == "") && a.Since.After(from)
		})
		if wanted { // what begins something did so all along
			r.due = us(now)
			r.Turn++
			n++
		}
	}
	return n, nil
}

func (m *memory) ForgetMessages(context.Context, time.Time, int) (int64, error) { return 0, nil } // nothing is so old

func (m *memory) Awaiting(_ context.Context, name, key string, except []signoff.WorkflowID, limit int) (out []store.Awaited, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range slices.Compact([]string{key, ""}) {
		for _, a := range m.awaited(engine.WaitMessage, name) {
			if a.Key == k && len(out) < limit && !slices.Contains(except, a.Workflow) {
				out = append(out, a)
			}
		}
	}
	return out, nil
}

func (m *memory) AwaitedBy(_ context.Context, name string, limit int) ([]store.Awaited, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.awaited(engine.WaitMessage, name)
	return out[:min(limit, len(out))], nil
}

func (m *memory) WantedNames(_ context.Context, limit int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := map[string]bool{}
	for _, r := range m.instances {
		for _, w := range r.State.Waits {
			if w.Kind == engine.WaitMessage {
				names[w.Name] = true
			}
		}
	}
	for _, b := range m.begins {
		if b.Kind == engine.WaitMessage {
			names[b.Name] = true
		}
	}
	out := slices.Sorted(maps.Keys(names))
	return out[:min(limit, len(out))], nil
}

func (m *memory) Begins(_ context.Context, kind, name string) (out []store.Begin, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.begins {
		if b.Kind == kind && b.Name == name {
			out = append(out, b)
		}
	}
	return out, nil
}

func (m *memory) TakeTargets(_ context.Context, now time.Time, limit int) (out []store.SignalTo, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	due := slices.Collect(maps.Values(m.targets))
	slices.SortFunc(due, func(a, b *store.SignalTo) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	for _, to := range due {
		if us(to.Due) <= us(now) && len(out) < limit {
			to.Due = at(us(now.Add(timerLease)))
			out = append(out, *to)
		}
	}
	slices.SortFunc(out, func(a, b store.SignalTo) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func (m *memory) DropTarget(_ context.Context, to store.SignalTo) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.targets, to.ID)
	return nil
}

func (m *memory) DeferTarget(_ context.Context, to store.SignalTo, due time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.targets[to.ID]; r != nil && r.Due.Equal(to.Due) {
		r.Due = at(us(due))
		r.Attempt++
	}
	return nil
}

func (m *memory) TakeOrphans(_ context.Context, now time.Time, limit int) (out []store.Orphan, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	due := slices.Collect(maps.Values(m.orphans))
	slices.SortFunc(due, func(a, b *store.Orphan) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Instance, b.Instance)) })
	for _, o := range due {
		if us(o.Due) <= us(now) && len(out) < limit {
			o.Due = at(us(now.Add(timerLease)))
			out = append(out, *o)
		}
	}
	return out, nil
}

func (m *memory) DropOrphan(_ context.Context, id signoff.InstanceID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.orphans, id)
	return nil
}

func (m *memory) DeferOrphan(_ context.Context, o store.Orphan, due time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.orphans[o.Instance]; r != nil && r.Due.Equal(o.Due) {
		r.Due = at(us(due))
		r.Attempt++
	}
	return nil
}

func (m *memory) TakeSchedules(_ context.Context, now time.Time, limit int) (out []store.Schedule, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.schedules {
		if us(s.Due) > 0 && us(s.Due) <= us(now) && len(out) < limit {
			s.Due = at(us(now.Add(timerLease)))
			out = append(out, *s)
		}
	}
	return out, nil
}

func (m *memory) schedule(wf signoff.WorkflowID, node string) *store.Schedule {
	for _, s := range m.schedules {
		if s.Workflow == wf && s.Node == node {
			return s
		}
	}
	return nil
}

func (m *memory) MoveSchedule(_ context.Context, was, n store.Schedule) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.schedule(n.Workflow, n.Node); s != nil && s.Version == n.Version && s.Due.Equal(at(us(was.Due))) && s.Paused.IsZero() {
		s.Planned, s.Again, s.Due, s.Attempt, s.LastError = at(us(n.Planned)), n.Again, at(us(n.Due)), n.Attempt, n.LastError
	}
	return nil
}

// mayTake refuses a step that takes in what was taken in before, and one that
// begins an instance for a command that is no longer held.
func (m *memory) mayTake(st *store.Step) error {
	t := st.Taking
	if m.wrong != takenAgain {
		if t.Message != 0 && m.message(t.Message).State != store.MessageWaiting || t.Target != 0 && m.targets[t.Target] == nil {
			return store.ErrTaken
		}
	}
	if n := t.Tick; n != nil && m.wrong != tickAgain {
		if s := m.schedule(n.Workflow, n.Node); s == nil || s.Version != n.Version || !s.Planned.Equal(at(us(t.Was))) || !s.Paused.IsZero() {
			return store.ErrTaken
		}
	}
	if st.Caller != "" && st.Rev == 0 && m.wrong != callAgain {
		if r := m.outbox[st.Caller]; r == nil || r.Hold() != st.Called {
			return store.ErrNotHeld
		}
	}
	return nil
}

// putErrands writes what a step means for what lies outside of its instance. It
// comes before the outbox is changed.
func (m *memory) putErrands(st *store.Step) {
	for _, w := range st.After.Waits {
		if w.Seq > st.Before.Seq {
			m.since[signoff.Serial{Instance: st.Instance, Seq: w.Seq}] = us(st.At)
		}
	}
	if t := st.Taking; t.Message != 0 {
		r := m.message(t.Message)
		r.State, r.due, r.Settled, r.Instance, r.Workflow, r.Begun, r.Vars, r.LastError = store.MessageDelivered, 0, at(us(st.At)), st.Instance, st.Workflow, st.Rev == 0, "", ""
	} else if t.Target != 0 {
		delete(m.targets, t.Target)
	} else if n := t.Tick; n != nil {
		s := m.schedule(n.Workflow, n.Node)
		s.Planned, s.Again, s.Attempt, s.Last, s.LastInstance, s.LastError = at(us(n.Planned)), n.Again, 0, at(us(st.At)), st.Instance, ""
		s.Due = s.Planned
	}
	for _, e := range st.Before.Effects {
		key := signoff.Serial{Instance: st.Instance, Seq: e.Seq}.String() + "/" + e.Kind
		gone := !slices.ContainsFunc(st.After.Effects, func(n engine.Effect) bool { return n.Seq == e.Seq })
		if r := m.outbox[key]; r != nil && gone && st.Finished != key && r.Child > 0 && m.orphans[r.Child] == nil && m.wrong != orphanLost {
			m.orphans[r.Child] = &store.Orphan{Instance: r.Child, Due: at(us(st.At))}
		}
	}
}

// putCall ties an instance to the command that began it. It comes after the
// outbox was changed.
func (m *memory) putCall(st *store.Step) {
	r := m.outbox[st.Caller]
	if st.Caller == "" || r == nil {
		return
	}
	due := int64(0)
	if st.After.Status != engine.Running && m.wrong != endUntold {
		due = us(st.At)
	}
	switch {
	case st.Rev == 0:
		r.Holder, r.due, r.Child, r.last = "", due, st.Instance, ""
		r.Parked++
	case due > 0 && r.Child == st.Instance:
		r.Holder, r.due = "", due
	}
}

func (m *memory) auditErrands() error {
	if len(m.targets)+len(m.orphans) > 0 {
		return errors.New("somebody is still to be told of a signal, or of the end of a caller")
	}
	var waiting []string
	for _, r := range m.messages {
		if r.State == store.MessageWaiting {
			waiting = append(waiting, r.Ident)
		}
	}
	if len(waiting) > 0 {
		return errors.New("messages still wait: " + strings.Join(waiting, ", "))
	}
	return nil
}
