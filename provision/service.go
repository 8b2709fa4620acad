package provision

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/scim"
	"github.com/signoffhq/signoff/store"
)

// Client is a directory that writes to us.
type Client struct {
	Name      string // of the directory
	Tenant    string // the Entra ID tenant whose object ids its externalIds are; "" none
	ByAddress bool   // somebody with an address may be an account that has it already
}

// Source is what accounts and groups of the client are from.
func (c Client) Source() string { return "scim:" + c.Name }

// entra is what the same people's tokens come from; "" when that is not known.
func (c Client) entra() string {
	if c.Tenant == "" {
		return ""
	}
	return "entra:" + strings.ToLower(c.Tenant)
}

// Service keeps resources. Fill in the fields; it may be used from any goroutine.
type Service struct {
	Store  *store.Store
	People *directory.Service
	Log    *slog.Logger
}

// Entry is a resource as it is kept.
type Entry struct {
	store.SCIMResource
	Is scim.Resource // without id, meta, members and groups
}

// Kind is what the entry is.
func (e Entry) Kind() scim.Kind {
	if e.Group {
		return scim.GroupKind
	}
	return scim.UserKind
}

// Version is the entry's ETag.
func (e Entry) Version() string { return Version(e.Rev) }

// Version is the ETag of a revision.
func Version(rev int64) string { return fmt.Sprintf(`W/"%d"`, rev) }

var errNotThere = &signoff.Error{Kind: signoff.NotFound, Code: "scim-not-found", Detail: "there is no such user or group"}

// Get returns a client's resource. It refuses one that is not there, and a user
// where a group is asked for ("scim-not-found").
func (s *Service) Get(ctx context.Context, c Client, k scim.Kind, id string) (Entry, error) {
	r, ok, err := s.Store.SCIMResourceByID(ctx, c.Name, id)
	if err != nil {
		return Entry{}, err
	}
	if !ok || r.Group != (k == scim.GroupKind) {
		return Entry{}, errNotThere
	}
	return entryOf(r)
}

func entryOf(r store.SCIMResource) (Entry, error) {
	e := Entry{SCIMResource: r}
	var err error
	if e.Is, err = scim.Stored(e.Kind(), r.Body); err != nil {
		return e, fmt.Errorf("scim resource %s of %s: %w", r.ID, r.Client, err)
	}
	return e, nil
}

// named fills in what a resource is found by.
func named(r store.SCIMResource, is scim.Resource) store.SCIMResource {
	r.Label = is.Text("userName")
	if r.Group {
		r.Label = is.Text("displayName")
	}
	r.Label = strings.TrimSpace(r.Label)
	r.Key, r.External, r.Body = scim.Fold(r.Label), is.Text("externalId"), is.Body()
	return r
}

// Create keeps a new resource and makes a person or a group of it. It refuses a
// userName that is taken ("scim-taken"), members that are not there
// ("scim-no-member"), and what cannot become somebody here ("scim-not-taken").
func (s *Service) Create(ctx context.Context, c Client, k scim.Kind, is scim.Resource) (Entry, error) {
	r := named(store.SCIMResource{Client: c.Name, ID: newID(), Group: k == scim.GroupKind}, is)
	var m *store.SCIMMembers
	if r.Group {
		m = &store.SCIMMembers{Whole: true, Came: is.Members()}
	}
	r, err := s.Store.SCIMCreate(ctx, r, m, !r.Group && lasting(r.External))
	if err != nil {
		return Entry{}, err
	}
	e, err := entryOf(r)
	if err != nil {
		return e, err
	}
	if err := s.take(ctx, c, e, m); err != nil {
		if signoff.CodeOf(err) == codeNotTaken { // the client thinks that it is not there, and will send it again
			err = errors.Join(err, s.undo(ctx, c, e))
		}
		return e, err
	}
	return e, nil
}

// lasting tells whether an externalId looks like one that is never given to
// somebody else: who is deleted and sent again with it is the same person. Names
// are not, and Entra ID sends the mail nickname unless it is told otherwise.
func lasting(external string) bool {
	digits := 0
	for _, r := range external {
		switch {
		case '0' <= r && r <= '9':
			digits++
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '-', r == '_':
		default:
			return false
		}
	}
	return len(external) >= 16 && digits >= 2
}

// undo removes a resource that could not be taken, and what was noted of it.
func (s *Service) undo(ctx context.Context, c Client, e Entry) error {
	if err := s.Store.SCIMDelete(ctx, c.Name, e.ID, e.Rev); err != nil {
		return err
	}
	e.Gone, e.Rev = true, e.Rev+1
	return s.takeOne(ctx, c, e, nil)
}

