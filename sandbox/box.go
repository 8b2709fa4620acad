package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Box is a mailbox for those who open another door to it than SMTP and IMAP:
// the same mails, in the same files. Its methods may be called from several
// goroutines. A mail or a folder that is gone gives fs.ErrNotExist.
type Box struct {
	post *post
	box  *mailbox
}

// Flags of a mail, as IMAP has them.
type Flags uint8

// The flags that are kept.
const (
	Read     = Flags(seen)
	Answered = Flags(answered)
	Flagged  = Flags(1 << 2)
	Deleted  = Flags(deleted)
	Draft    = Flags(1 << 4)
)

// Entry is one mail in a folder's list.
type Entry struct {
	UID   uint32 // within its folder; another one after a move
	Flags Flags
	Size  int64
	At    time.Time // when it arrived; a move does not change it
}

// Folder names that every door agrees on. Inbox and Sent are always there.
const (
	InboxFolder   = inbox
	SentFolder    = sentItems
	DraftsFolder  = "Drafts"
	TrashFolder   = "Trash"
	JunkFolder    = "Junk"
	ArchiveFolder = "Archive"
)

// MaxMessageBytes is how large a mail in a mailbox may be: an attachment of
// 150 MB, the most that Exchange Online can be set to, in base64. SMTP and IMAP
// take less.
const MaxMessageBytes = 210 << 20

// Box opens a mailbox by its account's id.
func (s *Sandbox) Box(account string) (*Box, bool) {
	b := s.mail.boxes[account]
	if b == nil {
		return nil, false
	}
	return &Box{s.mail, b}, true
}

// News tells the ids of mailboxes that change, through whichever door, until
// stop is called or the sandbox closes. A listener that is slow misses some.
func (s *Sandbox) News() (news <-chan string, stop func()) { return s.mail.hub.subscribe() }

// Resolve finds the account of an address. ours is false for other domains,
// whose mail goes to the mailbox "outside"; an address of ours that nobody has
// gives "".
func Resolve(address string) (account string, ours bool) {
	account, where := resolve(address)
	return account, where != elsewhere
}

// Submit delivers a mail for an account that has signed in. Addresses of ours
// that nobody has are left out: see Resolve.
func (s *Sandbox) Submit(account, from string, to []string, data []byte) error {
	return s.mail.deliver(envelope{from: from, to: to, auth: account, helo: "exchange." + Domain, tls: true}, data)
}

// Inject delivers a mail the way a stranger's server would. from "": a bounce.
func (s *Sandbox) Inject(helo, from string, to []string, data []byte) error {
	return s.mail.deliver(envelope{from: from, to: to, helo: helo}, data)
}

// Folders lists the folders' names, sorted. "/" parts a folder from its parent.
func (b *Box) Folders() []string {
	var names []string
	for _, f := range b.box.all() {
		names = append(names, f.name)
	}
	return names
}

// Create makes a folder. One that exists, or a name that cannot be used, is an
// error.
func (b *Box) Create(folder string) error { return b.box.create(folder) }

// Drop deletes a folder and what is in it.
func (b *Box) Drop(folder string) error {
	f, err := b.folder(folder)
	if err != nil {
		return err
	}
	defer b.changed()
	return b.box.drop(f)
}

func (b *Box) folder(name string) (*folder, error) {
	if f := b.box.folder(name); f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("folder %s: %w", name, fs.ErrNotExist)
}

func (b *Box) changed() { b.post.hub.changed(b.box.id) }

// Lists returns the mails of every folder, oldest first, as of one moment
// between two moves: each mail is in one folder.
func (b *Box) Lists() map[string][]Entry {
	b.box.moving.Lock()
	defer b.box.moving.Unlock()
	all := map[string][]Entry{}
	for _, f := range b.box.all() {
		f.mu.Lock()
		list := make([]Entry, 0, len(f.list))
		for _, m := range f.list {
			list = append(list, Entry{uint32(m.uid), Flags(m.flags), m.size, m.at})
		}
		f.mu.Unlock()
		all[f.name] = list
	}
	return all
}

// Open returns a mail's bytes.
func (b *Box) Open(folder string, uid uint32) ([]byte, error) {
	f, err := b.folder(folder)
	if err != nil {
		return nil, err
	}
	return f.read(imap.UID(uid))
}

// Put files a mail, on disk when it returns, without sending it anywhere.
func (b *Box) Put(folder string, data []byte, at time.Time, flags Flags) (uint32, error) {
	f, err := b.folder(folder)
	if err != nil {
		return 0, err
	}
	if len(data) > MaxMessageBytes {
		return 0, errors.New("the mail is too large")
	}
	d, err := f.stage(data, at, flagSet(flags))
	if err != nil {
		return 0, err
	}
	uid, err := d.publish()
	if err != nil {
		d.discard()
		return 0, err
	}
	b.changed()
	return uint32(uid), nil
}

// Mark takes flags off a mail and puts others on.
func (b *Box) Mark(folder string, uid uint32, off, on Flags) error {
	f, err := b.folder(folder)
	if err != nil {
		return err
	}
	err = f.mark(imap.UID(uid), func(s flagSet) flagSet { return s&^flagSet(off) | flagSet(on) }, nil)
	b.changed()
	return err
}

// Move puts a mail into another folder and returns its UID there.
func (b *Box) Move(folder string, uid uint32, to string) (uint32, error) {
	from, err := b.folder(folder)
	if err != nil {
		return 0, err
	}
	target, err := b.folder(to)
	if err != nil {
		return 0, err
	}
	if from == target {
		return uid, nil
	}
	b.box.moving.Lock()
	defer b.box.moving.Unlock()
	moved, err := from.moveTo(target, imap.UID(uid))
	b.changed()
	return uint32(moved), err
}

// Remove deletes a mail for good.
func (b *Box) Remove(folder string, uid uint32) error {
	f, err := b.folder(folder)
	if err != nil {
		return err
	}
	err = f.remove(imap.UID(uid))
	b.changed()
	return err
}

// Rename gives a folder another name, and those below it along. Clients that
// have it open over IMAP see it empty.
func (b *Box) Rename(folder, name string) error {
	name, err := canonical(name)
	if err != nil {
		return err
	}
	if folder == inbox || specialFolders[folder] != "" {
		return errFolderName
	}
	names := slices.DeleteFunc(b.Folders(), func(n string) bool {
		return n != folder && !strings.HasPrefix(n, folder+string(folderDelim))
	})
	if len(names) == 0 {
		return fmt.Errorf("folder %s: %w", folder, fs.ErrNotExist)
	}
	for _, old := range names {
		if err := b.renameOne(old, name+strings.TrimPrefix(old, folder)); err != nil {
			return err
		}
	}
	b.changed()
	return nil
}

func (b *Box) renameOne(old, name string) error {
	if err := b.box.create(name); err != nil {
		return err
	}
	f, err := b.folder(old)
	if err != nil {
		return err
	}
	for _, uid := range f.uids(func(*message) bool { return true }) {
		if _, err := b.Move(old, uint32(uid), name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return b.box.drop(f)
}
