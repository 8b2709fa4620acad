// Package hours keeps the calendars of working time: which there are, who
// changes them, and the standard one, which counts where none is named. It
// answers the engine's question for them.
//
// How working time is counted is package calendar's.
package hours

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/calendar"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

const (
	maxName      = 80  // characters
	maxCalendars = 500 // far more than a firm has places
	keepFor      = 30 * time.Second
)

// Calendar is a plan under a name.
type Calendar struct {
	Name     string
	Standard bool // counts where none is named
	Plan     calendar.Plan
	Rev      int64 // 0: never saved; this is what counts until one is
	At       time.Time
	By       signoff.Principal
}

// Service keeps calendars. Fill it in and use it; nothing needs to be closed.
type Service struct {
	Store *store.Store
	Zone  string           // of the standard calendar until one is saved
	Now   func() time.Time // nil: time.Now

	mu   sync.Mutex
	kept engine.Calendars // by key; "" the standard one
	till time.Time
}

func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// Calendars answers engine.NeedCalendars. Another node's change may count up to
// half a minute later here.
func (s *Service) Calendars(ctx context.Context, names []string) (engine.Calendars, error) {
	all, err := s.ready(ctx)
	if err != nil {
		return nil, err
	}
	out := make(engine.Calendars, len(names))
	for _, name := range names {
		out[name] = all[keyOf(name)]
	}
	return out, nil
}

// Has tells whether there is a calendar of that name.
func (s *Service) Has(ctx context.Context, name string) (bool, error) {
	all, err := s.ready(ctx)
	return all[keyOf(name)] != nil, err
}

func (s *Service) ready(ctx context.Context) (engine.Calendars, error) {
	s.mu.Lock()
	kept, fresh := s.kept, s.now().Before(s.till)
	s.mu.Unlock()
	if fresh {
		return kept, nil
	}
	list, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	all := make(engine.Calendars, len(list)+1)
	for _, c := range list {
		made, err := calendar.New(c.Plan)
		if err != nil {
			return nil, fmt.Errorf("calendar %s: %w", c.Name, err)
		}
		all[keyOf(c.Name)] = made
		if c.Standard {
			all[""] = made
		}
	}
	s.mu.Lock()
	s.kept, s.till = all, s.now().Add(keepFor)
	s.mu.Unlock()
	return all, nil
}

func (s *Service) forget() {
	s.mu.Lock()
	s.till = time.Time{}
	s.mu.Unlock()
}

// standardName is what the calendar is called that nobody has saved.
const standardName = "Standard"

// List returns all calendars by name. There is always a standard one.
func (s *Service) List(ctx context.Context) ([]Calendar, error) { return s.list(ctx) }

func (s *Service) list(ctx context.Context) ([]Calendar, error) {
	rows, err := s.Store.Calendars(ctx)
	if err != nil {
		return nil, err
	}
	var out []Calendar
	for _, r := range rows {
		c, err := calendarOf(r)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	named := func(c Calendar) bool { return keyOf(c.Name) == keyOf(standardName) }
	if !slices.ContainsFunc(out, func(c Calendar) bool { return c.Standard }) {
		if i := slices.IndexFunc(out, named); i >= 0 {
			out[i].Standard = true
		} else {
			out = append(out, Calendar{Name: standardName, Standard: true, Plan: calendar.Standard(s.zone())})
		}
	}
	slices.SortFunc(out, func(a, b Calendar) int { return strings.Compare(keyOf(a.Name), keyOf(b.Name)) })
	return out, nil
}

func (s *Service) zone() string {
	if s.Zone == "" || s.Zone == "Local" {
		return "UTC"
	}
	return s.Zone
}

func calendarOf(r store.Calendar) (Calendar, error) {
	c := Calendar{Name: r.Name, Standard: r.Standard, Rev: r.Rev, At: r.At, By: r.By}
	if err := json.Unmarshal(r.Body, &c.Plan); err != nil {
		return c, fmt.Errorf("calendar %s: %w", r.Name, err)
	}
	return c, nil
}

// Get returns one calendar; "calendar-not-found".
func (s *Service) Get(ctx context.Context, name string) (Calendar, error) {
	list, err := s.list(ctx)
	if err != nil {
		return Calendar{}, err
	}
	i := slices.IndexFunc(list, func(c Calendar) bool { return keyOf(c.Name) == keyOf(name) })
	if i < 0 {
		return Calendar{}, store.NoCalendar()
	}
	return list[i], nil
}

// Save keeps a calendar instead of revision c.Rev, 0 for a new one. It takes the
// server right, and refuses a plan that cannot be ("bad-calendar"). Due times
// that were worked out before stay as they are.
func (s *Service) Save(ctx context.Context, by signoff.Caller, c Calendar) (Calendar, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return Calendar{}, err
	}
	name, err := checkName(c.Name)
	if err != nil {
		return Calendar{}, err
	}
	c.Name = name
	if _, err := Open(c.Plan); err != nil {
		return Calendar{}, err
	}
	rows, err := s.Store.Calendars(ctx)
	if err != nil {
		return Calendar{}, err
	}
	if c.Rev == 0 && len(rows) >= maxCalendars {
		return Calendar{}, bad("name", fmt.Sprintf("there are %d calendars already", maxCalendars))
	}
	var before []byte
	if i := slices.IndexFunc(rows, func(r store.Calendar) bool { return r.Key == keyOf(name) }); i >= 0 {
		before = rows[i].Body
		c.Standard = c.Standard || rows[i].Standard // it passes on by another becoming standard
	}
	c.Standard = c.Standard || len(rows) == 0
	body, err := json.Marshal(c.Plan)
	if err != nil {
		return Calendar{}, err
	}
	defer s.forget()
	saved, err := s.Store.SaveCalendar(ctx, store.Calendar{Key: keyOf(name), Name: name, Standard: c.Standard, Body: body, Rev: c.Rev, By: by.Principal},
		store.Change{By: by.Principal, How: by.Recognised(), What: "calendar", Subject: name, Before: before, After: body})
	if err != nil {
		return Calendar{}, err
	}
	return calendarOf(saved)
}

