package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Config is what a Service is made of. Log and Now may be nil.
type Config struct {
	Store    *store.Store
	People   *identity.Service
	Issuers  *identity.Trust // what is trusted for API calls, to sign in with too; nil: nothing
	Client   *http.Client    // the way to providers
	Loopback bool            // providers on this machine may be asked by plain http: for trying
	Seal     seal.Key
	Public   string // where people reach the server: redirect addresses begin with it, whatever a request says
	Log      *slog.Logger
	Now      func() time.Time
}

// Service signs people in. Make it with Open and Close it; it may be used from
// any goroutine.
type Service struct {
	cfg    Config
	public string
	secure bool
	log    *slog.Logger
	now    func() time.Time
	client *http.Client
	keys   *trust.Verifier // trusts nobody; keeps the keys of providers
	limit  limiter

	mu      sync.Mutex // of taking up a setting
	current atomic.Pointer[current]
}

// current is the setting as it was last read.
type current struct {
	rev       int64
	setting   Setting
	providers map[string]*provider
	at        time.Time
}

// settingFor is how long a setting is used should the word of its change get lost.
const settingFor = 30 * time.Second

// Open takes up the setting and returns a Service over it.
func Open(ctx context.Context, cfg Config) (*Service, error) {
	u, err := url.Parse(cfg.Public)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("signin: the public address %q is none", cfg.Public)
	}
	s := &Service{cfg: cfg, public: u.Scheme + "://" + u.Host, secure: u.Scheme == "https", log: cfg.Log, now: cfg.Now, client: noRedirects(cfg.Client)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.limit.now = s.now
	s.keys = trust.New(trust.Config{Client: cfg.Client, Keeper: identity.KeepKeys(cfg.Store), Log: s.log, Now: s.now, Loopback: cfg.Loopback})
	if _, err := s.load(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends what is being asked of providers and waits for it.
func (s *Service) Close() error { return s.keys.Close() }

// Heard takes up a setting that another server saved.
func (s *Service) Heard(ctx context.Context, h store.Hint) {
	if h.Topic != store.TopicSettings || !h.Resync && h.Payload != SettingName {
		return
	}
	if _, err := s.load(ctx); err != nil {
		s.log.Warn("the sign-in setting was not read", slog.Any("err", err))
	}
}

// Run takes up what other servers saved even if the word of it got lost, until
// ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(settingFor)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if _, err := s.load(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("the sign-in setting was not read", slog.Any("err", err))
		}
	}
}

// take returns the setting at work, read anew when that is long ago.
func (s *Service) take(ctx context.Context) (*current, error) {
	if c := s.current.Load(); c != nil && s.now().Sub(c.at) < settingFor {
		return c, nil
	}
	return s.load(ctx)
}

// load reads the setting. Providers that did not change keep what is known of
// them.
func (s *Service) load(ctx context.Context) (*current, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	saved, err := s.cfg.Store.Setting(ctx, SettingName)
	if err != nil {
		return nil, err
	}
	before := s.current.Load()
	if before != nil && before.rev == saved.Rev {
		again := *before
		again.at = s.now()
		s.current.Store(&again)
		return &again, nil
	}
	c := &current{rev: saved.Rev, at: s.now(), providers: map[string]*provider{}}
	if c.setting, err = readSetting(saved); err != nil {
		return nil, err
	}
	for _, p := range c.setting.Providers {
		made, err := s.provider(ctx, p, before)
		if err != nil {
			s.log.Error("a sign-in provider cannot be used", slog.String("provider", p.ID), slog.Any("err", err))
			continue
		}
		c.providers[p.ID] = made
	}
	s.cfg.People.UseLocalAccounts(c.setting.Local)
	s.current.Store(c)
	return c, nil
}

func readSetting(saved store.Setting) (Setting, error) {
	out := Setting{Local: identity.LocalOn}
	if saved.Rev == 0 {
		return out, nil
	}
	if err := json.Unmarshal(saved.Body, &out); err != nil {
		return out, fmt.Errorf("read the setting %s: %w", saved.Name, err)
	}
	return out, nil
}

const secretPurpose = "client secret of a sign-in provider"

func (s *Service) provider(ctx context.Context, p Provider, before *current) (*provider, error) {
	secret, err := s.cfg.Seal.Unlock(secretPurpose, p.Secret)
	if err != nil {
		return nil, fmt.Errorf("its secret cannot be opened with this server's key; enter it again: %w", err)
	}
	made := &provider{Provider: p, secret: secret, trust: s.keys, now: s.now, places: make(chan struct{}, exchanges)}
	if before != nil {
		if old := before.providers[p.ID]; old != nil && old.Issuer == p.Issuer && old.metadataURL() == p.metadataURL() && old.Tenant == p.Tenant {
			made.keys, made.places = old.keys, old.places
			old.mu.Lock()
			made.meta, made.at = old.meta, old.at
			old.mu.Unlock()
			return made, nil
		}
	}
	made.keys = s.keys.KeysOf(ctx, made.profile(), p.Issuer, p.metadataURL())
	return made, nil
}

// Option is a provider as the sign-in page offers it.
type Option struct{ ID, Name, Kind string }

// Options returns what the sign-in page offers to anybody.
func (s *Service) Options(ctx context.Context) (providers []Option, local identity.LocalAccounts, cl *CommandLine, err error) {
	c, err := s.take(ctx)
	if err != nil {
		return nil, "", nil, err
	}
	for _, p := range c.setting.Providers {
		o := Option{p.ID, p.Name, "oidc"}
		if p.Tenant != "" {
			o.Kind = "entra"
		}
		providers = append(providers, o)
	}
	return providers, c.setting.Local, c.setting.CommandLine, nil
}

// byID finds a provider at work.
func (s *Service) byID(ctx context.Context, id string) (*provider, error) {
	c, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	p := c.providers[id]
	if p == nil {
		return nil, &Failure{Code: codeGone, kind: signoff.NotFound, Detail: "this server does not sign people in through that provider",
			Advice: "choose one on the sign-in page", Who: WhoYou}
	}
	return p, nil
}

// Home is the public address, when a request came to the server under another
// name; "" else.
func (s *Service) Home(host string) string {
	if u, err := url.Parse(s.public); err == nil && strings.EqualFold(u.Host, host) {
		return ""
	}
	return s.public
}

// Sealed is a failure on its way to the sign-in page, through the address of a
// redirect: locked, so that nobody else can put words onto that page.
func (s *Service) Sealed(f *Failure) string {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // texts and numbers always encode
	}
	sealed := s.cfg.Seal.Lock(failurePurpose, seal.Secret(text))
	return strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(strings.TrimPrefix(sealed, "v1:"))
}

const failurePurpose = "failed sign-in"

// Unsealed undoes Sealed; nil for what it did not make.
func (s *Service) Unsealed(text string) *Failure {
	if len(text) > 8000 {
		return nil
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	text += strings.Repeat("=", (4-len(text)%4)%4)
	plain, err := s.cfg.Seal.Unlock(failurePurpose, "v1:"+text)
	if err != nil {
		return nil
	}
	var f Failure
	if json.Unmarshal([]byte(plain.Reveal()), &f) != nil {
		return nil
	}
	return &f
}

// FailureOf makes a Failure of whatever went wrong, nil for what is ours.
func FailureOf(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || e.Kind == signoff.Internal {
		return nil
	}
	f := &Failure{Code: e.Code, Detail: e.Detail, Advice: e.Hint, Who: WhoOurs, kind: e.Kind, cause: err}
	return f
}
