package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// Audit compares everything stored about an instance with what its history
// says, and returns all that differs. It is for tests and for doubts after a
// restored backup; it reads the whole history.
func (s *Store) Audit(ctx context.Context, id signoff.InstanceID) error {
	in, err := s.Instance(ctx, id)
	if signoff.KindOf(err) == signoff.NotFound { // never stored, or removed since; then with all that was about it
		return errors.Join(err, s.auditLeftovers(ctx, id))
	}
	if err != nil {
		return err
	}
	const everything = 1 << 30
	facts, err := s.Facts(ctx, id, 0, everything)
	if err != nil {
		return err
	}
	return errors.Join(auditState(in, facts), s.auditTasks(ctx, in), s.auditWorklist(ctx, in), s.auditTimers(ctx, in), s.auditWaits(ctx, in), s.auditOutbox(ctx, in), s.auditFiles(ctx, in))
}

func auditState(in Instance, facts []engine.Fact) error {
	for i, f := range facts {
		if f.Seq != i+1 {
			return fmt.Errorf("instance %d: fact %d stands in place %d", in.ID, f.Seq, i+1)
		}
	}
	folded := engine.Fold(facts)
	if want, is := folded.AppendJSON(nil), in.State.AppendJSON(nil); !bytes.Equal(want, is) {
		return fmt.Errorf("instance %d: its state\n%s\nis not what its history gives\n%s", in.ID, is, want)
	}
	return nil
}

func (s *Store) auditTasks(ctx context.Context, in Instance) error {
	rows, err := s.query(ctx, `select seq, node, claimed, closed, outcome, closed_by, acted from task where instance = $1 order by seq`, int64(in.ID))
	if err != nil {
		return err
	}
	defer rows.Close()
	type row struct {
		seq                      int
		node                     string
		claimed                  signoff.Principal
		closed                   int64
		outcome, closedBy, acted string
	}
	is := map[int]row{}
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.seq, &r.node, &r.claimed, &r.closed, &r.outcome, &r.closedBy, &r.acted); err != nil {
			return err
		}
		is[r.seq] = r
	}
	for _, t := range in.State.Tasks {
		if want := (row{t.Seq, t.Node, t.Claimed, microsOf(t.ClosedAt), t.Outcome, string(t.ClosedBy), string(t.Behind)}); is[t.Seq] != want {
			return fmt.Errorf("instance %d: task row %+v, want %+v", in.ID, is[t.Seq], want)
		}
	}
	return rows.Err()
}

func (s *Store) auditWorklist(ctx context.Context, in Instance) error {
	rows, err := s.query(ctx, selectWorklist+`where instance = $1`, int64(in.ID))
	if err != nil {
		return err
	}
	is, err := readWorklist(rows, 0)
	if err != nil {
		return err
	}
	want := WorklistRows(in.Workflow, in.Version, &in.State)
	for _, r := range want {
		if !slices.Contains(is, r) {
			return fmt.Errorf("instance %d: worklist row %+v is missing among %+v", in.ID, r, is)
		}
	}
	if len(is) != len(want) {
		return fmt.Errorf("instance %d: %d worklist rows, want %d: %+v", in.ID, len(is), len(want), is)
	}
	return nil
}

// auditFiles compares the files of an instance with what is kept of them, and
// what is in each with its digest.
func (s *Store) auditFiles(ctx context.Context, in Instance) error {
	kept, err := s.Attachments(ctx, in.ID)
	if err != nil {
		return err
	}
	if len(kept) != len(in.State.Files) {
		return fmt.Errorf("instance %d has %d files, and %d are kept", in.ID, len(in.State.Files), len(kept))
	}
	for i, a := range kept {
		if a.File != in.State.Files[i] {
			return fmt.Errorf("instance %d: file %+v, want %+v", in.ID, a.File, in.State.Files[i])
		}
		_, content, err := s.Attachment(ctx, in.ID, a.Seq)
		if err != nil {
			return err
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(content)); sum != a.Digest || len(content) != a.Bytes {
			return fmt.Errorf("instance %d: what is in file %d is not what was added", in.ID, a.Seq)
		}
	}
	return nil
}

func (s *Store) auditTimers(ctx context.Context, in Instance) error {
	rows, err := s.query(ctx, `select seq from timer where instance = $1 order by seq`, int64(in.ID))
	if err != nil {
		return err
	}
	is, err := readInts(rows)
	var want []int
	for _, t := range in.State.Timers {
		want = append(want, t.Seq)
	}
	slices.Sort(want)
	if err == nil && !slices.Equal(is, want) {
		err = fmt.Errorf("instance %d: timers %v, want %v", in.ID, is, want)
	}
	return err
}

func (s *Store) auditWaits(ctx context.Context, in Instance) error {
	rows, err := s.query(ctx, `select seq from awaited where instance = $1 order by seq`, int64(in.ID))
	if err != nil {
		return err
	}
	is, err := readInts(rows)
	var want []int
	for _, w := range in.State.Waits {
		if w.Kind != engine.WaitCondition {
			want = append(want, w.Seq)
		}
	}
	slices.Sort(want)
	if err == nil && !slices.Equal(is, want) {
		err = fmt.Errorf("instance %d: rows of what it waits for %v, want %v", in.ID, is, want)
	}
	for _, w := range in.State.Waits {
		var node string
		if err == nil && w.Kind != engine.WaitCondition {
			if err = s.row(ctx, `select node from awaited where instance = $1 and seq = $2`, int64(in.ID), w.Seq).Scan(&node); err == nil && node != w.Node {
				err = fmt.Errorf("instance %d: what it waits for at %s stands at %s", in.ID, w.Node, node)
			}
		}
	}
	return err
}

