package httpapi

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// messageRoutes are those of what goes to instances from elsewhere, and of what
// begins them by the clock. What a message reaches is what its sender may: finish
// steps of the workflow that waits, or start the one that begins.
func (s *Server) messageRoutes() {
	route(s, op{"send-message", "POST /messages", "Messages", "Send a message to the instance that waits for it, or that it begins; it reaches workflows on which you hold finish, and those you may start", signedIn, 0}, s.sendMessage)
	route(s, op{"list-messages", "GET /messages", "Messages", "Messages and signals you sent, or everybody's for an administrator; newest first", signedIn, 0}, s.listMessages)
	route(s, op{"send-signal", "POST /signals", "Messages", "Send a signal to all who wait for it now, of the workflows on which you hold finish or that you may start", signedIn, 0}, s.sendSignal)
	route(s, op{"list-schedules", "GET /schedules", "Schedules", "What begins instances by the clock, of workflows whose instances you may view", signedIn, 0}, s.listSchedules)
	route(s, op{"pause-schedule", "POST /schedules/{workflow}/{step}/pause", "Schedules", "Stop a schedule until it is resumed", signedIn, 0}, s.pauseSchedule)
	route(s, op{"resume-schedule", "POST /schedules/{workflow}/{step}/resume", "Schedules", "Let a schedule go on; what was missed is not made up for", signedIn, 0}, s.resumeSchedule)
}

type sendMessageInput struct{ Body api.SendMessage }

func (s *Server) sendMessage(ctx context.Context, by signoff.Caller, in *sendMessageInput) (*body[api.Message], error) {
	req := runner.SendRequest{Name: in.Body.Name, Key: in.Body.Key, Vars: in.Body.Vars, ID: in.Body.ID}
	if in.Body.TTL != nil {
		keep := time.Duration(*in.Body.TTL) * time.Second
		req.Keep = &keep
	}
	m, err := s.Runner.Send(ctx, by, req)
	if err != nil {
		return nil, err
	}
	return s.messageAnswer(ctx, by, m)
}

type sendSignalInput struct{ Body api.SendSignal }

func (s *Server) sendSignal(ctx context.Context, by signoff.Caller, in *sendSignalInput) (*body[api.Message], error) {
	m, err := s.Runner.Signal(ctx, by, runner.SendRequest{Name: in.Body.Name, Vars: in.Body.Vars, ID: in.Body.ID})
	if err != nil {
		return nil, err
	}
	return s.messageAnswer(ctx, by, m)
}

func (s *Server) messageAnswer(ctx context.Context, by signoff.Caller, m store.Message) (*body[api.Message], error) {
	list, err := s.messagesOf(ctx, by, []store.Message{m})
	if err != nil {
		return nil, err
	}
	return &body[api.Message]{list[0]}, nil
}

type listMessagesInput struct {
	Page
	State string `query:"state" enum:"waiting,delivered,missed,sent" doc:"left out: all"`
}

func (s *Server) listMessages(ctx context.Context, by signoff.Caller, in *listMessagesInput) (*body[api.List[api.Message]], error) {
	before, err := in.number()
	if err != nil {
		return nil, err
	}
	which := store.MessageWhich{State: store.MessageState(in.State), Before: before}
	if !by.Admin {
		which.Source = string(by.Principal)
	}
	list, err := s.Worklist.Store.Messages(ctx, which, in.Limit)
	if err != nil {
		return nil, err
	}
	out := api.List[api.Message]{Next: nextNumber(list, in.Limit, func(m store.Message) int64 { return m.ID })}
	out.Items, err = s.messagesOf(ctx, by, list)
	return &body[api.List[api.Message]]{out}, err
}

// messagesOf is messages as they are told to somebody.
func (s *Server) messagesOf(ctx context.Context, by signoff.Caller, list []store.Message) ([]api.Message, error) {
	out := []api.Message{}
	var who []signoff.Principal
	for i := range list {
		who = append(who, signoff.Principal(list[i].Source))
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return out, err
	}
	for i := range list {
		m := &list[i]
		a := api.Message{Number: m.ID, Kind: m.Kind, Name: m.Name, Key: m.Key, State: string(m.State), Came: m.Came, Settled: timePtr(m.Settled), Problem: m.LastError}
		switch {
		case m.ByWorkflow():
			a.From, _, _ = strings.Cut(m.Ident, "/")
		default:
			a.Sender, a.ID = known.personPtr(signoff.Principal(m.Source)), m.GivenID()
		}
		if m.Kind == engine.WaitSignal {
			a.Told = &m.Told
		} else {
			a.Until = timePtr(m.Until)
		}
		if err := s.tellReceiver(ctx, by, m, &a); err != nil {
			return out, err
		}
		if a.Near, err = s.nearOf(ctx, by, m, len(list) == 1); err != nil {
			return out, err
		}
		out = append(out, a)
	}
	return out, nil
}

