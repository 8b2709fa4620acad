package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/signoffhq/signoff"
)

// InMail is a mail that came in and what became of it.
type InMail struct {
	ID        int64
	Digest    string // of what makes two deliveries the same mail
	Mailbox   string
	Item      string // what it is called in the mailbox
	MessageID string
	At        time.Time
	From      string
	Subject   string
	Verdict   string // "decided", "refused", "unclear", "automatic", …
	Instance  signoff.InstanceID
	Task      int
	Principal signoff.Principal
	Action    string
	Detail    string // what happened, for people
	Evidence  string // what it rests on, JSON
	Answered  Answered
	Look      bool // a person should look at it
}

// Answered says what answer a mail got.
type Answered int

const (
	NotAnswered Answered = iota
	Confirmed
	Advised
)

// AdviceLimit bounds how often advice is sent: robots answer it.
type AdviceLimit struct {
	PerTask int // within an hour, to one sender about one task
	PerDay  int // to one sender
}

// RecordMail keeps the record of a mail that came in and queues the answer to
// it, in one commit. A mail recorded before stays as it is and is not answered
// again: fresh is false. Instead of advice beyond the limit, a person should look.
func (s *Store) RecordMail(ctx context.Context, in InMail, answer *OutMail, limit AdviceLimit) (fresh bool, err error) {
	err = s.exclusively(ctx, func(t *tx) error {
		fresh = false
		var there int64
		if err := t.row(`select id from mail_in where digest = $1`, in.Digest).Scan(&there); !isNoRows(err) {
			return err
		}
		record, send := in, answer
		if send == nil {
			record.Answered = NotAnswered
		}
		if record.Answered == Advised {
			ok, err := t.mayAdvise(record, limit)
			if err != nil {
				return err
			}
			if !ok {
				record.Answered, record.Look, send = NotAnswered, true, nil
			}
		}
		if err := t.insertMail(record); err != nil {
			return err
		}
		fresh = true
		if send == nil {
			return nil
		}
		return t.queueMail(*send)
	})
	return fresh, err
}

func (t *tx) mayAdvise(m InMail, limit AdviceLimit) (bool, error) {
	var hour, day int
	err := t.row(`select count(*) from mail_in where sender = $1 and at > $2 and answered = 2 and instance = $3 and task = $4`,
		m.From, micros(m.At.Add(-time.Hour)), int64(m.Instance), m.Task).Scan(&hour)
	if err != nil {
		return false, err
	}
	err = t.row(`select count(*) from mail_in where sender = $1 and at > $2 and answered = 2`, m.From, micros(m.At.Add(-24*time.Hour))).Scan(&day)
	return hour < limit.PerTask && day < limit.PerDay, err
}

func (t *tx) insertMail(m InMail) error {
	_, err := t.exec(`insert into mail_in (digest, mailbox, validity, uid, message_id, at, sender, subject, verdict, instance, task,
		principal, action, detail, evidence, answered, look, item)
		values ($1, $2, 0, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		m.Digest, m.Mailbox, m.MessageID, micros(m.At), m.From, m.Subject, m.Verdict, int64(m.Instance), m.Task,
		string(m.Principal), m.Action, m.Detail, m.Evidence, int(m.Answered), flag(m.Look), m.Item)
	return err
}

// ReceivedMail tells whether a mail is on record already.
func (s *Store) ReceivedMail(ctx context.Context, digest string) (bool, error) {
	var id int64
	err := s.row(ctx, `select id from mail_in where digest = $1`, digest).Scan(&id)
	if isNoRows(err) {
		return false, nil
	}
	return err == nil, s.explain(err)
}

// LookedAt records that somebody has looked at a mail.
func (s *Store) LookedAt(ctx context.Context, id int64) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(`update mail_in set look = 0 where id = $1`, id)
		if err == nil && n == 0 {
			return errNoMail
		}
		return err
	})
}

// ReplyAddressByHash finds a reply address by the hash of its secret.
func (s *Store) ReplyAddressByHash(ctx context.Context, hash string) (ReplyAddress, bool, error) {
	return s.replyAddress(s.row(ctx, `select `+replyColumns+` from reply_address where hash = $1`, hash))
}

// ReplyAddressByMail finds a reply address by the Message-ID of the mail it was
// given in.
func (s *Store) ReplyAddressByMail(ctx context.Context, messageID string) (ReplyAddress, bool, error) {
	return s.replyAddress(s.row(ctx, `select `+replyColumns+` from reply_address where message_id = $1`, messageID))
}

const replyColumns = `hash, message_id, instance, task, principal, title, folio, actions, others, expires, demand, strict, substitutes`

func (s *Store) replyAddress(row *sql.Row) (a ReplyAddress, found bool, err error) {
	var actions, others, demand string
	var expires, strict, substitutes int64
	err = row.Scan(&a.Hash, &a.MessageID, &a.Instance, &a.Task, &a.Principal, &a.Title, &a.Folio, &actions, &others, &expires, &demand, &strict, &substitutes)
	if isNoRows(err) {
		return a, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(actions), &a.Actions)
	}
	if err == nil {
		err = json.Unmarshal([]byte(others), &a.Others)
	}
	if err == nil {
		err = json.Unmarshal([]byte(demand), &a.Demand)
	}
	a.Strict, a.Substitutes = strict != 0, substitutes != 0
	a.Expires = moment(expires)
	return a, err == nil, s.explain(err)
}

// ForgetReplyAddresses removes up to limit addresses that have expired.
func (s *Store) ForgetReplyAddresses(ctx context.Context, now time.Time, limit int) (n int64, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err = t.exec(`delete from reply_address where hash in (/*take*/ select hash from reply_address where expires < $1 order by expires limit $2 /*take*/)`, micros(now), limit)
		return err
	})
	return n, err
}

func jsonList(list []string) string {
	if list == nil {
		list = []string{}
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(text)
}
