package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// DecodeJSON reads what AppendJSON wrote. Its bounds are those of a result.
func DecodeJSON(data []byte) (Value, error) { return decode(data, true) }

// DecodePlainJSON reads JSON of other programs, in which no object is a tag:
// text that looks like a date stays text.
func DecodePlainJSON(data []byte) (Value, error) { return decode(data, false) }

func decode(data []byte, tags bool) (Value, error) {
	d := decoder{data: string(data), tags: tags, values: MaxValues, bytes: MaxResultText}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if d.space(); d.i < len(data) {
		return nil, d.fail("something follows the value")
	}
	return v, nil
}

// decoder reads from a string, so that text without escapes need not be copied
// piece by piece.
type decoder struct {
	data          string
	i             int
	tags          bool
	values, bytes int // how many more are allowed
}

func (d *decoder) fail(format string, args ...any) error {
	return fmt.Errorf("JSON, byte %d: %s", d.i, fmt.Sprintf(format, args...))
}

func (d *decoder) space() {
	for d.i < len(d.data) {
		switch d.data[d.i] {
		case ' ', '\t', '\n', '\r':
			d.i++
		default:
			return
		}
	}
}

// peek returns the next byte that is no space, 0 at the end.
func (d *decoder) peek() byte {
	d.space()
	if d.i >= len(d.data) {
		return 0
	}
	return d.data[d.i]
}

func (d *decoder) word(w string, v Value) (Value, error) {
	if !strings.HasPrefix(d.data[d.i:], w) {
		return nil, d.fail("a value is expected")
	}
	d.i += len(w)
	return v, nil
}

func (d *decoder) value(depth int) (Value, error) {
	if depth > MaxNesting {
		return nil, d.fail("lists or objects are nested more than %d deep", MaxNesting)
	}
	d.values--
	if d.values < 0 {
		return nil, d.fail("there are more than %d values", MaxValues)
	}
	switch c := d.peek(); c {
	case '"':
		s, err := d.string()
		return String(s), err
	case '{':
		return d.object(depth)
	case '[':
		return d.array(depth)
	case 't':
		return d.word("true", Boolean(true))
	case 'f':
		return d.word("false", Boolean(false))
	case 'n':
		return d.word("null", nil)
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return d.number()
		}
		return nil, d.fail("a value is expected")
	}
}

func (d *decoder) array(depth int) (Value, error) {
	d.i++
	out := List{}
	if d.peek() == ']' {
		d.i++
		return out, nil
	}
	for {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if out = append(out, v); len(out) > MaxList {
			return nil, d.fail("a list has more than %d elements", MaxList)
		}
		switch d.peek() {
		case ',':
			d.i++
		case ']':
			d.i++
			return out, nil
		default:
			return nil, d.fail(", or ] is expected")
		}
	}
}

// object reads a context, or the value a tag stands for.
func (d *decoder) object(depth int) (Value, error) {
	c, err := d.context(depth, false)
	if err != nil || !d.tags || len(c) != 1 || !strings.HasPrefix(c[0].Key, "$") {
		return c, err
	}
	return d.untag(c[0].Key, c[0].Value)
}

// context reads an object entry by entry; of two with one name, the last counts.
// A raw one stands inside a "$context" tag and is no tag itself.
func (d *decoder) context(depth int, raw bool) (Context, error) {
	d.i++
	if d.peek() == '}' {
		d.i++
		return Context{}, nil
	}
	out := make(Context, 0, 4)
	var index map[string]int // of large objects only
	for {
		key, v, err := d.entry(depth, !raw && len(out) == 0)
		if err != nil {
			return nil, err
		}
		if index == nil && len(out) == 16 {
			index = make(map[string]int, 64)
			for i := range out {
				index[out[i].Key] = i
			}
		}
		if i := place(out, index, key); i >= 0 {
			out[i].Value = v
		} else {
			if index != nil {
				index[key] = len(out)
			}
			out = append(out, Entry{key, v})
		}
		if len(out) > MaxList {
			return nil, d.fail("an object has more than %d entries", MaxList)
		}
		switch d.peek() {
		case ',':
			d.i++
		case '}':
			d.i++
			return out, nil
		default:
			return nil, d.fail(", or } is expected")
		}
	}
}

func place(c Context, index map[string]int, key string) int {
	if index != nil {
		if i, ok := index[key]; ok {
			return i
		}
		return -1
	}
	for i := range c {
		if c[i].Key == key {
			return i
		}
	}
	return -1
}

func (d *decoder) entry(depth int, first bool) (string, Value, error) {
	if d.peek() != '"' {
		return "", nil, d.fail("the name of an entry is expected")
	}
	key, err := d.string()
	if err != nil {
		return "", nil, err
	}
	if d.peek() != ':' {
		return "", nil, d.fail(": is expected")
	}
	d.i++
	if first && d.tags && key == "$context" && d.peek() == '{' {
		v, err := d.context(depth, true)
		return key, v, err
	}
	v, err := d.value(depth + 1)
	return key, v, err
}

