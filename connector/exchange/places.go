package exchange

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

const maxLoaded = 40 << 20 // of an attachment that is read whole

var attachmentProperties = []broker.Property{key("Id"), text("mail", "Id of the mail"), text("name", "Name"), text("type", "Type"), text("kind", "Kind"), number("size", "Size"),
	yes("inline", "Inline"), text("url", "Link"), {Name: "file", Title: "File", Type: broker.File}}

var attachmentListed = []string{"id", "mail", "name", "type", "kind", "size", "inline", "url"}

var attachment = object{name: "Attachment", title: "Attachment", text: "Files of a mail.", properties: attachmentProperties, methods: []method{
	{name: "add", title: "Add", text: "Adds a file to a draft.", kind: broker.Create, outputs: attachmentListed, inputs: take(attachmentProperties, "!mail", "!file"), do: addAttachment},
	{name: "load", title: "Load", kind: broker.Read, inputs: take(attachmentProperties, "!mail", "!id"), do: loadAttachment},
	{name: "list", title: "List", kind: broker.List, outputs: attachmentListed, inputs: take(attachmentProperties, "!mail"), do: listAttachments},
	{name: "delete", title: "Delete", kind: broker.Delete, outputs: []string{}, inputs: take(attachmentProperties, "!mail", "!id"), do: deleteAttachment},
}}

func fileRow(mail string) func(File) map[string]any {
	return func(f File) map[string]any {
		return map[string]any{"id": f.ID, "mail": mail, "name": f.Name, "type": f.Type, "kind": string(f.Kind), "size": count(int(f.Size)), "inline": f.Inline, "url": f.URL}
	}
}

func addAttachment(ctx context.Context, c *call) (broker.Result, error) {
	mail, files := c.in.text("mail"), c.in.files("file")
	if len(files) != 1 && len(c.in.bad) == 0 {
		c.in.refuse("file", "is not one file")
	}
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	if c.Again {
		there, err := c.b.Files(ctx, mail)
		if at := slices.IndexFunc(there, func(f File) bool { return f.Name == files[0].Name }); err != nil || at >= 0 {
			return single(at, err, func(at int) map[string]any { return fileRow(mail)(there[at]) })
		}
	}
	f, err := c.b.Attach(ctx, mail, files[0])
	return single(f, err, fileRow(mail))
}

func loadAttachment(ctx context.Context, c *call) (broker.Result, error) {
	mail, id := c.in.text("mail"), c.in.text("id")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	f, body, err := c.b.File(ctx, mail, id)
	if err != nil {
		return broker.Result{}, err
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, maxLoaded+1))
	switch {
	case err != nil:
		return broker.Result{}, &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnreachable, Err: err, Detail: fmt.Sprintf("Half of %s is missing.", f.Name), Hint: "It is tried again by itself."}
	case len(content) > maxLoaded:
		return broker.Result{}, &signoff.Error{Kind: signoff.TooLarge, Code: CodeTooLarge, Detail: fmt.Sprintf("%s is larger than %d MB.", f.Name, maxLoaded>>20)}
	}
	row := fileRow(mail)(f)
	if f.Kind != FileLink {
		row["file"] = map[string]any{"name": f.Name, "type": f.Type, "content": base64.StdEncoding.EncodeToString(content)}
	}
	return broker.Result{Row: row}, nil
}

func listAttachments(ctx context.Context, c *call) (broker.Result, error) {
	mail := c.in.text("mail")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	files, err := c.b.Files(ctx, mail)
	return listed(files, err, fileRow(mail))
}

func deleteAttachment(ctx context.Context, c *call) (broker.Result, error) {
	mail, id := c.in.text("mail"), c.in.text("id")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	return nothing(unlessRepeated(c, c.b.DeleteFile(ctx, mail, id)))
}

var folderProperties = []broker.Property{key("Id"), text("name", "Name"), text("parent", "Parent folder id"), number("total", "Mails"), number("unread", "Unread"),
	number("children", "Folders in it"), number("deleted", "Deleted")}

var folderLoaded = []string{"id", "name", "parent", "total", "unread", "children"}

