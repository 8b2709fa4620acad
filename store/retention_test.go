package store

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff/store/pgtest"
)

// What is to be removed is looked for every ten minutes among all there ever
// was: never by reading it all.
func TestTheExpiredAreFoundAlongAnIndex(t *testing.T) {
	s := openAt(t, t.TempDir()+"/x.db")
	checkPlan(t, s, selectExpired)
	checkPlan(t, s, deleteExpired)

	dsn := pgtest.Database(t)
	newArchive(t, dsn)
	conn, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `insert into instance (id, rev, workflow, version, status, incidents, priority, started, ended, starter, folio, state)
		select g, 1, g % 20, 1, g % 3, 0, 1, g, g % 2 * g, 'user:1', '', '{}' from generate_series(1, 20000) g;
		insert into task (instance, seq, workflow, node, title, offered, due, claimed, closed, outcome, closed_by)
		select g, 1, g % 20, '', '', 1, 0, '', 1, '', 'user:' || g % 500 from generate_series(1, 20000) g;
		insert into mail_out (key, command, purpose, instance, task, principal, recipient, subject, message_id, state, attempts, due, since, created, proof, reported, error, bounce, raw)
		select 'k' || g, '', '', g, 1, '', '', '', 'm' || g, 'sent', 0, 0, 0, 0, 0, 1, '', '', '' from generate_series(1, 20000) g;
		insert into outbox (key, instance, ref, workflow, version, kind, due, attempt, holder, last_error, body)
		select g || '_2/email', g, 2, 1, 1, 'email', 1, 0, '', '', '' from generate_series(1, 20000) g;
		analyze`)
	must(t, err)
	for query, args := range map[string][]any{selectExpired: {1, 1, 1, 10000, 100}, pgText(deleteExpired): {7, 7, 10000}} {
		rows, err := conn.Query(t.Context(), `explain `+query, append([]any{pgx.QueryExecModeExec}, args...)...)
		must(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		for _, line := range lines {
			for _, table := range []string{"instance", "task", "mail_out", "outbox"} {
				if strings.Contains(line, "Seq Scan on "+table) {
					t.Errorf("%s\n%s", query, strings.Join(lines, "\n"))
				}
			}
		}
	}
}
