package inhouse

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/worklist"
)

var (
	workflowHas = properties(broker.Property{Name: "key", Title: "Key", Type: broker.Text, Key: true}, property("name", "Name", broker.Text), property("category", "Category", broker.Text),
		property("description", "Description", broker.Text), property("version", "Version that new instances get", broker.Number), property("canStart", "You may start it", broker.YesNo))
	instanceHas = properties(broker.Property{Name: "id", Title: "Number", Type: broker.Number, Key: true}, property("folio", "Folio", broker.Text), property("workflow", "Key of the workflow", broker.Text),
		property("name", "Name of the workflow", broker.Text), property("version", "Version", broker.Number), property("status", "Status: running, completed or cancelled", broker.Text),
		property("starter", "Id of who started it", broker.Text), property("started", "Started", broker.Moment), property("ended", "Ended", broker.Moment),
		property("incidents", "Steps that failed", broker.Number), broker.Property{Name: "waiting", Title: "Steps it waits at", Type: broker.Text, List: true},
		property("variables", "Variables", broker.JSON))
	taskHas = properties(broker.Property{Name: "serial", Title: "Serial number", Type: broker.Text, Key: true}, property("title", "Title", broker.Text), property("folio", "Folio", broker.Text),
		property("workflow", "Key of the workflow", broker.Text), property("name", "Name of the workflow", broker.Text), property("instance", "Number of the instance", broker.Number),
		property("step", "Step", broker.Text), property("status", "Status: available, open, allocated, sleeping or closed", broker.Text), property("starter", "Id of who started it", broker.Text),
		property("offered", "Offered", broker.Moment), property("due", "Due", broker.Moment), property("priority", "Priority, 0 is high", broker.Number),
		broker.Property{Name: "actions", Title: "What can be decided", Type: broker.Text, List: true}, property("outcome", "Outcome", broker.Text), property("closed", "Closed", broker.Moment))

	ofWorkflow = broker.Input{Name: "workflow", Text: "key or number"}
)

// workflow is the service type of this server's own workflows.
func (h *House) workflow() *kind {
	shown := slices.DeleteFunc(names(instanceHas), func(n string) bool { return n == "variables" })
	return &kind{house: h,
		about: broker.About{Name: "workflow", Title: "Workflow", Modes: []broker.Mode{broker.NoSignIn},
			Text: "Workflows of this server: start them, and look at instances and tasks. Each call may what whoever calls may."},
		objects: []object{
			{broker.Object{Name: "Workflow", Title: "Workflow", Properties: workflowHas}, []method{
				{broker.Method{Name: "list", Title: "List workflows", Kind: broker.List, Outputs: names(workflowHas)}, listWorkflows},
				{broker.Method{Name: "load", Title: "Load one", Kind: broker.Read, Inputs: []broker.Input{{Name: "key", Required: true, Text: "key or number"}}, Outputs: names(workflowHas)}, loadWorkflow},
			}},
			{broker.Object{Name: "Instance", Title: "Instance", Text: "One run of a workflow", Properties: instanceHas}, []method{
				{broker.Method{Name: "start", Title: "Start a workflow", Kind: broker.Create, Outputs: []string{"id"}, Inputs: []broker.Input{
					{Name: "workflow", Required: true, Text: "key or number"}, {Name: "folio", Text: "empty: as the workflow says"},
					{Name: "variables", Text: `by name, as {"days": 3}`}, {Name: "priority", Title: "Priority", Type: broker.Number, Text: "0 high, 1 normal, 2 low"}}}, startInstance},
				{broker.Method{Name: "list", Title: "List instances", Kind: broker.List, Outputs: shown, Inputs: []broker.Input{ofWorkflow,
					{Name: "mine", Title: "Only mine", Type: broker.YesNo, Text: "only those whoever calls has started"},
					{Name: "search", Title: "Search", Type: broker.Text, Text: "part of the folio, or the number"}}}, listInstances},
				{broker.Method{Name: "load", Title: "Load one", Kind: broker.Read, Inputs: []broker.Input{{Name: "id", Required: true}}, Outputs: names(instanceHas)}, loadInstance},
			}},
			{broker.Object{Name: "Task", Title: "Task", Text: "A task of whoever calls", Properties: taskHas}, []method{
				{broker.Method{Name: "list", Title: "List tasks", Kind: broker.List, Outputs: names(taskHas), Inputs: []broker.Input{ofWorkflow,
					{Name: "view", Title: "Which", Type: broker.Text, Text: "open (the usual), allocated, sleeping, all, or closed"},
					{Name: "search", Title: "Search", Type: broker.Text, Text: "part of title, folio or workflow name"}}}, listTasks},
				{broker.Method{Name: "load", Title: "Load one", Kind: broker.Read, Inputs: []broker.Input{{Name: "serial", Required: true}}, Outputs: names(taskHas)}, loadTask},
			}},
		},
		try: func(ctx context.Context, c *call) (string, error) {
			r, err := listWorkflows(ctx, c)
			return fmt.Sprintf("you may know of %d workflows", len(r.Rows)), err
		}}
}

