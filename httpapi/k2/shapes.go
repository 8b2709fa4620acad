package k2

import "time"

// The answers, field by field and in the order K2 documents them. Names and
// letter case are K2's; what signoff does not have is present and empty, as
// clients expect. The embedding in Task puts a list item's fields first.

// WorkflowLabelsResponse answers GET workflows.
type WorkflowLabelsResponse struct {
	ItemCount int             `json:"itemCount"`
	Workflows []WorkflowLabel `json:"workflows"`
}

// WorkflowLabel is one workflow in a list.
type WorkflowLabel struct {
	ID               int64  `json:"id"`
	DefaultVersionID int64  `json:"defaultVersionId"`
	Name             string `json:"name"`
	Folder           string `json:"folder"`
	SystemName       string `json:"systemName"`
}

// WorkflowDataResponse answers GET workflows/{id}.
type WorkflowDataResponse struct {
	WorkflowInfo   WorkflowDefinition `json:"workflowInfo"`
	WorkflowSchema string             `json:"workflowSchema"`
}

// WorkflowDefinition describes a workflow.
type WorkflowDefinition struct {
	Name             string `json:"name"`
	Description      string `json:"description"`
	Folder           string `json:"folder"`
	SystemName       string `json:"systemName"`
	ExpectedDuration int    `json:"expectedDuration"`
}

// UserDefinedWorkflowInstance is the body of POST workflows/{id}.
type UserDefinedWorkflowInstance struct {
	ExpectedDuration int                   `json:"expectedDuration"`
	Folio            string                `json:"folio"`
	Priority         int                   `json:"priority"`
	XMLFields        []UserDefinedXMLField `json:"xmlFields"`
	DataFields       map[string]any        `json:"dataFields"`
	ItemReferences   map[string]any        `json:"itemReferences"`
}

// UpdateFieldsRequest is the body of an action and of finishing a server event.
type UpdateFieldsRequest struct {
	XMLFields      []UserDefinedXMLField `json:"xmlFields"`
	ItemReferences map[string]any        `json:"itemReferences"`
	DataFields     map[string]any        `json:"dataFields"`
}

// UserDefinedXMLField is a field that holds XML. Workflows here have none.
type UserDefinedXMLField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// UserDefinedRedirect is the body of a redirect.
type UserDefinedRedirect struct {
	RedirectTo string `json:"RedirectTo"`
}

// UserDefinedSleep is the body of a sleep; exactly one member is given.
type UserDefinedSleep struct {
	SleepFor   int        `json:"SleepFor"`
	SleepUntil *time.Time `json:"SleepUntil"`
}

// TasksResponse answers GET tasks.
type TasksResponse struct {
	ItemCount int        `json:"itemCount"`
	Tasks     []TaskLite `json:"tasks"`
}

// TaskLite is one task in a list.
type TaskLite struct {
	SerialNumber                  string              `json:"serialNumber"`
	Status                        string              `json:"status"`
	TaskStartDate                 time.Time           `json:"taskStartDate"`
	SleepUntil                    *time.Time          `json:"sleepUntil"`
	Priority                      int                 `json:"priority"`
	FormURL                       string              `json:"formURL"`
	ViewFlowURL                   string              `json:"viewFlowURL"`
	WorkflowID                    int64               `json:"workflowID"`
	WorkflowName                  string              `json:"workflowName"`
	WorkflowDisplayName           string              `json:"workflowDisplayName"`
	WorkflowCategory              string              `json:"workflowCategory"`
	WorkflowInstanceID            int64               `json:"workflowInstanceID"`
	WorkflowInstanceFolio         string              `json:"workflowInstanceFolio"`
	ActivityInstanceID            int                 `json:"activityInstanceID"`
	ActivityInstanceDestinationID int                 `json:"activityInstanceDestinationID"`
	ActivityName                  string              `json:"activityName"`
	EventName                     string              `json:"eventName"`
	EventDescription              string              `json:"eventDescription"`
	Originator                    User                `json:"originator"`
	Actions                       TaskActionsResponse `json:"actions"`
	Instruction                   string              `json:"instruction"`
}

// Task answers GET tasks/{serialNumber}.
type Task struct {
	TaskLite
	ActivityDataFields               map[string]any        `json:"activityDataFields"`
	ItemReferences                   map[string]any        `json:"itemReferences"`
	ItemReferencesString             string                `json:"itemReferencesString"`
	WorkflowInstanceDataFields       map[string]any        `json:"workflowInstanceDataFields"`
	WorkflowInstanceDataFieldsString string                `json:"workflowInstanceDataFieldsString"`
	DataFields                       map[string]any        `json:"dataFields"`
	WorkflowInstanceXMLFields        []UserDefinedXMLField `json:"workflowInstanceXmlFields"`
}

// User is a person.
type User struct {
	Username    string `json:"username"`
	FQN         string `json:"fqn"`
	Email       string `json:"email"`
	Manager     string `json:"manager"`
	DisplayName string `json:"displayName"`
}

// TaskActionsResponse answers GET tasks/{serialNumber}/actions: what may be done
// with a form, without one, and by the system's own actions.
type TaskActionsResponse struct {
	NonBatchableActions []string `json:"nonBatchableActions"`
	BatchableActions    []string `json:"batchableActions"`
	SystemActions       []string `json:"systemActions"`
}

// TaskState answers assign and wake: how the task stands now.
type TaskState struct {
	SerialNumber string `json:"serialNumber"`
	Status       string `json:"status"`
}

// ServerEventDataResponse answers GET serverEvents/{serialNumber}.
type ServerEventDataResponse struct {
	SerialNumber  string               `json:"serialNumber"`
	EventInstance EventInstanceWrapper `json:"eventInstance"`
}

// EventInstanceWrapper is a step that waits for another system, and its instance.
type EventInstanceWrapper struct {
	EventName                  string         `json:"eventName"`
	EventDescription           string         `json:"eventDescription"`
	ActivityName               string         `json:"activityName"`
	WorkflowID                 int64          `json:"workflowID"`
	WorkflowName               string         `json:"workflowName"`
	WorkflowDisplayName        string         `json:"workflowDisplayName"`
	WorkflowInstanceID         int64          `json:"workflowInstanceID"`
	WorkflowInstanceFolio      string         `json:"workflowInstanceFolio"`
	Originator                 User           `json:"originator"`
	WorkflowInstanceDataFields map[string]any `json:"workflowInstanceDataFields"`
}

// ErrorMessage is every refusal.
type ErrorMessage struct {
	Message string `json:"Message"`
}
