package graph

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

var messageProperties = known{"id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "receivedDateTime", "sentDateTime", "hasAttachments",
	"internetMessageId", "subject", "body", "bodyPreview", "importance", "parentFolderId", "sender", "from", "toRecipients", "ccRecipients", "bccRecipients",
	"replyTo", "conversationId", "conversationIndex", "uniqueBody", "isDeliveryReceiptRequested", "isReadReceiptRequested", "isRead", "isDraft", "webLink",
	"inferenceClassification", "flag", "internetMessageHeaders", "attachments", "singleValueExtendedProperties"}

// onlySelected are left out unless $select names them.
var onlySelected = []string{"internetMessageHeaders", "uniqueBody"}

// itemKey is where an item travels in its object until it is shown.
const itemKey = " item"

// messageObject is a mail as it is filtered and sorted: everything but what is
// dear to make.
func (c *call) messageObject(it exchange.Item) (jsonObject, error) {
	msg, err := it.Message()
	if err != nil {
		return nil, err
	}
	id := it.ID(c.prefer.immutable).REST()
	sender := msg.Sender
	if sender == nil {
		sender = msg.From
	}
	o := jsonObject{
		itemKey: it, "@odata.etag": `W/"` + it.ChangeKey() + `"`, "id": id, "createdDateTime": stamp(it.Created), "lastModifiedDateTime": stamp(it.Modified),
		"changeKey": it.ChangeKey(), "categories": nonNil(it.Categories), "receivedDateTime": stamp(it.Received), "sentDateTime": stamp(msg.Date),
		"hasAttachments":    slices.ContainsFunc(msg.Files, func(f exchange.File) bool { return !f.Inline }),
		"internetMessageId": msg.MessageID, "subject": msg.Subject, "importance": msg.Importance, "parentFolderId": it.FolderID().REST(),
		"sender": recipient(sender), "from": recipient(msg.From), "toRecipients": recipients(msg.To), "ccRecipients": recipients(msg.Cc),
		"bccRecipients": recipients(msg.Bcc), "replyTo": recipients(msg.ReplyTo), "conversationId": it.ThreadID().REST(),
		"conversationIndex":          base64.StdEncoding.EncodeToString(it.ThreadIndex),
		"isDeliveryReceiptRequested": msg.DeliveryReceipt, "isReadReceiptRequested": msg.ReadReceipt, "isRead": it.Read(), "isDraft": it.Draft(),
		"webLink": "https://outlook.office365.com/owa/?ItemID=" + id + "&exvsurl=1&viewmodel=ReadMessageItem", "inferenceClassification": "focused",
		"flag": flagObject(it.FollowUp), "bodyPreview": preview(msg.Body), "body": bodyObject(c.body4(msg.Body)),
		"singleValueExtendedProperties": properties(it),
	}
	return o, nil
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// properties are the extended ones that were set, to filter by.
func properties(it exchange.Item) []map[string]any {
	var out []map[string]any
	for id, v := range it.Props {
		out = append(out, map[string]any{"id": id, "value": v})
	}
	return out
}

// body4 is a body as the caller prefers it.
func (c *call) body4(b exchange.Body) exchange.Body {
	switch c.prefer.body {
	case "text":
		return b.As(false)
	case "html":
		return b.As(true)
	}
	return b
}

func bodyObject(b exchange.Body) map[string]any {
	kind := "text"
	if b.HTML {
		kind = "html"
	}
	return map[string]any{"contentType": kind, "content": b.Text}
}

func preview(b exchange.Body) string {
	text := b.Text
	if b.HTML {
		text = sandbox.HTMLText(text)
	}
	text = strings.TrimSpace(text)
	for n := 255; len(text) > 255; n-- {
		if utf8.RuneStart(text[n]) {
			return text[:n]
		}
	}
	return text
}

func recipient(a *exchange.Address) any {
	if a == nil {
		return nil
	}
	name := a.Name
	if name == "" {
		name = a.Address
	}
	return map[string]any{"emailAddress": map[string]any{"name": name, "address": a.Address}}
}

func recipients(list []exchange.Address) []map[string]any {
	out := []map[string]any{}
	for _, a := range list {
		out = append(out, recipient(&a).(map[string]any))
	}
	return out
}

func flagObject(f exchange.FollowUp) map[string]any {
	status := f.Status
	if status == "" {
		status = "notFlagged"
	}
	o := map[string]any{"flagStatus": status}
	if !f.Start.IsZero() {
		o["startDateTime"] = dateTime(f.Start, "UTC")
	}
	if !f.Due.IsZero() {
		o["dueDateTime"] = dateTime(f.Due, "UTC")
	}
	if !f.Complete.IsZero() {
		o["completedDateTime"] = dateTime(f.Complete, "UTC")
	}
	return o
}

// show finishes a mail's object: what was expanded, what was selected.
func (c *call) show(q query) func(jsonObject) (map[string]any, error) {
	return func(o jsonObject) (map[string]any, error) {
		it := o[itemKey].(exchange.Item)
		delete(o, itemKey)
		delete(o, "singleValueExtendedProperties")
		for _, name := range onlySelected {
			if !slices.Contains(q.sel, name) {
				continue
			}
			msg, err := it.Message()
			if err != nil {
				return nil, err
			}
			if name == "uniqueBody" {
				o[name] = bodyObject(c.body4(msg.Body.Unique()))
				continue
			}
			headers := []map[string]any{}
			for _, h := range msg.Headers {
				headers = append(headers, map[string]any{"name": h.Name, "value": h.Value})
			}
			o[name] = headers
		}
		out := q.pick(o)
		return out, c.expand(q, it, out)
	}
}

func (c *call) expand(q query, it exchange.Item, out map[string]any) error {
	if options, on := q.expand["singleValueExtendedProperties"]; on {
		found, err := wantedProperties(it, options)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			out["singleValueExtendedProperties"] = found
		}
	}
	if options, on := q.expand["attachments"]; on {
		shape, err := expandSelect(options, fileProperties)
		if err != nil {
			return err
		}
		msg, err := it.Message()
		if err != nil {
			return err
		}
		list := []map[string]any{}
		for _, f := range msg.Files {
			list = append(list, shape.pick(c.attachmentObject(it, f, len(shape.sel) == 0 || slices.Contains(shape.sel, "contentBytes"))))
		}
		out["attachments"] = list
	}
	return nil
}

