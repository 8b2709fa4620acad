package ews

import (
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (c *call) createTask(op, n *node) ([]*node, error) {
	box, folder, err := c.savedFolder(op, exchange.Tasks)
	if err != nil {
		return nil, err
	}
	if folder.Class != exchange.TaskFolder {
		return nil, refuse("ErrorCannotCreateTaskInNonTaskFolder")
	}
	says := &exchange.Task{Status: "notStarted"}
	it, err := c.createEntry(box, folder, exchange.ClassTask, says, &draft{task: says}, n, func() error { return nil })
	if err != nil {
		return nil, err
	}
	return []*node{el("m:Items", (&itemView{Item: it, box: box}).brief())}, nil
}

var taskStatus = map[string]string{"notStarted": "NotStarted", "inProgress": "InProgress", "completed": "Completed",
	"waitingOnOthers": "WaitingOnOthers", "deferred": "Deferred"}

func getTask(t *exchange.Task, element string) *node {
	switch element {
	case "t:DueDate":
		return moment(element, t.Due)
	case "t:StartDate":
		return moment(element, t.Start)
	case "t:CompleteDate":
		return moment(element, t.Completed)
	case "t:IsComplete":
		return flag(element, t.Status == "completed")
	case "t:PercentComplete":
		return el(element, strconv.Itoa(t.Percent))
	case "t:Status":
		return el(element, taskStatus[t.Status])
	case "t:ReminderIsSet":
		return flag(element, !t.Reminder.IsZero())
	case "t:ReminderDueBy":
		return moment(element, t.Reminder)
	}
	return nil
}

func (d *draft) setTask(n *node) (done bool, err error) {
	t := d.task
	switch n.name {
	case "t:DueDate":
		t.Due = d.at(n.text)
	case "t:StartDate":
		t.Start = d.at(n.text)
	case "t:CompleteDate":
		t.Completed = d.at(n.text)
	case "t:ReminderDueBy":
		t.Reminder = d.at(n.text)
	case "t:PercentComplete":
		p, err := strconv.ParseFloat(strings.TrimSpace(n.text), 64)
		if err != nil || p < 0 || p > 100 {
			return false, &fault{code: "ErrorInvalidPercentCompleteValue", text: "PercentComplete must be between 0 and 100."}
		}
		t.Percent = int(p)
	case "t:Status":
		if t.Status = keyOf(taskStatus, strings.TrimSpace(n.text)); t.Status == "completed" {
			t.Percent, t.Completed = 100, d.e.Item.Modified
		}
	default:
		return false, nil
	}
	return true, nil
}
