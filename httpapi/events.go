package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/runner"
)

const (
	beatEvery        = 20 * time.Second // keeps proxies from closing a quiet stream, and looks whether the caller still is one
	writeWithin      = 10 * time.Second
	maxStreams       = 2000
	maxStreamsPerson = 20
)

type eventsInput struct {
	Instance signoff.InstanceID `query:"instance" minimum:"0" doc:"also tell about this instance, which you may see"`
	LastID   string             `header:"Last-Event-ID" maxLength:"100" doc:"sent by browsers when they connect again; answered with \"resync\""`
}

type eventsOutput struct{ Body func(huma.Context) }

// streams counts who has how many event streams open.
type streams struct {
	mu  sync.Mutex
	by  map[signoff.Principal]int
	all int
}

func (n *streams) take(p signoff.Principal) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all >= maxStreams || n.by[p] >= maxStreamsPerson {
		return false
	}
	if n.by == nil {
		n.by = map[signoff.Principal]int{}
	}
	n.all++
	n.by[p]++
	return true
}

func (n *streams) give(p signoff.Principal) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all--
	if n.by[p]--; n.by[p] == 0 {
		delete(n.by, p)
	}
}

func (s *Server) streamEvents(ctx context.Context, by signoff.Caller, in *eventsInput) (*eventsOutput, error) {
	if in.Instance != 0 {
		if _, err := s.visible(ctx, by, in.Instance); err != nil {
			return nil, err
		}
	}
	return &eventsOutput{func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		if !s.streams.take(by.Principal) {
			s.writeRefusal(w, r, &signoff.Error{Kind: signoff.TooMany, Code: "too-many-streams",
				Detail: "too many event streams are open", Hint: "close a page"})
			return
		}
		defer s.streams.give(by.Principal)
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		h := w.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("X-Accel-Buffering", "no") // nginx would hold events back
		out := &stream{w: w, c: http.NewResponseController(w)}
		_ = out.c.SetReadDeadline(time.Time{}) // what the server gives a request to arrive must not end the stream
		v := viewer{by: by, instance: in.Instance, may: s.Library.May, still: s.Identity.Still}
		s.follow(ctx, out, v, s.Runner.Subscribe(ctx), in.LastID != "")
	}}, nil
}

// follow writes what the viewer may know until somebody has enough: the client,
// the server, or the client's session or account.
func (s *Server) follow(ctx context.Context, out *stream, v viewer, changes <-chan runner.Change, again bool) {
	ok := out.write(": connected\n\n")
	if again {
		ok = out.event("resync", api.Resync{Reason: "the connection was interrupted"})
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for ok {
		select {
		case <-ctx.Done():
			return
		case <-s.Stopping:
			return
		case c, open := <-changes:
			if !open {
				return
			}
			ok = v.tell(ctx, out, c)
		case <-beat.C:
			var err error
			if v.by, err = v.still(ctx); err != nil {
				return // signed out, disabled, or gone; connecting again will say so
			}
			ok = out.write(": beat\n\n")
		}
	}
}

// viewer is who watches, and what they may know.
type viewer struct {
	by       signoff.Caller
	instance signoff.InstanceID // 0: none in particular
	may      func(context.Context, signoff.Caller, access.Right, signoff.WorkflowID) (access.Decision, error)
	still    func(context.Context) (signoff.Caller, error) // who they are by now
}

// tell writes what one change means to the viewer. False ends the stream.
func (v viewer) tell(ctx context.Context, out *stream, c runner.Change) bool {
	if c.Resync {
		return out.event("resync", api.Resync{Reason: "too much happened at once"})
	}
	mine := slices.ContainsFunc(c.Principals, v.by.Is) ||
		slices.ContainsFunc(v.by.Stands, func(x signoff.Stand) bool { return slices.ContainsFunc(c.Principals, x.Has) })
	if mine {
		for _, t := range c.Tasks {
			if !out.event("task", api.Live{Instance: int64(c.Instance), Task: t.String()}) {
				return false
			}
		}
	}
	if !mine && c.Instance != v.instance && !v.by.Is(c.Starter) {
		view, err := v.may(ctx, v.by, access.View, c.Workflow)
		if err != nil {
			return out.event("resync", api.Resync{Reason: "rights could not be read"})
		}
		if !view.OK {
			return true
		}
	}
	return out.event("instance", api.Live{Instance: int64(c.Instance)})
}

// stream writes server-sent events.
type stream struct {
	w http.ResponseWriter
	c *http.ResponseController
	n int
}

func (o *stream) event(kind string, data any) bool {
	text, err := json.Marshal(data)
	if err != nil {
		return false
	}
	o.n++
	return o.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", o.n, kind, text))
}

// write sends text at once, and gives up on a client that does not read.
func (o *stream) write(text string) bool {
	_ = o.c.SetWriteDeadline(time.Now().Add(writeWithin)) // not all writers have one
	if _, err := o.w.Write([]byte(text)); err != nil {
		return false
	}
	return o.c.Flush() == nil
}

// givesEvents documents the stream: what comes as data of each kind of event.
func givesEvents(s *Server, h *huma.Operation) {
	schemas := s.huma.OpenAPI().Components.Schemas
	h.Responses["200"] = &huma.Response{
		Description: "Events \"task\" and \"instance\" hold a Live, \"resync\" a Resync. Comments keep the stream open.",
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{
			Type: huma.TypeString,
			Extensions: map[string]any{"x-event-data": []any{
				schemas.Schema(reflect.TypeFor[api.Live](), true, "Live"),
				schemas.Schema(reflect.TypeFor[api.Resync](), true, "Resync")}},
		}}},
	}
}
