package ews

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// get reads one item in a shape; extra is inside AdditionalProperties.
func (o *office) get(who string, itemID *node, base, extra string) *node {
	o.Helper()
	if extra != "" {
		extra = "<t:AdditionalProperties>" + extra + "</t:AdditionalProperties>"
	}
	n := o.ok(o.ask(who, `<m:GetItem><m:ItemShape><t:BaseShape>`+base+`</t:BaseShape>`+extra+`</m:ItemShape><m:ItemIds>`+id(itemID)+`</m:ItemIds></m:GetItem>`))
	return n.kid("m:Items").first()
}

// sendItem sends a draft.
func (o *office) sendItem(who string, draft *node) *node {
	o.Helper()
	return o.ask(who, `<m:SendItem SaveItemToFolder="true"><m:ItemIds>`+id(draft)+`</m:ItemIds></m:SendItem>`)
}

func itemID(n *node) *node { return n.kid("t:ItemId") }

const correlation = `<t:ExtendedFieldURI PropertySetId="5b1a6a5e-0000-4000-8000-000000000001" PropertyName="wfCorrelation" PropertyType="String"/>`

func TestADraftsIdDiesWhenItIsSentAndItsMessageIdLives(t *testing.T) {
	o := open(t)
	draft := o.draft("jane", "Approve PO 42", `<t:ExtendedProperty>`+correlation+`<t:Value>01J</t:Value></t:ExtendedProperty>`)
	before := o.get("jane", draft, "IdOnly", `<t:FieldURI FieldURI="message:InternetMessageId"/><t:FieldURI FieldURI="item:ConversationId"/>`)
	if before.val("t:InternetMessageId") == "" {
		t.Fatal("a draft has no Message-ID")
	}
	o.ok(o.sendItem("jane", draft))
	if got := code(o.ask("jane", `<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds>`+id(draft)+`</m:ItemIds></m:GetItem>`)); got != "ErrorItemNotFound" {
		t.Errorf("the draft's id: %s", got)
	}
	found := o.ok(o.ask("jane", `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="message:InternetMessageId"/><t:FieldURI FieldURI="item:ConversationId"/></t:AdditionalProperties></m:ItemShape>`+
		`<m:Restriction><t:IsEqualTo>`+correlation+`<t:FieldURIOrConstant><t:Constant Value="01J"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id="sentitems"/></m:ParentFolderIds></m:FindItem>`))
	copies := found.kid("m:RootFolder", "t:Items").kids
	if len(copies) != 1 {
		t.Fatalf("%d copies", len(copies))
	}
	sent := copies[0]
	if sent.val("t:InternetMessageId") != before.val("t:InternetMessageId") || sent.kid("t:ConversationId").attr("Id") != before.kid("t:ConversationId").attr("Id") ||
		itemID(sent).attr("Id") == draft.attr("Id") {
		t.Errorf("draft %s\nsent %s", show(before), show(sent))
	}
	if got := len(o.find("bob", "inbox", "Approve PO 42")); got != 1 {
		t.Errorf("Bob has %d", got)
	}
}

func TestWhatIsSentAtOnceHasNoId(t *testing.T) {
	o := open(t)
	for _, disposition := range []string{"SendAndSaveCopy", "SendOnly"} {
		n := o.ok(o.ask("jane", `<m:CreateItem MessageDisposition="`+disposition+`"><m:Items><t:Message><t:Subject>`+disposition+`</t:Subject><t:ToRecipients><t:Mailbox><t:EmailAddress>bob@contoso.test</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message></m:Items></m:CreateItem>`))
		if items := n.kid("m:Items"); items == nil || len(items.kids) != 0 {
			t.Errorf("%s: %s", disposition, show(n))
		}
		want := 1
		if disposition == "SendOnly" {
			want = 0
		}
		if got := len(o.find("jane", "sentitems", disposition)); got != want {
			t.Errorf("%s: %d copies", disposition, got)
		}
		if got := len(o.find("bob", "inbox", disposition)); got != 1 {
			t.Errorf("%s: Bob has %d", disposition, got)
		}
	}
}

