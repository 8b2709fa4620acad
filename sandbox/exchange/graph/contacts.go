package graph

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routeContacts() {
	in := "/users/{user}/contacts"
	for _, of := range []string{in, "/users/{user}/contactFolders/{folder}/contacts"} {
		s.list(of, readContacts, listContacts)
		s.on("POST "+of, writeContacts, createContact)
		s.on("GET "+of+"/delta", readContacts, contactDelta)
	}
	s.on("GET /users/{user}/contactFolders", readContacts, listContactFolders)
	s.on("POST /users/{user}/contactFolders", writeContacts, createContactFolder)
	s.on("GET "+in+"/{id}", readContacts, getContact)
	s.on("PATCH "+in+"/{id}", writeContacts, changeContact)
	s.on("DELETE "+in+"/{id}", writeContacts, deleteContact)
}

var contactProperties = known{"id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "parentFolderId", "displayName", "givenName", "surname",
	"emailAddresses", "companyName", "jobTitle", "department", "mobilePhone", "businessPhones", "personalNotes", "singleValueExtendedProperties"}

func (c *call) contactObject(it exchange.Item) (jsonObject, error) {
	var k exchange.Contact
	if err := it.ReadEntry(&k); err != nil {
		return nil, exchange.ErrItemNotFound
	}
	emails := []map[string]any{}
	for _, a := range k.Emails {
		emails = append(emails, map[string]any{"name": a.Name, "address": a.Address})
	}
	return jsonObject{"@odata.etag": `W/"` + it.ChangeKey() + `"`, "id": it.ID(c.prefer.immutable).REST(), "createdDateTime": stamp(it.Created),
		"lastModifiedDateTime": stamp(it.Modified), "changeKey": it.ChangeKey(), "categories": nonNil(it.Categories), "parentFolderId": it.FolderID().REST(),
		"displayName": k.DisplayName, "givenName": orNil(k.GivenName), "surname": orNil(k.Surname), "emailAddresses": emails, "companyName": orNil(k.CompanyName),
		"jobTitle": orNil(k.JobTitle), "department": orNil(k.Department), "mobilePhone": orNil(k.MobilePhone), "businessPhones": nonNil(k.BusinessPhones),
		"personalNotes": k.Notes, "singleValueExtendedProperties": properties(it)}, nil
}

// contactFolder is the folder that the path names, or the usual one.
func (c *call) contactFolder() (string, error) {
	id := c.id("folder")
	if id == "" {
		return exchange.Contacts, nil
	}
	f, err := c.mailbox.Folder(id)
	if err == nil && f.Class != exchange.ContactFolder {
		err = exchange.ErrFolderNotFound
	}
	return id, err
}

func contactFolderObject(f exchange.Folder) jsonObject {
	return jsonObject{"id": f.ID().REST(), "displayName": f.Name, "parentFolderId": f.ParentID().REST()}
}

// listContactFolders leaves the usual one out, as Graph does.
func listContactFolders(c *call) (answer, error) {
	q, err := c.readQuery("contactFolder", known{"id", "displayName", "parentFolderId"})
	if err != nil {
		return answer{}, err
	}
	folders, err := c.mailbox.Folders(exchange.Root, true)
	if err != nil {
		return answer{}, err
	}
	var list []jsonObject
	for _, f := range folders {
		if f.Class == exchange.ContactFolder && f.WellKnown == "" {
			list = append(list, contactFolderObject(f))
		}
	}
	return c.page(q, "users('"+c.id("user")+"')/contactFolders", list, func(o jsonObject) (map[string]any, error) { return q.pick(o), nil })
}

func createContactFolder(c *call) (answer, error) {
	name, err := c.displayName()
	if err != nil {
		return answer{}, err
	}
	f, err := c.mailbox.CreateFolder(exchange.Root, name, exchange.ContactFolder)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusCreated, body: map[string]any(contactFolderObject(f))}, nil
}

func listContacts(c *call) (answer, error) {
	q, err := c.readQuery("contact", contactProperties)
	if err != nil {
		return answer{}, err
	}
	folder, err := c.contactFolder()
	if err != nil {
		return answer{}, err
	}
	items, err := c.mailbox.Items(folder)
	if err != nil {
		return answer{}, err
	}
	var list []jsonObject
	for _, it := range items {
		o, err := c.contactObject(it)
		if err != nil {
			return answer{}, err
		}
		list = append(list, o)
	}
	return c.page(q, "users('"+c.id("user")+"')/contacts", list, func(o jsonObject) (map[string]any, error) {
		delete(o, "singleValueExtendedProperties") // found by, and not shown
		return q.pick(o), nil
	})
}

func (c *call) oneContact(status int, it exchange.Item, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	o, err := c.contactObject(it)
	delete(o, "singleValueExtendedProperties")
	return answer{status: status, body: map[string]any(o)}, err
}

func getContact(c *call) (answer, error) {
	it, err := c.entry(exchange.ClassContact)
	return c.oneContact(http.StatusOK, it, err)
}

func createContact(c *call) (answer, error) {
	folder, err := c.contactFolder()
	if err != nil {
		return answer{}, err
	}
	var k exchange.Contact
	it, err := c.mailbox.CreateEntry(exchange.ClassContact, folder, &k, func(e *exchange.Edit) error { return c.fillContact(e, &k) })
	return c.oneContact(http.StatusCreated, it, err)
}

func changeContact(c *call) (answer, error) {
	it, err := c.entry(exchange.ClassContact)
	if err != nil {
		return answer{}, err
	}
	key, err := c.ifMatch()
	if err != nil {
		return answer{}, err
	}
	it, err = exchange.UpdateEntry(c.mailbox, it.ID(true).REST(), key, c.fillContact)
	return c.oneContact(http.StatusOK, it, err)
}

func deleteContact(c *call) (answer, error) {
	it, err := c.entry(exchange.ClassContact)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, c.mailbox.Delete(it.ID(true).REST(), true)
}

func (c *call) fillContact(e *exchange.Edit, k *exchange.Contact) error {
	for name, v := range c.body {
		lower := strings.ToLower(name)
		switch {
		case strings.Contains(name, "@") || slices.Contains(readOnly, lower):
		case lower == "categories", lower == "singlevalueextendedproperties":
			if err := setProperty(e, lower, name, v, true); err != nil {
				return err
			}
		case !slices.Contains(contactProperties, name):
			return refuse(http.StatusBadRequest, "RequestBodyRead", "The property '%s' does not exist on type 'microsoft.graph.contact', or is not supported here.", name)
		}
	}
	in, err := objectOf[struct {
		DisplayName, GivenName, Surname, CompanyName, JobTitle, Department, MobilePhone, PersonalNotes *string
		EmailAddresses                                                                                 *[]exchange.Address
		BusinessPhones                                                                                 *[]string
	}](c.body)
	if err != nil {
		return err
	}
	set(&k.DisplayName, in.DisplayName)
	set(&k.GivenName, in.GivenName)
	set(&k.Surname, in.Surname)
	set(&k.CompanyName, in.CompanyName)
	set(&k.JobTitle, in.JobTitle)
	set(&k.Department, in.Department)
	set(&k.MobilePhone, in.MobilePhone)
	set(&k.Notes, in.PersonalNotes)
	set(&k.Emails, in.EmailAddresses)
	set(&k.BusinessPhones, in.BusinessPhones)
	if k.DisplayName == "" {
		k.DisplayName = strings.TrimSpace(k.GivenName + " " + k.Surname)
	}
	return nil
}
