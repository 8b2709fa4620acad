package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// What people look through: mails that came in, and mails on their way out.
// Each list reads one index backwards or forwards and stops at its limit; a
// filter that is not set is not in the query, for "or" would hide the index.

// conditions collects the where clause of a list and its arguments.
type conditions struct {
	terms []string
	args  []any
}

// add adds a condition, with $? where its argument stands.
func (c *conditions) add(term string, args ...any) {
	for _, a := range args {
		c.args = append(c.args, a)
		term = strings.Replace(term, "$?", fmt.Sprintf("$%d", len(c.args)), 1)
	}
	c.terms = append(c.terms, term)
}

// where is the clause, with the order and the limit behind it.
func (c *conditions) where(order string, limit int) string {
	c.args = append(c.args, limit)
	text := fmt.Sprintf(" order by %s limit $%d", order, len(c.args))
	if len(c.terms) > 0 {
		text = " where " + strings.Join(c.terms, " and ") + text
	}
	return text
}

// needsLook tells, in SQL, of a mail that waits for a person: it is in doubt or
// has failed. The index of them stands on these very words.
const needsLook = `state not in ('queued', 'sending', 'sent') and settled < since`

// MailFilter narrows a list of mails; zero fields mean all.
type MailFilter struct {
	State    MailState
	Look     bool // only those a person should look at
	Bounced  bool // only those a delivery report came for
	Instance signoff.InstanceID
	Before   int64 // only ids below: the cursor
}

func (f MailFilter) conditions() *conditions {
	c := &conditions{}
	switch f.State {
	case "":
	case MailDoubtful, MailFailed:
		c.add(`state in ('doubtful', 'failed')`) // the words of the index
		fallthrough
	default:
		c.add(`state = $?`, string(f.State))
	}
	if f.Look {
		c.add(needsLook)
	}
	if f.Bounced {
		c.add(`bounce <> ''`)
	}
	if f.Instance != 0 {
		c.add(`instance = $?`, int64(f.Instance))
	}
	if f.Before != 0 {
		c.add(`id < $?`, f.Before)
	}
	return c
}

// Mails lists mails, newest first.
func (s *Store) Mails(ctx context.Context, f MailFilter, limit int) ([]OutMail, error) {
	c := f.conditions()
	query := `select ` + mailColumns + ` from mail_out` + c.where(`id desc`, limit)
	return s.mails(ctx, query, c.args...)
}

// InstanceMails lists the mails about an instance with ids above after, oldest
// first, as its history is read.
func (s *Store) InstanceMails(ctx context.Context, id signoff.InstanceID, after int64, limit int) ([]OutMail, error) {
	return s.mails(ctx, `select `+mailColumns+` from mail_out where instance = $1 and id > $2 order by id limit $3`, int64(id), after, limit)
}

var errNoMail = &signoff.Error{Kind: signoff.NotFound, Code: "mail-not-found", Detail: "there is no such mail"}

// Mail returns one mail, without its content.
func (s *Store) Mail(ctx context.Context, id int64) (OutMail, error) {
	list, err := s.mails(ctx, `select `+mailColumns+` from mail_out where id = $1`, id)
	if err == nil && len(list) == 0 {
		err = errNoMail
	}
	if err != nil {
		return OutMail{}, err
	}
	return list[0], nil
}

// ReceivedFilter narrows a list of mails that came in; zero fields mean all.
type ReceivedFilter struct {
	Look     bool // only those a person should look at
	Instance signoff.InstanceID
	Before   int64 // only ids below: the cursor
}

func (f ReceivedFilter) conditions() *conditions {
	c := &conditions{}
	if f.Look {
		c.add(`look = 1`)
	}
	if f.Instance != 0 {
		c.add(`instance = $?`, int64(f.Instance))
	}
	if f.Before != 0 {
		c.add(`id < $?`, f.Before)
	}
	return c
}

