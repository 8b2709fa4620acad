package ews

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func TestNamesAreResolved(t *testing.T) {
	o := open(t)
	resolve := func(entry string) *node {
		return o.ask("ana", `<m:ResolveNames ReturnFullContactData="true" SearchScope="ActiveDirectory" ContactDataShape="Default"><m:UnresolvedEntry>`+entry+`</m:UnresolvedEntry></m:ResolveNames>`)
	}
	for entry, want := range map[string]string{"smtp:jane@contoso.test": "jane@contoso.test", "Jane": "jane@contoso.test", "doe": "jane@contoso.test", "bob@": "bob@contoso.test"} {
		n := resolve(entry)
		if r := message(n).kid("m:ResolutionSet", "t:Resolution"); code(n) != "NoError" || r.val("t:Mailbox", "t:EmailAddress") != want || r.val("t:Contact", "t:ContactSource") != "ActiveDirectory" {
			t.Errorf("%s: %s", entry, show(n))
		}
	}
	for entry, want := range map[string]string{"nobody": "Error ErrorNameResolutionNoResults", "a": "Warning ErrorNameResolutionMultipleResults", " ": "Error ErrorInvalidNameForNameResolution"} {
		n := resolve(entry)
		if got := message(n).attr("ResponseClass") + " " + code(n); got != want {
			t.Errorf("%q: %s", entry, got)
		}
	}
	if n := message(resolve("a")); len(n.kid("m:ResolutionSet").children()) < 2 {
		t.Errorf("a warning without those it is about: %s", show(n))
	}
}

func TestPeopleAreFound(t *testing.T) {
	o := open(t)
	find := func(query string) *node {
		return o.with("u.ana.x", "", `<m:FindPeople><m:PersonaShape><t:BaseShape>IdOnly</t:BaseShape></m:PersonaShape><m:IndexedPageItemView BasePoint="Beginning" MaxEntriesReturned="20" Offset="0"/><m:ParentFolderId><t:DistinguishedFolderId Id="directory"/></m:ParentFolderId><m:QueryString>`+query+`</m:QueryString></m:FindPeople>`)
	}
	n := find("bob")
	p := n.kid("m:People", "t:Persona")
	if n.attr("ResponseClass") != "Success" || n.val("m:TotalNumberOfPeopleInView") != "1" || p.val("t:DisplayName") != "Bob Stone" || p.val("t:EmailAddress", "t:EmailAddress") != "bob@contoso.test" {
		t.Errorf("%s", show(n))
	}
	if n := find("nobody"); n.val("m:TotalNumberOfPeopleInView") != "0" {
		t.Errorf("%s", show(n))
	}
	one := o.with("u.ana.x", "", `<m:GetPersona><m:PersonaId Id="`+p.kid("t:PersonaId").attr("Id")+`"/></m:GetPersona>`)
	if one.kid("m:Persona").val("t:DisplayName") != "Bob Stone" {
		t.Errorf("%s", show(one))
	}
	if got := o.with("u.ana.x", "", `<m:GetPersona><m:PersonaId Id="nonsense"/></m:GetPersona>`); got.val("m:ResponseCode") != "ErrorInvalidIdMalformed" {
		t.Errorf("%s", show(got))
	}
}

func TestRoomsAreInTheirLists(t *testing.T) {
	o := open(t)
	lists := o.ask("ana", `<m:GetRoomLists/>`).kid("m:RoomLists").children()
	if len(lists) != 2 {
		t.Fatalf("%d lists", len(lists))
	}
	rooms := 0
	for _, l := range lists {
		list := `<t:EmailAddress>` + l.val("t:EmailAddress") + `</t:EmailAddress>`
		in := o.ask("ana", `<m:GetRooms><m:RoomList>`+list+`</m:RoomList></m:GetRooms>`).kid("m:Rooms").children()
		members := o.ok(o.ask("ana", `<m:ExpandDL><m:Mailbox>`+list+`</m:Mailbox></m:ExpandDL>`)).kid("m:DLExpansion").children()
		if len(in) == 0 || len(in) != len(members) {
			t.Errorf("%s: %d rooms, %d members", l.val("t:Name"), len(in), len(members))
		}
		rooms += len(in)
	}
	if rooms != len(exchange.Rooms()) {
		t.Errorf("%d rooms", rooms)
	}
	if n := o.ask("ana", `<m:GetRooms><m:RoomList><t:EmailAddress>nobody@contoso.test</t:EmailAddress></m:RoomList></m:GetRooms>`); n.val("m:ResponseCode") != "ErrorNameResolutionNoResults" {
		t.Errorf("%s", show(n))
	}
	if n := o.ask("ana", `<m:ExpandDL><m:Mailbox><t:EmailAddress>everybody@contoso.test</t:EmailAddress></m:Mailbox></m:ExpandDL>`); len(message(n).kid("m:DLExpansion").children()) < 5 {
		t.Errorf("%s", show(n))
	}
}

func getOofOf(address string) string {
	return `<m:GetUserOofSettingsRequest><t:Mailbox><t:Address>` + address + `</t:Address></t:Mailbox></m:GetUserOofSettingsRequest>`
}

