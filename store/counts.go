package store

import "github.com/signoffhq/signoff"

// Shelf is the part of a principal's worklist a row stands on.
type Shelf int

const (
	ToDo   Shelf = iota // can be decided now
	Taken               // kept by somebody else's claim
	Asleep              // hidden until a time or, with Until 0, because they have had their say
)

// counts gathers, over all the steps of a commit, how many worklist rows each
// principal gained or lost.
type counts map[countKey]int

type countKey struct {
	principal signoff.Principal
	shelf     Shelf
}

func (c counts) add(p signoff.Principal, s Shelf, n int) { c[countKey{p, s}] += n }

func (c counts) flush(t *tx) error {
	if t.onPostgres { // where two that change the same counts in another order would wait for each other
		for _, k := range sortedCounts(c) {
			if err := c.flushOne(t, k, c[k]); err != nil {
				return err
			}
		}
		return nil
	}
	for k, n := range c {
		if err := c.flushOne(t, k, n); err != nil {
			return err
		}
	}
	return nil
}

func (c counts) flushOne(t *tx, k countKey, n int) error {
	if n == 0 {
		return nil
	}
	return t.send(`insert into worklist_count (principal, shelf, n) values ($1, $2, $3)
			on conflict (principal, shelf) do update set n = worklist_count.n + excluded.n`,
		string(k.principal), int(k.shelf), n)
}
