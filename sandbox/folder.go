package sandbox

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// folder is one IMAP folder: a directory with a file per mail, named by UID and
// flags ("0000000012.SA.eml"), its modification time the time of arrival. The
// file "state" keeps what file names cannot: UIDVALIDITY, and the next UID once
// mails have gone.
type folder struct {
	name string
	dir  string

	tracker  *imapserver.MailboxTracker
	validity uint32

	mu   sync.Mutex
	next imap.UID
	list []*message // ascending UID
}

// message is what is known of a mail without opening its file.
type message struct {
	uid   imap.UID
	flags flagSet
	size  int64
	at    time.Time
	brief *brief // filled in when first asked for
}

func openFolder(dir, name string, validity uint32) (*folder, error) {
	f := &folder{name: name, dir: dir, validity: validity, next: 1}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := f.readState(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if err := f.adopt(e); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(f.list, func(a, b *message) int { return cmp.Compare(a.uid, b.uid) })
	if err := f.adoptReady(entries); err != nil {
		return nil, err
	}
	f.tracker = imapserver.NewMailboxTracker(uint32(len(f.list)))
	return f, nil
}

// adopt takes a file found at opening into the list. A draft that never became
// a mail is removed: it was not acknowledged.
func (f *folder) adopt(e fs.DirEntry) error {
	if strings.HasPrefix(e.Name(), "tmp-") {
		return os.Remove(filepath.Join(f.dir, e.Name()))
	}
	parts := strings.Split(e.Name(), ".")
	if len(parts) != 3 || parts[2] != "eml" {
		return nil
	}
	uid, err := strconv.ParseUint(parts[0], 10, 32)
	if err != nil || uid == 0 {
		return nil
	}
	info, err := e.Info()
	if err != nil {
		return err
	}
	f.list = append(f.list, &message{uid: imap.UID(uid), flags: parseFlagLetters(parts[1]), size: info.Size(), at: info.ModTime().UTC()})
	f.next = max(f.next, imap.UID(uid)+1)
	return nil
}

// adoptReady gives UIDs to mails of deliveries that were cut short.
func (f *folder) adoptReady(entries []fs.DirEntry) error {
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), readyPrefix) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		m := &message{uid: f.next, size: info.Size(), at: info.ModTime().UTC()}
		if err := os.Rename(filepath.Join(f.dir, e.Name()), f.path(m)); err != nil {
			return err
		}
		f.next++
		f.list = append(f.list, m)
	}
	return nil
}

func (f *folder) readState() error {
	text, err := os.ReadFile(filepath.Join(f.dir, "state"))
	if errors.Is(err, fs.ErrNotExist) {
		return f.writeState()
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Sscanf(string(text), "uidvalidity %d uidnext %d", &f.validity, &f.next); err != nil {
		return fmt.Errorf("read %s: %w", filepath.Join(f.dir, "state"), err)
	}
	return nil
}

func (f *folder) writeState() error {
	tmp := filepath.Join(f.dir, "tmp-state")
	text := fmt.Sprintf("uidvalidity %d uidnext %d\n", f.validity, f.next)
	if err := writeSynced(tmp, []byte(text)); err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(f.dir, "state")); err != nil {
		return err
	}
	return syncDir(f.dir)
}

func (f *folder) path(m *message) string {
	return filepath.Join(f.dir, fmt.Sprintf("%010d.%s.eml", m.uid, m.flags.letters()))
}

// draft is a mail that is on disk but not yet in the folder.
type draft struct {
	folder *folder
	file   string
	size   int64
	at     time.Time
	flags  flagSet
}

// stage writes a mail to disk, synced, without showing it. The caller calls
// publish or discard.
func (f *folder) stage(data []byte, at time.Time, flags flagSet) (*draft, error) {
	file := filepath.Join(f.dir, "tmp-"+rand.Text())
	if err := writeSynced(file, data); err != nil {
		return nil, err
	}
	if err := os.Chtimes(file, at, at); err != nil {
		return nil, errors.Join(err, os.Remove(file))
	}
	return &draft{folder: f, file: file, size: int64(len(data)), at: at.UTC(), flags: flags}, nil
}

func (d *draft) discard() { os.Remove(d.file) }

// publish gives the mail its UID and shows it. UIDs become visible in order,
// so that a client that remembers the highest one misses nothing.
func (d *draft) publish() (imap.UID, error) {
	f := d.folder
	f.mu.Lock()
	defer f.mu.Unlock()
	m := &message{uid: f.next, flags: d.flags, size: d.size, at: d.at}
	if err := os.Rename(d.file, f.path(m)); err != nil {
		return 0, err
	}
	if err := syncDir(f.dir); err != nil {
		return 0, err
	}
	f.next++
	f.list = append(f.list, m)
	f.tracker.QueueNumMessages(uint32(len(f.list)))
	return m.uid, nil
}

// find returns the place of a mail in the list, -1 when it is gone. The caller
// holds f.mu.
func (f *folder) find(uid imap.UID) int {
	i, ok := slices.BinarySearchFunc(f.list, uid, func(m *message, u imap.UID) int { return cmp.Compare(m.uid, u) })
	if !ok {
		return -1
	}
	return i
}

// read returns a mail's bytes; fs.ErrNotExist when it is gone.
func (f *folder) read(uid imap.UID) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(uid)
	if i < 0 {
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(f.path(f.list[i]))
}

// mark changes a mail's flags and tells other sessions.
func (f *folder) mark(uid imap.UID, change func(flagSet) flagSet, by *imapserver.SessionTracker) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(uid)
	if i < 0 {
		return fs.ErrNotExist
	}
	m := f.list[i]
	now := change(m.flags)
	if now == m.flags {
		return nil
	}
	before := f.path(m)
	old := m.flags
	m.flags = now
	if err := os.Rename(before, f.path(m)); err != nil {
		m.flags = old
		return err
	}
	f.tracker.QueueMessageFlags(uint32(i)+1, m.uid, m.flags.imap(), by)
	return nil
}

// take removes a mail from the list and hands its file over to done, which
// deletes it or moves it away.
func (f *folder) take(uid imap.UID, done func(m *message, file string) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(uid)
	if i < 0 {
		return fs.ErrNotExist
	}
	if i == len(f.list)-1 { // its UID would be given again after a restart
		if err := f.writeState(); err != nil {
			return err
		}
	}
	if err := done(f.list[i], f.path(f.list[i])); err != nil {
		return err
	}
	f.list = slices.Delete(f.list, i, i+1)
	f.tracker.QueueExpunge(uint32(i) + 1)
	return nil
}

func (f *folder) remove(uid imap.UID) error {
	return f.take(uid, func(_ *message, file string) error { return os.Remove(file) })
}

// moveTo puts a mail into another folder and returns its UID there. The mail
// is in one of the two at every moment. Two folders are locked at once: the
// caller makes sure that there is one move at a time.
func (f *folder) moveTo(to *folder, uid imap.UID) (imap.UID, error) {
	var moved imap.UID
	err := f.take(uid, func(m *message, file string) error {
		d := &draft{folder: to, file: file, size: m.size, at: m.at, flags: m.flags}
		var err error
		moved, err = d.publish()
		return err
	})
	return moved, err
}

// uids lists the mails for which want is true, oldest first.
func (f *folder) uids(want func(*message) bool) []imap.UID {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []imap.UID
	for _, m := range f.list {
		if want(m) {
			list = append(list, m.uid)
		}
	}
	return list
}

func writeSynced(file string, data []byte) error {
	w, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return errors.Join(err, w.Sync(), w.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
