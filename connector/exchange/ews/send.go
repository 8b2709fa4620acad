package ews

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

const maxMIME = 47 << 20 // a request has 64 MB, and base64 makes a third more

// from is who a mail is from: whoever n says, and in somebody else's mailbox its
// owner.
func (b *box) from(n exchange.NewMail) *node {
	switch {
	case n.From != nil:
		return el("t:From", mailboxOut("t:Mailbox", *n.From))
	case b.delegate():
		return el("t:From", mailboxOut("t:Mailbox", exchange.Address{Address: b.address}))
	}
	return nil
}

// Draft implements exchange.Mailer.
func (b *box) Draft(ctx context.Context, n exchange.NewMail) (exchange.Mail, error) {
	m := el("t:Message", txt("t:ItemClass", "IPM.Note"), txt("t:Subject", n.Subject))
	if n.Body != (exchange.Body{}) {
		m.add(bodyOut("t:Body", n.Body))
	}
	m.add(stringsOut("t:Categories", n.Categories), levelOut(n.Importance))
	for _, h := range n.Headers {
		m.add(el("t:ExtendedProperty", headerPath(h.Name), txt("t:Value", h.Value)))
	}
	m.add(correlated(n.Correlation), mailboxes("t:ToRecipients", n.To), mailboxes("t:CcRecipients", n.Cc), mailboxes("t:BccRecipients", n.Bcc))
	if n.ReadReceipt {
		m.add(yesNo("t:IsReadReceiptRequested", true))
	}
	if n.DeliveryNote {
		m.add(yesNo("t:IsDeliveryReceiptRequested", true))
	}
	m.add(b.from(n), mailboxes("t:ReplyTo", n.ReplyTo))
	id, err := b.save(ctx, "Making the draft", m)
	if err != nil {
		return exchange.Mail{}, err
	}
	return b.made(ctx, id)
}

// save makes a draft and returns its id. Sent later, it is found whatever
// happens to the answers.
func (b *box) save(ctx context.Context, doing string, item *node) (string, error) {
	n, err := b.one(ctx, request{doing: doing, need: writing, once: true,
		op: el("m:CreateItem", el("m:SavedItemFolderId", b.wellKnown("drafts")), el("m:Items", item)).with("MessageDisposition", "SaveOnly")})
	if err != nil {
		return "", err
	}
	for _, made := range n.kid("Items").children() {
		id := made.kid("ItemId").attr("Id")
		b.lane.Note(id, made.kid("ItemId").attr("ChangeKey"))
		return id, nil
	}
	return "", exchange.Doubt(doing, errEmpty)
}

// made reads what a draft that was just made is known by.
func (b *box) made(ctx context.Context, id string) (exchange.Mail, error) {
	n, err := b.item(ctx, "Reading the draft", id, "draft", shape(traceFields...), 0)
	if err != nil {
		return exchange.Mail{}, err
	}
	m := n.mail()
	b.lane.Note(m.ID, m.ChangeKey)
	return m, nil
}

// Answer implements exchange.Mailer. What an answer cannot bring with it is laid
// over the draft at once: a draft that can be found is whole.
func (b *box) Answer(ctx context.Context, id string, how exchange.Verb, n exchange.NewMail) (exchange.Mail, error) {
	kind := map[exchange.Verb]string{exchange.Reply: "t:ReplyToItem", exchange.ReplyAll: "t:ReplyAllToItem", exchange.Forward: "t:ForwardItem"}[how]
	if kind == "" {
		return exchange.Mail{}, fmt.Errorf("there is no answer %q", how)
	}
	var made string
	err := b.withKey(ctx, id, "mail", func(ref *node) error {
		answer := el(kind, opt("t:Subject", n.Subject), mailboxes("t:ToRecipients", n.To), mailboxes("t:CcRecipients", n.Cc), mailboxes("t:BccRecipients", n.Bcc))
		if n.ReadReceipt {
			answer.add(yesNo("t:IsReadReceiptRequested", true))
		}
		if n.DeliveryNote {
			answer.add(yesNo("t:IsDeliveryReceiptRequested", true))
		}
		ref.name = "t:ReferenceItemId"
		answer.add(b.from(n), ref)
		if n.Body.Text != "" {
			answer.add(bodyOut("t:NewBodyContent", n.Body))
		}
		var err error
		made, err = b.save(ctx, "Making the answer", answer)
		return err
	})
	if err != nil {
		return exchange.Mail{}, err
	}
	if over := overAnswer(n); len(over) > 0 {
		if err := b.update(ctx, "Writing the answer", made, "draft", over, nil, false); err != nil {
			return exchange.Mail{}, err
		}
	}
	return b.made(ctx, made)
}

