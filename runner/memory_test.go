package runner

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// memory is a store without a disk, for the simulation: it answers a runner as
// the real one does (memory_same_test.go holds it against that), and a hundred
// times faster. It can be made to do one thing wrong, to see that the simulation
// finds it.
type memory struct {
	shared bool // as PostgreSQL: several nodes at a time
	wrong  bug

	mu        sync.Mutex
	instances map[signoff.InstanceID]*record
	outbox    map[string]*row
	timers    map[signoff.Serial]*timerRow
	once      map[string]onceRow
	nodes     map[string]store.Node
	next      signoff.InstanceID
	free      []signoff.InstanceID
	ears      []*ear
	writes    int
	errandsKept
}

type record struct {
	store.Instance
	facts []engine.Fact
}

// row is a command in the outbox; times are microseconds, 0 for none.
type row struct {
	store.Job
	due   int64
	last  string
	want  store.Want // what it lacks; its For is Job.WaitsFor
	since int64
}

type timerRow struct {
	due     int64
	attempt int
}

type onceRow struct {
	digest string
	id     signoff.InstanceID
	at     int64
}

type ear struct {
	topics []store.Topic
	ch     chan store.Hint
}

func newMemory(shared bool) *memory {
	return &memory{shared: shared, instances: map[signoff.InstanceID]*record{}, outbox: map[string]*row{}, timers: map[signoff.Serial]*timerRow{},
		once: map[string]onceRow{}, nodes: map[string]store.Node{}, next: 1,
		errandsKept: errandsKept{targets: map[int64]*store.SignalTo{}, orphans: map[signoff.InstanceID]*store.Orphan{}, since: map[signoff.Serial]int64{}}}
}

// us and at are time as it is stored.
func us(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func at(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func (m *memory) NewInstance(context.Context) (signoff.InstanceID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.free) > 0 {
		slices.Sort(m.free)
		id := m.free[0]
		m.free = m.free[1:]
		return id, nil
	}
	m.next++
	return m.next - 1, nil
}

func (m *memory) ReturnInstance(id signoff.InstanceID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = append(m.free, id)
}

func (m *memory) Instance(_ context.Context, id signoff.InstanceID) (store.Instance, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.instances[id]; r != nil {
		return r.Instance, nil
	}
	return store.Instance{}, store.NoInstance()
}

func (m *memory) Commit(_ context.Context, st *store.Step) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.mayCommit(st); err != nil {
		return err
	}
	m.writes++
	m.putInstance(st)
	m.putOnce(st)
	m.putTimers(st)
	m.putErrands(st)
	if m.wrong != tornCommit || m.writes%10 > 0 {
		m.putOutbox(st)
	}
	m.putCall(st)
	return nil
}

// mayCommit refuses a step as the store does, in the same order.
func (m *memory) mayCommit(st *store.Step) error {
	r := m.instances[st.Instance]
	if st.Rev == 0 {
		if err := m.done(st.Once); err != nil {
			return err
		}
		if r != nil {
			return fmt.Errorf("memory: instance %d is there already", st.Instance)
		}
	} else {
		if r == nil || r.Rev != st.Rev && m.wrong != lostUpdate {
			return store.ErrStale
		}
		if err := m.done(st.Once); err != nil {
			return err
		}
	}
	if err := m.mayTake(st); err != nil || st.Held == (store.Hold{}) || st.Finished == "" {
		return err
	}
	_, err := m.held(st.Held)
	return err
}

func (m *memory) putInstance(st *store.Step) {
	r := m.instances[st.Instance]
	if r == nil {
		r = &record{}
		m.instances[st.Instance] = r
	}
	r.Instance = store.Instance{ID: st.Instance, Rev: r.Rev + 1, Workflow: st.Workflow, Version: st.Version, State: st.After, Moved: at(us(st.At)), Caller: st.Caller}
	facts := st.Facts
	if m.wrong == lostFact && m.writes%10 == 0 {
		facts = facts[:len(facts)-1]
	}
	r.facts = append(r.facts, facts...)
}

func (m *memory) putOnce(st *store.Step) {
	if st.Once.Key != "" && m.wrong != onceIgnored {
		m.once[st.Once.Key] = onceRow{st.Once.Digest, st.Instance, us(st.Once.At)}
	}
}