var folder = object{name: "Folder", title: "Folder", text: "Folders for mail. An id may be a well-known name too: inbox, drafts, sentitems, deleteditems, archive, junkemail.",
	properties: folderProperties, methods: []method{
		{name: "create", title: "Create", kind: broker.Create, outputs: folderLoaded, inputs: take(folderProperties, "!name", "parent"), do: createFolder},
		{name: "list", title: "List", text: "Folders in a folder; at the top when none is named.", kind: broker.List, outputs: folderLoaded, inputs: take(folderProperties, "parent"),
			do: func(ctx context.Context, c *call) (broker.Result, error) {
				parent := c.in.text("parent")
				if err := c.in.done(); err != nil {
					return broker.Result{}, err
				}
				page, err := c.b.Folders(ctx, parent, c.query())
				return rows(page, err, folderRow)
			}},
		{name: "load", title: "Load", kind: broker.Read, outputs: folderLoaded, inputs: take(folderProperties, "!id"), do: byID(Backend.Folder, folderRow)},
		{name: "delete", title: "Delete", kind: broker.Delete, outputs: []string{}, inputs: take(folderProperties, "!id"), do: dropByID(Backend.DeleteFolder)},
		{name: "empty", title: "Empty", text: "Deletes all mails in it, and leaves the folders.", kind: broker.Execute, outputs: []string{"deleted"},
			inputs: with(take(folderProperties, "!id"), param("forGood", "For good", broker.YesNo, "Otherwise they go to Deleted Items.")), do: emptyFolder},
	}}

func folderRow(f Folder) map[string]any {
	return map[string]any{"id": f.ID, "name": f.Name, "parent": f.Parent, "total": count(f.Total), "unread": count(f.Unread), "children": count(f.Children)}
}

func createFolder(ctx context.Context, c *call) (broker.Result, error) {
	name, parent := c.in.text("name"), c.in.text("parent")
	if len(name) > 200 || strings.ContainsAny(name, "\r\n") {
		c.in.refuse("name", "is too long, or has several lines")
	}
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	f, err := c.b.CreateFolder(ctx, parent, name)
	return single(f, err, folderRow)
}

func emptyFolder(ctx context.Context, c *call) (broker.Result, error) {
	id, forGood := c.in.text("id"), c.in.yesNo("forGood")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	n, err := c.b.EmptyFolder(ctx, id, forGood)
	return single(n, err, func(n int) map[string]any { return map[string]any{"deleted": count(n)} })
}

var replyProperties = []broker.Property{text("status", "Status"), text("audience", "Who outside gets one"), at("start", "From"), at("end", "Until"), text("internal", "To colleagues"), text("external", "To others")}

var automaticReply = object{name: "AutomaticReply", title: "Automatic reply", text: "What a mailbox answers while its owner is away.", properties: replyProperties, methods: []method{
	{name: "load", title: "Load", kind: broker.Read, do: func(ctx context.Context, c *call) (broker.Result, error) {
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		a, err := c.b.AutoReply(ctx)
		return single(a, err, replyRow)
	}},
	{name: "set", title: "Set", text: "Status: disabled, alwaysEnabled, or scheduled with from and until.", kind: broker.Execute, outputs: []string{},
		inputs: take(replyProperties, "!status", "audience", "start", "end", "internal", "external"), do: setReply},
}}

func setReply(ctx context.Context, c *call) (broker.Result, error) {
	a := AutoReply{Status: c.in.text("status"), Audience: orElse(c.in.text("audience"), "all"), Start: c.in.moment("start"), End: c.in.moment("end"),
		Internal: c.in.text("internal"), External: c.in.text("external")}
	if !slices.Contains([]string{"disabled", "alwaysEnabled", "scheduled"}, a.Status) {
		c.in.refuse("status", "is none of disabled, alwaysEnabled and scheduled")
	}
	if !slices.Contains([]string{"none", "contactsOnly", "all"}, a.Audience) {
		c.in.refuse("audience", "is none of none, contactsOnly and all")
	}
	if a.Status == "scheduled" {
		if a.Start.IsZero() || a.End.IsZero() {
			c.in.refuse("start", "and end are needed")
		}
		c.in.order(a.Start, a.End, false)
	}
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	return nothing(c.b.SetAutoReply(ctx, a))
}

func replyRow(a AutoReply) map[string]any {
	row := map[string]any{"status": a.Status, "audience": a.Audience, "internal": a.Internal, "external": a.External}
	moments(row, map[string]time.Time{"start": a.Start, "end": a.End})
	return row
}

