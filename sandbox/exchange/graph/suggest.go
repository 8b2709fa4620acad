package graph

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

const (
	suggestEvery   = 30 * time.Minute
	usualMeeting   = 30 * time.Minute
	usualSuggested = 20
	maxSuggested   = 1000 // and times that are looked at, for each slot
)

// wish is what findMeetingTimes is asked for.
type wish struct {
	attendees  []exchange.Attendee
	slots      [][2]time.Time
	long       time.Duration
	most       int
	least      float64 // confidence
	optional   bool    // the organiser need not come
	reasons    bool
	working    bool // in the organiser's working hours only
	appointed  map[string][]exchange.Appointment
	unknowable map[string]bool // addresses elsewhere
}

type wishIn struct {
	Attendees []struct {
		emailAddress
		Type string
	}
	TimeConstraint *struct {
		ActivityDomain string
		TimeSlots      []struct{ Start, End dateTimeZone }
	}
	LocationConstraint                           any
	MeetingDuration                              *string
	MaxCandidates                                *int
	MinimumAttendeePercentage                    *float64
	IsOrganizerOptional, ReturnSuggestionReasons bool
}

// findMeetingTimes suggests when people can meet. It is for people: the
// permission exists for them alone.
func findMeetingTimes(c *call) (answer, error) {
	in, err := objectOf[wishIn](c.body)
	if err != nil {
		return answer{}, err
	}
	w, err := c.wish(in)
	if err != nil {
		return answer{}, err
	}
	if err := c.appointments(w); err != nil {
		return answer{}, err
	}
	var list []map[string]any
	looked := 0
	for _, slot := range w.slots {
		for at := slot[0]; !at.Add(w.long).After(slot[1]); at = at.Add(suggestEvery) {
			if looked++; looked > maxSuggested {
				break
			}
			if o := c.suggestion(w, at); o != nil {
				list = append(list, o)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b map[string]any) int {
		return cmp.Compare(b["confidence"].(float64), a["confidence"].(float64))
	})
	reason := ""
	if list = list[:min(len(list), w.most)]; len(list) == 0 {
		list, reason = []map[string]any{}, "attendeesUnavailable"
	}
	return answer{status: http.StatusOK, body: map[string]any{"@odata.context": c.base() + "/$metadata#microsoft.graph.meetingTimeSuggestionsResult",
		"emptySuggestionsReason": reason, "meetingTimeSuggestions": list}}, nil
}

var hoursAndMinutes = regexp.MustCompile(`^PT(?:(\d{1,2})H)?(?:(\d{1,4})M)?$`)

func (c *call) wish(in wishIn) (*wish, error) {
	w := &wish{long: usualMeeting, most: usualSuggested, least: 50, optional: in.IsOrganizerOptional, reasons: in.ReturnSuggestionReasons, working: true,
		appointed: map[string][]exchange.Appointment{}, unknowable: map[string]bool{}}
	set(&w.most, in.MaxCandidates)
	set(&w.least, in.MinimumAttendeePercentage)
	if in.MeetingDuration != nil {
		part := hoursAndMinutes.FindStringSubmatch(*in.MeetingDuration)
		if part == nil {
			return nil, badRequest("The meetingDuration '%s' is not valid.", *in.MeetingDuration)
		}
		hours, _ := strconv.Atoi(part[1]) // digits, or nothing
		minutes, _ := strconv.Atoi(part[2])
		w.long = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	}
	if w.long <= 0 || w.long > 24*time.Hour || w.most < 1 || w.most > maxSuggested || w.least < 0 || w.least > 100 || len(in.Attendees) > maxSchedules {
		return nil, badRequest("The meetingDuration, maxCandidates, minimumAttendeePercentage or number of attendees is out of bounds.")
	}
	if in.LocationConstraint != nil {
		return nil, badRequest("A locationConstraint is not supported here.")
	}
	for _, a := range in.Attendees {
		if !exchange.CheckAddress(a.EmailAddress.Address) {
			return nil, exchange.ErrRecipients
		}
		w.attendees = append(w.attendees, exchange.Attendee{Address: a.address(), Type: orText(a.Type, "required")})
	}
	if in.TimeConstraint == nil {
		now := c.s.x.Now().Truncate(suggestEvery).Add(suggestEvery)
		w.slots = [][2]time.Time{{now, now.AddDate(0, 0, 7)}}
		return w, nil
	}
	w.working = slices.Contains([]string{"", "work", "unknown"}, strings.ToLower(in.TimeConstraint.ActivityDomain))
	for _, s := range in.TimeConstraint.TimeSlots {
		from, err := s.Start.time()
		if err != nil {
			return nil, err
		}
		to, err := s.End.time()
		if err != nil {
			return nil, err
		}
		if !to.After(from) || to.Sub(from) > longestSchedule {
			return nil, refuse(http.StatusBadRequest, "ErrorInvalidTimeInterval", "A time slot ends before it begins, or is longer than 62 days.")
		}
		w.slots = append(w.slots, [2]time.Time{from, to})
	}
	return w, nil
}

// appointments reads everybody's calendar, as far as it is here.
func (c *call) appointments(w *wish) error {
	people := []string{c.mailbox.Account().Address}
	for _, a := range w.attendees {
		people = append(people, a.Address.Address)
	}
	for _, address := range people {
		account, ours := sandbox.Resolve(address)
		if box, err := c.s.x.Mailbox(account); err == nil && ours {
			items, err := box.Items(exchange.Calendar)
			if err != nil {
				return err
			}
			for _, it := range items {
				var a exchange.Appointment
				if it.Class == exchange.ClassEvent && it.ReadEntry(&a) == nil && a.ShowAs != "free" {
					w.appointed[address] = append(w.appointed[address], a)
				}
			}
		} else if !slices.ContainsFunc(exchange.Rooms(), func(r exchange.Room) bool { return strings.EqualFold(r.Address, address) }) {
			w.unknowable[address] = true
		}
	}
	return nil
}

// chances are how likely somebody comes, as Graph reckons.
var chances = map[string]float64{"free": 100, "unknown": 49, "tentative": 49, "busy": 0, "oof": 0, "workingElsewhere": 100}

// suggestion is a time, if it is good enough.
func (c *call) suggestion(w *wish, at time.Time) map[string]any {
	if w.working && !inHours(c.mailbox.Settings().WorkingHours, at, at.Add(w.long)) {
		return nil
	}
	own := w.availability(c.mailbox.Account().Address, at)
	if chances[own] < 100 && !w.optional {
		return nil
	}
	total, list := 0.0, []map[string]any{}
	for _, a := range w.attendees {
		is := w.availability(a.Address.Address, at)
		total += chances[is]
		list = append(list, map[string]any{"availability": is, "attendee": map[string]any{"type": a.Type, "emailAddress": map[string]any{"address": a.Address.Address}}})
	}
	confidence := 100.0
	if len(list) > 0 {
		confidence = total / float64(len(list))
	}
	if confidence < w.least {
		return nil
	}
	reason := ""
	if w.reasons {
		reason = "Suggested because it is one of the nearest times when most attendees are available."
		if confidence == 100 {
			reason = "Suggested because it is one of the nearest times when all attendees are available."
		}
	}
	return map[string]any{"confidence": confidence, "organizerAvailability": own, "suggestionReason": reason, "attendeeAvailability": list, "locations": []any{},
		"meetingTimeSlot": map[string]any{"start": dateTime(at, c.prefer.timeZone), "end": dateTime(at.Add(w.long), c.prefer.timeZone)}}
}

func (w *wish) availability(address string, at time.Time) string {
	if w.unknowable[address] {
		return "unknown"
	}
	is := "free"
	for _, a := range w.appointed[address] {
		kind := orText(a.ShowAs, "busy")
		if a.Start.Before(at.Add(w.long)) && a.End.After(at) && codes[kind] > codes[is] {
			is = kind
		}
	}
	return is
}

// inHours tells whether a time is within one day's working hours.
func inHours(h exchange.WorkingHours, from, to time.Time) bool {
	loc, err := zone(h.TimeZone)
	if err != nil {
		loc = time.UTC
	}
	from, to = from.In(loc), to.In(loc)
	day := strings.ToLower(from.Weekday().String())
	const clock = "15:04:05"
	return from.YearDay() == to.YearDay() && slices.Contains(h.Days, day) && from.Format(clock) >= h.Start && to.Format(clock) <= h.End
}