// tellReceiver says who has a message, to those who may see that instance.
func (s *Server) tellReceiver(ctx context.Context, by signoff.Caller, m *store.Message, a *api.Message) error {
	if m.Instance == 0 {
		return nil
	}
	sees, err := s.sees(ctx, by, m.Instance)
	if sees {
		a.Instance, a.Step, a.Begun = int64(m.Instance), m.Node, m.Begun
	}
	return err
}

// sees tells whether somebody may see an instance that is there.
func (s *Server) sees(ctx context.Context, by signoff.Caller, id signoff.InstanceID) (bool, error) {
	in, err := s.Worklist.Store.Instance(ctx, id)
	if err == nil {
		_, err = s.Runner.Sees(ctx, by, in)
	}
	if signoff.KindOf(err) == signoff.NotFound {
		return false, nil
	}
	return err == nil, err
}

// nearOf is what comes near to a message that nobody wants: as it is while it
// waits, as it was when it was missed. A name that was meant is looked for when
// one message alone is asked for.
func (s *Server) nearOf(ctx context.Context, by signoff.Caller, m *store.Message, single bool) (*api.Near, error) {
	var n runner.Near
	var err error
	switch m.State {
	case store.MessageWaiting:
		if n, err = s.Runner.NearWaits(ctx, m.Name); err == nil && by.Admin && single && len(n.Waits) == 0 {
			n, err = s.Runner.NearTo(ctx, m.Name)
		}
	case store.MessageMissed:
		err = json.Unmarshal([]byte(m.Near), &n)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &api.Near{Waits: []api.Awaited{}}
	if by.Admin {
		out.Meant = n.Meant // names of others' messages are nobody else's business
	}
	for _, w := range n.Waits {
		may, err := s.Library.May(ctx, by, access.View, w.Workflow)
		if err != nil {
			return nil, err
		}
		if may.OK {
			out.Waits = append(out.Waits, api.Awaited{Instance: int64(w.Instance), Step: w.Node, Key: w.Key, Since: w.Since})
		}
	}
	if out.Meant == "" && len(out.Waits) == 0 {
		return nil, nil
	}
	return out, nil
}

func (s *Server) listSchedules(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.List[api.Schedule]], error) {
	list, err := s.Library.Schedules(ctx, by)
	if err != nil {
		return nil, err
	}
	items, err := s.schedulesOf(ctx, list)
	return &body[api.List[api.Schedule]]{api.List[api.Schedule]{Items: items}}, err
}

type oneSchedule struct {
	Workflow string `path:"workflow" maxLength:"255" doc:"number or key"`
	Step     string `path:"step" maxLength:"255" doc:"id of the start event"`
}

func (s *Server) pauseSchedule(ctx context.Context, by signoff.Caller, in *oneSchedule) (*body[api.Schedule], error) {
	return s.changeSchedule(ctx, by, in, s.Library.PauseSchedule)
}

func (s *Server) resumeSchedule(ctx context.Context, by signoff.Caller, in *oneSchedule) (*body[api.Schedule], error) {
	out, err := s.changeSchedule(ctx, by, in, s.Library.ResumeSchedule)
	s.Runner.Scheduled()
	return out, err
}

func (s *Server) changeSchedule(ctx context.Context, by signoff.Caller, in *oneSchedule,
	change func(context.Context, signoff.Caller, signoff.WorkflowID, string) (store.Schedule, error)) (*body[api.Schedule], error) {
	w, err := s.Library.Lookup(ctx, by, in.Workflow)
	if err != nil {
		return nil, err
	}
	n, err := change(ctx, by, w.ID, in.Step)
	if err != nil {
		return nil, err
	}
	list, err := s.schedulesOf(ctx, []store.Schedule{n})
	if err != nil {
		return nil, err
	}
	return &body[api.Schedule]{list[0]}, nil
}

func (s *Server) schedulesOf(ctx context.Context, list []store.Schedule) ([]api.Schedule, error) {
	out := []api.Schedule{}
	var who []signoff.Principal
	for _, n := range list {
		who = append(who, n.PausedBy)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return out, err
	}
	for _, n := range list {
		w, err := s.Library.Workflow(ctx, access.System, n.Workflow)
		if err != nil {
			return out, err
		}
		_, timer, _ := strings.Cut(n.Spec, " ")
		a := api.Schedule{Workflow: w.Key, Name: w.Name, Step: n.Node, StepName: n.Name, Timer: timer, Zone: n.Zone, Next: timePtr(n.Planned),
			Paused: timePtr(n.Paused), PausedBy: known.personPtr(n.PausedBy), Last: timePtr(n.Last), Instance: int64(n.LastInstance), Problem: n.LastError}
		if n.Cycle == "" || n.Again >= 0 {
			left := max(n.Again, 0)
			a.Left = &left
		}
		out = append(out, a)
	}
	return out, nil
}
