package engine

import (
	"fmt"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// recipients is who a task or mail goes to, as far as it is known.
type recipients struct {
	people   []signoff.Person
	literal  []string // names nobody is called, that are addresses; for mails only
	unknown  []string
	waiting  bool // some names are being asked for
	starter  bool // the starter was left out
	doer     bool // somebody was left out who decided an earlier step
	anything bool // somebody was named at all
}

// resolve works out who rs are. It may ask; then nothing can be said yet and
// waiting is set.
func (t *turn) resolve(what string, rs []process.Recipient) (recipients, *trouble) {
	var out recipients
	for i := range rs {
		names, bad := t.names(what, &rs[i])
		if bad != nil {
			return out, bad
		}
		if rs[i].Starter && t.st.Starter.Principal != "" {
			out.anything = true
			out.add(t.st.Starter)
		}
		for _, name := range names {
			t.resolveName(name, &out)
		}
	}
	if len(out.people) > MaxRecipients {
		return out, &trouble{IncidentRecipients, fmt.Sprintf("%s would be %d people; at most %d are allowed", what, len(out.people), MaxRecipients),
			"name a group as one recipient instead of its members"}
	}
	return out, nil
}

func (t *turn) resolveName(name string, out *recipients) {
	out.anything = true
	people, known := t.ask(name)
	switch {
	case !known:
		out.waiting = true
	case len(people) == 0 && (strings.HasPrefix(name, "members:") || strings.HasPrefix(name, "manager:")):
		// An empty group and an unknown one look alike, and so do no manager and
		// no person; all give nobody.
		out.unknown = append(out.unknown, name)
	case len(people) == 0 && isAddress(name):
		out.literal = append(out.literal, name)
	case len(people) == 0:
		out.unknown = append(out.unknown, name)
	default:
		for _, p := range people {
			out.add(p)
		}
	}
}

func (r *recipients) add(p signoff.Person) {
	for i := range r.people {
		if r.people[i].Principal == p.Principal {
			return
		}
	}
	r.people = append(r.people, p)
}

func (r *recipients) principals() []signoff.Principal {
	out := make([]signoff.Principal, len(r.people))
	for i, p := range r.people {
		out[i] = p.Principal
	}
	return out
}

// names returns what to ask for one recipient. The starter is known and gives
// none.
func (t *turn) names(what string, r *process.Recipient) ([]string, *trouble) {
	switch {
	case r.Person != nil:
		name, bad := t.word(what, r.Person, MaxTitle)
		if bad != nil || name == "" {
			return nil, bad
		}
		return []string{name}, nil
	case r.Group != "":
		if strings.HasPrefix(r.Group, "role:") {
			return []string{r.Group}, nil
		}
		return []string{prefixed("group:", r.Group)}, nil
	case r.Members != "":
		return []string{prefixed("members:", strings.TrimPrefix(r.Members, "group:"))}, nil
	case r.Expr != nil:
		v, bad := t.eval(what, r.Expr, nil)
		if bad != nil {
			return nil, bad
		}
		names, ok := namesIn(nil, v)
		if !ok || len(names) > MaxRecipients {
			return nil, t.unfit(what, r.Expr, nil, v, fmt.Sprintf("it must give a name, a person, or a list of at most %d of them", MaxRecipients))
		}
		return names, nil
	}
	return nil, nil
}

func prefixed(prefix, name string) string {
	if strings.HasPrefix(name, prefix) {
		return name
	}
	return prefix + name
}

// namesIn collects the names in a value: a string, a person, or a list of
// them. Nothing, and blank text, name nobody.
func namesIn(names []string, v expr.Value) (_ []string, ok bool) {
	switch v := v.(type) {
	case nil:
		return names, true
	case expr.String:
		if name := oneLine(clean(string(v))); name != "" {
			names = append(names, cut(name, MaxTitle))
		}
		return names, true
	case expr.Context:
		for _, key := range []string{"user", "login", "email"} {
			if s, found := v.Get(key); found && !blank(s) {
				return namesIn(names, s)
			}
		}
		return names, false
	case expr.List:
		for _, one := range v {
			if _, nested := one.(expr.List); nested {
				return names, false
			}
			if names, ok = namesIn(names, one); !ok {
				return names, false
			}
		}
		return names, true
	}
	return names, false
}

// isAddress tells roughly whether name can be mailed to though nobody we know
// has it.
func isAddress(name string) bool {
	local, domain, ok := strings.Cut(name, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(name, " \t,;<>\"()\\") && !strings.Contains(domain, "@")
}

// nobody is the trouble when a step has nobody to go to, or names somebody
// nobody is called; nil when all is well.
func (r *recipients) nobody(what string) *trouble {
	switch {
	case len(r.unknown) > 0:
		return &trouble{IncidentNobody, fmt.Sprintf("nobody is called %s", quoted(r.unknown)),
			"add the person or group, or correct the variable that names them, and retry"}
	case len(r.people)+len(r.literal) > 0:
		return nil
	case r.starter:
		return &trouble{IncidentNobody, fmt.Sprintf("%s would only be whoever started the instance, and the step leaves them out", what),
			"correct the variable that names them and retry, or cancel the instance and correct the workflow"}
	case r.doer:
		return &trouble{IncidentNobody, fmt.Sprintf("%s would only be people who decided an earlier step, and this one leaves them out", what),
			"add people to the group or correct the variable that names them, and retry"}
	case !r.anything:
		return &trouble{IncidentNobody, fmt.Sprintf("%s came out empty: no name was given", what),
			"correct the variables that name them and retry"}
	}
	return &trouble{IncidentNobody, fmt.Sprintf("%s came out empty", what), "add people to the group and retry"}
}

func quoted(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == 10 {
			fmt.Fprintf(&b, "and %d more", len(names)-i)
			break
		}
		fmt.Fprintf(&b, "%q", name)
	}
	return b.String()
}
