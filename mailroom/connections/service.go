package connections

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Opened is a connection at work.
type Opened struct {
	Out   mailroom.Sender
	In    mailroom.Inbox                      // nil: it is not read
	Check func(context.Context) []broker.Step // walks to the mailbox
	Hint  func()                              // nil: In is not told of news from outside
	Close func()
}

// Options are what a Service works with.
type Options struct {
	Store *store.Store
	Key   seal.Key

	// Open takes a connection up; password is its own, in the clear. Nothing is
	// called yet. A connection that cannot be right is refused.
	Open func(c Connection, password seal.Secret) (Opened, error)

	// Base is what is so for every mailroom: the store, people, the secret, what
	// replies need. Its From, Out, In and Others are filled in here.
	Base mailroom.Options

	// File is the connection that the configuration file has, nil: none. It is the
	// usual one, and the one that is read, unless another is.
	File     *Connection
	OpenFile func() (Opened, error)

	// Exists refuses the name of an OAuth resource that is not there.
	Exists func(ctx context.Context, resource string) error

	Log *slog.Logger
}

// Service keeps connections and runs the mailroom over them. It is to be Run,
// and may be used from any goroutine.
type Service struct {
	o       Options
	changed chan struct{}

	mu  sync.Mutex
	now *office // never nil after New
}

// office is a mailroom with the connections of one revision.
type office struct {
	rev    int64
	all    []Connection
	opened map[string]Opened
	room   *mailroom.Room // nil: there is nothing to send with
}

const purpose = "mail connection"

// New reads the connections and takes them up. One that cannot be opened is
// logged, and its mails wait.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{o: o, changed: make(chan struct{}, 1)}
	var err error
	s.now, err = s.load(ctx, false)
	return s, err
}

func (s *Service) read(ctx context.Context) (setting, store.Setting, error) {
	is, err := s.o.Store.Setting(ctx, Setting)
	var set setting
	if err == nil && is.Rev > 0 {
		err = json.Unmarshal(is.Body, &set)
	}
	return set, is, err
}

// load takes the connections up; changed: they are others than before.
func (s *Service) load(ctx context.Context, changed bool) (*office, error) {
	set, is, err := s.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("read mail connections: %w", err)
	}
	f := &office{rev: is.Rev, all: set.Connections, opened: map[string]Opened{}}
	if s.o.File != nil {
		f.all = append([]Connection{s.inFile(set)}, f.all...)
	}
	for _, c := range f.all {
		if c.Off {
			continue
		}
		opened, err := s.open(c)
		if err != nil {
			s.o.Log.ErrorContext(ctx, "a mail connection cannot be taken up", slog.String("connector", c.Name), slog.Any("err", err))
			opened = shut(err)
		}
		f.opened[c.Name] = opened
	}
	f.room = s.room(f, changed)
	return f, nil
}

// inFile is the connection of the configuration file: what is set here comes
// before it.
func (s *Service) inFile(set setting) Connection {
	c := *s.o.File
	c.Name = Configured
	on := func(is func(Connection) bool) bool {
		return slices.ContainsFunc(set.Connections, func(c Connection) bool { return !c.Off && is(c) })
	}
	c.Usual = !on(func(c Connection) bool { return c.Usual })
	c.Reads = c.Reads && !on(func(c Connection) bool { return c.Reads })
	return c
}

// UsersOf names the mailboxes, in use or off, whose connections sign in with
// tokens of an OAuth resource: "the mail connection orders@contoso.com".
func (s *Service) UsersOf(ctx context.Context, resource string) ([]string, error) {
	set, _, err := s.read(ctx)
	var out []string
	for _, c := range set.Connections {
		if c.Resource == resource {
			out = append(out, "the mail connection "+c.From)
		}
	}
	return out, err
}

func (s *Service) open(c Connection) (Opened, error) {
	if c.Name == Configured {
		return s.o.OpenFile()
	}
	var password seal.Secret
	if c.Password != "" {
		var err error
		if password, err = s.o.Key.Unlock(purpose, c.Password); err != nil {
			return Opened{}, fmt.Errorf("password of mail connection %s: %w", c.Name, err)
		}
	}
	return s.o.Open(c, password)
}

