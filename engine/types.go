package engine

import (
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// Input is something that happened to an instance, or that somebody asks of it.
type Input struct {
	At     time.Time      // when; Decide has no clock of its own
	By     signoff.Caller // who; the zero Caller is the server (timers, effects)
	Event  Event
	People People // answers to the names Decide asked for with NeedPeople

	Calendars Calendars // likewise, with NeedCalendars
	Absent    Absent    // likewise, with NeedAbsent; nil: nobody is away, and Decide does not ask
}

// Event is what happened. The types below are all there are.
type Event interface{ event() }

// Start begins the instance. State must be the zero State.
type Start struct {
	Instance signoff.InstanceID
	Node     string // the start event that begins it; "" the one without a trigger
	Folio    string // "": the workflow's own folio template
	Priority int
	Vars     map[string]expr.Value // checked against the declared variables
	Came     map[string]expr.Value // what the message or signal carried that starts it
}

// Act decides a task.
type Act struct {
	Task     int
	Action   string // matched without regard to case
	Comment  string
	Vars     map[string]expr.Value // only those in the task's Fields
	Channel  string                // "page", "rest", "mail", "cli"
	Evidence string                // what a mail decision rests on; kept in the fact
}

// Claim marks a task as the caller's, and keeps others from it if the task is a
// Claiming one; Release gives it back.
type (
	Claim   struct{ Task int }
	Release struct{ Task int }
)

// Redirect hands a task on to somebody else instead of the caller. An
// administrator hands on the part of From or, when it is "", of everybody.
type Redirect struct {
	Task    int
	From    string // as To; for administrators only
	To      string // a login, address, label:name or principal; resolved through People
	Comment string
}

// Withdraw ends a task without an answer; the workflow goes on with Outcome.
// Only administrators withdraw.
type Withdraw struct {
	Task    int
	Outcome string // one the task can end with
	Comment string
}

// Ask puts a question about a task to somebody, who need not have the task:
// to whoever started the instance when To is "". The task stays where it is.
// Reply answers it.
type (
	Ask struct {
		Task int
		To   string // as in Redirect
		Text string
	}
	Reply struct {
		Task     int
		Question int // its number
		Text     string
	}
)

// Share puts a task before somebody else besides the caller: either may decide.
// K2 calls it delegating.
type Share struct {
	Task    int
	To      string // as in Redirect
	Comment string
}

// Comment adds a remark to the instance, about Task when it is not 0.
type Comment struct {
	Task int
	Text string
}

// Sleep hides a task from the caller's list until a time; Wake shows it again.
type (
	Sleep struct {
		Task  int
		Until time.Time
	}
	Wake struct{ Task int }
)

// TimerDue says that a timer's time has come.
type TimerDue struct{ Timer int }

// EffectDone reports the result of a command with the same Ref.
type EffectDone struct {
	Effect int
	Result map[string]expr.Value // what Outputs are evaluated over
}

// EffectFailed reports that a command with the same Ref failed for good after
// Attempts tries. Where an error event catches Error or Code, its way is taken;
// else it becomes an incident. An error event without a code catches any Error.
type EffectFailed struct {
	Effect   int
	Attempts int
	Error    string // the workflow's own code, as a service or a workflow called gives it; "": none
	Code     string // what failed, as whoever tried it calls it; "": effect-failed
	Cause    string // for people; no secrets
	Advice   string // what to do about it; "": put the cause right and retry
}

// FinishExternal completes a service task that waits for another system.
type FinishExternal struct {
	Effect int
	Vars   map[string]expr.Value
}

// MessageCame says that a message has come for one that waits for it.
type MessageCame struct {
	Wait    int // Wait.Seq
	Vars    map[string]expr.Value
	Message string // its id, for the history
}

// SignalCame says that a signal has come that is waited for.
type SignalCame struct {
	Wait int // Wait.Seq
	Vars map[string]expr.Value
}

// Retry tries the failed step of an incident again, with the same key.
type Retry struct {
	Incident int
	Vars     map[string]expr.Value // corrections made before trying
}

// Cancel ends the instance and everything open in it; with an incident only while
// that is open.
type Cancel struct {
	Reason   string
	Incident int
}

func (Start) event()          {}
func (Act) event()            {}
func (Claim) event()          {}
func (Release) event()        {}
func (Redirect) event()       {}
func (Share) event()          {}
func (Withdraw) event()       {}
func (Ask) event()            {}
func (Reply) event()          {}
func (Comment) event()        {}
func (Sleep) event()          {}
func (Wake) event()           {}
func (TimerDue) event()       {}
func (EffectDone) event()     {}
func (EffectFailed) event()   {}
func (FinishExternal) event() {}
func (MessageCame) event()    {}
func (SignalCame) event()     {}
func (Retry) event()          {}
func (Cancel) event()         {}

// People are answers to questions about people, keyed as they were asked:
//
//	"jane", "jane@contoso.test", "K2:CONTOSO\jane"  a person, by any name
//	"user:7"                                        a person, by principal
//	"group:Finance"                                 a group as one, by name or principal
//	"role:Approvers"                                a role as one, by name
//	"manager:jane", "manager:user:7"                the manager of a person, as a directory says
//	"members:Finance", "members:role:Approvers"     everybody in a group or role
//
// An empty slice means: asked, and nobody is called that.
type People map[string][]signoff.Person

// NeedPeople is the error by which Decide asks who is meant. Nothing happened;
// the caller finds the people and decides again with the answers added to
// Input.People.
type NeedPeople struct{ Names []string }

func (NeedPeople) Error() string { return "engine: people to be looked up first" }

// Step is what Decide worked out.
type Step struct {
	State    State // Apply folded over Facts
	Facts    []Fact
	Commands []Command
}

// Status is how an instance stands.
type Status string

const (
	Running   Status = "running"
	Completed Status = "completed"
	Cancelled Status = "cancelled"
)

// State is everything the engine needs to know of an instance. It is stored as
// JSON and carries the version of its own form.
type State struct {
	Form          int                   `json:"form"` // StateForm when written
	Instance      signoff.InstanceID    `json:"instance"`
	Status        Status                `json:"status"`
	Folio         string                `json:"folio"`
	Priority      int                   `json:"priority"`
	Starter       signoff.Person        `json:"starter"`
	StarterBehind signoff.Principal     `json:"starterBehind,omitempty"` // who started it in Starter's name
	StartedAt     time.Time             `json:"startedAt"`
	EndedAt       *time.Time            `json:"endedAt,omitempty"`
	Seq           int                   `json:"seq"`   // last number given to a thing in the instance
	Facts         int                   `json:"facts"` // how many facts there are
	Vars          map[string]expr.Value `json:"-"`     // encoded by MarshalJSON
	Tokens        []Token               `json:"tokens,omitempty"`
	Tasks         []Task                `json:"tasks,omitempty"` // open and closed, oldest first
	Timers        []Timer               `json:"timers,omitempty"`
	Effects       []Effect              `json:"effects,omitempty"`
	Scopes        []Scope               `json:"scopes,omitempty"`
	Waits         []Wait                `json:"waits,omitempty"`
	Incidents     []Incident            `json:"incidents,omitempty"` // open ones
	Held          *Held                 `json:"held,omitempty"`      // set while it is stopped
	Paused        []Paused              `json:"paused,omitempty"`    // what can go on when it no longer is
	Doers         []Doer                `json:"doers,omitempty"`     // who decided tasks that Tasks no longer has
	Came          *Came                 `json:"came,omitempty"`      // the last migration, unless it was undone
	Ran           []Ran                 `json:"ran,omitempty"`       // versions it ran on before, oldest first
	Files         []File                `json:"files,omitempty"`     // added by people
	Error         string                `json:"error,omitempty"`     // code of the error the instance ended with
	Last          *Decision             `json:"last,omitempty"`      // how the last task ended
}

// Decision is how a task ended; expressions see it as outcome, comment and
// decidedBy.
type Decision struct {
	Outcome string         `json:"outcome"`
	Comment string         `json:"comment,omitempty"`
	By      signoff.Person `json:"by"` // the zero Person when the deadline decided
	At      time.Time      `json:"at"`
}

// StateForm and FactForm are the versions of the stored forms of State and Fact
// that this program writes; it reads older ones, too. They are raised when a
// program of before would misunderstand what is written, not when it can pass
// over what is new. What has nothing of a newer form in it is written in the
// first, so that programs of before go on with it.
const (
	StateForm = 2 // scopes, waits, and tasks of several answers
	FactForm  = 2 // likewise
)

// Token marks a place where the instance is. A token that waits at a join names
// the flow it came by.
type Token struct {
	ID    int    `json:"id"`
	Node  string `json:"node"`            // BPMN element id
	Flow  string `json:"via,omitempty"`   // sequence flow id it arrived by
	Scope int    `json:"scope,omitempty"` // Scope.ID; 0: the workflow itself
}

// Scope is a sub-process while it runs, or what repeats an activity, or one pass
// of that. It ends when nothing in it is left.
type Scope struct {
	ID     int                   `json:"id"`
	Node   string                `json:"node"`
	Parent int                   `json:"parent,omitempty"` // 0: the workflow itself
	Token  int                   `json:"token,omitempty"`  // waits at Node until the scope ends; 0 for event sub-processes and passes
	Number int                   `json:"number,omitempty"` // of a pass, from 1
	Vars   map[string]expr.Value `json:"-"`                // seen in it alone: the item of a pass; encoded as "vars"
	Loop   *Loop                 `json:"loop,omitempty"`   // set for what repeats
}

// Loop counts the passes of a repeated activity.
type Loop struct {
	Count   int       `json:"count,omitempty"` // how many there will be; 0 where that is not known
	Begun   int       `json:"begun,omitempty"`
	Done    int       `json:"done,omitempty"`
	Stopped int       `json:"stopped,omitempty"`
	Items   expr.List `json:"-"` // still to come, and those before; encoded as "items"
	Output  expr.List `json:"-"` // what the passes gave; encoded as "output"
}

func (l *Loop) active() int { return l.Begun - l.Done - l.Stopped }

// Wait is a message, a signal or a condition that is waited for.
type Wait struct {
	Seq   int    `json:"seq"`
	Token int    `json:"token,omitempty"` // that waits; 0: the start of an event sub-process, in Scope
	Scope int    `json:"scope,omitempty"`
	Node  string `json:"node"` // the event
	Kind  string `json:"kind"` // WaitMessage, WaitSignal, WaitCondition
	Name  string `json:"name,omitempty"`
	Key   string `json:"key,omitempty"` // of a message; "": none asked for
	Met   bool   `json:"met,omitempty"` // a condition that has had its way and is still true
}

// Task is a question put to people.
type Task struct {
	Seq          int                 `json:"seq"` // second half of its serial number
	Token        int                 `json:"token,omitempty"`
	Node         string              `json:"node"`
	Title        string              `json:"title"`
	Instructions string              `json:"instructions,omitempty"` // while it is open
	Recipients   []signoff.Principal `json:"recipients"`
	Claiming     bool                `json:"claiming,omitempty"` // a claim keeps the others out; else it only marks
	Claimed      signoff.Principal   `json:"claimed,omitempty"`
	Asleep       []Asleep            `json:"asleep,omitempty"`
	Priority     int                 `json:"priority,omitempty"`
	OfferedAt    time.Time           `json:"offeredAt"`
	Due          *time.Time          `json:"due,omitempty"`
	// Set once it is closed:
	ClosedAt  *time.Time        `json:"closedAt,omitempty"`
	Outcome   string            `json:"outcome,omitempty"` // "" when it was withdrawn with what surrounds it
	ClosedBy  signoff.Principal `json:"closedBy,omitempty"`
	Behind    signoff.Principal `json:"behind,omitempty"`    // who did that in ClosedBy's name
	Withdrawn bool              `json:"withdrawn,omitempty"` // ClosedBy ended it without an answer

	// Where several answers are wanted, or the recipients are asked one after the
	// other; else Slots is 0 and the first answer decides.
	Slots     int                 `json:"slots,omitempty"` // answers wanted
	Later     []signoff.Principal `json:"later,omitempty"` // whose turn is to come
	Answers   []Answer            `json:"answers,omitempty"`
	Holders   []Holder            `json:"holders,omitempty"` // who has claimed it, instead of Claimed
	Shared    []Shared            `json:"shared,omitempty"`
	HandedOn  []signoff.Principal `json:"handedOn,omitempty"`  // who had it through a group and redirected it
	Questions []Question          `json:"questions,omitempty"` // while it is open
}

// Open tells whether the task can still be decided.
func (t Task) Open() bool { return t.ClosedAt == nil }

// Asleep hides a task from one person until a time.
type Asleep struct {
	By    signoff.Principal `json:"by"`
	Until time.Time         `json:"until"`
}

// Timer is a due time, worked out once.
type Timer struct {
	Seq  int       `json:"seq"`
	Node string    `json:"node"`
	For  TimerFor  `json:"for"`
	Ref  int       `json:"ref"` // token for an event, task for a deadline or a sleep, scope for a start
	Due  time.Time `json:"due"`

	Cycle string `json:"cycle,omitempty"` // of one that comes again, as process.ParseCycle reads it
	Left  int    `json:"left,omitempty"`  // how often it comes after this time; -1 without end

	Number int `json:"number,omitempty"` // which of the task's reminders, from 1
}

// TimerFor says what a timer serves.
type TimerFor string

const (
	ForEvent    TimerFor = "event"    // an intermediate or boundary timer event
	ForDeadline TimerFor = "deadline" // a task's deadline
	ForSleep    TimerFor = "sleep"    // a sleeping task wakes
	ForStart    TimerFor = "start"    // an event sub-process begins
	ForIdle     TimerFor = "idle"     // a claim is given back
	ForReminder TimerFor = "reminder" // a task is called to mind, or handed on
)

// Effect is something the outside was asked to do and has not reported yet.
type Effect struct {
	Seq   int    `json:"seq"`
	Token int    `json:"token"`
	Node  string `json:"node"`
	Kind  string `json:"kind"` // "email", "call", "external", "message", "signal", "workflow"
}

// Incident is a step that failed and waits for somebody to put it right.
type Incident struct {
	Seq      int       `json:"seq"`
	Node     string    `json:"node"`
	Token    int       `json:"token"`
	Effect   int       `json:"effect,omitempty"` // what failed; a timer or a wait at the stage Due
	Stage    Stage     `json:"stage"`            // where Retry takes the step up again
	Code     string    `json:"code"`             // one of the Incident… codes in refusals.go
	Cause    string    `json:"cause"`
	Advice   string    `json:"advice,omitempty"`
	Attempts int       `json:"attempts,omitempty"`
	At       time.Time `json:"at"`

	Result map[string]expr.Value `json:"-"` // what a call brought back and Outputs could not use; encoded as "result"
}

// Stage is how far a token has come with its step.
type Stage string

const (
	Entering   Stage = "entering"   // nothing has been asked or done yet
	Answered   Stage = "answered"   // a call has brought its result, which is being read
	Completing Stage = "completing" // the work is done; variables are being set
	Leaving    Stage = "leaving"    // the way on is being chosen
	Looping    Stage = "looping"    // the next pass of a repeated activity is being chosen
	Counting   Stage = "counting"   // the answers of an open task are being weighed
	Due        Stage = "due"        // no token's: a timer could not be taken in, or a condition worked out; Effect is its number
)

// FactKind is what became true. The comment names the fields of Fact that are
// set besides Seq, At, By, Kind.
type FactKind string

const (
	Started         FactKind = "started"           // Instance, Folio, Priority, Starter, Vars
	Entered         FactKind = "entered"           // Node, Token (new, or come from its last node), Flow (via), Scope
	Left            FactKind = "left"              // Node, Token: the token is no more
	VarsSet         FactKind = "variables set"     // Vars, Node
	TaskOffered     FactKind = "task offered"      // Node, Ref, Token, Title, Text (instructions), To, Due, Priority, Claiming, Slots, Later
	TaskClaimed     FactKind = "task claimed"      // Ref, Due (given back then)
	TaskReleased    FactKind = "task released"     // Ref, To (whose claims, where there can be several), Text (why, when nobody did)
	TaskRedirected  FactKind = "task redirected"   // Ref, From ("": everybody), To (instead), Text, Slots (that many answers are wanted now; 0: as before)
	TaskShared      FactKind = "task shared"       // Ref, From (whose voice they have; "": their own), To (besides), Text, Slots as above
	TaskSlept       FactKind = "task put to sleep" // Ref, Due
	TaskWoken       FactKind = "task woken"        // Ref, To (whose)
	TaskDecided     FactKind = "task decided"      // Ref, Action, Outcome, Text (comment), Vars, Channel, Evidence, Person
	TaskExpired     FactKind = "task expired"      // Ref, Outcome, Vars
	TaskWithdrawn   FactKind = "task withdrawn"    // Ref, Text (why), Outcome and Vars when an administrator did
	TaskAnswered    FactKind = "task answered"     // Ref, Action, Text (comment), Vars, Channel, Evidence, Person, From (the group whose turn it was)
	TaskConcluded   FactKind = "task concluded"    // Ref, Outcome, Text (why), Vars, Person (who answered last)
	TaskPassed      FactKind = "task passed on"    // Ref, To (whose turn it is), Attempts (how many of Later that takes)
	TaskReminded    FactKind = "task reminded"     // Ref, To, Number
	TaskAsked       FactKind = "task asked about"  // Ref, Subject (the question's number), To, Text, Person
	TaskReplied     FactKind = "task replied to"   // Ref, Subject, Text, Person
	Commented       FactKind = "commented"         // Ref (0: instance), Text
	FileAdded       FactKind = "file added"        // Ref (0: instance), Subject (its number), Title (name), Text (media type), Number (bytes), Code (SHA-256)
	FileRemoved     FactKind = "file removed"      // Ref, Subject, Title, Text (why)
	TimerSet        FactKind = "timer set"         // Ref, Node, Token, or task or scope in Subject, Due, TimerFor, Text (cycle), Attempts (left)
	TimerFired      FactKind = "timer fired"       // Ref, Node, TimerFor
	TimerCleared    FactKind = "timer cleared"     // Ref
	EffectRequested FactKind = "effect requested"  // Ref, Node, Token, Effect (kind), Text (what, for people)
	EffectFinished  FactKind = "effect finished"   // Ref, Node
	EffectDropped   FactKind = "effect dropped"    // Ref (its token was taken away)
	IncidentRaised  FactKind = "incident raised"   // Ref, Node, Token, Subject (effect), Stage, Code, Text, Advice, Attempts, Vars (result)
	IncidentCleared FactKind = "incident cleared"  // Ref, Text (how)
	Ended           FactKind = "ended"             // Status, Text (why, when cancelled), Code (of an error nothing caught)

	ScopeOpened      FactKind = "scope opened"      // Ref, Node, Scope (parent), Token (host) or Subject (number of the pass), Vars (local)
	LoopBegun        FactKind = "loop begun"        // Ref, Node, Scope (parent), Token (host), Attempts (how many passes), Vars (items)
	ScopeEnded       FactKind = "scope ended"       // Ref, Node, Text (why it was taken away), Vars (output)
	WaitSet          FactKind = "wait set"          // Ref, Node, Token or Scope, Effect (kind), Title (name), Code (key)
	WaitCleared      FactKind = "wait cleared"      // Ref, Node
	MessageReceived  FactKind = "message received"  // Ref (wait), Node, Text (its id)
	SignalReceived   FactKind = "signal received"   // Ref (wait), Node
	ConditionMet     FactKind = "condition met"     // Ref (wait), Node
	ConditionLapsed  FactKind = "condition lapsed"  // Ref (wait), Node: true no more
	ErrorCaught      FactKind = "error caught"      // Node (that caught it), Code, Text
	EscalationCaught FactKind = "escalation caught" // likewise

	StepSkipped     FactKind = "step skipped"     // Ref (incident), Node, Token, Outcome (of a task), Vars, Text (why)
	VarsEdited      FactKind = "variables edited" // Vars, Text (why)
	TokenMoved      FactKind = "moved"            // Node (where it is now), Token, Scope, Code (where it was), Text (why)
	InstanceHeld    FactKind = "instance stopped" // Text (why)
	InstanceResumed FactKind = "instance resumed" // Text (why)
	TokenPaused     FactKind = "paused"           // Node, Token, Stage: it goes on when the instance does

	Migrated FactKind = "migrated"  // Crossed, Vars, Number (how many facts after it belong to it), Text (why)
	WentBack FactKind = "went back" // Crossed (from and to the other way round), Text (why): the migration before is undone
)

// Fact is something that is now true of an instance. Facts are never changed;
// in order, they are the history people read.
type Fact struct {
	Seq  int               `json:"seq"` // 1 for the first
	At   time.Time         `json:"at"`
	Kind FactKind          `json:"kind"`
	By   signoff.Principal `json:"by,omitempty"` // "": the server
	Node string            `json:"node,omitempty"`
	Ref  int               `json:"ref,omitempty"` // the thing's number in the instance

	Behind signoff.Principal `json:"behind,omitempty"` // who did it in By's name

	Token    int                   `json:"token,omitempty"`
	Subject  int                   `json:"subject,omitempty"`
	Scope    int                   `json:"scope,omitempty"`
	Flow     string                `json:"flow,omitempty"`
	Instance signoff.InstanceID    `json:"instance,omitempty"`
	Folio    string                `json:"folio,omitempty"`
	Starter  *signoff.Person       `json:"starter,omitempty"`
	Person   *signoff.Person       `json:"person,omitempty"` // By, as they were called then
	Stage    Stage                 `json:"stage,omitempty"`
	Priority int                   `json:"priority,omitempty"`
	Title    string                `json:"title,omitempty"`
	Claiming bool                  `json:"claiming,omitempty"`
	Slots    int                   `json:"slots,omitempty"`
	Number   int                   `json:"number,omitempty"`
	Later    []signoff.Principal   `json:"next,omitempty"`
	To       []signoff.Principal   `json:"to,omitempty"`
	From     signoff.Principal     `json:"from,omitempty"`
	Due      *time.Time            `json:"due,omitempty"`
	TimerFor TimerFor              `json:"timerFor,omitempty"`
	Action   string                `json:"action,omitempty"`
	Outcome  string                `json:"outcome,omitempty"`
	Text     string                `json:"text,omitempty"`
	Advice   string                `json:"advice,omitempty"`
	Code     string                `json:"code,omitempty"`
	Attempts int                   `json:"attempts,omitempty"`
	Channel  string                `json:"channel,omitempty"`
	Evidence string                `json:"evidence,omitempty"`
	Effect   string                `json:"effect,omitempty"`
	Status   Status                `json:"status,omitempty"`
	Crossed  *Crossed              `json:"crossed,omitempty"`
	Vars     map[string]expr.Value `json:"-"` // encoded by MarshalJSON as "vars"
}

// CommandKind is what the world is asked to do.
type CommandKind string

const (
	DoNotify CommandKind = "notify" // tell recipients of a task; the instance does not wait for it
	DoEmail  CommandKind = "email"  // send a mail; ends in EffectDone or EffectFailed
	DoCall   CommandKind = "call"   // call a service; likewise

	DoMessage  CommandKind = "message"  // hand a message to whom waits for it, or keep it until somebody does; likewise
	DoSignal   CommandKind = "signal"   // tell all who wait for a signal; likewise
	DoWorkflow CommandKind = "workflow" // start another workflow; EffectDone brings the variables it ended with
)

// Command is something the world should do because of a step. It is handed out
// after the step has committed, at least once; Key is the same every time.
type Command struct {
	Key    string      `json:"key"` // "{instance}_{ref}/{kind}" and, where a thing commands more than once, "/{n}"
	Kind   CommandKind `json:"kind"`
	Node   string      `json:"node"`
	Ref    int         `json:"ref"` // task for notify, effect otherwise
	Notify *Notify     `json:"notify,omitempty"`
	Email  *Email      `json:"email,omitempty"`
	Call   *Call       `json:"call,omitempty"`

	Message  *Message  `json:"message,omitempty"` // of DoMessage and DoSignal
	Workflow *Workflow `json:"workflow,omitempty"`
}

// Message asks for a message or a signal to be handed on. A signal has neither
// Key nor Until.
type Message struct {
	Name  string     `json:"name"`
	Key   string     `json:"key,omitempty"`
	Until *time.Time `json:"until,omitempty"` // how long it waits for somebody to want it; nil: as long as the server keeps messages
	Vars  string     `json:"vars,omitempty"`  // what it carries: a context, as expr.AppendJSON writes it
}

// Workflow asks for another workflow to be started, once for Command.Key, and
// for EffectDone with its variables when it is complete. One that ends with an
// error or is cancelled is EffectFailed with that error.
type Workflow struct {
	Key     string `json:"key"`               // the workflow's
	Version string `json:"version,omitempty"` // a number; "": the default one
	Vars    string `json:"vars,omitempty"`    // what it is started with, as in Message
}

// Notify asks for a task's notification. Group recipients are told member by member.
type Notify struct {
	To           []signoff.Principal `json:"to"`
	Subject      string              `json:"subject"` // "": the standard one
	Body         string              `json:"body"`    // "": the standard one
	Title        string              `json:"title"`
	Instructions string              `json:"instructions,omitempty"`
	Folio        string              `json:"folio"`
	Workflow     string              `json:"workflow"`
	Starter      signoff.Person      `json:"starter"`
	Actions      []string            `json:"actions"`          // those that may be decided by reply
	Others       []string            `json:"others,omitempty"` // those that need the page
	Reply        bool                `json:"reply"`
	Demand       []string            `json:"demand,omitempty"`      // actions that demand a comment
	Substitutes  bool                `json:"substitutes,omitempty"` // another recipient of the task may answer the mail of one
	Strict       bool                `json:"strict,omitempty"`      // the sender must be proven in the strongest way
	Due          *time.Time          `json:"due,omitempty"`
	Facts        []Labelled          `json:"facts,omitempty"` // variables shown with the task
	Rule         string              `json:"rule,omitempty"`  // how several answers decide, in a sentence
	Note         bool                `json:"note,omitempty"`  // of a question or a reply: there is nothing to decide
	Reminder     bool                `json:"reminder,omitempty"`
}

// Labelled is a variable as people read it.
type Labelled struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Email asks for one mail. Recipients are principals, or bare addresses.
type Email struct {
	To      []string `json:"to"`
	Cc      []string `json:"cc,omitempty"`
	Subject string   `json:"subject"`
	Body    string   `json:"body"`
}

// Call asks for one HTTP request or, when Service is set, for one call of a
// service object's method.
type Call struct {
	Method string            `json:"method"`
	URL    string            `json:"url,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"` // JSON text

	Service string            `json:"service,omitempty"`
	Object  string            `json:"object,omitempty"`
	As      signoff.Principal `json:"as,omitempty"`     // whose connection is used; "" the service account's
	Inputs  string            `json:"inputs,omitempty"` // JSON text: an object
	Again   bool              `json:"again,omitempty"`  // it was asked for before, and may have got through
}
