package expr

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

func defineText() {
	define("string length", fnStringLength, "string")
	define("upper case", fnUpper, "string")
	define("lower case", fnLower, "string")
	define("trim", fnTrim, "string")
	define("substring", fnSubstring, "string, start position, length?")
	define("substring before", fnSubstringBefore, "string, match")
	define("substring after", fnSubstringAfter, "string, match")
	define("contains", fnContains, "string, match")
	define("starts with", fnStartsWith, "string, match")
	define("ends with", fnEndsWith, "string, match")
	define("string join", fnStringJoin, "list, delimiter?")
	define("matches", fnMatches, "input, pattern, flags?")
	define("replace", fnReplace, "input, pattern, replacement, flags?")
	define("split", fnSplit, "string, delimiter")
}

func fnStringLength(c *callEnv, a []Value) Value {
	s, ok := c.textArg(a[0])
	if !ok {
		return nil
	}
	c.step(c.pos, len(s)/64)
	return Int(int64(utf8.RuneCountInString(s)))
}

// change returns a function of one text, bounded since case mapping may lengthen.
func (c *callEnv) change(v Value, f func(string) string) Value {
	s, ok := c.textArg(v)
	if !ok {
		return nil
	}
	c.step(c.pos, len(s)/64)
	out := f(s)
	c.text(c.pos, len(out))
	return String(out)
}

// Case is changed as Unicode does it, everywhere alike: ß becomes SS.
func fnUpper(c *callEnv, a []Value) Value {
	return c.change(a[0], func(s string) string {
		if ascii(s) {
			return strings.ToUpper(s)
		}
		c.step(c.pos, len(s)/8)
		return cases.Upper(language.Und).String(s)
	})
}

func fnLower(c *callEnv, a []Value) Value {
	return c.change(a[0], func(s string) string {
		if ascii(s) {
			return strings.ToLower(s)
		}
		c.step(c.pos, len(s)/8)
		return cases.Lower(language.Und).String(s)
	})
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func fnTrim(c *callEnv, a []Value) Value { return c.change(a[0], strings.TrimSpace) }

// fnSubstring counts characters from 1, from the end where the start is negative.
func fnSubstring(c *callEnv, a []Value) Value {
	s, ok1 := c.textArg(a[0])
	start, ok2 := c.index(a[1])
	if !ok1 || !ok2 {
		return nil
	}
	c.step(c.pos, len(s)/64)
	size := int64(utf8.RuneCountInString(s))
	if start < 0 {
		start += size + 1
	}
	if start < 1 || start > size {
		return c.note(c.pos, "substring: there is no character %s in text of %d", a[1], size)
	}
	length := size - start + 1
	if v := arg(a, 2); v != nil {
		n, ok := c.index(v)
		if !ok || n < 1 {
			return c.note(c.pos, "substring: the length must be 1 or more")
		}
		length = min(length, n)
	}
	from := skipRunes(s, start-1)
	return String(from[:len(from)-len(skipRunes(from, length))])
}

// skipRunes returns s without its first n characters.
func skipRunes(s string, n int64) string {
	for ; n > 0; n-- {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return s
}

// texts reads two texts and counts a search of one in the other.
func (c *callEnv) texts(a []Value) (s, match string, ok bool) {
	s, ok1 := c.textArg(a[0])
	match, ok2 := c.textArg(a[1])
	c.step(c.pos, len(s)/64)
	return s, match, ok1 && ok2
}

func fnSubstringBefore(c *callEnv, a []Value) Value {
	s, match, ok := c.texts(a)
	if !ok {
		return nil
	}
	before, _, found := strings.Cut(s, match)
	if !found {
		return String("")
	}
	return String(before)
}

func fnSubstringAfter(c *callEnv, a []Value) Value {
	s, match, ok := c.texts(a)
	if !ok {
		return nil
	}
	_, after, _ := strings.Cut(s, match)
	return String(after)
}

func fnContains(c *callEnv, a []Value) Value {
	s, match, ok := c.texts(a)
	if !ok {
		return nil
	}
	return Boolean(strings.Contains(s, match))
}

func fnStartsWith(c *callEnv, a []Value) Value {
	s, match, ok := c.texts(a)
	if !ok {
		return nil
	}
	return Boolean(strings.HasPrefix(s, match))
}

func fnEndsWith(c *callEnv, a []Value) Value {
	s, match, ok := c.texts(a)
	if !ok {
		return nil
	}
	return Boolean(strings.HasSuffix(s, match))
}

// fnStringJoin leaves out items that are null.
func fnStringJoin(c *callEnv, a []Value) Value {
	list, ok := c.items(a[0])
	if !ok {
		return nil
	}
	delimiter := ""
	if d := arg(a, 1); d != nil {
		if delimiter, ok = c.textArg(d); !ok {
			return nil
		}
	}
	var b strings.Builder
	first := true
	for _, v := range list {
		c.step(c.pos, 1)
		if v == nil {
			continue
		}
		s, ok := c.textArg(v)
		if !ok {
			return nil
		}
		c.textLength(c.pos, b.Len()+len(delimiter)+len(s))
		if !first {
			b.WriteString(delimiter)
		}
		b.WriteString(s)
		first = false
	}
	c.text(c.pos, b.Len())
	return String(b.String())
}
