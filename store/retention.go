package store

import (
	"context"
	"log/slog"
	"time"

	"github.com/signoffhq/signoff"
)

// Each workflow says how long its instances are kept after they have ended.
// Retain removes those whose time is up, with everything that belongs to them,
// unless a hold keeps them; never one that runs, has an open incident or still
// has mail or commands on their way. Any number of nodes may do it at once.

// RetainEvery is how long the server waits between two looks for what is to be
// removed.
const RetainEvery = 10 * time.Minute

const day = 24 * time.Hour

// KeepDays returns for how many days a workflow's ended instances are kept, 0
// for ever.
func (s *Store) KeepDays(ctx context.Context, wf signoff.WorkflowID) (days int, err error) {
	err = s.row(ctx, `select keep_days from workflow where id = $1`, int64(wf)).Scan(&days)
	if isNoRows(err) {
		return 0, noWorkflow()
	}
	return days, s.explain(err)
}

// SetKeepDays changes that. Once it returns nothing is removed by the old rule.
func (s *Store) SetKeepDays(ctx context.Context, wf signoff.WorkflowID, days int) error {
	return s.rules(ctx, func(t *tx) error {
		n, err := t.exec(`update workflow set keep_days = $1 where id = $2`, days, int64(wf))
		if err == nil && n == 0 {
			return noWorkflow()
		}
		return err
	})
}

// atRest is the condition that nothing about the instance i is on its way.
// Keys of commands begin with the instance's number and "_", which "`" follows.
const atRest = `i.status <> 0 and i.incidents = 0
	and not exists (select 1 from outbox o where o.key >= cast(i.id as text) || '_' and o.key < cast(i.id as text) || '` + "`" + `')
	and not exists (select 1 from outbox c where i.caller <> '' and c.key = i.caller and c.child = i.id)
	and not exists (select 1 from mail_out m where m.instance = i.id and m.state in ('queued', 'sending', 'doubtful'))`

const notHeld = `not exists (select 1 from legal_hold h where ` + holds + `)`

// MaxExpired is where counting the expired stops.
const MaxExpired = 10_000

// Expired counts instances of a workflow whose time is up.
type Expired struct {
	Go      int // will be removed
	Held    int // would be, were they not held
	Waiting int // will be, once their mail and commands have come to an end
}

// CountExpired counts those that ended before a time, MaxExpired of them at most.
func (s *Store) CountExpired(ctx context.Context, wf signoff.WorkflowID, before time.Time) (e Expired, err error) {
	var all int
	err = s.row(ctx, `select count(*), coalesce(sum(held), 0), coalesce(sum(waits), 0) from (
		select case when `+notHeld+` then 0 else 1 end as held, case when `+notHeld+` and not (`+atRest+`) then 1 else 0 end as waits
		from instance i where i.workflow = $1 and i.ended > 0 and i.ended < $2 order by i.ended limit $3) as x`,
		int64(wf), micros(before), MaxExpired).Scan(&all, &e.Held, &e.Waiting)
	e.Go = all - e.Held - e.Waiting
	return e, s.explain(err)
}

// Removal says what was removed of a workflow on one day by one rule.
type Removal struct {
	Day       int // yyyymmdd in UTC
	Workflow  signoff.WorkflowID
	KeepDays  int // 0: by hand
	Instances int
	Oldest    time.Time // when the first of them had ended
	Newest    time.Time // and the last
	At        time.Time // when the last was removed
}

// Removals lists what was removed of a workflow before a day (0: ever), last
// first.
func (s *Store) Removals(ctx context.Context, wf signoff.WorkflowID, before, limit int) (list []Removal, err error) {
	if before == 0 {
		before = 1 << 40
	}
	rows, err := s.query(ctx, `select day, workflow, keep_days, instances, oldest, newest, at from removed
		where day < $1 and workflow = $2 order by day desc, keep_days limit $3`, before, int64(wf), limit)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var r Removal
		err := rows.Scan(&r.Day, &r.Workflow, &r.KeepDays, &r.Instances, (*stored)(&r.Oldest), (*stored)(&r.Newest), (*stored)(&r.At))
		list = append(list, r)
		return err
	})
	return list, s.explain(err)
}

// RunRetention removes what is not to be kept, and sees to the tables of the
// months to come, until ctx ends.
func (s *Store) RunRetention(ctx context.Context) error {
	t := time.NewTimer(RetainEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		s.readyMonths(ctx, s.Now())
		if n, err := s.Retain(ctx, s.Now()); err != nil && ctx.Err() == nil {
			s.log.Warn("what is not to be kept was not all removed", slog.Int64("instances", int64(n)), slog.Any("err", err))
		} else if n > 0 {
			s.log.Info("ended instances removed", slog.Int("instances", n))
		}
		t.Reset(RetainEvery)
	}
}

// Retain removes everything whose time is up, and returns how many instances
// that were.
func (s *Store) Retain(ctx context.Context, now time.Time) (n int, err error) {
	rules, err := s.keepRules(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.markMonths(ctx, rules, now); err != nil {
		return 0, err
	}
	for _, r := range rules {
		some, err := s.retain(ctx, r, now)
		n += some
		if err != nil {
			return n, err
		}
	}
	return n, s.dropMonths(ctx, now)
}

// keepRule is a workflow that does not keep its instances for ever.
type keepRule struct {
	workflow signoff.WorkflowID
	days     int
}

func (r keepRule) cutoff(now time.Time) time.Time { return now.Add(-time.Duration(r.days) * day) }

func (s *Store) keepRules(ctx context.Context) (list []keepRule, err error) {
	rows, err := s.query(ctx, `select id, keep_days from workflow where keep_days > 0 order by id`)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var r keepRule
		err := rows.Scan(&r.workflow, &r.days)
		list = append(list, r)
		return err
	})
	return list, s.explain(err)
}

