package exchange

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox"
)

// Edit is an item while it is made or changed. Nothing is kept before the
// function that has it returns nil.
type Edit struct {
	Item *Item // flags, categories, importance, follow-up and sensitivity may be set

	mailbox *Mailbox
	msg     *Message
	rewrite bool
	content bool // more than the read flag changed
}

// Message is what the mail says, to be changed.
func (e *Edit) Message() (*Message, error) {
	e.rewrite, e.content = true, true
	if e.msg != nil {
		return e.msg, nil
	}
	msg, err := e.mailbox.message(e.Item)
	if err != nil {
		return nil, err
	}
	own := *msg // slices are replaced, not written into
	own.Files, own.Headers = slices.Clone(msg.Files), slices.Clone(msg.Headers)
	e.msg = &own
	return e.msg, nil
}

// SetRead changes the read flag.
func (e *Edit) SetRead(read bool) { e.setFlag(sandbox.Read, read) }

func (e *Edit) setFlag(flag sandbox.Flags, on bool) {
	e.Item.Flags &^= flag
	if on {
		e.Item.Flags |= flag
	}
}

// SetImportance sets "low", "normal" or "high".
func (e *Edit) SetImportance(level string) error {
	if !slices.Contains([]string{"low", "normal", "high"}, level) {
		return Refuse("ErrorInvalidPropertySet", "%q is not a value of importance.", level)
	}
	e.Item.Importance, e.content = level, true
	return nil
}

// SetCategories replaces the categories.
func (e *Edit) SetCategories(names []string) error {
	if len(names) > maxCategories {
		return Refuse("ErrorInvalidPropertySet", "An item has at most %d categories.", maxCategories)
	}
	e.Item.Categories, e.content = slices.Clone(names), true
	return nil
}

// SetFollowUp replaces the flag.
func (e *Edit) SetFollowUp(f FollowUp) {
	e.Item.FollowUp, e.content = f, true
	e.setFlag(sandbox.Flagged, f.Status == "flagged")
}

// SetProp sets an extended property; the ones that are a mail's own fields
// change these. Arrays are given as JSON.
func (e *Edit) SetProp(id PropID, value string) error {
	id, err := id.Check()
	if err != nil {
		return err
	}
	if len(value) > maxPropertyBytes {
		return Refuse("ErrorInvalidExtendedPropertyValue", "The extended property's value is too long.")
	}
	e.content = true
	if e.Item.Class == ClassMail && (e.Item.Draft() || e.msg != nil) {
		if done, err := e.ownField(id, value); done || err != nil {
			return err
		}
	}
	props := maps.Clone(e.Item.Props)
	if props == nil {
		props = map[string]string{}
	}
	props[id.String()] = value
	if len(props) > maxProperties {
		return Refuse("ErrorInvalidExtendedProperty", "An item has at most %d extended properties.", maxProperties)
	}
	e.Item.Props = props
	return nil
}

// RemoveProp takes an extended property away.
func (e *Edit) RemoveProp(id PropID) error {
	id, err := id.Check()
	if err != nil {
		return err
	}
	props := maps.Clone(e.Item.Props)
	delete(props, id.String())
	e.Item.Props, e.content = props, true
	return nil
}

// ownField sets what MAPI knows as a property and MIME as a field.
func (e *Edit) ownField(id PropID, value string) (done bool, err error) {
	msg, err := e.Message()
	if err != nil {
		return false, err
	}
	switch {
	case id.Set == SetInternetHeaders && id.Name != "":
		msg.SetHeader(id.Name, value)
	case id.Set != "":
		return false, nil
	case id.Tag == 0x1042:
		msg.InReplyTo = value
	case id.Tag == 0x1039:
		msg.References = strings.Fields(value)
	case id.Tag == 0x1035:
		msg.MessageID = value
	case id.Tag == 0x3FDF:
		if value == "-1" || value == "4294967295" {
			msg.AutomaticAnswers = "All"
		}
		return false, nil // its number is kept, too
	default:
		return false, nil
	}
	return true, nil
}

// SetHeader sets a field of the mail's own header.
func (m *Message) SetHeader(name, value string) {
	for i, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			m.Headers[i].Value = value
			return
		}
	}
	m.Headers = append(m.Headers, Header{name, value})
}

// Touch says that something in Item was changed that no Set method changes.
func (e *Edit) Touch() { e.content = true }

// Attach adds an attachment and returns its number.
func (e *Edit) Attach(f File) (uint64, error) {
	msg, err := e.Message()
	if err != nil {
		return 0, err
	}
	if len(msg.Files) >= maxFiles {
		return 0, Refuse("ErrorAttachmentSizeLimitExceeded", "An item has at most %d attachments.", maxFiles)
	}
	f.N, f.Modified = e.mailbox.next(), e.mailbox.now()
	msg.Files = append(msg.Files, f)
	return f.N, nil
}

// Detach takes an attachment away.
func (e *Edit) Detach(n uint64) error {
	msg, err := e.Message()
	if err != nil {
		return err
	}
	before := len(msg.Files)
	msg.Files = slices.DeleteFunc(msg.Files, func(f File) bool { return f.N == n })
	if len(msg.Files) == before {
		return ErrAttachmentGone
	}
	return nil
}

// Create makes a mail in a folder. fill gets an empty draft from the mailbox's
// owner; a mail that is to be no draft has that flag taken away.
func (m *Mailbox) Create(folder string, fill func(*Edit) error) (Item, error) {
	f, leave, err := m.into(folder)
	if err != nil {
		return Item{}, err
	}
	defer leave()
	it, err := m.create(f, fill)
	if err != nil {
		return Item{}, err
	}
	m.emit(Event{Kind: Created, Key: it.Key, Place: it.Place, Folder: it.Folder})
	return *it, nil
}

