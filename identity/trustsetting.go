package identity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/store"
)

// TrustedIssuer is one entry of the setting: whose tokens are believed, and what
// becomes of people nobody here knows.
type TrustedIssuer struct {
	trust.Issuer
	Newcomers     Newcomers `json:"newcomers"`
	LinkByAddress bool      `json:"linkByAddress,omitempty"` // a proven address finds an existing person
}

// TrustSetting is all that is trusted.
type TrustSetting struct {
	Issuers []TrustedIssuer `json:"issuers"`
}

func (set TrustSetting) plain() []trust.Issuer {
	out := make([]trust.Issuer, 0, len(set.Issuers))
	for _, is := range set.Issuers {
		out = append(out, is.Issuer)
	}
	return out
}

// trustName is the setting's name.
const trustName = "trust"

// lookAgain is how often it is seen to that what was saved is in force, for the
// case that the word of another node was lost.
const lookAgain = 30 * time.Second

// Trust is which issuers this server believes, as administrators set it. Every
// node takes a change up at once. Make it with OpenTrust, let Run run, and Close
// it.
type Trust struct {
	people   *Service
	store    *store.Store
	verifier *trust.Verifier
	log      *slog.Logger
	vouched  *cache[*trust.Accepted, vouched]

	// Elsewhere says for what people typed in Propose whether it is in an Entra
	// of its own, and where that is; nil: there is none. Set it before the first
	// request.
	Elsewhere func(text string) (trust.Issuer, bool)

	loading sync.Mutex
	now     atomic.Pointer[inForce]
}

// inForce is the setting as it is obeyed.
type inForce struct {
	TrustState
	entries map[string]TrustedIssuer
	failed  string // what was saved and could not be taken up; "" nothing
}

// TrustState is the setting with when it was saved.
type TrustState struct {
	store.Setting
	Value TrustSetting
}

// OpenTrust takes up what is trusted, and makes people's bearer tokens work.
// The configuration's Keeper is the store when it has none.
func OpenTrust(ctx context.Context, people *Service, cfg trust.Config) (*Trust, error) {
	if cfg.Keeper == nil {
		cfg.Keeper = keptKeys{people.store}
	}
	if cfg.Now == nil {
		cfg.Now = people.now
	}
	if cfg.Log == nil {
		cfg.Log = people.log
	}
	t := &Trust{people: people, store: people.store, log: people.log, verifier: trust.New(cfg),
		vouched: newCache[*trust.Accepted, vouched](10_000, time.Hour, people.now)}
	t.now.Store(&inForce{})
	if err := t.load(ctx); err != nil {
		t.verifier.Close()
		return nil, err
	}
	people.trust.Store(t)
	return t, nil
}

// Close ends what is under way.
func (t *Trust) Close() error {
	t.people.trust.CompareAndSwap(t, nil)
	return t.verifier.Close()
}

// Run keeps keys fresh, and the setting up to date, until ctx ends.
func (t *Trust) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = t.verifier.Run(ctx) // ends with ctx
	}()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			<-done
			return ctx.Err()
		case <-tick.C:
			t.reload(ctx)
		}
	}
}

// Heard takes up what another server saved.
func (t *Trust) Heard(ctx context.Context, h store.Hint) {
	if h.Resync || h.Payload == trustName {
		t.reload(ctx)
	}
}

func (t *Trust) reload(ctx context.Context) {
	if err := t.load(ctx); err != nil && ctx.Err() == nil {
		t.log.Warn("setting not read", slog.String("setting", trustName), slog.Any("err", err))
	}
}

