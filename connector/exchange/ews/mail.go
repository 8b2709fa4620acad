package ews

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// What is read of a mail: as much as tells it apart, or all.
var (
	traceFields = []string{"item:ParentFolderId", "item:Subject", "item:IsSubmitted", "item:IsDraft", "item:DateTimeSent", "item:ConversationId", "message:InternetMessageId"}
	syncFields  = append([]string{"item:DateTimeReceived", "message:From", "message:Sender", "message:IsRead"}, traceFields...)
	mailFields  = append([]string{"item:Body", "item:Categories", "item:Importance", "item:HasAttachments", "item:DateTimeCreated", "item:LastModifiedTime",
		"item:WebClientReadFormQueryString", "message:ToRecipients", "message:CcRecipients", "message:BccRecipients", "message:ReplyTo"}, syncFields...)
	newerFields = []string{"item:Flag", "item:Preview"} // since Exchange 2013
)

// mail reads an item. Those that are no mails, as invitations and reports, are
// read as far as they are like one.
func (n *node) mail() exchange.Mail {
	m := exchange.Mail{ID: n.kid("ItemId").attr("Id"), ChangeKey: n.kid("ItemId").attr("ChangeKey"), MessageID: n.val("InternetMessageId"),
		Conversation: n.kid("ConversationId").attr("Id"), Folder: n.kid("ParentFolderId").attr("Id"), From: n.kid("From", "Mailbox").address(), Sender: n.kid("Sender", "Mailbox").address(),
		To: n.addresses("ToRecipients"), Cc: n.addresses("CcRecipients"), Bcc: n.addresses("BccRecipients"), ReplyTo: n.addresses("ReplyTo"),
		Subject: n.whole("Subject"), Body: n.body("Body"), Unique: n.body("UniqueBody"), Preview: n.val("Preview"), Importance: levelIn(n.val("Importance")),
		Categories: n.strings("Categories"), Flagged: n.val("Flag", "FlagStatus") == "Flagged", Read: n.truth("IsRead"), Draft: n.truth("IsDraft"),
		HasFiles: n.truth("HasAttachments"), Sent: n.moment("DateTimeSent"), Received: n.moment("DateTimeReceived"), Created: n.moment("DateTimeCreated"),
		Modified: n.moment("LastModifiedTime"), Link: n.val("WebClientReadFormQueryString")}
	for _, h := range n.kid("InternetMessageHeaders").children() {
		m.Headers = append(m.Headers, exchange.Header{Name: h.attr("HeaderName"), Value: h.text})
	}
	return m
}

// mailShape is the shape that a With asks for.
func (b *box) mailShape(with exchange.With) *node {
	fields := slices.Clone(mailFields)
	if b.s.schema() < 2 {
		fields = append(fields, newerFields...)
	}
	if with&exchange.WithHeaders != 0 {
		fields = append(fields, "item:InternetMessageHeaders")
	}
	if with&exchange.WithUnique != 0 {
		fields = append(fields, "item:UniqueBody")
	}
	s := shape(fields...)
	kind := "Best"
	if with&exchange.PlainBody != 0 {
		kind = "Text"
	}
	return el(s.name, s.kids[0], txt("t:BodyType", kind), s.kids[1])
}

// item reads one item.
func (b *box) item(ctx context.Context, doing, id, what string, shape *node, limit int64) (*node, error) {
	at, err := itemID("t:ItemId", id, "", what)
	if err != nil {
		return nil, err
	}
	n, err := b.one(ctx, request{doing: doing, need: reading, limit: limit, op: el("m:GetItem", shape, el("m:ItemIds", at))})
	if err != nil {
		return nil, err
	}
	for _, item := range n.kid("Items").children() {
		return item, nil
	}
	return nil, errEmpty
}

