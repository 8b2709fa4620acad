package runner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// paper is the simplest thing that behaves like an instance of testdata/desk.bpmn:
// one task lying on a desk. It shares nothing with the engine but the words of
// its refusals.
type paper struct {
	to      string // recipients in order, separated by spaces
	claimed signoff.Principal
	outcome string
	by      signoff.Principal // who decided
	ended   bool
	used    uint64 // idempotency keys that did something
}

var blank = paper{to: string(jane.Principal) + " group:9"}

// ask is one request of one person.
type ask struct {
	by     signoff.Caller
	what   string // claim, release, redirect, decide, cancel, read
	to     signoff.Caller
	action string
	once   int // 0: without a key
}

func (a ask) String() string {
	return fmt.Sprintf("%s: %s %s%s once=%d", a.by.Login, a.what, a.to.Login, a.action, a.once)
}

func (a ask) event() engine.Event {
	const task = 2
	switch a.what {
	case "claim":
		return engine.Claim{Task: task}
	case "release":
		return engine.Release{Task: task}
	case "redirect":
		return engine.Redirect{Task: task, To: a.to.Login}
	case "decide":
		return engine.Act{Task: task, Action: a.action}
	}
	return engine.Cancel{Reason: "enough"}
}

// answer is what the person was told.
type answer struct {
	unknown bool   // nothing: it may have been done, or be done yet
	code    string // the refusal's; "" none
	saw     string // the task as it was afterwards; "" when that is not known
}

// looks is how a paper looks to whoever is shown the instance.
func (p paper) looks() string {
	return fmt.Sprintf("to=%s claimed=%s outcome=%s by=%s ended=%v", p.to, p.claimed, p.outcome, p.by, p.ended)
}

// looksOf is the same of a real instance.
func looksOf(st engine.State) string {
	task := st.Tasks[0]
	to := make([]string, len(task.Recipients))
	for i, p := range task.Recipients {
		to[i] = string(p)
	}
	return paper{to: strings.Join(to, " "), claimed: task.Claimed, outcome: task.Outcome, by: task.ClosedBy, ended: st.Status != engine.Running}.looks()
}

// after is what a request makes of the paper, and the code of the refusal.
func (p paper) after(a ask) (paper, string) {
	if a.once > 0 && p.used&(1<<a.once) != 0 {
		return p, ""
	}
	next, refusal := p.change(a)
	if refusal == "" && a.once > 0 {
		next.used |= 1 << a.once
	}
	return next, refusal
}

func (p paper) change(a ask) (paper, string) {
	me := a.by.Principal
	to := strings.Fields(p.to)
	mine := slices.ContainsFunc(to, func(r string) bool { return a.by.Is(signoff.Principal(r)) })
	switch {
	case a.what == "read":
		return p, ""
	case a.what == "cancel" && p.ended:
		return p, engine.CodeInstanceEnded
	case a.what == "cancel":
		p.ended, p.claimed = true, ""
		return p, ""
	case !mine && p.by != me:
		return p, engine.CodeTaskNotFound
	case p.ended:
		return p, engine.CodeTaskDone
	case a.what == "release" && p.claimed == "":
		return p, engine.CodeNotClaimed
	case p.claimed != "" && p.claimed != me:
		return p, engine.CodeTaskClaimed
	}
	switch a.what {
	case "claim":
		if p.claimed == me {
			return p, engine.CodeAlreadyClaimed
		}
		p.claimed = me
	case "release":
		p.claimed = ""
	case "decide":
		p.ended, p.outcome, p.by, p.claimed = true, a.action, me, ""
	case "redirect":
		if a.to.Principal == me {
			return p, engine.CodeBadRedirect
		}
		p.to, p.claimed = p.handedOn(a), ""
	}
	return p, ""
}

// handedOn puts somebody else in the place of who asks or, where they are there
// through a group, in the group's.
func (p paper) handedOn(a ask) string {
	var out []string
	to := strings.Fields(p.to)
	self := slices.Contains(to, string(a.by.Principal))
	for _, r := range to {
		if self && r == string(a.by.Principal) || !self && a.by.Is(signoff.Principal(r)) {
			r = string(a.to.Principal)
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return strings.Join(out, " ")
}

// deskModel holds histories against paper. A request nobody heard the end of
// may have happened at any time after it was made, or after everything else,
// which is as good as never.
var deskModel = porcupine.Model{
	Init: func() any { return blank },
	Step: func(state, input, output any) (bool, any) {
		p, told := state.(paper), output.(answer)
		next, refusal := p.after(input.(ask))
		switch {
		case told.unknown:
			return true, next
		case told.code == "busy-instance":
			return true, p // nothing was done, whatever the task was like
		}
		return refusal == told.code && (told.saw == "" || next.looks() == told.saw), next
	},
	DescribeOperation: func(input, output any) string {
		told := output.(answer)
		if told.unknown {
			return fmt.Sprint(input, " -> ?")
		}
		return fmt.Sprintf("%v -> %s%s", input, told.code, told.saw)
	},
	DescribeState: func(state any) string { return state.(paper).looks() },
}
