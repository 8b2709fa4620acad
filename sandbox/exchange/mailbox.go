package exchange

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// Mailbox is one person's mailbox. Its methods may be called from several
// goroutines; what they return are copies.
type Mailbox struct {
	x       *Exchange
	account sandbox.Account
	guid    string
	box     *sandbox.Box
	journal *journal

	mu       sync.Mutex
	last     uint64 // one counter for items, places, folders and changes
	items    map[uint64]*Item
	places   map[uint64]uint64 // Item.Place → Item.Key
	folders  map[uint64]*Folder
	gone     []Gone // ascending Change
	forgot   uint64 // Gone up to here are not known any more
	settings Settings
	events   []Event // ascending Seq
	eventsOf uint64  // events after this one are all there
	watchers map[*Watcher]bool
	cache    map[uint64]cached
	answered map[string]bool // senders that had an automatic answer
	started  bool            // what is found from now on has just arrived
}

// Gone is what remains of an item that left a folder.
type Gone struct {
	Key, Place, Folder uint64
	Change             uint64
	Moved              bool // it is in another folder now
}

type cached struct {
	change uint64
	m      *Message
}

const (
	counterBegin = 100  // the first numbers are for well-known folders
	counterSlack = 1000 // numbers that were given and are in no journal, at most
)

func openMailbox(x *Exchange, a sandbox.Account, box *sandbox.Box, file string) (*Mailbox, error) {
	m := &Mailbox{x: x, account: a, guid: mailboxGUID(a.ID), box: box, last: counterBegin, items: map[uint64]*Item{}, places: map[uint64]uint64{},
		folders: map[uint64]*Folder{}, watchers: map[*Watcher]bool{}, cache: map[uint64]cached{}, answered: map[string]bool{},
		settings: defaultSettings()}
	if err := readJournal(file, m.take); err != nil {
		return nil, err
	}
	m.last += counterSlack
	m.dropGone()
	var err error
	if m.journal, err = beginJournal(file, m.lines()); err != nil {
		return nil, err
	}
	if err := m.makeWellKnown(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.sync(); err != nil {
		return nil, err
	}
	m.started, m.eventsOf = true, m.last
	return m, m.resume()
}

// take reads a line of the journal.
func (m *Mailbox) take(l line) {
	m.last = max(m.last, l.Last)
	switch {
	case l.Item != nil:
		it := l.Item
		it.mailbox = m
		if old := m.items[it.Key]; old != nil {
			delete(m.places, old.Place)
		}
		m.items[it.Key], m.places[it.Place] = it, it.Key
		m.last = max(m.last, it.Key, it.Place, it.Change)
	case l.Gone != nil:
		if it := m.items[l.Gone.Key]; it != nil && !l.Gone.Moved {
			delete(m.items, it.Key)
			delete(m.places, it.Place)
		}
		m.gone = append(m.gone, *l.Gone)
		m.last = max(m.last, l.Gone.Change)
	case l.Folder != nil:
		l.Folder.mailbox = m
		m.folders[l.Folder.N] = l.Folder
		m.last = max(m.last, l.Folder.N, l.Folder.Change)
	case l.NoFolder != 0:
		delete(m.folders, l.NoFolder)
	case l.Settings != nil:
		m.settings = *l.Settings
	}
	m.forgot = max(m.forgot, l.Forgot)
}

// lines is all that is to be kept, the shortest way.
func (m *Mailbox) lines() []line {
	all := []line{{Last: m.last, Forgot: m.forgot}, {Settings: &m.settings}}
	for _, f := range m.folders {
		all = append(all, line{Folder: f})
	}
	for i := range m.gone {
		all = append(all, line{Gone: &m.gone[i]})
	}
	for _, it := range m.items {
		all = append(all, line{Item: it})
	}
	return all
}

func (m *Mailbox) dropGone() {
	if over := len(m.gone) - maxGone; over > 0 {
		m.forgot = m.gone[over-1].Change
		m.gone = slices.Delete(m.gone, 0, over)
	}
}

func (m *Mailbox) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for w := range m.watchers {
		w.end()
	}
	return m.journal.close()
}

func (m *Mailbox) next() uint64 {
	m.last++
	return m.last
}

func (m *Mailbox) now() time.Time { return m.x.Now() }

