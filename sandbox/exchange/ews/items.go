package ews

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// item finds the item that an ItemId names.
func (c *call) item(n *node) (*exchange.Mailbox, exchange.Item, error) {
	var it exchange.Item
	if n.name != "t:ItemId" && n.name != "m:ParentItemId" && n.name != "t:ReferenceItemId" {
		return nil, it, refuse("ErrorInvalidOperation") // occurrences: no item here recurs
	}
	id, err := parseID(n.attr("Id"))
	if err != nil {
		return nil, it, err
	}
	switch id.Kind {
	case exchange.OfFolder:
		return nil, it, refuse("ErrorCannotUseFolderIdForItemId")
	case exchange.OfItem:
	default:
		return nil, it, refuse("ErrorInvalidId")
	}
	box, err := c.srv.Exchange.Mailbox(id.Mailbox)
	if err != nil {
		return nil, it, refuse("ErrorItemNotFound")
	}
	if err := c.may(box); err != nil {
		return nil, it, err
	}
	it, err = box.Item(n.attr("Id"))
	return box, it, err
}

// readShapeOf reads an ItemShape.
func readShapeOf(op *node) (shape, error) {
	s, f := readShape(op.kid("m:ItemShape"))
	if f != nil {
		return s, f
	}
	return s, nil
}

func getItem(c *call, op *node) (*node, error) {
	s, err := readShapeOf(op)
	if err != nil {
		return nil, err
	}
	return c.each("GetItem", op.kid("m:ItemIds").kids, none("m:Items"), func(n *node) ([]*node, error) {
		box, it, err := c.item(n)
		if err != nil {
			return nil, err
		}
		return []*node{el("m:Items", (&itemView{Item: it, box: box, shape: s}).show())}, nil
	})
}

// findItem lists a folder. Restrictions and queries exclude each other.
func findItem(c *call, op *node) (*node, error) {
	s, err := readShapeOf(op)
	if err != nil {
		return nil, err
	}
	if f := listable(s); f != nil {
		return nil, f
	}
	match, f := readRestriction(op.kid("m:Restriction"), queryable)
	if f != nil {
		return nil, f
	}
	query := op.val("m:QueryString")
	switch {
	case query != "" && op.kid("m:Restriction") != nil:
		return nil, &fault{code: "ErrorInvalidRequest", text: "A restriction and a query string cannot both be given."}
	case query != "":
		if match, f = readQuery(query); f != nil {
			return nil, f
		}
	case op.kid("m:GroupBy") != nil || op.kid("m:DistinguishedGroupBy") != nil || op.kid("m:SeekToConditionPageItemView") != nil || op.kid("m:ContactsView") != nil:
		return nil, &fault{code: "ErrorInvalidOperation", text: "This server does not group, seek, or show contacts by their initials."}
	}
	return c.each("FindItem", op.kid("m:ParentFolderIds").kids, nil, func(n *node) ([]*node, error) {
		return c.findIn(n, op, s, match)
	})
}

func (c *call) findIn(n, op *node, s shape, match filter) ([]*node, error) {
	box, folder, err := c.folder(n)
	if err != nil {
		return nil, err
	}
	items, err := box.Items(folder.ID().EWS())
	if err != nil {
		return nil, err
	}
	within, f := calendarSpan(op.kid("m:CalendarView"), folder)
	if f != nil {
		return nil, f
	}
	var found []*itemView
	for _, it := range items {
		v := &itemView{Item: it, box: box, shape: s, find: true}
		if op.attr("Traversal") == "Shallow" && within(v) && match(v) {
			found = append(found, v)
		}
	}
	if f := order(found, op.kid("m:SortOrder")); f != nil {
		return nil, f
	}
	view := op.kid("m:IndexedPageItemView")
	for _, other := range []string{"m:FractionalPageItemView", "m:CalendarView"} {
		if view == nil {
			view = op.kid(other)
		}
	}
	some, attrs, f := page(found, view)
	if f != nil {
		return nil, f
	}
	list := el("t:Items")
	for _, v := range some {
		list.kids = append(list.kids, v.show())
	}
	root := el("m:RootFolder", list)
	root.attrs = attrs
	return []*node{root}, nil
}

// maxCalendarSpan is how much a CalendarView may show: two years.
const maxCalendarSpan = 2 * 366 * 24 * time.Hour

// calendarSpan are the appointments that touch a span of time.
func calendarSpan(view *node, folder exchange.Folder) (filter, *fault) {
	if view == nil {
		return func(valued) bool { return true }, nil
	}
	if folder.Class != exchange.CalendarFolder {
		return nil, refuse("ErrorInvalidFolderTypeForOperation")
	}
	from, _ := readTime(view.attr("StartDate")) // validated
	to, _ := readTime(view.attr("EndDate"))
	switch {
	case to.Before(from):
		return nil, refuse("ErrorCalendarEndDateIsEarlierThanStartDate")
	case to.Sub(from) > maxCalendarSpan:
		return nil, refuse("ErrorCalendarViewRangeTooBig")
	}
	return func(v valued) bool {
		start, ok := v.value(path{uri: "calendar:Start"}).(time.Time)
		end, ok2 := v.value(path{uri: "calendar:End"}).(time.Time)
		return ok && ok2 && start.Before(to) && end.After(from)
	}, nil
}

