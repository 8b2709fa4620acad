package store

import (
	"strconv"
	"time"
)

// notWhileStopped is when the timers and commands of a stopped instance are due.
var notWhileStopped = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// stops tells whether the step stops the instance, resumes whether it lets it
// go on.
func (c *change) stops() bool   { return c.After.Held != nil && c.Before.Held == nil }
func (c *change) resumes() bool { return c.After.Held == nil && c.Before.Held != nil }

// stopTimers puts off the timers of an instance that is being stopped, and
// brings those back of one that goes on.
func (c *change) stopTimers(t *tx) error {
	if c.stops() {
		return t.send(`update timer set due = $1 where instance = $2`, notWhileStopped, int64(c.Instance))
	}
	if !c.resumes() {
		return nil
	}
	for i := range c.After.Timers {
		n := &c.After.Timers[i]
		if err := t.send(`update timer set due = $1 where instance = $2 and seq = $3`, micros(n.Due), int64(c.Instance), n.Seq); err != nil {
			return err
		}
	}
	return nil
}

// stopOutbox does the same with commands nobody has taken. One that has been
// handed over and whose result will be reported is left alone.
func (c *change) stopOutbox(t *tx) error {
	prefix := strconv.FormatInt(int64(c.Instance), 10)
	from, to := prefix+"_", prefix+"`" // "`" follows "_"
	switch {
	case c.stops():
		return t.send(`update outbox set due = $1 where key >= $2 and key < $3 and holder = '' and (due > 0 or waits_for <> '')`, notWhileStopped, from, to)
	case c.resumes():
		return t.send(`update outbox set due = $1 where key >= $2 and key < $3 and holder = '' and due > $1`, micros(c.At), from, to)
	}
	return nil
}
