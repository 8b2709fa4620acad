package api

import (
	"time"
)

// Page is the query every list takes: newest first unless said, by key and
// never by offset.
//
//	limit   1 to 200, 50 when left out
//	cursor  Next of the page before

// Person is somebody, as pages show them.
type Person struct {
	ID    string `json:"id" doc:"principal, such as user:7 or group:3"`
	Login string `json:"login,omitempty"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	Group bool   `json:"group,omitempty" doc:"a group or a role"`
	Role  bool   `json:"role,omitempty" doc:"a role; said where groups and roles are administered"`
}

// Me answers GET /me.
type Me struct {
	Person
	Admin  bool `json:"admin"`
	Deploy bool `json:"deploy" doc:"may deploy new workflows"`
	// Password is left out for whoever signs in another way only.
	Password bool     `json:"password,omitempty" doc:"has a password that is kept here and counts: PUT /me/password changes it"`
	Groups   []Person `json:"groups"`
	Sandbox  bool     `json:"sandbox" doc:"the server runs its sandbox; pages link to the mailbox"`
	Version  string   `json:"version"`
	CSRF     string   `json:"csrf,omitempty" doc:"send as X-CSRF-Token with every unsafe request of a session"`
}

// SignIn is the body of POST /session.
type SignIn struct {
	Login    string `json:"login" minLength:"1" maxLength:"320"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
}

// Workflow is one workflow, as lists show it.
type Workflow struct {
	ID          int64     `json:"id"`
	Key         string    `json:"key" doc:"the BPMN process id"`
	Name        string    `json:"name"`
	Category    string    `json:"category,omitempty"`
	Description string    `json:"description,omitempty"`
	Version     int       `json:"version" doc:"the version new instances get"`
	DeployedAt  time.Time `json:"deployedAt"`
	DeployedBy  Person    `json:"deployedBy"`
	CanStart    bool      `json:"canStart"`
	CanManage   bool      `json:"canManage"`
}

// WorkflowDetail adds what a start form needs.
type WorkflowDetail struct {
	Workflow
	Variables []Variable `json:"variables"`
	Versions  []Version  `json:"versions"`
}

// Version is one deployment.
type Version struct {
	Number     int       `json:"number"`
	DeployedAt time.Time `json:"deployedAt"`
	DeployedBy Person    `json:"deployedBy"`
	Default    bool      `json:"default"`
}

// Variable describes a field of a form and, with a value, an instance's variable.
type Variable struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Type     string   `json:"type" enum:"string,text,number,boolean,date,dateTime,duration,person,json"`
	Required bool     `json:"required,omitempty"`
	Input    bool     `json:"input,omitempty" doc:"asked at start"`
	Editable bool     `json:"editable,omitempty" doc:"may be changed with this decision"`
	Choices  []string `json:"choices,omitempty"`
	Default  any      `json:"default,omitempty" doc:"value the field starts with, when it can be known beforehand"`
	Value    any      `json:"value,omitempty"`
}

// FileProblem is one thing that is wrong with a deployed file.
type FileProblem struct {
	Element string `json:"element,omitempty" doc:"id of the BPMN element"`
	Name    string `json:"name,omitempty"`
	Line    int    `json:"line,omitempty"`
	Reason  string `json:"reason"`
	Advice  string `json:"advice"`
	Warning bool   `json:"warning,omitempty" doc:"does not stop the deployment"`
}

// Deployed answers POST /workflows (body: BPMN XML).
type Deployed struct {
	Workflow
	Unchanged bool          `json:"unchanged" doc:"the same file is the default version already; no version was made"`
	Warnings  []FileProblem `json:"warnings,omitempty"`
}

// StartBody is the body of POST /workflows/{id}/instances. {id} is the number or the key.
type StartBody struct {
	Folio     string         `json:"folio,omitempty" maxLength:"500"`
	Priority  *int           `json:"priority,omitempty" minimum:"0" maximum:"2"`
	Variables map[string]any `json:"variables,omitempty"`
}

// Started answers POST /workflows/{id}/instances.
type Started struct {
	ID int64 `json:"id"`
}