func (m *memory) putTimers(st *store.Step) {
	for _, old := range st.Before.Timers {
		if !slices.ContainsFunc(st.After.Timers, func(n engine.Timer) bool { return n.Seq == old.Seq }) {
			delete(m.timers, signoff.Serial{Instance: st.Instance, Seq: old.Seq})
		}
	}
	for _, n := range st.After.Timers {
		if slices.ContainsFunc(st.Before.Timers, func(old engine.Timer) bool { return n.Seq == old.Seq }) {
			continue
		}
		if m.wrong != timerDropped || m.writes%4 > 0 {
			m.timers[signoff.Serial{Instance: st.Instance, Seq: n.Seq}] = &timerRow{due: us(st.TimerAt(n.Due))}
		}
	}
}

func (m *memory) putOutbox(st *store.Step) {
	if st.Finished != "" {
		delete(m.outbox, st.Finished)
	}
	if m.wrong != notTakenBack {
		m.dropEnded(st)
	}
	for _, c := range st.Commands {
		attempt := 0
		if c.Holder != "" {
			attempt = 1
		}
		m.outbox[c.Key] = &row{due: us(c.Due), Job: store.Job{Command: c.Command, Instance: st.Instance, Workflow: st.Workflow,
			Version: st.Version, Attempt: attempt, Holder: c.Holder}}
	}
}

// dropEnded takes back what ended effects and tasks had asked for.
func (m *memory) dropEnded(st *store.Step) {
	for _, old := range st.Before.Effects {
		kept := slices.ContainsFunc(st.After.Effects, func(n engine.Effect) bool { return n.Seq == old.Seq })
		if old.Kind != "external" && !kept && st.Finished != fmt.Sprintf("%d_%d/%s", st.Instance, old.Seq, old.Kind) {
			m.dropCommands(st.Instance, old.Seq)
		}
	}
	for i := range st.Before.Tasks {
		old := &st.Before.Tasks[i]
		open := slices.ContainsFunc(st.After.Tasks, func(n engine.Task) bool { return n.Seq == old.Seq && n.Open() })
		if old.Open() && !open {
			m.dropCommands(st.Instance, old.Seq)
		}
	}
}

func (m *memory) dropCommands(id signoff.InstanceID, seq int) {
	prefix := fmt.Sprintf("%d_%d/", id, seq)
	maps.DeleteFunc(m.outbox, func(key string, _ *row) bool { return strings.HasPrefix(key, prefix) })
}

func (m *memory) Done(_ context.Context, o store.Once) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.done(o)
}

func (m *memory) done(o store.Once) error {
	r, ok := m.once[o.Key]
	switch {
	case o.Key != "" && !ok && m.wrong == onceLies && m.writes%10 == 9:
		m.writes++
		return &store.OnceDone{Instance: m.next - 1}
	case o.Key == "" || !ok:
		return nil
	case r.digest != o.Digest:
		return &signoff.Error{Kind: signoff.Conflict, Code: "idempotency-key-reused"}
	}
	return &store.OnceDone{Instance: r.id}
}

func (m *memory) ForgetOnce(_ context.Context, before time.Time, limit int) (n int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := slices.SortedFunc(maps.Keys(m.once), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.once[a].at, m.once[b].at), cmp.Compare(a, b))
	})
	for _, key := range keys {
		if m.once[key].at < us(before) && int(n) < limit {
			delete(m.once, key)
			n++
		}
	}
	return n, nil
}

func (m *memory) TakeJobs(_ context.Context, holder string, kind engine.CommandKind, now time.Time, lease time.Duration, limit int) (jobs []store.Job, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.dueJobs(kind, us(now)) {
		if len(jobs) == limit {
			break
		}
		r.Holder, r.due = holder, us(now.Add(lease))
		r.Attempt++
		j := r.Job
		switch {
		case m.wrong == removedWhenTaken:
			delete(m.outbox, r.Command.Key)
		case m.wrong == leaseWithoutEnd:
			r.due = us(never)
		case m.wrong == leaseWithoutTime:
			r.due = us(now)
			r.Attempt--
		case m.wrong == keyOfItsOwn && r.Attempt > 1:
			j.Command.Key += fmt.Sprint("/", r.Attempt)
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

func (m *memory) dueJobs(kind engine.CommandKind, now int64) (due []*row) {
	for _, r := range m.outbox {
		if r.Command.Kind == kind && r.due > 0 && r.due <= now {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.Command.Key, b.Command.Key))
	})
	return due
}

func (m *memory) NextJob(_ context.Context, kind engine.CommandKind) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var next int64
	for _, r := range m.outbox {
		if r.Command.Kind == kind && r.due > 0 && (next == 0 || r.due < next) {
			next = r.due
		}
	}
	return at(next), nil
}

