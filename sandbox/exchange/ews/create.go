package ews

import (
	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// createItem makes items, sends them, or both. Only SaveOnly gives an id back:
// what was sent has none yet.
func createItem(c *call, op *node) (*node, error) {
	return c.each("CreateItem", op.kid("m:Items").kids, none("m:Items"), func(n *node) ([]*node, error) {
		switch n.name {
		case "t:Message":
			return c.createMail(op, n)
		case "t:ReplyToItem", "t:ReplyAllToItem", "t:ForwardItem":
			return c.createAnswer(op, n)
		case "t:CancelCalendarItem", "t:AcceptItem", "t:TentativelyAcceptItem", "t:DeclineItem":
			return c.answerMeeting(op, n)
		case "t:CalendarItem":
			return c.createEvent(op, n)
		case "t:Contact":
			return c.createContact(op, n)
		case "t:Task":
			return c.createTask(op, n)
		}
		return nil, refuse("ErrorInvalidItemForOperationCreateItem")
	})
}

func (c *call) draftOf(e *exchange.Edit) *draft {
	return &draft{e: e, fresh: true, zone: zoneOf(c.env.zone)}
}

// savedFolder is where an item goes that says so, or a usual place.
func (c *call) savedFolder(op *node, usual string) (*exchange.Mailbox, exchange.Folder, error) {
	if n := op.kid("m:SavedItemFolderId"); n != nil {
		return c.folder(n)
	}
	return c.folder(el("t:DistinguishedFolderId", attr{"Id", usual}))
}

// sender is the mailbox that mail goes out from.
func (c *call) sender() (*exchange.Mailbox, error) {
	if c.box == nil {
		return nil, refuse("ErrorMissingEmailAddress")
	}
	return c.box, nil
}

func (c *call) createMail(op, n *node) ([]*node, error) {
	fill := func(e *exchange.Edit) error { return c.draftOf(e).setAll(n) }
	raw, err := mimeContent(n)
	if err != nil {
		return nil, err
	}
	if class := n.val("t:ItemClass"); class != "" && class != exchange.ClassMail && len(class) < 9 {
		return nil, refuse("ErrorInvalidItemForOperationCreateItem")
	}
	switch op.attr("MessageDisposition") {
	case "":
		return nil, refuse("ErrorMessageDispositionRequired")
	case "SaveOnly":
		box, folder, err := c.savedFolder(op, exchange.Drafts)
		if err != nil {
			return nil, err
		}
		it, err := save(box, folder, raw, fill)
		if err != nil {
			return nil, err
		}
		return []*node{el("m:Items", (&itemView{Item: it, box: box}).brief())}, nil
	case "SendOnly":
		box, err := c.sender()
		if err == nil {
			err = send(box, raw, fill, exchange.SendOptions{NoCopy: true})
		}
		return []*node{el("m:Items")}, err
	}
	return []*node{el("m:Items")}, c.sendAndSave(op, func(box *exchange.Mailbox, opts exchange.SendOptions) error { return send(box, raw, fill, opts) },
		func(box *exchange.Mailbox, folder exchange.Folder) error {
			_, err := save(box, folder, raw, func(e *exchange.Edit) error {
				e.Item.Flags = sandbox.Read
				return fill(e)
			})
			return err
		})
}

// sendAndSave sends with a copy in a folder. When that is another mailbox's,
// the copy is made there.
func (c *call) sendAndSave(op *node, send func(*exchange.Mailbox, exchange.SendOptions) error, copyTo func(*exchange.Mailbox, exchange.Folder) error) error {
	from, err := c.sender()
	if err != nil {
		return err
	}
	box, folder, err := c.savedFolder(op, exchange.SentItems)
	if err != nil {
		return err
	}
	if box.GUID() == from.GUID() {
		return send(from, exchange.SendOptions{CopyTo: folder.ID().EWS()})
	}
	if err := send(from, exchange.SendOptions{NoCopy: true}); err != nil {
		return err
	}
	return copyTo(box, folder)
}

func save(box *exchange.Mailbox, folder exchange.Folder, raw []byte, fill func(*exchange.Edit) error) (exchange.Item, error) {
	if box.Account().ID != "" && folder.Class != exchange.MailFolder && folder.Class != "" {
		return exchange.Item{}, refuse("ErrorInvalidFolderTypeForOperation")
	}
	if raw != nil {
		return box.CreateFromMIME(folder.ID().EWS(), raw, fill)
	}
	return box.Create(folder.ID().EWS(), fill)
}

func send(box *exchange.Mailbox, raw []byte, fill func(*exchange.Edit) error, opts exchange.SendOptions) error {
	if raw != nil {
		return box.SendMIME(raw, fill, opts)
	}
	return box.SendNew(fill, opts)
}

// mimeContent is the mail that an item brings whole, or nil.
func mimeContent(n *node) ([]byte, error) {
	m := n.kid("t:MimeContent")
	if m == nil {
		return nil, nil
	}
	raw, err := decodeBase64(m.text)
	switch {
	case err != nil:
		return nil, refuse("ErrorMimeContentInvalidBase64String")
	case len(raw) == 0:
		return nil, refuse("ErrorMimeContentInvalid")
	case len(raw) > sandbox.MaxMessageBytes:
		return nil, refuse("ErrorMessageSizeExceeded")
	}
	return raw, nil
}

// verbs are what response objects do.
var verbs = map[string]exchange.Verb{"t:ReplyToItem": exchange.Reply, "t:ReplyAllToItem": exchange.ReplyAll, "t:ForwardItem": exchange.Forward}

// createAnswer carries out a response object: a reply or a forward.
func (c *call) createAnswer(op, n *node) ([]*node, error) {
	ref := n.kid("t:ReferenceItemId")
	if ref == nil {
		return nil, refuse("ErrorInvalidReferenceItem")
	}
	box, original, err := c.item(ref)
	switch {
	case err != nil:
		return nil, err
	case ref.attr("ChangeKey") == "":
		return nil, refuse("ErrorChangeKeyRequired")
	case original.Class != exchange.ClassMail || original.Draft():
		return nil, refuse("ErrorInvalidReferenceItem")
	}
	if err := checkKey(original, ref.attr("ChangeKey")); err != nil {
		return nil, err
	}
	body := n.kid("t:NewBodyContent")
	comment := exchange.Body{}
	if body != nil {
		comment = exchange.Body{HTML: body.attr("BodyType") == "HTML", Text: body.text}
	}
	fill := func(e *exchange.Edit) error { return c.fillAnswer(e, n) }
	id, verb := original.ID(false).EWS(), verbs[n.name]
	switch op.attr("MessageDisposition") {
	case "":
		return nil, refuse("ErrorMessageDispositionRequired")
	case "SaveOnly":
		to, folder, err := c.savedFolder(op, exchange.Drafts)
		if err != nil {
			return nil, err
		}
		if to.GUID() != box.GUID() {
			return nil, refuse("ErrorAccessDenied")
		}
		it, err := box.Answer(id, folder.ID().EWS(), verb, comment, fill)
		if err != nil {
			return nil, err
		}
		return []*node{el("m:Items", (&itemView{Item: it, box: box}).brief())}, nil
	case "SendOnly":
		return []*node{el("m:Items")}, box.SendAnswer(id, verb, comment, fill, exchange.SendOptions{NoCopy: true})
	}
	to, folder, err := c.savedFolder(op, exchange.SentItems)
	if err != nil {
		return nil, err
	}
	if to.GUID() != box.GUID() {
		return nil, refuse("ErrorAccessDenied")
	}
	return []*node{el("m:Items")}, box.SendAnswer(id, verb, comment, fill, exchange.SendOptions{CopyTo: folder.ID().EWS()})
}

func (c *call) fillAnswer(e *exchange.Edit, n *node) error {
	d := c.draftOf(e)
	for _, k := range n.kids {
		if k.name == "t:ReferenceItemId" || k.name == "t:NewBodyContent" {
			continue
		}
		if err := d.set(k); err != nil {
			return err
		}
	}
	return nil
}

// checkKey refuses a change key that is not the item's.
func checkKey(it exchange.Item, key string) error {
	if raw, err := decodeBase64(key); err != nil || len(raw) != 32 {
		return refuse("ErrorInvalidChangeKey")
	}
	if key != it.ChangeKey() {
		return refuse("ErrorIrresolvableConflict")
	}
	return nil
}

// sendItem sends drafts.
func sendItem(c *call, op *node) (*node, error) {
	keep := op.attr("SaveItemToFolder") == "true" || op.attr("SaveItemToFolder") == "1"
	if !keep && op.kid("m:SavedItemFolderId") != nil {
		return nil, &fault{code: "ErrorInvalidSendItemSaveSettings", text: "SavedItemFolderId may be given only when SaveItemToFolder is true."}
	}
	return c.each("SendItem", op.kid("m:ItemIds").kids, nil, func(n *node) ([]*node, error) {
		box, it, err := c.item(n)
		if err != nil {
			return nil, err
		}
		key := n.attr("ChangeKey")
		if key == "" {
			return nil, refuse("ErrorChangeKeyRequired")
		}
		if err := checkKey(it, key); err != nil {
			return nil, err
		}
		if it.Class != exchange.ClassMail || !it.Draft() {
			return nil, refuse("ErrorInvalidItemForOperationSendItem")
		}
		if err := c.maySendFrom(box); err != nil {
			return nil, err
		}
		opts := exchange.SendOptions{ChangeKey: key, NoCopy: !keep}
		if keep {
			to, folder, err := c.savedFolderIn(op, box)
			if err != nil {
				return nil, err
			}
			if to.GUID() != box.GUID() {
				return nil, refuse("ErrorAccessDenied")
			}
			opts.CopyTo = folder.ID().EWS()
		}
		return nil, box.Send(it.ID(false).EWS(), opts)
	})
}

// savedFolderIn is savedFolder with the usual place in a given mailbox.
func (c *call) savedFolderIn(op *node, box *exchange.Mailbox) (*exchange.Mailbox, exchange.Folder, error) {
	if op.kid("m:SavedItemFolderId") != nil {
		return c.savedFolder(op, exchange.SentItems)
	}
	f, err := box.Folder(exchange.SentItems)
	return box, f, err
}

// maySendFrom asks whether a draft of another mailbox may be sent.
func (c *call) maySendFrom(box *exchange.Mailbox) error {
	x, of := c.srv.Exchange, box.Account().ID
	if c.box == nil || c.account() == of || x.Has(exchange.SendAs, of, c.account()) || x.Has(exchange.SendOnBehalf, of, c.account()) {
		return nil
	}
	return refuse("ErrorSendAsDenied")
}
