package entra

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// directory is what the tenant knows. Its values are replaced, never changed
// in place: what a reader took stays as it was.
type directory struct {
	mu   sync.RWMutex
	t    tables
	save func(*tables) error // with mu held; nil: nothing is kept
}

type tables struct {
	Apps        []*application
	SPs         []*servicePrincipal
	Users       []*user
	Groups      []*group
	Grants      []*permissionGrant
	Assignments []*roleAssignment
	Gone        []tombstone // newest last
	Moves       []move      // newest last
	Seq         int64
	Horizon     int64 // changes up to here are forgotten: who saw less starts anew

	partners []*user // people of the second tenant; always the same
}

// tombstone remembers a deleted user or group for those who ask for changes.
type tombstone struct {
	ID   string
	Kind string // user, group
	Seq  int64
}

// move is a member who came or went; with a person instead of the group, their
// manager.
type move struct {
	Group, Member string
	Gone          bool
	Seq           int64
}

// change runs f alone. What f did is kept when it returns nil; f must check
// before it touches anything.
func (d *directory) change(f func(*tables) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := f(&d.t); err != nil {
		return err
	}
	if d.save == nil {
		return nil
	}
	return d.save(&d.t)
}

func look[T any](d *directory, f func(*tables) T) T {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return f(&d.t)
}

func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}

// put replaces the value that is, or adds v.
func put[T any](list *[]*T, v *T, is func(*T) bool) {
	if i := slices.IndexFunc(*list, is); i >= 0 {
		(*list)[i] = v
		return
	}
	*list = append(*list, v)
}

func (t *tables) next() int64 { t.Seq++; return t.Seq }

func (t *tables) app(id string) *application {
	return find(t.Apps, func(a *application) bool { return a.ID == id })
}

func (t *tables) appByAppID(appID string) *application {
	return find(t.Apps, func(a *application) bool { return strings.EqualFold(a.AppID, appID) })
}

func (t *tables) putApp(a *application) {
	put(&t.Apps, a, func(b *application) bool { return b.ID == a.ID })
}

func (t *tables) sp(id string) *servicePrincipal {
	return find(t.SPs, func(s *servicePrincipal) bool { return s.ID == id })
}

func (t *tables) spByAppID(appID string) *servicePrincipal {
	return find(t.SPs, func(s *servicePrincipal) bool { return strings.EqualFold(s.AppID, appID) })
}

func (t *tables) putSP(s *servicePrincipal) {
	put(&t.SPs, s, func(b *servicePrincipal) bool { return b.ID == s.ID })
}

func (t *tables) user(idOrName string) *user {
	return find(t.Users, func(u *user) bool {
		return u.ID == idOrName || strings.EqualFold(u.UserPrincipalName, idOrName)
	})
}

func (t *tables) putUser(u *user) {
	u.Seq = t.next()
	if was := t.user(u.ID); was != nil && was.Manager != u.Manager {
		if was.Manager != "" {
			t.Moves = append(t.Moves, move{u.ID, was.Manager, true, u.Seq})
		}
		if u.Manager != "" {
			t.Moves = append(t.Moves, move{u.ID, u.Manager, false, u.Seq})
		}
		t.trim()
	}
	put(&t.Users, u, func(b *user) bool { return b.ID == u.ID })
}

func (t *tables) group(id string) *group {
	return find(t.Groups, func(g *group) bool { return g.ID == id })
}

func (t *tables) putGroup(g *group) {
	g.Seq = t.next()
	put(&t.Groups, g, func(b *group) bool { return b.ID == g.ID })
}

// view returns the service principal as Graph shows it: one of our own
// applications takes names, scopes and roles from its registration.
func (t *tables) view(s *servicePrincipal) *servicePrincipal {
	a := t.appByAppID(s.AppID)
	if a == nil {
		return s
	}
	v := *s
	v.AppDisplayName, v.SignInAudience = a.DisplayName, a.SignInAudience
	v.ServicePrincipalNames = append([]string{a.AppID}, a.IdentifierURIs...)
	v.OAuth2PermissionScopes, v.AppRoles = a.API.OAuth2PermissionScopes, a.AppRoles
	return &v
}