func (m *memory) Job(_ context.Context, key string) (store.Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.outbox[key]; r != nil {
		return r.Job, nil
	}
	return store.Job{}, &signoff.Error{Kind: signoff.NotFound, Code: "command-not-found"}
}

func (m *memory) DoneJobs(_ context.Context, keys ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.outbox, key)
	}
	return nil
}

// held returns the row that a holder still has.
func (m *memory) held(h store.Hold) (*row, error) {
	r := m.outbox[h.Key]
	if r == nil || m.wrong != fencingIgnored && r.Hold() != h {
		return nil, store.ErrNotHeld
	}
	return r, nil
}

func (m *memory) change(h store.Hold, f func(*row)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.held(h)
	if err == nil {
		f(r)
	}
	return err
}

func (m *memory) RetryJob(_ context.Context, h store.Hold, due time.Time, cause string) error {
	return m.change(h, func(r *row) {
		r.Holder, r.due, r.last, r.WaitsFor = "", us(due), cause, ""
		if m.wrong == retryForgets {
			delete(m.outbox, h.Key)
		}
	})
}

func (m *memory) ReturnJob(_ context.Context, h store.Hold, due time.Time) error {
	return m.change(h, func(r *row) { r.Holder, r.due = "", us(due); r.Attempt-- })
}

func (m *memory) ReturnForgotten(_ context.Context, holder string, until, now time.Time, has func(key string) bool) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, r := range m.outbox {
		if r.Holder == holder && r.due > 0 && r.due <= us(until) && !has(key) {
			r.Holder, r.due = "", us(now)
			n++
		}
	}
	return n, nil
}

func (m *memory) ParkJob(_ context.Context, h store.Hold) error {
	return m.change(h, func(r *row) {
		r.Holder, r.due, r.WaitsFor = "", 0, ""
		if m.wrong == parkForgets {
			delete(m.outbox, h.Key)
		}
	})
}

func (m *memory) ParkFor(_ context.Context, h store.Hold, w store.Want, now time.Time) error {
	return m.change(h, func(r *row) {
		if r.WaitsFor != w.For {
			r.since = us(now)
		}
		r.Holder, r.due, r.last, r.WaitsFor, r.want = "", 0, "", w.For, w
		if r.Parked++; m.wrong == parkedCounts {
			r.Parked--
		}
		if m.wrong == parkedForgets {
			delete(m.outbox, h.Key)
		}
	})
}

