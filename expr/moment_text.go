package expr

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseMoment reads ISO 8601 text as FEEL's @"…" does: a date, a time, a date
// and time, or a duration of either kind.
func ParseMoment(s string) (v Value, ok bool) {
	v = parseMoment(s)
	return v, v != nil
}

func parseMoment(s string) Value {
	if strings.HasPrefix(strings.TrimPrefix(s, "-"), "P") {
		return parseDuration(s)
	}
	if d, ok := parseDate(s); ok {
		return d
	}
	if t, ok := parseTime(s); ok {
		return t
	}
	if d, ok := parseDateTime(s); ok {
		return d
	}
	return nil
}

// parseDate reads -?YYYY-MM-DD, with up to nine digits in the year.
func parseDate(s string) (Date, bool) {
	neg := strings.HasPrefix(s, "-")
	body := strings.TrimPrefix(s, "-")
	i := strings.IndexByte(body, '-')
	if i < 4 || i > 9 || i > 4 && body[0] == '0' || len(body) != i+6 || body[i+3] != '-' {
		return Date{}, false
	}
	y, ok1 := digits(body[:i])
	m, ok2 := digits(body[i+1 : i+3])
	d, ok3 := digits(body[i+4:])
	if neg {
		y = -y
	}
	date := Date{y, time.Month(m), d}
	return date, ok1 && ok2 && ok3 && date.valid()
}

func digits(s string) (int, bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// parseTime reads hh:mm:ss with fraction and zone: Z, +01:00 or @Europe/Paris.
func parseTime(s string) (Time, bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return Time{}, false
	}
	h, ok1 := digits(s[:2])
	m, ok2 := digits(s[3:5])
	sec, ok3 := digits(s[6:8])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 59 {
		return Time{}, false
	}
	ns, rest, ok := fraction(s[8:])
	if !ok {
		return Time{}, false
	}
	loc, ok := parseZone(rest)
	return Time{int64(h*3600+m*60+sec)*1e9 + ns, loc}, ok
}

// fraction reads ".123" as nanoseconds; digits beyond the ninth are dropped.
func fraction(s string) (ns int64, rest string, ok bool) {
	if !strings.HasPrefix(s, ".") {
		return 0, s, true
	}
	rest = strings.TrimLeft(s[1:], "0123456789")
	frac := s[1 : len(s)-len(rest)]
	if frac == "" {
		return 0, rest, false
	}
	n, ok := digits((frac + "000000000")[:9])
	return int64(n), rest, ok
}

// parseZone reads Z, an offset or @ and a name; no text is no zone.
func parseZone(s string) (*time.Location, bool) {
	switch {
	case s == "":
		return nil, true
	case s == "Z" || s == "z":
		return time.UTC, true
	case s[0] == '@':
		return zoneByName(s[1:])
	case s[0] != '+' && s[0] != '-', len(s) != 6 && len(s) != 9, s[3] != ':', len(s) == 9 && s[6] != ':':
		return nil, false
	}
	h, ok1 := digits(s[1:3])
	m, ok2 := digits(s[4:6])
	sec, ok3 := 0, true
	if len(s) == 9 {
		sec, ok3 = digits(s[7:])
	}
	off := h*3600 + m*60 + sec
	if !ok1 || !ok2 || !ok3 || m > 59 || sec > 59 || off > 18*3600 {
		return nil, false
	}
	if s[0] == '-' {
		off = -off
	}
	return fixedZone(off), true
}

func fixedZone(off int) *time.Location {
	if off == 0 {
		return time.UTC
	}
	return time.FixedZone("", off)
}

// zoneByName finds an IANA zone. The machine's own zone is not one: the same
// text must mean the same everywhere.
func zoneByName(name string) (*time.Location, bool) {
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, false
	}
	loc, err := time.LoadLocation(name)
	return loc, err == nil
}

// parseDateTime reads a date, T and a time; a date alone means its midnight.
func parseDateTime(s string) (DateTime, bool) {
	day, clock, found := strings.Cut(s, "T")
	d, ok := parseDate(day)
	if !ok {
		return DateTime{}, false
	}
	t := Time{}
	if found {
		if midnight, isMidnight := strings.CutPrefix(clock, "24:00:00"); isMidnight && !strings.HasPrefix(midnight, ".") { // the end of the day
			d, clock = dateOfDays(d.days()+1), "00:00:00"+midnight
		}
		if t, ok = parseTime(clock); !ok || !validYear(d.Year) {
			return DateTime{}, false
		}
	}
	return t.on(d), true
}

// parseDuration reads P1Y2M or P1DT2H3M4.5S, either with a minus in front.
func parseDuration(s string) Value {
	neg := strings.HasPrefix(s, "-")
	body, ok := strings.CutPrefix(strings.TrimPrefix(s, "-"), "P")
	if !ok || body == "" {
		return nil
	}
	sign := int64(1)
	if neg {
		sign = -1
	}
	day, clock, hasTime := strings.Cut(body, "T")
	if !hasTime && strings.ContainsAny(day, "YM") {
		parts, _, ok := units(day, "YM")
		if months := parts[0]*12 + parts[1]; ok && months <= maxMonths {
			return MonthsDuration(sign * months)
		}
		return nil
	}
	dparts, _, ok1 := units(day, "D")
	tparts, ns, ok2 := units(clock, "HMS")
	if !ok1 && day != "" || !ok2 && hasTime {
		return nil
	}
	sec := dparts[0]*daySeconds + tparts[0]*3600 + tparts[1]*60 + tparts[2]
	if sec >= maxDuration {
		return nil
	}
	return DaysDuration{sign * sec, sign * ns}
}