func TestAMailKeepsTheMessageIdOfItsMIME(t *testing.T) {
	o := open(t)
	mime := "From: jane@contoso.test\r\nTo: bob@contoso.test\r\nSubject: From MIME\r\nMessage-ID: <token-1@contoso.test>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
	o.ok(o.ask("jane", `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:Message><t:MimeContent CharacterSet="UTF-8">`+base64.StdEncoding.EncodeToString([]byte(mime))+`</t:MimeContent></t:Message></m:Items></m:CreateItem>`))
	list := o.find("bob", "inbox", "From MIME")
	if len(list) != 1 {
		t.Fatalf("%d mails", len(list))
	}
	got := o.get("bob", itemID(list[0]), "IdOnly", `<t:FieldURI FieldURI="message:InternetMessageId"/><t:FieldURI FieldURI="item:InternetMessageHeaders"/><t:IndexedFieldURI FieldURI="item:InternetMessageHeader" FieldIndex="Authentication-Results"/><t:FieldURI FieldURI="item:MimeContent"/>`)
	headers := map[string]string{}
	for _, h := range got.kid("t:InternetMessageHeaders").children() {
		headers[h.attr("HeaderName")] = h.text
	}
	if got.val("t:InternetMessageId") != "<token-1@contoso.test>" || headers["Auto-Submitted"] != "auto-generated" || !strings.Contains(headers["Authentication-Results"], "auth=pass") {
		t.Errorf("%s", show(got))
	}
	if raw, err := decodeBase64(got.val("t:MimeContent")); err != nil || !strings.Contains(string(raw), "Message-ID: <token-1@contoso.test>") && !strings.Contains(string(raw), "Message-Id: <token-1@contoso.test>") {
		t.Errorf("%v %s", err, raw)
	}
	for text, want := range map[string]string{"%%%": "ErrorMimeContentInvalidBase64String", "": "ErrorMimeContentInvalid"} {
		if got := code(o.ask("jane", `<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:MimeContent>`+text+`</t:MimeContent></t:Message></m:Items></m:CreateItem>`)); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestSendingIsRefusedInExchangesWords(t *testing.T) {
	o := open(t)
	to := func(address string) string {
		return `<t:ToRecipients><t:Mailbox><t:EmailAddress>` + address + `</t:EmailAddress></t:Mailbox></t:ToRecipients>`
	}
	for name, c := range map[string]struct{ inside, want string }{
		"nobody":            {"", "ErrorInvalidRecipients"},
		"no address":        {to("not an address"), "ErrorInvalidRecipients"},
		"another's From":    {to("bob@contoso.test") + `<t:From><t:Mailbox><t:EmailAddress>bob@contoso.test</t:EmailAddress></t:Mailbox></t:From>`, "ErrorSendAsDenied"},
		"what is read-only": {`<t:ItemId Id="x"/>`, "ErrorInvalidPropertySet"},
	} {
		n := o.ask("jane", `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:Message>`+c.inside+`</t:Message></m:Items></m:CreateItem>`)
		if got := code(n); got != c.want || message(n).attr("ResponseClass") != "Error" || message(n).kid("m:Items") == nil {
			t.Errorf("%s: %s", name, show(n))
		}
	}
	if got := code(o.ask("jane", `<m:CreateItem><m:Items><t:Message/></m:Items></m:CreateItem>`)); got != "ErrorMessageDispositionRequired" {
		t.Errorf("without a disposition: %s", got)
	}
	if items, err := o.x.Mailbox("jane"); err != nil || len(must(items.Items(exchange.Outbox))) != 0 {
		t.Error("what was refused lies in the Outbox")
	}
	grant(t, o, exchange.SendAs, "bob", "jane")
	o.ok(o.ask("jane", `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:Message><t:Subject>As Bob</t:Subject>`+to("ana@contoso.test")+`<t:From><t:Mailbox><t:EmailAddress>bob@contoso.test</t:EmailAddress></t:Mailbox></t:From></t:Message></m:Items></m:CreateItem>`))
	if got := o.find("ana", "inbox", "As Bob"); len(got) != 1 || got[0].val("t:From", "t:Mailbox", "t:EmailAddress") != "bob@contoso.test" {
		t.Errorf("sent as Bob: %v", got)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestSentItemsComeLaterWhenTheyAreDelayed(t *testing.T) {
	o := open(t)
	if err := o.x.Plant(exchange.Fault{Name: "sent-items-delay", Mailbox: "jane", Value: "300", Times: 1}); err != nil {
		t.Fatal(err)
	}
	o.ok(o.sendItem("jane", o.draft("jane", "Later", "")))
	if got := len(o.find("jane", "sentitems", "Later")); got != 0 {
		t.Errorf("%d copies at once", got)
	}
	eventually(t, "the copy", func() bool { return len(o.find("jane", "sentitems", "Later")) == 1 })
}

func TestChangeKeysGuardAgainstWhatWasNotSeen(t *testing.T) {
	o := open(t)
	draft := o.draft("jane", "Keys", "")
	attach := func(parent string) *node {
		return o.ask("jane", `<m:CreateAttachment><m:ParentItemId `+parent+`/><m:Attachments><t:FileAttachment><t:Name>po.txt</t:Name><t:ContentType>text/plain</t:ContentType><t:Content>Zm9ydHktdHdv</t:Content></t:FileAttachment></m:Attachments></m:CreateAttachment>`)
	}
	old := `Id="` + draft.attr("Id") + `" ChangeKey="` + draft.attr("ChangeKey") + `"`
	made := o.ok(attach(old)).kid("m:Attachments", "t:FileAttachment", "t:AttachmentId")
	if made.attr("RootItemId") != draft.attr("Id") || made.attr("RootItemChangeKey") == draft.attr("ChangeKey") {
		t.Errorf("%s", show(made))
	}
	if got := code(attach(old)); got != "ErrorIrresolvableConflict" {
		t.Errorf("attached with the old key: %s", got)
	}
	if got := code(o.sendItem("jane", draft)); got != "ErrorIrresolvableConflict" {
		t.Errorf("sent with the old key: %s", got)
	}
	for key, want := range map[string]string{"": "ErrorChangeKeyRequired", "nonsense": "ErrorInvalidChangeKey"} {
		if got := code(o.sendItem("jane", el("t:ItemId", attr{"Id", draft.attr("Id")}, attr{"ChangeKey", key}))); got != want {
			t.Errorf("key %q: %s", key, got)
		}
	}
	update := func(resolution, key string) *node {
		return o.ask("jane", `<m:UpdateItem ConflictResolution="`+resolution+`" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange><t:ItemId Id="`+draft.attr("Id")+`"`+key+`/><t:Updates>`+
			`<t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:Message><t:Subject>`+resolution+`</t:Subject></t:Message></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`)
	}
	oldKey := ` ChangeKey="` + draft.attr("ChangeKey") + `"`
	for _, c := range []struct{ resolution, key, want string }{{"NeverOverwrite", oldKey, "ErrorIrresolvableConflict"}, {"NeverOverwrite", "", "ErrorChangeKeyRequiredForWriteOperations"},
		{"AutoResolve", oldKey, "NoError"}, {"AlwaysOverwrite", "", "NoError"}} {
		if got := code(update(c.resolution, c.key)); got != c.want {
			t.Errorf("%s%s: %s", c.resolution, c.key, got)
		}
	}
	now := o.get("jane", el("t:ItemId", attr{"Id", draft.attr("Id")}), "Default", "")
	if now.val("t:Subject") != "AlwaysOverwrite" {
		t.Errorf("%s", show(now))
	}
	o.ok(o.sendItem("jane", itemID(now)))
	letter := o.find("bob", "inbox", "AlwaysOverwrite")[0]
	file := o.get("bob", itemID(letter), "Default", "").kid("t:Attachments", "t:FileAttachment", "t:AttachmentId")
	got := o.ok(o.ask("bob", `<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id="`+file.attr("Id")+`"/></m:AttachmentIds></m:GetAttachment>`))
	if got.kid("m:Attachments", "t:FileAttachment").val("t:Content") != "Zm9ydHktdHdv" {
		t.Errorf("%s", show(got))
	}
	gone := o.ok(o.ask("bob", `<m:DeleteAttachment><m:AttachmentIds><t:AttachmentId Id="`+file.attr("Id")+`"/></m:AttachmentIds></m:DeleteAttachment>`))
	if gone.kid("m:RootItemId").attr("RootItemId") != itemID(letter).attr("Id") {
		t.Errorf("%s", show(gone))
	}
}

func TestIdsAreStrictAndDieOnAMove(t *testing.T) {
	o := open(t)
	o.ok(o.sendItem("jane", o.draft("jane", "Moving", "")))
	letter := itemID(o.find("bob", "inbox", "Moving")[0])
	move := func(what string) *node {
		return o.ask("bob", `<m:MoveItem><m:ToFolderId><t:DistinguishedFolderId Id="deleteditems"/></m:ToFolderId><m:ItemIds>`+what+`</m:ItemIds></m:MoveItem>`)
	}
	moved := o.ok(move(id(letter))).kid("m:Items", "t:Message", "t:ItemId")
	if moved.attr("Id") == letter.attr("Id") {
		t.Error("the id is the same after a move")
	}
	copied := o.ok(o.ask("bob", `<m:CopyItem><m:ToFolderId><t:DistinguishedFolderId Id="inbox"/></m:ToFolderId><m:ItemIds>`+id(moved)+`</m:ItemIds></m:CopyItem>`)).kid("m:Items", "t:Message", "t:ItemId")
	if copied.attr("Id") == moved.attr("Id") || copied.attr("Id") == letter.attr("Id") {
		t.Error("a copy has an id that was there")
	}
	inbox := o.ok(o.ask("bob", getInbox)).kid("m:Folders", "t:Folder", "t:FolderId").attr("Id")
	for text, want := range map[string]string{letter.attr("Id"): "ErrorItemNotFound", "": "ErrorInvalidIdEmpty", "nonsense": "ErrorInvalidIdMalformed", strings.ToLower(moved.attr("Id")): "ErrorInvalidIdMalformed",
		moved.attr("Id")[:40]: "ErrorInvalidIdMalformed", inbox: "ErrorCannotUseFolderIdForItemId"} {
		if got := code(move(`<t:ItemId Id="` + text + `"/>`)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := code(o.ask("jane", `<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds>`+id(moved)+`</m:ItemIds></m:GetItem>`)); got != "ErrorAccessDenied" {
		t.Errorf("Jane reads Bob's: %s", got)
	}
	var answers []string
	n := o.ask("bob", `<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds>`+id(copied)+`<t:ItemId Id="x"/>`+id(copied)+`</m:ItemIds></m:GetItem>`)
	for _, m := range n.kid("m:ResponseMessages").kids {
		answers = append(answers, m.val("m:ResponseCode"))
	}
	if fmt.Sprint(answers) != "[NoError ErrorInvalidIdMalformed NoError]" {
		t.Errorf("answers are not in the order of the request: %v", answers)
	}
}

func TestDeletingMovesOrDestroys(t *testing.T) {
	o := open(t)
	for kind, want := range map[string]int{"MoveToDeletedItems": 1, "SoftDelete": 0, "HardDelete": 0} {
		draft := o.draft("jane", "Delete by "+kind, "")
		o.ok(o.ask("jane", `<m:DeleteItem DeleteType="`+kind+`"><m:ItemIds>`+id(draft)+`</m:ItemIds></m:DeleteItem>`))
		if got := len(o.find("jane", "deleteditems", "Delete by "+kind)); got != want || len(o.find("jane", "drafts", "Delete by "+kind)) != 0 {
			t.Errorf("%s: %d in Deleted Items", kind, got)
		}
	}
}

func TestAnswersKeepTheThread(t *testing.T) {
	o := open(t)
	draft := o.draft("jane", "Question", `<t:Categories><t:String>Red category</t:String></t:Categories>`)
	o.ok(o.sendItem("jane", draft))
	letter := o.find("bob", "inbox", "Question")[0]
	full := o.get("bob", itemID(letter), "Default", `<t:FieldURI FieldURI="message:InternetMessageId"/><t:FieldURI FieldURI="item:ConversationId"/>`)
	answer := func(disposition, element, inside string) *node {
		return o.ask("bob", `<m:CreateItem MessageDisposition="`+disposition+`"><m:Items><t:`+element+`>`+inside+`</t:`+element+`></m:Items></m:CreateItem>`)
	}
	ref := `<t:ReferenceItemId Id="` + itemID(letter).attr("Id") + `" ChangeKey="` + itemID(full).attr("ChangeKey") + `"/>`
	body := `<t:NewBodyContent BodyType="Text">Approve</t:NewBodyContent>`
	o.ok(answer("SendAndSaveCopy", "ReplyToItem", ref+body))
	reply := o.get("jane", itemID(o.find("jane", "inbox", "RE: Question")[0]), "Default", `<t:FieldURI FieldURI="item:InReplyTo"/><t:FieldURI FieldURI="message:References"/><t:FieldURI FieldURI="item:UniqueBody"/><t:FieldURI FieldURI="item:ConversationId"/>`)
	if reply.val("t:InReplyTo") != full.val("t:InternetMessageId") || !strings.Contains(reply.val("t:References"), full.val("t:InternetMessageId")) ||
		!strings.Contains(reply.val("t:UniqueBody"), "Approve") || strings.Contains(reply.val("t:UniqueBody"), "Hello") || !strings.Contains(reply.val("t:Body"), "Hello") {
		t.Errorf("%s", show(reply))
	}
	verb := o.get("bob", itemID(letter), "IdOnly", `<t:ExtendedFieldURI PropertyTag="0x1081" PropertyType="Integer"/>`)
	if got := verb.val("t:ExtendedProperty", "t:Value"); got != "102" {
		t.Errorf("the last verb is %q: %s", got, show(verb))
	}
	// The original has changed since: what is said of it now needs its new key.
	if got := code(answer("SaveOnly", "ReplyAllToItem", ref+body)); got != "ErrorIrresolvableConflict" {
		t.Errorf("with the old key: %s", got)
	}
	now := itemID(o.get("bob", itemID(letter), "IdOnly", ""))
	ref = `<t:ReferenceItemId Id="` + now.attr("Id") + `" ChangeKey="` + now.attr("ChangeKey") + `"/>`
	kept := o.ok(answer("SaveOnly", "ForwardItem", `<t:ToRecipients><t:Mailbox><t:EmailAddress>ana@contoso.test</t:EmailAddress></t:Mailbox></t:ToRecipients>`+ref+body))
	if forward := kept.kid("m:Items", "t:Message", "t:ItemId"); forward == nil {
		t.Errorf("a saved answer has no id: %s", show(kept))
	} else {
		o.ok(o.sendItem("bob", forward))
	}
	if got := len(o.find("ana", "inbox", "FW: Question")); got != 1 {
		t.Errorf("Ana has %d", got)
	}
	for inside, want := range map[string]string{body: "ErrorInvalidReferenceItem", `<t:ReferenceItemId Id="` + now.attr("Id") + `"/>`: "ErrorChangeKeyRequired"} {
		if got := code(answer("SendOnly", "ReplyToItem", inside)); got != want {
			t.Errorf("%s: %s", inside, got)
		}
	}
}

func TestFindingPagesSortsAndFilters(t *testing.T) {
	o := open(t)
	for i := range 5 {
		o.draft("jane", fmt.Sprintf("Page %d", i), "")
	}
	find := func(view, restriction string) *node {
		return o.ask("jane", `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="item:Subject"/></t:AdditionalProperties></m:ItemShape>`+view+restriction+
			`<m:SortOrder><t:FieldOrder Order="Descending"><t:FieldURI FieldURI="item:Subject"/></t:FieldOrder></m:SortOrder><m:ParentFolderIds><t:DistinguishedFolderId Id="drafts"/></m:ParentFolderIds></m:FindItem>`)
	}
	subjects := func(n *node) string {
		var out []string
		for _, k := range o.ok(n).kid("m:RootFolder", "t:Items").kids {
			out = append(out, strings.TrimPrefix(k.val("t:Subject"), "Page "))
		}
		return strings.Join(out, "")
	}
	view := func(attributes string) string { return `<m:IndexedPageItemView ` + attributes + `/>` }
	for _, c := range []struct{ view, restriction, want, next, last string }{
		{view(`MaxEntriesReturned="2" Offset="0" BasePoint="Beginning"`), "", "43", "2", "false"},
		{view(`MaxEntriesReturned="2" Offset="4" BasePoint="Beginning"`), "", "0", "5", "true"},
		{view(`MaxEntriesReturned="2" Offset="0" BasePoint="End"`), "", "10", "2", "false"},
		{view(`MaxEntriesReturned="9" Offset="9" BasePoint="Beginning"`), "", "", "5", "true"},
		{view(`Offset="0" BasePoint="Beginning"`), `<m:Restriction><t:Contains ContainmentMode="Substring" ContainmentComparison="IgnoreCase"><t:FieldURI FieldURI="item:Subject"/><t:Constant Value="PAGE 3"/></t:Contains></m:Restriction>`, "3", "1", "true"},
		{view(`Offset="0" BasePoint="Beginning"`), `<m:Restriction><t:And><t:IsGreaterThan><t:FieldURI FieldURI="item:Subject"/><t:FieldURIOrConstant><t:Constant Value="Page 1"/></t:FieldURIOrConstant></t:IsGreaterThan><t:Not><t:IsEqualTo><t:FieldURI FieldURI="item:Subject"/><t:FieldURIOrConstant><t:Constant Value="Page 3"/></t:FieldURIOrConstant></t:IsEqualTo></t:Not></t:And></m:Restriction>`, "42", "2", "true"},
		{`<m:FractionalPageItemView MaxEntriesReturned="2" Numerator="1" Denominator="2"/>`, "", "21", "", "false"},
	} {
		n := find(c.view, c.restriction)
		root := o.ok(n).kid("m:RootFolder")
		if got := subjects(n); got != c.want || root.attr("IncludesLastItemInRange") != c.last || root.attr("IndexedPagingOffset") != c.next {
			t.Errorf("%s%s: %q %s", c.view, c.restriction, got, show(root))
		}
	}
	for shape, want := range map[string]string{"item:Body": "ErrorInvalidPropertyRequest", "message:ToRecipients": "ErrorInvalidPropertyRequest"} {
		if got := o.faultOf("u.jane.x", "", `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="`+shape+`"/></t:AdditionalProperties></m:ItemShape><m:ParentFolderIds><t:DistinguishedFolderId Id="drafts"/></m:ParentFolderIds></m:FindItem>`); got != want {
			t.Errorf("%s in a list: %s", shape, got)
		}
	}
	query := o.ok(o.ask("jane", `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ParentFolderIds><t:DistinguishedFolderId Id="drafts"/></m:ParentFolderIds><m:QueryString>subject:"Page 2"</m:QueryString></m:FindItem>`))
	if got := len(query.kid("m:RootFolder", "t:Items").kids); got != 1 {
		t.Errorf("a query finds %d", got)
	}
}

func TestDefaultsOfAnItemAreThoseOfItsKind(t *testing.T) {
	o := open(t)
	o.s.Now = func() time.Time { return time.Date(2026, 11, 23, 9, 10, 0, 0, time.UTC) }
	made := o.ok(o.ask("jane", `<m:CreateItem SendMeetingInvitations="SendToAllAndSaveCopy"><m:Items><t:CalendarItem><t:Subject>Review</t:Subject><t:Start>2026-12-01T09:00:00Z</t:Start><t:End>2026-12-01T10:00:00Z</t:End><t:Location>Room 1</t:Location>`+
		`<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>bob@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees></t:CalendarItem></m:Items></m:CreateItem>`)).kid("m:Items", "t:CalendarItem", "t:ItemId")
	event := o.get("jane", made, "Default", "")
	if event.name != "t:CalendarItem" || event.val("t:Start") != "2026-12-01T09:00:00Z" || event.val("t:Location") != "Room 1" || event.val("t:IsMeeting") != "true" ||
		event.val("t:RequiredAttendees", "t:Attendee", "t:Mailbox", "t:EmailAddress") != "bob@contoso.test" {
		t.Errorf("%s", show(event))
	}
	if got := len(o.find("bob", "inbox", "Review")); got != 1 {
		t.Errorf("Bob has %d invitations", got)
	}
	for body, want := range map[string]string{
		`<m:CreateItem><m:Items><t:CalendarItem/></m:Items></m:CreateItem>`:                                                                                                                     "ErrorSendMeetingInvitationsRequired",
		`<m:DeleteItem DeleteType="HardDelete"><m:ItemIds>` + id(made) + `</m:ItemIds></m:DeleteItem>`:                                                                                          "ErrorSendMeetingCancellationsRequired",
		`<m:CreateItem SendMeetingInvitations="SendToNone"><m:SavedItemFolderId><t:DistinguishedFolderId Id="inbox"/></m:SavedItemFolderId><m:Items><t:CalendarItem/></m:Items></m:CreateItem>`: "ErrorCannotCreateCalendarItemInNonCalendarFolder",
	} {
		if got := code(o.ask("jane", body)); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
	task := o.ok(o.ask("jane", `<m:CreateItem><m:Items><t:Task><t:Subject>Pay</t:Subject><t:DueDate>2026-12-01T00:00:00Z</t:DueDate><t:Status>InProgress</t:Status></t:Task></m:Items></m:CreateItem>`)).kid("m:Items", "t:Task", "t:ItemId")
	o.ok(o.ask("jane", `<m:UpdateItem ConflictResolution="AlwaysOverwrite"><m:ItemChanges><t:ItemChange>`+id(task)+`<t:Updates><t:SetItemField><t:FieldURI FieldURI="task:Status"/><t:Task><t:Status>Completed</t:Status></t:Task></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`))
	if got := o.get("jane", task, "AllProperties", ""); got.val("t:IsComplete") != "true" || got.val("t:PercentComplete") != "100" || got.val("t:DueDate") != "2026-12-01T00:00:00Z" {
		t.Errorf("%s", show(got))
	}
	contact := o.ok(o.ask("jane", `<m:CreateItem><m:Items><t:Contact><t:GivenName>Carla</t:GivenName><t:EmailAddresses><t:Entry Key="EmailAddress1">carla@fabrikam.test</t:Entry></t:EmailAddresses><t:PhoneNumbers><t:Entry Key="MobilePhone">555</t:Entry></t:PhoneNumbers><t:Surname>Supplier</t:Surname></t:Contact></m:Items></m:CreateItem>`)).kid("m:Items", "t:Contact", "t:ItemId")
	if got := o.get("jane", contact, "Default", ""); got.val("t:DisplayName") != "Carla Supplier" || got.val("t:EmailAddresses", "t:Entry") != "carla@fabrikam.test" || got.val("t:PhoneNumbers", "t:Entry") != "555" {
		t.Errorf("%s", show(got))
	}
	if n := o.ok(o.ask("jane", `<m:ResolveNames ReturnFullContactData="true" SearchScope="Contacts"><m:UnresolvedEntry>carla</m:UnresolvedEntry></m:ResolveNames>`)); n.kid("m:ResolutionSet", "t:Resolution").val("t:Mailbox", "t:EmailAddress") != "carla@fabrikam.test" {
		t.Errorf("%s", show(n))
	}
}

func TestSeveralAttachmentsOfOneRequestFollowTheKey(t *testing.T) {
	o := open(t)
	draft := o.draft("jane", "Two files", "")
	file := `<t:FileAttachment><t:Name>NAME</t:Name><t:Content>eA==</t:Content></t:FileAttachment>`
	n := o.ask("jane", `<m:CreateAttachment><m:ParentItemId Id="`+draft.attr("Id")+`" ChangeKey="`+draft.attr("ChangeKey")+`"/><m:Attachments>`+strings.Replace(file, "NAME", "a.txt", 1)+
		`<t:ItemAttachment><t:Name>inside</t:Name><t:Message><t:Subject>Inner</t:Subject><t:Body BodyType="Text">x</t:Body></t:Message></t:ItemAttachment>`+strings.Replace(file, "NAME", "", 1)+`</m:Attachments></m:CreateAttachment>`)
	var codes []string
	for _, m := range n.kid("m:ResponseMessages").kids {
		codes = append(codes, m.val("m:ResponseCode"))
	}
	if fmt.Sprint(codes) != "[NoError NoError ErrorInvalidArgument]" {
		t.Errorf("%v", codes)
	}
	list := o.get("jane", el("t:ItemId", attr{"Id", draft.attr("Id")}), "Default", "").kid("t:Attachments").children()
	if len(list) != 2 || list[0].name != "t:FileAttachment" || list[1].name != "t:ItemAttachment" {
		t.Errorf("%d attachments", len(list))
	}
}

func TestABodyComesAsItIsAskedFor(t *testing.T) {
	o := open(t)
	draft := o.draft("jane", "Body", "")
	for form, want := range map[string]string{"Text": "Text Hello", "HTML": "HTML <p>Hello</p>", "Best": "HTML <p>Hello</p>"} {
		n := o.ok(o.ask("jane", `<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:BodyType>`+form+`</t:BodyType><t:AdditionalProperties><t:FieldURI FieldURI="item:Body"/></t:AdditionalProperties></m:ItemShape><m:ItemIds>`+id(draft)+`</m:ItemIds></m:GetItem>`))
		body := n.kid("m:Items", "t:Message", "t:Body")
		if got := body.attr("BodyType") + " " + strings.TrimSpace(body.text); got != want {
			t.Errorf("%s: %q", form, got)
		}
	}
	n := o.ok(o.ask("jane", `<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:BodyType>Text</t:BodyType><t:MaximumBodySize>3</t:MaximumBodySize><t:AdditionalProperties><t:FieldURI FieldURI="item:Body"/></t:AdditionalProperties></m:ItemShape><m:ItemIds>`+id(draft)+`</m:ItemIds></m:GetItem>`))
	if body := n.kid("m:Items", "t:Message", "t:Body"); body.text != "Hel" || body.attr("IsTruncated") != "true" {
		t.Errorf("%s", show(body))
	}
}

func TestExtendedPropertiesFitTheirTypes(t *testing.T) {
	o := open(t)
	set := func(path, value string) string {
		return code(o.ask("jane", `<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:ExtendedProperty><t:ExtendedFieldURI `+path+`/>`+value+`</t:ExtendedProperty></t:Message></m:Items></m:CreateItem>`))
	}
	const named = `PropertySetId="5b1a6a5e-0000-4000-8000-000000000001" PropertyName="x" PropertyType=`
	for c, want := range map[[2]string]string{
		{named + `"String"`, "<t:Value>a</t:Value>"}:                                               "NoError",
		{named + `"Integer"`, "<t:Value>a</t:Value>"}:                                              "ErrorInvalidExtendedPropertyValue",
		{named + `"SystemTime"`, "<t:Value>yesterday</t:Value>"}:                                   "ErrorInvalidExtendedPropertyValue",
		{named + `"StringArray"`, "<t:Values><t:Value>a</t:Value><t:Value>b</t:Value></t:Values>"}: "NoError",
		{named + `"StringArray"`, "<t:Value>a</t:Value>"}:                                          "ErrorInvalidExtendedPropertyValue",
		{`PropertyTag="0x8001" PropertyType="String"`, "<t:Value>a</t:Value>"}:                     "ErrorInvalidExtendedProperty",
		{`PropertyTag="nonsense" PropertyType="String"`, "<t:Value>a</t:Value>"}:                   "ErrorInvalidExtendedProperty",
		{`PropertyType="String"`, "<t:Value>a</t:Value>"}:                                          "ErrorInvalidExtendedProperty",
	} {
		if got := set(c[0], c[1]); got != want {
			t.Errorf("%s %s: %s", c[0], c[1], got)
		}
	}
}
