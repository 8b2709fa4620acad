package exchange

import (
	"cmp"
	"slices"
)

// A Change is what became of an item of a folder since a caller last looked.
type Change struct {
	Kind  ChangeKind
	Item  Item   // of ItemGone only its ids mean anything
	Moved bool   // of ItemGone: it is in another folder
	At    uint64 // Item.Change
}

// ChangeKind is how EWS and Graph sort changes.
type ChangeKind int

const (
	ItemCreated ChangeKind = iota + 1
	ItemUpdated
	ItemRead // only its read flag changed
	ItemGone
)

// Changes lists what happened in a folder after since (0: everything there is),
// at most limit of it, oldest first, with the number to ask with next time.
// more: there is more now. A since that is not known any more, or never was,
// gives ErrSyncState.
func (m *Mailbox) Changes(folder string, since uint64, limit int) (list []Change, upTo uint64, more bool, err error) {
	f, leave, err := m.into(folder)
	if err != nil {
		return nil, 0, false, err
	}
	defer leave()
	if since > m.last || since != 0 && since < m.forgot {
		return nil, 0, false, ErrSyncState
	}
	list = m.changesIn(f.N, since)
	if len(list) > limit {
		return list[:limit], list[limit-1].At, true, nil
	}
	return list, m.last, false, nil
}

func (m *Mailbox) changesIn(folder, since uint64) []Change {
	var list []Change
	for _, it := range m.items {
		if it.Folder != folder || it.Change <= since || it.hidden(m.now()) {
			continue
		}
		c := Change{Kind: ItemUpdated, Item: *it, At: it.Change}
		switch {
		case it.Entered > since:
			c.Kind = ItemCreated
		case it.Content <= since:
			c.Kind = ItemRead
		}
		list = append(list, c)
	}
	if since > 0 {
		for _, g := range m.gone {
			if g.Folder != folder || g.Change <= since {
				continue
			}
			if it := m.items[g.Key]; it != nil && it.Folder == folder && it.Place == g.Place {
				continue
			}
			list = append(list, Change{Kind: ItemGone, Item: Item{Key: g.Key, Place: g.Place, Folder: folder, Class: ClassMail, Change: g.Change, mailbox: m}, Moved: g.Moved, At: g.Change})
		}
	}
	slices.SortFunc(list, func(a, b Change) int { return cmp.Compare(a.At, b.At) })
	return list
}

// Last is the number of the newest change in the mailbox.
func (m *Mailbox) Last() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// Event is news of a mailbox.
type Event struct {
	Seq                 uint64
	Kind                EventKind
	Key, Place          uint64 // of the item
	Folder              uint64 // where it is; of events OfFolder, the folder itself
	OldPlace, OldFolder uint64 // of Moved and Copied
	ReadFlag            bool   // of Modified: only the read flag
	OfFolder            bool   // about a folder, and no item
}

// EventKind is what happened.
type EventKind int

const (
	Created EventKind = iota + 1
	Arrived           // new mail in the Inbox; a Created comes with it
	Modified
	Moved
	Copied
	Removed
)

// emit puts an event on record and tells watchers. The caller holds m.mu.
func (m *Mailbox) emit(e Event) {
	if !m.started {
		return
	}
	e.Seq = m.next()
	m.events = append(m.events, e)
	if over := len(m.events) - maxEvents; over > 0 {
		m.eventsOf = m.events[over-1].Seq
		m.events = slices.Delete(m.events, 0, over)
	}
	for w := range m.watchers {
		w.tell(e)
	}
}

// Events lists what happened after a number. One from before the server was
// started, or too long ago, gives ErrSyncState.
func (m *Mailbox) Events(since uint64, limit int) (list []Event, more bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.sync(); err != nil {
		return nil, false, err
	}
	if since < m.eventsOf || since > m.last {
		return nil, false, ErrSyncState
	}
	i, _ := slices.BinarySearchFunc(m.events, since+1, func(e Event, n uint64) int { return cmp.Compare(e.Seq, n) })
	list = slices.Clone(m.events[i:])
	if len(list) > limit {
		return list[:limit], true, nil
	}
	return list, false, nil
}

// Watcher gets events as they happen.
type Watcher struct {
	// C brings events until Stop, or until the mailbox is closed. A watcher
	// that is slow loses events, and then Lost says so: it reads Events.
	C <-chan Event

	c       chan Event
	mailbox *Mailbox
	lost    bool
	ended   bool
}

// Watch begins to tell events. The caller calls Stop.
func (m *Mailbox) Watch() *Watcher {
	c := make(chan Event, maxWatchQueue)
	w := &Watcher{C: c, c: c, mailbox: m}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watchers[w] = true
	return w
}

func (w *Watcher) tell(e Event) {
	select {
	case w.c <- e:
	default:
		w.lost = true
	}
}

// Lost tells, once, that events were lost.
func (w *Watcher) Lost() bool {
	w.mailbox.mu.Lock()
	defer w.mailbox.mu.Unlock()
	lost := w.lost
	w.lost = false
	return lost
}

// Stop ends the watching.
func (w *Watcher) Stop() {
	w.mailbox.mu.Lock()
	defer w.mailbox.mu.Unlock()
	w.end()
}

func (w *Watcher) end() {
	if !w.ended {
		w.ended = true
		delete(w.mailbox.watchers, w)
		close(w.c)
	}
}