// parkedIn lists the keys of commands that are parked and that which picks.
func (m *memory) parkedIn(which func(*row) bool) (keys []string) {
	for key, r := range m.outbox {
		if r.WaitsFor != "" && r.due == 0 && which(r) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func (m *memory) dueNow(keys []string, now time.Time) map[engine.CommandKind]int {
	kinds := map[engine.CommandKind]int{}
	for _, key := range keys {
		m.outbox[key].due = us(now)
		kinds[m.outbox[key].Command.Kind]++
	}
	return kinds
}

func (m *memory) Unpark(_ context.Context, want string, now time.Time, limit int) (map[engine.CommandKind]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := m.parkedIn(func(r *row) bool { return r.WaitsFor == want })
	keys = keys[:min(limit, len(keys))]
	for _, key := range keys {
		m.outbox[key].WaitsFor = ""
	}
	return m.dueNow(keys, now), nil
}

func (m *memory) ofStep(step signoff.Serial) func(*row) bool {
	return func(r *row) bool { return r.Instance == step.Instance && r.Command.Ref == step.Seq }
}

func (m *memory) UnparkStep(_ context.Context, step signoff.Serial, now time.Time) (map[engine.CommandKind]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dueNow(m.parkedIn(m.ofStep(step)), now), nil
}

func (m *memory) StepWants(_ context.Context, step signoff.Serial) (out []store.Want, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.ofStep(step)
	for _, r := range m.outbox {
		if r.WaitsFor != "" && of(r) {
			out = append(out, r.want)
		}
	}
	slices.SortFunc(out, func(a, b store.Want) int { return cmp.Compare(a.For, b.For) })
	return out, nil
}

func (m *memory) LookParked(_ context.Context, after string, now time.Time, limit int) (next string, kinds map[engine.CommandKind]int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wrong == neverLooks {
		return "", nil, nil
	}
	first := map[string]string{} // the first command of each; "" while one looks
	for key, r := range m.outbox {
		if r.WaitsFor <= after {
			continue
		}
		old, known := first[r.WaitsFor]
		switch {
		case r.due != 0:
			first[r.WaitsFor] = ""
		case !known || old != "" && key < old:
			first[r.WaitsFor] = key
		}
	}
	var keys []string
	for _, want := range slices.Sorted(maps.Keys(first)) {
		if first[want] != "" && len(keys) < limit {
			keys, next = append(keys, first[want]), want
		}
	}
	if len(keys) < limit {
		next = ""
	}
	return next, m.dueNow(keys, now), nil
}

func (m *memory) TakeParked(_ context.Context, holder, prefix string, now time.Time, lease time.Duration, limit int) (jobs []store.Job, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := m.parkedIn(func(r *row) bool { return strings.HasPrefix(r.WaitsFor, prefix+"|") })
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(m.outbox[a].WaitsFor, m.outbox[b].WaitsFor) })
	for _, key := range keys[:min(limit, len(keys))] {
		r := m.outbox[key]
		r.Holder, r.due = holder, us(now.Add(lease))
		r.Attempt++
		jobs = append(jobs, r.Job)
	}
	return jobs, nil
}

func (m *memory) WantedOf(_ context.Context, who signoff.Principal, after string, limit int) (out []store.Wanted, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]store.Wanted{}
	for _, r := range m.outbox {
		if r.WaitsFor <= after || r.want.Who != who {
			continue
		}
		w, known := all[r.WaitsFor]
		if !known || at(r.since).Before(w.Since) {
			w.Since = at(r.since)
		}
		w.Want = r.want
		w.Steps++
		all[r.WaitsFor] = w
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[name])
	}
	return out[:min(limit, len(out))], nil
}

func (m *memory) DropJob(_ context.Context, h store.Hold) error {
	return m.change(h, func(r *row) { delete(m.outbox, h.Key) })
}

// timerLease is how long the store leaves a timer to the node that saw it first.
const timerLease = 20 * time.Second

func (m *memory) DueTimers(_ context.Context, now time.Time, limit int) (out []store.Timer, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []signoff.Serial
	for n, t := range m.timers {
		if t.due <= us(now) {
			due = append(due, n)
		}
	}
	slices.SortFunc(due, func(a, b signoff.Serial) int {
		return cmp.Or(cmp.Compare(m.timers[a].due, m.timers[b].due), cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Seq, b.Seq))
	})
	for _, n := range due[:min(limit, len(due))] {
		t := m.timers[n]
		if m.shared {
			t.due = us(now.Add(timerLease))
		}
		out = append(out, store.Timer{Serial: n, Attempt: t.attempt, Until: at(t.due)})
	}
	return out, nil
}

func (m *memory) NextTimer(context.Context) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var next int64
	for _, t := range m.timers {
		if next == 0 || t.due < next {
			next = t.due
		}
	}
	return at(next), nil
}

func (m *memory) DeferTimer(_ context.Context, n store.Timer, due time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := m.timers[n.Serial]; t != nil && t.due == us(n.Until) && t.attempt == n.Attempt {
		t.due = us(due)
		t.attempt++
	}
	return nil
}

func (m *memory) DropTimer(_ context.Context, n signoff.Serial) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.timers, n)
	return nil
}

func (m *memory) Shared() bool { return m.shared }

func (m *memory) Join(ctx context.Context, n store.Node) error {
	m.mu.Lock()
	if !m.shared {
		clear(m.nodes)
	}
	m.nodes[n.ID] = n
	m.mu.Unlock()
	_, err := m.ReleaseLost(ctx, n.Renewed)
	return err
}

func (m *memory) Renew(_ context.Context, id string, now, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, ok := m.nodes[id]
	if ok {
		n.Renewed, n.Until = now, until
		m.nodes[id] = n
	}
	return ok, nil
}

