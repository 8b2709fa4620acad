package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// How long somebody may take at the provider.
const connectFor = 20 * time.Minute

// statePrefix tells answers for this package from those of a sign-in, which
// arrive at the same address.
const statePrefix = "c-"

// OurState tells whether an answer with this state is for Finish.
func OurState(state string) bool { return strings.HasPrefix(state, statePrefix) }

// Ask is what somebody wants to connect.
type Ask struct {
	Resource  string
	Service   bool // for the service account: an administrator's right
	Audience  string
	LoginHint string // the account, as the provider calls it
	Account   string // one that is not known to be the person's own, and that they want to use: they were told its name
	Claims    string // what the provider wants proved
	Device    bool   // with a code, on whatever device
}

// A Begun is a connecting that has begun: an address to open, or a code to enter.
type Begun struct {
	State   string // names it, to Connecting
	Address string // at the provider; "" for a device
	Device  *DeviceCode
	Until   time.Time
}

// under is a connecting, as it is kept, locked.
type under struct {
	Need     string `json:"n"`
	Verifier string `json:"v,omitempty"` // of PKCE (RFC 7636)
	Redirect string `json:"r,omitempty"`
	Client   string `json:"c"`
	Token    string `json:"t"` // the endpoint: a resource that changed meanwhile is another
	Claims   string `json:"m,omitempty"`
	Issuer   string `json:"i,omitempty"`
	How      string `json:"h"`
	Account  string `json:"a,omitempty"` // that the person said is to be used
	Code     string `json:"d,omitempty"` // of a device
	Interval int    `json:"s,omitempty"` // seconds
}

// outcome is how a connecting ended.
type outcome struct {
	Account string  `json:"account,omitempty"`
	Problem Problem `json:"problem,omitzero"`
}

// Statuses of a connecting.
const (
	waiting  = "waiting"
	answered = "answered"
	done     = "done"
	failed   = "failed"
)

func hashed(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}