// overAnswer is what an answer cannot bring with it.
func overAnswer(n exchange.NewMail) []*node {
	var out []*node
	if len(n.Categories) > 0 {
		out = append(out, update(fieldURI("item:Categories"), "t:Message", stringsOut("t:Categories", n.Categories)))
	}
	if n.Importance != "" {
		out = append(out, update(fieldURI("item:Importance"), "t:Message", levelOut(n.Importance)))
	}
	for _, h := range n.Headers {
		out = append(out, update(headerPath(h.Name), "t:Message", el("t:ExtendedProperty", headerPath(h.Name), txt("t:Value", h.Value))))
	}
	if len(n.ReplyTo) > 0 {
		out = append(out, update(fieldURI("message:ReplyTo"), "t:Message", mailboxes("t:ReplyTo", n.ReplyTo)))
	}
	if n.Correlation != "" {
		out = append(out, update(correlationPath(), "t:Message", correlated(n.Correlation)))
	}
	return out
}

// withKey does something that needs an item's newest change key. When the item
// was changed meanwhile, which is refused before anything is done, it is done
// once more.
func (b *box) withKey(ctx context.Context, id, what string, do func(ref *node) error) error {
	key := b.lane.Noted(id)
	for again := true; ; again = false {
		if key == "" {
			n, err := b.item(ctx, "Reading the "+what, id, what, shape(), 0)
			if err != nil {
				return err
			}
			key = n.kid("ItemId").attr("ChangeKey")
		}
		ref, err := itemID("t:ItemId", id, key, what)
		if err != nil {
			return err
		}
		if err = do(ref); !again || !slices.Contains(stale, codeOf(err)) || exchange.Doubtful(err) {
			return err
		}
		b.lane.Note(id, "")
		key = ""
	}
}

var stale = []string{"errorirresolvableconflict", "errorstaleobject", "errorchangekeyrequired", "errorinvalidchangekey", "errorchangekeyrequiredforwriteoperations"}

// SendDraft implements exchange.Mailer. The copy in sent items has another id,
// which is found later.
func (b *box) SendDraft(ctx context.Context, id string) (string, error) {
	err := b.withKey(ctx, id, "mail", func(ref *node) error {
		_, err := b.one(ctx, request{doing: "Sending the mail", need: sending, once: true,
			op: el("m:SendItem", el("m:ItemIds", ref), el("m:SavedItemFolderId", b.wellKnown("sentitems"))).with("SaveItemToFolder", "true")})
		return err
	})
	if err == nil || exchange.Gone(err) {
		b.lane.Note(id, "")
	}
	return "", err
}

// SendMIME implements exchange.Mailer: the mail becomes a draft first, so that it
// can be found whatever happens.
func (b *box) SendMIME(ctx context.Context, raw []byte, correlation string) error {
	if len(raw) > maxMIME {
		return &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge, Hint: "Send it with fewer or smaller files, or over SMTP.",
			Detail: fmt.Sprintf("The mail has %d bytes, and Exchange Web Services take one of %d MB.", len(raw), maxMIME>>20)}
	}
	m := el("t:Message", txt("t:MimeContent", base64.StdEncoding.EncodeToString(raw)).with("CharacterSet", "UTF-8"), correlated(correlation))
	id, err := b.save(ctx, "Handing over the mail", m)
	if err != nil {
		return err
	}
	_, err = b.SendDraft(ctx, id)
	return err
}

