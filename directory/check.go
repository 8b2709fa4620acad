package directory

import (
	"errors"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/ldap"
)

// check lists every mistake in a setting.
func (d *Directories) check(set Setting) error {
	e := &signoff.Error{Kind: signoff.Invalid, Code: "bad-directory", Detail: "the directories cannot be used as they are"}
	wrong := func(i int, field, detail string) {
		e.Fields = append(e.Fields, signoff.FieldError{Field: fmt.Sprintf("directories[%d].%s", i, field), Detail: detail})
	}
	if len(set.Directories) > maxDirectories {
		wrong(maxDirectories, "name", fmt.Sprintf("at most %d directories can be set up", maxDirectories))
	}
	seen, sources := map[string]bool{}, map[string]bool{}
	for i, one := range set.Directories {
		if !soundName(one.Name) {
			wrong(i, "name", "a name is 1 to 40 letters a to z, digits and hyphens, such as contoso")
		}
		if seen[one.Name] {
			wrong(i, "name", "another directory is called so")
		}
		seen[one.Name] = true
		if one.MostPercent < 0 || one.MostPercent > 100 {
			wrong(i, "mostPercent", "between 1 and 100, or 0 for no bound")
		}
		if one.Every != 0 && (one.Every < 5 || one.Every > 7*24*60) {
			wrong(i, "every", "between 5 minutes and a week, or 0 for by hand only")
		}
		if source := one.Source(); sources[source] {
			wrong(i, "graph.tenant", "another directory is of the same tenant")
		} else {
			sources[source] = true
		}
		d.checkType(one, func(field, detail string) { wrong(i, field, detail) })
	}
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// checkType checks what is special about the type of a directory.
func (d *Directories) checkType(e Entry, wrong func(field, detail string)) {
	below := func(field string) func(field, detail string) {
		return func(inner, detail string) { wrong(field+"."+inner, detail) }
	}
	switch {
	case e.Type == typeLDAP && e.LDAP != nil && e.Graph == nil && e.SCIM == nil:
		d.checkLDAP(e, below("ldap"))
	case e.Type == typeGraph && e.Graph != nil && e.LDAP == nil && e.SCIM == nil:
		d.checkGraph(e, below("graph"))
	case e.Type == typeSCIM && e.SCIM != nil && e.LDAP == nil && e.Graph == nil:
		if e.Every != 0 {
			wrong("every", "nobody asks a SCIM client: it writes when it likes")
		}
		e.SCIM.check(below("scim"))
	default:
		wrong("type", "ldap, graph or scim, with what belongs to it and nothing else")
	}
}

func (d *Directories) checkLDAP(e Entry, wrong func(field, detail string)) {
	l := e.LDAP
	for _, t := range []struct{ field, text string }{{"base", l.Base}, {"bind", l.Bind}, {"peopleBase", l.PeopleBase}, {"groupsBase", l.GroupsBase}, {"domain", l.Domain}} {
		if len(t.text) > 1000 || strings.ContainsAny(t.text, "\x00\n\r") {
			wrong(t.field, "one line of at most 1000 characters")
		}
	}
	for _, name := range l.Domains {
		if name == "" || len(name) > 100 || strings.ContainsAny(name, " \\@:/\x00") {
			wrong("domains", "a domain is what stands before the backslash in CONTOSO\\ana")
		}
	}
	if len(l.Domains) > 20 {
		wrong("domains", "at most 20 domains")
	}
	if _, err := d.rootsOf(l.CA); err != nil {
		wrong("ca", "a certificate in PEM begins with -----BEGIN CERTIFICATE-----")
	}
	if _, err := d.client(e); err != nil {
		f, _ := errors.AsType[*signoff.Error](err)
		if f != nil && len(f.Fields) > 0 {
			wrong(f.Fields[0].Field, f.Fields[0].Detail)
		} else if f != nil && f.Code == ldap.CodeFilter {
			wrong(d.wrongFilter(e), f.Detail)
		} else if f != nil {
			wrong("password", f.Detail)
		}
	}
}

// wrongFilter tells which of the two filters is none.
func (d *Directories) wrongFilter(e Entry) string {
	without := *e.LDAP
	without.GroupsFilter = ""
	e.LDAP = &without
	if _, err := d.client(e); err == nil {
		return "groupsFilter"
	}
	return "peopleFilter"
}

func soundName(text string) bool {
	if text == "" || len(text) > 40 || text[0] == '-' {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') })
}
