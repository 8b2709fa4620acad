package store

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// DecidedTask is a task somebody decided, with what lists show of its instance.
type DecidedTask struct {
	engine.Task
	Serial   signoff.Serial
	Workflow signoff.WorkflowID
	Version  VersionID
	Starter  signoff.Principal
	Folio    string
}

// Decided lists the tasks p decided behind a mark (whose Offered is when it was
// decided), last decided first.
func (s *Store) Decided(ctx context.Context, p signoff.Principal, behind Mark, limit int) (out []DecidedTask, err error) {
	m := behind.start()
	rows, err := s.query(ctx, `select t.instance, t.seq, t.workflow, i.version, i.starter, i.folio, i.priority,
			t.node, t.title, t.offered, t.due, t.closed, t.outcome
		from task t join instance i on i.id = t.instance
		where t.closed_by = $1 and t.closed_by <> '' and (t.closed, t.instance, t.seq) < ($2, $3, $4)
		order by t.closed desc, t.instance desc, t.seq desc limit $5`,
		string(p), m.Offered, int64(m.Serial.Instance), m.Serial.Seq, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		d := DecidedTask{Task: engine.Task{ClosedBy: p}}
		var offered, due, closed int64
		if err := rows.Scan(&d.Serial.Instance, &d.Serial.Seq, &d.Workflow, &d.Version, &d.Starter, &d.Folio, &d.Priority,
			&d.Node, &d.Title, &offered, &due, &closed, &d.Outcome); err != nil {
			return nil, s.explain(err)
		}
		d.Seq, d.OfferedAt, d.Due, d.ClosedAt = d.Serial.Seq, moment(offered), momentPtr(due), momentPtr(closed)
		out = append(out, d)
	}
	return out, s.explain(rows.Err())
}

// Mark returns where in the list the task stands.
func (d DecidedTask) Mark() Mark { return Mark{micros(*d.ClosedAt), d.Serial} }
