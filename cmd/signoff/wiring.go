package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/connector/rest"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/doctor/probe"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/hours"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/k2"
	"github.com/signoffhq/signoff/httpapi/odata"
	"github.com/signoffhq/signoff/httpapi/scimapi"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/inhouse"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/provision"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/contoso"
	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/web"
	"github.com/signoffhq/signoff/worklist"
)

// server is everything that runs in one process.
type server struct {
	log         *slog.Logger
	store       *store.Store
	people      *identity.Service
	directories *directory.Directories
	trust       *identity.Trust // whose bearer tokens are believed
	signin      *signin.Service // signs people in through providers
	library     *library.Library
	runner      *runner.Runner
	objects     serviceObjects // what steps can call; nil: nothing
	services    *catalogue.Service
	hours       *hours.Service
	house       *inhouse.House   // what of this server is offered as services
	oauth       *oauth.Service   // tokens for other systems; nil: none
	post        post             // mail; its zero value sends and reads none
	firm        *contoso.Firm    // the sandbox; nil without
	sandbox     *sandbox.Sandbox // the firm's
	entra       *entra.Server    // likewise
	outside     *outside         // the way to identity providers and directories
	reach       *reach           // the way to databases and HTTP APIs
	files       string           // where SQLite files of services lie
	made        identity.Bootstrapped
	api         *httpapi.Server
	handler     http.Handler
	profiler    string // address of Go's profiler; "": none
	parting     parting
}

// storeFile is the database in the data folder.
const storeFile = "signoff.db"

// database is where the data is kept: what the setting names, or a file.
func (c Config) database() string {
	if c.Store != "" {
		return c.Store.Reveal()
	}
	return filepath.Join(c.Data, storeFile)
}

// open opens the data folder and builds the services over it, lowest first.
func open(ctx context.Context, cfg Config, f serveFlags, log *slog.Logger) (s *server, err error) {
	s = &server{log: log, profiler: cfg.Pprof, parting: parting{drain: cfg.Drain, over: make(chan struct{})}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	key, err := s.openData(ctx, cfg, f)
	if err != nil {
		return s, err
	}
	proxies, err := parseNetworks("proxies", cfg.Proxies)
	if err != nil {
		return s, err
	}
	if s.people, err = identity.Open(ctx, s.store, identity.Options{Log: log, Now: s.store.Now, PublicURL: cfg.URL, Proxies: proxies}); err != nil {
		return s, err
	}
	if f.sandbox {
		if err := s.openSandbox(ctx, &cfg, f); err != nil {
			return s, err
		}
	}
	if s.outside, err = newOutside(cfg.Outside, f.sandbox, s.sandboxCA()...); err != nil {
		return s, err
	}
	if err := s.openTrust(ctx); err != nil {
		return s, err
	}
	if err := s.openSignIn(ctx, cfg, key); err != nil {
		return s, err
	}
	if err := s.openDirectories(ctx, cfg, key); err != nil {
		return s, err
	}
	s.library = library.New(s.store, s.store.Now)
	s.library.Location = time.Local
	if err := s.openOAuth(cfg, key); err != nil {
		return s, err
	}
	if err := s.openServices(cfg, key); err != nil {
		return s, err
	}
	if err := s.firstStart(ctx, cfg, f); err != nil {
		return s, err
	}
	handlers, err := s.openPost(ctx, cfg, key)
	if err != nil {
		return s, err
	}
	allow, err := parseNetworks("calls.allow", cfg.Calls.Allow)
	if err != nil {
		return s, err
	}
	handlers[engine.DoCall] = s.callService(rest.New(func(addr string) error { return mayCall(addr, allow) }))
	s.hours = &hours.Service{Store: s.store, Zone: serverZone(), Now: s.store.Now}
	s.library.HasCalendar = s.hours.Has
	s.runner = runner.New(runner.Config{Store: s.store, Library: s.library, Directory: s.people, Calendars: s.hours, Log: log, Now: s.store.Now,
		Location: time.Local, Node: cfg.node(), Version: version, Handlers: handlers, Patience: callPatience, Standing: s.standing, Present: s.present, InsteadOf: s.people.InsteadOf})
	s.house.Worklist = &worklist.Worklist{Store: s.store, Library: s.library, Runner: s.runner}
	s.house.Mail = s.post.connections.Room
	return s, s.openHTTP(cfg, f)
}

// openData opens the data folder and the store, and returns the key to the
// secrets in them.
func (s *server) openData(ctx context.Context, cfg Config, f serveFlags) (key seal.Key, err error) {
	if err := makeFolder(cfg.Data); err != nil {
		return key, err
	}
	if f.sandbox && cfg.Store == "" {
		if err := markUnfurnished(cfg.Data); err != nil {
			return key, err
		}
	}
	if s.store, err = openStore(ctx, cfg, s.log); err != nil {
		return key, err
	}
	if f.sandbox && cfg.Store != "" {
		if err := s.markEmpty(ctx, cfg.Data); err != nil {
			return key, err
		}
	}
	place, err := keyOf(cfg.Data)
	if err != nil {
		return key, err
	}
	return place.load(ctx, s.store)
}

// openStore opens the data. It waits for a database that cannot be reached yet
// as long as it is set to, asking again less and less often.
func openStore(ctx context.Context, cfg Config, log *slog.Logger) (*store.Store, error) {
	const most = 5 * time.Second
	until := time.Now().Add(cfg.StoreWait)
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, most) {
		st, err := store.Open(ctx, cfg.database(), store.Options{Log: log})
		if err == nil || !store.Away(err) {
			return st, err
		}
		if !time.Now().Before(until) {
			return nil, endsForWant(err)
		}
		log.Warn("waiting for the database", "err", err, "again", wait, "until", until)
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(wait):
		}
	}
}

