// Package exchangetest holds what is true of every exchange.Backend, whatever the
// protocol: run it against a firm of the sandbox.
//
// Start reading at Run.
package exchangetest

import (
	"testing"

	"github.com/signoffhq/signoff/connector/exchange"
)

// A Firm is a fresh sandbox as one protocol reaches it.
type Firm struct {
	// Own opens somebody's own mailbox, with all rights on it.
	Own func(login string) exchange.Backend
	// Post sends from a mailbox; its pauses take no time.
	Post func(exchange.Backend) exchange.Post
	// Arrived lists the subjects in somebody's inbox.
	Arrived func(login string) []string
	// Plant switches a fault of the sandbox's Exchange on for somebody's mailbox, so
	// many times; 0 for good.
	Plant func(name, login, value string, times int)
	// Planted counts the faults that are on.
	Planted func() int
	// Sending are parts of requests, as the fault "answer-lost" names them, that
	// sending a mail with a file is made of.
	Sending []string
}

// Run runs everything, each in a fresh firm.
func Run(t *testing.T, open func(*testing.T) *Firm) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, *Firm)
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

func to(login string) []exchange.Address {
	return []exchange.Address{{Address: login + "@contoso.test"}}
}

// newMail is a mail with a correlation of its own.
func newMail(subject, login string) exchange.NewMail {
	return exchange.NewMail{Correlation: exchange.Correlation(subject), Subject: subject, To: to(login), Body: exchange.Body{HTML: true, Text: "<p>Please <b>approve</b>.</p>"}}
}

func count(list []string, what string) int {
	n := 0
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

// must fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
