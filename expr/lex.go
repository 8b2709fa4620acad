package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokNumber
	tokString // text holds the string without quotes and escapes
	tokAt     // @"…": text holds what is in the quotes
	tokOp
)

type token struct {
	kind     tokenKind
	text     string
	pos, end int // byte offsets in the source
}

func (t token) is(op string) bool { return t.kind == tokOp && t.text == op }

// keyword tells whether t is the reserved word w.
func (t token) keyword(w string) bool { return t.kind == tokName && t.text == w }

// lex splits src into tokens, the last of kind tokEnd. Comments are dropped.
func lex(src string) ([]token, *Error) {
	if len(src) > MaxSource {
		return nil, newError(src, 0, "the expression has %d bytes; at most %d are allowed", len(src), MaxSource)
	}
	if !utf8.ValidString(src) {
		return nil, newError(src, 0, "the expression is not valid UTF-8 text")
	}
	l := lexer{src: src, tokens: make([]token, 0, 8+len(src)/4)}
	for {
		more, err := l.next()
		if err == nil && len(l.tokens) > MaxTokens {
			err = newError(src, l.pos, "the expression has more than %d words and signs", MaxTokens)
		}
		if err != nil {
			return nil, err
		}
		if !more {
			return l.tokens, nil
		}
	}
}

type lexer struct {
	src    string
	pos    int
	tokens []token
}

func (l *lexer) emit(kind tokenKind, text string, end int) {
	l.tokens = append(l.tokens, token{kind, text, l.pos, end})
	l.pos = end
}

func (l *lexer) next() (more bool, err *Error) {
	if err := l.skipSpace(); err != nil {
		return false, err
	}
	if l.pos >= len(l.src) {
		l.emit(tokEnd, "", l.pos)
		return false, nil
	}
	c, size := utf8.DecodeRuneInString(l.src[l.pos:])
	switch {
	case c >= '0' && c <= '9' || c == '.' && l.digitAt(l.pos+1) && !l.afterDot():
		l.number()
	case nameStart(c):
		l.name(size)
	case c == '"':
		return true, l.quoted(l.pos, tokString)
	case c == '@' && strings.HasPrefix(l.src[l.pos+1:], `"`):
		return true, l.quoted(l.pos+1, tokAt)
	default:
		return true, l.operator(size)
	}
	return true, nil
}

func (l *lexer) skipSpace() *Error {
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		switch c, size := utf8.DecodeRuneInString(rest); {
		case space(c):
			l.pos += size
		case strings.HasPrefix(rest, "//"):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				l.pos += i
			} else {
				l.pos = len(l.src)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				return newError(l.src, l.pos, "this comment never ends: close it with */")
			}
			l.pos += i + 4
		default:
			return nil
		}
	}
	return nil
}

// space follows rule 61, the white space of DMN. U+1680 and U+180E are letters
// by rule 28 as well; they count as space.
func space(c rune) bool {
	return unicode.IsSpace(c) || c == '\u180E' || c == '\u200B' || c == '\uFEFF'
}

func (l *lexer) digitAt(i int) bool {
	return i < len(l.src) && l.src[i] >= '0' && l.src[i] <= '9'
}

// afterDot keeps "1...5" from being read as a range to .5.
func (l *lexer) afterDot() bool { return l.pos > 0 && l.src[l.pos-1] == '.' }

func (l *lexer) number() {
	i := l.pos
	for l.digitAt(i) {
		i++
	}
	if i < len(l.src) && l.src[i] == '.' && l.digitAt(i+1) {
		for i++; l.digitAt(i); {
			i++
		}
	}
	if i < len(l.src) && (l.src[i] == 'e' || l.src[i] == 'E') {
		j := i + 1
		if j < len(l.src) && (l.src[j] == '+' || l.src[j] == '-') {
			j++
		}
		if l.digitAt(j) {
			for i = j; l.digitAt(i); {
				i++
			}
		}
	}
	l.emit(tokNumber, l.src[l.pos:i], i)
}

func (l *lexer) name(size int) {
	i := l.pos + size
	for i < len(l.src) {
		c, n := utf8.DecodeRuneInString(l.src[i:])
		if !namePart(c) {
			break
		}
		i += n
	}
	l.emit(tokName, l.src[l.pos:i], i)
}

// nameStart follows DMN 1.5 §10.3.1.2, rule 28.
func nameStart(c rune) bool {
	if c < 0x80 {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '?'
	}
	return unicode.Is(nameStarts, c)
}

