package graph

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routeTasks() {
	in := "/users/{user}/todo/lists"
	s.list(in, readTasks, listTaskLists)
	s.on("POST "+in, writeTasks, createTaskList)
	s.on("GET "+in+"/{list}", readTasks, getTaskList)
	s.on("PATCH "+in+"/{list}", writeTasks, renameTaskList)
	s.on("DELETE "+in+"/{list}", writeTasks, deleteTaskList)
	s.list(in+"/{list}/tasks", readTasks, listTasks)
	s.on("POST "+in+"/{list}/tasks", writeTasks, createTask)
	s.on("GET "+in+"/{list}/tasks/{id}", readTasks, getTask)
	s.on("PATCH "+in+"/{list}/tasks/{id}", writeTasks, changeTask)
	s.on("DELETE "+in+"/{list}/tasks/{id}", writeTasks, deleteTask)
}

// taskList finds the folder of tasks that the path names.
func (c *call) taskList() (exchange.Folder, error) {
	f, err := c.mailbox.Folder(c.id("list"))
	if err == nil && f.Class != exchange.TaskFolder {
		err = exchange.ErrFolderNotFound
	}
	return f, err
}

func listObject(f exchange.Folder) jsonObject {
	name := "none"
	if f.WellKnown == exchange.Tasks {
		name = "defaultList"
	}
	return jsonObject{"@odata.etag": `W/"` + f.ChangeKey() + `"`, "id": f.ID().REST(), "displayName": f.Name, "isOwner": true, "isShared": false, "wellknownListName": name}
}

func listTaskLists(c *call) (answer, error) {
	q, err := c.readQuery("todoTaskList", known{"id", "displayName", "isOwner", "isShared", "wellknownListName"})
	if err != nil {
		return answer{}, err
	}
	tasks, err := c.mailbox.Folders(exchange.Root, true)
	if err != nil {
		return answer{}, err
	}
	var list []jsonObject
	for _, f := range append(tasks, c.topFolders(exchange.Tasks)...) {
		if f.Class == exchange.TaskFolder && !slices.ContainsFunc(list, func(o jsonObject) bool { return o["id"] == f.ID().REST() }) {
			list = append(list, listObject(f))
		}
	}
	return c.page(q, "users('"+c.id("user")+"')/todo/lists", list, func(o jsonObject) (map[string]any, error) { return q.pick(o), nil })
}

// topFolders finds a well-known folder that may lie outside the mail folders.
func (c *call) topFolders(name string) []exchange.Folder {
	if f, err := c.mailbox.Folder(name); err == nil {
		return []exchange.Folder{f}
	}
	return nil
}

func oneList(status int, f exchange.Folder, err error) (answer, error) {
	return answer{status: status, body: map[string]any(listObject(f))}, err
}

func getTaskList(c *call) (answer, error) {
	f, err := c.taskList()
	if err != nil {
		return answer{}, err
	}
	return oneList(http.StatusOK, f, nil)
}

func createTaskList(c *call) (answer, error) {
	name, err := c.displayName()
	if err != nil {
		return answer{}, err
	}
	f, err := c.mailbox.CreateFolder(exchange.Root, name, exchange.TaskFolder)
	if err != nil {
		return answer{}, err
	}
	return oneList(http.StatusCreated, f, nil)
}

func renameTaskList(c *call) (answer, error) {
	name, err := c.displayName()
	if err != nil {
		return answer{}, err
	}
	f, err := c.taskList()
	if err == nil {
		f, err = c.mailbox.RenameFolder(f.ID().REST(), name)
	}
	if err != nil {
		return answer{}, err
	}
	return oneList(http.StatusOK, f, nil)
}

func deleteTaskList(c *call) (answer, error) {
	f, err := c.taskList()
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, c.mailbox.DeleteFolder(f.ID().REST())
}

