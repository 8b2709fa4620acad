package mailroom

import (
	"context"
	"fmt"
	"log/slog"
	"net/mail"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// An Announcement tells people of something they have to see to that is no task.
// It has one button, which opens a page of ours.
type Announcement struct {
	Key    string              // the same for the same announcement: nobody gets it twice
	To     []signoff.Principal // people and groups
	Title  string
	Text   []string // in paragraphs; may mention people
	Path   string   // of the page: "/connect/…"
	Button string
}

// Announce queues one mail for each person with an address. Who has none finds
// it on the pages.
func (r *Room) Announce(ctx context.Context, a Announcement) error {
	people, err := r.expand(ctx, a.To)
	if err != nil {
		return err
	}
	text, err := r.told(ctx, a.Text)
	if err != nil {
		return err
	}
	var mails []store.OutMail
	for _, p := range people {
		if p.Email, err = plainAddress(p.Email); err != nil {
			r.Log.Info("no usable address for an announcement", slog.String("user", string(p.Principal)))
			continue
		}
		key := "announce/" + a.Key + "/" + string(p.Principal)
		l := letter{to: mail.Address{Name: p.Name, Address: p.Email}, subject: a.Title, messageID: r.messageID(key), date: r.Now().In(r.Location),
			page: page{Title: oneLine(a.Title, maxSubject), Paragraphs: text, Link: r.URL + a.Path, LinkText: a.Button, Footer: []string{"Sent by signoff."}}}
		raw, err := r.render(l)
		if err != nil {
			return fmt.Errorf("compose %s: %w", key, err)
		}
		mails = append(mails, store.OutMail{Key: key, Purpose: "announce", Principal: p.Principal, To: p.Email,
			Subject: oneLine(a.Title, maxSubject), MessageID: l.messageID, Created: r.Now(), Raw: raw})
	}
	if err := r.Store.QueueMail(ctx, mails, nil); err != nil {
		return err
	}
	r.Wake()
	return nil
}

// told puts names in the place of people who are mentioned.
func (r *Room) told(ctx context.Context, text []string) ([]string, error) {
	var who []signoff.Principal
	for _, t := range text {
		signoff.Tell(t, func(p signoff.Principal) string { who = append(who, p); return "" }, r.Location)
	}
	names, err := r.People.Names(ctx, who)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(text))
	for _, t := range text {
		out = append(out, signoff.Tell(t, func(p signoff.Principal) string { return starterName(names[p]) }, r.Location))
	}
	return out, nil
}
