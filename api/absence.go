package api

import "time"

// Absence is when somebody is away, and who does their tasks meanwhile.
type Absence struct {
	Away        bool               `json:"away" doc:"now"`
	From        *time.Time         `json:"from,omitempty"`
	To          *time.Time         `json:"to,omitempty" doc:"left out: until it is ended"`
	Tasks       string             `json:"tasks" enum:"shared,go" doc:"shared: both have them; go: only who stands in"`
	Substitutes []Person           `json:"substitutes" doc:"for all workflows but those of except"`
	Except      []AbsenceException `json:"except"`
	Rev         int64              `json:"rev"`
	Saved       *Saved             `json:"saved,omitempty"`
	Others      []StandsIn         `json:"others" doc:"whom the person stands in for now"`
}

// AbsenceException names others for one workflow; nobody: its tasks stay.
type AbsenceException struct {
	Workflow     string   `json:"workflow" doc:"its key"`
	WorkflowName string   `json:"workflowName"`
	Substitutes  []Person `json:"substitutes"`
}

// StandsIn is somebody who is away and has tasks done by another.
type StandsIn struct {
	Person Person     `json:"person"`
	Until  *time.Time `json:"until,omitempty"`
}

// SetAbsence is the body of PUT /me/absence. People are named by login,
// address, label:name or principal.
type SetAbsence struct {
	From        *time.Time            `json:"from,omitempty" doc:"left out: now"`
	To          *time.Time            `json:"to,omitempty" doc:"left out: until it is ended"`
	Tasks       string                `json:"tasks,omitempty" enum:"shared,go" default:"shared"`
	Substitutes []string              `json:"substitutes,omitempty" maxItems:"10"`
	Except      []SetAbsenceException `json:"except,omitempty" maxItems:"100"`
	Rev         int64                 `json:"rev,omitempty" minimum:"0"`
}

// SetAbsenceException is one exception of SetAbsence.
type SetAbsenceException struct {
	Workflow    string   `json:"workflow" minLength:"1" maxLength:"255" doc:"key or number"`
	Substitutes []string `json:"substitutes,omitempty" maxItems:"10" doc:"none: the tasks of this workflow stay"`
}

// AbsencePreview says what an absence would do with the tasks that are open now.
type AbsencePreview struct {
	Open    int           `json:"open" doc:"tasks that are put before the person by name"`
	AtLeast bool          `json:"atLeast,omitempty" doc:"there are more: the newest 2000 are counted"`
	Goes    []AbsenceGoes `json:"goes"`
	Stays   int           `json:"stays" doc:"tasks nobody stands in for"`
}

// AbsenceGoes is how many tasks somebody gets.
type AbsenceGoes struct {
	Person Person `json:"person"`
	Tasks  int    `json:"tasks"`
}
