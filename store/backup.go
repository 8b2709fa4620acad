package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/signoffhq/signoff"
)

// BackupOptions adjust a backup.
type BackupOptions struct {
	Options
	Program string                            // version of the program, for the header
	Force   bool                              // replace a file that is there
	Key     func(mark string) (string, error) // gives the key with that fingerprint, to go into the file; nil: it does not
	Tell    func(Progress)                    // nil: nobody is told
}

// Contents is what a backup file holds.
type Contents struct {
	BackupHeader
	Holds  []TableRows `json:"holds"`
	Rows   int64       `json:"rows"`
	Bytes  int64       `json:"bytes"`  // of the file
	SHA256 string      `json:"sha256"` // of what it holds
	Key    string      `json:"-"`      // the master key, when it is in the file
}

// What is of the moment goes nowhere with the data: which nodes are at work, and
// who is signed in; those who are stay so when it is moved.
var (
	atWork      = []string{"node", "lease"}
	ofTheMoment = []string{"node", "lease", "session"}
)

// Backup writes everything in the database at dsn to a file, as it is when it
// begins, and reads the file back. A server may be running on the data; it is
// not held up. The file appears under its name only when all of this went well.
//
// It refuses to replace a file ("backup-exists") unless it is told to, and to
// take a file that has been moved for data ("data-moved").
func Backup(ctx context.Context, dsn, path string, o BackupOptions) (c Contents, err error) {
	o.fill()
	if _, err := os.Lstat(path); err == nil && !o.Force {
		return c, &signoff.Error{Kind: signoff.Conflict, Code: "backup-exists", Detail: "there is a file " + path + " already; it was left alone",
			Hint: "choose another name, or replace it with --force"}
	}
	made := o.Now().UTC() // all that was acknowledged before is in it
	s, where, err := openSnapshot(ctx, dsn, o.Options)
	if err != nil {
		return c, err
	}
	open := true
	release := func() {
		if open {
			s.close()
			open = false
		}
	}
	defer release()
	if s.kind == "sqlite" {
		if err := s.stillHere(ctx, dsn); err != nil {
			return c, (&Store{where: where}).explain(err)
		}
	}
	f, err := newPart(path)
	if err != nil {
		return c, err
	}
	defer f.discard()
	wrote, err := s.write(ctx, f, made, o)
	if err != nil {
		return c, f.explain(where, isPostgres(dsn), err)
	}
	release() // the server's log can shrink again
	if c, err = checkPart(ctx, f, o.Tell); err != nil {
		return c, err
	}
	if c.SHA256 != wrote {
		return c, damaged("is not what was written: the disk or the machine cannot be relied on", nil)
	}
	return c, f.keep()
}

// write writes the snapshot and returns the digest of it.
func (s *snapshot) write(ctx context.Context, to io.Writer, made time.Time, o BackupOptions) (string, error) {
	h := sealedHeader{BackupHeader: BackupHeader{Signoff: "backup", Form: backupForm, Tables: s.version, Program: o.Program, From: s.kind, Made: made}}
	var err error
	if h.KeyMark, err = s.keyMark(ctx); err != nil {
		return "", err
	}
	if o.Key != nil {
		if h.Key, err = o.Key(h.KeyMark); err != nil {
			return "", err
		}
	}
	w, err := newBackupWriter(to, h)
	if err != nil {
		return "", err
	}
	if err := s.pour(ctx, w, ofTheMoment, newProgress("reading", o.Tell)); err != nil {
		return "", err
	}
	return w.finish()
}

// keyMark is the fingerprint of the key the data's secrets are sealed with, ""
// when it is not known.
func (s *snapshot) keyMark(ctx context.Context) (mark string, err error) {
	return s.installed(ctx, "key")
}

// installed is what is kept under a name about the installation, "" for nothing.
func (s *snapshot) installed(ctx context.Context, what string) (kept string, err error) {
	i := slices.IndexFunc(s.tables, func(t *shape) bool { return t.Name == "installation" })
	if i < 0 {
		return "", nil
	}
	t := s.tables[i]
	name, value := t.column("name"), t.column("value")
	err = s.rows(ctx, t, func(row []any) error {
		if row[name] == what {
			kept, _ = row[value].(string)
		}
		return nil
	})
	return kept, err
}

// stillHere refuses a file that has been moved.
func (s *snapshot) stillHere(ctx context.Context, dsn string) error {
	to, err := s.installed(ctx, movedTo)
	if err != nil || to == "" {
		return err
	}
	path, err := sqlitePath(dsn)
	if err != nil {
		return err
	}
	return dataMoved(path, to)
}

// part is a file that is being written beside its name.
type part struct {
	*os.File
	path string
}

