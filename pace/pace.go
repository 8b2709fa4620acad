// Package pace keeps whoever sends mail within a mailbox's limits: so many mails
// in any minute, so many at a time. It knows no mail server.
package pace

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A Pace lets mails begin. Make it with New.
type Pace struct {
	perMinute int
	slots     chan struct{}
	now       func() time.Time
	pause     func(ctx context.Context, d time.Duration) error

	mu    sync.Mutex
	mails []*mail // of the last minute
}

// mail counts from its beginning to a minute after its end: when between the two
// the server counts it, nobody knows.
type mail struct {
	under bool // it has not ended
	ended time.Time
}

// Options are how a Pace knows the time; zero values are the machine's.
type Options struct {
	Now   func() time.Time
	Pause func(ctx context.Context, d time.Duration) error
}

// New returns a pace of at most perMinute mails in any minute and atOnce at a
// time. 0 is no limit.
func New(perMinute, atOnce int, o Options) *Pace {
	p := &Pace{perMinute: perMinute, now: o.Now, pause: o.Pause}
	if p.now == nil {
		p.now = time.Now
	}
	if p.pause == nil {
		p.pause = pause
	}
	if atOnce > 0 {
		p.slots = make(chan struct{}, atOnce)
	}
	return p
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// PerMinute is the limit; 0 is none.
func (p *Pace) PerMinute() int { return p.perMinute }

// Begin waits for a turn. The caller calls end when the mail has been handed
// over, or has not been.
func (p *Pace) Begin(ctx context.Context) (end func(), err error) {
	if p.slots != nil {
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	for {
		m, wait := p.book()
		if wait <= 0 {
			return sync.OnceFunc(func() { p.end(m) }), nil
		}
		if err := p.pause(ctx, wait); err != nil {
			p.leave()
			return nil, err
		}
	}
}

func (p *Pace) end(m *mail) {
	p.mu.Lock()
	if m != nil {
		m.under, m.ended = false, p.now()
	}
	p.mu.Unlock()
	p.leave()
}

func (p *Pace) leave() {
	if p.slots != nil {
		<-p.slots
	}
}

// unknown is how long to wait when all places are taken by mails that have not
// ended.
const unknown = 100 * time.Millisecond

// book takes a place, or says how long to wait before asking again.
func (p *Pace) book() (*mail, time.Duration) {
	if p.perMinute <= 0 {
		return nil, 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.mails = slices.DeleteFunc(p.mails, func(m *mail) bool { return !m.under && now.Sub(m.ended) >= time.Minute })
	if len(p.mails) < p.perMinute {
		m := &mail{under: true}
		p.mails = append(p.mails, m)
		return m, 0
	}
	var first time.Time
	for _, m := range p.mails {
		if !m.under && (first.IsZero() || m.ended.Before(first)) {
			first = m.ended
		}
	}
	if first.IsZero() {
		return nil, unknown
	}
	return nil, first.Add(time.Minute).Sub(now)
}

// Resume counts what others have sent, as long ago as given.
func (p *Pace) Resume(ago []time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for _, d := range ago {
		if d >= 0 && d < time.Minute {
			p.mails = append(p.mails, &mail{ended: now.Add(-d)})
		}
	}
}