// Instance is one run, as lists show it.
type Instance struct {
	ID        int64      `json:"id"`
	Folio     string     `json:"folio"`
	Workflow  string     `json:"workflow"`
	Key       string     `json:"key"`
	Version   int        `json:"version"`
	Status    string     `json:"status" enum:"running,completed,cancelled"`
	Stopped   *Stopped   `json:"stopped,omitempty" doc:"nothing of it runs, and nobody has its tasks"`
	Incidents int        `json:"incidents"`
	Starter   Person     `json:"starter"`
	StartedAt time.Time  `json:"startedAt"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
	Waiting   []Waiting  `json:"waiting" doc:"what it waits for now"`
}

// Waiting is one thing an instance waits for.
type Waiting struct {
	Kind   string     `json:"kind" enum:"task,timer,message,signal,condition,race,mail,call,external,child,incident,join,connection" doc:"race: whatever comes first; child: an instance of another workflow; connection: somebody has to connect an account"`
	Step   string     `json:"step"`
	Name   string     `json:"name"`
	For    []Person   `json:"for,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
	Task   string     `json:"task,omitempty" doc:"serial number"`
	Serial string     `json:"serial,omitempty" doc:"of a step that another system finishes: POST /steps/{serial}/finish; or that waits for a connection: POST /steps/{serial}/retry"`

	Connect string     `json:"connect,omitempty" doc:"of a connection: its page is /connect/{connect}"`
	Why     string     `json:"why,omitempty" doc:"what a connection is lacking for, and who can give it"`
	Since   *time.Time `json:"since,omitempty" doc:"how long it has waited for a connection"`
}

// InstanceDetail is what the instance page shows.
type InstanceDetail struct {
	Instance
	Variables []Variable `json:"variables"`
	Steps     []StepMark `json:"steps" doc:"what to paint on the diagram"`
	Flows     []string   `json:"flows" doc:"ids of sequence flows taken"`
	Problems  []Incident `json:"problems"`
	CanManage bool       `json:"canManage"`
	CanCancel bool       `json:"canCancel"`
	Places    []Place    `json:"places,omitempty" doc:"the workflow's steps, while it runs; for those who administer the workflow"`
	Caller    *Related   `json:"caller,omitempty" doc:"the instance that called this one, if you may see it"`
	Called    []Related  `json:"called,omitempty" doc:"the instances that this one has called and that you may see, the first 50"`
	Holds     []Hold     `json:"holds,omitempty" doc:"what keeps it from being removed; for those who administer the workflow"`
}

// Place is a step of a workflow, as those see it who put an instance right.
type Place struct {
	Element  string   `json:"element" doc:"its id"`
	Name     string   `json:"name"`
	Kind     string   `json:"kind" doc:"BPMN element, such as userTask"`
	Scope    string   `json:"scope,omitempty" doc:"id of the sub-process it is in"`
	Enter    bool     `json:"enter" doc:"an instance can be moved there from steps of the same sub-process"`
	Outcomes []string `json:"outcomes,omitempty" doc:"of a task: what it can be skipped with"`
}

// StepMark says how one element of the diagram stands.
type StepMark struct {
	Element string `json:"element"`
	State   string `json:"state" enum:"active,done,failed,waiting"`
	Count   int    `json:"count" doc:"times it was entered"`
}

// Incident is a failed step.
type Incident struct {
	Serial   string    `json:"serial"`
	Instance int64     `json:"instance"`
	Folio    string    `json:"folio,omitempty"`
	Workflow string    `json:"workflow,omitempty"`
	Key      string    `json:"key,omitempty" doc:"of the workflow"`
	Step     string    `json:"step"`
	Name     string    `json:"name"`
	Code     string    `json:"code"`
	Cause    string    `json:"cause"`
	Advice   string    `json:"advice,omitempty"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"at"`
}

// Event is one line of an instance's history.
type Event struct {
	Seq      int       `json:"seq"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"`
	By       *Person   `json:"by,omitempty" doc:"who did it"`
	For      *Person   `json:"for,omitempty" doc:"in whose name: somebody who was away, or for whom a program acts"`
	Step     string    `json:"step,omitempty"`
	Name     string    `json:"name,omitempty" doc:"the step's name"`
	Text     string    `json:"text" doc:"one sentence for people"`
	Comment  string    `json:"comment,omitempty"`
	Task     string    `json:"task,omitempty"`
	Channel  string    `json:"channel,omitempty"`
	Evidence any       `json:"evidence,omitempty" doc:"what a decision by mail rests on: sender, how it was proven, the line that was read"`
	Minor    bool      `json:"minor,omitempty" doc:"only of interest when looking closely"`
}

// Task is one task, as the inbox shows it.
type Task struct {
	Serial    string     `json:"serial"`
	Title     string     `json:"title"`
	Folio     string     `json:"folio"`
	Workflow  string     `json:"workflow"`
	Key       string     `json:"key"`
	Instance  int64      `json:"instance"`
	Step      string     `json:"step" doc:"the step's name"`
	Starter   Person     `json:"starter"`
	Status    string     `json:"status" enum:"available,open,allocated,sleeping,asked,answered,closed" doc:"asked: a question about it is put to you; answered: by you, while others are still asked"`
	For       *Person    `json:"for,omitempty" doc:"who is away, and has the caller stand in"`
	Via       *Person    `json:"via,omitempty" doc:"the group it came through"`
	Priority  int        `json:"priority" enum:"0,1,2"`
	OfferedAt time.Time  `json:"offeredAt"`
	Due       *time.Time `json:"due,omitempty"`
	SleepTill *time.Time `json:"sleepUntil,omitempty"`
	Actions   []string   `json:"actions" doc:"in the order they were drawn"`
	Outcome   string     `json:"outcome,omitempty" doc:"once it is closed"`
	ClosedAt  *time.Time `json:"closedAt,omitempty"`
}

