package api

// NewMigration is the body of POST /workflows/{id}/migrations, and of its preview.
type NewMigration struct {
	To        int               `json:"to" minimum:"1" doc:"the version the instances are to run on"`
	From      int               `json:"from,omitempty" minimum:"0" doc:"only those that run on this version; left out: on any other"`
	Step      string            `json:"step,omitempty" maxLength:"255" doc:"only those that are at this step, by element id"`
	Instances []int64           `json:"instances,omitempty" maxItems:"10000" doc:"only these; left out: all"`
	Map       map[string]string `json:"map,omitempty" doc:"which steps and flows have another element id in the new version: old id to new id"`
	Variables map[string]any    `json:"variables,omitempty" doc:"for variables the new version demands or has otherwise; the same for each"`
	Those     bool              `json:"those,omitempty" doc:"move those that can be moved; else all or none"`
	Reason    string            `json:"reason,omitempty" maxLength:"1000" doc:"why; it stays on record. A preview needs none"`
}

// MigrationPreview is what a migration would do now.
type MigrationPreview struct {
	Total   int       `json:"total" doc:"instances that are meant"`
	Can     int       `json:"can" doc:"of them, those that nothing is in the way of"`
	Blocked []Blocker `json:"blocked" doc:"what is in the way, that of most instances first"`
	Steps   []Place   `json:"steps" doc:"of the version they are to go on with: what a step can have become"`
}

// Blocker is something that keeps instances from going on with another version.
type Blocker struct {
	Step      string  `json:"step,omitempty" doc:"element id"`
	Variable  string  `json:"variable,omitempty"`
	Name      string  `json:"name,omitempty" doc:"of the step"`
	Does      string  `json:"does,omitempty" doc:"what the first of the instances does there"`
	Why       string  `json:"why"`
	Advice    string  `json:"advice,omitempty"`
	Count     int     `json:"count" doc:"how many instances it is in the way of"`
	Instances []int64 `json:"instances" doc:"the first few of them"`
}

// UndoBody is the body of POST /bulk/{id}/undo.
type UndoBody struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"why; it stays on record"`
}

// DefaultVersion is the body of PUT /workflows/{id}/default.
type DefaultVersion struct {
	Version int `json:"version" minimum:"1" doc:"the version that new instances get"`
}

// BulkMigration is what an order has that takes instances to another version.
type BulkMigration struct {
	To     int               `json:"to,omitempty" doc:"the version they are taken to"`
	From   int               `json:"from,omitempty"`
	Undoes int64             `json:"undoes,omitempty" doc:"the order that is taken back"`
	Those  bool              `json:"those" doc:"those that can; else all or none"`
	Stage  string            `json:"stage,omitempty" enum:"looking,moving,back" doc:"whether anything is in the way is looked at, they are moved, or those that were are taken back"`
	Map    map[string]string `json:"map,omitempty"`
}
