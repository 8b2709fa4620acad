package exchange

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

var emailProperties = []broker.Property{
	key("Id"), text("subject", "Subject"), text("body", "Body"), yes("html", "Body is HTML"), text("preview", "Preview"),
	text("from", "From"), text("fromName", "Name of the sender"), texts("to", "To"), texts("cc", "Cc"), texts("bcc", "Bcc"), texts("replyTo", "Reply to"),
	at("received", "Received"), at("sent", "Sent"), at("created", "Created"), at("modified", "Changed"),
	yes("read", "Read"), yes("draft", "Draft"), yes("flagged", "Flagged"), yes("hasFiles", "Has attachments"), text("importance", "Importance"), texts("categories", "Categories"),
	text("conversation", "Conversation id"), text("messageId", "Message-ID"), text("folder", "Folder id"), text("link", "Link"), yes("filed", "In Sent Items"),
}

var (
	emailLoaded = []string{"id", "subject", "body", "html", "preview", "from", "fromName", "to", "cc", "bcc", "replyTo", "received", "sent", "created", "modified",
		"read", "draft", "flagged", "hasFiles", "importance", "categories", "conversation", "messageId", "folder", "link"}
	emailSent  = []string{"id", "messageId", "conversation", "filed"}
	emailFiles = broker.Input{Name: "files", Title: "Attachments", Type: broker.File, List: true}
	folderTo   = required(param("to", "To folder", broker.Text, "Id of a folder, or inbox, drafts, sentitems, deleteditems, archive, junkemail."))
)

const sendsText = " Returns the id of the mail in Sent Items, for steps that come later."

var email = object{name: "Email", title: "Email", text: "Mails of a mailbox.", properties: emailProperties, methods: []method{
	{name: "create", title: "Create a draft", kind: broker.Create, outputs: emailLoaded,
		inputs: with(take(emailProperties, "to", "cc", "bcc", "from", "replyTo", "!subject", "body", "html", "importance", "categories"), emailFiles), do: createEmail},
	{name: "send", title: "Send", text: "Sends a new mail." + sendsText, kind: broker.Execute, outputs: emailSent,
		inputs: with(take(emailProperties, "!to", "cc", "bcc", "from", "replyTo", "!subject", "body", "html", "importance", "categories"), emailFiles), do: sendEmail},
	{name: "reply", title: "Reply", text: "Answers the sender." + sendsText, kind: broker.Execute, outputs: emailSent,
		inputs: with(take(emailProperties, "!id", "!body", "html", "to", "cc", "bcc", "from", "subject", "importance"), emailFiles), do: answerEmail(Reply)},
	{name: "replyAll", title: "Reply to all", text: "Answers the sender and all recipients." + sendsText, kind: broker.Execute, outputs: emailSent,
		inputs: with(take(emailProperties, "!id", "!body", "html", "to", "cc", "bcc", "from", "subject", "importance"), emailFiles), do: answerEmail(ReplyAll)},
	{name: "forward", title: "Forward", text: "Sends a mail on to others." + sendsText, kind: broker.Execute, outputs: emailSent,
		inputs: with(take(emailProperties, "!id", "!to", "cc", "bcc", "body", "html", "from", "subject", "importance"), emailFiles), do: answerEmail(Forward)},
	{name: "load", title: "Load", kind: broker.Read, outputs: emailLoaded,
		inputs: with(take(emailProperties, "!id"), param("plain", "Body as plain text", broker.YesNo, "")), do: loadEmail},
	{name: "list", title: "List", text: "Mails of a folder, the newest first.", kind: broker.List, outputs: emailLoaded,
		inputs: []broker.Input{param("folder", "Folder", broker.Text, "Id of a folder, or a well-known name; inbox when empty."), param("search", "Search", broker.Text, "Words, as in Outlook's search box.")}, do: listEmails},
	{name: "update", title: "Update", text: "Changes what is given. In a mail that is no draft only: read, flagged, importance, categories.", kind: broker.Update, outputs: emailLoaded,
		inputs: take(emailProperties, "!id", "read", "flagged", "importance", "categories", "subject", "body", "html", "to", "cc", "bcc"), do: updateEmail},
	{name: "move", title: "Move", kind: broker.Execute, outputs: []string{"id"}, inputs: with(take(emailProperties, "!id"), folderTo), do: placeEmail(Backend.MoveMail)},
	{name: "copy", title: "Copy", kind: broker.Execute, outputs: []string{"id"}, inputs: with(take(emailProperties, "!id"), folderTo), do: placeEmail(Backend.CopyMail)},
	{name: "delete", title: "Delete", kind: broker.Delete, outputs: []string{},
		inputs: with(take(emailProperties, "!id"), param("forGood", "For good", broker.YesNo, "Otherwise it goes to Deleted Items.")), do: deleteEmail},
	{name: "sendDraft", title: "Send a draft", text: "Sends a mail that Create a draft made." + sendsText, kind: broker.Execute, outputs: emailSent, inputs: take(emailProperties, "!id"), do: sendDraft},
}}

// newMail reads what a mail is made of.
func (c *call) newMail() NewMail {
	n := NewMail{Correlation: Correlation(c.Key), To: c.in.addresses("to"), Cc: c.in.addresses("cc"), Bcc: c.in.addresses("bcc"), ReplyTo: c.in.addresses("replyTo"),
		Subject: c.in.text("subject"), Body: c.in.body()}
	if l := c.in.levelOf("importance"); l != nil {
		n.Importance = *l
	}
	if k := c.in.textsOf("categories"); k != nil {
		n.Categories = *k
	}
	from := c.in.addresses("from")
	switch {
	case len(from) == 1:
		n.From = &from[0]
	case len(from) > 1:
		c.in.refuse("from", "is more than one address")
	case c.p.onBehalfOf != "":
		n.From = &Address{Address: c.p.onBehalfOf}
	}
	if len(n.To)+len(n.Cc)+len(n.Bcc) > maxRecipients {
		c.in.refuse("to", "is more than 500 recipients with cc and bcc")
	}
	return n
}

