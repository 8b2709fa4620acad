package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// bulkRoutes are those of orders for many incidents, and for many instances.
func (s *Server) bulkRoutes() {
	route(s, op{"begin-bulk", "POST /bulk", "Incidents", "Retry, skip or cancel many incidents of workflows you administer; it goes on by itself", signedIn, http.StatusCreated}, s.beginBulk)
	route(s, op{"list-bulks", "GET /bulk", "Incidents", "Your orders for many incidents or instances, newest first; an administrator sees everybody's", signedIn, 0}, s.listBulks)
	route(s, op{"get-bulk", "GET /bulk/{id}", "Incidents", "How far an order is", signedIn, 0}, s.getBulk)
	route(s, op{"list-bulk-items", "GET /bulk/{id}/items", "Incidents", "What became of each incident of an order", signedIn, 0}, s.listBulkItems)
	route(s, op{"stop-bulk", "POST /bulk/{id}/stop", "Incidents", "Stop an order: what is done stays done, the rest is left", signedIn, 0}, s.stopBulk)
	s.migrationRoutes()
}

type beginBulkInput struct {
	Once
	Body api.NewBulk
}

func (s *Server) beginBulk(ctx context.Context, by signoff.Caller, in *beginBulkInput) (*body[api.Bulk], error) {
	b := in.Body
	order, err := s.Runner.BeginBulk(ctx, by, runner.BulkRequest{Kind: b.Do, Workflow: b.Workflow, Step: b.Step, Code: b.Code, Reason: b.Reason, Outcome: b.Outcome, Vars: b.Variables, Once: in.Key})
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "order for incidents", "bulk", order.ID, "user", by.Principal, "count", order.Total)
	return s.bulkAnswer(ctx, order)
}

func (s *Server) bulkAnswer(ctx context.Context, b store.Bulk) (*body[api.Bulk], error) {
	known, err := s.named(ctx, append(mentioned(b.Cause), b.By.Principal)...)
	if err != nil {
		return nil, err
	}
	out, err := s.bulkOf(ctx, b, known)
	return &body[api.Bulk]{out}, err
}

func (s *Server) bulkOf(ctx context.Context, b store.Bulk, known names) (api.Bulk, error) {
	out := api.Bulk{ID: b.ID, Do: b.Kind, By: known.person(b.By.Principal), Step: b.Node, Code: b.Code, Reason: b.Reason, Outcome: b.Outcome, Made: b.Made,
		Stopped: b.Stopped, Cause: signoff.Tell(b.Cause, known.name, s.location()), Total: b.Total, Done: b.Done, Failed: b.Failed, Passed: b.Passed}
	if !b.Ended.IsZero() {
		out.Ended = &b.Ended
	} else if b.Due.After(s.Now()) {
		out.Due = &b.Due
	}
	vars, err := engine.Values(b.Vars)
	if err != nil {
		return out, err
	}
	out.Variables = toGo(vars)
	if b.Workflow != 0 {
		if w, err := s.Library.Workflow(ctx, access.System, b.Workflow); err == nil { // else it is no more
			out.Workflow = w.Key
		}
	}
	if b.Kind != store.BulkMigrate && b.Kind != store.BulkReturn {
		return out, nil
	}
	m, err := s.Worklist.Store.Migration(ctx, b.ID)
	out.Migration = &api.BulkMigration{To: m.To, From: m.From, Undoes: m.Undoes, Those: !m.Entire, Map: m.Map}
	if out.Ended == nil {
		out.Migration.Stage = string(m.Stage)
	}
	return out, err
}

// bulkList are orders as they are told.
func (s *Server) bulkList(ctx context.Context, list []store.Bulk) (api.List[api.Bulk], error) {
	out := api.List[api.Bulk]{Items: []api.Bulk{}}
	var who []signoff.Principal
	for _, b := range list {
		who = append(append(who, mentioned(b.Cause)...), b.By.Principal)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return out, err
	}
	for _, b := range list {
		one, err := s.bulkOf(ctx, b, known)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, one)
	}
	return out, nil
}

type listBulksInput struct{ Page }

func (s *Server) listBulks(ctx context.Context, by signoff.Caller, in *listBulksInput) (*body[api.List[api.Bulk]], error) {
	before, err := in.number()
	if err != nil {
		return nil, err
	}
	whose := by.Principal
	if by.Admin {
		whose = ""
	}
	list, err := s.Worklist.Store.Bulks(ctx, whose, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out, err := s.bulkList(ctx, list)
	out.Next = nextNumber(list, in.Limit, func(b store.Bulk) int64 { return b.ID })
	return &body[api.List[api.Bulk]]{out}, err
}

// order loads an order for who gave it, and for administrators.
func (s *Server) order(ctx context.Context, by signoff.Caller, id int64) (store.Bulk, error) {
	b, err := s.Worklist.Store.Bulk(ctx, id)
	if err == nil && !by.Admin && b.By.Principal != by.Principal {
		return store.Bulk{}, &signoff.Error{Kind: signoff.NotFound, Code: "bulk-not-found", Detail: "there is no such order, or it is not yours to see"}
	}
	return b, err
}

type bulkInput struct{ ByNumber }

func (s *Server) getBulk(ctx context.Context, by signoff.Caller, in *bulkInput) (*body[api.Bulk], error) {
	b, err := s.order(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return s.bulkAnswer(ctx, b)
}

type bulkItemsInput struct {
	ByNumber
	Page
	State string `query:"state" enum:"waiting,done,failed,passed" doc:"only those"`
}

func (s *Server) listBulkItems(ctx context.Context, by signoff.Caller, in *bulkItemsInput) (*body[api.List[api.BulkItem]], error) {
	if _, err := s.order(ctx, by, in.ID); err != nil {
		return nil, err
	}
	after, err := in.Page.number()
	if err != nil {
		return nil, err
	}
	list, err := s.Worklist.Store.BulkItems(ctx, in.ID, in.State, int(after), in.Limit)
	if err != nil {
		return nil, err
	}
	var who []signoff.Principal
	for _, i := range list {
		who = append(who, mentioned(i.Cause)...)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := listOf(list, func(i store.BulkItem) api.BulkItem {
		a := api.BulkItem{Number: i.N, Instance: int64(i.Incident.Instance), State: i.State, Code: i.Code, Cause: signoff.Tell(i.Cause, known.name, s.location())}
		if i.Incident.Seq != 0 {
			a.Incident = i.Incident.String()
		}
		if !i.At.IsZero() {
			a.At = &i.At
		}
		if a.Attempts = i.Attempt; i.State == store.BulkWaiting {
			a.Due = some(i.Due)
		}
		return a
	})
	if len(list) == in.Limit {
		out.Next = strconv.Itoa(list[len(list)-1].N)
	}
	return &body[api.List[api.BulkItem]]{out}, nil
}

func (s *Server) stopBulk(ctx context.Context, by signoff.Caller, in *bulkInput) (*nothing, error) {
	if _, err := s.order(ctx, by, in.ID); err != nil {
		return nil, err
	}
	return nil, s.Worklist.Store.StopBulk(ctx, by, in.ID, s.Now())
}