// endsForWant says of a database that is away what is so at a start: a server
// that runs tries it again by itself, and this one ends.
func endsForWant(err error) error {
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok {
		return err
	}
	said := *e
	said.Hint = "nothing is lost; start the server again when the database is there, or let it wait for it: storewait: 2m in the configuration, or SIGNOFF_STOREWAIT=2m"
	return &said
}

func (s *server) openHTTP(cfg Config, f serveFlags) error {
	api := &httpapi.Server{Identity: s.people, Library: s.library, Runner: s.runner, Log: s.log, Now: s.store.Now, Version: version, NoBasic: !cfg.Basic,
		Public: cfg.URL, Sandbox: s.sandbox != nil, Location: time.Local, Pages: web.Handler(), Ready: s.ready, Stopping: s.parting.over,
		Also: map[string]http.Handler{}}
	s.api, api.Trust, api.Issuers = api, s.trust, s.issuers
	api.Signin, api.Directories, api.Services, api.OAuth, api.Hours = s.signin, s.directories, s.services, s.oauth, s.hours
	api.Doctor = &probe.Prober{Client: s.outside.client, Now: s.store.Now, Loopback: s.outside.local}
	api.K2, api.OData = &k2.Server{HTTP: api, Public: cfg.URL}, &odata.Server{HTTP: api}
	api.Provision = &provision.Service{Store: s.store, People: s.directories.Service, Log: s.log}
	api.Also[scimapi.Base+"/"] = &scimapi.Server{HTTP: api, Provision: api.Provision, Clients: scimapi.Set{Directories: s.directories}, Bearer: s.trust.Caller}
	api.Mail, api.MailConnections = s.post.connections, s.post.connections
	api.Also[graphHookPath] = s.post.hook.handler()
	if s.sandbox != nil {
		api.Also["/sandbox/api/"] = s.sandbox.Handler()
		api.Also["GET /sandbox/api/places"] = s.places()
		api.Also["/sandbox/entra/"] = s.entra.Handler()
		api.Also["/sandbox/exchange/"] = s.firm.Control()
	}
	if f.dev != "" {
		pages, err := web.Dev(f.dev)
		if err != nil {
			return err
		}
		api.Pages = pages
	}
	var err error
	s.handler, err = api.Handler()
	return err
}

// ready tells whether requests should come here: the store answers, and the
// server is not about to stop.
func (s *server) ready(ctx context.Context) error {
	if s.parting.begun.Load() {
		return errStopping
	}
	return s.store.Ping(ctx)
}

// start runs everything that works by itself until ctx ends. The channel gets
// one value when all of it has stopped, and is closed then.
func (s *server) start(ctx context.Context) <-chan error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.runner.Run(ctx) })
	g.Go(func() error { return s.store.RunRetention(ctx) })
	g.Go(func() error { return s.api.Run(ctx) })
	g.Go(func() error { return s.trust.Run(ctx) })
	g.Go(func() error { return s.signin.Run(ctx) })
	g.Go(func() error { return s.directories.Run(ctx) })
	g.Go(func() error { return serveProfiler(ctx, s.profiler, s.log) })
	hints := s.store.Hints(ctx, store.TopicPeople, store.TopicWorkflows, store.TopicSettings, store.TopicMail)
	g.Go(func() error { s.hear(ctx, hints); return nil })
	s.startOAuth(ctx, g)
	s.post.start(ctx, g, s.runner)
	done := make(chan error, 1)
	go func() {
		err := g.Wait()
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		done <- err
		close(done)
	}()
	return done
}

