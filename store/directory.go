package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
)

// What directories tell of is kept beside the accounts and groups it led to.
// Package directory decides what to take; here it is written, a few people or
// one group at a time, so that a sync that breaks off goes on where it was.

// EntryState is how somebody or something stands in a directory.
type EntryState int

const (
	EntryThere EntryState = iota
	EntryOff              // disabled there
	EntryGone
)

// DirectoryEntry is what was last taken of a person or group.
type DirectoryEntry struct {
	Source  string
	Subject string
	Group   bool
	State   EntryState
	Name    string
	Login   string // lower case
	Label   string // lower case
	Manager string // Subject
	Mark    string // stands for all that was told; "" to be taken again
}

const entryColumns = `select source, subject, kind, state, name, login, label, manager, mark from directory_entry`

func scanEntry(row interface{ Scan(...any) error }) (e DirectoryEntry, err error) {
	err = row.Scan(&e.Source, &e.Subject, &e.Group, &e.State, &e.Name, &e.Login, &e.Label, &e.Manager, &e.Mark)
	return e, err
}

// DirectoryEntries hands over everything taken from a source, by subject.
func (s *Store) DirectoryEntries(ctx context.Context, source string, each func(DirectoryEntry)) error {
	rows, err := s.query(ctx, entryColumns+` where source = $1 order by subject`, source)
	if err != nil {
		return err
	}
	return s.explain(eachRow(rows, func() error {
		e, err := scanEntry(rows)
		if err == nil {
			each(e)
		}
		return err
	}))
}

// DirectoryEntry returns one; false when nothing was taken under that name.
func (s *Store) DirectoryEntry(ctx context.Context, source, subject string) (DirectoryEntry, bool, error) {
	e, err := scanEntry(s.row(ctx, entryColumns+` where source = $1 and subject = $2`, source, subject))
	if isNoRows(err) {
		return DirectoryEntry{}, false, nil
	}
	return e, err == nil, s.explain(err)
}

// DirectoryPerson finds the account of whoever a directory calls that: login and
// label in lower case, one of them may be "". False when it is nobody, or more
// than one.
func (s *Store) DirectoryPerson(ctx context.Context, source, login, label string) (account int64, found bool, err error) {
	rows, err := s.query(ctx, `select distinct l.account from directory_entry e
		join identity_link l on l.source = e.source and l.subject = e.subject
		where e.source = $1 and e.kind = 0 and e.state <> 2 and (e.login = $2 and e.login <> '' or e.label = $3 and e.label <> '') limit 2`, source, login, label)
	if err != nil {
		return 0, false, err
	}
	n := 0
	err = eachRow(rows, func() error { n++; return rows.Scan(&account) })
	return account, n == 1, s.explain(err)
}

// DirectorySubjects returns who an account is in a directory and has not left it.
func (s *Store) DirectorySubjects(ctx context.Context, source string, account int64) ([]DirectoryEntry, error) {
	rows, err := s.query(ctx, `select e.source, e.subject, e.kind, e.state, e.name, e.login, e.label, e.manager, e.mark from directory_entry e
		join identity_link l on l.source = e.source and l.subject = e.subject
		where l.account = $2 and e.source = $1 and e.state <> 2 order by e.subject limit 10`, source, account)
	if err != nil {
		return nil, err
	}
	var list []DirectoryEntry
	err = eachRow(rows, func() error {
		e, err := scanEntry(rows)
		list = append(list, e)
		return err
	})
	return list, s.explain(err)
}

func (t *tx) entry(source, subject string) (DirectoryEntry, bool, error) {
	e, err := scanEntry(t.row(entryColumns+` where source = $1 and subject = $2`, source, subject))
	if isNoRows(err) {
		return DirectoryEntry{}, false, nil
	}
	return e, err == nil, err
}

func (t *tx) keepEntry(e DirectoryEntry) error {
	_, err := t.exec(`insert into directory_entry (source, subject, kind, state, name, login, label, manager, mark)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (source, subject) do update set kind = excluded.kind, state = excluded.state, name = excluded.name, login = excluded.login,
		label = excluded.label, manager = excluded.manager, mark = excluded.mark`,
		e.Source, e.Subject, flag(e.Group), int(e.State), e.Name, e.Login, e.Label, e.Manager, e.Mark)
	return err
}

// DirectoryState is how far a directory has been read.
type DirectoryState struct {
	Mark   string    // where to go on
	Whole  time.Time // when everything was last read; zero: never
	Agreed bool      // an administrator has begun the first sync
}

