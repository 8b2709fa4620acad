package ews

import (
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// folderKinds are the elements that folders of a class are shown as.
var folderKinds = map[string]string{
	exchange.CalendarFolder: "CalendarFolder", exchange.ContactFolder: "ContactsFolder", exchange.TaskFolder: "TasksFolder",
}

func folderKind(class string) string {
	if k, ok := folderKinds[class]; ok {
		return "t:" + k
	}
	return "t:Folder"
}

// mailboxOf finds the mailbox that an id or an address names, and asks whether
// the caller may look into it at all.
func (c *call) mailboxOf(address string) (*exchange.Mailbox, error) {
	if address == "" {
		if c.box == nil {
			return nil, refuse("ErrorMissingEmailAddress")
		}
		return c.box, nil
	}
	box := c.srv.lookup(address)
	if box == nil {
		return nil, refuse("ErrorNonExistentMailbox")
	}
	return box, nil
}

// folderID reads what names a folder: its mailbox, and the name or id to find it by.
func (c *call) folderID(n *node) (*exchange.Mailbox, string, error) {
	if n.name == "t:DistinguishedFolderId" {
		box, err := c.mailboxOf(n.val("t:Mailbox", "t:EmailAddress"))
		return box, n.attr("Id"), err
	}
	if n.name != "t:FolderId" {
		return nil, "", refuse("ErrorInvalidFolderTypeForOperation")
	}
	id, err := parseID(n.attr("Id"))
	if err != nil {
		return nil, "", err
	}
	if id.Kind != exchange.OfFolder {
		return nil, "", refuse("ErrorCannotUseItemIdForFolderId")
	}
	box, err := c.srv.Exchange.Mailbox(id.Mailbox)
	if err != nil {
		return nil, "", refuse("ErrorFolderNotFound")
	}
	return box, n.attr("Id"), nil
}

// folder finds a folder that the caller may work in.
func (c *call) folder(n *node) (*exchange.Mailbox, exchange.Folder, error) {
	if n.name != "t:FolderId" && n.name != "t:DistinguishedFolderId" {
		n = n.first() // m:ParentFolderId and its like hold one
	}
	box, name, err := c.folderID(n)
	if err != nil {
		return nil, exchange.Folder{}, err
	}
	f, err := box.Folder(name)
	if err != nil {
		if n.name == "t:DistinguishedFolderId" {
			err = refuse("ErrorFolderNotFound") // valid in EWS, and not in this mailbox
		}
		return nil, exchange.Folder{}, err
	}
	if err := c.may(box); err != nil {
		return nil, exchange.Folder{}, err
	}
	return box, f, nil
}

// parseID reads an id, with Exchange's distinctions of what is wrong with it.
func parseID(text string) (exchange.ID, error) {
	if text == "" {
		return exchange.ID{}, refuse("ErrorInvalidIdEmpty")
	}
	if strings.ContainsAny(text, "-_") { // Graph's writing is not taken here
		return exchange.ID{}, refuse("ErrorInvalidIdMalformed")
	}
	return exchange.ParseID(text)
}

// folderView shows one folder's properties.
type folderView struct {
	exchange.Folder
}

var folderDefaults = []string{"t:FolderId", "t:DisplayName", "t:TotalCount", "t:ChildFolderCount", "t:UnreadCount"}

var folderAll = append([]string{"t:ParentFolderId", "t:FolderClass", "t:EffectiveRights", "t:DistinguishedFolderId"}, folderDefaults...)

func (v folderView) get(element string) *node {
	switch element {
	case "t:FolderId":
		return el(element, attr{"Id", v.ID().EWS()}, attr{"ChangeKey", v.ChangeKey()})
	case "t:ParentFolderId":
		return el(element, attr{"Id", v.ParentID().EWS()}, attr{"ChangeKey", "AQAAAA=="})
	case "t:FolderClass":
		if v.Class == "" {
			return nil
		}
		return el(element, v.Class)
	case "t:DisplayName":
		return el(element, v.Name)
	case "t:TotalCount":
		return el(element, strconv.Itoa(v.Total))
	case "t:ChildFolderCount":
		return el(element, strconv.Itoa(v.Children))
	case "t:UnreadCount":
		if v.Class != exchange.MailFolder && v.Class != "" {
			return nil
		}
		return el(element, strconv.Itoa(v.Unread))
	case "t:DistinguishedFolderId":
		if v.WellKnown == "" || v.WellKnown == exchange.Archive {
			return nil
		}
		return el(element, v.WellKnown)
	case "t:EffectiveRights":
		return effectiveRights(true)
	}
	return nil
}

func (v folderView) value(p path) any {
	if p.uri == "" {
		return folderTag(v.Folder, p.ext)
	}
	return valueOf(v.get(p.element()), "BaseFolder")
}

// folderTag are the properties of folders that clients ask for by tag.
func folderTag(f exchange.Folder, id exchange.PropID) any {
	switch {
	case id.Set != "":
		return nil
	case id.Tag == 0x3001: // PidTagDisplayName
		return f.Name
	case id.Tag == 0x3613 && f.Class != "": // PidTagContainerClass
		return f.Class
	case id.Tag == 0x3601: // PidTagFolderType: generic
		return 1
	case id.Tag == 0x10f4: // PidTagAttributeHidden
		return false
	case id.Tag == 0x0e08: // PidTagMessageSize
		return int(f.Size)
	}
	return nil
}

// show writes a folder in a shape.
func (v folderView) show(s shape) *node {
	n := el(folderKind(v.Class))
	want := []string{"t:FolderId"}
	switch s.base {
	case "Default":
		want = folderDefaults
	case "AllProperties":
		want = folderAll
	}
	want = slices.Clone(want)
	for _, p := range s.extra {
		if p.uri == "" {
			if x := property(p.ext, folderTag(v.Folder, p.ext)); x != nil {
				n.kids = append(n.kids, x)
			}
		} else if !slices.Contains(want, p.element()) {
			want = append(want, p.element())
		}
	}
	for _, e := range want {
		if k := v.get(e); k != nil {
			n.kids = append(n.kids, k)
		}
	}
	return inOrder(n, "BaseFolder")
}

func getFolder(c *call, op *node) (*node, error) {
	s, f := readShape(op.kid("m:FolderShape"))
	if f != nil {
		return nil, f
	}
	return c.each("GetFolder", op.kid("m:FolderIds").kids, none("m:Folders"), func(n *node) ([]*node, error) {
		_, f, err := c.folder(n)
		if err != nil {
			return nil, err
		}
		return []*node{el("m:Folders", folderView{f}.show(s))}, nil
	})
}

func findFolder(c *call, op *node) (*node, error) {
	s, f := readShape(op.kid("m:FolderShape"))
	if f != nil {
		return nil, f
	}
	match, f := readRestriction(op.kid("m:Restriction"), func(path) *fault { return nil })
	if f != nil {
		return nil, f
	}
	view := op.kid("m:IndexedPageFolderView")
	if view == nil {
		view = op.kid("m:FractionalPageFolderView")
	}
	return c.each("FindFolder", op.kid("m:ParentFolderIds").kids, nil, func(n *node) ([]*node, error) {
		box, parent, err := c.folder(n)
		if err != nil {
			return nil, err
		}
		list, err := box.Folders(parent.ID().EWS(), op.attr("Traversal") == "Deep")
		if err != nil {
			return nil, err
		}
		var found []folderView
		for _, f := range list {
			v := folderView{f}
			if match(v) && op.attr("Traversal") != "SoftDeleted" {
				found = append(found, v)
			}
		}
		some, attrs, no := page(found, view)
		if no != nil {
			return nil, no
		}
		root, folders := el("m:RootFolder"), el("t:Folders")
		root.attrs = attrs
		for _, v := range some {
			folders.kids = append(folders.kids, v.show(s))
		}
		root.kids = []*node{folders}
		return []*node{root}, nil
	})
}

func createFolder(c *call, op *node) (*node, error) {
	classes := map[string]string{"t:CalendarFolder": exchange.CalendarFolder, "t:ContactsFolder": exchange.ContactFolder, "t:TasksFolder": exchange.TaskFolder}
	return c.each("CreateFolder", op.kid("m:Folders").kids, none("m:Folders"), func(n *node) ([]*node, error) {
		box, parent, err := c.folder(op.kid("m:ParentFolderId"))
		if err != nil {
			return nil, err
		}
		class := n.val("t:FolderClass")
		if k, ok := classes[n.name]; ok {
			class = k
		} else if class == "" {
			class = exchange.MailFolder
		}
		if n.name == "t:SearchFolder" {
			return nil, refuse("ErrorInvalidFolderTypeForOperation")
		}
		f, err := box.CreateFolder(parent.ID().EWS(), n.val("t:DisplayName"), class)
		if err != nil {
			return nil, err
		}
		return []*node{el("m:Folders", folderView{f}.show(shape{}))}, nil
	})
}

// updateFolder renames; nothing else of a folder can be set here.
func updateFolder(c *call, op *node) (*node, error) {
	return c.each("UpdateFolder", op.kid("m:FolderChanges").kids, none("m:Folders"), func(n *node) ([]*node, error) {
		box, f, err := c.folder(n.kids[0])
		if err != nil {
			return nil, err
		}
		for _, u := range n.kid("t:Updates").kids {
			p, no := readPath(u.kids[0])
			switch {
			case no != nil:
				return nil, no
			case p.uri != "folder:DisplayName" || u.name != "t:SetFolderField":
				return nil, refuse("ErrorInvalidPropertySet")
			}
			if f, err = box.RenameFolder(f.ID().EWS(), u.kids[1].val("t:DisplayName")); err != nil {
				return nil, err
			}
		}
		return []*node{el("m:Folders", folderView{f}.show(shape{}))}, nil
	})
}

func deleteFolder(c *call, op *node) (*node, error) {
	return c.each("DeleteFolder", op.kid("m:FolderIds").kids, nil, func(n *node) ([]*node, error) {
		box, f, err := c.folder(n)
		if err != nil {
			return nil, err
		}
		if op.attr("DeleteType") == "MoveToDeletedItems" && f.WellKnown == "" {
			_, err := box.MoveFolder(f.ID().EWS(), exchange.DeletedItems)
			return nil, err
		}
		return nil, box.DeleteFolder(f.ID().EWS())
	})
}

func emptyFolder(c *call, op *node) (*node, error) {
	return c.each("EmptyFolder", op.kid("m:FolderIds").kids, nil, func(n *node) ([]*node, error) {
		box, f, err := c.folder(n)
		if err != nil {
			return nil, err
		}
		items, err := box.Items(f.ID().EWS())
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			if err := box.Delete(it.ID(false).EWS(), op.attr("DeleteType") != "MoveToDeletedItems"); err != nil && !exchange.IsGone(err) {
				return nil, err
			}
		}
		if op.attr("DeleteSubFolders") != "true" {
			return nil, nil
		}
		below, err := box.Folders(f.ID().EWS(), false)
		for _, b := range below {
			if err == nil {
				err = box.DeleteFolder(b.ID().EWS())
			}
		}
		return nil, err
	})
}

