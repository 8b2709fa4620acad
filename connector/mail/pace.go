package mail

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pace keeps a mailbox within its provider's limits: at most perMinute starts
// in any minute, at most atOnce at a time. 0 is no limit.
type pace struct {
	perMinute int
	slots     chan struct{}

	mu     sync.Mutex
	starts []time.Time // of the last minute, oldest first
}

func newPace(perMinute, atOnce int) *pace {
	p := &pace{perMinute: perMinute}
	if atOnce > 0 {
		p.slots = make(chan struct{}, atOnce)
	}
	return p
}

// begin waits for its turn. The caller calls end when it is done.
func (p *pace) begin(ctx context.Context) error {
	if p.slots != nil {
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		wait := p.book(time.Now())
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			p.end()
			return ctx.Err()
		}
	}
}

func (p *pace) end() {
	if p.slots != nil {
		<-p.slots
	}
}

// book takes a place in the current minute, or says how long to wait for one.
func (p *pace) book(now time.Time) time.Duration {
	if p.perMinute <= 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.starts) > 0 && now.Sub(p.starts[0]) >= time.Minute {
		p.starts = p.starts[1:]
	}
	if len(p.starts) < p.perMinute {
		p.starts = append(p.starts, now)
		return 0
	}
	return p.starts[0].Add(time.Minute).Sub(now)
}

// resume counts what others have started.
func (p *pace) resume(now time.Time, ago []time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range ago {
		if d >= 0 && d < time.Minute {
			p.starts = append(p.starts, now.Add(-d))
		}
	}
	slices.SortFunc(p.starts, time.Time.Compare)
}
