package ews

import (
	"context"
	"strings"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

var taskFields = []string{"item:Subject", "item:Body", "item:Categories", "item:Importance", "item:ReminderIsSet", "item:ReminderDueBy", "item:LastModifiedTime",
	"task:StartDate", "task:DueDate", "task:CompleteDate", "task:Status", "task:PercentComplete"}

var taskStates = map[exchange.TaskState]string{exchange.NotStarted: "NotStarted", exchange.InProgress: "InProgress", exchange.Completed: "Completed",
	exchange.WaitingFor: "WaitingOnOthers", exchange.Deferred: "Deferred"}

func (n *node) task() exchange.Task {
	t := exchange.Task{ID: n.kid("ItemId").attr("Id"), Subject: n.whole("Subject"), Body: n.body("Body"), Start: midnight(n.moment("StartDate")), Due: midnight(n.moment("DueDate")),
		Done: midnight(n.moment("CompleteDate")), State: ofWord(taskStates, n.val("Status")), Importance: levelIn(n.val("Importance")),
		Categories: n.strings("Categories"), Modified: n.moment("LastModifiedTime")}
	if n.truth("ReminderIsSet") {
		t.Reminder = n.moment("ReminderDueBy")
	}
	percent, _, _ := strings.Cut(n.val("PercentComplete"), ".")
	t.Percent, _ = number(percent)
	return t
}

// midnight is the day of a moment, which days are kept as.
func midnight(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Truncate(24 * time.Hour)
}

// CreateTask implements exchange.Tasks.
func (b *box) CreateTask(ctx context.Context, n exchange.NewTask) (exchange.Task, error) {
	item := el("t:Task", txt("t:Subject", n.Subject))
	if n.Body != (exchange.Body{}) {
		item.add(bodyOut("t:Body", n.Body))
	}
	item.add(stringsOut("t:Categories", n.Categories), levelOut(n.Importance))
	if !n.Reminder.IsZero() {
		item.add(moment("t:ReminderDueBy", n.Reminder), yesNo("t:ReminderIsSet", true))
	}
	item.add(correlated(n.Correlation), moment("t:DueDate", midnight(n.Due)), moment("t:StartDate", midnight(n.Start)), opt("t:Status", taskStates[n.State]))
	id, err := b.createOnce(ctx, "Making the task", "tasks", n.Correlation, item)
	if err != nil {
		return exchange.Task{}, err
	}
	return b.Task(ctx, id)
}

// Task implements exchange.Tasks.
func (b *box) Task(ctx context.Context, id string) (exchange.Task, error) {
	n, err := b.item(ctx, "Reading the task", id, "task", shape(taskFields...), 0)
	if err != nil {
		return exchange.Task{}, err
	}
	return n.task(), nil
}

// Tasks implements exchange.Tasks, the newest first.
func (b *box) Tasks(ctx context.Context, q exchange.Query) (exchange.Page[exchange.Task], error) {
	return list(ctx, b, find{doing: "Listing tasks", folder: "tasks", query: q, by: "item:DateTimeCreated"}, q.Filter == nil, taskFields, (*node).task)
}

// list reads a page of items of a folder.
func list[T any](ctx context.Context, b *box, f find, filtered bool, fields []string, turn func(*node) T) (exchange.Page[T], error) {
	out := exchange.Page[T]{Items: []T{}, Unfiltered: !filtered}
	ids, next, err := b.ids(ctx, f)
	if err != nil {
		return out, err
	}
	all, err := b.items(ctx, f.doing, ids, shape(fields...))
	for _, n := range all {
		out.Items = append(out.Items, turn(n))
	}
	out.Next = next
	return out, err
}

// ChangeTask implements exchange.Tasks.
func (b *box) ChangeTask(ctx context.Context, id string, c exchange.TaskChange) (exchange.Task, error) {
	u := updates{kind: "t:Task"}
	set := u.set
	u.common(c.Subject, c.Body, c.Categories, c.Importance)
	if c.Reminder != nil {
		if !c.Reminder.IsZero() {
			set("item:ReminderDueBy", moment("t:ReminderDueBy", *c.Reminder))
		}
		set("item:ReminderIsSet", yesNo("t:ReminderIsSet", !c.Reminder.IsZero()))
	}
	if c.Due != nil {
		set("task:DueDate", moment("t:DueDate", midnight(*c.Due)))
	}
	if c.Start != nil {
		set("task:StartDate", moment("t:StartDate", midnight(*c.Start)))
	}
	if c.State != nil {
		set("task:Status", opt("t:Status", taskStates[*c.State]))
	}
	if len(u.list) > 0 {
		if err := b.update(ctx, "Changing the task", id, "task", u.list, nil, false); err != nil {
			return exchange.Task{}, err
		}
	}
	return b.Task(ctx, id)
}

// DeleteTask implements exchange.Tasks.
func (b *box) DeleteTask(ctx context.Context, id string) error {
	return b.delete(ctx, "Deleting the task", id, "task", false, attr{"AffectedTaskOccurrences", "AllOccurrences"})
}
