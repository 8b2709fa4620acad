package catalogue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/store"
)

// Instance is a service as one caller may know it.
type Instance struct {
	Name, Title, Type string
	CanUse, CanChange bool
	Generated         time.Time // what it offers; zero: never

	// To those who may change it, without secrets:
	Mode               broker.Mode
	Resource, Audience string
	Keys               map[string]string
	Kept               []string // secrets that are kept, by name
	User               string
	HasPassword        bool
	Rev                int64
	ObjectsRev         int64
	At                 time.Time
	By                 signoff.Principal
}

func instanceOf(v store.Service, by signoff.Caller, grants []access.Grant) (Instance, error) {
	in := Instance{Name: v.Name, Title: v.Title, Type: v.Type, Generated: v.ObjectsAt, ObjectsRev: v.ObjectsRev,
		CanUse: access.MayService(by, access.Use, grants).OK, CanChange: access.MayService(by, access.Change, grants).OK}
	if !in.CanChange {
		return in, nil
	}
	k, err := readKept(v)
	in.Mode, in.Resource, in.Audience, in.Rev, in.At, in.By = broker.Mode(v.Mode), v.Resource, v.Audience, v.Rev, v.At, v.By
	in.Keys, in.User, in.HasPassword = k.Keys, k.User, k.Password != ""
	in.Kept = slices.Sorted(maps.Keys(k.Secrets))
	return in, err
}

// known tells whether the caller is to know that there is this service: whoever
// may use it, and whoever deploys workflows, which may name it.
func (in Instance) known(by signoff.Caller) bool { return in.CanUse || by.Deploy }

// Instances lists the services the caller may know of, by title.
func (s *Service) Instances(ctx context.Context, by signoff.Caller) ([]Instance, error) {
	list, err := s.o.Store.Services(ctx)
	if err != nil {
		return nil, err
	}
	grants, err := s.o.Store.AllServiceGrants(ctx)
	if err != nil {
		return nil, err
	}
	var out []Instance
	for _, v := range list {
		in, err := instanceOf(v, by, grants[v.Name])
		if err != nil {
			return nil, err
		}
		if in.known(by) {
			out = append(out, in)
		}
	}
	slices.SortStableFunc(out, func(a, b Instance) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return out, nil
}

// Instance returns one; "service-not-found" also to those who are not to know.
func (s *Service) Instance(ctx context.Context, by signoff.Caller, name string) (Instance, error) {
	_, in, err := s.find(ctx, by, name)
	return in, err
}

func (s *Service) find(ctx context.Context, by signoff.Caller, name string) (store.Service, Instance, error) {
	v, err := s.o.Store.Service(ctx, name)
	if signoff.KindOf(err) == signoff.NotFound {
		return v, Instance{}, errNotThere
	}
	if err != nil {
		return v, Instance{}, err
	}
	grants, err := s.o.Store.ServiceGrants(ctx, name)
	if err != nil {
		return v, Instance{}, err
	}
	in, err := instanceOf(v, by, grants)
	if err == nil && !in.known(by) {
		return v, Instance{}, errNotThere
	}
	return v, in, err
}

// changing finds a service for somebody who is about to change it.
func (s *Service) changing(ctx context.Context, by signoff.Caller, name string) (store.Service, Instance, error) {
	v, in, err := s.find(ctx, by, name)
	if err == nil && !in.CanChange {
		err = access.Decision{Why: "you do not hold the right to change this service"}.Err()
	}
	return v, in, err
}

func noteOf(by signoff.Caller, name string) store.Change {
	return store.Change{By: by.Principal, How: by.Recognised(), What: "service", Subject: name}
}

// Create makes a service; it takes the right to administer the server.
func (s *Service) Create(ctx context.Context, by signoff.Caller, set Settings) (Instance, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return Instance{}, err
	}
	list, err := s.o.Store.Services(ctx)
	if err != nil {
		return Instance{}, err
	}
	if len(list) >= maxServices {
		return Instance{}, &signoff.Error{Kind: signoff.TooLarge, Code: "too-many-services", Detail: fmt.Sprintf("there can be %d services at most", maxServices)}
	}
	return s.save(ctx, by, set, store.Service{}, kept{})
}

