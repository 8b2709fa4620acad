// Package catalogue keeps the systems that workflows and people can call: service
// instances with their settings and secrets, what each of them offers, and who
// may use and change it; and it calls them.
//
// It knows no system: that is what service types are for, which implement
// broker.Type and are registered with Open. It knows no OAuth either: whoever
// opens it lends HTTP clients that sign in.
//
// Start reading at Service.Call, then Service.Save and Service.Refresh.
package catalogue

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Options are what a server lends to a Service.
type Options struct {
	Store *store.Store
	Key   seal.Key
	Types []broker.Type
	// HTTP gives the client that calls sign in with.
	HTTP func(Credential) *http.Client
	// Uses lists the steps of workflows that call services. nil: none do.
	Uses func(context.Context) ([]Use, error)
	// Resource refuses the name of an OAuth resource that is not there. nil: all are.
	Resource func(ctx context.Context, name string) error
	Log      *slog.Logger
}

// A Credential is what a call signs in with.
type Credential struct {
	Type     string // of the service
	Mode     broker.Mode
	Resource string // of AsService, AsCaller and AppOnly
	Audience string // "" the resource's own
	By       broker.Principal
}

// A Use is a step of a workflow that calls a method.
type Use struct {
	Workflow string // its key
	Name     string // what people call it
	Version  int
	Step     string // what people call it
	Service  string
	Object   string
	Method   string
}

// Service is the catalogue. Make it with Open, and Close it.
type Service struct {
	o     Options
	types []broker.Type
	about map[string]broker.About

	mu   sync.Mutex
	open map[string]*opened
}

// Open returns the catalogue kept in o.Store. Two types of one name, or one that
// is described wrongly, are a mistake in the program: it panics.
func Open(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{o: o, types: o.Types, about: map[string]broker.About{}, open: map[string]*opened{}}
	for _, t := range o.Types {
		a := t.About()
		if _, twice := s.about[a.Name]; twice || !typeName.MatchString(a.Name) || len(a.Modes) == 0 {
			panic(fmt.Sprintf("catalogue: the service type %q cannot be registered", a.Name))
		}
		s.about[a.Name] = a
	}
	return s
}

// Close closes every provider. Calls that are under way end first.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, p := range s.open {
		s.retire(name, p)
	}
	return nil
}

// Types describes the kinds of systems there can be, by title.
func (s *Service) Types() []broker.About {
	var list []broker.About
	for _, t := range s.types {
		list = append(list, s.about[t.About().Name])
	}
	slices.SortFunc(list, func(a, b broker.About) int { return strings.Compare(a.Title, b.Title) })
	return list
}

func (s *Service) typeOf(name string) (broker.Type, error) {
	for _, t := range s.types {
		if t.About().Name == name {
			return t, nil
		}
	}
	return nil, &signoff.Error{Kind: signoff.Unavailable, Code: "service-type-unknown",
		Detail: fmt.Sprintf("this server has no service type %q", name), Hint: "a newer version may have it"}
}

var errNotThere = &signoff.Error{Kind: signoff.NotFound, Code: "service-not-found", Detail: "there is no service of that name, or you may not use it"}
