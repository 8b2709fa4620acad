package ews

import (
	"fmt"
	"testing"
)

func TestInvitationsAreAnsweredAndMeetingsCalledOff(t *testing.T) {
	o := open(t)
	o.ok(o.ask("jane", `<m:CreateItem SendMeetingInvitations="SendToAllAndSaveCopy"><m:Items><t:CalendarItem><t:Subject>Review</t:Subject><t:Importance>High</t:Importance><t:Start>2026-12-01T09:00:00Z</t:Start>`+
		`<t:End>2026-12-01T10:00:00Z</t:End><t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>bob@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees></t:CalendarItem></m:Items></m:CreateItem>`))
	event := func(who string) *node {
		list := o.find(who, "calendar", "Review")
		if len(list) != 1 {
			t.Fatalf("%s has %d", who, len(list))
		}
		return list[0].kid("t:ItemId")
	}
	answer := func(who, kind, disposition, key string) *node {
		return o.ask(who, fmt.Sprintf(`<m:CreateItem %s><m:Items><t:%s><t:ReferenceItemId Id="%s"%s/></t:%s></m:Items></m:CreateItem>`, disposition, kind, event(who).attr("Id"), key, kind))
	}
	newest := func(who string) string { return fmt.Sprintf(` ChangeKey="%s"`, event(who).attr("ChangeKey")) }
	send := `MessageDisposition="SendAndSaveCopy"`
	for want, n := range map[string]*node{
		"ErrorChangeKeyRequired":          answer("bob", "AcceptItem", send, ""),
		"ErrorIrresolvableConflict":       answer("bob", "AcceptItem", send, newest("jane")),
		"ErrorMessageDispositionRequired": answer("bob", "AcceptItem", "", newest("bob")),
		"ErrorInvalidRequest":             answer("bob", "CancelCalendarItem", send, newest("bob")),
	} {
		if got := code(n); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	o.ok(answer("bob", "AcceptItem", send, newest("bob")))
	shown := o.ok(o.ask("jane", fmt.Sprintf(`<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id="%s"/></m:ItemIds></m:GetItem>`, event("jane").attr("Id")))).kid("m:Items", "t:CalendarItem")
	if got := shown.val("t:RequiredAttendees", "t:Attendee", "t:ResponseType"); got != "Accept" || shown.val("t:Importance") != "High" {
		t.Errorf("%s, %s", got, shown.val("t:Importance"))
	}
	draft := o.ok(answer("bob", "TentativelyAcceptItem", `MessageDisposition="SaveOnly"`, newest("bob")))
	if draft.kid("m:Items", "t:MeetingResponse", "t:ItemId") == nil {
		t.Error("a saved answer has no id")
	}
	o.ok(answer("jane", "CancelCalendarItem", send, newest("jane")))
	if left := o.find("jane", "calendar", "Review"); len(left) != 0 {
		t.Errorf("left %d", len(left))
	}
}
