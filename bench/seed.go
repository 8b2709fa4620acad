package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// Many waiting instances are not started one by one: a few are, and the
// database copies their rows under other numbers, for other people, at other
// times. A test holds the copies against instances that were started.

// The seeded world: each task is put to one of a thousand people or to one of a
// hundred groups, in turns; a quarter is of another workflow.
const (
	seedPeople = 1000
	seedGroups = 100
	seedKinds  = 4
)

// Marks that stand for what differs between copies. They are long enough not to
// occur by chance.
const (
	markInstance = 77_777_777
	markWho      = 9_876_543
)

// otherXML is a second workflow, so that a list can be one of one workflow.
var otherXML = []byte(strings.NewReplacer(`id="bench"`, `id="other"`, `name="Approval"`, `name="Second look"`, "Approve {folio}", "Review {folio}").Replace(string(w2XML)))

// seedOf is what the n-th instance, from 1 on, is.
type seedOf struct {
	workflow string
	to       string // the recipient's name
	at       time.Time
}

// perMoment is how many instances are started at the same moment.
const perMoment = 500

// seedStart is when the first instance was started: today, so that no deadline
// has passed.
func seedStart(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

func seedFor(n int, from time.Time) seedOf {
	s := seedOf{workflow: "bench", at: from.Add(time.Duration((n-1)/perMoment) * time.Second)}
	if (n-1)%seedKinds == 3 {
		s.workflow = "other"
	}
	of, name := seedPeople, "p"
	if (n-1)%2 == 1 {
		of, name = seedGroups, "g"
	}
	s.to = name + strconv.Itoa((n-1)/seedKinds%of+1)
	return s
}

// deployBoth makes the workflows of the seeded world.
func deployBoth(ctx context.Context, lib *library.Library) error {
	for _, xml := range [][]byte{w2XML, otherXML} {
		if _, err := lib.Deploy(ctx, access.System, xml); err != nil {
			return err
		}
	}
	return nil
}

// startSeed starts what a seed says.
func startSeed(ctx context.Context, r *runner.Runner, s seedOf) error {
	_, err := r.Start(ctx, person(1), runner.StartRequest{Workflow: s.workflow, Vars: map[string]any{"amount": 100, "approver": s.to}})
	return err
}

// pattern is the rows of one instance, by table and column.
type pattern map[string][]map[string]any

// seeded are the tables a waiting instance has rows in, once its notification
// has been handed out.
var seeded = []string{"instance", "fact", "task", "worklist", "timer"}

// patterns starts one instance of each kind in a store of its own and returns
// its rows.
func patterns(ctx context.Context, dir string, from time.Time) ([]pattern, error) {
	s, err := store.Open(ctx, filepath.Join(dir, "pattern.db"), store.Options{})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	lib := library.New(s, func() time.Time { return from })
	if err := deployBoth(ctx, lib); err != nil {
		return nil, err
	}
	r := runner.New(runner.Config{Store: s, Library: lib, Directory: crowd{}, Now: func() time.Time { return from }})
	out := make([]pattern, seedKinds)
	for i := range out {
		out[i] = pattern{}
		seed := seedFor(i+1, from)
		seed.to = seed.to[:1] + strconv.Itoa(markWho)
		s.ReturnInstance(signoff.InstanceID(markInstance + i)) // the number it is given
		if err := startSeed(ctx, r, seed); err != nil {
			return nil, err
		}
	}
	err = s.Dump(ctx, func(table string, columns []string, row []any) error {
		if !slices.Contains(seeded, table) {
			return nil
		}
		values := map[string]any{}
		for i, c := range columns {
			values[c] = row[i]
		}
		key := "instance"
		if table == "instance" {
			key = "id"
		}
		id, ok := values[key].(int64)
		if !ok || id < markInstance || id >= markInstance+seedKinds {
			return fmt.Errorf("bench: a row of %s without its instance", table)
		}
		out[id-markInstance][table] = append(out[id-markInstance][table], values)
		return nil
	})
	return out, err
}

// seeder copies patterns into a database.
type seeder struct {
	db       *sql.DB
	postgres bool
	from     time.Time
	patterns []pattern
}

// seed fills a database that has its tables and nothing else with n waiting
// instances.
func (r *run) seed(ctx context.Context, at *site, n int) (err error) {
	r.say("%s: making %s waiting instances", r.place.name(), thousands(n))
	begin := time.Now()
	dir := filepath.Join(at.folder, "pattern")
	if err := makeTables(ctx, at.dsn); err != nil {
		return err
	}
	s := &seeder{postgres: r.place.name() == Postgres, from: seedStart(begin)}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if s.patterns, err = patterns(ctx, dir, s.from); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if s.postgres {
		s.db, err = sql.Open("pgx", at.dsn)
	} else {
		s.db, err = sql.Open("sqlite", sqliteSettings(at.dsn, "OFF"))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	s.db.SetMaxOpenConns(1)
	told := begin
	for first := 1; first <= n; first += seedAtOnce {
		if err := s.some(ctx, first, min(first+seedAtOnce-1, n)); err != nil {
			return err
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			r.say("  %s", thousands(min(first+seedAtOnce-1, n)))
		}
	}
	if err := s.finish(ctx, n); err != nil {
		return err
	}
	r.say("  made in %s", time.Since(begin).Round(100*time.Millisecond))
	return nil
}

// seedAtOnce is how many instances share a transaction.
const seedAtOnce = 20_000

// makeTables makes the tables and the workflows.
func makeTables(ctx context.Context, dsn string) error {
	s, err := store.Open(ctx, dsn, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(deployBoth(ctx, library.New(s, time.Now)), s.Close())
}

// some writes the instances first to last in one transaction.
func (s *seeder) some(ctx context.Context, first, last int) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for from := first; from <= last; {
		to := min(last, ((from-1)/perMoment+1)*perMoment)
		for kind, p := range s.patterns {
			lowest := from + ((kind-(from-1))%seedKinds+seedKinds)%seedKinds
			if lowest > to {
				continue
			}
			if err := s.copies(ctx, tx, kind, p, lowest, to); err != nil {
				return err
			}
		}
		from = to + 1
	}
	return tx.Commit()
}

// copies writes the rows of the instances lowest, lowest + seedKinds and so on
// up to highest, all of one kind and started at the same moment.
func (s *seeder) copies(ctx context.Context, tx *sql.Tx, kind int, p pattern, lowest, highest int) error {
	at := seedFor(lowest, s.from).at
	people := seedPeople
	if kind%2 == 1 {
		people = seedGroups
	}
	for _, table := range seeded {
		for _, row := range p[table] {
			q := &copyQuery{postgres: s.postgres, id: "cast(i as text)", who: fmt.Sprintf("cast((i - 1) / %d %% %d + 1 as text)", seedKinds, people), mark: markInstance + kind}
			columns := slices.Sorted(maps.Keys(row))
			var values []string
			for _, c := range columns {
				values = append(values, q.value(row[c], s.from, at))
			}
			series := fmt.Sprintf("generate_series(%d, %d, %d) as n(i)", lowest, highest, seedKinds)
			with := ""
			if !s.postgres {
				with = fmt.Sprintf("with recursive n(i) as (select %d union all select i + %d from n where i + %d <= %d) ", lowest, seedKinds, seedKinds, highest)
				series = "n"
			}
			text := with + "insert into " + table + " (" + strings.Join(columns, ", ") + ") select " + strings.Join(values, ", ") + " from " + series
			if _, err := tx.ExecContext(ctx, text, q.args...); err != nil {
				return fmt.Errorf("bench: copy rows of %s: %w", table, err)
			}
		}
	}
	return nil
}

// copyQuery makes of the values of a row expressions over i, the number of the
// instance.
type copyQuery struct {
	postgres bool
	id, who  string
	mark     int
	args     []any
}

func (q *copyQuery) value(v any, from, at time.Time) string {
	switch v := v.(type) {
	case int64:
		shift := at.Sub(from).Microseconds()
		switch {
		case v == int64(q.mark):
			return "i"
		case v >= from.UnixMicro(): // a moment
			return strconv.FormatInt(v+shift, 10)
		}
		return strconv.FormatInt(v, 10)
	case string:
		return q.text(v, from, at)
	case []byte:
		text := q.text(string(v), from, at)
		if q.postgres {
			return "convert_to(" + text + ", 'UTF8')"
		}
		return "cast(" + text + " as blob)"
	}
	panic(fmt.Sprintf("bench: a column holds a %T", v))
}

// text replaces the moments here and the numbers in the database.
func (q *copyQuery) text(v string, from, at time.Time) string {
	for _, day := range []int{0, 3} { // the deadline
		v = strings.ReplaceAll(v, from.AddDate(0, 0, day).Format(time.RFC3339), at.AddDate(0, 0, day).Format(time.RFC3339))
	}
	q.args = append(q.args, v)
	e := "cast($" + strconv.Itoa(len(q.args)) + " as text)"
	if mark := strconv.Itoa(q.mark); strings.Contains(v, mark) {
		e = "replace(" + e + ", '" + mark + "', " + q.id + ")"
	}
	if mark := strconv.Itoa(markWho); strings.Contains(v, mark) {
		e = "replace(" + e + ", '" + mark + "', " + q.who + ")"
	}
	return e
}

// finish makes the counts and lets the database look at what it holds.
func (s *seeder) finish(ctx context.Context, n int) error {
	last := []string{`insert into worklist_count (principal, shelf, n) select principal, shelf, count(*) from worklist group by principal, shelf`}
	if s.postgres {
		last = append(last, fmt.Sprintf(`select setval('instance_number', %d)`, n), `vacuum analyze`)
	} else {
		last = append(last, `pragma wal_checkpoint(truncate)`)
	}
	for _, text := range last {
		if _, err := s.db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("bench: %s: %w", text, err)
		}
	}
	return nil
}
