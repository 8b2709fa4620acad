package odata

import (
	"context"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// maxName is the longest identifier that OData knows (CSDL 4.01, 15.2). What
// would be called longer is not published.
const maxName = 128

// model is what one caller may see.
type model struct {
	sets    []entitySet
	actions []action
}

// entitySet is an object that can be listed or read, with the methods that
// stand behind GET, POST, PATCH and DELETE.
type entitySet struct {
	name, service                      string // "office_Email", "office"
	object                             broker.Object
	keys                               []broker.Property
	list, read, create, update, remove *broker.Method
}

// action is a method that has no place in an entity set.
type action struct {
	name, service string
	object        broker.Object
	method        broker.Method
}

// model works out what the caller may use. With a name, only services that it
// may be about are looked at.
func (s *Server) model(ctx context.Context, by signoff.Caller, name string) (*model, error) {
	m := &model{}
	if s.HTTP.Services == nil {
		return m, nil
	}
	all, err := s.HTTP.Services.Instances(ctx, by)
	if err != nil {
		return nil, err
	}
	type offer struct {
		service string
		objects []broker.Object
	}
	var offers []offer
	for _, in := range all {
		if !in.CanUse || in.Generated.IsZero() || name != "" && !strings.HasPrefix(name, in.Name+"_") {
			continue
		}
		objects, err := s.HTTP.Services.Objects(ctx, by, in.Name)
		if err != nil {
			return nil, err
		}
		offers = append(offers, offer{in.Name, objects})
	}
	slices.SortFunc(offers, func(a, b offer) int { return strings.Compare(a.service, b.service) })
	taken := map[string]bool{}
	free := func(name string) bool { // two of one name: the first has it
		if len(name) > maxName || taken[name] {
			return false
		}
		taken[name] = true
		return true
	}
	for _, f := range offers {
		for _, o := range f.objects {
			if set, ok := setOf(f.service, o); ok && free(set.name) {
				m.sets = append(m.sets, set)
			}
		}
	}
	for _, f := range offers {
		for _, o := range f.objects {
			set := m.set(f.service + "_" + o.Name)
			for _, method := range o.Methods {
				a := action{f.service + "_" + o.Name + "_" + method.Name, f.service, o, method}
				if (set == nil || !set.has(f.service, method.Name)) && free(a.name) {
					m.actions = append(m.actions, a)
				}
			}
		}
	}
	return m, nil
}

// setOf makes an entity set of an object, if it can be one: it needs a list or
// a read method, and a property to be known by.
func setOf(service string, o broker.Object) (entitySet, bool) {
	set := entitySet{name: service + "_" + o.Name, service: service, object: o}
	for i := range o.Methods {
		m := &o.Methods[i]
		switch m.Kind {
		case broker.List:
			first(&set.list, m)
		case broker.Read:
			first(&set.read, m)
		case broker.Create:
			first(&set.create, m)
		case broker.Update:
			first(&set.update, m)
		case broker.Delete:
			first(&set.remove, m)
		}
	}
	set.keys = keysOf(o, set)
	return set, len(set.keys) > 0 && (set.list != nil || set.read != nil)
}

func first(at **broker.Method, m *broker.Method) {
	if *at == nil {
		*at = m
	}
}

// keysOf are the properties that name a thing; where nobody says, the first one
// that the list gives, as in K2.
func keysOf(o broker.Object, set entitySet) (keys []broker.Property) {
	for _, p := range o.Properties {
		if p.Key && keyType(p) {
			keys = append(keys, p)
		}
	}
	if len(keys) > 0 {
		return keys
	}
	for _, m := range []*broker.Method{set.list, set.read} {
		if m == nil {
			continue
		}
		for _, p := range o.Properties {
			if keyType(p) && slices.Contains(m.Outputs, p.Name) {
				return []broker.Property{p}
			}
		}
	}
	return nil
}

func keyType(p broker.Property) bool {
	return !p.List && p.Type != broker.File && p.Type != broker.JSON
}

// has tells whether a method stands behind a verb of the set.
func (e entitySet) has(service, method string) bool {
	if e.service != service {
		return false
	}
	return slices.ContainsFunc([]*broker.Method{e.list, e.read, e.create, e.update, e.remove}, func(m *broker.Method) bool { return m != nil && m.Name == method })
}

func (e entitySet) isKey(name string) bool {
	return slices.ContainsFunc(e.keys, func(p broker.Property) bool { return p.Name == name })
}

func (m *model) set(name string) *entitySet {
	for i := range m.sets {
		if m.sets[i].name == name {
			return &m.sets[i]
		}
	}
	return nil
}

func (m *model) action(name string) *action {
	for i := range m.actions {
		if m.actions[i].name == name {
			return &m.actions[i]
		}
	}
	return nil
}

func (m *model) names() (names []string) {
	for _, e := range m.sets {
		names = append(names, e.name)
	}
	for _, a := range m.actions {
		names = append(names, a.name)
	}
	return names
}
