package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// MailState is where a mail is on its way out.
type MailState string

const (
	MailQueued   MailState = "queued"
	MailSending  MailState = "sending"  // handed to the mail server; nobody knows yet
	MailDoubtful MailState = "doubtful" // was being sent when something broke
	MailSent     MailState = "sent"
	MailFailed   MailState = "failed"
)

// OutMail is one mail to one recipient.
type OutMail struct {
	ID        int64
	Key       string // the same whenever the same mail is asked for
	Command   string // the runner's command that waits for it; "" for none
	Purpose   string // "notify", "email", "answer", "announce"
	Instance  signoff.InstanceID
	Task      int // 0 for none
	Principal signoff.Principal
	To        string // the address
	Sender    string // address of the sender it leaves by; "": the usual one
	Subject   string
	MessageID string // with its angle brackets
	State     MailState
	Attempts  int
	Due       time.Time
	Since     time.Time // in this state
	Created   time.Time
	Proof     bool   // our own copy of it has been seen in the mailbox
	Error     string // why it did not go out, so far or for good
	Bounce    string // what a delivery report said
	Token     int64  // of the lease it was taken under last
	Look      bool   // it is in doubt or has failed, and nobody has dealt with it
	Raw       []byte // empty once sent, and in lists
}

// ReplyAddress is a secret address and what an answer to it is about.
type ReplyAddress struct {
	Hash        string
	MessageID   string // of the mail it was given in
	Instance    signoff.InstanceID
	Task        int
	Principal   signoff.Principal // who alone may answer
	Title       string
	Folio       string
	Actions     []string // those that may be decided by mail
	Others      []string // those that need the page
	Demand      []string // of all of them, those that demand a comment
	Strict      bool     // only the strongest proof of the sender counts
	Substitutes bool     // another recipient of the task may answer, for themselves
	Expires     time.Time
}