// auditOutbox checks that every effect the instance waits for has its command,
// unless it became an incident or is not ours to carry out.
func (s *Store) auditOutbox(ctx context.Context, in Instance) error {
	rows, err := s.query(ctx, `select ref from outbox where instance = $1 and kind <> $2 order by ref`, int64(in.ID), string(engine.DoNotify))
	if err != nil {
		return err
	}
	is, err := readInts(rows)
	var want []int
	for _, e := range in.State.Effects {
		failed := slices.ContainsFunc(in.State.Incidents, func(i engine.Incident) bool { return i.Effect == e.Seq })
		if e.Kind != "external" && !failed {
			want = append(want, e.Seq)
		}
	}
	slices.Sort(want)
	if err == nil && !slices.Equal(is, want) {
		err = fmt.Errorf("instance %d: outbox has commands for %v, want %v", in.ID, is, want)
	}
	return err
}

// mostDiffer is how many differences AuditAll tells of.
const mostDiffer = 20

// AuditAll audits all instances, and the worklist's counts. It returns how many
// instances it looked at, and the first few things that differ; an error is one
// of reading.
func (s *Store) AuditAll(ctx context.Context, tell func(Progress)) (instances int64, differ []string, err error) {
	p := newProgress("replaying", tell)
	var mu sync.Mutex
	found := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if len(differ) < mostDiffer {
			differ = append(differ, err.Error())
		}
	}
	for after := int64(0); ; {
		ids, err := s.instancesAfter(ctx, after)
		if err != nil || len(ids) == 0 {
			if err == nil {
				err = s.auditCounts(ctx, found)
			}
			return instances, differ, err
		}
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(auditors)
		for _, id := range ids {
			p.row("instance")
			g.Go(func() error {
				err := s.Audit(ctx, signoff.InstanceID(id))
				if signoff.KindOf(err) == signoff.Unavailable || ctx.Err() != nil {
					return errors.Join(err, ctx.Err())
				}
				if err != nil {
					found(err)
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return instances, differ, err
		}
		instances, after = instances+int64(len(ids)), int64(ids[len(ids)-1])
	}
}

// auditors is how many instances are audited at a time.
const auditors = 4

func (s *Store) instancesAfter(ctx context.Context, after int64) ([]int, error) {
	rows, err := s.query(ctx, `select id from instance where id > $1 order by id limit 1000`, after)
	if err != nil {
		return nil, err
	}
	return readInts(rows)
}

func (s *Store) auditCounts(ctx context.Context, found func(error)) error {
	err := s.AuditCounts(ctx)
	if signoff.KindOf(err) == signoff.Unavailable {
		return err
	}
	if err != nil {
		found(err)
	}
	return nil
}

// leftovers are queries for rows that are about an instance that is not there.
// The history of a month that goes as a whole is there until its table goes.
var leftovers = func() (list []string) {
	for _, table := range []string{"fact", "task", "worklist", "timer", "awaited", "outbox", "mail_out", "mail_in", "reply_address"} {
		query := `select count(*) from ` + table + ` x where x.instance <> 0 and ($1 = 0 or x.instance = $1)
			and not exists (select 1 from instance i where i.id = x.instance)`
		if table == "fact" {
			query += ` and not exists (select 1 from month_going g where g.month = x.month)`
		}
		list = append(list, query)
	}
	return list
}()

// AuditLeftovers looks for anything that was left behind when instances were
// removed.
func (s *Store) AuditLeftovers(ctx context.Context) error { return s.auditLeftovers(ctx, 0) }

func (s *Store) auditLeftovers(ctx context.Context, id signoff.InstanceID) error {
	for _, query := range leftovers {
		var n int
		if err := s.row(ctx, query, int64(id)).Scan(&n); err != nil {
			return s.explain(err)
		}
		if n > 0 {
			return fmt.Errorf("%d rows about instances that are gone: %s", n, firstLine(query))
		}
	}
	return nil
}

// AuditCounts compares the kept worklist counts with the rows.
func (s *Store) AuditCounts(ctx context.Context) error {
	rows, err := s.query(ctx, `select c.principal, c.shelf, c.n,
			(select count(*) from worklist w where w.principal = c.principal and w.shelf = c.shelf) from worklist_count c
		union all
		select w.principal, w.shelf, 0, count(*) from worklist w
			where not exists (select 1 from worklist_count c where c.principal = w.principal and c.shelf = w.shelf)
			group by w.principal, w.shelf`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p string
		var shelf, kept, are int
		if err := rows.Scan(&p, &shelf, &kept, &are); err != nil {
			return err
		}
		if kept != are {
			return fmt.Errorf("%s has %d rows on shelf %d, and %d are noted", p, are, shelf, kept)
		}
	}
	return rows.Err()
}

func readInts(rows interface {
	Next() bool
	Scan(...any) error
	Err() error
	Close() error
}) (out []int, err error) {
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}
