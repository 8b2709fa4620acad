package store

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff/store/pgtest"
)

// large are the tables that grow with the work people do.
var large = []string{"instance", "fact", "task", "worklist", "worklist_count", "timer", "outbox", "once", "mail_out", "mail_in", "reply_address"}

// few says how many different values a column has that is not all different.
var few = map[string]string{"status": "g % 3", "shelf": "g % 3", "workflow": "g % 20", "version": "g % 40", "priority": "g % 3", "month": "202601 + g % 10",
	"incidents": "(g % 1000 = 0)::int", "ended": "(g % 2) * g", "reported": "(g % 1000 > 0)::int", "look": "(g % 1000 = 0)::int", "proof": "1", "settled": "g",
	"principal": "'user:' || g % 500", "starter": "'user:' || g % 500", "closed_by": "'user:' || g % 500", "kind": "(array['email', 'call', 'notify'])[g % 3 + 1]",
	"state": "(array['sent', 'sent', 'sent', 'failed'])[(g % 1000 = 0)::int * 3 + 1]", "bounce": "''", "command": "''"}

// wholeTables are statements that do read all of a table, and why that is right.
var wholeTables = []string{
	`select since from mail_out`,      // once in the life of a mailroom
	`select key, attempt from outbox`, // a renewal looks through the queue; an index for it would cost every step
}

// fillLarge puts rows into a table, different in all columns but those.
func fillLarge(ctx context.Context, t *testing.T, conn *pgx.Conn, s *shape) {
	t.Helper()
	values := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		switch v := few[c.Name]; {
		case c.Kind == holdsBytes:
			values[i] = `'{}'::bytea`
		case v != "":
			values[i] = v
		case c.Kind == holdsText:
			values[i] = `'x' || g`
		default:
			values[i] = "g"
		}
	}
	_, err := conn.Exec(ctx, `insert into `+s.Name+` (`+s.list()+`) select `+strings.Join(values, ", ")+` from generate_series(1, 20000) g on conflict do nothing`)
	must(t, err)
}

// TestNoQueryReadsAWholeTableOnPostgreSQL fills the large tables and looks at
// the plan PostgreSQL makes for every statement of the files that serve
// people's requests and the loops behind them, without knowing its arguments.
func TestNoQueryReadsAWholeTableOnPostgreSQL(t *testing.T) {
	dsn := pgtest.Database(t)
	s := openAt(t, dsn)
	must(t, s.Ping(t.Context()))
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, dsn)
	must(t, err)
	defer conn.Close(ctx)
	tx, err := conn.Begin(ctx)
	must(t, err)
	all, err := pgShapesIn(ctx, tx)
	must(t, err)
	must(t, tx.Rollback(ctx))
	filled := 0
	for _, shape := range all {
		for _, name := range large {
			if shape.Name == name {
				fillLarge(ctx, t, conn, shape)
				filled++
			}
		}
	}
	if filled != len(large) {
		t.Fatalf("%d tables filled of %d", filled, len(large))
	}
	_, err = conn.Exec(ctx, `analyze; set plan_cache_mode = force_generic_plan`)
	must(t, err)
	seen := 0
	for _, name := range []string{"instances.go", "worklist.go", "decided.go", "timers.go", "outbox.go", "parking.go", "once.go", "commit.go", "history.go", "mail.go", "mailin.go"} {
		for _, q := range statementsIn(t, name) {
			if slices.ContainsFunc(wholeTables, func(begin string) bool { return strings.HasPrefix(q, begin) }) {
				continue
			}
			checkPostgresPlan(ctx, t, conn, name, q)
			seen++
		}
	}
	for _, key := range []worklistKey{{1, NewestFirst, true}, {24, NewestFirst, true}, {24, OldestFirst, true}} {
		if plan := checkPostgresPlan(ctx, t, conn, "worklist.go", worklistText(key)); strings.Contains(plan, "Sort  ") || strings.Contains(plan, "Sort\n") {
			t.Errorf("a page of %d shelves is sorted:\n%s", key.limbs, plan)
		}
	}
	if seen < 40 {
		t.Fatalf("only %d statements found: the test no longer sees them", seen)
	}
}

var sqlText = regexp.MustCompile("(?s)`((?:select|update|delete)[^`]*)`")

// statementsIn lists the statements of a file that look for rows.
func statementsIn(t *testing.T, name string) (list []string) {
	src, err := os.ReadFile(name)
	must(t, err)
	whole := strings.NewReplacer("selectInstance+`", "`"+selectInstance, "selectWorklist+`", "`"+selectWorklist, "`+mailColumns+`", mailColumns, "`+mailColumns", mailColumns+"`",
		"` + needsLook + `", needsLook).Replace(string(src))
	for _, m := range sqlText.FindAllStringSubmatch(whole, -1) {
		if q := m[1]; strings.Contains(q, "where") || strings.Contains(q, "min(") {
			list = append(list, q)
		}
	}
	return list
}

var scanned = regexp.MustCompile(`Seq Scan on (\w+)`)

func checkPostgresPlan(ctx context.Context, t *testing.T, conn *pgx.Conn, file, query string) (plan string) {
	t.Helper()
	if _, err := conn.Exec(ctx, `prepare q as `+pgText(query)); err != nil {
		t.Errorf("%s: %s: %v", file, firstLine(query), err)
		return ""
	}
	defer conn.Exec(ctx, `deallocate q`)
	var kinds []string
	must(t, conn.QueryRow(ctx, `select parameter_types::text[] from pg_prepared_statements where name = 'q'`).Scan(&kinds))
	args := ""
	for i, kind := range kinds {
		if kinds[i] = "'1'"; strings.HasSuffix(kind, "[]") {
			kinds[i] = "'{1}'"
		}
	}
	if len(kinds) > 0 {
		args = "(" + strings.Join(kinds, ", ") + ")"
	}
	rows, err := conn.Query(ctx, `explain (costs off) execute q`+args)
	must(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	plan = strings.Join(lines, "\n")
	for _, m := range scanned.FindAllStringSubmatch(plan, -1) {
		for _, name := range large {
			if m[1] == name || strings.HasPrefix(m[1], name+"_2") {
				t.Errorf("%s reads all of %s:\n%s\n%s", file, m[1], query, plan)
			}
		}
	}
	return plan
}
