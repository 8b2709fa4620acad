package signin

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Kept is the setting as administrators see it: without secrets.
type Kept struct {
	Setting
	Rev    int64
	Secret map[string]bool // providers that have one, by id
	Public string          // what redirect addresses begin with
}

// Wanted is the setting as an administrator wants it. A provider's Secret is
// what to keep from now on, in the clear; "" keeps the one there is.
type Wanted struct {
	Setting
	Rev      int64    // the one they saw
	NoSecret []string // providers whose secret is to be forgotten, by id
}

func notAllowed(by signoff.Caller) error { return access.May(by, access.Server, nil).Err() }

// Setting returns the setting; it takes the server right.
func (s *Service) Setting(ctx context.Context, by signoff.Caller) (Kept, error) {
	if err := notAllowed(by); err != nil {
		return Kept{}, err
	}
	c, err := s.load(ctx)
	if err != nil {
		return Kept{}, err
	}
	return s.kept(c.setting, c.rev), nil
}

// Saved returns the setting as it is kept, with who saved it when.
func (s *Service) Saved(ctx context.Context) (store.Setting, error) {
	return s.cfg.Store.Setting(ctx, SettingName)
}

func (s *Service) kept(set Setting, rev int64) Kept {
	k := Kept{Setting: set.public(), Rev: rev, Secret: map[string]bool{}, Public: s.public}
	for _, p := range set.Providers {
		k.Secret[p.ID] = p.Secret != ""
	}
	return k
}

// public is the setting without secrets.
func (s Setting) public() Setting {
	s.Providers = slices.Clone(s.Providers)
	for i := range s.Providers {
		s.Providers[i].Secret = ""
	}
	return s
}

// Save replaces the setting, on all servers at once; it takes the server right.
// It refuses what is not right ("bad-signin", with every mistake), a setting
// that somebody else saved meanwhile ("setting-changed"), and to leave the
// server without a way in for an administrator ("local-accounts-needed").
func (s *Service) Save(ctx context.Context, by signoff.Caller, w Wanted) (Kept, error) {
	if err := notAllowed(by); err != nil {
		return Kept{}, err
	}
	is, err := s.cfg.Store.Setting(ctx, SettingName)
	if err != nil {
		return Kept{}, err
	}
	before, err := readSetting(is)
	if err != nil {
		return Kept{}, err
	}
	set := w.Setting
	set.Providers = slices.Clone(set.Providers)
	for i := range set.Providers {
		p := &set.Providers[i]
		fill(p)
		if err := s.keepSecret(p, before.find(p.ID), slices.Contains(w.NoSecret, p.ID)); err != nil {
			return Kept{}, err
		}
	}
	if err := set.check(s.keys.Usable); err != nil {
		return Kept{}, err
	}
	if err := s.mayLockOut(ctx, &before, &set); err != nil {
		return Kept{}, err
	}
	body, err := json.Marshal(set)
	if err != nil {
		return Kept{}, err
	}
	note := store.Change{By: by.Principal, How: by.Recognised(), What: SettingName, Subject: SettingName}
	if is.Rev > 0 {
		note.Before = noteOf(before)
	}
	note.After = noteOf(set)
	saved, err := s.cfg.Store.SaveSetting(ctx, store.Setting{Name: SettingName, Rev: w.Rev, By: by.Principal, Body: body}, note)
	if err != nil {
		return Kept{}, err
	}
	if _, err := s.load(ctx); err != nil {
		return Kept{}, err
	}
	if err := s.endRemoved(ctx, &before, &set); err != nil {
		return Kept{}, err
	}
	s.log.InfoContext(ctx, "how people sign in was changed", slog.String("user", string(by.Principal)))
	return s.kept(set, saved.Rev), nil
}

// endRemoved ends the sessions begun through providers that vouch for nobody any
// more: those taken out, and those that are somebody else's by now.
func (s *Service) endRemoved(ctx context.Context, before, now *Setting) error {
	for _, p := range before.Providers {
		if is := now.find(p.ID); is != nil && is.Issuer == p.Issuer {
			continue
		}
		n, err := s.cfg.Store.EndSessionsThrough(ctx, p.ID)
		if err != nil {
			return err
		}
		s.log.InfoContext(ctx, "sessions ended with their provider", slog.String("provider", p.ID), slog.Int64("sessions", n))
	}
	return nil
}

// noteOf is the setting for the record of changes: without secrets, but with
// whether there is one.
func noteOf(set Setting) []byte {
	set = set.public()
	text, err := json.Marshal(set)
	if err != nil {
		panic(err) // texts always encode
	}
	return text
}

// fill puts in what is usual.
func fill(p *Provider) {
	p.Newcomers = cmp.Or(p.Newcomers, identity.NewcomersAsk)
	if len(p.Scopes) == 0 {
		p.Scopes = []string{"openid", "profile", "email"}
	}
	p.Redirect = cmp.Or(p.Redirect, CallbackPath+"/"+p.ID)
}

// keepSecret locks a new secret or keeps the one there is, as long as it goes to
// the same place: one entered for a provider must not be sent to another.
func (s *Service) keepSecret(p, old *Provider, forget bool) error {
	switch {
	case len(p.Secret) > maxSecret || strings.ContainsAny(p.Secret, "\r\n\x00"):
		return badSecret("the secret is at most 2000 characters on one line")
	case signoff.IsGUID(strings.ToLower(p.Secret)) && p.Tenant != "":
		return badSecret("this is the id of a secret, not the secret: copy the column Value, which Entra shows once, when the secret is made")
	case p.Secret != "":
		p.Secret = s.cfg.Seal.Lock(secretPurpose, seal.Secret(p.Secret))
	case forget || old == nil || old.Secret == "":
	case old.Issuer != p.Issuer || old.metadataURL() != p.metadataURL():
		return badSecret("enter the secret again: the provider's address is another, and the old secret is not sent there")
	default:
		p.Secret = old.Secret
	}
	return nil
}

