package engine

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// maxDepth bounds nesting in stored states and facts.
const maxDepth = 200

// reader reads JSON a member at a time, without reflection: states are read and
// written at every step. The first error stays; everything after it reads zero.
type reader struct {
	form int // of the fact that is read, when it names one
	data []byte
	pos  int
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("at byte %d: "+format, append([]any{r.pos}, args...)...)
	}
	r.pos = len(r.data)
}

// end returns the error, if any; something left over is one.
func (r *reader) end() error {
	if r.err == nil && r.peek() != 0 {
		r.fail("something follows the end")
	}
	return r.err
}

// peek returns the next byte that is not space, 0 at the end.
func (r *reader) peek() byte {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\r', '\n':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.pos++
	return true
}

// object calls member for each member of an object; member must read its value.
func (r *reader) object(member func(key []byte)) {
	if !r.take('{') {
		r.fail("an object is expected")
		return
	}
	if r.take('}') {
		return
	}
	for r.err == nil {
		key := r.text()
		if !r.take(':') {
			r.fail("a colon is expected")
			return
		}
		member(key)
		if r.take('}') {
			return
		}
		if !r.take(',') {
			r.fail("a comma or a closing brace is expected")
			return
		}
	}
}

func (r *reader) array(item func()) {
	if !r.take('[') {
		r.fail("a list is expected")
		return
	}
	if r.take(']') {
		return
	}
	for r.err == nil {
		item()
		if r.take(']') {
			return
		}
		if !r.take(',') {
			r.fail("a comma or a closing bracket is expected")
			return
		}
	}
}

func (r *reader) string() string { return string(r.text()) }

// text reads a string. What it returns is a piece of the data unless the string
// has escapes, and must be copied to be kept.
func (r *reader) text() []byte {
	if r.peek() != '"' {
		r.fail("a string is expected")
		return nil
	}
	start := r.pos
	escaped := false
	for i := start + 1; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '\\':
			escaped = true
			i++
		case c == '"':
			r.pos = i + 1
			if !escaped {
				return r.data[start+1 : i]
			}
			return r.unescape(r.data[start : i+1])
		case c < 0x20:
			r.fail("a string has a control character")
			return nil
		}
	}
	r.fail("a string does not end")
	return nil
}

func (r *reader) unescape(quoted []byte) []byte {
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		r.fail("a string: %v", err)
	}
	return []byte(s)
}

func (r *reader) bool() bool {
	switch string(r.raw()) {
	case "true":
		return true
	case "false":
	default:
		r.fail("true or false is expected")
	}
	return false
}

func (r *reader) int() int { return int(r.int64()) }

func (r *reader) int64() int64 {
	r.peek()
	start := r.pos
	for r.pos < len(r.data) && (r.data[r.pos] == '-' || r.data[r.pos] >= '0' && r.data[r.pos] <= '9') {
		r.pos++
	}
	n, err := strconv.ParseInt(string(r.data[start:r.pos]), 10, 64)
	if err != nil {
		r.fail("a whole number is expected")
	}
	return n
}

func (r *reader) skip() { r.raw() }

// raw passes over one value and returns its bytes.
func (r *reader) raw() []byte {
	r.peek()
	start := r.pos
	r.pass(0)
	if r.err != nil {
		return nil
	}
	return r.data[start:r.pos]
}

func (r *reader) pass(depth int) {
	if depth > maxDepth {
		r.fail("it is nested more than %d deep", maxDepth)
		return
	}
	switch r.peek() {
	case '{':
		r.object(func([]byte) { r.pass(depth + 1) })
	case '[':
		r.array(func() { r.pass(depth + 1) })
	case '"':
		r.text()
	default:
		start := r.pos
		for r.pos < len(r.data) && !isDelimiter(r.data[r.pos]) {
			r.pos++
		}
		if !json.Valid(r.data[start:r.pos]) {
			r.fail("a value is expected")
		}
	}
}

func isDelimiter(c byte) bool {
	switch c {
	case ',', ']', '}', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}
