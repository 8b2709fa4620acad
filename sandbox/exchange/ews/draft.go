package ews

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// draft is an item while its properties are set from a request: the edit, and
// what it says, one of the four.
type draft struct {
	e       *exchange.Edit
	event   *exchange.Appointment
	contact *exchange.Contact
	task    *exchange.Task
	fresh   bool           // it is being created
	zone    *time.Location // of times without one
}

// readOnly are the properties that Exchange works out itself.
var readOnly = []string{"t:ItemId", "t:ParentFolderId", "t:DateTimeReceived", "t:Size", "t:IsSubmitted", "t:IsDraft", "t:IsFromMe", "t:IsResend",
	"t:IsUnmodified", "t:InternetMessageHeaders", "t:DateTimeSent", "t:DateTimeCreated", "t:ResponseObjects", "t:DisplayCc", "t:DisplayTo", "t:DisplayBcc",
	"t:HasAttachments", "t:EffectiveRights", "t:LastModifiedName", "t:LastModifiedTime", "t:IsAssociated", "t:ConversationId", "t:UniqueBody",
	"t:InstanceKey", "t:NormalizedBody", "t:Preview", "t:TextBody", "t:ConversationIndex", "t:ConversationTopic", "t:InternetMessageId",
	"t:ReceivedBy", "t:ReceivedRepresenting", "t:Organizer", "t:IsMeeting", "t:IsCancelled", "t:IsRecurring", "t:CalendarItemType", "t:MyResponseType",
	"t:IsComplete", "t:HasPicture", "t:WebClientReadFormQueryString", "t:WebClientEditFormQueryString", "t:StoreEntryId"}

// passedOver are properties that may be set and that nothing here looks at.
var passedOver = []string{"t:ItemClass", "t:Culture", "t:ReminderDueBy", "t:ReminderNextTime", "t:IsResponseRequested", "t:LegacyFreeBusyStatus",
	"t:MeetingTimeZone", "t:EndTimeZone", "t:StartTimeZoneId", "t:EndTimeZoneId", "t:AllowNewTimeProposal", "t:ConferenceType", "t:FileAs", "t:FileAsMapping", "t:Owner",
	"t:PostalAddressIndex", "t:MimeContent", "t:ReminderIsSet", "t:ReminderMinutesBeforeStart"}

// addressed may not be set on a mail that was sent.
var addressed = []string{"t:ToRecipients", "t:CcRecipients", "t:BccRecipients", "t:From", "t:Sender", "t:ReplyTo"}

// setAll sets the properties of a new item, in the request's order.
func (d *draft) setAll(n *node) error {
	for _, k := range n.kids {
		if err := d.set(k); err != nil {
			return err
		}
	}
	return nil
}

// set sets the property that an element carries.
func (d *draft) set(n *node) error {
	if slices.Contains(readOnly, n.name) {
		return refused("ErrorInvalidPropertySet", n)
	}
	done, err := d.setCommon(n)
	if done || err != nil {
		return err
	}
	switch {
	case d.event != nil:
		done, err = d.setEvent(n)
	case d.contact != nil:
		done, err = d.setContact(n)
	case d.task != nil:
		done, err = d.setTask(n)
	default:
		done, err = d.setMail(n)
	}
	if done || err != nil || slices.Contains(passedOver, n.name) {
		return err
	}
	return refused("ErrorInvalidPropertySet", n)
}

func refused(code string, n *node) *fault {
	return &fault{code: code, text: texts[code] + " (" + n.local() + ")"}
}

func (d *draft) setCommon(n *node) (done bool, err error) {
	switch n.name {
	case "t:Subject":
		return true, d.setSubject(oneLine(n.text))
	case "t:Body":
		return true, d.setBody(exchange.Body{HTML: n.attr("BodyType") == "HTML", Text: n.text})
	case "t:Importance":
		return true, d.setImportance(strings.ToLower(strings.TrimSpace(n.text)))
	case "t:Sensitivity":
		d.e.Item.Sensitivity = strings.ToLower(strings.TrimSpace(n.text))
		d.e.Touch()
	case "t:Categories":
		var list []string
		for _, k := range n.kids {
			list = append(list, k.text)
		}
		return true, d.e.SetCategories(list)
	case "t:Flag":
		return true, d.setFlag(n)
	case "t:ExtendedProperty":
		return true, d.setProperty(n)
	case "t:Attachments":
		return true, d.attachAll(n)
	default:
		return false, nil
	}
	return true, nil
}

func (d *draft) setSubject(text string) error {
	switch {
	case d.event != nil:
		d.event.Subject = text
	case d.task != nil:
		d.task.Subject = text
	case d.contact != nil:
	default:
		m, err := d.e.Message()
		if err != nil {
			return err
		}
		m.Subject = text
	}
	return nil
}

func (d *draft) setBody(b exchange.Body) error {
	switch {
	case d.event != nil:
		d.event.Body = b
	case d.task != nil:
		d.task.Body = b
	case d.contact != nil:
		d.contact.Notes = asText(b)
	default:
		m, err := d.e.Message()
		if err != nil {
			return err
		}
		m.Body = b
	}
	return nil
}

func (d *draft) setImportance(level string) error {
	if err := d.e.SetImportance(level); err != nil || d.e.Item.Class != exchange.ClassMail || !d.e.Item.Draft() {
		return err
	}
	m, err := d.e.Message() // a draft's goes out with it
	if err != nil {
		return err
	}
	m.Importance = level
	return nil
}

