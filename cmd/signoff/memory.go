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

// limitMemory lets the program take smallHeap, or twice what it has in use.
func limitMemory() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetMemoryLimit(memoryLimit(live[0].Value.Uint64()))
}

func memoryLimit(live uint64) int64 { return int64(max(smallHeap, 2*live)) }

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
