package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/seal"
)

// An Answer is what a browser brings back from a provider.
type Answer struct {
	Path    string // of ours, that it arrived at
	Query   url.Values
	Cookies []*http.Cookie
	Remote  string            // address of the browser
	By      signoff.Principal // who is signed in in it, "" nobody
}

// An Outcome is how a sign-in ended.
type Outcome struct {
	Session identity.Session // begun, unless it was a test
	Return  string           // where to go: a path of ours
	Test    string           // names what a test found out, to Tested; "" it was none
	Cookies []*http.Cookie   // to be removed
}

// Finish ends a sign-in: it checks that the answer belongs to one that this
// browser began, exchanges the code, checks what the provider says, finds the
// person and begins a session. It works in requests that passed
// identity.Authenticate. Refusals are a *Failure; those of package identity are
// made into one.
func (s *Service) Finish(ctx context.Context, a Answer) (Outcome, error) {
	out, f, err := s.finish(ctx, a)
	if err == nil {
		return out, nil
	}
	failed := FailureOf(err)
	if failed == nil {
		return out, err
	}
	s.limit.failed(a.Remote)
	attrs := []any{slog.String("code", failed.Code), slog.String("remote", a.Remote)}
	if f != nil {
		attrs = append(attrs, slog.String("provider", f.Provider))
		failed.Return = f.Return
	}
	s.log.WarnContext(ctx, "a sign-in failed", append(attrs, slog.Any("err", err), slog.String("said", failed.Said))...)
	if f != nil && f.Test != "" && f.Test == a.By {
		if failed.cause != nil {
			failed.Said = said(failed.Said, failed.cause.Error())
		}
		name, noted := s.keepTest(ctx, Tested{By: f.Test, Failure: failed})
		if noted == nil {
			return Outcome{Test: name, Cookies: out.Cookies}, nil
		}
	}
	return out, failed
}

func (s *Service) finish(ctx context.Context, a Answer) (out Outcome, f *flow, err error) {
	q, err := onlyOnce(a.Query)
	if err != nil {
		return out, nil, wrongAnswer(err.Error())
	}
	if f = s.opened(q["state"], a.Cookies); f == nil {
		return out, nil, over("this sign-in was not begun in this browser, or too long ago")
	}
	out.Cookies = []*http.Cookie{s.removed(s.cookieName(f.State))}
	if s.limit.held(a.Remote) {
		return out, f, &Failure{Code: "sign-in-busy", kind: signoff.TooMany, Detail: "too many sign-ins failed", Advice: "wait a minute, then try again", Who: WhoTryAgain}
	}
	fresh, err := s.cfg.Store.PutTicket(ctx, hashed("state", f.State), nil, s.now().Add(2*flowFor), s.now())
	if err != nil {
		return out, f, err
	}
	if !fresh {
		return out, f, over("this sign-in was finished already")
	}
	p, err := s.byID(ctx, f.Provider)
	if err != nil {
		return out, f, err
	}
	raw, payload, c, err := s.answered(ctx, p, f, a.Path, q)
	if err != nil {
		return out, f, err
	}
	if f.Test != "" {
		out.Test, err = s.tested(ctx, p, f, a, payload, &c)
		return out, f, err
	}
	out.Return = f.Return
	out.Session, err = s.signIn(ctx, p, &c, raw)
	return out, f, err
}

// onlyOnce reads the parameters of an answer; one that comes twice could be
// read in two ways.
func onlyOnce(v url.Values) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range []string{"state", "code", "error", "error_description", "iss"} {
		if len(v[name]) > 1 {
			return nil, fmt.Errorf("%s comes twice", name)
		}
		if out[name] = v.Get(name); len(out[name]) > 10_000 {
			return nil, fmt.Errorf("%s is too long", name)
		}
	}
	return out, nil
}