func (d *draft) setFlag(n *node) error {
	status, ok := map[string]string{"NotFlagged": "", "Flagged": "flagged", "Complete": "complete"}[n.val("t:FlagStatus")]
	if !ok {
		return refused("ErrorInvalidPropertySet", n)
	}
	f := exchange.FollowUp{Status: status}
	f.Start, _ = readTime(n.val("t:StartDate"))
	f.Due, _ = readTime(n.val("t:DueDate"))
	f.Complete, _ = readTime(n.val("t:CompleteDate"))
	d.e.SetFollowUp(f)
	return nil
}

func (d *draft) setProperty(n *node) error {
	id, text, f := readProperty(n)
	if f != nil {
		return f
	}
	if id.Set == "" && id.Tag == 0x0e07 { // how clients file mails that are no drafts
		if flags, _ := strconv.Atoi(text); d.fresh && flags&8 == 0 {
			d.e.Item.Flags &^= sandbox.Draft
		}
		return nil
	}
	return d.e.SetProp(id, text)
}

func (d *draft) attachAll(n *node) error {
	if d.e.Item.Class != exchange.ClassMail {
		return refused("ErrorInvalidPropertySet", n)
	}
	for _, k := range n.kids {
		f, err := readFile(k)
		if err != nil {
			return err
		}
		if _, err := d.e.Attach(f); err != nil {
			return err
		}
	}
	return nil
}

// setMail sets what only mails have.
func (d *draft) setMail(n *node) (done bool, err error) {
	if n.name == "t:IsRead" {
		d.e.SetRead(truth(n))
		return true, nil
	}
	if slices.Contains(passedOver, n.name) {
		return false, nil
	}
	if slices.Contains(addressed, n.name) && !d.fresh && !d.e.Item.Draft() {
		return false, &fault{code: "ErrorInvalidPropertyUpdateSentMessage", text: "The property cannot be updated on a message that was sent."}
	}
	m, err := d.e.Message()
	if err != nil {
		return false, err
	}
	switch n.name {
	case "t:ToRecipients":
		m.To, err = readMailboxes(n)
	case "t:CcRecipients":
		m.Cc, err = readMailboxes(n)
	case "t:BccRecipients":
		m.Bcc, err = readMailboxes(n)
	case "t:ReplyTo":
		m.ReplyTo, err = readMailboxes(n)
	case "t:From":
		m.From, err = readMailbox(n)
	case "t:Sender":
		m.Sender, err = readMailbox(n)
	case "t:InReplyTo":
		m.InReplyTo = oneLine(n.text)
	case "t:References":
		m.References = strings.Fields(n.text)
	case "t:IsReadReceiptRequested":
		m.ReadReceipt = truth(n)
	case "t:IsDeliveryReceiptRequested":
		m.DeliveryReceipt = truth(n)
	default:
		return false, nil
	}
	return true, err
}

// truth is a bool that the schema has checked.
func truth(n *node) bool {
	t := strings.TrimSpace(n.text)
	return t == "true" || t == "1"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// readMailboxes reads recipients. Only SMTP is spoken here.
func readMailboxes(n *node) ([]exchange.Address, error) {
	var list []exchange.Address
	for _, k := range n.kids {
		a := exchange.Address{Name: k.val("t:Name"), Address: k.val("t:EmailAddress")}
		if r := k.val("t:RoutingType"); a.Address == "" || r != "" && !strings.EqualFold(r, "SMTP") {
			return nil, refuse("ErrorInvalidRecipients")
		}
		list = append(list, a)
	}
	return list, nil
}

func readMailbox(n *node) (*exchange.Address, error) {
	list, err := readMailboxes(n)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// clear takes a property away.
func (d *draft) clear(p path) error {
	if p.uri == "" {
		return d.e.RemoveProp(p.ext)
	}
	n := el(p.element())
	switch n.name {
	case "t:Body":
		n.attrs = []attr{{"BodyType", "Text"}}
	case "t:Importance", "t:Sensitivity":
		n.text = "Normal"
	case "t:Flag":
		n.kids = []*node{el("t:FlagStatus", "NotFlagged")}
	case "t:IsRead", "t:Start", "t:End", "t:Attachments", "t:IsAllDayEvent":
		return &fault{code: "ErrorInvalidPropertyDelete", text: "The property cannot be deleted."}
	}
	err := d.set(n)
	if f, ok := err.(*fault); ok && f.code == "ErrorInvalidPropertySet" && d.e.Item.Class != exchange.ClassMail && !slices.Contains(readOnly, n.name) {
		return nil // it was never there: clients clear what an item of this class does not have
	}
	return err
}

// add appends to a property: to the body, or to a list.
func (d *draft) add(n *node) error {
	if d.e.Item.Class != exchange.ClassMail {
		return refuse("ErrorInvalidPropertyForOperation")
	}
	m, err := d.e.Message()
	if err != nil {
		return err
	}
	lists := map[string]*[]exchange.Address{"t:ToRecipients": &m.To, "t:CcRecipients": &m.Cc, "t:BccRecipients": &m.Bcc, "t:ReplyTo": &m.ReplyTo}
	list, ok := lists[n.name]
	switch {
	case n.name == "t:Body" && (n.attr("BodyType") == "HTML") == m.Body.HTML:
		m.Body.Text += n.text
		return nil
	case !ok:
		return &fault{code: "ErrorInvalidPropertyAppend", text: "The property cannot be appended to."}
	}
	before := slices.Clone(*list)
	if err := d.set(n); err != nil {
		return err
	}
	*list = append(before, *list...)
	return nil
}
