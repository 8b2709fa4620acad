package odata

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The words of $filter, $orderby and keys (ABNF of OData 4.0).

type kind int

const (
	end kind = iota
	name
	literal
	mark // one of ( ) , = : /
)

type token struct {
	kind  kind
	text  string // of a name or a mark
	value any    // of a literal: text, json.Number, bool, or nil for null
}

type lexer struct {
	text string
	at   int
}

var (
	momentWord = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,12})?)?([Zz]|[+\- ]\d\d:\d\d)`)
	dateWord   = regexp.MustCompile(`^\d{4}-\d\d-\d\d`)
	guidWord   = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}`)
	numberWord = regexp.MustCompile(`^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?`)
	nameWord   = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_.]*`)
)

func (l *lexer) next() (token, error) {
	for l.at < len(l.text) && (l.text[l.at] == ' ' || l.text[l.at] == '\t') {
		l.at++
	}
	if l.at == len(l.text) {
		return token{kind: end}, nil
	}
	rest := l.text[l.at:]
	switch c := rest[0]; {
	case strings.IndexByte("(),=:/", c) >= 0:
		l.at++
		return token{kind: mark, text: rest[:1]}, nil
	case c == '\'':
		return l.quoted(rest)
	}
	if t, ok, err := l.word(rest); ok || err != nil {
		return t, err
	}
	_, size := utf8.DecodeRuneInString(rest)
	return token{}, l.wrong(fmt.Sprintf("%q is not understood", rest[:size]))
}

// word reads what has no quotes.
func (l *lexer) word(rest string) (token, bool, error) {
	take := func(word string, value any) (token, bool, error) {
		if after := rest[len(word):]; after != "" && (after[0] == '_' || after[0] == '.' || after[0] == '-' || alnum(after[0])) {
			return token{}, false, l.wrong(short(rest) + " is not understood; text stands in single quotes")
		}
		l.at += len(word)
		return token{kind: literal, value: value}, true, nil
	}
	if w := guidWord.FindString(rest); w != "" {
		return take(w, strings.ToLower(w))
	}
	if w := momentWord.FindString(rest); w != "" {
		return take(w, moment(w))
	}
	if w := dateWord.FindString(rest); w != "" {
		return take(w, w)
	}
	if w := numberWord.FindString(rest); w != "" {
		text := strings.TrimPrefix(w, "+")
		if !json.Valid([]byte(text)) {
			return token{}, false, l.wrong(short(w) + " is no number")
		}
		return take(w, json.Number(text))
	}
	w := nameWord.FindString(rest)
	switch {
	case w == "":
		return token{}, false, nil
	case w == "null":
		return take(w, nil)
	case w == "true" || w == "false":
		return take(w, w == "true")
	case w == "INF" || w == "NaN":
		return token{}, false, unsupported(w)
	case strings.HasPrefix(rest[len(w):], "'"):
		return token{}, false, unsupported(w + "'…'")
	}
	l.at += len(w)
	return token{kind: name, text: w}, true, nil
}

func alnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// moment writes a moment as the rest of the server does: with seconds, and with
// the plus that became a space on its way.
func moment(w string) string {
	w = strings.Replace(strings.ToUpper(w), " ", "+", 1)
	const minutes = len("2006-01-02T15:04")
	if w[minutes] != ':' {
		w = w[:minutes] + ":00" + w[minutes:]
	}
	return w
}

// quoted reads a text; a quote in it is written twice.
func (l *lexer) quoted(rest string) (token, error) {
	var out strings.Builder
	for i := 1; i < len(rest); i++ {
		if rest[i] != '\'' {
			out.WriteByte(rest[i])
			continue
		}
		if i+1 < len(rest) && rest[i+1] == '\'' {
			out.WriteByte('\'')
			i++
			continue
		}
		l.at += i + 1
		if !utf8.ValidString(out.String()) {
			return token{}, l.wrong("the text is not UTF-8")
		}
		return token{kind: literal, value: out.String()}, nil
	}
	return token{}, l.wrong("a text has no end: a single quote is missing")
}

func (l *lexer) wrong(detail string) error {
	return invalid(fmt.Sprintf("at character %d: %s", utf8.RuneCountInString(l.text[:l.at])+1, detail))
}
