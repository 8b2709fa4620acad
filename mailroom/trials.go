package mailroom

import (
	"maps"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// maxTries is how often a mail that breaks something is tried before it is put
// aside.
const maxTries = 5

// trials remembers mails that could not be dealt with, by id.
type trials map[string]*trial

type trial struct {
	tries        int // in all
	faults       int // those that show a fault; the others would pass by themselves
	since, again time.Time
}

// due returns the mails that are to be tried now, and forgets those that have
// left the folder.
func (t trials) due(ids []string, now time.Time) []string {
	if len(t) > 0 {
		there := map[string]bool{}
		for _, id := range ids {
			there[id] = true
		}
		maps.DeleteFunc(t, func(id string, _ *trial) bool { return !there[id] })
	}
	return slices.DeleteFunc(ids, func(id string) bool { return t[id] != nil && now.Before(t[id].again) })
}

// last tells whether a mail is to be put aside if it fails once more.
func (t trials) last(id string, now time.Time, giveUp time.Duration) bool {
	one := t[id]
	return one != nil && (one.faults >= maxTries-1 || now.Sub(one.since) >= giveUp)
}

// failed notes that a mail could not be dealt with.
func (t trials) failed(id string, now time.Time, cause error) {
	if t[id] == nil {
		t[id] = &trial{since: now}
	}
	one := t[id]
	one.tries++
	if signoff.KindOf(cause) == signoff.Internal || signoff.CodeOf(cause) == codeMailbox {
		one.faults++
	}
	one.again = now.Add(backoff(one.tries))
}