func createEmail(ctx context.Context, c *call) (broker.Result, error) {
	n, files := c.newMail(), c.in.files("files")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	m, err := c.post.Draft(ctx, Outgoing{Trace: Trace{Correlation: n.Correlation}, Again: c.Again, Files: files, Doing: "Making the draft",
		Make: func(ctx context.Context) (Mail, error) { return c.b.Draft(ctx, n) }})
	return single(m, err, emailRow)
}

func sendEmail(ctx context.Context, c *call) (broker.Result, error) {
	n, files := c.newMail(), c.in.files("files")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	r, err := c.post.SendNew(ctx, n, files, c.Again)
	return single(r, err, receiptRow)
}

func answerEmail(how Verb) func(context.Context, *call) (broker.Result, error) {
	return func(ctx context.Context, c *call) (broker.Result, error) {
		id, n, files := c.in.text("id"), c.newMail(), c.in.files("files")
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		r, err := c.post.SendAnswer(ctx, id, how, n, files, c.Again)
		return single(r, err, receiptRow)
	}
}

func sendDraft(ctx context.Context, c *call) (broker.Result, error) {
	id := c.in.text("id")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	r, err := c.post.SendDraft(ctx, id, c.Again)
	return single(r, err, receiptRow)
}

func loadEmail(ctx context.Context, c *call) (broker.Result, error) {
	id, as := c.in.text("id"), With(0)
	if c.in.yesNo("plain") {
		as = PlainBody
	}
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	m, err := c.b.Mail(ctx, id, as)
	return single(m, err, emailRow)
}

func listEmails(ctx context.Context, c *call) (broker.Result, error) {
	q := MailQuery{Query: c.query(), Folder: c.in.text("folder"), Search: c.in.text("search")}
	if q.Search != "" && q.Filter != nil {
		q.Filter = nil // the server does one or the other; the caller filters then
	}
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	page, err := c.b.Mails(ctx, q)
	page.Unfiltered = page.Unfiltered || c.Filter != nil && q.Filter == nil
	return rows(page, err, emailRow)
}

func updateEmail(ctx context.Context, c *call) (broker.Result, error) {
	id := c.in.text("id")
	change := MailChange{Read: c.in.yesNoOf("read"), Flagged: c.in.yesNoOf("flagged"), Importance: c.in.levelOf("importance"), Categories: c.in.textsOf("categories"),
		Subject: c.in.textOf("subject", maxTextBytes), Body: c.in.bodyOf(), To: c.in.addressesOf("to"), Cc: c.in.addressesOf("cc"), Bcc: c.in.addressesOf("bcc")}
	if change == (MailChange{}) {
		c.in.refuse("id", "is all there is: nothing to change")
	}
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	m, err := c.b.ChangeMail(ctx, id, change)
	return single(m, err, emailRow)
}

func placeEmail(how func(Backend, context.Context, string, string) (string, error)) func(context.Context, *call) (broker.Result, error) {
	return func(ctx context.Context, c *call) (broker.Result, error) {
		id, to := c.in.text("id"), c.in.text("to")
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		id, err := how(c.b, ctx, id, to)
		return single(id, err, func(id string) map[string]any { return map[string]any{"id": id} })
	}
}

func deleteEmail(ctx context.Context, c *call) (broker.Result, error) {
	id, forGood := c.in.text("id"), c.in.yesNo("forGood")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	return nothing(unlessRepeated(c, c.b.DeleteMail(ctx, id, forGood)))
}

// unlessRepeated takes "gone" for done when an earlier attempt may have done it.
func unlessRepeated(c *call, err error) error {
	if c.Again && signoff.CodeOf(err) == CodeGone && signoff.KindOf(err) == signoff.NotFound {
		return nil
	}
	return err
}

func receiptRow(r Receipt) map[string]any {
	return map[string]any{"id": r.ID, "messageId": r.MessageID, "conversation": r.Conversation, "filed": r.Filed}
}

func emailRow(m Mail) map[string]any {
	row := map[string]any{"id": m.ID, "subject": m.Subject, "body": m.Body.Text, "html": m.Body.HTML, "preview": m.Preview, "from": m.From.Address, "fromName": m.From.Name,
		"to": bare(m.To), "cc": bare(m.Cc), "bcc": bare(m.Bcc), "replyTo": bare(m.ReplyTo), "read": m.Read, "draft": m.Draft, "flagged": m.Flagged, "hasFiles": m.HasFiles,
		"importance": string(m.Importance), "categories": list(m.Categories), "conversation": m.Conversation, "messageId": m.MessageID, "folder": m.Folder, "link": m.Link}
	moments(row, map[string]time.Time{"received": m.Received, "sent": m.Sent, "created": m.Created, "modified": m.Modified})
	return row
}

// moments writes times; those that are not known stay away.
func moments(row map[string]any, times map[string]time.Time) {
	for name, t := range times {
		if !t.IsZero() {
			row[name] = t.UTC().Format(time.RFC3339Nano)
		}
	}
}

// bare lists addresses without names.
func bare(addresses []Address) []any {
	out := []any{}
	for _, a := range addresses {
		out = append(out, a.Address)
	}
	return out
}

func list(texts []string) []any {
	out := []any{}
	for _, t := range texts {
		out = append(out, t)
	}
	return out
}
