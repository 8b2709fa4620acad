package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// SignedIn is one session of somebody, as they and administrators see it.
type SignedIn struct {
	ID       string // names it to EndSession and tells nothing about its token
	Begun    time.Time
	Seen     time.Time // roughly
	Expires  time.Time // if it is not used
	Place    string    // address of the client
	Agent    string    // the browser, as it calls itself
	Provider string    // in the sign-in setting; "" a password or a one-time link
	Recovery bool      // it began with a one-time link
	This     bool      // the one the request came with
}

// handleLength is how much of a token's hash names a session: enough for the 50
// that somebody can have.
const handleLength = 16

// hashToken is what scs makes of a token before it reaches the store.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

var errNoSession = &signoff.Error{Kind: signoff.NotFound, Code: "session-not-found", Detail: "there is no such session, or it has ended"}

// Sessions returns where somebody is signed in, the latest first. Other
// people's take the server right.
func (s *Service) Sessions(ctx context.Context, by signoff.Caller, who signoff.Principal) ([]SignedIn, error) {
	list, err := s.sessionsOf(ctx, by, who)
	if err != nil {
		return nil, err
	}
	mine := ""
	if token := visitOf(ctx).token; token != "" {
		mine = hashToken(token)
	}
	out := make([]SignedIn, 0, len(list))
	for _, f := range list {
		one := SignedIn{ID: handle(f.Token), Begun: f.Begun, Seen: f.Seen, Expires: f.Expires, Place: f.Place,
			Agent: f.Agent, Provider: f.Provider, This: f.Token == mine}
		if one.Provider == RecoveryLink {
			one.Provider, one.Recovery = "", true
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *Service) sessionsOf(ctx context.Context, by signoff.Caller, who signoff.Principal) ([]store.Session, error) {
	m, err := s.ownerOfSessions(ctx, by, who)
	if err != nil {
		return nil, err
	}
	list, err := s.store.SessionsOf(ctx, m.ID, s.now())
	if err != nil {
		return nil, err
	}
	live := list[:0]
	for _, f := range list {
		// Those of before a new password are over, though their rows are there.
		if s.epochOf(f) == m.Epoch {
			live = append(live, f)
		}
	}
	return live, nil
}

func (s *Service) ownerOfSessions(ctx context.Context, by signoff.Caller, who signoff.Principal) (member, error) {
	if who != by.Principal {
		if err := access.May(by, access.Server, nil).Err(); err != nil {
			return member{}, err
		}
	}
	id, ok := store.AccountID(who)
	if !ok {
		return member{}, noUser
	}
	m, found, err := s.member(ctx, id)
	if err == nil && !found {
		err = noUser
	}
	return m, err
}

func (s *Service) epochOf(f store.Session) int64 {
	_, values, err := s.sessions.Codec.Decode(f.Data)
	if err != nil {
		return -1
	}
	text, _ := values[sessionEpoch].(string)
	if n := numbers(text); len(n) == 1 {
		return n[0]
	}
	return -1
}

func handle(token string) string { return token[:min(handleLength, len(token))] }

// EndSession ends one session of somebody, on every server at once. Other
// people's take the server right, and that is noted. It refuses one that is not
// there ("session-not-found").
func (s *Service) EndSession(ctx context.Context, by signoff.Caller, who signoff.Principal, id string) error {
	list, err := s.sessionsOf(ctx, by, who)
	if err != nil {
		return err
	}
	for _, f := range list {
		if len(id) == handleLength && strings.HasPrefix(f.Token, id) {
			if err := s.store.DeleteSession(ctx, f.Token); err != nil {
				return err
			}
			return s.noteEnded(ctx, by, who, 1)
		}
	}
	return errNoSession
}

// EndSessions ends all sessions of somebody but the one the request came with,
// and returns how many. Other people's take the server right, and that is noted.
func (s *Service) EndSessions(ctx context.Context, by signoff.Caller, who signoff.Principal) (int, error) {
	m, err := s.ownerOfSessions(ctx, by, who)
	if err != nil {
		return 0, err
	}
	except := ""
	if token := visitOf(ctx).token; token != "" && who == by.Principal {
		except = hashToken(token)
	}
	n, err := s.store.EndSessionsOf(ctx, m.ID, except)
	if err != nil || n == 0 {
		return 0, err
	}
	return int(n), s.noteEnded(ctx, by, who, int(n))
}

// noteEnded keeps on record that somebody else signed them out.
func (s *Service) noteEnded(ctx context.Context, by signoff.Caller, who signoff.Principal, count int) error {
	if by.Principal == who && by.Behind == "" {
		return nil
	}
	before, err := json.Marshal(map[string]int{"sessions": count})
	if err != nil {
		return err
	}
	return s.store.NoteChange(ctx, store.Change{By: by.Principal, How: by.Recognised(), What: "sessions", Subject: string(who), Before: before})
}
