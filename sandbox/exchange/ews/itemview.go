package ews

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// itemView shows one item's properties. The mail is taken apart when the first
// property needs it.
type itemView struct {
	exchange.Item
	box   *exchange.Mailbox
	shape shape
	find  bool // in the list of a FindItem

	read  bool
	mail  *exchange.Message
	entry entry // of what is no mail
}

// kinds are the elements of items, by class.
var kinds = map[string]string{
	exchange.ClassEvent: "CalendarItem", exchange.ClassContact: "Contact", exchange.ClassTask: "Task",
}

// kind is the item's type: "Message".
func (v *itemView) kind() string {
	if k, ok := kinds[v.Class]; ok {
		return k
	}
	return "Message"
}

// message is the item's mail; an item that is none has an empty one.
func (v *itemView) message() *exchange.Message {
	if v.read {
		return v.mail
	}
	v.read, v.mail = true, &exchange.Message{}
	if v.Class == exchange.ClassMail {
		if m, err := v.Item.Message(); err == nil {
			v.mail = m
		}
	} else {
		v.entry = readEntry(v.Item)
		v.mail = v.entry.message()
	}
	return v.mail
}

// The base shape Default, which is shorter in lists.
var (
	listDefaults = []string{"t:Subject", "t:Sensitivity", "t:Size", "t:DateTimeSent", "t:DateTimeCreated", "t:HasAttachments", "t:From", "t:IsRead",
		"t:Start", "t:End", "t:Location", "t:Organizer", "t:IsMeeting", "t:LegacyFreeBusyStatus",
		"t:DisplayName", "t:GivenName", "t:Surname", "t:CompanyName", "t:EmailAddresses", "t:PhoneNumbers", "t:JobTitle",
		"t:DueDate", "t:StartDate", "t:PercentComplete", "t:Status"}
	itemDefaults = append([]string{"t:ResponseObjects", "t:Body", "t:Attachments", "t:ToRecipients", "t:CcRecipients", "t:BccRecipients",
		"t:IsReadReceiptRequested", "t:IsDeliveryReceiptRequested", "t:RequiredAttendees", "t:OptionalAttendees", "t:UID"}, listDefaults...)
)

// unlisted are the properties that FindItem does not have: GetItem does.
var unlisted = []string{"t:MimeContent", "t:Body", "t:UniqueBody", "t:NormalizedBody", "t:TextBody", "t:Attachments", "t:InternetMessageHeaders",
	"t:ToRecipients", "t:CcRecipients", "t:BccRecipients", "t:ReplyTo", "t:ResponseObjects", "t:RequiredAttendees", "t:OptionalAttendees", "t:Resources"}

// listable refuses what a list cannot show.
func listable(s shape) *fault {
	for _, p := range s.extra {
		if p.uri != "" && slices.Contains(unlisted, p.element()) {
			return &fault{code: "ErrorInvalidPropertyRequest", text: "Property " + p.uri + " is not valid for this request: FindItem does not return it."}
		}
	}
	if s.mime {
		return &fault{code: "ErrorInvalidPropertyRequest", text: "FindItem does not return MIME content."}
	}
	return nil
}

// queryable refuses properties that nothing can be found by.
func queryable(p path) *fault {
	if p.uri != "" && slices.Contains([]string{"t:MimeContent", "t:UniqueBody", "t:NormalizedBody", "t:TextBody", "t:Attachments", "t:InternetMessageHeaders", "t:ResponseObjects",
		"t:EffectiveRights"}, p.element()) {
		return refuse("ErrorUnsupportedPathForQuery")
	}
	return nil
}

