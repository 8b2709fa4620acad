package graph

import (
	"strings"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

// correlationID names the property that a correlation is kept in. Graph wants
// every letter the same in filters.
const correlationID = "String {5b1a6a5e-7c3d-4f62-9a41-0d6f2f1f8e11} Name signoffCorrelation"

type address struct {
	EmailAddress struct {
		Name    string `json:"name,omitempty"`
		Address string `json:"address"`
	} `json:"emailAddress"`
}

func addressOut(a exchange.Address) address {
	var out address
	out.EmailAddress.Name, out.EmailAddress.Address = a.Name, a.Address
	return out
}

func addressesOut(list []exchange.Address) []address {
	out := make([]address, 0, len(list))
	for _, a := range list {
		out = append(out, addressOut(a))
	}
	return out
}

func (a *address) in() exchange.Address {
	if a == nil {
		return exchange.Address{}
	}
	out := exchange.Address{Name: a.EmailAddress.Name, Address: a.EmailAddress.Address}
	if out.Name == out.Address {
		out.Name = ""
	}
	return out
}

func addressesIn(list []address) []exchange.Address {
	var out []exchange.Address
	for _, a := range list {
		out = append(out, a.in())
	}
	return out
}

type itemBody struct {
	ContentType string `json:"contentType"`
	Content     string `json:"content"`
}

func bodyOut(b exchange.Body) *itemBody {
	kind := "text"
	if b.HTML {
		kind = "html"
	}
	return &itemBody{kind, b.Text}
}

func (b *itemBody) in() exchange.Body {
	if b == nil {
		return exchange.Body{}
	}
	return exchange.Body{HTML: strings.EqualFold(b.ContentType, "html"), Text: b.Content}
}

type property struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

func correlated(correlation string) []property {
	if correlation == "" {
		return nil
	}
	return []property{{correlationID, correlation}}
}

type header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type flag struct {
	FlagStatus string `json:"flagStatus"`
}

// message is a mail as Graph has it, both ways.
// https://learn.microsoft.com/graph/api/resources/message
type message struct {
	ID                string     `json:"id,omitempty"`
	ChangeKey         string     `json:"changeKey,omitempty"`
	InternetMessageID string     `json:"internetMessageId,omitempty"`
	ConversationID    string     `json:"conversationId,omitempty"`
	ParentFolderID    string     `json:"parentFolderId,omitempty"`
	From              *address   `json:"from,omitempty"`
	Sender            *address   `json:"sender,omitempty"`
	To                []address  `json:"toRecipients,omitempty"`
	Cc                []address  `json:"ccRecipients,omitempty"`
	Bcc               []address  `json:"bccRecipients,omitempty"`
	ReplyTo           []address  `json:"replyTo,omitempty"`
	Subject           string     `json:"subject,omitempty"`
	Body              *itemBody  `json:"body,omitempty"`
	UniqueBody        *itemBody  `json:"uniqueBody,omitempty"`
	BodyPreview       string     `json:"bodyPreview,omitempty"`
	Importance        string     `json:"importance,omitempty"`
	Categories        []string   `json:"categories,omitempty"`
	Flag              *flag      `json:"flag,omitempty"`
	IsRead            *bool      `json:"isRead,omitempty"`
	IsDraft           bool       `json:"isDraft,omitempty"`
	HasAttachments    bool       `json:"hasAttachments,omitempty"`
	ReadReceipt       bool       `json:"isReadReceiptRequested,omitempty"`
	DeliveryReceipt   bool       `json:"isDeliveryReceiptRequested,omitempty"`
	Sent              *time.Time `json:"sentDateTime,omitempty"`
	Received          *time.Time `json:"receivedDateTime,omitempty"`
	Created           *time.Time `json:"createdDateTime,omitempty"`
	Modified          *time.Time `json:"lastModifiedDateTime,omitempty"`
	Headers           []header   `json:"internetMessageHeaders,omitempty"`
	Properties        []property `json:"singleValueExtendedProperties,omitempty"`
	WebLink           string     `json:"webLink,omitempty"`
	Removed           *struct {
		Reason string `json:"reason"`
	} `json:"@removed,omitempty"`
}

func newMessage(n exchange.NewMail) message {
	m := message{To: addressesOut(n.To), Cc: addressesOut(n.Cc), Bcc: addressesOut(n.Bcc), ReplyTo: addressesOut(n.ReplyTo), Subject: n.Subject,
		Importance: string(n.Importance), Categories: n.Categories, ReadReceipt: n.ReadReceipt, DeliveryReceipt: n.DeliveryNote, Properties: correlated(n.Correlation)}
	if n.From != nil {
		from := addressOut(*n.From)
		m.From = &from
	}
	if n.Body != (exchange.Body{}) {
		m.Body = bodyOut(n.Body)
	}
	for _, h := range n.Headers {
		m.Headers = append(m.Headers, header{h.Name, h.Value})
	}
	return m
}

func (m *message) mail() exchange.Mail {
	out := exchange.Mail{ID: m.ID, ChangeKey: m.ChangeKey, MessageID: m.InternetMessageID, Conversation: m.ConversationID, Folder: m.ParentFolderID,
		From: m.From.in(), Sender: m.Sender.in(), To: addressesIn(m.To), Cc: addressesIn(m.Cc), Bcc: addressesIn(m.Bcc), ReplyTo: addressesIn(m.ReplyTo),
		Subject: m.Subject, Body: m.Body.in(), Unique: m.UniqueBody.in(), Preview: m.BodyPreview, Importance: level(m.Importance), Categories: m.Categories,
		Flagged: m.Flag != nil && strings.EqualFold(m.Flag.FlagStatus, "flagged"), Read: m.IsRead != nil && *m.IsRead, Draft: m.IsDraft,
		HasFiles: m.HasAttachments, Sent: moment(m.Sent), Received: moment(m.Received), Created: moment(m.Created), Modified: moment(m.Modified), Link: m.WebLink}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, exchange.Header{Name: h.Name, Value: h.Value})
	}
	return out
}

func level(text string) exchange.Level {
	switch l := exchange.Level(strings.ToLower(text)); l {
	case exchange.Low, exchange.High:
		return l
	}
	return exchange.Normal
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// listOf is a page of a list.
type listOf[T any] struct {
	Value     []T    `json:"value"`
	NextLink  string `json:"@odata.nextLink"`
	DeltaLink string `json:"@odata.deltaLink"`
}