func (m *memory) Leave(_ context.Context, id string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.nodes, id)
	m.release(now, func(holder string) bool { return holder == id })
	return nil
}

func (m *memory) Reap(_ context.Context, now time.Time) (dead []store.Node, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, n := range m.nodes {
		if us(n.Until) <= us(now) {
			delete(m.nodes, id)
			if m.wrong != leaseWithoutEnd {
				m.release(now, func(holder string) bool { return holder == id })
			}
			dead = append(dead, n)
		}
	}
	slices.SortFunc(dead, func(a, b store.Node) int { return cmp.Compare(a.ID, b.ID) })
	return dead, nil
}

func (m *memory) ReleaseLost(_ context.Context, now time.Time) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wrong == leaseWithoutEnd {
		return 0, nil
	}
	return m.release(now, func(holder string) bool { _, known := m.nodes[holder]; return !known }), nil
}

// release gives back what is held by those whom whose picks.
func (m *memory) release(now time.Time, whose func(holder string) bool) (n int64) {
	for _, r := range m.outbox {
		if r.due > 0 && r.Holder != "" && whose(r.Holder) {
			r.Holder, r.due = "", us(now)
			n++
		}
	}
	return n
}

func (m *memory) Others() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.nodes) > 1
}

// Publish reaches everybody, the sender included, unless they are slow.
func (m *memory) Publish(topic store.Topic, payload string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.ears {
		if slices.Contains(e.topics, topic) && len(e.ch) < cap(e.ch) {
			e.ch <- store.Hint{Topic: topic, Payload: payload}
		}
	}
}

func (m *memory) Hints(ctx context.Context, topics ...store.Topic) <-chan store.Hint {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := &ear{topics, make(chan store.Hint, 64)}
	m.ears = append(m.ears, e)
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if i := slices.Index(m.ears, e); i >= 0 {
			m.ears = slices.Delete(m.ears, i, i+1)
			close(e.ch)
		}
	})
	return e.ch
}

// Audit is what store.Audit is: everything about an instance must be what its
// facts say.
func (m *memory) Audit(_ context.Context, id signoff.InstanceID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.instances[id]
	for i, f := range r.facts {
		if f.Seq != i+1 {
			return fmt.Errorf("instance %d: fact %d stands in place %d", id, f.Seq, i+1)
		}
	}
	folded := engine.Fold(r.facts)
	if want, is := folded.AppendJSON(nil), r.State.AppendJSON(nil); !bytes.Equal(want, is) {
		return fmt.Errorf("instance %d: its state\n%s\nis not what its history gives\n%s", id, is, want)
	}
	return errors.Join(m.auditTimers(r), m.auditOutbox(r))
}

func (m *memory) auditTimers(r *record) error {
	n := 0
	for s := range m.timers {
		if s.Instance == r.ID {
			n++
		}
	}
	for _, t := range r.State.Timers {
		if m.timers[signoff.Serial{Instance: r.ID, Seq: t.Seq}] == nil {
			return fmt.Errorf("instance %d: timer %d has no row", r.ID, t.Seq)
		}
	}
	if n != len(r.State.Timers) {
		return fmt.Errorf("instance %d: %d rows for %d timers", r.ID, n, len(r.State.Timers))
	}
	return nil
}

func (m *memory) auditOutbox(r *record) error {
	var is, want []int
	for _, row := range m.outbox {
		if row.Instance == r.ID && row.Command.Kind != engine.DoNotify {
			is = append(is, row.Command.Ref)
		}
	}
	for _, e := range r.State.Effects {
		failed := slices.ContainsFunc(r.State.Incidents, func(i engine.Incident) bool { return i.Effect == e.Seq })
		if e.Kind != "external" && !failed {
			want = append(want, e.Seq)
		}
	}
	slices.Sort(is)
	slices.Sort(want)
	if !slices.Equal(is, want) {
		return fmt.Errorf("instance %d: outbox has commands for %v, want %v", r.ID, is, want)
	}
	return nil
}

// Facts is an instance's whole history.
func (m *memory) Facts(_ context.Context, id signoff.InstanceID, after, limit int) ([]engine.Fact, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.instances[id]; r != nil && after == 0 {
		return r.facts[:min(limit, len(r.facts)):len(r.facts)], nil
	}
	return nil, nil
}