// Save replaces the settings of a service, of which the caller has seen revision
// rev. It takes the right to change it; where calls and what they sign in with
// go is an administrator's to say ("service-needs-administrator").
func (s *Service) Save(ctx context.Context, by signoff.Caller, rev int64, set Settings) (Instance, error) {
	v, _, err := s.changing(ctx, by, set.Name)
	if err != nil {
		return Instance{}, err
	}
	was, err := readKept(v)
	if err != nil {
		return Instance{}, err
	}
	v.Rev = rev
	return s.save(ctx, by, set, v, was)
}

func (s *Service) save(ctx context.Context, by signoff.Caller, set Settings, was store.Service, wasKept kept) (Instance, error) {
	v, k, err := s.check(set, was, wasKept)
	if err != nil {
		return Instance{}, err
	}
	if err := s.mayRedirect(by, set, was, wasKept, k); err != nil {
		return Instance{}, err
	}
	if s.o.Resource != nil && v.Resource != "" {
		if err := s.o.Resource(ctx, v.Resource); err != nil {
			return Instance{}, badField("resource", err)
		}
	}
	if err := s.tryOpen(v, k); err != nil {
		return Instance{}, err
	}
	v.By = by.Principal
	note := noteOf(by, v.Name)
	if note.After = onRecord(v, k); was.Name != "" {
		note.Before = onRecord(was, wasKept)
	}
	if _, err := s.o.Store.SaveService(ctx, v, note); err != nil {
		return Instance{}, err
	}
	return s.Instance(ctx, by, v.Name)
}

// mayRedirect refuses those who do not administer the server to have calls that
// sign in with somebody's token go elsewhere: the tokens would go there, too.
func (s *Service) mayRedirect(by signoff.Caller, set Settings, was store.Service, wasKept, now kept) error {
	if was.Name == "" || access.May(by, access.Server, nil).OK || !byToken(set.Mode) && !byToken(broker.Mode(was.Mode)) {
		return nil
	}
	c := checker{set: set, out: now}
	if !c.elsewhere(s.about[set.Type], was, wasKept) {
		return nil
	}
	return &signoff.Error{Kind: signoff.Forbidden, Code: "service-needs-administrator",
		Detail: "where this service's tokens go is for administrators of the server to say", Hint: "titles, and keys that do not say where calls go, are yours to change"}
}

func badField(field string, err error) error {
	if e := refusal(err); e != nil && (e.Kind == signoff.NotFound || e.Kind == signoff.Invalid) {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-service", Detail: "the service cannot be set up like that",
			Fields: []signoff.FieldError{{Field: field, Detail: e.Detail}}, Err: err}
	}
	return err
}

// Delete removes a service of which the caller has seen revision rev. It refuses
// one that workflows use, naming them ("service-in-use"), unless anyway.
func (s *Service) Delete(ctx context.Context, by signoff.Caller, name string, rev int64, anyway bool) error {
	v, _, err := s.changing(ctx, by, name)
	if err != nil {
		return err
	}
	uses, err := s.usesOf(ctx, name)
	if err != nil {
		return err
	}
	if len(uses) > 0 && !anyway {
		return inUse("it cannot be deleted", uses, "change these workflows first, or delete it anyway: their steps that call it will become incidents")
	}
	k, err := readKept(v)
	if err != nil {
		return err
	}
	note := noteOf(by, name)
	note.Before = onRecord(v, k)
	return s.o.Store.DeleteService(ctx, name, rev, note)
}

// UsersOf names the services that sign in with tokens of an OAuth resource, as
// people call them: "the service Office".
func (s *Service) UsersOf(ctx context.Context, resource string) ([]string, error) {
	list, err := s.o.Store.Services(ctx)
	var out []string
	for _, v := range list {
		if v.Resource == resource {
			out = append(out, "the service "+v.Title)
		}
	}
	return out, err
}
