package ews

import (
	"sync"
	"time"
)

// throttle counts what runs and what was asked, per caller and mailbox: with
// impersonation it is the mailbox's budget that is charged.
type throttle struct {
	mu      sync.Mutex
	running map[string]int
	streams map[string]int
	spent   map[string]window
}

type window struct {
	since time.Time
	count int
}

// enter counts a request in; leave counts it out. It is refused above the
// policy's concurrency.
func (t *throttle) enter(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return count(&t.running, key, maxConcurrency)
}

func (t *throttle) leave(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	uncount(t.running, key)
}

// hang counts a streaming connection in, unhang out.
func (t *throttle) hang(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return count(&t.streams, key, maxStreams)
}

func (t *throttle) unhang(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	uncount(t.streams, key)
}

func count(m *map[string]int, key string, max int) bool {
	if *m == nil {
		*m = map[string]int{}
	}
	if (*m)[key] >= max {
		return false
	}
	(*m)[key]++
	return true
}

func uncount(m map[string]int, key string) {
	if m[key]--; m[key] <= 0 {
		delete(m, key)
	}
}

// spend takes one request from a mailbox's budget of so many a minute and
// returns how long to stay away when there is none left.
func (t *throttle) spend(key string, perMinute int, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.spent == nil {
		t.spent = map[string]window{}
	}
	w := t.spent[key]
	if now.Sub(w.since) >= time.Minute || now.Before(w.since) {
		w = window{since: now}
	}
	w.count++
	t.spent[key] = w
	if w.count <= perMinute {
		return 0
	}
	return w.since.Add(time.Minute).Sub(now)
}
