package exchange

import (
	"time"
)

// Role says what somebody is invited as.
type Role string

const (
	Required Role = "required"
	Optional Role = "optional"
	Resource Role = "resource" // a room
)

// An Attendee is somebody who is invited.
type Attendee struct {
	Address
	Role     Role
	Response string // "none", "accepted", "tentative", "declined", "organizer"
}

// ShowAs says how a time looks to others.
type ShowAs string

const (
	Free        ShowAs = "free"
	Tentative   ShowAs = "tentative"
	Busy        ShowAs = "busy" // what "" means, too
	OutOfOffice ShowAs = "oof"
	Elsewhere   ShowAs = "workingElsewhere"
)

// An Event is an appointment or a meeting.
type Event struct {
	ID, ChangeKey string
	UID           string // the same in every calendar
	Subject       string
	Body          Body
	Location      string
	Start, End    time.Time // UTC; of a whole day, midnight of its clock
	TimeZone      string    // that it was made in, as the server names it
	AllDay        bool
	Organizer     Address
	Attendees     []Attendee
	ShowAs        ShowAs
	Importance    Level
	Categories    []string
	Reminder      int // minutes before the start; -1: none
	Private       bool
	Cancelled     bool
	Response      string // our own, as in Attendee
	MeetingURL    string
	Link          string
}

// NewEvent is an appointment to be made. With attendees it is a meeting, and
// they are invited.
type NewEvent struct {
	Correlation string
	Subject     string
	Body        Body
	Location    string
	Start, End  time.Time // moments; of a whole day, the clock of Start and of the day after End
	TimeZone    string    // that it is shown in: Windows or IANA name; "": UTC
	AllDay      bool
	Attendees   []Attendee
	ShowAs      ShowAs
	Importance  Level
	Categories  []string
	Reminder    *int // nil: the server's usual; -1: none
	Private     bool
	Online      bool // with an online meeting, where the server has them
}

// EventChange says what to change; nil leaves as it is.
type EventChange struct {
	Subject    *string
	Body       *Body
	Location   *string
	Start, End *time.Time
	TimeZone   string // as in NewEvent, with Start and End
	AllDay     *bool
	Attendees  *[]Attendee
	ShowAs     *ShowAs
	Importance *Level
	Categories *[]string
	Reminder   *int
	Private    *bool
}

// EventQuery says which appointments are wanted: those that touch the time from
// From to To, by their start; repeated ones each by itself.
type EventQuery struct {
	Query
	From, To time.Time
}

// A Response answers an invitation.
type Response struct {
	How     string // "accept", "tentative", "decline"
	Comment string
	Silent  bool // the organizer is not told
}

// Wanted is a meeting that a time is looked for.
type Wanted struct {
	Attendees []Attendee
	From, To  time.Time
	Minutes   int
	Max       int // suggestions; 0: 10
}

// A Slot is a time that suits.
type Slot struct {
	Start, End time.Time
	Confidence int // percent of those invited who are free
	Reason     string
}

// TaskState says how far a task is.
type TaskState string

const (
	NotStarted TaskState = "notStarted"
	InProgress TaskState = "inProgress"
	Completed  TaskState = "completed"
	WaitingFor TaskState = "waitingOnOthers"
	Deferred   TaskState = "deferred"
)

// A Task is something to do. Start, Due and Done are days: their clock is
// midnight UTC.
type Task struct {
	ID, Subject      string
	Body             Body
	Start, Due, Done time.Time
	Reminder         time.Time // zero: none
	State            TaskState
	Importance       Level
	Percent          int // complete; the servers that do not count it say 0 or 100
	Categories       []string
	Modified         time.Time
}

// NewTask is a task to be made.
type NewTask struct {
	Correlation string
	Subject     string
	Body        Body
	Start, Due  time.Time
	Reminder    time.Time
	State       TaskState
	Importance  Level
	Categories  []string
}

// TaskChange says what to change; nil leaves as it is, a zero time takes away.
type TaskChange struct {
	Subject    *string
	Body       *Body
	Start, Due *time.Time
	Reminder   *time.Time
	State      *TaskState
	Importance *Level
	Categories *[]string
}

// A Contact is a person in the address book of a mailbox.
type Contact struct {
	ID, Name           string
	GivenName, Surname string
	Emails             []Address // at most 3
	Company, JobTitle  string
	Department         string
	Mobile             string
	Business           []string // phones
	Notes              string
	Categories         []string
	Modified           time.Time
}

// NewContact is a contact to be made; its ID and Modified mean nothing.
type NewContact struct {
	Correlation string
	Contact
}

// ContactChange says what to change; nil leaves as it is.
type ContactChange struct {
	Name, GivenName, Surname      *string
	Emails                        *[]Address
	Company, JobTitle, Department *string
	Mobile                        *string
	Business                      *[]string
	Notes                         *string
	Categories                    *[]string
}

// AutoReply is what a mailbox answers by itself.
type AutoReply struct {
	Status     string // "disabled", "alwaysEnabled", "scheduled"
	Audience   string // who outside gets one: "none", "contactsOnly", "all"
	Start, End time.Time
	Internal   string // HTML
	External   string
}

// A Category is a name and a color that items are marked with.
type Category struct{ ID, Name, Color string }

// A Room can be invited.
type Room struct {
	Name, Address, Building string
	Capacity                int // 0: not told
}

// A RoomList is rooms that belong together, as those of a building.
type RoomList struct{ Name, Address string }

// A TimeZone is one that a server knows.
type TimeZone struct{ Name, Title string }