// newID is random: nobody can guess it, and it is never another's.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Replace puts another resource in place of one. match is the version the client
// has seen, or "" when it does not matter. Besides what Create refuses it refuses
// one that changed meanwhile ("stale").
func (s *Service) Replace(ctx context.Context, c Client, k scim.Kind, id string, match Match, is scim.Resource) (Entry, error) {
	return s.change(ctx, c, k, id, match, func(e Entry) (scim.Resource, *store.SCIMMembers, error) {
		if !e.Group {
			return is, nil, nil
		}
		_, given := is["members"]
		if !given { // RFC 7644 section 3.5.1: what is left out may be cleared
			return is, &store.SCIMMembers{Whole: true}, nil
		}
		return is, &store.SCIMMembers{Whole: true, Came: is.Members()}, nil
	})
}

// Patch changes a resource in part.
func (s *Service) Patch(ctx context.Context, c Client, k scim.Kind, id string, match Match, p scim.Patch) (Entry, error) {
	return s.change(ctx, c, k, id, match, func(e Entry) (scim.Resource, *store.SCIMMembers, error) {
		if !p.Speaks("members") {
			is, err := p.Apply(e.Is)
			return is, nil, err
		}
		before, err := s.memberIDs(ctx, c, id)
		if err != nil {
			return nil, nil, err
		}
		whole := e.Is
		whole.SetMembers("members", membersOf(before))
		is, err := p.Apply(whole)
		if err != nil {
			return nil, nil, err
		}
		m := &store.SCIMMembers{}
		m.Came, m.Left = differ(before, is.Members())
		return is, m, nil
	})
}

func (s *Service) memberIDs(ctx context.Context, c Client, group string) ([]string, error) {
	list, err := s.Store.SCIMMembersOf(ctx, c.Name, group)
	var ids []string
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	return ids, err
}

func membersOf(ids []string) []scim.Resource {
	var out []scim.Resource
	for _, id := range ids {
		out = append(out, scim.Resource{"value": id})
	}
	return out
}

// differ returns who is only in the second list, and who only in the first.
func differ(before, after []string) (came, left []string) {
	was, is := map[string]bool{}, map[string]bool{}
	for _, id := range before {
		was[id] = true
	}
	for _, id := range after {
		if is[id] = true; !was[id] {
			came = append(came, id)
		}
	}
	for _, id := range before {
		if !is[id] {
			left = append(left, id)
		}
	}
	return came, left
}

// Match is the condition of a change: the versions that may be changed. nil: any.
type Match []string

// Allows tells whether a version is among them.
func (m Match) Allows(version string) bool {
	if m == nil {
		return true
	}
	for _, v := range m {
		if v == "*" || strings.TrimPrefix(v, "W/") == strings.TrimPrefix(version, "W/") {
			return true
		}
	}
	return false
}

var errStale = &signoff.Error{Kind: signoff.Conflict, Code: "stale", Detail: "it is not the version that If-Match names any more", Hint: "read it again"}

// tries is how often a change is made again that met another one.
const tries = 5

// change loads, changes and keeps a resource, and takes it.
func (s *Service) change(ctx context.Context, c Client, k scim.Kind, id string, match Match, with func(Entry) (scim.Resource, *store.SCIMMembers, error)) (Entry, error) {
	for n := 1; ; n++ {
		e, err := s.Get(ctx, c, k, id)
		if err != nil {
			return e, err
		}
		if !match.Allows(e.Version()) {
			return e, errStale
		}
		is, members, err := with(e)
		if err != nil {
			return e, err
		}
		to := named(e.SCIMResource, is)
		if same(e.SCIMResource, to) && nothing(members) {
			return e, s.take(ctx, c, e, nil) // perhaps for the second time: the first may not have been answered
		}
		to, err = s.Store.SCIMSave(ctx, to, members)
		if signoff.CodeOf(err) == "stale" && n < tries {
			continue
		}
		if err != nil {
			return e, err
		}
		if e, err = entryOf(to); err != nil {
			return e, err
		}
		return e, s.take(ctx, c, e, members)
	}
}

func same(a, b store.SCIMResource) bool {
	return a.Key == b.Key && a.Label == b.Label && a.External == b.External && string(a.Body) == string(b.Body)
}

// Delete removes a resource, and switches off the person or ends the group that
// came of it.
func (s *Service) Delete(ctx context.Context, c Client, k scim.Kind, id string, match Match) error {
	e, err := s.Get(ctx, c, k, id)
	if err != nil {
		return err
	}
	rev := int64(0)
	if match != nil {
		if !match.Allows(e.Version()) {
			return errStale
		}
		rev = e.Rev
	}
	if err := s.Store.SCIMDelete(ctx, c.Name, id, rev); err != nil {
		return err
	}
	return s.CatchUp(ctx, c)
}