// load obeys what is saved. A setting this server cannot obey, written by a
// newer one perhaps, is told and leaves what was obeyed before.
func (t *Trust) load(ctx context.Context) error {
	t.loading.Lock()
	defer t.loading.Unlock()
	saved, err := t.store.Setting(ctx, trustName)
	if err != nil {
		return err
	}
	if is := t.now.Load(); saved.Rev == is.Rev {
		return nil
	}
	var set TrustSetting
	if err = json.Unmarshal(saved.Body, &set); err == nil {
		err = t.verifier.Replace(ctx, set.plain())
	}
	if err != nil {
		is := *t.now.Load()
		is.TrustState.Setting = saved
		is.failed = "what was saved cannot be obeyed by this server, which goes on with what was set before: " + err.Error()
		t.now.Store(&is)
		t.log.Error("setting not taken up", slog.String("setting", trustName), slog.Any("err", err))
		return nil
	}
	t.take(TrustState{saved, set})
	return nil
}

func (t *Trust) take(state TrustState) {
	next := &inForce{TrustState: state, entries: map[string]TrustedIssuer{}}
	for _, is := range state.Value.Issuers {
		next.entries[is.Name] = is
	}
	t.now.Store(next)
	t.vouched.clear()
}

// Issuers lists whose tokens are believed: what any client may know.
func (t *Trust) Issuers() []TrustedIssuer { return t.now.Load().Value.Issuers }

// entry is the entry of that name. One that was taken out in this very moment
// lets nobody new in.
func (t *Trust) entry(name string) TrustedIssuer {
	if is, ok := t.now.Load().entries[name]; ok {
		return is
	}
	return TrustedIssuer{Newcomers: NewcomersRefuse}
}

// State returns what is trusted, and why it could not be taken up if so; it
// takes the server right, as everything below.
func (t *Trust) State(ctx context.Context, by signoff.Caller) (state TrustState, failed string, err error) {
	if err := mayAdminister(by); err != nil {
		return TrustState{}, "", err
	}
	t.reload(ctx)
	is := t.now.Load()
	return is.TrustState, is.failed, nil
}

// Save trusts these issuers instead of those of revision rev. It refuses with
// "bad-issuer" and every mistake, and with "setting-changed" when somebody else
// saved meanwhile. It is in force when it returns, here at once and elsewhere as
// soon as the word arrives.
func (t *Trust) Save(ctx context.Context, by signoff.Caller, rev int64, set TrustSetting) (TrustState, error) {
	if err := mayAdminister(by); err != nil {
		return TrustState{}, err
	}
	if err := trust.Mistakes(t.Check(set)); err != nil {
		return TrustState{}, err
	}
	if set.Issuers == nil {
		set.Issuers = []TrustedIssuer{}
	}
	before, err := t.store.Setting(ctx, trustName)
	if err != nil {
		return TrustState{}, err
	}
	body, err := json.Marshal(set)
	if err != nil {
		return TrustState{}, err
	}
	if bytes.Equal(body, before.Body) && before.Rev == rev { // nothing to put on record
		return TrustState{before, set}, t.load(ctx)
	}
	_, err = t.store.SaveSetting(ctx, store.Setting{Name: trustName, Rev: rev, By: by.Principal, Body: body},
		store.Change{By: by.Principal, How: by.Recognised(), What: trustName, Before: before.Body, After: body})
	if err != nil {
		return TrustState{}, err
	}
	if err := t.load(ctx); err != nil {
		return TrustState{}, err
	}
	return t.now.Load().TrustState, nil
}