// answered checks that the answer is the provider's that was asked, and
// exchanges its code.
func (s *Service) answered(ctx context.Context, p *provider, f *flow, path string, q map[string]string) (raw string, payload []byte, c claims, err error) {
	switch {
	case p.Issuer != f.Issuer || p.ClientID != f.Client:
		return "", nil, c, over("the provider's settings were changed meanwhile")
	case path != p.Redirect:
		return "", nil, c, wrongAnswer(fmt.Sprintf("it arrived at %s, and %s is sent to %s: another provider may have passed it on", path, p.ID, p.Redirect))
	}
	m, err := p.metadata(ctx)
	if err != nil {
		return "", nil, c, away(&p.Provider, err)
	}
	switch iss := q["iss"]; {
	case iss != "" && iss != p.Issuer:
		return "", nil, c, wrongAnswer(fmt.Sprintf("iss is %q, not %s: another provider may have passed it on", iss, p.Issuer))
	case iss == "" && m.SaysIssuer:
		return "", nil, c, wrongAnswer("it lacks iss, which this provider sends (RFC 9207)")
	case q["error"] != "":
		return "", nil, c, s.refused(&p.Provider, q["error"], q["error_description"])
	case q["code"] == "":
		return "", nil, c, wrongAnswer("it has neither code nor error")
	}
	raw, payload, c, err = p.redeem(ctx, s.client, m, s.public, q["code"], f)
	return raw, payload, c, s.redeemed(p, err)
}

// redeemed says what went wrong with the code.
func (s *Service) redeemed(p *provider, err error) error {
	if err == nil {
		return nil
	}
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok && r.ErrorCode != "" {
		failed := s.refused(&p.Provider, r.ErrorCode, r.ErrorDescription)
		failed.cause = fmt.Errorf("the code was not exchanged: %s %s", r.ErrorCode, said(r.ErrorDescription))
		return failed
	} else if ok {
		// What it answered may be anything; it is not shown.
		return away(&p.Provider, fmt.Errorf("the code was not exchanged: the provider answered %s", r.Response.Status))
	}
	if _, ok := errors.AsType[badClaim](err); ok {
		return badToken(&p.Provider, err)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // it repeats the address
	}
	return away(&p.Provider, err)
}

// signIn finds the person and begins their session.
func (s *Service) signIn(ctx context.Context, p *provider, c *claims, raw string) (identity.Session, error) {
	caller, err := s.cfg.People.Recognise(ctx, p.stranger(c, s.now()), p.Newcomers, "session")
	if err != nil {
		return identity.Session{}, err
	}
	from := identity.SessionOrigin{Provider: p.ID, Issuer: p.Issuer, Subject: c.Subject, SID: c.SID}
	if len(raw) <= maxHint {
		from.IDToken = s.cfg.Seal.Lock(hintPurpose, seal.Secret(raw))
	}
	session, err := s.cfg.People.BeginSession(ctx, caller, from)
	if err == nil {
		s.log.InfoContext(ctx, "signed in", slog.String("user", string(caller.Principal)), slog.String("provider", p.ID))
	}
	return session, err
}

// Tested is what an administrator's test of a provider found out.
type Tested struct {
	By       signoff.Principal  `json:"by"`
	Provider string             `json:"provider"`
	Claims   json.RawMessage    `json:"claims,omitempty"`
	Source   string             `json:"source,omitempty"`
	Subject  string             `json:"subject,omitempty"`
	Would    *identity.Foreseen `json:"would,omitempty"`
	Failure  *Failure           `json:"failure,omitempty"`
}

// testFor is how long what a test found out can be looked at.
const testFor = 10 * time.Minute

// tested keeps what a test found out. It must end in the browser of the
// administrator who began it.
func (s *Service) tested(ctx context.Context, p *provider, f *flow, a Answer, payload []byte, c *claims) (string, error) {
	if a.By != f.Test {
		return "", over("a test is finished by the administrator who began it")
	}
	st := p.stranger(c, s.now())
	would, err := s.cfg.People.Foresee(ctx, st, p.Newcomers)
	if err != nil {
		return "", err
	}
	return s.keepTest(ctx, Tested{By: f.Test, Provider: p.ID, Claims: payload, Source: st.Source, Subject: st.Subject, Would: &would})
}

func (s *Service) keepTest(ctx context.Context, t Tested) (string, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	name := newName()
	_, err = s.cfg.Store.PutTicket(ctx, hashed("test", name), body, s.now().Add(testFor), s.now())
	return name, err
}

// Tested returns what a test found out, to the administrator who made it.
func (s *Service) Tested(ctx context.Context, by signoff.Principal, name string) (Tested, error) {
	body, found, err := s.cfg.Store.Ticket(ctx, hashed("test", name), s.now())
	var t Tested
	if err == nil && found {
		err = json.Unmarshal(body, &t)
	}
	if err == nil && (!found || t.By != by) {
		err = &signoff.Error{Kind: signoff.NotFound, Code: "test-not-found", Detail: "there is no such test, or it was made too long ago", Hint: "test the provider again"}
	}
	return t, err
}
