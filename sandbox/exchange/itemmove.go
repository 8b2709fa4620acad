package exchange

import ()

// Move puts an item into another folder. Its ordinary id becomes another one.
func (m *Mailbox) Move(id, to string) (Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it, f, err := m.itemAndFolder(id, to)
	if err != nil {
		return Item{}, err
	}
	if f.N == it.Folder {
		return *it, nil
	}
	moved := *it
	if it.Class == ClassMail {
		if f.Path == "" {
			return Item{}, Refuse("ErrorMoveCopyFailed", "A mail cannot be put into this folder.")
		}
		if moved.UID, err = m.box.Move(m.folders[it.Folder].Path, it.UID, f.Path); err != nil {
			return Item{}, ErrItemNotFound
		}
	}
	if err := m.enter(&moved, f); err != nil {
		return Item{}, err
	}
	return moved, nil
}

func (m *Mailbox) itemAndFolder(id, to string) (*Item, *Folder, error) {
	if err := m.sync(); err != nil {
		return nil, nil, err
	}
	it, err := m.item(id)
	if err != nil {
		return nil, nil, err
	}
	f, err := m.find(to)
	return it, f, err
}

// Copy puts a copy of an item into a folder.
func (m *Mailbox) Copy(id, to string) (Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it, f, err := m.itemAndFolder(id, to)
	if err != nil {
		return Item{}, err
	}
	if len(m.items) >= maxItems {
		return Item{}, ErrQuota
	}
	twin := *it
	fresh := m.newItem(it.Class, f)
	twin.Key, twin.Place, twin.Change, twin.Content, twin.Entered = fresh.Key, fresh.Place, fresh.Change, fresh.Content, fresh.Entered
	twin.Folder, twin.Created, twin.Modified = f.N, fresh.Created, fresh.Modified
	if it.Class == ClassMail {
		if f.Path == "" {
			return Item{}, Refuse("ErrorMoveCopyFailed", "A mail cannot be put into this folder.")
		}
		raw, err := m.raw(it)
		if err != nil {
			return Item{}, err
		}
		if twin.UID, err = m.box.Put(f.Path, raw, it.Received, it.Flags); err != nil {
			return Item{}, err
		}
	}
	if err := m.store(&twin); err != nil {
		return Item{}, err
	}
	m.emit(Event{Kind: Copied, Key: twin.Key, Place: twin.Place, Folder: f.N, OldPlace: it.Place, OldFolder: it.Folder})
	return twin, nil
}

// Delete moves an item to Deleted Items; for good, or when it is there already,
// it is gone.
func (m *Mailbox) Delete(id string, forGood bool) error {
	m.mu.Lock()
	it, trash, err := m.itemAndFolder(id, DeletedItems)
	if err != nil {
		m.mu.Unlock()
		return err
	}
	if !forGood && it.Folder != trash.N && it.Class == ClassMail {
		m.mu.Unlock()
		_, err := m.Move(id, DeletedItems)
		return err
	}
	defer m.mu.Unlock()
	if it.Class == ClassMail {
		if err := m.box.Remove(m.folders[it.Folder].Path, it.UID); err != nil {
			return ErrItemNotFound
		}
	}
	return m.forget(it, Event{Kind: Removed, Folder: it.Folder})
}