// hear passes on what other servers on the same database say, until hints ends.
func (s *server) hear(ctx context.Context, hints <-chan store.Hint) {
	for h := range hints {
		switch h.Topic {
		case store.TopicPeople:
			s.people.Heard(h)
		case store.TopicWorkflows:
			s.library.Heard(h)
		case store.TopicSettings:
			s.settled(ctx, h)
		case store.TopicMail:
			s.heardNews(ctx, h)
		}
	}
}

// node is what people call this server.
func (c Config) node() string {
	if c.Node != "" {
		return c.Node
	}
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "signoff"
	}
	return name
}

// close gives up what open opened, in reverse.
func (s *server) close() {
	s.post.close()
	if s.signin != nil {
		if err := s.signin.Close(); err != nil {
			s.log.Warn("closing sign-in", "err", err)
		}
	}
	if s.trust != nil {
		if err := s.trust.Close(); err != nil {
			s.log.Warn("closing what is trusted", "err", err)
		}
	}
	if s.oauth != nil {
		if err := s.oauth.Close(); err != nil {
			s.log.Warn("closing tokens", "err", err)
		}
	}
	if s.services != nil {
		if err := s.services.Close(); err != nil {
			s.log.Warn("closing services", "err", err)
		}
	}
	s.outside.close()
	s.reach.close()
	if s.firm != nil {
		if err := s.firm.Close(); err != nil {
			s.log.Warn("closing the sandbox", "err", err)
		}
	}
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			s.log.Error("closing the store", "err", err)
		}
	}
}

// parseNetworks reads the networks a setting lists.
func parseNetworks(key, list string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, badConfig(key+": "+text+" is no network; write 10.0.0.0/8 or, for one address, 10.1.2.3/32", nil)
		}
		all = append(all, p)
	}
	return all, nil
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &signoff.Error{Kind: signoff.Invalid, Code: "data-unusable", Detail: "the data folder " + dir + " cannot be made",
			Hint: "choose another one with --data, or let this account write there", Err: err}
	}
	return nil
}

// firstStart makes the administrator of a new data folder and, in the sandbox,
// the people and workflows to try with.
func (s *server) firstStart(ctx context.Context, cfg Config, f serveFlags) error {
	first := identity.First{Login: cfg.Admin.Login, Name: cfg.Admin.Name, Email: cfg.Admin.Email, Password: cfg.Admin.Password}
	if f.sandbox {
		first = sandboxAdmin(s.sandbox.Addresses().Accounts)
	}
	var err error
	if s.made, err = s.people.Bootstrap(ctx, first); err != nil || !f.sandbox {
		return err
	}
	return s.furnish(ctx, cfg.Data)
}

// announce says where everything is: to a person, and in the sandbox to
// programs through sandbox.json.
func (s *server) announce(out io.Writer, cfg Config, f serveFlags) error {
	url := cfg.URL
	var b strings.Builder
	fmt.Fprintf(&b, "signoff %s\n\n  Pages and API   %s\n  Data folder     %s\n  Data            %s\n", version, url, cfg.Data, strings.TrimPrefix(cfg.where(), "the "))
	if s.made.Made && s.made.Generated != "" {
		fmt.Fprintf(&b, "\n  Administrator   %s\n  Password        %s   (shown this once)\n", s.made.Login, s.made.Generated.Reveal())
	}
	if f.sandbox {
		if err := s.sandboxFile(cfg); err != nil {
			return err
		}
		fmt.Fprint(&b, s.sandboxWords(url))
	}
	fmt.Fprintln(&b, "\nCtrl+C stops it.")
	_, err := io.WriteString(out, b.String())
	return err
}

// sandboxFile writes DIR/sandbox.json, whole or not at all: whoever waits for
// it may read it as soon as it is there.
func (s *server) sandboxFile(cfg Config) error {
	text, err := json.MarshalIndent(sandboxPlaces{Server: cfg.URL, Addresses: s.sandbox.Addresses(), Entra: s.entra.Addresses(), Exchange: s.firm.Addresses()}, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(cfg.Data, "sandbox.json")
	if err := os.WriteFile(name+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
