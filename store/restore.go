package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/signoffhq/signoff"
)

// RestoreOptions adjust a restore.
type RestoreOptions struct {
	Options
	Fits    func(Contents) error // looks at the file before anything is changed, such as whether the key is the right one; nil: it is right
	Arrived func(Contents) error // keeps what belongs to the data and is not in it, such as the key, once all is there and verified and before it counts; nil: nothing
	Tell    func(Progress)       // nil: nobody is told
}

// Restored says what a restore has done.
type Restored struct {
	Contents
	TablesNow int64    `json:"tablesNow"` // the version they have been brought to
	Doubtful  int64    `json:"doubtful"`  // mails that may have been sent since
	Replayed  int64    `json:"replayed"`  // instances whose history was held against their state
	Differ    []string `json:"differ"`    // what was found to differ, the first few
}

// Restore puts what a backup file holds into the empty database at dsn, of
// either kind, and verifies it: the file while it is read, every row that has
// arrived, and each instance against its history. Differences of that last kind
// were there before the backup; they are reported and everything is kept.
//
// A restore that is interrupted leaves nothing that a server would take for its
// data, and is simply made again. What may have happened since the backup is
// marked as uncertain: see unsettle.
func Restore(ctx context.Context, path, dsn string, o RestoreOptions) (r Restored, err error) {
	o.fill()
	f, err := openFile(path)
	if err != nil {
		return r, err
	}
	defer f.Close()
	in, err := openBackup(f)
	if err != nil {
		return r, err
	}
	if is := in.header.Tables; is > newest() {
		return r, newer("the backup", is, newest())
	}
	if o.Fits != nil {
		if err := o.Fits(Contents{BackupHeader: in.header.BackupHeader, Key: in.header.Key}); err != nil {
			return r, err
		}
	}
	job := &restore{options: o, file: f, in: in}
	if isPostgres(dsn) {
		err = job.intoPostgres(ctx, dsn)
	} else {
		err = job.intoFile(ctx, dsn)
	}
	if errors.Is(err, context.Canceled) && signoff.CodeOf(err) != codeUnchecked {
		err = stopped
	}
	return job.done, err
}

type restore struct {
	options RestoreOptions
	file    *os.File
	in      *backupReader
	done    Restored
}

func (r *restore) intoPostgres(ctx context.Context, dsn string) error {
	pg, where, err := pgParse(dsn, r.options.Log)
	if err != nil {
		return err
	}
	t, err := pgTarget(ctx, pg, r.in.header.Tables)
	if err == nil {
		err = r.fill(ctx, t)
		t.close()
	}
	if err != nil {
		return explainPostgres(where, err)
	}
	if err := r.finish(ctx, dsn); err != nil {
		return &signoff.Error{Kind: signoff.Unavailable, Code: codeUnchecked,
			Detail: "everything is in the database and every row was compared, but not every instance could be held against its history",
			Hint:   "a server can be started on it; to have it checked, make the database anew and restore into that", Err: err}
	}
	return nil
}

// codeUnchecked is of a restore of which everything was kept, and that did not
// come to its end all the same.
const codeUnchecked = "backup-unchecked"

// intoFile fills a file beside the one a server would open, and gives it its
// name at the end.
func (r *restore) intoFile(ctx context.Context, dsn string) error {
	path, err := sqlitePath(dsn)
	if err != nil {
		return err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return err
	}
	defer lock.release()
	if err := nothingAt(path); err != nil {
		return err
	}
	beside := path + ".restoring"
	removeDatabase(beside)
	defer removeDatabase(beside)
	t, err := sqliteTarget(ctx, beside, r.in.header.Tables)
	if err == nil {
		err = r.fill(ctx, t)
		t.close()
	}
	if err == nil {
		err = r.finish(ctx, beside)
	}
	if err == nil {
		err = settle(beside, path)
	}
	return (&Store{where: "the data file " + path}).explain(err)
}

// nothingAt refuses to put a file where there is data.
func nothingAt(path string) error {
	for _, name := range []string{path, path + "-wal"} {
		if info, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			continue
		}
		return &signoff.Error{Kind: signoff.Conflict, Code: "data-not-empty", Detail: "there is data already: " + name + "; nothing was changed",
			Hint: "name another folder with --data, or move what is in this one away"}
	}
	return nil
}

func removeDatabase(path string) {
	for _, end := range []string{"", "-wal", "-shm", "-journal", ".lock"} {
		os.Remove(path + end)
	}
}

// settle makes a file last, and then gives it its name.
func settle(from, to string) error {
	if info, err := os.Stat(from + "-wal"); err == nil && info.Size() > 0 {
		return errors.New("the restored file is not whole: a part of it is still in its log")
	}
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err != nil {
		return err
	}
	os.Remove(to + "-shm") // of no use without its log
	return rename(from, to)
}

// fill copies, verifies, unsettles and commits.
func (r *restore) fill(ctx context.Context, t *target) error {
	f := &filling{ctx: ctx, to: t, p: newProgress("restoring", r.options.Tell)}
	var err error
	if r.done.Contents, err = r.in.contents(r.file, f); err != nil {
		return err
	}
	f.p = newProgress("verifying", r.options.Tell)
	if err := f.verify(); err != nil {
		return err
	}
	if err := r.unsettle(ctx, t); err != nil {
		return err
	}
	if err := t.after(ctx); err != nil {
		return err
	}
	if r.options.Arrived != nil {
		if err := r.options.Arrived(r.done.Contents); err != nil {
			return err
		}
	}
	return t.commit(ctx)
}

// unsettle marks what may have gone on after the backup was made, where the
// server that made it went on. A mail that was on its way may have been sent: it
// is in doubt, and looked for before it is sent again. A command that a node had
// taken is due again, under its key; nobody holds it now.
func (r *restore) unsettle(ctx context.Context, t *target) error {
	now := micros(r.options.Now())
	has := func(name string) bool {
		return slices.ContainsFunc(t.tables, func(s *shape) bool { return s.Name == name })
	}
	if has("mail_out") {
		words := "restored from a backup of " + r.in.header.Made.UTC().Format("2006-01-02 15:04") + " UTC: it may have been sent since"
		n, err := t.exec(ctx, `update mail_out set state = 'doubtful', due = $1, since = $1, error = $2 where state in ('queued', 'sending')`, now, words)
		if err != nil {
			return err
		}
		r.done.Doubtful = n
	}
	if has("outbox") {
		if _, err := t.exec(ctx, `update outbox set holder = '', due = $1 where holder <> ''`, now); err != nil {
			return err
		}
	}
	if has("month_going") {
		return t.finishMonths(ctx)
	}
	return nil
}

// finishMonths removes what was left of instances whose month was to be dropped
// as a table: where it comes from, the server would have; here there may be no
// such table.
func (t *target) finishMonths(ctx context.Context) error {
	for _, query := range []string{
		`delete from fact where month in (select month from month_going) and not exists (select 1 from instance where id = fact.instance)`,
		`delete from month_going`,
	} {
		if _, err := t.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// finish brings the tables to this program's version and replays the history.
func (r *restore) finish(ctx context.Context, dsn string) error {
	s, err := Open(ctx, dsn, r.options.Options)
	if err != nil {
		return err
	}
	defer s.Close()
	if r.done.TablesNow, err = s.tablesNow(ctx); err != nil {
		return err
	}
	r.done.Replayed, r.done.Differ, err = s.AuditAll(ctx, r.options.Tell)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return s.Close()
}

func (s *Store) tablesNow(ctx context.Context) (is int64, err error) {
	err = s.row(ctx, tablesVersion).Scan(&is)
	return is, s.explain(err)
}