// DirectoryState returns how far a source has been read.
func (s *Store) DirectoryState(ctx context.Context, source string) (DirectoryState, error) {
	var st DirectoryState
	var whole int64
	err := s.row(ctx, `select mark, whole, agreed from directory_state where source = $1`, source).Scan(&st.Mark, &whole, &st.Agreed)
	if isNoRows(err) {
		return DirectoryState{}, nil
	}
	st.Whole = moment(whole)
	return st, s.explain(err)
}

// SetDirectoryState keeps how far a source has been read.
func (s *Store) SetDirectoryState(ctx context.Context, source string, st DirectoryState) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`insert into directory_state (source, mark, whole, agreed) values ($1, $2, $3, $4)
			on conflict (source) do update set mark = excluded.mark, whole = excluded.whole, agreed = excluded.agreed`,
			source, st.Mark, micros(st.Whole), flag(st.Agreed))
		return err
	})
}

// DirectoryRun is one sync, under way or over.
type DirectoryRun struct {
	ID     int64
	Source string
	Node   string
	How    string // a principal, or "schedule"
	State  string
	Began  time.Time
	Ended  time.Time // zero: not yet
	Body   []byte    // JSON
}

// keptRuns is how many runs of a directory are kept.
const keptRuns = 50

// BeginDirectoryRun notes a sync that begins. Those of the same source that were
// still said to be running are over: only one runs at a time.
func (s *Store) BeginDirectoryRun(ctx context.Context, r DirectoryRun) (DirectoryRun, error) {
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`update directory_run set state = 'broken', ended = $2 where source = $1 and ended = 0`, r.Source, micros(r.Began)); err != nil {
			return err
		}
		if _, err := t.exec(`delete from directory_run where source = $1 and id <= coalesce(
			(select id from directory_run where source = $1 order by id desc limit 1 offset `+fmt.Sprint(keptRuns-2)+`), 0)`, r.Source); err != nil {
			return err
		}
		return t.row(`insert into directory_run (source, node, how, state, began, ended, body) values ($1, $2, $3, $4, $5, 0, $6) returning id`,
			r.Source, r.Node, r.How, r.State, micros(r.Began), r.Body).Scan(&r.ID)
	})
	return r, err
}

// KeepDirectoryRun notes how a sync fares.
func (s *Store) KeepDirectoryRun(ctx context.Context, r DirectoryRun) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update directory_run set state = $2, ended = $3, body = $4 where id = $1`, r.ID, r.State, micros(r.Ended), r.Body)
		return err
	})
}

// DirectoryRuns returns the last syncs of a source, newest first.
func (s *Store) DirectoryRuns(ctx context.Context, source string, limit int) ([]DirectoryRun, error) {
	rows, err := s.query(ctx, `select id, source, node, how, state, began, ended, body from directory_run where source = $1 order by id desc limit $2`, source, limit)
	if err != nil {
		return nil, err
	}
	var list []DirectoryRun
	err = eachRow(rows, func() error {
		var r DirectoryRun
		var began, ended int64
		if err := rows.Scan(&r.ID, &r.Source, &r.Node, &r.How, &r.State, &began, &ended, &r.Body); err != nil {
			return err
		}
		r.Began, r.Ended = moment(began), moment(ended)
		list = append(list, r)
		return nil
	})
	return list, s.explain(err)
}

// CountDirectory counts the people and groups of a source that are there.
func (s *Store) CountDirectory(ctx context.Context, source string) (people, groups int, err error) {
	err = s.row(ctx, `select coalesce(sum(case when kind = 0 then 1 else 0 end), 0), coalesce(sum(kind), 0)
		from directory_entry where source = $1 and state = 0`, source).Scan(&people, &groups)
	return people, groups, s.explain(err)
}

// TroubledPeople returns up to limit people who are there in a source and could
// not be taken as they are told of.
func (s *Store) TroubledPeople(ctx context.Context, source string, limit int) ([]string, error) {
	rows, err := s.query(ctx, `select subject from directory_entry where source = $1 and kind = 0 and state = 0 and mark = '' order by subject limit $2`, source, limit)
	if err != nil {
		return nil, err
	}
	var list []string
	err = eachRow(rows, func() error {
		var subject string
		err := rows.Scan(&subject)
		list = append(list, subject)
		return err
	})
	return list, s.explain(err)
}

// refusal returns err as what can be told of one person or group, or nil when
// it is more than that.
func refusal(err error) *signoff.Error {
	if e, ok := errors.AsType[*signoff.Error](err); ok && e.Kind == signoff.Conflict {
		return e
	}
	return nil
}
