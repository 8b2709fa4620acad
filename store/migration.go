package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// Kinds of orders (Bulk.Kind) that take instances to another version; all others
// are for incidents. Their items have instances and no incidents.
const (
	BulkMigrate = "migrate"
	BulkReturn  = "return" // takes an order of the other kind back
)

// Migration is what an order of these kinds has besides.
type Migration struct {
	Bulk   int64
	To     int   // number of the version
	From   int   // only those on it; 0 any
	Undoes int64 // the order it takes back; 0 none
	Entire bool  // all or none
	Stage  Stage
	Looked int               // number of the last item looked at
	Map    map[string]string // which element has become which
}

// Stage is how far a migration is.
type Stage string

const (
	Looking Stage = "looking" // whether anything is in the way of any
	Moving  Stage = "moving"
	Back    Stage = "back" // something has come in the way of one: those that were moved are taken back
)

// CreateMigration keeps an order with the instances it is for.
func (s *Store) CreateMigration(ctx context.Context, b Bulk, m Migration, items []signoff.InstanceID) (Bulk, error) {
	names, err := json.Marshal(m.Map)
	if err != nil {
		return b, err
	}
	serials := make([]signoff.Serial, len(items))
	for i, id := range items {
		serials[i].Instance = id
	}
	return s.createBulk(ctx, b, m, serials, Once{}, func(t *tx, id int64) error {
		return t.send(`insert into migration (bulk, target, origin, undoes, entire, stage, looked, names) values ($1, $2, $3, $4, $5, $6, 0, $7)`,
			id, m.To, m.From, m.Undoes, flag(m.Entire), string(m.Stage), names)
	})
}

// Migration returns what an order of these kinds has besides.
func (s *Store) Migration(ctx context.Context, bulk int64) (m Migration, err error) {
	var names []byte
	var entire int
	err = s.row(ctx, `select bulk, target, origin, undoes, entire, stage, looked, names from migration where bulk = $1`, bulk).
		Scan(&m.Bulk, &m.To, &m.From, &m.Undoes, &entire, &m.Stage, &m.Looked, &names)
	if isNoRows(err) {
		return m, errNoBulk
	}
	if err != nil {
		return m, s.explain(err)
	}
	m.Entire = entire != 0
	return m, json.Unmarshal(names, &m.Map)
}

// Migrations lists the orders of these kinds for a workflow with numbers under
// before (0: all), newest first.
func (s *Store) Migrations(ctx context.Context, wf signoff.WorkflowID, before int64, limit int) ([]Bulk, error) {
	if before <= 0 {
		before = 1 << 62
	}
	return s.bulks(ctx, bulkColumns+`where workflow = $1 and kind in ('migrate', 'return') and id < $2 order by id desc limit $3`, int64(wf), before, limit)
}

// StageMigration notes how far a migration is.
func (s *Store) StageMigration(ctx context.Context, bulk int64, stage Stage, looked int) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update migration set stage = $1, looked = $2 where bulk = $3`, string(stage), looked, bulk)
		return err
	})
}

// ReturnBulk notes what became of items that were done and were to be taken
// back, once: those in the state "passed" are done no more.
func (s *Store) ReturnBulk(ctx context.Context, id int64, items []BulkItem, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		back := int64(0)
		for _, i := range items {
			n, err := t.exec(`update bulk_item set state = $1, code = $2, cause = $3, at = $4 where bulk = $5 and n = $6 and state = 'done' and code = ''`,
				i.State, i.Code, i.Cause, micros(now), id, i.N)
			if err != nil {
				return err
			}
			if i.State == "passed" {
				back += n
			}
		}
		_, err := t.exec(`update bulk set done = done - $1, passed = passed + $1 where id = $2`, back, id)
		return err
	})
}

// RunningOn lists the running instances of a workflow on one version, or with 0
// on any, with numbers over after, in their order.
func (s *Store) RunningOn(ctx context.Context, wf signoff.WorkflowID, v VersionID, after signoff.InstanceID, limit int) ([]Instance, error) {
	return s.instances(ctx, selectInstance+`where workflow = $1 and status = $2 and id > $3 and ($4 = 0 or version = $4) order by id limit $5`,
		int64(wf), statusNumber[engine.Running], int64(after), int64(v), limit)
}