func workflowRow(w library.Workflow) map[string]any {
	return map[string]any{"key": w.Key, "name": w.Name, "category": orNothing(w.Category), "description": orNothing(w.Doc), "version": number(w.Default.Number), "canStart": w.CanStart}
}

func listWorkflows(ctx context.Context, c *call) (broker.Result, error) {
	r := broker.Result{Rows: []map[string]any{}, Unfiltered: true}
	if err := c.inName(); err != nil {
		return r, err
	}
	all, err := c.house.Worklist.Library.Workflows(ctx, c.by)
	for _, w := range all {
		r.Rows = append(r.Rows, workflowRow(w))
	}
	return r, err
}

func loadWorkflow(ctx context.Context, c *call) (broker.Result, error) {
	if err := c.inName(); err != nil {
		return broker.Result{}, err
	}
	w, err := c.house.Worklist.Library.Lookup(ctx, c.by, c.text("key"))
	if err != nil {
		return broker.Result{}, err
	}
	return broker.Result{Row: workflowRow(w)}, nil
}

// startInstance starts a workflow once for each key of a call.
func startInstance(ctx context.Context, c *call) (broker.Result, error) {
	if err := c.inName(); err != nil {
		return broker.Result{}, err
	}
	req := runner.StartRequest{Workflow: c.text("workflow"), Folio: c.text("folio")}
	if c.Key != "" {
		req.Once = "service/" + c.service + "/" + c.Key
	}
	switch v := c.Inputs["variables"].(type) {
	case nil:
	case map[string]any:
		req.Vars = v
	default:
		return broker.Result{}, badInput("variables", "is no set of variables", `write them like {"days": 3}`)
	}
	if n, ok := c.Inputs["priority"].(json.Number); ok {
		p, err := strconv.Atoi(n.String())
		if err != nil {
			return broker.Result{}, badInput("priority", "is no whole number", "")
		}
		req.Priority = &p
	}
	id, err := c.house.Worklist.Runner.Start(ctx, c.by, req)
	if err != nil {
		return broker.Result{}, err
	}
	return broker.Result{Row: map[string]any{"id": number(id)}}, nil
}

// maxLooks bounds how often one call looks for more rows: a search may find none
// in a long list.
const maxLooks = 20

func instanceRow(in *worklist.Instance) map[string]any {
	st := &in.State
	steps := []any{}
	for _, w := range in.Waiting {
		if name := cmp.Or(w.Name, w.Node); !slices.Contains(steps, any(name)) {
			steps = append(steps, name)
		}
	}
	return map[string]any{"id": number(in.ID), "folio": st.Folio, "workflow": in.Key, "name": in.Name, "version": number(in.Number), "status": string(st.Status),
		"starter": orNothing(st.Starter.Principal), "started": moment(st.StartedAt), "ended": momentAt(st.EndedAt), "incidents": number(len(st.Incidents)), "waiting": steps}
}

