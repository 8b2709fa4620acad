package runner

import (
	"context"
	"encoding/json"
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

// told is a Change as nodes tell it to each other.
type told struct {
	Instance   signoff.InstanceID  `json:"i"`
	Workflow   signoff.WorkflowID  `json:"w"`
	Tasks      []int               `json:"t,omitempty"`
	Principals []signoff.Principal `json:"p,omitempty"`
	Starter    signoff.Principal   `json:"s,omitempty"`
}

func (c Change) line() string {
	t := told{c.Instance, c.Workflow, nil, c.Principals, c.Starter}
	for _, n := range c.Tasks {
		t.Tasks = append(t.Tasks, n.Seq)
	}
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // numbers and strings always encode
	}
	return string(text)
}

// changeFrom reads what line wrote. What another version of the program wrote
// that this one cannot read leaves everything to be read again.
func changeFrom(line string) Change {
	var t told
	if err := json.Unmarshal([]byte(line), &t); err != nil || t.Instance <= 0 {
		return Change{Resync: true}
	}
	c := Change{Instance: t.Instance, Workflow: t.Workflow, Principals: t.Principals, Starter: t.Starter}
	for _, seq := range t.Tasks {
		c.Tasks = append(c.Tasks, signoff.Serial{Instance: t.Instance, Seq: seq})
	}
	return c
}

// changeBuffer is how many changes wait for a slow subscriber before it is told
// to read everything again.
const changeBuffer = 128

// Subscribe returns the changes from now on, on whichever node they happen,
// until ctx ends; then the channel is closed. Those of other nodes need Run.
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

func (h *hub) quiet() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs) == 0
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
		case engine.TaskOffered, engine.TaskClaimed, engine.TaskReleased, engine.TaskRedirected, engine.TaskShared, engine.TaskSlept,
			engine.TaskWoken, engine.TaskDecided, engine.TaskExpired, engine.TaskWithdrawn, engine.TaskAnswered, engine.TaskConcluded,
			engine.TaskPassed, engine.TaskAsked, engine.TaskReplied:
			c.task(st, f.Ref)
		case engine.InstanceHeld, engine.InstanceResumed: // nobody has its tasks any more, or everybody again
			for i := range st.After.Tasks {
				if st.After.Tasks[i].Open() {
					c.task(st, st.After.Tasks[i].Seq)
				}
			}
		}
	}
	return c
}

// task takes in that a task has changed.
func (c *Change) task(st *store.Step, seq int) {
	n := signoff.Serial{Instance: st.Instance, Seq: seq}
	if !slices.Contains(c.Tasks, n) {
		c.Tasks = append(c.Tasks, n)
		c.concern(st.Before.Tasks, seq)
		c.concern(st.After.Tasks, seq)
	}
}

func (c *Change) concern(tasks []engine.Task, seq int) {
	for i := range tasks {
		if tasks[i].Seq != seq {
			continue
		}
		all := append(slices.Clone(tasks[i].Recipients), tasks[i].Claims()...)
		for j := range tasks[i].Answers {
			all = append(all, tasks[i].Answers[j].By.Principal)
		}
		for j := range tasks[i].Questions {
			all = append(all, tasks[i].Questions[j].To)
		}
		for _, p := range all {
			if p != "" && !slices.Contains(c.Principals, p) {
				c.Principals = append(c.Principals, p)
			}
		}
	}
}
