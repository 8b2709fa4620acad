package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/signoffhq/signoff"
)

// MailboxOptions say what is read in a mailbox.
type MailboxOptions struct {
	Folder    string        // "": INBOX
	Processed string        // where File puts mail; made when missing; "": Processed
	Poll      time.Duration // how often Wait looks, told or not; 0: one minute
}

// Mailbox reads one folder over IMAP. It connects when needed and again after
// a broken connection, waiting longer each time it fails. Its methods take
// turns: one connection is enough for one reader.
//
// The id of a mail is its UIDVALIDITY and UID (RFC 3501 §2.3.1.1) with a dot
// between. When the server starts numbering anew, methods given old ids answer
// CodeChanged.
type Mailbox struct {
	account Account
	opts    MailboxOptions

	turn     chan struct{} // held by whoever uses what follows
	client   *imapclient.Client
	selected string
	validity uint32
	failures int
	notYet   time.Time // no new attempt to connect before

	news    chan struct{} // something may be new since the last List
	waiting atomic.Int32  // calls that want their turn; Wait gives way to them
}

// Back-off between attempts to connect.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// NewMailbox returns a mailbox. It connects when first used.
func NewMailbox(account Account, opts MailboxOptions) *Mailbox {
	if opts.Folder == "" {
		opts.Folder = "INBOX"
	}
	if opts.Processed == "" {
		opts.Processed = "Processed"
	}
	if opts.Poll <= 0 {
		opts.Poll = time.Minute
	}
	return &Mailbox{account: account, opts: opts, turn: make(chan struct{}, 1), news: make(chan struct{}, 1)}
}

// Close hangs up. The mailbox can be used again: it connects anew.
func (m *Mailbox) Close() {
	m.turn <- struct{}{}
	defer m.leave()
	m.drop()
}

// List returns the ids of the mails in the folder, oldest first. It is what is
// true, whatever Wait was told.
func (m *Mailbox) List(ctx context.Context) (ids []string, err error) {
	err = m.do(ctx, m.opts.Folder, func(c *imapclient.Client) error {
		m.quiet()
		found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
		if err != nil {
			return err
		}
		uids := found.AllUIDs()
		slices.Sort(uids)
		ids = nil
		for _, u := range uids {
			ids = append(ids, m.id(uint32(u)))
		}
		return nil
	})
	return ids, err
}

// id names a mail of the folder that is selected.
func (m *Mailbox) id(uid uint32) string { return fmt.Sprintf("%d.%d", m.validity, uid) }

// uids are the numbers of mails. It refuses those of a time when the folder was
// numbered otherwise.
func (m *Mailbox) uids(ids []string) (imap.UIDSet, error) {
	var set imap.UIDSet
	for _, id := range ids {
		validity, uid, ok := strings.Cut(id, ".")
		n, err := strconv.ParseUint(uid, 10, 32)
		if !ok || err != nil || n == 0 || validity != strconv.FormatUint(uint64(m.validity), 10) {
			return nil, &signoff.Error{Kind: signoff.Conflict, Code: CodeChanged, Detail: "the mail server has numbered the mailbox anew"}
		}
		set.AddNum(imap.UID(n))
	}
	return set, nil
}

// maxHeader bounds what Headers reads of each mail.
const maxHeader = 64 << 10

// Headers returns the beginnings of mails: their header, at most 64 KB. Those
// that are gone are missing.
func (m *Mailbox) Headers(ctx context.Context, ids []string) (map[string][]byte, error) {
	section := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Size: maxHeader}}
	return m.fetch(ctx, ids, section, maxHeader)
}

// Read returns a whole mail, its first limit bytes when it is longer; nil when
// it is gone. It does not mark it as read.
func (m *Mailbox) Read(ctx context.Context, id string, limit int64) ([]byte, error) {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: limit}}
	found, err := m.fetch(ctx, []string{id}, section, limit)
	return found[id], err
}

func (m *Mailbox) fetch(ctx context.Context, ids []string, section *imap.FetchItemBodySection, limit int64) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := m.do(ctx, m.opts.Folder, func(c *imapclient.Client) error {
		set, err := m.uids(ids)
		if err != nil || len(ids) == 0 {
			return err
		}
		cmd := c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			uid, data, err := collect(msg, limit)
			if err != nil {
				return errors.Join(err, cmd.Close())
			}
			if uid != 0 && data != nil {
				out[m.id(uid)] = data
			}
		}
		return cmd.Close()
	})
	return out, err
}

