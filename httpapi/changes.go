package httpapi

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/store"
)

type changesInput struct {
	Page
	What    string `query:"what" maxLength:"100" doc:"only this kind of thing: trust, user, group-link ..."`
	Subject string `query:"subject" maxLength:"600" doc:"only this one; together with what"`
}

func (s *Server) listChanges(ctx context.Context, _ signoff.Caller, in *changesInput) (*body[api.List[api.Change]], error) {
	before, err := in.number()
	if err != nil {
		return nil, err
	}
	found, err := s.Worklist.Store.Changes(ctx, store.ChangeFilter{What: in.What, Subject: in.Subject}, before, in.Limit)
	if err != nil {
		return nil, err
	}
	var who []signoff.Principal
	for _, c := range found {
		who = append(who, c.By, signoff.Principal(c.Subject))
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := listOf(found, func(c store.Change) api.Change { return changeOf(c, known) })
	out.Next = nextNumber(found, in.Limit, func(c store.Change) int64 { return c.ID })
	return &body[api.List[api.Change]]{out}, nil
}

func changeOf(c store.Change, known names) api.Change {
	by := known.person(c.By)
	if name, ok := strings.CutPrefix(string(c.By), string(directory.ByDirectory(""))); ok {
		by = api.Person{ID: string(c.By), Name: "the directory " + name}
	}
	return api.Change{ID: c.ID, At: c.At, By: by, How: c.How, What: c.What, Subject: c.Subject,
		Called: known.name(signoff.Principal(c.Subject)), Before: rawOf(c.Before), After: rawOf(c.After)}
}

// rawOf is what was kept, nil if nothing.
func rawOf(kept []byte) json.RawMessage {
	if len(kept) == 0 || !json.Valid(kept) {
		return nil
	}
	return json.RawMessage(kept)
}
