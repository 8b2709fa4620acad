// Package signoff holds the words the rest of the program is written in: typed
// identifiers, people, and the one error type that may reach a person.
//
// It imports the standard library only and does nothing by itself. Start
// reading at Error, then at package engine.
package signoff

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// InstanceID numbers one run of a workflow. Numbers start at 1 and are never
// used twice.
type InstanceID int64

// WorkflowID numbers a workflow; all its versions share it.
type WorkflowID int64

// Principal names somebody who can be given a task or a right: one person
// ("user:7"), a group of people or a role ("group:3"). The part after the colon is opaque
// and never changes, whatever happens to the name. The zero value is nobody:
// as an acting person it stands for the server itself.
type Principal string

// Everyone is the principal every signed-in person holds.
const Everyone Principal = "group:everyone"

// IsUser tells whether p is one person.
func (p Principal) IsUser() bool { return strings.HasPrefix(string(p), "user:") }

// IsGroup tells whether p is a group or a role.
func (p Principal) IsGroup() bool { return strings.HasPrefix(string(p), "group:") }

// Person is somebody as the rest of the program needs to speak of them.
type Person struct {
	Principal Principal `json:"principal"`
	Login     string    `json:"login,omitempty"` // the name they sign in with; for a group, its name
	Name      string    `json:"name,omitempty"`  // as people write it
	Email     string    `json:"email,omitempty"`
}

// Caller is who asks for something, and what they hold. Services take it as a
// parameter, so that rights show in the signature.
type Caller struct {
	Person
	Groups      []Principal // every group and role the person is in, also through other groups; Everyone included
	Admin       bool        // holds the server right "administer", themselves or through a group or role
	Deploy      bool        // holds the server right "deploy"
	Impersonate bool        // holds the server right "impersonate"
	How         string      // how they were recognised: "basic", "session", "bearer", "token", "mail", "system"
	Behind      Principal   // who really calls, when it is in this person's name; "" the person
	Acting      string      // what Behind is called, where they stand in for the person, who is away
	Via         string      // what they came through: issuer and client, or the name of an access token; "" nothing to tell
	Stands      []Stand     // people who are away, whose tasks are the caller's as well now
	HandsOn     *Stand      // the caller is away, and which of their tasks others have instead; nil: none
}

// Stand is a place somebody else fills because Person is away.
type Stand struct {
	Person Person
	Groups []Principal  // groups of the person in which everybody is away: their tasks, too
	Until  time.Time    // zero: until they say that they are back
	All    bool         // tasks of all workflows but those of Except; else of those alone
	Except []WorkflowID // in no order
}

// In tells whether it is about tasks of a workflow.
func (s *Stand) In(wf WorkflowID) bool {
	for _, e := range s.Except {
		if e == wf {
			return !s.All
		}
	}
	return s.All
}

// Has tells whether p is the person, or a group of theirs of which nobody is there.
func (s *Stand) Has(p Principal) bool {
	if p == s.Person.Principal {
		return true
	}
	for _, g := range s.Groups {
		if g == p {
			return true
		}
	}
	return false
}

// Recognised is How as it is kept on record, with who is behind the caller.
func (c Caller) Recognised() string {
	if c.Behind == "" {
		return c.How
	}
	return c.How + ", " + string(c.Behind) + " in their name"
}

// Principals returns the person and all their groups: the keys of their worklist.
func (c Caller) Principals() []Principal {
	return append([]Principal{c.Principal}, c.Groups...)
}

// Is tells whether the caller is p or belongs to it.
func (c Caller) Is(p Principal) bool {
	if p == "" {
		return false
	}
	if c.Principal == p {
		return true
	}
	for _, g := range c.Groups {
		if g == p {
			return true
		}
	}
	return false
}

// Serial is the serial number of a task or of a waiting step: "1234_5" is the
// fifth thing in instance 1234. K2 clients send and expect this form.
type Serial struct {
	Instance InstanceID
	Seq      int
}

// String returns the form people and K2 clients use, such as "1234_5".
func (s Serial) String() string { return fmt.Sprintf("%d_%d", s.Instance, s.Seq) }

// MarshalText makes Serial read as "1234_5" in JSON.
func (s Serial) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is ParseSerial.
func (s *Serial) UnmarshalText(b []byte) error {
	v, err := ParseSerial(string(b))
	*s = v
	return err
}

// ParseSerial reads "1234_5". Anything else is refused with code "bad-serial".
func ParseSerial(text string) (Serial, error) {
	a, b, ok := strings.Cut(text, "_")
	if ok && digits(a) && digits(b) {
		inst, err1 := strconv.ParseInt(a, 10, 64)
		seq, err2 := strconv.ParseInt(b, 10, 32)
		if err1 == nil && err2 == nil && inst > 0 && seq > 0 {
			return Serial{InstanceID(inst), int(seq)}, nil
		}
	}
	return Serial{}, &Error{Kind: Invalid, Code: "bad-serial",
		Detail: "a serial number looks like 1234_5: the instance, an underscore, and the number of the thing in it"}
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
