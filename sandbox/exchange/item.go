package exchange

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// The classes of items.
const (
	ClassMail    = "IPM.Note"
	ClassEvent   = "IPM.Appointment"
	ClassContact = "IPM.Contact"
	ClassTask    = "IPM.Task"
)

// Item is one thing in a mailbox: a copy, as of when it was asked for.
type Item struct {
	Key     uint64 `json:"key"`     // its number for ever: immutable ids
	Place   uint64 `json:"place"`   // another one after each move: ordinary ids
	Change  uint64 `json:"change"`  // grows with every change: change keys, sync
	Content uint64 `json:"content"` // likewise, but for the read flag
	Entered uint64 `json:"entered"` // Change when it came into its folder

	Class    string        `json:"class"`
	Folder   uint64        `json:"folder"`
	UID      uint32        `json:"uid,omitempty"` // of a mail, in the sandbox's folder
	Size     int64         `json:"size"`
	Flags    sandbox.Flags `json:"flags"`
	Received time.Time     `json:"received"`
	Created  time.Time     `json:"created"`
	Modified time.Time     `json:"modified"`

	Thread      [16]byte          `json:"thread"`
	ThreadIndex []byte            `json:"threadIndex,omitempty"`
	MessageID   string            `json:"messageId,omitempty"`
	Importance  string            `json:"importance,omitempty"`  // where it differs from the mail's
	Sensitivity string            `json:"sensitivity,omitempty"` // "": normal
	Categories  []string          `json:"categories,omitempty"`
	FollowUp    FollowUp          `json:"followUp,omitzero"`
	Props       map[string]string `json:"props,omitempty"` // by PropID.String; arrays as JSON
	Files       []uint64          `json:"files,omitempty"` // numbers of the mail's attachments, in order
	Links       []File            `json:"links,omitempty"` // reference attachments
	Verb        int               `json:"verb,omitempty"`  // 102 replied, 103 to all, 104 forwarded
	VerbAt      time.Time         `json:"verbAt,omitzero"`
	Entry       json.RawMessage   `json:"entry,omitempty"` // of what is no mail: see Mailbox.CreateEntry

	// Of a mail on its way out: see send.go.
	Sending   string    `json:"sending,omitempty"`
	FiledAt   time.Time `json:"filedAt,omitzero"`
	NoCopy    bool      `json:"noCopy,omitempty"`
	SentTo    uint64    `json:"sentTo,omitempty"` // the folder of the copy
	SentFiled bool      `json:"sentFiled,omitempty"`

	mailbox *Mailbox
}

// FollowUp is a flag to remember something by.
type FollowUp struct {
	Status               string // "", "flagged", "complete"
	Start, Due, Complete time.Time
}

// ID names the item. An ordinary id changes when the item moves, also when a
// draft is sent; an immutable one does not.
func (it Item) ID(immutable bool) ID {
	if immutable {
		return ID{Mailbox: it.mailbox.guid, Kind: OfItem, N: it.Key, Immutable: true}
	}
	return ID{Mailbox: it.mailbox.guid, Kind: OfItem, N: it.Place}
}

// FileID names an attachment of the item.
func (it Item) FileID(n uint64, immutable bool) ID {
	id := it.ID(immutable)
	id.Kind, id.File = OfAttachment, n
	return id
}

// ThreadID names the conversation.
func (it Item) ThreadID() ID {
	return ID{Mailbox: it.mailbox.guid, Kind: OfConversation, Thread: it.Thread}
}

// FolderID names the folder the item is in.
func (it Item) FolderID() ID { return ID{Mailbox: it.mailbox.guid, Kind: OfFolder, N: it.Folder} }

// ChangeKey changes whenever the item does.
func (it Item) ChangeKey() string { return changeKey(it.mailbox.guid, it.Class, it.Change) }

// Read and Draft are the flags that everybody asks for.
func (it Item) Read() bool  { return it.Flags&sandbox.Read != 0 }
func (it Item) Draft() bool { return it.Flags&sandbox.Draft != 0 && it.Sending == "" }

// hidden: sent, and not yet to be found.
func (it Item) hidden(now time.Time) bool { return it.Sending != "" && now.Before(it.FiledAt) }

// MIME returns the mail's bytes.
func (it Item) MIME() ([]byte, error) {
	return atItem(it, it.mailbox.raw)
}

// Message takes the mail apart. What is returned is not to be changed.
func (it Item) Message() (*Message, error) {
	return atItem(it, it.mailbox.message)
}

// atItem reads something of an item that may have changed since it was listed.
func atItem[T any](it Item, read func(*Item) (T, error)) (out T, err error) {
	m := it.mailbox
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.items[it.Key]
	if now == nil {
		return out, ErrItemNotFound
	}
	return read(now)
}

func (m *Mailbox) raw(it *Item) ([]byte, error) {
	f := m.folders[it.Folder]
	if f == nil || f.Path == "" {
		return nil, ErrItemNotFound
	}
	raw, err := m.box.Open(f.Path, it.UID)
	if err != nil {
		return nil, ErrItemNotFound
	}
	return raw, nil
}