// Connect begins to connect an account. Refusals are of the caller's rights
// ("not-allowed"), of a resource nobody can connect to ("oauth-app-only"), and a
// provider that cannot be asked ("oauth-unavailable", "oauth-refused").
func (s *Service) Connect(ctx context.Context, by signoff.Caller, ask Ask) (Begun, error) {
	n := Need{Resource: ask.Resource, Owner: by.Principal, Audience: ask.Audience}
	if ask.Service {
		n.Owner = ""
		if err := notAllowed(by); err != nil {
			return Begun{}, err
		}
	} else if !by.Principal.IsUser() {
		return Begun{}, &signoff.Error{Kind: signoff.Forbidden, Code: "not-allowed", Detail: "only people can connect their accounts"}
	} else if by.Behind != "" {
		return Begun{}, &signoff.Error{Kind: signoff.Forbidden, Code: "not-allowed", Detail: "nobody connects an account in another's name"}
	}
	n, err := n.checked()
	if err != nil {
		return Begun{}, err
	}
	a, err := s.resource(ctx, ask.Resource)
	if err != nil {
		return Begun{}, err
	}
	if !a.typ.People {
		return Begun{}, &signoff.Error{Kind: signoff.Conflict, Code: "oauth-app-only", Detail: "nobody connects to " + a.Title + ": the application gets tokens for itself", Hint: "an administrator gets one on the page of the resource"}
	}
	if len(ask.LoginHint) > maxText || len(ask.Account) > maxText || ask.Claims != "" && !validClaims(ask.Claims) {
		return Begun{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-oauth-need", Detail: "the account or the claims cannot be right"}
	}
	m, err := s.metadata(ctx, a)
	if err != nil {
		return Begun{}, s.explain(a, err)
	}
	u := under{Need: n.Key(), Client: a.ClientID, Token: m.Token, Redirect: a.Redirect, Claims: ask.Claims, Issuer: m.Issuer, How: by.Recognised(), Account: ask.Account}
	if ask.Device {
		return s.beginDevice(ctx, by, a, m, n, u)
	}
	if m.Authorization == "" {
		return Begun{}, s.explain(a, &ProviderError{Code: noAddress, Said: "it names no address to send people to"})
	}
	return s.beginBrowser(ctx, by, a, m, n, u, ask)
}

func validClaims(text string) bool {
	_, err := withClaims(text)
	return err == nil
}

func (s *Service) beginBrowser(ctx context.Context, by signoff.Caller, a *at, m *metadata, n Need, u under, ask Ask) (Begun, error) {
	form, err := a.parameters(ForAuthorization, n, s.public, map[string]string{"login_hint": ask.LoginHint})
	if err != nil {
		return Begun{}, s.explain(a, &ProviderError{Code: noCredential, Said: err.Error()})
	}
	if ask.LoginHint != "" && form.Get("prompt") == "select_account" {
		form.Del("prompt") // Entra takes one of the two
	}
	state := statePrefix + rand.Text()
	u.Verifier = oauth2.GenerateVerifier()
	for name, value := range map[string]string{"response_type": "code", "client_id": a.ClientID, "redirect_uri": s.public + a.Redirect, "state": state,
		"code_challenge": oauth2.S256ChallengeFromVerifier(u.Verifier), "code_challenge_method": "S256"} {
		form.Set(name, value)
	}
	if a.typ.Claims {
		text, err := withClaims(ask.Claims)
		if err != nil {
			return Begun{}, err
		}
		form.Set("claims", text)
	}
	to, err := url.Parse(m.Authorization)
	if err != nil {
		return Begun{}, s.explain(a, &ProviderError{Code: noAddress, Said: "its address is none"})
	}
	q := to.Query()
	for name, values := range form {
		q[name] = values
	}
	to.RawQuery = q.Encode()
	until := s.now().Add(connectFor)
	return Begun{State: state, Address: to.String(), Until: until}, s.begin(ctx, by, a, state, until, time.Time{}, u)
}

// begin keeps a connecting that begins.
func (s *Service) begin(ctx context.Context, by signoff.Caller, a *at, state string, until, due time.Time, u under) error {
	return s.cfg.Store.BeginOAuthConnecting(ctx, store.OAuthConnecting{State: hashed(state), Until: until, Resource: a.Name, By: by.Principal, Due: due,
		Body: []byte(s.cfg.Seal.Lock(flowPurpose, seal.Secret(jsonOf(u)))), Outcome: []byte{}})
}

func (s *Service) underway(c store.OAuthConnecting) (under, error) {
	var u under
	text, err := s.cfg.Seal.Unlock(flowPurpose, string(c.Body))
	if err == nil {
		err = json.Unmarshal([]byte(text.Reveal()), &u)
	}
	return u, err
}

// An Answer is what a browser brings back from a provider.
type Answer struct {
	Path  string // of ours, that it arrived at
	Query url.Values
	By    signoff.Caller // who is signed in in it
}

// Ended is how a connecting ended.
type Ended struct {
	State   string
	Need    Need
	Title   string // of the resource
	Account string
	Problem *Problem // nil: the account is connected
}

var errOver = &signoff.Error{Kind: signoff.Conflict, Code: "oauth-connect-over", Detail: "this was not begun by you, or too long ago, or is finished already", Hint: "connect again"}

// Finish ends a connecting with what a browser brought back: it must be that of
// who began it, and is taken once. What the provider refused is in Ended.Problem;
// an error is an answer that belongs to nothing that was begun.
func (s *Service) Finish(ctx context.Context, in Answer) (Ended, error) {
	q, err := onlyOnce(in.Query)
	if err != nil {
		return Ended{}, err
	}
	state, now := q["state"], s.now()
	c, found, err := s.cfg.Store.OAuthConnecting(ctx, hashed(state), now)
	if err != nil {
		return Ended{}, err
	}
	if !found || !OurState(state) || c.By != in.By.Principal || c.Status != waiting {
		return Ended{}, errOver
	}
	u, err := s.underway(c)
	if err != nil {
		return Ended{}, errOver
	}
	if mine, err := s.cfg.Store.MoveOAuthConnecting(ctx, c.State, waiting, answered, nil); err != nil || !mine {
		return Ended{}, errors.Join(errOver, err)
	}
	n, _ := ParseKey(u.Need)
	out := Ended{State: state, Need: n}
	a, err := s.resource(ctx, c.Resource)
	if err != nil {
		return out, err
	}
	out.Title = a.Title
	err = s.redeem(ctx, in, a, n, u, q, &out)
	return out, s.ended(ctx, c.State, a, &out, err)
}

// ended keeps how a connecting ended, and turns what the provider refused into the
// problem of it.
func (s *Service) ended(ctx context.Context, hash string, a *at, out *Ended, err error) error {
	status := done
	if err != nil {
		e, ok := errors.AsType[*ProviderError](err)
		if !ok {
			e = &ProviderError{Code: signoff.CodeOf(err), Said: "the answer was not taken", err: err}
			if kind, is := errors.AsType[*signoff.Error](err); is && kind.Kind != signoff.Internal {
				e.Said = kind.Detail
			} else if !is {
				return err
			}
		}
		_, p := judge(e)
		a.named(e.Number, &p)
		status, out.Problem = failed, &p
		s.log.WarnContext(ctx, "an account was not connected", slog.String("resource", a.Name), slog.String("user", out.Need.owner()),
			slog.String("code", p.Code), slog.String("said", p.Said), slog.String("trace", p.Trace))
	}
	kept := outcome{Account: out.Account}
	if out.Problem != nil {
		kept.Problem = *out.Problem
	}
	_, merr := s.cfg.Store.MoveOAuthConnecting(ctx, hash, answered, status, jsonOf(kept))
	return merr
}

// onlyOnce reads the parameters of an answer; one that comes twice could be read
// in two ways.
func onlyOnce(v url.Values) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range []string{"state", "code", "error", "error_description", "error_subcode", "iss"} {
		if len(v[name]) > 1 || len(v.Get(name)) > 10_000 {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "oauth-connect-answer", Detail: fmt.Sprintf("the answer has %s twice, or too long", name)}
		}
		out[name] = v.Get(name)
	}
	return out, nil
}

