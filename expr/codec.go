package expr

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// AppendJSON appends v as JSON from which DecodeJSON makes the same value
// again. What JSON has no words for is tagged: {"$date":"2026-12-31"}. A
// context of which the first name begins with "$" is wrapped in {"$context":…}
// so that it is not taken for a tag.
func AppendJSON(dst []byte, v Value) []byte { return appendJSON(dst, v, true) }

// AppendPlainJSON appends v as JSON for other programs: moments, durations and
// ranges become the text that Text gives.
func AppendPlainJSON(dst []byte, v Value) []byte { return appendJSON(dst, v, false) }

func appendJSON(dst []byte, v Value, tags bool) []byte {
	switch v := v.(type) {
	case String:
		return appendString(dst, string(v))
	case Number:
		return v.appendJSON(dst, tags)
	case Boolean:
		return strconv.AppendBool(dst, bool(v))
	case List:
		dst = append(dst, '[')
		for i, x := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, x, tags)
		}
		return append(dst, ']')
	case Context:
		if tags && len(v) > 0 && strings.HasPrefix(v[0].Key, "$") {
			dst = append(dst, `{"$context":`...)
			return append(appendContext(dst, v, tags), '}')
		}
		return appendContext(dst, v, tags)
	case nil, *Function:
		return append(dst, "null"...)
	}
	if !tags {
		return appendString(dst, Text(v))
	}
	return appendTagged(dst, v)
}

// appendJSON keeps the exponent, so that 1E+3 and 12.50 come back as they were.
func (n Number) appendJSON(dst []byte, exact bool) []byte {
	if exact {
		return n.dec.Append(dst, 'G')
	}
	return n.append(dst)
}

func appendContext(dst []byte, c Context, tags bool) []byte {
	dst = append(dst, '{')
	for i := range c {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, c[i].Key), ':')
		dst = appendJSON(dst, c[i].Value, tags)
	}
	return append(dst, '}')
}

func appendTagged(dst []byte, v Value) []byte {
	switch v := v.(type) {
	case Date:
		dst = v.append(append(dst, `{"$date":"`...))
	case Time:
		dst = append(append(dst, `{"$time":"`...), v.String()...)
	case DateTime:
		dst = v.appendExact(append(dst, `{"$dateTime":"`...))
	case DaysDuration:
		dst = append(append(dst, `{"$duration":"`...), v.String()...)
	case MonthsDuration:
		dst = append(append(dst, `{"$months":"`...), v.String()...)
	case Range:
		return appendRange(dst, v)
	}
	return append(dst, `"}`...)
}

// appendExact writes the offset and, after it, the zone's name where there is
// one: in the hour that a change of clocks repeats, the name alone says too little.
func (d DateTime) appendExact(dst []byte) []byte {
	dst = append(DateOf(d.t).append(dst), 'T')
	c := d.clock()
	dst = appendClock(dst, c.ns)
	switch {
	case d.local:
		return dst
	case c.loc == time.UTC:
		return append(dst, 'Z')
	}
	_, off := d.t.Zone()
	dst = appendOffset(dst, off)
	if name := c.loc.String(); name != "" && c.loc != time.Local {
		dst = append(append(dst, '@'), name...)
	}
	return dst
}

// appendRange writes a range as its two ends and its kind: the brackets, or the
// operator it was written with.
func appendRange(dst []byte, r Range) []byte {
	dst = append(dst, `{"$range":[`...)
	dst = append(appendJSON(dst, r.Start, true), ',')
	dst = append(appendJSON(dst, r.End, true), `,"`...)
	dst = append(dst, r.brackets()...)
	return append(dst, `"]}`...)
}

func (r Range) brackets() string {
	if r.Unary {
		return r.operator()
	}
	return "(["[bit(r.StartIncluded):][:1] + ")]"[bit(r.EndIncluded):][:1]
}

const hex = "0123456789abcdef"

// appendString writes s as a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
		}
		dst = appendEscape(append(dst, s[start:i]...), c)
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if c >= utf8.RuneSelf {
		return append(dst, "\uFFFD"...)
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
