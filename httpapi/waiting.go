package httpapi

import (
	"context"
	"encoding/base64"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/worklist"
)

type waitingInput struct{ Page }

// listWaiting lists the connections that work waits for and that the caller can
// give.
func (s *Server) listWaiting(ctx context.Context, by signoff.Caller, in *waitingInput) (*body[api.List[api.WaitingConnection]], error) {
	after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-cursor", Detail: "the list cannot go on from there", Hint: "ask for the first page again"}
	}
	limit := in.Limit
	if limit <= 0 {
		limit = worklist.DefaultLimit
	}
	limit = min(limit, worklist.MaxLimit)
	list, err := s.Runner.Waiting(ctx, by, string(after), limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = base64.RawURLEncoding.EncodeToString([]byte(list[limit-1].For))
	}
	var who []signoff.Principal
	for _, w := range list {
		who = append(who, mentioned(w.Why)...)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := listOf(list, func(w store.Wanted) api.WaitingConnection {
		return api.WaitingConnection{Connect: connectName(w.For), Why: sentence(signoff.Tell(w.Why, known.name, s.location())),
			Service: w.Who == "", Steps: w.Steps, Since: w.Since}
	})
	out.Next = next
	return &body[api.List[api.WaitingConnection]]{out}, nil
}

// connectName is the name of the page on which what work waits for is given; ""
// when it is nothing that is given on a page.
func connectName(need string) string {
	n, ok := oauth.ParseKey(need)
	if !ok {
		return ""
	}
	return n.Name()
}

// abandon makes incidents of steps that wait for a resource that was removed.
// Should that fail, they find it out by themselves in some minutes.
func (s *Server) abandon(ctx context.Context, resource string) {
	_, err := s.Runner.Abandon(context.WithoutCancel(ctx), resource, signoff.Error{Code: "oauth-resource-not-found",
		Detail: "the OAuth resource " + resource + " was removed, and the step waited for a connection to it",
		Hint:   "make it anew, or let the service use another one, then retry"})
	if err != nil {
		s.Log.WarnContext(ctx, "what waited for a removed resource was not told", "resource", resource, "err", err)
	}
}

type tryStepInput struct{ BySerial }

// tryStep lets a step that waits for a connection look whether it is there.
func (s *Server) tryStep(ctx context.Context, by signoff.Caller, in *tryStepInput) (*nothing, error) {
	return nil, s.Runner.TryAgain(ctx, by, in.Serial)
}
