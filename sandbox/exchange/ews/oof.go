package ews

import (
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// The words for automatic replies, here and in the model.
var (
	oofStates    = map[string]string{"disabled": "Disabled", "alwaysEnabled": "Enabled", "scheduled": "Scheduled"}
	oofAudiences = map[string]string{"none": "None", "contactsOnly": "Known", "all": "All"}
)

// oofBox is the mailbox whose settings are asked for. Only its owner may.
func (c *call) oofBox(op *node) (*exchange.Mailbox, error) {
	box := c.srv.lookup(op.val("t:Mailbox", "t:Address"))
	if box == nil {
		return nil, &fault{code: "ErrorInvalidMailbox", text: "The mailbox that was requested doesn't exist."}
	}
	if c.box == nil || c.box.GUID() != box.GUID() {
		return nil, refuse("ErrorAccessDenied")
	}
	return box, nil
}

// oofAnswer is the answer's shape: one ResponseMessage, and no more on refusal.
func (c *call) oofAnswer(op string, err error, parts ...*node) *node {
	if err != nil {
		m := c.failed(op, err)
		m.name = "m:ResponseMessage"
		return el("m:"+op+"Response", m)
	}
	return el("m:"+op+"Response", el("m:ResponseMessage", attr{"ResponseClass", "Success"}, el("m:ResponseCode", "NoError")), parts)
}

func getOof(c *call, op *node) (*node, error) {
	box, err := c.oofBox(op)
	if err != nil {
		return c.oofAnswer("GetUserOofSettings", err), nil
	}
	o := box.Settings().OutOfOffice
	start, end := o.Start, o.End
	if start.IsZero() {
		start = c.srv.Now().Truncate(time.Hour)
		end = start.Add(24 * time.Hour)
	}
	const local = "2006-01-02T15:04:05Z"
	return c.oofAnswer("GetUserOofSettings", nil, el("t:OofSettings",
		el("t:OofState", oofStates[o.Status]), el("t:ExternalAudience", oofAudiences[o.Audience]),
		el("t:Duration", el("t:StartTime", start.UTC().Format(local)), el("t:EndTime", end.UTC().Format(local))),
		el("t:InternalReply", el("t:Message", o.Internal)), el("t:ExternalReply", el("t:Message", o.External))),
		el("m:AllowExternalOof", "All")), nil
}

func setOof(c *call, op *node) (*node, error) {
	box, err := c.oofBox(op)
	if err != nil {
		return c.oofAnswer("SetUserOofSettings", err), nil
	}
	n := op.kid("t:UserOofSettings")
	o := exchange.OutOfOffice{Status: keyOf(oofStates, n.val("t:OofState")), Audience: keyOf(oofAudiences, n.val("t:ExternalAudience")),
		Internal: n.val("t:InternalReply", "t:Message"), External: n.val("t:ExternalReply", "t:Message")}
	o.Start, _ = readTime(n.val("t:Duration", "t:StartTime")) // the schema has checked them
	o.End, _ = readTime(n.val("t:Duration", "t:EndTime"))
	if o.Status == "scheduled" && !o.End.After(o.Start) {
		return c.oofAnswer("SetUserOofSettings", refuse("ErrorInvalidOofParameter")), nil
	}
	_, err = box.ChangeSettings(func(s *exchange.Settings) error {
		s.OutOfOffice = o
		return nil
	})
	return c.oofAnswer("SetUserOofSettings", err), nil
}
