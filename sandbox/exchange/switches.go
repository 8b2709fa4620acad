package exchange

import (
	"fmt"
	"slices"
	"sync"
)

// Fault is something that goes wrong, or happens by itself, while it is on.
type Fault struct {
	Name    string `json:"name"`
	Mailbox string `json:"mailbox,omitempty"` // account; "": every one
	App     string `json:"app,omitempty"`     // appId; "": every one
	Value   string `json:"value,omitempty"`   // what the switch's About says
	Times   int    `json:"times,omitempty"`   // goes off by itself after so many; 0: stays on
}

// Switch is a fault that can be switched on.
type Switch struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

var switches = []Switch{
	{"sent-items-delay", "a mail that was sent is filed, and found, value milliseconds later (default 3000)"},
	{"bounce", "mail to value, an address or a domain, comes back undeliverable (default: everybody)"},
	{"link-scanner", "links in mails that arrive are opened, with HEAD and GET; value post: with POST, too"},
	{"forger", "mail that arrives is answered by somebody else in the reader's name, with value as text (default Approve)"},
	{"send-as-denied", "sending is refused with ErrorSendAsDenied"},
	{"quota-exceeded", "the mailbox is full: nothing can be made in it"},
	{"throttled", "every request is answered 429, or as busy, with value seconds to wait (default 5)"},
	{"server-busy", "every request is answered 503 with value seconds to wait (default 5)"},
	{"access-denied", "every request is answered ErrorAccessDenied"},
	{"mailbox-missing", "the mailbox is said to have no licence"},
	{"answer-lost", "a request whose method and path contain value is obeyed, and the connection closed without an answer"},
	{"answer-error", "a request whose method and path contain value is obeyed, and answered 503"},
	{"delta-expired", "sync states and delta tokens are not known any more"},
	{"notifications-lost", "subscribers are told nothing, and then that they missed something"},
	{"notifications-twice", "subscribers are told everything twice"},
	{"subscription-removed", "subscriptions are taken away, and their owners told so"},
	{"ews-off", "EWS is switched off for the organisation: 403"},
	{"ews-agent", "EWS is allowed only to user agents that contain value"},
	{"impersonation-denied", "nobody may impersonate the mailbox"},
	{"stream-stops", "streams of notifications end in the middle"},
}

// Switches lists what can be switched on.
func Switches() []Switch { return slices.Clone(switches) }

type switchboard struct {
	mu sync.Mutex
	on []Fault
}

const maxFaults = 100

// Plant switches a fault on. One of the same name, mailbox and app is replaced.
func (x *Exchange) Plant(f Fault) error {
	if !slices.ContainsFunc(switches, func(s Switch) bool { return s.Name == f.Name }) {
		return fmt.Errorf("there is no switch %q", f.Name)
	}
	if f.Times < 0 {
		return fmt.Errorf("times is %d", f.Times)
	}
	b := &x.switches
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on = slices.DeleteFunc(b.on, func(g Fault) bool { return g.Name == f.Name && g.Mailbox == f.Mailbox && g.App == f.App })
	if len(b.on) >= maxFaults {
		return fmt.Errorf("at most %d faults are on at once", maxFaults)
	}
	b.on = append(b.on, f)
	return nil
}

// Heal switches a fault off, wherever it is on; "" switches all off.
func (x *Exchange) Heal(name string) {
	b := &x.switches
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on = slices.DeleteFunc(b.on, func(f Fault) bool { return name == "" || f.Name == name })
}

// Faults lists what is on.
func (x *Exchange) Faults() []Fault {
	b := &x.switches
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.on)
}

// Switched finds a fault that is on for a mailbox and an app, and counts it as
// having struck.
func (x *Exchange) Switched(name, mailbox, app string) (Fault, bool) {
	return x.SwitchedIf(name, mailbox, app, func(Fault) bool { return true })
}

// SwitchedIf is Switched for faults that a condition picks.
func (x *Exchange) SwitchedIf(name, mailbox, app string, fits func(Fault) bool) (Fault, bool) {
	b := &x.switches
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, f := range b.on {
		if f.Name != name || f.Mailbox != "" && f.Mailbox != mailbox || f.App != "" && f.App != app || !fits(f) {
			continue
		}
		if f.Times == 1 {
			b.on = slices.Delete(b.on, i, i+1)
		} else if f.Times > 1 {
			b.on[i].Times--
		}
		return f, true
	}
	return Fault{}, false
}

// Struck is Switched for faults without a value.
func (x *Exchange) Struck(name, mailbox, app string) bool {
	_, on := x.Switched(name, mailbox, app)
	return on
}
