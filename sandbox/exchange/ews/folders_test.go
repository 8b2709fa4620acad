package ews

import (
	"strings"
	"testing"
)

func folderID(n *node) string {
	return `<t:FolderId Id="` + n.attr("Id") + `" ChangeKey="` + n.attr("ChangeKey") + `"/>`
}

// newFolder makes a folder below a well-known one and returns its FolderId.
func (o *office) newFolder(who, below, name string) *node {
	o.Helper()
	n := o.ok(o.ask(who, `<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="`+below+`"/></m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>`+name+`</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>`))
	return n.kid("m:Folders", "t:Folder", "t:FolderId")
}

func TestFoldersAreMadeRenamedMovedAndDeleted(t *testing.T) {
	o := open(t)
	f := o.newFolder("jane", "inbox", "Approvals")
	list := func(below, traversal string) string {
		n := o.ok(o.ask("jane", `<m:FindFolder Traversal="`+traversal+`"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:ParentFolderIds><t:DistinguishedFolderId Id="`+below+`"/></m:ParentFolderIds></m:FindFolder>`))
		var names []string
		for _, k := range n.kid("m:RootFolder", "t:Folders").kids {
			names = append(names, k.val("t:DisplayName"))
		}
		return strings.Join(names, ",")
	}
	if got := list("inbox", "Shallow"); got != "Approvals" {
		t.Errorf("below the Inbox: %s", got)
	}
	if got := list("msgfolderroot", "Deep"); !strings.Contains(got, "Approvals") || !strings.Contains(got, "Sent Items") || !strings.Contains(got, "Calendar") {
		t.Errorf("everywhere: %s", got)
	}
	if n := o.ask("jane", `<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>approvals</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>`); code(n) != "ErrorFolderExists" {
		t.Errorf("made twice: %s", show(n))
	}
	update := func(uri, inside string) string {
		return code(o.ask("jane", `<m:UpdateFolder><m:FolderChanges><t:FolderChange>`+folderID(f)+`<t:Updates><t:SetFolderField><t:FieldURI FieldURI="`+uri+`"/><t:Folder>`+inside+`</t:Folder></t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>`))
	}
	if got := update("folder:DisplayName", "<t:DisplayName>Done</t:DisplayName>"); got != "NoError" || list("inbox", "Shallow") != "Done" {
		t.Errorf("renaming: %s", got)
	}
	if got := update("folder:TotalCount", "<t:TotalCount>7</t:TotalCount>"); got != "ErrorInvalidPropertySet" {
		t.Errorf("setting a count: %s", got)
	}
	moved := o.ok(o.ask("jane", `<m:MoveFolder><m:ToFolderId><t:DistinguishedFolderId Id="msgfolderroot"/></m:ToFolderId><m:FolderIds>`+folderID(f)+`</m:FolderIds></m:MoveFolder>`)).kid("m:Folders", "t:Folder", "t:FolderId")
	if list("inbox", "Shallow") != "" || !strings.Contains(list("msgfolderroot", "Shallow"), "Done") {
		t.Errorf("moving left it: %s", list("inbox", "Shallow"))
	}
	remove := func(which, how string) string {
		return code(o.ask("jane", `<m:DeleteFolder DeleteType="`+how+`"><m:FolderIds>`+which+`</m:FolderIds></m:DeleteFolder>`))
	}
	if got := remove(`<t:DistinguishedFolderId Id="inbox"/>`, "HardDelete"); got != "ErrorDeleteDistinguishedFolder" {
		t.Errorf("deleting the Inbox: %s", got)
	}
	if got := remove(folderID(moved), "HardDelete"); got != "NoError" || strings.Contains(list("msgfolderroot", "Deep"), "Done") {
		t.Errorf("deleting: %s", got)
	}
	if got := remove(folderID(moved), "HardDelete"); got != "ErrorFolderNotFound" {
		t.Errorf("deleting twice: %s", got)
	}
	for which, want := range map[string]string{`<t:DistinguishedFolderId Id="publicfoldersroot"/>`: "ErrorFolderNotFound", `<t:FolderId Id="nonsense"/>`: "ErrorInvalidIdMalformed", `<t:FolderId Id=""/>`: "ErrorInvalidIdEmpty",
		`<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>bob@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`:    "ErrorAccessDenied",
		`<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>nobody@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`: "ErrorNonExistentMailbox"} {
		n := o.ask("jane", `<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>`+which+`</m:FolderIds></m:GetFolder>`)
		if code(n) != want {
			t.Errorf("%s: %s", which, show(n))
		}
	}
}

