package graph

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// invited tells the attendees of an event that was made or changed.
func (c *call) invited(it exchange.Item) (exchange.Item, error) {
	id := it.ID(true).REST()
	if err := c.mailbox.Invite(id); err != nil {
		return it, err
	}
	return c.mailbox.Item(id)
}

func (c *call) comment() (exchange.Body, error) {
	for name, v := range c.body {
		if !strings.EqualFold(name, "comment") {
			continue
		}
		text, ok := v.(string)
		if !ok && v != nil {
			return exchange.Body{}, badRequest("The comment must be a string.")
		}
		return exchange.Body{Text: text}, nil
	}
	return exchange.Body{}, nil
}

// respond answers an invitation. sendResponse is true unless the caller says
// otherwise.
func respond(response string) handler {
	return func(c *call) (answer, error) {
		send := true
		for name, v := range c.body {
			switch strings.ToLower(name) {
			case "comment":
			case "sendresponse":
				var ok bool
				if send, ok = v.(bool); !ok {
					return answer{}, badRequest("sendResponse must be a boolean.")
				}
			case "proposednewtime":
				return answer{}, badRequest("Proposing another time is not supported here.")
			default:
				return answer{}, badRequest("The parameter '%s' is not known here.", name)
			}
		}
		comment, err := c.comment()
		if err != nil {
			return answer{}, err
		}
		it, err := c.entry(exchange.ClassEvent)
		if err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusAccepted}, c.mailbox.Respond(it.ID(true).REST(), response, comment, send)
	}
}

const (
	maxSchedules    = 20
	longestSchedule = 62 * 24 * time.Hour
)

// getSchedule tells when people and rooms are free.
func getSchedule(c *call) (answer, error) {
	in, err := objectOf[struct {
		Schedules                []string
		StartTime, EndTime       dateTimeZone
		AvailabilityViewInterval *int
	}](c.body)
	if err != nil {
		return answer{}, err
	}
	step := 30
	set(&step, in.AvailabilityViewInterval)
	from, err := in.StartTime.time()
	if err != nil {
		return answer{}, err
	}
	to, err := in.EndTime.time()
	if err != nil {
		return answer{}, err
	}
	switch {
	case len(in.Schedules) == 0 || len(in.Schedules) > maxSchedules:
		return answer{}, badRequest("getSchedule takes 1 to %d schedules.", maxSchedules)
	case step < 5 || step > 1440:
		return answer{}, refuse(http.StatusBadRequest, "ErrorInvalidMergedFreeBusyInterval", "The availabilityViewInterval must be between 5 and 1440 minutes.")
	case !to.After(from) || to.Sub(from) > longestSchedule || to.Sub(from) < time.Duration(step)*time.Minute:
		return answer{}, refuse(http.StatusBadRequest, "ErrorInvalidTimeInterval", "The time interval is not valid: its end is before its start, or it is longer than 62 days.")
	}
	value := []map[string]any{}
	for _, address := range in.Schedules {
		o, err := c.schedule(address, from, to, time.Duration(step)*time.Minute)
		if err != nil {
			return answer{}, err
		}
		value = append(value, o)
	}
	return answer{status: http.StatusOK, body: map[string]any{"@odata.context": c.base() + "/$metadata#Collection(microsoft.graph.scheduleInformation)", "value": value}}, nil
}

// codes are what availabilityView has for the kinds of being busy.
var codes = map[string]byte{"free": '0', "tentative": '1', "busy": '2', "oof": '3', "workingElsewhere": '4'}

func (c *call) schedule(address string, from, to time.Time, step time.Duration) (map[string]any, error) {
	out := map[string]any{"scheduleId": address}
	view := []byte(strings.Repeat("0", int((to.Sub(from)+step-1)/step)))
	items := []map[string]any{}
	box, err := c.s.x.Mailbox(address)
	switch {
	case err != nil && slices.ContainsFunc(exchange.Rooms(), func(r exchange.Room) bool { return strings.EqualFold(r.Address, address) }):
	case err != nil:
		out["availabilityView"], out["error"] = "", map[string]any{"message": "Unable to resolve e-mail address " + strconv.Quote(address) + " to an Active Directory object.", "responseCode": "ErrorMailRecipientNotFound"}
		return out, nil
	default:
		if items, err = c.busy(box, from, to, step, view); err != nil {
			return nil, err
		}
		out["workingHours"] = settingsObject(box.Settings())["workingHours"]
	}
	out["availabilityView"], out["scheduleItems"] = string(view), items
	return out, nil
}

// busy lists what is in a calendar, and marks it in view. Of others' calendars
// only the times are told.
func (c *call) busy(box *exchange.Mailbox, from, to time.Time, step time.Duration, view []byte) ([]map[string]any, error) {
	list, err := box.Items(exchange.Calendar)
	if err != nil {
		return nil, err
	}
	items := []map[string]any{}
	for _, it := range list {
		var a exchange.Appointment
		if it.Class != exchange.ClassEvent || it.ReadEntry(&a) != nil || !a.Start.Before(to) || !a.End.After(from) {
			continue
		}
		kind := orText(a.ShowAs, "busy")
		for i := range view {
			at := from.Add(time.Duration(i) * step)
			if a.Start.Before(at.Add(step)) && a.End.After(at) && codes[kind] > view[i] {
				view[i] = codes[kind]
			}
		}
		o := map[string]any{"status": kind, "start": dateTime(a.Start, c.prefer.timeZone), "end": dateTime(a.End, c.prefer.timeZone)}
		if box == c.mailbox {
			o["subject"], o["location"], o["isPrivate"] = a.Subject, a.Location, it.Sensitivity == "private"
		}
		items = append(items, o)
	}
	slices.SortFunc(items, func(a, b map[string]any) int {
		x, _ := jsonObject(a).value("start/dateTime")
		y, _ := jsonObject(b).value("start/dateTime")
		return strings.Compare(x.(string), y.(string))
	})
	return items, nil
}
