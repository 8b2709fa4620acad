package mailroom

import (
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// maxTries is how often a mail that breaks something is tried before it is put
// aside.
const maxTries = 5

// trials remembers mails that could not be dealt with, by UID.
type trials map[uint32]*trial

type trial struct {
	validity     uint32
	tries        int // in all
	faults       int // those that show a fault; the others would pass by themselves
	since, again time.Time
}

// due returns the mails that are to be tried now, and forgets those that have
// left the folder.
func (t trials) due(validity uint32, uids []uint32, now time.Time) []uint32 {
	for uid, one := range t {
		if _, there := slices.BinarySearch(uids, uid); !there || one.validity != validity {
			delete(t, uid)
		}
	}
	return slices.DeleteFunc(uids, func(uid uint32) bool { return t[uid] != nil && now.Before(t[uid].again) })
}

// last tells whether a mail is to be put aside if it fails once more.
func (t trials) last(uid uint32, now time.Time, giveUp time.Duration) bool {
	one := t[uid]
	return one != nil && (one.faults >= maxTries-1 || now.Sub(one.since) >= giveUp)
}

// failed notes that a mail could not be dealt with.
func (t trials) failed(validity, uid uint32, now time.Time, cause error) {
	if t[uid] == nil {
		t[uid] = &trial{validity: validity, since: now}
	}
	one := t[uid]
	one.tries++
	if signoff.KindOf(cause) == signoff.Internal || signoff.CodeOf(cause) == codeMailbox {
		one.faults++
	}
	one.again = now.Add(backoff(one.tries))
}