func moveFolder(c *call, op *node) (*node, error) {
	return c.each("MoveFolder", op.kid("m:FolderIds").kids, none("m:Folders"), func(n *node) ([]*node, error) {
		to, parent, err := c.folder(op.kid("m:ToFolderId"))
		if err != nil {
			return nil, err
		}
		box, f, err := c.folder(n)
		if err != nil {
			return nil, err
		}
		if to.GUID() != box.GUID() {
			return nil, &fault{code: "ErrorCrossMailboxMoveCopy", text: "Folders cannot be moved to another mailbox here."}
		}
		if f, err = box.MoveFolder(f.ID().EWS(), parent.ID().EWS()); err != nil {
			return nil, err
		}
		return []*node{el("m:Folders", folderView{f}.show(shape{}))}, nil
	})
}

// markAllRead marks what is in a folder. Nothing here asks for receipts of it.
func markAllRead(c *call, op *node) (*node, error) {
	return c.each("MarkAllItemsAsRead", op.kid("m:FolderIds").kids, nil, func(n *node) ([]*node, error) {
		box, f, err := c.folder(n)
		if err != nil {
			return nil, err
		}
		items, err := box.Items(f.ID().EWS())
		if err != nil {
			return nil, err
		}
		read := truth(op.kid("m:ReadFlag"))
		for _, it := range items {
			if it.Read() == read {
				continue
			}
			_, err := box.Update(it.ID(false).EWS(), "", func(e *exchange.Edit) error {
				e.SetRead(read)
				return nil
			})
			if err != nil && !exchange.IsGone(err) {
				return nil, err
			}
		}
		return nil, nil
	})
}
