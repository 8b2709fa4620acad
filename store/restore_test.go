package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store/pgtest"
)

// olderFile makes a data file of an older version, with one instance in it whose
// state is what its history gives, or not.
func olderFile(t *testing.T, version int64, folio string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "signoff.db")
	db, err := openSQLite(path, 1, 2, false)
	must(t, err)
	defer db.Close()
	p, err := provider(db)
	must(t, err)
	_, err = p.UpTo(t.Context(), version)
	must(t, err)
	at := time.Date(2025, 12, 31, 23, 59, 0, 0, time.UTC)
	fact := engine.Fact{Seq: 1, At: at, Kind: engine.Started, Instance: 7, Folio: "Leave", Starter: &signoff.Person{Principal: "user:1"}, By: "user:1"}
	st := engine.Apply(engine.State{}, fact)
	st.Folio = folio
	for query, args := range map[string][]any{
		`insert into instance (id, rev, workflow, version, status, incidents, priority, started, ended, starter, folio, state) values (7, 1, 1, 1, 0, 0, 0, $1, 0, 'user:1', 'Leave', $2)`: {micros(at), st.AppendJSON(nil)},
		`insert into fact (instance, seq, n, at, facts) values (7, 1, 1, $1, $2)`:                                                                                                          {micros(at), append(append([]byte("["), fact.AppendJSON(nil)...), ']')},
		`insert into mail_out (id, key, command, purpose, instance, task, principal, recipient, subject, message_id, state, attempts, due, since, created, proof, reported, error, bounce, raw)
			values (3, 'k', '', 'answer', 7, 0, '', 'a@x', 's', '<m@x>', 'sending', 1, 5, 5, 5, 0, 1, '', '', x'00ff')`: nil,
		`insert into outbox (key, instance, ref, workflow, version, kind, due, attempt, holder, last_error, body)
			values ('7_2/notify', 7, 2, 1, 1, 'notify', 99000000000000000, 1, 'node', '', '{}')`: nil,
		`insert into session (token, account, expires, data) values ('t', 1, 99, x'00')`: nil,
	} {
		_, err := db.Exec(query, args...)
		must(t, err)
	}
	return path
}

func TestABackupOfAnOlderVersionIsRestoredAndBroughtToThisOne(t *testing.T) {
	path := olderFile(t, 5, "Leave")
	file := filepath.Join(t.TempDir(), "old")
	made, err := Backup(t.Context(), path, file, BackupOptions{})
	must(t, err)
	if made.Tables != 5 || made.Rows != 4 {
		t.Fatalf("%+v", made)
	}
	for name, dsn := range map[string]string{"sqlite": filepath.Join(t.TempDir(), "signoff.db"), "postgres": pgtest.Empty(t)} {
		t.Run(name, func(t *testing.T) {
			r, err := Restore(t.Context(), file, dsn, RestoreOptions{})
			must(t, err)
			if r.TablesNow != newest() || r.Replayed != 1 || len(r.Differ) > 0 || r.Doubtful != 1 {
				t.Fatalf("%+v", r)
			}
			s := openAt(t, dsn)
			facts, err := s.Facts(t.Context(), 7, 0, 10)
			if err != nil || len(facts) != 1 {
				t.Errorf("history: %+v, %v", facts, err)
			}
			if id, err := s.NewInstance(t.Context()); err != nil || id != 8 {
				t.Errorf("the next number is %d (%v)", id, err)
			}
			mails, err := s.DoubtfulMail(t.Context(), time.Now().Add(time.Minute), 10)
			if err != nil || len(mails) != 1 || !strings.Contains(mails[0].Error, "restored from a backup of ") {
				t.Errorf("mails in doubt: %+v, %v", mails, err)
			}
			jobs, err := s.TakeJobs(t.Context(), "me", engine.DoNotify, time.Now(), time.Minute, 10)
			if err != nil || len(jobs) != 1 {
				t.Errorf("what a node had taken is not due: %+v, %v", jobs, err)
			}
			if _, signedIn, err := s.FindSession(t.Context(), "t", time.UnixMicro(1)); err != nil || signedIn {
				t.Errorf("a session came back (%v)", err)
			}
		})
	}
}

