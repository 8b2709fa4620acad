package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// Starts is what begins instances of a version besides people. While it is the
// default version of its workflow, that is in force.
type Starts struct {
	Begins    []Begin    // Node, Kind and Name
	Schedules []Schedule // Node, Name, Spec, Zone, Cycle, Planned and Again
}

// Schedule is a timer start event of a workflow's default version.
type Schedule struct {
	Workflow signoff.WorkflowID
	Node     string
	Version  VersionID
	Name     string    // of the start event, for people
	Spec     string    // the timer as it is drawn
	Zone     string    // "": where the server is
	Cycle    string    // "" it comes once
	Planned  time.Time // when it begins one next; zero: not again
	Again    int       // how often after that; -1 without end
	Due      time.Time // when it is looked at
	Attempt  int
	Paused   time.Time // since when; zero: it is not
	PausedBy signoff.Principal

	Last         time.Time // when it last began one
	LastInstance signoff.InstanceID
	LastError    string // why it last could not; "" it could
}

// put makes these what begins the workflow. A schedule that says the same as
// before goes on as it is; one that was paused stays so whatever it says now.
func (s Starts) put(t *tx, wf signoff.WorkflowID, v VersionID, now time.Time) error {
	if _, err := t.exec(`delete from begins where workflow = $1`, int64(wf)); err != nil {
		return err
	}
	for _, b := range s.Begins {
		if _, err := t.exec(`insert into begins (workflow, node, version, kind, name, since) values ($1, $2, $3, $4, $5, $6)`,
			int64(wf), b.Node, int64(v), b.Kind, b.Name, micros(now)); err != nil {
			return err
		}
	}
	rows, err := t.query(`select `+scheduleColumns+` from schedule where workflow = $1`, int64(wf))
	if err != nil {
		return err
	}
	old, err := readSchedules(rows)
	if err != nil {
		return err
	}
	for _, o := range old {
		if _, err := t.exec(`delete from schedule where workflow = $1 and node = $2`, int64(wf), o.Node); err != nil {
			return err
		}
	}
	for _, n := range s.Schedules {
		n.Workflow, n.Version, n.Due = wf, v, n.Planned
		if i := slices.IndexFunc(old, func(o Schedule) bool { return o.Node == n.Node }); i >= 0 {
			n = old[i].goOn(n)
		}
		if err := n.insert(t); err != nil {
			return err
		}
	}
	return nil
}

// goOn is the schedule that follows o when a version says n.
func (o Schedule) goOn(n Schedule) Schedule {
	if o.Spec == n.Spec && o.Zone == n.Zone {
		o.Version, o.Name = n.Version, n.Name
		return o
	}
	n.Paused, n.PausedBy, n.Last, n.LastInstance = o.Paused, o.PausedBy, o.Last, o.LastInstance
	if !n.Paused.IsZero() {
		n.Due = time.Time{}
	}
	return n
}