// TaskDetail is what the task page shows.
type TaskDetail struct {
	Task
	Instructions string     `json:"instructions,omitempty"`
	Choices      []Action   `json:"choices"`
	Variables    []Variable `json:"variables"`
	Recipients   []Person   `json:"recipients"`
	Claiming     bool       `json:"claiming" doc:"a claim keeps the other recipients out; without it a claim only marks"`
	ClaimedBy    *Person    `json:"claimedBy,omitempty"`
	ClosedBy     *Person    `json:"closedBy,omitempty" doc:"who really did"`
	ClosedFor    *Person    `json:"closedFor,omitempty" doc:"in whose name they did"`
	CanDecide    bool       `json:"canDecide"`
	CanClaim     bool       `json:"canClaim"`
	CanRelease   bool       `json:"canRelease"`
	CanRedirect  bool       `json:"canRedirect"`
	Comments     []Event    `json:"comments"`
	Files        []File     `json:"files" doc:"of the task, and of its instance as a whole"`

	Wanted      int            `json:"wanted,omitempty" doc:"how many answers are wanted; absent: the first decides"`
	Rule        string         `json:"rule,omitempty" doc:"how several answers decide, in a sentence"`
	Tally       string         `json:"tally,omitempty" doc:"how the answers stand: \"2 of 3 answered: 1 Approve, 1 Reject\""`
	Answers     []TaskAnswer   `json:"answers,omitempty"`
	Holders     []Person       `json:"holders,omitempty" doc:"who has claimed it, where several answers are wanted"`
	Later       []Person       `json:"later,omitempty" doc:"whose turn is to come"`
	Questions   []TaskQuestion `json:"questions,omitempty"`
	CanWithdraw bool           `json:"canWithdraw,omitempty"`
	Outcomes    []string       `json:"outcomes,omitempty" doc:"what it can be withdrawn with"`
}

// TaskAnswer is one of the answers to a task.
type TaskAnswer struct {
	By      Person    `json:"by" doc:"who really gave it"`
	For     *Person   `json:"for,omitempty" doc:"in whose name they did"`
	Action  string    `json:"action"`
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
}

// File is one that somebody added to a task or an instance.
type File struct {
	Number int       `json:"number"`
	Name   string    `json:"name"`
	Type   string    `json:"type" doc:"media type, by the end of its name"`
	Bytes  int       `json:"bytes"`
	SHA256 string    `json:"sha256" doc:"of what is in it"`
	At     time.Time `json:"at"`
	By     Person    `json:"by" doc:"who added it"`
	For    *Person   `json:"for,omitempty" doc:"in whose name they did"`
	Task   string    `json:"task,omitempty" doc:"serial number; absent: it is about the instance"`
	URL    string    `json:"url" doc:"where it is downloaded"`
}

// TaskQuestion is a question about a task, and its answer once there is one.
type TaskQuestion struct {
	Number    int        `json:"number"`
	By        Person     `json:"by"`
	To        Person     `json:"to"`
	Text      string     `json:"text"`
	At        time.Time  `json:"at"`
	Reply     string     `json:"reply,omitempty"`
	RepliedAt *time.Time `json:"repliedAt,omitempty"`
	Yours     bool       `json:"yours,omitempty" doc:"it is put to you and waits for your reply"`
}

// Withdraw is the body of POST /tasks/{serial}/withdraw.
type Withdraw struct {
	Outcome string `json:"outcome" minLength:"1" maxLength:"100" doc:"one the task can end with"`
	Comment string `json:"comment,omitempty" maxLength:"4000"`
}

// Ask is the body of POST /tasks/{serial}/questions.
type Ask struct {
	To   string `json:"to,omitempty" maxLength:"320" doc:"login, address, label:name or principal; absent: whoever started the instance"`
	Text string `json:"text" minLength:"1" maxLength:"4000"`
}

// Action is one thing that can be decided.
type Action struct {
	Name    string `json:"name"`
	ByMail  bool   `json:"byMail"`
	Comment bool   `json:"commentRequired,omitempty"`
}

// Decide is the body of POST /tasks/{serial}/decision.
type Decide struct {
	Action    string         `json:"action" minLength:"1" maxLength:"100"`
	Comment   string         `json:"comment,omitempty" maxLength:"4000"`
	Variables map[string]any `json:"variables,omitempty"`
}