// message reads a mail, or remembers it. The caller holds m.mu.
func (m *Mailbox) message(it *Item) (*Message, error) {
	if c, ok := m.cache[it.Key]; ok && c.change == it.Content {
		return c.m, nil
	}
	raw, err := m.raw(it)
	if err != nil {
		return nil, err
	}
	msg, err := ReadMessage(raw)
	if err != nil {
		msg = &Message{Body: Body{Text: readText(bytes.NewReader(raw))}}
	}
	for i := range msg.Files {
		if i < len(it.Files) {
			msg.Files[i].N = it.Files[i]
		}
	}
	msg.Files = append(msg.Files, it.Links...)
	if it.Importance != "" {
		msg.Importance = it.Importance
	}
	if len(raw) <= maxCachedBytes {
		if len(m.cache) >= maxCached {
			clear(m.cache)
		}
		m.cache[it.Key] = cached{it.Content, msg}
	}
	return msg, nil
}

// newItem is an item that is in no list yet.
func (m *Mailbox) newItem(class string, f *Folder) *Item {
	n := m.next()
	now := m.now()
	return &Item{Key: n, Place: m.next(), Change: n, Content: n, Entered: n, Class: class, Folder: f.N, Received: now, Created: now, Modified: now, mailbox: m}
}

// describe fills in what is known from the mail.
func (it *Item) describe(msg *Message) {
	it.MessageID = msg.MessageID
	it.Thread, it.ThreadIndex = msg.thread()
	it.Files = nil
	for i := range msg.Files {
		it.Files = append(it.Files, uint64(i+1))
	}
}

// store puts an item into the list and the journal.
func (m *Mailbox) store(it *Item) error {
	if old := m.items[it.Key]; old != nil {
		delete(m.places, old.Place)
	}
	m.items[it.Key], m.places[it.Place] = it, it.Key
	return m.journal.add(line{Item: it})
}

// update stores a changed copy of an item. content: more than its read flag.
func (m *Mailbox) update(it *Item, content bool) error {
	it.Change, it.Modified = m.next(), m.now()
	if content {
		it.Content = it.Change
	}
	if err := m.store(it); err != nil {
		return err
	}
	m.emit(Event{Kind: Modified, Key: it.Key, Place: it.Place, Folder: it.Folder, ReadFlag: !content})
	return nil
}

// enter stores an item that came into another folder, with a place of its own.
func (m *Mailbox) enter(it *Item, f *Folder) error {
	old := m.items[it.Key]
	if err := m.leave(Gone{Key: old.Key, Place: old.Place, Folder: old.Folder, Moved: true}); err != nil {
		return err
	}
	it.Folder, it.Place, it.Change, it.Modified = f.N, m.next(), m.next(), m.now()
	it.Entered, it.Content = it.Change, it.Change
	if err := m.store(it); err != nil {
		return err
	}
	m.emit(Event{Kind: Moved, Key: it.Key, Place: it.Place, Folder: f.N, OldPlace: old.Place, OldFolder: old.Folder})
	return nil
}

func (m *Mailbox) leave(g Gone) error {
	g.Change = m.next()
	m.gone = append(m.gone, g)
	m.dropGone()
	return m.journal.add(line{Gone: &g})
}

// forget takes an item out of the list for good.
func (m *Mailbox) forget(it *Item, e Event) error {
	delete(m.items, it.Key)
	delete(m.places, it.Place)
	delete(m.cache, it.Key)
	e.Key, e.Place = it.Key, it.Place
	m.emit(e)
	return m.leave(Gone{Key: it.Key, Place: it.Place, Folder: it.Folder})
}

func (m *Mailbox) inFolder(n uint64) []*Item {
	var list []*Item
	for _, it := range m.items {
		if it.Folder == n {
			list = append(list, it)
		}
	}
	slices.SortFunc(list, func(a, b *Item) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// item finds an item by the text of an id. The caller holds m.mu and has
// synced.
func (m *Mailbox) item(text string) (*Item, error) {
	id, err := ParseID(text)
	if err != nil {
		return nil, err
	}
	if id.Kind != OfItem && id.Kind != OfAttachment {
		return nil, ErrIDMalformed
	}
	if id.Mailbox != m.guid {
		return nil, ErrItemNotFound
	}
	key := id.N
	if !id.Immutable {
		key = m.places[id.N]
	}
	it := m.items[key]
	if it == nil || it.hidden(m.now()) {
		return nil, ErrItemNotFound
	}
	return it, nil
}

// Item finds an item by the text of its id, ordinary or immutable, in EWS's or
// Graph's writing.
func (m *Mailbox) Item(id string) (Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.sync(); err != nil {
		return Item{}, err
	}
	it, err := m.item(id)
	if err != nil {
		return Item{}, err
	}
	return *it, nil
}

// Items lists a folder's items, newest first. folder "": of all mail folders.
func (m *Mailbox) Items(folder string) ([]Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.sync(); err != nil {
		return nil, err
	}
	var in *Folder
	if folder != "" {
		var err error
		if in, err = m.find(folder); err != nil {
			return nil, err
		}
	}
	var list []Item
	for _, it := range m.items {
		if it.hidden(m.now()) || in != nil && it.Folder != in.N || in == nil && it.Class != ClassMail {
			continue
		}
		list = append(list, *it)
	}
	slices.SortFunc(list, func(a, b Item) int { return cmp.Or(b.Received.Compare(a.Received), cmp.Compare(b.Key, a.Key)) })
	return list, nil
}

// ByKey finds the items of events and changes; those that are gone are left
// out.
func (m *Mailbox) ByKey(keys ...uint64) []Item {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Item
	for _, k := range keys {
		if it := m.items[k]; it != nil {
			list = append(list, *it)
		}
	}
	return list
}

// IsGone tells whether an error says that something is not there.
func IsGone(err error) bool {
	return errors.Is(err, ErrItemNotFound) || errors.Is(err, ErrFolderNotFound) || errors.Is(err, ErrAttachmentGone)
}
