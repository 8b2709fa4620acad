package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/signoffhq/signoff/broker"
)

// Limits of own statements.
const (
	maxStatements     = 100
	maxParameters     = 50
	maxStatementBytes = 64 << 10
	maxStatementRows  = 1000
)

// statement is one of one's own: a method of the object Statement.
type statement struct {
	name   string
	takes  []broker.Input
	pieces []string // text between the values
	binds  []int    // which input stands behind each piece but the last
}

var (
	heading = regexp.MustCompile(`^--\s*name:\s*([A-Za-z][A-Za-z0-9_]{0,99})\s*(?:\(([^()]*)\))?\s*$`)
	taking  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_]{0,99})\s+(text|number|yesno|moment|date|json)$`)
	wordAt  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*`)
)

// readStatements reads the document of own statements.
func readStatements(kind dialect, text string) ([]statement, error) {
	var out []statement
	var body []string
	seen := map[string]bool{}
	finish := func() error {
		if len(out) == 0 {
			if strings.TrimSpace(strings.Join(body, "")) != "" {
				return fmt.Errorf("do not begin with a name")
			}
			return nil
		}
		s := &out[len(out)-1]
		if err := s.read(kind, strings.TrimSpace(strings.Join(body, "\n"))); err != nil {
			return fmt.Errorf("%s %w", s.name, err)
		}
		return nil
	}
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		head := heading.FindStringSubmatch(line)
		if head == nil {
			body = append(body, line)
			continue
		}
		if err := finish(); err != nil {
			return nil, err
		}
		body = nil
		if seen[head[1]] || len(out) == maxStatements {
			return nil, fmt.Errorf("have %s twice, or are more than %d", head[1], maxStatements)
		}
		seen[head[1]] = true
		s := statement{name: head[1]}
		for _, part := range strings.FieldsFunc(head[2], func(r rune) bool { return r == ',' }) {
			in := taking.FindStringSubmatch(strings.TrimSpace(part))
			if in == nil || len(s.takes) == maxParameters || s.input(in[1]) >= 0 || in[1] == callKey {
				return nil, fmt.Errorf("%s takes %q, which is no name with a type (text, number, yesno, moment, date, json), or is there twice", head[1], strings.TrimSpace(part))
			}
			s.takes = append(s.takes, broker.Input{Name: in[1], Title: in[1], Type: broker.DataType(in[2])})
		}
		out = append(out, s)
	}
	return out, finish()
}

func (s *statement) input(name string) int {
	for i, in := range s.takes {
		if in.Name == name {
			return i
		}
	}
	return -1
}

// callKey is a value that every statement may use: the same on each retry of a
// call, so that a row can be added once.
const callKey = "callkey"

// whatItDoes are the words a statement may begin with. Others, such as set or
// begin, would change the connection, which the next call uses, too.
var whatItDoes = regexp.MustCompile(`(?i)^(select|with|values|table|insert|update|delete|merge|call|replace)\b`)

// read takes a statement apart where values go. What stands in quotes or in
// comments is left alone.
func (s *statement) read(kind dialect, text string) error {
	text = strings.TrimSpace(strings.TrimSuffix(text, ";"))
	if text == "" || len(text) > maxStatementBytes || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fmt.Errorf("has no statement, or one that is too long")
	}
	begun := false
	var piece strings.Builder
	for at := 0; at < len(text); {
		n := quoted(kind, text[at:])
		if n == 0 {
			if !begun && !strings.ContainsRune(" \t\n(", rune(text[at])) {
				if begun = true; !whatItDoes.MatchString(text[at:]) {
					return fmt.Errorf("does not begin with select, insert, update, delete, with, values, merge or call")
				}
			}
			word, err := s.mark(kind, text[at:])
			if err != nil {
				return err
			}
			if word != "" {
				s.pieces, s.binds = append(s.pieces, piece.String()), append(s.binds, s.input(word))
				piece.Reset()
				at += 1 + len(word)
				continue
			}
			n = max(1, len(wordOrMore.FindString(text[at:]))) // a word may have a $ in it
			if strings.HasPrefix(text[at:], "::") {
				n = 2
			}
		}
		piece.WriteString(text[at : at+n])
		at += n
	}
	s.pieces = append(s.pieces, piece.String())
	if !begun {
		return fmt.Errorf("has no statement")
	}
	return nil
}

