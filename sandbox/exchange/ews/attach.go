package ews

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// attachment writes an attachment; whole: with what is in it.
func attachment(it exchange.Item, f exchange.File, whole bool) *node {
	id := el("t:AttachmentId", attr{"Id", it.FileID(f.N, false).EWS()})
	if f.Kind == exchange.ItemFile {
		n := el("t:ItemAttachment", id, el("t:Name", f.Name), words("t:ContentType", "message/rfc822"), words("t:ContentId", f.ContentID),
			el("t:Size", strconv.Itoa(len(f.Data))), moment("t:LastModifiedTime", f.Modified), flag("t:IsInline", f.Inline))
		if whole {
			n.kids = append(n.kids, innerMail(f.Data))
		}
		return n
	}
	n := el("t:FileAttachment", id, el("t:Name", f.Name), el("t:ContentType", mediaType(f)), words("t:ContentId", f.ContentID), words("t:ContentLocation", f.Location),
		el("t:Size", strconv.Itoa(len(f.Data))), moment("t:LastModifiedTime", f.Modified), flag("t:IsInline", f.Inline))
	if whole {
		n.kids = append(n.kids, el("t:Content", base64.StdEncoding.EncodeToString(f.Data)))
	}
	return n
}

func mediaType(f exchange.File) string {
	if f.Type == "" {
		return "application/octet-stream"
	}
	return f.Type
}

// innerMail shows a mail in a mail. It has no id: it is no item.
func innerMail(raw []byte) *node {
	m, err := exchange.ReadMessage(raw)
	if err != nil {
		m = &exchange.Message{}
	}
	kind := "Text"
	if m.Body.HTML {
		kind = "HTML"
	}
	return el("t:Message", el("t:MimeContent", attr{"CharacterSet", "UTF-8"}, base64.StdEncoding.EncodeToString(raw)), el("t:ItemClass", exchange.ClassMail),
		el("t:Subject", m.Subject), el("t:Body", attr{"BodyType", kind}, m.Body.Text), moment("t:DateTimeSent", m.Date),
		mailboxes("t:ToRecipients", nil, m.To), mailboxes("t:CcRecipients", nil, m.Cc), oneMailbox("t:From", nil, m.From), words("t:InternetMessageId", m.MessageID))
}

// readFile reads an attachment of a request.
func readFile(n *node) (exchange.File, error) {
	f := exchange.File{Name: oneLine(n.val("t:Name")), Type: n.val("t:ContentType"), ContentID: strings.Trim(n.val("t:ContentId"), "<>"),
		Location: n.val("t:ContentLocation"), Inline: n.val("t:IsInline") == "true"}
	switch n.name {
	case "t:FileAttachment":
		raw, err := decodeBase64(n.val("t:Content"))
		if err != nil {
			return f, refuse("ErrorInvalidArgument")
		}
		f.Data = raw
	case "t:ItemAttachment":
		m := n.kid("t:Message")
		if m == nil {
			return f, &fault{code: "ErrorInvalidItemForOperationCreateItemAttachment", text: "This server attaches mails only."}
		}
		raw, err := attachedMail(m)
		if err != nil {
			return f, err
		}
		f.Kind, f.Type, f.Data = exchange.ItemFile, "message/rfc822", raw
	default:
		return f, refuse("ErrorInvalidOperation")
	}
	if f.Name == "" {
		return f, refuse("ErrorInvalidArgument")
	}
	if len(f.Data) > maxAttachmentByte {
		return f, refuse("ErrorAttachmentSizeLimitExceeded")
	}
	return f, nil
}

// attachedMail is the MIME of a mail that a request describes.
func attachedMail(n *node) ([]byte, error) {
	raw, err := mimeContent(n)
	if err != nil || raw != nil {
		return raw, err
	}
	m := exchange.Message{Subject: oneLine(n.val("t:Subject"))}
	if b := n.kid("t:Body"); b != nil {
		m.Body = exchange.Body{HTML: b.attr("BodyType") == "HTML", Text: b.text}
	}
	if to := n.kid("t:ToRecipients"); to != nil {
		if m.To, err = readMailboxes(to); err != nil {
			return nil, err
		}
	}
	if from := n.kid("t:From"); from != nil {
		if m.From, err = readMailbox(from); err != nil {
			return nil, err
		}
	}
	return m.MIME()
}

// createAttachment adds attachments one by one; each answer has the item's new
// change key, which the next step of the client needs.
func createAttachment(c *call, op *node) (*node, error) {
	parent := op.kid("m:ParentItemId")
	key := parent.attr("ChangeKey")
	return c.each("CreateAttachment", op.kid("m:Attachments").kids, none("m:Attachments"), func(n *node) ([]*node, error) {
		box, it, err := c.item(parent)
		if err != nil {
			return nil, err
		}
		if key != "" {
			if err := checkKey(it, key); err != nil {
				return nil, err
			}
		}
		if it.Class != exchange.ClassMail {
			return nil, refuse("ErrorInvalidOperation")
		}
		f, err := readFile(n)
		if err != nil {
			return nil, err
		}
		var number uint64
		it, err = box.Update(it.ID(false).EWS(), "", func(e *exchange.Edit) error {
			var err error
			number, err = e.Attach(f)
			return err
		})
		if err != nil {
			return nil, err
		}
		if key != "" {
			key = it.ChangeKey() // the rest of this request is our own doing
		}
		id := el("t:AttachmentId", attr{"Id", it.FileID(number, false).EWS()}, attr{"RootItemId", it.ID(false).EWS()}, attr{"RootItemChangeKey", it.ChangeKey()})
		return []*node{el("m:Attachments", el(n.name, id))}, nil
	})
}

// file finds the attachment that an AttachmentId names.
func (c *call) file(n *node) (*exchange.Mailbox, exchange.Item, exchange.File, error) {
	var it exchange.Item
	var f exchange.File
	id, err := parseID(n.attr("Id"))
	if err != nil {
		return nil, it, f, err
	}
	if id.Kind != exchange.OfAttachment {
		return nil, it, f, refuse("ErrorInvalidAttachmentId")
	}
	of := id
	of.Kind, of.File = exchange.OfItem, 0
	box, it, err := c.item(el("t:ItemId", attr{"Id", of.EWS()}))
	if err != nil {
		return nil, it, f, err
	}
	m, err := it.Message()
	if err != nil {
		return nil, it, f, err
	}
	i := slices.IndexFunc(m.Files, func(x exchange.File) bool { return x.N == id.File })
	if i < 0 {
		return nil, it, f, refuse("ErrorItemNotFound")
	}
	return box, it, m.Files[i], nil
}

func getAttachment(c *call, op *node) (*node, error) {
	return c.each("GetAttachment", op.kid("m:AttachmentIds").kids, none("m:Attachments"), func(n *node) ([]*node, error) {
		_, it, f, err := c.file(n)
		if err != nil {
			return nil, err
		}
		return []*node{el("m:Attachments", attachment(it, f, true))}, nil
	})
}

func deleteAttachment(c *call, op *node) (*node, error) {
	return c.each("DeleteAttachment", op.kid("m:AttachmentIds").kids, nil, func(n *node) ([]*node, error) {
		box, it, f, err := c.file(n)
		if err != nil {
			return nil, err
		}
		it, err = box.Update(it.ID(false).EWS(), "", func(e *exchange.Edit) error { return e.Detach(f.N) })
		if err != nil {
			return nil, err
		}
		return []*node{el("m:RootItemId", attr{"RootItemId", it.ID(false).EWS()}, attr{"RootItemChangeKey", it.ChangeKey()})}, nil
	})
}
