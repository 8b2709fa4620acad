package identity

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// What a session holds, all of it text.
const (
	sessionUser  = "user"  // account number
	sessionEpoch = "epoch" // of the account, when the session began
	sessionCSRF  = "csrf"  // token that unsafe requests must repeat
	sessionSeen  = "seen"  // Unix seconds of the request that last extended it
)

// A Session has just begun.
type Session struct {
	Caller signoff.Caller
	CSRF   string
	Cookie *http.Cookie // to be set by the answer
}

// newSessions sets scs up for tokens, their hashing and the two ends of a
// session. Its middleware is not used: a session changes at sign-in, at sign-out
// and now and then when it is seen, all of which is done before the handler
// writes anything, so that no answer needs to be wrapped.
func newSessions(st *store.Store, o Options) *scs.SessionManager {
	// Not scs.New: it starts a store in memory with a goroutine nobody can wait for.
	return &scs.SessionManager{
		Store:            sessionStore{st, o.Now},
		Codec:            sessionCodec{},
		HashTokenInStore: true,
		IdleTimeout:      o.SessionIdle,
		Lifetime:         o.SessionLifetime,
	}
}

// SignIn checks a password as Basic does and begins a session, under a new
// token whatever the request brought along; the session it came with ends. It
// works in requests that passed Authenticate.
func (s *Service) SignIn(ctx context.Context, login, password string) (Session, error) {
	v := visitOf(ctx)
	m, err := s.check(ctx, login, seal.Secret(password), v.remote)
	if err != nil {
		return Session{}, err
	}
	return s.begin(ctx, m, SessionOrigin{})
}

// RecoveryLink stands as the Provider of sessions that began with a one-time
// link. It is no name a provider can have.
const RecoveryLink = "*recovery"

// A SessionOrigin says who vouched for a person. The zero value is a password.
type SessionOrigin struct {
	Provider string // in the sign-in setting, or RecoveryLink
	Issuer   string // what its tokens name as theirs
	Subject  string // sub: what they call the person
	SID      string // and the session there; "" when not said
	IDToken  string // locked; for signing out there
	Agent    string // the browser, as it calls itself
}

// BeginSession is SignIn for somebody whom a provider vouched for, and whom
// Recognise found. It refuses who may not sign in any more ("user-disabled").
func (s *Service) BeginSession(ctx context.Context, c signoff.Caller, from SessionOrigin) (Session, error) {
	if _, err := s.Caller(ctx, c.Principal, "session"); err != nil {
		return Session{}, err
	}
	id, _ := store.AccountID(c.Principal)
	m, found, err := s.member(ctx, id)
	if err == nil && !found {
		err = noUser
	}
	if err != nil {
		return Session{}, err
	}
	return s.begin(ctx, m, from)
}

func (s *Service) begin(ctx context.Context, m member, from SessionOrigin) (Session, error) {
	v := visitOf(ctx)
	ctx, err := s.sessions.Load(ctx, v.token)
	if err != nil {
		return Session{}, err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return Session{}, err
	}
	csrf, now := rand.Text(), s.now()
	_ = s.sessions.Clear(ctx) // cannot fail
	s.sessions.Put(ctx, sessionUser, strconv.FormatInt(m.ID, 10))
	s.sessions.Put(ctx, sessionEpoch, strconv.FormatInt(m.Epoch, 10))
	s.sessions.Put(ctx, sessionCSRF, csrf)
	s.sessions.Put(ctx, sessionSeen, strconv.FormatInt(now.Unix(), 10))
	token, _, err := s.sessions.Commit(context.WithValue(ctx, beginning{}, store.Session{Account: m.ID, SessionFrom: store.SessionFrom{
		Begun: now, Place: v.remote, Agent: clipText(cmp.Or(from.Agent, v.agent)), Provider: from.Provider,
		Issuer: from.Issuer, Subject: from.Subject, SID: from.SID, IDToken: from.IDToken}}))
	if err != nil {
		return Session{}, err
	}
	return Session{m.caller("session"), csrf, sessionCookie(v.secure, token, s.sessions.Lifetime)}, nil
}

// SignOut ends the session a request came with, and returns the cookie that
// removes it from the browser, and where the session came from: whoever began
// it may have to end it too. Without a session it only returns the cookie. It
// refuses a request without the session's token ("csrf").
func (s *Service) SignOut(ctx context.Context) (*http.Cookie, SessionOrigin, error) {
	v := visitOf(ctx)
	var from SessionOrigin
	if v.err != nil { // no page of ours asks for this
		return nil, from, v.err
	}
	if v.token != "" {
		f, _, err := s.store.FindSession(ctx, hashToken(v.token), s.now())
		if err != nil {
			return nil, from, err
		}
		from = SessionOrigin{Provider: f.Provider, Issuer: f.Issuer, Subject: f.Subject, SID: f.SID, IDToken: f.IDToken}
		if err := s.store.DeleteSession(ctx, f.Token); err != nil {
			return nil, from, err
		}
	}
	return sessionCookie(v.secure, "", -time.Second), from, nil
}

// CSRF returns the token that unsafe requests of this request's session must
// send as X-CSRF-Token, "" when it has no session.
func CSRF(ctx context.Context) string { return visitOf(ctx).csrf }

func cookieName(secure bool) string {
	if secure {
		return "__Host-signoff" // only this very host over https can set it (RFC 6265bis §4.1.3.2)
	}
	return "signoff"
}