// Check lists what is wrong with a setting; only warnings: it can be saved.
func (t *Trust) Check(set TrustSetting) []trust.Problem {
	out := t.verifier.Check(set.plain())
	for i, is := range set.Issuers {
		if !is.Newcomers.known() {
			out = append(out, trust.Problem{Field: fmt.Sprintf("issuers[%d].newcomers", i), Reason: fmt.Sprintf("there is no policy %q for people nobody knows", clipText(string(is.Newcomers))),
				Advice: "use create, ask or refuse"})
		}
		if is.AnyTenant && is.Newcomers == NewcomersCreate {
			out = append(out, trust.Problem{Field: fmt.Sprintf("issuers[%d].newcomers", i), Reason: "everybody with an account in any organisation gets an account here by calling once",
				Advice: "choose ask, or list the tenants you work with", Warning: true})
		}
	}
	slices.SortStableFunc(out, func(a, b trust.Problem) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// Propose finds out about an issuer from what people have at hand, and fills in
// an entry; see trust.Verifier. What in has as audiences is completed: an Entra
// API goes by its id, and by its Application ID URI.
func (t *Trust) Propose(ctx context.Context, by signoff.Caller, text string, in trust.Issuer) (trust.Proposal, TrustedIssuer, error) {
	if err := mayAdminister(by); err != nil {
		return trust.Proposal{}, TrustedIssuer{}, err
	}
	if in.Authority == "" && in.Cloud == "" && t.Elsewhere != nil {
		if there, is := t.Elsewhere(text); is {
			there.Audiences = in.Audiences
			in = there
		}
	}
	p, err := t.verifier.Propose(ctx, text, in)
	if p.Issuer.Audiences = in.Audiences; p.Issuer.Profile == trust.Entra {
		p.Issuer.Audiences = entraAudiences(in.Audiences)
	}
	entry := TrustedIssuer{Issuer: p.Issuer, Newcomers: NewcomersCreate, LinkByAddress: p.Issuer.Profile == trust.Entra}
	return p, entry, err
}

// entraAudiences adds to names of an API those that follow from them: api://ID
// is what Entra proposes as the Application ID URI, and tokens of version 2.0
// always name the id.
func entraAudiences(given []string) []string {
	var out []string
	add := func(aud string) {
		if aud = strings.TrimSpace(aud); aud != "" && !slices.Contains(out, aud) {
			out = append(out, aud)
		}
	}
	for _, aud := range given {
		last := aud[strings.LastIndexByte(strings.TrimSuffix(aud, "/"), '/')+1:]
		switch id := strings.ToLower(strings.Trim(last, " /")); {
		case !signoff.IsGUID(id):
			add(aud)
		case strings.Contains(aud, "://"):
			add(id)
			add(aud)
		default:
			add(id)
			add("api://" + id)
		}
	}
	return out
}

// Explain goes through every check of a token, for administrators.
func (t *Trust) Explain(ctx context.Context, by signoff.Caller, token string) (trust.Explanation, error) {
	if err := mayAdminister(by); err != nil {
		return trust.Explanation{}, err
	}
	return t.verifier.Explain(ctx, strings.TrimSpace(token)), nil
}

// Endpoints returns where people sign in and where clients get tokens of an
// issuer, by the name of its entry; "" for what its metadata has not said yet.
func (t *Trust) Endpoints(name string) (authorize, token string) {
	for _, k := range t.verifier.Keys() {
		if k.Issuer == name && k.TokenURL != "" {
			return k.AuthorizeURL, k.TokenURL
		}
	}
	return "", ""
}

// Keys tells what is known of each issuer's keys.
func (t *Trust) Keys(by signoff.Caller) ([]trust.KeyState, error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	return t.verifier.Keys(), nil
}

// Refresh asks for the keys of one entry now. It refuses with "keys-not-fetched"
// and the reason, and "issuer-not-found".
func (t *Trust) Refresh(ctx context.Context, by signoff.Caller, name string) error {
	if err := mayAdminister(by); err != nil {
		return err
	}
	return t.verifier.Refresh(ctx, name)
}

// keptKeys keeps providers' keys in the database, for every node and the next
// start.
type keptKeys struct{ store *store.Store }

// KeepKeys keeps the keys of any provider so.
func KeepKeys(st *store.Store) trust.Keeper { return keptKeys{st} }

func keptName(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "trust-keys-" + hex.EncodeToString(sum[:])
}

func (k keptKeys) LoadKeys(ctx context.Context, name string) ([]byte, error) {
	text, err := k.store.Installation(ctx, keptName(name))
	if text == "" {
		return nil, err
	}
	return []byte(text), err
}

func (k keptKeys) SaveKeys(ctx context.Context, name string, keys []byte) error {
	return k.store.Reinstall(ctx, keptName(name), string(keys))
}
