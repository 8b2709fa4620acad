package runner

import "sync"

// gifts remembers which connections were given lately, and in what order. One
// that is given while an attempt finds it lacking finds nothing parked that it
// could wake.
type gifts struct {
	mu   sync.Mutex
	last uint64
	of   map[string]uint64
}

// maxGifts bounds what is remembered. Work that misses its connection because
// of that looks for itself after some minutes.
const maxGifts = 10_000

// soFar is where an attempt begins.
func (g *gifts) soFar() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

func (g *gifts) note(name string) {
	if name == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of == nil || len(g.of) >= maxGifts {
		g.of = map[string]uint64{}
	}
	g.last++
	g.of[name] = g.last
}

// since tells whether a connection was given after an attempt began.
func (g *gifts) since(name string, began uint64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.of[name] > began
}