// Delete removes a calendar of revision rev; it takes the server right. The
// standard one stays as long as there are others. Timers that were set by it
// stay; steps that name it from now on become incidents.
func (s *Service) Delete(ctx context.Context, by signoff.Caller, name string, rev int64) error {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return err
	}
	list, err := s.list(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(c Calendar) bool { return keyOf(c.Name) == keyOf(name) })
	switch {
	case i < 0 || list[i].Rev == 0:
		return store.NoCalendar()
	case list[i].Standard && len(list) > 1:
		return &signoff.Error{Kind: signoff.Conflict, Code: "calendar-standard", Detail: list[i].Name + " counts where no calendar is named",
			Hint: "make another one the standard, then delete this one"}
	}
	before, err := json.Marshal(list[i].Plan)
	if err != nil {
		return err
	}
	defer s.forget()
	return s.Store.DeleteCalendar(ctx, keyOf(name), rev, store.Change{By: by.Principal, How: by.Recognised(), What: "calendar", Subject: list[i].Name, Before: before})
}

// Open makes a plan ready to count with, or says what is wrong ("bad-calendar").
func Open(p calendar.Plan) (*calendar.Calendar, error) {
	c, err := calendar.New(p)
	wrong := calendar.Wrongs(err)
	if len(wrong) == 0 {
		return c, err
	}
	e := &signoff.Error{Kind: signoff.Invalid, Code: "bad-calendar", Detail: wrong[0].Detail}
	if len(wrong) > 1 {
		e.Detail = fmt.Sprintf("%d things in the calendar are wrong", len(wrong))
	}
	for _, w := range wrong {
		e.Fields = append(e.Fields, signoff.FieldError{Field: w.Field, Detail: w.Detail})
	}
	return nil, e
}

func bad(field, why string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-calendar", Detail: why, Fields: []signoff.FieldError{{Field: field, Detail: why}}}
}

// keyOf is what all spellings of a name have in common.
func keyOf(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

func checkName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsAny(name, "/") {
		return "", bad("name", fmt.Sprintf("a calendar's name is one line of at most %d characters without /", maxName))
	}
	return name, nil
}

// importYears is how far ahead repetitions of an imported file are taken over.
const importYears = 10

// Import reads the holidays of an iCalendar file for a calendar in a zone, from
// this year on; it saves nothing. It refuses what cannot be read ("bad-ical").
func (s *Service) Import(data []byte, zone string) (calendar.Imported, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "" || zone == "Local" {
		return calendar.Imported{}, bad("zone", "say which time zone the holidays are for, such as Europe/Berlin")
	}
	year := s.now().In(loc).Year()
	im, err := calendar.Import(data, loc, year, year+importYears)
	if wrong, ok := errors.AsType[*calendar.Bad](err); ok {
		return im, &signoff.Error{Kind: signoff.Invalid, Code: "bad-ical", Detail: "the file cannot be read: " + wrong.Error(),
			Hint: "give an iCalendar file, .ics, as calendars export it"}
	}
	return im, err
}
