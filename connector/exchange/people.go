package exchange

import (
	"context"
	"strings"
	"time"

	"github.com/signoffhq/signoff/broker"
)

func day(name, title string) broker.Property {
	return broker.Property{Name: name, Title: title, Type: broker.Date}
}

var taskProperties = []broker.Property{key("Id"), text("subject", "Subject"), text("body", "Body"), yes("html", "Body is HTML"), day("start", "Start"), day("due", "Due"),
	day("done", "Completed on"), at("reminder", "Reminder"), text("state", "Status"), number("percent", "Percent complete"), text("importance", "Importance"),
	texts("categories", "Categories"), at("modified", "Changed")}

var taskIn = []string{"subject", "body", "html", "start", "due", "reminder", "state", "importance", "categories"}

var task = object{name: "Task", title: "Task", text: "Outlook tasks of a mailbox: its own list of things to do.", properties: taskProperties, methods: []method{
	{name: "create", title: "Create", kind: broker.Create, inputs: take(taskProperties, append([]string{"!subject"}, taskIn[1:]...)...), do: createTask},
	{name: "load", title: "Load", kind: broker.Read, inputs: take(taskProperties, "!id"), do: byID(Backend.Task, taskRow)},
	{name: "list", title: "List", kind: broker.List, do: func(ctx context.Context, c *call) (broker.Result, error) {
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		page, err := c.b.Tasks(ctx, c.query())
		return rows(page, err, taskRow)
	}},
	{name: "update", title: "Update", kind: broker.Update, inputs: take(taskProperties, append([]string{"!id"}, taskIn...)...), do: updateTask},
	{name: "delete", title: "Delete", kind: broker.Delete, outputs: []string{}, inputs: take(taskProperties, "!id"), do: dropByID(Backend.DeleteTask)},
}}

// states are the words for how far a task is.
var states = []TaskState{NotStarted, InProgress, Completed, WaitingFor, Deferred}

func (in *inputs) taskState() *TaskState {
	text := in.textOf("state", 20)
	if text == nil || *text == "" {
		return nil
	}
	for _, s := range states {
		if strings.EqualFold(*text, string(s)) {
			return &s
		}
	}
	in.refuse("state", "is none of notStarted, inProgress, completed, waitingOnOthers and deferred")
	return nil
}

func createTask(ctx context.Context, c *call) (broker.Result, error) {
	in := c.in
	n := NewTask{Correlation: c.correlation(), Subject: in.text("subject"), Body: in.body(), Start: in.moment("start"), Due: in.moment("due"), Reminder: in.moment("reminder")}
	if s := in.taskState(); s != nil {
		n.State = *s
	}
	if l := in.levelOf("importance"); l != nil {
		n.Importance = *l
	}
	if k := in.textsOf("categories"); k != nil {
		n.Categories = *k
	}
	if err := in.done(); err != nil {
		return broker.Result{}, err
	}
	t, err := c.b.CreateTask(ctx, n)
	return single(t, err, taskRow)
}

func updateTask(ctx context.Context, c *call) (broker.Result, error) {
	in := c.in
	id := in.text("id")
	change := TaskChange{Subject: in.textOf("subject", maxTextBytes), Body: in.bodyOf(), Start: in.momentOf("start"), Due: in.momentOf("due"), Reminder: in.momentOf("reminder"),
		State: in.taskState(), Importance: in.levelOf("importance"), Categories: in.textsOf("categories")}
	if err := in.done(); err != nil {
		return broker.Result{}, err
	}
	t, err := c.b.ChangeTask(ctx, id, change)
	return single(t, err, taskRow)
}

func taskRow(t Task) map[string]any {
	row := map[string]any{"id": t.ID, "subject": t.Subject, "body": t.Body.Text, "html": t.Body.HTML, "state": string(t.State), "percent": count(t.Percent),
		"importance": string(t.Importance), "categories": list(t.Categories)}
	moments(row, map[string]time.Time{"reminder": t.Reminder, "modified": t.Modified})
	for name, d := range map[string]time.Time{"start": t.Start, "due": t.Due, "done": t.Done} {
		if !d.IsZero() {
			row[name] = d.Format(time.DateOnly)
		}
	}
	return row
}

