package graph

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

type emailAddress struct {
	EmailAddress struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	} `json:"emailAddress"`
}

func (a emailAddress) address() exchange.Address {
	return exchange.Address{Name: a.EmailAddress.Name, Address: a.EmailAddress.Address}
}

type itemBody struct {
	ContentType string `json:"contentType"`
	Content     string `json:"content"`
}

func (b itemBody) body() (exchange.Body, error) {
	switch strings.ToLower(b.ContentType) {
	case "html":
		return exchange.Body{HTML: true, Text: b.Content}, nil
	case "text", "":
		return exchange.Body{Text: b.Content}, nil
	}
	return exchange.Body{}, badRequest("The value '%s' of contentType is not valid.", b.ContentType)
}

// alwaysChangeable may be changed in mails that are no drafts.
var alwaysChangeable = []string{"isread", "categories", "flag", "importance", "singlevalueextendedproperties", "inferenceclassification"}

// readOnly are passed over in requests, as clients send objects back whole.
var readOnly = []string{"id", "createddatetime", "lastmodifieddatetime", "changekey", "receiveddatetime", "sentdatetime", "hasattachments", "parentfolderid",
	"conversationid", "conversationindex", "bodypreview", "isdraft", "weblink", "uniquebody", "inferenceclassification"}

// fill lays a message's JSON over an item.
func (c *call) fill(in map[string]any, made bool) func(*exchange.Edit) error {
	return func(e *exchange.Edit) error {
		names := make([]string, 0, len(in))
		for name := range in {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			lower := strings.ToLower(name)
			if strings.Contains(name, "@") || slices.Contains(readOnly, lower) {
				continue
			}
			if !made && !e.Item.Draft() && !slices.Contains(alwaysChangeable, lower) {
				return refuse(http.StatusForbidden, "ErrorAccessDenied", "Changing '%s' of a message that is not a draft needs Mail-Advanced.ReadWrite.", name)
			}
			if err := setProperty(e, lower, name, in[name], made); err != nil {
				return err
			}
		}
		if by := c.onBehalf(); made && by != nil {
			msg, err := e.Message()
			if err != nil {
				return err
			}
			msg.Sender = by
		}
		return nil
	}
}

// onBehalf is the person who writes in another's mailbox with no right to be
// taken for its owner; nil where nobody needs to know.
func (c *call) onBehalf() *exchange.Address {
	own, err := c.s.x.Mailbox(c.caller.Login)
	if c.caller.User == "" || err != nil || own == c.mailbox || c.s.x.Has(exchange.SendAs, c.mailbox.Account().ID, own.Account().ID) {
		return nil
	}
	by := own.Address()
	return &by
}

func setProperty(e *exchange.Edit, lower, name string, v any, made bool) error {
	switch lower {
	case "isread":
		read, ok := v.(bool)
		if !ok {
			return badRequest("isRead must be a boolean.")
		}
		e.SetRead(read)
		return nil
	case "importance":
		level, _ := v.(string)
		return e.SetImportance(strings.ToLower(level))
	case "categories":
		names, err := objectOf[[]string](v)
		if err != nil {
			return err
		}
		return e.SetCategories(names)
	case "flag":
		return setFlag(e, v)
	case "singlevalueextendedproperties":
		return setProperties(e, v)
	}
	msg, err := e.Message()
	if err != nil {
		return err
	}
	return setField(e, msg, lower, name, v, made)
}

func setField(e *exchange.Edit, msg *exchange.Message, lower, name string, v any, made bool) error {
	lists := map[string]*[]exchange.Address{"torecipients": &msg.To, "ccrecipients": &msg.Cc, "bccrecipients": &msg.Bcc, "replyto": &msg.ReplyTo}
	people := map[string]**exchange.Address{"from": &msg.From, "sender": &msg.Sender}
	switch {
	case lists[lower] != nil:
		in, err := objectOf[[]emailAddress](v)
		if err != nil {
			return err
		}
		*lists[lower] = nil
		for _, a := range in {
			*lists[lower] = append(*lists[lower], a.address())
		}
		return nil
	case people[lower] != nil:
		in, err := objectOf[emailAddress](v)
		if err != nil {
			return err
		}
		a := in.address()
		*people[lower] = &a
		if lower == "sender" {
			msg.Sender = nil // who sends is known
		}
		return nil
	}
	switch lower {
	case "subject", "internetmessageid":
		text, ok := v.(string)
		if !ok && v != nil {
			return badRequest("%s must be a string.", name)
		}
		if lower == "subject" {
			msg.Subject = text
		} else if text != "" {
			msg.MessageID = text
		}
		return nil
	case "body":
		in, err := objectOf[itemBody](v)
		if err != nil {
			return err
		}
		msg.Body, err = in.body()
		return err
	case "isreadreceiptrequested":
		msg.ReadReceipt, _ = v.(bool)
		return nil
	case "isdeliveryreceiptrequested":
		msg.DeliveryReceipt, _ = v.(bool)
		return nil
	case "internetmessageheaders":
		return setHeaders(msg, v, made)
	case "attachments":
		if !made {
			return badRequest("Attachments of a message that exists are added one by one.")
		}
		return addFiles(e, v)
	}
	return refuse(http.StatusBadRequest, "RequestBodyRead", "The property '%s' does not exist on type 'microsoft.graph.message'. Make sure to only use property names that are defined by the type.", name)
}