// Decided answers POST /tasks/{serial}/decision.
type Decided struct {
	Serial   string `json:"serial"`
	Outcome  string `json:"outcome"`
	Instance int64  `json:"instance"`
	Status   string `json:"status" enum:"running,completed,cancelled" doc:"the instance's, after the decision"`
}

// TaskCounts answers GET /tasks/counts: what a badge shows.
type TaskCounts struct {
	Open     int  `json:"open"`
	Sleeping int  `json:"sleeping"`
	AtLeast  bool `json:"atLeast,omitempty" doc:"open is large, and may count a task twice that came by two ways"`
}

// Redirect is the body of POST /tasks/{serial}/redirect.
type Redirect struct {
	To      string `json:"to" minLength:"1" maxLength:"320" doc:"login, address, label:name or principal"`
	From    string `json:"from,omitempty" maxLength:"320" doc:"whose part is handed on, for administrators; absent: yours, or everybody's where you have none"`
	Comment string `json:"comment,omitempty" maxLength:"4000"`
}

// Share is the body of POST /tasks/{serial}/share.
type Share struct {
	To      string `json:"to" minLength:"1" maxLength:"320" doc:"login, address, label:name or principal"`
	Comment string `json:"comment,omitempty" maxLength:"4000"`
}

// SleepBody is the body of POST /tasks/{serial}/sleep.
type SleepBody struct {
	Until time.Time `json:"until"`
}

// CommentBody is the body of POST /instances/{id}/comments and /tasks/{serial}/comments.
type CommentBody struct {
	Text string `json:"text" minLength:"1" maxLength:"4000"`
}

// CancelBody is the body of POST /instances/{id}/cancel.
type CancelBody struct {
	Reason string `json:"reason,omitempty" maxLength:"1000"`
}

// RetryBody is the body of POST /incidents/{serial}/retry: corrections made
// before the step is tried again.
type RetryBody struct {
	Variables map[string]any `json:"variables,omitempty"`
}

// FinishBody is the body of POST /steps/{serial}/finish: what the other system
// found out.
type FinishBody struct {
	Variables map[string]any `json:"variables,omitempty"`
}

// List is one page of anything.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
	Total *int   `json:"total,omitempty" doc:"where it is kept, not counted"`
}

// User is an account, for administrators.
type User struct {
	Person
	Admin     bool     `json:"admin" doc:"by themselves; more may administer through a group or role"`
	Disabled  bool     `json:"disabled"`
	App       bool     `json:"app,omitempty" doc:"an application, not a person"`
	Source    string   `json:"source,omitempty" doc:"the directory that rules the account; absent: it is kept here"`
	Addresses []string `json:"addresses" doc:"all addresses they may decide from by mail, the main one first"`
	Manager   *Person  `json:"manager,omitempty"`
	Groups    []Person `json:"groups" doc:"groups and roles, also those through other groups"`
}

// NewUser is the body of POST /users.
type NewUser struct {
	Login     string   `json:"login" minLength:"1" maxLength:"64" pattern:"^[a-z0-9][a-z0-9._-]*$"`
	Name      string   `json:"name" maxLength:"200"`
	Email     string   `json:"email,omitempty" maxLength:"320"`
	Password  string   `json:"password,omitempty" maxLength:"1024" doc:"left out: they cannot sign in with one until it is set"`
	Admin     bool     `json:"admin,omitempty"`
	Addresses []string `json:"addresses,omitempty" maxItems:"20" doc:"further addresses they may decide from by mail"`
	Manager   string   `json:"manager,omitempty" maxLength:"320" doc:"principal, login or address"`
}

// ChangeUser is the body of PATCH /users/{id}. What is left out stays.
type ChangeUser struct {
	Name      *string   `json:"name,omitempty" maxLength:"200"`
	Email     *string   `json:"email,omitempty" maxLength:"320"`
	Admin     *bool     `json:"admin,omitempty"`
	Disabled  *bool     `json:"disabled,omitempty"`
	Addresses *[]string `json:"addresses,omitempty" maxItems:"20" doc:"the further addresses, beside email"`
	Manager   *string   `json:"manager,omitempty" maxLength:"320" doc:"principal, login or address; empty for none"`
}

// SetPassword is the body of PUT /users/{id}/password.
type SetPassword struct {
	Password string `json:"password" minLength:"8" maxLength:"1024"`
}

// ChangePassword is the body of PUT /me/password.
type ChangePassword struct {
	Present  string `json:"present" minLength:"1" maxLength:"1024"`
	Password string `json:"password" minLength:"8" maxLength:"1024"`
}

// Live is the data of one server-sent event of /events. Event types:
// "task" (your worklist changed), "instance" (one you may see moved on).
type Live struct {
	Instance int64  `json:"instance"`
	Task     string `json:"task,omitempty"`
}

// Resync is the data of the event "resync": changes may have been missed, so
// whatever is on screen should be read again.
type Resync struct {
	Reason string `json:"reason"`
}