// QueueMail puts mails into the queue, and the reply addresses given in them,
// in one commit. A mail whose key is there already is left as it is.
func (s *Store) QueueMail(ctx context.Context, mails []OutMail, addresses []ReplyAddress) error {
	return s.write(ctx, func(t *tx) error {
		for _, m := range mails {
			if err := t.queueMail(m); err != nil {
				return err
			}
		}
		for _, a := range addresses {
			_, err := t.exec(`insert into reply_address (hash, message_id, instance, task, principal, title, folio, actions, others, expires, demand, strict, substitutes)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing`,
				a.Hash, a.MessageID, int64(a.Instance), a.Task, string(a.Principal), a.Title, a.Folio, jsonList(a.Actions), jsonList(a.Others), micros(a.Expires),
				jsonList(a.Demand), flag(a.Strict), flag(a.Substitutes))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) queueMail(m OutMail) error {
	_, err := t.exec(`insert into mail_out (key, command, purpose, instance, task, principal, recipient, subject, message_id,
		state, attempts, due, since, created, proof, reported, error, bounce, raw, sender)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, 0, $14, '', '', $15, $16) on conflict do nothing`,
		m.Key, m.Command, m.Purpose, int64(m.Instance), m.Task, string(m.Principal), m.To, m.Subject, m.MessageID,
		string(MailQueued), micros(m.Created), micros(m.Created), micros(m.Created), flag(m.Command == ""), m.Raw, m.Sender)
	return err
}

const mailColumns = `id, key, command, purpose, instance, task, principal, recipient, subject, message_id,
	state, attempts, due, since, created, proof, error, bounce, token, sender, ` + needsLook + ` as look`

func scanMail(rows *sql.Rows, more ...any) (m OutMail, err error) {
	var due, since, created int64
	err = rows.Scan(append([]any{&m.ID, &m.Key, &m.Command, &m.Purpose, &m.Instance, &m.Task, &m.Principal, &m.To, &m.Subject, &m.MessageID,
		&m.State, &m.Attempts, &due, &since, &created, &m.Proof, &m.Error, &m.Bounce, &m.Token, &m.Sender, &m.Look}, more...)...)
	m.Due, m.Since, m.Created = moment(due), moment(since), moment(created)
	return m, err
}

// MailLease is the name of the lease under which mail is sent and the service
// mailbox is read, by one node at a time.
const MailLease = "mailroom"

// Senders picks mails by the sender they leave by. The zero value picks all.
type Senders struct {
	Only   string   // this one; "": any
	Except []string // none of these
}

// except is Except as the queries take it: an address that is in it does not
// survive being replaced.
func (f Senders) except() string {
	text := ""
	for _, not := range f.Except {
		text += "<" + not + ">"
	}
	return text
}

// TakeMail marks up to limit mails of some senders that are due as being sent, and
// returns them. ErrNotHeld when the lease is another node's by now.
func (s *Store) TakeMail(ctx context.Context, l Lease, of Senders, now time.Time, limit int) (list []OutMail, err error) {
	due, err := s.NextMail(ctx, of)
	if err != nil || due.IsZero() || due.After(now) {
		return nil, err // nothing to do, and no commit to say so
	}
	err = s.write(ctx, func(t *tx) error {
		if err := t.mustHold(l); err != nil {
			return err
		}
		rows, err := t.query(`update mail_out set state = 'sending', attempts = attempts + 1, since = $1, token = $2
			where id in (/*take*/ select id from mail_out
				where state = 'queued' and due <= $3 and ($5 = '' or sender = $5) and replace($6, '<' || sender || '>', '') = $6 order by due, id limit $4 /*take*/)
			returning `+mailColumns+`, raw`, micros(now), l.Token, micros(now), limit, of.Only, of.except())
		if err != nil {
			return err
		}
		list = nil
		return eachRow(rows, func() error {
			var raw []byte
			m, err := scanMail(rows, &raw)
			m.Raw = raw
			list = append(list, m)
			return err
		})
	})
	slices.SortFunc(list, func(a, b OutMail) int { return cmp.Compare(a.ID, b.ID) }) // rows come in any order
	return list, err
}

// NextMail returns when the next queued mail of some senders is due, zero for never.
func (s *Store) NextMail(ctx context.Context, of Senders) (time.Time, error) {
	return s.nextMail(ctx, MailQueued, of)
}

// NextDoubtfulMail returns when to look for the next doubtful mail, zero for never.
func (s *Store) NextDoubtfulMail(ctx context.Context) (time.Time, error) {
	return s.nextMail(ctx, MailDoubtful, Senders{})
}

func (s *Store) nextMail(ctx context.Context, state MailState, of Senders) (time.Time, error) {
	var due sql.NullInt64
	err := s.row(ctx, `select min(due) from mail_out where state = $1 and due > 0
		and ($2 = '' or sender = $2) and replace($3, '<' || sender || '>', '') = $3`, string(state), of.Only, of.except()).Scan(&due)
	return moment(due.Int64), s.explain(err)
}

// SettleMail says what became of a mail that was being sent or in doubt. A mail
// found to be sent in the meantime stays so; one that stays doubtful stays so
// since the same moment. The due time is of use for
// MailQueued (try again) and MailDoubtful (look for it; zero: nobody can).
//
// That a mail was sent is true whoever says it. All else counts only under the
// lease the mail was taken under, and of the latest attempt: after that, it is
// the next holder's, or on its way once more.
func (s *Store) SettleMail(ctx context.Context, m OutMail, state MailState, now, due time.Time, cause string) error {
	return s.write(ctx, func(t *tx) error {
		if state == MailSent {
			_, err := t.exec(`update mail_out set state = 'sent', since = $1, due = $2, error = $3, raw = ''
				where id = $4 and (state in ('sending', 'doubtful') or state = 'queued' and attempts > 0)`, micros(now), micros(due), cause, m.ID)
			return err
		}
		_, err := t.exec(`update mail_out set since = case when state = $1 then since else $2 end, state = $1, due = $3, error = $4
			where id = $5 and state in ('sending', 'doubtful') and token = $6 and attempts = $7`,
			string(state), micros(now), micros(due), cause, m.ID, m.Token, m.Attempts)
		return err
	})
}

// AbandonedMail turns mails that were being sent when whoever sent mail before
// died or lost its lease into doubtful ones, to be looked for at now. Those whose
// copy has been seen were sent. Doubts are the new holder's from now on.
func (s *Store) AbandonedMail(ctx context.Context, l Lease, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.mustHold(l); err != nil {
			return err
		}
		_, err := t.exec(`update mail_out set state = 'sent', since = $1, raw = '' where state in ('sending', 'doubtful') and proof = 1`, micros(now))
		if err != nil {
			return err
		}
		_, err = t.exec(`update mail_out set state = 'doubtful', due = $1, since = $1, error = 'the server stopped while it was being sent', token = $2
			where state = 'sending'`, micros(now), l.Token)
		if err != nil {
			return err
		}
		_, err = t.exec(`update mail_out set token = $1 where state = 'doubtful' and token <> $1`, l.Token)
		return err
	})
}

// HurryMail makes all queued mail due.
func (s *Store) HurryMail(ctx context.Context, l Lease, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.mustHold(l); err != nil {
			return err
		}
		_, err := t.exec(`update mail_out set due = $1 where state = 'queued' and due > $1`, micros(now))
		return err
	})
}