// addSP makes the enterprise application of a registration, if it has none.
func (t *tables) addSP(a *application) *servicePrincipal {
	if s := t.spByAppID(a.AppID); s != nil {
		return s
	}
	s := &servicePrincipal{ID: newGUID(), AppID: a.AppID, DisplayName: a.DisplayName, AccountEnabled: true,
		AppOwnerOrganizationID: TenantID, ServicePrincipalType: "Application", Tags: []string{}}
	t.putSP(s)
	return s
}

// resource is an API that a token can be for.
type resource struct {
	sp  *servicePrincipal // as view shows it
	app *application      // nil for one of another tenant
}

// resource finds an API by any of its names. A trailing slash more or less is
// passed over, as in Entra.
func (t *tables) resource(name string) *resource {
	bare := strings.TrimSuffix(name, "/")
	for _, s := range t.SPs {
		v := t.view(s)
		for _, n := range v.ServicePrincipalNames {
			if strings.EqualFold(strings.TrimSuffix(n, "/"), bare) {
				return &resource{sp: v, app: t.appByAppID(s.AppID)}
			}
		}
	}
	return nil
}

func (r *resource) scope(value string) *permissionScope {
	for i := range r.sp.OAuth2PermissionScopes {
		if s := &r.sp.OAuth2PermissionScopes[i]; strings.EqualFold(s.Value, value) {
			return s
		}
	}
	return nil
}

// offered lists every scope of an API.
func (r *resource) offered() []string {
	var all []string
	for _, s := range r.sp.OAuth2PermissionScopes {
		all = append(all, s.Value)
	}
	return all
}

