package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/graph"
	"github.com/signoffhq/signoff/store"
)

// Bounds of one reading of a tenant.
const (
	maxRoundPages = 20_000             // of a round: of 100 people each at least
	maxEmptyPages = 200                // one after the other
	chunkPages    = 50                 // of what is new, taken together
	graphWhole    = 7 * 24 * time.Hour // how often everything is read, not only what is new
)

// What a round is about.
const (
	ofUsers  = "users"
	ofGroups = "groups"
)

// A reading takes in what a tenant tells. Changes come in pages, and how far it
// is is kept after each that was taken: whatever breaks off, the next reading
// goes on there.
type reading struct {
	d      *Directories
	e      Entry
	ask    Ask
	run    *Run
	client *graph.Client
	record *Record
	wrote  time.Time
	anew   bool // Graph made this round start from the beginning
	empty  int  // pages, one after the other
}

// readGraph is readAndTake for Entra ID.
func (d *Directories) readGraph(ctx context.Context, e Entry, ask Ask, st store.DirectoryState, run *Run, record *Record) error {
	c, err := d.graphClient(e)
	if err != nil {
		return err
	}
	r := &reading{d: d, e: e, ask: ask, run: run, client: c, record: record, wrote: d.now()}
	if ask.Preview {
		return graph.Explain(r.preview(ctx))
	}
	r.run.Report.Step = "taking"
	whole := ask.Whole || d.now().Sub(st.Whole) >= graphWhole
	run.Report.Whole = whole
	kinds := []string{ofUsers}
	if !e.Graph.NoGroups {
		kinds = append(kinds, ofGroups)
	}
	for _, kind := range kinds {
		if err := r.round(ctx, kind, whole); err != nil {
			return graph.Explain(err)
		}
	}
	if run.Report.People, run.Report.Teams, err = d.store.CountDirectory(ctx, e.Source()); err != nil {
		return err
	}
	st.Agreed = true
	if whole {
		st.Whole = run.Began
	}
	return d.store.SetDirectoryState(ctx, e.Source(), st)
}

// round reads and takes until all was told: what is new, or everything.
func (r *reading) round(ctx context.Context, kind string, whole bool) error {
	place, err := r.d.store.GraphPlace(ctx, r.e.Source(), kind)
	if err != nil {
		return err
	}
	begin := place.Since.IsZero()
	if !place.Whole && (place.Link == "" || whole) {
		place.Link, place.Whole, begin = "", true, true
	}
	if begin {
		place.Since, place.Pages = r.d.now(), 0
	}
	r.anew, r.empty = false, 0
	for done := false; !done; {
		c, told, to, err := r.chunk(ctx, place)
		if errors.Is(err, graph.ErrStartAnew) && !r.anew {
			r.anew = true
			place = store.GraphPlace{Source: place.Source, Kind: kind, Whole: true, Since: r.d.now()}
			begin = true
			continue
		}
		if err != nil {
			return err
		}
		if err := r.take(ctx, c); err != nil {
			return err
		}
		if done = to.Since.IsZero(); done && place.Whole {
			// Whom this last page told of has to be known before it is said who is gone.
			mid := place
			if err := r.d.store.MoveGraphPlace(ctx, mid, told, begin); err != nil {
				return err
			}
			if err := r.leave(ctx, kind); err != nil {
				return err
			}
			begin, told = false, nil
		}
		if err := r.d.store.MoveGraphPlace(ctx, to, told, begin); err != nil {
			return err
		}
		place, begin = to, false
	}
	return nil
}

// chunk reads pages that are taken together: one of a round that tells
// everything, or, so that a crowd that leaves is seen as one, many of what is
// new. It returns where to go on; Since is zero when all was told.
func (r *reading) chunk(ctx context.Context, place store.GraphPlace) (c Changes, told []string, to store.GraphPlace, err error) {
	to = place
	n := newNews()
	for pages := 0; pages == 0 || !place.Whole && pages < chunkPages; pages++ {
		if to.Pages++; to.Pages > maxRoundPages {
			return c, nil, to, endless("it told of changes in over %d pages", maxRoundPages)
		}
		var found int
		var done bool
		if place.Kind == ofUsers {
			found, to.Link, done, err = readPage(ctx, r.client.Users, to.Link, n.user, n.goneIs)
		} else {
			found, to.Link, done, err = readPage(ctx, r.client.Groups, to.Link, n.group, n.goneIs)
		}
		if err != nil {
			return c, nil, to, err
		}
		if r.empty++; found > 0 {
			r.empty = 0
		}
		if r.empty > maxEmptyPages {
			return c, nil, to, endless("it sent %d empty pages", maxEmptyPages)
		}
		r.run.Report.Read += found
		r.tell(ctx)
		if done {
			to.Since, to.Whole = time.Time{}, false
			break
		}
	}
	c, told, err = r.changes(ctx, n, place)
	return c, told, to, err
}

