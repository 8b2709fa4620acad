package exchange

import (
	"errors"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox"
)

// CreateFolder makes a folder below another one. class "": as its parent's.
func (m *Mailbox) CreateFolder(parent, name, class string) (Folder, error) {
	p, leave, err := m.into(parent)
	if err != nil {
		return Folder{}, err
	}
	defer leave()
	if class == "" {
		class = p.Class
	}
	path, err := m.pathFor(p, name, class, nil)
	if err != nil {
		return Folder{}, err
	}
	if len(m.folders) >= 2*maxFolders {
		return Folder{}, ErrQuota
	}
	if path != "" {
		if err := m.box.Create(path); err != nil {
			return Folder{}, Refuse("ErrorInvalidRequest", "The folder cannot be made: %s.", err)
		}
	}
	f := &Folder{N: m.next(), Parent: p.N, Name: name, Path: path, Class: class, mailbox: m}
	if err := m.putFolder(f); err != nil {
		return Folder{}, err
	}
	m.emit(Event{Kind: Created, Folder: f.N, OfFolder: true})
	return m.shown(f), nil
}

// pathFor checks a name and says where the folder's mail would lie.
func (m *Mailbox) pathFor(parent *Folder, name, class string, self *Folder) (string, error) {
	if strings.TrimSpace(name) == "" || len(name) > maxFolderName || strings.ContainsAny(name, "/\\*%\"\r\n\x00") || strings.HasPrefix(name, ".") {
		return "", Refuse("ErrorInvalidFolderName", "The folder's name cannot be used here.")
	}
	for _, f := range m.folders {
		if f.Parent == parent.N && f != self && strings.EqualFold(f.Name, name) {
			return "", ErrFolderExists
		}
	}
	if class != MailFolder && class != "" {
		return "", nil
	}
	path := name
	if parent.Path != "" {
		path = parent.Path + "/" + name
	}
	if m.byPath(path) != nil && m.byPath(path) != self || strings.EqualFold(path, sandbox.InboxFolder) {
		return "", ErrFolderExists
	}
	return path, nil
}

// RenameFolder changes a folder's name.
func (m *Mailbox) RenameFolder(folder, name string) (Folder, error) {
	f, leave, err := m.into(folder)
	if err != nil {
		return Folder{}, err
	}
	defer leave()
	return m.relocate(f, m.folders[f.Parent], name)
}

// MoveFolder puts a folder below another one.
func (m *Mailbox) MoveFolder(folder, to string) (Folder, error) {
	f, leave, err := m.into(folder)
	if err != nil {
		return Folder{}, err
	}
	defer leave()
	target, err := m.find(to)
	if err != nil {
		return Folder{}, err
	}
	for up := target; ; up = m.folders[up.Parent] {
		if up == f {
			return Folder{}, Refuse("ErrorMoveCopyFailed", "A folder cannot be moved below itself.")
		}
		if up.Parent == up.N {
			break
		}
	}
	return m.relocate(f, target, f.Name)
}

// relocate gives a folder another name, another parent, or both. What lies
// below goes along, and every id stays.
func (m *Mailbox) relocate(f, parent *Folder, name string) (Folder, error) {
	if f.WellKnown != "" {
		return Folder{}, Refuse("ErrorMoveDistinguishedFolder", "Distinguished folders can be neither moved nor renamed.")
	}
	path, err := m.pathFor(parent, name, f.Class, f)
	if err != nil {
		return Folder{}, err
	}
	old := f.Path
	if path != old {
		if err := m.box.Rename(old, path); err != nil {
			return Folder{}, err
		}
	}
	changed := *f
	changed.Name, changed.Parent, changed.Path = name, parent.N, path
	if err := m.putFolder(&changed); err != nil {
		return Folder{}, err
	}
	if path != old {
		for _, g := range m.folders {
			if rest, below := strings.CutPrefix(g.Path, old+"/"); below && old != "" {
				moved := *g
				moved.Path = path + "/" + rest
				if err := m.putFolder(&moved); err != nil {
					return Folder{}, err
				}
			}
		}
		if err := m.renumber(path); err != nil {
			return Folder{}, err
		}
	}
	m.emit(Event{Kind: Modified, Folder: f.N, OfFolder: true})
	return m.shown(m.folders[f.N]), nil
}

// renumber takes up the UIDs that mails got when their folders were renamed:
// they were moved in order, so the lists match.
func (m *Mailbox) renumber(path string) error {
	lists := m.box.Lists()
	for _, f := range m.folders {
		if f.Path != path && !strings.HasPrefix(f.Path, path+"/") {
			continue
		}
		entries := lists[f.Path]
		old := m.inFolder(f.N)
		slices.SortFunc(old, func(a, b *Item) int { return int(int64(a.UID) - int64(b.UID)) })
		for i, it := range old {
			if i >= len(entries) || entries[i].Size != it.Size {
				break // something else happened meanwhile; the next sync sorts it out
			}
			moved := *it
			moved.UID = entries[i].UID
			if err := m.store(&moved); err != nil {
				return err
			}
		}
	}
	return nil
}

// DeleteFolder removes a folder and what is in and below it, for good.
func (m *Mailbox) DeleteFolder(folder string) error {
	f, leave, err := m.into(folder)
	if err != nil {
		return err
	}
	defer leave()
	if f.WellKnown != "" {
		return ErrDistinguished
	}
	var all []*Folder
	m.below(f, true, func(c *Folder) { all = append(all, c) })
	for _, c := range slices.Backward(append([]*Folder{f}, all...)) {
		if c.Path != "" {
			if err := m.box.Drop(c.Path); err != nil {
				return err
			}
		}
		if err := m.forgetFolder(c); err != nil {
			return err
		}
	}
	return nil
}

func (m *Mailbox) forgetFolder(f *Folder) error {
	var all []error
	for _, it := range m.inFolder(f.N) {
		all = append(all, m.forget(it, Event{Kind: Removed, Folder: f.N}))
	}
	delete(m.folders, f.N)
	all = append(all, m.journal.add(line{NoFolder: f.N, Last: m.last}))
	m.emit(Event{Kind: Removed, Folder: f.N, OfFolder: true})
	return errors.Join(all...)
}
