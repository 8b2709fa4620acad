package scenario

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds on a scenario file.
const (
	MaxFile  = 1 << 20 // bytes
	MaxLines = 20_000
)

const dashes = "----"

// Error says what is wrong with a scenario file, and where.
type Error struct {
	File string
	Line int // 0 for the file as a whole
	Msg  string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// page is a scenario file as read.
type page struct {
	name   string
	lines  []string
	blocks []block
}

// block is commands and what they are expected to give: lines[from:to].
type block struct {
	commands []command
	compared bool // it has dashes
	from, to int
}

// command is one line: a verb and its words.
type command struct {
	line  int
	verb  string
	words []word
}

// word is "value" or "key=value".
type word struct {
	key    string
	value  string
	quoted bool // the value stood in quotes: text, whatever it looks like
	keyed  bool
}

// read takes a file apart.
func read(name string, data []byte) (*page, error) {
	if len(data) > MaxFile {
		return nil, &Error{name, 0, fmt.Sprintf("the file has %d bytes; at most %d are allowed", len(data), MaxFile)}
	}
	if !utf8.Valid(data) {
		return nil, &Error{name, 0, "the file is not UTF-8 text"}
	}
	text := string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
	p := &page{name: name, lines: strings.Split(strings.TrimRight(text, "\n"), "\n")}
	if len(p.lines) > MaxLines {
		return nil, &Error{name, 0, fmt.Sprintf("the file has more than %d lines", MaxLines)}
	}
	for i := 0; i < len(p.lines); {
		next, err := p.readBlock(i)
		if err != nil {
			return nil, err
		}
		i = next
	}
	return p, nil
}

// readBlock reads the block that begins at or after line i, and returns where
// the next may begin.
func (p *page) readBlock(i int) (int, error) {
	var b block
	for ; i < len(p.lines); i++ {
		line := strings.TrimSpace(p.lines[i])
		if line == dashes {
			if len(b.commands) == 0 {
				return 0, &Error{p.name, i + 1, "there is no command above the dashes"}
			}
			b.compared, b.from = true, i+1
			i++
			break
		}
		if line == "" {
			break
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		c, msg := readCommand(line)
		if msg != "" {
			return 0, &Error{p.name, i + 1, msg}
		}
		c.line = i + 1
		b.commands = append(b.commands, c)
	}
	for b.compared && i < len(p.lines) && strings.TrimSpace(p.lines[i]) != "" {
		i++
	}
	b.to = i
	if len(b.commands) > 0 {
		p.blocks = append(p.blocks, b)
	}
	return i + 1, nil
}

func readCommand(line string) (c command, wrong string) {
	for rest := line; ; {
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" {
			break
		}
		end, msg := wordEnd(rest)
		if msg != "" {
			return c, msg
		}
		w, msg := readWord(rest[:end])
		if msg != "" {
			return c, msg
		}
		c.words = append(c.words, w)
		rest = rest[end:]
	}
	if first := c.words[0]; first.keyed || first.quoted {
		return c, "a line begins with a command, such as start or decide"
	}
	c.verb, c.words = c.words[0].value, c.words[1:]
	return c, ""
}

// wordEnd returns where the first word of s ends: at a space that is neither
// in quotes nor in brackets.
func wordEnd(s string) (int, string) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			n := quoteEnd(s[i:])
			if n == 0 {
				return 0, "a quotation mark is not closed"
			}
			i += n - 1
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case ' ', '\t':
			if depth <= 0 {
				return i, ""
			}
		}
	}
	if depth > 0 {
		return 0, "a bracket is not closed"
	}
	return len(s), ""
}

// quoteEnd returns the length of the quoted text s begins with, 0 when it does
// not end.
func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

func readWord(s string) (w word, wrong string) {
	value := s
	if key, rest, ok := cutKey(s); ok {
		w.keyed, value = true, rest
		if w.key, _, wrong = unquote(key); wrong != "" {
			return w, wrong
		}
		if w.key == "" {
			return w, fmt.Sprintf("%s has no name before the equals sign", s)
		}
	}
	w.value, w.quoted, wrong = unquote(value)
	return w, wrong
}

// cutKey cuts s at the first equals sign outside quotes and brackets.
func cutKey(s string) (key, value string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i += quoteEnd(s[i:]) - 1
		case '[', '{':
			return "", "", false
		case '=':
			return s[:i], s[i+1:], true
		}
	}
	return "", "", false
}

func unquote(s string) (text string, quoted bool, wrong string) {
	if !strings.HasPrefix(s, `"`) {
		return s, false, ""
	}
	text, err := strconv.Unquote(s)
	if err != nil {
		return "", false, s + " is not text in quotation marks"
	}
	return text, true, ""
}
