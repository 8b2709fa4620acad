package store

import (
	"container/heap"
	"context"
	"sync"
	"sync/atomic"

	"github.com/signoffhq/signoff"
)

// ids hands out instance numbers. A number is needed before it is known
// whether the start will be accepted; one that was not used is handed out
// again, so that people see no gaps. After a crash there may be some.
type ids struct {
	mu      sync.Mutex
	next    signoff.InstanceID
	free    idHeap
	waiting atomic.Int64 // callers that want a number
}

// firstFree is a query for the number behind all that were ever stored. Those of
// instances that were removed are not used again: mail and links still name them.
const firstFree = `select max((select coalesce(max(id), 0) from instance), (select coalesce(max(highest), 0) from removed)) + 1`

func (s *Store) loadIDs(ctx context.Context) error {
	err := s.row(ctx, firstFree).Scan(&s.ids.next)
	return err
}

// NewInstance returns a number for a new instance. Give it back with
// ReturnInstance when nothing was stored under it.
func (s *Store) NewInstance(ctx context.Context) (signoff.InstanceID, error) {
	s.ids.waiting.Add(1)
	defer s.ids.waiting.Add(-1)
	s.ids.mu.Lock()
	defer s.ids.mu.Unlock()
	if s.pg != nil && len(s.ids.free) == 0 {
		if err := s.fetchIDs(ctx); err != nil {
			return 0, s.explain(err)
		}
	}
	if len(s.ids.free) > 0 {
		return heap.Pop(&s.ids.free).(signoff.InstanceID), nil
	}
	s.ids.next++
	return s.ids.next - 1, nil
}

// fetchIDs takes numbers from the sequence that all nodes share: as many as
// there are callers waiting, so that none is left over.
func (s *Store) fetchIDs(ctx context.Context) error {
	const most = 100
	for try := 0; ; try++ {
		rows, err := s.writer.db.QueryContext(context.WithoutCancel(ctx), `select nextval('instance_number') from generate_series(1, $1)`,
			min(s.ids.waiting.Load(), most))
		if err == nil {
			return eachRow(rows, func() error {
				var id signoff.InstanceID
				err := rows.Scan(&id)
				heap.Push(&s.ids.free, id)
				return err
			})
		}
		if try == maxStale || !lostConnection(err) {
			return err
		}
	}
}

// ReturnInstance gives back a number that certainly is not stored.
func (s *Store) ReturnInstance(id signoff.InstanceID) {
	s.ids.mu.Lock()
	defer s.ids.mu.Unlock()
	heap.Push(&s.ids.free, id)
}

type idHeap []signoff.InstanceID

func (h idHeap) Len() int           { return len(h) }
func (h idHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h idHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *idHeap) Push(x any)        { *h = append(*h, x.(signoff.InstanceID)) }
func (h *idHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