// nameStarts are the characters beyond ASCII that a name may begin with.
var nameStarts = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0xC0, Hi: 0xD6, Stride: 1}, {Lo: 0xD8, Hi: 0xF6, Stride: 1}, {Lo: 0xF8, Hi: 0x2FF, Stride: 1}, {Lo: 0x370, Hi: 0x37D, Stride: 1},
		{Lo: 0x37F, Hi: 0x1FFF, Stride: 1}, {Lo: 0x200C, Hi: 0x200D, Stride: 1}, {Lo: 0x2070, Hi: 0x218F, Stride: 1},
		{Lo: 0x2C00, Hi: 0x2FEF, Stride: 1}, {Lo: 0x3001, Hi: 0xD7FF, Stride: 1}, {Lo: 0xF900, Hi: 0xFDCF, Stride: 1}, {Lo: 0xFDF0, Hi: 0xFFFD, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x10000, Hi: 0xEFFFF, Stride: 1}},
}

func namePart(c rune) bool {
	return nameStart(c) && c != '?' || c >= '0' && c <= '9' || c == 0xB7 || c >= 0x300 && c <= 0x36F || c == 0x203F || c == 0x2040
}

// operators, longest first. Those that FEEL does not have are read so that the
// parser can say what to write in their place.
var operators = []string{
	"===", "!==", "**", "..", "<=", ">=", "!=", "->", "==", "&&", "||", "<>", "${",
	"+", "-", "*", "/", "=", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".",
	"!", "%", "&", "|", "'", "’", ";", "^", "\\", "~", "#", "@", "`", "?",
}

func (l *lexer) operator(size int) *Error {
	for _, op := range operators {
		if strings.HasPrefix(l.src[l.pos:], op) {
			l.emit(tokOp, op, l.pos+len(op))
			return nil
		}
	}
	c := l.src[l.pos : l.pos+size]
	switch c {
	case "“", "”", "„", "«", "»":
		return newError(l.src, l.pos, "%s is a typographic quote: write \"", c)
	case "–", "—", "−":
		return newError(l.src, l.pos, "%s is a dash: write - for minus", c)
	}
	l.emit(tokOp, c, l.pos+size)
	return nil
}

// quoted reads a string whose opening quote is at open.
func (l *lexer) quoted(open int, kind tokenKind) *Error {
	body := l.src[open+1:]
	end := strings.IndexAny(body, `"\`)
	if end >= 0 && body[end] == '"' {
		l.emit(kind, body[:end], open+1+end+1)
		return nil
	}
	var b strings.Builder
	for i := 0; i < len(body); {
		switch body[i] {
		case '"':
			l.emit(kind, b.String(), open+1+i+1)
			return nil
		case '\\':
			n := unescape(&b, body[i:])
			i += n
		default:
			b.WriteByte(body[i])
			i++
		}
	}
	return newError(l.src, open, "this text never ends: close it with \"")
}

// unescape writes what the escape sequence at the start of s means and returns
// its length. A backslash that begins none stands for itself, as regular
// expressions written in FEEL need.
func unescape(b *strings.Builder, s string) int {
	if len(s) < 2 {
		b.WriteByte('\\')
		return 1
	}
	if i := strings.IndexByte(`nrt"'\`, s[1]); i >= 0 {
		b.WriteByte("\n\r\t\"'\\"[i])
		return 2
	}
	c, n := codePoint(s)
	if n == 0 {
		b.WriteByte('\\')
		return 1
	}
	if low, m := codePoint(s[n:]); c >= 0xD800 && c < 0xDC00 && m > 0 && low >= 0xDC00 && low < 0xE000 {
		b.WriteRune((c-0xD800)<<10 + (low - 0xDC00) + 0x10000)
		return n + m
	}
	b.WriteRune(c) // a lone surrogate becomes U+FFFD
	return n
}

// codePoint reads \uXXXX or \UXXXXXX and returns its length, 0 where s begins
// with neither.
func codePoint(s string) (c rune, n int) {
	switch {
	case strings.HasPrefix(s, `\u`):
		n = 6
	case strings.HasPrefix(s, `\U`):
		n = 8
	}
	if n == 0 || len(s) < n {
		return 0, 0
	}
	for _, d := range s[2:n] {
		v := strings.IndexRune("0123456789abcdef", unicode.ToLower(d))
		if v < 0 {
			return 0, 0
		}
		c = c<<4 | rune(v)
	}
	return c, n
}
