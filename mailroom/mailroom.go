// Package mailroom tells people of their tasks by mail and takes decisions from
// their replies.
//
// Out: a command becomes one mail for each person, composed once and queued
// under a key. A mail is marked before it is handed to the mail server; what
// was being handed over when the program died is in doubt, and is looked for in
// our own mailbox (each mail has a copy sent there) before it is sent again.
//
// In: every mail in the service mailbox is read by package reply, tied to a
// task, acted on at most once, recorded with its evidence, answered, and filed
// away, in that order and each step repeatable.
//
// It reaches mail servers, people and instances through small interfaces. Start
// reading at Room.Notify, Room.deliver and Room.takeIn.
package mailroom

import (
	"context"
	"log/slog"
	"net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// Sender hands a mail to a mail server for one recipient, and for copyTo if it
// can. An error with code "mail-doubtful" means that the server may have taken
// the mail; with any other it has not. Invalid: it never will. Turn waits until
// a mail may leave; done is called when it has been sent.
type Sender interface {
	Turn(ctx context.Context) (done func(), err error)
	Send(ctx context.Context, from, to, copyTo string, raw []byte) error
}

// Inbox is the service mailbox. Mails have ids that only the mailbox
// understands; code "mailbox-changed" says that they are not good any more.
type Inbox interface {
	List(ctx context.Context) (ids []string, err error) // oldest first
	Headers(ctx context.Context, ids []string) (map[string][]byte, error)
	Read(ctx context.Context, id string, limit int64) ([]byte, error) // nil: gone
	File(ctx context.Context, ids []string) error
	Find(ctx context.Context, messageID string) (bool, error)
	Wait(ctx context.Context) error // for something new, or for a while
}

// People is what the mailroom asks about people. Package identity answers it.
type People interface {
	ByAddress(ctx context.Context, email string) (signoff.Person, bool, error)
	Names(ctx context.Context, principals []signoff.Principal) (map[signoff.Principal]signoff.Person, error)
	Caller(ctx context.Context, p signoff.Principal, how string) (signoff.Caller, error)
	Members(ctx context.Context, group, after signoff.Principal, limit int) ([]signoff.Person, error)
}

// Instances is what the mailroom asks of instances. Package runner answers it.
type Instances interface {
	Do(ctx context.Context, by signoff.Caller, id signoff.InstanceID, event engine.Event, once string) (engine.State, error)
	Finish(ctx context.Context, key string, values map[string]expr.Value, failure error) error
}

// Node is the server the room is in, one of several perhaps. Package runner
// answers it.
type Node interface {
	NodeID() (id string, alive bool)
}

// Options are what a Room works with. Store, People, Out, From, URL and Secret
// are needed.
type Options struct {
	Store    *store.Store
	People   People
	Absences Absences // nil: nobody stands in for anybody
	Out      Sender
	Others   []Line
	In       Inbox // nil: nothing can be decided by mail, and doubtful mails wait for an administrator

	From        mail.Address // sender of all mail
	ReplyTo     string       // the service mailbox; secrets are added after a plus sign; "": the address in From
	Authserv    string       // the name our receiving server signs its sender checks with
	TrustToken  bool         // the secret reply address alone proves the sender
	Trust       reply.Trust  // what proves a sender besides dmarc=pass
	AnyEnvelope bool         // an envelope sender of our own that is nobody's does not tell against From
	Hurry       bool         // what waits to be tried again is tried at once: it may go another way now
	NoCopies    bool         // do not send ourselves a copy of each mail
	URL         string       // where people reach the server, without a slash at the end
	Secret      []byte       // 32 bytes or more; reply addresses and Message-IDs follow from it

	AtOnce   int           // mails being sent at the same time; 0: 4
	Grace    time.Duration // how long a copy may take to arrive; 0: 2 minutes
	GiveUp   time.Duration // how long a mail is tried for; 0: 24 hours
	Location *time.Location
	Log      *slog.Logger
	Now      func() time.Time
}

// Room is the mailroom. Notify and Email queue as soon as it is made; mail
// leaves and arrives while Run runs.
type Room struct {
	Options
	policy reply.Policy
	domain string
	made   time.Time

	instances Instances // set by Run
	lease     atomic.Pointer[store.Lease]
	wakeOut   chan struct{}
	wakeDoubt chan struct{}
	wakeLease chan struct{}
	step      func(ctx context.Context, name string) error // tests stop the program here

	mu       sync.Mutex
	health   Health
	troubles map[string]error // by line
}

// New returns a room.
func New(o Options) *Room {
	if o.ReplyTo == "" {
		o.ReplyTo = o.From.Address
	}
	if o.AtOnce <= 0 {
		o.AtOnce = 4
	}
	if o.Grace <= 0 {
		o.Grace = 2 * time.Minute
	}
	if o.GiveUp <= 0 {
		o.GiveUp = 24 * time.Hour
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.URL = strings.TrimRight(o.URL, "/")
	_, domain, _ := strings.Cut(o.From.Address, "@")
	return &Room{Options: o, domain: strings.ToLower(domain), made: o.Now(),
		policy:  reply.Policy{Address: o.ReplyTo, Domain: strings.ToLower(domain), Authserv: o.Authserv, Trust: o.Trust},
		wakeOut: make(chan struct{}, 1), wakeDoubt: make(chan struct{}, 1), wakeLease: make(chan struct{}, 1),
		step: func(context.Context, string) error { return nil }}
}

// Handlers returns what the runner needs to carry out mail commands.
func (r *Room) Handlers() map[engine.CommandKind]runner.Handler {
	return map[engine.CommandKind]runner.Handler{engine.DoNotify: r.Notify, engine.DoEmail: r.Email}
}

// tidy forgets reply addresses that have expired.
func (r *Room) tidy(ctx context.Context) {
	const every, atOnce = time.Hour, 1000
	for {
		n, err := r.Store.ForgetReplyAddresses(ctx, r.Now(), atOnce)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("old reply addresses not removed", slog.Any("err", err))
		}
		if n < atOnce && !sleep(ctx, every) || ctx.Err() != nil {
			return
		}
	}
}

// sleep waits, and tells whether to go on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
