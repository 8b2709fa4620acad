package inhouse

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/worklist"
)

// House is what the service types are about. Its types may be registered before
// it is complete; it has to be before anything is called.
type House struct {
	People   *identity.Service
	Worklist *worklist.Worklist
	Mail     func() *mailroom.Room // nil, or nothing returned: the server has no mail
}

// Types are the service types.
func (h *House) Types() []broker.Type { return []broker.Type{h.directory(), h.workflow(), h.mail()} }

// kind is a service type: what it says of itself and what can be done.
type kind struct {
	house   *House
	about   broker.About
	objects []object
	try     func(ctx context.Context, c *call) (found string, err error) // a harmless call
}

type object struct {
	broker.Object // without methods
	methods       []method
}

type method struct {
	broker.Method
	do func(context.Context, *call) (broker.Result, error)
}

// call is one call, with who makes it.
type call struct {
	broker.Call
	house   *House
	service string         // the instance's name
	by      signoff.Caller // without a Principal: the server itself, which holds no rights here
}

func (k *kind) About() broker.About { return k.about }

func (k *kind) Open(in broker.Instance) (broker.Provider, error) {
	return &provider{kind: k, name: in.Name}, nil
}

// provider is one instance. All that is particular to it is its name.
type provider struct {
	*kind
	name string
}

func (p *provider) Close() error { return nil }

func (p *provider) Objects(context.Context) ([]broker.Object, error) {
	out := make([]broker.Object, 0, len(p.objects))
	for _, o := range p.objects {
		d := o.Object
		for _, m := range o.methods {
			d.Methods = append(d.Methods, m.Method)
		}
		out = append(out, d)
	}
	return out, nil
}

func (p *provider) Call(ctx context.Context, c broker.Call) (broker.Result, error) {
	for _, o := range p.objects {
		at := slices.IndexFunc(o.methods, func(m method) bool { return o.Name == c.Object && m.Name == c.Method })
		if at < 0 {
			continue
		}
		k, err := p.call(ctx, c)
		if err != nil {
			return broker.Result{}, err
		}
		return o.methods[at].do(ctx, k)
	}
	return broker.Result{}, &signoff.Error{Kind: signoff.NotFound, Code: "service-method-unknown", Detail: "this version of the server has no " + c.Method + " of " + c.Object + " any more",
		Hint: "refresh the service"}
}

// call finds who calls: whoever sent the request, with all that is known of how
// they were recognised, else whoever a step of a workflow names, with the rights
// they have as one of many.
func (p *provider) call(ctx context.Context, c broker.Call) (*call, error) {
	k := &call{Call: c, house: p.house, service: p.name}
	if c.By == "" {
		return k, nil
	}
	if who, err := identity.Who(ctx); err == nil && who.Principal == c.By {
		k.by = who
		return k, nil
	}
	var err error
	k.by, err = p.house.People.Caller(ctx, c.By, "service")
	// Who starts a workflow has not lent it what they hold on the server: else
	// whoever draws one would see, and do, all that an administrator may who starts it.
	k.by.Admin, k.by.Deploy, k.by.Impersonate = false, false, false
	return k, err
}

func (p *provider) Test(ctx context.Context, by broker.Principal) []broker.Step {
	k, err := p.call(ctx, broker.Call{By: by})
	found := ""
	if err == nil {
		found, err = p.try(ctx, k)
	}
	if err != nil {
		step := broker.Step{Name: "read", Found: err.Error()}
		if e := refusal(err); e != nil {
			step.Found, step.Do = e.Detail, e.Hint
		}
		return []broker.Step{step}
	}
	return []broker.Step{{Name: "read", OK: true, Found: found}}
}

// inName refuses calls of the server itself, where only people have rights.
func (c *call) inName() error {
	if c.by.Principal != "" {
		return nil
	}
	return &signoff.Error{Kind: signoff.Forbidden, Code: "service-needs-person", Detail: c.service + " works in somebody's name, and the step calls it as the server itself",
		Hint: `let the step call it with as="starter", or with as="person:…"`}
}

// text and yes read inputs, which are of their types already.
func (c *call) text(name string) string {
	s, _ := c.Inputs[name].(string)
	return s
}

func (c *call) yes(name string) (is, given bool) {
	is, given = c.Inputs[name].(bool)
	return is, given
}

// texts reads an input that is a list.
func (c *call) texts(name string) (out []string) {
	list, _ := c.Inputs[name].([]any)
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// equals gives what a list's filter wants a property to be, whatever else it
// wants; "" when it leaves that open.
func (c *call) equals(name string) string {
	if c.Filter == nil {
		return ""
	}
	parts := []broker.Filter{*c.Filter}
	if c.Filter.Op == "and" {
		parts = c.Filter.Of
	}
	for _, f := range parts {
		if s, ok := f.To.(string); ok && f.Op == "eq" && f.Name == name {
			return s
		}
	}
	return ""
}

// page is how many rows a list gives: as many as are asked for, and not too many.
func (c *call) page() int {
	const usual, most = 200, 1000
	if c.Top == 0 {
		return usual
	}
	return min(c.Top, most)
}

func badInput(name, detail, advice string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-inputs", Detail: "the method cannot be called like that",
		Fields: []signoff.FieldError{{Field: "inputs." + name, Detail: detail, Advice: advice}}}
}

// Values as rows hold them.

func number[N ~int | ~int64](n N) json.Number { return json.Number(strconv.FormatInt(int64(n), 10)) }

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func momentAt(t *time.Time) any {
	if t == nil {
		return nil
	}
	return moment(*t)
}

// orNothing is nil for "".
func orNothing[S ~string](s S) any {
	if s == "" {
		return nil
	}
	return string(s)
}

func listOf[S ~string](all []S) []any {
	out := make([]any, 0, len(all))
	for _, s := range all {
		out = append(out, string(s))
	}
	return out
}

// Descriptions of objects.

func property(name, title string, t broker.DataType) broker.Property {
	return broker.Property{Name: name, Title: title, Type: t}
}

func properties(all ...broker.Property) []broker.Property { return all }

func names(all []broker.Property) (out []string) {
	for _, p := range all {
		out = append(out, p.Name)
	}
	return out
}
