package bench

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkCycle is for profiles of one subject alone:
//
//	go test ./bench -bench Cycle/signoff-W2 -cpuprofile cpu.prof
func BenchmarkCycle(b *testing.B) {
	for _, w := range []workload{w1, w2} {
		b.Run("signoff-"+w.name, func(b *testing.B) { cycles(b, openSignoff, w) })
		b.Run("floor-"+w.name, func(b *testing.B) { cycles(b, openFloor, w) })
	}
}

func cycles(b *testing.B, open func(context.Context, string, workload) (subject, error), w workload) {
	s, err := open(b.Context(), filepath.Join(b.TempDir(), "x.db"), w)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	cpu := cpuTime()
	var next atomic.Int64
	var wg sync.WaitGroup
	for c := range 64 {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := s.cycle(b.Context(), c, int(n)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := s.settle(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
	if err := s.close(); err != nil {
		b.Fatal(err)
	}
}
