package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/worklist"
)

type whyWaitingInput struct{ ByInstance }

// whyWaiting says why an instance does not go on.
func (s *Server) whyWaiting(ctx context.Context, by signoff.Caller, in *whyWaitingInput) (*body[api.List[api.Reason]], error) {
	list, err := s.Worklist.WhyWaiting(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	var who []signoff.Principal
	for _, r := range list {
		who = append(append(append(who, r.For...), mentioned(r.Text)...), mentioned(r.Ends)...)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := listOf(list, func(r worklist.Reason) api.Reason {
		return api.Reason{Kind: r.Kind, Step: r.Node, Name: r.Name, Text: sentence(signoff.Tell(r.Text, known.name, s.location())),
			Ends: sentence(signoff.Tell(r.Ends, known.name, s.location())), Since: r.Since, Until: r.Until, For: known.persons(r.For),
			Task: serialText(r.Task), Serial: serialText(r.Step), Incident: serialText(r.Incident), Instance: int64(r.Child)}
	})
	return &body[api.List[api.Reason]]{out}, nil
}

// serialText is a serial number, "" for none.
func serialText(n signoff.Serial) string {
	if n.Seq == 0 {
		return ""
	}
	return n.String()
}