var taskProperties = known{"id", "title", "body", "status", "importance", "isReminderOn", "reminderDateTime", "dueDateTime", "startDateTime",
	"completedDateTime", "createdDateTime", "lastModifiedDateTime", "bodyLastModifiedDateTime", "categories", "hasAttachments", "recurrence", "linkedResources"}

func (c *call) taskObject(it exchange.Item) (jsonObject, error) {
	var k exchange.Task
	if err := it.ReadEntry(&k); err != nil {
		return nil, exchange.ErrItemNotFound
	}
	at := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return dateTime(t, c.prefer.timeZone)
	}
	return jsonObject{"@odata.etag": `W/"` + it.ChangeKey() + `"`, "id": it.ID(c.prefer.immutable).REST(), "title": k.Subject, "body": bodyObject(c.body4(k.Body)),
		"status": orText(k.Status, "notStarted"), "importance": orText(it.Importance, "normal"), "isReminderOn": !k.Reminder.IsZero(), "reminderDateTime": at(k.Reminder),
		"dueDateTime": at(k.Due), "startDateTime": at(k.Start), "completedDateTime": at(k.Completed), "createdDateTime": stamp(it.Created),
		"lastModifiedDateTime": stamp(it.Modified), "bodyLastModifiedDateTime": stamp(it.Modified), "categories": nonNil(it.Categories), "hasAttachments": false, "recurrence": nil,
		"linkedResources": linkObjects(k.Linked)}, nil
}

func linkObjects(links []exchange.TaskLink) []map[string]any {
	out := []map[string]any{}
	for _, l := range links {
		out = append(out, map[string]any{"id": l.ID, "webUrl": orNil(l.WebURL), "applicationName": l.App, "displayName": orNil(l.Name), "externalId": orNil(l.External)})
	}
	return out
}

const maxTaskLinks = 10

// linkTask reads what a new task is made with.
func linkTask(k *exchange.Task, v any) error {
	in, err := objectOf[[]struct{ WebURL, ApplicationName, DisplayName, ExternalID string }](v)
	if err != nil {
		return err
	}
	if len(in) > maxTaskLinks || k.Linked != nil {
		return badRequest("linkedResources are at most %d, and are set when a task is made.", maxTaskLinks)
	}
	for _, l := range in {
		k.Linked = append(k.Linked, exchange.TaskLink{ID: newGUID(), WebURL: l.WebURL, App: l.ApplicationName, Name: l.DisplayName, External: l.ExternalID})
	}
	return nil
}

func listTasks(c *call) (answer, error) {
	q, err := c.readQuery("todoTask", taskProperties)
	if err != nil {
		return answer{}, err
	}
	f, err := c.taskList()
	if err != nil {
		return answer{}, err
	}
	items, err := c.mailbox.Items(f.ID().REST())
	if err != nil {
		return answer{}, err
	}
	var list []jsonObject
	for _, it := range items {
		o, err := c.taskObject(it)
		if err != nil {
			return answer{}, err
		}
		list = append(list, o)
	}
	return c.page(q, "users('"+c.id("user")+"')/todo/lists('"+c.id("list")+"')/tasks", list, func(o jsonObject) (map[string]any, error) {
		if _, on := q.expand["linkedResources"]; !on {
			delete(o, "linkedResources")
		}
		return q.pick(o), nil
	})
}

// task finds the task that the path names, in the list that it names.
func (c *call) task() (exchange.Item, error) {
	f, err := c.taskList()
	if err != nil {
		return exchange.Item{}, err
	}
	it, err := c.entry(exchange.ClassTask)
	if err == nil && it.Folder != f.N {
		err = exchange.ErrItemNotFound
	}
	return it, err
}

func (c *call) oneTask(status int, it exchange.Item, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	o, err := c.taskObject(it)
	delete(o, "linkedResources")
	return answer{status: status, body: map[string]any(o)}, err
}

