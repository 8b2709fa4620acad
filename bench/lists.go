package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/worklist"
)

const (
	pageSize     = 50
	readers      = 50 // people who look at their lists in turns
	readerGroups = 20 // groups each of them is in
	sortedOf     = 2000
)

// reader is the n-th person who looks, from 1 on.
func reader(n int) signoff.Caller {
	c := person(n)
	for k := range readerGroups {
		c.Groups = append(c.Groups, group((n*7+k*5)%seedGroups+1).Principal)
	}
	return c
}

// listing is a list that is asked for, and the same in one statement by hand.
type listing struct {
	what   string
	query  worklist.Query
	skip   int // pages before it
	where  string
	order  string // of the newest sortedOf; "": as they are walked
	oldest bool
}

var listings = []listing{
	{what: "first page"},
	{what: "fifth page", skip: 4},
	{what: "of one workflow", query: worklist.Query{Workflow: "other"}, where: " and workflow = 2"},
	{what: "search", query: worklist.Query{Search: "review"}, where: " and (lower(title) like '%review%' or lower(folio) like '%review%')"},
	{what: "sorted by due time", query: worklist.Query{Sort: worklist.ByDue}, order: "due, offered desc, instance desc, seq desc"},
	{what: "oldest first", query: worklist.Query{Sort: worklist.Oldest}, oldest: true},
}

// lists measures a page of 50 for a person in 20 groups, among many open tasks.
func (r *run) lists(ctx context.Context) error {
	if !r.wants("worklist") {
		return nil
	}
	for _, n := range r.Tasks {
		if err := r.listsAmong(ctx, n); err != nil {
			return fmt.Errorf("bench worklist among %d tasks: %w", n, err)
		}
	}
	return nil
}

func (r *run) listsAmong(ctx context.Context, n int) (err error) {
	at, err := r.place.fresh(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.remove()) }()
	if err := r.seed(ctx, at, n); err != nil {
		return err
	}
	list, err := openList(ctx, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, list.Store.Close()) }()
	hand, err := r.openReader(ctx, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hand.Close()) }()
	for _, l := range listings {
		if err := r.listed(ctx, n, l, list, hand); err != nil {
			return err
		}
	}
	return nil
}

func openList(ctx context.Context, at *site) (*worklist.Worklist, error) {
	s, err := store.Open(ctx, at.dsn, store.Options{})
	if err != nil {
		return nil, err
	}
	lib := library.New(s, time.Now)
	return &worklist.Worklist{Store: s, Library: lib, Runner: runner.New(runner.Config{Store: s, Library: lib, Directory: crowd{}})}, nil
}

func (r *run) openReader(ctx context.Context, at *site) (*sql.DB, error) {
	driver, dsn := "pgx", at.dsn
	if r.place.name() == SQLite {
		driver, dsn = "sqlite", strings.Replace(sqliteSettings(at.dsn, "FULL"), "cache_size%28-65536%29", "cache_size%28-16384%29", 1)
	}
	db, err := sql.Open(driver, dsn)
	if err == nil {
		db.SetMaxOpenConns(1)
		err = db.PingContext(ctx)
	}
	return db, err
}

// ask reads one page as the n-th reader and returns which tasks it holds.
type ask func(ctx context.Context, n int) ([]signoff.Serial, error)

func (r *run) listed(ctx context.Context, tasks int, l listing, list *worklist.Worklist, hand *sql.DB) error {
	ours, err := l.asked(ctx, list)
	if err != nil {
		return err
	}
	floor, err := l.byHand(ctx, hand, r.place.name() == Postgres, list)
	if err != nil {
		return err
	}
	c := Case{ID: fmt.Sprintf("%s worklist %s %d", r.place.name(), l.what, tasks), Store: r.place.name(), Part: "worklist", What: l.what,
		Size: tasks, Kind: Delay, Against: "floor"}
	r.say("%s", c.ID)
	rounds := map[bool][]sample{}
	for range r.Rounds {
		for _, isOurs := range []bool{true, false} {
			a, name := ours, c.ID
			if !isOurs {
				a, name = floor, c.ID+" floor"
			}
			s, err := r.asking(ctx, name, a)
			if err != nil {
				return fmt.Errorf("%s: %w", l.what, err)
			}
			rounds[isOurs] = append(rounds[isOurs], s)
		}
	}
	c.Signoff, c.Floor = figureOf(rounds[true]), figureOf(rounds[false])
	r.report.Cases = append(r.report.Cases, c.rated())
	return nil
}

