package traffic

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

const (
	atOnce   = 4 // requests of one mailbox: https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
	maxLanes = 10_000
	maxNotes = 1000
)

// Lanes are the lanes of the mailboxes of one system.
type Lanes struct {
	Pause func(context.Context, time.Duration) error

	mu    sync.Mutex
	lanes map[string]*Lane
}

// Of is the lane of the mailbox with an address, the same for everybody who uses
// it; "" is the own one of whoever has access.
func (s *Lanes) Of(a exchange.Access, address string) *Lane {
	mailbox := strings.ToLower(address)
	if mailbox == "" {
		mailbox = "own of " + a.Who + " " + a.User
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[mailbox]
	if l == nil {
		if s.lanes == nil || len(s.lanes) >= maxLanes { // those in use live on with whoever has them
			s.lanes = map[string]*Lane{}
		}
		l = &Lane{of: s, turns: make(chan struct{}, atOnce), notes: map[string]string{}}
		s.lanes[mailbox] = l
	}
	return l
}

// A Lane bounds the requests of one mailbox, holds them while it asks to wait, and
// remembers small things about it.
type Lane struct {
	of    *Lanes
	turns chan struct{}

	mu    sync.Mutex
	until time.Time
	notes map[string]string
}

// Turn waits for a place among the requests of the mailbox, then as long as it
// has asked everybody to. Asked for more than one request waits, it refuses for
// doing ("Sending the mail"). The caller calls done.
func (l *Lane) Turn(ctx context.Context, doing string) (done func(), err error) {
	select {
	case l.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	done = func() { <-l.turns }
	if err := l.heed(ctx, doing); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

func (l *Lane) heed(ctx context.Context, doing string) error {
	l.mu.Lock()
	wait := l.until.Sub(time.Now())
	l.mu.Unlock()
	switch {
	case wait <= 0:
		return nil
	case wait > LongestWait:
		return (&exchange.Refusal{Status: http.StatusTooManyRequests, Text: "The mailbox asked for a pause.", Wait: wait}).Explain(doing, "")
	}
	return l.of.Pause(ctx, wait)
}

// Hold makes everybody leave the mailbox alone for d.
func (l *Lane) Hold(d time.Duration) {
	until := time.Now().Add(d)
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.until) {
		l.until = until
	}
}

// Note remembers something that is asked for anew when it is forgotten, as the
// id of a folder; "" forgets it.
func (l *Lane) Note(name, value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if value == "" {
		delete(l.notes, name)
		return
	}
	if len(l.notes) >= maxNotes {
		clear(l.notes)
	}
	l.notes[name] = value
}

// Noted is what Note remembers, "" if nothing.
func (l *Lane) Noted(name string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.notes[name]
}

// Outbox is the id of the outbox of the lane's mailbox, "" while it has none: one
// is made when it is first needed.
func (l *Lane) Outbox(ctx context.Context, b exchange.Backend) (string, error) {
	const name = "id of the outbox"
	if known := l.Noted(name); known != "" {
		return known, nil
	}
	f, err := b.Folder(ctx, "outbox")
	if exchange.Gone(err) {
		return "", nil
	}
	l.Note(name, f.ID)
	return f.ID, err
}