// show writes the item in its shape.
func (v *itemView) show() *node {
	want := []string{"t:ItemId"}
	switch {
	case v.shape.base == "AllProperties":
		for _, p := range schema[v.kind()].parts {
			if name := p.choices[0].name; name != "t:ItemId" && name != "t:MimeContent" && (!v.find || !slices.Contains(unlisted, name)) && !slices.Contains(rare, name) {
				want = append(want, name)
			}
		}
	case v.shape.base == "Default" && v.find:
		want = append(want, listDefaults...)
	case v.shape.base == "Default":
		want = append(want, itemDefaults...)
	}
	if v.shape.mime {
		want = append(want, "t:MimeContent")
	}
	n := el("t:" + v.kind())
	headers := ""
	for _, p := range v.shape.extra {
		switch {
		case p.uri == "":
			if x := property(p.ext, v.property(p.ext)); x != nil {
				n.kids = append(n.kids, x)
			}
		case p.uri == "item:InternetMessageHeader":
			headers += "\n" + strings.ToLower(p.index)
		case !slices.Contains(want, p.element()):
			want = append(want, p.element())
		}
	}
	for _, e := range want {
		if k := v.get(e); k != nil {
			n.kids = append(n.kids, k)
		}
	}
	if headers != "" && !slices.Contains(want, "t:InternetMessageHeaders") {
		if h := v.headers(strings.Split(headers, "\n")); h != nil {
			n.kids = append(n.kids, h)
		}
	}
	return inOrder(n, v.kind())
}

// rare are not part of AllProperties: they cost, or repeat the body.
var rare = []string{"t:UniqueBody", "t:NormalizedBody", "t:TextBody", "t:ExtendedProperty"}

// id is the element that names the item.
func (v *itemView) id() *node {
	return el("t:ItemId", attr{"Id", v.ID(false).EWS()}, attr{"ChangeKey", v.ChangeKey()})
}

// brief is the item with its id and no more, as operations return it.
func (v *itemView) brief() *node { return el("t:"+v.kind(), v.id()) }

// get returns the element of a property, or nil where the item has none.
func (v *itemView) get(element string) *node {
	if f, ok := common[element]; ok {
		return f(v)
	}
	if f, ok := ofMail[element]; ok && v.Class == exchange.ClassMail {
		return f(v)
	}
	if v.Class != exchange.ClassMail {
		v.message()
		return v.entry.get(element)
	}
	return nil
}

func flag(name string, b bool) *node { return el(name, strconv.FormatBool(b)) }

func moment(name string, t time.Time) *node {
	if t.IsZero() {
		return nil
	}
	return el(name, stamp(t))
}

func words(name, text string) *node {
	if text == "" {
		return nil
	}
	return el(name, text)
}

// common are the properties of every item.
var common map[string]func(*itemView) *node

// ofMail are those of mails alone.
var ofMail map[string]func(*itemView) *node

