package httpapi

import (
	"context"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

type listHoldsInput struct {
	Page
	Lifted bool `query:"lifted" doc:"also those that were lifted"`
}

func (s *Server) listHolds(ctx context.Context, _ signoff.Caller, in *listHoldsInput) (*body[api.List[api.Hold]], error) {
	before, err := in.number()
	if err != nil {
		return nil, err
	}
	list, err := s.Worklist.Store.Holds(ctx, in.Lifted, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := api.List[api.Hold]{Next: nextNumber(list, in.Limit, func(h store.LegalHold) int64 { return h.ID })}
	out.Items, err = s.holdsOf(ctx, list)
	return &body[api.List[api.Hold]]{out}, err
}

// holdsOf is holds as they are told.
func (s *Server) holdsOf(ctx context.Context, list []store.LegalHold) ([]api.Hold, error) {
	out := []api.Hold{}
	var who []signoff.Principal
	for _, h := range list {
		who = append(who, h.Person, h.PlacedBy, h.LiftedBy)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return out, err
	}
	for _, h := range list {
		a := api.Hold{ID: h.ID, Instance: int64(h.Instance), Person: known.personPtr(h.Person), Reason: h.Reason,
			Placed: h.Placed, PlacedBy: known.person(h.PlacedBy)}
		if h.Workflow != 0 {
			w, err := s.Library.Workflow(ctx, access.System, h.Workflow)
			if err != nil {
				return out, err
			}
			a.Workflow = w.Key
		}
		if !h.Lifted.IsZero() {
			a.Lifted, a.LiftedBy, a.LiftReason = &h.Lifted, known.personPtr(h.LiftedBy), h.LiftReason
		}
		out = append(out, a)
	}
	return out, nil
}

type placeHoldInput struct{ Body api.NewHold }

func (s *Server) placeHold(ctx context.Context, by signoff.Caller, in *placeHoldInput) (*body[api.Hold], error) {
	h, err := s.whatToHold(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	if h.Reason, err = reasonOf(in.Body.Reason); err != nil {
		return nil, err
	}
	h.Placed, h.PlacedBy = s.Now(), by.Principal
	if h, err = s.Worklist.Store.PlaceHold(ctx, h); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "hold placed", "hold", h.ID, "user", by.Principal)
	return s.holdAnswer(ctx, h)
}

var errBadHold = &signoff.Error{Kind: signoff.Invalid, Code: "bad-hold",
	Detail: "a hold is on one thing: a workflow, an instance, or a person", Hint: "place two holds for two things"}

// reasonOf is a reason as it stays on record: one of blanks only is none.
func reasonOf(text string) (string, error) {
	if text = strings.TrimSpace(text); text != "" {
		return text, nil
	}
	return "", &signoff.Error{Kind: signoff.Invalid, Code: "bad-hold", Detail: "a hold is placed and lifted for a reason",
		Fields: []signoff.FieldError{{Field: "reason", Detail: "say why; it stays on record"}}}
}

func (s *Server) whatToHold(ctx context.Context, b api.NewHold) (h store.LegalHold, err error) {
	named := 0
	for _, given := range []bool{b.Workflow != "", b.Instance != 0, b.Person != ""} {
		if given {
			named++
		}
	}
	switch {
	case named != 1:
		return h, errBadHold
	case b.Workflow != "":
		w, err := s.Library.Lookup(ctx, access.System, b.Workflow)
		return store.LegalHold{Workflow: w.ID}, err
	case b.Instance != 0:
		return store.LegalHold{Instance: signoff.InstanceID(b.Instance)}, nil
	}
	found, err := s.Identity.Resolve(ctx, []string{b.Person})
	if err != nil {
		return h, err
	}
	if who := found[b.Person]; len(who) == 1 && who[0].Principal.IsUser() {
		return store.LegalHold{Person: who[0].Principal}, nil
	}
	return h, &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeUnknownPerson, Detail: "somebody who was named is not known here",
		Fields: []signoff.FieldError{{Field: "person", Detail: "nobody is called that"}}}
}

func (s *Server) holdAnswer(ctx context.Context, h store.LegalHold) (*body[api.Hold], error) {
	list, err := s.holdsOf(ctx, []store.LegalHold{h})
	if err != nil {
		return nil, err
	}
	return &body[api.Hold]{list[0]}, nil
}

type liftHoldInput struct {
	ByNumber
	Check bool `query:"check" doc:"only say what the lift would release; nothing is lifted"`
	Body  api.LiftHold
}

func (s *Server) liftHold(ctx context.Context, by signoff.Caller, in *liftHoldInput) (*body[api.Hold], error) {
	reason, err := reasonOf(in.Body.Reason)
	if err != nil {
		return nil, err
	}
	h, list, err := s.Worklist.Store.WouldRelease(ctx, in.ID, s.Now())
	if err != nil {
		return nil, err
	}
	released, err := s.released(ctx, list)
	if err != nil {
		return nil, err
	}
	if !in.Check {
		if h, err = s.Worklist.Store.LiftHold(ctx, in.ID, by.Principal, reason, s.Now()); err != nil {
			return nil, err
		}
		s.Log.InfoContext(ctx, "hold lifted", "hold", h.ID, "user", by.Principal)
	}
	out, err := s.holdAnswer(ctx, h)
	if err == nil {
		out.Body.Releases = released
	}
	return out, err
}

func (s *Server) released(ctx context.Context, list []store.Released) (out []api.Released, err error) {
	for _, r := range list {
		w, err := s.Library.Workflow(ctx, access.System, r.Workflow)
		if err != nil {
			return nil, err
		}
		out = append(out, api.Released{Workflow: w.Key, Go: r.Go, AtLeast: r.Go >= store.MaxExpired})
	}
	return out, nil
}
