package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// tables lists all that is stored, in an order in which it can be written again:
// what others refer to comes first. The order of a table's rows is that of its key.
// Left out are node and lease: who is at work on this database is true of no other.
var tables = []struct{ name, order string }{
	{"workflow", "id"}, {"workflow_version", "id"}, {"workflow_right", "workflow, principal, name"},
	{"instance", "id"}, {"fact", "month, instance, seq"}, {"task", "instance, seq"}, {"answer", "instance, seq, n"}, {"attachment", "instance, seq"},
	{"worklist", "principal, shelf, offered, instance, seq"}, {"worklist_count", "principal, shelf"},
	{"timer", "instance, seq"}, {"outbox", "key"}, {"once", "key"},
	{"awaited", "instance, seq"}, {"begins", "workflow, node"}, {"schedule", "workflow, node"}, {"message", "id"},
	{"signal_to", "id"}, {"orphan", "instance"},
	{"account", "id"}, {"address", "key"}, {"people_group", "id"}, {"membership", "people_group, account"}, {"nesting", "people_group, member"}, {"people_word", "word, principal"},
	{"identity_link", "source, subject"}, {"group_link", "source, external"}, {"newcomer", "id"},
	{"directory_entry", "source, subject"}, {"directory_edge", "source, outer_is, inner_is, told"}, {"directory_state", "source"}, {"directory_run", "id"},
	{"server_right", "principal, name"}, {"category_right", "key, principal, name"},
	{"session", "token"}, {"guess", "key"}, {"ticket", "key"}, {"access_token", "id"}, {"api_caller", "day, api, account, how, via, code"},
	{"installation", "name"}, {"setting", "name"}, {"change", "id"},
	{"scim_resource", "n"}, {"scim_member", "client, in_group, member"}, {"scim_token", "id"},
	{"graph_place", "source, kind"}, {"graph_told", "source, kind, subject"},
	{"oauth_resource", "name"}, {"oauth_token", "id"}, {"oauth_want", "need"}, {"oauth_connecting", "state"},
	{"mail_out", "id"}, {"reply_address", "hash"}, {"mail_in", "id"},
	{"service", "name"}, {"service_right", "service, principal, name"},
	{"calendar", "key"}, {"absence", "account"},
	{"bulk", "id"}, {"bulk_item", "bulk, n"}, {"migration", "bulk"},
	{"legal_hold", "id"}, {"removed", "day, workflow, keep_days"}, {"month_going", "month"},
}

// Dump hands over every row there is, table by table in the order of their
// keys, as its column names and values: numbers are int64, the rest text or
// bytes. Both databases give the same for the same data.
func (s *Store) Dump(ctx context.Context, each func(table string, columns []string, row []any) error) error {
	for _, t := range tables {
		rows, err := s.read.QueryContext(ctx, "select * from "+t.name+" order by "+t.order)
		if err == nil {
			err = dumpRows(rows, func(columns []string, row []any) error { return each(t.name, columns, row) })
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", t.name, s.explain(err))
		}
	}
	return nil
}

func dumpRows(rows *sql.Rows, each func(columns []string, row []any) error) error {
	columns, err := rows.Columns()
	if err != nil {
		rows.Close()
		return err
	}
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	return eachRow(rows, func() error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		return each(columns, row)
	})
}

// DumpText is Dump as lines for people and comparisons.
func (s *Store) DumpText(ctx context.Context) (string, error) {
	var b strings.Builder
	err := s.Dump(ctx, func(table string, columns []string, row []any) error {
		b.WriteString(table)
		for i, v := range row {
			if bytes, ok := v.([]byte); ok {
				v = string(bytes)
			}
			fmt.Fprintf(&b, " %s=%q", columns[i], fmt.Sprint(v))
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String(), err
}