func endless(format string, about ...any) error {
	return &signoff.Error{Kind: signoff.Conflict, Code: graph.CodeAnswer, Detail: "Microsoft Graph: " + fmt.Sprintf(format, about...)}
}

func readPage[T any](ctx context.Context, ask func(context.Context, string) (graph.Page[T], error), link string, each func(T), gone func(string)) (int, string, bool, error) {
	p, err := ask(ctx, link)
	if err != nil {
		return 0, link, false, err
	}
	for _, item := range p.Items {
		each(item)
	}
	for _, id := range p.Gone {
		gone(id)
	}
	return len(p.Items) + len(p.Gone), p.Link, p.Done, nil
}

// tell writes down how far it is, now and then.
func (r *reading) tell(ctx context.Context) {
	if r.d.now().Sub(r.wrote) > time.Second {
		r.wrote = r.d.now()
		r.d.write(ctx, r.run)
	}
}

func (r *reading) how() Take {
	how := Take{Called: r.e.Name, ByAddress: r.e.ByAddress, MostPercent: r.e.MostPercent, Only: r.ask.Preview, Record: r.record}
	if r.ask.Anyway {
		how.MostPercent = 0
	}
	return how
}

// take takes a chunk. Few who leave need not be compared with how many there
// are: that would mean to look at everybody for every page.
func (r *reading) take(ctx context.Context, c Changes) error {
	how := r.how()
	leaving := len(c.Gone)
	for _, p := range c.People {
		if p.Disabled {
			leaving++
		}
	}
	if leaving <= fewPeople {
		how.MostPercent = 0
	}
	out, err := r.d.Take(ctx, r.e.Source(), c, how)
	r.run.Report.Outcome.add(out)
	r.run.Report.Taken += len(c.People) + len(c.Groups) + len(c.Gone)
	return err
}

// leave takes in who is gone: known, and not told of in a round that told
// everything.
func (r *reading) leave(ctx context.Context, kind string) error {
	var gone []string
	for after := ""; ; after = gone[len(gone)-1] {
		list, err := r.d.store.GraphUntold(ctx, r.e.Source(), kind, after, 1000)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		gone = append(gone, list...)
	}
	out, err := r.d.Take(ctx, r.e.Source(), Changes{Gone: gone}, r.how())
	r.run.Report.Outcome.add(out)
	return err
}

// add adds up what became of several Changes.
func (o *Outcome) add(more Outcome) {
	from := append(more.deeds(), &more.Same, &more.Left, &more.Leaving, &more.Troubled)
	for i, n := range append(o.deeds(), &o.Same, &o.Left, &o.Leaving, &o.Troubled) {
		*n += *from[i]
	}
	o.First = append(o.First, more.First...)
	o.First = o.First[:min(len(o.First), maxFirst)]
	o.Problems = append(o.Problems, more.Problems...)
	o.Problems = o.Problems[:min(len(o.Problems), maxProblems)]
}

// preview reads everything and takes nothing.
func (r *reading) preview(ctx context.Context) error {
	r.run.Report.Whole = true
	var all Changes
	all.Present = []string{}
	kinds := []string{ofUsers}
	if !r.e.Graph.NoGroups {
		kinds = append(kinds, ofGroups)
	}
	for _, kind := range kinds {
		place := store.GraphPlace{Source: r.e.Source(), Kind: kind, Whole: true, Since: r.d.now()}
		people, groups := map[string]int{}, map[string]int{}
		for done := false; !done; {
			c, told, to, err := r.chunk(ctx, place)
			if err != nil {
				return err
			}
			all.Gone, all.Present = append(all.Gone, c.Gone...), append(all.Present, told...)
			for _, p := range c.People { // told of again, later on: as it is then
				if i, again := people[p.Subject]; again {
					all.People[i] = p
					continue
				}
				people[p.Subject] = len(all.People)
				all.People = append(all.People, p)
			}
			for _, g := range c.Groups { // of a large group, more members
				if i, again := groups[g.Subject]; again {
					all.Groups[i].Members = append(all.Groups[i].Members, g.Members...)
					continue
				}
				groups[g.Subject] = len(all.Groups)
				all.Groups = append(all.Groups, g)
			}
			if len(all.People) > maxPeople || len(all.Groups) > maxGroups {
				return tooMuch("people", maxPeople)
			}
			place, done = to, to.Since.IsZero()
			place.Whole = true
		}
	}
	r.run.Report.People, r.run.Report.Teams, r.run.Report.Step = len(all.People), len(all.Groups), "taking"
	out, err := r.d.Take(ctx, r.e.Source(), all, r.how())
	r.run.Report.Outcome = out
	return err
}

// chosen tells whether a group is one that should be taken.
func (r *reading) chosen(id string) bool {
	list := r.e.Graph.Groups
	return len(list) == 0 || slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, id) })
}