// room makes a mailroom of an office; nil when nothing sends.
func (s *Service) room(f *office, changed bool) *mailroom.Room {
	o := s.o.Base
	o.Hurry = changed
	usual := slices.IndexFunc(f.all, func(c Connection) bool { return c.Usual && !c.Off })
	if usual < 0 {
		usual = slices.IndexFunc(f.all, func(c Connection) bool { return !c.Off })
	}
	if usual < 0 {
		return nil
	}
	for i, c := range f.all {
		opened, on := f.opened[c.Name]
		switch {
		case !on:
			continue
		case i == usual:
			o.From, o.Out = c.Sender(), opened.Out
			if c.AtOnce > 0 {
				o.AtOnce = c.AtOnce
			}
		case len(c.Workflows) > 0:
			o.Others = append(o.Others, mailroom.Line{From: c.Sender(), Out: opened.Out, Workflows: c.Workflows, AtOnce: c.AtOnce})
		}
		if c.Reads && opened.In != nil && o.In == nil {
			o.In = opened.In
			if c.Name != Configured {
				o.ReplyTo = c.Box()
				if c.ReplyTo != "" {
					o.ReplyTo = c.ReplyTo
				}
				// The name in the configuration is of the server before that mailbox. A
				// server of Exchange leaves headers with it in what comes from outside.
				o.Trust.Exchange, o.Trust.Online = c.exchange()
				if c.Authserv != "" || o.Trust.Exchange {
					o.Authserv = c.Authserv
				}
			}
		}
	}
	return mailroom.New(o)
}

func (s *Service) office() *office {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Heard takes up what another server, or this one, has set.
func (s *Service) Heard(h store.Hint) {
	if h.Topic == store.TopicSettings && (h.Resync || h.Payload == "" || h.Payload == Setting) {
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}
}

// Run sends and reads mail over whatever is connected, until ctx ends.
func (s *Service) Run(ctx context.Context, instances mailroom.Instances, node mailroom.Node) error {
	for ctx.Err() == nil {
		f := s.office()
		work, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		if f.room != nil {
			wg.Go(func() {
				if err := f.room.Run(work, instances, node); err != nil {
					s.o.Log.ErrorContext(ctx, "the mailroom ended", slog.Any("err", err))
				}
			})
		}
		next := s.other(ctx, f.rev)
		if next != nil {
			s.mu.Lock()
			s.now = next // what is queued from now on is composed for it
			s.mu.Unlock()
		}
		stop()
		wg.Wait()
		if next != nil {
			f.close()
			s.o.Log.InfoContext(ctx, "mail goes by other connections now", slog.Int("connections", len(next.opened)))
		}
	}
	return nil
}

// other waits until other connections are set, and takes them up; nil when ctx
// ends.
func (s *Service) other(ctx context.Context, rev int64) *office {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.changed:
		}
		set, is, err := s.read(ctx)
		if err == nil && is.Rev == rev {
			continue
		}
		var f *office
		if err == nil {
			f, err = s.load(ctx, true)
		}
		if err == nil {
			return f
		}
		s.o.Log.ErrorContext(ctx, "mail connections not read; what was set before stays", slog.Any("err", err), slog.Int("connections", len(set.Connections)))
	}
}

func (f *office) close() {
	for _, o := range f.opened {
		if o.Close != nil {
			o.Close()
		}
	}
}

// Close gives up connections. It is called after Run has ended.
func (s *Service) Close() { s.office().close() }

// Room is the mailroom at the moment; nil: there is none.
func (s *Service) Room() *mailroom.Room { return s.office().room }

// Health tells how mail fares; off: nothing is connected.
func (s *Service) Health(ctx context.Context) (mailroom.Health, error) {
	if r := s.Room(); r != nil {
		return r.Health(ctx)
	}
	return mailroom.Health{Off: true}, nil
}

// Wake makes the mailroom look at its queue now.
func (s *Service) Wake() {
	if r := s.Room(); r != nil {
		r.Wake()
	}
}

// News begins what servers publish, with the connection's name, when they were
// told that something came into its mailbox.
const News = "news:"

// Names are those of the connections at work.
func (s *Service) Names() []string { return slices.Sorted(maps.Keys(s.office().opened)) }

// Hint says that something may have come into a connection's mailbox.
func (s *Service) Hint(name string) {
	if o, ok := s.office().opened[name]; ok && o.Hint != nil {
		o.Hint()
	}
}

// Handlers returns what the runner needs to carry out mail commands.
func (s *Service) Handlers() map[engine.CommandKind]runner.Handler {
	return map[engine.CommandKind]runner.Handler{engine.DoNotify: s.notify, engine.DoEmail: s.email}
}

// notify tells nobody where nothing is connected: the task is in the worklist.
func (s *Service) notify(ctx context.Context, job runner.Job) (runner.Result, error) {
	if r := s.Room(); r != nil {
		return r.Notify(ctx, job)
	}
	return runner.Done(nil), nil
}

// email fails where nothing is connected, with the remedy.
func (s *Service) email(ctx context.Context, job runner.Job) (runner.Result, error) {
	if r := s.Room(); r != nil {
		return r.Email(ctx, job)
	}
	return runner.Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "no-mail",
		Detail: "this server has no mail server to send with; connect a mailbox under Manage, Mail, or set mail.smtp in its configuration, then try again"}
}

func allowed(by signoff.Caller) error { return access.May(by, access.Server, nil).Err() }