// retainAtOnce is how many instances are looked at, and so at most removed, in
// one commit: about ten milliseconds' worth, which others wait.
const retainAtOnce = 100

// retain goes through the expired instances of a workflow once. Half of the
// time it leaves to others.
func (s *Store) retain(ctx context.Context, r keepRule, now time.Time) (n int, err error) {
	behind := ending{}
	for {
		ids, last, err := s.expired(ctx, r, now, behind)
		if err != nil || last == (ending{}) {
			return n, err
		}
		began := time.Now()
		some, err := s.remove(ctx, r, ids, now)
		n += some
		if err != nil {
			return n, err
		}
		behind = last
		pause := time.NewTimer(time.Since(began))
		select {
		case <-ctx.Done():
			pause.Stop()
			return n, ctx.Err()
		case <-pause.C:
		}
	}
}

// ending is an instance's place in the order in which they ended.
type ending struct{ at, instance int64 }

const selectExpired = `select i.id, i.ended, case when ` + atRest + ` and ` + notHeld + ` then 1 else 0 end from instance i
	where i.workflow = $1 and i.ended > 0 and (i.ended, i.id) > ($2, $3) and i.ended < $4 order by i.ended, i.id limit $5`

// expired returns the next instances whose time is up and that can go, and how
// far it has looked; zero at the end.
func (s *Store) expired(ctx context.Context, r keepRule, now time.Time, behind ending) (ids []int64, last ending, err error) {
	rows, err := s.query(ctx, selectExpired,
		int64(r.workflow), behind.at, behind.instance, micros(r.cutoff(now)), retainAtOnce)
	if err != nil {
		return nil, last, err
	}
	err = eachRow(rows, func() error {
		var goes int
		err := rows.Scan(&last.instance, &last.at, &goes)
		if goes == 1 {
			ids = append(ids, last.instance)
		}
		return err
	})
	return ids, last, s.explain(err)
}

// remove removes those of the instances that may go by now, in one commit. The
// rule, the holds and the instances themselves are looked at again in it: what
// was changed and acknowledged since holds.
func (s *Store) remove(ctx context.Context, r keepRule, ids []int64, now time.Time) (n int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	err = s.write(ctx, func(t *tx) error {
		n = 0
		if err := t.lock(`select pg_advisory_xact_lock_shared($1)::text`, rulesLock); err != nil {
			return err
		}
		if err := t.row(`select keep_days from workflow where id = $1`, int64(r.workflow)).Scan(&r.days); err != nil || r.days == 0 {
			return err
		}
		going, err := t.goingMonths()
		if err != nil {
			return err
		}
		b := removed{rule: r, now: now}
		for _, id := range ids {
			if err := b.instance(t, id, going); err != nil {
				return err
			}
		}
		n = b.n
		return b.record(t)
	})
	return n, err
}

// removed is what one commit removes.
type removed struct {
	rule           keepRule
	now            time.Time
	n              int
	oldest, newest int64
	highest        int64
}

const deleteExpired = `delete from instance where id in (/*take*/ select i.id from instance i
	where i.id = $1 and i.workflow = $2 and i.ended > 0 and i.ended < $3 and ` + atRest + ` and ` + notHeld + ` /*take*/)
	returning started, ended`

// instance removes one instance and all that belongs to it. Its idempotency
// keys stay until they are forgotten by themselves: a request that is repeated
// must not start it again.
func (b *removed) instance(t *tx, id int64, going map[month]bool) error {
	var started, ended int64
	err := t.row(deleteExpired, id, int64(b.rule.workflow), micros(b.rule.cutoff(b.now))).Scan(&started, &ended)
	if isNoRows(err) {
		return nil // held, changed, or being removed by another node
	}
	if err != nil {
		return err
	}
	return b.rest(t, id, started, ended, going)
}

// rest removes what belongs to an instance that has been removed.
func (b *removed) rest(t *tx, id, started, ended int64, going map[month]bool) error {
	m := monthOf(started)
	if !going[m] {
		if err := t.send(`delete from fact where month = $1 and instance = $2`, int64(m), id); err != nil {
			return err
		}
	}
	for _, query := range [...]string{
		`delete from task where instance = $1`,
		`delete from answer where instance = $1`,
		`delete from attachment where instance = $1`,
		`delete from reply_address where message_id in (select message_id from mail_out where instance = $1)`,
		`delete from mail_out where instance = $1`,
		`delete from mail_in where instance = $1`,
		`update bulk_item set cause = '' where instance = $1 and cause <> ''`, // it may speak of people
	} {
		if err := t.send(query, id); err != nil {
			return err
		}
	}
	if b.n++; b.n == 1 || ended < b.oldest {
		b.oldest = ended
	}
	b.newest, b.highest = max(b.newest, ended), max(b.highest, id)
	return nil
}

// record keeps what was removed, why and when.
func (b *removed) record(t *tx) error {
	if b.n == 0 {
		return nil
	}
	at := b.now.UTC()
	return t.send(`insert into removed (day, workflow, keep_days, instances, oldest, newest, at, highest) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (day, workflow, keep_days) do update set instances = removed.instances + excluded.instances,
			oldest = case when excluded.oldest < removed.oldest then excluded.oldest else removed.oldest end,
			newest = case when excluded.newest > removed.newest then excluded.newest else removed.newest end,
			highest = case when excluded.highest > removed.highest then excluded.highest else removed.highest end,
			at = excluded.at`,
		at.Year()*10000+int(at.Month())*100+at.Day(), int64(b.rule.workflow), b.rule.days, b.n, b.oldest, b.newest, micros(at), b.highest)
}
