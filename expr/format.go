package expr

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Text returns v as FEEL's string() does, for programs to read: ISO 8601 for
// moments, true and false, lists and contexts as FEEL writes them. Null is "".
func Text(v Value) string {
	if v == nil {
		return ""
	}
	c := callEnv{env: &env{free: true}}
	return c.show(v)
}

// Literal returns v as it would be written in FEEL, text in quotes, shortened
// to about so many bytes; 0 is for all of it.
func Literal(v Value, most int) string {
	if s, ok := v.(String); ok && most > 0 && len(s) > most {
		v = String(clipTo(string(s), most))
	}
	c := callEnv{env: &env{free: true}}
	var b strings.Builder
	c.write(&b, v)
	if most > 0 {
		return clipTo(b.String(), most+2)
	}
	return b.String()
}

// show writes v as string() does.
func (c *callEnv) show(v Value) string {
	if s, ok := v.(String); ok {
		return string(s)
	}
	var b strings.Builder
	c.write(&b, v)
	return b.String()
}

// write appends v as it would stand inside a list.
func (c *callEnv) write(b *strings.Builder, v Value) {
	size := b.Len()
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case String:
		quote(b, string(v))
	case Boolean:
		b.WriteString(strconv.FormatBool(bool(v)))
	case List:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			c.write(b, x)
		}
		b.WriteByte(']')
	case Context:
		b.WriteByte('{')
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			if plainName(x.Key) {
				b.WriteString(x.Key)
			} else {
				quote(b, x.Key)
			}
			b.WriteString(": ")
			c.write(b, x.Value)
		}
		b.WriteByte('}')
	case Range:
		c.writeRange(b, v)
	case *Function:
		b.WriteString("function")
	default:
		b.WriteString(v.(fmt.Stringer).String())
	}
	c.step(c.pos, 1+(b.Len()-size)/64)
	c.textLength(c.pos, b.Len())
}

func (c *callEnv) writeRange(b *strings.Builder, r Range) {
	if r.Unary {
		b.WriteString(r.operator())
		end := r.Start
		if end == nil {
			end = r.End
		}
		c.write(b, end)
		return
	}
	b.WriteByte("(["[bit(r.StartIncluded)])
	c.write(b, r.Start)
	b.WriteString("..")
	c.write(b, r.End)
	b.WriteByte(")]"[bit(r.EndIncluded)])
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// operator is what a unary range was written with.
func (r Range) operator() string {
	switch {
	case r.Except:
		return "!="
	case r.Start != nil && r.End != nil:
		return "="
	case r.Start != nil:
		return ">" + "="[:bit(r.StartIncluded)]
	}
	return "<" + "="[:bit(r.EndIncluded)]
}

func plainName(s string) bool {
	for i, c := range s {
		if i == 0 && !nameStart(c) || i > 0 && !namePart(c) {
			return false
		}
	}
	return s != "" && !reserved[s]
}

func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, c := range s {
		switch c {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
}

// Format returns v as people read it: "yes", "2026-12-31 08:30 UTC", "3 days
// 2 hours", lists with commas. Null is "".
func Format(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case Boolean:
		if v {
			return "yes"
		}
		return "no"
	case DateTime:
		return formatMoment(v)
	case DaysDuration:
		return formatDays(v)
	case MonthsDuration:
		return formatMonths(v)
	case List:
		items := make([]string, len(v))
		for i, x := range v {
			items[i] = Format(x)
		}
		return strings.Join(items, ", ")
	case Context:
		items := make([]string, len(v))
		for i, x := range v {
			items[i] = x.Key + ": " + Format(x.Value)
		}
		return strings.Join(items, ", ")
	}
	return Text(v)
}

func formatMoment(d DateTime) string {
	layout := "15:04"
	if d.t.Second() != 0 {
		layout = "15:04:05"
	}
	s := DateOf(d.t).String() + " " + d.t.Format(layout)
	switch name, _ := d.t.Zone(); {
	case d.local:
		return s
	case name == "" || name == "UTC" && d.t.Location() != time.UTC:
		return s + " " + d.t.Format("-07:00")
	default:
		return s + " " + name
	}
}

func formatDays(d DaysDuration) string {
	sign := ""
	if d.negative() {
		sign, d = "minus ", DaysDuration{-d.sec, -d.ns}
	}
	var parts []string
	for _, u := range []struct {
		n    int64
		unit string
	}{{d.sec / daySeconds, "day"}, {d.sec / 3600 % 24, "hour"}, {d.sec / 60 % 60, "minute"}} {
		if u.n > 0 {
			parts = append(parts, plural(int(u.n), u.unit))
		}
	}
	if sec := (DaysDuration{d.sec % 60, d.ns}); sec.ns > 0 {
		parts = append(parts, strings.TrimRight(sec.number().String(), "0")+" seconds")
	} else if sec.sec > 0 || len(parts) == 0 {
		parts = append(parts, plural(int(sec.sec), "second"))
	}
	return sign + strings.Join(parts, " ")
}

func formatMonths(m MonthsDuration) string {
	sign := ""
	if m < 0 {
		sign, m = "minus ", -m
	}
	var parts []string
	if y := m / 12; y > 0 {
		parts = append(parts, plural(int(y), "year"))
	}
	if n := m % 12; n > 0 || len(parts) == 0 {
		parts = append(parts, plural(int(n), "month"))
	}
	return sign + strings.Join(parts, " ")
}
