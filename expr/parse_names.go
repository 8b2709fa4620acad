package expr

import "strings"

// reserved words are never part of a name, unless the name is known.
var reserved = map[string]bool{
	"and": true, "or": true, "if": true, "then": true, "else": true, "for": true, "in": true,
	"return": true, "some": true, "every": true, "satisfies": true, "between": true,
	"instance": true, "function": true, "true": true, "false": true, "null": true,
}

// nameSet holds names by their first token.
type nameSet map[string][]knownName

type knownName struct {
	name string
	toks []token
}

func (s nameSet) add(n string) {
	toks, err := lex(n)
	if err != nil || len(toks) < 2 || s.has(n) {
		return
	}
	first := toks[0].text
	s[first] = append(s[first], knownName{n, toks[:len(toks)-1]})
}

func (s nameSet) has(n string) bool {
	first := n
	for i, c := range n {
		if i == 0 && !nameStart(c) || i > 0 && !namePart(c) {
			first = n[:i]
			break
		}
	}
	for _, k := range s[first] {
		if k.name == n {
			return true
		}
	}
	return false
}

// longest returns the longest name of the set that begins at token i.
func (s nameSet) longest(toks []token, i int) (string, int) {
	best, size := "", 0
	for _, k := range s[toks[i].text] {
		if len(k.toks) > size && k.matches(toks[i:]) {
			best, size = k.name, len(k.toks)
		}
	}
	return best, size
}

// matches compares tokens and whether there is space between them, so that
// "a-b" can be a name while "a - b" is a difference.
func (k knownName) matches(toks []token) bool {
	if len(k.toks) > len(toks) {
		return false
	}
	for i, t := range k.toks {
		if t.kind != toks[i].kind || t.text != toks[i].text {
			return false
		}
		if i > 0 && (t.pos > k.toks[i-1].end) != (toks[i].pos > toks[i-1].end) {
			return false
		}
	}
	return true
}

// phrases are built-in names of several words: functions and properties.
var phrases = nameSet{}

// knownAt is the length in tokens of the longest known name at token i that has
// more than one token.
func (p *parser) knownAt(i int) int {
	_, a := p.known.longest(p.toks, i)
	_, b := phrases.longest(p.toks, i)
	if n := max(a, b); n > 1 {
		return n
	}
	return 0
}

// nameAt reads the name at token i: the longest known one, or all the words
// that stand next to each other, since FEEL has no other use for two words side
// by side. n is its length in tokens, 0 for none.
func (p *parser) nameAt(i int) (text string, n int) {
	text, n = p.known.longest(p.toks, i)
	if t, m := phrases.longest(p.toks, i); m > n {
		text, n = t, m
	}
	words := 0
	for t := p.toks[i]; t.kind == tokName && !reserved[t.text]; t = p.toks[i+words] {
		words++
	}
	if words <= n {
		return text, n
	}
	if n > 0 || words > 1 && isFunction(p.toks[i].text) {
		p.joined(n, i)
	}
	parts := make([]string, words)
	for j := range parts {
		parts[j] = p.toks[i+j].text
	}
	return strings.Join(parts, " "), words
}

// wordOperators are what people write for an operator.
var wordOperators = map[string]string{
	"is": "=", "equals": "=", "eq": "=", "equal": "=", "ne": "!=", "neq": "!=", "gt": ">", "ge": ">=", "gte": ">=", "lt": "<", "le": "<=",
	"lte": "<=", "AND": "and", "And": "and", "OR": "or", "Or": "or", "plus": "+", "minus": "-", "mod": "modulo(a, b)", "div": "/",
	"IN": "in", "THEN": "then", "ELSE": "else", "contains": "contains(text, part)", "like": "matches(text, pattern)",
}

// joined refuses a word that follows the known name of n tokens at token i.
func (p *parser) joined(n, i int) {
	first, word := p.toks[i], p.toks[i+max(n, 1)]
	if op, ok := wordOperators[word.text]; ok {
		p.fail(word, "write %s, not %q", op, word.text)
	}
	if word.text == "?" {
		p.fail(word, "%s", advice["?"])
	}
	if first.text == "not" {
		p.fail(word, "“not” needs parentheses: not(%s)", word.text)
	}
	if n == 0 {
		return // "date of birth": the first word is a function, the whole may be a name
	}
	p.fail(word, "an operator is missing between %q and %q", p.src[first.pos:p.toks[i+n-1].end], word.text)
}

// property reads the name after a dot.
func (p *parser) property() string {
	t := p.peek()
	if t.kind != tokName {
		p.unexpected(t, "the name of a property should follow the dot")
	}
	text, n := p.known.longest(p.toks, p.i)
	if s, m := phrases.longest(p.toks, p.i); m > n {
		text, n = s, m
	}
	words := 0
	for t := p.peekAt(words); t.kind == tokName && (words == 0 || !reserved[t.text]); t = p.peekAt(words) {
		words++
	}
	if words > n {
		parts := make([]string, words)
		for j := range parts {
			parts[j] = p.peekAt(j).text
		}
		text, n = strings.Join(parts, " "), words
	}
	p.i += n
	return text
}

// advice is what to write in place of something FEEL does not have.
var advice = map[string]string{
	"==": "write = to compare", "===": "write = to compare", "!==": "write != for “not equal”", "<>": "write != for “not equal”",
	"&&": "write “and”", "&": "write “and”; text is joined with +", "||": "write “or”", "|": "write “or”",
	"!": "write not(…)", "%": "write modulo(a, b) for the remainder", "^": "write ** for powers", "${": "drop the $ and the braces: write the name as it is",
	"'": "text is written in double quotes: \"…\"", "’": "text is written in double quotes: \"…\"", "`": "text is written in double quotes: \"…\"",
	";": "there can be one expression only: remove the ;", "->": "remove the ->", "#": "remove the #",
	"?": "write: if condition then a else b", "@": "dates are written @\"2026-12-31\"", "\\": "remove the \\",
}

// unexpected refuses a token, with the advice there is, or saying why.
func (p *parser) unexpected(t token, why string) {
	if t.kind == tokOp {
		if a, ok := advice[t.text]; ok {
			p.fail(t, "%s is not understood here: %s", t.text, a)
		}
		if t.is("<") || t.is(">") || t.is("=") {
			if prev := p.toks[max(p.i-1, 0)]; prev.is("=") {
				p.fail(prev, "%s%s is not understood: write =, <= or >=", prev.text, t.text)
			}
		}
	}
	if t.kind == tokEnd {
		p.fail(t, "the expression stops short: %s", why)
	}
	if op, ok := wordOperators[t.text]; ok && t.kind == tokName {
		p.fail(t, "write %s, not %q", op, t.text)
	}
	p.fail(t, "%q is not expected: %s", p.src[t.pos:t.end], why)
}
