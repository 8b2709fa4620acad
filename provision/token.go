package provision

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// tokenPrefix begins every token of a SCIM client, so that programs which look
// for lost secrets know one when they see it.
const tokenPrefix = "scim_"

// tokenRandom is how many random letters and digits of 32 kinds follow: 160 bits.
const tokenRandom = 32

// usedEvery is how often it is noted that a token was used.
const usedEvery = time.Hour

// IsToken tells whether text begins as tokens of SCIM clients do.
func IsToken(text string) bool { return strings.HasPrefix(text, tokenPrefix) }

// AddToken makes a token for a client and returns it: it is shown this once and
// kept nowhere. A client has two at most, so that one can follow the other
// without a gap. It takes the server right. expires zero: never.
func (s *Service) AddToken(ctx context.Context, by signoff.Caller, client string, expires time.Time) (seal.Secret, store.SCIMToken, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return "", store.SCIMToken{}, err
	}
	if !expires.IsZero() && !expires.After(s.Store.Now()) {
		return "", store.SCIMToken{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-expiry", Detail: "the token would have run out already",
			Fields: []signoff.FieldError{{Field: "expires", Detail: "it must be in the future"}}}
	}
	text := tokenPrefix + (rand.Text() + rand.Text())[:tokenRandom]
	k := store.SCIMToken{Hash: hashOf(text), Client: client, Ending: text[len(text)-4:], By: by.Principal, Expires: expires}
	after, err := json.Marshal(map[string]any{"client": client, "ending": k.Ending, "expires": expires})
	if err != nil {
		return "", k, err
	}
	k, err = s.Store.SCIMAddToken(ctx, k, store.Change{By: by.Principal, How: by.Recognised(), What: "scim-token", Subject: client, After: after})
	return seal.Secret(text), k, err
}

// EndToken ends a token at once; it takes the server right.
func (s *Service) EndToken(ctx context.Context, by signoff.Caller, client string, id int64) error {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return err
	}
	before, err := json.Marshal(map[string]any{"client": client, "id": id})
	if err != nil {
		return err
	}
	return s.Store.SCIMEndToken(ctx, client, id, store.Change{By: by.Principal, How: by.Recognised(), What: "scim-token", Subject: client, Before: before})
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

var errUnknownToken = &signoff.Error{Kind: signoff.Unauthenticated, Code: "scim-token-unknown",
	Detail: "the token is none of a SCIM client, or was ended, or has run out", Hint: "make another one under Manage › Access › Directories"}

// ClientOf returns the name of the client whose token this is. It refuses others
// ("scim-token-unknown").
func (s *Service) ClientOf(ctx context.Context, token string) (string, error) {
	if !IsToken(token) || len(token) != len(tokenPrefix)+tokenRandom {
		return "", errUnknownToken
	}
	k, found, err := s.Store.SCIMTokenByHash(ctx, hashOf(token))
	if err != nil {
		return "", err
	}
	now := s.Store.Now()
	if !found || !k.Expires.IsZero() && !now.Before(k.Expires) {
		return "", errUnknownToken
	}
	if now.Sub(k.Used) > usedEvery {
		err = s.Store.SCIMTokenUsed(ctx, k.ID, now)
	}
	return k.Client, err
}
