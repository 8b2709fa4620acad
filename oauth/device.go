package oauth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// A DeviceCode is what somebody enters at the provider, on whatever device (RFC
// 8628 §3.2).
type DeviceCode struct {
	Code    string
	Address string // where to enter it
	Direct  string // the same with the code in it; "" the provider has none
}

// Limits of what a provider says of a device code.
const (
	leastInterval = 2
	usualInterval = 5
	mostInterval  = 120
	mostDevice    = time.Hour
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

func (s *Service) beginDevice(ctx context.Context, by signoff.Caller, a *at, m *metadata, n Need, u under) (Begun, error) {
	if m.Device == "" {
		return Begun{}, &signoff.Error{Kind: signoff.Conflict, Code: "oauth-no-device", Detail: a.Title + " names no address for device codes", Hint: "connect in a window instead"}
	}
	if err := s.notTooOften(by.Principal); err != nil {
		return Begun{}, err
	}
	form, err := a.parameters(ForDevice, n, s.public, nil)
	if err != nil {
		return Begun{}, s.explain(a, &ProviderError{Code: noCredential, Said: err.Error()})
	}
	p := proof{form: url.Values{"client_id": {a.ClientID}}}
	if a.Auth == WithSecret && m.basic() {
		if p, err = s.prove(ctx, a, m, nil); err != nil {
			return Begun{}, s.explain(a, &ProviderError{Code: noCredential, Said: err.Error()})
		}
	}
	text, err := s.post(ctx, a.ClientID, m.Device, p, form)
	if err != nil {
		return Begun{}, s.explain(a, err)
	}
	d, life, err := readDevice(text, &u)
	if err != nil {
		return Begun{}, s.explain(a, err)
	}
	now := s.now()
	state := statePrefix + rand.Text()
	begun := Begun{State: state, Device: &d, Until: now.Add(life)}
	return begun, s.begin(ctx, by, a, state, begun.Until, now.Add(time.Duration(u.Interval)*time.Second), u)
}

// Device codes that one person may ask for: a provider shuts out who asks too
// often, and tokens would not be renewed then.
const (
	codesWithin = time.Minute
	codesEach   = 6
)

// codes are those a person asked for.
type codes struct {
	since time.Time
	n     int
}

func (s *Service) notTooOften(who signoff.Principal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for p, c := range s.codes {
		if now.Sub(c.since) >= codesWithin {
			delete(s.codes, p)
		}
	}
	c := s.codes[who]
	if c.n == 0 {
		c.since = now
	}
	if c.n++; c.n > codesEach {
		return &signoff.Error{Kind: signoff.TooMany, Code: "oauth-busy", Detail: "you have asked for many codes", Hint: "enter the last one, or wait a minute"}
	}
	s.codes[who] = c
	return nil
}

// readDevice reads a device authorization answer, and puts the code into u.
func readDevice(text []byte, u *under) (DeviceCode, time.Duration, error) {
	var in struct {
		Device   string          `json:"device_code"`
		User     string          `json:"user_code"`
		Address  string          `json:"verification_uri"`
		Old      string          `json:"verification_url"` // Google and Entra's v1.0
		Direct   string          `json:"verification_uri_complete"`
		Seconds  json.RawMessage `json:"expires_in"`
		Interval json.RawMessage `json:"interval"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return DeviceCode{}, 0, badAnswer("its answer is not the JSON it should be")
	}
	d := DeviceCode{Code: clip(in.User, 60), Address: in.Address, Direct: in.Direct}
	if d.Address == "" {
		d.Address = in.Old
	}
	if d.Code == "" || in.Device == "" || !printable(in.Device) || !webAddress(d.Address) {
		return DeviceCode{}, 0, badAnswer("its answer holds no device code")
	}
	if !webAddress(d.Direct) {
		d.Direct = ""
	}
	u.Code, u.Interval = in.Device, usualInterval
	if n := seconds(in.Interval); n > 0 {
		u.Interval = int(max(leastInterval, min(n/time.Second, mostInterval)))
	}
	life := seconds(in.Seconds)
	if life == 0 {
		life = connectFor
	}
	return d, min(life, mostDevice), nil
}

// webAddress tells whether a page may lead there.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(text) <= maxText
}

// devicesAtOnce bounds how many device codes one look asks for.
const devicesAtOnce = 32

// askDevices asks for the tokens of device codes whose time it is. Of several
// nodes, the one that puts the next time off asks.
func (s *Service) askDevices(ctx context.Context) error {
	now := s.now()
	list, _, err := s.cfg.Store.DueOAuthDevices(ctx, now, devicesAtOnce)
	if err != nil {
		return err
	}
	for _, c := range list {
		u, err := s.underway(c)
		if err != nil || u.Code == "" {
			u.Interval = mostInterval
		}
		next := now.Add(time.Duration(u.Interval) * time.Second)
		mine, err := s.cfg.Store.PutOffOAuthDevice(ctx, c.State, c.Due, next)
		if err != nil {
			return err
		}
		c.Due = next
		if mine && u.Code != "" {
			s.spawn(func(own context.Context) {
				if err := s.askDevice(own, c, u); err != nil && own.Err() == nil {
					s.log.WarnContext(own, "a device code was not asked for", slog.String("resource", c.Resource), slog.Any("err", err))
				}
			})
		}
	}
	return nil
}

// askDevice asks once whether somebody has entered a code (RFC 8628 §3.4).
func (s *Service) askDevice(ctx context.Context, c store.OAuthConnecting, u under) error {
	a, err := s.resource(ctx, c.Resource)
	if err != nil {
		return err
	}
	n, _ := ParseKey(u.Need)
	out := Ended{Need: n, Title: a.Title}
	if a.ClientID != u.Client {
		err = wrongAnswer("the resource was changed meanwhile: connect again")
	} else {
		grant := url.Values{"grant_type": {deviceGrant}, "device_code": {u.Code}}
		if strings.HasSuffix(u.Token, "/oauth2/token") { // Entra's v1.0 has another name for it
			grant.Set("code", u.Code)
		}
		var g granted
		if g, err = s.exchange(ctx, a, n, ForToken, grant, u.Claims); err == nil {
			if mine, merr := s.cfg.Store.MoveOAuthConnecting(ctx, c.State, waiting, answered, nil); merr != nil || !mine {
				return merr
			}
			out.Account = g.Account
			if err = s.entered(ctx, n, g); err == nil {
				err = s.connect(ctx, c.By, u.How, n, g)
			}
			return s.ended(ctx, c.State, a, &out, err)
		}
	}
	if e, ok := errors.AsType[*ProviderError](err); ok {
		switch {
		case e.Code == "slow_down":
			_, err = s.cfg.Store.PutOffOAuthDevice(ctx, c.State, c.Due, s.now().Add(time.Duration(u.Interval+5)*time.Second))
			return err
		case e.Code == "authorization_pending", e.transient():
			return nil
		}
	}
	if mine, merr := s.cfg.Store.MoveOAuthConnecting(ctx, c.State, waiting, answered, nil); merr != nil || !mine {
		return merr
	}
	return s.ended(ctx, c.State, a, &out, err)
}

// entered refuses a grant of somebody else: a code can be sent to people, who
// enter it at their own provider's page and give away their account to whoever
// made it (RFC 8628 §5.4). What an administrator connects for the service is
// theirs to look at.
func (s *Service) entered(ctx context.Context, n Need, g granted) error {
	switch {
	case n.Owner == "":
		return nil
	case g.Account == "":
		return &ProviderError{Code: notTheirs, Said: "the provider does not say whose account it is"}
	case s.cfg.Owns != nil:
		own, err := s.cfg.Owns(ctx, n.Owner, g.Account)
		if own || err != nil {
			return err
		}
	}
	return &ProviderError{Code: notTheirs, Said: g.Account + " entered the code"}
}

// GetApp gets a token for the application itself now, and keeps it; it takes the
// server right.
func (s *Service) GetApp(ctx context.Context, by signoff.Caller, resource, audience string) (Held, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return Held{}, err
	}
	n, err := Need{Resource: resource, App: true, Audience: audience}.checked()
	if err != nil {
		return Held{}, err
	}
	a, err := s.resource(ctx, resource)
	if err != nil {
		return Held{}, err
	}
	if !a.typ.App {
		return Held{}, &signoff.Error{Kind: signoff.Conflict, Code: "oauth-people-only", Detail: a.Title + " gives tokens only to people who connect"}
	}
	if err := s.cfg.Store.RenewOAuthTokens(ctx, resource, s.now()); err != nil {
		return Held{}, err
	}
	if _, err := s.Token(ctx, n); err != nil {
		if _, ok := errors.AsType[*NotConnected](err); !ok {
			return Held{}, err
		}
	}
	k, _, err := s.cfg.Store.OAuthTokenFor(ctx, n.Key())
	if err != nil {
		return Held{}, err
	}
	return s.held(&k, map[string]string{resource: a.Title}), nil
}
