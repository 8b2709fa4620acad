package bpmn

import (
	"fmt"
	"strings"
	"time"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// email reads what a send task sends.
func (b *builder) email(e *Element) *process.Email {
	x, ok := b.extension(e, "email")
	if !ok {
		b.refuse(e, e.Line, "this send task does not say which mail to send", "Add <signoff:email subject=\"…\"> with <signoff:to …/> and <signoff:body>.")
		return &process.Email{To: []process.Recipient{{Starter: true}}, Subject: standInTemplate}
	}
	m := &process.Email{To: x.recipients("to"), Cc: x.recipients("cc"), Subject: x.template("subject")}
	if m.Subject == nil {
		m.Subject = standInTemplate // the vocabulary demands one
	}
	if body, ok := x.one("body"); ok {
		m.Body = body.content()
	}
	return m
}

// methods are those of RFC 9110 that a workflow has a use for.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}

// service reads what a service task calls.
func (b *builder) service(e *Element) *process.Service {
	external, waits := b.extension(e, "external")
	x, calls := b.extension(e, "http")
	if call, ok := b.extension(e, "call"); ok {
		if waits || calls {
			call.refuse("this service task calls a service object and does something else, too", "Leave one of <signoff:call>, <signoff:http> and <signoff:external>; draw the other as a step of its own.")
		}
		return call.object()
	}
	switch {
	case waits && calls:
		external.refuse("this service task both calls a service and waits for another system", "Leave one of <signoff:http> and <signoff:external>; draw the other as a step of its own.")
		return &process.Service{External: true}
	case waits:
		return &process.Service{External: true}
	case !calls:
		b.refuse(e, e.Line, "this service task does not say what to call",
			"Add <signoff:call service=\"…\" object=\"…\" method=\"…\"/>, <signoff:http method=\"…\" url=\"…\"/>, or <signoff:external/> for a step that another system finishes.")
		return &process.Service{External: true}
	}
	s := &process.Service{Method: x.choice("method", "", methods...), URL: x.url()}
	if !isBlank(x.e.Get("body")) {
		s.Body = x.expr("body")
	}
	if s.Method == "" {
		if s.Method = "GET"; s.Body != nil {
			s.Method = "POST"
		}
	}
	for _, h := range x.all("header") {
		if name := h.text("name"); name != "" && !isToken(name) {
			h.refuse("the header name "+clip(name)+" has characters HTTP does not allow (RFC 9110 §5.1)", "Use letters, digits and \"-\".")
		} else if value := h.template("value"); value != nil {
			s.Header = append(s.Header, process.Header{Name: name, Value: value})
		}
	}
	s.Outputs = x.outputs()
	return s
}

func (x ext) outputs() (out []process.Assign) {
	for _, o := range x.all("output") {
		out = append(out, process.Assign{Variable: o.e.Get("variable"), Value: o.needed("value")})
	}
	return out
}

// object reads a call of a service object.
func (x ext) object() *process.Service {
	o := &process.ObjectCall{Service: x.text("service"), Object: x.text("object"), Method: x.text("method"), As: x.account()}
	for _, in := range x.all("input") {
		o.Inputs = append(o.Inputs, in.input())
	}
	return &process.Service{Object: o, Outputs: x.outputs()}
}

// account reads whose connection a call uses.
func (x ext) account() (a process.Account) {
	const person = "person:"
	switch s := x.text("as"); {
	case s == "" || s == "service":
	case s == "starter":
		a.Starter = true
	case strings.HasPrefix(s, person):
		at := x.source("as")
		at.what, at.text = "the person in "+at.what, strings.TrimPrefix(s, person)
		a.Person = x.b.expr(at)
	default:
		x.refuse(fmt.Sprintf("as=%s on <%s>", clip(s), x.e.Name()), "It can be service, starter, or person: and FEEL that names one, such as person:approver.")
	}
	return a
}

// input reads one value of a call: FEEL after "=", or text, which may stand in
// the element when it has several lines.
func (x ext) input() process.Input {
	in := process.Input{Name: x.text("name")}
	value, given := x.e.Find("", "value")
	inside := !isBlank(x.e.Content())
	switch {
	case given && inside:
		x.refuse("the input "+clip(in.Name)+" has a value and a text", "Leave one.")
		in.Text = standInTemplate
	case inside:
		in.Text = x.content()
	case strings.HasPrefix(strings.TrimSpace(value.Value), "="):
		in.Value = x.expr("value")
	case given && !isBlank(value.Value):
		in.Text = x.template("value")
	default:
		x.refuse("the input "+clip(in.Name)+" has no value", "Write value=\"text\", value=\"=FEEL\", or the text between the tags; leave the input out to give nothing.")
		in.Text = standInTemplate
	}
	return in
}

// url reads the address of a service. A template may make up all of it, so only
// what stands before the first "{" can be judged.
func (x ext) url() *expr.Template {
	text := x.text("url")
	fixed, _, dynamic := strings.Cut(text, "{")
	lower := strings.ToLower(fixed)
	if text != "" && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "http://") && (!dynamic || fixed != "") {
		x.refuse("the address "+clip(text)+" is not one of HTTP", "Begin it with https:// or http://.")
	}
	if t := x.template("url"); t != nil {
		return t
	}
	return standInTemplate // the vocabulary demands one
}