func TestWhatDoesNotFollowFromItsHistoryIsToldAndKept(t *testing.T) {
	path := olderFile(t, 5, "Another title")
	file, into := filepath.Join(t.TempDir(), "old"), filepath.Join(t.TempDir(), "signoff.db")
	_, err := Backup(t.Context(), path, file, BackupOptions{})
	must(t, err)
	r, err := Restore(t.Context(), file, into, RestoreOptions{})
	must(t, err)
	if len(r.Differ) != 1 || !strings.Contains(r.Differ[0], "instance 7") {
		t.Fatalf("%+v", r)
	}
	if in, err := openAt(t, into).Instance(t.Context(), 7); err != nil || in.State.Folio != "Another title" {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestABackupOfANewerVersionIsRefusedBeforeAnythingIsChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s := openAt(t, path)
	must(t, s.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`insert into goose_db_version (version_id, is_applied) values (9999, 1)`)
		return err
	}))
	file := filepath.Join(t.TempDir(), "b")
	_, err := Backup(t.Context(), path, file, BackupOptions{}) // it can be made
	must(t, err)
	for _, dsn := range []string{filepath.Join(t.TempDir(), "signoff.db"), pgtest.Empty(t)} {
		if _, err := Restore(t.Context(), file, dsn, RestoreOptions{}); !saysPlainly(err, "data-newer", "written by a newer signoff") {
			t.Errorf("got %v", err)
		}
		if is, _, err := TablesVersion(t.Context(), dsn, Options{}); err != nil || is != 0 {
			t.Errorf("there are tables of version %d (%v)", is, err)
		}
	}
}

// An older backup cannot go into tables that are newer than it, though empty.
func TestTablesThatAreNewerThanTheBackupAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old")
	_, err := Backup(t.Context(), olderFile(t, 5, "Leave"), file, BackupOptions{})
	must(t, err)
	dsn := pgtest.Empty(t)
	must(t, openAt(t, dsn).Close())
	if _, err := Restore(t.Context(), file, dsn, RestoreOptions{}); !saysPlainly(err, "data-newer", "nothing was changed") {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsRestoredWhereAServerIsAtWork(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old")
	_, err := Backup(t.Context(), olderFile(t, 5, "Leave"), file, BackupOptions{})
	must(t, err)
	into := filepath.Join(t.TempDir(), "signoff.db")
	lock, err := lockFile(into + ".lock")
	must(t, err)
	defer lock.release()
	if _, err := Restore(t.Context(), file, into, RestoreOptions{}); signoff.CodeOf(err) != "data-in-use" {
		t.Errorf("got %v", err)
	}
}

// The log of a data file may not grow without end while a backup reads it.
func TestABackupGivesUpWhenTheLogGrowsTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s := openAt(t, path)
	watch := logLimit(path)
	must(t, watch())
	must(t, s.Close())
	must(t, os.WriteFile(path+"-wal", nil, 0o600))
	must(t, os.Truncate(path+"-wal", leastLogLimit+1)) // which takes no room
	if err := watch(); !saysPlainly(err, "data-unusable", "faster than it is read") {
		t.Errorf("got %v", err)
	}
}

// A database that changes what it is given is found out, and nothing is kept.
func TestWhatArrivesIsHeldAgainstWhatWasSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s := openAt(t, path)
	_, err := s.CreateGroup(t.Context(), Group{Name: "Finance", Key: "finance"})
	must(t, err)
	must(t, s.Close())
	file := filepath.Join(t.TempDir(), "b")
	_, err = Backup(t.Context(), path, file, BackupOptions{})
	must(t, err)
	for name, body := range map[string]string{"changes a value": `new.name := 'Finances'; return new`, "loses a row": `return null`} {
		t.Run(name, func(t *testing.T) {
			dsn := pgtest.Empty(t)
			must(t, openAt(t, dsn).Close())
			pgtest.Exec(t, dsn, `create function meddle() returns trigger language plpgsql as $$ begin `+body+`; end $$;
				create trigger meddle before insert on people_group for each row execute function meddle()`)
			if _, err := Restore(t.Context(), file, dsn, RestoreOptions{}); signoff.CodeOf(err) != codeNotVerified {
				t.Errorf("restored: %v", err)
			}
			if _, err := Move(t.Context(), path, dsn, Options{}); signoff.CodeOf(err) != codeNotVerified {
				t.Errorf("moved: %v", err)
			}
			if groups, err := openAt(t, dsn).Groups(t.Context(), 0, 10); err != nil || len(groups) > 0 {
				t.Errorf("something was kept: %+v, %v", groups, err)
			}
		})
	}
}

// What is in a database stays there when the last look at it is broken off, and
// that is said.
func TestARestoreThatIsStoppedAtTheLastLookSaysWhatIsThere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old")
	_, err := Backup(t.Context(), olderFile(t, 5, "Leave"), file, BackupOptions{})
	must(t, err)
	dsn := pgtest.Empty(t)
	ctx, stop := context.WithCancel(t.Context())
	asked := 0
	o := RestoreOptions{Options: Options{Now: func() time.Time {
		if asked++; asked > 1 { // the first is for the rows, the next for who opens them
			stop()
		}
		return time.Now()
	}}}
	_, err = Restore(ctx, file, dsn, o)
	if signoff.CodeOf(err) != codeUnchecked {
		t.Fatalf("got %v", err)
	}
	if in, err := openAt(t, dsn).Instance(t.Context(), 7); err != nil || in.State.Folio != "Leave" {
		t.Errorf("%+v, %v", in, err)
	}
}
