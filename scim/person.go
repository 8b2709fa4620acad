package scim

import (
	"slices"
	"strings"
)

// Person is what a user's resource says that matters outside of it.
type Person struct {
	UserName   string
	ExternalID string
	Name       string   // as people write it
	Emails     []string // the one to write to first
	Manager    string   // id; "" none
	Active     bool
}

// Person reads a user. One that says nothing about being active is.
func (r Resource) Person() Person {
	p := Person{UserName: r.Text("userName"), ExternalID: r.Text("externalId"), Active: r["active"] != false}
	name, _ := r["name"].(Resource)
	whole := strings.TrimSpace(name.Text("givenName") + " " + name.Text("familyName"))
	for _, p.Name = range []string{r.Text("displayName"), name.Text("formatted"), whole, p.UserName} {
		if p.Name = strings.TrimSpace(p.Name); p.Name != "" {
			break
		}
	}
	p.Emails = r.emails()
	enterprise, _ := r[EnterpriseSchema].(Resource)
	manager, _ := enterprise["manager"].(Resource)
	if p.Manager = manager.Text("value"); p.Manager == "" {
		ref := manager.Text("$ref")
		p.Manager = ref[strings.LastIndexByte(ref, '/')+1:]
	}
	return p
}

// emails lists the addresses: primary, then work, then the others as they stand.
func (r Resource) emails() []string {
	type ranked struct {
		text string
		rank int
	}
	list, _ := r["emails"].([]any)
	var found []ranked
	for _, item := range list {
		one, _ := item.(Resource)
		value := strings.TrimSpace(one.Text("value"))
		rank := 2
		switch {
		case one["primary"] == true:
			rank = 0
		case strings.EqualFold(one.Text("type"), "work"):
			rank = 1
		}
		if value != "" && !slices.ContainsFunc(found, func(f ranked) bool { return strings.EqualFold(f.text, value) }) {
			found = append(found, ranked{value, rank})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return a.rank - b.rank })
	var out []string
	for _, f := range found {
		out = append(out, f.text)
	}
	return out
}

// Members lists the ids of a group's members.
func (r Resource) Members() []string {
	list, _ := r["members"].([]any)
	out := make([]string, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, item := range list {
		one, _ := item.(Resource)
		id := one.Text("value")
		if id == "" {
			ref := one.Text("$ref")
			id = ref[strings.LastIndexByte(ref, '/')+1:]
		}
		if id != "" && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Member makes a value of a group's members, or of a person's groups.
func Member(id, ref, display string, of Kind) Resource {
	m := Resource{"value": id, "$ref": ref, "type": string(of)}
	if display != "" {
		m["display"] = display
	}
	return m
}

// SetMembers puts members made with Member into a group.
func (r Resource) SetMembers(name string, list []Resource) {
	out := make([]any, 0, len(list))
	for _, m := range list {
		out = append(out, m)
	}
	if delete(r, name); len(out) > 0 {
		r[name] = out
	}
}
