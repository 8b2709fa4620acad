package runner

import (
	"sync"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// Bounds of what is kept in memory of instances that moved lately. Waiting ones
// fall out again: an instance at rest costs nothing but disk.
const (
	maxRecent      = 512
	maxRecentBytes = 16 << 10 // of one state; larger ones are always read
)

// recent keeps the instances that moved last, so that the next step of one need
// not read it. It may be out of date: a step decided on what it held is not
// stored (store.ErrStale), and a refusal is not given before the instance has
// been read.
type recent struct {
	mu    sync.Mutex
	byID  map[signoff.InstanceID]store.Instance
	order [maxRecent]signoff.InstanceID // a ring of what was put in
	next  int
}

func (c *recent) get(id signoff.InstanceID) (store.Instance, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in, ok := c.byID[id]
	return in, ok
}

// keep takes in what a step has led to.
func (c *recent) keep(st *store.Step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.After.Status != engine.Running || st.StateBytes > maxRecentBytes {
		delete(c.byID, st.Instance)
		return
	}
	if c.byID == nil {
		c.byID = make(map[signoff.InstanceID]store.Instance, maxRecent)
	}
	if _, known := c.byID[st.Instance]; !known {
		delete(c.byID, c.order[c.next])
		c.order[c.next] = st.Instance
		c.next = (c.next + 1) % maxRecent
	}
	c.byID[st.Instance] = store.Instance{ID: st.Instance, Rev: st.Rev + 1, Workflow: st.Workflow, Version: st.Version, State: st.After, Moved: st.At, Caller: st.Caller}
}

func (c *recent) drop(id signoff.InstanceID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byID, id)
}