func setOofOf(address, state, duration string) string {
	return `<m:SetUserOofSettingsRequest><t:Mailbox><t:Address>` + address + `</t:Address></t:Mailbox><t:UserOofSettings><t:OofState>` + state + `</t:OofState><t:ExternalAudience>Known</t:ExternalAudience>` + duration +
		`<t:InternalReply><t:Message>Away until Monday</t:Message></t:InternalReply><t:ExternalReply><t:Message>Away</t:Message></t:ExternalReply></t:UserOofSettings></m:SetUserOofSettingsRequest>`
}

func TestAutomaticRepliesAreSetAndSent(t *testing.T) {
	o := open(t)
	if n := o.ask("bob", getOofOf("bob@contoso.test")); n.val("t:OofSettings", "t:OofState") != "Disabled" {
		t.Errorf("%s", show(n))
	}
	span := func(from, to string) string {
		return `<t:Duration><t:StartTime>` + from + `</t:StartTime><t:EndTime>` + to + `</t:EndTime></t:Duration>`
	}
	for request, want := range map[string]string{
		setOofOf("bob@contoso.test", "Scheduled", span("2026-11-23T10:00:00Z", "2026-11-23T09:00:00Z")): "ErrorInvalidOofParameter",
		setOofOf("jane@contoso.test", "Enabled", ""):                                                    "ErrorAccessDenied", getOofOf("jane@contoso.test"): "ErrorAccessDenied", getOofOf("nobody@contoso.test"): "ErrorInvalidMailbox",
		setOofOf("bob@contoso.test", "Enabled", ""): "NoError",
	} {
		if got := o.ask("bob", request).val("m:ResponseMessage", "m:ResponseCode"); got != want {
			t.Errorf("%s: %s", request, got)
		}
	}
	n := o.ask("bob", getOofOf("BOB@contoso.test"))
	if s := n.kid("t:OofSettings"); s.val("t:OofState") != "Enabled" || s.val("t:ExternalAudience") != "Known" || s.val("t:InternalReply", "t:Message") != "Away until Monday" {
		t.Errorf("%s", show(n))
	}
	for range 2 { // one answer to each sender
		o.mail("bob", "Are you there?")
	}
	var replies []*node
	eventually(t, "an automatic reply", func() bool {
		replies = o.find("jane", "inbox", "Automatic reply: Are you there?")
		return len(replies) > 0
	})
	got := o.get("jane", itemID(replies[0]), "Default", `<t:FieldURI FieldURI="item:InternetMessageHeaders"/><t:ExtendedFieldURI PropertyTag="0x3FDF" PropertyType="Integer"/>`)
	headers := fmt.Sprint(show(got.kid("t:InternetMessageHeaders")))
	if len(replies) != 1 || !strings.Contains(headers, "auto-replied") || !strings.Contains(headers, "X-Auto-Response-Suppress") || !strings.Contains(got.val("t:Body"), "Away until Monday") {
		t.Errorf("%d replies: %s", len(replies), show(got))
	}
}

func TestBouncesComeBack(t *testing.T) {
	o := open(t)
	if err := o.x.Plant(exchange.Fault{Name: "bounce", Mailbox: "jane", Value: "bob@contoso.test", Times: 1}); err != nil {
		t.Fatal(err)
	}
	o.mail("bob", "Unlucky")
	var list []*node
	eventually(t, "a bounce", func() bool {
		list = o.find("jane", "inbox", "Undeliverable: Unlucky")
		return len(list) == 1
	})
	got := o.get("jane", itemID(list[0]), "Default", `<t:FieldURI FieldURI="item:MimeContent"/><t:FieldURI FieldURI="message:References"/>`)
	sent := o.get("jane", itemID(o.find("jane", "sentitems", "Unlucky")[0]), "IdOnly", `<t:FieldURI FieldURI="message:InternetMessageId"/>`)
	raw, err := decodeBase64(got.val("t:MimeContent"))
	if err != nil || !strings.Contains(string(raw), "report-type") || !strings.Contains(string(raw), "5.1.10") || !strings.Contains(got.val("t:References"), sent.val("t:InternetMessageId")) {
		t.Errorf("%v %s", err, raw)
	}
	if len(o.find("bob", "inbox", "Unlucky")) != 0 {
		t.Error("Bob has it even so")
	}
}

func TestAForgerIsToldByTheHeaders(t *testing.T) {
	o := open(t)
	o.mail("bob", "Approve PO 42")
	asked := o.get("bob", itemID(o.find("bob", "inbox", "Approve PO 42")[0]), "IdOnly", `<t:FieldURI FieldURI="message:InternetMessageId"/>`)
	if err := o.x.Forge(exchange.Forgery{From: "bob@contoso.test", To: []string{"jane@contoso.test"}, Subject: "RE: Approve PO 42", Text: "Approve", InReplyTo: asked.val("t:InternetMessageId")}); err != nil {
		t.Fatal(err)
	}
	var list []*node
	eventually(t, "the forgery", func() bool {
		list = o.find("jane", "inbox", "RE: Approve PO 42")
		return len(list) == 1
	})
	got := o.get("jane", itemID(list[0]), "Default", `<t:IndexedFieldURI FieldURI="item:InternetMessageHeader" FieldIndex="Authentication-Results"/><t:FieldURI FieldURI="item:InReplyTo"/>`)
	results := show(got.kid("t:InternetMessageHeaders"))
	if got.val("t:From", "t:Mailbox", "t:EmailAddress") != "bob@contoso.test" || got.val("t:InReplyTo") != asked.val("t:InternetMessageId") || strings.Contains(results, "auth=pass") {
		t.Errorf("%s", show(got))
	}
}
