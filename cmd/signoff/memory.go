package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Collecting garbage seldom saves a tenth of the processor time of an approval
// under load, and costs memory. A small server can afford that up to a point:
// the heap may grow to four times what is in use, but without reason not beyond
// smallHeap, and where more is in use than that, to about twice of it. One
// password being checked, which takes 19 MiB for a moment, then does not leave
// four times as much behind.
const (
	gcPercent = 300
	smallHeap = 64 << 20
)

// tuneCollector does nothing where the environment says how it is to be.
func tuneCollector() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	limitMemory()
	afterEachCollection(limitMemory)
}

// limitMemory lets the heap take smallHeap, or twice what it has in use. The
// limit is on all memory: stacks, of which every connection has some, and what
// the runtime keeps for itself come on top, or there would be ever less left for
// the heap and no end of collecting.
func limitMemory() {
	m := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"}}
	for _, heap := range [...]string{"objects", "unused", "free", "released"} {
		m = append(m, metrics.Sample{Name: "/memory/classes/heap/" + heap + ":bytes"})
	}
	metrics.Read(m)
	beside := m[1].Value.Uint64()
	for _, heap := range m[2:] {
		beside -= heap.Value.Uint64()
	}
	debug.SetMemoryLimit(memoryLimit(m[0].Value.Uint64(), beside))
}

func memoryLimit(live, beside uint64) int64 { return int64(max(smallHeap, 2*live) + beside) }

// afterEachCollection calls f whenever garbage has been collected: a finalizer
// runs then, and sets up the next one.
func afterEachCollection(f func()) {
	type sentinel struct{ _ [16]byte }
	var again func(*sentinel)
	again = func(*sentinel) {
		f()
		runtime.SetFinalizer(&sentinel{}, again)
	}
	runtime.SetFinalizer(&sentinel{}, again)
}