// Find implements exchange.Mailer.
func (b *box) Find(ctx context.Context, t exchange.Trace) (exchange.Found, error) {
	if t.ID != "" {
		n, err := b.item(ctx, "Looking for the mail", t.ID, "mail", shape(traceFields...), 0)
		if err == nil {
			return b.found(ctx, n)
		}
		if !exchange.Gone(err) {
			return exchange.Found{}, err
		}
	}
	var conditions []*node
	if t.Correlation != "" {
		conditions = append(conditions, isEqual(correlationPath(), t.Correlation))
	}
	if t.MessageID != "" {
		conditions = append(conditions, isMessageID(t.MessageID))
	}
	for _, condition := range conditions {
		// Sent items first: a draft too many may be left beside what was sent.
		all, err := b.search(ctx, condition, []*node{b.wellKnown("sentitems"), b.wellKnown("outbox"), b.wellKnown("drafts")})
		if err == nil && len(all) == 0 {
			all, err = b.searchAll(ctx, condition)
		}
		if err != nil {
			return exchange.Found{}, err
		}
		if len(all) > 0 {
			return b.found(ctx, all[0])
		}
	}
	return exchange.Found{}, nil
}

func isEqual(path *node, value string) *node {
	return el("t:IsEqualTo", path, el("t:FieldURIOrConstant", el("t:Constant").with("Value", value)))
}

func isMessageID(id string) *node { return isEqual(fieldURI("message:InternetMessageId"), id) }

// search finds mails in folders, in the folders' order. Folders that are not there
// hold none.
func (b *box) search(ctx context.Context, condition *node, folders []*node) ([]*node, error) {
	r := request{doing: "Looking for the mail", need: reading, items: len(folders), op: el("m:FindItem", shape(traceFields...),
		el("m:IndexedPageItemView").with("MaxEntriesReturned", "1").with("Offset", "0").with("BasePoint", "Beginning"),
		el("m:Restriction", condition), el("m:ParentFolderIds", folders...)).with("Traversal", "Shallow")}
	all, err := b.do(ctx, r)
	if err != nil {
		return nil, err
	}
	var out []*node
	for _, m := range all {
		switch {
		case m.refusal == nil:
			out = append(out, m.kid("RootFolder", "Items").children()...)
		case !gone(m.refusal):
			return nil, b.explain(r, m.refusal)
		}
	}
	return out, nil
}

const mostSearched = 100 // folders

// searchAll looks for what somebody has moved away, in the folders there are.
func (b *box) searchAll(ctx context.Context, condition *node) ([]*node, error) {
	n, err := b.one(ctx, request{doing: "Looking for the mail", need: reading, op: el("m:FindFolder", el("m:FolderShape", txt("t:BaseShape", "IdOnly")),
		el("m:IndexedPageFolderView").with("MaxEntriesReturned", fmt.Sprint(mostSearched)).with("Offset", "0").with("BasePoint", "Beginning"),
		el("m:ParentFolderIds", b.wellKnown("msgfolderroot"))).with("Traversal", "Deep")})
	if err != nil {
		return nil, err
	}
	var folders []*node
	for _, f := range n.kid("RootFolder", "Folders").children() {
		if id := f.kid("FolderId").attr("Id"); f.name == "Folder" && id != "" {
			folders = append(folders, el("t:FolderId").with("Id", id))
		}
	}
	for some := range slices.Chunk(folders, batch) {
		if all, err := b.search(ctx, condition, some); err != nil || len(all) > 0 {
			return all, err
		}
	}
	return nil, nil
}

// found tells the state of a mail. What is in the outbox, or submitted, is on its
// way, whether or not it still counts as a draft there.
func (b *box) found(ctx context.Context, n *node) (exchange.Found, error) {
	outbox, err := b.lane.Outbox(ctx, b)
	if err != nil {
		return exchange.Found{}, err
	}
	out := exchange.Found{State: exchange.Sent, Mail: n.mail()}
	switch {
	case outbox != "" && out.Mail.Folder == outbox, out.Mail.Draft && n.truth("IsSubmitted"):
		out.State = exchange.Waiting
	case out.Mail.Draft:
		out.State = exchange.InDraft
	}
	return out, nil
}
