package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// ErrStale says that an instance has moved on since the step was decided.
// Nothing was written: load it and decide again.
var ErrStale = errors.New("store: the instance has moved on")

// Step is everything one decision of the engine changes.
type Step struct {
	Instance signoff.InstanceID
	Rev      int64 // the instance's revision it was decided on; 0 makes the instance
	Workflow signoff.WorkflowID
	Version  VersionID    // it runs on from now on
	Was      VersionID    // of an instance that goes on with another version: what it ran on; 0: Version
	At       time.Time    // when it was taken
	Before   engine.State // zero for a new instance
	After    engine.State
	Facts    []engine.Fact
	Commands []Outgoing
	Finished string // key of the command whose result this step takes in; "" none
	Held     Hold   // whose word that is; when it is not taken any more, Commit returns ErrNotHeld. Zero: anybody's
	Once     Once
	Caller   string // key of the command of a call activity that began the instance; "" nobody's
	Called   Hold   // of a new instance with a Caller: whoever carries that out; when they have it no longer, Commit returns ErrNotHeld
	Taking   Taking // what came from elsewhere and is taken in; when it was before, Commit returns ErrTaken
	Content  []byte // what is in the file that the step adds

	// Timers that this step sets are looked at no sooner, whenever they are due.
	TimersFrom time.Time

	StateBytes int // set by Commit: how large After is as stored
}

// Outgoing is a command and when it is to be handed out.
type Outgoing struct {
	engine.Command
	Due    time.Time // not before; when Holder is set, the end of its lease
	Holder string    // the node that has taken it in the same breath; "" nobody
}

// Commit makes a step true: history, state, tasks, worklist, timers and outbox
// change together, and are on disk when it returns nil. It returns ErrStale
// when the instance is no longer at Rev, and *OnceDone when the step's
// idempotency key has been used for the same request before.
func (s *Store) Commit(ctx context.Context, st *Step) error {
	c := changes.Get().(*change)
	defer c.recycle()
	if err := c.encode(st); err != nil {
		return err
	}
	st.StateBytes = len(c.state)
	return s.write(ctx, c.apply)
}

// changes keeps the buffers of earlier steps for later ones.
var changes = sync.Pool{New: func() any { return &change{} }}

// maxKeptBuffer bounds what one rare, large step leaves in the pool.
const maxKeptBuffer = 64 << 10

func (c *change) recycle() {
	if cap(c.state)+cap(c.facts) > maxKeptBuffer {
		return
	}
	clear(c.bodies)
	clear(c.tasks)
	clear(c.gone)
	clear(c.put)
	*c = change{state: c.state[:0], facts: c.facts[:0], bodies: c.bodies[:0], tasks: c.tasks[:0], gone: c.gone[:0], put: c.put[:0]}
	changes.Put(c)
}

// change is a Step made ready, so that the writing goroutine only executes.
type change struct {
	*Step
	state, facts []byte
	bodies       [][]byte
	tasks        []taskChange
	gone, put    []WorklistRow
}

func (c *change) encode(st *Step) error {
	c.Step = st
	c.tasks = changedTasks(c.tasks, &st.Before, &st.After, st.Was != 0)
	for _, t := range c.tasks {
		var old, now []WorklistRow
		if t.before != nil {
			old = appendTaskRows(nil, st.Workflow, cmp.Or(st.Was, st.Version), &st.Before, t.before)
		}
		if t.after != nil {
			now = appendTaskRows(nil, st.Workflow, st.Version, &st.After, t.after)
		}
		c.gone, c.put = rowChange(c.gone, c.put, old, now)
	}
	c.state = st.After.AppendJSON(c.state)
	c.facts = append(c.facts, '[')
	for i := range st.Facts {
		if i > 0 {
			c.facts = append(c.facts, ',')
		}
		c.facts = st.Facts[i].AppendJSON(c.facts)
	}
	c.facts = append(c.facts, ']')
	for _, cmd := range st.Commands {
		body, err := json.Marshal(cmd.Command)
		if err != nil {
			return fmt.Errorf("encode command %s: %w", cmd.Key, err)
		}
		c.bodies = append(c.bodies, body)
	}
	return nil
}

// apply writes the step. The instance's row comes first: it is where a stale
// step is found out, before anything has changed. A new instance has no row to
// be stale, so there the idempotency key comes first for the same reason.
func (c *change) apply(t *tx) error {
	if c.Rev == 0 {
		if err := c.Once.put(t, c.Instance); err != nil {
			return err
		}
	}
	if err := c.putInstance(t); err != nil {
		return err
	}
	if c.Rev != 0 {
		if err := c.Once.put(t, c.Instance); err != nil {
			return err
		}
	}
	for _, put := range [...]func(*change, *tx) error{(*change).putTaken, (*change).putFacts, (*change).putTasks, (*change).putWorklist,
		(*change).putTimers, (*change).putWaits, (*change).putOutbox, (*change).putCall, (*change).putFiles} {
		if err := put(c, t); err != nil {
			return err
		}
	}
	return nil
}

