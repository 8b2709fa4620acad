package exchange

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Prop reads an extended property: one that was set, or one that MAPI has of
// every mail. Arrays come as JSON, binary as base64.
func (it Item) Prop(id PropID) (string, bool) {
	if v, ok := it.Props[id.String()]; ok {
		return v, true
	}
	if it.Class != ClassMail || id.Set != "" && id.Set != SetInternetHeaders {
		return "", false
	}
	if v, ok := it.tagged(id); ok {
		return v, v != ""
	}
	msg, err := it.Message()
	if err != nil {
		return "", false
	}
	v := msg.prop(id)
	return v, v != ""
}

// tagged reads what the item knows without opening the mail.
func (it Item) tagged(id PropID) (string, bool) {
	switch id.Tag {
	case 0x1035:
		return it.MessageID, true
	case 0x001A:
		return it.Class, true
	case 0x0071:
		return base64.StdEncoding.EncodeToString(it.ThreadIndex), true
	case 0x0E06:
		return stamp(it.Received), true
	case 0x3007:
		return stamp(it.Created), true
	case 0x3008:
		return stamp(it.Modified), true
	case 0x0E08:
		return strconv.FormatInt(it.Size, 10), true
	case 0x1081:
		if it.Verb == 0 {
			return "", true
		}
		return strconv.Itoa(it.Verb), true
	case 0x1082:
		if it.Verb == 0 {
			return "", true
		}
		return stamp(it.VerbAt), true
	}
	return "", false
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func (m *Message) prop(id PropID) string {
	if id.Set == SetInternetHeaders {
		return m.Header(id.Name)
	}
	switch id.Tag {
	case 0x0037:
		return m.Subject
	case 0x0070:
		return topic(m.Subject)
	case 0x1042:
		return m.InReplyTo
	case 0x1039:
		return strings.Join(m.References, " ")
	case 0x007D:
		var b strings.Builder
		for _, h := range m.Headers {
			b.WriteString(h.Name + ": " + h.Value + "\r\n")
		}
		return b.String()
	case 0x0039:
		return stamp(m.Date)
	case 0x5D01:
		if m.Sender != nil {
			return m.Sender.Address
		}
		fallthrough
	case 0x5D02:
		if m.From != nil {
			return m.From.Address
		}
	case 0x3FDF:
		if strings.EqualFold(m.AutomaticAnswers, "All") {
			return "-1"
		}
	}
	return ""
}
