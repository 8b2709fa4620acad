package mailroom

import (
	"context"
	"errors"
	netmail "net/mail"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// member is a node that can be stopped from outside: then it neither lives nor
// hears anything.
type member struct {
	id   string
	dead atomic.Bool
}

func (m *member) NodeID() (string, bool) { return m.id, !m.dead.Load() }

// branch is a mailroom of one of several servers on a database, whose mail
// server is its own, to see who sent what.
type branch struct {
	*Room
	t    *testing.T
	node *member
	host *host
}

func openBranch(t *testing.T, dsn, name string) *branch {
	t.Helper()
	s, err := store.Open(context.Background(), dsn, store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	b := &branch{t: t, node: &member{id: name}, host: &host{attempts: make(chan string, 10)}}
	now := s.Now()
	must(t, s.Join(t.Context(), store.Node{ID: name, Name: "host-" + name, Renewed: now, Until: now.Add(time.Hour)}))
	b.Room = New(Options{Store: s, Out: b.host, From: netmail.Address{Address: "workflow@contoso.test"}, Secret: make([]byte, 32), Now: s.Now, NoCopies: true})
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *branch) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, nil, b.node) }()
	over := false
	stop = func() {
		if !over {
			over = true
			cancel()
			must(b.t, <-ended)
		}
	}
	b.t.Cleanup(stop)
	return stop
}

func (b *branch) queue(to string) {
	b.t.Helper()
	must(b.t, b.Store.QueueMail(b.t.Context(), []store.OutMail{{Key: to, Purpose: "notify", To: to, MessageID: "<" + to + ">", Created: b.Now(), Raw: []byte("x")}}, nil))
	b.Wake()
}

func (b *branch) sends(to string) {
	b.t.Helper()
	select {
	case got := <-b.host.attempts:
		if got != to {
			b.t.Fatalf("%s sends to %s, want %s", b.node.id, got, to)
		}
	case <-time.After(40 * time.Second):
		b.t.Fatalf("%s does not send to %s", b.node.id, to)
	}
}

// fate waits until a mail is in a state.
func (b *branch) fate(to string, want store.MailState) store.OutMail {
	b.t.Helper()
	var m store.OutMail
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		list, err := b.Store.Mails(b.t.Context(), store.MailFilter{}, 100)
		must(b.t, err)
		i := slices.IndexFunc(list, func(m store.OutMail) bool { return m.To == to })
		if m = list[i]; m.State == want {
			return m
		}
	}
	b.t.Fatalf("the mail to %s is %s (%s), want %s", to, m.State, m.Error, want)
	return m
}

func branches(t *testing.T) (*branch, *branch) {
	dsn := pgtest.Database(t)
	a, b := openBranch(t, dsn, "a"), openBranch(t, dsn, "b")
	now := a.Now()
	if known, err := a.Store.Renew(t.Context(), "a", now, now.Add(time.Hour)); err != nil || !known { // and so hears of the other
		t.Fatal(known, err)
	}
	return a, b
}

func TestOneNodeSendsMailAndAnotherGoesOnWhenItStops(t *testing.T) {
	a, b := branches(t)
	stop := a.run()
	a.queue("first@x")
	a.sends("first@x")
	b.run()
	b.queue("second@x") // wherever it is asked for
	a.sends("second@x")
	a.fate("second@x", store.MailSent)
	for _, r := range []*branch{a, b} {
		if h, err := r.Health(t.Context()); err != nil || h != (Health{Node: "host-a"}) {
			t.Errorf("seen from %s: %+v, %v", r.node.id, h, err)
		}
	}
	stop()
	began := time.Now()
	b.queue("third@x")
	b.sends("third@x")
	if took := time.Since(began); took > leaseFor/2 {
		t.Errorf("taken over after %v", took)
	}
	if h, err := a.Health(t.Context()); err != nil || h.Node != "host-b" {
		t.Errorf("seen from a: %+v, %v", h, err)
	}
}

func TestWhatASleepingNodeWasSendingIsInDoubtAndItsFailureCountsNoMore(t *testing.T) {
	a, b := branches(t)
	a.host.slow = make(chan struct{})
	var late context.Context
	answer := make(chan error, 1)
	a.Out = sendFunc(func(ctx context.Context, to string) error {
		late = ctx
		a.host.attempts <- to
		return <-answer // deaf to its context, as what was stopped is
	})
	a.run()
	a.queue("first@x")
	a.sends("first@x")
	must(t, a.Store.Leave(t.Context(), "a", a.Now()))
	a.node.dead.Store(true)
	b.run()
	doubtful := b.fate("first@x", store.MailDoubtful)
	select {
	case <-late.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the hand-over may go on without the lease")
	}
	if _, err := a.Store.TakeMail(t.Context(), store.Lease{Name: store.MailLease, Token: 1}, store.Senders{}, a.Now(), 1); err != nil && !errors.Is(err, store.ErrNotHeld) {
		t.Fatal(err)
	}
	answer <- &signoff.Error{Kind: signoff.Invalid, Code: "x", Detail: "no such mailbox"}
	b.queue("second@x")
	b.sends("second@x")
	b.fate("second@x", store.MailSent)
	if m := b.fate("first@x", store.MailDoubtful); m.Token == 1 || m.Error == "no such mailbox" {
		t.Errorf("what it said late counted: %+v, was %+v", m, doubtful)
	}
}

