package trust

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A shape is what kind of JSON value something is.
type shape uint8

const (
	isNull shape = iota
	isBool
	isNumber
	isString
	isList
	isObject
)

func (s shape) String() string {
	return [...]string{"null", "true or false", "a number", "text", "a list", "an object"}[s]
}

// A value is one JSON value, read strictly. Its text is part of what was read.
type value struct {
	shape   shape
	text    string   // of a string; a number as it was written; "true" or "false"
	members []member // of an object, in their order; of a list, without names
}

type member struct {
	name string
	value
}

// get returns an object's member of that name, exactly as written.
func (v *value) get(name string) (*value, bool) {
	if v.shape != isObject {
		return nil, false
	}
	for i := range v.members {
		if v.members[i].name == name {
			return &v.members[i].value, true
		}
	}
	return nil, false
}

// str returns the text of a member that is a string, "" for anything else.
func (v *value) str(name string) string {
	if m, ok := v.get(name); ok && m.shape == isString {
		return m.text
	}
	return ""
}

// integer returns a number without fraction or exponent.
func (v *value) integer() (int64, bool) {
	if v.shape != isNumber || strings.ContainsAny(v.text, ".eE") {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}

// strings returns the members of a list of strings, false if it is none.
func (v *value) strings() ([]string, bool) {
	if v.shape != isList {
		return nil, false
	}
	out := make([]string, len(v.members))
	for i := range v.members {
		if v.members[i].shape != isString {
			return nil, false
		}
		out[i] = v.members[i].text
	}
	return out, true
}

// Limits of what is read as JSON. A document's size is limited before.
const (
	maxDepth       = 10
	maxMembers     = 256
	maxValues      = 20_000
	maxNumberBytes = 32
)

var errJSONEnds = errors.New("the text ends in the middle")

// parseObject reads one JSON object and nothing after it. Stricter than the
// standard library: no member twice in an object at any depth, valid UTF-8, no
// lone surrogate, no NUL, and limits on depth, members and numbers. Two readers
// that took different members of the same name would see two tokens
// (RFC 8725 §2.4, RFC 7515 §10.12).
func parseObject(text string) (value, error) {
	if !utf8.ValidString(text) {
		return value{}, errors.New("the text is not UTF-8")
	}
	r := jsonReader{text: text}
	r.space()
	if r.at < len(r.text) && r.text[r.at] != '{' {
		return value{}, fmt.Errorf("byte %d: an object begins with {", r.at)
	}
	v, err := r.value(0)
	if err != nil {
		return value{}, fmt.Errorf("byte %d: %w", r.at, err)
	}
	if r.space(); r.at != len(r.text) {
		return value{}, fmt.Errorf("byte %d: something follows the object", r.at)
	}
	return v, nil
}

type jsonReader struct {
	text   string
	at     int
	values int
}

func (r *jsonReader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

func (r *jsonReader) value(depth int) (value, error) {
	if r.values++; r.values > maxValues {
		return value{}, fmt.Errorf("more than %d values", maxValues)
	}
	if r.at >= len(r.text) {
		return value{}, errJSONEnds
	}
	switch c := r.text[r.at]; {
	case c == '"':
		s, err := r.string()
		return value{shape: isString, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	case c == '{' || c == '[':
		if depth >= maxDepth {
			return value{}, fmt.Errorf("nested deeper than %d", maxDepth)
		}
		if c == '{' {
			return r.object(depth + 1)
		}
		return r.list(depth + 1)
	}
	return r.word()
}

func (r *jsonReader) word() (value, error) {
	rest := r.text[r.at:]
	for _, w := range [...]value{{shape: isBool, text: "true"}, {shape: isBool, text: "false"}, {shape: isNull, text: "null"}} {
		if strings.HasPrefix(rest, w.text) {
			r.at += len(w.text)
			return w, nil
		}
	}
	return value{}, errors.New("that is no JSON value")
}

func (r *jsonReader) number() (value, error) {
	from := r.at
	if r.text[r.at] == '-' {
		r.at++
	}
	whole := r.digits()
	if whole == 0 || whole > 1 && r.text[r.at-whole] == '0' {
		return value{}, errors.New("that is no JSON number")
	}
	if r.at < len(r.text) && r.text[r.at] == '.' {
		if r.at++; r.digits() == 0 {
			return value{}, errors.New("that is no JSON number")
		}
	}
	if r.at < len(r.text) && (r.text[r.at] == 'e' || r.text[r.at] == 'E') {
		r.at++
		if r.at < len(r.text) && (r.text[r.at] == '+' || r.text[r.at] == '-') {
			r.at++
		}
		if r.digits() == 0 {
			return value{}, errors.New("that is no JSON number")
		}
	}
	if r.at-from > maxNumberBytes {
		return value{}, fmt.Errorf("a number of more than %d characters", maxNumberBytes)
	}
	return value{shape: isNumber, text: r.text[from:r.at]}, nil
}

func (r *jsonReader) digits() int {
	from := r.at
	for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at - from
}

func (r *jsonReader) list(depth int) (value, error) {
	v := value{shape: isList}
	r.at++
	if r.space(); r.is(']') {
		return v, nil
	}
	if end := strings.IndexByte(r.text[r.at:], ']'); end > 0 {
		v.members = make([]member, 0, min(256, 1+strings.Count(r.text[r.at:r.at+end], ",")))
	}
	for {
		r.space()
		item, err := r.value(depth)
		if err != nil {
			return value{}, err
		}
		v.members = append(v.members, member{value: item})
		if r.space(); r.is(']') {
			return v, nil
		}
		if !r.is(',') {
			return value{}, r.missing("a comma or ]")
		}
	}
}

func (r *jsonReader) object(depth int) (value, error) {
	v := value{shape: isObject}
	if depth == 1 {
		v.members = make([]member, 0, min(24, len(r.text)/16)) // a token's usual number
	}
	r.at++
	if r.space(); r.is('}') {
		return v, nil
	}
	for {
		m, err := r.member(depth)
		if err != nil {
			return value{}, err
		}
		if _, twice := v.get(m.name); twice {
			return value{}, fmt.Errorf("the member %q is there twice", clip(m.name))
		}
		if len(v.members) == maxMembers {
			return value{}, fmt.Errorf("an object with more than %d members", maxMembers)
		}
		v.members = append(v.members, m)
		if r.space(); r.is('}') {
			return v, nil
		}
		if !r.is(',') {
			return value{}, r.missing("a comma or }")
		}
	}
}

func (r *jsonReader) member(depth int) (m member, err error) {
	r.space()
	if r.at >= len(r.text) || r.text[r.at] != '"' {
		return m, r.missing("a member's name")
	}
	if m.name, err = r.string(); err != nil {
		return m, err
	}
	if r.space(); !r.is(':') {
		return m, r.missing("a colon")
	}
	r.space()
	m.value, err = r.value(depth)
	return m, err
}

// is steps over c when it comes next.
func (r *jsonReader) is(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *jsonReader) missing(what string) error {
	if r.at >= len(r.text) {
		return errJSONEnds
	}
	return errors.New(what + " is missing")
}

// string reads a string at its opening quote.
func (r *jsonReader) string() (string, error) {
	r.at++
	from, at := r.at, r.at
	for at < len(r.text) && plainByte[r.text[at]] {
		at++
	}
	r.at = at
	switch {
	case at == len(r.text):
		return "", errJSONEnds
	case r.text[at] == '"':
		r.at++
		return r.text[from:at], nil
	case r.text[at] == '\\':
		return r.escaped(from)
	}
	return "", errors.New("a control character in a string")
}

// plainByte has what stands for itself in a string.
var plainByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return t
}()

// escaped goes on reading a string that began at from, at its first backslash.
func (r *jsonReader) escaped(from int) (string, error) {
	var b strings.Builder
	b.WriteString(r.text[from:r.at])
	for r.at < len(r.text) {
		c := r.text[r.at]
		r.at++
		switch {
		case c == '"':
			return b.String(), nil
		case c < 0x20:
			return "", errors.New("a control character in a string")
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		char, err := r.escape()
		if err != nil {
			return "", err
		}
		b.WriteRune(char)
	}
	return "", errJSONEnds
}

func (r *jsonReader) escape() (rune, error) {
	if r.at >= len(r.text) {
		return 0, errJSONEnds
	}
	c := r.text[r.at]
	r.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return 0, errors.New("an escape that JSON does not have")
	}
	char, err := r.hex()
	if err != nil || char < 0xD800 || char > 0xDFFF {
		if err == nil && char == 0 {
			err = errors.New("a NUL in a string")
		}
		return char, err
	}
	if char >= 0xDC00 || !strings.HasPrefix(r.text[r.at:], `\u`) {
		return 0, errors.New("half a character (a lone surrogate)")
	}
	r.at += 2
	low, err := r.hex()
	if err == nil && (low < 0xDC00 || low > 0xDFFF) {
		err = errors.New("half a character (a lone surrogate)")
	}
	return (char-0xD800)<<10 + (low - 0xDC00) + 0x10000, err
}

func (r *jsonReader) hex() (rune, error) {
	if len(r.text)-r.at < 4 {
		return 0, errJSONEnds
	}
	n, err := strconv.ParseUint(r.text[r.at:r.at+4], 16, 32)
	if err != nil {
		return 0, errors.New("an escape that JSON does not have")
	}
	r.at += 4
	return rune(n), nil
}

// clip shortens text from outside for a message and shows what cannot be seen.
func clip(s string) string {
	const most = 160
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	q := strconv.Quote(s)
	if q == `"`+s+`"` {
		return s
	}
	return q
}
