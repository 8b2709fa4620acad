package bench

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// measure runs cycles from a number of clients, each beginning the next as soon
// as one is done, and counts those that ended in time. What a cycle left to be
// done behind its back counts too: the clock stops when that is done.
func measure(ctx context.Context, s subject, clients int, each time.Duration) (Figure, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	took := make([][]time.Duration, clients)
	var number atomic.Int64
	var failed atomic.Pointer[error]
	begin, cpu := time.Now(), cpuTime()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for ctx.Err() == nil && time.Since(begin) < each {
				from := time.Now()
				if err := s.cycle(ctx, c, int(number.Add(1))); err != nil {
					failed.CompareAndSwap(nil, &err)
					cancel()
					return
				}
				took[c] = append(took[c], time.Since(from))
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return Figure{}, *err
	}
	if err := s.settle(ctx); err != nil {
		return Figure{}, err
	}
	f := figure(slices.Concat(took...), time.Since(begin))
	if f.Cycles > 0 {
		f.CPU = (cpuTime() - cpu) / time.Duration(f.Cycles)
	}
	return f, ctx.Err()
}

func figure(took []time.Duration, in time.Duration) Figure {
	f := Figure{Cycles: len(took), PerSecond: float64(len(took)) / in.Seconds()}
	if len(took) > 0 {
		slices.Sort(took)
		f.P50, f.P99 = took[len(took)/2], took[len(took)*99/100]
	}
	return f
}
