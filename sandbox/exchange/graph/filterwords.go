package graph

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

func scan(text string) ([]token, error) {
	var out []token
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t':
			i++
		case strings.IndexByte("(),:", c) >= 0:
			out = append(out, token{c, string(c)})
			i++
		case c == '\'':
			s, n, err := quotedText(text[i:])
			if err != nil {
				return nil, err
			}
			out = append(out, token{'s', s})
			i += n
		default:
			n := strings.IndexAny(text[i:], " \t(),'")
			if n < 0 {
				n = len(text) - i
			}
			word := text[i : i+n]
			if j := strings.IndexByte(word, ':'); j > 0 && !isLiteral(word) { // x:x/name
				n, word = j, word[:j]
			}
			kind := byte('n')
			if isLiteral(word) {
				kind = 'd'
			}
			out = append(out, token{kind, word})
			i += n
		}
	}
	return out, nil
}

func isLiteral(word string) bool {
	c := word[0]
	return c >= '0' && c <= '9' || c == '-' || word == "true" || word == "false" || word == "null"
}

func quotedText(text string) (value string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, errors.New("there is an unterminated string literal")
}

func literal(text string) (any, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02", "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return nil, fmt.Errorf("'%s' is not a value", text)
}

var comparisons = map[string]func(int) bool{
	"eq": func(n int) bool { return n == 0 }, "ne": func(n int) bool { return n != 0 }, "lt": func(n int) bool { return n < 0 },
	"le": func(n int) bool { return n <= 0 }, "gt": func(n int) bool { return n > 0 }, "ge": func(n int) bool { return n >= 0 },
}

// compare orders two values; those of different kinds are unequal. Text is
// compared without case, as Exchange does.
func compare(a, b any, test func(int) bool) bool {
	switch x := a.(type) {
	case nil:
		return test(map[bool]int{true: 0, false: -2}[b == nil]) && (b == nil || test(2))
	case bool:
		if y, ok := b.(bool); ok {
			return test(map[bool]int{true: 0, false: -2}[x == y])
		}
	case string:
		if y, ok := b.(time.Time); ok {
			at, err := time.Parse(time.RFC3339, x)
			return err == nil && test(at.Compare(y))
		}
		if y, ok := b.(string); ok {
			return test(strings.Compare(strings.ToLower(x), strings.ToLower(y)))
		}
	case float64:
		if y, ok := b.(float64); ok {
			return test(map[bool]int{true: -1}[x < y] + map[bool]int{true: 1}[x > y])
		}
	case int:
		return compare(float64(x), b, test)
	case int64:
		return compare(float64(x), b, test)
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return test(x.Compare(y))
		}
		if _, ok := b.(string); ok {
			return compare(b, a, func(n int) bool { return test(-n) })
		}
	}
	return test(-1) && test(1) // ne
}
