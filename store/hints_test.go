package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff/store/pgtest"
)

// pair opens one database twice, as two nodes that know of each other.
func pair(t *testing.T) (a, b *Store) {
	t.Helper()
	dsn := pgtest.Database(t)
	a, b = openWith(t, dsn, Options{}), openWith(t, dsn, Options{})
	now := a.Now()
	for id, s := range map[string]*Store{"a": a, "b": b} {
		must(t, s.Join(t.Context(), Node{ID: id, Name: id, Started: now, Renewed: now, Until: now.Add(time.Hour)}))
	}
	for id, s := range map[string]*Store{"a": a, "b": b} {
		if ok, err := s.Renew(t.Context(), id, now, now.Add(time.Hour)); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	greet(t, a, b)
	greet(t, b, a)
	return a, b
}

// greet returns when what one says is heard by the other.
func greet(t *testing.T, from, to *Store) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ch := to.Hints(ctx, TopicWorkflows)
	for range 200 {
		from.Publish(TopicWorkflows, "hello")
		select {
		case h := <-ch:
			if h.Payload == "hello" {
				return
			}
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatal("they do not hear each other")
}

func openWith(t *testing.T, dsn string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn, o)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// hear waits for the next hint that is no mark, or for a mark.
func hear(t *testing.T, ch <-chan Hint, mark bool) Hint {
	t.Helper()
	patience := time.After(20 * time.Second)
	for {
		select {
		case h := <-ch:
			if h.Resync == mark {
				return h
			}
		case <-patience:
			t.Fatal("nothing was heard")
		}
	}
}

func TestANodeHearsWhatAnotherPublishes(t *testing.T) {
	a, b := pair(t)
	own := a.Hints(t.Context(), TopicMail)
	heard := b.Hints(t.Context(), TopicMail, TopicPeople)
	for i := range 1000 {
		a.Publish(TopicChanges, fmt.Sprint("not asked for ", i))
	}
	a.Publish(TopicMail, "ä 1")
	if h := hear(t, heard, false); h != (Hint{Topic: TopicMail, Payload: "ä 1"}) {
		t.Fatalf("heard %+v", h)
	}
	a.Publish(TopicPeople, strings.Repeat("x", 5000))
	if h := hear(t, heard, true); h != (Hint{Topic: TopicPeople, Resync: true}) {
		t.Fatalf("of what is too long: %+v", h)
	}
	b.Publish(TopicMail, "answer")
	if h := hear(t, own, false); h.Payload != "answer" {
		t.Fatalf("a node hears itself: %+v", h)
	}
}

func TestWhoeverListenedInVainIsToldToLookAtEverything(t *testing.T) {
	a, b := pair(t)
	heard := b.Hints(t.Context(), TopicChanges)
	var ended bool
	must(t, a.row(t.Context(), `select bool_or(pg_terminate_backend(pid)) from pg_stat_activity
		where query like 'set synchronous_commit = off; listen%' or query like 'select pg_notify%'`).Scan(&ended))
	if !ended {
		t.Fatal("nobody listens on a connection of its own")
	}
	hear(t, heard, true)
	for i := range 100 { // a's connection was ended, too: what it says now comes later, or as a mark
		a.Publish(TopicChanges, fmt.Sprint(i))
	}
	if h := <-heard; h.Topic != TopicChanges {
		t.Fatalf("%+v", h)
	}
}

func TestANodeThatIsAloneSaysNothing(t *testing.T) {
	s := openWith(t, pgtest.Database(t), Options{})
	now := s.Now()
	must(t, s.Join(t.Context(), Node{ID: "a", Until: now.Add(time.Hour)}))
	s.Publish(TopicMail, "x")
	if s.Others() || len(s.hints.unsaid) > 0 || s.hints.stop != nil {
		t.Fatalf("it speaks: %v", s.hints.unsaid)
	}
}

func TestManyHintsShareFewNotifications(t *testing.T) {
	h := newHints()
	h.others.Store(true)
	for i := range 500 {
		h.say(TopicChanges, fmt.Sprintf(`{"i":%d,"w":1,"t":[2],"p":["user:2"],"s":"user:1"}`, i))
		h.say(TopicMail, "")
	}
	got, n := 0, 0
	for text := h.next(); text != ""; text = h.next() {
		if n++; len(text) > 7999 {
			t.Fatalf("a notification of %d bytes", len(text))
		}
		got += strings.Count(text, "\n")
	}
	if got < 500 || got > 600 || n > 8 {
		t.Fatalf("%d hints in %d notifications", got, n)
	}
	for i := range 5000 {
		h.say(TopicChanges, fmt.Sprintf(`{"i":%d,"filler":"%s"}`, i, strings.Repeat("x", 100)))
	}
	h.say(TopicMail, "1")
	if h.size > maxUnsaid {
		t.Fatalf("%d bytes wait", h.size)
	}
	if text := h.next(); !strings.Contains(text, "\nchanges!") {
		t.Fatalf("that hints were left out is not said: %.100s", text)
	}
}

func TestASlowListenerIsToldToLookAtEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Store{hints: newHints()}
		ctx, stop := context.WithCancel(t.Context())
		ch := s.Hints(ctx, TopicChanges, TopicJobs)
		for i := range 10 * hintBuffer {
			s.hints.deliver(Hint{Topic: TopicChanges, Payload: fmt.Sprint(i)})
			s.hints.deliver(Hint{Topic: TopicMail, Payload: "not asked for"})
		}
		s.hints.deliver(Hint{Topic: TopicJobs, Payload: "email"})
		marks := map[Topic]int{}
		for range len(ch) {
			if h := <-ch; h.Resync {
				marks[h.Topic]++
			}
		}
		if marks[TopicChanges] != 1 || marks[TopicJobs] != 1 {
			t.Fatalf("marks: %v", marks)
		}
		s.hints.deliver(Hint{Topic: TopicJobs, Payload: "call"})
		if h := <-ch; h.Payload != "call" {
			t.Fatalf("after it caught up: %+v", h)
		}
		stop()
		synctest.Wait()
		if _, open := <-ch; open {
			t.Fatal("still open")
		}
	})
}