// readQuery is the little of Advanced Query Syntax that programs use: words,
// and subject:, from:, to:, body:, hasattachment:.
func readQuery(query string) (filter, *fault) {
	var all []filter
	if len(query) > 1000 {
		return nil, refuse("ErrorInvalidArgument")
	}
	fields := map[string][]string{"subject": {"item:Subject"}, "from": {"message:From"}, "to": {"message:ToRecipients"}, "body": {"item:Body"},
		"hasattachment": {"item:HasAttachments"}, "hasattachments": {"item:HasAttachments"}}
	for _, w := range splitQuery(query) {
		name, word, named := strings.Cut(w, ":")
		uris, ok := fields[strings.ToLower(name)]
		if named && !ok {
			return nil, &fault{code: "ErrorInvalidArgument", text: "This server's queries know no property " + short(name) + "."}
		}
		if !named {
			uris, word = []string{"item:Subject", "item:Body", "message:From"}, w
		}
		all = append(all, func(v valued) bool {
			for _, u := range uris {
				if contains(path{uri: u}, strings.Trim(word, `"`), "Substring", "IgnoreCase")(v) {
					return true
				}
			}
			return false
		})
	}
	return func(v valued) bool {
		for _, f := range all {
			if !f(v) {
				return false
			}
		}
		return true
	}, nil
}

// splitQuery parts a query at blanks outside quotes.
func splitQuery(query string) []string {
	quoted := false
	return strings.FieldsFunc(query, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

func moveItem(c *call, op *node) (*node, error) {
	return c.relocate("MoveItem", op, (*exchange.Mailbox).Move)
}

func copyItem(c *call, op *node) (*node, error) {
	return c.relocate("CopyItem", op, (*exchange.Mailbox).Copy)
}

func (c *call) relocate(name string, op *node, how func(*exchange.Mailbox, string, string) (exchange.Item, error)) (*node, error) {
	return c.each(name, op.kid("m:ItemIds").kids, none("m:Items"), func(n *node) ([]*node, error) {
		to, folder, err := c.folder(op.kid("m:ToFolderId"))
		if err != nil {
			return nil, err
		}
		box, it, err := c.item(n)
		if err != nil {
			return nil, err
		}
		if to.GUID() != box.GUID() {
			return nil, &fault{code: "ErrorCrossMailboxMoveCopy", text: "Items cannot be moved or copied to another mailbox here."}
		}
		moved, err := how(box, it.ID(false).EWS(), folder.ID().EWS())
		if err != nil {
			return nil, err
		}
		if op.val("m:ReturnNewItemIds") == "false" {
			return []*node{el("m:Items")}, nil
		}
		return []*node{el("m:Items", (&itemView{Item: moved, box: box}).brief())}, nil
	})
}

func deleteItem(c *call, op *node) (*node, error) {
	return c.each("DeleteItem", op.kid("m:ItemIds").kids, nil, func(n *node) ([]*node, error) {
		box, it, err := c.item(n)
		if err != nil {
			return nil, err
		}
		if it.Class == exchange.ClassEvent && op.attr("SendMeetingCancellations") == "" {
			return nil, &fault{code: "ErrorSendMeetingCancellationsRequired", text: "SendMeetingCancellations attribute is required for calendar items."}
		}
		return nil, box.Delete(it.ID(false).EWS(), op.attr("DeleteType") != "MoveToDeletedItems")
	})
}

// convertID changes the writing of ids. Only those of this server can be read.
func convertID(c *call, op *node) (*node, error) {
	format := op.attr("DestinationFormat")
	return c.each("ConvertId", op.kid("m:SourceIds").kids, nil, func(n *node) ([]*node, error) {
		if n.name != "t:AlternateId" || format == "EwsLegacyId" || format == "StoreId" {
			return nil, refuse("ErrorInvalidOperation")
		}
		text := n.attr("Id")
		if f := n.attr("Format"); f != "EwsId" && f != "OwaId" {
			return nil, refuse("ErrorInvalidIdMalformed")
		}
		id, err := exchange.ParseID(text)
		if err != nil {
			return nil, err
		}
		out := id.EWS()
		switch format {
		case "OwaId":
			out = id.REST()
		case "EntryId":
			out = strings.NewReplacer("-", "/", "_", "+").Replace(id.Entry())
		case "HexEntryId":
			raw, err := decodeBase64(strings.NewReplacer("-", "/", "_", "+").Replace(id.Entry()))
			if err != nil {
				return nil, err
			}
			out = strings.ToUpper(hex.EncodeToString(raw))
		}
		return []*node{el("m:AlternateId", attr{"xsi:type", "t:AlternateIdType"}, attr{"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"},
			attr{"Format", format}, attr{"Id", out}, attr{"Mailbox", n.attr("Mailbox")})}, nil
	})
}
