// Package process holds a workflow as the engine runs it: nodes, flows,
// variables, and what people and the outside are asked at each node. It knows
// nothing of XML; package bpmn reads and writes that.
//
// A Definition is immutable once Check has accepted it, and shared by every
// instance that runs it.
package process

import (
	"time"

	"github.com/signoffhq/signoff/expr"
)

// Definition is one version of a workflow.
type Definition struct {
	ID        string // the BPMN process id; the workflow's key
	Name      string
	Doc       string // what people read before they start it
	Calendar  string // what counts working time where nothing else is named; "": the server's standard one
	Category  string // "Finance/Travel": folders for people, separated by "/"
	Folio     *expr.Template
	Variables []Variable
	Nodes     []Node // Nodes[0] need not be the start; those of sub-processes too
	Flows     []Flow

	made *derived // what Prepare works out
}

// Kind is what a node does.
type Kind uint8

const (
	StartEvent Kind = iota + 1
	EndEvent
	TerminateEvent // ends its scope and everything in it (BPMN 2.0.2 §13.5.6)
	PassThrough    // abstract and manual tasks, none intermediate throw: nothing to wait for
	UserTask
	SendTask
	ServiceTask
	ScriptTask // script and business-rule tasks: assignments
	ExclusiveGateway
	ParallelGateway
	CatchEvent       // an intermediate event: waits for what its Event says
	BoundaryEvent    // sits on an activity and waits for what its Event says
	ThrowEvent       // an intermediate event: does what its Event says and goes on
	InclusiveGateway // takes every way whose condition is true; waits for all that can still come
	EventGateway     // waits for the first of the events behind it
	ReceiveTask      // waits for a message
	SubProcess       // steps of its own, drawn in it
	EventSubProcess  // the same, begun by an event while its surroundings run
	CallActivity     // runs another workflow
)

// Node is one flow node. Exactly the part that belongs to its Kind is set.
type Node struct {
	Index    int // its place in Definition.Nodes
	ID       string
	Name     string // what people see; the ID when the file gives none
	Kind     Kind
	Element  string // BPMN element name, "userTask"; for messages and history
	Line     int    // in the file it came from; 0 when not from a file
	Scope    int    // the sub-process it is drawn in: index into Definition.Nodes, -1 in none
	Incoming []int  // indexes into Flows
	Outgoing []int
	Default  int   // index into Flows, -1 for none (exclusive gateways and activities)
	Boundary []int // nodes of boundary events attached to this one

	Task    *Task    // UserTask
	Email   *Email   // SendTask
	Service *Service // ServiceTask
	Assign  []Assign // ScriptTask; also run when any other activity completes
	Event   *Event   // events with a trigger or result, ReceiveTask, and a SendTask that sends a message
	Attach  *Attach  // BoundaryEvent
	Call    *Call    // CallActivity
	Multi   *Multi   // activities that are repeated
	Retry   *Retry   // SendTask, ServiceTask; nil means DefaultRetry
}

// Flow is a sequence flow.
type Flow struct {
	Index     int
	ID        string
	Name      string
	From, To  int        // indexes into Nodes
	Condition *expr.Expr // nil: always
	Line      int
}

// Type is the type of a variable.
type Type string

const (
	String   Type = "string"
	Text     Type = "text" // a string of several lines
	Number   Type = "number"
	Boolean  Type = "boolean"
	Date     Type = "date"
	DateTime Type = "dateTime"
	Duration Type = "duration"
	Person   Type = "person" // a login or an address; held as a string
	JSON     Type = "json"   // anything: lists and contexts
)

// Variable is a value an instance carries from step to step.
type Variable struct {
	Name     string
	Label    string // for forms; the name when empty
	Type     Type
	Required bool       // must be given at start
	Input    bool       // asked in the start form
	Show     bool       // shown with tasks
	Default  *expr.Expr // evaluated at start; nil: null
	Choices  []string   // for String: the only values allowed; empty: any
	Line     int
}