func TestADelegateWithFullAccessOpensAMailboxAndDoesNotImpersonate(t *testing.T) {
	o := open(t)
	inbox := `<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>workflow@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:FolderIds></m:GetFolder>`
	if got := code(o.ask("jane", inbox)); got != "ErrorAccessDenied" {
		t.Errorf("without the right: %s", got)
	}
	grant(t, o, "FullAccess", "workflow", "jane")
	if got := code(o.ask("jane", inbox)); got != "NoError" {
		t.Errorf("with it: %s", got)
	}
	if got := o.faultOf("u.jane.x", impersonate("workflow@contoso.test"), getInbox); got != "ErrorImpersonateUserDenied" {
		t.Errorf("a delegate impersonates: %s", got)
	}
	sub := `<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>workflow@contoso.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></t:FolderIds><t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>`
	if got := code(o.ask("jane", sub)); got != "ErrorSubscriptionDelegateAccessNotSupported" {
		t.Errorf("a delegate subscribes: %s", got)
	}
	from := `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:Message><t:Subject>For the workflow</t:Subject><t:ToRecipients><t:Mailbox><t:EmailAddress>bob@contoso.test</t:EmailAddress></t:Mailbox></t:ToRecipients><t:From><t:Mailbox><t:EmailAddress>workflow@contoso.test</t:EmailAddress></t:Mailbox></t:From></t:Message></m:Items></m:CreateItem>`
	if got := code(o.ask("jane", from)); got != "ErrorSendAsDenied" {
		t.Errorf("full access sends: %s", got)
	}
	grant(t, o, "SendOnBehalf", "workflow", "jane")
	o.ok(o.ask("jane", from))
	got := o.get("bob", itemID(o.find("bob", "inbox", "For the workflow")[0]), "IdOnly", `<t:FieldURI FieldURI="message:From"/><t:FieldURI FieldURI="message:Sender"/>`)
	if got.val("t:From", "t:Mailbox", "t:EmailAddress") != "workflow@contoso.test" || got.val("t:Sender", "t:Mailbox", "t:EmailAddress") != "jane@contoso.test" {
		t.Errorf("on behalf: %s", show(got))
	}
}

func TestAFolderIsReadAndEmptied(t *testing.T) {
	o := open(t)
	o.ok(o.sendItem("jane", o.draft("jane", "Unread", "")))
	mark := func(read string) {
		o.ok(o.ask("bob", `<m:MarkAllItemsAsRead><m:ReadFlag>`+read+`</m:ReadFlag><m:SuppressReadReceipts>true</m:SuppressReadReceipts><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:MarkAllItemsAsRead>`))
	}
	unread := func() string { return o.ok(o.ask("bob", getInbox)).kid("m:Folders", "t:Folder").val("t:UnreadCount") }
	if unread() != "1" {
		t.Errorf("unread: %s", unread())
	}
	if mark("true"); unread() != "0" {
		t.Errorf("unread after all were read: %s", unread())
	}
	if mark("false"); unread() != "1" {
		t.Errorf("unread again: %s", unread())
	}
	o.ok(o.ask("bob", `<m:EmptyFolder DeleteType="MoveToDeletedItems" DeleteSubFolders="false"><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:EmptyFolder>`))
	if len(o.find("bob", "inbox", "Unread")) != 0 || len(o.find("bob", "deleteditems", "Unread")) != 1 {
		t.Error("the Inbox was not emptied into Deleted Items")
	}
}

func TestCategoriesAreAUserConfiguration(t *testing.T) {
	o := open(t)
	get := func(name, folder string) *node {
		return o.ask("jane", `<m:GetUserConfiguration><m:UserConfigurationName Name="`+name+`"><t:DistinguishedFolderId Id="`+folder+`"/></m:UserConfigurationName><m:UserConfigurationProperties>XmlData</m:UserConfigurationProperties></m:GetUserConfiguration>`)
	}
	put := func(xml string) string {
		return code(o.ask("jane", `<m:UpdateUserConfiguration><m:UserConfiguration><t:UserConfigurationName Name="CategoryList"><t:DistinguishedFolderId Id="calendar"/></t:UserConfigurationName><t:XmlData>`+b64(xml)+`</t:XmlData></m:UserConfiguration></m:UpdateUserConfiguration>`))
	}
	read := func() string {
		raw, err := decodeBase64(o.ok(get("CategoryList", "calendar")).kid("m:UserConfiguration").val("t:XmlData"))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if got := read(); !strings.Contains(got, `name="Blue category" color="7"`) || !strings.Contains(got, `xmlns="CategoryList.xsd"`) {
		t.Errorf("%s", got)
	}
	const head = `<categories xmlns="CategoryList.xsd" default="x" lastSavedSession="1" lastSavedTime="x">`
	if got := put(head + `<category name="Urgent" color="0" guid="{AB}"/><category name="Plain" color="-1"/></categories>`); got != "NoError" {
		t.Errorf("%s", got)
	}
	if got := read(); !strings.Contains(got, `name="Urgent" color="0"`) || !strings.Contains(got, `name="Plain" color="-1"`) || strings.Contains(got, "Blue") {
		t.Errorf("%s", got)
	}
	box := must(o.x.Mailbox("jane"))
	if list := box.Settings().Categories; len(list) != 2 || list[0].Color != "preset0" || list[0].ID != "ab" || list[1].ID == "" {
		t.Errorf("Graph would show %+v", list)
	}
	for _, bad := range []string{"hello", `<categories/>`, head + `<category name="" color="0"/></categories>`, head + `<category name="a" color="25"/></categories>`,
		head + `<category name="a" color="1"/><category name="A" color="2"/></categories>`, head + strings.Repeat(" ", maxCategoryBytes) + `</categories>`} {
		if got := put(bad); got != "ErrorInvalidArgument" {
			t.Errorf("%.80s: %s", bad, got)
		}
	}
	if a, b := code(get("OWA.UserOptions", "calendar")), code(get("CategoryList", "inbox")); a != "ErrorItemNotFound" || b != "ErrorItemNotFound" {
		t.Errorf("other configurations: %s, %s", a, b)
	}
}

func FuzzReadCategories(f *testing.F) {
	f.Add([]byte(`<categories xmlns="CategoryList.xsd"><category name="a" color="1" guid="{AB}"/></categories>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, no := readCategories(raw)
		if no != nil {
			return
		}
		text, err := writeCategories(list)
		if err != nil {
			t.Fatal(err)
		}
		if again, no := readCategories(text); no == nil && len(again) != len(list) {
			t.Errorf("%d became %d", len(list), len(again))
		}
	})
}
