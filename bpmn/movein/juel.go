package movein

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on one expression of another engine. Real ones have some fifty bytes.
const (
	maxSource = 8 << 10 // bytes
	maxDepth  = 60      // of parentheses, calls and the like inside each other
	maxTerms  = 2000
)

// termKind is what a term of the expression language of Java is (Jakarta
// Expression Language 5.0 §1).
type termKind uint8

const (
	aNumber   termKind = iota + 1 // text is its digits
	aText                         // text is what it says
	aWord                         // true, false or null
	aName                         // text is a variable
	aProperty                     // parts[0].text
	anIndex                       // parts[0][parts[1]]
	aCall                         // parts[0].text(parts[1:]); parts[0] is nil for a function
	anUnary                       // text parts[0]
	aBinary                       // parts[0] text parts[1]
	aChoice                       // parts[0] ? parts[1] : parts[2]
)

type term struct {
	kind  termKind
	text  string
	parts []*term
}

// unreadable says why an expression cannot be translated, and what to do.
type unreadable struct{ reason, advice string }

func (u *unreadable) Error() string { return u.reason }

func cannot(advice, format string, args ...any) *unreadable {
	return &unreadable{fmt.Sprintf(format, args...), advice}
}

const writeFEEL = `Write it in FEEL, such as: amount > 1000 and kind = "Travel".`

// token is a word, a number, a text or a sign of an expression.
type token struct {
	kind termKind // aNumber, aText, aName; 0 for signs
	text string
}

// signs are longest first.
var signs = []string{"===", "!==", "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", "(", ")", "[", "]", ".", ","}

// tokensOf takes an expression apart.
func tokensOf(src string) ([]token, *unreadable) {
	var out []token
	for rest := src; ; {
		rest = strings.TrimLeft(rest, " \t\r\n")
		if rest == "" {
			return out, nil
		}
		t, n, bad := tokenOf(rest)
		if bad != nil {
			return nil, bad
		}
		out = append(out, t)
		rest = rest[n:]
	}
}

// tokenOf returns the first token of s and its length in bytes.
func tokenOf(s string) (token, int, *unreadable) {
	c, _ := utf8.DecodeRuneInString(s)
	switch {
	case c == '\'' || c == '"':
		return textToken(s)
	case c >= '0' && c <= '9', c == '.' && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
		return numberToken(s)
	case isNameRune(c, true):
		n := strings.IndexFunc(s, func(r rune) bool { return !isNameRune(r, false) })
		if n < 0 {
			n = len(s)
		}
		return token{aName, s[:n]}, n, nil
	}
	for _, sign := range signs {
		if strings.HasPrefix(s, sign) {
			return token{text: sign}, len(sign), nil
		}
	}
	return token{}, 0, cannot(writeFEEL, "the sign %q means nothing here", string(c))
}

func isNameRune(r rune, first bool) bool {
	return r == '_' || r == '$' || unicode.IsLetter(r) || !first && unicode.IsDigit(r)
}

// textToken reads text in quotes; a backslash keeps the sign behind it.
func textToken(s string) (token, int, *unreadable) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return token{aText, b.String()}, i + 1, nil
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return token{}, 0, cannot(writeFEEL, "a quotation mark is not closed")
}

// numberToken reads digits, with a point and an exponent where there are.
func numberToken(s string) (token, int, *unreadable) {
	n := 0
	digits := func() {
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
	}
	digits()
	if n+1 < len(s) && s[n] == '.' && s[n+1] >= '0' && s[n+1] <= '9' {
		n++
		digits()
	}
	end := n
	if n < len(s) && isNameRune(rune(s[n]), false) { // 10L, 1.5d: Java's marks of size
		if strings.ContainsRune("lLdDfF", rune(s[n])) {
			n++
		}
		if n < len(s) && isNameRune(rune(s[n]), false) {
			return token{}, 0, cannot(writeFEEL, "%q is no number", s[:n+1])
		}
	}
	return token{aNumber, s[:end]}, n, nil
}

// juelParser reads tokens into terms.
type juelParser struct {
	tokens []token
	depth  int
	terms  int
	bad    *unreadable
}

// parseJUEL reads what stands between "${" and "}".
func parseJUEL(src string) (*term, *unreadable) {
	if len(src) > maxSource {
		return nil, cannot("Split it over several steps.", "the expression has more than %d bytes", maxSource)
	}
	tokens, bad := tokensOf(src)
	if bad != nil {
		return nil, bad
	}
	p := &juelParser{tokens: tokens}
	t := p.ternary()
	if p.bad == nil && len(p.tokens) > 0 {
		p.fail("%q stands where the expression should end", p.tokens[0].text)
	}
	if p.bad != nil {
		return nil, p.bad
	}
	return t, nil
}

// fail notes the first thing that is wrong; what is parsed afterwards is not used.
func (p *juelParser) fail(format string, args ...any) *term {
	if p.bad == nil {
		p.bad = cannot(writeFEEL, format, args...)
	}
	p.tokens = nil
	return &term{kind: aWord, text: "null"}
}

func (p *juelParser) made(t *term) *term {
	if p.terms++; p.terms > maxTerms {
		return p.fail("the expression has more than %d parts", maxTerms)
	}
	return t
}

// accept takes the next token when it is one of these signs or words.
func (p *juelParser) accept(of ...string) (string, bool) {
	if len(p.tokens) == 0 || p.tokens[0].kind == aText || p.tokens[0].kind == aNumber {
		return "", false
	}
	for _, s := range of {
		if p.tokens[0].text == s {
			p.tokens = p.tokens[1:]
			return s, true
		}
	}
	return "", false
}

