// Package identity knows who is calling: users, groups and roles, passwords,
// sessions of pages, tokens, who somebody known elsewhere is here, and the
// administration of all that.
//
// It says who somebody is and what they belong to, never what they may do with
// a workflow (package access) or a task (package engine).
//
// Where to start reading:
//
//   - Service.Authenticate puts the caller into a request's context, Who takes it out;
//   - Service.Basic checks a password: throttled (throttle.go), remembered for a
//     short time, hashed a few at a time (password.go);
//   - Trust.Caller takes a bearer token (bearer.go): package trust says whether it
//     is believed, Service.Recognise who that is here (stranger.go);
//   - Service.SignIn begins a page's session with a password, BeginSession one with
//     whatever package signin found out (session.go);
//   - Service.Resolve finds the people an expression or a person named.
package identity

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// Options adjust a Service. The zero value is right for a server without a
// proxy before it.
type Options struct {
	Log *slog.Logger     // nil: discarded
	Now func() time.Time // nil: time.Now

	PublicURL string         // where people reach the server; with https, cookies there are Secure
	Proxies   []netip.Prefix // reverse proxies whose X-Forwarded-For and -Proto are believed

	SessionIdle     time.Duration // a session ends after so long without a request; 0: 12 hours
	SessionLifetime time.Duration // and after so long whatever happens; 0: 7 days

	HashAtOnce int // passwords hashed at the same time, 19 MiB each; 0: half the processors, one at least
	HashQueue  int // sign-ins that may wait for that; 0: 64
}

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SessionIdle <= 0 {
		o.SessionIdle = 12 * time.Hour
	}
	if o.SessionLifetime <= 0 {
		o.SessionLifetime = 7 * 24 * time.Hour
	}
	if o.HashAtOnce <= 0 {
		o.HashAtOnce = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if o.HashQueue <= 0 {
		o.HashQueue = 64
	}
}

// What is kept in memory. A change drops what it touches at once, on other
// servers too as long as they hear each other (see Heard); the times bound how
// long a change made elsewhere goes unseen otherwise.
const (
	rememberFor = 5 * time.Minute
	peopleFor   = 30 * time.Second
)

// Service answers who somebody is. Make it with Open; it may be used from any
// goroutine and has none of its own.
type Service struct {
	store   *store.Store
	log     *slog.Logger
	now     func() time.Time
	public  *url.URL // nil when not known
	proxies []netip.Prefix

	hashing     *hashing
	throttle    *throttle
	macKey      [32]byte                         // of this process; what was remembered dies with it
	remembered  *cache[[32]byte, remembered]     // passwords found right
	members     *cache[int64, member]            // people with their groups
	server      *cache[struct{}, []access.Grant] // rights on the server
	absences    *cache[struct{}, absent]         // of everybody
	standings   *cache[int64, standing]          // where people stand in
	names       *cache[signoff.Principal, signoff.Person]
	resolved    *cache[string, []signoff.Person]
	strangers   *cache[strangerKey, int64] // accounts of people from elsewhere, by all that was said of them
	refusedOnes *cache[strangerKey, error] // those who may not come in
	lookup      atomic.Pointer[GroupLookup]
	elsewhere   atomic.Pointer[Elsewhere] // nil: every password is kept here
	trust       atomic.Pointer[Trust]     // nil: no bearer tokens of others

	pats *cache[[32]byte, store.AccessToken] // personal access tokens, by hash

	flightMu sync.Mutex
	flights  map[flightKey]*flight // passwords being checked now

	meetingMu sync.Mutex
	meetings  map[strangerKey]*meeting // strangers being looked at now

	sessions *scs.SessionManager
	origins  *http.CrossOriginProtection
	local    atomic.Pointer[LocalAccounts] // nil: on
}

// Open returns a Service over the people in st.
func Open(ctx context.Context, st *store.Store, o Options) (*Service, error) {
	o.fill()
	s := &Service{
		store: st, log: o.Log, now: o.Now, proxies: o.Proxies,
		hashing:     newHashing(o.HashAtOnce, o.HashQueue),
		throttle:    newThrottle(o.Now),
		remembered:  newCache[[32]byte, remembered](10_000, rememberFor, o.Now),
		members:     newCache[int64, member](10_000, peopleFor, o.Now),
		server:      newCache[struct{}, []access.Grant](1, peopleFor, o.Now),
		absences:    newCache[struct{}, absent](1, peopleFor, o.Now),
		standings:   newCache[int64, standing](10_000, peopleFor, o.Now),
		names:       newCache[signoff.Principal, signoff.Person](20_000, peopleFor, o.Now),
		resolved:    newCache[string, []signoff.Person](5_000, peopleFor, o.Now),
		strangers:   newCache[strangerKey, int64](10_000, strangersFor, o.Now),
		refusedOnes: newCache[strangerKey, error](1_000, refusedFor, o.Now),
		meetings:    map[strangerKey]*meeting{},
		pats:        newCache[[32]byte, store.AccessToken](10_000, peopleFor, o.Now),
		flights:     map[flightKey]*flight{},
		origins:     http.NewCrossOriginProtection(),
	}
	rand.Read(s.macKey[:])
	s.sessions = newSessions(st, o)
	if err := s.setPublicURL(o.PublicURL); err != nil {
		return nil, err
	}
	kept, err := st.Guesses(ctx, o.Now(), 4*maxCounters)
	if err != nil {
		return nil, err
	}
	s.throttle.load(kept)
	return s, nil
}

func (s *Service) setPublicURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-public-url",
			Detail: "the public URL must look like https://signoff.example.com", Err: err}
	}
	s.public = u
	return s.origins.AddTrustedOrigin(u.Scheme + "://" + u.Host)
}