func newPart(path string) (*part, error) {
	f, err := os.OpenFile(path+".part", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fileError(path, err)
	}
	ok, err := tryLock(f)
	if err == nil && ok {
		ok, err = isStill(f, path+".part") // else another backup has just been finished: it is no part any more
	}
	if err == nil && !ok {
		err = &signoff.Error{Kind: signoff.Conflict, Code: "backup-exists", Detail: "another backup is being written to " + path, Hint: "wait for it, or choose another name"}
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err != nil {
		f.Close()
		return nil, fileError(path, err)
	}
	return &part{f, path}, nil
}

// isStill tells whether a file is the one of that name.
func isStill(f *os.File, name string) (bool, error) {
	is, err := f.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return os.SameFile(is, named), err
}

// keep gives the file its name for good.
func (p *part) keep() error {
	err := p.Sync()
	if err == nil {
		err = rename(p.path+".part", p.path)
	}
	if err != nil {
		return fileError(p.path, err)
	}
	return nil
}

// discard removes what has no name yet.
func (p *part) discard() {
	unnamed, err := isStill(p.File, p.path+".part") // else that is the next backup's
	p.Close()
	if unnamed && err == nil {
		os.Remove(p.path + ".part")
	}
}

// explain tells an error of the file from one of the database.
func (p *part) explain(where string, onPostgres bool, err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fileError(p.path, err)
	}
	if errors.Is(err, context.Canceled) {
		return stopped
	}
	s := &Store{where: where}
	if onPostgres {
		s.pg = &pgServer{}
	}
	return s.explain(err)
}

var stopped = &signoff.Error{Kind: signoff.Unavailable, Code: "backup-stopped", Detail: "it was stopped; nothing was kept", Hint: "run it again"}

func fileError(path string, err error) error {
	if _, ok := errors.AsType[*signoff.Error](err); ok {
		return err
	}
	what, hint := "cannot be written", "choose another place"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		what, hint = "cannot be made: its folder does not exist", "make it, or choose another place"
	case errors.Is(err, fs.ErrPermission):
		what = "may not be written by this user"
	case errors.Is(err, syscall.ENOSPC):
		what, hint = "does not fit: the disk is full", "make room, or choose another place"
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: "backup-unusable", Detail: "the file " + path + " " + what, Hint: hint, Err: err}
}

// rename gives a file its name and makes that last through a power cut.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil || runtime.GOOS == "windows" {
		return err
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// CheckBackup reads a backup file to its end and holds it against what it says
// of itself.
func CheckBackup(ctx context.Context, path string, tell func(Progress)) (Contents, error) {
	f, err := openFile(path)
	if err != nil {
		return Contents{}, err
	}
	defer f.Close()
	return check(ctx, f, tell)
}

func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err == nil {
		var info fs.FileInfo
		if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
			err = errors.New("it is not a file")
		}
		if err == nil {
			return f, nil
		}
		f.Close()
	}
	what := "cannot be read"
	if errors.Is(err, fs.ErrNotExist) {
		what = "is not there"
	}
	return nil, &signoff.Error{Kind: signoff.Invalid, Code: codeBadBackup, Detail: "the backup " + path + " " + what, Hint: "name a file that `signoff backup` has written", Err: err}
}

// checkPart reads back what has just been written.
func checkPart(ctx context.Context, p *part, tell func(Progress)) (Contents, error) {
	if _, err := p.Seek(0, io.SeekStart); err != nil {
		return Contents{}, fileError(p.path, err)
	}
	return check(ctx, p.File, tell)
}

func check(ctx context.Context, f *os.File, tell func(Progress)) (c Contents, err error) {
	r, err := openBackup(f)
	if err != nil {
		return c, err
	}
	return r.contents(f, &counting{ctx: ctx, p: newProgress("verifying", tell)})
}

// contents reads a file to its end.
func (b *backupReader) contents(f *os.File, to sink) (c Contents, err error) {
	c = Contents{BackupHeader: b.header.BackupHeader, Key: b.header.Key}
	if c.Holds, c.SHA256, err = b.pour(to); err != nil {
		if errors.Is(err, context.Canceled) {
			err = stopped
		}
		return c, err
	}
	for _, t := range c.Holds {
		c.Rows += t.Rows
	}
	info, err := f.Stat()
	if err == nil {
		c.Bytes = info.Size()
	}
	return c, err
}

// counting is the sink of those who only look.
type counting struct {
	ctx   context.Context
	p     *progress
	table string
}

func (c *counting) begin(t *shape) error { c.table = t.Name; return nil }

func (c *counting) row([]any, []byte) error {
	if c.p.row(c.table) {
		return c.ctx.Err()
	}
	return nil
}

func (c *counting) end(TableRows) error { return nil }

func newProgress(what string, tell func(Progress)) *progress {
	now := time.Now()
	return &progress{what: what, tell: tell, began: now, last: now}
}

// String is a line for people.
func (p Progress) String() string {
	return fmt.Sprintf("%s: %d rows in %s (%s)", p.What, p.Rows, p.Took.Round(time.Second), p.Table)
}