var statusNumber = map[engine.Status]int{engine.Running: 0, engine.Completed: 1, engine.Cancelled: 2}

func (c *change) putInstance(t *tx) error {
	a := &c.After
	if c.Rev == 0 {
		return t.send(`insert into instance
			(id, rev, workflow, version, status, incidents, priority, started, ended, starter, folio, state, moved, caller)
			values ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			int64(c.Instance), int64(c.Workflow), int64(c.Version), statusNumber[a.Status], len(a.Incidents), a.Priority,
			micros(a.StartedAt), microsOf(a.EndedAt), string(a.Starter.Principal), a.Folio, c.state, micros(c.At), c.Caller)
	}
	return t.then(orStale, `update instance
		set rev = rev + 1, status = $1, incidents = $2, priority = $3, ended = $4, folio = $5, state = $6, moved = $7, version = $8
		where id = $9 and rev = $10`,
		statusNumber[a.Status], len(a.Incidents), a.Priority, microsOf(a.EndedAt), a.Folio, c.state, micros(c.At), int64(c.Version), int64(c.Instance), c.Rev)
}

func orStale(n int64) error {
	if n == 0 {
		return ErrStale
	}
	return nil
}

func (c *change) putFacts(t *tx) error {
	if len(c.Facts) == 0 {
		return nil
	}
	return t.send(`insert into fact (month, instance, seq, n, at, facts) values ($1, $2, $3, $4, $5, $6)`,
		int64(monthOf(micros(c.After.StartedAt))), int64(c.Instance), c.Facts[0].Seq, len(c.Facts), micros(c.Facts[0].At), c.facts)
}

func (c *change) putTasks(t *tx) error {
	for _, ch := range c.tasks {
		if err := c.putTask(t, ch); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) putTask(t *tx, ch taskChange) error {
	a := ch.after
	if a != nil && len(a.Answers) > 0 {
		if err := c.putAnswers(t, ch); err != nil {
			return err
		}
	}
	switch {
	case a == nil:
		return t.send(`update task set closed = $1 where instance = $2 and seq = $3`, micros(c.Facts[0].At), int64(c.Instance), ch.before.Seq)
	case ch.before == nil:
		return t.send(`insert into task
			(instance, seq, workflow, node, title, offered, due, claimed, closed, outcome, closed_by)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			int64(c.Instance), a.Seq, int64(c.Workflow), a.Node, a.Title, micros(a.OfferedAt), microsOf(a.Due),
			string(a.Claimed), microsOf(a.ClosedAt), a.Outcome, string(a.ClosedBy))
	}
	if a.Behind != "" {
		if err := t.send(`update task set acted = $1 where instance = $2 and seq = $3`, string(a.Behind), int64(c.Instance), a.Seq); err != nil {
			return err
		}
	}
	return t.send(`update task set title = $1, due = $2, claimed = $3, closed = $4, outcome = $5, closed_by = $6, node = $7
		where instance = $8 and seq = $9`,
		a.Title, microsOf(a.Due), string(a.Claimed), microsOf(a.ClosedAt), a.Outcome, string(a.ClosedBy), a.Node, int64(c.Instance), a.Seq)
}

