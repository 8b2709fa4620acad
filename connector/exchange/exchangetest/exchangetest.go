// Package exchangetest holds what is true of every exchange.Backend, whatever the
// protocol, and the firm of the sandbox to run it against.
//
// Start reading at Run.
package exchangetest

import (
	"testing"

	"github.com/signoffhq/signoff/connector/exchange"
)

// A Way is a fresh firm as one protocol reaches it.
type Way struct {
	*Firm
	// Own opens somebody's own mailbox, with all rights on it.
	Own func(login string) exchange.Backend
	// Sending are parts of requests, as the fault "answer-lost" names them, that
	// sending a mail with a file is made of.
	Sending []string
}

// Run runs everything, each in a fresh firm.
func Run(t *testing.T, open func(*testing.T) *Way) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, *Way)
	}{
		{"a sent mail has an id that the next step can use", sentID},
		{"a reply goes to the sender, with its quote", reply},
		{"a call that was cut off is finished and not repeated", cutOff},
		{"a written mail keeps its Message-ID and is found by it", written},
		{"mails are marked, moved, copied and deleted", handled},
		{"files go and come back", files},
		{"lists have pages", pages},
		{"conditions are worked out, or left to the caller", conditions},
		{"sync tells what came, and nothing twice", synced},
		{"a state that was forgotten begins anew", forgotten},
		{"folders are made, listed and emptied", folders},
		{"appointments", appointments},
		{"tasks", tasks},
		{"contacts", contacts},
		{"settings and lists of the organization", settings},
		{"ids that mean nothing are refused as gone", deadIDs},
		{"the test walks from the name to reading", walk},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
	for _, fault := range []string{"answer-lost", "answer-error"} {
		for _, at := range open(t).Sending {
			t.Run("a mail is sent once: "+fault+" at "+at, func(t *testing.T) { once(t, open(t), fault, at) })
		}
	}
}
