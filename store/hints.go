package store

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Hints tell nodes of each other's doings at once. They are sent after the
// commit they tell of, may come late, twice or never, and are worth only the
// time that would pass until the next look: nothing rests on them.
//
// On PostgreSQL they are NOTIFYs, on a connection that is made when another node
// is first seen. Many hints share one, for every NOTIFY is a commit; a node that
// knows of no other sends none.

// Topic is what a hint is about.
type Topic string

const (
	TopicChanges   Topic = "changes"   // instances moved on; for pages
	TopicJobs      Topic = "jobs"      // commands wait in the outbox; the payload is their kind, "" any
	TopicMail      Topic = "mail"      // mails wait to be sent, or nobody is sending any
	TopicPeople    Topic = "people"    // accounts or groups were changed
	TopicWorkflows Topic = "workflows" // workflows or rights were changed
	TopicSettings  Topic = "settings"  // a setting was saved; the payload is its name
	TopicOAuth     Topic = "oauth"     // a resource or token for another system was changed; the payload is its name or need
	TopicConnected Topic = "connected" // a token can be used now; the payload is its need
)

var allTopics = []Topic{TopicChanges, TopicJobs, TopicMail, TopicPeople, TopicWorkflows, TopicSettings, TopicOAuth, TopicConnected}

// Hint is what another node says. With Resync, hints of the topic were lost:
// whoever follows it should look at everything.
type Hint struct {
	Topic   Topic
	Payload string
	Resync  bool
}

const (
	hintBuffer  = 256                   // hints that wait for a slow reader before it is told to look at everything
	hintPause   = 10 * time.Millisecond // between two NOTIFYs, so that busy nodes put many hints into each
	maxUnsaid   = 64 << 10              // bytes of hints that wait to be sent; beyond, everybody looks at everything
	maxNotify   = 7900                  // bytes of one NOTIFY; PostgreSQL takes 7999
	listenProbe = 15 * time.Second      // how often to see whether a quiet connection still is one
)

// hintChannel is the name nodes listen under.
const hintChannel = "signoff_hints"

// hints passes on what other nodes say, and to them what this one does.
type hints struct {
	others atomic.Bool   // other nodes are known
	self   string        // this process, so that it does not listen to itself
	kick   chan struct{} // there is something to say

	mu     sync.Mutex
	met    bool // at the last look there were other nodes
	closed bool
	stop   context.CancelFunc // nil: not begun
	ended  chan struct{}
	subs   []*listener
	unsaid []string // hints to be sent, encoded
	size   int
}

// listener is one reader of hints.
type listener struct {
	topics []Topic
	ch     chan Hint
	put    int           // how much was ever put into ch
	marks  map[Topic]int // the last mark of each topic, by its place among all that was put
}

// Others tells whether another node may want to hear something.
func (s *Store) Others() bool { return s.hints.others.Load() }

// Publish tells the other nodes, soon, and never waits. It is to be called
// after the commit. A payload is one line.
func (s *Store) Publish(topic Topic, payload string) {
	if s.Others() {
		s.hints.say(topic, payload)
	}
}

// Hints returns what other nodes publish about the topics, until ctx ends; then
// the channel is closed.
func (s *Store) Hints(ctx context.Context, topics ...Topic) <-chan Hint {
	l := &listener{topics: topics, ch: make(chan Hint, hintBuffer), marks: map[Topic]int{}}
	h := s.hints
	h.mu.Lock()
	h.subs = append(h.subs, l)
	h.mu.Unlock()
	context.AfterFunc(ctx, func() { h.remove(l) })
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

// A hint on its way is its topic, a space and its payload; a topic alone with
// an exclamation mark says that hints of it were lost. One NOTIFY is the
// sender's mark and hints, a line each.

func (h *hints) say(topic Topic, payload string) {
	text := string(topic) + " " + payload
	if len(text) > maxNotify/2 || strings.ContainsAny(payload, "\n\x00") {
		text = string(topic) + "!"
	}
	h.mu.Lock()
	if h.size+len(text) > maxUnsaid {
		h.unsaid, h.size = lostTopics(h.unsaid), 0
		text = string(topic) + "!"
	}
	if !slices.Contains(h.unsaid[max(0, len(h.unsaid)-8):], text) { // the same is said once
		h.unsaid = append(h.unsaid, text)
		h.size += len(text) + 1
	}
	h.mu.Unlock()
	h.wake()
}

// wake has what is unsaid said.
func (h *hints) wake() {
	select {
	case h.kick <- struct{}{}:
	default:
	}
}

// unheard takes a NOTIFY back that perhaps nobody got: that there was something
// of its topics is said before all else.
func (h *hints) unheard(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, lines, _ := strings.Cut(text, "\n")
	h.unsaid = append(lostTopics(strings.Split(lines, "\n")), h.unsaid...)
}

// lostTopics says of hints only that there were some.
func lostTopics(unsaid []string) (out []string) {
	for _, text := range unsaid {
		topic, _, _ := strings.Cut(text, " ")
		if mark := strings.TrimSuffix(topic, "!") + "!"; !slices.Contains(out, mark) {
			out = append(out, mark)
		}
	}
	return out
}

// next takes what fits into one NOTIFY, "" when there is nothing to say.
func (h *hints) next() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	n := 0
	for _, text := range h.unsaid {
		if n > 0 && b.Len()+1+len(text) > maxNotify-len(h.self) {
			break
		}
		b.WriteString("\n" + text)
		n++
	}
	h.unsaid = slices.Delete(h.unsaid, 0, n)
	h.size = max(0, h.size-b.Len())
	if n == 0 {
		return ""
	}
	return h.self + b.String()
}

