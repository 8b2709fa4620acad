package k2

import (
	"encoding/json"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/worklist"
)

// maxTasks bounds GET tasks, which K2 does not page.
const maxTasks = 2000

var views = map[string]worklist.View{
	"":          worklist.ViewToDo,
	"all":       worklist.ViewAll,
	"allocated": worklist.ViewAllocated,
	"sleeping":  worklist.ViewSleeping,
}

var statuses = map[worklist.Status]string{
	worklist.Available:  "Available",
	worklist.Open:       "Open",
	worklist.Allocated:  "Allocated",
	worklist.Sleeping:   "Sleep",
	worklist.Questioned: "Available",
	worklist.Answered:   "Completed",
	worklist.Closed:     "Completed",
}

func (s *Server) getTasks(c *call) (any, error) {
	view, known := views[strings.ToLower(c.ask("state"))]
	if !known {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "state is All, Allocated or Sleeping"}
	}
	q := worklist.Query{View: view, Limit: worklist.MaxLimit}
	var all []worklist.Task
	for more := true; more && len(all) < maxTasks; more = q.Cursor != "" {
		page, err := s.HTTP.Worklist.Tasks(c.ctx, c.by, q)
		if err != nil {
			return nil, err
		}
		all, q.Cursor = append(all, page.Items...), page.Next
	}
	var starters []signoff.Principal
	for _, t := range all {
		starters = append(starters, t.Starter)
	}
	people, err := s.HTTP.Identity.Names(c.ctx, starters)
	if err != nil {
		return nil, err
	}
	out := TasksResponse{ItemCount: len(all), Tasks: make([]TaskLite, 0, len(all))}
	for _, t := range all {
		lite, err := s.lite(c, t, people[t.Starter])
		if err != nil {
			return nil, err
		}
		out.Tasks = append(out.Tasks, lite)
	}
	return out, nil
}

// lite is a task as lists show it.
func (s *Server) lite(c *call, t worklist.Task, starter signoff.Person) (TaskLite, error) {
	def, err := s.HTTP.Library.Definition(c.ctx, t.Version)
	if err != nil {
		return TaskLite{}, err
	}
	instance := t.Serial.Instance
	return TaskLite{
		SerialNumber: t.Serial.String(), Status: statuses[t.Status], TaskStartDate: t.OfferedAt, SleepUntil: t.Until,
		Priority: t.Priority, FormURL: s.Public + "/tasks/" + t.Serial.String(), ViewFlowURL: s.flowURL(instance),
		WorkflowID: int64(t.Workflow), WorkflowName: systemName(def.Category, t.Key), WorkflowDisplayName: t.Name,
		WorkflowCategory: folder(def.Category), WorkflowInstanceID: int64(instance), WorkflowInstanceFolio: t.Folio,
		ActivityInstanceID: t.Serial.Seq, ActivityInstanceDestinationID: t.Serial.Seq,
		ActivityName: t.Step, EventName: t.Title, Originator: user(starter),
		Actions: actions(t.Actions, systemActions(t.Status)),
	}, nil
}

func (s *Server) flowURL(id signoff.InstanceID) string {
	return s.Public + "/requests/" + itoa(int64(id))
}

// user is a person with the K2 label before their name.
func user(p signoff.Person) User {
	if p.Principal == "" {
		return User{}
	}
	return User{Username: p.Login, FQN: "K2:" + p.Login, Email: p.Email, DisplayName: p.Name}
}

// systemActions are what K2 offers besides a task's own actions.
func systemActions(status worklist.Status) []string {
	switch status {
	case worklist.Available:
		return []string{"Redirect", "Sleep"}
	case worklist.Open:
		return []string{"Redirect", "Sleep", "Release"}
	case worklist.Sleeping:
		return []string{"Redirect", "Wake"}
	}
	return []string{}
}

// actions tells those that need the page from those that do not: an action that
// may be decided by mail needs no form.
func actions(all []process.Action, system []string) TaskActionsResponse {
	out := TaskActionsResponse{NonBatchableActions: []string{}, BatchableActions: []string{}, SystemActions: system}
	for _, a := range all {
		if a.ByMail && !a.Comment {
			out.BatchableActions = append(out.BatchableActions, a.Name)
		} else {
			out.NonBatchableActions = append(out.NonBatchableActions, a.Name)
		}
	}
	return out
}

// task finds the task a path names.
func (s *Server) task(c *call) (worklist.TaskDetail, error) {
	serial, err := c.serial()
	if err != nil {
		return worklist.TaskDetail{}, err
	}
	d, err := s.HTTP.Worklist.Task(c.ctx, c.by, serial)
	return d, httpapi.HideMissing(err)
}

func (c *call) serial() (signoff.Serial, error) { return signoff.ParseSerial(c.params["serialNumber"]) }

func (s *Server) getTask(c *call) (any, error) {
	d, err := s.task(c)
	if err != nil {
		return nil, err
	}
	lite, err := s.lite(c, d.Task, d.State.Starter)
	if err != nil {
		return nil, err
	}
	lite.Instruction = d.In.Instructions
	lite.Actions.SystemActions = permitted(d)
	fields := instanceFields(d.Def, d.State.Vars)
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return Task{
		TaskLite: lite, ActivityDataFields: map[string]any{}, ItemReferences: map[string]any{}, ItemReferencesString: "{}",
		WorkflowInstanceDataFields: fields, WorkflowInstanceDataFieldsString: string(text),
		DataFields: fields, WorkflowInstanceXMLFields: []UserDefinedXMLField{},
	}, nil
}

// permitted are the system actions the caller may use now.
func permitted(d worklist.TaskDetail) []string {
	out := []string{}
	if d.CanRedirect {
		out = append(out, "Redirect")
	}
	if d.CanDecide && d.Status != worklist.Sleeping {
		out = append(out, "Sleep")
	}
	if d.CanRelease {
		out = append(out, "Release")
	}
	if d.Status == worklist.Sleeping {
		out = append(out, "Wake")
	}
	return out
}

// instanceFields are the declared variables, those without a value too.
func instanceFields(def *process.Definition, vars map[string]expr.Value) map[string]any {
	out := map[string]any{}
	for _, v := range def.Variables {
		out[v.Name] = expr.ToGo(vars[v.Name])
	}
	return out
}

func (s *Server) getTaskActions(c *call) (any, error) {
	d, err := s.task(c)
	if err != nil {
		return nil, err
	}
	own := d.Actions
	if d.Status == worklist.Closed {
		own = nil
	}
	return actions(own, permitted(d)), nil
}
