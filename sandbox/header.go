package sandbox

import (
	"bytes"
	"fmt"
	"strings"
)

// field is one header field with its bytes as they came, so that a mail can be
// passed on unchanged but for the fields taken out.
type field struct {
	name string // as written, blanks trimmed
	raw  []byte // with its folded lines and line ends
}

func (f field) is(name string) bool { return strings.EqualFold(f.name, name) }

// value is the unfolded text after the colon.
func (f field) value() string {
	_, v, _ := bytes.Cut(f.raw, []byte(":"))
	return strings.TrimSpace(strings.NewReplacer("\r\n", "", "\n", "", "\r", "").Replace(string(v)))
}

// splitHeader cuts a mail into header fields and the rest, which begins with
// the empty line. A line that is no field ends the header, as most readers
// have it.
func splitHeader(data []byte) ([]field, []byte, error) {
	var fields []field
	rest := data
	for len(rest) > 0 {
		if len(data)-len(rest) > maxHeaderBytes {
			return nil, nil, fmt.Errorf("the header is longer than %d KB", maxHeaderBytes>>10)
		}
		line := firstLine(rest)
		if folded := line[0] == ' ' || line[0] == '\t'; folded && len(fields) > 0 && len(bytes.TrimSpace(line)) > 0 {
			last := &fields[len(fields)-1]
			last.raw = append(last.raw[:len(last.raw):len(last.raw)], line...)
			rest = rest[len(line):]
			continue
		}
		name, ok := fieldName(line)
		if !ok {
			break
		}
		fields = append(fields, field{name, line})
		rest = rest[len(line):]
	}
	if len(fields) == 0 {
		return nil, nil, errNoHeader
	}
	if len(bytes.TrimRight(firstLine(rest), "\r\n")) > 0 {
		rest = append([]byte("\r\n"), rest...)
	}
	return fields, rest, nil
}

func firstLine(b []byte) []byte {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1]
	}
	return b
}

func fieldName(line []byte) (string, bool) {
	name, _, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return "", false
	}
	text := strings.TrimRight(string(name), " \t")
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", false
	}
	return text, true
}