// ReaddressMail keeps what a mail that is being sent is from now on.
func (s *Store) ReaddressMail(ctx context.Context, m OutMail, raw []byte) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update mail_out set raw = $1 where id = $2 and state = 'sending' and token = $3 and attempts = $4`, raw, m.ID, m.Token, m.Attempts)
		return err
	})
}

// MailStarted returns when mails were last handed to the mail server, by any
// node, after a time and up to limit: what a mailbox's pace goes by. It reads
// all mail there is.
func (s *Store) MailStarted(ctx context.Context, of Senders, after time.Time, limit int) (out []time.Time, err error) {
	rows, err := s.query(ctx, `select since from mail_out where since > $1 and attempts > 0
		and ($3 = '' or sender = $3) and replace($4, '<' || sender || '>', '') = $4 order by since desc limit $2`, micros(after), limit, of.Only, of.except())
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var us int64
		err := rows.Scan(&us)
		out = append(out, moment(us))
		return err
	})
	return out, s.explain(err)
}

// DoubtfulMail lists doubtful mails that are due to be looked for, whole.
func (s *Store) DoubtfulMail(ctx context.Context, now time.Time, limit int) ([]OutMail, error) {
	rows, err := s.query(ctx, `select `+mailColumns+`, raw from mail_out where state = 'doubtful' and due > 0 and due <= $1 order by due, id limit $2`, micros(now), limit)
	if err != nil {
		return nil, s.explain(err)
	}
	var list []OutMail
	err = eachRow(rows, func() error {
		var raw []byte
		m, err := scanMail(rows, &raw)
		m.Raw = raw
		list = append(list, m)
		return err
	})
	return list, s.explain(err)
}

// MailProven records that our own copies of mails have been seen, and returns
// which of the Message-IDs are ours. A doubtful mail counts as sent then.
func (s *Store) MailProven(ctx context.Context, messageIDs []string, now time.Time) (ours map[string]bool, err error) {
	if len(messageIDs) == 0 {
		return nil, nil
	}
	err = s.write(ctx, func(t *tx) error {
		ours = map[string]bool{}
		for _, id := range messageIDs {
			n, err := t.exec(`update mail_out set proof = 1 where message_id = $1`, id)
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			ours[id] = true
			_, err = t.exec(`update mail_out set state = 'sent', since = $1, raw = '', error = ''
				where message_id = $2 and (state = 'doubtful' or state = 'queued' and attempts > 0)`, micros(now), id)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return ours, err
}

// MailBounced records what a delivery report said about a mail of ours, and
// returns it; false when the mail is not ours.
func (s *Store) MailBounced(ctx context.Context, messageID, words string) (m OutMail, ours bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		rows, err := t.query(`update mail_out set bounce = $1 where message_id = $2 returning `+mailColumns, words, messageID)
		if err != nil {
			return err
		}
		ours = false
		return eachRow(rows, func() error {
			ours = true
			m, err = scanMail(rows)
			return err
		})
	})
	return m, ours, err
}

// Ending is how the mails of a command ended.
type Ending struct {
	Command string
	Sent    int
	Failed  []OutMail
}

// EndedMail lists commands whose mails have all been sent or have failed, and
// that have not been told.
func (s *Store) EndedMail(ctx context.Context, limit int) ([]Ending, error) {
	mails, err := s.mails(ctx, `select `+mailColumns+` from mail_out where reported = 0 and command in (
		select command from mail_out where reported = 0 group by command
		having sum(case when state in ('sent', 'failed') then 0 else 1 end) = 0 order by command limit $1)
		order by command, id`, limit)
	if err != nil {
		return nil, err
	}
	var list []Ending
	for _, m := range mails {
		if n := len(list); n == 0 || list[n-1].Command != m.Command {
			list = append(list, Ending{Command: m.Command})
		}
		list[len(list)-1].add(m)
	}
	return list, nil
}

// MailEnding returns how the mails of one command ended; false when some are
// still on their way or the command has been told.
func (s *Store) MailEnding(ctx context.Context, command string) (Ending, bool, error) {
	var one int
	err := s.row(ctx, `select 1 from mail_out where command = $1 and reported = 0 and state not in ('sent', 'failed') limit 1`, command).Scan(&one)
	if !isNoRows(err) {
		return Ending{}, false, s.explain(err)
	}
	mails, err := s.mails(ctx, `select `+mailColumns+` from mail_out where command = $1 and reported = 0 order by id`, command)
	e := Ending{Command: command}
	for _, m := range mails {
		e.add(m)
	}
	return e, len(mails) > 0, err
}

func (e *Ending) add(m OutMail) {
	if m.State == MailFailed {
		e.Failed = append(e.Failed, m)
	} else {
		e.Sent++
	}
}

// MailReported records that a command has been told how its mails ended. Mails
// that are on their way again since are not meant.
func (s *Store) MailReported(ctx context.Context, command string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update mail_out set reported = 1 where command = $1 and reported = 0 and state in ('sent', 'failed')`, command)
		return err
	})
}

