package graph

import (
	"context"
	"net/url"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

const folderFields = "id,displayName,parentFolderId,childFolderCount,unreadItemCount,totalItemCount"

type mailFolder struct {
	ID       string `json:"id"`
	Name     string `json:"displayName"`
	Parent   string `json:"parentFolderId"`
	Children int    `json:"childFolderCount"`
	Unread   int    `json:"unreadItemCount"`
	Total    int    `json:"totalItemCount"`
}

func (f mailFolder) folder() exchange.Folder {
	return exchange.Folder{ID: f.ID, Parent: f.Parent, Name: f.Name, Total: f.Total, Unread: f.Unread, Children: f.Children}
}

// below is the path of what is in a folder; "" is the top.
func below(parent string) (string, error) {
	if parent == "" {
		return "/mailFolders", nil
	}
	at, err := segment(parent, "folder")
	return "/mailFolders/" + at + "/childFolders", err
}

// Folders implements exchange.Folders.
func (b *box) Folders(ctx context.Context, parent string, q exchange.Query) (exchange.Page[exchange.Folder], error) {
	path, err := below(parent)
	if err != nil {
		return exchange.Page[exchange.Folder]{}, err
	}
	page, err := list(ctx, b, request{doing: "Listing folders", method: "GET", path: path, need: mailRead}, url.Values{"$select": {folderFields}}, q, mailFolder.folder)
	page.Unfiltered = q.Filter != nil
	return page, err
}

// Folder implements exchange.Folders.
func (b *box) Folder(ctx context.Context, id string) (exchange.Folder, error) {
	at, err := segment(id, "folder")
	if err != nil {
		return exchange.Folder{}, err
	}
	var f mailFolder
	err = b.do(ctx, request{doing: "Reading the folder", method: "GET", path: "/mailFolders/" + at, query: url.Values{"$select": {folderFields}}, into: &f, need: mailRead})
	return f.folder(), err
}

// CreateFolder implements exchange.Folders. When an answer was lost, the folder
// that is there by then is the one.
func (b *box) CreateFolder(ctx context.Context, parent, name string) (exchange.Folder, error) {
	path, err := below(parent)
	if err != nil {
		return exchange.Folder{}, err
	}
	var f mailFolder
	err = b.do(ctx, request{doing: "Making the folder", method: "POST", path: path, body: map[string]string{"displayName": name}, into: &f, need: mailWrite, once: true})
	if !exchange.Doubtful(err) {
		return f.folder(), err
	}
	there, e := all(ctx, b, request{doing: "Listing folders", method: "GET", path: path, need: mailRead}, url.Values{"$select": {folderFields}}, mailFolder.folder)
	if e != nil {
		return exchange.Folder{}, err
	}
	for _, f := range there {
		if strings.EqualFold(f.Name, name) {
			return f, nil
		}
	}
	return exchange.Folder{}, err
}

// DeleteFolder implements exchange.Folders.
func (b *box) DeleteFolder(ctx context.Context, id string) error {
	at, err := segment(id, "folder")
	if err != nil {
		return err
	}
	return b.do(ctx, request{doing: "Deleting the folder", method: "DELETE", path: "/mailFolders/" + at, need: mailWrite, goneIsDone: true})
}

const mostEmptied = 5000 // in one call

// EmptyFolder implements exchange.Folders, mail by mail: Graph has no other way.
func (b *box) EmptyFolder(ctx context.Context, id string, forGood bool) (int, error) {
	at, err := segment(id, "folder")
	if err != nil {
		return 0, err
	}
	if !forGood { // what is deleted from among the deleted is gone
		deleted, err := b.Folder(ctx, "deleteditems")
		if err != nil {
			return 0, err
		}
		forGood = id == deleted.ID || strings.EqualFold(id, "deleteditems")
	}
	for n := 0; ; {
		var page listOf[message]
		err := b.do(ctx, request{doing: "Emptying the folder", method: "GET", path: "/mailFolders/" + at + "/messages",
			query: url.Values{"$select": {"id"}, "$top": {"100"}}, into: &page, need: mailRead})
		if err != nil || len(page.Value) == 0 {
			return n, err
		}
		for _, m := range page.Value {
			if err := b.DeleteMail(ctx, m.ID, forGood); err != nil && !exchange.Gone(err) {
				return n, err
			}
			n++
		}
		if n >= mostEmptied {
			return n, &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeBusy, Detail: "There is more in the folder than one call deletes.", Hint: "Empty it again."}
		}
	}
}
