package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/store"
)

// listNodes tells of the servers on this data. There are few.
func (s *Server) listNodes(ctx context.Context, _ signoff.Caller, _ *nothing) (*body[api.List[api.Node]], error) {
	st := s.Runner.Store
	list, err := st.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	mail, err := st.Lease(ctx, store.MailLease)
	if err != nil {
		return nil, err
	}
	here, _ := s.Runner.NodeID()
	out := listOf(list, func(n store.Node) api.Node {
		does := []string{}
		if mail.Holder == n.ID {
			does = append(does, "mail")
		}
		return api.Node{ID: n.ID, Name: n.Name, Version: n.Version, Started: n.Started, Renewed: n.Renewed,
			Late: st.Shared() && !n.Until.After(s.Now()), Here: n.ID == here, Does: does}
	})
	return &body[api.List[api.Node]]{out}, nil
}
