package runner

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff/store"
)

// hands knows which of the commands that are this node's in the store are
// worked on. When the store does not answer, the two can differ: a step may be
// stored, with commands this node has taken, of which it heard that they
// perhaps were not; or a command could not be put back. Nobody else touches
// those until the lease ends. So after any such doubt, and as soon as the store
// answers, this node looks what it holds there and gives back what it does not
// have in its hands.
type hands struct {
	taking atomic.Int64 // how often commands are being taken from the store right now
	doubt  atomic.Int64 // when there was one last, in microseconds; 0: all is known

	mu   sync.Mutex
	held map[string]int // by key; an attempt that outlived its lease may still go on beside the next one
}

// slack is how long before now something must have been taken to be forgotten:
// what is taken at this moment may not be in the hands yet.
const slack = 5 * time.Second

func (h *hands) take(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held == nil {
		h.held = map[string]int{}
	}
	h.held[key]++
}

func (h *hands) drop(keys ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range keys {
		if h.held[key]--; h.held[key] <= 0 {
			delete(h.held, key)
		}
	}
}

func (h *hands) has(key string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.held[key] > 0
}

// doubtHands is called when the store may have something as taken that is not
// in the hands. That it has not costs a look.
func (r *Runner) doubtHands() { r.hands.doubt.Store(r.Now().UnixMicro()) }

// takeJobs takes due commands from the store into the hands.
func (r *Runner) takeJobs(ctx context.Context, node string, q *queue, now time.Time, limit int) ([]store.Job, error) {
	r.hands.taking.Add(1)
	defer r.hands.taking.Add(-1)
	jobs, err := r.steps.TakeJobs(ctx, node, q.kind, now, r.lease(), limit)
	for _, j := range jobs {
		r.hands.take(j.Command.Key)
	}
	if err != nil {
		r.doubtHands()
	}
	return jobs, err
}

// giveBackForgotten makes commands due that this node holds in the store and
// does not work on, and tells whether there were any.
func (r *Runner) giveBackForgotten(ctx context.Context) bool {
	node, alive := r.member.holder()
	doubt := r.hands.doubt.Load()
	if !alive || doubt == 0 {
		return false
	}
	now := r.Now()
	if r.hands.taking.Load() > 0 {
		return false // what is taken may not be in the hands yet; what is taken from now on is too new
	}
	n, err := r.steps.ReturnForgotten(ctx, node, now.Add(r.lease()-slack), now, r.hands.has)
	if err != nil {
		return false // the store is away still, and says so elsewhere
	}
	if now.Add(-slack).UnixMicro() > doubt {
		r.hands.doubt.CompareAndSwap(doubt, 0)
	}
	if n > 0 {
		r.Log.Info("commands that were stored in doubt are taken up", slog.Int("count", n))
	}
	return n > 0
}
