// Package access says who may do what: rights in, yes or no and the reason out.
//
// It is pure. Who a caller is comes from package identity, which rights were
// granted from package library; what a task's recipients may do with it is the
// engine's business and needs no right. Start reading at May, then at Why.
package access

import (
	"fmt"

	"github.com/signoffhq/signoff"
)

// Right is something a person, group or role may hold.
type Right string

// Rights on one workflow, or on all workflows of a category. Administer
// includes the others; all of them include ViewOwn.
const (
	Start      Right = "start"      // start instances
	View       Right = "view"       // see every instance, not only one's own
	ViewOwn    Right = "view-own"   // know the workflow and its drawing; one's own instances need no right
	Finish     Right = "finish"     // finish steps that wait for another system
	Administer Right = "administer" // cancel, retry, deploy versions, change rights
)

// Rights on the server. Server includes every right there is.
const (
	Server      Right = "server"      // users, groups, settings, and all workflows; "administer" to people
	Deploy      Right = "deploy"      // make new workflows
	Impersonate Right = "impersonate" // act in another's name
)

// OnWorkflows and OnServer list what can be granted, in the order pages show it.
var (
	OnWorkflows = []Right{Start, ViewOwn, View, Finish, Administer}
	OnServer    = []Right{Server, Deploy, Impersonate}
)

// ParseRight reads a right that can be granted on a workflow or a category.
func ParseRight(text string) (Right, error) {
	for _, r := range OnWorkflows {
		if string(r) == text {
			return r, nil
		}
	}
	return "", &signoff.Error{Kind: signoff.Invalid, Code: "unknown-right",
		Detail: "a right on a workflow is start, view-own, view, finish or administer"}
}

// ParseServerRight reads a right that can be granted on the server, in the
// words of Name.
func ParseServerRight(text string) (Right, error) {
	for _, r := range OnServer {
		if r.Name() == text {
			return r, nil
		}
	}
	return "", &signoff.Error{Kind: signoff.Invalid, Code: "unknown-right",
		Detail: "a right on the server is administer, deploy or impersonate"}
}

// Name is what the right is called where it is plain what it is on.
func (r Right) Name() string {
	if r == Server {
		return string(Administer)
	}
	return string(r)
}

// Grant gives Who, a person, a group or a role, one right on the thing it is
// kept with. On a workflow also those count that its categories have.
type Grant struct {
	Who      signoff.Principal `json:"who"`
	Right    Right             `json:"right"`
	Category string            `json:"category,omitempty"` // where it comes from; "" the thing itself
}

// Decision is the answer and its reason, which may be shown to the caller: it
// mentions principals in the way of signoff.Tell.
type Decision struct {
	OK  bool
	Why string
}

// Err returns nil for a yes and a Forbidden error that carries the reason for a no.
func (d Decision) Err() error {
	if d.OK {
		return nil
	}
	return &signoff.Error{Kind: signoff.Forbidden, Code: "not-allowed", Detail: d.Why,
		Hint: "an administrator can give you this right"}
}

// System is the server acting on its own, at start-up for instance. It holds
// every right. The zero Caller is not System and holds none: a caller that was
// forgotten must not be an almighty one.
var System = signoff.Caller{How: "system"}

// May says whether caller holds right, given the grants of the workflow in
// question, those of its categories among them. Grants play no part in the
// rights on the server: the caller comes with those.
func May(caller signoff.Caller, right Right, grants []Grant) Decision {
	switch {
	case !known(right):
		return Decision{Why: fmt.Sprintf("there is no right called %q", right)}
	case caller.Principal == "" && caller.How == System.How:
		return Decision{OK: true, Why: "the server itself may"}
	case !caller.Principal.IsUser():
		return Decision{Why: "nobody is signed in"}
	case caller.Admin:
		return Decision{OK: true, Why: "you are an administrator of the server"}
	case onServer(right):
		return onTheServer(caller, right)
	}
	for _, g := range grants {
		if g.Right.includes(right) && caller.Is(g.Who) {
			return Decision{OK: true, Why: yes(caller, g)}
		}
	}
	return Decision{Why: fmt.Sprintf("you do not hold the right to %s this workflow", right.verb())}
}

func onTheServer(caller signoff.Caller, right Right) Decision {
	switch {
	case right == Deploy && caller.Deploy, right == Impersonate && caller.Impersonate:
		return Decision{OK: true, Why: fmt.Sprintf("you hold the right to %s", right.verb())}
	case right == Server:
		return Decision{Why: "only administrators of the server may do this"}
	}
	return Decision{Why: fmt.Sprintf("you do not hold the right to %s", right.verb())}
}

func known(r Right) bool {
	for _, all := range [][]Right{OnWorkflows, OnServer} {
		for _, k := range all {
			if k == r {
				return true
			}
		}
	}
	return false
}

func onServer(r Right) bool { return r == Server || r == Deploy || r == Impersonate }

// includes tells whether a grant of r on a workflow gives wanted there.
func (r Right) includes(wanted Right) bool {
	switch {
	case onServer(r) || onServer(wanted) || !known(r) || !known(wanted):
		return false
	case r == wanted || r == Administer:
		return true
	}
	return wanted == ViewOwn
}

// verb is the right as something one does.
func (r Right) verb() string {
	switch r {
	case View:
		return "view all of"
	case ViewOwn:
		return "know"
	case Finish:
		return "finish waiting steps of"
	case Server:
		return "administer the server"
	case Deploy:
		return "deploy new workflows"
	case Impersonate:
		return "act in another's name"
	}
	return string(r)
}

func yes(caller signoff.Caller, g Grant) string {
	where := "this workflow"
	if g.Category != "" {
		where += ", by the category " + g.Category
	}
	switch g.Who {
	case caller.Principal:
		return fmt.Sprintf("you hold the right to %s %s", g.Right.verb(), where)
	case signoff.Everyone:
		return fmt.Sprintf("everyone holds the right to %s %s", g.Right.verb(), where)
	}
	return fmt.Sprintf("%s, which you belong to, holds the right to %s %s", signoff.Mention(g.Who), g.Right.verb(), where)
}

// MayActFor says whether caller may act in the name of another, who holds what
// whom says. Nobody gets rights on the server that way which they do not hold.
func MayActFor(caller, whom signoff.Caller) Decision {
	d := May(caller, Impersonate, nil)
	switch {
	case !d.OK:
		return d
	case !whom.Principal.IsUser():
		return Decision{Why: "only a person can be acted for"}
	case caller.Principal == "" || caller.Admin:
		return d
	case whom.Admin || whom.Deploy && !caller.Deploy:
		return Decision{Why: signoff.Mention(whom.Principal) + " holds rights on the server that you do not hold"}
	}
	return d
}
