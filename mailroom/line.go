package mailroom

import (
	"context"
	"net/mail"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// A Line is a sender beside the usual one, with an address of its own. The
// mails of some workflows leave by it.
type Line struct {
	From      mail.Address
	Out       Sender
	Workflows []string // by name
	AtOnce    int      // mails being sent at the same time; 0: as the room
}

// A Keeper is a Sender whose mailbox keeps what it sent: it can say itself what
// became of a mail, and needs no copy. State is "sent", "waiting" (handed over,
// not sent yet), "draft" (made, and not handed over as far as is known) or ""
// (not there, or not yet). Resend is Send for a mail that an earlier attempt may
// have left a draft of, and that was not sent.
type Keeper interface {
	Sender
	Fate(ctx context.Context, messageID string) (state string, err error)
	Resend(ctx context.Context, from, to, copyTo string, raw []byte) error
}

// States of a Keeper's mails that make a difference here.
const (
	fateSent    = "sent"
	fateWaiting = "waiting"
)

// line is a sender at work.
type line struct {
	Line
	name string        // what its mails carry; "": the usual one
	of   store.Senders // its mails
}

// lines are all senders, the usual one first. It takes the mails of senders that
// are no more, too.
func (r *Room) lines() []line {
	usual := line{Line: Line{From: r.From, Out: r.Out, AtOnce: r.AtOnce}}
	all := []line{usual}
	for _, o := range r.Others {
		if o.AtOnce <= 0 {
			o.AtOnce = r.AtOnce
		}
		name := strings.ToLower(o.From.Address)
		all = append(all, line{Line: o, name: name, of: store.Senders{Only: name}})
		all[0].of.Except = append(all[0].of.Except, name)
	}
	return all
}

// lineOf is the line that a mail leaves by.
func (r *Room) lineOf(m store.OutMail) line {
	all := r.lines()
	for _, l := range all[1:] {
		if l.name == m.Sender {
			return l
		}
	}
	return all[0]
}

// sender is the line that mails of a workflow leave by.
func (r *Room) sender(workflow string) line {
	all := r.lines()
	for _, l := range all[1:] {
		if slices.ContainsFunc(l.Workflows, func(w string) bool { return strings.EqualFold(w, workflow) }) {
			return l
		}
	}
	return all[0]
}

// hand gives a mail to its sender.
func (r *Room) hand(ctx context.Context, l line, m store.OutMail) error {
	k, keeps := l.Out.(Keeper)
	switch {
	case keeps && m.Attempts > 1:
		return k.Resend(ctx, l.From.Address, m.To, "", m.Raw)
	case keeps:
		return l.Out.Send(ctx, l.From.Address, m.To, "", m.Raw)
	}
	return l.Out.Send(ctx, l.From.Address, m.To, r.copyAddress(), m.Raw)
}

// sentOrNot asks whoever can know whether a doubtful mail was sent. asked:
// somebody could be asked; found: it was sent; waits: it is on its way for sure.
func (r *Room) sentOrNot(ctx context.Context, m store.OutMail) (asked, found, waits bool, err error) {
	if l := r.lineOf(m); addressIn(m.Raw, "From").Address != "" && !writtenFor(l, m.Raw) {
		return false, false, false, nil // it was another mailbox that may have sent it
	}
	if k, ok := r.lineOf(m).Out.(Keeper); ok {
		state, err := k.Fate(ctx, m.MessageID)
		return true, state == fateSent, state == fateWaiting, err
	}
	if r.copyAddress() == "" {
		return false, false, false, nil
	}
	found, err = r.In.Find(ctx, m.MessageID)
	return true, found, false, err
}

// noteOut notes how a line fares: what is told is the trouble of the first that
// has any.
func (r *Room) noteOut(ctx context.Context, l line, err error) {
	if !isOutage(err) {
		err = nil
	}
	r.mu.Lock()
	if r.troubles == nil {
		r.troubles = map[string]error{}
	}
	r.troubles[l.name] = err
	var first error
	for _, one := range r.lines() {
		if e := r.troubles[one.name]; e != nil && first == nil {
			if first = e; one.name != "" {
				first = &signoff.Error{Kind: signoff.KindOf(e), Code: signoff.CodeOf(e), Detail: one.From.Address + ": " + detail(e), Err: e}
			}
		}
	}
	r.mu.Unlock()
	r.fares(ctx, "mail out", &r.health.Out, &r.health.OutSince, first)
}