func (m *Mailbox) create(f *Folder, fill func(*Edit) error) (*Item, error) {
	if f.Path == "" {
		return nil, Refuse("ErrorInvalidRequest", "A mail cannot be put into this folder.")
	}
	if len(m.items) >= maxItems {
		return nil, ErrQuota
	}
	it := m.newItem(ClassMail, f)
	it.Flags = sandbox.Draft | sandbox.Read
	own := m.Address()
	e := &Edit{Item: it, mailbox: m, rewrite: true, msg: &Message{From: &own, Date: m.now(), MessageID: m.newMessageID(), Importance: "normal"}}
	if err := fill(e); err != nil {
		return nil, err
	}
	return it, m.write(it, e.msg, f)
}

// CreateFromMIME files a mail as it is. Its own Message-ID and fields stay.
func (m *Mailbox) CreateFromMIME(folder string, raw []byte, fill func(*Edit) error) (Item, error) {
	msg, err := ReadMessage(raw)
	if err != nil {
		return Item{}, err
	}
	if _, err := headOf(raw); err != nil {
		return Item{}, ErrMIME
	}
	if len(raw) > sandbox.MaxMessageBytes {
		return Item{}, ErrMessageSize
	}
	f, leave, err := m.into(folder)
	if err != nil {
		return Item{}, err
	}
	defer leave()
	it, err := m.createFromMIME(f, raw, msg, fill)
	if err != nil {
		return Item{}, err
	}
	m.emit(Event{Kind: Created, Key: it.Key, Place: it.Place, Folder: it.Folder})
	return *it, nil
}

func (m *Mailbox) createFromMIME(f *Folder, raw []byte, msg *Message, fill func(*Edit) error) (*Item, error) {
	if f.Path == "" {
		return nil, Refuse("ErrorInvalidRequest", "A mail cannot be put into this folder.")
	}
	it := m.newItem(ClassMail, f)
	it.Flags = sandbox.Draft | sandbox.Read
	it.describe(msg)
	e := &Edit{Item: it, mailbox: m, msg: msg}
	complete := msg.MessageID != "" && !msg.Date.IsZero() && msg.From != nil
	if msg.MessageID == "" {
		msg.MessageID = m.newMessageID()
	}
	if msg.Date.IsZero() {
		msg.Date = m.now()
	}
	if own := m.Address(); msg.From == nil {
		msg.From = &own
	}
	if fill != nil {
		if err := fill(e); err != nil {
			return nil, err
		}
	}
	if !complete || e.rewrite {
		for i := range msg.Files {
			msg.Files[i].N = m.next()
		}
		return it, m.write(it, msg, f)
	}
	var err error
	it.Size = int64(len(raw))
	if it.UID, err = m.box.Put(f.Path, raw, it.Received, it.Flags); err != nil {
		return nil, err
	}
	return it, m.store(it)
}

// write puts a mail's text into a file of a folder and the item into the list.
func (m *Mailbox) write(it *Item, msg *Message, f *Folder) error {
	raw, err := msg.MIME()
	if err != nil {
		return Refuse("ErrorInvalidRequest", "The mail cannot be written: %s.", err)
	}
	if len(raw) > sandbox.MaxMessageBytes {
		return ErrMessageSize
	}
	it.MessageID = msg.MessageID
	it.Thread, it.ThreadIndex = msg.thread()
	it.Files, it.Links = nil, nil
	for _, file := range msg.Files {
		if file.Kind == LinkFile {
			it.Links = append(it.Links, file)
			continue
		}
		it.Files = append(it.Files, file.N)
	}
	if it.UID, err = m.box.Put(f.Path, raw, it.Received, it.Flags); err != nil {
		return err
	}
	it.Size = int64(len(raw))
	delete(m.cache, it.Key)
	return m.store(it)
}

// Update changes an item. changeKey "": whatever it is now; another one than
// the item's gives ErrStale.
func (m *Mailbox) Update(id, changeKey string, change func(*Edit) error) (Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.sync(); err != nil {
		return Item{}, err
	}
	it, err := m.current(id, changeKey)
	if err != nil {
		return Item{}, err
	}
	changed := *it
	e := &Edit{Item: &changed, mailbox: m}
	if err := change(e); err != nil {
		return Item{}, err
	}
	f := m.folders[it.Folder]
	if e.rewrite && it.Class == ClassMail {
		if err := m.write(&changed, e.msg, f); err != nil {
			return Item{}, err
		}
		if err := m.box.Remove(f.Path, it.UID); err != nil {
			return Item{}, err
		}
	} else if it.Class == ClassMail && changed.Flags != it.Flags {
		if err := m.box.Mark(f.Path, it.UID, it.Flags, changed.Flags); err != nil {
			return Item{}, ErrItemNotFound
		}
	}
	if err := m.update(&changed, e.content); err != nil {
		return Item{}, err
	}
	return changed, nil
}

// current finds an item and checks that it has the change key.
func (m *Mailbox) current(id, changeKey string) (*Item, error) {
	it, err := m.item(id)
	if err != nil || changeKey == "" {
		return it, err
	}
	n, err := readChangeKey(changeKey)
	if err != nil {
		return nil, err
	}
	if n != it.Change {
		return nil, ErrStale
	}
	return it, nil
}

func (m *Mailbox) newMessageID() string {
	b := make([]byte, 8)
	rand.Read(b)
	return "<" + strings.ToUpper(hex.EncodeToString(b)) + strings.ToLower(rand.Text()[:12]) + "@" + m.account.ID + ".exchange." + sandbox.Domain + ">"
}
