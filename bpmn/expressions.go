package bpmn

import (
	"errors"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// source is a piece of a file that holds an expression or a template.
type source struct {
	owner *Element // the BPMN element it belongs to
	what  string   // "the condition", as a sentence about it begins
	text  string
	line  int
	lines bool // text keeps the line breaks of the file
}

// at returns the line of the file that line n of the expression stands on.
func (s source) at(n int) int {
	if s.lines {
		return s.line + n - 1
	}
	return s.line
}

// Where an expression is wrong, these stand in for it, so that the rest of the
// file can be checked. A definition with a stand-in is never handed out.
var (
	standInExpr     = mustExpr("null")
	standInDuration = mustExpr(`duration("PT1S")`)
	standInMoment   = mustExpr(`date and time("2000-01-01T00:00:00Z")`)
	standInTemplate = mustTemplate("text")
)

func mustExpr(src string) *expr.Expr {
	e, err := expr.Parse(src)
	if err != nil {
		panic(err)
	}
	return e
}

func mustTemplate(src string) *expr.Template {
	t, err := expr.ParseTemplate(src)
	if err != nil {
		panic(err)
	}
	return t
}

// condition reads the condition of a sequence flow (BPMN §8.4.6, §8.4.13).
func (b *builder) condition(flow, c *Element) *expr.Expr {
	if lang := c.Get("language"); lang != "" && !strings.Contains(strings.ToLower(lang), "feel") {
		b.refuse(flow, c.Line, "the condition is written in "+clip(lang)+"; signoff reads FEEL",
			"Write it in FEEL, such as: amount > 1000 and outcome = \"Approve\".")
		return standInExpr
	}
	if res, ok := c.Find("http://camunda.org/schema/1.0/bpmn", "resource"); ok {
		b.refuse(flow, c.Line, "the condition is kept outside of the file: "+clip(res.Value), "Write it here in FEEL.")
		return standInExpr
	}
	return b.expr(source{owner: flow, what: "the condition", text: c.Content(), line: c.contentLine(), lines: true})
}

// expr parses FEEL. It returns a stand-in after reporting what is wrong.
func (b *builder) expr(s source) *expr.Expr {
	skipped := len(s.text) - len(strings.TrimLeft(s.text, " \t\r\n"))
	line := s.at(1 + strings.Count(s.text[:skipped], "\n"))
	text := strings.TrimSpace(s.text)
	s.line = line
	switch bare := strings.TrimSpace(strings.TrimPrefix(text, "=")); {
	case bare == "":
		b.refuse(s.owner, line, s.what+" is empty", "Write a FEEL expression, or remove it.")
		return standInExpr
	case isJUEL(bare):
		b.refuse(s.owner, line, s.what+" is written for another engine: "+clip(bare), b.fromJUEL(bare))
		return standInExpr
	}
	e, err := expr.Parse(text, b.namesIn(text)...)
	if err != nil {
		b.refuseSyntax(s, text, err)
		return standInExpr
	}
	return e
}

// template parses text with {FEEL} in it.
func (b *builder) template(s source) *expr.Template {
	if strings.Contains(s.text, "#{") { // "${" is an error of its own
		b.warn(s.owner, s.line, s.what+" holds \"#{\", which other engines use", "Here {name} alone puts in a value; the # before it would be shown.")
	}
	t, err := expr.ParseTemplate(s.text, b.namesIn(s.text)...)
	if err != nil {
		b.refuseSyntax(s, s.text, err)
		return standInTemplate
	}
	return t
}

// refuseSyntax reports an expression that cannot be parsed, with its own line
// and column besides the file's line.
func (b *builder) refuseSyntax(s source, text string, err error) {
	e, ok := errors.AsType[*expr.Error](err)
	if !ok {
		b.refuse(s.owner, s.line, s.what+" cannot be read: "+err.Error(), "Shorten it.")
		return
	}
	b.refuse(s.owner, s.at(e.Line), fmt.Sprintf("%s %s cannot be read: line %d, column %d: %s", s.what, clip(text), e.Line, e.Col, e.Msg),
		adviceFor(text))
}

// adviceFor knows habits from other languages.
func adviceFor(text string) string {
	switch {
	case strings.Contains(text, "${"):
		return "Write {name} to put in a value."
	case strings.Contains(text, "=="):
		return "FEEL compares with a single \"=\"."
	case strings.Contains(text, "&&"), strings.Contains(text, "||"):
		return "FEEL writes \"and\" and \"or\"."
	case strings.Contains(text, "'"):
		return "FEEL puts text in double quotes."
	}
	return "Write it in FEEL, such as: amount > 1000 and kind = \"Travel\"."
}

// isJUEL tells whether text is an expression of Java's unified language, as
// other BPMN engines use.
func isJUEL(text string) bool {
	return strings.HasPrefix(text, "${") || strings.HasPrefix(text, "#{")
}

// fromJUEL offers the same in FEEL where a plain exchange of signs gives
// something that parses.
func (b *builder) fromJUEL(text string) string {
	inner := strings.TrimSuffix(text[2:], "}")
	inner = strings.NewReplacer("==", "=", "&&", " and ", "||", " or ", "'", `"`,
		" eq ", " = ", " ne ", " != ", " gt ", " > ", " lt ", " < ", " ge ", " >= ", " le ", " <= ").Replace(inner)
	inner = strings.Join(strings.Fields(inner), " ")
	if _, err := expr.Parse(inner, b.namesIn(inner)...); err == nil && inner != "" {
		return "Write it in FEEL: " + inner
	}
	return "Write it in FEEL without \"${\" and \"}\", such as: amount > 1000."
}

// collectNames gathers what expressions can see: the parser has to know names
// with spaces to tell "days off" from two words.
func (b *builder) collectNames() {
	const most = 2 * process.MaxVariables // variables and results; Check refuses more of the former
	seen := map[string]bool{}
	b.names = append(b.names, process.Builtins...)
	for e := range b.proc.Descendants() {
		if e.Space != ExtensionSpace {
			continue
		}
		name := ""
		switch e.Local {
		case "variable":
			name = e.Get("name")
		case "task":
			name = e.Get("result")
		case "each":
			name = e.Get("element")
		}
		if process.CheckName(name) == "" && !seen[name] && len(seen) < most {
			seen[name] = true
			b.names = append(b.names, name)
		}
	}
}

// namesIn returns those of the names that text may use: with a thousand
// variables and ten thousand expressions, handing all to each takes minutes.
func (b *builder) namesIn(text string) []string {
	text = strings.Join(strings.Fields(text), " ")
	var out []string
	for _, name := range b.names {
		if strings.Contains(text, name) {
			out = append(out, name)
		}
	}
	return out
}

// dedent takes the white space off around a text, and the indentation that all
// its lines share: it belongs to the file, not to the text.
func dedent(s string) string {
	lines := strings.Split(strings.TrimRight(s, " \t\r\n"), "\n")
	for len(lines) > 0 && isBlank(lines[0]) {
		lines = lines[1:]
	}
	indent := -1
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
		// Text that begins right behind its tag shares no indentation.
		if n := len(line) - len(strings.TrimLeft(line, " \t")); !isBlank(line) && (i > 0 || n > 0) && (indent < 0 || n < indent) {
			indent = n
		}
	}
	for i, line := range lines {
		cut := min(max(indent, 0), len(line)-len(strings.TrimLeft(line, " \t")))
		lines[i] = line[cut:]
	}
	return strings.Join(lines, "\n")
}
