package mailroom

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	"github.com/signoffhq/signoff/connector/exchange/mailbox"
	firm "github.com/signoffhq/signoff/sandbox/contoso"
	"github.com/signoffhq/signoff/sandbox/entra"
	sandboxed "github.com/signoffhq/signoff/sandbox/exchange"
	"github.com/signoffhq/signoff/store"
)

// way is a protocol of Exchange.
type way struct {
	name, api, path, role string
	open                  func(exchange.Settings) (exchange.System, error)
}

var ways = []way{
	{"graph", "00000003-0000-0000-c000-000000000000", "/v1.0", "Mail.ReadWrite Mail.Send", graph.Open},
	{"ews", "https://outlook.office365.com", "/EWS/Exchange.asmx", "full_access_as_app", ews.Open},
}

// wire is the way to Exchange, which can be cut after so many requests: before
// the last one, or after it was obeyed.
type wire struct {
	token string
	inner http.RoundTripper
	left  atomic.Int64
	after atomic.Bool
}

var errCut = errors.New("the program died here, in the middle of sending")

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+w.token)
	switch left := w.left.Add(-1); {
	case left < -1000:
	case left == 0 && w.after.Load():
		if a, err := w.inner.RoundTrip(r); err == nil {
			_, _ = io.Copy(io.Discard, a.Body)
			a.Body.Close()
		}
		return nil, errCut
	case left <= 0:
		return nil, errCut
	}
	return w.inner.RoundTrip(r)
}

func (w *wire) cut(n int64, after bool) { w.after.Store(after); w.left.Store(n) }
func (w *wire) mend()                   { w.left.Store(-1 << 40) }

// openExchange is an office whose mail goes by Exchange.
func openExchange(t *testing.T, way way) (*office, *wire, *firm.Firm) {
	t.Helper()
	return openExchangeTold(t, way, nil, nil)
}

// openExchangeTold is one that is told of news at an address.
func openExchangeTold(t *testing.T, way way, notify *http.Client, push *exchange.Push) (*office, *wire, *firm.Firm) {
	t.Helper()
	f, err := firm.Start(t.Context(), firm.Options{Dir: t.TempDir(), Notify: notify})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	f.Exchange.SetLimits(sandboxed.Limits{Concurrent: -1, RequestsPer10Min: -1, MessagesPerMinute: -1})
	o := &office{t: t, sandbox: f.Sandbox, storePath: filepath.Join(t.TempDir(), "x.db"), people: contoso(), instances: &instances{once: map[string]bool{}},
		clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), authserv: f.Sandbox.Addresses().AuthServID}
	o.page = httptest.NewServer(f.Sandbox.Handler())
	t.Cleanup(o.page.Close)
	plain := exchangetest.Trusting(t, f)
	now := time.Now()
	token, err := f.Entra.Mint(nil, map[string]any{"aud": way.api, "appid": exchangetest.SomeApp, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"tid": entra.TenantID, "roles": strings.Fields(way.role)})
	must(t, err)
	w := &wire{token: token, inner: plain.Transport}
	w.mend()
	set := exchange.Settings{Server: f.Entra.URL() + way.path, Plain: plain}
	if push == nil { // else polling without pauses would be quicker than any news
		set.Pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
	system, err := way.open(set)
	must(t, err)
	t.Cleanup(func() { system.Close() })
	box := system.Open(exchange.Access{HTTP: &http.Client{Transport: w}, App: true}, exchange.Box{Address: "workflow@contoso.test", Impersonate: way.name == "ews"})
	o.out, o.in = mailbox.NewSender(box, mailbox.SenderOptions{PerMinute: -1}), mailbox.NewInbox(box, mailbox.InboxOptions{Push: push})
	o.open()
	return o, w, f
}

// Between the outbox and Sent Items the program dies before and after every
// request that sending is made of, and beside each of the room's own steps.
func TestAMailGoesOutOnceOverExchangeWhereverTheProgramDies(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			o, w, _ := openExchange(t, way)
			deaths, before := 0, 0
			die := func(name string, n int64, after bool) (whole bool) {
				job := o.job("user:3")
				job.Key = job.Key + name + strings.Repeat("x", int(n)) + map[bool]string{true: "a"}[after]
				if _, err := o.room.Notify(t.Context(), job); err != nil {
					t.Fatal(err)
				}
				o.crashAt(name)
				if n > 0 {
					w.cut(n, after)
				}
				o.send()
				whole = n > 0 && w.left.Load() > 0
				w.mend()
				o.restart()
				o.settle()
				o.send()
				o.clock = o.clock.Add(2 * time.Minute)
				o.settle()
				o.send()
				deaths++
				if got := o.count("jane"); got != before+1 {
					t.Errorf("%s, request %d (obeyed: %v): jane has %d mails more", name, n, after, got-before)
				}
				before = o.count("jane")
				return whole
			}
			for _, step := range []string{"marked as being sent", "handed over"} {
				die(step, 0, false)
			}
			for n := int64(1); ; n++ {
				if a, b := die("handed over", n, false), die("handed over", n, true); a && b {
					break
				}
			}
			if states := o.states(); slices.ContainsFunc(states, func(s store.MailState) bool { return s != store.MailSent }) {
				t.Errorf("states: %v", states)
			}
			if deaths < 8 {
				t.Errorf("it died %d times only", deaths)
			}
			if left := o.mailbox("workflow", "Drafts"); len(left) != 0 {
				t.Errorf("%d drafts are left", len(left))
			}
			t.Logf("one mail each time, after %d deaths", deaths)
		})
	}
}

func TestAReplyInAMailboxOfExchangeDecides(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			o, _, _ := openExchange(t, way)
			o.ask("user:3")
			o.send()
			if left := len(o.inbox("workflow")); left != 0 {
				t.Errorf("%d copies of our own: the mailbox keeps them itself", left)
			}
			o.reply("jane", "Approve")
			o.mustReceive()
			if len(o.instances.done) != 1 || o.record().Verdict != decided {
				t.Errorf("done %q, record %+v", o.instances.done, o.record())
			}
			if left := len(o.inbox("workflow")); left != 0 {
				t.Errorf("%d mails left in the inbox", left)
			}
			if filed := len(o.mailbox("workflow", "Processed")); filed != 1 {
				t.Errorf("%d mails are filed", filed)
			}
			o.send()
			if n := o.count("jane"); n != 2 {
				t.Errorf("jane has %d mails, want the task's and a confirmation", n)
			}
		})
	}
}

func TestAMailThatCameBackOverExchangeIsOnItsTask(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			o, _, f := openExchange(t, way)
			must(t, f.Exchange.Plant(sandboxed.Fault{Name: "bounce", Value: "jane@contoso.test"}))
			o.ask("user:3")
			o.send()
			o.mustReceive()
			list, err := o.store.InstanceMails(t.Context(), 7, 0, 9)
			if err != nil || len(list) != 1 || list[0].Bounce == "" {
				t.Errorf("%+v %v", list, err)
			}
			if rec := o.record(); rec.Verdict != bounced || rec.Task != 2 {
				t.Errorf("record: %+v", rec)
			}
		})
	}
}