func init() {
	common = map[string]func(*itemView) *node{
		"t:ItemId": (*itemView).id,
		"t:ParentFolderId": func(v *itemView) *node {
			return el("t:ParentFolderId", attr{"Id", v.FolderID().EWS()}, attr{"ChangeKey", "AQAAAA=="})
		},
		"t:ItemClass":      func(v *itemView) *node { return el("t:ItemClass", v.Item.Class) },
		"t:Subject":        func(v *itemView) *node { return words("t:Subject", v.message().Subject) },
		"t:Sensitivity":    func(v *itemView) *node { return el("t:Sensitivity", title(v.Item.Sensitivity, "Normal")) },
		"t:Importance":     func(v *itemView) *node { return el("t:Importance", title(v.importance(), "Normal")) },
		"t:Body":           func(v *itemView) *node { return v.body("t:Body", v.shape.body, v.message().Body) },
		"t:UniqueBody":     func(v *itemView) *node { return v.body("t:UniqueBody", v.shape.unique, v.message().Body.Unique()) },
		"t:NormalizedBody": func(v *itemView) *node { return v.body("t:NormalizedBody", v.shape.body, v.message().Body) },
		"t:TextBody":       func(v *itemView) *node { return v.body("t:TextBody", "Text", v.message().Body) },
		"t:Preview":        func(v *itemView) *node { return words("t:Preview", short255(asText(v.message().Body))) },
		"t:Attachments":    (*itemView).attachments,
		"t:HasAttachments": func(v *itemView) *node {
			return flag("t:HasAttachments", slices.ContainsFunc(v.message().Files, func(f exchange.File) bool { return !f.Inline }))
		},
		"t:DateTimeReceived": func(v *itemView) *node { return moment("t:DateTimeReceived", v.Received) },
		"t:DateTimeCreated":  func(v *itemView) *node { return moment("t:DateTimeCreated", v.Created) },
		"t:LastModifiedTime": func(v *itemView) *node { return moment("t:LastModifiedTime", v.Modified) },
		"t:LastModifiedName": func(v *itemView) *node { return el("t:LastModifiedName", v.box.Address().Name) },
		"t:Size":             func(v *itemView) *node { return el("t:Size", strconv.FormatInt(v.Item.Size, 10)) },
		"t:Categories":       (*itemView).categories,
		"t:EffectiveRights":  func(v *itemView) *node { return effectiveRights(false) },
		"t:IsAssociated":     func(v *itemView) *node { return flag("t:IsAssociated", false) },
		"t:Culture":          func(*itemView) *node { return el("t:Culture", "en-US") },
		"t:ConversationId":   func(v *itemView) *node { return el("t:ConversationId", attr{"Id", v.ThreadID().EWS()}) },
		"t:InstanceKey": func(v *itemView) *node {
			return el("t:InstanceKey", base64.StdEncoding.EncodeToString([]byte(strconv.FormatUint(v.Item.Place, 10))))
		},
		"t:Flag":            (*itemView).followUp,
		"t:IsDraft":         func(v *itemView) *node { return flag("t:IsDraft", v.Draft()) },
		"t:IsFromMe":        func(v *itemView) *node { return flag("t:IsFromMe", v.fromMe()) },
		"t:IsSubmitted":     func(v *itemView) *node { return flag("t:IsSubmitted", false) },
		"t:IsResend":        func(v *itemView) *node { return flag("t:IsResend", false) },
		"t:IsUnmodified":    func(v *itemView) *node { return flag("t:IsUnmodified", v.Class == exchange.ClassMail && !v.Draft()) },
		"t:MimeContent":     (*itemView).mime,
		"t:DisplayTo":       func(v *itemView) *node { return el("t:DisplayTo", names(v.message().To)) },
		"t:DisplayCc":       func(v *itemView) *node { return el("t:DisplayCc", names(v.message().Cc)) },
		"t:ResponseObjects": (*itemView).responseObjects,
	}
	ofMail = map[string]func(*itemView) *node{
		"t:DateTimeSent":           func(v *itemView) *node { return moment("t:DateTimeSent", v.message().Date) },
		"t:InReplyTo":              func(v *itemView) *node { return words("t:InReplyTo", v.message().InReplyTo) },
		"t:References":             func(v *itemView) *node { return words("t:References", strings.Join(v.message().References, " ")) },
		"t:InternetMessageId":      func(v *itemView) *node { return words("t:InternetMessageId", v.Item.MessageID) },
		"t:InternetMessageHeaders": func(v *itemView) *node { return v.headers(nil) },
		"t:Sender": func(v *itemView) *node {
			return oneMailbox("t:Sender", v.box, cmpAddress(v.message().Sender, v.message().From))
		},
		"t:From":                   func(v *itemView) *node { return oneMailbox("t:From", v.box, v.message().From) },
		"t:ToRecipients":           func(v *itemView) *node { return mailboxes("t:ToRecipients", v.box, v.message().To) },
		"t:CcRecipients":           func(v *itemView) *node { return mailboxes("t:CcRecipients", v.box, v.message().Cc) },
		"t:BccRecipients":          func(v *itemView) *node { return mailboxes("t:BccRecipients", v.box, v.message().Bcc) },
		"t:ReplyTo":                func(v *itemView) *node { return mailboxes("t:ReplyTo", v.box, v.message().ReplyTo) },
		"t:ReceivedBy":             (*itemView).receivedBy,
		"t:IsRead":                 func(v *itemView) *node { return flag("t:IsRead", v.Read()) },
		"t:IsReadReceiptRequested": func(v *itemView) *node { return flag("t:IsReadReceiptRequested", v.message().ReadReceipt) },
		"t:IsDeliveryReceiptRequested": func(v *itemView) *node {
			return flag("t:IsDeliveryReceiptRequested", v.message().DeliveryReceipt)
		},
		"t:IsResponseRequested": func(v *itemView) *node { return flag("t:IsResponseRequested", false) },
		"t:ConversationIndex": func(v *itemView) *node {
			return words("t:ConversationIndex", base64.StdEncoding.EncodeToString(v.Item.ThreadIndex))
		},
		"t:ConversationTopic": func(v *itemView) *node { return words("t:ConversationTopic", topic(v.message().Subject)) },
	}
}

// importance is the mail's, and of what is no mail the item's.
func (v *itemView) importance() string {
	if v.Class != exchange.ClassMail {
		return v.Item.Importance
	}
	return v.message().Importance
}

