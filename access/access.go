// Package access says who may do what: rights in, yes or no and the reason out.
//
// It is pure. Who a caller is comes from package identity, which rights were
// granted from package library; what a task's recipients may do with it is the
// engine's business and needs no right. Start reading at May.
package access

import (
	"fmt"

	"github.com/signoffhq/signoff"
)

// Right is something a person or group may hold.
type Right string

// Rights on one workflow, and the one on the server. Administer includes Start
// and View; Server includes every right on every workflow.
const (
	Start      Right = "start"      // start instances
	View       Right = "view"       // see every instance, not only one's own
	Administer Right = "administer" // cancel, retry, deploy versions, change rights
	Server     Right = "server"     // users, groups, settings, and all workflows
)

// ParseRight reads a right that can be granted on a workflow. The server right
// is not among them: it is held by people, not granted per workflow.
func ParseRight(text string) (Right, error) {
	switch r := Right(text); r {
	case Start, View, Administer:
		return r, nil
	}
	return "", &signoff.Error{Kind: signoff.Invalid, Code: "unknown-right",
		Detail: "a right on a workflow is start, view or administer"}
}

// Grant gives Who, a person or a group, one right on the workflow it is kept with.
type Grant struct {
	Who   signoff.Principal `json:"who"`
	Right Right             `json:"right"`
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
// question. Grants play no part in the server right.
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
	case right == Server:
		return Decision{Why: "only administrators of the server may do this"}
	}
	for _, g := range grants {
		if g.Right.includes(right) && caller.Is(g.Who) {
			return Decision{OK: true, Why: yes(caller, g)}
		}
	}
	return Decision{Why: fmt.Sprintf("you do not hold the right to %s this workflow", right)}
}

func known(r Right) bool {
	return r == Start || r == View || r == Administer || r == Server
}

func (r Right) includes(wanted Right) bool {
	return r == wanted || r == Administer && (wanted == Start || wanted == View)
}

func yes(caller signoff.Caller, g Grant) string {
	switch g.Who {
	case caller.Principal:
		return fmt.Sprintf("you hold the right to %s this workflow", g.Right)
	case signoff.Everyone:
		return fmt.Sprintf("everyone holds the right to %s this workflow", g.Right)
	}
	return fmt.Sprintf("%s, which you belong to, holds the right to %s this workflow", signoff.Mention(g.Who), g.Right)
}
