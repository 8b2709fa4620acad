package ews

import (
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// updateItem changes items, and sends drafts when told to.
func updateItem(c *call, op *node) (*node, error) {
	return c.each("UpdateItem", op.kid("m:ItemChanges").kids, none("m:Items"), func(n *node) ([]*node, error) {
		box, it, err := c.item(n.kids[0])
		if err != nil {
			return nil, err
		}
		if err := mayOverwrite(it, n.kids[0].attr("ChangeKey"), op.attr("ConflictResolution")); err != nil {
			return nil, err
		}
		disposition := op.attr("MessageDisposition")
		if it.Class == exchange.ClassMail && disposition == "" {
			return nil, refuse("ErrorMessageDispositionRequired")
		}
		if it.Class == exchange.ClassEvent && op.attr("SendMeetingInvitationsOrCancellations") == "" {
			return nil, &fault{code: "ErrorSendMeetingInvitationsOrCancellationsRequired", text: "SendMeetingInvitationsOrCancellations attribute is required for calendar items."}
		}
		it, err = c.change(box, it, n.kid("t:Updates"))
		if err != nil {
			return nil, err
		}
		conflicts := el("m:ConflictResults", el("t:Count", "0"))
		if it.Class == exchange.ClassMail && disposition != "SaveOnly" && it.Draft() {
			if err := c.maySendFrom(box); err != nil {
				return nil, err
			}
			return []*node{el("m:Items"), conflicts}, box.Send(it.ID(false).EWS(), exchange.SendOptions{NoCopy: disposition == "SendOnly"})
		}
		return []*node{el("m:Items", (&itemView{Item: it, box: box}).brief()), conflicts}, nil
	})
}

// mayOverwrite applies ConflictResolution. AutoResolve merges what does not
// conflict, which here is everything; NeverOverwrite wants the newest key.
func mayOverwrite(it exchange.Item, key, resolution string) error {
	if resolution == "AlwaysOverwrite" {
		return nil
	}
	if key == "" {
		return &fault{code: "ErrorChangeKeyRequiredForWriteOperations", text: "The change key is required for this operation."}
	}
	err := checkKey(it, key)
	if f, ok := err.(*fault); ok && f.code == "ErrorIrresolvableConflict" && resolution == "AutoResolve" {
		return nil
	}
	return err
}

// change carries out updates, all or none.
func (c *call) change(box *exchange.Mailbox, it exchange.Item, updates *node) (exchange.Item, error) {
	id := it.ID(false).EWS()
	apply := func(d *draft) error {
		d.zone = zoneOf(c.env.zone)
		for _, u := range updates.kids {
			if err := d.update(u); err != nil {
				return err
			}
		}
		if d.event != nil {
			return d.event.Check()
		}
		return nil
	}
	switch it.Class {
	case exchange.ClassEvent:
		return exchange.UpdateEntry(box, id, "", func(e *exchange.Edit, says *exchange.Appointment) error { return apply(&draft{e: e, event: says}) })
	case exchange.ClassContact:
		return exchange.UpdateEntry(box, id, "", func(e *exchange.Edit, says *exchange.Contact) error { return apply(&draft{e: e, contact: says}) })
	case exchange.ClassTask:
		return exchange.UpdateEntry(box, id, "", func(e *exchange.Edit, says *exchange.Task) error { return apply(&draft{e: e, task: says}) })
	}
	return box.Update(id, "", func(e *exchange.Edit) error { return apply(&draft{e: e}) })
}

// update carries out one SetItemField, AppendToItemField or DeleteItemField.
func (d *draft) update(u *node) error {
	p, f := readPath(u.kids[0])
	if f != nil {
		return f
	}
	if u.name == "t:DeleteItemField" {
		return d.clear(p)
	}
	item := u.kids[1]
	if len(item.kids) != 1 || item.kids[0].name != p.element() {
		return &fault{code: "ErrorIncorrectUpdatePropertyCount", text: "An update must set exactly the property that its path names."}
	}
	value := item.kids[0]
	if u.name == "t:AppendToItemField" {
		return d.add(value)
	}
	if p.uri != "" {
		return d.set(value)
	}
	q, f := readExtended(value.kids[0])
	if f != nil {
		return f
	}
	if q.ext != p.ext {
		return &fault{code: "ErrorIncorrectUpdatePropertyCount", text: "An update must set exactly the property that its path names."}
	}
	return d.set(value)
}
