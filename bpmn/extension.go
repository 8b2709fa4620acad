package bpmn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// ext is one signoff element and the BPMN element it belongs to. Its methods
// read attributes and report what they cannot read; what is missing or unknown
// is checkVocabulary's to report.
type ext struct {
	b     *builder
	owner *Element
	e     *Element
}

// extensions returns the signoff elements of that name on owner.
func (b *builder) extensions(owner *Element, name string) []ext {
	var out []ext
	for c := range owner.Elements() {
		if c.Space == ModelSpace && c.Local == "extensionElements" {
			out = append(out, ext{b, owner, c}.all(name)...)
		}
	}
	return out
}

// extension returns the first signoff element of that name on owner.
func (b *builder) extension(owner *Element, name string) (ext, bool) {
	if all := b.extensions(owner, name); len(all) > 0 {
		return all[0], true
	}
	return ext{}, false
}

// all returns the signoff elements of that name in x.
func (x ext) all(name string) []ext {
	var out []ext
	for c := range x.e.Elements() {
		if c.Space == ExtensionSpace && c.Local == name {
			out = append(out, ext{x.b, x.owner, c})
		}
	}
	return out
}

// one returns the first signoff element of that name in x.
func (x ext) one(name string) (ext, bool) {
	if all := x.all(name); len(all) > 0 {
		return all[0], true
	}
	return ext{}, false
}

func (x ext) refuse(reason, advice string) { x.b.refuse(x.owner, x.e.Line, reason, advice) }

func (x ext) text(name string) string { return strings.TrimSpace(x.e.Get(name)) }

// flag reads an attribute that is true or false.
func (x ext) flag(name string, otherwise bool) bool {
	switch s := x.text(name); s {
	case "":
		return otherwise
	case "true", "1":
		return true
	case "false", "0":
		return false
	default:
		x.refuse(fmt.Sprintf("%s=%s on <%s>", name, clip(s), x.e.Name()), "It can be true or false.")
		return otherwise
	}
}

// number reads a whole number between least and most.
func (x ext) number(name string, otherwise, least, most int) int {
	s := x.text(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		x.refuse(fmt.Sprintf("%s=%s on <%s>", name, clip(s), x.e.Name()), fmt.Sprintf("It can be a whole number from %d to %d.", least, most))
		return otherwise
	}
	return n
}

// choice reads an attribute that is one of a few words.
func (x ext) choice(name, otherwise string, of ...string) string {
	s := x.text(name)
	if s == "" {
		return otherwise
	}
	if !slices.Contains(of, s) {
		x.refuse(fmt.Sprintf("%s=%s on <%s>", name, clip(s), x.e.Name()), signoff.MeantName(s, of))
		return otherwise
	}
	return s
}

// list splits an attribute at sep, without empty parts.
func (x ext) list(name, sep string) []string {
	var out []string
	for _, s := range strings.Split(x.e.Get(name), sep) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// source makes an attribute the source of an expression.
func (x ext) source(name string) source {
	a, _ := x.e.Find("", name)
	return source{owner: x.owner, what: fmt.Sprintf("%s of <%s>", name, x.e.Name()), text: a.Value, line: a.Line}
}

// expr reads an attribute that holds FEEL; nil when it is absent.
func (x ext) expr(name string) *expr.Expr {
	if _, ok := x.e.Find("", name); !ok {
		return nil
	}
	return x.b.expr(x.source(name))
}

// needed reads FEEL from an attribute that has to be there; the vocabulary
// reports it when it is not.
func (x ext) needed(name string) *expr.Expr {
	if isBlank(x.e.Get(name)) {
		return standInExpr
	}
	return x.expr(name)
}

// template reads an attribute that holds a template; nil when it is absent.
func (x ext) template(name string) *expr.Template {
	if isBlank(x.e.Get(name)) {
		return nil
	}
	return x.b.template(x.source(name))
}

// content reads the text of x as a template; nil when there is none.
func (x ext) content() *expr.Template {
	raw := x.e.Content()
	s := dedent(raw)
	if s == "" {
		return nil
	}
	skipped := raw[:len(raw)-len(strings.TrimLeft(raw, " \t\r\n"))]
	return x.b.template(source{owner: x.owner, what: fmt.Sprintf("the text of <%s>", x.e.Name()), text: s,
		line: x.e.contentLine() + strings.Count(skipped, "\n"), lines: true})
}
