package exchange

import (
	"sync"
	"time"
)

// Limits are Exchange Online's. A negative one is none.
type Limits struct {
	Concurrent        int `json:"concurrent"`        // requests at once, of an app and a mailbox
	RequestsPer10Min  int `json:"requestsPer10Min"`  // likewise
	MessagesPerMinute int `json:"messagesPerMinute"` // that a mailbox sends
}

// DefaultLimits are what Microsoft publishes.
var DefaultLimits = Limits{Concurrent: 4, RequestsPer10Min: 10_000, MessagesPerMinute: 30}

// budget counts what was used of the limits.
type budget struct {
	mu     sync.Mutex
	limits Limits
	set    bool
	pairs  map[pair]*use
	sent   map[string][]time.Time // by account, within the last minute
}

type pair struct{ app, mailbox string }

type use struct {
	now   int
	since time.Time
	count int
}

const maxPairs = 10_000

func (b *budget) current() Limits {
	if !b.set {
		return DefaultLimits
	}
	return b.limits
}

// SetLimits changes the limits of every mailbox, from now on.
func (x *Exchange) SetLimits(l Limits) {
	b := &x.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits, b.set = l, true
	b.pairs, b.sent = nil, nil
}

// CurrentLimits tells what is in force.
func (x *Exchange) CurrentLimits() Limits {
	b := &x.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.current()
}

// Begin takes one request of an app to a mailbox into account. Refused, it says
// which limit was reached, and how long to wait; else the caller calls done.
func (x *Exchange) Begin(app, mailbox string) (done func(), limit string, wait time.Duration) {
	b := &x.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	l, now := b.current(), x.Now()
	if b.pairs == nil || len(b.pairs) > maxPairs {
		b.pairs = map[pair]*use{}
	}
	u := b.pairs[pair{app, mailbox}]
	if u == nil {
		u = &use{since: now}
		b.pairs[pair{app, mailbox}] = u
	}
	if now.Sub(u.since) >= 10*time.Minute {
		u.since, u.count = now, 0
	}
	if l.RequestsPer10Min >= 0 && u.count >= l.RequestsPer10Min {
		return nil, "MailboxRequestRate", u.since.Add(10 * time.Minute).Sub(now)
	}
	if l.Concurrent >= 0 && u.now >= l.Concurrent {
		return nil, "MailboxConcurrency", time.Second
	}
	u.count++
	u.now++
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		u.now--
	}), "", 0
}

// maySend counts a mail against the pace of its mailbox.
func (b *budget) maySend(m *Mailbox) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, now := b.current(), m.now()
	if l.MessagesPerMinute < 0 {
		return true
	}
	if b.sent == nil {
		b.sent = map[string][]time.Time{}
	}
	list := b.sent[m.account.ID]
	for len(list) > 0 && now.Sub(list[0]) >= time.Minute {
		list = list[1:]
	}
	ok := len(list) < l.MessagesPerMinute
	if ok {
		list = append(list, now)
	}
	b.sent[m.account.ID] = list
	return ok
}
