package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2/sse"

	"github.com/signoffhq/signoff/api"
)

func (s *Server) eventRoute() {
	o := op{"stream-events", "GET /events", "Events", "Changes as they happen, as server-sent events", signedIn, 0}
	s.ops = append(s.ops, o)
	sse.Register(s.huma, s.operation(o), map[string]any{
		"task": api.Live{}, "resync": api.Resync{},
	}, func(ctx context.Context, in *nothing, send sse.Sender) {})
}
