package httpapi

import (
	"context"
	"net/http"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// migrationRoutes are those of versions, and of instances that go on with
// another one. How far a migration is, is told as that of any order (bulk.go).
func (s *Server) migrationRoutes() {
	route(s, op{"set-default-version", "PUT /workflows/{id}/default", "Versions", "Choose the version that new instances get, and by which schedules start; those that run stay on theirs", signedIn, 0}, s.setDefaultVersion)
	route(s, op{"preview-migration", "POST /workflows/{id}/migrations/preview", "Versions", "What a migration would do now, and what is in its way; it changes nothing", signedIn, 0}, s.previewMigration)
	route(s, op{"begin-migration", "POST /workflows/{id}/migrations", "Versions", "Let running instances go on with another version; it goes on by itself, as an order", signedIn, http.StatusCreated}, s.beginMigration)
	route(s, op{"list-migrations", "GET /workflows/{id}/migrations", "Versions", "A workflow's migrations and what was undone, newest first", signedIn, 0}, s.listMigrations)
	route(s, op{"undo-migration", "POST /bulk/{id}/undo", "Versions", "Take back those instances of a migration that have not moved on since", signedIn, http.StatusCreated}, s.undoMigration)
}

type defaultVersionInput struct {
	ByWorkflow
	Body api.DefaultVersion
}

func (s *Server) setDefaultVersion(ctx context.Context, by signoff.Caller, in *defaultVersionInput) (*nothing, error) {
	w, err := s.administered(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Library.SetDefault(ctx, by, w.ID, in.Body.Version); err != nil {
		return nil, err
	}
	s.Runner.Scheduled()
	s.Log.InfoContext(ctx, "default version chosen", "workflow", w.Key, "version", in.Body.Version, "user", by.Principal)
	return nil, nil
}

type migrationInput struct {
	ByWorkflow
	Body api.NewMigration
}

func (in *migrationInput) request() runner.MigrationRequest {
	b := &in.Body
	req := runner.MigrationRequest{Workflow: in.ID, To: b.To, From: b.From, Step: b.Step, Map: b.Map, Vars: b.Variables, Reason: b.Reason, Those: b.Those}
	for _, id := range b.Instances {
		req.Instances = append(req.Instances, signoff.InstanceID(id))
	}
	return req
}

func (s *Server) previewMigration(ctx context.Context, by signoff.Caller, in *migrationInput) (*body[api.MigrationPreview], error) {
	found, err := s.Runner.ForeseeMigration(ctx, by, in.request())
	if err != nil {
		return nil, err
	}
	var who []signoff.Principal
	for i := range found.Blocked {
		who = append(append(who, mentioned(found.Blocked[i].Does)...), mentioned(found.Blocked[i].Why)...)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := api.MigrationPreview{Total: found.Total, Can: found.Can, Blocked: []api.Blocker{}, Steps: placesOf(found.To)}
	for i := range found.Blocked {
		out.Blocked = append(out.Blocked, s.blockerOf(&found.Blocked[i], known))
	}
	return &body[api.MigrationPreview]{out}, nil
}

func (s *Server) blockerOf(w *runner.InTheWay, known names) api.Blocker {
	tell := func(text string) string { return signoff.Tell(text, known.name, s.location()) }
	b := api.Blocker{Step: w.Node, Name: w.Name, Does: tell(w.Does), Why: tell(w.Why), Advice: w.Advice, Count: w.Count, Instances: []int64{}}
	if w.Variable {
		b.Step, b.Name, b.Variable = "", "", w.Node
	}
	for _, id := range w.Instances {
		b.Instances = append(b.Instances, int64(id))
	}
	return b
}

func (s *Server) beginMigration(ctx context.Context, by signoff.Caller, in *migrationInput) (*body[api.Bulk], error) {
	order, err := s.Runner.BeginMigration(ctx, by, in.request())
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "migration ordered", "bulk", order.ID, "workflow", in.ID, "version", in.Body.To, "user", by.Principal, "count", order.Total)
	return s.bulkAnswer(ctx, order)
}

type listMigrationsInput struct {
	ByWorkflow
	Page
}

func (s *Server) listMigrations(ctx context.Context, by signoff.Caller, in *listMigrationsInput) (*body[api.List[api.Bulk]], error) {
	w, err := s.administered(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	before, err := in.number()
	if err != nil {
		return nil, err
	}
	list, err := s.Worklist.Store.Migrations(ctx, w.ID, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out, err := s.bulkList(ctx, list)
	out.Next = nextNumber(list, in.Limit, func(b store.Bulk) int64 { return b.ID })
	return &body[api.List[api.Bulk]]{out}, err
}

type undoMigrationInput struct {
	ByNumber
	Body api.UndoBody
}

func (s *Server) undoMigration(ctx context.Context, by signoff.Caller, in *undoMigrationInput) (*body[api.Bulk], error) {
	if _, err := s.order(ctx, by, in.ID); err != nil {
		return nil, err
	}
	order, err := s.Runner.UndoMigration(ctx, by, in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "migration is undone", "bulk", order.ID, "undoes", in.ID, "user", by.Principal, "count", order.Total)
	return s.bulkAnswer(ctx, order)
}
