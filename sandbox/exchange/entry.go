package exchange

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// Appointment is what an item of class ClassEvent says.
type Appointment struct {
	UID       string // the same for everybody who was invited
	Subject   string
	Body      Body
	Start     time.Time // UTC; of whole days midnight
	End       time.Time
	TimeZone  string // in which it was made
	AllDay    bool
	Location  string
	Organizer Address
	Attendees []Attendee
	ShowAs    string // "free", "tentative", "busy", "oof", "workingElsewhere"
	Reminder  int    // minutes before; -1: none
	Cancelled bool
	Response  string // the owner's: "organizer", "notResponded", "accepted", "tentativelyAccepted", "declined"
}

// Attendee is somebody who is invited.
type Attendee struct {
	Address
	Type     string // "required", "optional", "resource"
	Response string // "none", "accepted", "tentativelyAccepted", "declined"
}

// Contact is what an item of class ClassContact says.
type Contact struct {
	DisplayName, GivenName, Surname   string
	Emails                            []Address
	CompanyName, JobTitle, Department string
	MobilePhone                       string
	BusinessPhones                    []string
	Notes                             string
}

// Task is what an item of class ClassTask says.
type Task struct {
	Subject   string
	Body      Body
	Status    string // "notStarted", "inProgress", "completed", "waitingOnOthers", "deferred"
	Start     time.Time
	Due       time.Time
	Completed time.Time
	Reminder  time.Time
	Percent   int
	Linked    []TaskLink
}

// TaskLink is what a task comes from, in another program.
type TaskLink struct{ ID, WebURL, App, Name, External string }

var entryFolders = map[string]struct{ class, folder string }{
	ClassEvent: {CalendarFolder, Calendar}, ClassContact: {ContactFolder, Contacts}, ClassTask: {TaskFolder, Tasks},
}

// CreateEntry makes an item that is no mail. says is an Appointment, a Contact
// or a Task, as class has it; folder "" is the usual one. fill may set what
// every item has; nil leaves it.
func (m *Mailbox) CreateEntry(class, folder string, says any, fill func(*Edit) error) (Item, error) {
	usual, known := entryFolders[class]
	if !known {
		return Item{}, Refuse("ErrorInvalidItemForOperationCreateItem", "Items of class %s are not made this way.", class)
	}
	if folder == "" {
		folder = usual.folder
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f, err := m.find(folder)
	if err != nil {
		return Item{}, err
	}
	if f.Class != usual.class {
		return Item{}, Refuse("ErrorCannotCreateCalendarItemInNonCalendarFolder", "The folder holds other things.")
	}
	if len(m.items) >= maxItems {
		return Item{}, ErrQuota
	}
	it := m.newItem(class, f)
	it.Flags = sandbox.Read
	if fill != nil {
		if err := fill(&Edit{Item: it, mailbox: m}); err != nil {
			return Item{}, err
		}
	}
	if err := it.say(says); err != nil {
		return Item{}, err
	}
	if err := m.store(it); err != nil {
		return Item{}, err
	}
	m.emit(Event{Kind: Created, Key: it.Key, Place: it.Place, Folder: f.N})
	return *it, nil
}

func (it *Item) say(says any) error {
	text, err := json.Marshal(says)
	if err != nil {
		return err
	}
	if len(text) > maxEntryBytes {
		return ErrMessageSize
	}
	it.Entry, it.Size = text, int64(len(text))
	return nil
}

// ReadEntry fills into with what an item says.
func (it Item) ReadEntry(into any) error { return json.Unmarshal(it.Entry, into) }

// UpdateEntry changes what an item says: change gets the Edit for what every
// item has, and fills says, which begins as the item is.
func UpdateEntry[T any](m *Mailbox, id, changeKey string, change func(e *Edit, says *T) error) (Item, error) {
	return m.Update(id, changeKey, func(e *Edit) error {
		var says T
		if err := e.Item.ReadEntry(&says); err != nil {
			return ErrItemNotFound
		}
		if err := change(e, &says); err != nil {
			return err
		}
		e.Touch()
		return e.Item.say(says)
	})
}

// NewUID names an appointment for everybody.
func NewUID() string { return "040000008200E00074C5B7101A82E008" + rand.Text() }

// Check tells whether an appointment can be.
func (a *Appointment) Check() error {
	if a.End.Before(a.Start) {
		return Refuse("ErrorCalendarEndDateIsEarlierThanStartDate", "The end of the appointment is before its start.")
	}
	if a.End.Sub(a.Start) > 5*365*24*time.Hour {
		return Refuse("ErrorCalendarDurationIsTooLong", "The appointment is too long.")
	}
	if len(a.Attendees) > maxRecipients {
		return ErrRecipients
	}
	if a.ShowAs != "" && !slices.Contains([]string{"free", "tentative", "busy", "oof", "workingElsewhere", "unknown"}, a.ShowAs) {
		return Refuse("ErrorInvalidPropertySet", "%q is not a value of showAs.", a.ShowAs)
	}
	return nil
}

// Room is a place that can be booked. The sandbox's have no mailboxes.
type Room struct {
	ID, Name, Address, Building string
	Capacity                    int
}

// Rooms lists the rooms of Contoso.
func Rooms() []Room {
	return []Room{
		{mailboxGUID("room board"), "Boardroom", "boardroom@" + sandbox.Domain, "Head office", 12},
		{mailboxGUID("room blue"), "Blue room", "blue@" + sandbox.Domain, "Head office", 6},
		{mailboxGUID("room booth"), "Phone booth", "booth@" + sandbox.Domain, "Warehouse", 1},
	}
}

// RoomList is the address that all rooms of a building are listed under.
func RoomList(building string) Address {
	return Address{building, strings.ToLower(strings.ReplaceAll(building, " ", "-")) + "-rooms@" + sandbox.Domain}
}
