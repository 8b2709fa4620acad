// Package contoso puts the sandbox's parts together, as one firm: mail over
// SMTP and IMAP (sandbox), Entra ID and the directory (sandbox/entra), Exchange
// over the same mailboxes (sandbox/exchange), and Graph, EWS and Autodiscover in
// front of it, all at the tenant's https address.
//
// It decides nothing: who may what is the parts' affair. Start reading at
// Start.
package contoso

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/sandbox/exchange"
	"github.com/signoffhq/signoff/sandbox/exchange/ews"
	"github.com/signoffhq/signoff/sandbox/exchange/graph"
)

// Options says where the firm keeps its things and where it listens.
type Options struct {
	Dir   string // mail, certificates, registrations; made when missing
	SMTP  string // loopback address to listen on; "": 127.0.0.1 and a free port
	IMAP  string // likewise
	HTTPS string // likewise
	Keep  bool   // registrations, people and keys survive a restart, as mail does

	Notify *http.Client // delivers Graph's change notifications; nil: to this machine only

	Log *slog.Logger     // nil: says nothing
	Now func() time.Time // nil: the machine's clock
}

// Firm is everything that runs. Close stops it; what is kept stays.
type Firm struct {
	Sandbox  *sandbox.Sandbox
	Entra    *entra.Server
	Exchange *exchange.Exchange
	Graph    *graph.Server
	EWS      *ews.Server

	tenant  atomic.Pointer[entra.Server] // Entra, for requests that come while Start is not over
	control http.Handler
	closers []func() error // last opened first
}

// Start starts everything. An address that is not loopback, or is in use, is
// refused with an *signoff.Error. ctx ends it, as Close does.
func Start(ctx context.Context, opts Options) (*Firm, error) {
	f := &Firm{}
	if err := f.start(ctx, opts); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *Firm) start(ctx context.Context, opts Options) (err error) {
	if f.Sandbox, err = sandbox.Start(ctx, sandbox.Options{Dir: opts.Dir, SMTP: opts.SMTP, IMAP: opts.IMAP, Bearer: f.opensMail, Log: opts.Log, Now: opts.Now}); err != nil {
		return err
	}
	f.opened(f.Sandbox.Close)
	if f.Exchange, err = exchange.Open(ctx, exchange.Options{Sandbox: f.Sandbox, Dir: filepath.Join(opts.Dir, "exchange"), Log: opts.Log, Now: opts.Now}); err != nil {
		return err
	}
	f.opened(f.Exchange.Close)
	if err := f.seed(); err != nil {
		return err
	}
	f.Graph = graph.New(graph.Options{Exchange: f.Exchange, Notify: opts.Notify, Log: opts.Log})
	f.opened(f.Graph.Close)
	f.EWS = &ews.Server{Exchange: f.Exchange, Bearer: f.bearer, Log: opts.Log, Now: opts.Now}
	f.opened(func() error { f.EWS.Close(); return nil })
	f.control = f.controls()
	if f.Entra, err = entra.Open(ctx, entra.Options{Dir: opts.Dir, Listen: opts.HTTPS, Keep: opts.Keep, Also: f.Graph, Log: opts.Log, Now: opts.Now,
		Beside: map[string]http.Handler{"/ews/": f.EWS, "/autodiscover/": f.EWS, "/sandbox/exchange/": f.control}}); err != nil {
		return err
	}
	f.opened(f.Entra.Close)
	f.tenant.Store(f.Entra)
	f.Graph.Join(f.Entra)
	return nil
}

func (f *Firm) opened(closer func() error) {
	f.closers = append([]func() error{closer}, f.closers...)
}

// Close stops everything and waits until nothing runs.
func (f *Firm) Close() error {
	var all []error
	for _, c := range f.closers {
		all = append(all, c())
	}
	f.closers = nil
	return errors.Join(all...)
}

// Control is the page and API of Exchange's faults, rights and limits, below
// /sandbox/exchange/; it is at the https address, too.
func (f *Firm) Control() http.Handler { return f.control }

// ScopedApp is the registration that has no permission in Entra ID, and in
// Exchange those for the mailbox of the workflow server.
func ScopedApp() entra.Registration { return registration("Contoso Scoped Mail Service") }

