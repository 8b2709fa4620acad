package exchange

import "sync"

// Unsent remembers mails that surely were not sent, by their correlation, so
// that sending them again need not wait for what cannot come. It forgets the
// oldest; forgetting costs a minute and nothing else. The zero value is ready.
type Unsent struct {
	mu    sync.Mutex
	known map[string]bool
	order []string
}

const maxUnsent = 1000

func (u *Unsent) note(correlation string, unsent bool) {
	if u == nil || correlation == "" {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !unsent {
		delete(u.known, correlation)
		return
	}
	if u.known[correlation] {
		return
	}
	if u.known == nil {
		u.known = map[string]bool{}
	}
	u.known[correlation] = true
	if u.order = append(u.order, correlation); len(u.order) > maxUnsent {
		delete(u.known, u.order[0])
		u.order = u.order[1:]
	}
}

func (u *Unsent) has(correlation string) bool {
	if u == nil || correlation == "" {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.known[correlation]
}
