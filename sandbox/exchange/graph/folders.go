package graph

import (
	"net/http"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routeFolders() {
	in := "/users/{user}/mailFolders"
	s.list(in, readMail, listFolders)
	s.on("POST "+in, writeMail, createFolder)
	s.on("GET "+in+"/delta", readMail, folderDelta)
	s.on("GET "+in+"/{folder}", readMail, getFolder)
	s.on("PATCH "+in+"/{folder}", writeMail, renameFolder)
	s.on("DELETE "+in+"/{folder}", writeMail, deleteFolder)
	s.list(in+"/{folder}/childFolders", readMail, listFolders)
	s.on("POST "+in+"/{folder}/childFolders", writeMail, createFolder)
	s.on("POST "+in+"/{folder}/move", writeMail, moveFolder)
}

var folderProperties = known{"id", "displayName", "parentFolderId", "childFolderCount", "unreadItemCount", "totalItemCount", "sizeInBytes", "isHidden"}

func folderObject(f exchange.Folder) jsonObject {
	return jsonObject{"id": f.ID().REST(), "displayName": f.Name, "parentFolderId": f.ParentID().REST(), "childFolderCount": f.Children,
		"unreadItemCount": f.Unread, "totalItemCount": f.Total, "sizeInBytes": f.Size, "isHidden": false}
}

func (c *call) oneFolder(status int, f exchange.Folder) (answer, error) {
	q, err := c.readQuery("mailFolder", folderProperties)
	if err != nil {
		return answer{}, err
	}
	o := q.pick(folderObject(f))
	o["@odata.context"] = c.base() + "/$metadata#users('" + c.id("user") + "')/mailFolders/$entity"
	return answer{status: status, body: o}, nil
}

func (c *call) folderName() string {
	if f := c.id("folder"); f != "" {
		return f
	}
	return exchange.Root
}

func listFolders(c *call) (answer, error) {
	q, err := c.readQuery("mailFolder", folderProperties, "includeHiddenFolders")
	if err != nil {
		return answer{}, err
	}
	folders, err := c.mailbox.Folders(c.folderName(), false)
	if err != nil {
		return answer{}, err
	}
	var list []jsonObject
	for _, f := range folders {
		if f.Class == exchange.MailFolder {
			list = append(list, folderObject(f))
		}
	}
	return c.page(q, "users('"+c.id("user")+"')/mailFolders", list, func(o jsonObject) (map[string]any, error) { return q.pick(o), nil })
}

func getFolder(c *call) (answer, error) {
	f, err := c.mailbox.Folder(c.id("folder"))
	if err != nil {
		return answer{}, err
	}
	return c.oneFolder(http.StatusOK, f)
}

func (c *call) displayName() (string, error) {
	name, _ := c.body["displayName"].(string)
	if strings.TrimSpace(name) == "" {
		return "", refuse(http.StatusBadRequest, "ErrorInvalidRequest", "The displayName is missing.")
	}
	return name, nil
}

func createFolder(c *call) (answer, error) {
	name, err := c.displayName()
	if err != nil {
		return answer{}, err
	}
	f, err := c.mailbox.CreateFolder(c.folderName(), name, exchange.MailFolder)
	if err != nil {
		return answer{}, err
	}
	return c.oneFolder(http.StatusCreated, f)
}

func renameFolder(c *call) (answer, error) {
	name, err := c.displayName()
	if err != nil {
		return answer{}, err
	}
	f, err := c.mailbox.RenameFolder(c.id("folder"), name)
	if err != nil {
		return answer{}, err
	}
	return c.oneFolder(http.StatusOK, f)
}

func moveFolder(c *call) (answer, error) {
	to, err := c.destination()
	if err != nil {
		return answer{}, err
	}
	f, err := c.mailbox.MoveFolder(c.id("folder"), to)
	if err != nil {
		return answer{}, err
	}
	return c.oneFolder(http.StatusCreated, f)
}

func deleteFolder(c *call) (answer, error) {
	return answer{status: http.StatusNoContent}, c.mailbox.DeleteFolder(c.id("folder"))
}
