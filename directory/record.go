package directory

import (
	"context"
	"encoding/json"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// mostRecorded bounds how many people and groups of one sync stand on record one
// by one. What is beyond them stands there as counts.
const mostRecorded = 1000

// A Record says on whose word changes of people and groups are put on record. One
// is for a whole sync.
type Record struct {
	By  signoff.Principal // who tells: ByDirectory
	How string            // HowSync, HowSCIM

	recorded int
	rest     Outcome // what was done and not recorded
}

// How changes came that no person made.
const (
	HowSync = "sync"
	HowSCIM = "scim"
)

// ByDirectory stands for a directory where somebody is said to have changed
// something.
func ByDirectory(name string) signoff.Principal { return signoff.Principal("directory:" + name) }

// change is what to put on record with the subject and how it was before.
func (r *Record) change(what string) store.Change {
	return store.Change{By: r.By, How: r.How, What: what}
}

// next is the change for the next n people or groups of a kind, or none when
// that would be too many.
func (r *Record) next(n int, what string) []store.Change {
	if r == nil || r.recorded+n > mostRecorded {
		return nil
	}
	r.recorded += n
	return []store.Change{r.change(what)}
}

// Finish puts on record, as counts, what was too much to stand there one by one.
func (r *Record) Finish(ctx context.Context, db *store.Store, name string) error {
	if !r.rest.did() {
		return nil
	}
	c := r.change("directory-sync")
	c.Subject, c.Before, c.After = name, []byte(`{}`), r.rest.words()
	return db.NoteChange(ctx, c)
}

// did tells whether anything was changed.
func (o *Outcome) did() bool {
	sum := 0
	for _, n := range o.deeds() {
		sum += *n
	}
	return sum > 0
}

func (o *Outcome) words() []byte {
	text, err := json.Marshal(struct {
		Made     int `json:"people made,omitempty"`
		Linked   int `json:"people linked,omitempty"`
		Changed  int `json:"people changed,omitempty"`
		Disabled int `json:"people switched off,omitempty"`
		Enabled  int `json:"people switched on,omitempty"`
		GMade    int `json:"groups made,omitempty"`
		GChanged int `json:"groups changed,omitempty"`
		GGone    int `json:"groups gone,omitempty"`
		Members  int `json:"memberships begun or ended,omitempty"`
	}{o.Made, o.Linked, o.Changed, o.Disabled, o.Enabled, o.GroupsMade, o.GroupsChanged, o.GroupsGone, o.Members})
	if err != nil {
		panic(err) // numbers always encode
	}
	return text
}

// deeds are the counts of what was changed, in one order.
func (o *Outcome) deeds() []*int {
	return []*int{&o.Made, &o.Linked, &o.Changed, &o.Disabled, &o.Enabled, &o.GroupsMade, &o.GroupsChanged, &o.GroupsGone, &o.Members}
}

// unrecorded adds what was done since was to what stands on record as counts.
func (t *taking) unrecorded(was Outcome) {
	r := t.how.Record
	if r == nil || t.how.Only {
		return
	}
	before, after := was.deeds(), t.out.deeds()
	for i, n := range r.rest.deeds() {
		*n += *after[i] - *before[i]
	}
}
