package ews

import (
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// meetingAnswers are what invitations are answered with.
var meetingAnswers = map[string]string{"t:AcceptItem": "accepted", "t:TentativelyAcceptItem": "tentativelyAccepted", "t:DeclineItem": "declined"}

// answerMeeting calls a meeting off, or answers an invitation. An answer that is
// only saved tells the organiser nothing, and leaves a draft of it.
func (c *call) answerMeeting(op, n *node) ([]*node, error) {
	ref := n.kid("t:ReferenceItemId")
	disposition := op.attr("MessageDisposition")
	switch {
	case ref == nil:
		return nil, refuse("ErrorInvalidReferenceItem")
	case disposition == "":
		return nil, refuse("ErrorMessageDispositionRequired")
	}
	box, it, err := c.item(ref)
	switch {
	case err != nil:
		return nil, err
	case it.Class != exchange.ClassEvent:
		return nil, refuse("ErrorInvalidReferenceItem")
	case ref.attr("ChangeKey") == "":
		return nil, refuse("ErrorChangeKeyRequired")
	}
	if err := checkKey(it, ref.attr("ChangeKey")); err != nil {
		return nil, err
	}
	comment := exchange.Body{}
	for _, k := range n.kids {
		if k.name == "t:Body" || k.name == "t:NewBodyContent" {
			comment = exchange.Body{HTML: k.attr("BodyType") == "HTML", Text: k.text}
		}
	}
	id := it.ID(false).EWS()
	answer := meetingAnswers[n.name]
	if answer == "" {
		return []*node{el("m:Items")}, box.Cancel(id, comment)
	}
	if err := box.Respond(id, answer, comment, disposition != "SaveOnly"); err != nil || disposition != "SaveOnly" {
		return []*node{el("m:Items")}, err
	}
	draft, err := box.Create(exchange.Drafts, func(e *exchange.Edit) error {
		m, err := e.Message()
		if err == nil {
			m.Body = comment
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return []*node{el("m:Items", el("t:MeetingResponse", (&itemView{Item: draft, box: box}).id()))}, nil
}
