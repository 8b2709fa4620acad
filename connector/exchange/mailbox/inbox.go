package mailbox

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

// InboxOptions say what is read in a mailbox.
type InboxOptions struct {
	Folder    string        // id or well-known name; "": inbox
	Processed string        // name of the folder File puts mails into; made when missing; "": Processed
	Poll      time.Duration // how often to look, told or not; 0: one minute

	// Push is an address of ours that the server tells of news, where the protocol
	// has that; nil: none. What comes there is for Hint.
	Push *exchange.Push
	Log  *slog.Logger
}

// box is the part of a Backend that reading takes.
type box interface {
	exchange.Mailer
	exchange.Folders
	exchange.Reader
}

// Inbox reads a folder. Its methods may be called from several goroutines, List
// from one at a time.
type Inbox struct {
	box  box
	opts InboxOptions
	hint chan struct{}

	mu        sync.Mutex
	state     string                   // of Sync
	listed    map[string]exchange.Mail // as of the last List
	processed string                   // id of the folder, once it is known

	push subscriber // only Wait uses it
}

// NewInbox returns an inbox. Nothing is called yet.
func NewInbox(b exchange.Backend, o InboxOptions) *Inbox {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Folder, o.Processed, o.Poll = cmp.Or(o.Folder, "inbox"), cmp.Or(o.Processed, "Processed"), cmp.Or(o.Poll, time.Minute)
	return &Inbox{box: b, opts: o, hint: make(chan struct{}, 1)}
}

// Hint says that something may have come: Wait returns.
func (in *Inbox) Hint() {
	select {
	case in.hint <- struct{}{}:
	default:
	}
}

const (
	listPage = 200
	maxList  = 10_000 // mails that are looked at in one go, the newest of those there are
	maxPages = 2000   // of what is new
)

// List returns the ids of the mails in the folder, oldest first. It is what is
// true, whatever Wait was told.
func (in *Inbox) List(ctx context.Context) ([]string, error) {
	in.quiet()
	if err := in.catchUp(ctx); err != nil {
		return nil, told(err)
	}
	listed := map[string]exchange.Mail{}
	var ids []string
	for q := (exchange.MailQuery{Folder: in.opts.Folder, Query: exchange.Query{Top: listPage}}); len(ids) < maxList; {
		page, err := in.box.Mails(ctx, q)
		if err != nil {
			return nil, told(err)
		}
		for _, m := range page.Items {
			if _, twice := listed[m.ID]; !twice { // a page moves on while mails come
				listed[m.ID] = m
				ids = append(ids, m.ID)
			}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	for i, j := 0, len(ids)-1; i < j; i, j = i+1, j-1 {
		ids[i], ids[j] = ids[j], ids[i]
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.listed = listed
	return ids, nil
}

// catchUp takes note of everything that came so far, before it is listed: what
// comes later, Wait is told.
func (in *Inbox) catchUp(ctx context.Context) error {
	state := in.known()
	for range maxPages {
		c, err := in.box.Sync(ctx, in.opts.Folder, state)
		if err != nil {
			return err
		}
		if state = c.State; !c.More {
			break
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.state = state
	return nil
}

func (in *Inbox) known() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.state
}

// Headers returns of each mail what tells whether it is a copy of our own: its
// Message-ID. Those that are gone are missing.
func (in *Inbox) Headers(_ context.Context, ids []string) (map[string][]byte, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	out := map[string][]byte{}
	for _, id := range ids {
		if m, ok := in.listed[id]; ok {
			out[id] = fmt.Appendf(nil, "Message-Id: %s\r\n\r\n", oneLine(m.MessageID))
		}
	}
	return out, nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Read returns a whole mail; nil when it is gone. Of one that is longer than
// limit it returns limit bytes, of which only the header is the mail's.
func (in *Inbox) Read(ctx context.Context, id string, limit int64) ([]byte, error) {
	raw, err := in.box.Raw(ctx, id, limit)
	switch {
	case err == nil:
		return raw, nil
	case exchange.Gone(err):
		return nil, nil
	case signoff.CodeOf(err) == exchange.CodeTooLarge:
		return in.head(ctx, id, limit)
	}
	return nil, ofOne(err)
}

func (in *Inbox) head(ctx context.Context, id string, limit int64) ([]byte, error) {
	m, err := in.box.Mail(ctx, id, exchange.WithHeaders)
	if exchange.Gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, ofOne(err)
	}
	var b bytes.Buffer
	for _, h := range m.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", oneLine(h.Name), oneLine(h.Value))
	}
	b.WriteString("\r\n")
	out := make([]byte, limit)
	copy(out, b.Bytes())
	return out, nil
}

// File moves handled mails to the folder for them, marked as read. Those that
// are gone are no error.
func (in *Inbox) File(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	for _, id := range ids {
		if err := in.file(ctx, id); err != nil {
			return ofOne(err)
		}
	}
	return nil
}

func (in *Inbox) file(ctx context.Context, id string) error {
	read := true
	if _, err := in.box.ChangeMail(ctx, id, exchange.MailChange{Read: &read}); err != nil {
		if exchange.Gone(err) {
			return nil
		}
		return err
	}
	for again := false; ; again = true {
		to, err := in.folder(ctx, again)
		if err != nil {
			return err
		}
		if _, err = in.box.MoveMail(ctx, id, to); err == nil || !exchange.Gone(err) {
			return err
		}
		if again { // the folder is a new one: it is the mail that is gone
			return nil
		}
	}
}

// folder finds the folder for handled mails, or makes it. With anew, the one
// known is not believed in any more.
func (in *Inbox) folder(ctx context.Context, anew bool) (string, error) {
	in.mu.Lock()
	known := in.processed
	in.mu.Unlock()
	if known != "" && !anew {
		return known, nil
	}
	id, err := in.find(ctx)
	if id == "" && err == nil {
		var f exchange.Folder
		f, err = in.box.CreateFolder(ctx, "", in.opts.Processed)
		if id = f.ID; signoff.CodeOf(err) == exchange.CodeConflict { // somebody else made it
			id, err = in.find(ctx)
		}
	}
	in.mu.Lock()
	in.processed = id
	in.mu.Unlock()
	return id, err
}

func (in *Inbox) find(ctx context.Context) (string, error) {
	for after, pages := "", 0; pages < maxPages; pages++ {
		page, err := in.box.Folders(ctx, "", exchange.Query{Top: listPage, After: after})
		if err != nil {
			return "", err
		}
		for _, f := range page.Items {
			if strings.EqualFold(f.Name, in.opts.Processed) {
				return f.ID, nil
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	return "", nil
}

// Find tells whether a mail with this Message-ID, angle brackets included, is in
// the mailbox and no draft.
func (in *Inbox) Find(ctx context.Context, messageID string) (bool, error) {
	f, err := in.box.Find(ctx, exchange.Trace{MessageID: messageID})
	return f.State == exchange.Sent, told(err)
}

// Wait returns when there may be new mail since List, or when it is time to look
// anyway.
func (in *Inbox) Wait(ctx context.Context) error {
	in.subscribed(ctx)
	watch, stop := context.WithTimeout(ctx, in.opts.Poll)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- in.box.Watch(watch, in.opts.Folder, in.known()) }()
	var err error
	select {
	case err = <-ended:
	case <-in.hint:
		stop()
		<-ended
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil, errors.Is(err, context.DeadlineExceeded) || watch.Err() != nil:
		return nil
	}
	return told(err)
}

// quiet forgets what was hinted before a List that will see it.
func (in *Inbox) quiet() {
	select {
	case <-in.hint:
	default:
	}
}