// File moves handled mails to the Processed folder, marked as read. Those that
// are gone are no error.
func (m *Mailbox) File(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return m.do(ctx, m.opts.Folder, func(c *imapclient.Client) error {
		set, err := m.uids(ids)
		if err != nil {
			return err
		}
		read := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}, Silent: true}
		if err := c.Store(set, read, nil).Close(); err != nil {
			return err
		}
		err = m.move(c, set)
		if e, ok := errors.AsType[*imap.Error](err); ok && e.Code == imap.ResponseCodeTryCreate || ok && e.Type == imap.StatusResponseTypeNo {
			if err := c.Create(m.opts.Processed, nil).Wait(); err != nil {
				if e, ok := errors.AsType[*imap.Error](err); !ok || e.Code != imap.ResponseCodeAlreadyExists {
					return err
				}
			}
			return m.move(c, set)
		}
		return err
	})
}

// move is MOVE (RFC 6851), or what servers without it need. It expunges these
// mails only: others may be marked for deletion by somebody else.
func (m *Mailbox) move(c *imapclient.Client, set imap.UIDSet) error {
	if c.Caps().Has(imap.CapMove) {
		_, err := c.Move(set, m.opts.Processed).Wait()
		return err
	}
	if _, err := c.Copy(set, m.opts.Processed).Wait(); err != nil {
		return err
	}
	gone := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}
	if err := c.Store(set, gone, nil).Close(); err != nil {
		return err
	}
	if c.Caps().Has(imap.CapUIDPlus) {
		return c.UIDExpunge(set).Close()
	}
	return nil // marked as deleted: List leaves it out
}

// Find tells whether a mail with this Message-ID, angle brackets included, is
// in the folder or among the processed.
func (m *Mailbox) Find(ctx context.Context, messageID string) (bool, error) {
	want := &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: messageID}}}
	for _, folder := range []string{m.opts.Folder, m.opts.Processed} {
		found := false
		err := m.do(ctx, folder, func(c *imapclient.Client) error {
			data, err := c.UIDSearch(want, nil).Wait()
			found = err == nil && len(data.AllUIDs()) > 0
			return err
		})
		if signoff.CodeOf(err) == CodeMailbox && folder == m.opts.Processed {
			return false, nil // there is no such folder yet
		}
		if err != nil || found {
			return found, err
		}
	}
	return false, nil
}

// Wait returns when there may be new mail since List, when it is time to look
// anyway, or when another call wants its turn.
func (m *Mailbox) Wait(ctx context.Context) error {
	if err := m.take(ctx); err != nil {
		return err
	}
	defer m.leave()
	if m.waiting.Load() > 0 {
		return nil
	}
	timer := time.NewTimer(m.opts.Poll)
	defer timer.Stop()
	return m.with(ctx, m.opts.Folder, m.opts.Poll+commandsTake*m.account.timeout(), func(c *imapclient.Client) error {
		idle, closed, err := m.idle(ctx, c)
		if err != nil {
			return err
		}
		select {
		case <-m.news:
		case <-timer.C:
		case <-closed:
			return net.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
		return endIdle(idle)
	})
}

// idle starts IDLE (RFC 2177) where it is offered; else there is only the clock.
func (m *Mailbox) idle(ctx context.Context, c *imapclient.Client) (*imapclient.IdleCommand, <-chan struct{}, error) {
	if !c.Caps().Has(imap.CapIdle) {
		return nil, c.Closed(), ctx.Err()
	}
	idle, err := c.Idle()
	return idle, c.Closed(), err
}

func endIdle(idle *imapclient.IdleCommand) error {
	if idle == nil {
		return nil
	}
	return errors.Join(idle.Close(), idle.Wait())
}

func (m *Mailbox) ring() {
	select {
	case m.news <- struct{}{}:
	default:
	}
}

// quiet forgets what was rung before a List that will see it.
func (m *Mailbox) quiet() {
	select {
	case <-m.news:
	default:
	}
}
