package sandbox

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

// post is all mailboxes.
type post struct {
	dir   string
	now   func() time.Time
	hub   *hub
	boxes map[string]*mailbox
	order []string // ids as shown

	bearer Bearer // nil: nobody signs in with a token
}

// mailbox is one account's folders.
type mailbox struct {
	id, address, name string
	dir               string
	now               func() time.Time

	moving sync.Mutex // see folder.moveTo

	mu      sync.Mutex
	folders map[string]*folder
}

const (
	inbox     = "INBOX"
	sentItems = "Sent"

	maxFolders       = 100
	maxFolderName    = 100
	folderDelim      = '/'
	maxMessageBytes  = 25 << 20
	maxRecipients    = 100
	maxHeaderBytes   = 256 << 10
	maxMailboxEvents = 64
)

var specialFolders = map[string]imap.MailboxAttr{
	sentItems: imap.MailboxAttrSent, "Drafts": imap.MailboxAttrDrafts, "Trash": imap.MailboxAttrTrash,
	"Junk": imap.MailboxAttrJunk, "Archive": imap.MailboxAttrArchive,
}

func openPost(dir string, now func() time.Time) (*post, error) {
	if err := finishBatches(dir); err != nil {
		return nil, fmt.Errorf("finish deliveries: %w", err)
	}
	p := &post{dir: dir, now: now, hub: newHub(), boxes: map[string]*mailbox{}}
	accounts := append(Accounts(), Account{ID: outsideID, Name: "Outside Contoso"})
	for _, a := range accounts {
		box, err := openMailbox(filepath.Join(dir, a.ID), a, now)
		if err != nil {
			return nil, fmt.Errorf("open mailbox %s: %w", a.ID, err)
		}
		p.boxes[a.ID] = box
		p.order = append(p.order, a.ID)
	}
	return p, nil
}

func openMailbox(dir string, a Account, now func() time.Time) (*mailbox, error) {
	b := &mailbox{id: a.ID, address: a.Address, name: a.Name, dir: dir, now: now, folders: map[string]*folder{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := []string{inbox, sentItems}
	for _, e := range entries {
		if name, err := url.PathUnescape(e.Name()); err == nil && e.IsDir() && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if err := b.open(name); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// open adds a folder that is on disk, or makes it. The caller holds b.mu or is
// alone.
func (b *mailbox) open(name string) error {
	// Seconds since 2020 fit 32 bits and differ for a folder made again.
	validity := uint32(b.now().Unix() - 1577836800)
	f, err := openFolder(filepath.Join(b.dir, url.PathEscape(name)), name, max(validity, 1))
	if err != nil {
		return err
	}
	b.folders[name] = f
	return nil
}

var errFolderName = errors.New("not a usable folder name")

// canonical folds "inbox" into "INBOX" (RFC 3501 §5.1) and refuses names that
// cannot be a directory here.
func canonical(name string) (string, error) {
	name = strings.Trim(name, string(folderDelim))
	if strings.EqualFold(name, inbox) {
		return inbox, nil
	}
	if name == "" || len(name) > maxFolderName || strings.HasPrefix(name, ".") || len(url.PathEscape(name)) > 250 {
		return "", errFolderName
	}
	return name, nil
}

// folder finds a folder by the name a client gives; nil when there is none.
func (b *mailbox) folder(name string) *folder {
	name, err := canonical(name)
	if err != nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.folders[name]
}

var errFolderExists = errors.New("there is a folder of that name already")

func (b *mailbox) create(name string) error {
	name, err := canonical(name)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.folders[name] != nil {
		return errFolderExists
	}
	if len(b.folders) >= maxFolders {
		return fmt.Errorf("a mailbox has at most %d folders", maxFolders)
	}
	return b.open(name)
}

// drop deletes a folder and its mail. INBOX stays.
func (b *mailbox) drop(f *folder) error {
	if f.name == inbox {
		return errFolderName
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.folders, f.name)
	return os.RemoveAll(f.dir)
}

// all lists the folders by name.
func (b *mailbox) all() []*folder {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []*folder
	for _, f := range b.folders {
		list = append(list, f)
	}
	slices.SortFunc(list, func(x, y *folder) int { return strings.Compare(x.name, y.name) })
	return list
}
