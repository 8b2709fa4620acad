// Package library keeps the workflows that have been deployed: their versions,
// who may do what with them, and the definitions the engine runs, each parsed
// once.
//
// It does not run anything (package runner does) and does not read files or
// requests. Start reading at Library.Deploy.
package library

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// maxDefinitions bounds the parsed definitions kept in memory. Running
// instances of more versions than that at once is possible, only slower.
const maxDefinitions = 256

// Library is the collection of deployed workflows. Make it with New.
type Library struct {
	Objects Objects // what steps can call, set before use; nil: nothing is checked at a deployment

	// Who finds the person of a name, as a running workflow would; "" nobody. It
	// is set before use; nil: people are known by their ids only.
	Who func(ctx context.Context, name string) (signoff.Principal, error)

	// HasCalendar tells whether there is a calendar of that name. It is set before
	// use; nil: nothing is said of calendars at a deployment.
	HasCalendar func(ctx context.Context, name string) (bool, error)

	Location *time.Location // where schedules are that name no time zone, set before use; nil: UTC

	store *store.Store
	now   func() time.Time

	catalog atomic.Pointer[catalog] // as last read
	changes atomic.Int64            // counts what made it old
	reading sync.Mutex              // one reader of the catalog at a time

	mu    sync.Mutex
	defs  map[store.VersionID]*definition
	clock int64 // counts uses, to find the one unused longest
}

// New returns the library kept in s.
func New(s *store.Store, now func() time.Time) *Library {
	return &Library{store: s, now: now, defs: map[store.VersionID]*definition{}}
}

// definition is a parsed version, or one that somebody is parsing right now.
type definition struct {
	once sync.Once
	used int64
	v    Version
	def  *process.Definition
	err  error
}

// Version is one deployment of a workflow with the workflow's key.
type Version struct {
	store.Version
	Key  string
	Name string // as this version calls the workflow
}

// Definition returns a version as the engine runs it. The definition is shared:
// nobody may change it.
func (l *Library) Definition(ctx context.Context, id store.VersionID) (*process.Definition, error) {
	d, err := l.version(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.def, nil
}

// Version tells which version of which workflow id is.
func (l *Library) Version(ctx context.Context, id store.VersionID) (Version, error) {
	d, err := l.version(ctx, id)
	if err != nil {
		return Version{}, err
	}
	return d.v, nil
}

func (l *Library) version(ctx context.Context, id store.VersionID) (*definition, error) {
	d := l.cached(id)
	d.once.Do(func() { d.load(context.WithoutCancel(ctx), l.store, id) })
	if d.err != nil {
		l.forget(id, d)
		return nil, d.err
	}
	return d, nil
}

// cached returns the place for a version, making room for a new one.
func (l *Library) cached(id store.VersionID) *definition {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock++
	d := l.defs[id]
	if d == nil {
		if len(l.defs) >= maxDefinitions {
			l.dropOldest()
		}
		d = &definition{}
		l.defs[id] = d
	}
	d.used = l.clock
	return d
}

func (l *Library) dropOldest() {
	var oldest store.VersionID
	least := l.clock + 1
	for id, d := range l.defs {
		if d.used < least {
			oldest, least = id, d.used
		}
	}
	delete(l.defs, oldest)
}

// forget makes a failed load be tried again next time.
func (l *Library) forget(id store.VersionID, d *definition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.defs[id] == d {
		delete(l.defs, id)
	}
}

func (d *definition) load(ctx context.Context, s *store.Store, id store.VersionID) {
	v, xml, err := s.VersionXML(ctx, id)
	if err != nil {
		d.err = err
		return
	}
	if d.def, _, d.err = parse(xml); d.err == nil {
		d.v = Version{Version: v, Key: d.def.ID, Name: d.def.Name}
	}
}

// XML returns the file a version was deployed from. number 0 means the default
// version. Whoever may see the workflow may see how it is drawn.
func (l *Library) XML(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID, number int) ([]byte, error) {
	v, err := l.Find(ctx, by, wf, number)
	if err != nil {
		return nil, err
	}
	_, xml, err := l.store.VersionXML(ctx, v.ID)
	return xml, err
}

// Find returns one version of a workflow, 0 meaning the default one.
func (l *Library) Find(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID, number int) (store.Version, error) {
	w, err := l.Workflow(ctx, by, wf)
	if err != nil || number == 0 || number == w.Default.Number {
		return w.Default, err
	}
	return l.store.VersionByNumber(ctx, wf, number)
}

// VersionNumber returns the version of a workflow with that number, for the
// server itself.
func (l *Library) VersionNumber(ctx context.Context, wf signoff.WorkflowID, number int) (store.Version, error) {
	return l.store.VersionByNumber(ctx, wf, number)
}

// Versions lists a workflow's versions, newest first.
func (l *Library) Versions(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID) ([]store.Version, error) {
	if _, err := l.Workflow(ctx, by, wf); err != nil {
		return nil, err
	}
	return l.store.Versions(ctx, wf)
}

// SetDefault makes an older (or newer) version the one new instances get.
func (l *Library) SetDefault(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID, number int) error {
	if err := l.Allow(ctx, by, access.Administer, wf); err != nil {
		return err
	}
	v, err := l.store.VersionByNumber(ctx, wf, number)
	if err != nil {
		return err
	}
	def, err := l.Definition(ctx, v.ID)
	if err != nil {
		return err
	}
	defer l.changed()
	starts, wrong := l.startsOf(def)
	if err := wrong.Err(); err != nil {
		return err // what was worked out when it was deployed can depend on the moment
	}
	return l.store.SetDefault(ctx, wf, number, def.Name, def.Category, def.Doc, starts, store.Change{By: by.Principal, How: by.Recognised()}, l.now())
}