// groupsOf returns the ids of the groups that hold id, directly or through
// other groups, in the directory's order.
func (t *tables) groupsOf(id string, nested bool) []string {
	found := map[string]bool{}
	for wave := []string{id}; len(wave) > 0; {
		var next []string
		for _, g := range t.Groups {
			if !found[g.ID] && slices.ContainsFunc(wave, func(m string) bool { return slices.Contains(g.Members, m) }) {
				found[g.ID] = true
				next = append(next, g.ID)
			}
		}
		if wave = next; !nested {
			break
		}
	}
	ids := []string{}
	for _, g := range t.Groups {
		if found[g.ID] {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

// rolesOf returns the app roles that a principal holds at a resource, by
// assignment to itself or to a group it is directly in. assigned also counts
// assignments that carry no role.
func (t *tables) rolesOf(principal string, r *resource) (values []string, assigned bool) {
	holders := append(t.groupsOf(principal, false), principal)
	for _, a := range t.Assignments {
		if a.ResourceID != r.sp.ID || !slices.Contains(holders, a.PrincipalID) {
			continue
		}
		assigned = true
		for _, role := range r.sp.AppRoles {
			if role.ID == a.AppRoleID && role.IsEnabled && !slices.Contains(values, role.Value) {
				values = append(values, role.Value)
			}
		}
	}
	return values, assigned
}

// granted returns the delegated scopes that a client may use at a resource for
// a person: by their own consent, an administrator's, or because the resource
// trusts the client beforehand.
func (t *tables) granted(client *servicePrincipal, oid string, r *resource) []string {
	var out []string
	add := func(values ...string) {
		for _, v := range values {
			if s := r.scope(v); s != nil && s.IsEnabled && !slices.Contains(out, s.Value) {
				out = append(out, s.Value)
			}
		}
	}
	ours := t.partner(oid) == nil // an administrator consents for the own tenant alone
	for _, g := range t.Grants {
		if g.ClientID == client.ID && g.ResourceID == r.sp.ID && (ours && g.ConsentType == "AllPrincipals" || g.PrincipalID != nil && *g.PrincipalID == oid) {
			add(strings.Fields(g.Scope)...)
		}
	}
	if r.app == nil {
		return out
	}
	for _, p := range r.app.API.PreAuthorizedApplications {
		if !strings.EqualFold(p.AppID, client.AppID) {
			continue
		}
		for _, s := range r.sp.OAuth2PermissionScopes {
			if slices.Contains(p.DelegatedPermissionIDs, s.ID) {
				add(s.Value)
			}
		}
	}
	return out
}

// grant adds scopes to what a client may do at a resource: for one person, or
// for everybody when oid is "".
func (t *tables) grant(client, resource, oid string, scopes []string) {
	kind, principal := "AllPrincipals", (*string)(nil)
	if oid != "" {
		kind, principal = "Principal", &oid
	}
	g := find(t.Grants, func(g *permissionGrant) bool {
		return g.ClientID == client && g.ResourceID == resource && g.ConsentType == kind &&
			(oid == "" || g.PrincipalID != nil && *g.PrincipalID == oid)
	})
	n := permissionGrant{ID: newToken(32), ClientID: client, ConsentType: kind, PrincipalID: principal, ResourceID: resource}
	if g != nil {
		n = *g
	}
	have := strings.Fields(n.Scope)
	for _, s := range scopes {
		if !slices.Contains(have, s) {
			have = append(have, s)
		}
	}
	n.Scope = strings.Join(have, " ")
	put(&t.Grants, &n, func(b *permissionGrant) bool { return b.ID == n.ID })
}

// assign gives a principal an app role; twice is once.
func (t *tables) assign(principal, kind, name string, r *servicePrincipal, role string, now time.Time) *roleAssignment {
	if a := find(t.Assignments, func(a *roleAssignment) bool {
		return a.PrincipalID == principal && a.ResourceID == r.ID && a.AppRoleID == role
	}); a != nil {
		return a
	}
	a := &roleAssignment{ID: newToken(32), AppRoleID: role, CreatedDateTime: now, PrincipalID: principal, PrincipalType: kind,
		PrincipalDisplayName: name, ResourceID: r.ID, ResourceDisplayName: r.DisplayName}
	t.Assignments = append(t.Assignments, a)
	return a
}

// forget takes id out of everything that names it, and says so to those who
// follow changes.
func (t *tables) forget(id, kind string) {
	seq := t.next()
	t.Gone = append(t.Gone, tombstone{id, kind, seq})
	t.Grants = slices.DeleteFunc(t.Grants, func(g *permissionGrant) bool {
		return g.ClientID == id || g.ResourceID == id || g.PrincipalID != nil && *g.PrincipalID == id
	})
	t.Assignments = slices.DeleteFunc(t.Assignments, func(a *roleAssignment) bool {
		return a.PrincipalID == id || a.ResourceID == id
	})
	for _, g := range slices.Clone(t.Groups) {
		if slices.Contains(g.Members, id) {
			t.setMember(g, id, false)
		}
	}
	for _, u := range slices.Clone(t.Users) {
		if u.Manager == id {
			n := *u
			n.Manager = ""
			t.putUser(&n)
		}
	}
	t.trim()
}

func (t *tables) setMember(g *group, member string, in bool) {
	n := *g
	n.Members = slices.Clone(g.Members)
	if in {
		n.Members = append(n.Members, member)
	} else {
		n.Members = slices.DeleteFunc(n.Members, func(m string) bool { return m == member })
	}
	t.putGroup(&n)
	t.Moves = append(t.Moves, move{g.ID, member, !in, n.Seq})
	t.trim()
}

// trim forgets the oldest changes when there are too many to remember.
func (t *tables) trim() {
	if n := len(t.Gone) - maxTombstones; n > 0 {
		t.Horizon = max(t.Horizon, t.Gone[n-1].Seq)
		t.Gone = slices.Delete(t.Gone, 0, n)
	}
	if n := len(t.Moves) - maxTombstones; n > 0 {
		t.Horizon = max(t.Horizon, t.Moves[n-1].Seq)
		t.Moves = slices.Delete(t.Moves, 0, n)
	}
}
