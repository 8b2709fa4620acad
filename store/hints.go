package store

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Hints tell nodes of each other's doings at once. They are sent after the
// commit they tell of, may come late, twice or never, and are worth only the
// time that would pass until the next look: nothing rests on them.

// Topic is what a hint is about.
type Topic string

const (
	TopicChanges   Topic = "changes"   // instances moved on; for pages
	TopicJobs      Topic = "jobs"      // commands wait in the outbox; the payload is their kind, "" any
	TopicMail      Topic = "mail"      // mails wait to be sent, or nobody is sending any
	TopicPeople    Topic = "people"    // accounts or groups were changed
	TopicWorkflows Topic = "workflows" // workflows or rights were changed
)

// Hint is what another node says. With Resync, hints of the topic were lost:
// whoever follows it should look at everything.
type Hint struct {
	Topic   Topic
	Payload string
	Resync  bool
}

// hintBuffer is how many hints wait for a slow reader before it is told to look
// at everything.
const hintBuffer = 256

// hints passes on what other nodes say.
type hints struct {
	others atomic.Bool // other nodes are known

	mu   sync.Mutex
	subs []*listener
}

type listener struct {
	topics []Topic
	ch     chan Hint
	lost   map[Topic]bool // told to look at everything, and has not read that
}

// Others tells whether another node may want to hear something.
func (s *Store) Others() bool { return s.hints.others.Load() }

// Publish tells the other nodes, soon, and never waits. It is to be called
// after the commit.
func (s *Store) Publish(topic Topic, payload string) {
	if s.Others() {
		s.hints.say(topic, payload)
	}
}

// Hints returns what other nodes publish about the topics, until ctx ends; then
// the channel is closed.
func (s *Store) Hints(ctx context.Context, topics ...Topic) <-chan Hint {
	l := &listener{topics: topics, ch: make(chan Hint, hintBuffer), lost: map[Topic]bool{}}
	s.hints.mu.Lock()
	s.hints.subs = append(s.hints.subs, l)
	s.hints.mu.Unlock()
	context.AfterFunc(ctx, func() { s.hints.remove(l) })
	return l.ch
}

func (h *hints) remove(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.subs, l); i >= 0 {
		h.subs = slices.Delete(h.subs, i, i+1)
		close(l.ch)
	}
}

func (h *hints) join(string) {}

func (h *hints) say(Topic, string) {}
