package k2

import "time"

// Examples of what is sent and answered, as the Swagger document and the Postman
// collection show them. They are about the same instance throughout.

var (
	exampleTime    = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	exampleStarter = User{Username: "ana", FQN: "K2:ana", Email: "ana@contoso.test", DisplayName: "Ana Asker"}
	exampleFields  = map[string]any{"days": 3, "kind": "Holiday"}

	actionsExample = TaskActionsResponse{NonBatchableActions: []string{}, BatchableActions: []string{"Approve", "Reject"}, SystemActions: []string{"Redirect", "Sleep"}}

	taskExample = TaskLite{SerialNumber: "1_2", Status: "Available", TaskStartDate: exampleTime, Priority: 1,
		FormURL: "https://signoff.example.com/tasks/1_2", ViewFlowURL: "https://signoff.example.com/requests/1",
		WorkflowID: 1, WorkflowName: `People\Absence\leave`, WorkflowDisplayName: "Leave request", WorkflowCategory: `People\Absence`,
		WorkflowInstanceID: 1, WorkflowInstanceFolio: "Leave for Ana Asker: 3 days", ActivityInstanceID: 2, ActivityInstanceDestinationID: 2,
		ActivityName: "Approve leave", EventName: "Approve leave", Originator: exampleStarter, Actions: actionsExample}

	wholeTaskExample = Task{TaskLite: taskExample, ActivityDataFields: map[string]any{}, ItemReferences: map[string]any{},
		WorkflowInstanceDataFields: exampleFields, WorkflowInstanceDataFieldsString: `{"days":3,"kind":"Holiday"}`,
		DataFields: exampleFields, WorkflowInstanceXMLFields: []UserDefinedXMLField{}}

	eventExample = ServerEventDataResponse{SerialNumber: "1_2", EventInstance: EventInstanceWrapper{EventName: "Order goods", ActivityName: "Order goods",
		WorkflowID: 2, WorkflowName: `Finance\purchase`, WorkflowDisplayName: "Purchase", WorkflowInstanceID: 1,
		WorkflowInstanceFolio: "Purchase of A chair", Originator: exampleStarter, WorkflowInstanceDataFields: map[string]any{"goods": "A chair"}}}

	updateExample = UpdateFieldsRequest{XMLFields: []UserDefinedXMLField{}, ItemReferences: map[string]any{}, DataFields: map[string]any{"order": "4711"}}

	startExample = UserDefinedWorkflowInstance{Folio: "Ana's leave in May", Priority: 1, XMLFields: []UserDefinedXMLField{},
		DataFields: map[string]any{"days": 3}, ItemReferences: map[string]any{}}

	schemaExample = map[string]any{"$schema": "http://json-schema.org/draft-04/schema#", "title": "Leave request", "type": "object",
		"properties": map[string]any{"dataFields": map[string]any{"type": "object", "properties": map[string]any{"days": map[string]any{"type": "number", "title": "Days"}}}}}

	workflowExample = WorkflowDataResponse{WorkflowInfo: WorkflowDefinition{Name: "Leave request", Description: "Days off, decided by Jane.",
		Folder: `People\Absence`, SystemName: `People\Absence\leave`}, WorkflowSchema: `{"type":"object"}`}
)

// pathExamples are values of path parameters.
var pathExamples = map[string]any{"operation": "refresh", "serialNumber": "1_2", "customAction": "Approve", "id": 1}

// words says what the members of shapes and the parameters are.
var words = map[string]string{
	"itemCount": "How many there are.", "workflows": "The workflows.", "tasks": "The tasks.", "id": "The number of the workflow.",
	"defaultVersionId": "The number of the version that is started.", "name": "What it is called.", "folder": "Where it is filed.",
	"systemName": "Its name with its folder.", "workflowInfo": "The workflow.", "workflowSchema": "The JSON schema of the body that starts it, as text.",
	"description": "What it is for.", "expectedDuration": "Always 0: workflows here have none.", "folio": "The title of the instance; left out, the workflow makes one.",
	"priority": "0 high, 1 normal, 2 low.", "xmlFields": "Workflows here have no XML fields.", "dataFields": "Values by the name of their data field.",
	"itemReferences": "Workflows here have no item references.", "value": "The value.", "RedirectTo": "Whom the task goes to: a login, an address, or label:name.",
	"SleepFor": "For how many seconds.", "SleepUntil": "Until when.", "serialNumber": "The serial number, such as 1_2.", "status": "Available, Open, Allocated, Sleep or Completed.",
	"taskStartDate": "When the task was offered.", "sleepUntil": "When it wakes; null when it does not sleep.", "formURL": "The page to decide it on.",
	"viewFlowURL": "The page that shows where the instance is.", "workflowID": "The number of the workflow.", "workflowName": "Its name with its folder.",
	"workflowDisplayName": "What the workflow is called.", "workflowCategory": "Where the workflow is filed.", "workflowInstanceID": "The number of the instance.",
	"workflowInstanceFolio": "The title of the instance.", "activityInstanceID": "The number of the step in the instance.",
	"activityInstanceDestinationID": "The same number again: a task has one here.", "activityName": "What the step is called.", "eventName": "What the task is about.",
	"eventDescription": "More about it.", "originator": "Who started the instance.", "actions": "What may be done with it.", "instruction": "What to look at.",
	"activityDataFields": "Steps here have no data fields.", "itemReferencesString": "Always empty.", "workflowInstanceDataFields": "The data fields of the instance.",
	"workflowInstanceDataFieldsString": "The same as text.", "workflowInstanceXmlFields": "Workflows here have no XML fields.", "username": "The login.",
	"fqn": "The login with its label.", "email": "The mail address.", "manager": "Always empty.", "displayName": "The name as people write it.",
	"nonBatchableActions": "Actions that need the form.", "batchableActions": "Actions that can be taken without the form.", "systemActions": "What every task can do, as far as you may.",
	"eventInstance": "The step and its instance.", "Message": "What is wrong, and what to do.", "operation": "Always refresh.", "customAction": "The name of the action, such as Approve.",
	"body": "What to send.",
}