// untag turns a tagged object into its value. An unknown tag is a context.
func (d *decoder) untag(tag string, v Value) (Value, error) {
	s, isText := v.(String)
	text := string(s)
	var out Value
	ok := false
	switch tag {
	case "$context":
		out, ok = v.(Context)
	case "$date":
		out, ok = parseDate(text)
	case "$time":
		out, ok = parseTime(text)
	case "$dateTime":
		out, ok = parseExact(text)
	case "$duration":
		out, ok = parseDuration(text).(DaysDuration)
	case "$months":
		out, ok = parseDuration(text).(MonthsDuration)
	case "$range":
		out, ok = untagRange(v)
	default:
		return Context{{tag, v}}, nil
	}
	if !ok {
		if isText {
			return nil, d.fail("%q is no %s", text, tag[1:])
		}
		return nil, d.fail("this is no %s", tag[1:])
	}
	return out, nil
}

// parseExact reads what appendExact wrote.
func parseExact(s string) (DateTime, bool) {
	body, zone, named := strings.Cut(s, "@")
	v, ok := parseDateTime(body)
	if !ok || !named {
		return v, ok
	}
	loc, ok := zoneByName(zone)
	if !ok || v.local {
		return DateTime{}, false
	}
	return DateTime{t: v.t.In(loc)}, true
}

func untagRange(v Value) (Range, bool) {
	list, _ := v.(List)
	if len(list) != 3 {
		return Range{}, false
	}
	kind, _ := list[2].(String)
	r := Range{Start: list[0], End: list[1]}
	switch kind {
	case "()", "(]", "[)", "[]":
		r.StartIncluded, r.EndIncluded = kind[0] == '[', kind[1] == ']'
		return r, true
	case "=":
		r.StartIncluded, r.EndIncluded = true, true
	case "!=":
		r.Except = true
	case ">=":
		r.StartIncluded = true
	case "<=":
		r.EndIncluded = true
	case ">", "<":
	default:
		return Range{}, false
	}
	r.Unary = true
	return r, r.operator() == string(kind)
}

// number reads a JSON number. Those of up to 18 digits and without an exponent,
// nearly all, take a short way.
func (d *decoder) number() (Value, error) {
	size := scanNumber(d.data[d.i:])
	if size == 0 {
		return nil, d.fail("this is no number")
	}
	text := d.data[d.i : d.i+size]
	d.i += size
	if n, ok := shortNumber(text); ok {
		return n, nil
	}
	n, ok := ParseNumber(text)
	if !ok {
		return nil, d.fail("this number is too large")
	}
	return n, nil
}

// scanNumber is the length of the number b begins with, by the grammar of
// RFC 8259 §6, or 0.
func scanNumber(b string) int {
	i := 0
	digits := func() bool {
		start := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > start
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return 0
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

// shortNumber reads a scanned number of up to 18 characters and no exponent.
func shortNumber(text string) (n Number, ok bool) {
	if len(text) > 18 {
		return n, false
	}
	coeff, exp, point := int64(0), int32(0), int32(0)
	for i := range len(text) {
		c := text[i]
		switch {
		case c == '.':
			point = 1
		case c >= '0' && c <= '9':
			coeff = coeff*10 + int64(c-'0')
			exp -= point
		case c != '-':
			return n, false
		}
	}
	if text[0] == '-' {
		coeff = -coeff
	}
	n.dec.SetFinite(coeff, exp)
	return n, true
}

func (d *decoder) string() (string, error) {
	d.i++
	start := d.i
	for ; d.i < len(d.data); d.i++ {
		switch c := d.data[d.i]; {
		case c == '"':
			s := d.data[start:d.i]
			d.i++
			return d.checked(s)
		case c == '\\':
			return d.escaped(start)
		case c < 0x20:
			return "", d.fail("a control character stands in text")
		}
	}
	return "", d.fail("text never ends")
}

// checked bounds a string and makes it valid.
func (d *decoder) checked(s string) (string, error) {
	d.bytes -= len(s)
	if len(s) > MaxText || d.bytes < 0 {
		return "", d.fail("text is longer than %d bytes, or all text than %d", MaxText, MaxResultText)
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s, nil
}

// escaped reads on from the first backslash of a string that began at start.
func (d *decoder) escaped(start int) (string, error) {
	var b strings.Builder
	b.WriteString(d.data[start:d.i])
	for d.i < len(d.data) {
		switch c := d.data[d.i]; {
		case c == '"':
			d.i++
			return d.checked(b.String())
		case c == '\\':
			if err := d.escape(&b); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", d.fail("a control character stands in text")
		default:
			b.WriteByte(c)
			d.i++
		}
	}
	return "", d.fail("text never ends")
}

func (d *decoder) escape(b *strings.Builder) error {
	rest := d.data[d.i:]
	if len(rest) < 2 {
		return d.fail("text never ends")
	}
	if i := strings.IndexByte(`"\/bfnrt`, rest[1]); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		d.i += 2
		return nil
	}
	window := rest[:min(len(rest), 12)]
	if _, n := codePoint(window); rest[1] != 'u' || n == 0 {
		return d.fail("this escape is not known")
	}
	d.i += unescape(b, window)
	return nil
}
