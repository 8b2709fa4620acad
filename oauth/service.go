package oauth

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Config is what a Service is made of. Log, Now and Announcer may be nil.
type Config struct {
	Store     *store.Store
	Client    *http.Client // the way to providers
	Calls     *http.Client // the way to the systems that tokens are for; nil: Client
	Loopback  bool         // providers on this machine may be asked by plain http: for trying
	Seal      seal.Key
	Public    string // where people reach the server: redirect addresses begin with it
	Announcer Announcer
	Patience  time.Duration // before somebody gets a mail: they may just be connecting; 0: a minute
	// Users tells what signs in with tokens of a resource, as people call it ("the
	// service Office"); nil: nothing does.
	Users func(ctx context.Context, resource string) ([]string, error)
	// Owns tells whether an account, as a provider calls it, is a person's own; nil:
	// of nobody's that is known. With a device code people connect theirs alone.
	Owns func(ctx context.Context, who signoff.Principal, account string) (bool, error)
	// MayAct refuses a person who may not act any more: what they connected is not
	// used then. nil: everybody may.
	MayAct func(ctx context.Context, who signoff.Principal) error
	Log    *slog.Logger
	Now    func() time.Time // nil: the store's
}

// Service gets and keeps tokens. Make it with Open, let it Run, and Close it; it
// may be used from any goroutine.
type Service struct {
	cfg    Config
	public string
	log    *slog.Logger
	now    func() time.Time
	client *http.Client
	holder string // this process, among those that renew tokens
	kick   chan struct{}
	asking singleflight.Group
	places chan struct{} // one for each token being renewed

	running sync.WaitGroup
	ending  context.Context // of what is under way, when Close has waited long enough
	end     context.CancelFunc

	mu        sync.Mutex
	closed    bool
	cache     map[string]cached // by need
	wanted    map[string]time.Time
	resources map[string]keptResource
	providers map[string]known // by address of their metadata
	types     []Type           // own ones; nil: not read
	typesAt   time.Time
	codes     map[signoff.Principal]codes // device codes asked for lately
	hooks     []func(context.Context, Need)
}

// Limits of what is done and kept in memory.
const (
	renewals  = 16 // at a time
	maxCached = 20_000
)

// Open returns a Service. Nothing is asked of anybody yet.
func Open(cfg Config) (*Service, error) {
	u, err := url.Parse(cfg.Public)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("oauth: the public address %q is none", cfg.Public)
	}
	s := &Service{cfg: cfg, public: u.Scheme + "://" + u.Host, log: cfg.Log, now: cfg.Now, client: noRedirects(cfg.Client), holder: rand.Text(),
		kick: make(chan struct{}, 1), places: make(chan struct{}, renewals), cache: map[string]cached{}, wanted: map[string]time.Time{},
		resources: map[string]keptResource{}, providers: map[string]known{}, codes: map[signoff.Principal]codes{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = cfg.Store.Now
	}
	if s.cfg.Patience == 0 {
		s.cfg.Patience = announceAfter
	}
	s.ending, s.end = context.WithCancel(context.Background())
	return s, nil
}

// closeWait is how long Close waits for tokens that are being renewed: an answer
// that is not kept may be a grant that is lost.
const closeWait = askFor + 5*time.Second

// Close lets no more renewals begin, and waits for those under way.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	late := time.NewTimer(closeWait)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	}
	s.end()
	<-done
	return nil
}

// spawn runs what Close waits for, and nothing once that was called.
func (s *Service) spawn(do func(context.Context)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Go(func() { do(s.ending) })
	return true
}

// OnConnected has f called on this node each time a token can be used that could
// not be before. Other nodes hear of it as store.TopicConnected. It is to be
// called before Run.
func (s *Service) OnConnected(f func(context.Context, Need)) { s.hooks = append(s.hooks, f) }

// connected tells everybody who waits for a token.
func (s *Service) connected(ctx context.Context, n Need) {
	s.forget(n.Key())
	s.cfg.Store.Publish(store.TopicOAuth, n.Key())
	s.cfg.Store.Publish(store.TopicConnected, n.Key())
	for _, f := range s.hooks {
		f(ctx, n)
	}
}

// Heard takes up what another node did.
func (s *Service) Heard(h store.Hint) {
	if h.Topic != store.TopicOAuth && !(h.Topic == store.TopicSettings && (h.Resync || h.Payload == TypesSetting)) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.Topic == store.TopicSettings {
		s.types = nil
		clear(s.resources)
		return
	}
	if h.Resync || h.Payload == "" {
		clear(s.cache)
		clear(s.resources)
		return
	}
	delete(s.cache, h.Payload)
	delete(s.resources, h.Payload)
}

// forget drops what is known of a token.
func (s *Service) forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cache, key)
}

// keptResource is a resource as it was last read.
type keptResource struct {
	at   *at
	read time.Time
}

// knownFor is how long what was read of the store is used should the word of its
// change get lost.
const knownFor = 15 * time.Second

var noResource = &signoff.Error{Kind: signoff.NotFound, Code: "oauth-resource-not-found", Detail: "there is no OAuth resource of that name"}

// find reads a resource as it is kept ("oauth-resource-not-found").
func (s *Service) find(ctx context.Context, name string) (store.OAuthResource, error) {
	kept, found, err := s.cfg.Store.OAuthResource(ctx, name)
	if err == nil && !found {
		err = noResource
	}
	return kept, err
}

// resource returns a resource with its type ("oauth-resource-not-found").
func (s *Service) resource(ctx context.Context, name string) (*at, error) {
	s.mu.Lock()
	k, now := s.resources[name], s.now()
	s.mu.Unlock()
	if k.at != nil && now.Sub(k.read) < knownFor {
		return k.at, nil
	}
	kept, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	a, err := s.ready(ctx, kept)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resources[name] = keptResource{a, now}
	return a, nil
}

// ready makes a resource of what is kept.
func (s *Service) ready(ctx context.Context, kept store.OAuthResource) (*at, error) {
	r, err := readResource(kept)
	if err != nil {
		return nil, err
	}
	t, err := s.typeNamed(ctx, r.Type)
	if err != nil {
		return nil, err
	}
	return &at{Resource: r, typ: t, rev: kept.Rev, key: s.cfg.Seal}, nil
}
