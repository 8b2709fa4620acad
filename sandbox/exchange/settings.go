package exchange

import (
	"slices"
	"time"
)

// Settings are what a mailbox's owner sets in Outlook.
type Settings struct {
	TimeZone     string       `json:"timeZone"` // a Windows or an IANA name
	Language     string       `json:"language"` // "en-US"
	DateFormat   string       `json:"dateFormat"`
	TimeFormat   string       `json:"timeFormat"`
	WorkingHours WorkingHours `json:"workingHours"`
	OutOfOffice  OutOfOffice  `json:"outOfOffice"`
	Categories   []Category   `json:"categories"`
}

// WorkingHours are when somebody works.
type WorkingHours struct {
	Days       []string `json:"days"` // "monday"
	Start, End string   // "08:00:00"
	TimeZone   string
}

// OutOfOffice is the automatic answer.
type OutOfOffice struct {
	Status             string    // "disabled", "alwaysEnabled", "scheduled"
	Audience           string    // who outside hears: "none", "contactsOnly", "all"
	Start, End         time.Time // of "scheduled"
	Internal, External string    // HTML or text
}

// On tells whether answers are sent at a time.
func (o OutOfOffice) On(at time.Time) bool {
	switch o.Status {
	case "alwaysEnabled":
		return true
	case "scheduled":
		return !at.Before(o.Start) && at.Before(o.End)
	}
	return false
}

// Category is a colour with a name.
type Category struct{ ID, Name, Color string }

func defaultSettings() Settings {
	return Settings{TimeZone: "UTC", Language: "en-US", DateFormat: "M/d/yyyy", TimeFormat: "h:mm tt",
		WorkingHours: WorkingHours{Days: []string{"monday", "tuesday", "wednesday", "thursday", "friday"}, Start: "08:00:00", End: "17:00:00", TimeZone: "UTC"},
		OutOfOffice:  OutOfOffice{Status: "disabled", Audience: "none"},
		Categories: []Category{{"8a1b6c2e-0000-4000-8000-000000000001", "Red category", "preset0"},
			{"8a1b6c2e-0000-4000-8000-000000000002", "Blue category", "preset7"}}}
}

// Settings returns the settings.
func (m *Mailbox) Settings() Settings {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.settings
}

// ChangeSettings changes them. An out-of-office answer that was changed goes to
// everybody once more.
func (m *Mailbox) ChangeSettings(change func(*Settings) error) (Settings, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.settings
	s.Categories, s.WorkingHours.Days = slices.Clone(s.Categories), slices.Clone(s.WorkingHours.Days)
	if err := change(&s); err != nil {
		return m.settings, err
	}
	o := s.OutOfOffice
	if !slices.Contains([]string{"disabled", "alwaysEnabled", "scheduled"}, o.Status) || !slices.Contains([]string{"none", "contactsOnly", "all"}, o.Audience) {
		return m.settings, Refuse("ErrorInvalidArgument", "The automatic reply setting has a value that is not known.")
	}
	if o.Status == "scheduled" && !o.End.After(o.Start) {
		return m.settings, Refuse("ErrorInvalidTimeInterval", "The end of the scheduled time must be after its start.")
	}
	if len(o.Internal)+len(o.External) > 128<<10 || len(s.Categories) > maxCategories {
		return m.settings, Refuse("ErrorInvalidArgument", "The settings are too large.")
	}
	if o != m.settings.OutOfOffice {
		clear(m.answered)
	}
	m.settings = s
	return s, m.journal.add(line{Settings: &s})
}