func getTask(c *call) (answer, error) {
	it, err := c.task()
	return c.oneTask(http.StatusOK, it, err)
}

func createTask(c *call) (answer, error) {
	f, err := c.taskList()
	if err != nil {
		return answer{}, err
	}
	if title, _ := c.body["title"].(string); strings.TrimSpace(title) == "" {
		return answer{}, refuse(http.StatusBadRequest, "invalidRequest", "Invalid request: a task needs a title.")
	}
	k := exchange.Task{Status: "notStarted"}
	it, err := c.mailbox.CreateEntry(exchange.ClassTask, f.ID().REST(), &k, func(e *exchange.Edit) error { return c.fillTask(e, &k) })
	return c.oneTask(http.StatusCreated, it, err)
}

func changeTask(c *call) (answer, error) {
	it, err := c.task()
	if err != nil {
		return answer{}, err
	}
	key, err := c.ifMatch()
	if err != nil {
		return answer{}, err
	}
	it, err = exchange.UpdateEntry(c.mailbox, it.ID(true).REST(), key, c.fillTask)
	return c.oneTask(http.StatusOK, it, err)
}

func deleteTask(c *call) (answer, error) {
	it, err := c.task()
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, c.mailbox.Delete(it.ID(true).REST(), true)
}

func (c *call) fillTask(e *exchange.Edit, k *exchange.Task) error {
	for name, v := range c.body {
		lower := strings.ToLower(name)
		switch {
		case strings.Contains(name, "@") || slices.Contains(readOnly, lower) || lower == "bodylastmodifieddatetime":
		case lower == "importance" || lower == "categories":
			if err := setProperty(e, lower, name, v, true); err != nil {
				return err
			}
		case name == "linkedResources":
			if err := linkTask(k, v); err != nil {
				return err
			}
		case name == "recurrence" && v != nil:
			return badRequest("Tasks that recur are not supported here.")
		case !slices.Contains(taskProperties, name):
			return refuse(http.StatusBadRequest, "RequestBodyRead", "The property '%s' does not exist on type 'microsoft.graph.todoTask', or is not supported here.", name)
		}
	}
	in, err := objectOf[struct {
		Title, Status                                                   *string
		Body                                                            *itemBody
		IsReminderOn                                                    *bool
		ReminderDateTime, DueDateTime, StartDateTime, CompletedDateTime *dateTimeZone
	}](c.body)
	if err != nil {
		return err
	}
	set(&k.Subject, in.Title)
	if in.Body != nil {
		if k.Body, err = in.Body.body(); err != nil {
			return err
		}
	}
	for _, d := range []struct {
		name string
		from *dateTimeZone
		to   *time.Time
	}{{"reminderDateTime", in.ReminderDateTime, &k.Reminder}, {"dueDateTime", in.DueDateTime, &k.Due}, {"startDateTime", in.StartDateTime, &k.Start}, {"completedDateTime", in.CompletedDateTime, &k.Completed}} {
		if d.from == nil {
			if _, given := c.body[d.name]; given {
				*d.to = time.Time{} // null takes it away
			}
			continue
		}
		if *d.to, err = d.from.time(); err != nil {
			return err
		}
	}
	if in.IsReminderOn != nil && !*in.IsReminderOn {
		k.Reminder = time.Time{}
	}
	return c.setStatus(k, in.Status)
}

// setStatus moves a task on; what is completed says when.
func (c *call) setStatus(k *exchange.Task, status *string) error {
	if status == nil {
		return nil
	}
	if !slices.Contains([]string{"notStarted", "inProgress", "completed", "waitingOnOthers", "deferred"}, *status) {
		return badRequest("The value '%s' of status is not valid.", *status)
	}
	k.Status = *status
	switch {
	case *status != "completed":
		k.Completed, k.Percent = time.Time{}, 0
	case k.Completed.IsZero():
		k.Completed, k.Percent = c.s.x.Now(), 100
	}
	return nil
}