var categoryProperties = []broker.Property{key("Id"), text("name", "Name"), text("color", "Color")}

var category = object{name: "Category", title: "Category", text: "Names and colors that items are marked with.", properties: categoryProperties, methods: []method{
	{name: "list", title: "List", kind: broker.List, do: func(ctx context.Context, c *call) (broker.Result, error) {
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		all, err := c.b.Categories(ctx)
		return listed(all, err, categoryRow)
	}},
	{name: "create", title: "Create", text: "Color: preset0 to preset24; none when empty.", kind: broker.Create, inputs: take(categoryProperties, "!name", "color"),
		do: func(ctx context.Context, c *call) (broker.Result, error) {
			k := Category{Name: c.in.text("name"), Color: c.in.text("color")}
			if err := c.in.done(); err != nil {
				return broker.Result{}, err
			}
			k, err := c.b.CreateCategory(ctx, k)
			return single(k, err, categoryRow)
		}},
	{name: "assign", title: "Assign to a mail", kind: broker.Execute, outputs: []string{},
		inputs: []broker.Input{required(param("mail", "Id of the mail", broker.Text, "")), {Name: "categories", Title: "Categories", Type: broker.Text, List: true, Required: true},
			param("replace", "Replace", broker.YesNo, "The mail's categories are these alone. Otherwise they are added.")}, do: assignCategories},
}}

func categoryRow(k Category) map[string]any {
	return map[string]any{"id": k.ID, "name": k.Name, "color": k.Color}
}

func assignCategories(ctx context.Context, c *call) (broker.Result, error) {
	id, names, replace := c.in.text("mail"), c.in.textsOf("categories"), c.in.yesNo("replace")
	if err := c.in.done(); err != nil {
		return broker.Result{}, err
	}
	want := *names
	if !replace {
		m, err := c.b.Mail(ctx, id, 0)
		if err != nil {
			return broker.Result{}, err
		}
		for _, name := range want {
			if !slices.ContainsFunc(m.Categories, func(k string) bool { return strings.EqualFold(k, name) }) {
				m.Categories = append(m.Categories, name)
			}
		}
		want = m.Categories
	}
	_, err := c.b.ChangeMail(ctx, id, MailChange{Categories: &want})
	return nothing(err)
}

var roomProperties = []broker.Property{{Name: "address", Title: "Address", Type: broker.Text, Key: true}, text("name", "Name"), text("building", "Building"), number("capacity", "Seats")}

var room = object{name: "Room", title: "Room", text: "Rooms that can be invited to meetings.", properties: roomProperties, methods: []method{
	{name: "list", title: "List", kind: broker.List, inputs: []broker.Input{param("roomList", "Room list", broker.Text, "Address of a room list; all rooms when empty.")},
		do: func(ctx context.Context, c *call) (broker.Result, error) {
			of := c.in.text("roomList")
			if of != "" && !wholeAddress(of) {
				c.in.refuse("roomList", "is no mail address")
			}
			if err := c.in.done(); err != nil {
				return broker.Result{}, err
			}
			rooms, err := c.b.Rooms(ctx, of)
			return listed(rooms, err, func(r Room) map[string]any {
				return map[string]any{"address": r.Address, "name": r.Name, "building": r.Building, "capacity": count(r.Capacity)}
			})
		}},
	{name: "lists", title: "Room lists", text: "Rooms that belong together, as those of a building.", kind: broker.List, outputs: []string{"address", "name"},
		do: func(ctx context.Context, c *call) (broker.Result, error) {
			if err := c.in.done(); err != nil {
				return broker.Result{}, err
			}
			lists, err := c.b.RoomLists(ctx)
			return listed(lists, err, func(l RoomList) map[string]any { return map[string]any{"address": l.Address, "name": l.Name} })
		}},
}}

var zoneProperties = []broker.Property{{Name: "name", Title: "Name", Type: broker.Text, Key: true}, text("title", "Title")}

var timeZone = object{name: "TimeZone", title: "Time zone", text: "Time zones that appointments can be in.", properties: zoneProperties, methods: []method{
	{name: "list", title: "List", kind: broker.List, do: func(ctx context.Context, c *call) (broker.Result, error) {
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		zones, err := c.b.TimeZones(ctx)
		return listed(zones, err, func(z TimeZone) map[string]any { return map[string]any{"name": z.Name, "title": z.Title} })
	}},
}}