// units reads numbers followed by letters, each letter at most once and in
// order; the last may have a fraction if it is S.
func units(s, letters string) (parts [3]int64, ns int64, ok bool) {
	next := 0
	for s != "" {
		rest := strings.TrimLeft(s, "0123456789")
		n, isNumber := digits(s[:len(s)-len(rest)])
		if !isNumber || n > 1e12 || rest == "" {
			return parts, 0, false
		}
		if rest[0] == '.' {
			frac := strings.TrimLeft(rest[1:], "0123456789")
			if frac != "S" {
				return parts, 0, false
			}
			if rest != ".S" {
				ns, _, _ = fraction(rest[:len(rest)-1])
			}
			rest = frac
		}
		i := strings.IndexByte(letters[next:], rest[0])
		if i < 0 {
			return parts, 0, false
		}
		parts[next+i] = int64(n)
		next += i + 1
		s, ok = rest[1:], true
	}
	return parts, ns, ok
}

// String returns the day as ISO 8601 writes it.
func (d Date) String() string { return string(d.append(nil)) }

func (d Date) append(dst []byte) []byte {
	y := d.Year
	if y < 0 {
		dst, y = append(dst, '-'), -y
	}
	dst = pad(dst, y, 4)
	dst = pad(append(dst, '-'), int(d.Month), 2)
	return pad(append(dst, '-'), d.Day, 2)
}

func pad(dst []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			dst = append(dst, "00000000"[:width-1]...)
			break
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// String returns the time as ISO 8601 writes it, a zone's name after "@".
func (t Time) String() string {
	off, _ := t.offset()
	return string(appendZone(appendClock(nil, t.ns), t.loc, off))
}

func appendClock(dst []byte, ns int64) []byte {
	h, m, s, frac := Time{ns: ns}.parts()
	dst = pad(dst, h, 2)
	dst = pad(append(dst, ':'), m, 2)
	dst = pad(append(dst, ':'), s, 2)
	if frac > 0 {
		dst = pad(append(dst, '.'), frac, 9)
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

func appendZone(dst []byte, loc *time.Location, off int) []byte {
	switch {
	case loc == nil:
		return dst
	case loc == time.UTC:
		return append(dst, 'Z')
	case loc.String() != "" && loc != time.Local:
		return append(append(dst, '@'), loc.String()...)
	}
	return appendOffset(dst, off)
}

func appendOffset(dst []byte, off int) []byte {
	sign := byte('+')
	if off < 0 {
		sign, off = '-', -off
	}
	dst = pad(append(dst, sign), off/3600, 2)
	dst = pad(append(dst, ':'), off/60%60, 2)
	if off%60 != 0 {
		dst = pad(append(dst, ':'), off%60, 2)
	}
	return dst
}

// String returns the moment as ISO 8601 writes it, a zone's name after "@".
func (d DateTime) String() string {
	dst := append(DateOf(d.t).append(nil), 'T')
	c := d.clock()
	_, off := d.t.Zone()
	return string(appendZone(appendClock(dst, c.ns), c.loc, off))
}

// String returns the duration as ISO 8601 writes it, such as P1DT2H.
func (d DaysDuration) String() string {
	if d.sec == 0 && d.ns == 0 {
		return "PT0S"
	}
	var b strings.Builder
	sec, ns := d.sec, d.ns
	if d.negative() {
		b.WriteByte('-')
		sec, ns = -sec, -ns
	}
	b.WriteByte('P')
	if days := sec / daySeconds; days > 0 {
		fmt.Fprintf(&b, "%dD", days)
	}
	if sec%daySeconds == 0 && ns == 0 {
		return b.String()
	}
	b.WriteByte('T')
	for _, u := range []struct {
		n    int64
		unit byte
	}{{sec / 3600 % 24, 'H'}, {sec / 60 % 60, 'M'}} {
		if u.n > 0 {
			fmt.Fprintf(&b, "%d%c", u.n, u.unit)
		}
	}
	if sec%60 > 0 || ns > 0 {
		b.WriteString(strconv.FormatInt(sec%60, 10))
		if ns > 0 {
			b.WriteString(strings.TrimRight(fmt.Sprintf(".%09d", ns), "0"))
		}
		b.WriteByte('S')
	}
	return b.String()
}

// String returns the duration as ISO 8601 writes it, such as P1Y2M.
func (d MonthsDuration) String() string {
	if d == 0 {
		return "P0M"
	}
	s := "P"
	if d < 0 {
		s, d = "-P", -d
	}
	if y := d / 12; y > 0 {
		s += strconv.FormatInt(int64(y), 10) + "Y"
	}
	if m := d % 12; m > 0 {
		s += strconv.FormatInt(int64(m), 10) + "M"
	}
	return s
}
