package oauth

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

func notAllowed(by signoff.Caller) error { return access.May(by, access.Server, nil).Err() }

// Kept is a resource as administrators see it: without secrets.
type Kept struct {
	Resource
	Rev       int64
	Changed   time.Time
	By        signoff.Principal
	HasSecret bool
	HasValues []string // secret parameters that have a value
	Ends      time.Time
	People    bool        // people can connect
	App       bool        // the application gets tokens for itself
	Callback  string      // the redirect address to register
	Trust     *Federation // what the provider has to be told to trust this server's own tokens
}

func (s *Service) kept(ctx context.Context, k store.OAuthResource) (Kept, error) {
	a, err := s.ready(ctx, k)
	if err != nil {
		return Kept{}, err
	}
	out := Kept{Resource: a.public(), Rev: k.Rev, Changed: k.Changed, By: k.By, HasSecret: a.Secret != "", Ends: a.ends(),
		People: a.typ.People, App: a.typ.App, Callback: s.public + a.Redirect, Trust: s.federation(&a.Resource)}
	for _, name := range slices.Sorted(maps.Keys(a.Values)) {
		if p := a.typ.parameter(name); p != nil && p.Secret {
			out.HasValues = append(out.HasValues, name)
		}
	}
	return out, nil
}

// Resources lists all resources; it takes the server right.
func (s *Service) Resources(ctx context.Context, by signoff.Caller) ([]Kept, error) {
	if err := notAllowed(by); err != nil {
		return nil, err
	}
	list, err := s.cfg.Store.OAuthResources(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Kept, 0, len(list))
	for _, k := range list {
		one, err := s.kept(ctx, k)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// Resource returns one; it takes the server right ("oauth-resource-not-found").
func (s *Service) Resource(ctx context.Context, by signoff.Caller, name string) (Kept, error) {
	if err := notAllowed(by); err != nil {
		return Kept{}, err
	}
	k, err := s.find(ctx, name)
	if err != nil {
		return Kept{}, err
	}
	return s.kept(ctx, k)
}

// Save keeps a resource instead of its revision rev (0: it is new), on all
// servers at once; it takes the server right. r.Secret is what to keep from now
// on, in the clear; "" keeps the one there is. It refuses what is not right
// ("bad-oauth-resource", with every mistake) and what somebody else changed
// meanwhile ("oauth-resource-changed"). When its provider is another from now on,
// whoever was connected is no longer: the old one's grants are not sent there.
func (s *Service) Save(ctx context.Context, by signoff.Caller, r Resource, rev int64) (Kept, error) {
	if err := notAllowed(by); err != nil {
		return Kept{}, err
	}
	t, err := s.typeNamed(ctx, r.Type)
	if err != nil {
		return Kept{}, err
	}
	is, found, err := s.cfg.Store.OAuthResource(ctx, r.Name)
	if err != nil {
		return Kept{}, err
	}
	var old *Resource
	if found && rev > 0 {
		before, err := readResource(is)
		if err != nil {
			return Kept{}, err
		}
		old = &before
	}
	if r.Redirect == "" {
		r.Redirect = CallbackPath
	}
	if err := s.keepSecrets(&r, t, old); err != nil {
		return Kept{}, err
	}
	if err := s.checkResource(&r, t); err != nil {
		return Kept{}, err
	}
	if r.Auth == WithCertificate && r.Certificate == nil {
		if r.Certificate, err = newCertificate(s.cfg.Seal, r.Name, s.now()); err != nil {
			return Kept{}, err
		}
	}
	return s.put(ctx, by, r, old, rev)
}

// put saves a resource that is right, with the change on record.
func (s *Service) put(ctx context.Context, by signoff.Caller, r Resource, old *Resource, rev int64) (Kept, error) {
	note := store.Change{By: by.Principal, How: by.Recognised(), What: "oauth-resource", Subject: r.Name, After: jsonOf(r.public())}
	if old != nil {
		note.Before = jsonOf(old.public())
	}
	saved, err := s.cfg.Store.SaveOAuthResource(ctx, store.OAuthResource{Name: r.Name, Rev: rev, By: by.Principal, Body: jsonOf(r), Moved: old != nil && r.elsewhere(old)}, note)
	if err != nil {
		return Kept{}, err
	}
	s.forgetResource(r.Name)
	if err := s.cfg.Store.RenewOAuthTokens(ctx, r.Name, s.now()); err != nil {
		return Kept{}, err
	}
	s.wake()
	s.log.InfoContext(ctx, "an OAuth resource was saved", slog.String("resource", r.Name), slog.String("user", string(by.Principal)))
	return s.kept(ctx, saved)
}

func (s *Service) forgetResource(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.resources, name)
	clear(s.providers)
}

// Remove forgets a resource and all its tokens; it takes the server right. It
// refuses one that something signs in with ("oauth-resource-used").
func (s *Service) Remove(ctx context.Context, by signoff.Caller, name string, rev int64) error {
	k, err := s.Resource(ctx, by, name)
	if err != nil {
		return err
	}
	if err := s.unused(ctx, name); err != nil {
		return err
	}
	note := store.Change{By: by.Principal, How: by.Recognised(), What: "oauth-resource", Subject: name, Before: jsonOf(k.Resource)}
	if err := s.cfg.Store.RemoveOAuthResource(ctx, name, rev, note); err != nil {
		return err
	}
	s.Heard(store.Hint{Topic: store.TopicOAuth, Resync: true})
	s.log.InfoContext(ctx, "an OAuth resource was removed", slog.String("resource", name), slog.String("user", string(by.Principal)))
	return nil
}

// unused refuses a resource that something signs in with, naming it.
func (s *Service) unused(ctx context.Context, name string) error {
	if s.cfg.Users == nil {
		return nil
	}
	users, err := s.cfg.Users(ctx, name)
	if err != nil || len(users) == 0 {
		return err
	}
	const told = 5
	more := ""
	if len(users) > told {
		more = fmt.Sprintf(" and %d more", len(users)-told)
		users = users[:told]
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: "oauth-resource-used", Detail: "it is used by " + strings.Join(users, ", ") + more,
		Hint: "let them sign in another way, or remove them, first"}
}

// NewCertificate makes a key and a certificate for a resource; it takes the
// server right. While another one is in use, the new one waits until a check
// finds that the provider knows it.
func (s *Service) NewCertificate(ctx context.Context, by signoff.Caller, name string) (Kept, error) {
	if err := notAllowed(by); err != nil {
		return Kept{}, err
	}
	kept, err := s.find(ctx, name)
	if err != nil {
		return Kept{}, err
	}
	old, err := readResource(kept)
	if err != nil {
		return Kept{}, err
	}
	c, err := newCertificate(s.cfg.Seal, name, s.now())
	if err != nil {
		return Kept{}, err
	}
	r := old
	if r.Certificate == nil {
		r.Certificate = c
	} else {
		r.Next = c
	}
	return s.put(ctx, by, r, &old, kept.Rev)
}

// A Held is a token as people see it: without its secret.
type Held struct {
	ID          int64
	Need        Need
	Title       string // of the resource
	State       State
	Account     string
	Scope       string
	Expires     time.Time // of the access token
	Renewed     time.Time
	Connected   time.Time
	ConnectedBy signoff.Principal
	Used        time.Time // roughly
	Lasting     bool      // it is renewed by itself
	Problem     Problem
}

func (s *Service) held(k *store.OAuthToken, titles map[string]string) Held {
	n, _ := ParseKey(k.Need)
	h := Held{ID: k.ID, Need: n, Title: titles[k.Resource], State: State(k.State), Account: k.Account, Scope: k.Scope, Expires: k.Expires, Renewed: k.Got,
		Connected: k.Connected, ConnectedBy: k.ConnectedBy, Used: k.Used, Lasting: k.Refresh != "" || n.App, Problem: problemOf(k)}
	if h.State == Valid && !h.Lasting {
		h.State = Expiring
	}
	return h
}

func (s *Service) titles(ctx context.Context) (map[string]string, error) {
	list, err := s.cfg.Store.OAuthResources(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, k := range list {
		r, err := readResource(k)
		if err != nil {
			return nil, err
		}
		out[r.Name] = r.Title
	}
	return out, nil
}

// Tokens returns up to limit tokens numbered above after, of one resource unless
// that is ""; it takes the server right.
func (s *Service) Tokens(ctx context.Context, by signoff.Caller, resource string, after int64, limit int) ([]Held, error) {
	if err := notAllowed(by); err != nil {
		return nil, err
	}
	list, err := s.cfg.Store.OAuthTokens(ctx, resource, after, limit)
	if err != nil {
		return nil, err
	}
	titles, err := s.titles(ctx)
	out := make([]Held, 0, len(list))
	for i := range list {
		out = append(out, s.held(&list[i], titles))
	}
	return out, err
}

// Delete forgets a token: one's own, or any with the server right. The provider
// is not told: whoever wants the grant gone takes it back there.
func (s *Service) Delete(ctx context.Context, by signoff.Caller, id int64) error {
	k, err := s.cfg.Store.OAuthTokenByID(ctx, id)
	if err != nil {
		return err
	}
	if by.Principal == "" || k.Owner != string(by.Principal) {
		if err := notAllowed(by); err != nil {
			return err
		}
	}
	note := store.Change{By: by.Principal, How: by.Recognised(), What: "oauth-token", Subject: k.Need,
		Before: jsonOf(map[string]string{"account": k.Account, "state": k.State, "scope": k.Scope})}
	if err := s.cfg.Store.RemoveOAuthToken(ctx, id, note); err != nil {
		return err
	}
	s.forget(k.Need)
	return nil
}

// DeleteMine is Delete for one's own tokens alone: anybody else's is not there.
func (s *Service) DeleteMine(ctx context.Context, by signoff.Caller, id int64) error {
	k, err := s.cfg.Store.OAuthTokenByID(ctx, id)
	if err == nil && k.Owner != string(by.Principal) {
		err = &signoff.Error{Kind: signoff.NotFound, Code: "oauth-token-not-found", Detail: "you have no such connection"}
	}
	if err != nil {
		return err
	}
	return s.Delete(ctx, by, id)
}

// A Wanted is a token that somebody has to bring about.
type Wanted struct {
	Need   Need
	Name   string // of its page, /connect/{name}
	Title  string
	Why    string
	Claims string
	Since  time.Time
}

// Mine returns what a person has connected, and what is wanted of them.
func (s *Service) Mine(ctx context.Context, by signoff.Caller) ([]Held, []Wanted, error) {
	list, err := s.cfg.Store.OAuthTokensOf(ctx, string(by.Principal))
	if err != nil {
		return nil, nil, err
	}
	titles, err := s.titles(ctx)
	if err != nil {
		return nil, nil, err
	}
	held := make([]Held, 0, len(list))
	for i := range list {
		held = append(held, s.held(&list[i], titles))
	}
	wants, err := s.wants(ctx, string(by.Principal), titles)
	return held, wants, err
}

// Wants returns what is wanted of anybody; it takes the server right.
func (s *Service) Wants(ctx context.Context, by signoff.Caller) ([]Wanted, error) {
	if err := notAllowed(by); err != nil {
		return nil, err
	}
	titles, err := s.titles(ctx)
	if err != nil {
		return nil, err
	}
	return s.wants(ctx, "", titles)
}

func (s *Service) wants(ctx context.Context, owner string, titles map[string]string) ([]Wanted, error) {
	list, err := s.cfg.Store.OAuthWants(ctx, owner)
	out := make([]Wanted, 0, len(list))
	for _, w := range list {
		n, _ := ParseKey(w.Need)
		out = append(out, Wanted{Need: n, Name: w.Name, Title: titles[w.Resource], Why: w.Why, Claims: w.Claims, Since: w.Since})
	}
	return out, err
}

// Connectable is a resource that people can connect their accounts to.
type Connectable struct{ Name, Title string }

// Connectables lists them, for anybody who is signed in.
func (s *Service) Connectables(ctx context.Context) ([]Connectable, error) {
	list, err := s.cfg.Store.OAuthResources(ctx)
	if err != nil {
		return nil, err
	}
	out := []Connectable{}
	for _, k := range list {
		a, err := s.ready(ctx, k)
		if err != nil {
			return nil, err
		}
		if a.typ.People {
			out = append(out, Connectable{a.Name, a.Title})
		}
	}
	return out, nil
}
