package ews

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// sync asks for what has changed in a folder and returns the new state and what
// there was: "Create Create Delete".
func (o *office) sync(who, folder, state, more string) (string, string, *node) {
	o.Helper()
	n := o.ok(o.ask(who, syncRequest(folder, state, more)))
	var kinds []string
	for _, k := range n.kid("m:Changes").kids {
		kinds = append(kinds, k.local())
	}
	return n.val("m:SyncState"), strings.Join(kinds, " "), n
}

func syncRequest(folder, state, limit string) string {
	if state != "" {
		state = `<m:SyncState>` + state + `</m:SyncState>`
	}
	return `<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id="` + folder + `"/></m:SyncFolderId>` + state +
		`<m:MaxChangesReturned>` + limit + `</m:MaxChangesReturned></m:SyncFolderItems>`
}

func TestAFolderIsFollowedByItsSyncState(t *testing.T) {
	o := open(t)
	state, kinds, _ := o.sync("jane", "drafts", "", "512")
	if kinds != "" || state == "" {
		t.Fatalf("an empty folder: %q %q", state, kinds)
	}
	var drafts []*node
	for i := range 3 {
		drafts = append(drafts, o.draft("jane", fmt.Sprintf("Sync %d", i), ""))
	}
	some, kinds, n := o.sync("jane", "drafts", state, "2")
	if kinds != "Create Create" || n.val("m:IncludesLastItemInRange") != "false" {
		t.Errorf("two of three: %s", show(n))
	}
	state, kinds, n = o.sync("jane", "drafts", some, "2")
	if kinds != "Create" || n.val("m:IncludesLastItemInRange") != "true" {
		t.Errorf("the third: %s", show(n))
	}
	if _, kinds, _ := o.sync("jane", "drafts", state, "512"); kinds != "" {
		t.Errorf("nothing new: %s", kinds)
	}
	o.ok(o.ask("jane", `<m:UpdateItem ConflictResolution="AlwaysOverwrite" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange>`+id(drafts[0])+`<t:Updates><t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:Message><t:Subject>Other</t:Subject></t:Message></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`))
	o.ok(o.ask("jane", `<m:DeleteItem DeleteType="HardDelete"><m:ItemIds>`+id(drafts[1])+`</m:ItemIds></m:DeleteItem>`))
	state, kinds, n = o.sync("jane", "drafts", state, "512")
	if kinds != "Update Delete" && kinds != "Delete Update" {
		t.Errorf("changed and deleted: %s", show(n))
	}
	for _, k := range n.kid("m:Changes").kids {
		if k.name == "t:Delete" && itemID(k).attr("Id") != drafts[1].attr("Id") {
			t.Errorf("another one was deleted: %s", show(k))
		}
	}
	o.ok(o.sendItem("jane", drafts[2]))
	inbox, _, _ := o.sync("bob", "inbox", "", "512")
	letter := itemID(o.find("bob", "inbox", "Sync 2")[0])
	o.ok(o.ask("bob", `<m:UpdateItem ConflictResolution="AlwaysOverwrite" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange>`+id(letter)+`<t:Updates><t:SetItemField><t:FieldURI FieldURI="message:IsRead"/><t:Message><t:IsRead>true</t:IsRead></t:Message></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`))
	if _, kinds, n := o.sync("bob", "inbox", inbox, "512"); kinds != "ReadFlagChange" || n.kid("m:Changes", "t:ReadFlagChange").val("t:IsRead") != "true" {
		t.Errorf("read: %s", show(n))
	}
	for name, bad := range map[string]string{"no base64": "%%%", "no state": b64("{}"), "another folder's": inbox, "another kind": b64(`{"b":"x","f":1,"s":1}`)} {
		if got := code(o.ask("jane", syncRequest("drafts", bad, "512"))); got != "ErrorInvalidSyncStateData" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if err := o.x.Plant(exchange.Fault{Name: "delta-expired", Mailbox: "jane", Times: 1}); err != nil {
		t.Fatal(err)
	}
	if got := code(o.ask("jane", syncRequest("drafts", state, "512"))); got != "ErrorInvalidSyncStateData" {
		t.Errorf("an expired state: %s", got)
	}
	if _, kinds, _ := o.sync("jane", "drafts", "", "512"); kinds != "Create" {
		t.Errorf("from the beginning: %s", kinds)
	}
}

func TestTheTreeOfFoldersIsFollowed(t *testing.T) {
	o := open(t)
	sync := func(state string) (string, string) {
		if state != "" {
			state = `<m:SyncState>` + state + `</m:SyncState>`
		}
		n := o.ok(o.ask("jane", `<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>`+state+`</m:SyncFolderHierarchy>`))
		var kinds []string
		for _, k := range n.kid("m:Changes").kids {
			name := k.first().val("t:DisplayName")
			if k.name == "t:Delete" || strings.HasPrefix(name, "Tree") {
				kinds = append(kinds, k.local()+" "+name)
			}
		}
		return n.val("m:SyncState"), strings.Join(kinds, ",")
	}
	state, _ := sync("")
	f := o.newFolder("jane", "inbox", "Tree")
	state, kinds := sync(state)
	if kinds != "Create Tree" {
		t.Errorf("made: %s", kinds)
	}
	o.ok(o.ask("jane", `<m:UpdateFolder><m:FolderChanges><t:FolderChange>`+folderID(f)+`<t:Updates><t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/><t:Folder><t:DisplayName>Tree2</t:DisplayName></t:Folder></t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>`))
	if state, kinds = sync(state); kinds != "Update Tree2" {
		t.Errorf("renamed: %s", kinds)
	}
	o.ok(o.ask("jane", `<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>`+folderID(f)+`</m:FolderIds></m:DeleteFolder>`))
	if state, kinds = sync(state); kinds != "Delete " {
		t.Errorf("deleted: %s", kinds)
	}
	if _, kinds = sync(state); kinds != "" {
		t.Errorf("nothing new: %s", kinds)
	}
}

func FuzzReadState(f *testing.F) {
	f.Add(writeState(itemState{"a", 1, 2}))
	f.Add(writeState(folderState{"a", 1, 2, []uint64{3}}))
	f.Fuzz(func(t *testing.T, text string) {
		var a itemState
		var b folderState
		if readState(text, &a) == nil && readState(writeState(a), &a) != nil || readState(text, &b) == nil && readState(writeState(b), &b) != nil {
			t.Error("what was written cannot be read")
		}
	})
}