func wrongAnswer(text string) error {
	return &ProviderError{Code: noAnswer, Said: text}
}

// redeem checks that an answer is the provider's that was asked, exchanges its
// code and keeps the token.
func (s *Service) redeem(ctx context.Context, in Answer, a *at, n Need, u under, q map[string]string, out *Ended) error {
	m, err := s.metadata(ctx, a)
	switch {
	case err != nil:
		return err
	case a.ClientID != u.Client || m.Token != u.Token || a.Redirect != u.Redirect:
		return wrongAnswer("the resource was changed meanwhile: connect again")
	case in.Path != u.Redirect:
		return wrongAnswer("it arrived at another address than was asked for: another provider may have passed it on")
	case q["iss"] != "" && u.Issuer != "" && q["iss"] != u.Issuer:
		return wrongAnswer("it is of another issuer: another provider may have passed it on")
	case q["iss"] == "" && m.SaysIssuer:
		return wrongAnswer("it does not name its issuer, which this provider does (RFC 9207)")
	case q["error"] != "":
		text, _, _ := strings.Cut(q["error_description"], " Trace ID:")
		return &ProviderError{Code: clip(q["error"], 100), Said: clip(text, maxSaid), Number: numberIn(text)}
	case q["code"] == "":
		return wrongAnswer("it has neither code nor error")
	}
	// The service account is connected by who is an administrator now, too.
	if !n.App && n.Owner == "" {
		if err := access.May(in.By, access.Server, nil).Err(); err != nil {
			return err
		}
	}
	g, err := s.exchange(ctx, a, n, ForToken, url.Values{"grant_type": {"authorization_code"}, "code": {q["code"]},
		"redirect_uri": {s.public + u.Redirect}, "code_verifier": {u.Verifier}}, u.Claims)
	if err != nil {
		return err
	}
	out.Account = g.Account
	if err := s.meant(ctx, n, g, u.Account); err != nil {
		return err
	}
	return s.connect(ctx, in.By.Principal, u.How, n, g)
}