// items reads items by the batch, in the order of their ids. Those that are gone
// meanwhile are left out.
func (b *box) items(ctx context.Context, doing string, ids []string, shape *node) ([]*node, error) {
	var out []*node
	for some := range slices.Chunk(ids, batch) {
		r := request{doing: doing, need: reading, items: len(some), op: el("m:GetItem", shape, itemIDs(some))}
		all, err := b.do(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, m := range all {
			switch {
			case m.refusal == nil:
				out = append(out, m.kid("Items").children()...)
			case !gone(m.refusal):
				return nil, b.explain(r, m.refusal)
			}
		}
	}
	return out, nil
}

// Mail implements exchange.Mailer.
func (b *box) Mail(ctx context.Context, id string, with exchange.With) (exchange.Mail, error) {
	n, err := b.item(ctx, "Reading the mail", id, "mail", b.mailShape(with), 0)
	if err != nil {
		return exchange.Mail{}, err
	}
	return n.mail(), nil
}

// Mails implements exchange.Mailer: their ids first, for a list has no bodies.
func (b *box) Mails(ctx context.Context, q exchange.MailQuery) (exchange.Page[exchange.Mail], error) {
	out := exchange.Page[exchange.Mail]{Items: []exchange.Mail{}}
	folder := q.Folder
	if folder == "" {
		folder = "inbox"
	}
	f := find{doing: "Listing mails", folder: folder, query: q.Query, by: "item:DateTimeReceived", search: q.Search}
	var filtered bool
	if f.restriction, filtered = translate(q.Filter, mailProperties); q.Search != "" {
		f.restriction, filtered = nil, q.Filter == nil
	}
	out.Unfiltered = !filtered
	ids, next, err := b.ids(ctx, f)
	if err != nil {
		return out, err
	}
	list, err := b.items(ctx, f.doing, ids, b.mailShape(q.With))
	for _, n := range list {
		out.Items = append(out.Items, n.mail())
	}
	out.Next = next
	return out, err
}

// find is a list of items of a folder, the newest first.
type find struct {
	doing       string
	folder      string
	query       exchange.Query
	restriction *node
	search      string
	by          string // the property that is ordered by
}

func (b *box) ids(ctx context.Context, f find) (ids []string, next string, err error) {
	at, err := b.folderID(ctx, f.folder)
	if err != nil {
		return nil, "", err
	}
	view, err := b.view("m:IndexedPageItemView", f.query)
	if err != nil {
		return nil, "", err
	}
	op := el("m:FindItem", shape(), view).with("Traversal", "Shallow")
	if f.restriction != nil {
		op.add(el("m:Restriction", f.restriction))
	}
	op.add(el("m:SortOrder", el("t:FieldOrder", fieldURI(f.by)).with("Order", "Descending")), el("m:ParentFolderIds", at), opt("m:QueryString", f.search))
	n, err := b.one(ctx, request{doing: f.doing, need: reading, op: op})
	if err != nil {
		return nil, "", err
	}
	root := n.kid("RootFolder")
	for _, item := range root.kid("Items").children() {
		if id := item.kid("ItemId").attr("Id"); id != "" {
			ids = append(ids, id)
		}
	}
	next, err = nextPage(root, f.query)
	return ids, next, err
}

// ChangeMail implements exchange.Mailer.
func (b *box) ChangeMail(ctx context.Context, id string, c exchange.MailChange) (exchange.Mail, error) {
	u := updates{kind: "t:Message"}
	set := u.set
	u.common(c.Subject, c.Body, c.Categories, c.Importance)
	if c.Flagged != nil {
		status := map[bool]string{true: "Flagged", false: "NotFlagged"}[*c.Flagged]
		set("item:Flag", el("t:Flag", txt("t:FlagStatus", status)))
	}
	for _, l := range []struct {
		name string
		list *[]exchange.Address
	}{{"ToRecipients", c.To}, {"CcRecipients", c.Cc}, {"BccRecipients", c.Bcc}} {
		if l.list != nil {
			set("message:"+l.name, mailboxes("t:"+l.name, *l.list))
		}
	}
	if c.Read != nil {
		set("message:IsRead", yesNo("t:IsRead", *c.Read))
	}
	if len(u.list) > 0 {
		if err := b.update(ctx, "Changing the mail", id, "mail", u.list, nil, false); err != nil {
			return exchange.Mail{}, err
		}
	}
	return b.Mail(ctx, id, 0)
}

// updates are what is to change in an item of a kind.
type updates struct {
	kind string
	list []*node
}

func (u *updates) set(uri string, value *node) {
	u.list = append(u.list, update(fieldURI(uri), u.kind, value))
}

// common sets what mails, appointments and tasks have alike; nil stays as it is.
func (u *updates) common(subject *string, body *exchange.Body, categories *[]string, importance *exchange.Level) {
	if subject != nil {
		u.set("item:Subject", txt("t:Subject", *subject))
	}
	if body != nil {
		u.set("item:Body", bodyOut("t:Body", *body))
	}
	if categories != nil {
		u.set("item:Categories", stringsOut("t:Categories", *categories))
	}
	if importance != nil {
		u.set("item:Importance", levelOut(*importance))
	}
}

// update lays updates over an item. It has the same end when it is done twice,
// unless somebody is told of it, which more says.
func (b *box) update(ctx context.Context, doing, id, what string, updates []*node, more []attr, once bool) error {
	at, err := itemID("t:ItemId", id, "", what)
	if err != nil {
		return err
	}
	op := el("m:UpdateItem", el("m:ItemChanges", el("t:ItemChange", at, el("t:Updates", updates...)))).with("ConflictResolution", "AlwaysOverwrite").with("MessageDisposition", "SaveOnly")
	if b.s.schema() < 2 {
		op.with("SuppressReadReceipts", "true")
	}
	op.attrs = append(op.attrs, more...)
	n, err := b.one(ctx, request{doing: doing, need: writing, once: once, op: op})
	if err != nil {
		return err
	}
	for _, item := range n.kid("Items").children() {
		b.lane.Note(id, item.kid("ItemId").attr("ChangeKey"))
	}
	return nil
}

// CopyMail implements exchange.Mailer.
func (b *box) CopyMail(ctx context.Context, id, folder string) (string, error) {
	return b.relocate(ctx, request{doing: "Copying the mail", once: true}, "m:CopyItem", id, folder)
}

// MoveMail implements exchange.Mailer. Moving gives a mail another id: when the
// answer that tells it is lost, the mail is looked for where it should be.
func (b *box) MoveMail(ctx context.Context, id, folder string) (string, error) {
	before, err := b.item(ctx, "Reading the mail", id, "mail", shape(traceFields...), 0)
	if err != nil {
		return "", err
	}
	r := request{doing: "Moving the mail", once: true}
	for range 2 {
		var moved string
		if moved, err = b.relocate(ctx, r, "m:MoveItem", id, folder); !exchange.Doubtful(err) {
			return moved, err
		}
		if e := b.s.pause(ctx, traffic.Backoff(1)); e != nil {
			return "", err
		}
		there, e := b.item(ctx, r.doing, id, "mail", shape("item:ParentFolderId"), 0)
		switch {
		case e != nil && !exchange.Gone(e):
			return "", err
		case e != nil:
			return b.whereItWent(ctx, folder, before.mail(), err)
		case there.kid("ParentFolderId").attr("Id") != before.kid("ParentFolderId").attr("Id"):
			return id, nil
		}
	}
	return "", err
}

// whereItWent finds a mail by its Message-ID in the folder it was moved to.
func (b *box) whereItWent(ctx context.Context, folder string, m exchange.Mail, doubt error) (string, error) {
	if m.MessageID == "" {
		return "", doubt
	}
	at, err := b.folderID(ctx, folder)
	if err != nil {
		return "", doubt
	}
	found, err := b.search(ctx, isMessageID(m.MessageID), []*node{at})
	if err != nil || len(found) == 0 {
		return "", doubt
	}
	return found[0].mail().ID, nil
}

func (b *box) relocate(ctx context.Context, r request, op, id, folder string) (string, error) {
	at, err := itemID("t:ItemId", id, "", "mail")
	if err != nil {
		return "", err
	}
	to, err := b.folderID(ctx, folder)
	if err != nil {
		return "", err
	}
	r.need, r.op = writing, el(op, el("m:ToFolderId", to), el("m:ItemIds", at), txt("m:ReturnNewItemIds", "true"))
	n, err := b.one(ctx, r)
	if err != nil {
		return "", err
	}
	for _, item := range n.kid("Items").children() {
		return item.kid("ItemId").attr("Id"), nil
	}
	return "", errEmpty
}

// DeleteMail implements exchange.Mailer.
func (b *box) DeleteMail(ctx context.Context, id string, forGood bool) error {
	return b.delete(ctx, "Deleting the mail", id, "mail", forGood)
}

func (b *box) delete(ctx context.Context, doing, id, what string, forGood bool, more ...attr) error {
	at, err := itemID("t:ItemId", id, "", what)
	if err != nil {
		return err
	}
	op := el("m:DeleteItem", el("m:ItemIds", at)).with("DeleteType", deleteType(forGood))
	op.attrs = append(op.attrs, more...)
	_, err = b.one(ctx, request{doing: doing, need: writing, goneIsDone: true, op: op})
	return err
}

// Raw implements exchange.Mailer.
func (b *box) Raw(ctx context.Context, id string, limit int64) ([]byte, error) {
	tooLarge := &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge, Detail: fmt.Sprintf("The mail is larger than %d bytes.", limit)}
	shape := el("m:ItemShape", txt("t:BaseShape", "IdOnly"), txt("t:IncludeMimeContent", "true"))
	n, err := b.item(ctx, "Reading the mail", id, "mail", shape, inBase64(limit))
	if signoff.CodeOf(err) == exchange.CodeTooLarge {
		return nil, tooLarge
	}
	if err != nil {
		return nil, err
	}
	raw, err := decoded(n.whole("MimeContent"))
	switch {
	case err != nil || len(raw) == 0:
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange, Err: err, Detail: "The mail as it travelled is missing in the answer, or cannot be read."}
	case int64(len(raw)) > limit:
		return nil, tooLarge
	}
	return raw, nil
}

// inBase64 is how large an answer is at most that holds so many bytes.
func inBase64(n int64) int64 { return n/3*4 + n/50 + 64<<10 }

// decoded reads base64 as XML has it, with white space inside.
func decoded(text string) ([]byte, error) {
	if strings.ContainsAny(text, " \t\r\n") {
		text = strings.Join(strings.Fields(text), "")
	}
	return base64.StdEncoding.DecodeString(text)
}
