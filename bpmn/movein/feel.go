package movein

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// How tightly FEEL binds, the loosest first.
const (
	bindsIf = iota
	bindsOr
	bindsAnd
	bindsCompare
	bindsAdd
	bindsMultiply
	bindsPart // property, filter, call
)

// said is a piece of FEEL.
type said struct {
	text  string
	binds int
	truth bool // it is a condition
}

func atom(s string) said { return said{text: s, binds: bindsPart} }

// in returns s as an operand of something that binds so tightly.
func (s said) in(binds int) string {
	if s.binds < binds {
		return "(" + s.text + ")"
	}
	return s.text
}

// translator says Java's expressions in FEEL. It stops at the first thing that
// has no equal.
type translator struct {
	names *names
	bad   *unreadable
}

func (x *translator) fail(advice, format string, args ...any) said {
	if x.bad == nil {
		x.bad = cannot(advice, format, args...)
	}
	return atom("null")
}

// feel says a term in FEEL. What "empty" is asked of stands twice in it, so the
// length is looked at on the way.
func (x *translator) feel(t *term) said {
	s := x.said(t)
	if len(s.text) > expr.MaxSource {
		return x.fail("Split it over several steps.", "in FEEL it would have more than %d bytes", expr.MaxSource)
	}
	return s
}

func (x *translator) said(t *term) said {
	switch t.kind {
	case aNumber:
		if strings.HasPrefix(t.text, ".") {
			return atom("0" + t.text)
		}
		return atom(t.text)
	case aText:
		return atom(quote(t.text))
	case aWord:
		return said{text: t.text, binds: bindsPart, truth: t.text != "null"}
	case aName:
		return x.name(t.text)
	case aProperty:
		return x.property(t)
	case anIndex:
		return x.index(t)
	case aCall:
		return x.call(t)
	case anUnary:
		return x.unary(t)
	case aBinary:
		return x.binary(t)
	}
	a, b, c := x.truth(t.parts[0]), x.feel(t.parts[1]), x.feel(t.parts[2])
	return said{text: "if " + a.text + " then " + b.in(bindsOr) + " else " + c.in(bindsOr), truth: b.truth && c.truth}
}

// truth says a term as a condition: for Java, what is missing is false.
func (x *translator) truth(t *term) said {
	s := x.feel(t)
	if s.truth {
		return s
	}
	x.hint(t, process.Boolean)
	return said{text: s.in(bindsAdd) + " = true", binds: bindsCompare, truth: true}
}

func (x *translator) hint(t *term, is process.Type) {
	if t.kind == aName {
		x.names.hint(t.text, is)
	}
}

func (x *translator) name(n string) said {
	if s, known := x.names.fixed(n); known {
		return s
	}
	switch n {
	case "execution", "task", "delegateTask", "delegateExecution":
		return x.fail("Write what is meant in FEEL: {instance}, {folio} and {starter} are always there.", "%s is an object of the other engine", n)
	}
	return atom(x.names.use(n))
}

func (x *translator) property(t *term) said {
	if of := t.parts[0]; of.kind == aName && (of.text == "execution" || of.text == "delegateExecution") && x.bad == nil {
		switch t.text {
		case "processInstanceId", "id":
			return atom("instance")
		}
		return x.fail("Write what is meant in FEEL: {instance}, {folio} and {starter} are always there.", "execution.%s is a value of the other engine", t.text)
	}
	x.hint(t.parts[0], process.JSON)
	return x.part(x.feel(t.parts[0]), t.text)
}

// part takes an entry of a context.
func (x *translator) part(of said, key string) said {
	if process.CheckName(key) != "" || strings.Contains(key, " ") {
		return atom("get value(" + of.text + ", " + quote(key) + ")")
	}
	return atom(of.in(bindsPart) + "." + key)
}

// index takes an entry of a context or an item of a list: Java counts from 0,
// FEEL from 1.
func (x *translator) index(t *term) said {
	x.hint(t.parts[0], process.JSON)
	of := x.feel(t.parts[0])
	switch at := t.parts[1]; at.kind {
	case aText:
		return x.part(of, at.text)
	case aNumber:
		n, err := strconv.Atoi(at.text)
		if err != nil || n < 0 || n > 1_000_000 {
			return x.fail(writeFEEL, "%s is no place in a list", at.text)
		}
		return atom(of.in(bindsPart) + "[" + strconv.Itoa(n+1) + "]")
	default:
		return x.fail("Write list[n] in FEEL, which counts from 1, or get value(context, key).", "whether %s counts items or names an entry is known only when it runs", "[…]")
	}
}

func (x *translator) unary(t *term) said {
	switch t.text {
	case "!":
		return said{text: "not(" + x.truth(t.parts[0]).text + ")", binds: bindsPart, truth: true}
	case "empty":
		return x.empty(t.parts[0])
	}
	x.hint(t.parts[0], process.Number)
	return said{text: "-" + x.feel(t.parts[0]).in(bindsPart), binds: bindsMultiply}
}

// empty is Java's: null, a text without characters, a list without items.
func (x *translator) empty(t *term) said {
	s := x.feel(t)
	return said{text: fmt.Sprintf(`(%s = null or string(%s) in ("", "[]", "{}"))`, s.in(bindsAdd), s.text), binds: bindsPart, truth: true}
}

func (x *translator) binary(t *term) said {
	a, b := t.parts[0], t.parts[1]
	switch t.text {
	case "&&":
		return said{text: x.truth(a).in(bindsAnd) + " and " + x.truth(b).in(bindsAnd), binds: bindsAnd, truth: true}
	case "||":
		return said{text: x.truth(a).in(bindsOr) + " or " + x.truth(b).in(bindsOr), binds: bindsOr, truth: true}
	case "==", "!=", "<", ">", "<=", ">=":
		x.hintBoth(a, b, "")
		op := t.text
		if op == "==" {
			op = "="
		}
		return said{text: x.feel(a).in(bindsAdd) + " " + op + " " + x.feel(b).in(bindsAdd), binds: bindsCompare, truth: true}
	case "+":
		x.hintBoth(a, b, "")
		return said{text: x.feel(a).in(bindsAdd) + " + " + x.feel(b).in(bindsMultiply), binds: bindsAdd}
	}
	x.hintBoth(a, b, process.Number)
	switch t.text {
	case "%":
		return atom("modulo(" + x.feel(a).text + ", " + x.feel(b).text + ")")
	case "-":
		return said{text: x.feel(a).in(bindsAdd) + " - " + x.feel(b).in(bindsMultiply), binds: bindsAdd}
	}
	return said{text: x.feel(a).in(bindsMultiply) + " " + t.text + " " + x.feel(b).in(bindsPart), binds: bindsMultiply}
}

// quote writes text as FEEL does.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}

// hintBoth notes of what type two operands are: is, or what the other's literal
// shows.
func (x *translator) hintBoth(a, b *term, is process.Type) {
	if is != "" {
		x.hint(a, is)
		x.hint(b, is)
		return
	}
	x.hint(a, literalType(b))
	x.hint(b, literalType(a))
}

func literalType(t *term) process.Type {
	switch {
	case t.kind == aNumber:
		return process.Number
	case t.kind == aText:
		return process.String
	case t.kind == aWord && t.text != "null":
		return process.Boolean
	}
	return ""
}
