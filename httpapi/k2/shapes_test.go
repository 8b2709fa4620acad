package k2

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// The members of K2's objects, in the order of its published examples.
func TestShapesHaveK2sMembers(t *testing.T) {
	const task = "serialNumber status taskStartDate sleepUntil priority formURL viewFlowURL workflowID workflowName workflowDisplayName " +
		"workflowCategory workflowInstanceID workflowInstanceFolio activityInstanceID activityInstanceDestinationID activityName " +
		"eventName eventDescription originator actions instruction"
	for _, c := range []struct {
		shape   any
		members string
	}{
		{WorkflowLabelsResponse{}, "itemCount workflows"},
		{WorkflowLabel{}, "id defaultVersionId name folder systemName"},
		{WorkflowDataResponse{}, "workflowInfo workflowSchema"},
		{WorkflowDefinition{}, "name description folder systemName expectedDuration"},
		{TasksResponse{}, "itemCount tasks"},
		{TaskLite{}, task},
		{Task{}, task + " activityDataFields itemReferences itemReferencesString workflowInstanceDataFields " +
			"workflowInstanceDataFieldsString dataFields workflowInstanceXmlFields"},
		{User{}, "username fqn email manager displayName"},
		{TaskActionsResponse{}, "nonBatchableActions batchableActions systemActions"},
		{UserDefinedWorkflowInstance{}, "expectedDuration folio priority xmlFields dataFields itemReferences"},
		{UpdateFieldsRequest{}, "xmlFields itemReferences dataFields"},
		{UserDefinedXMLField{}, "name value"},
		{UserDefinedRedirect{}, "RedirectTo"},
		{UserDefinedSleep{}, "SleepFor SleepUntil"},
		{ErrorMessage{}, "Message"},
	} {
		raw, err := json.Marshal(c.shape)
		if err != nil {
			t.Fatal(err)
		}
		o, err := readObject(raw)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range o {
			got = append(got, m.name)
		}
		if want := strings.Fields(c.members); !slices.Equal(got, want) {
			t.Errorf("%T has\n%v\nand should have\n%v", c.shape, got, want)
		}
	}
}