// putAnswers writes the answers to a task that are new.
func (c *change) putAnswers(t *tx, ch taskChange) error {
	known := 0
	if ch.before != nil {
		known = len(ch.before.Answers)
	}
	for i := known; i < len(ch.after.Answers); i++ {
		a := &ch.after.Answers[i]
		if err := t.send(`insert into answer (instance, seq, n, principal, action, at, acted) values ($1, $2, $3, $4, $5, $6, $7)`,
			int64(c.Instance), ch.after.Seq, i+1, string(a.By.Principal), a.Action, micros(a.At), string(a.Behind)); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) putWorklist(t *tx) error {
	for _, r := range c.gone {
		err := t.then(func(n int64) error { t.counts.add(r.Principal, r.Shelf, -int(n)); return nil },
			`delete from worklist where principal = $1 and shelf = $2 and offered = $3 and instance = $4 and seq = $5`,
			string(r.Principal), int(r.Shelf), r.Offered, int64(r.Serial.Instance), r.Serial.Seq)
		if err != nil {
			return err
		}
	}
	for _, r := range c.put {
		if err := t.putWorklistRow(r); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) putWorklistRow(r WorklistRow) error {
	return t.then(func(n int64) error { return t.putAgain(r, n) }, `insert into worklist
		(principal, shelf, offered, instance, seq, workflow, version, priority, due, until, claimed, starter, node, title, folio)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing`,
		string(r.Principal), int(r.Shelf), r.Offered, int64(r.Serial.Instance), r.Serial.Seq, int64(r.Workflow), int64(r.Version),
		r.Priority, r.Due, r.Until, string(r.Claimed), string(r.Starter), r.Node, r.Title, r.Folio)
}

// putAgain counts a row that n says is new, and changes one that was there.
func (t *tx) putAgain(r WorklistRow, n int64) error {
	if n > 0 {
		t.counts.add(r.Principal, r.Shelf, 1)
		return nil
	}
	return t.send(`update worklist set priority = $1, due = $2, until = $3, claimed = $4, title = $5, folio = $6, version = $7, node = $8
		where principal = $9 and shelf = $10 and offered = $11 and instance = $12 and seq = $13`,
		r.Priority, r.Due, r.Until, string(r.Claimed), r.Title, r.Folio, int64(r.Version), r.Node,
		string(r.Principal), int(r.Shelf), r.Offered, int64(r.Serial.Instance), r.Serial.Seq)
}

// TimerAt is when a timer is looked at that the step sets and that is due then.
func (st *Step) TimerAt(due time.Time) time.Time {
	if due.Before(st.TimersFrom) {
		return st.TimersFrom
	}
	return due
}

func (c *change) putTimers(t *tx) error {
	if err := c.stopTimers(t); err != nil {
		return err
	}
	for _, old := range c.Before.Timers {
		if !slices.ContainsFunc(c.After.Timers, func(n engine.Timer) bool { return n.Seq == old.Seq }) {
			if err := t.send(`delete from timer where instance = $1 and seq = $2`, int64(c.Instance), old.Seq); err != nil {
				return err
			}
		}
	}
	for _, n := range c.After.Timers {
		if !slices.ContainsFunc(c.Before.Timers, func(old engine.Timer) bool { return n.Seq == old.Seq }) {
			due := micros(c.TimerAt(n.Due))
			if c.After.Held != nil {
				due = notWhileStopped
			}
			if err := t.send(`insert into timer (instance, seq, due, attempt) values ($1, $2, $3, 0)`,
				int64(c.Instance), n.Seq, due); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *change) putOutbox(t *tx) error {
	if err := c.stopOutbox(t); err != nil {
		return err
	}
	if c.Finished != "" {
		if err := c.putFinished(t); err != nil {
			return err
		}
	}
	if err := c.dropEnded(t); err != nil {
		return err
	}
	for i, cmd := range c.Commands {
		// A retried effect commands again under its old key.
		if err := t.send(`insert into outbox (key, instance, ref, workflow, version, kind, due, attempt, holder, last_error, body)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10)
			on conflict (key) do update set due = excluded.due, attempt = excluded.attempt, holder = excluded.holder, last_error = '', body = excluded.body,
				waits_for = '', parked = 0, child = 0`,
			cmd.Key, int64(c.Instance), cmd.Ref, int64(c.Workflow), int64(c.Version), string(cmd.Kind), micros(cmd.Due),
			flag(cmd.Holder != ""), cmd.Holder, c.bodies[i]); err != nil {
			return err
		}
	}
	return nil
}

// dropEnded takes back what was to be done for effects and tasks the step has
// ended, such as a mail of a cancelled instance that could not be sent yet, or
// the notification of a task that was decided meanwhile.
func (c *change) dropEnded(t *tx) error {
	for _, old := range c.Before.Effects {
		if old.Kind == "external" || slices.ContainsFunc(c.After.Effects, func(n engine.Effect) bool { return n.Seq == old.Seq }) {
			continue
		}
		if c.Finished == c.serial(old.Seq)+"/"+old.Kind {
			continue
		}
		if old.Kind == string(engine.DoWorkflow) {
			if err := c.dropCall(t, old.Seq); err != nil {
				return err
			}
		}
		if err := c.dropCommands(t, old.Seq); err != nil {
			return err
		}
	}
	for _, ch := range c.tasks {
		if ch.before == nil || !ch.before.Open() || ch.after != nil && ch.after.Open() {
			continue
		}
		if err := c.dropCommands(t, ch.before.Seq); err != nil {
			return err
		}
	}
	return nil
}

// dropCommands removes every command about one thing of the instance.
func (c *change) dropCommands(t *tx, seq int) error {
	serial := c.serial(seq)
	// "0" follows "/": every key that begins with the serial number and a slash.
	return t.send(`delete from outbox where key >= $1 and key < $2`, serial+"/", serial+"0")
}

func (c *change) serial(seq int) string {
	return strconv.FormatInt(int64(c.Instance), 10) + "_" + strconv.Itoa(seq)
}
