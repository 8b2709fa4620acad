package mailroom

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// An Errand is a mail that somebody has the server send: it leaves by the usual
// sender, at its pace, like all mail of the server.
type Errand struct {
	Key     string            // the same for the same mail: it is sent once
	By      signoff.Principal // who has it sent; "" the server itself
	To, Cc  []string          // people and groups, or addresses
	Subject string
	Body    string // plain text
}

func (e Errand) key() string { return "errand/" + string(e.By) + "/" + e.Key }

// Send queues one mail for each recipient. It says at its end who had it sent.
// Sent again under its key, it is not sent twice.
func (r *Room) Send(ctx context.Context, e Errand) error {
	footer := "Sent by signoff."
	if e.By != "" {
		names, err := r.People.Names(ctx, []signoff.Principal{e.By})
		if err != nil {
			return err
		}
		footer = "Sent by signoff for " + oneLine(starterName(names[e.By]), maxName) + "."
	}
	mails, err := r.compose(ctx, plain{key: e.key(), by: r.sender(""), to: e.To, cc: e.Cc, subject: e.Subject, body: e.Body, footer: footer})
	if err != nil {
		return err
	}
	if err := r.Store.QueueMail(ctx, mails, nil); err != nil {
		return err
	}
	r.Wake()
	return nil
}

// Sent returns the mails of an errand, by its key and whom it is of: how each of
// them fares. There are none when it was never sent, or is forgotten.
func (r *Room) Sent(ctx context.Context, by signoff.Principal, key string) ([]store.OutMail, error) {
	return r.Store.MailsUnder(ctx, Errand{Key: key, By: by}.key(), 2*maxRecipients)
}
