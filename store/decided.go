package store

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// DecidedTask is a task somebody decided, with what lists show of its instance.
type DecidedTask struct {
	engine.Task // Outcome is the person's own action where several answers are wanted
	Serial      signoff.Serial
	Workflow    signoff.WorkflowID
	Version     VersionID
	Starter     signoff.Principal
	Folio       string
}

// Decided lists the tasks p decided or answered behind a mark (whose Offered is
// when they did), last first.
func (s *Store) Decided(ctx context.Context, p signoff.Principal, behind Mark, limit int) (out []DecidedTask, err error) {
	m := behind.start()
	rows, err := s.query(ctx, s.decidedText(), string(p), m.Offered, int64(m.Serial.Instance), m.Serial.Seq, limit)
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

// decidedText reads two lists as one, each along its index: the tasks somebody
// decided, and those of several answers they answered without being the last.
func (s *Store) decidedText() string {
	closed := `select t.closed as at, t.instance as instance, t.seq as seq, t.outcome as said from task t
		where t.closed_by = $1 and t.closed_by <> '' and (t.closed, t.instance, t.seq) < ($2, $3, $4)`
	answered := `select a.at as at, a.instance as instance, a.seq as seq, a.action as said from answer a
		join task t on t.instance = a.instance and t.seq = a.seq and t.closed_by <> a.principal
		where a.principal = $1 and (a.at, a.instance, a.seq) < ($2, $3, $4)`
	const order = ` order by at desc, instance desc, seq desc limit $5`
	both := closed + ` union all ` + answered + order
	if s.pg != nil { // or it would read both to the end and sort; SQLite reads as many rows of each as are needed
		both = `(` + closed + order + `) union all (` + answered + order + `)` + order
	}
	return `select d.instance, d.seq, t.workflow, i.version, i.starter, i.folio, i.priority,
			t.node, t.title, t.offered, t.due, d.at, d.said
		from (` + both + `) d join task t on t.instance = d.instance and t.seq = d.seq join instance i on i.id = d.instance
		order by d.at desc, d.instance desc, d.seq desc`
}

// Mark returns where in the list the task stands.
func (d DecidedTask) Mark() Mark { return Mark{micros(*d.ClosedAt), d.Serial} }
