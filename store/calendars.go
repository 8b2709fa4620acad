package store

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
)

// Calendar is working hours under a name. Package hours says what is in Body.
type Calendar struct {
	Key      string // the name in small letters
	Name     string
	Standard bool // counts where no other is named; one at most
	Body     []byte
	Rev      int64 // 0: never saved
	At       time.Time
	By       signoff.Principal
}

const oneCalendar = `select key, name, standard, body, rev, at, by_whom from calendar where key = $1`

func (c *Calendar) scan(row interface{ Scan(...any) error }) error {
	var standard int
	var at int64
	err := row.Scan(&c.Key, &c.Name, &standard, &c.Body, &c.Rev, &at, &c.By)
	c.Standard, c.At = standard != 0, moment(at)
	return err
}

// Calendars lists all calendars by name.
func (s *Store) Calendars(ctx context.Context) ([]Calendar, error) {
	rows, err := s.query(ctx, `select key, name, standard, body, rev, at, by_whom from calendar order by key`)
	if err != nil {
		return nil, err
	}
	var list []Calendar
	err = eachRow(rows, func() error {
		var c Calendar
		err := c.scan(rows)
		list = append(list, c)
		return err
	})
	return list, s.explain(err)
}

// SaveCalendar keeps a calendar instead of revision c.Rev; 0 makes a new one. A
// standard one takes that from the one before. It refuses with
// "calendar-changed" when somebody else saved meanwhile, and a name that is
// taken ("calendar-exists").
func (s *Store) SaveCalendar(ctx context.Context, c Calendar, note Change) (Calendar, error) {
	now := s.Now()
	var saved Calendar
	err := s.exclusively(ctx, func(t *tx) error {
		var is Calendar
		err := is.scan(t.row(oneCalendar, c.Key))
		switch {
		case err != nil && !isNoRows(err):
			return err
		case err == nil && c.Rev == 0:
			return &signoff.Error{Kind: signoff.Conflict, Code: "calendar-exists", Detail: "there is a calendar called " + is.Name}
		case is.Rev != c.Rev:
			return calendarChanged(is)
		}
		if c.Standard {
			if _, err := t.exec(`update calendar set standard = 0 where key <> $1`, c.Key); err != nil {
				return err
			}
		}
		if _, err := t.exec(`insert into calendar (key, name, standard, body, rev, at, by_whom) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (key) do update set name = excluded.name, standard = excluded.standard, body = excluded.body, rev = excluded.rev,
			at = excluded.at, by_whom = excluded.by_whom`,
			c.Key, c.Name, flag(c.Standard), c.Body, is.Rev+1, micros(now), string(c.By)); err != nil {
			return err
		}
		if err := saved.scan(t.row(oneCalendar, c.Key)); err != nil {
			return err
		}
		return t.note(note, now)
	})
	return saved, err
}

func calendarChanged(is Calendar) error {
	if is.Rev == 0 {
		return NoCalendar()
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: "calendar-changed",
		Detail: whoSaved(is.By) + " saved this calendar " + signoff.At(is.At), Hint: "load it again, look at what is different, then save"}
}

func whoSaved(by signoff.Principal) string {
	if by == "" {
		return "the server itself"
	}
	return signoff.Mention(by)
}

// NoCalendar is the refusal of a calendar that is not there.
func NoCalendar() error {
	return &signoff.Error{Kind: signoff.NotFound, Code: "calendar-not-found", Detail: "there is no calendar of that name"}
}

// DeleteCalendar removes a calendar, if it is of revision rev.
func (s *Store) DeleteCalendar(ctx context.Context, key string, rev int64, note Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error {
		var is Calendar
		if err := is.scan(t.row(oneCalendar, key)); err != nil && !isNoRows(err) {
			return err
		}
		if is.Rev != rev || rev == 0 {
			return calendarChanged(is)
		}
		if _, err := t.exec(`delete from calendar where key = $1`, key); err != nil {
			return err
		}
		return t.note(note, now)
	})
}
