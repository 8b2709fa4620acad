package process

import "github.com/signoffhq/signoff/expr"

// Trigger is what an event waits for or does (BPMN 2.0.2 §10.5.5).
type Trigger uint8

// The triggers. An event without one has no Event.
const (
	OnTimer Trigger = iota + 1
	OnMessage
	OnSignal
	OnError
	OnEscalation
	OnCondition
	OnLink
)

// String returns the trigger as BPMN and the engine's state call it.
func (t Trigger) String() string {
	return [...]string{"none", "timer", "message", "signal", "error", "escalation", "condition", "link"}[t]
}

// Event is what an event is about. What a trigger does not need is not set.
type Event struct {
	Trigger   Trigger
	Timer     *Timer     // OnTimer
	Name      string     // of the message, the signal or the link
	Code      string     // of the error or escalation; where it is caught "" is any
	Condition *expr.Expr // OnCondition
	Key       *expr.Expr // OnMessage: what tells this instance from others; worked out once. nil: nothing does
	Keep      *expr.Expr // OnMessage, thrown: a duration it waits for somebody to want it; nil: the server's
	Inputs    []Input    // what a thrown message or signal carries
	Outputs   []Assign   // variables set from what came, where it is caught; over {message}, {signal}, {error} or {escalation}

	Interrupting bool // the start event of an event sub-process ends what goes on around it
}

// Call is what a call activity runs (BPMN 2.0.2 §10.3.6).
type Call struct {
	Workflow string   // its key
	Version  string   // a number; "": the default version when the step is reached
	Inputs   []Input  // what it is started with
	Outputs  []Assign // over {result}: the variables it ended with
}

// Multi says how an activity is repeated: once for each item of a collection or
// a number of times (BPMN 2.0.2 §10.3.8, §13.3.7), or as a loop while a
// condition holds (§13.3.6). Exactly one of Collection, Cardinality and Loop is set.
type Multi struct {
	Sequential  bool       // one after the other; a Loop always is
	Collection  *expr.Expr // a list
	Element     string     // the name under which each sees its item; "" for none
	Cardinality *expr.Expr // a whole number
	Completion  *expr.Expr // looked at whenever one is done: true ends the rest; nil: all
	Output      *expr.Expr // what each gives, worked out when it is done
	Result      string     // the variable that takes the list of what they gave
	Loop        *Loop
}

// Loop repeats an activity while a condition is true.
type Loop struct {
	While  *expr.Expr // nil: up to Most
	Before bool       // looked at before the first time, too
	Most   int        // times; 0: no limit
}

// LoopNames are what expressions in a repeated activity see besides its item
// (BPMN 2.0.2 table 10.31 and 10.32).
var LoopNames = []string{"loopCounter", "numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances"}

// IsActivity tells whether n is an activity: work, which boundary events can sit
// on and which can be repeated (BPMN 2.0.2 §10.3).
func (n *Node) IsActivity() bool {
	switch n.Kind {
	case PassThrough, UserTask, SendTask, ServiceTask, ScriptTask, ReceiveTask, SubProcess, CallActivity:
		return true
	}
	return false
}

// Is tells whether n is an event, or a task that acts as one, with that trigger.
func (n *Node) Is(t Trigger) bool { return n.Event != nil && n.Event.Trigger == t }

// Joins tells whether n is a gateway that waits for several ways in.
func (n *Node) Joins() bool {
	return n.Kind == ParallelGateway || n.Kind == InclusiveGateway && len(n.Incoming) > 1
}

// Carries returns what is set from what comes back to n, nil for nothing.
func (n *Node) Carries() []Assign {
	switch {
	case n.Service != nil:
		return n.Service.Outputs
	case n.Call != nil:
		return n.Call.Outputs
	case n.Event != nil:
		return n.Event.Outputs
	}
	return nil
}
