package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// MessageState is what has become of a message.
type MessageState string

const (
	MessageWaiting   MessageState = "waiting"   // for somebody who wants it
	MessageDelivered MessageState = "delivered" // somebody has it
	MessageMissed    MessageState = "missed"    // nobody wanted it in its time
	SignalSent       MessageState = "sent"      // a signal: those who waited are being told, or were
)

// Message is a message or a signal that was sent.
type Message struct {
	ID     int64
	Kind   string            // engine.WaitMessage or engine.WaitSignal
	Source string            // whose ids those in Ident are
	Ident  string            // the sender's own id for it
	Digest string            // of what it holds
	Sender signoff.Principal // whose rights count; "" the server's own
	Person signoff.Principal // who starts what it begins; "" the server
	Name   string
	Key    string
	Vars   string // a context, as expr.AppendJSON writes it; "" once somebody has it
	Came   time.Time
	Until  time.Time
	State  MessageState

	Attempt   int // how often it could not be handed over
	LastError string
	Settled   time.Time
	Instance  signoff.InstanceID // who has it
	Workflow  signoff.WorkflowID
	Node      string
	Begun     bool   // it began Instance
	Told      int    // of a signal: how many it goes to
	Near      string // JSON: who waited for something like it, when it was missed
	Turn      int64  // whoever settles it must know this; 1 while it is handed over for the first time

	How    string            // how the sender was recognised
	Behind signoff.Principal // who was behind the sender; "" nobody else
	Reach  *Reach            // of a signal that is put: whom its sender may reach; nil everybody. Not stored
}

// Reach are workflows that somebody may reach with a signal.
type Reach struct {
	Told  []signoff.WorkflowID // those whose instances may hear it
	Begun []signoff.WorkflowID // those it may begin
}

// What one sender has waiting is bounded, and what waits in all, and how many are
// still to be told of signals; so that nobody fills the database with what
// nobody wants. What workflows send counts in all only.
const (
	MaxWaiting      = 10_000   // messages of one sender
	MaxWaitingBytes = 64 << 20 // that they carry together
	MaxAllWaiting   = 200_000  // messages of all
	MaxTargets      = 200_000  // who are to be told of signals and were not yet
)

// CodeTooManyWaiting refuses a message or a signal because of these bounds.
const CodeTooManyWaiting = "too-many-waiting"

func tooManyWaiting(detail, hint string) error {
	return &signoff.Error{Kind: signoff.TooMany, Code: CodeTooManyWaiting, Detail: detail, Hint: hint}
}

// SourceWorkflow is the Source of what workflows send: Ident is the command's key.
const SourceWorkflow = "workflow"

// ByWorkflow tells whether an instance sent it.
func (m *Message) ByWorkflow() bool { return m.Source == SourceWorkflow }

// GivenID is the id its sender gave it, "" when they gave none: then Ident begins
// with a space.
func (m *Message) GivenID() string {
	if strings.HasPrefix(m.Ident, " ") {
		return ""
	}
	return m.Ident
}

const messageColumns = `id, kind, source, ident, digest, sender, person, name, key, vars, came, until, state, attempt, last_error, settled, instance, workflow, node, begun, told, near, turn, how, behind`

// listColumns are those for lists: without what the messages carry.
var listColumns = strings.Replace(messageColumns, " vars,", " '' as vars,", 1)

func scanMessage(scan func(...any) error) (m Message, err error) {
	var vars []byte
	var begun int
	err = scan(&m.ID, &m.Kind, &m.Source, &m.Ident, &m.Digest, &m.Sender, &m.Person, &m.Name, &m.Key, &vars, (*stored)(&m.Came), (*stored)(&m.Until),
		&m.State, &m.Attempt, &m.LastError, (*stored)(&m.Settled), &m.Instance, &m.Workflow, &m.Node, &begun, &m.Told, &m.Near, &m.Turn, &m.How, &m.Behind)
	m.Vars, m.Begun = string(vars), begun != 0
	return m, err
}

func readMessages(rows *sql.Rows) (out []Message, err error) {
	err = eachRow(rows, func() error {
		m, err := scanMessage(rows.Scan)
		out = append(out, m)
		return err
	})
	return out, err
}

// PutMessage takes a message or a signal in, unless one of that source and id
// was before: then it returns that one, or a Conflict when it was another. The
// caller has a message for a while and is to look who wants it. Whom a signal
// goes to is settled here: everybody who waits for it now.
func (s *Store) PutMessage(ctx context.Context, m Message) (_ Message, made bool, err error) {
	out := m
	err = s.write(ctx, func(t *tx) error {
		made, out = false, m
		due := micros(m.Came.Add(errandLease))
		if m.Kind == engine.WaitSignal {
			due = 0
		}
		err := t.row(`insert into message (kind, source, ident, digest, sender, person, name, key, vars, came, until, state, due, turn, attempt, last_error,
				settled, instance, workflow, node, begun, told, near, how, behind, size, looked)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, 0, '', $14, 0, 0, '', 0, 0, '', $15, $16, $17, $11)
			on conflict (source, ident) do nothing returning id, turn`,
			m.Kind, m.Source, m.Ident, m.Digest, string(m.Sender), string(m.Person), m.Name, m.Key, []byte(m.Vars), micros(m.Came), micros(m.Until),
			string(m.State), due, micros(m.Settled), m.How, string(m.Behind), len(m.Vars)).Scan(&out.ID, &out.Turn)
		if isNoRows(err) {
			out, err = t.messageSent(m)
			return err
		}
		if made = true; err != nil {
			return err
		}
		if m.Kind != engine.WaitSignal {
			return t.mayWait(m)
		}
		out.Told, err = t.putTargets(out)
		return err
	})
	return out, made, err
}