// asking asks again and again, each time as another reader, for a while.
func (r *run) asking(ctx context.Context, name string, a ask) (out sample, err error) {
	for n := range readers { // warm up
		if _, err := a(ctx, n+1); err != nil {
			return out, err
		}
	}
	stop, err := r.profile(name)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	var took []time.Duration
	w, begin := r.watch(), time.Now()
	for n := 0; time.Since(begin) < r.Each && ctx.Err() == nil; n++ {
		from := time.Now()
		if _, err := a(ctx, n%readers+1); err != nil {
			return out, err
		}
		took = append(took, time.Since(from))
	}
	return w.sample(map[string][]time.Duration{page: took}, time.Since(begin)), ctx.Err()
}

// asked asks the worklist. Where earlier pages are skipped, they have been read
// before.
func (l listing) asked(ctx context.Context, list *worklist.Worklist) (ask, error) {
	cursors := make([]string, readers+1)
	for n := 1; n <= readers && l.skip > 0; n++ {
		for range l.skip {
			q := l.query
			q.Cursor = cursors[n]
			p, err := list.Tasks(ctx, reader(n), q)
			if err != nil {
				return nil, err
			}
			cursors[n] = p.Next
		}
	}
	return func(ctx context.Context, n int) (out []signoff.Serial, err error) {
		q := l.query
		q.Cursor = cursors[n]
		p, err := list.Tasks(ctx, reader(n), q)
		for i := range p.Items {
			out = append(out, p.Items[i].Serial)
		}
		return out, err
	}, nil
}

const listColumns = "principal, shelf, offered, instance, seq, workflow, version, priority, due, until, claimed, starter, node, title, folio"

// byHand asks the database: the newest of each principal along the table's key,
// merged.
func (l listing) byHand(ctx context.Context, db *sql.DB, postgres bool, list *worklist.Worklist) (ask, error) {
	// Both databases merge the limbs, each a walk along the table's key, and stop
	// when they have enough.
	newest := fmt.Sprintf(" order by offered desc, instance desc, seq desc limit %d", pageSize)
	switch {
	case l.oldest:
		newest = fmt.Sprintf(" order by offered, instance, seq limit %d", pageSize)
	case l.order != "":
		newest = fmt.Sprintf(" order by offered desc, instance desc, seq desc limit %d", sortedOf)
	}
	var limbs []string
	for i := range len(reader(1).Principals()) {
		limb := fmt.Sprintf(`select %s from worklist where principal = $%d and shelf = 0 and (offered, instance, seq) < ($1, $2, $3)%s`, listColumns, i+4, l.where)
		if postgres {
			limb = "(" + limb + newest + ")" // it would sort all of them otherwise
		}
		limbs = append(limbs, limb)
	}
	text := strings.Join(limbs, " union all ") + newest
	if l.order != "" {
		text = "select * from (" + text + ") y order by " + l.order + fmt.Sprintf(" limit %d", pageSize)
	}
	stmt, err := db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	marks, err := l.marks(ctx, list)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, n int) ([]signoff.Serial, error) {
		m := marks[n]
		args := []any{m.Offered, int64(m.Serial.Instance), m.Serial.Seq}
		for _, p := range reader(n).Principals() {
			args = append(args, string(p))
		}
		rows, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return nil, err
		}
		return scanAll(rows)
	}, nil
}

// marks are where each reader's page begins.
func (l listing) marks(ctx context.Context, list *worklist.Worklist) ([]store.Mark, error) {
	first := store.Mark{Offered: 1 << 62, Serial: signoff.Serial{Instance: 1 << 62, Seq: 1 << 30}}
	out := slices.Repeat([]store.Mark{first}, readers+1)
	for n := 1; n <= readers && l.skip > 0; n++ {
		q := l.query
		for range l.skip {
			p, err := list.Tasks(ctx, reader(n), q)
			if err != nil {
				return nil, err
			}
			if q.Cursor = p.Next; len(p.Items) > 0 {
				last := p.Items[len(p.Items)-1]
				out[n] = store.Mark{Offered: last.OfferedAt.UnixMicro(), Serial: last.Serial}
			}
		}
	}
	return out, nil
}

func scanAll(rows *sql.Rows) (out []signoff.Serial, err error) {
	defer rows.Close()
	for rows.Next() {
		var r store.WorklistRow
		if err := rows.Scan(&r.Principal, &r.Shelf, &r.Offered, &r.Serial.Instance, &r.Serial.Seq, &r.Workflow, &r.Version, &r.Priority,
			&r.Due, &r.Until, &r.Claimed, &r.Starter, &r.Node, &r.Title, &r.Folio); err != nil {
			return nil, err
		}
		out = append(out, r.Serial)
	}
	return out, rows.Err()
}