func (p *juelParser) expect(sign string) {
	if _, ok := p.accept(sign); !ok {
		p.fail("%q is missing", sign)
	}
}

func (p *juelParser) ternary() *term {
	if p.depth++; p.depth > maxDepth {
		return p.fail("the expression is nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	t := p.level(0)
	if _, ok := p.accept("?"); !ok {
		return t
	}
	yes := p.ternary()
	p.expect(":")
	return p.made(&term{kind: aChoice, parts: []*term{t, yes, p.ternary()}})
}

// levels are the binary operators, the loosest first.
var levels = [][]string{{"||", "or"}, {"&&", "and"}, {"==", "!=", "===", "!==", "eq", "ne"},
	{"<=", ">=", "<", ">", "lt", "gt", "le", "ge"}, {"+", "-"}, {"*", "/", "%", "div", "mod"}}

// sameAs are operators that have several spellings.
var sameAs = map[string]string{"or": "||", "and": "&&", "===": "==", "!==": "!=", "eq": "==", "ne": "!=",
	"lt": "<", "gt": ">", "le": "<=", "ge": ">=", "div": "/", "mod": "%", "not": "!"}

func (p *juelParser) level(n int) *term {
	if n == len(levels) {
		return p.unary()
	}
	t := p.level(n + 1)
	for {
		op, ok := p.accept(levels[n]...)
		if !ok {
			return t
		}
		if s, known := sameAs[op]; known {
			op = s
		}
		t = p.made(&term{kind: aBinary, text: op, parts: []*term{t, p.level(n + 1)}})
	}
}

func (p *juelParser) unary() *term {
	op, ok := p.accept("!", "not", "-", "empty")
	if !ok {
		return p.postfix(p.primary())
	}
	if op == "not" {
		op = "!"
	}
	if p.depth++; p.depth > maxDepth {
		return p.fail("the expression is nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	return p.made(&term{kind: anUnary, text: op, parts: []*term{p.unary()}})
}

func (p *juelParser) primary() *term {
	if len(p.tokens) == 0 {
		return p.fail("the expression ends too early")
	}
	if _, ok := p.accept("("); ok {
		t := p.ternary()
		p.expect(")")
		return t
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	switch t.kind {
	case aNumber, aText:
		return p.made(&term{kind: t.kind, text: t.text})
	case aName:
		if t.text == "true" || t.text == "false" || t.text == "null" {
			return p.made(&term{kind: aWord, text: t.text})
		}
		if _, ok := p.accept("("); ok {
			return p.arguments(&term{kind: aCall, text: t.text, parts: []*term{nil}})
		}
		return p.made(&term{kind: aName, text: t.text})
	}
	return p.fail("%q stands where a value should be", t.text)
}

// postfix reads .name, [index] and (arguments) behind a value.
func (p *juelParser) postfix(t *term) *term {
	for hops := 0; ; hops++ {
		if hops > maxDepth {
			return p.fail("the expression is nested more than %d deep", maxDepth)
		}
		if _, ok := p.accept("["); ok {
			t = p.made(&term{kind: anIndex, parts: []*term{t, p.ternary()}})
			p.expect("]")
			continue
		}
		if _, ok := p.accept("."); !ok {
			return t
		}
		if len(p.tokens) == 0 || p.tokens[0].kind != aName {
			return p.fail("there is no name behind a point")
		}
		part := p.tokens[0].text
		p.tokens = p.tokens[1:]
		if _, ok := p.accept("("); ok {
			t = p.arguments(&term{kind: aCall, text: part, parts: []*term{t}})
		} else {
			t = p.made(&term{kind: aProperty, text: part, parts: []*term{t}})
		}
	}
}

func (p *juelParser) arguments(t *term) *term {
	if _, ok := p.accept(")"); ok {
		return p.made(t)
	}
	for p.bad == nil {
		t.parts = append(t.parts, p.ternary())
		if _, ok := p.accept(","); !ok {
			break
		}
	}
	p.expect(")")
	return p.made(t)
}

// piece is a part of a text: words, or an expression.
type piece struct {
	words string
	term  *term
}

// isJUEL tells whether text holds an expression of Java's.
func isJUEL(s string) bool { return strings.Contains(s, "${") || strings.Contains(s, "#{") }

// piecesOf takes "Approve ${name}" apart.
func piecesOf(src string) ([]piece, *unreadable) {
	if len(src) > maxSource {
		return nil, cannot("Shorten it.", "the text has more than %d bytes", maxSource)
	}
	var out []piece
	for src != "" {
		at := firstOpening(src)
		if at < 0 {
			return append(out, piece{words: src}), nil
		}
		if at > 0 {
			out = append(out, piece{words: src[:at]})
		}
		end := closing(src[at+2:])
		if end < 0 {
			return nil, cannot(writeFEEL, "a brace is not closed")
		}
		t, bad := parseJUEL(src[at+2 : at+2+end])
		if bad != nil {
			return nil, bad
		}
		out = append(out, piece{term: t})
		src = src[at+2+end+1:]
	}
	return out, nil
}

func firstOpening(s string) int {
	a, b := strings.Index(s, "${"), strings.Index(s, "#{")
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// closing finds the brace that ends an expression: not one in quotes.
func closing(s string) int {
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quote != 0:
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '}':
			return i
		}
	}
	return -1
}
