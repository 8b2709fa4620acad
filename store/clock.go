package store

import (
	"context"
	"sync/atomic"
	"time"
)

// clock is the time that all nodes on one database share: that of the database,
// told by this machine's own since they were last compared. On a file it is the
// machine's.
type clock struct {
	at atomic.Pointer[reading]
}

// reading is one look at the database's clock. Ours stood somewhere between
// asking and having the answer, and is taken to have stood in the middle.
type reading struct {
	ours, theirs time.Time
	within       time.Duration // half the time the answer took
}

// Now is the present as all nodes on the store see it, whatever the clocks of
// their machines say. It may jump when the database's clock does.
func (s *Store) Now() time.Time {
	r := s.clock.at.Load()
	if r == nil {
		return s.now()
	}
	return r.now(s.now())
}

func (r *reading) now(ours time.Time) time.Time { return r.theirs.Add(ours.Sub(r.ours)) }

// measureWithin is how long the database may take to tell the time: what takes
// longer says too little.
const measureWithin = 2 * time.Second

// measure compares our clock with the database's, and returns how far Now jumps
// for it. It never fails: when the database does not answer, the last comparison
// stands.
func (s *Store) measure(ctx context.Context) time.Duration {
	if s.pg == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, measureWithin)
	defer cancel()
	conn, err := s.read.Conn(ctx) // waiting for one is not the clock's doing
	if err != nil {
		return 0
	}
	defer conn.Close()
	before := s.now()
	var us int64
	err = conn.QueryRowContext(ctx, `select (extract(epoch from clock_timestamp()) * 1000000)::bigint`).Scan(&us)
	took := s.now().Sub(before)
	if err != nil || took < 0 {
		return 0
	}
	return s.clock.take(&reading{ours: before.Add(took / 2), theirs: moment(us), within: took / 2})
}

// noJump is how far the clock may be set without times that were told before
// being wrong: clocks that are kept right are set a little all the time.
const noJump = time.Second

// take keeps the better of two readings: the newer one where they contradict
// each other, because one of the clocks has been set or has drifted, else the
// one that is more exact. It returns how far the clock jumps.
func (c *clock) take(r *reading) time.Duration {
	old := c.at.Load()
	if old == nil {
		c.at.Store(r)
		return 0
	}
	jump := r.theirs.Sub(old.now(r.ours))
	if jump.Abs() > r.within+old.within || r.within < old.within {
		c.at.Store(r)
	}
	if jump.Abs() < max(noJump, r.within+old.within) {
		return 0
	}
	return jump
}
