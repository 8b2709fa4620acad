package scenario

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// domain is where people of a scenario have their mail unless it says otherwise.
const domain = "@contoso.test"

// directory is who there is: everybody one can name, except who is said not to be.
type directory struct {
	named  map[string]signoff.Person // by login, those described with person
	nobody map[string]bool
	admins map[string]bool
	groups []group

	managers map[string]string // by login
}

type group struct {
	name    string
	role    bool
	members []string // logins, and groups as group:name
}

// person returns who has that login.
func (d *directory) person(login string) signoff.Person {
	if p, ok := d.named[login]; ok {
		return p
	}
	first, n := utf8.DecodeRuneInString(login)
	return signoff.Person{Principal: signoff.Principal("user:" + login), Login: login,
		Name: string(unicode.ToUpper(first)) + login[n:], Email: login + domain}
}

// caller returns a person with what they hold.
func (d *directory) caller(login string) signoff.Caller {
	if login == "" {
		return signoff.Caller{How: "system"}
	}
	c := signoff.Caller{Person: d.person(login), Admin: d.admins[login], How: "scenario"}
	for _, g := range d.groups {
		if slices.ContainsFunc(d.inside(&g, nil), func(p signoff.Person) bool { return p.Login == login }) {
			c.Groups = append(c.Groups, g.principal())
		}
	}
	c.Groups = append(c.Groups, signoff.Everyone)
	return c
}

func (g *group) principal() signoff.Principal { return signoff.Principal("group:" + g.name) }

func (d *directory) group(name string) *group {
	for i := range d.groups {
		if strings.EqualFold(d.groups[i].name, name) {
			return &d.groups[i]
		}
	}
	return nil
}

// answer looks up the names the engine asks for.
func (d *directory) answer(names []string, people engine.People) {
	for _, name := range names {
		people[name] = d.lookUp(name)
	}
}

func (d *directory) lookUp(name string) []signoff.Person {
	if d.nobody[name] {
		return nil
	}
	if rest, ok := strings.CutPrefix(name, "manager:"); ok {
		return d.manager(rest)
	}
	if rest, ok := strings.CutPrefix(name, "members:"); ok {
		return d.members(rest)
	}
	if g, asked := d.asGroup(name); asked {
		if g != nil {
			return []signoff.Person{{Principal: g.principal(), Login: g.name, Name: g.name}}
		}
		return nil
	}
	for _, p := range d.named {
		if strings.EqualFold(p.Email, name) {
			return []signoff.Person{p}
		}
	}
	login := strings.TrimSuffix(strings.ToLower(afterLabel(name)), domain)
	if login == "" || strings.ContainsAny(login, "@ ") || d.nobody[login] || d.group(login) != nil {
		return nil
	}
	return []signoff.Person{d.person(login)}
}

// afterLabel takes the label and domain off K2:CONTOSO\jane and user:jane.
func afterLabel(name string) string {
	if i := strings.LastIndexAny(name, `:\`); i >= 0 {
		return name[i+1:]
	}
	return name
}

// asGroup finds the group of "group:finance" or the role of "role:approvers".
func (d *directory) asGroup(name string) (g *group, asked bool) {
	if rest, ok := strings.CutPrefix(name, "role:"); ok {
		if g = d.group(rest); g != nil && !g.role {
			g = nil
		}
		return g, true
	}
	rest, ok := strings.CutPrefix(name, "group:")
	return d.group(rest), ok
}

func (d *directory) members(name string) []signoff.Person {
	g, asked := d.asGroup(name)
	if !asked {
		g = d.group(name)
	}
	if g == nil {
		return nil
	}
	return d.inside(g, nil)
}

// inside returns the people in a group, those of groups in it among them.
func (d *directory) inside(g *group, been []string) []signoff.Person {
	if slices.Contains(been, g.name) {
		return nil
	}
	been = append(been, g.name)
	var out []signoff.Person
	for _, m := range g.members {
		inner, asked := d.asGroup(m)
		switch {
		case !asked:
			out = append(out, d.person(m))
		case inner != nil:
			out = append(out, d.inside(inner, been)...)
		}
	}
	return out
}

// manager finds the manager of whoever is called name, nobody where none is said.
func (d *directory) manager(name string) []signoff.Person {
	for _, p := range d.lookUp(name) {
		if boss, has := d.managers[p.Login]; has {
			return d.lookUp(boss)
		}
	}
	return nil
}

// short is a principal as the scenario writes it: without its kind.
func short(p signoff.Principal) string {
	_, name, _ := strings.Cut(string(p), ":")
	return name
}
