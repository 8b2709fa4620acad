package exchange

import (
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox"
)

// Folder is a folder of a mailbox: a copy, as of when it was asked for.
type Folder struct {
	N         uint64 `json:"n"` // its counter: ids never change
	Parent    uint64 `json:"parent"`
	Name      string `json:"name"`            // as shown
	Path      string `json:"path,omitempty"`  // the sandbox's folder; "" where no mail is
	Class     string `json:"class"`           // "IPF.Note", "IPF.Appointment", …
	WellKnown string `json:"known,omitempty"` // "inbox", lower case
	Change    uint64 `json:"change"`

	Total, Unread, Children int   `json:"-"`
	Size                    int64 `json:"-"`

	mailbox *Mailbox
}

// The classes of folders.
const (
	MailFolder     = "IPF.Note"
	CalendarFolder = "IPF.Appointment"
	ContactFolder  = "IPF.Contact"
	TaskFolder     = "IPF.Task"
)

// The well-known folders that callers name most.
const (
	Root         = "msgfolderroot"
	Inbox        = "inbox"
	Drafts       = "drafts"
	SentItems    = "sentitems"
	DeletedItems = "deleteditems"
	Archive      = "archive"
	Outbox       = "outbox"
	JunkEmail    = "junkemail"
	Calendar     = "calendar"
	Contacts     = "contacts"
	Tasks        = "tasks"
)

const outboxPath = "Outbox"

// wellKnown is made when a mailbox is opened for the first time. The order
// gives the counters, which are thus the same in every mailbox.
var wellKnown = []struct{ known, name, path, class string }{
	{"root", "Root", "", ""},
	{Root, "Top of Information Store", "", MailFolder},
	{Inbox, "Inbox", sandbox.InboxFolder, MailFolder},
	{Drafts, "Drafts", sandbox.DraftsFolder, MailFolder},
	{SentItems, "Sent Items", sandbox.SentFolder, MailFolder},
	{DeletedItems, "Deleted Items", sandbox.TrashFolder, MailFolder},
	{Archive, "Archive", sandbox.ArchiveFolder, MailFolder},
	{Outbox, "Outbox", outboxPath, MailFolder},
	{JunkEmail, "Junk Email", sandbox.JunkFolder, MailFolder},
	{Calendar, "Calendar", "", CalendarFolder},
	{Contacts, "Contacts", "", ContactFolder},
	{Tasks, "Tasks", "", TaskFolder},
}

// ID names the folder.
func (f Folder) ID() ID { return ID{Mailbox: f.mailbox.guid, Kind: OfFolder, N: f.N} }

// ParentID names the folder above; of the root it is the root itself.
func (f Folder) ParentID() ID { return ID{Mailbox: f.mailbox.guid, Kind: OfFolder, N: f.Parent} }

// ChangeKey tells states of the folder apart.
func (f Folder) ChangeKey() string { return changeKey(f.mailbox.guid, "", f.Change) }

// makeWellKnown adds what a mailbox lacks.
func (m *Mailbox) makeWellKnown() error {
	for i, w := range wellKnown {
		if m.folders[uint64(i+1)] != nil {
			continue
		}
		if w.path != "" && !slices.Contains(m.box.Folders(), w.path) {
			if err := m.box.Create(w.path); err != nil {
				return err
			}
		}
		f := &Folder{N: uint64(i + 1), Parent: uint64(min(i, 1) + 1), Name: w.name, Path: w.path, Class: w.class, WellKnown: w.known, mailbox: m}
		if w.known == Root {
			f.Parent = 1
		}
		if err := m.putFolder(f); err != nil {
			return err
		}
	}
	return nil
}

func (m *Mailbox) putFolder(f *Folder) error {
	f.Change = m.next()
	m.folders[f.N] = f
	return m.journal.add(line{Folder: f})
}

// syncFolders takes up folders that IMAP clients made or removed.
func (m *Mailbox) syncFolders() error {
	names := m.box.Folders()
	for _, f := range m.folders {
		if f.Path == "" || slices.Contains(names, f.Path) {
			continue
		}
		if f.WellKnown != "" { // Exchange's cannot be removed
			if err := m.box.Create(f.Path); err != nil {
				return err
			}
			continue
		}
		if err := m.forgetFolder(f); err != nil {
			return err
		}
	}
	for _, name := range names { // sorted: parents first
		if m.byPath(name) != nil {
			continue
		}
		parent, last := m.known(Root), name
		if i := strings.LastIndexByte(name, '/'); i > 0 {
			last = name[i+1:]
			if p := m.byPath(name[:i]); p != nil {
				parent = p
			}
		}
		f := &Folder{N: m.next(), Parent: parent.N, Name: last, Path: name, Class: MailFolder, mailbox: m}
		if err := m.putFolder(f); err != nil {
			return err
		}
	}
	return nil
}

func (m *Mailbox) byPath(path string) *Folder {
	for _, f := range m.folders {
		if f.Path == path && path != "" {
			return f
		}
	}
	return nil
}

func (m *Mailbox) known(name string) *Folder {
	for _, f := range m.folders {
		if f.WellKnown == name {
			return f
		}
	}
	return nil
}

// find returns a folder by a well-known name or the text of an id. The caller
// holds m.mu.
func (m *Mailbox) find(name string) (*Folder, error) {
	if f := m.known(strings.ToLower(name)); f != nil && name != "" {
		return f, nil
	}
	id, err := ParseID(name)
	if err != nil || id.Kind != OfFolder {
		return nil, ErrIDMalformed
	}
	f := m.folders[id.N]
	if f == nil || id.Mailbox != m.guid {
		return nil, ErrFolderNotFound
	}
	return f, nil
}

// shown is a copy with its counts.
func (m *Mailbox) shown(f *Folder) Folder {
	out := *f
	for _, it := range m.items {
		if it.Folder != f.N || it.hidden(m.now()) {
			continue
		}
		out.Total++
		out.Size += it.Size
		if !it.Read() {
			out.Unread++
		}
	}
	for _, c := range m.folders {
		if c.Parent == f.N && c.N != f.N {
			out.Children++
		}
	}
	return out
}

// into finds a folder by a well-known name or an id's text in the mailbox as it
// is now, and keeps others out until leave is called.
func (m *Mailbox) into(folder string) (f *Folder, leave func(), err error) {
	m.mu.Lock()
	if err = m.sync(); err == nil {
		f, err = m.find(folder)
	}
	if err != nil {
		m.mu.Unlock()
		return nil, nil, err
	}
	return f, m.mu.Unlock, nil
}

// Folder finds a folder by a well-known name ("inbox") or an id's text.
func (m *Mailbox) Folder(name string) (Folder, error) {
	f, leave, err := m.into(name)
	if err != nil {
		return Folder{}, err
	}
	defer leave()
	return m.shown(f), nil
}

// Folders lists the folders below another one, by name; deep: theirs too.
func (m *Mailbox) Folders(below string, deep bool) ([]Folder, error) {
	top, leave, err := m.into(below)
	if err != nil {
		return nil, err
	}
	defer leave()
	var list []Folder
	m.below(top, deep, func(f *Folder) { list = append(list, m.shown(f)) })
	return list, nil
}

func (m *Mailbox) below(top *Folder, deep bool, take func(*Folder)) {
	var children []*Folder
	for _, f := range m.folders {
		if f.Parent == top.N && f.N != top.N {
			children = append(children, f)
		}
	}
	slices.SortFunc(children, func(a, b *Folder) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	for _, f := range children {
		take(f)
		if deep {
			m.below(f, deep, take)
		}
	}
}
