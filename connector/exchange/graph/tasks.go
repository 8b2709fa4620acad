package graph

import (
	"context"
	"net/url"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// Tasks are those of the default list of Microsoft To Do, which is what Outlook
// shows as Tasks.
// https://learn.microsoft.com/graph/api/resources/todotask

type task struct {
	ID         string     `json:"id"`
	Title      string     `json:"title"`
	Body       *itemBody  `json:"body"`
	Start      *dateTime  `json:"startDateTime"`
	Due        *dateTime  `json:"dueDateTime"`
	Done       *dateTime  `json:"completedDateTime"`
	Reminder   *dateTime  `json:"reminderDateTime"`
	ReminderOn bool       `json:"isReminderOn"`
	Status     string     `json:"status"`
	Importance string     `json:"importance"`
	Categories []string   `json:"categories"`
	Modified   *time.Time `json:"lastModifiedDateTime"`
	Linked     []struct {
		ExternalID string `json:"externalId"`
	} `json:"linkedResources"`
}

func (t task) task() exchange.Task {
	out := exchange.Task{ID: t.ID, Subject: t.Title, Body: t.Body.in(), Start: t.Start.moment(), Due: t.Due.moment(), Done: t.Done.moment(),
		State: exchange.TaskState(t.Status), Importance: level(t.Importance), Categories: t.Categories, Modified: moment(t.Modified)}
	if t.ReminderOn {
		out.Reminder = t.Reminder.moment()
	}
	if out.State == exchange.Completed {
		out.Percent = 100
	}
	return out
}

// taskList is the path of the default list.
func (b *box) taskList(ctx context.Context) (string, error) {
	const name = "id of the task list"
	known := b.lane.Noted(name)
	if known == "" {
		var lists listOf[struct {
			ID        string `json:"id"`
			WellKnown string `json:"wellknownListName"`
		}]
		err := b.do(ctx, request{doing: "Reading the task lists", method: "GET", path: "/todo/lists", into: &lists, need: tasksRead})
		if err != nil {
			return "", err
		}
		for _, l := range lists.Value {
			if l.WellKnown == "defaultList" || known == "" && l.WellKnown == "" {
				known = l.ID
			}
			if l.WellKnown == "defaultList" {
				break
			}
		}
		if known == "" {
			return "", &signoff.Error{Kind: signoff.NotFound, Code: exchange.CodeGone, Detail: "The mailbox has no task list."}
		}
		b.lane.Note(name, known)
	}
	at, err := segment(known, "task list")
	return "/todo/lists/" + at + "/tasks", err
}

func (b *box) taskPath(ctx context.Context, id string) (string, error) {
	at, err := segment(id, "task")
	if err != nil {
		return "", err
	}
	list, err := b.taskList(ctx)
	return list + "/" + at, err
}

// layTask writes what is to change; a time that is zero is taken away.
func layTask(body change, c exchange.TaskChange) {
	put(body, "title", c.Subject)
	put(body, "status", c.State)
	put(body, "importance", c.Importance)
	put(body, "categories", c.Categories)
	if c.Body != nil {
		body["body"] = bodyOut(*c.Body)
	}
	for name, t := range map[string]*time.Time{"startDateTime": c.Start, "dueDateTime": c.Due, "reminderDateTime": c.Reminder} {
		switch {
		case t == nil:
			continue
		case t.IsZero():
			body[name] = nil
		default:
			body[name] = clock(t.UTC(), "", name != "reminderDateTime")
		}
		if name == "reminderDateTime" {
			body["isReminderOn"] = !t.IsZero()
		}
	}
}

// CreateTask implements exchange.Tasks. A task cannot be found by a property;
// what it is linked to tells it.
func (b *box) CreateTask(ctx context.Context, n exchange.NewTask) (exchange.Task, error) {
	path, err := b.taskList(ctx)
	if err != nil {
		return exchange.Task{}, err
	}
	body := change{}
	given := exchange.TaskChange{Subject: &n.Subject}
	if n.Body != (exchange.Body{}) {
		given.Body = &n.Body
	}
	for _, t := range []struct {
		from time.Time
		to   **time.Time
	}{{n.Start, &given.Start}, {n.Due, &given.Due}, {n.Reminder, &given.Reminder}} {
		if !t.from.IsZero() {
			*t.to = &t.from
		}
	}
	if n.State != "" {
		given.State = &n.State
	}
	if n.Importance != "" {
		given.Importance = &n.Importance
	}
	if len(n.Categories) > 0 {
		given.Categories = &n.Categories
	}
	layTask(body, given)
	if n.Correlation != "" {
		body["linkedResources"] = []map[string]string{{"applicationName": "signoff", "displayName": "signoff", "externalId": n.Correlation}}
	}
	const doing = "Making the task"
	t, err := traffic.MakeOnce(ctx, b.s.pause, n.Correlation,
		func() (*task, error) { return b.taskLinked(ctx, path, n.Correlation) },
		func() (task, error) {
			var t task
			err := b.do(ctx, request{doing: doing, method: "POST", path: path, body: body, into: &t, need: tasksWrite, once: true})
			return t, err
		})
	return t.task(), err
}

// taskLinked looks among the newest tasks for one with a link.
func (b *box) taskLinked(ctx context.Context, path, externalID string) (*task, error) {
	var page listOf[task]
	err := b.do(ctx, request{doing: "Looking for what was made before", method: "GET", path: path, into: &page, need: tasksRead,
		query: url.Values{"$orderby": {"createdDateTime desc"}, "$top": {"50"}, "$expand": {"linkedResources"}}})
	for i, t := range page.Value {
		for _, l := range t.Linked {
			if l.ExternalID == externalID {
				return &page.Value[i], err
			}
		}
	}
	return nil, err
}

// Task implements exchange.Tasks.
func (b *box) Task(ctx context.Context, id string) (exchange.Task, error) {
	path, err := b.taskPath(ctx, id)
	if err != nil {
		return exchange.Task{}, err
	}
	var t task
	err = b.do(ctx, request{doing: "Reading the task", method: "GET", path: path, into: &t, need: tasksRead})
	return t.task(), err
}

// Tasks implements exchange.Tasks.
func (b *box) Tasks(ctx context.Context, q exchange.Query) (exchange.Page[exchange.Task], error) {
	path, err := b.taskList(ctx)
	if err != nil {
		return exchange.Page[exchange.Task]{}, err
	}
	page, err := list(ctx, b, request{doing: "Listing tasks", method: "GET", path: path, need: tasksRead}, nil, q, task.task)
	page.Unfiltered = q.Filter != nil
	return page, err
}

// ChangeTask implements exchange.Tasks.
func (b *box) ChangeTask(ctx context.Context, id string, c exchange.TaskChange) (exchange.Task, error) {
	path, err := b.taskPath(ctx, id)
	if err != nil {
		return exchange.Task{}, err
	}
	body := change{}
	layTask(body, c)
	var t task
	err = b.do(ctx, request{doing: "Changing the task", method: "PATCH", path: path, body: body, into: &t, need: tasksWrite})
	return t.task(), err
}

// DeleteTask implements exchange.Tasks.
func (b *box) DeleteTask(ctx context.Context, id string) error {
	path, err := b.taskPath(ctx, id)
	if err != nil {
		return err
	}
	return b.do(ctx, request{doing: "Deleting the task", method: "DELETE", path: path, need: tasksWrite, goneIsDone: true})
}