// MailApp is the registration for mail, with permissions for every mailbox.
func MailApp() entra.Registration { return registration("Contoso Mail Service") }

func registration(name string) entra.Registration {
	for _, r := range entra.Registrations() {
		if r.Name == name {
			return r
		}
	}
	panic("no registration " + name) // of the tenant's own list
}

// seed grants what an administrator would have granted.
func (f *Firm) seed() error {
	if err := f.Exchange.Grant(exchange.Grant{Right: exchange.FullAccess, Mailbox: "workflow", To: MailApp().ClientID}); err != nil {
		return err
	}
	for _, right := range []string{exchange.AppMailSend, exchange.AppMailReadWrite, exchange.AppEWS, exchange.AppSMTP, exchange.AppIMAP, exchange.AppMailboxSettings, exchange.AppCalendars, exchange.AppContacts} {
		if err := f.Exchange.Grant(exchange.Grant{Right: right, Mailbox: "workflow", To: ScopedApp().ClientID}); err != nil {
			return err
		}
	}
	return nil
}

// bearer reads a token for EWS.
func (f *Firm) bearer(_ context.Context, token string) (ews.Caller, error) {
	tenant := f.tenant.Load()
	if tenant == nil {
		return ews.Caller{}, ews.ErrTokenIssuer
	}
	c, err := tenant.ExchangeCaller(token)
	if err != nil {
		return ews.Caller{}, inExchangesWords(err)
	}
	return ews.Caller{App: c.Client, Address: c.Login, Scopes: c.Scopes, Roles: c.Roles}, nil
}

// doors are what SMTP and IMAP ask of a token.
var doors = map[string]struct{ scope, role, right string }{
	"smtp": {"SMTP.Send", "SMTP.SendAsApp", exchange.AppSMTP},
	"imap": {"IMAP.AccessAsUser.All", "IMAP.AccessAsApp", exchange.AppIMAP},
}

// opensMail tells whether a token opens a mailbox over SMTP or IMAP: a person's
// their own, or one they have FullAccess to; an application's those that it was
// given FullAccess to besides its role, or a right of RBAC for Applications.
func (f *Firm) opensMail(door, account, token string) bool {
	tenant, need := f.tenant.Load(), doors[door]
	if tenant == nil {
		return false
	}
	c, err := tenant.ExchangeCaller(token)
	if err != nil {
		return false
	}
	if c.User == "" {
		return slices.Contains(c.Roles, need.role) && f.Exchange.Has(exchange.FullAccess, account, c.Client) || f.Exchange.Has(need.right, account, c.Client)
	}
	own, ours := sandbox.Resolve(c.Login)
	return slices.Contains(c.Scopes, need.scope) && ours && (own == account || f.Exchange.Has(exchange.FullAccess, account, own))
}

func inExchangesWords(err error) error {
	for _, w := range []struct {
		of error
		is *ews.TokenError
	}{{entra.ErrTokenExpired, ews.ErrTokenExpired}, {entra.ErrTokenAudience, ews.ErrTokenAudience}, {entra.ErrTokenSignature, ews.ErrTokenSignature}, {entra.ErrTokenUser, ews.ErrTokenUser}} {
		if errors.Is(err, w.of) {
			return w.is
		}
	}
	return ews.ErrTokenMalformed
}

// Addresses is the firm's part of sandbox.json besides mail and Entra ID.
type Addresses struct {
	Graph        string `json:"graph"`
	EWS          string `json:"ews"`
	Autodiscover string `json:"autodiscover"`
	Control      string `json:"control"`
	MailApp      string `json:"mailApp"`   // client ID: permissions for every mailbox
	ScopedApp    string `json:"scopedApp"` // client ID: rights on one mailbox
}

// Addresses tells where everything is.
func (f *Firm) Addresses() Addresses {
	base := f.Entra.URL()
	return Addresses{Graph: base + "/v1.0", EWS: base + "/EWS/Exchange.asmx", Autodiscover: base + "/autodiscover/autodiscover.xml",
		Control: base + "/sandbox/exchange/", MailApp: MailApp().ClientID, ScopedApp: ScopedApp().ClientID}
}
