package scimapi

import (
	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/provision"
)

// Set is the clients of the setting directories.
type Set struct{ *directory.Directories }

// SCIMClient returns a client by name; false when there is none, or it is
// switched off.
func (s Set) SCIMClient(name string) (provision.Client, bool) {
	return s.first(func(e directory.Entry) bool { return e.Name == name })
}

// SCIMApplication returns the client that an application writes as.
func (s Set) SCIMApplication(app signoff.Principal) (provision.Client, bool) {
	return s.first(func(e directory.Entry) bool { return e.SCIM.Application == app && app != "" })
}

func (s Set) first(is func(directory.Entry) bool) (provision.Client, bool) {
	for _, e := range s.InForce().Directories {
		if e.On && e.SCIM != nil && is(e) {
			return provision.Client{Name: e.Name, Tenant: e.SCIM.Tenant, ByAddress: e.ByAddress}, true
		}
	}
	return provision.Client{}, false
}
