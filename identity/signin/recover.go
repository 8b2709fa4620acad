package signin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/store"
)

// recoveryFor is how long a one-time link is good.
const recoveryFor = time.Hour

// NewRecovery makes a ticket with which somebody can sign in once, within the
// hour: for `signoff recover`, which whoever holds the data may call.
func NewRecovery(ctx context.Context, st *store.Store, account int64) (ticket string, until time.Time, err error) {
	ticket, now := rand.Text(), st.Now()
	until = now.Add(recoveryFor)
	_, err = st.PutTicket(ctx, hashed("recover", ticket), strconv.AppendInt(nil, account, 10), until, now)
	return ticket, until, err
}

// RecoverPage is where a ticket leads. It stands behind the #, which is sent to
// no server and written into no log.
func RecoverPage(public, ticket string) string { return public + "/sign-in#recover=" + ticket }

// Reopen lets administrators sign in with passwords kept here again, where
// local accounts are off, and tells whether they were. It needs no caller: it
// is for whoever holds the data.
func Reopen(ctx context.Context, st *store.Store) (was bool, err error) {
	saved, err := st.Setting(ctx, SettingName)
	if err != nil {
		return false, err
	}
	before, err := readSetting(saved)
	if err != nil || before.Local != identity.LocalOff {
		return false, err
	}
	after := before
	after.Local = identity.LocalAdmins
	body, err := json.Marshal(after)
	if err != nil {
		return false, err
	}
	_, err = st.SaveSetting(ctx, store.Setting{Name: SettingName, Rev: saved.Rev, Body: body},
		store.Change{How: "recover", What: SettingName, Subject: SettingName, Before: noteOf(before), After: noteOf(after)})
	return err == nil, err
}

// Recover begins a session with a ticket of NewRecovery, which is used up. It
// refuses any other ("recovery-not-found"). It works in requests that passed
// identity.Authenticate.
func (s *Service) Recover(ctx context.Context, ticket, remote string) (identity.Session, error) {
	gone := &signoff.Error{Kind: signoff.Unauthenticated, Code: "recovery-not-found",
		Detail: "this link was used already, or is too old", Hint: "make a new one with signoff recover on the server"}
	if s.limit.held(remote) || len(ticket) != len(newName()) {
		return identity.Session{}, gone
	}
	body, found, err := s.cfg.Store.TakeTicket(ctx, hashed("recover", ticket), s.now())
	if err != nil {
		return identity.Session{}, err
	}
	id, err := strconv.ParseInt(string(body), 10, 64)
	if !found || err != nil {
		s.limit.failed(remote)
		return identity.Session{}, gone
	}
	caller, err := s.cfg.People.Caller(ctx, store.Account{ID: id}.Principal(), "session")
	if err != nil {
		return identity.Session{}, err
	}
	return s.cfg.People.BeginSession(ctx, caller, identity.SessionOrigin{Provider: identity.RecoveryLink})
}
