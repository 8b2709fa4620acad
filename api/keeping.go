package api

import "time"

// Retention says how long a workflow's instances are kept after they have
// ended, and what that means now. It answers GET and PUT /workflows/{id}/retention.
type Retention struct {
	KeepDays int       `json:"keepDays" doc:"days after their end; 0: for ever"`
	Expired  Expired   `json:"expired" doc:"what the rule asked about means for those that have ended"`
	Holds    []Hold    `json:"holds" doc:"what keeps all of the workflow from being removed"`
	Removed  []Removal `json:"removed" doc:"what was removed, last first: the last 50 days that something was"`
}

// Expired counts ended instances whose time is up. Counting stops at 10,000.
type Expired struct {
	Go      int  `json:"go" doc:"are removed the next time the server looks, within ten minutes"`
	Held    int  `json:"held" doc:"would be removed, were they not held"`
	Waiting int  `json:"waiting" doc:"are removed once their mail and calls have come to an end"`
	AtLeast bool `json:"atLeast,omitempty" doc:"there are more"`
}

// SetRetention is the body of PUT /workflows/{id}/retention.
type SetRetention struct {
	KeepDays int `json:"keepDays" minimum:"0" maximum:"36500" doc:"days after their end; 0: for ever"`
}

// Removal is what was removed of a workflow on one day by one rule.
type Removal struct {
	Day       string    `json:"day" format:"date" doc:"in UTC"`
	KeepDays  int       `json:"keepDays" doc:"the rule it went by"`
	Instances int       `json:"instances"`
	Oldest    time.Time `json:"oldest" doc:"when the first of them had ended"`
	Newest    time.Time `json:"newest" doc:"and the last"`
	At        time.Time `json:"at" doc:"when the last of them was removed"`
}

// Hold keeps things from being removed until it is lifted.
type Hold struct {
	ID         int64      `json:"id"`
	Workflow   string     `json:"workflow,omitempty" doc:"key of the workflow all instances of which are held"`
	Instance   int64      `json:"instance,omitempty" doc:"the instance that is held"`
	Person     *Person    `json:"person,omitempty" doc:"who started or decided what is held"`
	Reason     string     `json:"reason"`
	Placed     time.Time  `json:"placed"`
	PlacedBy   Person     `json:"placedBy"`
	Lifted     *time.Time `json:"lifted,omitempty"`
	LiftedBy   *Person    `json:"liftedBy,omitempty"`
	LiftReason string     `json:"liftReason,omitempty"`
	Releases   []Released `json:"releases,omitempty" doc:"what goes by the rules in force because of this lift; only in the answer to one, or to its check"`
}

// Released counts ended instances of a workflow that only one hold kept.
type Released struct {
	Workflow string `json:"workflow" doc:"its key"`
	Go       int    `json:"go" doc:"are removed within ten minutes of the lift"`
	AtLeast  bool   `json:"atLeast,omitempty" doc:"there are more: counting stops at 10,000"`
}

// NewHold is the body of POST /holds. It names one of workflow, instance and person.
type NewHold struct {
	Workflow string `json:"workflow,omitempty" maxLength:"255" doc:"key or number: all its instances, those to come as well"`
	Instance int64  `json:"instance,omitempty" minimum:"1"`
	Person   string `json:"person,omitempty" maxLength:"320" doc:"login, address, label:name or principal: all they started, and all in which they decided a task"`
	Reason   string `json:"reason" minLength:"1" maxLength:"1000"`
}

// LiftHold is the body of POST /holds/{id}/lift.
type LiftHold struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// The lines of GET /export, in the order in which they come. All lines of an
// instance stand together, "instance" first and "mark" last. An export that
// does not end with "end" is not whole: it goes on with ?after= the last mark.

// ExportedInstance is a line of kind "instance".
type ExportedInstance struct {
	Kind string `json:"kind" enum:"instance"`
	Instance
	Variables map[string]any `json:"variables" doc:"what it holds, by name"`
}

// ExportedEvent is a line of kind "event": its history, as GET
// /instances/{id}/history gives it, with the values that were set.
type ExportedEvent struct {
	Kind     string         `json:"kind" enum:"event"`
	Instance int64          `json:"instance"`
	Event    Event          `json:"event"`
	Values   map[string]any `json:"values,omitempty" doc:"variables this event set"`
}

// ExportedTask is a line of kind "task".
type ExportedTask struct {
	Kind      string     `json:"kind" enum:"task"`
	Instance  int64      `json:"instance"`
	Serial    string     `json:"serial"`
	Step      string     `json:"step"`
	Title     string     `json:"title"`
	OfferedAt time.Time  `json:"offeredAt"`
	Due       *time.Time `json:"due,omitempty"`
	ClaimedBy *Person    `json:"claimedBy,omitempty"`
	ClosedAt  *time.Time `json:"closedAt,omitempty"`
	ClosedBy  *Person    `json:"closedBy,omitempty" doc:"who really did"`
	ClosedFor *Person    `json:"closedFor,omitempty" doc:"in whose name they did"`
	Outcome   string     `json:"outcome,omitempty"`
}

// ExportedFile is a line of kind "file": one that somebody added.
type ExportedFile struct {
	Kind     string `json:"kind" enum:"file"`
	Instance int64  `json:"instance"`
	File
	Content []byte `json:"content,omitempty" doc:"what is in it, in base64, where that was asked for"`
}

// ExportedMail is a line of kind "mail": one that was sent, without its text.
type ExportedMail struct {
	Kind      string    `json:"kind" enum:"mail"`
	Instance  int64     `json:"instance"`
	Task      string    `json:"task,omitempty"`
	Purpose   string    `json:"purpose" enum:"notify,email,answer,announce"`
	State     string    `json:"state" enum:"queued,sending,doubtful,sent,failed"`
	To        string    `json:"to"`
	Person    *Person   `json:"person,omitempty"`
	Subject   string    `json:"subject"`
	MessageID string    `json:"messageId"`
	Created   time.Time `json:"created"`
	Since     time.Time `json:"since" doc:"in this state"`
	Error     string    `json:"error,omitempty"`
	Bounce    string    `json:"bounce,omitempty"`
}

// ExportedReply is a line of kind "reply": a mail that came in about it, and
// what its verdict rests on.
type ExportedReply struct {
	Kind      string    `json:"kind" enum:"reply"`
	Instance  int64     `json:"instance"`
	Task      string    `json:"task,omitempty"`
	At        time.Time `json:"at"`
	From      string    `json:"from"`
	Person    *Person   `json:"person,omitempty"`
	Subject   string    `json:"subject"`
	MessageID string    `json:"messageId"`
	Verdict   string    `json:"verdict"`
	Action    string    `json:"action,omitempty"`
	Detail    string    `json:"detail"`
	Evidence  any       `json:"evidence,omitempty"`
}

// ExportMark is a line of kind "mark": everything up to this instance has been
// written.
type ExportMark struct {
	Kind  string `json:"kind" enum:"mark"`
	After int64  `json:"after"`
}

// ExportEnd is the last line of an export that is whole.
type ExportEnd struct {
	Kind      string `json:"kind" enum:"end"`
	Instances int64  `json:"instances" doc:"in this answer"`
}