func listInstances(ctx context.Context, c *call) (broker.Result, error) {
	r := broker.Result{Rows: []map[string]any{}, Unfiltered: true}
	if err := c.inName(); err != nil {
		return r, err
	}
	mine, _ := c.yes("mine")
	q := worklist.InstanceQuery{All: !mine, Workflow: c.text("workflow"), Search: c.text("search")}
	if st := engine.Status(c.equals("status")); st == engine.Running || st == engine.Completed || st == engine.Cancelled {
		q.Status = st
	}
	return paged(c, r, instanceRow, func(cursor string, limit int) (worklist.Page[worklist.Instance], error) {
		q.Cursor, q.Limit = cursor, limit
		return c.house.Worklist.Instances(ctx, c.by, q)
	})
}

// paged fills a page of rows, from where the call goes on.
func paged[T any](c *call, r broker.Result, row func(*T) map[string]any, ask func(cursor string, limit int) (worklist.Page[T], error)) (broker.Result, error) {
	cursor := c.After
	for looks, want := 0, c.page(); len(r.Rows) < want && looks < maxLooks; looks++ {
		p, err := ask(cursor, min(want-len(r.Rows), worklist.MaxLimit))
		if err != nil {
			return r, err
		}
		for i := range p.Items {
			r.Rows = append(r.Rows, row(&p.Items[i]))
		}
		if cursor, r.Next = p.Next, p.Next; p.Next == "" {
			break
		}
	}
	return r, nil
}

func loadInstance(ctx context.Context, c *call) (broker.Result, error) {
	if err := c.inName(); err != nil {
		return broker.Result{}, err
	}
	n, _ := c.Inputs["id"].(json.Number)
	id, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		return broker.Result{}, badInput("id", "is no number of an instance", "")
	}
	d, err := c.house.Worklist.Instance(ctx, c.by, signoff.InstanceID(id))
	if err != nil {
		return broker.Result{}, err
	}
	row := instanceRow(&d.Instance)
	vars := map[string]any{}
	for _, v := range d.Def.Variables {
		vars[v.Name] = expr.ToGo(d.State.Vars[v.Name])
	}
	row["variables"] = vars
	return broker.Result{Row: row}, nil
}

func taskRow(t *worklist.Task) map[string]any {
	var actions []string
	for _, a := range t.Actions {
		actions = append(actions, a.Name)
	}
	return map[string]any{"serial": t.Serial.String(), "title": t.Title, "folio": t.Folio, "workflow": t.Key, "name": t.Name, "instance": number(t.Serial.Instance), "step": t.Step,
		"status": string(t.Status), "starter": orNothing(t.Starter), "offered": moment(t.OfferedAt), "due": momentAt(t.Due), "priority": number(t.Priority),
		"actions": listOf(actions), "outcome": orNothing(t.Outcome), "closed": momentAt(t.ClosedAt)}
}

var views = map[string]worklist.View{"": worklist.ViewToDo, "open": worklist.ViewToDo, "allocated": worklist.ViewAllocated, "sleeping": worklist.ViewSleeping,
	"all": worklist.ViewAll, "closed": worklist.ViewClosed}

func listTasks(ctx context.Context, c *call) (broker.Result, error) {
	r := broker.Result{Rows: []map[string]any{}, Unfiltered: true}
	if err := c.inName(); err != nil {
		return r, err
	}
	view, ok := views[strings.ToLower(c.text("view"))]
	if !ok {
		return r, badInput("view", "is none there is", "one of open, allocated, sleeping, all and closed")
	}
	q := worklist.Query{View: view, Workflow: c.text("workflow"), Search: c.text("search")}
	return paged(c, r, taskRow, func(cursor string, limit int) (worklist.Page[worklist.Task], error) {
		q.Cursor, q.Limit = cursor, limit
		return c.house.Worklist.Tasks(ctx, c.by, q)
	})
}

func loadTask(ctx context.Context, c *call) (broker.Result, error) {
	if err := c.inName(); err != nil {
		return broker.Result{}, err
	}
	serial, err := signoff.ParseSerial(c.text("serial"))
	if err != nil {
		return broker.Result{}, err
	}
	d, err := c.house.Worklist.Task(ctx, c.by, serial)
	if err != nil {
		return broker.Result{}, err
	}
	return broker.Result{Row: taskRow(&d.Task)}, nil
}
