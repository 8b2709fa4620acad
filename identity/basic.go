package identity

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// errBadCredentials is the one answer to a wrong login, a wrong password, a
// person without a password and a disabled one.
var errBadCredentials = &signoff.Error{Kind: signoff.Unauthenticated, Code: "bad-credentials",
	Detail: "the login or the password is wrong"}

// A pause is the cause of an error that goes away by itself after a time.
type pause struct{ time.Duration }

func (p pause) Error() string { return "wait " + p.String() }

// RetryAfter tells how long to wait before trying again what led to err.
func RetryAfter(err error) (time.Duration, bool) {
	p, ok := errors.AsType[pause](err)
	return p.Duration, ok
}

func tooManyGuesses(wait time.Duration) error {
	return &signoff.Error{Kind: signoff.TooMany, Code: "too-many-guesses",
		Detail: "there were too many wrong passwords", Hint: "wait a while, then try again", Err: pause{wait}}
}

// A remembered password was found right: whose, and in which of their epochs.
type remembered struct{ account, epoch int64 }

// Basic returns who has this login and password, for a caller at the address
// remote (an IP address without port). The login may be written ana,
// ana@contoso.test, CONTOSO\ana, K2:CONTOSO\ana or AAD:ana@contoso.test.
//
// It refuses with "bad-credentials" whatever is wrong, with "local-accounts-off"
// a right password that may not be used (see UseLocalAccounts), with
// "too-many-guesses" (see RetryAfter) who guesses, and with "sign-in-busy" when too many passwords
// wait to be hashed.
func (s *Service) Basic(ctx context.Context, login, password, remote string) (signoff.Caller, error) {
	m, err := s.check(ctx, login, seal.Secret(password), remote)
	if err != nil {
		return signoff.Caller{}, err
	}
	return m.caller("basic"), nil
}

// check returns the user as they were when their password was found right: a
// session may rest on the epoch.
func (s *Service) check(ctx context.Context, login string, password seal.Secret, remote string) (member, error) {
	if len(password) > maxPasswordBytes || len(login) > maxLoginBytes {
		return member{}, errBadCredentials
	}
	n, valid := parseName(login)
	called := n.String()
	if !valid {
		called = "?" // nobody; looked at all the same, so that it costs the same
	}
	g := newGuess(called, remote)
	// Before anything else: a remembered password must not answer guesses
	// that are held back.
	if wait := s.throttle.held(g); wait > 0 {
		return member{}, tooManyGuesses(wait)
	}
	domain := domainOf(login)
	mac := s.mac(domain+`\`+called, password) // with the domain: two directories may both have an ana
	known, era, found := s.remembered.get(mac)
	if found {
		if m, ok, err := s.memberAt(ctx, known); ok || err != nil {
			return m, cmp.Or(err, s.mayUsePassword(m))
		}
	}
	known, err := s.checkOnce(ctx, flightKey{mac, g.place}, func() (remembered, error) {
		return s.checkOne(ctx, domain, n, valid, password, g)
	})
	if err != nil {
		return member{}, err
	}
	s.remembered.put(mac, known, era)
	m, ok, err := s.memberAt(ctx, known)
	if err == nil && !ok {
		err = errBadCredentials // changed or disabled in this very moment
	}
	return m, cmp.Or(err, s.mayUsePassword(m))
}

// mac stands for a login and a password. It cannot be computed outside this
// process, so finding it in a map gives nothing away.
func (s *Service) mac(called string, password seal.Secret) (sum [32]byte) {
	h := hmac.New(sha256.New, s.macKey[:])
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(called)))
	h.Write(size[:])
	h.Write([]byte(called))
	h.Write([]byte(password.Reveal()))
	h.Sum(sum[:0])
	return sum
}

// memberAt returns the user a remembered password or a session belongs to,
// false when it does no longer.
func (s *Service) memberAt(ctx context.Context, r remembered) (member, bool, error) {
	m, found, err := s.member(ctx, r.account)
	return m, found && err == nil && !m.Disabled && m.Epoch == r.epoch, err
}

// checkOne looks at one guess, the dear way.
func (s *Service) checkOne(ctx context.Context, domain string, n name, valid bool, password seal.Secret, g guess) (remembered, error) {
	if wait := s.throttle.admit(g); wait > 0 {
		return remembered{}, tooManyGuesses(wait)
	}
	var c store.Credential
	found, err := false, error(nil)
	if valid {
		c, found, err = s.credential(ctx, domain, n)
	}
	ok, outdated := false, false
	if err == nil {
		ok, outdated, err = s.matches(ctx, c, password)
	}
	if err != nil {
		s.throttle.neither(g)
		return remembered{}, err
	}
	if !ok || !found || c.Disabled {
		s.keepGuesses(ctx, s.throttle.wrong(g))
		return remembered{}, errBadCredentials
	}
	s.keepGuesses(ctx, s.throttle.right(g))
	if outdated {
		s.hashAgain(ctx, c, password)
	}
	return remembered{c.Account, c.Epoch}, nil
}

// keepGuesses writes counts down. The sign-in does not depend on it.
func (s *Service) keepGuesses(ctx context.Context, keep []store.Guess) {
	if len(keep) == 0 {
		return
	}
	if err := s.store.KeepGuesses(context.WithoutCancel(ctx), keep); err != nil {
		s.log.Warn("counts of wrong passwords not kept", slog.Any("err", err))
	}
	s.store.Publish(store.TopicPeople, guessesKept(keep)) // a guesser may try another server next
}

// hashAgain moves a password to the usual cost while it is at hand.
func (s *Service) hashAgain(ctx context.Context, c store.Credential, password seal.Secret) {
	h, err := s.hashing.new(ctx, password)
	if err == nil {
		err = s.store.UpgradePassword(ctx, c.Account, c.Password, h.String())
	}
	if err != nil {
		s.log.Warn("password not hashed again", slog.Any("err", err))
	}
}

// A flight is a password being checked for everybody who sent the same one at
// the same time from the same place.
type flight struct {
	done   chan struct{}
	result remembered
	err    error
}

type flightKey struct {
	mac   [32]byte
	place string
}

// checkOnce runs check, or waits for one that is under way. When that one was
// given up by its client, somebody else begins anew.
func (s *Service) checkOnce(ctx context.Context, key flightKey, check func() (remembered, error)) (remembered, error) {
	for {
		s.flightMu.Lock()
		f, under := s.flights[key]
		if !under {
			f = &flight{done: make(chan struct{}), err: errors.New("identity: the check panicked")}
			s.flights[key] = f
		}
		s.flightMu.Unlock()
		if !under {
			s.fly(key, f, check)
			return f.result, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return remembered{}, ctx.Err()
		}
		if !errors.Is(f.err, context.Canceled) && !errors.Is(f.err, context.DeadlineExceeded) {
			return f.result, f.err
		}
	}
}

func (s *Service) fly(key flightKey, f *flight, check func() (remembered, error)) {
	defer func() {
		s.flightMu.Lock()
		delete(s.flights, key)
		s.flightMu.Unlock()
		close(f.done)
	}()
	f.result, f.err = check()
}