// mark is the name of the value that goes here, "" none. What would end the
// statement, or be a value that nobody binds, is refused.
func (s *statement) mark(kind dialect, text string) (string, error) {
	switch {
	case text[0] == ';':
		return "", fmt.Errorf("is more than one statement")
	case text[0] == '?' && kind == sqlite || text[0] == '$' && len(text) > 1 && (kind == sqlite || text[1] >= '0' && text[1] <= '9') || text[0] == '@' && kind == sqlite:
		return "", fmt.Errorf("has a value without a name at %q: values are written as :name", text[:min(len(text), 10)])
	case text[0] != ':' || strings.HasPrefix(text, "::"):
		return "", nil
	}
	word := wordAt.FindString(text[1:])
	if word != "" && word != callKey && s.input(word) < 0 {
		return "", fmt.Errorf("has :%s, which its first line does not name", word)
	}
	return word, nil
}

var (
	dollarQuote = regexp.MustCompile(`^\$([A-Za-z_][A-Za-z0-9_]*)?\$`)
	escaped     = regexp.MustCompile(`(?s)^[eE]'(?:[^'\\]|\\.|'')*(?:'|$)`)
	wordOrMore  = regexp.MustCompile(`^[A-Za-z_\x{80}-\x{10FFFF}][A-Za-z0-9_$\x{80}-\x{10FFFF}]*`)
)

// quoted is how long the text, name, word or comment is that begins here and has
// to be left alone; 0 for none.
func quoted(kind dialect, text string) int {
	if kind == postgres {
		if n := len(escaped.FindString(text)); n > 0 {
			return n
		}
		if mark := dollarQuote.FindString(text); mark != "" {
			return upTo(text, len(mark), mark)
		}
	}
	switch {
	case text[0] == '\'' || text[0] == '"':
		return upTo(text, 1, text[:1])
	case strings.HasPrefix(text, "--"):
		return upTo(text, 2, "\n")
	case strings.HasPrefix(text, "/*") && kind == postgres:
		return comment(text)
	case strings.HasPrefix(text, "/*"):
		return upTo(text, 2, "*/")
	case text[0] == '[' && kind == sqlite:
		return upTo(text, 1, "]")
	case text[0] == '`' && kind == sqlite:
		return upTo(text, 1, "`")
	}
	return 0
}

// upTo is where the text ends that begins here, or all of it when it does not.
func upTo(text string, begin int, end string) int {
	if n := strings.Index(text[begin:], end); n >= 0 {
		return begin + n + len(end)
	}
	return len(text)
}

// comment is how long a comment is; PostgreSQL has comments in comments.
func comment(text string) int {
	depth := 0
	for at := 0; at+1 < len(text); at++ {
		switch text[at : at+2] {
		case "/*":
			depth++
			at++
		case "*/":
			at++
			if depth--; depth == 0 {
				return at + 1
			}
		}
	}
	return len(text)
}

// statementObject describes own statements. What they give is only known once
// they ran: rows, as one value, and how many were changed.
func (p *provider) statementObject() broker.Object {
	o := broker.Object{Name: statementName, Title: "Statements", Text: "Own statements of this service.",
		Properties: []broker.Property{{Name: "rows", Title: "Rows", Type: broker.JSON}, {Name: "count", Title: "How many rows", Type: broker.Number}}}
	for _, s := range p.statements {
		o.Methods = append(o.Methods, broker.Method{Name: s.name, Title: s.name, Kind: broker.Execute, Inputs: s.takes, Outputs: []string{"rows", "count"}})
	}
	return o
}

const statementName = "Statement"

func (p *provider) statement(method string) (statement, bool) {
	for _, s := range p.statements {
		if s.name == method {
			return s, true
		}
	}
	return statement{}, false
}

// run carries out a statement of one's own.
func (p *provider) run(ctx context.Context, c broker.Call) (broker.Result, error) {
	s, ok := p.statement(c.Method)
	if !ok {
		return broker.Result{}, gone(c)
	}
	q := &query{kind: p.kind}
	for i, n := range s.binds {
		q.put(s.pieces[i])
		if n < 0 {
			q.bind(column{name: callKey, kind: broker.Text}, c.Key)
			continue
		}
		q.bind(column{name: s.takes[n].Name, kind: s.takes[n].Type}, c.Inputs[s.takes[n].Name])
	}
	q.put(s.pieces[len(s.pieces)-1])
	effect := changes
	if p.readOnly {
		effect = reads
	}
	rows, err := p.ask(ctx, q, effect, nil, maxStatementRows+1)
	if err != nil {
		return broker.Result{}, err
	}
	list := make([]any, len(rows))
	for i, row := range rows {
		list[i] = row
	}
	return broker.Result{Row: map[string]any{"rows": list, "count": json.Number(strconv.Itoa(len(rows)))}}, nil
}
