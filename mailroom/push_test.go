package mailroom

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	"github.com/signoffhq/signoff/connector/exchange/mailbox"
	"github.com/signoffhq/signoff/store"
)

// From the reply in the mailbox to the task decided, as people see it, with the
// mail server telling of news: IDLE, a stream, a notification.
func TestAReplyDecidesWithinTwoSecondsWithPush(t *testing.T) {
	offices := map[string]func(t *testing.T) *office{
		"imap": openOffice,
		"ews":  func(t *testing.T) *office { o, _, _ := openExchange(t, ways[1]); return o },
		"graph": func(t *testing.T) *office {
			hints := make(chan string, 100)
			hook := httptest.NewTLSServer(graph.Hook(func(n graph.Notice) { hints <- n.Secret }))
			t.Cleanup(hook.Close)
			o, _, _ := openExchangeTold(t, ways[0], hook.Client(), &exchange.Push{URL: hook.URL, Secret: "s3cret"})
			go func() {
				for {
					select {
					case <-t.Context().Done():
						return
					case s := <-hints:
						if s == "s3cret" {
							o.in.(*mailbox.Inbox).Hint()
						}
					}
				}
			}()
			return o
		},
	}
	for name, open := range offices {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			o.room.Now = o.store.Now
			must(t, o.store.Release(t.Context(), o.room.held()))
			o.room.lease.Store(nil)
			waits := make(chan struct{}, 100)
			o.room.In = &watched{o.in, waits}
			must(t, o.store.Join(t.Context(), store.Node{ID: "test", Name: "test", Renewed: o.store.Now(), Until: o.store.Now().Add(time.Hour)}))
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- o.room.Run(ctx, o.instances, alone{}) }()
			defer func() { stop(); must(t, <-ended) }()
			o.ask("user:3")
			for o.count("jane") == 0 || len(o.states()) == 0 || o.states()[0] != store.MailSent {
				time.Sleep(20 * time.Millisecond)
			}
		drain:
			for { // it waits, and for long enough to be told
				select {
				case <-waits:
				case <-time.After(time.Second):
					break drain
				}
			}
			begun := time.Now()
			o.reply("jane", "Approve")
			for o.instances.decided() == 0 {
				if time.Since(begun) > 30*time.Second {
					t.Fatal("it is never decided")
				}
				time.Sleep(5 * time.Millisecond)
			}
			took := time.Since(begun)
			t.Logf("%s: decided after %v", name, took.Round(time.Millisecond))
			if took > 2*time.Second {
				t.Errorf("%s: decided after %v", name, took)
			}
		})
	}
}

// watched tells when it is waited for.
type watched struct {
	Inbox
	waits chan struct{}
}

func (w *watched) Wait(ctx context.Context) error {
	select {
	case w.waits <- struct{}{}:
	default:
	}
	return w.Inbox.Wait(ctx)
}

func (in *instances) decided() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.done)
}