func sessionCookie(secure bool, token string, life time.Duration) *http.Cookie {
	return &http.Cookie{Name: cookieName(secure), Value: token, Path: "/", MaxAge: int(life / time.Second),
		Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// Still returns who sent the request with this context as they are now, for
// what goes on after the request was taken. It refuses with "sign-in-needed"
// when the session the request came with has ended; it does not extend it.
func (s *Service) Still(ctx context.Context) (signoff.Caller, error) {
	v := visitOf(ctx)
	if v.caller == nil {
		return signoff.Caller{}, errSignIn
	}
	c, err := s.still(ctx, v)
	if err != nil || v.caller.Behind == "" {
		return c, err
	}
	return s.inName(ctx, c, v.caller.Principal)
}

// still is Still for what a request proved itself with, whomever it names.
func (s *Service) still(ctx context.Context, v visit) (signoff.Caller, error) {
	t := s.trust.Load()
	switch {
	case v.pat != "":
		c, _, err := s.ByToken(ctx, v.pat)
		return c, err
	case v.bearer != "" && t != nil:
		return t.Caller(ctx, v.bearer) // until it expires
	case v.token == "":
		return s.Caller(ctx, cmp.Or(v.caller.Behind, v.caller.Principal), v.caller.How)
	}
	c, _, err := s.recognise(ctx, v.token)
	if err == nil && c == nil {
		err = errSignIn
	}
	if err != nil {
		return signoff.Caller{}, err
	}
	return *c, nil
}

// resume recognises the session a request came with, and keeps it from ending
// for want of use. No caller and no error mean that there is none, or no longer.
func (s *Service) resume(ctx context.Context, token string) (*signoff.Caller, string, error) {
	c, session, err := s.recognise(ctx, token)
	if err != nil || c == nil {
		return nil, "", err
	}
	s.extend(session)
	return c, s.sessions.GetString(session, sessionCSRF), nil
}

// recognise finds the session with a token and whose it is. session is ctx with
// what it holds.
func (s *Service) recognise(ctx context.Context, token string) (c *signoff.Caller, session context.Context, err error) {
	if ctx, err = s.sessions.Load(ctx, token); err != nil {
		return nil, nil, err
	}
	id, err := strconv.ParseInt(s.sessions.GetString(ctx, sessionUser), 10, 64)
	if err != nil {
		return nil, nil, nil
	}
	epoch, err := strconv.ParseInt(s.sessions.GetString(ctx, sessionEpoch), 10, 64)
	if err != nil {
		return nil, nil, nil
	}
	m, ok, err := s.memberAt(ctx, remembered{id, epoch})
	if err != nil || !ok {
		return nil, nil, err
	}
	caller := m.caller("session")
	return &caller, ctx, nil
}

// extend moves the idle end of a session on, but not with every request: each
// time is a write. It fails quietly, for the request can be answered without.
func (s *Service) extend(ctx context.Context) {
	seen, _ := strconv.ParseInt(s.sessions.GetString(ctx, sessionSeen), 10, 64)
	now := s.now()
	if every := max(s.sessions.IdleTimeout/20, time.Second); now.Sub(time.Unix(seen, 0)) < every {
		return
	}
	s.sessions.Put(ctx, sessionSeen, strconv.FormatInt(now.Unix(), 10))
	if _, _, err := s.sessions.Commit(context.WithoutCancel(ctx)); err != nil {
		s.log.Warn("session not extended", slog.Any("err", err))
	}
}

// rightCSRF compares in constant time; a session without a token accepts none.
func rightCSRF(sent, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(want)) == 1
}

// beginning marks, in a context, the commit of a session that begins, with
// whose it is and where it came from. Every other commit extends one that is there: a request that was
// under way while its session ended must not bring it back.
type beginning struct{}

// sessionStore is where scs keeps sessions. Tokens reach it hashed.
type sessionStore struct {
	*store.Store
	now func() time.Time
}

func (st sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	f, found, err := st.FindSession(ctx, token, st.now())
	return f.Data, found, err
}

func (st sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	f, begins := ctx.Value(beginning{}).(store.Session)
	f.Token, f.Expires, f.Data, f.Seen = token, expiry, data, st.now()
	if begins {
		return st.CreateSession(ctx, f, f.Seen)
	}
	return st.ExtendSession(ctx, f)
}

func (st sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return st.DeleteSession(ctx, token)
}

// The methods without a context are never called when those with one are there.

func (st sessionStore) Find(token string) ([]byte, bool, error) {
	return st.FindCtx(context.Background(), token)
}

func (st sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return st.CommitCtx(context.Background(), token, data, expiry)
}

func (st sessionStore) Delete(token string) error {
	return st.DeleteCtx(context.Background(), token)
}

// sessionCodec writes a session as JSON. What it cannot read is an empty
// session, not an error: nobody is signed in, and signing in again helps.
type sessionCodec struct{}

type sessionJSON struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

func (sessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	out := sessionJSON{deadline, make(map[string]string, len(values))}
	for k, v := range values {
		out.Values[k], _ = v.(string)
	}
	return json.Marshal(out)
}

func (sessionCodec) Decode(data []byte) (time.Time, map[string]any, error) {
	var in sessionJSON
	values := map[string]any{}
	if json.Unmarshal(data, &in) == nil {
		for k, v := range in.Values {
			values[k] = v
		}
	}
	return in.Deadline, values, nil
}
