package mailbox

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/pace"
)

// What Exchange Online lets a mailbox do.
// https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
const (
	perMinute = 30
	atOnce    = 4
)

// SenderOptions bound how fast a mailbox sends.
type SenderOptions struct {
	PerMinute int // 0: 30; negative: no limit
	AtOnce    int // 0: 4
	Clock     pace.Options
}

// Sender sends mail from a mailbox, each to exactly whom it is told. Every mail
// is a draft before it is sent, so that there is something to find whenever it
// stops in between.
type Sender struct {
	box  exchange.Mailer
	pace *pace.Pace
}

// NewSender returns a sender. Nothing is called yet.
func NewSender(box exchange.Mailer, o SenderOptions) *Sender {
	if o.PerMinute == 0 {
		o.PerMinute = perMinute
	}
	if o.AtOnce <= 0 {
		o.AtOnce = atOnce
	}
	return &Sender{box: box, pace: pace.New(max(o.PerMinute, 0), o.AtOnce, o.Clock)}
}

// Pace is how many mails may be sent in any minute; 0 is no limit.
func (s *Sender) Pace() int { return s.pace.PerMinute() }

// Resume tells how long ago mails were sent by others, or before a restart.
func (s *Sender) Resume(ago []time.Duration) { s.pace.Resume(ago) }

// Turn waits until one more mail may be sent, and returns what to call when that
// is done.
func (s *Sender) Turn(ctx context.Context) (done func(), err error) { return s.pace.Begin(ctx) }

// Send hands a mail over for one recipient: it goes by its header, which is made
// to name nobody else. from is the mail's own; copyTo is of no use, since the
// mailbox keeps a copy. An error with code "mail-doubtful" leaves open whether
// it was sent; with any other it was not.
func (s *Sender) Send(ctx context.Context, _, to, _ string, raw []byte) error {
	raw, id, err := addressed(raw, to)
	if err != nil {
		return err
	}
	return told(s.box.SendMIME(ctx, raw, exchange.Correlation(id)))
}

// Resend is Send for a mail that was not sent, of which an earlier attempt may
// have left a draft.
func (s *Sender) Resend(ctx context.Context, from, to, copyTo string, raw []byte) error {
	_, id, err := addressed(raw, to)
	if err != nil {
		return err
	}
	f, err := s.box.Find(ctx, trace(id))
	if err != nil {
		return told(err)
	}
	switch f.State {
	case exchange.Sent, exchange.Waiting:
		return nil
	case exchange.InDraft:
		return s.finish(ctx, f.Mail.ID)
	}
	return s.Send(ctx, from, to, copyTo, raw)
}

// finish sends a draft that is there. When it is not any more, it was sent
// meanwhile or somebody deleted it: that is to be found out.
func (s *Sender) finish(ctx context.Context, id string) error {
	_, err := s.box.SendDraft(ctx, id)
	if exchange.Gone(err) {
		return &signoff.Error{Kind: signoff.Unavailable, Code: codeDoubtful, Detail: "the draft of the mail is gone: it may have been sent", Err: err}
	}
	return told(err)
}

// Fate tells what became of a mail: "sent", "waiting", "draft", or "" when it is
// nowhere, or not yet.
func (s *Sender) Fate(ctx context.Context, messageID string) (state string, err error) {
	f, err := s.box.Find(ctx, trace(messageID))
	return string(f.State), told(err)
}

func trace(messageID string) exchange.Trace {
	return exchange.Trace{Correlation: exchange.Correlation(messageID), MessageID: messageID}
}
