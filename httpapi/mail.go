package httpapi

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/store"
)

// number is the cursor of lists that run by number: that of the last item seen.
func (p Page) number() (int64, error) {
	if p.Cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(p.Cursor, 10, 64)
	if err != nil || n <= 0 {
		return 0, errBadCursor
	}
	return n, nil
}

// nextNumber is the cursor behind a page, "" when the page was not full.
func nextNumber[T any](list []T, limit int, id func(T) int64) string {
	if len(list) < limit {
		return ""
	}
	return strconv.FormatInt(id(list[len(list)-1]), 10)
}

// maxCounted bounds what is counted for a badge.
const maxCounted = 100

func (s *Server) mailStatus(ctx context.Context, _ signoff.Caller, _ *nothing) (*body[api.MailStatus], error) {
	n, err := s.Worklist.Store.CountMail(ctx, maxCounted)
	if err != nil {
		return nil, err
	}
	out := api.MailStatus{Look: n.Look, Doubtful: n.Doubtful, Failed: n.Failed, Queued: n.Queued, Health: api.MailHealth{Off: true}}
	if s.Mail != nil {
		h, err := s.Mail.Health(ctx)
		if err != nil {
			return nil, err
		}
		out.Health = api.MailHealth{Off: h.Off, Node: h.Node, Out: trouble(h.Out, h.OutSince), In: trouble(h.In, h.InSince)}
	}
	return &body[api.MailStatus]{out}, nil
}

func trouble(words string, since time.Time) *api.MailTrouble {
	if words == "" {
		return nil
	}
	return &api.MailTrouble{Words: words, Since: since}
}

type receivedInput struct {
	Page
	Look     bool               `query:"look" doc:"only those a person should look at"`
	Instance signoff.InstanceID `query:"instance" minimum:"0"`
}

func (s *Server) listReceived(ctx context.Context, _ signoff.Caller, in *receivedInput) (*body[api.List[api.ReceivedMail]], error) {
	before, err := in.number()
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
	out.Next = nextNumber(list, in.Limit, func(m store.InMail) int64 { return m.ID })
	return &body[api.List[api.ReceivedMail]]{out}, nil
}

func receivedOf(m store.InMail, known names) api.ReceivedMail {
	out := api.ReceivedMail{ID: m.ID, At: m.At, From: m.From, Subject: m.Subject, Verdict: m.Verdict, Detail: m.Detail,
		Action: m.Action, Instance: int64(m.Instance), Task: serialOf(m.Instance, m.Task), For: known.personPtr(m.Principal), Look: m.Look}
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
	State    string             `query:"state" enum:"queued,sending,doubtful,sent,failed,bounced" doc:"bounced: a delivery report came for it"`
	Look     bool               `query:"look" doc:"only those a person should look at"`
	Instance signoff.InstanceID `query:"instance" minimum:"0"`
}

func (s *Server) listSent(ctx context.Context, _ signoff.Caller, in *sentInput) (*body[api.List[api.SentMail]], error) {
	before, err := in.number()
	if err != nil {
		return nil, err
	}
	f := store.MailFilter{Look: in.Look, Instance: in.Instance, Before: before}
	if f.Bounced = in.State == "bounced"; !f.Bounced {
		f.State = store.MailState(in.State)
	}
	list, err := s.Worklist.Store.Mails(ctx, f, in.Limit)
	if err != nil {
		return nil, err
	}
	out := listOf(list, sentOf)
	out.Next = nextNumber(list, in.Limit, func(m store.OutMail) int64 { return m.ID })
	return &body[api.List[api.SentMail]]{out}, nil
}

func sentOf(m store.OutMail) api.SentMail {
	out := api.SentMail{ID: m.ID, Purpose: m.Purpose, State: string(m.State), To: m.To, Subject: m.Subject, Attempts: m.Attempts,
		Created: m.Created, Since: m.Since, Error: m.Error, Bounce: m.Bounce, Look: m.Look,
		Instance: int64(m.Instance), Task: serialOf(m.Instance, m.Task)}
	if m.State == store.MailQueued || m.State == store.MailDoubtful && !m.Due.IsZero() {
		out.Due = &m.Due
	}
	return out
}

func (s *Server) releaseMail(ctx context.Context, _ signoff.Caller, in *ByNumber) (*nothing, error) {
	if err := s.Worklist.Store.ReleaseMail(ctx, in.ID, s.Now()); err != nil {
		return nil, err
	}
	if s.Mail != nil {
		s.Mail.Wake()
	}
	return nil, nil
}

func (s *Server) dropMail(ctx context.Context, _ signoff.Caller, in *ByNumber) (*nothing, error) {
	return nil, s.Worklist.Store.DropMail(ctx, in.ID, s.Now())
}

type instanceMailsInput struct {
	ByInstance
	Page
}

// instanceMails is for everybody who may see the instance: who was told, and
// whether that worked. What the mails say stays with those they were sent to.
func (s *Server) instanceMails(ctx context.Context, by signoff.Caller, in *instanceMailsInput) (*body[api.List[api.InstanceMail]], error) {
	if _, err := s.visible(ctx, by, in.ID); err != nil {
		return nil, err
	}
	after, err := in.number()
	if err != nil {
		return nil, err
	}
	list, err := s.Worklist.Store.InstanceMails(ctx, in.ID, after, in.Limit)
	if err != nil {
		return nil, err
	}
	known, err := people(ctx, s, list, func(m store.OutMail) signoff.Principal { return m.Principal })
	if err != nil {
		return nil, err
	}
	out := listOf(list, func(m store.OutMail) api.InstanceMail {
		return api.InstanceMail{ID: m.ID, Purpose: m.Purpose, State: string(m.State), To: known.personPtr(m.Principal), Address: m.To,
			Task: serialOf(m.Instance, m.Task), Created: m.Created, Since: m.Since, Error: m.Error, Bounce: m.Bounce}
	})
	out.Next = nextNumber(list, in.Limit, func(m store.OutMail) int64 { return m.ID })
	return &body[api.List[api.InstanceMail]]{out}, nil
}
