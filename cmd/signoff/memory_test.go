package main

import (
	"runtime"
	"testing"
)

func TestTheMemoryLimitGrowsWithWhatIsInUse(t *testing.T) {
	for live, want := range map[uint64]int64{0: smallHeap, 10 << 20: smallHeap, 40 << 20: 80 << 20, 1 << 30: 2 << 30} {
		if got := memoryLimit(live); got != want {
			t.Errorf("with %d bytes in use the limit is %d, not %d", live, got, want)
		}
	}
}

func TestEveryCollectionIsNoticed(t *testing.T) {
	noticed := make(chan struct{}, 8)
	afterEachCollection(func() {
		select {
		case noticed <- struct{}{}:
		default:
		}
	})
	for range 3 {
		runtime.GC()
		<-noticed
	}
}
