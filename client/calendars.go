package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/signoffhq/signoff/api"
)

func calendarPath(name string) string { return "/calendars/" + url.PathEscape(name) }

// Calendars lists working hours by name.
func (c *Client) Calendars(ctx context.Context) (l api.List[api.Calendar], err error) {
	return l, c.get(ctx, "/calendars", nil, &l)
}

// Calendar returns one calendar.
func (c *Client) Calendar(ctx context.Context, name string) (out api.Calendar, err error) {
	return out, c.get(ctx, calendarPath(name), nil, &out)
}

// SetCalendar makes a calendar, or changes one.
func (c *Client) SetCalendar(ctx context.Context, name string, set api.SetCalendar) (out api.Calendar, err error) {
	return out, c.send(ctx, http.MethodPut, calendarPath(name), set, "", &out)
}

// DeleteCalendar removes a calendar of a revision.
func (c *Client) DeleteCalendar(ctx context.Context, name string, rev int64) error {
	return c.send(ctx, http.MethodDelete, calendarPath(name)+"?rev="+strconv.FormatInt(rev, 10), nil, "", nil)
}

// PreviewCalendar says when something is due in working time.
func (c *Client) PreviewCalendar(ctx context.Context, p api.PreviewCalendar) (out api.CalendarPreview, err error) {
	return out, c.send(ctx, http.MethodPost, "/calendars/preview", p, "", &out)
}

// ImportHolidays reads the holidays of an iCalendar file.
func (c *Client) ImportHolidays(ctx context.Context, in api.ImportHolidays) (out api.ImportedHolidays, err error) {
	return out, c.send(ctx, http.MethodPost, "/calendars/import", in, "", &out)
}

// absencePath is where somebody's absence is; "" one's own.
func absencePath(who string) string {
	if who == "" {
		return "/me/absence"
	}
	return "/users/" + url.PathEscape(who) + "/absence"
}

// Absence tells when somebody is away, by principal; "" oneself.
func (c *Client) Absence(ctx context.Context, who string) (out api.Absence, err error) {
	return out, c.get(ctx, absencePath(who), nil, &out)
}

// SetAbsence says that somebody is or will be away.
func (c *Client) SetAbsence(ctx context.Context, who string, a api.SetAbsence) (out api.Absence, err error) {
	return out, c.send(ctx, http.MethodPut, absencePath(who), a, "", &out)
}

// PreviewAbsence says what an absence would do with the open tasks.
func (c *Client) PreviewAbsence(ctx context.Context, who string, a api.SetAbsence) (out api.AbsencePreview, err error) {
	return out, c.send(ctx, http.MethodPost, absencePath(who)+"/preview", a, "", &out)
}

// EndAbsence says that somebody is there again.
func (c *Client) EndAbsence(ctx context.Context, who string, rev int64) error {
	return c.send(ctx, http.MethodDelete, absencePath(who)+"?rev="+strconv.FormatInt(rev, 10), nil, "", nil)
}