// A lease can end although its holder lives, such as when the database's clock
// is set: then another has it, and whoever had it is to notice.
func TestANodeWhoseLeaseIsAnothersStopsThoughItLives(t *testing.T) {
	a, b := branches(t)
	var reads atomic.Int64
	a.In = &box{wait: func(ctx context.Context) { reads.Add(1); sleep(ctx, 10*time.Millisecond) }}
	a.run()
	a.queue("first@x")
	a.sends("first@x")
	a.fate("first@x", store.MailSent)
	_, mine, err := b.Store.Acquire(t.Context(), store.MailLease, "b", b.Now().Add(2*time.Hour), b.Now().Add(3*time.Hour))
	if must(t, err); !mine {
		t.Fatal("not taken over")
	}
	for deadline := time.Now().Add(2 * lookEvery); a.lease.Load() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it goes on under a lease that is another's")
		}
	}
	was := reads.Load()
	if time.Sleep(100 * time.Millisecond); reads.Load() > was+1 {
		t.Error("it still reads the mailbox")
	}
	if l, err := a.Store.Lease(t.Context(), store.MailLease); err != nil || l.Holder != "b" {
		t.Errorf("the lease is %+v, %v", l, err)
	}
}

// box is an empty mailbox.
type box struct {
	Inbox
	wait func(context.Context)
}

func (b *box) List(context.Context) ([]string, error) { return nil, nil }
func (b *box) Wait(ctx context.Context) error         { b.wait(ctx); return nil }

func TestThatAMailWasSentIsTrueWhoeverSaysIt(t *testing.T) {
	a, b := branches(t)
	first, _, err := a.Store.Acquire(t.Context(), store.MailLease, "a", a.Now(), a.Now())
	must(t, err)
	a.queue("x@x")
	taken, err := a.Store.TakeMail(t.Context(), first, store.Senders{}, a.Now(), 1)
	must(t, err)
	second, mine, err := b.Store.Acquire(t.Context(), store.MailLease, "b", b.Now().Add(time.Second), b.Now().Add(time.Minute))
	if must(t, err); !mine {
		t.Fatal("not taken over")
	}
	must(t, b.Store.AbandonedMail(t.Context(), second, b.Now()))
	if err := a.Store.AbandonedMail(t.Context(), first, a.Now()); !errors.Is(err, store.ErrNotHeld) {
		t.Errorf("under the old lease: %v", err)
	}
	a.queue("y@x")
	if list, err := a.Store.TakeMail(t.Context(), first, store.Senders{}, a.Now(), 1); !errors.Is(err, store.ErrNotHeld) || len(list) > 0 {
		t.Errorf("taken under the old lease: %+v, %v", list, err)
	}
	must(t, a.Store.SettleMail(t.Context(), taken[0], store.MailQueued, a.Now(), a.Now(), "try again"))
	a.fate("x@x", store.MailDoubtful)
	must(t, a.Store.SettleMail(t.Context(), taken[0], store.MailSent, a.Now(), time.Time{}, ""))
	a.fate("x@x", store.MailSent)
}

func TestWhoTakesOverKeepsThePace(t *testing.T) {
	a, _ := branches(t)
	p := &paced{host: a.host}
	a.Out = p
	l, _, err := a.Store.Acquire(t.Context(), store.MailLease, "a", a.Now(), a.Now().Add(time.Minute))
	must(t, err)
	now := a.Now().Truncate(time.Microsecond)
	for i, ago := range []time.Duration{2 * time.Minute, 40 * time.Second, 10 * time.Second} {
		a.queue(string(rune('a'+i)) + "@x")
		taken, err := a.Store.TakeMail(t.Context(), l, store.Senders{}, now.Add(time.Minute), 1)
		must(t, err)
		must(t, a.Store.SettleMail(t.Context(), taken[0], store.MailSent, now.Add(-ago), time.Time{}, ""))
	}
	a.Now = func() time.Time { return now }
	must(t, a.begin(t.Context(), l))
	if want := []time.Duration{10 * time.Second, 40 * time.Second}; !slices.Equal(p.ago, want) {
		t.Errorf("told of %v, want %v", p.ago, want)
	}
}

type paced struct {
	*host
	ago []time.Duration
}

func (p *paced) Pace() int                  { return 30 }
func (p *paced) Resume(ago []time.Duration) { p.ago = ago }

type sendFunc func(ctx context.Context, to string) error

func (f sendFunc) Turn(context.Context) (func(), error) { return func() {}, nil }
func (f sendFunc) Send(ctx context.Context, _, to, _ string, _ []byte) error {
	return f(ctx, to)
}

// The database goes away at the very moment a mail is marked as being sent, and
// the answer is lost: nobody sends it, and it must not stay so for ever.
func TestAMailThatIsMarkedUnheardDoesNotStayMarked(t *testing.T) {
	o := openLive(t)
	o.room.Out, o.room.In = &host{attempts: make(chan string, 1)}, nil
	var lost atomic.Bool
	o.room.step = func(_ context.Context, at string) error {
		if at == "taken" && lost.CompareAndSwap(false, true) {
			return &signoff.Error{Kind: signoff.Unavailable, Code: "data-outcome-unknown"}
		}
		return nil
	}
	o.run()
	o.ask("user:3")
	limit := time.After(10 * time.Second)
	for !slices.Equal(o.states(), []store.MailState{store.MailDoubtful}) {
		select {
		case <-limit:
			t.Fatalf("it is %v", o.states())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