// mayWait refuses a message, which was written just now, when too many wait.
func (t *tx) mayWait(m Message) error {
	var n, size, all int64
	if err := t.row(`select count(*) from (select 1 from message where state = 'waiting' limit $1) w`, MaxAllWaiting+1).Scan(&all); err != nil {
		return err
	}
	if all > MaxAllWaiting {
		return tooManyWaiting("too many messages wait that nobody wants", "an administrator sees under Messages which, and who sent them")
	}
	if m.ByWorkflow() {
		return nil
	}
	if err := t.row(`select count(*), coalesce(sum(size), 0) from message where state = 'waiting' and source = $1`, m.Source).Scan(&n, &size); err != nil {
		return err
	}
	if n > MaxWaiting || size > MaxWaitingBytes {
		return tooManyWaiting("too many of your messages wait that nobody wants", "wait until some are delivered or their time is over, and give messages a shorter time to wait")
	}
	return nil
}

// messageSent is the message that was sent under an id before.
func (t *tx) messageSent(m Message) (Message, error) {
	was, err := scanMessage(t.row(`select `+messageColumns+` from message where source = $1 and ident = $2`, m.Source, m.Ident).Scan)
	if err == nil && was.Digest != m.Digest {
		return was, &signoff.Error{Kind: signoff.Conflict, Code: "message-id-reused",
			Detail: "another message was sent under this id", Hint: "use a new id for a new message"}
	}
	return was, err
}

// TakeMessages gives the caller up to limit messages for a while that are to be
// looked at: they are new, or their time is up.
func (s *Store) TakeMessages(ctx context.Context, now time.Time, limit int) (out []Message, err error) {
	err = s.write(ctx, func(t *tx) error {
		rows, err := t.query(`update message set due = $1, turn = turn + 1, looked = $2
			where id in (/*take*/ select id from message where due > 0 and due <= $2 order by due, id limit $3 /*take*/)
			returning `+messageColumns, micros(now.Add(errandLease)), micros(now), limit)
		if err != nil {
			return err
		}
		out, err = readMessages(rows)
		return err
	})
	slices.SortFunc(out, func(a, b Message) int { return cmp.Compare(a.ID, b.ID) })
	return out, err
}

// DeferMessage has a message looked at again at due. cause says why it could not
// be handed over, "" that nobody wants it yet: then what failed before counts no
// more, and SweepMessages looks after it. It does nothing when somebody else has
// the message by now, or has come to want it.
func (s *Store) DeferMessage(ctx context.Context, m Message, due time.Time, cause string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update message set due = $1, attempt = (attempt + 1) * $2, last_error = $3 where id = $4 and turn = $5 and state = 'waiting'`,
			micros(due), flag(cause != ""), cause, m.ID, m.Turn)
		return err
	})
}

// MissMessage puts on record that nobody wanted a message in its time, and who
// waited for something like it. It does nothing when DeferMessage would not.
func (s *Store) MissMessage(ctx context.Context, m Message, near string, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update message set state = 'missed', due = 0, settled = $1, near = $2, vars = $5, size = 0 where id = $3 and turn = $4 and state = 'waiting'`,
			micros(now), near, m.ID, m.Turn, []byte{})
		return err
	})
}

// NudgeMessages has the oldest messages of that name and key looked at, because
// somebody has come to want one; key "" is any. It tells whether there are any.
func (s *Store) NudgeMessages(ctx context.Context, name, key string, now time.Time) (some bool, err error) {
	some, err = s.someWait(ctx, name, key)
	if err != nil || !some {
		return false, err // and no commit to say so
	}
	err = s.write(ctx, func(t *tx) error {
		if key == "" {
			_, err := t.exec(`update message set due = $1, turn = turn + 1 where id in (select id from message where state = 'waiting' and name = $2 order by id limit $3)`,
				micros(now), name, nudged)
			return err
		}
		_, err := t.exec(`update message set due = $1, turn = turn + 1 where id in (select id from message where state = 'waiting' and name = $2 and key = $3 order by id limit $4)`,
			micros(now), name, key, nudged)
		return err
	})
	return some, err
}

// Those who come to want a message get one of the first few; the others are
// looked at when SweepMessages finds that somebody still waits.
const (
	nudged = 16
	swept  = 1000
)

// lookAgain is for how long after somebody has come to wait messages that were
// looked at meanwhile are looked at again: their step may have been stored later
// than it says, and by another node's clock.
const lookAgain = 3 * time.Minute