func TestAMarkStandsForWhatComesLaterOnlyUntilItIsRead(t *testing.T) {
	h := newHints()
	s := &Store{hints: h}
	ch := s.Hints(t.Context(), TopicMail, TopicPeople)
	h.resync()
	if first := <-ch; first != (Hint{Topic: TopicMail, Resync: true}) {
		t.Fatalf("%+v", first)
	}
	h.deliver(Hint{Topic: TopicPeople, Payload: "its mark is unread"})
	h.deliver(Hint{Topic: TopicMail, Payload: "its mark was read"})
	h.resync()
	want := []Hint{{Topic: TopicPeople, Resync: true}, {Topic: TopicMail, Payload: "its mark was read"}, {Topic: TopicMail, Resync: true}}
	for _, w := range want {
		if got := <-ch; got != w {
			t.Fatalf("got %+v, want %+v", got, w)
		}
	}
	if len(ch) > 0 {
		t.Fatalf("and %+v", <-ch)
	}
}

// A node that left and one that came: what was done while this one knew of
// nobody went unsaid, the second time as the first.
func TestWhatWasDoneWhileNobodyWasKnownIsSaidAsAMarkEachTime(t *testing.T) {
	s, other := pair(t)
	s.hints.end() // from here on it is looked at by hand
	s.hints.closed, s.hints.unsaid = false, nil
	now := s.Now()
	renew := func() {
		if ok, err := s.Renew(t.Context(), "a", now, now.Add(time.Hour)); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	must(t, other.Leave(t.Context(), "b", now))
	renew()
	s.Publish(TopicPeople, "users 7")
	must(t, other.Join(t.Context(), Node{ID: "c", Renewed: now, Until: now.Add(time.Hour)}))
	s.hints.heard("somebody\nmail ") // c says something before this node has seen it
	renew()
	for _, topic := range allTopics {
		if text := strings.Join(s.hints.unsaid, " "); !strings.Contains(text, string(topic)+"!") {
			t.Errorf("no mark for %s among %q", topic, text)
		}
	}
	s.hints.unsaid = nil
	if renew(); len(s.hints.unsaid) > 0 {
		t.Errorf("said again of a node that is known: %q", s.hints.unsaid)
	}
}

func TestWhatWasPerhapsNotSaidIsSaidAsAMark(t *testing.T) {
	h := newHints()
	conn, err := pgx.Connect(t.Context(), pgtest.Database(t))
	must(t, err)
	must(t, conn.Close(t.Context()))
	h.say(TopicPeople, "users 7")
	h.say(TopicMail, "")
	if err := h.talk(t.Context(), conn); err == nil {
		t.Fatal("it was said on a closed connection")
	}
	h.say(TopicMail, "1")
	_, said, _ := strings.Cut(h.next(), "\n")
	if said != "people!\nmail!\nmail 1" {
		t.Fatalf("on the next connection is said %q", said)
	}
}