// expandSelect reads $select=… inside an $expand, which may be all there is.
func expandSelect(options string, properties known) (query, error) {
	var q query
	if options = strings.TrimSpace(options); options == "" {
		return q, nil
	}
	names, ok := strings.CutPrefix(options, "$select=")
	if !ok || strings.Contains(names, "$") {
		return q, badRequest("Attachments are expanded with $select alone.")
	}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimPrefix(strings.TrimSpace(name), "microsoft.graph.fileAttachment/")
		if !properties.has(name) {
			return q, badProperty(name, "attachment")
		}
		q.sel = append(q.sel, name)
	}
	return q, nil
}

// wantedProperties reads $filter=id eq '…' or id eq '…' of an $expand.
func wantedProperties(it exchange.Item, options string) ([]map[string]any, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(options), "$filter=")
	if !ok {
		return nil, badRequest("singleValueExtendedProperties is expanded with $filter=id eq '…'.")
	}
	tokens, err := scan(text)
	if err != nil || len(tokens) > 4*maxFilterTerms {
		return nil, badRequest("Invalid filter clause: %v.", err)
	}
	var out []map[string]any
	for i := 0; i < len(tokens); i += 4 {
		if i+2 >= len(tokens) || tokens[i].text != "id" || tokens[i+1].text != "eq" || tokens[i+2].kind != 's' || i+3 < len(tokens) && tokens[i+3].text != "or" {
			return nil, badRequest("singleValueExtendedProperties is expanded with $filter=id eq '…'.")
		}
		id, err := exchange.ParsePropID(tokens[i+2].text)
		if err != nil {
			return nil, err
		}
		if v, ok := it.Prop(id); ok {
			out = append(out, map[string]any{"id": tokens[i+2].text, "value": v})
		}
	}
	return out, nil
}

// tidyFilter puts the property ids inside a filter into their one writing.
func tidyFilter(text string) string {
	tokens, err := scan(text)
	if err != nil {
		return text
	}
	for _, t := range tokens {
		if t.kind != 's' {
			continue
		}
		if id, err := exchange.ParsePropID(t.text); err == nil {
			text = strings.ReplaceAll(text, "'"+t.text+"'", "'"+id.String()+"'")
		}
	}
	return text
}

// objectOf reads a JSON value as a struct.
func objectOf[T any](v any) (T, error) {
	var out T
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		return out, badRequest("A property has a value of the wrong type.")
	}
	return out, nil
}