// Received lists mails that came in, newest first.
func (s *Store) Received(ctx context.Context, f ReceivedFilter, limit int) ([]InMail, error) {
	c := f.conditions()
	query := receivedQuery + c.where(`id desc`, limit)
	return s.received(ctx, query, c.args...)
}

// ReceivedOne returns one mail that came in.
func (s *Store) ReceivedOne(ctx context.Context, id int64) (InMail, error) {
	list, err := s.received(ctx, receivedQuery+` where id = $1`, id)
	if err == nil && len(list) == 0 {
		err = errNoMail
	}
	if err != nil {
		return InMail{}, err
	}
	return list[0], nil
}

const receivedQuery = `select id, digest, mailbox, item, message_id, at, sender, subject, verdict, instance, task,
	principal, action, detail, evidence, answered, look from mail_in`

func (s *Store) received(ctx context.Context, query string, args ...any) (list []InMail, err error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, s.explain(err)
	}
	err = eachRow(rows, func() error {
		m, err := scanReceived(rows)
		list = append(list, m)
		return err
	})
	return list, s.explain(err)
}

func scanReceived(rows *sql.Rows) (m InMail, err error) {
	var at int64
	err = rows.Scan(&m.ID, &m.Digest, &m.Mailbox, &m.Item, &m.MessageID, &at, &m.From, &m.Subject, &m.Verdict, &m.Instance, &m.Task,
		&m.Principal, &m.Action, &m.Detail, &m.Evidence, &m.Answered, &m.Look)
	m.At = moment(at)
	return m, err
}

// MailCounts is how much waits, none of it counted beyond a limit.
type MailCounts struct {
	Look             int // mails that came in and wait for a person
	Doubtful, Failed int // mails on their way out that wait for one
	Queued           int // what waits for its turn
}

// "state || ”" keeps the planner from the index of all states, in which what
// has failed only grows.
const countQuery = `select
		(select count(*) from (select 1 from mail_in where look = 1 limit $1) a),
		(select count(*) from (select 1 from mail_out where ` + needsLook + ` and state || '' = 'doubtful' limit $1) b),
		(select count(*) from (select 1 from mail_out where ` + needsLook + ` and state || '' = 'failed' limit $1) c),
		(select count(*) from (select 1 from mail_out where state = 'queued' limit $1) d)`

// CountMail counts what waits, each up to limit.
func (s *Store) CountMail(ctx context.Context, limit int) (n MailCounts, err error) {
	err = s.row(ctx, countQuery, limit).
		Scan(&n.Look, &n.Doubtful, &n.Failed, &n.Queued)
	return n, s.explain(err)
}

// ReleaseMail puts a failed or doubtful mail back into the queue, because an
// administrator says so. A doubtful one may arrive twice then.
func (s *Store) ReleaseMail(ctx context.Context, id int64, now time.Time) error {
	return s.administerMail(ctx, id, `update mail_out set state = 'queued', attempts = 0, due = $1, since = $1, error = '',
		reported = case when command = '' then 1 else 0 end where id = $2 and state in ('failed', 'doubtful')`, now)
}

// DropMail gives up a mail that was not sent, because an administrator says so.
// One that has failed stays as it is and needs no look any more.
func (s *Store) DropMail(ctx context.Context, id int64, now time.Time) error {
	return s.administerMail(ctx, id, `update mail_out set state = 'failed', settled = $1, since = case when state = 'failed' then since else $1 end,
		error = case when state = 'failed' then error else 'given up by an administrator' end
		where id = $2 and (state = 'queued' or `+needsLook+`)`, now)
}

func (s *Store) administerMail(ctx context.Context, id int64, query string, now time.Time) error {
	var n int64
	err := s.write(ctx, func(t *tx) (err error) {
		n, err = t.exec(query, micros(now), id)
		return err
	})
	if err == nil && n == 0 {
		return &signoff.Error{Kind: signoff.Conflict, Code: "mail-not-waiting", Detail: "that mail is not waiting for anybody"}
	}
	return err
}
