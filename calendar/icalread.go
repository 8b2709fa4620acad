package calendar

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// property is one content line of a file (RFC 5545 §3.1).
type property struct {
	line  int // where it begins
	name  string
	param map[string]string // by upper-case name
	value string
}

func (p property) is(name, value string) bool {
	return p.name == name && strings.EqualFold(p.value, value)
}

// unfold joins lines that were broken and takes them apart.
func unfold(data []byte) ([]property, error) {
	if len(data) > MaxImport {
		return nil, &Bad{1, fmt.Sprintf("the file is larger than %d bytes", MaxImport)}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var out []property
	var text []byte
	begun := 0
	flush := func() error {
		if len(bytes.TrimSpace(text)) == 0 {
			return nil
		}
		p, why := parseProperty(string(text))
		if why != "" {
			return &Bad{begun, why}
		}
		if len(out) == maxLines {
			return &Bad{begun, fmt.Sprintf("the file has more than %d lines", maxLines)}
		}
		p.line = begun
		out = append(out, p)
		return nil
	}
	line := 0
	for raw := range bytes.SplitSeq(data, []byte("\n")) {
		line++
		raw = bytes.TrimSuffix(raw, []byte("\r"))
		if len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t') {
			text = append(text, raw[1:]...)
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		text, begun = append(text[:0], raw...), line
	}
	return out, flush()
}

// parseProperty reads NAME;PARAM=value;PARAM="quoted":value.
func parseProperty(text string) (p property, why string) {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	end := strings.IndexAny(text, ":;")
	if end < 1 {
		return p, fmt.Sprintf("%.40q is no line of an iCalendar file: it has no name and colon", text)
	}
	p.name = strings.ToUpper(text[:end])
	rest := text[end:]
	for strings.HasPrefix(rest, ";") {
		name, after, ok := strings.Cut(rest[1:], "=")
		if !ok || len(p.param) == 20 {
			return p, fmt.Sprintf("the parameters of %.40s cannot be read", p.name)
		}
		value := after
		if strings.HasPrefix(after, `"`) {
			if value, rest, ok = strings.Cut(after[1:], `"`); !ok {
				return p, fmt.Sprintf("a quotation mark of %.40s is never closed", p.name)
			}
		} else if n := strings.IndexAny(after, ":;"); n >= 0 {
			value, rest = after[:n], after[n:]
		} else {
			rest = ""
		}
		if p.param == nil {
			p.param = map[string]string{}
		}
		p.param[strings.ToUpper(name)] = value
	}
	if !strings.HasPrefix(rest, ":") {
		return p, fmt.Sprintf("%.40s has no value", p.name)
	}
	p.value = rest[1:]
	return p, ""
}

// stamp is a DATE or a DATE-TIME. A date is midnight in UTC, a time is in the
// zone the holidays are for.
type stamp struct {
	at  time.Time
	day bool
}

// stamp reads the property's value: a date, a time in UTC, in a zone of its own,
// or, without one, in zone (RFC 5545 §3.3.4, §3.3.5). A zone the server does not
// know, as old Outlooks name theirs, is taken to be zone, too.
func (p property) stamp(zone *time.Location) (stamp, error) {
	text := strings.TrimSpace(p.value)
	in := zone
	if name := p.param["TZID"]; name != "" && name != "Local" {
		if loc, err := time.LoadLocation(strings.TrimPrefix(name, "/")); err == nil {
			in = loc
		}
	}
	var t time.Time
	var err error
	day := len(text) == len("20261225")
	switch {
	case day:
		t, err = time.ParseInLocation("20060102", text, time.UTC)
	case strings.HasSuffix(text, "Z"):
		t, err = time.ParseInLocation("20060102T150405Z", text, time.UTC)
	default:
		t, err = time.ParseInLocation("20060102T150405", text, in)
	}
	if err != nil || t.Year() < 1 {
		return stamp{}, &Bad{p.line, fmt.Sprintf("%.40q is no date such as 20261225 and no time such as 20261224T120000", text)}
	}
	if !day {
		t = t.In(zone)
	}
	return stamp{t, day}, nil
}

// duration reads PT4H30M, P1D, P2W (RFC 5545 §3.3.6).
func (p property) duration() (time.Duration, error) {
	bad := &Bad{p.line, fmt.Sprintf("%.40q is no duration such as PT4H or P1D", p.value)}
	text, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(p.value), "+"), "P")
	if !ok || text == "" {
		return 0, bad
	}
	units := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour}
	var sum time.Duration
	for text != "" {
		if text[0] == 'T' {
			units = map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}
			if text = text[1:]; text == "" {
				return 0, bad
			}
		}
		n := 0
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		if n == 0 || n > 7 || n == len(text) || units[text[n]] == 0 {
			return 0, bad
		}
		count, _ := digits(text[:n])
		sum += time.Duration(count) * units[text[n]]
		if sum > 10*366*24*time.Hour {
			return 0, bad
		}
		text = text[n+1:]
	}
	return sum, nil
}
