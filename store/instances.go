package store

import (
	"context"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// Instance is one run of a workflow as it is stored.
type Instance struct {
	ID       signoff.InstanceID
	Rev      int64
	Workflow signoff.WorkflowID
	Version  VersionID
	State    engine.State
	Moved    time.Time // when its last step was taken; zero when that is not known
	Caller   string    // key of the command of a call activity that began it; "" nobody's
}

const selectInstance = `select id, rev, workflow, version, moved, caller, state from instance `

// Instance loads one instance, NotFound ("instance-not-found") when there is none.
func (s *Store) Instance(ctx context.Context, id signoff.InstanceID) (Instance, error) {
	in, err := scanInstance(s.row(ctx, selectInstance+`where id = $1`, int64(id)))
	if isNoRows(err) {
		return in, NoInstance()
	}
	return in, s.explain(err)
}

// NoInstance is what a missing instance and one that is not the caller's to see
// answer alike.
func NoInstance() *signoff.Error {
	return &signoff.Error{Kind: signoff.NotFound, Code: "instance-not-found", Detail: "there is no such instance, or it is not yours to see"}
}

func scanInstance(row interface{ Scan(...any) error }) (in Instance, err error) {
	var state []byte
	var moved int64
	if err := row.Scan(&in.ID, &in.Rev, &in.Workflow, &in.Version, &moved, &in.Caller, &state); err != nil {
		return in, err
	}
	in.Moved = moment(moved)
	if in.State, err = engine.DecodeState(state); err != nil {
		return in, fmt.Errorf("read state of instance %d: %w", in.ID, err)
	}
	return in, nil
}

func (s *Store) instances(ctx context.Context, query string, args ...any) (out []Instance, err error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		in, err := scanInstance(rows)
		if err != nil && signoff.CodeOf(err) != engine.CodeNewer { // that one is listed, and cannot be opened
			return nil, s.explain(err)
		}
		out = append(out, in)
	}
	return out, s.explain(rows.Err())
}

// The lists below return instances with numbers under before, newest first, up
// to limit. Each is one walk along an index, so lists of several workflows or
// states are merged from several calls.

// InstancesOfWorkflow lists a workflow's instances in one state.
func (s *Store) InstancesOfWorkflow(ctx context.Context, wf signoff.WorkflowID, st engine.Status, before signoff.InstanceID, limit int) ([]Instance, error) {
	return s.instances(ctx, selectInstance+`where workflow = $1 and status = $2 and id < $3 order by id desc limit $4`,
		int64(wf), statusNumber[st], int64(before), limit)
}

// InstancesOfStarter lists what somebody started, in one state.
func (s *Store) InstancesOfStarter(ctx context.Context, p signoff.Principal, st engine.Status, before signoff.InstanceID, limit int) ([]Instance, error) {
	return s.instances(ctx, selectInstance+`where starter = $1 and status = $2 and id < $3 order by id desc limit $4`,
		string(p), statusNumber[st], int64(before), limit)
}

// InstancesWithIncidents lists a workflow's instances that have open incidents.
func (s *Store) InstancesWithIncidents(ctx context.Context, wf signoff.WorkflowID, before signoff.InstanceID, limit int) ([]Instance, error) {
	return s.instances(ctx, selectInstance+`where workflow = $1 and incidents > 0 and id < $2 order by id desc limit $3`,
		int64(wf), int64(before), limit)
}
