package main

import (
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
)

func TestTheMemoryLimitGrowsWithWhatIsInUse(t *testing.T) {
	for live, want := range map[uint64]int64{0: smallHeap, 10 << 20: smallHeap, 40 << 20: 80 << 20, 1 << 30: 2 << 30} {
		if got := memoryLimit(live, 5); got != want+5 {
			t.Errorf("with %d bytes in use, and 5 beside the heap, the limit is %d, not %d", live, got, want+5)
		}
	}
}

func TestStacksDoNotTakeFromWhatTheHeapMay(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	const connections, stack = 1000, 64 << 10
	var ready sync.WaitGroup
	end := make(chan struct{})
	defer close(end)
	for range connections {
		ready.Add(1)
		go func() {
			var deep [stack]byte
			ready.Done()
			<-end
			runtime.KeepAlive(&deep)
		}()
	}
	ready.Wait()
	limitMemory()
	if limit := debug.SetMemoryLimit(-1); limit < smallHeap+connections*stack {
		t.Errorf("the limit is %d MiB with %d MiB of stacks", limit>>20, connections*stack>>20)
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