// meant refuses an account that is not known to be the person's until they have
// said that they want it: in a provider's list of accounts one row is soon taken
// for another. Where the provider does not say whose account it is, nothing can be
// compared.
func (s *Service) meant(ctx context.Context, n Need, g granted, said string) error {
	if n.Owner == "" || g.Account == "" || s.cfg.Owns == nil || strings.EqualFold(g.Account, said) {
		return nil
	}
	own, err := s.cfg.Owns(ctx, n.Owner, g.Account)
	if own || err != nil {
		return err
	}
	return &ProviderError{Code: otherAccount, Said: g.Account + " signed in there"}
}

// connect keeps the token somebody connected, with the change on record, and
// wakes what waits for it.
func (s *Service) connect(ctx context.Context, by signoff.Principal, how string, n Need, g granted) error {
	now := s.now()
	k := blank(n)
	k.Connected, k.ConnectedBy = now, by
	s.took(&k, g)
	note := store.Change{By: by, How: how, What: "oauth-token", Subject: n.Key(), After: jsonOf(map[string]string{"account": k.Account, "scope": k.Scope})}
	if _, err := s.cfg.Store.PutOAuthToken(ctx, k, note); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.wanted, n.Key())
	s.mu.Unlock()
	s.log.InfoContext(ctx, "an account was connected", slog.String("resource", n.Resource), slog.String("user", n.owner()), slog.String("by", string(by)))
	s.connected(ctx, n)
	return nil
}

// Status is how a connecting fares.
type Status struct {
	Need    Need
	Status  string // waiting, done, failed
	Account string
	Problem *Problem
	Until   time.Time
}

// Connecting returns how a connecting fares, to who began it
// ("oauth-connect-over").
func (s *Service) Connecting(ctx context.Context, by signoff.Caller, state string) (Status, error) {
	c, found, err := s.cfg.Store.OAuthConnecting(ctx, hashed(state), s.now())
	if err != nil {
		return Status{}, err
	}
	if !found || c.By != by.Principal {
		return Status{}, errOver
	}
	u, err := s.underway(c)
	if err != nil {
		return Status{}, errOver
	}
	n, _ := ParseKey(u.Need)
	out := Status{Need: n, Status: c.Status, Until: c.Until}
	if out.Status == answered {
		out.Status = waiting
	}
	if len(c.Outcome) > 0 {
		var o outcome
		if err := json.Unmarshal(c.Outcome, &o); err != nil {
			return Status{}, err
		}
		if out.Account = o.Account; c.Status == failed {
			out.Problem = &o.Problem
		}
	}
	return out, nil
}

// explain makes of a provider's refusal one that may reach a person.
func (s *Service) explain(a *at, err error) error {
	e, ok := errors.AsType[*ProviderError](err)
	if !ok {
		return err
	}
	m, p := judge(e)
	a.named(e.Number, &p)
	out := &signoff.Error{Kind: signoff.Conflict, Code: "oauth-refused", Detail: a.Title + ": " + m.detail, Hint: p.Advice, Err: err}
	if m.who == WhoTryAgain {
		out.Kind, out.Code = signoff.Unavailable, "oauth-unavailable"
	}
	if p.Said != "" {
		out.Detail += " (" + p.Code + " " + p.Said + ")"
	}
	if p.Trace != "" {
		out.Hint = strings.TrimPrefix(out.Hint+"; the provider knows the request as "+p.Trace, "; ")
	}
	return out
}
