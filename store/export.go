package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// ExportQuery says which instances are to be exported; zero fields mean all.
type ExportQuery struct {
	Workflow     signoff.WorkflowID
	Status       engine.Status
	StartedSince time.Time // at or after
	StartedUntil time.Time // before
	EndedSince   time.Time
	EndedUntil   time.Time
}

func (q ExportQuery) wants(in *ending, status int, started int64) bool {
	return (q.Status == "" || statusNumber[q.Status] == status) &&
		(q.StartedSince.IsZero() || started >= micros(q.StartedSince)) && (q.StartedUntil.IsZero() || started < micros(q.StartedUntil)) &&
		(q.EndedSince.IsZero() || in.at >= micros(q.EndedSince)) && (q.EndedUntil.IsZero() || in.at > 0 && in.at < micros(q.EndedUntil))
}

// ExportNext looks at up to limit instances with numbers above after, in the
// order of their numbers, and returns those that are wanted, and after which
// number to go on; 0 when there are no more.
func (s *Store) ExportNext(ctx context.Context, q ExportQuery, after signoff.InstanceID, limit int) (ids []signoff.InstanceID, next signoff.InstanceID, err error) {
	const columns = `select id, status, started, ended from instance where `
	if q.Workflow == 0 {
		w := walk{q: q}
		last, full, err := w.take(s.query(ctx, columns+`id > $1 order by id limit $2`, int64(after), limit))
		if !full {
			last = 0
		}
		return w.ids, last, s.explain(err)
	}
	// One walk for each status. Running ones come first: an instance that ends
	// meanwhile is seen twice, not missed.
	w := walk{q: q}
	for _, status := range []engine.Status{engine.Running, engine.Completed, engine.Cancelled} {
		last, full, err := w.take(s.query(ctx, columns+`workflow = $1 and status = $2 and id > $3 order by id limit $4`,
			int64(q.Workflow), statusNumber[status], int64(after), limit))
		if err != nil {
			return nil, 0, s.explain(err)
		}
		if full && (next == 0 || last < next) {
			next = last
		}
	}
	slices.Sort(w.ids)
	ids = slices.Compact(w.ids)
	if next != 0 {
		ids = slices.DeleteFunc(ids, func(id signoff.InstanceID) bool { return id > next })
	}
	return ids, next, nil
}

// walk gathers what is wanted among rows.
type walk struct {
	q   ExportQuery
	ids []signoff.InstanceID
}

// take returns the last number among the rows, and whether there may be more.
func (w *walk) take(rows *sql.Rows, err error) (last signoff.InstanceID, full bool, _ error) {
	if err != nil {
		return 0, false, err
	}
	err = eachRow(rows, func() error {
		var in ending
		var status int
		var started int64
		err := rows.Scan(&in.instance, &status, &started, &in.at)
		last, full = signoff.InstanceID(in.instance), true
		if w.q.wants(&in, status, started) {
			w.ids = append(w.ids, last)
		}
		return err
	})
	return last, full, err
}

// Exported is everything that is stored about an instance, as of one moment.
type Exported struct {
	Instance
	Facts    []engine.Fact
	Tasks    []engine.Task // what the table of tasks keeps of them: all, in the order of their numbers
	Sent     []OutMail
	Received []InMail
	Files    []Attachment
}

// Export reads all about one instance; NotFound when it is gone.
func (s *Store) Export(ctx context.Context, id signoff.InstanceID) (e Exported, err error) {
	o := &sql.TxOptions{ReadOnly: true}
	if s.pg != nil {
		o.Isolation = sql.LevelRepeatableRead
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := s.read.BeginTx(ctx, o)
	if err != nil {
		return e, s.explain(err)
	}
	defer tx.Rollback() // there is nothing to commit
	e.Instance, err = scanInstance(tx.QueryRowContext(ctx, selectInstance+`where id = $1`, int64(id)))
	if isNoRows(err) {
		return e, NoInstance()
	}
	if err == nil {
		var rows *sql.Rows
		rows, err = tx.QueryContext(ctx, `select facts from fact where month = $1 and instance = $2 order by seq`, int64(monthOf(micros(e.State.StartedAt))), int64(id))
		if err == nil {
			e.Facts, err = readFacts(rows, id)
		}
	}
	for _, read := range []func(context.Context, *sql.Tx) error{e.readTasks, e.readSent, e.readReceived, e.readFiles} {
		if err == nil {
			err = read(ctx, tx)
		}
	}
	return e, s.explain(err)
}

func (e *Exported) readTasks(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `select seq, node, title, offered, due, claimed, closed, outcome, closed_by, acted from task where instance = $1 order by seq`, int64(e.ID))
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var t engine.Task
		var due, closed int64
		err := rows.Scan(&t.Seq, &t.Node, &t.Title, (*stored)(&t.OfferedAt), &due, &t.Claimed, &closed, &t.Outcome, &t.ClosedBy, &t.Behind)
		t.Due, t.ClosedAt = momentPtr(due), momentPtr(closed)
		e.Tasks = append(e.Tasks, t)
		return err
	})
}

func (e *Exported) readSent(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `select `+mailColumns+` from mail_out where instance = $1 order by id`, int64(e.ID))
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		m, err := scanMail(rows)
		e.Sent = append(e.Sent, m)
		return err
	})
}

func (e *Exported) readReceived(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `select id, message_id, at, sender, subject, verdict, task, principal, action, detail, evidence from mail_in
		where instance = $1 order by id`, int64(e.ID))
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		m := InMail{Instance: e.ID}
		err := rows.Scan(&m.ID, &m.MessageID, (*stored)(&m.At), &m.From, &m.Subject, &m.Verdict, &m.Task, &m.Principal, &m.Action, &m.Detail, &m.Evidence)
		e.Received = append(e.Received, m)
		return err
	})
}

func (e *Exported) readFiles(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `select `+attachmentColumns+` from attachment where instance = $1 order by seq`, int64(e.ID))
	if err == nil {
		e.Files, err = readAttachments(rows)
	}
	return err
}
