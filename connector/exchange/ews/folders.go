package ews

import (
	"context"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

// distinguished are the well-known names that EWS has by the same word.
var distinguished = map[string]bool{"inbox": true, "drafts": true, "sentitems": true, "deleteditems": true, "outbox": true, "junkemail": true, "msgfolderroot": true,
	"calendar": true, "contacts": true, "tasks": true}

// archiveName is what the archive is called that Outlook has a button for. EWS has no
// well-known name for it.
const archiveName = "Archive"

// wellKnown names a folder of the mailbox.
func (b *box) wellKnown(name string) *node {
	n := el("t:DistinguishedFolderId").with("Id", name)
	if b.delegate() {
		n.add(el("t:Mailbox", txt("t:EmailAddress", b.address)))
	}
	return n
}

// folderID names a folder by its id or a well-known name.
func (b *box) folderID(ctx context.Context, id string) (*node, error) {
	name := strings.ToLower(id)
	if distinguished[name] {
		return b.wellKnown(name), nil
	}
	if name == "archive" {
		return b.archive(ctx)
	}
	return itemID("t:FolderId", id, "", "folder")
}

// archive finds the archive by its name.
func (b *box) archive(ctx context.Context) (*node, error) {
	n, err := b.one(ctx, request{doing: "Looking for the archive", need: reading, op: el("m:FindFolder",
		el("m:FolderShape", txt("t:BaseShape", "IdOnly")),
		el("m:IndexedPageFolderView").with("MaxEntriesReturned", "1").with("Offset", "0").with("BasePoint", "Beginning"),
		el("m:Restriction", el("t:IsEqualTo", fieldURI("folder:DisplayName"), el("t:FieldURIOrConstant", el("t:Constant").with("Value", archiveName)))),
		el("m:ParentFolderIds", b.wellKnown("msgfolderroot"))).with("Traversal", "Shallow")})
	if err != nil {
		return nil, err
	}
	for _, f := range n.kid("RootFolder", "Folders").children() {
		return itemID("t:FolderId", f.kid("FolderId").attr("Id"), "", "folder")
	}
	return nil, &signoff.Error{Kind: signoff.NotFound, Code: exchange.CodeGone, Detail: "The mailbox has no folder \"" + archiveName + "\".",
		Hint: "It may be called otherwise in the mailbox's language: pass the folder's id, as Folder, List gives it."}
}

func folderShape() *node {
	return el("m:FolderShape", txt("t:BaseShape", "IdOnly"), el("t:AdditionalProperties", fieldURI("folder:ParentFolderId"), fieldURI("folder:DisplayName"),
		fieldURI("folder:TotalCount"), fieldURI("folder:ChildFolderCount"), fieldURI("folder:UnreadCount")))
}

func (n *node) folder() exchange.Folder {
	count := func(name string) int {
		c, _ := number(n.val(name))
		return c
	}
	return exchange.Folder{ID: n.kid("FolderId").attr("Id"), Parent: n.kid("ParentFolderId").attr("Id"), Name: n.val("DisplayName"),
		Total: count("TotalCount"), Unread: count("UnreadCount"), Children: count("ChildFolderCount")}
}

// Folders implements exchange.Folders. Folders for what is no mail are left out.
func (b *box) Folders(ctx context.Context, parent string, q exchange.Query) (exchange.Page[exchange.Folder], error) {
	out := exchange.Page[exchange.Folder]{Items: []exchange.Folder{}, Unfiltered: q.Filter != nil}
	if parent == "" {
		parent = "msgfolderroot"
	}
	at, err := b.folderID(ctx, parent)
	if err != nil {
		return out, err
	}
	view, err := b.view("m:IndexedPageFolderView", q)
	if err != nil {
		return out, err
	}
	n, err := b.one(ctx, request{doing: "Listing folders", need: reading, op: el("m:FindFolder", folderShape(), view, el("m:ParentFolderIds", at)).with("Traversal", "Shallow")})
	if err != nil {
		return out, err
	}
	root := n.kid("RootFolder")
	for _, f := range root.kid("Folders").children() {
		if f.name == "Folder" {
			out.Items = append(out.Items, f.folder())
		}
	}
	out.Next, err = nextPage(root, q)
	return out, err
}

// view is the part of a list that is wanted. Where the next page begins is a
// number: what is moved between two pages may be missed or come twice.
func (b *box) view(name string, q exchange.Query) (*node, error) {
	from, err := offset(q.After)
	if err != nil {
		return nil, err
	}
	top := q.Top
	if top <= 0 {
		top = b.s.pageSize
	}
	return el(name).with("MaxEntriesReturned", strconv.Itoa(min(top, mostPage))).with("Offset", strconv.Itoa(from)).with("BasePoint", "Beginning"), nil
}

func offset(after string) (int, error) {
	if after == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(after, 10, 31)
	if err != nil {
		return 0, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "The place where the next page begins is not whole.", Hint: "Begin the list anew."}
	}
	return int(n), nil
}

