package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// Options says whose mail is served, and where the rest is kept.
type Options struct {
	Sandbox *sandbox.Sandbox
	Dir     string // journals, one a mailbox; made when missing

	// Scan fetches the links of mails that arrive, when the switch
	// "link-scanner" is on. nil: a client that reaches this machine only.
	Scan *http.Client

	Log *slog.Logger     // nil: says nothing
	Now func() time.Time // nil: the machine's clock
}

// Exchange is the running service. Close it before the sandbox.
type Exchange struct {
	sandbox *sandbox.Sandbox
	log     *slog.Logger
	now     func() time.Time
	scan    *http.Client

	boxes    map[string]*Mailbox // by account
	switches switchboard
	access   accessTable
	budget   budget

	stop     context.CancelFunc
	ctx      context.Context
	stopNews func()
	starting sync.Mutex // with closed, so that nothing starts while Close waits
	closed   bool
	running  sync.WaitGroup
	closing  sync.Once
	closeErr error
}

// Open reads the journals and follows the sandbox's mailboxes until Close, or
// until ctx ends.
func Open(ctx context.Context, opts Options) (*Exchange, error) {
	x := &Exchange{sandbox: opts.Sandbox, log: opts.Log, now: opts.Now, scan: opts.Scan, boxes: map[string]*Mailbox{}}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	if x.now == nil {
		x.now = time.Now
	}
	if x.scan == nil {
		x.scan = localClient()
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("exchange directory: %w", err)
	}
	x.ctx, x.stop = context.WithCancel(context.Background())
	for _, a := range sandbox.Accounts() {
		box, ok := x.sandbox.Box(a.ID)
		if !ok {
			return nil, errors.Join(fmt.Errorf("no mailbox of %s", a.ID), x.closeBoxes())
		}
		m, err := openMailbox(x, a, box, filepath.Join(opts.Dir, a.ID+".journal"))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("mailbox %s: %w", a.ID, err), x.closeBoxes())
		}
		x.boxes[a.ID] = m
	}
	news, stop := x.sandbox.News()
	x.stopNews = stop
	x.spawn(func() { x.follow(news) })
	context.AfterFunc(ctx, func() { x.Close() })
	return x, nil
}

// follow takes up what happens at the other doors. Where much does, it looks at
// a mailbox once for many mails, and spends a tenth of its time at most.
func (x *Exchange) follow(news <-chan string) {
	for {
		select {
		case <-x.ctx.Done():
			return
		case id, ok := <-news:
			if !ok {
				return
			}
			began := time.Now()
			for _, m := range x.changed(id, news) {
				if err := m.Refresh(); err != nil && x.ctx.Err() == nil {
					x.log.Error("sandbox mailbox cannot be read", "mailbox", m.account.ID, "err", err)
				}
			}
			rest := time.NewTimer(min(10*time.Since(began), time.Second/2))
			select {
			case <-x.ctx.Done():
			case <-rest.C:
			}
			rest.Stop()
		}
	}
}

// changed are the mailboxes that there is news of; all, where news may have
// been lost.
func (x *Exchange) changed(id string, news <-chan string) []*Mailbox {
	names := map[string]bool{id: true}
	waiting := len(news)
	for range waiting {
		names[<-news] = true
	}
	if waiting+1 >= cap(news) {
		return x.Mailboxes()
	}
	var list []*Mailbox
	for name := range names {
		if m := x.boxes[name]; m != nil {
			list = append(list, m)
		}
	}
	return list
}

// Close ends what runs by itself. It waits for it.
func (x *Exchange) Close() error {
	x.closing.Do(func() {
		x.starting.Lock()
		x.closed = true
		x.starting.Unlock()
		x.stop()
		x.stopNews()
		x.running.Wait()
		x.closeErr = x.closeBoxes()
	})
	return x.closeErr
}

func (x *Exchange) closeBoxes() error {
	var all []error
	for _, m := range x.boxes {
		all = append(all, m.close())
	}
	return errors.Join(all...)
}

// spawn runs something that Close waits for. It ends when x.ctx does.
func (x *Exchange) spawn(f func()) {
	x.starting.Lock()
	defer x.starting.Unlock()
	if !x.closed {
		x.running.Go(f)
	}
}

// Now is the service's clock, UTC.
func (x *Exchange) Now() time.Time { return x.now().UTC() }

// Done is closed when the service ends: long answers end with it.
func (x *Exchange) Done() <-chan struct{} { return x.ctx.Done() }

// Mailbox finds a mailbox by its account's id ("jane") or its SMTP address.
func (x *Exchange) Mailbox(name string) (*Mailbox, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if m := x.boxes[name]; m != nil {
		return m, nil
	}
	for _, m := range x.boxes {
		if name == m.account.Address || name == m.guid {
			return m, nil
		}
	}
	return nil, ErrNoMailbox
}

// Mailboxes lists all, by account.
func (x *Exchange) Mailboxes() []*Mailbox {
	var list []*Mailbox
	for _, m := range x.boxes {
		list = append(list, m)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].account.ID < list[j].account.ID })
	return list
}