// heard takes one NOTIFY in.
func (h *hints) heard(text string) {
	from, rest, _ := strings.Cut(text, "\n")
	if from == h.self {
		return
	}
	h.others.Store(true)
	for line := range strings.SplitSeq(rest, "\n") {
		topic, payload, _ := strings.Cut(line, " ")
		if lost, was := strings.CutSuffix(topic, "!"); was {
			h.deliver(Hint{Topic: Topic(lost), Resync: true})
		} else if topic != "" {
			h.deliver(Hint{Topic: Topic(topic), Payload: payload})
		}
	}
}

// resync tells everybody that hints may have been lost.
func (h *hints) resync() {
	for _, topic := range allTopics {
		h.deliver(Hint{Topic: topic, Resync: true})
	}
}

// deliver passes a hint on and waits for nobody. The last places of a reader's
// buffer are for the marks that stand for what it could not hear.
func (h *hints) deliver(hint Hint) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.subs {
		if slices.Contains(l.topics, hint.Topic) {
			l.offer(hint)
		}
	}
}

// A mark that is still unread stands for what comes later, too.
func (l *listener) offer(hint Hint) {
	read := l.put - len(l.ch)
	switch {
	case l.marks[hint.Topic] > read:
		return
	case !hint.Resync && len(l.ch) < cap(l.ch)-len(l.topics):
	default:
		hint = Hint{Topic: hint.Topic, Resync: true}
		l.marks[hint.Topic] = l.put + 1
	}
	l.put++
	l.ch <- hint
}

func newHints() *hints { return &hints{self: rand.Text()[:12], kick: make(chan struct{}, 1)} }

// meet takes in whether there are other nodes. When there were none it says that
// everything may have changed: what was done before this node knew of the others
// went unsaid. The first time it begins to listen and to speak.
func (s *Store) meet(others bool) {
	h := s.hints
	h.others.Store(others)
	h.mu.Lock()
	defer h.mu.Unlock()
	first := others && !h.met
	if h.met = others; !first || h.closed || s.pg == nil {
		return
	}
	h.unsaid, h.size = nil, 0
	for _, topic := range allTopics {
		h.unsaid = append(h.unsaid, string(topic)+"!")
	}
	if h.stop != nil {
		h.wake()
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	h.stop, h.ended = stop, make(chan struct{})
	go func() {
		defer close(h.ended)
		s.exchange(ctx)
	}()
}

// end stops listening and speaking, for good.
func (h *hints) end() {
	h.mu.Lock()
	h.closed = true
	stop, ended := h.stop, h.ended
	h.mu.Unlock()
	if stop != nil {
		stop()
		<-ended
	}
}

// exchange keeps a connection of its own, connecting again with ever longer
// pauses.
func (s *Store) exchange(ctx context.Context) {
	h := s.hints
	const first, most = 100 * time.Millisecond, 5 * time.Second
	pause := first
	for ctx.Err() == nil {
		conn, err := s.hintConn(ctx)
		if err == nil {
			pause = first
			h.resync() // what was said meanwhile went unheard
			err = h.talk(ctx, conn)
			conn.Close(context.Background())
		}
		if ctx.Err() != nil {
			return
		}
		s.log.Debug("no hints from other nodes for now", slog.Any("err", err))
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, most)
	}
}

func (s *Store) hintConn(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, s.pg.patient())
	if err != nil {
		return nil, err
	}
	// A hint need not be on disk.
	if _, err = conn.Exec(ctx, `set synchronous_commit = off; listen `+hintChannel); err != nil {
		conn.Close(ctx)
	}
	return conn, err
}

// talk listens, and speaks when there is something to say, until the connection
// breaks or ctx ends.
func (h *hints) talk(ctx context.Context, conn *pgx.Conn) error {
	var spoke time.Time
	for ctx.Err() == nil {
		if wait := hintPause - time.Since(spoke); wait > 0 && !h.quiet() {
			if err := h.hear(ctx, conn, wait, nil); err != nil {
				return err
			}
			continue
		}
		if text := h.next(); text != "" {
			spoke = time.Now()
			if err := exec(ctx, conn, `select pg_notify('`+hintChannel+`', $1)`, text); err != nil {
				h.unheard(text)
				return err
			}
			continue
		}
		began := time.Now()
		if err := h.hear(ctx, conn, listenProbe, h.kick); err != nil {
			return err
		}
		if time.Since(began) < listenProbe {
			continue
		}
		if err := exec(ctx, conn, `select 1`); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (h *hints) quiet() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.unsaid) == 0
}

func exec(ctx context.Context, conn *pgx.Conn, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	_, err := conn.Exec(ctx, query, args...)
	return err
}

// hear takes in what comes until a while has passed or it is woken. That is no
// error; the connection stays good.
func (h *hints) hear(ctx context.Context, conn *pgx.Conn, wait time.Duration, wake <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if wake != nil {
		woken := make(chan struct{})
		defer func() { cancel(); <-woken }()
		go func() {
			defer close(woken)
			select {
			case <-wake:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		switch {
		case err == nil:
			h.heard(n.Payload)
		case ctx.Err() != nil && !conn.IsClosed() && (pgconn.Timeout(err) || errors.Is(err, context.Canceled)):
			return nil
		default:
			return err
		}
	}
}