// nextPage is where the next page begins, "" on the last.
func nextPage(root *node, q exchange.Query) (string, error) {
	if root.attr("IncludesLastItemInRange") != "false" {
		return "", nil
	}
	next, ok := number(root.attr("IndexedPagingOffset"))
	from, err := offset(q.After)
	if err != nil {
		return "", err
	}
	if !ok || next <= from { // or the list would never end
		return "", &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange, Detail: "The server says that there is more, and not where."}
	}
	return strconv.Itoa(next), nil
}

// Folder implements exchange.Folders.
func (b *box) Folder(ctx context.Context, id string) (exchange.Folder, error) {
	at, err := b.folderID(ctx, id)
	if err != nil {
		return exchange.Folder{}, err
	}
	n, err := b.one(ctx, request{doing: "Reading the folder", need: reading, op: el("m:GetFolder", folderShape(), el("m:FolderIds", at))})
	if err != nil {
		return exchange.Folder{}, err
	}
	for _, f := range n.kid("Folders").children() {
		return f.folder(), nil
	}
	return exchange.Folder{}, errEmpty
}

var errEmpty = &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange, Detail: "The server says that it was done, and does not show what."}

// CreateFolder implements exchange.Folders. When an answer was lost, the folder
// that is there by then is the one.
func (b *box) CreateFolder(ctx context.Context, parent, name string) (exchange.Folder, error) {
	if parent == "" {
		parent = "msgfolderroot"
	}
	at, err := b.folderID(ctx, parent)
	if err != nil {
		return exchange.Folder{}, err
	}
	n, err := b.one(ctx, request{doing: "Making the folder", need: writing, once: true, op: el("m:CreateFolder", el("m:ParentFolderId", at),
		el("m:Folders", el("t:Folder", txt("t:FolderClass", "IPF.Note"), txt("t:DisplayName", name))))})
	if exchange.Doubtful(err) {
		return b.folderNamed(ctx, parent, name, err)
	}
	if err != nil {
		return exchange.Folder{}, err
	}
	for _, f := range n.kid("Folders").children() {
		return b.Folder(ctx, f.kid("FolderId").attr("Id"))
	}
	return exchange.Folder{}, errEmpty
}

func (b *box) folderNamed(ctx context.Context, parent, name string, doubt error) (exchange.Folder, error) {
	q := exchange.Query{Top: mostPage}
	for range maxPages {
		page, err := b.Folders(ctx, parent, q)
		if err != nil {
			return exchange.Folder{}, doubt
		}
		for _, f := range page.Items {
			if strings.EqualFold(f.Name, name) {
				return f, nil
			}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	return exchange.Folder{}, doubt
}

const maxPages = 20

// DeleteFolder implements exchange.Folders.
func (b *box) DeleteFolder(ctx context.Context, id string) error {
	at, err := b.folderID(ctx, id)
	if err != nil {
		return err
	}
	_, err = b.one(ctx, request{doing: "Deleting the folder", need: writing, goneIsDone: true, op: el("m:DeleteFolder", el("m:FolderIds", at)).with("DeleteType", "MoveToDeletedItems")})
	return err
}

// EmptyFolder implements exchange.Folders. What is deleted from among the deleted
// is gone.
func (b *box) EmptyFolder(ctx context.Context, id string, forGood bool) (int, error) {
	f, err := b.Folder(ctx, id)
	if err != nil {
		return 0, err
	}
	if !forGood {
		deleted, err := b.Folder(ctx, "deleteditems")
		if err != nil {
			return 0, err
		}
		forGood = f.ID == deleted.ID
	}
	at, err := itemID("t:FolderId", f.ID, "", "folder")
	if err != nil {
		return 0, err
	}
	_, err = b.one(ctx, request{doing: "Emptying the folder", need: writing,
		op: el("m:EmptyFolder", el("m:FolderIds", at)).with("DeleteType", deleteType(forGood)).with("DeleteSubFolders", "false")})
	if err != nil {
		return 0, err
	}
	return f.Total, nil
}

func deleteType(forGood bool) string {
	if forGood {
		return "HardDelete"
	}
	return "MoveToDeletedItems"
}
