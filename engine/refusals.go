package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// Codes of the errors Decide returns.
const (
	CodeRedundant       = "redundant"         // a timer or effect that was dealt with already; to be dropped
	CodeTaskNotFound    = "task-not-found"    // missing, or somebody else's
	CodeTaskDone        = "task-already-done" // decided, expired or withdrawn
	CodeTaskClaimed     = "task-claimed"      // by somebody else
	CodeAlreadyClaimed  = "already-claimed"   // by the caller
	CodeNotClaimed      = "not-claimed"
	CodeNotAsleep       = "not-asleep"
	CodeUnknownAction   = "unknown-action"
	CodeCommentRequired = "comment-required"
	CodeTextTooLong     = "text-too-long"
	CodeBadVariables    = "bad-variables"
	CodeVariablesLarge  = "variables-too-large"
	CodeStarterExcluded = "starter-excluded"
	CodeUnknownPerson   = "unknown-person"
	CodeBadRedirect     = "bad-redirect"
	CodeBadTime         = "bad-time"
	CodeBadPriority     = "bad-priority"
	CodeFolioFailed     = "folio-failed"
	CodeNoStart         = "no-start"
	CodeTimerEarly      = "timer-not-due"
	CodeTooManySleepers = "too-many-sleepers"
	CodeEffectNotFound  = "effect-not-found"
	CodeInstanceFull    = "instance-full"
	CodeIncidentGone    = "incident-not-found"
	CodeReasonRequired  = "reason-required"
	CodeCannotSkip      = "cannot-skip"
	CodeCannotMove      = "cannot-move"
	CodeUnknownStep     = "unknown-step"
	CodeInstanceHeld    = "instance-stopped"
	CodeNotHeld         = "instance-not-stopped"
	CodeInstanceEnded   = "instance-ended"
	CodeAlreadyStarted  = "already-started"
	CodeNotStarted      = "not-started"
	CodeNewer           = "instance-newer" // stored in a form this program does not know
)

// Codes of incidents. Besides these, what failed outside keeps the code it came
// with (EffectFailed.Code).
const (
	IncidentExpression = "expression-failed"
	IncidentNobody     = "nobody-found"
	IncidentEffect     = "effect-failed"
	IncidentLoop       = "endless-loop"
	IncidentNoWay      = "no-flow-applies"
	IncidentTokens     = "too-many-tokens"
	IncidentVariables  = "variables-too-large"
	IncidentRecipients = "too-many-recipients"
	IncidentCallSize   = "call-too-large"
	IncidentJoinStuck  = "join-stuck"
	IncidentEngine     = "engine-failed"
)

// newerForm is the refusal of what a newer program has written.
func newerForm(what string, form int) error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeNewer,
		Detail: fmt.Sprintf("the %s of this instance was written by a newer version of signoff (form %d), and this one does not understand it", what, form),
		Hint:   "update this server; other instances go on as ever"}
}

func refuse(kind signoff.Kind, code, format string, args ...any) *signoff.Error {
	return &signoff.Error{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
}

func redundant() error {
	return refuse(signoff.Conflict, CodeRedundant, "this was dealt with already")
}

func taskNotFound() error {
	return refuse(signoff.NotFound, CodeTaskNotFound, "there is no such task, or it is not yours")
}

func taskClaimed(t *Task) error {
	e := refuse(signoff.Conflict, CodeTaskClaimed, "%s has claimed this task", signoff.Mention(t.Claimed))
	e.Hint = "ask them to release it, or ask an administrator to"
	return e
}

func taskDone(t *Task) error {
	at := signoff.At(*t.ClosedAt)
	switch {
	case t.ClosedBy != "":
		return refuse(signoff.Conflict, CodeTaskDone, "%s already %s this task on %s.", signoff.Mention(t.ClosedBy), didWhat(t.Outcome), at)
	case t.Outcome != "":
		return refuse(signoff.Conflict, CodeTaskDone, "this task ran out of time on %s, with the outcome %s.", at, t.Outcome)
	default:
		return refuse(signoff.Conflict, CodeTaskDone, "this task was withdrawn on %s.", at)
	}
}

// didWhat puts an action in the past tense: the usual ones as people say it,
// any other quoted, for an action may be called anything.
func didWhat(action string) string {
	switch past := strings.ToLower(action); past {
	case "approve", "decline", "refuse", "acknowledge", "escalate", "complete", "close", "release", "revise", "authorise", "authorize":
		return past + "d"
	case "reject", "accept", "confirm", "return", "review", "sign", "pass", "fail":
		return past + "ed"
	case "deny":
		return "denied"
	default:
		return fmt.Sprintf("answered %q to", action)
	}
}

func instanceEnded(st *State) error {
	what := "completed"
	if st.Status == Cancelled {
		what = "cancelled"
	}
	return refuse(signoff.Conflict, CodeInstanceEnded, "this instance was %s on %s", what, signoff.At(*st.EndedAt))
}

func starterExcluded() error {
	return refuse(signoff.Forbidden, CodeStarterExcluded, "whoever started the instance cannot decide this task")
}

// tooLong refuses text over limit characters; what names it for people.
func tooLong(what, text string, limit int) error {
	if len(text) <= limit {
		return nil
	}
	if n := len([]rune(text)); n > limit {
		return refuse(signoff.TooLarge, CodeTextTooLong, "the %s has %d characters; at most %d are allowed", what, n, limit)
	}
	return nil
}

// badTime refuses a moment that is not after now, or has no written form.
func badTime(until, now time.Time) error {
	if !until.After(now) {
		return refuse(signoff.Invalid, CodeBadTime, "the time must be in the future")
	}
	if until.UTC().Year() > lastYear {
		return refuse(signoff.Invalid, CodeBadTime, "the time must be before the year %d", lastYear+1)
	}
	return nil
}
