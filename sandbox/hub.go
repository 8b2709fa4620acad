package sandbox

import "sync"

// hub tells listeners that a mailbox has changed. A listener that does not
// keep up loses news, never delays a delivery: it reads the mailbox anyway.
type hub struct {
	mu     sync.Mutex
	subs   map[chan string]struct{}
	closed bool
}

func newHub() *hub { return &hub{subs: map[chan string]struct{}{}} }

// subscribe returns ids of changed mailboxes until stop is called or the hub
// closes.
func (h *hub) subscribe() (news <-chan string, stop func()) {
	ch := make(chan string, maxMailboxEvents)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(ch)
		return ch, func() {}
	}
	h.subs[ch] = struct{}{}
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subs, ch)
	}
}

func (h *hub) changed(mailbox string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.subs {
		select {
		case ch <- mailbox:
		default:
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for ch := range h.subs {
		close(ch)
		delete(h.subs, ch)
	}
}
