package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/store"
)

// maxRelated is how many instances are listed that one has called.
const maxRelated = 50

// tellRelated says by which instance this one was called, and which it has
// called: those that the caller of the API may see.
func (s *Server) tellRelated(ctx context.Context, by signoff.Caller, id signoff.InstanceID, out *api.InstanceDetail) error {
	in, err := s.Worklist.Store.Instance(ctx, id)
	if err != nil {
		return err
	}
	if step := in.CalledBy(); step.Instance != 0 {
		parent, err := s.Worklist.Store.Instance(ctx, step.Instance)
		if err == nil {
			out.Caller, err = s.related(ctx, by, parent, step)
		}
		if err != nil && signoff.KindOf(err) != signoff.NotFound {
			return err
		}
	}
	list, err := s.Worklist.Store.Children(ctx, id, maxRelated)
	if err != nil {
		return err
	}
	for _, c := range list {
		r, err := s.related(ctx, by, c.Instance, c.Step)
		if err != nil {
			return err
		}
		if r != nil {
			out.Called = append(out.Called, *r)
		}
	}
	return nil
}

// related is an instance as it is told to who may see it, nil to others.
func (s *Server) related(ctx context.Context, by signoff.Caller, in store.Instance, step signoff.Serial) (*api.Related, error) {
	_, err := s.Runner.Sees(ctx, by, in)
	if signoff.KindOf(err) == signoff.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &api.Related{Instance: int64(in.ID), Folio: in.State.Folio, Status: string(in.State.Status), Step: step.String()}, nil
}
