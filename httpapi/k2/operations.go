package k2

import (
	"net/url"
	"strings"
)

// Base is where the API stands, in any letter case.
const Base = "/api/workflow/v1"

// operation is one line of the table: the route, its documentation and what
// does it. A nil out is answered with 204 and no body. in and out are examples,
// and their types the shapes.
type operation struct {
	id      string
	method  string
	path    string // below Base; {name} takes one segment
	tag     string
	summary string
	about   string
	query   []query
	in      any // the body
	out     any // the answer
	do      func(*Server, *call) (any, error)
}

// query is a query parameter.
type query struct {
	name   string
	values []string
	text   string
}

// Of two lines that fit, the first counts: system actions before a task's own.
// The table is a function because the handlers reach it through Swagger.
func operations() []operation {
	return []operation{
		{"Operations_Get", "GET", "op/{operation}", "Operations", "Reserved for system use",
			"Answers OK to administrators: there is nothing to reload here.", nil, nil, "OK", (*Server).operation},

		{"ServerEvent_Get", "GET", "serverEvents/{serialNumber}", "ServerEvents", "Get an asynchronous server event",
			"Tells about a step that waits for another system.", nil, nil, eventExample, (*Server).getServerEvent},
		{"ServerEvent_Finish", "POST", "serverEvents/{serialNumber}/finish", "ServerEvents", "Finish an asynchronous server event",
			"Lets the workflow go on, with values for its data fields.", nil, updateExample, nil, (*Server).finishServerEvent},

		{"Tasks_Get", "GET", "tasks", "Tasks", "Get the caller's tasks", "Lists what waits for you, first offered first.",
			[]query{{"state", []string{"All", "Allocated", "Sleeping"}, "Which tasks; without it, sleeping ones are left out."}}, nil,
			TasksResponse{1, []TaskLite{taskExample}}, (*Server).getTasks},
		{"Tasks_GetTask", "GET", "tasks/{serialNumber}", "Tasks", "Get a task", "Tells everything about one of your tasks.",
			nil, nil, wholeTaskExample, (*Server).getTask},
		{"Tasks_GetTaskActions", "GET", "tasks/{serialNumber}/actions", "Tasks", "Get the actions of a task", "Lists what you may do with a task.",
			nil, nil, actionsExample, (*Server).getTaskActions},
		{"Tasks_PostAssignAction", "POST", "tasks/{serialNumber}/actions/assign", "Tasks", "Assign a task to the caller",
			"Takes a task, so that others see it is yours.", nil, nil, TaskState{"1_2", "Open"}, (*Server).assign},
		{"Tasks_PostReleaseAction", "POST", "tasks/{serialNumber}/actions/release", "Tasks", "Give an assigned task back",
			"Gives a task back to everybody it was offered to.", nil, nil, nil, (*Server).release},
		{"Tasks_PostRedirectAction", "POST", "tasks/{serialNumber}/actions/redirect", "Tasks", "Redirect a task to another user",
			"Hands a task to somebody else instead of you.", nil, UserDefinedRedirect{"K2:bob"}, nil, (*Server).redirect},
		{"Tasks_PostSleepAction", "POST", "tasks/{serialNumber}/actions/sleep", "Tasks", "Put a task to sleep",
			"Hides a task from your list, for a number of seconds or until a time. Give exactly one of both.", nil, UserDefinedSleep{SleepFor: 3600}, nil, (*Server).sleep},
		{"Tasks_PostWakeAction", "POST", "tasks/{serialNumber}/actions/wake", "Tasks", "Wake a sleeping task", "Shows a sleeping task again.",
			nil, nil, TaskState{"1_2", "Available"}, (*Server).wake},
		{"Tasks_TaskCustomAction", "POST", "tasks/{serialNumber}/actions/{customAction}", "Tasks", "Complete a task with one of its actions",
			"Decides a task, with values for the data fields that it lets you change.", nil, UpdateFieldsRequest{XMLFields: []UserDefinedXMLField{}, ItemReferences: map[string]any{}, DataFields: map[string]any{}}, nil, (*Server).act},

		{"GetWorkflows", "GET", "workflows", "Workflows", "Get workflows", "Lists workflows that you may see.",
			[]query{{"type", []string{"All", "Startable", "Viewable"}, "Which workflows; all you may see when left out."}}, nil,
			WorkflowLabelsResponse{1, []WorkflowLabel{{1, 1, "Leave request", `People\Absence`, `People\Absence\leave`}}}, (*Server).getWorkflows},
		{"GetWorkflow", "GET", "workflows/{id}", "Workflows", "Get a workflow", "Tells about one workflow, and how the body that starts it looks.",
			nil, nil, workflowExample, (*Server).getWorkflow},
		{"StartWorkflow", "POST", "workflows/{id}", "Workflows", "Start a workflow", "Starts a workflow and answers with the number of the instance.",
			nil, startExample, int64(1), (*Server).start},
		{"GetWorkflowSchema", "GET", "workflows/{id}/schema", "Workflows", "Get the JSON schema of a workflow",
			"Tells how the body that starts a workflow looks, as a JSON schema.", nil, nil, schemaExample, (*Server).getWorkflowSchema},
	}
}

// route is an operation with its path taken apart.
type route struct {
	operation
	parts []string
}

func routes() []route {
	var out []route
	for _, o := range operations() {
		out = append(out, route{o, strings.Split(o.path, "/")})
	}
	return out
}

// below returns the segments of a path under Base, decoded; false when it lies
// elsewhere or is not properly encoded. Segments are split before they are
// decoded, so that an action may have a slash in its name.
func below(escapedPath string) ([]string, bool) {
	if len(escapedPath) < len(Base) || !strings.EqualFold(escapedPath[:len(Base)], Base) {
		return nil, false
	}
	rest := escapedPath[len(Base):]
	if rest != "" && rest[0] != '/' {
		return nil, false
	}
	segments := strings.Split(strings.Trim(rest, "/"), "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil || plain == "" && len(segments) > 1 {
			return nil, false
		}
		segments[i] = plain
	}
	return segments, true
}

// find returns the operation for a method and path. When only other methods
// are offered there, allow names them.
func find(table []route, method string, segments []string) (o *operation, params map[string]string, allow []string) {
	for i := range table {
		p, fits := table[i].match(segments)
		if !fits {
			continue
		}
		if table[i].method == method {
			return &table[i].operation, p, nil
		}
		allow = append(allow, table[i].method)
	}
	return nil, nil, allow
}

func (r route) match(segments []string) (map[string]string, bool) {
	if len(segments) != len(r.parts) {
		return nil, false
	}
	params := map[string]string{}
	for i, part := range r.parts {
		if name, isParam := strings.CutPrefix(part, "{"); isParam {
			params[strings.TrimSuffix(name, "}")] = segments[i]
		} else if !strings.EqualFold(part, segments[i]) {
			return nil, false
		}
	}
	return params, true
}