var contactProperties = []broker.Property{key("Id"), text("name", "Name"), text("givenName", "Given name"), text("surname", "Surname"), texts("emails", "Mail addresses"),
	text("company", "Company"), text("jobTitle", "Job title"), text("department", "Department"), text("mobile", "Mobile phone"), texts("business", "Business phones"),
	text("notes", "Notes"), texts("categories", "Categories"), at("modified", "Changed")}

var contactIn = []string{"name", "givenName", "surname", "emails", "company", "jobTitle", "department", "mobile", "business", "notes", "categories"}

var contact = object{name: "Contact", title: "Contact", text: "People in the address book of a mailbox.", properties: contactProperties, methods: []method{
	{name: "create", title: "Create", kind: broker.Create, inputs: take(contactProperties, append([]string{"!name"}, contactIn[1:]...)...), do: createContact},
	{name: "load", title: "Load", kind: broker.Read, inputs: take(contactProperties, "!id"), do: byID(Backend.Contact, contactRow)},
	{name: "list", title: "List", kind: broker.List, do: func(ctx context.Context, c *call) (broker.Result, error) {
		if err := c.in.done(); err != nil {
			return broker.Result{}, err
		}
		page, err := c.b.Contacts(ctx, c.query())
		return rows(page, err, contactRow)
	}},
	{name: "update", title: "Update", kind: broker.Update, inputs: take(contactProperties, append([]string{"!id"}, contactIn...)...), do: updateContact},
	{name: "delete", title: "Delete", kind: broker.Delete, outputs: []string{}, inputs: take(contactProperties, "!id"), do: dropByID(Backend.DeleteContact)},
}}

func (in *inputs) emails() *[]Address {
	list := in.addressesOf("emails")
	if list != nil && len(*list) > 3 {
		in.refuse("emails", "has more than 3")
	}
	return list
}

func createContact(ctx context.Context, c *call) (broker.Result, error) {
	in := c.in
	n := NewContact{Correlation: c.correlation(), Contact: Contact{Name: in.text("name"), GivenName: in.text("givenName"), Surname: in.text("surname"), Company: in.text("company"),
		JobTitle: in.text("jobTitle"), Department: in.text("department"), Mobile: in.text("mobile"), Notes: in.text("notes")}}
	if e := in.emails(); e != nil {
		n.Emails = *e
	}
	if b := in.textsOf("business"); b != nil {
		n.Business = *b
	}
	if k := in.textsOf("categories"); k != nil {
		n.Categories = *k
	}
	if err := in.done(); err != nil {
		return broker.Result{}, err
	}
	k, err := c.b.CreateContact(ctx, n)
	return single(k, err, contactRow)
}

func updateContact(ctx context.Context, c *call) (broker.Result, error) {
	in := c.in
	id := in.text("id")
	short := func(name string) *string { return in.textOf(name, maxTextBytes) }
	change := ContactChange{Name: short("name"), GivenName: short("givenName"), Surname: short("surname"), Emails: in.emails(), Company: short("company"), JobTitle: short("jobTitle"),
		Department: short("department"), Mobile: short("mobile"), Business: in.textsOf("business"), Notes: short("notes"), Categories: in.textsOf("categories")}
	if err := in.done(); err != nil {
		return broker.Result{}, err
	}
	k, err := c.b.ChangeContact(ctx, id, change)
	return single(k, err, contactRow)
}

func contactRow(k Contact) map[string]any {
	row := map[string]any{"id": k.ID, "name": k.Name, "givenName": k.GivenName, "surname": k.Surname, "emails": bare(k.Emails), "company": k.Company, "jobTitle": k.JobTitle,
		"department": k.Department, "mobile": k.Mobile, "business": list(k.Business), "notes": k.Notes, "categories": list(k.Categories)}
	moments(row, map[string]time.Time{"modified": k.Modified})
	return row
}