func badSecret(detail string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-signin", Detail: detail, Fields: []signoff.FieldError{{Field: "secret", Detail: detail}}}
}

// mayLockOut refuses to switch local accounts off, or to change what people
// sign in with while they are off, unless an administrator is signed in through
// a provider that stays as it is: that way in is known to work.
func (s *Service) mayLockOut(ctx context.Context, before, after *Setting) error {
	if after.Local != identity.LocalOff {
		return nil
	}
	used, err := s.cfg.Store.ProvidersInUse(ctx, s.now())
	if err != nil {
		return err
	}
	for id, issuer := range used {
		was, is := before.find(id), after.find(id)
		if was != nil && is != nil && is.Issuer == issuer && was.Issuer == issuer && was.ClientID == is.ClientID &&
			was.metadataURL() == is.metadataURL() && was.Redirect == is.Redirect && was.Secret == is.Secret {
			return nil
		}
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: "local-accounts-needed",
		Detail: "no administrator is signed in through a provider that stays as it is, so that without local accounts perhaps nobody could sign in any more",
		Hint:   "sign in through the provider as an administrator first, then switch local accounts off; or leave them on for administrators"}
}

// An Addition is a provider to be added, from what people have at hand.
type Addition struct {
	Trust         string // name of an entry that is trusted for API calls
	From          string // or else: tenant id or domain, metadata address, issuer
	Name          string // "": made up
	ClientID      string
	Secret        string
	Scopes        []string
	Newcomers     identity.Newcomers
	LinkByAddress bool
}

// Add adds a provider in one step: it finds out the rest from the provider
// itself. Refusals are those of Save, and "issuer-not-found".
func (s *Service) Add(ctx context.Context, by signoff.Caller, a Addition) (Kept, string, error) {
	if err := notAllowed(by); err != nil {
		return Kept{}, "", err
	}
	is, err := s.meant(ctx, by, a)
	if err != nil {
		return Kept{}, "", err
	}
	p, err := s.proposed(ctx, is)
	if err != nil {
		return Kept{}, "", err
	}
	saved, err := s.cfg.Store.Setting(ctx, SettingName)
	if err != nil {
		return Kept{}, "", err
	}
	set, err := readSetting(saved)
	if err != nil {
		return Kept{}, "", err
	}
	p.Name = cmp.Or(strings.TrimSpace(a.Name), is.Name, p.Name)
	p.ID = set.freeID(p.Name)
	p.ClientID, p.Secret, p.Scopes, p.Newcomers, p.LinkByAddress = strings.TrimSpace(a.ClientID), a.Secret, a.Scopes, a.Newcomers, a.LinkByAddress
	p.Redirect = set.freeRedirect(p.ID)
	set.Providers = append(set.Providers, p)
	// The secrets of the others stay as they are: they are found by id.
	k, err := s.Save(ctx, by, Wanted{Setting: set.public().with(p), Rev: saved.Rev})
	return k, p.ID, err
}

// meant finds the issuer that an addition speaks of.
func (s *Service) meant(ctx context.Context, by signoff.Caller, a Addition) (*trust.Issuer, error) {
	if a.Trust == "" {
		if s.cfg.Issuers == nil {
			p, err := s.keys.Propose(ctx, strings.TrimSpace(a.From), trust.Issuer{})
			return &p.Issuer, err
		}
		p, _, err := s.cfg.Issuers.Propose(ctx, by, strings.TrimSpace(a.From), trust.Issuer{})
		return &p.Issuer, err
	}
	if s.cfg.Issuers != nil {
		state, _, err := s.cfg.Issuers.State(ctx, by)
		if err != nil {
			return nil, err
		}
		for _, is := range state.Value.Issuers {
			if is.Name == a.Trust {
				return &is.Issuer, nil
			}
		}
	}
	return nil, &signoff.Error{Kind: signoff.Invalid, Code: "issuer-not-found", Detail: "no issuer of that name is trusted"}
}

// with puts in the one provider whose secret is in the clear.
func (s Setting) with(p Provider) Setting {
	s.Providers[len(s.Providers)-1] = p
	return s
}

// proposed is the provider of an issuer: for Entra, its version 2.0 of one
// tenant.
func (s *Service) proposed(ctx context.Context, is *trust.Issuer) (Provider, error) {
	issuer, metadata, tenant, err := is.SignIn()
	if err != nil {
		return Provider{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-signin", Detail: err.Error()}
	}
	raw, err := s.keys.Metadata(ctx, metadata, issuer)
	if err == nil {
		_, err = readMetadata(raw, s.keys.Usable)
	}
	if err != nil {
		return Provider{}, &signoff.Error{Kind: signoff.Invalid, Code: "issuer-not-found", Detail: fmt.Sprintf("people cannot be signed in there: %v", err), Err: err}
	}
	p := Provider{Name: "Sign-in", Tenant: tenant, Issuer: issuer}
	if metadata != p.metadataURL() {
		p.MetadataURL = metadata
	}
	return p, nil
}

func newName() string { return rand.Text() }

// readUnverified reads the claims of a JWT that is not believed.
func readUnverified(raw string, into any) error {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || len(raw) > trust.MaxTokenBytes {
		return errors.New("it is no signed JWT")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return errors.New("its claims are not encoded as JWTs are")
	}
	return json.Unmarshal(text, into)
}
