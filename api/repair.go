package api

import "time"

// SkipBody is the body of POST /incidents/{serial}/skip.
type SkipBody struct {
	Reason    string         `json:"reason" minLength:"1" maxLength:"1000" doc:"it stays on record"`
	Outcome   string         `json:"outcome,omitempty" maxLength:"100" doc:"of a task: what it is to count as decided with"`
	Variables map[string]any `json:"variables,omitempty" doc:"in place of what the step would have set"`
}

// SetVariablesBody is the body of POST /instances/{id}/variables.
type SetVariablesBody struct {
	Reason    string         `json:"reason" minLength:"1" maxLength:"1000" doc:"it stays on record"`
	Variables map[string]any `json:"variables" doc:"those to change, in the types the workflow declares"`
}

// MoveBody is the body of POST /instances/{id}/move.
type MoveBody struct {
	Reason    string         `json:"reason" minLength:"1" maxLength:"1000" doc:"it stays on record"`
	From      string         `json:"from,omitempty" maxLength:"255" doc:"step it is at, by element id or name; absent where there is one"`
	Token     int            `json:"token,omitempty" minimum:"1" doc:"which of several at that step"`
	To        string         `json:"to" minLength:"1" maxLength:"255" doc:"step to go on at, in the same sub-process"`
	All       bool           `json:"all,omitempty" doc:"end whatever else goes on in that sub-process"`
	Variables map[string]any `json:"variables,omitempty" doc:"corrections made before"`
}

// StopBody is the body of POST /instances/{id}/hold.
type StopBody struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"whoever meets a task of it reads why"`
}

// ResumeBody is the body of POST /instances/{id}/resume.
type ResumeBody struct {
	Reason string `json:"reason,omitempty" maxLength:"1000"`
}

// EndBody is the body of POST /instances/{id}/end.
type EndBody struct {
	Reason    string         `json:"reason" minLength:"1" maxLength:"1000" doc:"it stays on record"`
	Variables map[string]any `json:"variables,omitempty" doc:"what whoever called it as a sub-workflow is to see"`
}

// Reason is one answer to why an instance waits.
type Reason struct {
	Kind     string     `json:"kind" enum:"ended,stopped,incident,task,claimed,asleep,away,question,timer,message,signal,condition,race,external,connection,child,retry,call,mail,server,join,passes,moving"`
	Step     string     `json:"step,omitempty" doc:"element id"`
	Name     string     `json:"name,omitempty"`
	Text     string     `json:"text" doc:"who or what it waits for, and since when"`
	Ends     string     `json:"ends,omitempty" doc:"what would end it"`
	Since    *time.Time `json:"since,omitempty"`
	Until    *time.Time `json:"until,omitempty"`
	For      []Person   `json:"for,omitempty"`
	Task     string     `json:"task,omitempty" doc:"serial number"`
	Serial   string     `json:"serial,omitempty" doc:"of a step that another system finishes, or that lacks a connection"`
	Incident string     `json:"incident,omitempty" doc:"serial number"`
	Instance int64      `json:"instance,omitempty" doc:"that it waits for"`
}

// Stopped says who stopped an instance.
type Stopped struct {
	By     Person    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}
