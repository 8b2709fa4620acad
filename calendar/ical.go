package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds on what is imported.
const (
	MaxImport    = 1 << 20 // bytes of a file
	maxEvents    = 5000
	maxEventDays = 60 // of one event
	maxLines     = 50_000
)

// Imported is what a file of holidays holds.
type Imported struct {
	Holidays []Holiday
	Skipped  []string // what was left out and why, in words; at most a few
}

// Import reads the holidays of an iCalendar file (RFC 5545): events of whole
// days and those with a time, yearly ones and those repeated by a yearly rule,
// with the days such rules leave out. Times are turned into the zone of the
// calendar they are for. Events before the year from, and repetitions after the
// year to, are left out; a day of every year is kept as such.
//
// Cancelled events, and those that say they are transparent, take no time away
// and are left out, as is what repeats in other ways than yearly: it is named in
// Skipped. The error says in which line the file cannot be read.
func Import(data []byte, zone *time.Location, from, to int) (Imported, error) {
	lines, err := unfold(data)
	if err != nil {
		return Imported{}, err
	}
	im := importer{zone: zone, from: from, to: to, seen: map[Date][]Span{}, work: maxRuleWork}
	if err := im.read(lines); err != nil {
		return Imported{}, err
	}
	slices.SortStableFunc(im.out.Holidays, func(a, b Holiday) int { return strings.Compare(a.Date.String(), b.Date.String()) })
	return im.out, nil
}

// Bad is what is wrong with a file, and in which line.
type Bad struct {
	Line   int
	Detail string
}

func (b *Bad) Error() string { return fmt.Sprintf("line %d: %s", b.Line, b.Detail) }

// importer reads one file.
type importer struct {
	zone     *time.Location
	from, to int
	out      Imported
	seen     map[Date][]Span
	events   int
	work     int // left for following rules
}

// event is a VEVENT as far as holidays need it.
type event struct {
	line     int
	name     string
	start    stamp
	end      stamp
	lasting  time.Duration
	hasEnd   bool
	hasFor   bool
	rule     string
	except   []stamp
	skip     bool
	override bool // one time of a series, moved or changed
}

func (im *importer) read(lines []property) error {
	if len(lines) == 0 || !lines[0].is("BEGIN", "VCALENDAR") {
		return &Bad{1, "this is no iCalendar file: it has to begin with BEGIN:VCALENDAR"}
	}
	var inside []string
	var now *event
	for _, p := range lines {
		switch p.name {
		case "BEGIN":
			inside = append(inside, strings.ToUpper(p.value))
			if len(inside) > 10 {
				return &Bad{p.line, "more than ten parts stand within each other"}
			}
			if strings.EqualFold(p.value, "VEVENT") {
				if now != nil {
					return &Bad{p.line, "an event stands within an event"}
				}
				now = &event{line: p.line}
			}
		case "END":
			if len(inside) == 0 || inside[len(inside)-1] != strings.ToUpper(p.value) {
				return &Bad{p.line, fmt.Sprintf("END:%.40s ends nothing that began", p.value)}
			}
			inside = inside[:len(inside)-1]
			if strings.EqualFold(p.value, "VEVENT") {
				if err := im.add(now); err != nil {
					return err
				}
				now = nil
			}
		default:
			if now != nil && inside[len(inside)-1] == "VEVENT" {
				if err := now.take(p, im.zone); err != nil {
					return err
				}
			}
		}
	}
	if len(inside) > 0 {
		return &Bad{lines[len(lines)-1].line, "the file ends within " + inside[len(inside)-1]}
	}
	return nil
}

// take reads one property of an event.
func (e *event) take(p property, zone *time.Location) (err error) {
	switch p.name {
	case "SUMMARY":
		e.name = summary(p.value)
	case "DTSTART":
		e.start, err = p.stamp(zone)
	case "DTEND":
		e.hasEnd = true
		e.end, err = p.stamp(zone)
	case "DURATION":
		e.hasFor = true
		e.lasting, err = p.duration()
	case "RRULE":
		e.rule = p.value
	case "EXDATE":
		for one := range strings.SplitSeq(p.value, ",") {
			if len(e.except) == 1000 {
				return &Bad{p.line, "an event leaves out more than 1000 dates"}
			}
			q := p
			q.value = one
			s, err := q.stamp(zone)
			if err != nil {
				return err
			}
			e.except = append(e.except, s)
		}
	case "STATUS":
		e.skip = e.skip || strings.EqualFold(p.value, "CANCELLED")
	case "TRANSP":
		e.skip = e.skip || strings.EqualFold(p.value, "TRANSPARENT") && !e.start.day
	case "RECURRENCE-ID":
		e.override = true
	}
	return err
}