func (n Schedule) insert(t *tx) error {
	_, err := t.exec(`insert into schedule (workflow, node, version, name, spec, zone, cycle, planned, again, due, attempt, paused, paused_by, last, last_instance, last_error)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		int64(n.Workflow), n.Node, int64(n.Version), n.Name, n.Spec, n.Zone, n.Cycle, micros(n.Planned), n.Again, micros(n.Due), n.Attempt,
		micros(n.Paused), string(n.PausedBy), micros(n.Last), int64(n.LastInstance), n.LastError)
	return err
}

const scheduleColumns = `workflow, node, version, name, spec, zone, cycle, planned, again, due, attempt, paused, paused_by, last, last_instance, last_error`

func readSchedules(rows *sql.Rows) (out []Schedule, err error) {
	err = eachRow(rows, func() error {
		n, err := scanSchedule(rows.Scan)
		out = append(out, n)
		return err
	})
	return out, err
}

func scanSchedule(scan func(...any) error) (n Schedule, err error) {
	err = scan(&n.Workflow, &n.Node, &n.Version, &n.Name, &n.Spec, &n.Zone, &n.Cycle, (*stored)(&n.Planned), &n.Again, (*stored)(&n.Due), &n.Attempt,
		(*stored)(&n.Paused), &n.PausedBy, (*stored)(&n.Last), &n.LastInstance, &n.LastError)
	return n, err
}

// Schedules lists all schedules, by workflow and step. There are as many as
// people have drawn.
func (s *Store) Schedules(ctx context.Context) ([]Schedule, error) {
	rows, err := s.query(ctx, `select `+scheduleColumns+` from schedule order by workflow, node`)
	if err != nil {
		return nil, err
	}
	out, err := readSchedules(rows)
	return out, s.explain(err)
}

// Schedule returns one, NotFound when there is none.
func (s *Store) Schedule(ctx context.Context, wf signoff.WorkflowID, node string) (Schedule, error) {
	n, err := scanSchedule(s.row(ctx, `select `+scheduleColumns+` from schedule where workflow = $1 and node = $2`, int64(wf), node).Scan)
	if isNoRows(err) {
		return n, noSchedule()
	}
	return n, s.explain(err)
}

func noSchedule() error {
	return &signoff.Error{Kind: signoff.NotFound, Code: "schedule-not-found", Detail: "the workflow has no such schedule",
		Hint: "schedules are timers on start events of a workflow's default version"}
}

// TakeSchedules gives the caller up to limit schedules for a while whose time
// has come.
func (s *Store) TakeSchedules(ctx context.Context, now time.Time, limit int) (out []Schedule, err error) {
	rows, err := s.query(ctx, `select `+scheduleColumns+` from schedule where due > 0 and due <= $1 order by due limit $2`, micros(now), limit)
	if err != nil {
		return nil, err
	}
	due, err := readSchedules(rows)
	if err != nil || len(due) == 0 {
		return nil, s.explain(err)
	}
	err = s.write(ctx, func(t *tx) error {
		out = nil
		for _, n := range due {
			until := now.Add(errandLease)
			k, err := t.exec(`update schedule set due = $1 where workflow = $2 and node = $3 and due = $4 and version = $5`,
				micros(until), int64(n.Workflow), n.Node, micros(n.Due), int64(n.Version))
			if err != nil {
				return err
			}
			if k > 0 {
				n.Due = moment(micros(until))
				out = append(out, n)
			}
		}
		return nil
	})
	return out, err
}

// MoveSchedule makes a schedule what n says, because its time passed without an
// instance or could not be used yet. It does nothing when the schedule is
// another by now, or somebody else has it.
func (s *Store) MoveSchedule(ctx context.Context, was, n Schedule) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update schedule set planned = $1, again = $2, due = $3, attempt = $4, last_error = $5
			where workflow = $6 and node = $7 and version = $8 and due = $9 and paused = 0`,
			micros(n.Planned), n.Again, micros(n.Due), n.Attempt, n.LastError, int64(n.Workflow), n.Node, int64(n.Version), micros(was.Due))
		return err
	})
}

// PauseSchedule stops a schedule; ResumeSchedule lets it go on at Planned. Doing
// either again changes nothing and is not noted; one that is another by now, of
// a new version, is refused.
func (s *Store) PauseSchedule(ctx context.Context, n Schedule, by signoff.Principal, now time.Time, note Change) error {
	return s.turnSchedule(ctx, n, false, note, func(t *tx) error {
		_, err := t.exec(`update schedule set paused = $1, paused_by = $2, due = 0 where workflow = $3 and node = $4`,
			micros(now), string(by), int64(n.Workflow), n.Node)
		return err
	})
}

// ResumeSchedule lets a paused schedule go on: see PauseSchedule.
func (s *Store) ResumeSchedule(ctx context.Context, n Schedule, note Change) error {
	return s.turnSchedule(ctx, n, true, note, func(t *tx) error {
		_, err := t.exec(`update schedule set paused = 0, paused_by = '', attempt = 0, last_error = '', planned = $1, due = $1, again = $2
			where workflow = $3 and node = $4`, micros(n.Planned), n.Again, int64(n.Workflow), n.Node)
		return err
	})
}

// turnSchedule changes a schedule that is as somebody has seen it: paused or not.
func (s *Store) turnSchedule(ctx context.Context, n Schedule, paused bool, note Change, change func(*tx) error) error {
	return s.write(ctx, func(t *tx) error {
		is, err := scanSchedule(t.row(`select `+scheduleColumns+` from schedule where workflow = $1 and node = $2`, int64(n.Workflow), n.Node).Scan)
		switch {
		case isNoRows(err):
			return noSchedule()
		case err != nil:
			return err
		case is.Paused.IsZero() == paused:
			return nil
		case is.Version != n.Version:
			return &signoff.Error{Kind: signoff.Conflict, Code: "schedule-changed", Detail: "a new version has changed this schedule just now", Hint: "look at it again"}
		}
		if err := change(t); err != nil {
			return err
		}
		return t.note(note, s.now())
	})
}

// putTick moves a schedule on that has begun this instance.
func (c *change) putTick(t *tx) error {
	n := c.Taking.Tick
	if n == nil {
		return nil
	}
	return t.then(orTaken, `update schedule set planned = $1, again = $2, due = $1, attempt = 0, last = $3, last_instance = $4, last_error = ''
		where workflow = $5 and node = $6 and version = $7 and planned = $8 and paused = 0`,
		micros(n.Planned), n.Again, micros(c.At), int64(c.Instance), int64(n.Workflow), n.Node, int64(n.Version), micros(c.Taking.Was))
}
