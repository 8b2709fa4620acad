package httpapi

import (
	"context"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

type getRetentionInput struct {
	ByWorkflow
	Keep int `query:"keep" minimum:"-1" maximum:"36500" default:"-1" doc:"count for this many days instead of those that are set"`
}

func (s *Server) getRetention(ctx context.Context, by signoff.Caller, in *getRetentionInput) (*body[api.Retention], error) {
	w, err := s.administered(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return s.retentionOf(ctx, w, in.Keep)
}

// administered finds a workflow for somebody who administers it.
func (s *Server) administered(ctx context.Context, by signoff.Caller, name string) (library.Workflow, error) {
	w, err := s.Library.Lookup(ctx, by, name)
	if err == nil {
		err = s.Library.Allow(ctx, by, access.Administer, w.ID)
	}
	return w, err
}

// maxRemovals is how many days' removals are told.
const maxRemovals = 50

// retentionOf says how a workflow keeps its instances; what is expired is
// counted for so many days, or for those that are set when that is below zero.
func (s *Server) retentionOf(ctx context.Context, w library.Workflow, days int) (*body[api.Retention], error) {
	db, out := s.Worklist.Store, api.Retention{Holds: []api.Hold{}, Removed: []api.Removal{}}
	var err error
	if out.KeepDays, err = db.KeepDays(ctx, w.ID); err != nil {
		return nil, err
	}
	if days < 0 {
		days = out.KeepDays
	}
	if days > 0 {
		e, err := db.CountExpired(ctx, w.ID, s.Now().Add(-time.Duration(days)*24*time.Hour))
		if err != nil {
			return nil, err
		}
		out.Expired = api.Expired{Go: e.Go, Held: e.Held, Waiting: e.Waiting, AtLeast: e.Go+e.Held+e.Waiting >= store.MaxExpired}
	}
	holds, err := db.HoldsOnWorkflow(ctx, w.ID)
	if err != nil {
		return nil, err
	}
	if out.Holds, err = s.holdsOf(ctx, holds); err != nil {
		return nil, err
	}
	removals, err := db.Removals(ctx, w.ID, 0, maxRemovals)
	for _, r := range removals {
		out.Removed = append(out.Removed, api.Removal{Day: fmt.Sprintf("%04d-%02d-%02d", r.Day/10000, r.Day/100%100, r.Day%100),
			KeepDays: r.KeepDays, Instances: r.Instances, Oldest: r.Oldest, Newest: r.Newest, At: r.At})
	}
	return &body[api.Retention]{out}, err
}

type putRetentionInput struct {
	ByWorkflow
	Body api.SetRetention
}

func (s *Server) putRetention(ctx context.Context, by signoff.Caller, in *putRetentionInput) (*body[api.Retention], error) {
	w, err := s.administered(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Worklist.Store.SetKeepDays(ctx, w.ID, in.Body.KeepDays); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "retention changed", "process", w.Key, "user", by.Principal, "days", in.Body.KeepDays)
	return s.retentionOf(ctx, w, -1)
}
