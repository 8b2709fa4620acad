package k2

import (
	"net/url"
	"strings"
)

// Base is where the API stands, in any letter case.
const Base = "/api/workflow/v1"

// operation is one line of the table: the route, its documentation and what
// does it. A nil out is answered with 204 and no body.
type operation struct {
	id      string
	method  string
	path    string // below Base; {name} takes one segment
	tag     string
	summary string
	query   []query
	in      any // shape of the body
	out     any // shape of the answer
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
		{"Operations_Get", "GET", "op/{operation}", "Operations", "Reserved for system use", nil, nil, "", (*Server).operation},

		{"ServerEvent_Get", "GET", "serverEvents/{serialNumber}", "ServerEvents", "Get an asynchronous server event", nil, nil, ServerEventDataResponse{}, (*Server).getServerEvent},
		{"ServerEvent_Finish", "POST", "serverEvents/{serialNumber}/finish", "ServerEvents", "Finish an asynchronous server event", nil, UpdateFieldsRequest{}, nil, (*Server).finishServerEvent},

		{"Tasks_Get", "GET", "tasks", "Tasks", "Get the caller's tasks",
			[]query{{"state", []string{"All", "Allocated", "Sleeping"}, "Without it, sleeping tasks are left out"}}, nil, TasksResponse{}, (*Server).getTasks},
		{"Tasks_GetTask", "GET", "tasks/{serialNumber}", "Tasks", "Get a task", nil, nil, Task{}, (*Server).getTask},
		{"Tasks_GetTaskActions", "GET", "tasks/{serialNumber}/actions", "Tasks", "Get the actions of a task", nil, nil, TaskActionsResponse{}, (*Server).getTaskActions},
		{"Tasks_PostAssignAction", "POST", "tasks/{serialNumber}/actions/assign", "Tasks", "Assign a task to the caller", nil, nil, TaskState{}, (*Server).assign},
		{"Tasks_PostReleaseAction", "POST", "tasks/{serialNumber}/actions/release", "Tasks", "Give an assigned task back", nil, nil, nil, (*Server).release},
		{"Tasks_PostRedirectAction", "POST", "tasks/{serialNumber}/actions/redirect", "Tasks", "Redirect a task to another user", nil, UserDefinedRedirect{}, nil, (*Server).redirect},
		{"Tasks_PostSleepAction", "POST", "tasks/{serialNumber}/actions/sleep", "Tasks", "Put a task to sleep, for seconds or until a time", nil, UserDefinedSleep{}, nil, (*Server).sleep},
		{"Tasks_PostWakeAction", "POST", "tasks/{serialNumber}/actions/wake", "Tasks", "Wake a sleeping task", nil, nil, TaskState{}, (*Server).wake},
		{"Tasks_TaskCustomAction", "POST", "tasks/{serialNumber}/actions/{customAction}", "Tasks", "Complete a task with one of its actions", nil, UpdateFieldsRequest{}, nil, (*Server).act},

		{"GetWorkflows", "GET", "workflows", "Workflows", "Get workflows",
			[]query{{"type", []string{"All", "Startable", "Viewable"}, "Which workflows; all the caller may see when left out"}}, nil, WorkflowLabelsResponse{}, (*Server).getWorkflows},
		{"GetWorkflow", "GET", "workflows/{id}", "Workflows", "Get a workflow", nil, nil, WorkflowDataResponse{}, (*Server).getWorkflow},
		{"StartWorkflow", "POST", "workflows/{id}", "Workflows", "Start a workflow; answers with the number of the instance", nil, UserDefinedWorkflowInstance{}, int64(0), (*Server).start},
		{"GetWorkflowSchema", "GET", "workflows/{id}/schema", "Workflows", "Get the JSON schema of the body that starts a workflow", nil, nil, map[string]any{}, (*Server).getWorkflowSchema},
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
