package entra

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/sandbox"
)

// Options says where the sandbox's Entra ID listens and what it keeps.
type Options struct {
	Dir    string // the sandbox's CA, and what Keep keeps; made when missing
	Listen string // loopback address; "": 127.0.0.1 and a free port
	Keep   bool   // registrations, people, grants, keys and faults survive a restart

	// Also answers requests below /v1.0/ that are not of the directory: the
	// mail and calendar part of a sandboxed Graph. nil: Graph's 404.
	Also http.Handler

	// Beside are other services at the same address, by the beginning of
	// their paths, in lower case: "/ews/". A path of a tenant is never theirs.
	Beside map[string]http.Handler

	Log *slog.Logger     // nil: says nothing
	Now func() time.Time // nil: the machine's clock
}

// Server is the running sandbox tenant. Close stops it.
type Server struct {
	log    *slog.Logger
	clock  func() time.Time
	base   string // https://localhost:port, without a slash at the end
	caFile string
	roots  *x509.CertPool
	also   http.Handler
	beside map[string]http.Handler

	dir    *directory
	keys   *keyring
	faults *faults
	mem    *memory
	sealer sealer
	pages  *pages
	http   http.Handler

	server   *http.Server
	listener net.Listener
	serving  sync.WaitGroup
	stop     context.CancelFunc // ends what a slow provider holds back
	closing  sync.Once
	closeErr error
}

// Open listens and serves until Close, or until ctx ends. An address that is
// not loopback, or is in use, is refused with an *signoff.Error.
func Open(ctx context.Context, opts Options) (*Server, error) {
	s := &Server{log: opts.Log, clock: opts.Now, also: opts.Also, beside: opts.Beside, mem: newMemory(), faults: &faults{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	settings, caFile, err := sandbox.Certificates(opts.Dir, s.clock())
	if err != nil {
		return nil, err
	}
	s.caFile, s.roots = caFile, x509.NewCertPool()
	ca, err := os.ReadFile(caFile)
	if err != nil || !s.roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("sandbox certificate authority: %w", errors.Join(err, errors.New("no certificate in "+caFile)))
	}
	if s.listener, err = listen(ctx, opts.Listen); err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	s.base = "https://localhost:" + port
	if err := s.load(opts.Dir, opts.Keep); err != nil {
		s.listener.Close()
		return nil, err
	}
	s.pages = newPages()
	s.http = s.routes()
	s.serve(ctx, settings)
	return s, nil
}

func (s *Server) serve(ctx context.Context, settings *tls.Config) {
	base, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.server = &http.Server{
		Handler: s.http, TLSConfig: s.faults.certificates(settings, s.now()), BaseContext: func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	s.serving.Go(func() {
		if err := s.server.ServeTLS(s.listener, "", ""); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("sandbox entra ended", "err", err)
		}
	})
	context.AfterFunc(ctx, func() { s.Close() })
}

// listen opens a loopback address.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-address",
			Detail: fmt.Sprintf("the sandbox's https address %q is not of the form host:port", addr), Err: err}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "sandbox-not-loopback",
			Detail: fmt.Sprintf("the sandbox's https server may listen on this machine only, not on %q", host),
			Hint:   "use 127.0.0.1 and a port"}
	}
	var cfg net.ListenConfig
	ln, err := cfg.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &signoff.Error{Kind: signoff.Conflict, Code: "address-in-use",
			Detail: fmt.Sprintf("the sandbox's https address %s is in use by another program", addr),
			Hint:   "stop the other program, or choose another port (0 takes a free one)", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("listen for https on %s: %w", addr, err)
	}
	return ln, nil
}

// Handler is everything the server answers, for those who serve it themselves.
func (s *Server) Handler() http.Handler { return s.http }

// URL is where the server is, https and without a slash at the end.
func (s *Server) URL() string { return s.base }

// Close stops the server at once; requests under way are cut off.
func (s *Server) Close() error {
	s.closing.Do(func() {
		s.stop()
		s.closeErr = s.server.Close()
		s.listener.Close() // a server that had not begun to serve does not know its listener
		s.serving.Wait()
	})
	return s.closeErr
}

// now is the tenant's clock, which a fault can put wrong.
func (s *Server) now() time.Time { return s.clock().Add(s.faults.clockOffset()).UTC() }

// Addresses is this server's part of sandbox.json.
type Addresses struct {
	URL           string            `json:"url"`
	CAFile        string            `json:"caFile"` // the certificate to trust, PEM
	Tenant        string            `json:"tenant"` // id
	Domain        string            `json:"domain"`
	Issuers       map[string]string `json:"issuers"` // by token version, "1.0" and "2.0"
	Metadata      map[string]string `json:"metadata"`
	Federation    string            `json:"federationMetadata"`
	Graph         string            `json:"graph"`
	Control       string            `json:"control"` // page of registrations; faults are below it
	Registrations []Registration    `json:"registrations"`
	Accounts      []Person          `json:"accounts"`
	Partner       Partner           `json:"partner"`
}

// Partner is a second tenant, for applications that are registered for more
// than one.
type Partner struct {
	Tenant   string   `json:"tenant"` // id
	Domain   string   `json:"domain"`
	Accounts []Person `json:"accounts"`
}

// Person is somebody who can sign in.
type Person struct {
	ID       string `json:"id"` // object id
	Login    string `json:"login"`
	Name     string `json:"name"`
	Password string `json:"password"`
	Admin    bool   `json:"admin"`
}

func (u *user) known() Person {
	return Person{u.ID, u.UserPrincipalName, u.DisplayName, u.Password, u.Admin}
}

// Addresses tells where everything is.
func (s *Server) Addresses() Addresses {
	a := Addresses{URL: s.base, CAFile: s.caFile, Tenant: TenantID, Domain: sandbox.Domain,
		Issuers: map[string]string{"1.0": s.issuer(1, TenantID), "2.0": s.issuer(2, TenantID)},
		Metadata: map[string]string{"1.0": s.base + "/" + TenantID + "/.well-known/openid-configuration",
			"2.0": s.base + "/" + TenantID + "/v2.0/.well-known/openid-configuration"},
		Federation: s.base + "/" + TenantID + "/FederationMetadata/2007-06/FederationMetadata.xml",
		Graph:      s.base + "/v1.0", Control: s.base + "/sandbox/entra/", Registrations: Registrations(),
		Partner: Partner{Tenant: PartnerTenantID, Domain: partnerDomain}}
	look(s.dir, func(t *tables) bool {
		for _, u := range t.Users {
			if len(a.Accounts) < 100 {
				a.Accounts = append(a.Accounts, u.known())
			}
		}
		for _, u := range t.partners {
			a.Partner.Accounts = append(a.Partner.Accounts, u.known())
		}
		return true
	})
	return a
}

// issuer is who tokens of a version say they are from. Version 1.0 has the
// slash at the end and 2.0 has none, as with Entra; the host is this server's.
func (s *Server) issuer(version int, tenant string) string {
	if version == 1 {
		return s.base + "/" + tenant + "/"
	}
	return s.base + "/" + tenant + "/v2.0"
}