// summary is a name as one line: what \n and \, stand for is taken out.
func summary(text string) string {
	text = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(text)
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(text), " ")
	for len(text) > MaxName {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return text
}

// add makes holidays of an event.
func (im *importer) add(e *event) error {
	if im.events++; im.events > maxEvents {
		return &Bad{e.line, fmt.Sprintf("there are more than %d events", maxEvents)}
	}
	if e.start.at.IsZero() {
		return &Bad{e.line, "the event has no DTSTART"}
	}
	if e.skip {
		return nil
	}
	lasting, why := e.length()
	if why != "" {
		im.skip(e, why)
		return nil
	}
	if e.override {
		im.skip(e, "it moves one time of a repeated event; enter it by hand")
		return nil
	}
	starts := []time.Time{e.start.at}
	if e.rule != "" {
		r, why := parseRule(e.rule, im.zone)
		if why != "" {
			im.skip(e, why)
			return nil
		}
		if r.everyYear() && e.start.day && lasting == 24*time.Hour && len(e.except) == 0 {
			_, m, d := e.start.at.Date()
			return im.keep(e, Holiday{Date: Date{0, m, d}, Name: e.name})
		}
		if starts, why = r.times(e.start, im.from, im.to, &im.work); why != "" {
			im.skip(e, why)
			return nil
		}
		if im.work < 0 {
			return &Bad{e.line, "the rules of the file's repeated events take too long to follow"}
		}
	}
	for _, at := range starts {
		if at.Year() < im.from || at.Year() > im.to || e.left(at) {
			continue
		}
		if err := im.days(e, at, lasting); err != nil {
			return err
		}
	}
	return nil
}

// length is how long the event takes (RFC 5545 §3.6.1: without an end, one of a
// day takes that day), or why it cannot be used.
func (e *event) length() (time.Duration, string) {
	lasting := e.lasting
	switch {
	case e.hasEnd:
		lasting = e.end.at.Sub(e.start.at)
		if e.start.day {
			lasting = e.end.at.Sub(e.start.at).Round(24 * time.Hour)
		}
	case e.hasFor:
	case e.start.day:
		lasting = 24 * time.Hour
	default:
		return 0, "it takes no time"
	}
	switch {
	case lasting <= 0:
		return 0, "it takes no time"
	case lasting > maxEventDays*24*time.Hour:
		return 0, fmt.Sprintf("it takes more than %d days", maxEventDays)
	}
	return lasting, ""
}

// left tells whether EXDATE leaves out the time that begins at a moment.
func (e *event) left(at time.Time) bool {
	return slices.ContainsFunc(e.except, func(s stamp) bool {
		return s.at.Equal(at) || s.day && dateOf(s.at) == dateOf(at)
	})
}

// days makes a holiday of each day that an event touches.
func (im *importer) days(e *event, at time.Time, lasting time.Duration) error {
	if e.start.day {
		for d := range int(lasting / (24 * time.Hour)) {
			if err := im.keep(e, Holiday{Date: dateOf(at).plus(d), Name: e.name}); err != nil {
				return err
			}
		}
		return nil
	}
	end := at.Add(lasting).In(im.zone)
	for day := dateOf(at); ; day = day.plus(1) {
		off := Span{0, dayMinutes}
		if day == dateOf(at) {
			off.From = Minute(at.Hour()*60 + at.Minute())
		}
		last := day == dateOf(end)
		if last {
			off.To = Minute(end.Hour()*60 + end.Minute())
		}
		if off.From < off.To {
			h := Holiday{Date: day, Name: e.name, Hours: &off}
			if off == (Span{0, dayMinutes}) {
				h.Hours = nil
			}
			if err := im.keep(e, h); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// keep adds a holiday, once.
func (im *importer) keep(e *event, h Holiday) error {
	off := Span{0, dayMinutes}
	if h.Hours != nil {
		off = *h.Hours
	}
	if slices.Contains(im.seen[h.Date], off) {
		return nil
	}
	if len(im.out.Holidays) == MaxHolidays {
		return &Bad{e.line, fmt.Sprintf("the file has more than %d holidays", MaxHolidays)}
	}
	im.seen[h.Date] = append(im.seen[h.Date], off)
	im.out.Holidays = append(im.out.Holidays, h)
	return nil
}

// skip notes what was left out.
func (im *importer) skip(e *event, why string) {
	if len(im.out.Skipped) < 20 {
		name := e.name
		if name == "" {
			name = "an event without a name"
		}
		im.out.Skipped = append(im.out.Skipped, fmt.Sprintf("line %d, %s: %s", e.line, name, why))
	}
}
