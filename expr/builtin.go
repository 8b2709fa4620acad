package expr

import (
	"fmt"
	"slices"
	"strings"
)

// builtin is a function of FEEL.
type builtin struct {
	name string
	sigs []signature
	fn   func(c *callEnv, args []Value) Value
}

// signature is one way to call a builtin. Parameters after the first min may be
// left out; with many set, the last one may be repeated.
type signature struct {
	params []string
	min    int
	many   bool
}

// callEnv is what a builtin works with besides its arguments.
type callEnv struct {
	*env
	pos  int
	name string
	data any        // made once from constant arguments
	sig  *signature // the one that named arguments chose; nil where they stand in order
}

// call is a call of a builtin.
type call struct {
	pos  int
	fn   *builtin
	args []node
	data any
	sig  *signature
}

func (n *call) eval(e *env) Value {
	e.step(n.pos, 1)
	args := make([]Value, len(n.args))
	for i, a := range n.args {
		args[i] = a.eval(e)
	}
	return n.fn.fn(&callEnv{e, n.pos, n.fn.name, n.data, n.sig}, args)
}

// named tells whether an argument was given by name, and by that one.
func (c *callEnv) named(param string) bool {
	return c.sig != nil && slices.Contains(c.sig.params, param)
}

// wrong is null because an argument is not what the function takes.
func (c *callEnv) wrong(v Value, want string) Value {
	return c.note(c.pos, "%s needs %s; this is %s", c.name, want, described(v))
}

var builtins = map[string]*builtin{}

func isFunction(name string) bool { return builtins[name] != nil }

// define adds a function. Its signatures are written "string, start position,
// length?"; "…" after the last parameter lets it repeat.
func define(name string, fn func(*callEnv, []Value) Value, sigs ...string) {
	b := &builtin{name: name, fn: fn}
	for _, s := range sigs {
		b.sigs = append(b.sigs, parseSignature(s))
	}
	builtins[name] = b
	if strings.Contains(name, " ") {
		phrases.add(name)
	}
}

func parseSignature(s string) signature {
	var sig signature
	if s == "" {
		return sig
	}
	for p := range strings.SplitSeq(s, ", ") {
		p, sig.many = strings.CutSuffix(p, "…")
		p, optional := strings.CutSuffix(p, "?")
		sig.params = append(sig.params, p)
		if !optional {
			sig.min = len(sig.params)
		}
	}
	return sig
}

func (b *builtin) takes(n int) bool {
	for _, s := range b.sigs {
		if n >= s.min && (n <= len(s.params) || s.many) {
			return true
		}
	}
	return false
}

// usage shows how to call b, for messages.
func (b *builtin) usage() string {
	ways := make([]string, len(b.sigs))
	for i, s := range b.sigs {
		params := strings.Join(s.params, ", ")
		if s.many {
			params += ", …"
		}
		ways[i] = b.name + "(" + params + ")"
	}
	return strings.Join(ways, " or ")
}

// arrange puts named arguments in order; those left out are null.
func (s signature) arrange(args []node, names []string) ([]node, bool) {
	return arrange[node](s, args, names, &literal{})
}

func arrange[T any](s signature, args []T, names []string, missing T) ([]T, bool) {
	if len(names) > len(s.params) {
		return nil, false
	}
	out := make([]T, len(s.params))
	for i := range out {
		out[i] = missing
	}
	taken := make([]bool, len(s.params))
	for i, n := range names {
		at := -1
		for j, p := range s.params {
			if p == n {
				at = j
			}
		}
		if at < 0 || taken[at] {
			return nil, false
		}
		out[at], taken[at] = args[i], true
	}
	return out, true
}

// prepare works out once what does not depend on variables.
func (p *parser) prepare(at token, n *call) node {
	switch n.fn.name {
	case "matches":
		p.preparePattern(at, n, 1, 2)
	case "replace":
		p.preparePattern(at, n, 1, 3)
	case "split":
		p.preparePattern(at, n, 1, 2)
	}
	return n
}

func plural(n int, what string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }

// functionAdvice is for functions people bring from elsewhere.
var functionAdvice = map[string]string{
	"len": "write string length(text) or count(list)", "length": "write string length(text) or count(list)",
	"upper": "write upper case(text)", "toUpperCase": "write upper case(text)",
	"lower": "write lower case(text)", "toLowerCase": "write lower case(text)",
	"concat": "join text with +, lists with concatenate(a, b)", "substr": "write substring(text, start, length)",
	"if": "write: if condition then a else b", "iif": "write: if condition then a else b",
	"avg": "write mean(list)", "average": "write mean(list)", "size": "write count(list)", "join": "write string join(list, separator)",
	"startsWith": "write starts with(text, start)", "endsWith": "write ends with(text, end)", "indexOf": "write index of(list, item)",
	"toString": "write string(value)", "str": "write string(value)", "toNumber": "write number(text)", "int": "write floor(number)",
	"isEmpty": "write count(list) = 0 or text = \"\"", "coalesce": "write: if a != null then a else b",
	"datetime": "write date and time(text)", "currentDate": "write today()", "round": "write decimal(number, digits) or round half up(number, digits)",
}

// nearest suggests a function with a name much like the one that is missing.
func nearest(name string) string {
	best, dist := "", min(3, len(name)) // of a single letter, nothing is near
	for n := range builtins {
		if d := distance(strings.ToLower(name), n, 3); d < dist || d == dist && best != "" && n < best {
			best, dist = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// distance counts the letters to change, add or drop between a and b.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := prev
			if a[i] != b[j] {
				cost++
			}
			prev = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

func init() {
	for _, p := range []string{"time offset", "start included", "end included"} {
		phrases.add(p)
	}
	defineText()
	defineNumbers()
	defineLists()
	defineDates()
	defineConversions()
	defineRelations()
}