// Account is whose mailbox it is.
func (m *Mailbox) Account() sandbox.Account { return m.account }

// GUID is the mailbox's id in Exchange.
func (m *Mailbox) GUID() string { return m.guid }

// Address is the owner, as mails name them.
func (m *Mailbox) Address() Address { return Address{m.account.Name, m.account.Address} }

// Refresh takes up what happened at the other doors. Everything that reads does
// so by itself; this is for those who wait for events.
func (m *Mailbox) Refresh() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sync()
}

// found is a mail in the sandbox's folders.
type found struct {
	folder *Folder
	sandbox.Entry
}

// sync makes the items agree with the files. A mail that vanished from one
// folder and one of the same age and size that appeared in another are the
// same one: an IMAP client has moved it. The caller holds m.mu.
func (m *Mailbox) sync() error {
	if err := m.syncFolders(); err != nil {
		return err
	}
	fresh, lost, err := m.compare()
	if err != nil {
		return err
	}
	for _, f := range fresh {
		i := slices.IndexFunc(lost, func(it *Item) bool { return it.Size == f.Size && it.Received.Equal(f.At) })
		if i >= 0 {
			err = m.wasMoved(lost[i], f)
			lost = slices.Delete(lost, i, i+1)
		} else {
			err = m.appeared(f)
		}
		if err != nil {
			return err
		}
	}
	for _, it := range lost {
		if err := m.forget(it, Event{Kind: Removed, Folder: it.Folder}); err != nil {
			return err
		}
	}
	return m.fileSent()
}

// compare lists mails that no item is of, and items whose mail is gone. Items
// whose flags changed are brought up to date.
func (m *Mailbox) compare() (fresh []found, lost []*Item, err error) {
	byUID := map[uint64]map[uint32]*Item{}
	for _, it := range m.items {
		if it.Class != ClassMail {
			continue
		}
		if byUID[it.Folder] == nil {
			byUID[it.Folder] = map[uint32]*Item{}
		}
		byUID[it.Folder][it.UID] = it
	}
	lists := m.box.Lists()
	for _, f := range m.folders {
		if f.Path == "" {
			continue
		}
		entries := lists[f.Path]
		known := byUID[f.N]
		for _, e := range entries {
			it := known[e.UID]
			if it == nil {
				fresh = append(fresh, found{f, e})
				continue
			}
			delete(known, e.UID)
			if it.Flags == e.Flags {
				continue
			}
			if err := m.wasMarked(it, e.Flags); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, rest := range byUID {
		for _, it := range rest {
			lost = append(lost, it)
		}
	}
	slices.SortFunc(lost, func(a, b *Item) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortFunc(fresh, func(a, b found) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.UID, b.UID)) })
	return fresh, lost, nil
}

func (m *Mailbox) wasMarked(it *Item, flags sandbox.Flags) error {
	changed := *it
	readOnly := (it.Flags^flags)&^sandbox.Read == 0
	changed.Flags = flags
	return m.update(&changed, !readOnly)
}

func (m *Mailbox) wasMoved(it *Item, f found) error {
	moved := *it
	moved.UID, moved.Flags = f.UID, f.Flags
	return m.enter(&moved, f.folder)
}

func (m *Mailbox) appeared(f found) error {
	if len(m.items) >= maxItems {
		return ErrQuota
	}
	raw, err := m.box.Open(f.folder.Path, f.UID)
	if err != nil {
		return nil // gone again: the next sync hears of it
	}
	it := m.newItem(ClassMail, f.folder)
	it.UID, it.Size, it.Flags, it.Received, it.Created = f.UID, f.Size, f.Flags, f.At, f.At
	msg, err := ReadMessage(raw)
	if err != nil {
		msg = &Message{} // a file that is no mail is shown as an empty one
	}
	it.describe(msg)
	if err := m.store(it); err != nil {
		return err
	}
	arrived := f.folder.WellKnown == Inbox && m.started
	m.emit(Event{Kind: Created, Key: it.Key, Place: it.Place, Folder: it.Folder})
	if arrived {
		m.emit(Event{Kind: Arrived, Key: it.Key, Place: it.Place, Folder: it.Folder})
		m.arrive(*it, msg)
	}
	return nil
}