func setHeaders(msg *exchange.Message, v any, made bool) error {
	in, err := objectOf[[]struct{ Name, Value string }](v)
	if err != nil {
		return err
	}
	if !made {
		return refuse(http.StatusBadRequest, "InvalidInternetMessageHeaderCollection", "The internet message headers can be set only when the message is created.")
	}
	if len(in) > maxOwnHeaders {
		return refuse(http.StatusBadRequest, "InvalidInternetMessageHeaderCollection", "Maximum number of headers in one message should be less than or equal to %d.", maxOwnHeaders)
	}
	for _, h := range in {
		if len(h.Name) < 3 || !strings.EqualFold(h.Name[:2], "x-") || len(h.Name) > 200 || len(h.Value) > 4000 || !fieldName(h.Name) {
			return refuse(http.StatusBadRequest, "InvalidInternetMessageHeader", "The internet message header name '%s' should start with 'x-' or 'X-'.", h.Name)
		}
		msg.Headers = append(msg.Headers, exchange.Header{Name: h.Name, Value: h.Value})
	}
	return nil
}

func fieldName(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' })
}

func setProperties(e *exchange.Edit, v any) error {
	in, err := objectOf[[]struct {
		ID    string  `json:"id"`
		Value *string `json:"value"`
	}](v)
	if err != nil {
		return err
	}
	for _, p := range in {
		id, err := exchange.ParsePropID(p.ID)
		if err != nil {
			return err
		}
		if p.Value == nil {
			err = e.RemoveProp(id)
		} else {
			err = e.SetProp(id, *p.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type dateTimeZone struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone"`
}

func setFlag(e *exchange.Edit, v any) error {
	in, err := objectOf[struct {
		FlagStatus                                    string
		StartDateTime, DueDateTime, CompletedDateTime *dateTimeZone
	}](v)
	if err != nil {
		return err
	}
	f := exchange.FollowUp{}
	switch in.FlagStatus {
	case "notFlagged", "":
	case "flagged", "complete":
		f.Status = in.FlagStatus
	default:
		return badRequest("The value '%s' of flagStatus is not valid.", in.FlagStatus)
	}
	for _, d := range []struct {
		from *dateTimeZone
		to   *time.Time
	}{{in.StartDateTime, &f.Start}, {in.DueDateTime, &f.Due}, {in.CompletedDateTime, &f.Complete}} {
		if d.from == nil {
			continue
		}
		if *d.to, err = d.from.time(); err != nil {
			return err
		}
	}
	e.SetFollowUp(f)
	return nil
}

// fileIn reads an attachment.
func fileIn(v any) (exchange.File, error) {
	in, err := objectOf[struct {
		Type         string         `json:"@odata.type"`
		Name         string         `json:"name"`
		ContentType  string         `json:"contentType"`
		ContentBytes string         `json:"contentBytes"`
		ContentID    string         `json:"contentId"`
		IsInline     bool           `json:"isInline"`
		SourceURL    string         `json:"sourceUrl"`
		Item         map[string]any `json:"item"`
	}](v)
	if err != nil {
		return exchange.File{}, err
	}
	f := exchange.File{Name: in.Name, Type: in.ContentType, ContentID: in.ContentID, Inline: in.IsInline}
	if in.Name == "" || len(in.Name) > 255 {
		return f, refuse(http.StatusBadRequest, "ErrorInvalidRequest", "An attachment needs a name.")
	}
	switch strings.ToLower(strings.TrimPrefix(in.Type, "#")) {
	case "microsoft.graph.fileattachment":
		if f.Data, err = base64.StdEncoding.DecodeString(in.ContentBytes); err != nil {
			return f, badRequest("Cannot convert the literal of contentBytes to the expected type 'Edm.Binary'.")
		}
		if f.Type == "" {
			f.Type = "application/octet-stream"
		}
	case "microsoft.graph.itemattachment":
		f.Kind, f.Type = exchange.ItemFile, "message/rfc822"
		f.Data, err = itemMIME(in.Item)
	case "microsoft.graph.referenceattachment":
		f.Kind, f.URL = exchange.LinkFile, in.SourceURL
	default:
		return f, badRequest("An attachment needs an @odata.type: fileAttachment, itemAttachment or referenceAttachment.")
	}
	return f, err
}

// itemMIME writes a message inside a message.
func itemMIME(in map[string]any) ([]byte, error) {
	msg := &exchange.Message{}
	for name, v := range in {
		lower := strings.ToLower(name)
		if strings.Contains(name, "@") || slices.Contains(readOnly, lower) {
			continue
		}
		if slices.Contains(alwaysChangeable, lower) || lower == "attachments" {
			return nil, badRequest("An item attachment cannot have the property '%s' here.", name)
		}
		if err := setField(nil, msg, lower, name, v, true); err != nil {
			return nil, err
		}
	}
	return msg.MIME()
}

func addFiles(e *exchange.Edit, v any) error {
	list, ok := v.([]any)
	if !ok {
		return badRequest("attachments must be a list.")
	}
	for _, one := range list {
		f, err := fileIn(one)
		if err != nil {
			return err
		}
		if _, err := e.Attach(f); err != nil {
			return err
		}
	}
	return nil
}
