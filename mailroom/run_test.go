package mailroom

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// host is a mail server that can be switched off, slow or paced. It tells of
// each attempt.
type host struct {
	mu       sync.Mutex
	down     error
	sent     []string
	attempts chan string
	slow     chan struct{} // mails wait for it once they are being handed over
	turns    chan struct{} // nil: any number
}

func (h *host) Turn(ctx context.Context) (func(), error) {
	if h.turns == nil {
		return func() {}, nil
	}
	select {
	case <-h.turns:
		return func() {}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *host) Send(ctx context.Context, _, to, _ string, _ []byte) error {
	select {
	case h.attempts <- to:
	default:
	}
	if h.slow != nil {
		select {
		case <-h.slow:
		case <-ctx.Done():
			return &signoff.Error{Kind: signoff.Unavailable, Code: codeDoubtful}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down == nil {
		h.sent = append(h.sent, to)
	}
	return h.down
}

// openLive opens an office whose clock goes.
func openLive(t *testing.T) *office {
	o := openOffice(t)
	o.clock = time.Now()
	o.room.Now = time.Now
	return o
}

// run runs the room until cancel; ended waits for it and tells how long it took.
func (o *office) run() (cancel func(), ended func() time.Duration) {
	o.t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(o.t.Context()))
	var result error
	var start time.Time
	over := make(chan struct{})
	go func() {
		defer close(over)
		result = o.room.Run(ctx, o.instances, alone{})
	}()
	cancel = func() { start = time.Now(); stop() }
	ended = func() time.Duration {
		<-over
		if result != nil {
			o.t.Error(result)
		}
		return time.Since(start)
	}
	o.t.Cleanup(func() { stop(); <-over })
	return cancel, ended
}

func TestWithoutMailServersItRunsAndSaysSo(t *testing.T) {
	o := openLive(t)
	down := &signoff.Error{Kind: signoff.Unavailable, Code: "mail-server-unreachable", Detail: "the mail server cannot be reached"}
	h := &host{down: down, attempts: make(chan string, 1)}
	in := &gone{err: down, asked: make(chan struct{}, 1)}
	o.room.Out, o.room.In = h, in
	stop, ended := o.run()
	o.ask("user:3")
	<-h.attempts
	<-in.asked
	stop()
	if took := ended(); took > 2*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	if got := o.states(); !slices.Equal(got, []store.MailState{store.MailQueued}) {
		t.Errorf("states: %v", got)
	}
	if health := o.room.health; health.Out != down.Detail || health.In != down.Detail { // as it was
		t.Errorf("health: %+v", health)
	}
	o.room.Now = func() time.Time { return time.Now().Add(time.Hour) }
	if health := o.health(); health.Out == "" || health.Out == down.Detail {
		t.Errorf("long after everybody has stopped sending mail: %+v", health)
	}
}

func TestAStopIsNoTrouble(t *testing.T) {
	var log bytes.Buffer
	r := New(Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r.fares(ctx, "mail in", &r.health.In, &r.health.InSince, errors.New("use of closed network connection"))
	if log.Len() > 0 {
		t.Errorf("logged: %s", log.String())
	}
}

// gone is a mailbox whose server is not there.
type gone struct {
	Inbox
	err   error
	asked chan struct{}
}

func (g *gone) List(context.Context) ([]string, error) {
	select {
	case g.asked <- struct{}{}:
	default:
	}
	return nil, g.err
}

func TestMailsThatWaitForTheirTurnAreNotInDoubtWhenItStops(t *testing.T) {
	o := openLive(t)
	h := &host{attempts: make(chan string, 1), turns: make(chan struct{}, 1)}
	h.turns <- struct{}{}
	o.room.Out, o.room.In = h, nil
	o.ask("user:3", "user:4")
	stop, ended := o.run()
	<-h.attempts
	stop()
	if took := ended(); took > 2*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	got := o.states()
	slices.Sort(got)
	if !slices.Equal(got, []store.MailState{store.MailQueued, store.MailSent}) {
		t.Errorf("states: %v", got)
	}
}

func TestAMailOnItsWayIsFinishedWhenItStops(t *testing.T) {
	o := openLive(t)
	h := &host{attempts: make(chan string, 1), slow: make(chan struct{})}
	o.room.Out, o.room.In = h, nil
	o.ask("user:3")
	stop, ended := o.run()
	<-h.attempts
	stop()
	close(h.slow) // cut off, the mail would be in doubt
	ended()
	if got := o.states(); !slices.Equal(got, []store.MailState{store.MailSent}) {
		t.Errorf("states: %v", got)
	}
}

func TestFiveHundredNotificationsLeaveWithinSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("a few seconds")
	}
	o := openLive(t)
	events, err := eventStream(o.page.URL + "/sandbox/api/events")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	const n = 500
	for i := range n {
		job := o.job("user:3")
		job.Key = fmt.Sprintf("7_%d/notify", i+10)
		if _, err := o.room.Notify(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	stop, ended := o.run()
	boxes := func(id string) int {
		var list struct {
			Items []struct {
				ID    string
				Total int
			}
		}
		o.call("GET", "/sandbox/api/mailboxes", "", &list)
		for _, b := range list.Items {
			if b.ID == id {
				return b.Total
			}
		}
		return -1
	}
	o.until(events, func() bool { return boxes("jane") == n })
	t.Logf("%d mails in %v", n, time.Since(start))
	stop()
	ended()
	if got := o.states(); len(got) != n || slices.ContainsFunc(got, func(s store.MailState) bool { return s != store.MailSent }) {
		t.Errorf("states: %v", got)
	}
}
