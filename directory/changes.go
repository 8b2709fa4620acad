package directory

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
)

// Person is somebody as a directory tells of them. Whoever has the same Subject
// is the same person, wherever they were moved and whatever they are called now.
type Person struct {
	Subject   string   // never changes: objectGUID, entryUUID, the id in Graph, the SCIM id
	Login     string   // what they sign in as there (sAMAccountName, uid); a new account is called so
	Label     string   // their whole name there (userPrincipalName): shown, and understood at sign-in
	Name      string   // display name; "": Login
	Addresses []string // the one mail goes to first
	Manager   string   // the manager's Subject; "" none
	Disabled  bool     // may not sign in there
	Groups    []string // Subjects of groups that do not list them as members: their primary group
}

// Group is a group as a directory tells of it.
type Group struct {
	Subject string
	Name    string
	About   string

	// Members are Subjects of people and groups, as they stand in it directly.
	// A Subject nobody has told of yet counts as soon as somebody does.
	Members []string
	// Partial says that Members are added to those known, and Without taken
	// away. Otherwise Members is all of them.
	Partial bool
	Without []string
}

// Changes is what a directory has to tell: everything, or what is new since the
// last time. A Person or Group stands in it as it is now, whole.
type Changes struct {
	People []Person
	Groups []Group
	Gone   []string // Subjects of people and groups that were deleted

	// Present, if not nil, lists every Subject there is: whoever is known from
	// this directory and is not in it is gone.
	Present []string
}

// Problem is somebody or something that could not be taken, and why.
type Problem struct {
	Subject string `json:"subject"`
	Name    string `json:"name"` // what people call it
	Code    string `json:"code"`
	Reason  string `json:"reason"`
}

// Outcome is what became of Changes.
type Outcome struct {
	Made     int `json:"made"`     // accounts that are new
	Linked   int `json:"linked"`   // accounts that were here and now belong to somebody there
	Changed  int `json:"changed"`  // accounts with another name, address or manager
	Disabled int `json:"disabled"` // accounts switched off: disabled there, or gone
	Enabled  int `json:"enabled"`  // accounts switched on again
	Members  int `json:"members"`  // memberships begun and ended, nested groups among them
	Same     int `json:"same"`     // people and groups told of that are as they were
	Left     int `json:"left"`     // people disabled there who never were here: no account is made for them

	GroupsMade    int `json:"groupsMade"`
	GroupsChanged int `json:"groupsChanged"` // groups with another name or description
	GroupsGone    int `json:"groupsGone"`    // groups emptied, since they are there no more

	Leaving int        `json:"leaving"`         // people who would be, or were, to be switched off
	First   []Foreseen `json:"first,omitempty"` // of a preview: the first maxFirst people of whom something would be done

	Problems []Problem `json:"problems"` // the first maxProblems of them
	Troubled int       `json:"troubled"` // how many there were
}

// Foreseen is what would be done about one person.
type Foreseen struct {
	What  string `json:"what"` // make, link, change, disable, enable
	Name  string `json:"name"`
	Login string `json:"login"`
	Label string `json:"label"`
}

// Bounds of what one directory may tell. What is beyond them is refused, never
// cut off without a word.
const (
	maxPeople    = 500_000
	maxGroups    = 100_000
	maxMembers   = 5_000_000 // of all groups together
	maxProblems  = 100
	maxFirst     = 50
	maxSubject   = 200
	maxTextBytes = 300
)

// check refuses what no directory can mean.
func (c Changes) check() error {
	members := 0
	for _, g := range c.Groups {
		members += len(g.Members) + len(g.Without)
	}
	switch {
	case len(c.People) > maxPeople:
		return tooMuch("people", maxPeople)
	case len(c.Groups) > maxGroups:
		return tooMuch("groups", maxGroups)
	case members > maxMembers:
		return tooMuch("memberships", maxMembers)
	}
	return nil
}

func tooMuch(what string, most int) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "directory-too-large",
		Detail: fmt.Sprintf("the directory has more than %d %s", most, what),
		Hint:   "take a part of it: narrow the base or the filter"}
}

// soundSubject tells whether text can name somebody for good.
func soundSubject(text string) bool {
	return text != "" && len(text) <= maxSubject && utf8.ValidString(text) && !strings.ContainsAny(text, "\x00\n\r")
}

// trouble notes a problem.
func (o *Outcome) trouble(p Problem) {
	o.Troubled++
	if len(o.Problems) < maxProblems {
		o.Problems = append(o.Problems, p)
	}
}