// Task is what a user task asks, and of whom.
type Task struct {
	Title          *expr.Template // nil: the node's name
	Instructions   *expr.Template
	Recipients     []Recipient
	Actions        []Action
	Serial         bool       // the recipients are asked one after the other, in their order
	Answers        *Answers   // nil: the first answer decides
	Claiming       bool       // a claim takes the task, or one of its slots, until it is released; else it only marks
	Idle           *expr.Expr // of Claiming: a claim is given back after this duration; nil: it stays
	Deadline       *Deadline
	Reminders      []Reminder
	Notify         *Notify  // nil: no mail
	Priority       int      // 0 high, 1 normal, 2 low; as K2
	Result         string   // variable that takes {outcome, comment, by, at}; "" for none
	Fields         []string // variables a decision may change
	ExcludeStarter bool     // separation of duties: the starter cannot be asked
	Exclude        []string // likewise who decided one of these steps, by element id
}

// Recipient names somebody the task is for. Exactly one field is set.
type Recipient struct {
	Person  *expr.Template // a login, an address or label:name; templates allowed: "{approver}"
	Group   string         // a group as one recipient: any member may decide
	Members string         // a group resolved into its members when the task is offered
	Starter bool
	Expr    *expr.Expr // a string, a list of strings, or a person context
}

// Action is something a person can decide: "Approve".
type Action struct {
	Name    string
	ByMail  bool // may be decided by replying to the mail; K2's "batchable"
	Comment bool // a comment is demanded
	Veto    bool // one answer with it decides, whatever the rule
}

// Deadline ends a task that nobody decided in time.
type Deadline struct {
	After   *expr.Expr // a duration, counted from the offer; or
	At      *expr.Expr // a date-time
	Outcome string     // the task's outcome then, such as "Expired"
	Count   bool       // the rule is applied to the answers there are; Outcome is for when it gives none
	Hours   Hours
}

// Notify is the mail that tells recipients of a task.
type Notify struct {
	Subject *expr.Template // nil: a standard one
	Body    *expr.Template // plain text, paragraphs split by blank lines; nil: a standard one
	Reply   bool           // deciding by reply is allowed
	// Of deciding by reply:
	Substitutes bool // who has the task too may answer the mail of another
	Strict      bool // only the strongest proof of the sender counts
}

// Email is what a send task sends.
type Email struct {
	To, Cc  []Recipient
	Subject *expr.Template
	Body    *expr.Template
}

// Service is what a service task calls. Exactly one of its kinds is used.
type Service struct {
	External bool        // waits until somebody finishes it by its serial number (K2's server event)
	Object   *ObjectCall // calls a method of a service object
	// HTTP, when it is neither of them:
	Method string
	URL    *expr.Template
	Header []Header
	Body   *expr.Expr // sent as JSON; nil: no body

	Outputs []Assign // evaluated over {status, body} of HTTP, {result} of an object
}

// ObjectCall is a call of a service object's method. Whether there is such a
// method is known only where it runs.
type ObjectCall struct {
	Service, Object, Method string // "office", "Email", "send"

	As     Account
	Inputs []Input
}

// Account says whose connection to the service is used. The zero one is the
// service account's.
type Account struct {
	Starter bool
	Person  *expr.Expr // a name, or a person context
}

// Input is one value that a method is given. Exactly one of Value and Text is set.
type Input struct {
	Name  string
	Value *expr.Expr     // null: the input is left out
	Text  *expr.Template // text as people read it
}

// Header is one HTTP header a service task sends.
type Header struct {
	Name  string
	Value *expr.Template
}

// Assign sets a variable from an expression.
type Assign struct {
	Variable string
	Value    *expr.Expr
}

// Timer says when a timer event fires. Exactly one of After, At and Cycle is set.
type Timer struct {
	After *expr.Expr // a duration
	At    *expr.Expr // a date-time
	Cycle *expr.Expr // a text as ParseCycle reads it
	Zone  string     // IANA name, for moments and cycles that name none; "": where the server is
	Hours Hours
}

// Hours says in which time something is counted: on the clock, or in working
// time, in which a moment is when work is done next. The zero one is the clock.
type Hours struct {
	Working  bool
	Calendar string // by name; "": Definition.Calendar
}

// Attach ties a boundary event to its activity.
type Attach struct {
	To           int // index into Nodes
	Interrupting bool
}

// Retry says how often and how patiently a failed effect is tried again before
// it becomes an incident.
type Retry struct {
	Max   int           // attempts in all
	First time.Duration // wait before the second attempt; doubles each time up to Cap
	Cap   time.Duration
}

// DefaultRetry is what a node without a retry policy gets.
var DefaultRetry = Retry{Max: 6, First: 2 * time.Second, Cap: 5 * time.Minute}