// isToken is RFC 9110 §5.6.2.
func isToken(s string) bool {
	for _, c := range s {
		if c > 0x7e || c <= ' ' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c) {
			return false
		}
	}
	return s != ""
}

// retry reads how a failed effect is tried again; nil for the usual way.
func (b *builder) retry(e *Element) *process.Retry {
	x, ok := b.extension(e, "retry")
	if !ok {
		return nil
	}
	const longest = 24 * time.Hour
	r := process.DefaultRetry
	r.Max = x.number("max", r.Max, 1, 100)
	r.First = x.wait("first", r.First, longest)
	r.Cap = x.wait("cap", max(r.Cap, r.First), longest)
	if r.Cap < r.First {
		x.refuse("the retry's cap is shorter than its first wait", "Make cap at least as long as first.")
	}
	return &r
}

// wait reads a time to wait as an ISO 8601 duration, up to longest.
func (x ext) wait(name string, otherwise, longest time.Duration) time.Duration {
	s := x.text(name)
	if s == "" {
		return otherwise
	}
	d, reason := parseDuration(s)
	switch {
	case reason != "":
		x.refuse(fmt.Sprintf("%s=%s on <%s>: %s", name, clip(s), x.e.Name(), reason), durationAdvice)
	case d.months != 0 || d.seconds <= 0 || time.Duration(d.seconds*float64(time.Second)) > longest:
		x.refuse(fmt.Sprintf("%s=%s on <%s> is not between 0 and %g hours", name, clip(s), x.e.Name(), longest.Hours()), durationAdvice)
	default:
		return time.Duration(d.seconds * float64(time.Second))
	}
	return otherwise
}

// script reads what a script or business-rule task works out. A script is one
// FEEL expression whose value goes into <signoff:script result>; assignments
// beside it are read by the caller.
func (b *builder) script(e *Element) []process.Assign {
	var out []process.Assign
	text := e.first(ModelSpace, "script")
	result, named := b.extension(e, "script")
	format := strings.ToLower(strings.TrimSpace(e.Get("scriptFormat")))
	written := text != nil && !isBlank(text.Content())
	switch {
	case written && !strings.Contains(format, "feel") && format != "":
		b.refuse(e, e.Line, "the script is written in "+clip(format)+"; signoff runs FEEL", "Write it as <signoff:assign variable=\"…\" value=\"FEEL\"/>, or call a service.")
		return nil
	case written && !named:
		b.refuse(e, text.Line, "the script does not say which variable takes its result", "Add <signoff:script result=\"…\"/>.")
	case named && !written:
		result.refuse("there is no script whose result could be taken", "Write FEEL into <script>, or use <signoff:assign>.")
	case written:
		s := source{owner: e, what: "the script", text: text.Content(), line: text.contentLine(), lines: true}
		out = append(out, process.Assign{Variable: result.e.Get("result"), Value: b.expr(s)})
	}
	if !written && !named && len(b.extensions(e, "assign")) == 0 {
		b.refuse(e, e.Line, "this step sets nothing", "Add <signoff:assign variable=\"…\" value=\"…\"/>.")
	}
	return out
}

// assigns reads the assignments of an activity.
func (b *builder) assigns(e *Element) []process.Assign {
	var out []process.Assign
	for _, a := range b.extensions(e, "assign") {
		out = append(out, process.Assign{Variable: a.e.Get("variable"), Value: a.needed("value")})
	}
	return out
}
