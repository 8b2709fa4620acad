package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
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
	CodeDoerExcluded    = "doer-excluded"    // decided a step whose deciders the task keeps out
	CodeAnswered        = "already-answered" // by the caller, where several answers are wanted
	CodeAdminsOnly      = "administrators-only"
	CodeBadOutcome      = "unknown-outcome"
	CodeAsked           = "bad-question"
	CodeNoQuestion      = "question-not-found"
	CodeReplied         = "already-replied"
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
	CodeBadFile         = "bad-file"
	CodeFileType        = "file-type-refused"
	CodeFileTooLarge    = "file-too-large" // alone, or with the others of the instance
	CodeTooManyFiles    = "too-many-files"
	CodeNoFile          = "file-not-found"
	CodeAway            = "away"              // and somebody else has the task in the caller's place
	CodeUnfit           = "migration-blocked" // the other version cannot go on with the instance
	CodeBadPlan         = "bad-migration-plan"
	CodeNotMigrated     = "not-migrated"
	CodeMovedOn         = "moved-on"       // since it was migrated
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
	e := refuse(signoff.Conflict, CodeTaskClaimed, "%s has claimed this task", mentions(t.Claims()))
	if t.Several() {
		wants := "one answer"
		if t.Slots > 1 {
			wants = fmt.Sprintf("%d answers", t.Slots)
		}
		e.Detail = fmt.Sprintf("this task wants %s: %s", wants, takenBy(t))
	}
	e.Hint = "ask them to release it, or ask an administrator to"
	return e
}

// takenBy says who has taken the slots of a task.
func takenBy(t *Task) string {
	var said []string
	if who := t.Claims(); len(who) == 1 {
		said = append(said, mentions(who)+" has claimed it")
	} else if len(who) > 1 {
		said = append(said, mentions(who)+" have claimed it")
	}
	if len(t.Answers) > 0 {
		said = append(said, answersSaid(t))
	}
	return strings.Join(said, ", ")
}

// mentions lists some people as a sentence does.
func mentions(ps []signoff.Principal) string {
	var b strings.Builder
	for i, p := range ps {
		switch {
		case i == mentioned && len(ps) > mentioned+1:
			fmt.Fprintf(&b, " and %d more", len(ps)-i)
			return b.String()
		case i > 0 && i == len(ps)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(signoff.Mention(p))
	}
	return b.String()
}

// mentioned is how many people a refusal names.
const mentioned = 5

// answersSaid says who chose what: "Ana approved it, Bob rejected it".
func answersSaid(t *Task) string {
	var said []string
	for i := range t.Answers {
		if i == mentioned && len(t.Answers) > mentioned+1 {
			said = append(said, fmt.Sprintf("%d more answered", len(t.Answers)-i))
			break
		}
		a := &t.Answers[i]
		said = append(said, actor(a.By.Principal, a.Behind)+" "+didWhat(a.Action)+" it"+forWhom(a.By.Principal, a.Behind))
	}
	return strings.Join(said, ", ")
}

// answeredAlready refuses a second answer of one voice.
func answeredAlready(a *Answer, by signoff.Principal) error {
	did, at := didWhat(a.Action), signoff.At(a.At)
	switch {
	case a.By.Principal == by && a.Behind != "":
		return refuse(signoff.Conflict, CodeAnswered, "%s already %s this task on %s for you; everybody answers once.", signoff.Mention(a.Behind), did, at)
	case a.Behind == by:
		return refuse(signoff.Conflict, CodeAnswered, "you already %s this task on %s, for %s; everybody answers once.", did, at, signoff.Mention(a.By.Principal))
	case a.By.Principal == by:
		return refuse(signoff.Conflict, CodeAnswered, "you already %s this task on %s; everybody answers once.", did, at)
	}
	return refuse(signoff.Conflict, CodeAnswered, "%s already %s this task on %s%s, and you have one voice together.", actor(a.By.Principal, a.Behind), did, at, forWhom(a.By.Principal, a.Behind))
}

func hasItAlready(p signoff.Principal) error {
	return refuse(signoff.Conflict, CodeBadRedirect, "%s has the task already", signoff.Mention(p))
}

func adminsOnly(what string) error {
	return refuse(signoff.Forbidden, CodeAdminsOnly, "only who administers the workflow can %s", what)
}

func doerExcluded(p signoff.Principal, step string, at time.Time) error {
	when := ""
	if !at.IsZero() {
		when = " on " + signoff.At(at)
	}
	return refuse(signoff.Forbidden, CodeDoerExcluded, "%s decided %q%s, and whoever did cannot decide this task", signoff.Mention(p), step, when)
}

// chooseOutcome finds what a task can end with, in any letter case.
func chooseOutcome(task *process.Task, name string) (string, error) {
	name = strings.TrimSpace(name)
	all := task.Outcomes()
	for _, o := range all {
		if strings.EqualFold(o, name) {
			return o, nil
		}
	}
	e := refuse(signoff.Invalid, CodeBadOutcome, "%q is no outcome of this task; it can end with %s", cut(clean(name), 100), strings.Join(all, ", "))
	e.Fields = []signoff.FieldError{{Field: "outcome", Detail: "unknown outcome", Advice: "one of " + strings.Join(all, ", ")}}
	return "", e
}

// actor is who really did what was done in somebody's name.
func actor(who, behind signoff.Principal) string {
	if behind != "" {
		return signoff.Mention(behind)
	}
	return signoff.Mention(who)
}

// forWhom says in whose name; "" where it was their own.
func forWhom(who, behind signoff.Principal) string {
	if behind == "" {
		return ""
	}
	return " for " + signoff.Mention(who)
}

func taskDone(t *Task) error {
	at := signoff.At(*t.ClosedAt)
	switch {
	case t.Withdrawn:
		return refuse(signoff.Conflict, CodeTaskDone, "%s withdrew this task on %s, with the outcome %s.", actor(t.ClosedBy, t.Behind), at, t.Outcome)
	case len(t.Answers) > 0 && t.ClosedBy != "":
		return refuse(signoff.Conflict, CodeTaskDone, "this task was decided on %s, with the outcome %s: %s.", at, t.Outcome, answersSaid(t))
	case t.ClosedBy != "":
		return refuse(signoff.Conflict, CodeTaskDone, "%s already %s this task on %s%s.", actor(t.ClosedBy, t.Behind), didWhat(t.Outcome), at, forWhom(t.ClosedBy, t.Behind))
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

func starterExcluded(st *State) error {
	return refuse(signoff.Forbidden, CodeStarterExcluded, "%s started this instance on %s, and whoever did cannot decide this task",
		signoff.Mention(st.Starter.Principal), signoff.At(st.StartedAt))
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
