package access

import (
	"fmt"

	"github.com/signoffhq/signoff"
)

// Rights on a service: a system that can be called. Change includes Use.
const (
	Use    Right = "use"    // call what it offers
	Change Right = "change" // its settings, what it offers, and who may use it
)

// OnServices lists what can be granted on a service, in the order pages show it.
var OnServices = []Right{Use, Change}

// ParseServiceRight reads a right that can be granted on a service.
func ParseServiceRight(text string) (Right, error) {
	for _, r := range OnServices {
		if string(r) == text {
			return r, nil
		}
	}
	return "", &signoff.Error{Kind: signoff.Invalid, Code: "unknown-right", Detail: "a right on a service is use or change"}
}

// MayService says whether caller holds right on a service, given the grants on
// it. Administrators of the server hold both on all.
func MayService(caller signoff.Caller, right Right, grants []Grant) Decision {
	switch {
	case right != Use && right != Change:
		return Decision{Why: fmt.Sprintf("there is no right called %q", right)}
	case caller.Principal == "" && caller.How == System.How:
		return Decision{OK: true, Why: "the server itself may"}
	case !caller.Principal.IsUser():
		return Decision{Why: "nobody is signed in"}
	case caller.Admin:
		return Decision{OK: true, Why: "you are an administrator of the server"}
	}
	for _, g := range grants {
		if (g.Right == right || g.Right == Change) && caller.Is(g.Who) {
			return Decision{OK: true, Why: fmt.Sprintf("you hold the right to %s this service", right)}
		}
	}
	return Decision{Why: fmt.Sprintf("you do not hold the right to %s this service", right)}
}
