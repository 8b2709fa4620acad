package inhouse

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/store"
)

var mailHas = properties(broker.Property{Name: "id", Title: "Id", Type: broker.Text, Key: true},
	broker.Property{Name: "to", Title: "To", Type: broker.Text, List: true}, broker.Property{Name: "cc", Title: "Copy to", Type: broker.Text, List: true},
	property("subject", "Subject", broker.Text), property("body", "Text", broker.Text),
	property("state", "State: queued, sent, doubtful, failed or bounced", broker.Text), property("error", "What went wrong", broker.Text), property("sent", "When the last copy was sent", broker.Moment))

// mail is the service type of this server's own mail.
func (h *House) mail() *kind {
	return &kind{house: h,
		about: broker.About{Name: "mail", Title: "Mail", Modes: []broker.Mode{broker.NoSignIn},
			Text: "Mail of this server: it leaves from the server's own address, at its pace, and says at its end who had it sent."},
		objects: []object{
			{broker.Object{Name: "Mail", Title: "Mail", Text: "A mail that whoever calls has the server send", Properties: mailHas}, []method{
				{broker.Method{Name: "send", Title: "Send a mail", Kind: broker.Create, Outputs: []string{"id", "state"}, Inputs: []broker.Input{
					{Name: "to", Required: true, Text: "logins, groups or mail addresses"}, {Name: "cc", Text: "likewise"}, {Name: "subject", Required: true},
					{Name: "body", Text: "plain text; an empty line begins a paragraph"}}}, sendMail},
				{broker.Method{Name: "load", Title: "Say what became of one", Kind: broker.Read, Inputs: []broker.Input{{Name: "id", Required: true}},
					Outputs: []string{"id", "to", "subject", "state", "error", "sent"}}, loadMail},
			}},
		},
		try: func(ctx context.Context, c *call) (string, error) {
			room, err := c.room()
			if err != nil {
				return "", err
			}
			health, err := room.Health(ctx)
			if err == nil && health.Out != "" {
				err = &signoff.Error{Kind: signoff.Unavailable, Code: "no-mail", Detail: "no mail leaves: " + health.Out, Hint: "look at Manage › Mail"}
			}
			return "mail leaves from " + room.From.Address, err
		}}
}

func (c *call) room() (*mailroom.Room, error) {
	if c.house.Mail != nil {
		if room := c.house.Mail(); room != nil {
			return room, nil
		}
	}
	return nil, &signoff.Error{Kind: signoff.Invalid, Code: "no-mail", Detail: "this server has no mailbox to send from", Hint: "an administrator connects one under Manage › Mail"}
}

// Limits of a mail that is sent over a service.
const (
	maxTo   = 200
	maxBody = 200_000 // bytes
)

// sendMail queues a mail, once for each key of a call.
func sendMail(ctx context.Context, c *call) (broker.Result, error) {
	room, err := c.room()
	if err != nil {
		return broker.Result{}, err
	}
	e := mailroom.Errand{Key: rand.Text(), By: c.by.Principal, Subject: c.text("subject"), Body: c.text("body")}
	if c.Key != "" {
		sum := sha256.Sum256([]byte(c.service + "/" + c.Key))
		e.Key = base64.RawURLEncoding.EncodeToString(sum[:18])
	}
	switch {
	case strings.TrimSpace(e.Subject) == "":
		return broker.Result{}, badInput("subject", "is needed", "")
	case len(e.Body) > maxBody:
		return broker.Result{}, badInput("body", fmt.Sprintf("is longer than %d bytes", maxBody), "")
	case len(c.texts("to"))+len(c.texts("cc")) > maxTo:
		return broker.Result{}, badInput("to", fmt.Sprintf("has more than %d recipients", maxTo), "write to a group")
	}
	if e.To, err = c.recipients(ctx, "to"); err == nil {
		e.Cc, err = c.recipients(ctx, "cc")
	}
	if err == nil {
		err = room.Send(ctx, e)
	}
	if err != nil {
		return broker.Result{}, err
	}
	return broker.Result{Row: map[string]any{"id": e.Key, "state": string(store.MailQueued)}}, nil
}

// recipients are those of an input as the mailroom takes them.
func (c *call) recipients(ctx context.Context, input string) (out []string, err error) {
	for _, text := range c.texts(input) {
		if text = strings.TrimSpace(text); strings.Contains(text, "@") {
			out = append(out, text)
			continue
		}
		asked := []string{text, "group:" + strings.TrimPrefix(text, "group:")}
		found, err := c.house.People.Resolve(ctx, asked)
		if err != nil {
			return nil, err
		}
		who := slices.Concat(found[asked[0]], found[asked[1]])
		if len(who) == 0 {
			return nil, badInput(input, "nobody is called "+short(text), "write a login, the name of a group or a mail address")
		}
		out = append(out, string(who[0].Principal))
	}
	return out, nil
}

func short(text string) string {
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}

// loadMail tells whoever sent a mail how it fares: as the worst of its copies.
func loadMail(ctx context.Context, c *call) (broker.Result, error) {
	room, err := c.room()
	if err != nil {
		return broker.Result{}, err
	}
	all, err := room.Sent(ctx, c.by.Principal, c.text("id"))
	if err != nil {
		return broker.Result{}, err
	}
	if len(all) == 0 {
		return broker.Result{}, &signoff.Error{Kind: signoff.NotFound, Code: "service-row-not-found", Detail: "you have sent no mail with that id, or it was long ago"}
	}
	var to []string
	for _, m := range all {
		to = append(to, m.To)
	}
	worst := all[0]
	for _, m := range all[1:] {
		if badness(m) > badness(worst) || badness(m) == badness(worst) && m.Since.After(worst.Since) {
			worst = m
		}
	}
	row := map[string]any{"id": c.text("id"), "to": listOf(to), "subject": worst.Subject, "state": stateOf(worst), "error": orNothing(worst.Error)}
	if worst.Bounce != "" {
		row["error"] = worst.Bounce
	}
	if worst.State == store.MailSent {
		row["sent"] = moment(worst.Since)
	}
	return broker.Result{Row: row}, nil
}

func stateOf(m store.OutMail) string {
	switch {
	case m.Bounce != "":
		return "bounced"
	case m.State == store.MailSending:
		return string(store.MailQueued)
	}
	return string(m.State)
}

func badness(m store.OutMail) int {
	return slices.Index([]string{"sent", "queued", "doubtful", "bounced", "failed"}, stateOf(m))
}