// MailsOf counts the mails of a command, and those of them that have failed
// since and were told of. Keys of mails begin with their command's.
func (s *Store) MailsOf(ctx context.Context, command string) (all, failed int, err error) {
	err = s.row(ctx, `select count(*), coalesce(sum(case when state = 'failed' and reported = 1 then 1 else 0 end), 0) from mail_out
		where key >= $1 and key < $2`, command+"/", command+"0").Scan(&all, &failed)
	return all, failed, s.explain(err)
}

// MailsUnder lists the mails whose keys begin with one and a slash, at most limit.
func (s *Store) MailsUnder(ctx context.Context, key string, limit int) ([]OutMail, error) {
	return s.mails(ctx, `select `+mailColumns+` from mail_out where key >= $1 and key < $2 order by id limit $3`, key+"/", key+"0", limit)
}

// RequeueMail is QueueMail for a command that is tried again after it was told
// that mails failed: those are put into the queue once more, as they are
// composed now, and the command will be told once more. Failed mails that are
// not asked for any longer stay as they are.
func (s *Store) RequeueMail(ctx context.Context, command string, mails []OutMail, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		for _, m := range mails {
			_, err := t.exec(`update mail_out set state = 'queued', attempts = 0, due = $1, since = $1, created = $1, reported = 0, error = '',
				recipient = $2, subject = $3, raw = $4, sender = $6 where key = $5 and state = 'failed' and reported = 1`,
				micros(now), m.To, m.Subject, m.Raw, m.Key, m.Sender)
			if err != nil {
				return err
			}
			if err := t.queueMail(m); err != nil {
				return err
			}
		}
		_, err := t.exec(`update mail_out set reported = 0 where key >= $1 and key < $2 and reported = 1 and state <> 'failed'`, command+"/", command+"0")
		return err
	})
}

func (s *Store) mails(ctx context.Context, query string, args ...any) (list []OutMail, err error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, s.explain(err)
	}
	err = eachRow(rows, func() error {
		m, err := scanMail(rows)
		list = append(list, m)
		return err
	})
	return list, s.explain(err)
}
