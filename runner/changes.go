package runner

import (
	"context"
	"slices"
	"sync"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// Change tells that an instance has moved on, after it is on disk.
type Change struct {
	Instance   signoff.InstanceID
	Workflow   signoff.WorkflowID
	Tasks      []signoff.Serial    // tasks that were offered, changed or closed
	Principals []signoff.Principal // whose worklist that concerns
	Starter    signoff.Principal
	Resync     bool // changes were left out: whoever watches should read everything again
}

// changeBuffer is how many changes wait for a slow subscriber before it is told
// to read everything again.
const changeBuffer = 128

// Subscribe returns the changes from now on, until ctx ends; then the channel
// is closed.
func (r *Runner) Subscribe(ctx context.Context) <-chan Change {
	s := &subscriber{ch: make(chan Change, changeBuffer)}
	r.changes.add(s)
	context.AfterFunc(ctx, func() { r.changes.remove(s) })
	return s.ch
}

// hub passes changes on and never waits for anybody.
type hub struct {
	mu   sync.Mutex
	subs []*subscriber
}

type subscriber struct {
	ch   chan Change
	lost bool // the last thing in ch is a resync mark, or was until it was read
}

func (h *hub) add(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs = append(h.subs, s)
}

func (h *hub) remove(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.subs, s); i >= 0 {
		h.subs = slices.Delete(h.subs, i, i+1)
		close(s.ch)
	}
}

func (h *hub) publish(c Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.subs {
		s.offer(c)
	}
}

// offer keeps the last place in the buffer for the mark that stands for
// everything left out. While that mark is unread it covers later changes too.
func (s *subscriber) offer(c Change) {
	switch n := len(s.ch); {
	case s.lost && n > 0:
	case n < cap(s.ch)-1:
		s.lost = false
		s.ch <- c
	default:
		s.lost = true
		s.ch <- Change{Resync: true}
	}
}

// changeOf works out whom a step concerns.
func changeOf(st *store.Step) Change {
	c := Change{Instance: st.Instance, Workflow: st.Workflow, Starter: st.After.Starter.Principal}
	for i := range st.Facts {
		switch f := &st.Facts[i]; f.Kind {
		case engine.TaskOffered, engine.TaskClaimed, engine.TaskReleased, engine.TaskRedirected, engine.TaskSlept,
			engine.TaskWoken, engine.TaskDecided, engine.TaskExpired, engine.TaskWithdrawn:
			n := signoff.Serial{Instance: st.Instance, Seq: f.Ref}
			if !slices.Contains(c.Tasks, n) {
				c.Tasks = append(c.Tasks, n)
				c.concern(st.Before.Tasks, f.Ref)
				c.concern(st.After.Tasks, f.Ref)
			}
		}
	}
	return c
}

func (c *Change) concern(tasks []engine.Task, seq int) {
	for i := range tasks {
		if tasks[i].Seq != seq {
			continue
		}
		for _, p := range append(slices.Clone(tasks[i].Recipients), tasks[i].Claimed) {
			if p != "" && !slices.Contains(c.Principals, p) {
				c.Principals = append(c.Principals, p)
			}
		}
	}
}
