package expr

import (
	"fmt"
	"math/bits"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
)

// pattern is a compiled regular expression.
type pattern struct {
	re    *regexp.Regexp
	cost  int  // steps for 256 bytes of input
	lines bool // ^ and $ stand for the ends of lines
}

func compilePattern(source, flags string) (*pattern, error) {
	if len(source) > maxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	mode := ""
	for _, f := range flags {
		switch {
		case f == 'x':
		case strings.ContainsRune("smi", f):
			if !strings.ContainsRune(mode, f) {
				mode += string(f)
			}
		default:
			return nil, fmt.Errorf("the flag %q is not known: use s, m, i or x", f)
		}
	}
	text, err := fromXPath(source, flags)
	if err != nil {
		return nil, err
	}
	if mode != "" {
		text = "(?" + mode + ")" + text
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, notUnderstood(err)
	}
	size := programSize(tree)
	if size > maxProgram {
		return nil, fmt.Errorf("the pattern comes to more than %d steps: use smaller repetitions", maxProgram)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return &pattern{re, size, strings.Contains(flags, "m")}, nil
}

// programSize estimates what a pattern comes to with its repetitions written out.
func programSize(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	if re.Op == syntax.OpCharClass { // found by halving, however many ranges it has
		size = 1 + bits.Len(uint(len(re.Rune)))
	}
	for _, sub := range re.Sub {
		size += programSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return min(size, maxProgram+1)
}

// pattern reads the pattern and flags of a call, unless they were constant.
func (c *callEnv) pattern(source, flags Value) (*pattern, bool) {
	if p, ok := c.data.(*pattern); ok {
		return p, true
	}
	s, ok := c.textArg(source)
	if !ok {
		return nil, false
	}
	f := ""
	if flags != nil {
		if f, ok = c.textArg(flags); !ok {
			return nil, false
		}
	}
	c.step(c.pos, 500+len(s))
	p, err := compilePattern(s, f)
	if p != nil {
		c.step(c.pos, p.cost)
	}
	if err != nil {
		c.note(c.pos, "%s: %s", c.name, err)
	}
	return p, err == nil
}

// search counts what looking for p in s takes.
func (c *callEnv) search(p *pattern, s string) { c.step(c.pos, p.cost*len(s)/256) }

func fnMatches(c *callEnv, a []Value) Value {
	s, ok1 := c.textArg(a[0])
	p, ok2 := c.pattern(a[1], arg(a, 2))
	if !ok1 || !ok2 {
		return nil
	}
	c.search(p, s)
	return Boolean(p.matches(s))
}

// matches tells whether p occurs in s. Behind a line end that ends the text, no
// line begins.
func (p *pattern) matches(s string) bool {
	if !p.lines || !strings.HasSuffix(s, "\n") {
		return p.re.MatchString(s)
	}
	at := p.re.FindStringIndex(s)
	return at != nil && at[0] < len(s)
}

func fnReplace(c *callEnv, a []Value) Value {
	s, ok1 := c.textArg(a[0])
	p, ok2 := c.pattern(a[1], arg(a, 3))
	replacement, ok3 := c.textArg(a[2])
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	switch {
	case p.re.MatchString(""):
		return c.note(c.pos, "replace: the pattern also fits where there is nothing; it must ask for a character at least")
	case !validReplacement(replacement):
		return c.note(c.pos, `replace: in the replacement, a $ stands before the number of a group, and a \\ before a $ or another \\`)
	}
	c.search(p, s)
	var b strings.Builder
	end := 0
	for _, m := range p.re.FindAllStringSubmatchIndex(s, MaxList) {
		c.step(c.pos, 1)
		b.WriteString(s[end:m[0]])
		expand(&b, replacement, s, m)
		c.textLength(c.pos, b.Len())
		end = m[1]
	}
	b.WriteString(s[end:])
	c.text(c.pos, b.Len())
	return String(b.String())
}

// validReplacement follows https://www.w3.org/TR/xpath-functions-31/#func-replace.
func validReplacement(s string) bool {
	for i := 0; i < len(s); i++ {
		next := byte(0)
		if i+1 < len(s) {
			next = s[i+1]
		}
		switch {
		case s[i] == '\\' && (next == '\\' || next == '$'):
			i++
		case s[i] == '\\', s[i] == '$' && (next < '0' || next > '9'):
			return false
		}
	}
	return true
}

// expand writes a replacement: $1 is the first group, $0 all that matched, \$ a
// dollar sign.
func expand(b *strings.Builder, replacement, s string, m []int) {
	for i := 0; i < len(replacement); i++ {
		c := replacement[i]
		switch {
		case c == '\\' && i+1 < len(replacement):
			i++
			b.WriteByte(replacement[i])
		case c == '$' && i+1 < len(replacement) && replacement[i+1] >= '0' && replacement[i+1] <= '9':
			n, size := groupNumber(replacement[i+1:], len(m)/2)
			if n < len(m)/2 && m[2*n] >= 0 {
				b.WriteString(s[m[2*n]:m[2*n+1]])
			}
			i += size
		default:
			b.WriteByte(c)
		}
	}
}

// groupNumber reads as many digits as make the number of a group, at least one.
func groupNumber(s string, groups int) (n, size int) {
	n = int(s[0] - '0')
	for size = 1; size < len(s) && s[size] >= '0' && s[size] <= '9'; size++ {
		next, err := strconv.Atoi(s[:size+1])
		if err != nil || next >= groups {
			break
		}
		n = next
	}
	return n, size
}

func fnSplit(c *callEnv, a []Value) Value {
	s, ok1 := c.textArg(a[0])
	p, ok2 := c.pattern(a[1], nil)
	if !ok1 || !ok2 {
		return nil
	}
	if p.re.MatchString("") {
		return c.note(c.pos, "split: the delimiter also fits where there is nothing; it must ask for a character at least")
	}
	c.search(p, s)
	parts := p.re.Split(s, MaxList+2)
	c.list(c.pos, len(parts))
	out := make(List, len(parts))
	for i, part := range parts {
		out[i] = String(part)
	}
	return out
}

// preparePattern compiles a pattern that is a constant, and refuses a bad one.
func (p *parser) preparePattern(at token, n *call, patternArg, flagsArg int) {
	source, ok := constantText(n.args, patternArg)
	if !ok {
		return
	}
	flags, ok := constantText(n.args, flagsArg)
	if !ok && flagsArg < len(n.args) {
		return
	}
	compiled, err := compilePattern(source, flags)
	if err != nil {
		p.fail(at, "%s: %s", n.fn.name, err)
	}
	n.data = compiled
}

func constantText(args []node, i int) (string, bool) {
	if i >= len(args) {
		return "", false
	}
	lit, ok := args[i].(*literal)
	if !ok {
		return "", false
	}
	s, ok := lit.value.(String)
	return string(s), ok || lit.value == nil && i > 1
}
