package store

import (
	"context"
	"strings"

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
	For         signoff.Principal // in whose name; "" their own
}

// Decided lists the tasks p decided or answered, also in another's name, behind a
// mark (whose Offered is when they did), last first.
func (s *Store) Decided(ctx context.Context, p signoff.Principal, behind Mark, limit int) (out []DecidedTask, err error) {
	m := behind.start()
	rows, err := s.query(ctx, s.decidedText(), string(p), m.Offered, int64(m.Serial.Instance), m.Serial.Seq, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d DecidedTask
		var offered, due, closed int64
		if err := rows.Scan(&d.Serial.Instance, &d.Serial.Seq, &d.Workflow, &d.Version, &d.Starter, &d.Folio, &d.Priority,
			&d.Node, &d.Title, &offered, &due, &closed, &d.Outcome, &d.For); err != nil {
			return nil, s.explain(err)
		}
		d.ClosedBy = p
		if d.For != "" {
			d.ClosedBy, d.Behind = d.For, p
		}
		d.Seq, d.OfferedAt, d.Due, d.ClosedAt = d.Serial.Seq, moment(offered), momentPtr(due), momentPtr(closed)
		out = append(out, d)
	}
	return out, s.explain(rows.Err())
}

// decidedText reads four lists as one, each along its index: the tasks somebody
// decided, those of several answers they answered without being the last, and
// both as they did it in another's name.
func (s *Store) decidedText() string {
	closed := func(whose, other string) string {
		return `select t.closed as at, t.instance as instance, t.seq as seq, t.outcome as said, ` + other + ` as whose from task t
			where t.` + whose + ` = $1 and t.` + whose + ` <> '' and (t.closed, t.instance, t.seq) < ($2, $3, $4)`
	}
	answered := func(whose, other, closer string) string {
		return `select a.at as at, a.instance as instance, a.seq as seq, a.action as said, ` + other + ` as whose from answer a
			join task t on t.instance = a.instance and t.seq = a.seq and t.` + closer + ` <> a.` + whose + `
			where a.` + whose + ` = $1 and a.` + whose + ` <> '' and (a.at, a.instance, a.seq) < ($2, $3, $4)`
	}
	lists := []string{closed("closed_by", "''"), closed("acted", "t.closed_by"), answered("principal", "''", "closed_by"), answered("acted", "a.principal", "acted")}
	const order = ` order by at desc, instance desc, seq desc limit $5`
	all := strings.Join(lists, ` union all `) + order
	if s.pg != nil { // or it would read all to the end and sort; SQLite reads as many rows of each as are needed
		all = `(` + strings.Join(lists, order+`) union all (`) + order + `)` + order
	}
	return `select d.instance, d.seq, t.workflow, i.version, i.starter, i.folio, i.priority,
			t.node, t.title, t.offered, t.due, d.at, d.said, d.whose
		from (` + all + `) d join task t on t.instance = d.instance and t.seq = d.seq join instance i on i.id = d.instance
		order by d.at desc, d.instance desc, d.seq desc`
}

// Mark returns where in the list the task stands.
func (d DecidedTask) Mark() Mark { return Mark{micros(*d.ClosedAt), d.Serial} }
