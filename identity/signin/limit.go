package signin

import (
	"net/netip"
	"sync"
	"time"
)

// How much of what fails anybody may have us do that makes us ask a provider,
// or write. What works is not counted: a whole firm may sign in from one address.
const (
	perPlace    = 30  // within limitWindow, from one address
	perAll      = 600 // from all
	maxPlaces   = 20_000
	limitWindow = time.Minute
	exchanges   = 16 // codes being exchanged at a time, per provider
)

// limiter counts what failed, by place.
type limiter struct {
	now func() time.Time

	mu     sync.Mutex
	since  time.Time
	counts map[string]int
	all    int
}

// held tells whether a place has to wait.
func (l *limiter) held(remote string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
	return l.all >= perAll || l.counts[placeOf(remote)] >= perPlace
}

// failed counts one.
func (l *limiter) failed(remote string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
	l.all++
	if place := placeOf(remote); l.counts[place] > 0 || len(l.counts) < maxPlaces {
		l.counts[place]++
	}
}

// turn begins a new window when one is over. The caller holds mu.
func (l *limiter) turn() {
	if now := l.now(); l.counts == nil || now.Sub(l.since) >= limitWindow || now.Before(l.since) {
		l.since, l.counts, l.all = now, map[string]int{}, 0
	}
}

// placeOf is one customer of an internet provider: an IPv4 address, or an IPv6
// network of 64 bits.
func placeOf(remote string) string {
	a, err := netip.ParseAddr(remote)
	if err != nil {
		return remote
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	p, _ := a.Prefix(64)
	return p.String()
}