func (s *Store) someWait(ctx context.Context, name, key string) (bool, error) {
	var one int
	err := s.row(ctx, `select 1 from message where state = 'waiting' and name = $1 and (key = $2 or $2 = '') limit 1`, name, key).Scan(&one)
	if isNoRows(err) {
		return false, nil
	}
	return err == nil, s.explain(err)
}

// SweepMessages has messages looked at that somebody has come to want since they
// were, whom word of them did not reach because a node died or both came at the
// same moment. What could not be handed over has its own time.
func (s *Store) SweepMessages(ctx context.Context, now time.Time) (n int64, err error) {
	var some bool
	const found = `state = 'waiting' and due > $1 and attempt = 0 and (
		exists (select 1 from awaited a where a.kind = 'message' and a.name = message.name and a.key = message.key and a.since > message.looked - $2)
		or exists (select 1 from awaited a where a.kind = 'message' and a.name = message.name and a.key = '' and a.since > message.looked - $2)
		or exists (select 1 from begins b where b.kind = 'message' and b.name = message.name and b.since > message.looked - $2))`
	later, again := micros(now.Add(errandLease)), lookAgain.Microseconds()
	if err := s.row(ctx, `select exists (select 1 from message where `+found+`)`, later, again).Scan(&some); err != nil || !some {
		return 0, s.explain(err)
	}
	err = s.write(ctx, func(t *tx) error {
		n, err = t.exec(`update message set due = $3, turn = turn + 1 where id in (select id from message where `+found+` order by looked, id limit $4)`,
			later, again, micros(now), swept)
		return err
	})
	return n, err
}

// putMessageTaken settles a message that somebody has now.
func (c *change) putMessageTaken(t *tx) error {
	if c.Taking.Message == 0 {
		return nil
	}
	node := ""
	for _, f := range c.Facts {
		if f.Kind == engine.MessageReceived || node == "" && f.Kind == engine.Entered {
			node = f.Node
		}
	}
	return t.then(orTaken, `update message set state = 'delivered', due = 0, settled = $1, instance = $2, workflow = $3, node = $4, begun = $5, vars = $6, size = 0, last_error = ''
		where id = $7 and state = 'waiting'`, micros(c.At), int64(c.Instance), int64(c.Workflow), node, flag(c.Rev == 0), []byte{}, c.Taking.Message)
}

// MessageWhich chooses messages for a list.
type MessageWhich struct {
	State  MessageState // "" any
	Source string       // "" anybody's
	Before int64        // numbers below; 0 from the newest on
}

// Messages lists messages and signals, newest first, without what they
// carry.
func (s *Store) Messages(ctx context.Context, w MessageWhich, limit int) (out []Message, err error) {
	if w.Before <= 0 {
		w.Before = 1 << 62
	}
	var rows *sql.Rows
	switch {
	case w.State != "" && w.Source != "":
		rows, err = s.query(ctx, `select `+listColumns+` from message where state = $1 and source = $2 and id < $3 order by id desc limit $4`, string(w.State), w.Source, w.Before, limit)
	case w.State != "":
		rows, err = s.query(ctx, `select `+listColumns+` from message where state = $1 and id < $2 order by id desc limit $3`, string(w.State), w.Before, limit)
	case w.Source != "":
		rows, err = s.query(ctx, `select `+listColumns+` from message where source = $1 and id < $2 order by id desc limit $3`, w.Source, w.Before, limit)
	default:
		rows, err = s.query(ctx, `select `+listColumns+` from message where id < $1 order by id desc limit $2`, w.Before, limit)
	}
	if err != nil {
		return nil, err
	}
	out, err = readMessages(rows)
	return out, s.explain(err)
}

// WaitingFor lists messages of a name that wait, without what they carry, those
// of one sender alone when source is not ""; the newest first.
func (s *Store) WaitingFor(ctx context.Context, name, source string, limit int) (out []Message, err error) {
	rows, err := s.query(ctx, `select `+listColumns+` from message where state = 'waiting' and name = $1 and ($2 = '' or source = $2) order by id desc limit $3`, name, source, limit)
	if err != nil {
		return nil, err
	}
	out, err = readMessages(rows)
	return out, s.explain(err)
}

// Message returns one, NotFound when there is none.
func (s *Store) Message(ctx context.Context, id int64) (Message, error) {
	m, err := scanMessage(s.row(ctx, `select `+messageColumns+` from message where id = $1`, id).Scan)
	if isNoRows(err) {
		return m, &signoff.Error{Kind: signoff.NotFound, Code: "message-not-found", Detail: "there is no such message, or it is not yours to see"}
	}
	return m, s.explain(err)
}

// ForgetMessages removes up to limit messages and signals that were settled
// before a time, and with them their ids.
func (s *Store) ForgetMessages(ctx context.Context, before time.Time, limit int) (n int64, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err = t.exec(`delete from message where id in (/*take*/ select id from message where settled > 0 and settled < $1 order by settled limit $2 /*take*/)`,
			micros(before), limit)
		return err
	})
	return n, err
}
