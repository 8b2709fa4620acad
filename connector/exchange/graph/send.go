package graph

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

// Draft implements exchange.Mailer.
func (b *box) Draft(ctx context.Context, n exchange.NewMail) (exchange.Mail, error) {
	var m message
	err := b.do(ctx, request{doing: "Making the draft", method: "POST", path: "/messages", body: newMessage(n), into: &m, need: mailWrite, once: true})
	return m.mail(), err
}

// Answer implements exchange.Mailer. What the mail says and what it is found by
// are laid over the draft at once: a draft that can be found is whole.
func (b *box) Answer(ctx context.Context, id string, how exchange.Verb, n exchange.NewMail) (exchange.Mail, error) {
	at, err := segment(id, "mail")
	if err != nil {
		return exchange.Mail{}, err
	}
	action := map[exchange.Verb]string{exchange.Reply: "createReply", exchange.ReplyAll: "createReplyAll", exchange.Forward: "createForward"}[how]
	if action == "" {
		return exchange.Mail{}, fmt.Errorf("there is no answer %q", how)
	}
	over := newMessage(n)
	made := map[string]any{}
	if len(over.Headers) > 0 { // these can be set only when a mail is made
		made["message"] = message{Headers: over.Headers}
		over.Headers = nil
	}
	var draft message
	err = b.do(ctx, request{doing: "Making the answer", method: "POST", path: "/messages/" + at + "/" + action, body: made, into: &draft, need: mailWrite, once: true})
	if err != nil {
		return exchange.Mail{}, err
	}
	if over.Body != nil {
		over.Body = above(n.Body, draft.Body.in())
	}
	if at, err = segment(draft.ID, "draft"); err != nil {
		return exchange.Mail{}, err
	}
	var out message
	err = b.do(ctx, request{doing: "Writing the answer", method: "PATCH", path: "/messages/" + at, body: over, into: &out, need: mailWrite})
	if err != nil {
		b.discard(ctx, draft.ID)
	}
	return out.mail(), err
}

var bodyTag = regexp.MustCompile(`(?i)<body[^>]*>`)

// above puts a text over the one that it answers.
func above(own, quote exchange.Body) *itemBody {
	if !own.HTML && !quote.HTML {
		return bodyOut(exchange.Body{Text: own.Text + "\r\n\r\n" + quote.Text})
	}
	if !own.HTML {
		own.Text = asHTML(own.Text)
	}
	if !quote.HTML {
		quote.Text = asHTML(quote.Text)
	}
	own.Text = "<div>" + own.Text + "</div>"
	if place := bodyTag.FindStringIndex(quote.Text); place != nil {
		return &itemBody{"html", quote.Text[:place[1]] + own.Text + quote.Text[place[1]:]}
	}
	return &itemBody{"html", own.Text + "<br>" + quote.Text}
}

// asHTML writes plain text as HTML, lines kept.
func asHTML(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "<br>\n")
}

// SendDraft implements exchange.Mailer. The immutable id stays.
func (b *box) SendDraft(ctx context.Context, id string) (string, error) {
	at, err := segment(id, "mail")
	if err != nil {
		return "", err
	}
	return id, b.do(ctx, request{doing: "Sending the mail", method: "POST", path: "/messages/" + at + "/send", need: mailSend, once: true})
}

// SendMIME implements exchange.Mailer: the mail becomes a draft first, so that
// it can be found whatever happens. Who may send and not write sends at once.
func (b *box) SendMIME(ctx context.Context, raw []byte, correlation string) error {
	if len(raw) > maxMIME {
		return &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge,
			Detail: fmt.Sprintf("The mail has %d bytes, and Microsoft Graph takes one of %d MB in one piece.", len(raw), maxMIME>>20),
			Hint:   "Send it with fewer or smaller files, or over SMTP or Exchange Web Services."}
	}
	text := base64.StdEncoding.EncodeToString(raw)
	var m message
	err := b.do(ctx, request{doing: "Handing over the mail", method: "POST", path: "/messages", body: text, into: &m, need: mailWrite, once: true})
	switch {
	case signoff.CodeOf(err) == exchange.CodeDenied:
		return b.do(ctx, request{doing: "Sending the mail", method: "POST", path: "/sendMail", body: text, need: mailSend, once: true})
	case err != nil:
		return err
	}
	at, err := segment(m.ID, "mail")
	if err != nil {
		return err
	}
	if correlation != "" {
		err = b.do(ctx, request{doing: "Marking the mail", method: "PATCH", path: "/messages/" + at, body: message{Properties: correlated(correlation)}, need: mailWrite})
		if err != nil {
			b.discard(ctx, m.ID)
			return err
		}
	}
	if _, err = b.SendDraft(ctx, m.ID); err != nil && !exchange.Doubtful(err) {
		b.discard(ctx, m.ID)
	}
	return err
}

// discard deletes a draft that nobody will send. Left over, it does no harm.
func (b *box) discard(ctx context.Context, id string) {
	_ = b.DeleteMail(context.WithoutCancel(ctx), id, true)
}

// Find implements exchange.Mailer.
func (b *box) Find(ctx context.Context, t exchange.Trace) (exchange.Found, error) {
	if t.ID != "" {
		m, err := b.read(ctx, t.ID, traceFields, nil)
		if err == nil {
			return b.found(ctx, m)
		}
		if !exchange.Gone(err) {
			return exchange.Found{}, err
		}
	}
	var conditions []string
	if t.Correlation != "" {
		conditions = append(conditions, fmt.Sprintf("singleValueExtendedProperties/any(ep: ep/id eq %s and ep/value eq %s)", quoted(correlationID), quoted(t.Correlation)))
	}
	if t.MessageID != "" {
		conditions = append(conditions, "internetMessageId eq "+quoted(t.MessageID))
	}
	for _, condition := range conditions {
		// Sent items first: a draft too many may be left beside what was sent. The
		// last looks everywhere, for what somebody has moved away.
		for _, folder := range []string{"/mailFolders/sentitems", "/mailFolders/outbox", "/mailFolders/drafts", ""} {
			m, err := b.first(ctx, folder, condition)
			if exchange.Gone(err) {
				continue
			}
			if err != nil {
				return exchange.Found{}, err
			}
			if m != nil {
				return b.found(ctx, *m)
			}
		}
	}
	return exchange.Found{}, nil
}

// first is a mail in a folder that a condition holds for.
func (b *box) first(ctx context.Context, folder, condition string) (*message, error) {
	var list listOf[message]
	err := b.do(ctx, request{doing: "Looking for the mail", method: "GET", path: folder + "/messages",
		query: url.Values{"$filter": {condition}, "$select": {traceFields}, "$top": {"1"}}, into: &list, need: mailRead})
	if err != nil || len(list.Value) == 0 {
		return nil, err
	}
	return &list.Value[0], nil
}

// found tells the state of a mail. What is in the outbox is on its way, whether
// or not it still counts as a draft there.
func (b *box) found(ctx context.Context, m message) (exchange.Found, error) {
	outbox, err := b.lane.Outbox(ctx, b)
	if err != nil {
		return exchange.Found{}, err
	}
	out := exchange.Found{State: exchange.Sent, Mail: m.mail()}
	switch {
	case outbox != "" && m.ParentFolderID == outbox:
		out.State = exchange.Waiting
	case m.IsDraft:
		out.State = exchange.InDraft
	}
	return out, nil
}
