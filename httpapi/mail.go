package httpapi

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/store"
)

// before is the cursor of lists that run from higher to lower numbers.
func (p Page) before() (int64, error) {
	if p.Cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(p.Cursor, 10, 64)
	if err != nil || n <= 0 {
		return 0, errBadCursor
	}
	return n, nil
}

// nextBefore is the cursor behind a page, "" when the page was not full.
func nextBefore[T any](list []T, limit int, id func(T) int64) string {
	if len(list) < limit {
		return ""
	}
	return strconv.FormatInt(id(list[len(list)-1]), 10)
}

type receivedInput struct {
	Page
	Look     bool               `query:"look" doc:"only those a person should look at"`
	Instance signoff.InstanceID `query:"instance" minimum:"0"`
}

func (s *Server) listReceived(ctx context.Context, _ signoff.Caller, in *receivedInput) (*body[api.List[api.ReceivedMail]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	list, err := s.Worklist.Store.Received(ctx, store.ReceivedFilter{Look: in.Look, Instance: in.Instance, Before: before}, in.Limit)
	if err != nil {
		return nil, err
	}
	known, err := people(ctx, s, list, func(m store.InMail) signoff.Principal { return m.Principal })
	if err != nil {
		return nil, err
	}
	out := listOf(list, func(m store.InMail) api.ReceivedMail { return receivedOf(m, known) })
	out.Next = nextBefore(list, in.Limit, func(m store.InMail) int64 { return m.ID })
	return &body[api.List[api.ReceivedMail]]{out}, nil
}

func receivedOf(m store.InMail, known names) api.ReceivedMail {
	out := api.ReceivedMail{ID: m.ID, At: m.At, From: m.From, Subject: m.Subject, Verdict: m.Verdict, Detail: m.Detail,
		Action: m.Action, Instance: int64(m.Instance), Task: serialOf(m.Instance, m.Task), By: known.personPtr(m.Principal), Look: m.Look}
	if json.Valid([]byte(m.Evidence)) {
		out.Evidence = json.RawMessage(m.Evidence)
	}
	return out
}

// serialOf is "" for what is about no task.
func serialOf(instance signoff.InstanceID, task int) string {
	if task == 0 {
		return ""
	}
	return signoff.Serial{Instance: instance, Seq: task}.String()
}

// ByNumber is the path of a mail.
type ByNumber struct {
	ID int64 `path:"id" minimum:"1"`
}

func (s *Server) lookedAt(ctx context.Context, _ signoff.Caller, in *ByNumber) (*nothing, error) {
	return nil, s.Worklist.Store.LookedAt(ctx, in.ID)
}

type sentInput struct {
	Page
	State    string             `query:"state" enum:"queued,sending,doubtful,sent,failed"`
	Instance signoff.InstanceID `query:"instance" minimum:"0"`
}

func (s *Server) listSent(ctx context.Context, _ signoff.Caller, in *sentInput) (*body[api.List[api.SentMail]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	list, err := s.Worklist.Store.Mails(ctx, store.MailFilter{State: store.MailState(in.State), Instance: in.Instance, Before: before}, in.Limit)
	if err != nil {
		return nil, err
	}
	out := listOf(list, sentOf)
	out.Next = nextBefore(list, in.Limit, func(m store.OutMail) int64 { return m.ID })
	return &body[api.List[api.SentMail]]{out}, nil
}

func sentOf(m store.OutMail) api.SentMail {
	return api.SentMail{ID: m.ID, Purpose: m.Purpose, State: string(m.State), To: m.To, Subject: m.Subject, Attempts: m.Attempts,
		Created: m.Created, Since: m.Since, Due: m.Due, Error: m.Error, Bounce: m.Bounce,
		Instance: int64(m.Instance), Task: serialOf(m.Instance, m.Task)}
}

func (s *Server) releaseMail(ctx context.Context, _ signoff.Caller, in *ByNumber) (*nothing, error) {
	return nil, s.Worklist.Store.ReleaseMail(ctx, in.ID, s.Now())
}

func (s *Server) dropMail(ctx context.Context, _ signoff.Caller, in *ByNumber) (*nothing, error) {
	return nil, s.Worklist.Store.DropMail(ctx, in.ID, s.Now())
}