// title is a word as EWS writes it: "high" is "High"; "" is the usual one.
func title(word, usual string) string {
	if word == "" {
		return usual
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

func topic(subject string) string {
	for {
		i := strings.IndexByte(subject, ':')
		if i < 0 || !slices.Contains([]string{"re", "fw", "fwd", "aw", "wg", "sv", "tr", "rv"}, strings.ToLower(strings.TrimSpace(subject[:i]))) {
			return strings.TrimSpace(subject)
		}
		subject = subject[i+1:]
	}
}

func names(list []exchange.Address) string {
	var out []string
	for _, a := range list {
		out = append(out, nameOf(a))
	}
	return strings.Join(out, "; ")
}

func nameOf(a exchange.Address) string {
	if a.Name != "" {
		return a.Name
	}
	return a.Address
}

func cmpAddress(a, b *exchange.Address) *exchange.Address {
	if a != nil {
		return a
	}
	return b
}

func (v *itemView) fromMe() bool {
	from := v.message().From
	return from != nil && strings.EqualFold(from.Address, v.box.Address().Address)
}

func (v *itemView) categories() *node {
	if len(v.Item.Categories) == 0 {
		return nil
	}
	n := el("t:Categories")
	for _, c := range v.Item.Categories {
		n.kids = append(n.kids, el("t:String", c))
	}
	return n
}

func (v *itemView) followUp() *node {
	status := map[string]string{"": "NotFlagged", "flagged": "Flagged", "complete": "Complete"}[v.FollowUp.Status]
	return el("t:Flag", el("t:FlagStatus", status), moment("t:StartDate", v.FollowUp.Start), moment("t:DueDate", v.FollowUp.Due),
		moment("t:CompleteDate", v.FollowUp.Complete))
}

func (v *itemView) mime() *node {
	if v.Class != exchange.ClassMail {
		return nil
	}
	raw, err := v.Item.MIME()
	if err != nil {
		return nil
	}
	return el("t:MimeContent", attr{"CharacterSet", "UTF-8"}, base64.StdEncoding.EncodeToString(raw))
}

func (v *itemView) receivedBy() *node {
	if v.Draft() || v.fromMe() {
		return nil
	}
	a := v.box.Address()
	return oneMailbox("t:ReceivedBy", v.box, &a)
}

func (v *itemView) responseObjects() *node {
	if v.Class != exchange.ClassMail || v.Draft() {
		return nil
	}
	return el("t:ResponseObjects", el("t:ReplyToItem"), el("t:ReplyAllToItem"), el("t:ForwardItem"))
}

// headers are the fields of a mail that has travelled; only: those names.
func (v *itemView) headers(only []string) *node {
	if v.Draft() {
		return nil
	}
	n := el("t:InternetMessageHeaders")
	for _, h := range v.message().Headers {
		if only == nil || slices.Contains(only, strings.ToLower(h.Name)) {
			n.kids = append(n.kids, el("t:InternetMessageHeader", attr{"HeaderName", h.Name}, h.Value))
		}
	}
	if len(n.kids) == 0 {
		return nil
	}
	return n
}

func (v *itemView) attachments() *node {
	n := el("t:Attachments")
	for _, f := range v.message().Files {
		n.kids = append(n.kids, attachment(v.Item, f, false))
	}
	if len(n.kids) == 0 {
		return nil
	}
	return n
}

// mailboxNode writes an address; those of this Exchange are resolved.
func mailboxNode(box *exchange.Mailbox, a exchange.Address) *node {
	kind := "OneOff"
	if _, ours := resolveAddress(a.Address); ours {
		kind = "Mailbox"
	}
	return el("t:Mailbox", el("t:Name", nameOf(a)), el("t:EmailAddress", a.Address), el("t:RoutingType", "SMTP"), el("t:MailboxType", kind))
}

func oneMailbox(name string, box *exchange.Mailbox, a *exchange.Address) *node {
	if a == nil {
		return nil
	}
	return el(name, mailboxNode(box, *a))
}

func mailboxes(name string, box *exchange.Mailbox, list []exchange.Address) *node {
	if len(list) == 0 {
		return nil
	}
	n := el(name)
	for _, a := range list {
		n.kids = append(n.kids, mailboxNode(box, a))
	}
	return n
}
